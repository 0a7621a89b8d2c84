"""CODEOWNERS as GitHub reads it: lines, patterns, and the last match that wins.

GitHub documents the file as a subset of gitignore's rules. What it documents is read as certain; what it does
not (a bracket, an escape other than of a blank, an owner without `@`) is read both ways, as a rule and as a
skipped line, so that a verdict never rests on a guess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec

from loopcheck.patterns import compiled
from loopcheck.reasons import NOT_JUDGED, TRUNCATED, CannotTell
from loopcheck_checks.codeowners.manifest import Line, is_owner

_MAX_MATCHES = 2_000_000  # wildcards times files: some seconds on a slow machine
_MAX_LINE = 4096


class Rule(msgspec.Struct, frozen=True):
    """A line that GitHub reads, or may read."""

    line: Line
    pattern: str
    """Without escapes of blanks: what is matched."""


class Rules:
    """The rules of a file. `skipped` are the lines whose pattern GitHub does not read."""

    def __init__(self, text: str) -> None:
        self.rules: list[Rule] = []
        self.skipped: list[int] = []
        for number, raw in enumerate(text.split("\n"), 1):
            rule = _parsed(raw.strip(), number)
            if rule is not None:
                self.rules.append(rule)
            elif raw.strip() and not raw.lstrip().startswith("#"):
                self.skipped.append(number)
        self._matches = 0
        self._known: dict[str, list[Rule]] = {}  # many items look at the same files
        # A large file has thousands of plain paths, which a dictionary answers; only wildcards are tried one by one.
        self._plain: dict[str, list[int]] = defaultdict(list)
        self._names: dict[str, list[int]] = defaultdict(list)
        self._wild: list[tuple[int, Any]] = []
        for place, rule in enumerate(self.rules):
            body = rule.pattern.strip("/")
            if not body or any(letter in rule.pattern for letter in "*?\\") or "//" in rule.pattern:
                self._wild.append((place, _compiled(rule)))
            elif "/" in rule.pattern.rstrip("/"):
                self._plain[body + "/" * rule.pattern.endswith("/")].append(place)
            else:
                self._names[body + "/" * rule.pattern.endswith("/")].append(place)

    def matching(self, path: str) -> list[Rule]:
        """The rules that match a file, first to last.

        Raises:
            CannotTell: so many wildcards were tried on so many files that the run would never end.
        """
        if path in self._known:
            return self._known[path]
        found: list[int] = []
        for folder, name in _parts(path):
            found += self._plain.get(folder, ())
            found += self._names.get(name, ())
        self._matches += len(self._wild)
        if self._matches > _MAX_MATCHES:
            raise CannotTell(TRUNCATED, "CODEOWNERS has too many wildcards for so many files: declare a narrower path")
        found += [place for place, pattern in self._wild if pattern.fullmatch(path)]
        self._known[path] = [self.rules[place] for place in sorted(set(found))]
        return self._known[path]


def readings(matching: list[Rule]) -> tuple[Line | None, ...]:
    """Who decides: the last certain rule of those that match, and before it the doubtful ones that follow it."""
    out: list[Line | None] = []
    for rule in reversed(matching):
        out.append(rule.line)
        if rule.line.doubt is None:
            return tuple(out)
    return (*out, None)


def expression(pattern: str) -> str:
    """A pattern as a regular expression for RE2 that matches whole paths of files.

    `*` and `?` stay within a folder, `**` crosses folders, a pattern without an inner `/` matches at any depth,
    and whatever matches a folder matches all below it; but `docs/*` stops at the files of `docs`.
    """
    parts = pattern.split("/")
    if not any(parts):
        return ".*"
    anchored = "/" in pattern.rstrip("/")
    below = pattern.endswith("/")
    parts = [part for part in parts if part]
    out = [] if anchored else ["(?:.+/)?"]
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if part == "**":
            out.append(".+" if last else "(?:.+/)?")
        else:
            out.append(_segment(part) + ("" if last else "/"))
    if below and parts[-1] != "**":
        out.append("/.+")
    elif not below and parts[-1] != "**" and not (parts[-1] == "*" and anchored):
        out.append("(?:/.+)?")
    return "(?s)" + "".join(out)


def _compiled(rule: Rule) -> Any:
    try:
        return compiled(expression(rule.pattern))
    except ValueError:  # longer than RE2 is given memory for
        raise CannotTell(NOT_JUDGED, f"line {rule.line.number} of CODEOWNERS has a pattern that is too long") from None


def _segment(part: str) -> str:
    out: list[str] = []
    letters = iter(part)
    for letter in letters:
        if letter == "*":
            out.append("[^/]*")
        elif letter == "?":
            out.append("[^/]")
        else:
            out.append(_quoted(next(letters, "\\") if letter == "\\" else letter))
    text = "".join(out)
    return "[^/]+" if part == "*" else text


def _quoted(letter: str) -> str:
    return letter if letter.isalnum() or letter in "_/" or ord(letter) > 127 else "\\" + letter


def _parts(path: str) -> Iterator[tuple[str, str]]:
    """Each folder above a file and the file itself, whole and by its last name; folders also with a `/`."""
    start = 0
    while (slash := path.find("/", start)) >= 0:
        yield path[:slash], path[start:slash]
        yield path[: slash + 1], path[start : slash + 1]
        start = slash + 1
    yield path, path[start:]


def _parsed(text: str, number: int) -> Rule | None:
    """A stripped line as a rule; `None` for a blank line, a comment, or one that GitHub skips."""
    if not text or text.startswith(("#", "!")) or len(text) > _MAX_LINE:
        return None
    end = 0
    doubt: str | None = None
    pattern: list[str] = []
    while end < len(text) and text[end] not in " \t":
        letter = text[end]
        if letter == "\\":
            following = text[end + 1 : end + 2]
            if following != " ":
                doubt = "it has a backslash, which GitHub documents only before a blank"
            pattern.append(following if following in (" ", "#", "[", "]") else letter + following)
            end += 2
            continue
        if letter in "[]":
            doubt = "it has a bracket, which GitHub does not read as a set of letters"
        elif letter == "#":
            doubt = "it has a `#` inside its pattern"
        pattern.append(letter)
        end += 1
    body = "".join(pattern)
    if "***" in body:
        return None
    if not body.strip("/"):
        doubt = "its pattern is only `/`"
    elif body.endswith("**/"):
        doubt = "its pattern ends with `**/`"
    owners, wrong = _owners(text[end:])
    return Rule(Line(number, owners, doubt or wrong), body)


def _owners(text: str) -> tuple[tuple[str, ...], str | None]:
    """The owners after a pattern, up to a comment, and what is doubtful about them."""
    owners: list[str] = []
    wrong: str | None = None
    for word in text.split():
        if word.startswith("#"):
            break
        name, mark, _ = word.partition("#")
        if mark:
            wrong = "a comment follows an owner without a blank"
        if is_owner(name):
            owners.append(name)
        else:
            wrong = "a word in it has not the form of an owner (`@user`, `@org/team`, an e-mail address)"
        if mark:
            break
    return tuple(owners), wrong
