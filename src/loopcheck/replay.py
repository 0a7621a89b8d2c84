"""Would it have fired then? The answer of a replay, as data, whatever system the rule belongs to.

A kind of artifact that is a rule over time series replays it over a window of the past: the samples that were stored
then, the rule as it is now. What comes out is the same for each: when it would have fired, and what the series did.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
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

    def columns(
        self, begin: float, end: float, count: int, step: float, *, downwards: bool = False
    ) -> list[float | None]:
        """The curve in `count` columns from `begin` to `end`, for a picture: in each the farthest of its values.

        What an evaluation found stands until the next, `step` seconds later, also where that is some columns off.
        """
        width = (end - begin) / count
        found: list[float | None] = [None] * count
        points = [
            (at, value)
            for at, value in zip(self.times, self.values, strict=True)
            if begin <= at <= end and value is not None and math.isfinite(value)
        ]
        for at, value in points:
            column = min(int((at - begin) / width), count - 1)
            before = found[column]
            if before is None or (value < before if downwards else value > before):
                found[column] = value
        own = [value is not None for value in found]
        for at, value in points:
            first, last = (int((moment - begin) / width) for moment in (at, at + step))
            for column in range(first + 1, min(last, count)):
                if not own[column]:
                    found[column] = value
        return found


class Alarm(msgspec.Struct, frozen=True):
    """The beginning of an alert."""

    at: datetime
    group: str = ""
    """See `Firing.group`."""
    because: str = ""
    """See `Firing.because`."""


class History(msgspec.Struct, frozen=True):
    """What a rule really did, as the system that it belongs to remembers it, beside what its replay says."""

    stretch: Window | None = None
    """The time that was compared; `None` where none could be."""
    why_not: str = ""
    """Why none could be, in a few words."""
    matched: int = 0
    """Alerts that are in both."""
    apart: float = 0.0
    """How far the beginnings of those are apart at most, in seconds."""
    only_real: tuple[Alarm, ...] = ()
    only_replayed: tuple[Alarm, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether the replay says something else than what happened."""
        return bool(self.only_real or self.only_replayed)

    @property
    def counted(self) -> str:
        """How many alerts agree: `3 of 3`."""
        return f"{self.matched} of {self.matched + len(self.only_real) + len(self.only_replayed)}"

    @property
    def said(self) -> str:
        """The comparison in one sentence."""
        if self.stretch is None:
            return f"not compared with its own history: {self.why_not}"
        since = f"its own history since {clock(self.stretch.start)}"
        if self.differs:
            named = ((self.only_real, "only in the history"), (self.only_replayed, "only in the replay"))
            apart = "; ".join(f"{where}: {_listed(alarms)}" for alarms, where in named if alarms)
            return f"differs from {since}: {self.counted} alerts agree; {apart}"
        if not self.matched:
            return f"agrees with {since}: no alert in either"
        near = "to the minute" if self.apart < 60 else f"at most {elapsed(timedelta(seconds=self.apart))} apart"
        return f"agrees with {since}: {self.counted} alert{'' if self.matched == 1 else 's'}, {near}"


def _listed(alarms: tuple[Alarm, ...]) -> str:
    """The first few of them, for people."""
    shown = (
        clock(one.at) + (f" ({one.because})" if one.because else "") + (f" on {one.group}" if one.group else "")
        for one in alarms[:3]
    )
    return ", ".join(shown) + (f" and {len(alarms) - 3} more" if len(alarms) > 3 else "")


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
    history: History | None = None
    """What the rule really did; `None` where nobody was asked."""

    @property
    def critical(self) -> Threshold | None:
        """The threshold at which it fires; `None` where there is none to draw."""
        return next((one for one in self.thresholds if one.name == "critical"), None)

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
        """When it fires without anything to do with the window, whatever it was that fired: the noise around it."""
        return episodes(firing for firing in self.firings if not _concerns(firing, self.window))


