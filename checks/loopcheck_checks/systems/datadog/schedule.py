"""Whether a downtime is in force at a moment: once, or again and again by an iCalendar rule; and whom it is for."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from loopcheck.quantities import Duration
from loopcheck_checks.systems.datadog.records import (
    Downtime,
    DowntimeAttributes,
    MatchingDowntime,
    Monitor,
    Recurrence,
    Resource,
    downtime_attributes,
)

_PARTS = frozenset({"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "COUNT", "UNTIL", "WKST"})
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_SMALL = re.compile(r"[1-9][0-9]{0,2}")
_MONTH_DAYS = re.compile(r"-?(?:[1-9]|[12][0-9]|3[01])(?:,-?(?:[1-9]|[12][0-9]|3[01])){0,30}")
_ENDED = frozenset({"canceled", "ended"})


def downtime_of(resource: Resource, now: datetime) -> Downtime | None:
    """A downtime of a v2 answer; `None` for one that is over for good."""
    read = downtime_attributes(resource)
    if read is None:
        # Of a new form: it may silence anything, and nothing is known of when.
        return Downtime(resource.id, "", in_force=None, monitor_tags=("*",))
    force = in_force(read, now)
    if force is False:
        return None
    identifier = read.monitor_identifier
    if identifier is None or (identifier.monitor_id is None and identifier.monitor_tags is None):
        force = None  # whom it silences is told in a new form: it may be anybody
    return Downtime(
        resource.id,
        read.scope or "*",
        force,
        identifier.monitor_id if identifier else None,
        tuple(identifier.monitor_tags or ()) if identifier and identifier.monitor_id is None else (),
        _until(read),
        recurring=bool(read.schedule and read.schedule.recurrences),
    )


def matching_downtime_of(listed: MatchingDowntime, monitor_id: int | None, now: datetime) -> Downtime | None:
    """A downtime that is listed with its monitor; `None` where it is over, or has not begun."""
    at = now.timestamp()
    if (listed.start is not None and listed.start > at) or (listed.end is not None and listed.end <= at):
        return None
    scope = listed.scope if isinstance(listed.scope, str) else " AND ".join(listed.scope or ())
    until = datetime.fromtimestamp(listed.end, UTC) if listed.end is not None and listed.end < 1e11 else None
    return Downtime(str(listed.id), scope or "*", True if listed.active is not False else None, monitor_id, until=until)


def in_force(downtime: DowntimeAttributes, now: datetime) -> bool | None:
    """Whether a downtime silences at `now`, or `None` where that cannot be reckoned."""
    if downtime.status in _ENDED or downtime.canceled:
        return False
    schedule = downtime.schedule
    if schedule is None:
        return True if downtime.status == "active" else None
    if not schedule.recurrences:
        if schedule.start is None:
            return None  # a schedule of a new form
        return _aware(schedule.start) <= now and (schedule.end is None or now < _aware(schedule.end))
    current = schedule.current_downtime
    if current and current.start and _aware(current.start) <= now and (not current.end or now < _aware(current.end)):
        return True
    found = [_recurs(recurrence, schedule.timezone, now) for recurrence in schedule.recurrences[:20]]
    if True in found:
        return True
    # Datadog says that it is on, and our own reckoning that it is not: one of the two is wrong.
    return None if None in found or downtime.status == "active" else False


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _until(downtime: DowntimeAttributes) -> datetime | None:
    schedule = downtime.schedule
    if schedule is None:
        return None
    current = schedule.current_downtime
    return (current.end if current else None) if schedule.recurrences else schedule.end


def _recurs(recurrence: Recurrence, timezone: str | None, now: datetime) -> bool | None:
    """Whether `now` lies in an occurrence. `None` for a rule that is not of the ordinary kind.

    Only rules whose occurrences can be counted quickly are reckoned: one that fires each second since the year 1
    would keep a run busy for hours.
    """
    if not recurrence.rrule or not recurrence.start or not recurrence.duration or not _ordinary(recurrence.rrule):
        return None
    try:
        start = datetime.fromisoformat(recurrence.start).replace(tzinfo=None)
        length = Duration.parse(recurrence.duration).delta
        local = now.astimezone(ZoneInfo(timezone or "UTC")).replace(tzinfo=None)
        if start.year < 2010 or length > timedelta(days=400):
            return None
        rrule: Any = importlib.import_module("dateutil.rrule")  # without types; late: it costs 30 ms
        rule = rrule.rrulestr(recurrence.rrule.removeprefix("RRULE:"), dtstart=start, ignoretz=True)
        last: datetime | None = rule.before(local, inc=True)
    except (ValueError, TypeError, OverflowError, LookupError, OSError):
        # LookupError and OSError: a time zone that this machine does not know.
        return None
    return last is not None and local < last + length


def _ordinary(rule: str) -> bool:
    if len(rule) > 300:
        return False
    parts = dict(part.partition("=")[::2] for part in rule.upper().removeprefix("RRULE:").split(";") if part)
    return (
        set(parts) <= _PARTS
        and parts.get("FREQ") in _FREQUENCIES
        and _SMALL.fullmatch(parts.get("INTERVAL", "1")) is not None
        and _SMALL.fullmatch(parts.get("COUNT", "1")) is not None
        and ("BYMONTHDAY" not in parts or _MONTH_DAYS.fullmatch(parts["BYMONTHDAY"]) is not None)
    )


def downtimes_of(monitor: Monitor, downtimes: Iterable[Downtime]) -> tuple[Downtime, ...]:
    """Those downtimes that are meant for the monitor: by its id, or by tags that it has all of."""
    own = {tag.casefold() for tag in monitor.tags or ()}
    return tuple(downtime for downtime in downtimes if _is_for(downtime, monitor.id, own))


def _is_for(downtime: Downtime, number: int | None, own: set[str]) -> bool:
    if downtime.monitor_id is not None:
        return downtime.monitor_id == number
    # Without a monitor and without tags it is for every monitor, as Datadog's page says.
    return all(tag == "*" or tag.casefold() in own for tag in downtime.monitor_tags)
