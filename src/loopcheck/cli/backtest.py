"""`loopcheck backtest`: would it have fired then? Any rule, any incident or window, with a picture."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from loopcheck import loading
from loopcheck.cli import common, output, replays
from loopcheck.cli.replays import Period, Subject
from loopcheck.errors import ExitCode, UsageError
from loopcheck.quantities import Duration, Moment
from loopcheck.replay import Backtest, Window, says_difference

if TYPE_CHECKING:
    from loopcheck.loading import Loaded
    from loopcheck.reports.backtest import Pair
    from loopcheck.reports.text import Line
    from loopcheck.world import Session

_PICTURES = 6
"""So many answers are drawn in a terminal unless somebody asks for more, or for none."""
_LONGEST_AROUND = timedelta(days=92)


@click.command()
@common.repository_options
@common.issues_option
@click.option("--item", "items", multiple=True, metavar="NAME", help="The rules of this item. May be repeated.")
@click.option("--rule", "rules", multiple=True, metavar="NAME", help="A rule by its name or id. May be repeated.")
@click.option("--kind", metavar="KIND", help="The kind that `--rule` is of, where several could know it.")
@click.option("--compare", metavar="NAME", help="Another rule beside it: say which of the two fires first.")
@click.option("--compare-ref", metavar="REF", help="The same rule as it is written at REF, beside it as at `--ref`.")
@click.option("--incident", "incidents", multiple=True, metavar="ID", help="A declared incident. May be repeated.")
@click.option("--all-incidents", is_flag=True, help="Every declared incident.")
@click.option("--from", "start", metavar="TIME", help="The beginning of a window, with offset.")
@click.option("--to", "end", metavar="TIME", help="Its end.")
@click.option("--around", metavar="SPAN", help="Count other firings too, in so long a time around each: `30d`.")
@click.option("--now", metavar="TIME", help="Reckon from this time instead of the clock.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the picture there.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a page of it all.")
@click.option("--picture/--no-picture", default=None, help="Pictures below the answers.  [default: of up to six]")
@click.option("--format", "style", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.option("--color/--no-color", default=None, help="Colours, or none.  [default: on a terminal]")
def command(
    repo: Path,
    ref: str,
    with_issues: bool,  # noqa: FBT001 - click's signature
    items: tuple[str, ...],
    rules: tuple[str, ...],
    kind: str | None,
    compare: str | None,
    compare_ref: str | None,
    incidents: tuple[str, ...],
    all_incidents: bool,  # noqa: FBT001
    start: str | None,
    end: str | None,
    around: str | None,
    now: str | None,
    svg: Path | None,
    html: Path | None,
    picture: bool | None,  # noqa: FBT001
    style: str,
    color: bool | None,  # noqa: FBT001
) -> None:
    """Replay rules over the past, and say when they would have fired.

    Without `--rule` it replays what is declared: each rule over the incident of its item. Exit codes: 0; 2 usage; 3
    something could not be replayed.
    """
    if compare is not None and compare_ref is not None:
        raise UsageError("`--compare` and `--compare-ref` do not go together", hint="leave one of them out")
    at, span = common.moment(now), _span(around)
    with ExitStack() as stack:
        loaded = loading.load(repo, ref)
        stack.callback(loaded.repository.close)
        session = loading.session(loaded, at)
        if with_issues:
            loaded = common.with_issues(loaded, session)
        wanted = _Wanted(items, rules, kind, written=compare_ref is not None)
        subjects = wanted.at(loaded, session)
        periods = _periods(loaded, incidents, start, end, all_incidents=all_incidents)
        beside: Sequence[Subject | None] = [None] * len(subjects)
        if compare is not None:
            beside = [replays.named(compare, loaded, session, kind)] * len(subjects)
        elif compare_ref is not None:
            other = stack.enter_context(replays.as_of(loaded, compare_ref))
            beside = wanted.at(other, loading.session(other, at))
        plan = _plan(subjects, beside, periods)
        backtests = replays.run(plan.jobs, span)
    pairs = [(backtests[one], backtests[another]) for one, another in plan.pairs]
    if svg is not None:
        write_pictures(svg, backtests)
    if html is not None:
        from loopcheck.reports import backtest_page

        _write(html, backtest_page.render(backtests, pairs))
    if style == "json":
        output.emit(_document(backtests, pairs))
    else:
        output.say(_lines(backtests, pairs, output.look(color), picture=picture), color)
    unseen = any(one.replay is None for one in backtests)
    sys.exit(int(ExitCode.INCONCLUSIVE if unseen else ExitCode.VERIFIED))


def _span(text: str | None) -> timedelta | None:
    """How long a time around each incident is looked at for other firings.

    Raises:
        UsageError: it is no length of time, or longer than any kind looks back.
    """
    try:
        span = None if text is None else Duration.parse(text).delta
    except ValueError as error:
        raise UsageError(f"--around: {error}", hint="write `30d`") from None
    if span is not None and span > _LONGEST_AROUND:
        raise UsageError(f"--around: `{text}` is longer than {_LONGEST_AROUND.days} days", hint="write `30d`")
    return span


class _Wanted(msgspec.Struct, frozen=True):
    """Which rules are asked about."""

    items: tuple[str, ...]
    names: tuple[str, ...]
    kind: str | None
    written: bool
    """As they are written at a commit, rather than as they are in force."""

    def at(self, loaded: Loaded, session: Session) -> list[Subject]:
        """The rules at a commit, in the same order at each.

        Raises:
            UsageError: there is nothing, or a name says nothing to anybody.
        """
        found = [replays.named(name, loaded, session, self.kind, written=self.written) for name in self.names]
        if not found or self.items:
            chosen = common.chosen(loaded.declared.items, self.items)
            found = [*replays.declared(loaded, chosen, session, written=self.written), *found]
        if not found:
            raise UsageError("no rule is declared here that can be replayed", hint="name one with `--rule`")
        if not self.written:
            return found
        return [msgspec.structs.replace(one, name=f"{one.name} at {loaded.repository.ref}") for one in found]


def _periods(
    loaded: Loaded, names: tuple[str, ...], start: str | None, end: str | None, *, all_incidents: bool
) -> list[Period]:
    """The times that were asked about; none where each rule has its own.

    Raises:
        UsageError: a time cannot be read, or an incident is not known.
    """
    out = []
    known = replays.incidents(loaded)
    if all_incidents:
        names = (*names, *(one.id for one in known.values() if one.started is not None and one.id not in names))
        if not names:
            raise UsageError("no incident is declared here of which it is written down when it started")
    for name in names:
        if name not in known:
            raise UsageError(f"no declared item is of an incident `{name[:80]}`", hint=f"known: {', '.join(known)}")
        out.append(replays.of_incident(known[name]))
    if (start is None) != (end is None):
        raise UsageError("`--from` and `--to` go together")
    if start is not None and end is not None:
        try:
            window = Window(Moment.parse(start).at, Moment.parse(end).at)
        except ValueError as error:
            raise UsageError(str(error), hint="write `2026-11-01T09:14Z`") from None
        if window.end <= window.start:
            raise UsageError("`--to` is not after `--from`")
        out.append(Period(f"{start} to {end}", window))
    return out


class _Plan(msgspec.Struct, frozen=True):
    """What is to be replayed, and which two are to be compared, by their numbers."""

    jobs: list[tuple[Subject, Period]]
    pairs: list[tuple[int, int]]


def _plan(subjects: Sequence[Subject], beside: Sequence[Subject | None], periods: Sequence[Period]) -> _Plan:
    """Each rule over each period, or over its own, with the one that stands beside it. None is replayed twice.

    Raises:
        UsageError: there is no time to replay.
    """
    both = list(zip(subjects, beside, strict=True))
    wanted = [(*pair, period) for period in periods for pair in both]
    if not periods:
        wanted = [(*pair, period) for pair in both for period in replays.own(pair[0])]
    if not wanted:
        raise UsageError(
            "there is no time to replay", hint="name one with `--incident`, `--all-incidents`, or `--from` and `--to`"
        )
    plan = _Plan([], [])
    numbers: dict[tuple[int, str], int] = {}

    def number(subject: Subject, period: Period) -> int:
        key = (id(subject), period.name)
        if key not in numbers:
            numbers[key] = len(plan.jobs)
            plan.jobs.append((subject, period))
        return numbers[key]

    for subject, other, period in wanted:
        here = number(subject, period)
        if other is not None:
            plan.pairs.append((here, number(other, period)))
    return plan


def _lines(
    backtests: Sequence[Backtest], pairs: Sequence[Pair], look: output.Look, *, picture: bool | None
) -> Iterator[Line]:
    from loopcheck.reports import backtest as report

    several = len({one.period for one in backtests}) > 1
    if several:
        yield from report.table(backtests)
    pictures = len(backtests) <= _PICTURES if picture is None else picture
    for one in backtests:
        # What a row of the table says need not be said again.
        if not several or pictures or one.replay is None:
            yield from report.answer(one, picture=pictures, width=look.width, ascii_only=not look.draws)
    yield from report.differences(pairs)


def write_pictures(path: Path, backtests: Sequence[Backtest]) -> list[Path]:
    """Write one file for each replay; the second and later ones have a number in their names.

    Raises:
        UsageError: one cannot be written.
    """
    from loopcheck.reports.picture import svg

    written: list[Path] = []
    for one in backtests:
        if one.replay is not None:
            number = len(written) + 1
            place = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
            _write(place, svg(one.replay, f"{one.period}: {one.said}", one.noticed, of=one.of))
            written.append(place)
    return written


def _write(path: Path, text: str) -> None:
    try:
        output.write_file(path, text.encode("utf-8", "replace"))
    except OSError as error:
        hint = "name a file in a folder that is there and may be written"
        raise UsageError(f"{path}: {error.strerror or error}", hint=hint) from None


def _document(backtests: Sequence[Backtest], pairs: Sequence[Pair]) -> str:
    from loopcheck.reports.json import document

    found = [
        {"rule": one.rule, "period": one.period, "message": one.said, "reason": one.reason, "replay": one.replay}
        for one in backtests
    ]
    compared = [
        {"period": one.period, "rules": [one.rule, other.rule], "message": says_difference(one, other)}
        for one, other in pairs
    ]
    return document({"version": 1, "replays": found, "compared": compared})
