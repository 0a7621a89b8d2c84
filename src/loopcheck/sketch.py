"""A replay in a few columns: what a claim that rests on one takes with it into the report."""

from __future__ import annotations

import math

from loopcheck.model import Sketch
from loopcheck.replay import Curve, Replay

_COLUMNS = 60


def sketched(replay: Replay) -> Sketch | None:
    """The curve that came nearest to firing, in the window, with where anything fires; `None` where none is known."""
    begin, end = replay.window.start.timestamp(), replay.window.end.timestamp()
    curve = next((one for one in replay.curves if _is_inside(one, begin, end)), None)
    if curve is None:
        return None
    critical = next((one for one in replay.thresholds if one.name == "critical"), None)
    downwards = critical is not None and critical.comparator.startswith("<")
    width = max(end - begin, 1.0) / _COLUMNS
    found = curve.columns(begin, begin + width * _COLUMNS, _COLUMNS, replay.step, downwards=downwards)
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


def _is_inside(curve: Curve, begin: float, end: float) -> bool:
    """Whether the curve has a value in the window."""
    return any(
        begin <= at <= end and value is not None and math.isfinite(value)
        for at, value in zip(curve.times, curve.values, strict=True)
    )
