"""The picture of a replay: what was compared, the line that it had to cross, when it fires, when the incident was.

`svg` draws it for a page or a report, in light and dark; `lines` draws it in a few lines for a terminal. Both know
nothing but `loopcheck.replay.Replay`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape

from loopcheck.replay import Curve, Replay, Threshold, clock
from loopcheck.reports.clean import one_line
from loopcheck.reports.text import Line

_WIDTH, _HEIGHT = 860, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 44, 34
_TICKS = (60, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600)
_CURVES = 5

STYLE = """\
.bg{fill:#fff}.text{fill:#24292f;font:12px system-ui,sans-serif}.dim{fill:#57606a}
.grid{stroke:#d0d7de;stroke-width:1}.curve{fill:none;stroke:#0969da;stroke-width:1.5;stroke-linejoin:round}
.c1{stroke:#8250df}.c2{stroke:#1a7f37}.c3{stroke:#bc4c00}.c4{stroke:#57606a}
.line{stroke:#cf222e;stroke-width:1.5;stroke-dasharray:6 4}.warning{stroke:#9a6700}.recovery{stroke:#1a7f37}
.noticed{stroke:#57606a;stroke-width:1.5}
.incident{fill:#d4a72c;fill-opacity:.16}.firing{fill:#cf222e;fill-opacity:.22}
@media (prefers-color-scheme:dark){.bg{fill:#0d1117}.text{fill:#e6edf3}.dim{fill:#8b949e}.grid{stroke:#30363d}
.curve{stroke:#58a6ff}.c1{stroke:#bc8cff}.c2{stroke:#3fb950}.c3{stroke:#f0883e}.c4{stroke:#8b949e}
.noticed{stroke:#8b949e}.line{stroke:#ff7b72}.warning{stroke:#d29922}.recovery{stroke:#3fb950}.firing{fill:#ff7b72}}"""


class _Scale:
    """From times and values to places in a picture.

    Args:
        replay: what is drawn.
        width, height: of the part in which it is drawn.
    """

    def __init__(self, replay: Replay, width: float, height: float) -> None:
        curves = replay.curves[:_CURVES]
        self.begin, self.end = _extent(replay)
        values = [value for curve in curves for value in curve.values if value is not None]
        values += [line.value for line in _lines_of(replay)]
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        spare = (high - low) * 0.08 or max(abs(high), 1.0) * 0.08
        self.low, self.high = (low if low == 0 else low - spare), high + spare
        self._width, self._height = width, height

    def x(self, at: float) -> float:
        """How far to the right a time is; what lies outside is at the edge."""
        share = (at - self.begin) / (self.end - self.begin)
        return self._width * min(1.0, max(0.0, share))

    def y(self, value: float) -> float:
        """How far down a value is."""
        return self._height * (1 - (value - self.low) / (self.high - self.low))


def svg(
    replay: Replay, title: str, noticed: datetime | None = None, *, of: str = "incident", styled: bool = True
) -> str:
    """A picture of 860 by 280 pixels.

    Args:
        replay: what came out.
        title: one line above it.
        noticed: when people noticed the incident; a line, where it is known.
        of: what the time is that was asked about, in one word.
        styled: whether it brings `STYLE` with it, or stands in a page that has it.
    """
    style = f"<style>{STYLE}</style>" if styled else ""
    inner, depth = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    scale = _Scale(replay, inner, depth)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{_text(title)}</title>{style}",
        f'<rect class="bg" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>',
        f'<text class="text" x="{_LEFT}" y="20">{_text(title)}</text>',
        f'<text class="text dim" x="{_LEFT}" y="36">{_text(replay.rule, 120)}</text>',
        f'<g transform="translate({_LEFT} {_TOP})">',
        _band(scale, "incident", replay.window.start.timestamp(), replay.window.end.timestamp(), depth, of),
        *_axes(scale, inner, depth),
        *(
            _band(scale, "firing", one.start.timestamp(), one.end.timestamp() if one.end else scale.end, depth, "fires")
            for one in replay.firings
            if one.start.timestamp() <= scale.end and (one.end is None or one.end.timestamp() >= scale.begin)
        ),
        *(_curve(scale, curve, number) for number, curve in enumerate(replay.curves[:_CURVES])),
        *(_threshold(scale, line, inner) for line in _lines_of(replay)),
    ]
    if noticed is not None and scale.begin <= noticed.timestamp() <= scale.end:
        at = scale.x(noticed.timestamp())
        parts.append(f'<path class="noticed" d="M{at:.1f} 0V{depth}"/>')
        parts.append(f'<text class="text dim" x="{at + 4:.1f}" y="10">noticed</text>')
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _text(text: str, limit: int = 160) -> str:
    return escape(one_line(text, limit))


def _band(scale: _Scale, name: str, begin: float, end: float, depth: float, title: str) -> str:
    left, right = scale.x(begin), scale.x(end)
    place = f'x="{left:.1f}" width="{max(right - left, 1):.1f}" height="{depth}"'
    return f'<rect class="{name}" {place}><title>{_text(title)}</title></rect>'


def _curve(scale: _Scale, curve: Curve, number: int) -> str:
    """A line that is broken where there was nothing."""
    path, pen = [], "M"
    for at, value in zip(curve.times, curve.values, strict=True):
        if value is None or not math.isfinite(value):
            pen = "M"
            continue
        path.append(f"{pen}{scale.x(at):.1f} {scale.y(value):.1f}")
        pen = "L"
    return f'<path class="curve c{number}" d="{"".join(path)}"><title>{_text(curve.group)}</title></path>'


def _threshold(scale: _Scale, line: Threshold, inner: float) -> str:
    at = scale.y(line.value)
    name = line.name if line.name in ("warning", "recovery") else ""
    label = f"{line.name} {line.comparator if line.name != 'recovery' else ''} {line.value:g}"
    beside = at + (14 if line.name == "recovery" else -4)
    return (
        f'<path class="line {name}" d="M0 {at:.1f}H{inner}"/>'
        f'<text class="text dim" text-anchor="end" x="{inner - 4}" y="{beside:.1f}">{_text(label)}</text>'
    )


def _axes(scale: _Scale, inner: float, depth: float) -> Iterator[str]:
    yield f'<path class="grid" d="M0 {depth}H{inner}"/>'
    for value in _round_values(scale.low, scale.high):
        at = scale.y(value)
        yield f'<path class="grid" stroke-opacity=".5" d="M0 {at:.1f}H{inner}"/>'
        yield f'<text class="text dim" text-anchor="end" x="-8" y="{at + 4:.1f}">{value:g}</text>'
    step = next((one for one in _TICKS if (scale.end - scale.begin) / one <= 8), _TICKS[-1])
    style = "%H:%M" if step < 86_400 else "%m-%d"
    at = math.ceil(scale.begin / step) * step
    while at <= scale.end:
        label = datetime.fromtimestamp(at, UTC).strftime(style)
        yield f'<text class="text dim" text-anchor="middle" x="{scale.x(at):.1f}" y="{depth + 18}">{label}</text>'
        at += step


def _round_values(low: float, high: float) -> Iterator[float]:
    """About four round numbers between the two."""
    rough = (high - low) / 4
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= rough)
    value = math.ceil(low / step) * step
    while value <= high:
        yield float(f"{value:.12g}") + 0.0
        value += step


def _extent(replay: Replay) -> tuple[float, float]:
    """The time that is drawn: the window, with a little before it, and all that is known of its curves."""
    begin, end = replay.window.start.timestamp(), replay.window.end.timestamp()
    times = [at for curve in replay.curves for at in (curve.times[:1] + curve.times[-1:])]
    begin, end = min([begin, *times]), max([end, *times])
    spare = max((end - begin) * 0.03, 60.0)
    return begin - spare, end + spare


def _lines_of(replay: Replay) -> Sequence[Threshold]:
    return [line for line in replay.thresholds if math.isfinite(line.value)]


_ROWS = 6
_BLOCKS = " ▁▂▃▄▅▆▇█"
IN_ASCII = str.maketrans("▁▂▃▄▅▆▇█╌─━▲", "..::||##-.=^")
"""For a terminal that has none of the signs of `lines`."""


def lines(replay: Replay, width: int = 72, noticed: datetime | None = None, *, of: str = "incident") -> Iterator[Line]:
    """A picture of a few lines, each with its styles: the farthest curve, the threshold, and when it fires.

    Args:
        replay: what came out.
        width: in characters, with the numbers at the left.
        noticed: when people noticed the incident; a mark, where it is known.
        of: what the time is that was asked about, in one word.
    """
    columns = max(20, width - 12)
    scale = _Scale(replay, columns, _ROWS)
    critical = next((line for line in _lines_of(replay) if line.name == "critical"), None)
    for number, row in enumerate(_drawn(replay, scale, columns)):
        crossed = critical is not None and number == min(_ROWS - 1, int(scale.y(critical.value)))
        label = f"{critical.comparator} {critical.value:g}" if critical is not None and crossed else ""
        text = row.replace(" ", "╌") if crossed else row
        yield [(f"{one_line(label, 10):>10}  ", "dim"), (text, "failed" if crossed else "")]
    yield [(f"{one_line(of, 10):>10}  ", "dim"), (_marks(scale, columns, _window(replay)), "note")]
    firings = [
        (one.start.timestamp(), one.end.timestamp() if one.end is not None else scale.end) for one in replay.firings
    ]
    yield [(f"{'fires':>10}  ", "dim"), (_marks(scale, columns, firings), "failed")]
    if noticed is not None and scale.begin <= noticed.timestamp() <= scale.end:
        at = min(columns - 1, int(scale.x(noticed.timestamp())))
        yield [(f"{'noticed':>10}  {'':{at}}▲", "dim")]
    begin = clock(datetime.fromtimestamp(scale.begin, UTC))
    end = clock(datetime.fromtimestamp(scale.end, UTC))
    yield [(f"{'':12}{begin}{end:>{max(len(end) + 1, columns - len(begin))}}", "dim")]


def _drawn(replay: Replay, scale: _Scale, columns: int) -> list[str]:
    """The first curve as blocks, row by row from the top."""
    curve = replay.curves[0] if replay.curves else Curve((), ())
    values = curve.columns(scale.begin, scale.end, columns, replay.step)
    heights = [None if value is None else _ROWS - scale.y(value) for value in values]
    return [
        "".join(
            " " if height is None else _BLOCKS[round(8 * min(1.0, max(0.0, height - (_ROWS - 1 - row))))]
            for height in heights
        )
        for row in range(_ROWS)
    ]


def _window(replay: Replay) -> list[tuple[float, float]]:
    return [(replay.window.start.timestamp(), replay.window.end.timestamp())]


def _marks(scale: _Scale, columns: int, spans: Sequence[tuple[float, float]]) -> str:
    """A line that is thick where one of the spans is."""
    out = ["─"] * columns
    for begin, end in spans:
        if begin > scale.end or end < scale.begin:
            continue
        first = min(columns - 1, int(scale.x(begin)))
        last = max(first + 1, math.ceil(scale.x(end)))
        out[first:last] = "━" * (last - first)
    return "".join(out)
