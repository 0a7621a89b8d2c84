"""Text from outside, made fit for one line of output. Everything that is printed goes through here.

Titles, paths and messages come from strangers. A terminal obeys escape sequences; a reader is misled by text
that runs backwards or is not shown; and GitHub's runner obeys commands in what is printed, on stdout and stderr
alike: `::command::` at the beginning of a line, after any white space, and the older `##[command]` anywhere in it.
The runner compares as people would, not byte by byte, so that a character without width between the signs hides
nothing from it. Such characters are therefore replaced, never inserted, as a defence.
"""

from __future__ import annotations

import re
import unicodedata

LIMIT = 500
"""Characters of one piece of text, unless its place gives it fewer."""

_REPLACED = "\ufffd"
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
# Not in those categories, and not shown: joiners, Hangul fillers, selectors, what is no character at all.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\U000e0000-\U000e0fff\ufdd0-\ufdef]")
_SELECTORS = frozenset(map(chr, range(0xFE00, 0xFE10)))
"""They say whether the sign before is shown in colour, are in many an honest title, and can be done without."""
_BREAKS = frozenset("\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\u2028\u2029\x85")
_COMMAND = re.compile(r"(?:^|(?<=\s)):{2,}")


def one_line(text: str, limit: int = LIMIT) -> str:
    """`text` on one line, with nothing in it that is not shown or that a runner obeys, cut at `limit` characters."""
    if len(text) > 4 * limit:
        text = text[: 4 * limit]  # white space may be squeezed out, but a megabyte is not worth the walk
    if not text.isascii() or not text.isprintable():
        text = "".join(map(_shown, text))
    text = " ".join(text.split())
    if "#[" in text:
        text = text.replace("#[", "# [")
    if "::" in text:
        text = _COMMAND.sub(lambda found: " ".join(found[0]), text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _shown(letter: str) -> str:
    if letter in _BREAKS:
        return " "
    if letter in _SELECTORS:
        return ""
    if unicodedata.category(letter) in _HIDDEN or _INVISIBLE.match(letter) or ord(letter) & 0xFFFE == 0xFFFE:
        return _REPLACED
    return letter


_REFERENCE = re.compile(r"@|#(?=[0-9])|\b[Gg][Hh]-(?=[0-9])|<!(?=--)")


def unlinked(text: str) -> str:
    """`text` with a character without width after each sign that makes GitHub notify or link somebody.

    For text that stands in code already. There nothing is linked; but in the e-mail that GitHub makes of a
    comment the code is plain text, and a reply to it would mention everybody again.
    """
    return _REFERENCE.sub(lambda found: found[0] + "\u200b", text)


def encodable(text: str) -> str:
    """`text` with each lone surrogate, which no encoding of Unicode allows, replaced."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