class Backtest(msgspec.Struct, frozen=True):
    """What came of one rule over one period."""

    rule: str
    """The rule, by the name that it was asked for."""
    period: str
    """The incident, by its id, or the window."""
    replay: Replay | None = None
    trouble: str | None = None
    """Why it could not be replayed."""
    reason: str | None = None
    """The same in one word."""
    noticed: datetime | None = None
    """When people noticed the incident, as far as anyone wrote it down."""
    of: str = "incident"
    """What the period is, in one word: `incident`, or `window` where somebody gave it by hand."""

    @property
    def said(self) -> str:
        """The answer in one sentence."""
        if self.replay is None:
            return f"cannot be replayed [{self.reason}]: {self.trouble}"
        firing = self.replay.caught
        if firing is not None:
            on = f", on {firing.group}" if firing.group else ""
            because = f" ({firing.because})" if firing.because else ""
            said = says_when(firing.start, self.replay.window, self.noticed) + because + on
        elif self.replay.already is not None:
            said = f"had been firing since {clock(self.replay.already.start)}"
        else:
            said = says_silence(self.replay.window)
        return f"{said}{says_besides(self.replay)}"


def says_difference(one: Backtest, other: Backtest) -> str:
    """Which of two rules fires first in the same period: `` `101` fires 28 min before `102` ``."""
    if one.replay is None or other.replay is None:
        return "they cannot be compared"
    mine, theirs = one.replay.caught, other.replay.caught
    if mine is None or theirs is None:
        if mine is theirs:
            return "neither fires"
        return f"only `{(one if theirs is None else other).rule}` fires"
    if mine.start == theirs.start:
        return "both fire at the same time"
    earlier, later = (one, other) if mine.start < theirs.start else (other, one)
    return f"`{earlier.rule}` fires {elapsed(mine.start - theirs.start)} before `{later.rule}`"


EARLY = timedelta(hours=1)
"""How long before an incident's start a firing is still a warning of it. The start is often an estimate."""


def _concerns(firing: Firing, window: Window) -> bool:
    if firing.start >= window.start:
        return firing.start <= window.end
    return firing.start >= window.start - EARLY and (firing.end is None or firing.end > window.start)


def episodes(firings: Iterable[Firing]) -> tuple[Firing, ...]:
    """The times at which something fired, whatever it was: firings that overlap or touch are one."""
    out: list[Firing] = []
    for one in sorted(firings, key=lambda it: it.start):
        last = out[-1] if out else None
        if last is not None and (last.end is None or one.start <= last.end):
            end = None if last.end is None or one.end is None else max(last.end, one.end)
            out[-1] = Firing(last.start, end)
        else:
            out.append(Firing(one.start, one.end))
    return tuple(out)


def elapsed(span: timedelta) -> str:
    """A length of time for people, in two units at most: `31 min`, `1 h 20 min`, `2 d`."""
    seconds = round(abs(span).total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    large, small, unit, below = (
        (*divmod(minutes, 60), "h", "min") if minutes < 2880 else (*divmod(round(minutes / 60), 24), "d", "h")
    )
    return f"{large} {unit}" + (f" {small} {below}" if small else "")


def says_when(fired: datetime, window: Window, noticed: datetime | None) -> str:
    """When it fires: `fires at 09:14, T+4 min, 31 min before the incident was noticed`.

    Args:
        fired: when.
        window: that of the incident, which begins with it.
        noticed: when people noticed, as far as anyone wrote it down.
    """
    early = fired < window.start
    day = "" if fired.date() == window.start.date() else f"{fired:%Y-%m-%d} "
    at = f"fires at {day}{fired:%H:%M}, T{'-' if early else '+'}{elapsed(fired - window.start)}"
    if noticed is None:
        return at
    if fired == noticed:
        return f"{at}, just when the incident was noticed"
    return f"{at}, {elapsed(noticed - fired)} {'before' if fired < noticed else 'after'} the incident was noticed"


def says_silence(window: Window) -> str:
    """That it does not: `does not fire between 2026-11-10 09:14 and 2026-11-10 10:49`."""
    return f"does not fire between {clock(window.start)} and {clock(window.end)}"


def clock(moment: datetime) -> str:
    """A time for people, in UTC: `2026-11-01 09:14`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def says_besides(replay: Replay) -> str:
    """What is said behind the answer: how often it fires otherwise, and whether that is what happened."""
    said = "" if replay.around is None else f"; {says_how_often(len(replay.others), replay.around)}"
    history = replay.history
    return said if history is None or history.stretch is None else f"{said}; {history.said}"


def says_how_often(others: int, around: Window) -> str:
    """How often it fires without the incident: `would also have fired 2 times in the 30 days around it`."""
    times = "not have fired otherwise" if others == 0 else f"also have fired {others} time{'s' if others > 1 else ''}"
    return f"would {times} in the {elapsed(around.end - around.start).replace(' d', ' days')} around it"
