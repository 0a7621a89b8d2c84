"""A replay in three lines of a report: what was compared, when it fires, and what the two are measured by."""

from __future__ import annotations

from collections.abc import Iterator

from loopcheck.model import Sketch
from loopcheck.reports.clean import one_line

_BLOCKS = "▁▂▃▄▅▆▇█"


def lines(sketch: Sketch) -> Iterator[tuple[str, str]]:
    """Each line with the name of its style."""
    known = [value for value in sketch.values if value is not None]
    if not known:
        return
    scale = [*known, *([sketch.bound] if sketch.bound is not None else [])]
    low, high = min(scale), max(scale)
    step = (high - low) / len(_BLOCKS) or 1.0
    bars = (
        " " if value is None else _BLOCKS[min(int((value - low) / step), len(_BLOCKS) - 1)] for value in sketch.values
    )
    yield "".join(bars), ""
    yield "".join("━" if fires else "─" for fires in sketch.fires) + "  fires", "fails" if any(sketch.fires) else "dim"
    day = "" if sketch.start.date() == sketch.end.date() else f"{sketch.end:%Y-%m-%d} "
    bound = "" if sketch.bound is None else f"; fires at {one_line(sketch.sign, 2)} {sketch.bound:g}"
    span = f"{sketch.start:%Y-%m-%d %H:%M} to {day}{sketch.end:%H:%M}"
    yield f"{span}, {min(known):g} to {max(known):g}{bound}", "dim"
