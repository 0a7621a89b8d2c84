"""Looking for patterns in texts, and adding up what was found."""

from __future__ import annotations

from enum import Enum

from loopcheck_checks.repo_text.comments import Text
from loopcheck_checks.repo_text.manifest import Hits, Sought, expression

_SHOWN = 5
_TRIES = 50  # matches that are tried before a file counts as doubtful


class Found(Enum):
    """How a pattern was found in a file."""

    FOUND = "found"
    DOUBTFUL = "doubtful"
    IN_COMMENTS = "in comments"
    MISSING = "missing"


def find(source: str, text: Text, *, comments: bool) -> tuple[Found, int | None]:
    """How `source` is found in `text`, and on which line first.

    Args:
        source: the pattern.
        text: where to look.
        comments: whether comments count like any text.
    """
    pattern = expression(source)
    first = pattern.search(text.whole)
    if comments:
        return (Found.FOUND, text.line_at(first.start())) if first else (Found.MISSING, None)
    # What is found in `code` may begin in a comment at the end of a line, or in a block: then look for a better one.
    doubtful: int | None = None
    found = first if text.code is text.whole else pattern.search(text.code)
    for _ in range(_TRIES):
        if not found:
            break
        if not text.perhaps_comment(found.start()):
            return Found.FOUND, text.line_at(found.start())
        doubtful = found.start() if doubtful is None else doubtful
        following = text.code.find("\n", found.start()) + 1
        found = pattern.search(text.code, following) if following else None
    else:
        doubtful = 0 if doubtful is None else doubtful
    if doubtful is not None:
        return Found.DOUBTFUL, text.line_at(doubtful)
    if first:
        return Found.IN_COMMENTS, text.line_at(first.start())
    return Found.MISSING, None


class Tally:
    """What was found of one pattern in all files."""

    def __init__(self, key: str, source: str, *, comments: bool | None) -> None:
        self._key = key
        self._source = source
        unwanted = key == "must-not-match"
        self._comments = unwanted if comments is None else comments
        self._forgiving = unwanted and comments is False
        self._counts = dict.fromkeys(Found, 0)
        self._places: dict[Found, list[str]] = {how: [] for how in Found}

    def add(self, path: str, text: Text) -> None:
        """Look into one more file."""
        how, line = find(self._source, text, comments=self._comments)
        if self._forgiving and how is Found.IN_COMMENTS:
            how = Found.MISSING
        self._counts[how] += 1
        if len(self._places[how]) < _SHOWN:
            self._places[how].append(path if line is None else f"{path}:{line}")

    @property
    def sought(self) -> Sought:
        """The sum."""
        return Sought(self._key, self._source, *(Hits(self._counts[how], tuple(self._places[how])) for how in Found))
