"""Mute timings: whether one is in force at all times, at none, or at some. Pure."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import msgspec

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = tuple(name.lower() for name in calendar.month_name[1:])
_YEAR = 366
_MAX_PARTS = 200
_TIME = re.compile(r"([0-2][0-9]):([0-5][0-9])")


class Times(msgspec.Struct, frozen=True):
    """Hours of a day."""

    start: str = msgspec.field(name="start_time")
    end: str = msgspec.field(name="end_time")


class Interval(msgspec.Struct, frozen=True):
    """When a timing is in force: where all that it says is met. What it does not say is always met."""

    times: list[Times] | None = None
    weekdays: list[str] | None = None
    days: list[str] | None = msgspec.field(default=None, name="days_of_month")
    months: list[str] | None = None
    years: list[str] | None = None
    location: str | None = None


def in_force(intervals: Sequence[Interval], today: date) -> bool | None:
    """Whether a timing is in force throughout the year that begins today; `None` where it is so at times."""
    if not intervals:
        return False
    if any(one == Interval(location=one.location) for one in intervals):
        return True
    if len({one.location for one in intervals}) > 1 or len(intervals) > _MAX_PARTS:
        return None  # hours of several zones are not laid side by side
    try:
        return _throughout(intervals, today)
    except (ValueError, KeyError):
        return None


def _throughout(intervals: Sequence[Interval], today: date) -> bool | None:
    minutes = [_minutes(one) for one in intervals]
    for number in range(_YEAR):
        day = today + timedelta(days=number)
        spans = sorted(span for one, those in zip(intervals, minutes, strict=True) if _on(one, day) for span in those)
        reached = 0
        for start, end in spans:
            if start > reached:
                break
            reached = max(reached, end)
        if reached < 24 * 60:
            return None
    return True


def _minutes(interval: Interval) -> list[tuple[int, int]]:
    if not interval.times:
        return [(0, 24 * 60)]
    return [(_minute(one.start), _minute(one.end)) for one in interval.times[:_MAX_PARTS]]


def _minute(text: str) -> int:
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    return int(found[1]) * 60 + int(found[2])


def _on(interval: Interval, day: date) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    return (
        _within(interval.weekdays, day.weekday(), _DAYS.index, wraps=7)
        and _within(interval.days, day.day, lambda text: int(text) if int(text) > 0 else last + 1 + int(text))
        and _within(interval.months, day.month, lambda text: int(text) if text.isdigit() else _MONTHS.index(text) + 1)
        and _within(interval.years, day.year, int)
    )


def _within(ranges: Sequence[str] | None, value: int, read: Callable[[str], int], wraps: int = 0) -> bool:
    if not ranges:
        return True
    for text in ranges[:_MAX_PARTS]:
        first, colon, last = text.strip().lower().partition(":")
        start = read(first.strip())
        end = read(last.strip()) if colon else start
        if start <= value <= end or (wraps and end < start and (value >= start or value <= end)):
            return True
    return False
