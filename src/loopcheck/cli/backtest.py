"""`loopcheck backtest`: would it have fired then? Any rule, any incident or window, with a picture."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from loopcheck import loading
from loopcheck.checker import CannotTell, Replayer
from loopcheck.cli import common, output
from loopcheck.errors import ExitCode, UsageError
from loopcheck.model import ActionItem, Incident
from loopcheck.quantities import Moment
from loopcheck.replay import Replay, Window, elapsed, says_how_often, says_silence, says_when
from loopcheck.reports.clean import one_line

if TYPE_CHECKING:
    from loopcheck.loading import Loaded
    from loopcheck.reports.text import Line
    from loopcheck.world import Session

_AT_ONCE = 32
"""Rules that are replayed beside one another, so that what they need goes into few requests."""
_UNRESOLVED = timedelta(days=1)
_PICTURE = 84


class Subject(msgspec.Struct, frozen=True):
    """A rule, and who can replay it."""

    name: str
    replayer: Any
    """A `Replayer`."""
    expect: Any
    incident: Incident | None = None
    """The incident of the item that declares it."""


class Period(msgspec.Struct, frozen=True):
    """A time that is asked about."""

    name: str
    window: Window
    incident: Incident | None = None


class Outcome(msgspec.Struct, frozen=True):
    """What came of one rule over one period."""

    rule: str
    period: str
    replay: Replay | None = None
    trouble: str | None = None
    """Why it could not be replayed."""
    reason: str | None = None
    noticed: datetime | None = None

    @property
    def said(self) -> str:
        """The answer in one sentence."""
        if self.replay is None:
            return f"cannot be replayed [{self.reason}]: {self.trouble}"
        firing = self.replay.caught
        if firing is not None:
            on = f", on {firing.group}" if firing.group else ""
            because = f" ({firing.because})" if firing.because else ""
            said = says_when(firing.start, self.replay.window, self.noticed) + because + on
        elif self.replay.already is not None:
            said = f"had been firing since {self.replay.already.start:%Y-%m-%d %H:%M}"
        else:
            said = says_silence(self.replay.window)
        if self.replay.around is None:
            return said
        return f"{said}; {says_how_often(len(self.replay.others), self.replay.around)}"


@click.command()
@common.repository_options
@common.issues_option
@click.option("--item", "items", multiple=True, metavar="NAME", help="The rules of this item. May be repeated.")
@click.option("--rule", "rules", multiple=True, metavar="NAME", help="A rule by its name or id. May be repeated.")
@click.option("--compare", metavar="NAME", help="Another rule beside it: say which of the two fires first.")
@click.option("--kind", metavar="KIND", help="The kind that `--rule` is of, where several could know it.")
@click.option("--incident", "incidents", multiple=True, metavar="ID", help="A declared incident. May be repeated.")
@click.option("--from", "start", metavar="TIME", help="The beginning of a window, with offset.")
@click.option("--to", "end", metavar="TIME", help="Its end.")
@click.option("--now", metavar="TIME", help="Reckon from this time instead of the clock.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the picture there.")
@click.option("--picture/--no-picture", default=True, help="Pictures below the answers.  [default: yes]")
@click.option("--format", "style", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.option("--color/--no-color", default=None, help="Colours, or none.  [default: on a terminal]")
def command(
    repo: Path,
    ref: str,
    with_issues: bool,  # noqa: FBT001 - click's signature
    items: tuple[str, ...],
    rules: tuple[str, ...],
    compare: str | None,
    kind: str | None,
    incidents: tuple[str, ...],
    start: str | None,
    end: str | None,
    now: str | None,
    svg: Path | None,
    picture: bool,  # noqa: FBT001
    style: str,
    color: bool | None,  # noqa: FBT001
) -> None:
    """Replay rules over the past, and say when they would have fired.

    Without `--rule` it replays what is declared: each rule over the incident of its item. Exit codes: 0; 2 usage; 3
    something could not be replayed.
    """
    loaded = loading.load(repo, ref)
    try:
        session = loading.session(loaded, common.moment(now))
        if with_issues:
            loaded = common.with_issues(loaded, session)
        subjects = _subjects(loaded, session, items, (*rules, *([compare] if compare else [])), kind)
        periods = _periods(loaded, incidents, start, end)
        jobs = [(one, period) for period in periods for one in subjects] if periods else _own(subjects)
        if not jobs:
            raise UsageError(
                "there is no time to replay", hint="name one with `--incident`, or with `--from` and `--to`"
            )
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            outcomes = list(pool.map(lambda job: _outcome(job[0], job[1], session), jobs))
    finally:
        loaded.repository.close()
    if svg is not None:
        _write_pictures(svg, outcomes)
    if style == "json":
        output.emit(_document(outcomes))
    else:
        output.say(_lines(outcomes, compare=bool(compare), picture=picture), color)
    unseen = any(one.replay is None for one in outcomes)
    sys.exit(int(ExitCode.INCONCLUSIVE if unseen else ExitCode.VERIFIED))


def _subjects(
    loaded: Loaded, session: Session, items: tuple[str, ...], names: tuple[str, ...], kind: str | None
) -> list[Subject]:
    """What is to be replayed.

    Raises:
        UsageError: there is nothing, or a name says nothing to anybody.
    """
    if names:
        found = [_named(name, loaded, session, kind) for name in names]
        return found if not items else [*_declared(loaded, common.chosen(loaded.declared.items, items)), *found]
    declared = _declared(loaded, common.chosen(loaded.declared.items, items))
    if not declared:
        raise UsageError("no rule is declared here that can be replayed", hint="name one with `--rule`")
    return declared


def _declared(loaded: Loaded, items: Sequence[ActionItem]) -> list[Subject]:
    out = []
    for item in items:
        for artifact in item.artifacts:
            if artifact.expect is None or item.withheld is not None:
                continue
            checker = _replayer(loaded, artifact.kind)
            if checker is not None:
                out.append(Subject(checker.describe(artifact.expect), checker, artifact.expect, item.incident))
    return out


def _replayer(loaded: Loaded, kind: str) -> Any:
    """The checker of a kind, if it can replay."""
    try:
        checker = loaded.registry.get(kind).checker
    except CannotTell:
        return None
    return checker if isinstance(checker, Replayer) else None


def _named(name: str, loaded: Loaded, session: Session, kind: str | None) -> Subject:
    """The rule of a name, of the first kind that knows it."""
    said: list[str] = []
    for one in [kind] if kind else loaded.registry.kinds():
        replayer = _replayer(loaded, one)
        if replayer is None:
            continue
        try:
            return Subject(name, replayer, replayer.named(name, session.world()))
        except CannotTell as trouble:
            said.append(f"{one}: {trouble.message}")
    why = "; ".join(said) or (f"`{kind}` cannot replay" if kind else "no installed kind can replay")
    raise UsageError(f"no rule is `{name[:80]}`", hint=why)


def _periods(loaded: Loaded, incidents: tuple[str, ...], start: str | None, end: str | None) -> list[Period]:
    """The times that were asked about; none where each rule has its own.

    Raises:
        UsageError: a time cannot be read, or an incident is not known.
    """
    out = []
    known = {item.incident.id: item.incident for item in loaded.declared.items if item.incident is not None}
    for name in incidents:
        incident = known.get(name)
        if incident is None:
            raise UsageError(f"no declared item is of an incident `{name[:80]}`", hint=f"known: {', '.join(known)}")
        out.append(_of_incident(incident))
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


def _of_incident(incident: Incident) -> Period:
    if incident.started is None:
        raise UsageError(f"nobody wrote down when {incident.id} started", hint="write `started:` below `incident:`")
    return Period(incident.id, Window(incident.started, incident.resolved or incident.started + _UNRESOLVED), incident)


def _own(subjects: Sequence[Subject]) -> list[tuple[Subject, Period]]:
    """Each rule over the incident of its own item."""
    return [
        (one, _of_incident(one.incident))
        for one in subjects
        if one.incident is not None and one.incident.started is not None
    ]


def _outcome(subject: Subject, period: Period, session: Session) -> Outcome:
    noticed = period.incident.detected if period.incident is not None else None
    try:
        replay = subject.replayer.replay(subject.expect, period.window, session.world(period.incident))
    except CannotTell as trouble:
        return Outcome(subject.name, period.name, trouble=trouble.message, reason=trouble.reason.word)
    return Outcome(subject.name, period.name, replay, noticed=noticed)


def _lines(outcomes: Sequence[Outcome], *, compare: bool, picture: bool) -> Iterator[Line]:
    from loopcheck.reports.picture import lines

    for one in outcomes:
        fired = one.replay is not None and one.replay.caught is not None
        style = "unknown" if one.replay is None else "holds" if fired else "fails"
        yield [(one_line(one.rule, 120), "title"), (f"  over {one_line(one.period, 80)}", "dim")]
        yield [("  ", ""), (one_line(one.said), style)]
        if picture and one.replay is not None and one.replay.curves:
            yield from lines(one.replay, _PICTURE)
        for note in one.replay.notes if one.replay is not None else ():
            yield [(f"  {one_line(note)}", "dim")]
        yield []
    if compare:
        yield from _compared(outcomes)


def _compared(outcomes: Sequence[Outcome]) -> Iterator[Line]:
    """Which of two rules fires first, for each period."""
    for period in dict.fromkeys(one.period for one in outcomes):
        first, *rest = [one for one in outcomes if one.period == period]
        for other in rest:
            yield [(f"{one_line(period, 80)}: ", "title"), (one_line(_difference(first, other)), "")]


def _difference(one: Outcome, other: Outcome) -> str:
    if one.replay is None or other.replay is None:
        return "they cannot be compared"
    mine, theirs = one.replay.caught, other.replay.caught
    if mine is None or theirs is None:
        if mine is theirs:
            return "neither fires"
        return f"only `{(one if theirs is None else other).rule}` fires"
    if mine.start == theirs.start:
        return "both fire at the same time"
    earlier, later = (one, other) if mine.start < theirs.start else (other, one)
    return f"`{earlier.rule}` fires {elapsed(mine.start - theirs.start)} before `{later.rule}`"


def _write_pictures(path: Path, outcomes: Sequence[Outcome]) -> None:
    """One file for each replay; the second and later ones have a number in their names."""
    from loopcheck.reports.picture import svg

    drawn = [one for one in outcomes if one.replay is not None]
    for number, one in enumerate(drawn, 1):
        place = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        assert one.replay is not None  # noqa: S101 - tells the type checker
        place.write_text(svg(one.replay, f"{one.period}: {one.said}", one.noticed), "utf-8")


def _document(outcomes: Sequence[Outcome]) -> str:
    from loopcheck.reports.json import document

    found = [
        {"rule": one.rule, "period": one.period, "message": one.said, "reason": one.reason, "replay": one.replay}
        for one in outcomes
    ]
    return document({"version": 1, "replays": found})
