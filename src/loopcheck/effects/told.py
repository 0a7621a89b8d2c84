"""Whether something is to be told on an issue, by what loopcheck's comment there is and by what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from loopcheck.effects import marker
from loopcheck.effects.marker import Marker
from loopcheck.ledger.memory import NOTHING, Memory, Remembered, recall
from loopcheck.ledger.model import Entry
from loopcheck.tracker import Issue, Person

_AGAIN = timedelta(days=7)
"""After somebody deleted the comment. Who deletes it twice does not want it."""


def own(issue: Issue, viewer: Person) -> tuple[Marker, ...]:
    """The markers of loopcheck's comments on `issue`, the oldest comment first. It is the one that stays."""
    found = []
    for comment in issue.comments:
        mark = marker.read(comment.body) if comment.author and comment.author.id == viewer.id else None
        if mark is not None:
            found.append((comment.created, comment.id, mark))
    return tuple(mark for *_, mark in sorted(found, key=lambda one: one[:2]))


def may_post(issue: Issue, at: datetime) -> bool:
    """Whether a comment may be made where there is none."""
    return not issue.deleted or (len(issue.deleted) == 1 and at - issue.deleted[0] >= _AGAIN)


def is_behind(mark: Marker, lines: Iterable[Entry]) -> bool:
    """Whether the ledger came to say something else after the comment was written. An outage changes nothing in it."""
    lines = tuple(lines)
    # A marker has whole seconds.
    told = recall(line for line in lines if line.at.replace(microsecond=0) <= mark.at)
    return _stands(told) != _stands(recall(lines))


def _stands(memory: Memory) -> dict[str, object]:
    def of(known: Remembered) -> object:
        sure = known.confirmed
        what = (sure.verdict, sure.digest) if sure else None
        waiver = (known.waiver.until, known.waiver.note) if known.waiver else None
        return what, waiver, len(known.reopened)

    return {item: of(known) for item, known in memory.items.items() if of(known) != of(NOTHING)}
