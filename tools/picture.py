"""Draws the pictures of the documentation from the demo: what `loopcheck verify` prints, and its alert, replayed.

Usage: python tools/picture.py
"""

from __future__ import annotations

import re
import tempfile
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from loopcheck import engine, loading
from loopcheck.cli.demo import replayed
from loopcheck.demo import story
from loopcheck.reports import terminal
from loopcheck.reports.picture import svg

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WIDTH = 104
ALERTS = ("alert-as-first-written.svg", "alert-as-promised.svg")


def main() -> None:
    """Verify the demo and replay its alert, and draw what a terminal and `--svg` show."""
    with tempfile.TemporaryDirectory() as folder:
        story.write(Path(folder) / "shop", NOW)
        loaded = loading.load(Path(folder) / "shop", "HEAD")
        try:
            session = loading.session(loaded, NOW, environment={})
            report = engine.run(loaded.declared.items, loaded.registry, session)
        finally:
            loaded.repository.close()
        for name, one in zip(ALERTS, replayed(Path(folder) / "shop", NOW), strict=True):
            (ROOT / "docs" / name).write_text(svg(one.replay, f"{one.period}: {one.said}", one.noticed), "utf-8")
    shown = "$ loopcheck verify\n" + terminal.render(report, width=WIDTH)
    console = Console(record=True, width=WIDTH, file=StringIO())
    console.print(Text.from_ansi(shown))
    # Fonts from a content network would tell it who reads the page.
    without_fonts = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    picture = console.export_svg(title="loopcheck", code_format=without_fonts, unique_id="loopcheck").replace(
        "Fira Code, ", ""
    )
    (ROOT / "docs" / "verify.svg").write_text(picture, "utf-8")


if __name__ == "__main__":
    main()
