"""Would it have fired then? The answer of a replay, as data, whatever system the rule belongs to.

A kind of artifact that is a rule over time series replays it over a window of the past: the samples that were stored
then, the rule as it is now. What comes out is the same for each: when it would have fired, and what the series did.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec


class Window(msgspec.Struct, frozen=True):
    """A stretch of time, both ends with their offset; the end belongs to it."""

    start: datetime
    end: datetime

    def around(self, span: timedelta) -> Window:
        """The stretch of length `span` around this one, for counting what else would have fired."""
        more = max(timedelta(), (span - (self.end - self.start)) / 2)
        return Window(self.start - more, self.end + more)


class Firing(msgspec.Struct, frozen=True):
    """An alert that would have fired, from one evaluation to another."""

    start: datetime
    """The evaluation at which it began to notify."""
    end: datetime | None
    """The evaluation at which it had recovered; `None` where it still fired at the end of the window."""
    group: str = ""
    """What fired, where a rule has several: `host:db-1`, `{instance="db-1"}`."""


class Threshold(msgspec.Struct, frozen=True):
    """A line that a series has to cross."""

    value: float
    comparator: str
    """`>`, `>=`, `<`, `<=`, `==`, `!=`."""
    name: str = "critical"


class Curve(msgspec.Struct, frozen=True):
    """What the rule compared, at each evaluation, of one group."""

    times: tuple[float, ...]
    """Seconds since the epoch, ascending."""
    values: tuple[float | None, ...]
    """`None` where there was nothing to compare."""
    group: str = ""


class Replay(msgspec.Struct, frozen=True):
    """A rule, replayed over a window."""

    rule: str
    """The rule in a few words, or as it is written."""
    window: Window
    step: float
    """Seconds between evaluations."""
    firings: tuple[Firing, ...]
    """By start, then group."""
    curves: tuple[Curve, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    notes: tuple[str, ...] = ()
    """How the replay may differ from what the system did, each in one sentence."""
