"""Whether an issue that was closed without proof is opened again, and when loopcheck leaves it to people.

Whoever closes it again, person or machine, is not fought: once for what is missing, twice in a week, and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from loopcheck.config import Mode
from loopcheck.effects.looks import Look
from loopcheck.ledger.model import Action, Entry
from loopcheck.model import Verdict
from loopcheck.tracker import Issue

_WEEK = timedelta(days=7)
_PER_WEEK = 2
_SKEW = timedelta(minutes=5)
"""By so much the clocks of GitHub and of a runner may differ."""


class Gate(StrEnum):
    """What becomes of an issue that is closed."""

    QUIET = "quiet"
    """It is open, or nothing is held against its closing."""
    UNPROVEN = "unproven"
    """Nothing but saying so: the configuration goes no further."""
    WAITS = "waits"
    """It failed, and is looked at once more before anything is done."""
    REOPENS = "reopens"
    DISPUTED = "disputed"
    """loopcheck has done what it may. People decide."""


class Decision(msgspec.Struct, frozen=True):
    """What becomes of an issue, and for which items."""

    gate: Gate
    because: tuple[Look, ...] = ()
    reopened: datetime | None = None
    """When loopcheck last reopened it, by what the ledger says before; this time included."""
    intended: bool = False
    """Whether the ledger says already that it is reopened for just these; a run was killed after it had written so."""


def decide(issue: Issue, looks: Sequence[Look], lines: Iterable[Entry], at: datetime, *, can_tell: bool) -> Decision:
    """What becomes of `issue`.

    Args:
        issue: as it is.
        looks: its items.
        lines: what the ledger says of it.
        at: the time of the run.
        can_tell: whether a comment may say why. Nothing is reopened without a word.
    """
    groups = _intentions(lines)
    past = happened(issue, groups)
    last = max(past, default=None)
    failed = tuple(look for look in looks if look.item.verdict is Verdict.FAILED and not look.waived)
    if issue.is_open or issue.closing is None or not failed:
        return Decision(Gate.QUIET, reopened=last)
    enforced = tuple(look for look in failed if look.mode is Mode.ENFORCE)
    if not enforced:
        return Decision(Gate.UNPROVEN, failed, last)
    ripe = tuple(look for look in enforced if look.failed_twice)
    if not ripe:
        return Decision(Gate.WAITS, enforced, last)
    done = {what for when in past for what in groups[when]}
    fresh = tuple(look for look in ripe if (look.item.id, look.digest) not in done)
    lately = [when for when in issue.reopened if at - when < _WEEK]
    if not fresh or len(lately) >= _PER_WEEK or not can_tell or not issue.whole_history:
        return Decision(Gate.DISPUTED, ripe, last)
    newest = max(groups, default=at)
    intended = newest not in past and groups.get(newest, set()) >= {(look.item.id, look.digest) for look in fresh}
    return Decision(Gate.REOPENS, fresh, newest if intended else at, intended)


def happened(issue: Issue, intentions: Iterable[datetime]) -> set[datetime]:
    """Those times at which loopcheck meant to reopen `issue`, after which it did: each by a reopening of its own."""
    meant = sorted(intentions)
    left = sorted(issue.reopened)
    done = set()
    for place, when in enumerate(meant):
        following = meant[place + 1] if place + 1 < len(meant) else None
        begin = when.replace(microsecond=0) - _SKEW  # GitHub's times are whole seconds
        mine = next((one for one in left if one >= begin and (following is None or one < following)), None)
        if mine is not None:
            done.add(when)
            left = [one for one in left if one > mine]
    return done


def _intentions(lines: Iterable[Entry]) -> dict[datetime, set[tuple[str, str]]]:
    """By the time of the run, the items and evidence for which it was about to reopen their issue."""
    groups: dict[datetime, set[tuple[str, str]]] = {}
    for line in lines:
        if line.action is Action.REOPENED:
            groups.setdefault(line.at, set()).add((line.item, line.digest))
    return groups
