"""Whom a monitor tells, as a claim. Pure."""

from __future__ import annotations

from loopcheck.checker import Claim, Unseen
from loopcheck_checks.datadog_monitor.manifest import (
    NOTIFIES,
    NOTIFIES_NOBODY,
    NOTIFIES_OTHERS,
    UNCERTAIN_HANDLE,
    DatadogMonitorExpectation,
    SeenMonitor,
)
from loopcheck_checks.datadog_monitor.query import parse
from loopcheck_checks.systems.datadog import Monitor, Rule, tags, telling


def notifies(expect: DatadogMonitorExpectation, seen: SeenMonitor, rules: tuple[Rule, ...] | Unseen) -> Claim:
    """Whether the monitor tells somebody when it fires, and whom it was declared to tell."""
    told = telling(seen.monitor, rules, _keys(seen.monitor), expect.handles)
    here = seen.evidence(told.seen)
    if told.how == "tells":
        return NOTIFIES.holds(told.message, here)
    if told.how == "unseen" and isinstance(rules, Unseen):
        return NOTIFIES.unknown(rules, told.message, here)
    if told.how == "perhaps":
        return NOTIFIES.unknown(UNCERTAIN_HANDLE, told.message, here)
    return NOTIFIES.fails(NOTIFIES_OTHERS if told.how == "others" else NOTIFIES_NOBODY, told.message, here)


def _keys(monitor: Monitor) -> frozenset[str] | None:
    """The keys of the tags that a group of the monitor may bring: those of its groups and of its filter."""
    series = parse(monitor.query).series
    if not series:  # a search groups by what is not parsed here
        return None
    expressions = (tags.parse(one.filter) for one in series)
    filtered = {key for known in expressions for key in (known is not None and tags.plain_tags(known)) or ()}
    return frozenset(filtered | {key for one in series for key in one.by})
