"""Would it have fired then? The answer of a replay, as data, whatever system the rule belongs to.

A kind of artifact that is a rule over time series replays it over a window of the past: the samples that were stored
then, the rule as it is now. What comes out is the same for each: when it would have fired, and what the series did.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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
    because: str = ""
    """What it told, where that is not its threshold: `no data`."""
    repeats: int = 0
    """How often it would have told the same again while it fired."""


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
    """What it was asked about: the incident."""
    step: float
    """Seconds between evaluations."""
    firings: tuple[Firing, ...]
    """By start, then group."""
    curves: tuple[Curve, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    notes: tuple[str, ...] = ()
    """How the replay may differ from what the system did, each in one sentence."""
    around: Window | None = None
    """The longer stretch that the firings are told of; `None` where it is `window` itself."""

    @property
    def caught(self) -> Firing | None:
        """The first firing that somebody would have taken for the beginning of the incident.

        One that begins up to `EARLY` before the window counts, if it still fires when the window begins.
        """
        return next((firing for firing in self.firings if _concerns(firing, self.window)), None)

    @property
    def already(self) -> Firing | None:
        """A firing that had begun long before the window and went on into it: nobody was told anything new."""
        start = self.window.start
        begun = (one for one in self.firings if one.start < start - EARLY and (one.end is None or one.end > start))
        return next(begun, None)

    @property
    def others(self) -> tuple[Firing, ...]:
        """The firings that have nothing to do with the window: the noise around it."""
        return tuple(firing for firing in self.firings if not _concerns(firing, self.window))


EARLY = timedelta(hours=1)
"""How long before an incident's start a firing is still a warning of it. The start is often an estimate."""


def _concerns(firing: Firing, window: Window) -> bool:
    if firing.start >= window.start:
        return firing.start <= window.end
    return firing.start >= window.start - EARLY and (firing.end is None or firing.end > window.start)


def told(replay: Replay, *, started: datetime | None, noticed: datetime | None) -> str:
    """What came out, in one sentence: `fires at 09:18, T+4 min, 31 min before the incident was noticed; …`.

    Args:
        replay: what came out.
        started: when the incident began, which is T; `None` for a window that somebody gave by hand.
        noticed: when it was noticed.
    """
    firing = replay.caught
    if firing is None:
        said = f"does not fire between {clock(replay.window.start)} and {clock(replay.window.end)}"
    else:
        said = f"fires at {clock(firing.start)}" + (f" ({firing.because})" if firing.because else "")
        said += f" on {firing.group}" if firing.group else ""
        if started is not None:
            said += f", T{'-' if firing.start < started else '+'}{length(abs(firing.start - started))}"
        if noticed is not None:
            said += f", {_apart(firing.start, noticed)} the incident was noticed"
    return said + _and_otherwise(replay, also="also " if firing is not None else "")


def _apart(fired: datetime, noticed: datetime) -> str:
    apart = abs(noticed - fired)
    if apart < timedelta(minutes=1):
        return "as"
    return f"{length(apart)} {'before' if fired < noticed else 'after'}"


def _and_otherwise(replay: Replay, also: str) -> str:
    if replay.around is None:
        return ""
    many = len(replay.others)
    times = {0: "not have fired otherwise", 1: f"{also}have fired once"}.get(many, f"{also}have fired {many} times")
    return f"; would {times} in the {length(replay.around.end - replay.around.start)} around it"


def clock(moment: datetime) -> str:
    """A time for people, in UTC: `2026-11-01 09:14`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def length(span: timedelta) -> str:
    """A length of time for people: `4 min`, `2 h`, `30 days`."""
    minutes = round(span.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes / 60:.3g} h" if minutes < 2 * 1440 else f"{minutes / 1440:.3g} days"
