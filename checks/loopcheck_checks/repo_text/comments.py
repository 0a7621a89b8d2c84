"""Where comments are, as far as it can be told without reading a language.

A line that begins with its language's mark is a comment. What follows a mark later in a line, or stands between
the marks of a block, only may be one: the mark can be part of a text.
"""

from __future__ import annotations

import re
from bisect import bisect_right

import msgspec


class Syntax(msgspec.Struct, frozen=True):
    """How comments are written in a kind of file."""

    line: tuple[str, ...] = ()
    """What a comment line begins with."""
    block: tuple[str, str] | None = None
    known: bool = True
    """False where the kind of file is not known, so that every mark is only a guess."""


_HASH = Syntax(("#",))
_SLASHES = Syntax(("//",), ("/*", "*/"))
_DASHES = Syntax(("--",), ("/*", "*/"))
_INI = Syntax(("#", ";"))
_MARKUP = Syntax((), ("<!--", "-->"))
_NONE = Syntax()
_UNKNOWN = Syntax(("#", "//", "--", ";", "%", '"', "rem ", "REM ", "::", "*", "/*", "<!--", "{#", "dnl "), known=False)

_BY_ENDING = {
    **dict.fromkeys("sh bash zsh ksh fish py pyi rb rake pl pm r yml yaml toml mk cmake ps1 nix".split(), _HASH),
    **dict.fromkeys("dockerfile containerfile makefile jenkinsfile.sh gitignore dockerignore".split(), _HASH),
    **dict.fromkeys("gitattributes editorconfig env codeowners bzl bazel star ex exs jl".split(), _HASH),
    **dict.fromkeys("js mjs cjs jsx ts mts cts tsx go java kt kts scala rs c h cc cpp hpp cs swift".split(), _SLASHES),
    **dict.fromkeys("proto groovy gradle jenkinsfile dart jsonc json5 less scss php".split(), _SLASHES),
    **dict.fromkeys("tf hcl tfvars php".split(), Syntax(("#", "//"), ("/*", "*/"))),
    **dict.fromkeys("sql lua hs".split(), _DASHES),
    **dict.fromkeys("ini cfg conf cnf properties service timer socket desktop".split(), _INI),
    **dict.fromkeys("md markdown html htm xml svg vue".split(), _MARKUP),
    "css": Syntax((), ("/*", "*/")),
    **dict.fromkeys("json csv tsv txt text log".split(), _NONE),
}


def syntax_of(path: str) -> Syntax:
    """How comments are written in the file at `path`, by its name."""
    name = path.rpartition("/")[2].lower()
    ending = name.rpartition(".")[2]
    if name.startswith((".env", "dockerfile", "makefile", "jenkinsfile")) and ending not in _BY_ENDING:
        return _SLASHES if name.startswith("jenkinsfile") else _HASH
    return _BY_ENDING.get(ending, _UNKNOWN)


class Text:
    """A text with its comments.

    Attributes:
        whole: all of it, with LF at the ends of lines.
        code: the same with comment lines blanked, so that positions stay.
    """

    def __init__(self, raw: str, path: str) -> None:
        self.whole = raw.replace("\r\n", "\n")
        self._syntax = syntax_of(path)
        self.code = self._without_comment_lines() if self._syntax.known and self._syntax.line else self.whole
        self._blocks: list[int] | None = None

    def _without_comment_lines(self) -> str:
        marks = self._syntax.line
        lines = self.whole.split("\n")
        for number, line in enumerate(lines):
            # A first line with `#!` says what runs the file: it is no comment.
            if line.lstrip().startswith(marks) and not (number == 0 and line.startswith("#!")):
                lines[number] = "\n" * len(line)
        return "\n".join(lines)

    def line_at(self, position: int) -> int:
        """The line of a position, from 1."""
        return self.whole.count("\n", 0, position) + 1

    def perhaps_comment(self, position: int) -> bool:
        """Whether what stands at `position` of `code` may be a comment."""
        start = self.whole.rfind("\n", 0, position) + 1
        before = self.whole[max(start, position - 2000) : position]
        marks = self._syntax.line
        if not self._syntax.known:
            line = (before + self.whole[position : position + 8]).lstrip()
            if line.startswith(marks):
                return True
            marks = ("#", "//", "--", ";")
        if any(re.search(rf"\s{re.escape(mark)}", before) for mark in marks):
            return True
        return self._in_block(position)

    def _in_block(self, position: int) -> bool:
        if self._syntax.block is None:
            return False
        if self._blocks is None:
            opening, closing = self._syntax.block
            self._blocks = []
            end = 0
            while (start := self.whole.find(opening, end)) >= 0:
                end = self.whole.find(closing, start + len(opening))
                end = len(self.whole) if end < 0 else end + len(closing)
                self._blocks += (start, end)
        return bisect_right(self._blocks, position) % 2 == 1
