"""Draws docs/verify.svg, the picture of the README, from what `loopcheck verify` prints for the demo.

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
from loopcheck.demo import story
from loopcheck.reports import terminal

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WIDTH = 104


def main() -> None:
    """Verify the demo and draw what a terminal shows."""
    with tempfile.TemporaryDirectory() as folder:
        story.write(Path(folder) / "shop", NOW)
        loaded = loading.load(Path(folder) / "shop", "HEAD")
        try:
            report = engine.run(loaded.declared.items, loaded.registry, loading.session(loaded, NOW))
        finally:
            loaded.repository.close()
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
