"""A replay in a few columns: what a claim that rests on one takes with it into the report."""

from __future__ import annotations

import math

from loopcheck.model import Sketch
from loopcheck.replay import Replay

_COLUMNS = 60


def sketched(replay: Replay) -> Sketch | None:
    """The curve that came nearest to firing, in the window, with where anything fires; `None` where none is known."""
    begin, end = replay.window.start.timestamp(), replay.window.end.timestamp()
    length = max(end - begin, 1.0)
    critical = replay.critical
    downwards = critical is not None and critical.comparator.startswith("<")
    drawn = (one.columns(begin, begin + length, _COLUMNS, replay.step, downwards=downwards) for one in replay.curves)
    found = next((columns for columns in drawn if any(value is not None for value in columns)), None)
    if found is None:
        return None
    width = length / _COLUMNS
    values = tuple(None if value is None else float(f"{value:.6g}") for value in found)
    spans = [(one.start.timestamp(), one.end.timestamp() if one.end else math.inf) for one in replay.firings]
    fires = tuple(
        any(first < begin + (column + 1) * width and last > begin + column * width for first, last in spans)
        for column in range(_COLUMNS)
    )
    return Sketch(
        replay.window.start,
        replay.window.end,
        values,
        fires,
        critical.value if critical is not None and math.isfinite(critical.value) else None,
        critical.comparator if critical is not None else "",
    )
