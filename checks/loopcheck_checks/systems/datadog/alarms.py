"""The monitor behind something else: that of an SLO or of a synthetic test. Is it in force, and whom does it tell?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from loopcheck.checker import Claim, ClaimKind, Evidence, Reason, Unseen, World
from loopcheck.reasons import NOT_JUDGED
from loopcheck_checks.systems.datadog.client import monitor_page, site_of
from loopcheck_checks.systems.datadog.live import list_downtimes, list_monitors, list_rules
from loopcheck_checks.systems.datadog.recipients import telling
from loopcheck_checks.systems.datadog.records import Downtime, Monitor, Rule, Unreadable
from loopcheck_checks.systems.datadog.schedule import downtimes_of

ALARM_SILENT = Reason(
    "alarm-silent",
    "Its monitor is muted, in downtime, or a draft, and tells nobody.",
    "Unmute or publish the monitor that the message names, or wait for the end of its downtime.",
)
ALARM_PARTLY_SILENT = Reason(
    "alarm-partly-silent",
    "A part of what its monitor watches is muted or in downtime, which may be the part that matters.",
    "Look at the mute or downtime that the message names.",
)
ALARM_TELLS_NOBODY = Reason(
    "alarm-tells-nobody",
    "Its monitor tells nobody.",
    "Add a handle such as `@pagerduty-database` to its message, outside `{{#is_recovery}}` and code.",
)
ALARM_TELLS_OTHERS = Reason(
    "alarm-tells-others",
    "Its monitor does not tell whom it was declared to tell.",
    "Add the declared handle to its message, or declare the one that is told.",
)
ALARM_MAY_TELL = Reason(
    "alarm-may-tell",
    "Whether its monitor tells somebody depends on something that loopcheck cannot evaluate.",
    "Put the handle into the message where nothing conditions it.",
)

ALARM_REASONS = (ALARM_SILENT, ALARM_PARTLY_SILENT, ALARM_TELLS_NOBODY, ALARM_TELLS_OTHERS, ALARM_MAY_TELL)
"""What a kind that judges alarms lists in its manifest."""


class Alarm(msgspec.Struct, frozen=True, kw_only=True, tag="alarm"):
    """A monitor, with all that may silence it or tell somebody."""

    monitor: Monitor
    source: str
    at: datetime
    downtimes: tuple[Downtime, ...] | Unseen
    rules: tuple[Rule, ...] | Unseen

    def evidence(self, seen: str) -> Evidence:
        """Evidence from this monitor."""
        return Evidence(self.source, seen, self.at)


class Alarms(msgspec.Struct, frozen=True):
    """Every monitor, as an alarm."""

    seen: list[Alarm]
    unreadable: list[Unreadable]
    """Those that are there and cannot be read."""


def all_alarms(world: World) -> Alarms:
    """Every monitor, as an alarm.

    Raises:
        CannotTell: the monitors cannot be seen.
    """
    return world.once(("datadog", "alarms"), lambda: _alarms(world))


def _alarms(world: World) -> Alarms:
    monitors, unreadable = list_monitors(world)
    downtimes = world.attempt(lambda: list_downtimes(world))
    rules = world.attempt(lambda: list_rules(world))
    site = site_of(world)
    seen = [
        Alarm(
            monitor=monitor,
            source=monitor_page(site, monitor.id),
            at=world.now,
            downtimes=downtimes if isinstance(downtimes, Unseen) else downtimes_of(monitor, downtimes),
            rules=rules,
        )
        for monitor in monitors
    ]
    return Alarms(seen, unreadable)


def in_force(kind: ClaimKind, alarm: Alarm, now: datetime) -> Claim:
    """Whether nothing silences the monitor: neither an option, nor a downtime, nor that it is a draft."""
    monitor = alarm.monitor
    if monitor.draft_status == "draft":
        return kind.fails(ALARM_SILENT, f"{monitor.label} is a draft", alarm.evidence("draft_status: draft"))
    if monitor.draft_status not in (None, "published"):  # answers from before drafts do not have it
        word = monitor.draft_status[:40]
        return kind.unknown(NOT_JUDGED, f"`{word}` is a new word", alarm.evidence(f"draft_status: {word}"))
    silences = [*_mutes(monitor, now), *_downtimes(alarm)]
    for scope, what, sure in silences:
        if scope.strip() == "*" and sure:
            return kind.fails(ALARM_SILENT, f"{what} silences {monitor.label}", alarm.evidence(what))
    if silences:
        what = silences[0][1]
        return kind.unknown(ALARM_PARTLY_SILENT, f"{what} may silence {monitor.label}", alarm.evidence(what))
    if isinstance(alarm.downtimes, Unseen):
        return kind.unknown(alarm.downtimes, None, alarm.evidence("downtimes were not seen"))
    return kind.holds(f"nothing silences {monitor.label}", alarm.evidence("not muted, no downtime in force"))


def _mutes(monitor: Monitor, now: datetime) -> list[tuple[str, str, bool]]:
    silenced = (monitor.options.silenced if monitor.options else None) or {}
    return [
        (scope, f"a mute of `{scope[:100]}` {_until(end)}", True)
        for scope, end in silenced.items()
        if end is None or end > now.timestamp()
    ]


def _downtimes(alarm: Alarm) -> list[tuple[str, str, bool]]:
    if isinstance(alarm.downtimes, Unseen):
        return []
    return [
        (one.scope, f"the downtime {one.id[:60]} of `{one.scope[:100] or '?'}`", one.in_force is True)
        for one in alarm.downtimes
        if one.in_force is not False
    ]


def _until(end: float | None) -> str:
    if end is None:
        return "for ever"
    try:
        return f"until {datetime.fromtimestamp(end, UTC):%Y-%m-%dT%H:%MZ}"
    except (ValueError, OverflowError, OSError):
        return f"until {end:g}"


def tells(kind: ClaimKind, alarm: Alarm, wanted: Sequence[str]) -> Claim:
    """Whether the monitor tells somebody, and those who are wanted."""
    told = telling(alarm.monitor, alarm.rules, None, wanted)
    here = alarm.evidence(told.seen)
    if told.how == "tells":
        return kind.holds(f"{alarm.monitor.label}: {told.message}", here)
    if told.how == "unseen" and isinstance(alarm.rules, Unseen):
        return kind.unknown(alarm.rules, told.message, here)
    if told.how == "perhaps":
        return kind.unknown(ALARM_MAY_TELL, told.message, here)
    why = ALARM_TELLS_OTHERS if told.how == "others" else ALARM_TELLS_NOBODY
    return kind.fails(why, f"{alarm.monitor.label}: {told.message}", here)
