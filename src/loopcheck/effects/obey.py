"""What a command comes to: lines of the ledger, a reaction as receipt, and whether its issue is looked at now. Pure.

What somebody may do is not taken from the comment or the event: whoever calls this has asked GitHub in this run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

import msgspec

from loopcheck import __version__
from loopcheck.commands import Command, Drilled, NotUnderstood, Verify, Waive, parse
from loopcheck.effects.comment import Circumstances
from loopcheck.effects.model import Effect, React, Receipt, Record
from loopcheck.ledger.memory import Memory
from loopcheck.ledger.model import Action, Entry
from loopcheck.model import Verdict
from loopcheck.tracker import Comment, Issue, Person, Standing

REMEMBERED = timedelta(days=7)
"""How long a sweep looks for commands that no run has dealt with."""
_APART = timedelta(minutes=5)
"""Between two looks at an issue that commands ask for. Everybody's comments start runs, and looks cost."""
_GRADES = tuple(Standing)
_VERIFY = "verify"
_REFUSED = "refused"


class Given(msgspec.Struct, frozen=True):
    """A command, and who gave it where."""

    command: Command
    issue: int
    comment: int
    """The comment's number. Later comments have higher ones."""
    by: Person
    at: datetime
    """When it was given."""


class Obeyed(msgspec.Struct, frozen=True):
    """What comes of a command."""

    entries: tuple[Entry, ...] = ()
    receipt: React | None = None
    """Comes after the entries: a receipt for what is not recorded would be a promise."""
    look: bool = False
    """Whether the issue is to be looked at now, and told."""
    note: str = ""
    """One sentence for the log. Not fit to print as it is."""

    @property
    def effects(self) -> tuple[Effect, ...]:
        """All that is written, in its order."""
        record = (Record(self.entries),) if self.entries else ()
        return (*record, self.receipt) if self.receipt else record


def given(issue: int, comment: Comment) -> Given | NotUnderstood | None:
    """The command that a comment gives; `None` where it gives none.

    An edited comment gives none: GitHub does not say who edited it, and others than its author can.
    """
    author = comment.author
    if author is None or author.is_bot or comment.updated != comment.created:
        return None
    command = parse(comment.body, comment.created.date())
    if command is None or isinstance(command, NotUnderstood):
        return command
    return Given(command, issue, comment.id, author, comment.created)


def pending(issues: Iterable[Issue], memory: Memory, since: datetime) -> tuple[Given, ...]:
    """Waivers and drills that were asked for and that no line of the ledger knows, oldest first.

    The run of their event was dropped, or could not see. A `verify` needs no second chance: a sweep verifies.
    """
    found = [
        one
        for issue in issues
        for comment in issue.comments
        if comment.created >= since and comment.id not in memory.commands
        if isinstance(one := given(issue.number, comment), Given) and not isinstance(one.command, Verify)
    ]
    return tuple(sorted(found, key=lambda one: one.comment))


def may_ask(standing: Standing) -> bool:
    """Whether somebody's commands are answered at all: `triage`, as for a declaration."""
    return _reaches(standing, Standing.TRIAGE)


def turned_away(one: Given, standing: Standing, memory: Memory, where: Circumstances) -> Obeyed | None:
    """The answer to a command that is not carried out, or `None` for one that is. It needs no look at the issue.

    A refusal of somebody who may do nothing here is not recorded: or strangers would write the ledger.
    """
    if not may_ask(standing):
        return _receipt(one, Receipt.REFUSED, f"@{one.by.login} may give no commands: that takes `triage`")
    known = [entry for entry in memory.commanded if entry.comment == one.comment]
    if known:
        refused = all(entry.action is Action.OBEYED and entry.note == _REFUSED for entry in known)
        return _receipt(one, Receipt.REFUSED if refused else Receipt.DONE, "an earlier run dealt with it")
    if isinstance(one.command, Verify):
        if any(_looked(entry) for entry in _lately(one, memory, where)):
            return _receipt(one, Receipt.LATER, f"#{one.issue} was looked at a moment ago")
        return None
    if not _reaches(standing, Standing.WRITE):
        return _refusal(one, where, f"@{one.by.login} may not do this: that takes `write`")
    return None


