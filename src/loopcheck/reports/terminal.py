"""The report for a person at a terminal: the lines of `text`, with colours, symbols and wrapping, by `rich`.

Imported only where a terminal, or somebody who wants colours, is at the other end: rich costs more time than
most runs take.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from loopcheck.model import Report
from loopcheck.reports.text import INDENT, Line, lines

_STYLES = {
    "verified": "green",
    "holds": "green",
    "failed": "bold red",
    "fails": "red",
    "inconclusive": "yellow",
    "unknown": "yellow",
    "title": "bold",
    "dim": "dim",
    "error": "bold red",
    "note": "yellow",
}
_SYMBOLS = {"verified": "✔", "holds": "✔", "failed": "✘", "fails": "✘", "inconclusive": "?", "unknown": "?"}


def render(report: Report, *, verbose: bool = False, color: bool = True, width: int | None = None) -> str:
    """The report with styles.

    Args:
        report: what to write.
        verbose: see `text.render`.
        color: whether there are colours, or only symbols and wrapping.
        width: the terminal's width in characters; `None` where lines are not to be wrapped.
    """
    return styled(lines(report, verbose=verbose), color=color, width=width)


def styled(all_lines: Iterable[Line], *, color: bool, width: int | None) -> str:
    """Lines of styled spans, as a terminal shows them."""
    out = StringIO()
    console = Console(
        file=out,
        force_terminal=True,
        color_system="standard" if color else None,
        no_color=not color,
        width=width or 10_000,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for line in all_lines:
        text = _text(line)
        if width is None or text.cell_len <= width:
            console.print(text, soft_wrap=True)
            continue
        # The first line is as long as the terminal, what is left stands below the text.
        indent = min(INDENT, max(0, width // 3))
        first, *rest = text.wrap(console, width)
        console.print(first, soft_wrap=True)
        if rest:
            remaining = Text(" ").join(_stripped(part) for part in rest)
            console.print(Padding(remaining, (0, 0, 0, indent)))
    return out.getvalue()


def _stripped(part: Text) -> Text:
    part.rstrip()
    return part


def _text(line: Line) -> Text:
    text = Text(overflow="fold")
    for words, style in line:
        symbol = _SYMBOLS.get(style)
        if symbol is not None and words.strip().lower() == style:
            text.append(f"{symbol} {words.rstrip() + ' ':<{len(words) - 2}}", _STYLES[style])
        else:
            text.append(words, _STYLES.get(style, ""))
    text.rstrip()
    return text
