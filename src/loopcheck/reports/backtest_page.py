"""What backtests came to, as one page of HTML: tables, answers and pictures, in light and dark.

The page needs nothing else and may load nothing: its policy lets in one style, by its digest. All text in it comes
from strangers, and gets there through `_element` or as a picture, which escape it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from html import escape

from loopcheck.replay import Backtest, says_difference
from loopcheck.reports.backtest import Pair, by_rule, rows_of, style
from loopcheck.reports.clean import one_line
from loopcheck.reports.picture import STYLE, svg

_STYLE = (
    """\
:root{color-scheme:light dark}
body{background:#f6f8fa;color:#24292f;font:15px/1.5 system-ui,sans-serif}
body{max-width:920px;margin:2rem auto;padding:0 1rem}
figure{margin:1rem 0}h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}svg{display:block;width:100%;height:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #d0d7de}
th{font-weight:600}.over{color:#57606a;font-weight:400}.holds{color:#1a7f37}.fails{color:#cf222e}.unknown{color:#9a6700}
.note{color:#57606a;font-size:.85rem;margin:.2rem 0}
@media (prefers-color-scheme:dark){body{background:#010409;color:#e6edf3}th,td{border-color:#30363d}
.over,.note{color:#8b949e}.holds{color:#3fb950}.fails{color:#ff7b72}.unknown{color:#d29922}}
"""
    + STYLE
)


def render(backtests: Sequence[Backtest], pairs: Sequence[Pair] = ()) -> str:
    """The page.

    Args:
        backtests: what is on it, in this order.
        pairs: which two are compared.
    """
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = "Would it have fired then?"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{title}</h1>",
        *(_element("p", f"{one.period}: {says_difference(one, other)}") for one, other in pairs),
    ]
    for rule, found in by_rule(backtests):
        parts.append(_element("h2", rule))
        parts += _table(found)
        for one in found:
            parts += _pictured(one)
    return "\n".join([*parts, "</main></body></html>", ""])


def _element(tag: str, text: str, name: str = "", span: int = 1) -> str:
    """An element with text in it; the only way in which text that is not ours gets onto the page."""
    attributes = (f' class="{name}"' if name else "") + (f' colspan="{span}"' if span > 1 else "")
    return f"<{tag}{attributes}>{escape(one_line(text))}</{tag}>"


def _table(found: Sequence[Backtest]) -> Iterator[str]:
    headings, *rows = rows_of(found)
    yield "<table><thead><tr>" + "".join(_element("th", heading) for heading in headings) + "</tr></thead><tbody>"
    for one, row in zip(found, rows, strict=True):
        last = len(headings) - len(row) + 1 if len(row) == 2 else 1  # why it could not be replayed has room
        inside = [_element("td", row[0]), _element("td", row[1], style(one), last)]
        yield "<tr>" + "".join([*inside, *(_element("td", cell) for cell in row[2:])]) + "</tr>"
    yield "</tbody></table>"


def _pictured(one: Backtest) -> Iterator[str]:
    if one.replay is None:
        yield _element("p", f"{one.period}: {one.said}", "unknown")
        return
    drawn = svg(one.replay, f"{one.period}: {one.said}", one.noticed, of=one.of, styled=False)
    yield f"<figure>{drawn}</figure>"
    for note in one.replay.notes:
        yield _element("p", note, "note")
