"""What a plan is made from: the issues that were seen, and how the run came to look at them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum

import msgspec

from loopcheck.config import CloseGateSection
from loopcheck.effects.comment import Circumstances
from loopcheck.model import ItemResult, Problem
from loopcheck.tracker import Issue, Person


class Occasion(StrEnum):
    """Why the run looks."""

    SWEEP = "sweep"
    """It is time to. Everything is looked at, so that an outage can be told from a change."""
    CHANGED = "changed"
    """Somebody closed, reopened or labelled the issue. Nobody waits for an answer."""
    ASKED = "asked"
    """Somebody wrote or edited the issue, or asked in a comment: there is an answer, whatever it is."""


class Seen(msgspec.Struct, frozen=True):
    """An issue, and what became of what it declares."""

    issue: Issue
    items: tuple[ItemResult, ...] = ()
    problems: tuple[Problem, ...] = ()
    """What cannot be read of its declarations."""
    clear: bool = True
    """False where it could not be seen whether anything that counts is declared, such as whether its author may."""

    @property
    def is_dropped(self) -> bool:
        """Whether it was closed as not planned, or as a duplicate."""
        return self.issue.closing is not None and self.issue.closing.is_dropped


class Situation(msgspec.Struct, frozen=True):
    """What is the same for all issues of a run."""

    policy: CloseGateSection
    viewer: Person
    """The account that loopcheck acts as."""
    here: Circumstances
    occasion: Occasion
    version: str
    """loopcheck's."""

    @property
    def at(self) -> datetime:
        """The time of the run."""
        return self.here.at

    @property
    def today(self) -> date:
        """Its day, in UTC."""
        return day(self.at)


def day(at: datetime) -> date:
    """The day of `at` in UTC, which is the only one that everybody who reads it has in common."""
    return at.astimezone(UTC).date()
