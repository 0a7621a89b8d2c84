"""Which commits are compared: what is there now, and what merging would make of it."""

from __future__ import annotations

import msgspec

from loopcheck.events import MergeGroup, PullRequestChanged
from loopcheck.reasons import CannotTell, Reason
from loopcheck.world import Repository

NO_BASE = Reason(
    "no-base",
    "The commit to compare with is not in the clone.",
    "Check out with `fetch-depth: 0` (actions/checkout).",
)
NOT_THE_MERGE = Reason(
    "not-the-merge",
    "What is checked out is not what merging would give.",
    "Check out without `ref:` and with `fetch-depth: 0` (actions/checkout), and run the job again.",
)


class Compared(msgspec.Struct, frozen=True):
    """The two commits, by their full ids."""

    base: str
    """Its rules hold."""
    merged: str
    """What would be there after merging. It is data."""


def compared(checkout: Repository, event: PullRequestChanged | MergeGroup) -> Compared:
    """The commits of an event.

    GitHub checks out a merge commit for a pull request; its first parent is the base, which may be newer than the
    event says. Whoever checks out the head itself gets an answer where the head holds the whole base, and no other
    commit: what lacks a commit of the base would seem to remove what that brought.

    Raises:
        CannotTell: the clone does not hold them.
    """
    if isinstance(event, MergeGroup):
        return _of_group(checkout, event)
    first, *others = checkout.parents or ("",)
    if event.head in others:
        _expect(checkout, first)
        known = checkout.holds(event.base) and not checkout.shallow
        if known and not checkout.leads_to(event.base, first):
            raise CannotTell(NOT_THE_MERGE, f"{first[:12]}, its first parent, does not hold the base of the event")
        return Compared(first, checkout.commit)
    _expect(checkout, event.base)
    for part, name in ((event.head, "head"), (event.base, "base")):
        if not checkout.leads_to(part, checkout.commit):
            what = f"{checkout.commit[:12]} does not hold {part[:12]}, the {name} of the pull request"
            raise CannotTell(NOT_THE_MERGE, what)
    return Compared(event.base, checkout.commit)


def _of_group(checkout: Repository, event: MergeGroup) -> Compared:
    _expect(checkout, event.head)
    _expect(checkout, event.base)
    if not checkout.leads_to(event.base, event.head):
        raise CannotTell(NOT_THE_MERGE, f"{event.head[:12]}, the head of the group, does not hold its base")
    return Compared(event.base, event.head)


def _expect(checkout: Repository, commit: str) -> None:
    if not checkout.holds(commit):
        raise CannotTell(NO_BASE, f"{commit[:12]} is not in this clone")
