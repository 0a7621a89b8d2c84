"""What several commands need: the options for where and when to look, and reading what was declared there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from loopcheck import loading
from loopcheck.errors import ExitCode, UsageError
from loopcheck.loading import Loaded
from loopcheck.model import ActionItem, Report, Verdict
from loopcheck.quantities import Moment
from loopcheck.reasons import CannotTell
from loopcheck.world import Session

if TYPE_CHECKING:
    from loopcheck.handlers.asked import Outcome
    from loopcheck.ledger.memory import Memory
    from loopcheck.reports.text import Line

ISSUES = "--issues"

F = TypeVar("F", bound=Callable[..., Any])


def repository_options(command: F) -> F:
    """Add `--repo` and `--ref`."""
    command = click.option("--ref", default="HEAD", metavar="REF", help="The commit to look at.  [default: HEAD]")(
        command
    )
    return click.option(
        "--repo",
        type=click.Path(path_type=Path),
        default=Path(),
        metavar="DIR",
        help="A folder in the checkout.  [default: here]",
    )(command)


def issues_option(command: F) -> F:
    """Add `--issues`."""
    return click.option(
        ISSUES,
        "with_issues",
        is_flag=True,
        help="Also the items of GitHub's issues. Needs GITHUB_REPOSITORY and GITHUB_TOKEN.",
    )(command)


def recalled(file: Path) -> Memory:
    """What a ledger in a file says; nothing, where there is no such file yet.

    Raises:
        UsageError: a line of it cannot be read.
    """
    from loopcheck.ledger.file import FileLedger
    from loopcheck.ledger.memory import recall

    try:
        return recall(FileLedger(file).read())
    except CannotTell as trouble:
        raise UsageError(trouble.message, hint=trouble.reason.remedy) from None


def with_issues(loaded: Loaded, session: Session) -> Loaded:
    """The same with what is declared in issues. Where they cannot be read, `declared.unseen` says so.

    Raises:
        UsageError: it is not known which repository to ask about, or with which token.
    """
    from loopcheck.world.github.issues import read_issues

    section = loaded.config.file.issues
    try:
        github = session.github
    except CannotTell as trouble:
        hint = "set GITHUB_REPOSITORY to `owner/name`, and GITHUB_TOKEN to a token that may read its issues"
        raise UsageError(f"{ISSUES}: {trouble.message}", hint=hint) from None
    try:
        found = read_issues(github, section.label, session.now - section.closed_within.delta)
    except CannotTell as trouble:
        return loading.with_written(loaded, loading.unread(loaded, trouble))
    return loading.with_tracked(loaded, found.issues, github)


def moment(text: str | None) -> datetime | None:
    """The time of `--now`: ISO 8601 with offset, or a date, which begins in UTC.

    Raises:
        UsageError: it is neither.
    """
    if text is None:
        return None
    try:
        if len(text) == len("2026-12-15"):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        return Moment.parse(text).at
    except ValueError as error:
        raise UsageError(f"--now: {error}", hint="write `2026-12-15` or `2026-12-15T09:14Z`") from None


def chosen(items: tuple[ActionItem, ...], wanted: tuple[str, ...]) -> tuple[ActionItem, ...]:
    """Those of `items` that `--item` names: by id, by the part after `#`, or by title.

    Raises:
        UsageError: a name fits no item.
    """
    if not wanted:
        return items
    picked: list[ActionItem] = []
    for name in wanted:
        found = [
            item
            for item in items
            if name in (item.id, item.id.rpartition("#")[2]) or name.casefold() == item.title.casefold()
        ]
        if not found:
            from loopcheck.binding import suggestion

            known = [item.id.rpartition("#")[2] for item in items]
            raise UsageError(f"no item is `{name[:80]}`", hint=suggestion(name, known) or "`loopcheck list` shows them")
        picked.extend(item for item in found if item not in picked)
    return tuple(picked)


def overdue(item: ActionItem, at: datetime) -> bool:
    """Whether the due date of an item is past at a time, whatever became of the item."""
    return item.due is not None and item.due < at.date()


def outcome_lines(outcome: Outcome, *, dry_run: bool) -> Iterator[Line]:
    """What a run wrote, or would write, and what it cost."""
    from loopcheck.effects.shown import applied_lines, effect_lines
    from loopcheck.reports.clean import one_line

    if dry_run:
        count = len(outcome.plan.effects)
        yield [(f"would write {count} {'thing' if count == 1 else 'things'}:" if count else "would write nothing", "")]
        for effect in outcome.plan.effects:
            yield from effect_lines(effect)
    else:
        for applied in outcome.applied:
            yield from applied_lines(applied)
    for note in (*outcome.notes, *outcome.plan.notes):
        yield [("note", "note"), (f"   {one_line(note)}", "")]
    if outcome.spent:
        yield [(f"{outcome.spent}.", "dim")]


def outcome_code(outcome: Outcome) -> ExitCode:
    """The code for the shell. A run that could not write all that it planned has stopped early."""
    if outcome.exit_code is not None:
        return outcome.exit_code
    code = exit_code(outcome.report) if outcome.report is not None else ExitCode.VERIFIED
    if outcome.left and code in (ExitCode.VERIFIED, ExitCode.INCONCLUSIVE):
        return ExitCode.PARTIAL
    return code


def exit_code(report: Report) -> ExitCode:
    """The code for the shell; see `ExitCode` for the order."""
    if report.errors:
        return ExitCode.USAGE
    if report.verdict is Verdict.FAILED:
        return ExitCode.FAILED
    if not report.run.complete:
        return ExitCode.PARTIAL
    return ExitCode.INCONCLUSIVE if report.verdict is Verdict.INCONCLUSIVE else ExitCode.VERIFIED
