"""GitHub's filter patterns for branches, tags and paths, and the order in which a list of them decides.

They are not the globs of a shell: `?` and `+` repeat the character before them, and `!` takes back what an
earlier pattern gave. Patterns come from files of strangers, so they are matched by RE2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from loopcheck.patterns import compiled

_MAX_LENGTH = 512
"""Characters of a pattern. Matching takes as many steps as pattern and text have letters, multiplied."""
_MAX_MATCHES = 3_000_000
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/")


def matches(patterns: Sequence[str], text: str) -> bool:
    """Whether the list lets `text` through: the last pattern that fits decides, and `!` takes back.

    Raises:
        ValueError: one of them is no pattern.
    """
    through = False
    for pattern in patterns:
        negative = pattern.startswith("!")
        if through is negative and _compiled(pattern[1:] if negative else pattern).fullmatch(text):
            through = not negative
    return through


def left_out(texts: Iterable[str], wanted: Sequence[str], ignored: Sequence[str]) -> list[str]:
    """Those of `texts` that a filter with both lists does not let through. An empty list is no filter.

    Raises:
        ValueError: one of them is no pattern, or there are more than can be matched in a reasonable time.
    """
    texts = list(texts)
    if len(texts) * (len(wanted) + len(ignored)) > _MAX_MATCHES:
        raise ValueError("there are too many patterns for so many files")
    return [text for text in texts if (wanted and not matches(wanted, text)) or (ignored and matches(ignored, text))]


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    """A pattern as RE2 reads it."""
    if len(pattern) > _MAX_LENGTH:
        raise ValueError(f"`{pattern[:40]}…` is longer than {_MAX_LENGTH} characters")
    atoms: list[list[str]] = []  # what, and how often
    place = 0
    while place < len(pattern):
        letter = pattern[place]
        place += 1
        if letter == "*":
            if pattern.startswith("*", place):
                while pattern.startswith("*", place):
                    place += 1
                whole_part = not atoms or atoms[-1] == ["/", ""]
                if whole_part and pattern.startswith("/", place):
                    place += 1
                    atoms.append(["(?:.*/)", "?"])  # `**/a` is also `a` itself
                else:
                    atoms.append([".", "*"])
            else:
                atoms.append(["[^/]", "*"])
        elif letter in "?+" and atoms:
            atoms[-1][1] = "*" if atoms[-1][1] not in ("", letter) else letter
        elif letter == "[" and (close := pattern.find("]", place)) > place:
            body = pattern[place:close].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
            atoms.append([f"[{body}]", ""])
            place = close + 1
        else:
            if letter == "\\" and place < len(pattern):
                letter = pattern[place]
                place += 1
            atoms.append([letter if letter in _PLAIN else f"\\x{{{ord(letter):x}}}", ""])
    return compiled("(?s)" + "".join(what + often for what, often in atoms))
