"""The groups of a monitor, and which of them matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from loopcheck_checks.datadog_monitor.replay.evaluate import Bools, Floats
from loopcheck_checks.datadog_monitor.replay.states import Spell


class Group(msgspec.Struct, frozen=True):
    """One group of a monitor, replayed."""

    tags: tuple[str, ...]
    spells: list[Spell]
    values: Floats
    """What was compared at each evaluation; NaN where nothing was."""
    measured: Bools
    """Where there was something, also if the evaluation was skipped."""


def concerns(tags: tuple[str, ...], scope: Iterable[str]) -> bool:
    """Whether a group is not of another scope than the one that matters."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for tag in scope:
        key, _, value = tag.partition(":")
        wanted[key].add(value)
    known = (tag.casefold().partition(":") for tag in tags)
    return all(key not in wanted or value in wanted[key] for key, _, value in known)
