"""Whom a monitor tells, and which runbook it names to them, as claims. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loopcheck.checker import Claim, Evidence, Unseen
from loopcheck_checks.datadog_monitor.manifest import (
    LINKS_TO_RUNBOOK,
    NO_RECEIVER,
    NOTIFIES,
    NOTIFIES_NOBODY,
    NOTIFIES_OTHERS,
    RECEIVER_THERE,
    RULE_APPLIES,
    RULE_ELSEWHERE,
    UNCERTAIN_HANDLE,
    DatadogMonitorExpectation,
    SeenMonitor,
)
from loopcheck_checks.datadog_monitor.query import parse
from loopcheck_checks.systems.datadog import SITES, Monitor, Receiver, Rule, hops, parts, recipients, tags, telling
from loopcheck_checks.systems.runbook_links import Runbook, judge_link


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


def rules_apply(
    expect: DatadogMonitorExpectation, seen: SeenMonitor, rules: tuple[Rule, ...] | Unseen
) -> Iterator[Claim]:
    """Whether the rule that is to tell a handle does so: of each handle that the monitor's message does not tell."""
    keys = _keys(seen.monitor)
    found = hops(seen.monitor, () if isinstance(rules, Unseen) else rules, keys, expect.handles)
    for handle, ways in found.items():
        if isinstance(rules, Unseen):
            here = seen.evidence("notification rules were not seen")
            yield RULE_APPLIES.unknown(rules, f"whether a notification rule tells {handle}: {rules.message}", here)
            continue
        if not ways:
            continue  # that nothing tells it is what `notifies` says
        best = ways[0]
        more = f" ({len(ways) - 1} more name it)" if len(ways) > 1 else ""
        said = f"the notification rule `{best.name}`, which names {handle}, {best.why}{more}"
        here = seen.evidence(f"notification rule `{best.name}`")
        if best.applies:
            yield RULE_APPLIES.holds(said, here)
        elif best.applies is None or recipients(seen.monitor, rules, keys).doubt(handle) is not None:
            yield RULE_APPLIES.unknown(UNCERTAIN_HANDLE, said, here)
        else:
            yield RULE_APPLIES.fails(RULE_ELSEWHERE, said, here)


def receiver_there(receiver: Receiver) -> Claim:
    """Whether what a handle leads to is there."""
    here = Evidence(receiver.source, receiver.seen)
    if isinstance(receiver.there, Unseen):
        return RECEIVER_THERE.unknown(receiver.there, None, here)
    if receiver.there:
        return RECEIVER_THERE.holds(f"{receiver.handle} leads to {receiver.seen}", here)
    return RECEIVER_THERE.fails(NO_RECEIVER, f"{receiver.handle} leads nowhere: {receiver.seen}", here)


def links_to_runbook(seen: SeenMonitor, runbook: Runbook | Unseen) -> Claim:
    """Whether the monitor's message, as far as an alert shows it, links to the declared runbook."""
    here = seen.evidence("its message")
    if isinstance(runbook, Unseen):
        return LINKS_TO_RUNBOOK.unknown(runbook, None, here)
    said = parts(seen.monitor.message or "", seen.monitor.priority)
    return judge_link(LINKS_TO_RUNBOOK, runbook, said, here, never=tuple(SITES))


def _keys(monitor: Monitor) -> frozenset[str] | None:
    """The keys of the tags that a group of the monitor may bring: those of its groups and of its filter."""
    series = parse(monitor.query).series
    if not series:  # a search groups by what is not parsed here
        return None
    expressions = (tags.parse(one.filter) for one in series)
    filtered = {key for known in expressions for key in (known is not None and tags.plain_tags(known)) or ()}
    return frozenset(filtered | {key for one in series for key in one.by})
