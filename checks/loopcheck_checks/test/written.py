"""Whether a test stands in its source, and is not switched off there. Pure."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from loopcheck.checker import CannotTell
from loopcheck.reasons import TOO_BIG, UNPARSEABLE

_MAX_PYTHON = 1 << 20  # the tokenizer of Python takes seconds for more
_OFF = frozenset(("skip", "xfail", "expectedFailure"))
_OFF_HERE = (".skip(", ".todo(", "xit(", "xtest(", "xdescribe(")
_OFF_ABOVE = ("@Disabled", "@Ignore", "[Ignore", "#[ignore")
_COMMENT = ("//", "#", "*", "--", "<!--")


class Standing(StrEnum):
    """How a test stands in its source."""

    THERE = "there"
    OFF = "off"
    """It is marked to be skipped, or to fail."""
    COMMENT = "comment"
    """Only a comment names it."""
    ABSENT = "absent"
    UNSURE = "unsure"
    """The file does not define it as far as can be told; it may be put together, or inherited."""


class Place(msgspec.Struct, frozen=True):
    """How a test stands in its source, and where."""

    standing: Standing
    line: int = 1


def find(text: str, path: str, function: str, classes: tuple[str, ...]) -> Place:
    """How the test `function` stands in the source.

    Raises:
        CannotTell: it is Python that cannot be read.
    """
    return _in_python(text, path, function, classes) if path.endswith(".py") else _in_text(text, function)


def _in_python(text: str, path: str, function: str, classes: tuple[str, ...]) -> Place:
    if len(text) > _MAX_PYTHON:
        raise CannotTell(TOO_BIG, f"{path} has more than {_MAX_PYTHON:,} letters")
    off: Place | None = None
    used = False
    open_classes: list[tuple[int, str, bool]] = []
    marks: set[str] = set()
    try:
        for depth, words, line in _statements(text):
            while open_classes and open_classes[-1][0] >= depth:
                open_classes.pop()
            if words[0] == "@":
                marks |= set(words)
                continue
            used = used or function in words
            kind, name = _definition(words)
            if kind == "class":
                open_classes.append((depth, name, bool(marks & _OFF)))
            elif kind == "def" and name == function and _inside(open_classes, classes):
                if not (marks & _OFF or any(skipped for _, _, skipped in open_classes)):
                    return Place(Standing.THERE, line)
                off = Place(Standing.OFF, line)
            marks = set()
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError):
        raise CannotTell(UNPARSEABLE, f"{path} is not Python that can be read") from None
    if off is not None:
        return off
    if used:  # `test_x = made_from(…)`, or in another class
        return Place(Standing.UNSURE)
    return Place(Standing.COMMENT if function in text else Standing.ABSENT)


def _definition(words: list[str]) -> tuple[str, str]:
    at = 1 if words[0] == "async" else 0
    return (words[at], words[at + 1]) if words[at] in ("def", "class") and len(words) > at + 1 else ("", "")


def _inside(open_classes: list[tuple[int, str, bool]], classes: tuple[str, ...]) -> bool:
    return not classes or tuple(name for _, name, _ in open_classes) == classes


def _statements(text: str) -> Iterator[tuple[int, list[str], int]]:
    """Depth, words and line of each logical line. Strings and comments are none of its words."""
    depth, line = 0, 0
    words: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.INDENT:
            depth += 1
        elif token.type == tokenize.DEDENT:
            depth -= 1
        elif token.type == tokenize.NEWLINE:
            if words:
                yield depth, words, line
            words = []
        elif token.type in (tokenize.NAME, tokenize.OP):
            line = line if words else token.start[0]
            words.append(token.string)


def _in_text(text: str, name: str) -> Place:
    """The same in a language that is not known: by its name, outside of comments."""
    commented: Place | None = None
    within = False
    above: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        starts = bare.startswith("/*")
        if _has_word(line, name):
            if within or starts or bare.startswith(_COMMENT):
                commented = commented or Place(Standing.COMMENT, number)
            elif any(mark in line for mark in _OFF_HERE) or any(mark in one for one in above for mark in _OFF_ABOVE):
                return Place(Standing.OFF, number)
            else:
                return Place(Standing.THERE, number)
        if starts or within:
            within = "*/" not in bare
        if bare and not within:
            above = [*above[-2:], bare]
    return commented or Place(Standing.UNSURE)


def _has_word(line: str, name: str) -> bool:
    place = line.find(name)
    while place >= 0:
        before, after = line[place - 1 : place], line[place + len(name) : place + len(name) + 1]
        if not (before.isalnum() or before == "_" or after.isalnum() or after == "_"):
            return True
        place = line.find(name, place + 1)
    return False
