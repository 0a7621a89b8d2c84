"""Where a piece of text came from, so that a finding in it can name file, line and column."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from loopcheck.model import Location, Problem


class Origin(msgspec.Struct, frozen=True):
    """The place of a text in a file. A block inside a list item or a quote has lost a prefix on each line."""

    path: str
    first_line: int = 1
    """The line of the file on which the text begins, counted from 1."""
    indents: Sequence[int] = ()
    """For each line of the text, the number of characters that stood before it in the file. It is negative where
    a tab was cut in two, and its rest stands in the text as spaces."""

    def at(self, line: int, column: int) -> tuple[int, int]:
        """The file's line and column (from 1) of a place in the text (from 0)."""
        indent = self.indents[line] if line < len(self.indents) else 0
        return self.first_line + line, max(1, indent + column + 1)


class DocumentError(Exception):
    """A document cannot be read.

    In a declaration this is the author's error and becomes a `Problem`; in a file that a checker looks at it
    says nothing about the artifact, and the engine makes it INCONCLUSIVE (`unparseable`).
    """

    def __init__(self, message: str, location: Location, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.location}: {self.message}" + (f" ({self.hint})" if self.hint else "")

    @property
    def problem(self) -> Problem:
        """The same, as a line of the report."""
        place = self.location
        return Problem(place.path, place.line, place.column or 1, self.message, self.hint)
