"""What people ask of loopcheck in comments on an issue: the first line of the comment, and nothing else of it.

A command is the first thing in a comment. What is quoted, indented or in a fence does not begin with it, so nobody
gives a command by repeating one. What somebody may ask for is not decided here.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

import msgspec

from loopcheck.paths import RepoPath

WORD = "/loopcheck"
LONGEST_WAIVER = timedelta(days=180)
MAX_REASON = 500
"""Characters of the reason for a waiver."""
_MAX_LINE = 2_000
"""Characters of a command; a path has 1,024 at most."""
_LINE_END = re.compile(r"[\r\n]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NOT_ON_A_LINE = frozenset(("Cc", "Cs", "Zl", "Zp"))


class Verify(msgspec.Struct, frozen=True):
    """Look at the items of this issue now."""


class Waive(msgspec.Struct, frozen=True):
    """Accept for some time that the proof is not there."""

    until: date
    """The last day on which it counts."""
    reason: str
    """As it was written: one line, not fit to print as it is."""


class Drilled(msgspec.Struct, frozen=True):
    """A runbook was followed in a drill."""

    runbook: str
    """Its path in the repository; whether there is such a file is not known."""


class NotUnderstood(msgspec.Struct, frozen=True):
    """A comment that begins as a command does, and is none."""

    because: str
    """One sentence for whoever wrote it. It may quote them, and is not fit to print as it is."""


Command = Verify | Waive | Drilled


def parse(body: str, today: date) -> Command | NotUnderstood | None:
    """The command that a comment gives, or `None` where it begins otherwise.

    Args:
        body: the comment, of any length.
        today: the day, in UTC, on which it was written.
    """
    if not body.startswith(WORD):
        return None
    line = _LINE_END.split(body[: _MAX_LINE + 1], maxsplit=1)[0]
    word, rest = _word(line)
    if word != WORD:
        return None
    if len(line) > _MAX_LINE:
        return NotUnderstood(f"the command is longer than {_MAX_LINE:,} characters")
    name, rest = _word(rest)
    match name:
        case "verify":
            return Verify() if not rest else NotUnderstood("nothing stands after `verify`")
        case "waive":
            return _waive(rest, today)
        case "drilled":
            return _drilled(rest)
        case "":
            return NotUnderstood("write `verify`, `waive` or `drilled` after it")
        case _:
            return NotUnderstood(f"there is no command `{name[:40]}`: write `verify`, `waive` or `drilled`")


def _word(text: str) -> tuple[str, str]:
    """The first word of a line, and what comes after it, both without the blanks around them."""
    text = text.strip(" \t")
    end = min((place for place in (text.find(" "), text.find("\t")) if place >= 0), default=len(text))
    return text[:end], text[end:].lstrip(" \t")


def _waive(text: str, today: date) -> Waive | NotUnderstood:
    until, rest = _word(text)
    day, rest = _word(rest)
    because, reason = _word(rest)
    if until != "until" or because != "because" or not reason:
        return NotUnderstood("write `waive until DATE because REASON`, the date as in `2026-12-15`")
    try:
        last = date.fromisoformat(day) if _DAY.fullmatch(day) else None
    except ValueError:
        last = None
    if last is None:
        return NotUnderstood(f"`{day[:40]}` is not a date: write it as in `2026-12-15`")
    if last <= today:
        return NotUnderstood(f"{last} is not in the future")
    if last - today > LONGEST_WAIVER:
        longest = today + LONGEST_WAIVER
        return NotUnderstood(f"a waiver counts for {LONGEST_WAIVER.days} days at most: until {longest}")
    if len(reason) > MAX_REASON:
        return NotUnderstood(f"the reason has {len(reason)} characters, and {MAX_REASON} at most are kept")
    if any(unicodedata.category(letter) in _NOT_ON_A_LINE for letter in reason):
        return NotUnderstood("the reason holds characters that are no text")
    if not _shows(reason):
        return NotUnderstood("the reason says nothing")
    return Waive(last, reason)


def _shows(text: str) -> bool:
    """Whether there is a letter, digit or sign in `text` that a reader sees."""
    return any(unicodedata.category(letter)[0] in "LNPS" for letter in text)


def _drilled(text: str) -> Drilled | NotUnderstood:
    if not text:
        return NotUnderstood("write `drilled PATH`, the path of the runbook in the repository")
    try:
        path = RepoPath.parse(text)
        path.encode("utf-8")
    except UnicodeEncodeError:
        return NotUnderstood("this is not a path: it holds characters that are no text")
    except ValueError as error:
        return NotUnderstood(str(error))
    return Drilled(str(path))
