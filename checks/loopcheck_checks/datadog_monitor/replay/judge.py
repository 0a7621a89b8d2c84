"""What follows from a replay. Pure."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from loopcheck.checker import Claim, Evidence, Unseen
from loopcheck.replay import Replay, clock, elapsed, says_besides, says_silence, says_when
from loopcheck.sketch import sketched
from loopcheck_checks.datadog_monitor.manifest import (
    ALREADY_FIRING,
    BEARABLE_NOISE,
    BEYOND_RETENTION,
    FIRES_IN_TIME,
    FIRES_TOO_LATE,
    HISTORY_DIFFERS,
    TOO_NOISY,
    WOULD_HAVE_FIRED,
    WOULD_NOT_FIRE,
    DatadogMonitorExpectation,
    Replayed,
)

_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def judge_replay(expect: DatadogMonitorExpectation, seen: Replayed | Unseen) -> Iterator[Claim]:
    """The claims on `proven`. The first shows what was replayed."""
    if isinstance(seen, Unseen):
        yield WOULD_HAVE_FIRED.unknown(seen)
        return
    replay = seen.replay
    here = Evidence(seen.source, _evidence(seen), replay.window.end)
    yield msgspec.structs.replace(_fires(replay, _said(replay, seen.noticed), here), sketch=sketched(replay))
    if replay.history is None or not replay.history.differs:
        yield from _in_time(expect, replay, here)
        yield from _noise(expect, replay, here)


def _fires(replay: Replay, said: str, here: Evidence) -> Claim:
    if replay.history is not None and replay.history.differs:
        return WOULD_HAVE_FIRED.unknown(HISTORY_DIFFERS, said, here)
    if replay.caught is not None:
        return WOULD_HAVE_FIRED.holds(said, here)
    if replay.already is not None:
        since = clock(replay.already.start)
        return WOULD_HAVE_FIRED.fails(ALREADY_FIRING, f"it had been firing since {since}, and told nothing new", here)
    return WOULD_HAVE_FIRED.fails(WOULD_NOT_FIRE, f"{said}{near_miss(replay)}", here)


def _said(replay: Replay, noticed: datetime | None) -> str:
    """What came out, in one sentence."""
    firing = replay.caught
    if firing is None:
        said = says_silence(replay.window)
    else:
        on = f", on {firing.group}" if firing.group else ""
        because = f" ({firing.because})" if firing.because else ""
        said = says_when(firing.start, replay.window, noticed) + because + on
    return said + says_besides(replay)


def _in_time(expect: DatadogMonitorExpectation, replay: Replay, here: Evidence) -> Iterator[Claim]:
    firing = replay.caught
    if expect.fires_within is None or firing is None:
        return
    after = firing.start - replay.window.start
    said = f"it fires {elapsed(after)} {'after' if after.total_seconds() >= 0 else 'before'} the beginning"
    if after <= expect.fires_within.delta:
        yield FIRES_IN_TIME.holds(said, here)
    else:
        yield FIRES_IN_TIME.fails(FIRES_TOO_LATE, f"{said}, not within {expect.fires_within}{near_miss(replay)}", here)


def _noise(expect: DatadogMonitorExpectation, replay: Replay, here: Evidence) -> Iterator[Claim]:
    if expect.at_most is None:
        return
    others = replay.others
    when = ", ".join(clock(firing.start) for firing in others[:3]) + (" …" if len(others) > 3 else "")
    said = f"it also fires {len(others)} times, of {expect.at_most}" + (f": {when}" if others else "")
    known = replay.around.end - replay.around.start if replay.around is not None else timedelta()
    if len(others) > expect.at_most.times:
        yield BEARABLE_NOISE.fails(TOO_NOISY, said, here)
    elif known < expect.at_most.span:
        yield BEARABLE_NOISE.unknown(BEYOND_RETENTION, f"{said}, in the {elapsed(known)} that Datadog has", here)
    else:
        yield BEARABLE_NOISE.holds(said, here)


def near_miss(replay: Replay) -> str:
    """By how much it missed: `; at > 25 it would have fired at 2026-11-01 09:20`. Empty where that cannot be told."""
    critical = replay.critical
    if critical is None or critical.comparator not in _COMPARED:
        return ""
    upwards = critical.comparator.startswith(">")
    values = [value for curve in replay.curves for value in curve.values if value is not None]
    if not values:
        return ""
    most = max(values) if upwards else min(values)
    bound = _rounded(most, upwards=upwards)
    beyond = _COMPARED[critical.comparator]
    if not beyond(most, bound) or (bound >= critical.value if upwards else bound <= critical.value):
        return f"; the {'most' if upwards else 'least'} that it compared was {most:g}"
    first = min(
        time
        for curve in replay.curves
        for time, value in zip(curve.times, curve.values, strict=True)
        if value is not None and beyond(value, bound)
    )
    moment = clock(datetime.fromtimestamp(first, UTC))
    return f"; at `{critical.comparator} {bound:g}` it would have fired at {moment}"


def _rounded(most: float, *, upwards: bool) -> float:
    """A round number just short of `most`, by two digits."""
    if most == 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(abs(most))) - 1)
    bound = (math.ceil(most / unit) - 1) * unit if upwards else (math.floor(most / unit) + 1) * unit
    return float(f"{bound:.12g}")


def _evidence(seen: Replayed) -> str:
    replay = seen.replay
    stretch = f"{clock(replay.window.start)} to {clock(replay.window.end)} UTC"
    notes = "".join(f"; {note}" for note in replay.notes)
    return f"{replay.rule[:200]}: replayed {stretch}, {seen.evaluations} evaluations with data{notes}"