def obey(one: Given, items: Collection[str], memory: Memory, where: Circumstances) -> Obeyed:
    """What comes of a command that `turned_away` did not answer.

    Args:
        one: the command.
        items: the ids of what is declared in the issue, by people whose declarations count. Only waivers need them.
        memory: the ledger.
        where: the run.
    """
    match one.command:
        case Verify():
            line = _line(one, where, Action.OBEYED, note=_VERIFY)
            return Obeyed((line,), React(one.issue, one.comment, Receipt.DONE), look=True)
        case Drilled(runbook):
            # Dated by who said so: a sweep may hear of it days later, when the runbook is another.
            line = msgspec.structs.replace(_line(one, where, Action.DRILLED, note=runbook), at=min(one.at, where.at))
            return Obeyed((line,), React(one.issue, one.comment, Receipt.DONE))
        case Waive(until, reason):
            return _waive(one, until, reason, items, memory, where)


def _waive(
    one: Given, until: date, reason: str, items: Collection[str], memory: Memory, where: Circumstances
) -> Obeyed:
    if until < where.at.date():
        return _refusal(one, where, f"the waiver had run out on {until}, before it was read")
    if not items:
        return _refusal(one, where, f"nothing that can be read, and that counts, is declared in #{one.issue}")
    unproven = [item for item in items if not _is_verified(item, memory)]
    if not unproven:
        return _refusal(one, where, f"everything that is declared in #{one.issue} is verified")
    # A sweep may find a waiver when one that was asked for later counts already.
    lines = [
        _line(one, where, Action.WAIVED, item=item, note=reason, until=until)
        for item in unproven
        if not _waived_later(item, one, memory)
    ]
    if not lines:
        return _refusal(one, where, "a later waiver has taken its place")
    look = not any(entry.action is Action.WAIVED for entry in _lately(one, memory, where))
    return Obeyed(tuple(lines), React(one.issue, one.comment, Receipt.DONE), look=look)


def _is_verified(item: str, memory: Memory) -> bool:
    confirmed = memory.of(item).confirmed
    return confirmed is not None and confirmed.verdict is Verdict.VERIFIED


def _waived_later(item: str, one: Given, memory: Memory) -> bool:
    waiver = memory.of(item).waiver
    return waiver is not None and waiver.comment is not None and waiver.comment > one.comment


def _lately(one: Given, memory: Memory, where: Circumstances) -> list[Entry]:
    """The lines that other commands left on the same issue within the last minutes."""
    return [entry for entry in memory.commanded if entry.issue == one.issue and where.at - entry.at < _APART]


def _looked(entry: Entry) -> bool:
    return entry.action is Action.WAIVED or (entry.action is Action.OBEYED and entry.note == _VERIFY)


def _reaches(standing: Standing, least: Standing) -> bool:
    return _GRADES.index(standing) >= _GRADES.index(least)


def _receipt(one: Given, receipt: Receipt, note: str) -> Obeyed:
    return Obeyed(receipt=React(one.issue, one.comment, receipt), note=note)


def _refusal(one: Given, where: Circumstances, note: str) -> Obeyed:
    line = _line(one, where, Action.OBEYED, note=_REFUSED)
    return Obeyed((line,), React(one.issue, one.comment, Receipt.REFUSED), note=note)


def _line(
    one: Given, where: Circumstances, action: Action, *, note: str, item: str = "", until: date | None = None
) -> Entry:
    return Entry(
        where.at,
        item,
        Verdict.INCONCLUSIVE,  # of a line that is no sighting it says nothing
        "",
        __version__,
        where.repository.commit,
        where.run,
        action=action,
        note=note,
        by=one.by.login,
        until=until,
        issue=one.issue,
        comment=one.comment,
    )
