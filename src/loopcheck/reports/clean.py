"""Text from outside, made fit for one line of output.

Titles, paths and messages come from strangers. A terminal obeys escape sequences; a reader is misled by text
that runs backwards; and GitHub's runner obeys `##[command]` anywhere in a line, on stdout and stderr alike.
"""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
_LIMIT = 500


def one_line(text: str, limit: int = _LIMIT) -> str:
    """`text` on one line, without anything that is not shown, cut at `limit` characters."""
    if not text.isascii() or not text.isprintable():
        text = "".join(_shown(letter) for letter in text)
    text = " ".join(text.split())
    if "##[" in text:
        text = text.replace("##[", "# #[")
    if text.startswith("::"):
        text = ": :" + text[2:]
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _shown(letter: str) -> str:
    if letter in "\t\n\r\x0b\x0c\u2028\u2029\x85":
        return " "
    return "\ufffd" if unicodedata.category(letter) in _HIDDEN else letter
