"""Regular expressions from authors: RE2, which takes linear time on every pattern and text."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False  # RE2 prints a bad pattern raw to stderr, where the runner would obey `::commands::`
_OPTIONS.max_mem = 8 << 20


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re2._Regexp[str]:
    """A compiled pattern, in RE2's syntax.

    Raises:
        ValueError: it is not a pattern, or needs more memory than loopcheck gives it.
    """
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        detail = error.args[0] if error.args else "not a pattern"
        text = detail.decode(errors="replace") if isinstance(detail, bytes) else str(detail)
        raise ValueError(f"`{pattern[:60]}` is not a pattern of RE2: {text[:100]}") from None


class Pattern:
    """A regular expression in RE2's syntax, as an author writes it. `source` is the text."""

    __slots__ = ("source",)

    def __init__(self, source: str) -> None:
        self.source = source

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Read a pattern.

        Raises:
            ValueError: RE2 refuses it.
        """
        compiled(text)
        return cls(text)

    def search(self, text: str) -> Any:
        """The first match in `text`, or `None`."""
        return compiled(self.source).search(text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and self.source == other.source

    def __hash__(self) -> int:
        return hash(self.source)

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return f"Pattern({self.source!r})"

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema of the text form."""
        return {"type": "string", "description": "A regular expression in RE2's syntax"}
