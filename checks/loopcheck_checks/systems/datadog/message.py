"""Whom a monitor's message tells when the alert fires.

A handle is an `@` at the beginning of a word: `@pagerduty-database`, `@alice@example.org`. An e-mail address or a
URL in the text has its `@` inside a word, and tells nobody. Blocks such as `{{#is_recovery}}…{{/is_recovery}}` are
left out when the alert fires; what a block depends on that is not known here (`is_match`) makes its handles
uncertain, as does a handle that is made at run time (`@slack-{{host.name}}`) or stands in code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

_LONGEST = 64_000
_TAG = re.compile(r"\{\{\s{0,20}(?P<sign>[#^/])?\s{0,20}(?P<name>[A-Za-z_]{1,40}|else)?(?P<rest>[^{}]{0,400})\}\}")
_HANDLE = re.compile(r"@[A-Za-z0-9_][A-Za-z0-9_.+@/-]{0,200}")
_FENCE = re.compile(r" {0,3}(`{3,200}|~{3,200})")
_TICKS = re.compile(r"`+")
_PRIORITY = re.compile(r"""['"]?[Pp]?([1-5])['"]?""")

_WHEN_ALERTING: dict[str, bool] = {
    "is_alert": True,
    "is_warning": False,
    "is_no_data": False,
    "is_unknown": False,
    "is_recovery": False,
    "is_alert_recovery": False,
    "is_warning_recovery": False,
    "is_no_data_recovery": False,
    "is_alert_to_warning": False,
    "is_renotify": False,
}
"""Whether a block is part of the first message of an alert that went straight from OK."""
_BEFORE = frozenset("},(*>")
"""What may stand before a handle, besides a space. `}` is the end of `{{#is_alert}}`."""
_PERHAPS_BEFORE = frozenset("[{<_~|;:!\"'`-")
_NOT_PEOPLE = frozenset({"@here", "@channel", "@everyone"})
"""Words of a chat, which tell nobody unless a channel is named as well."""


class Told(msgspec.Struct, frozen=True):
    """Whom a message tells when the alert fires. Handles are in lower case, with their `@`."""

    surely: frozenset[str] = frozenset()
    perhaps: dict[str, str] = {}
    """Handles that may be told, with the reason for the doubt. One that is made later ends with `*`."""
    otherwise: frozenset[str] = frozenset()
    """Handles that are told at other times only: on recovery, on a warning."""


@lru_cache(maxsize=8192)
def told(message: str, priority: int | None = None) -> Told:
    """Whom a message tells when the alert fires.

    Args:
        message: the monitor's message.
        priority: the monitor's priority, 1 to 5, which `{{#is_priority 'P1'}}` asks for.
    """
    if len(message) > _LONGEST:
        return Told(perhaps={"@*": f"the message is longer than {_LONGEST:,} characters"})
    surely: set[str] = set()
    perhaps: dict[str, str] = {}
    otherwise: set[str] = set()
    for handle, when, doubt in _handles(message, priority):
        if when is False:
            otherwise.add(handle)
        elif when is None or doubt:
            perhaps.setdefault(handle, doubt or "it depends on a condition that is not known here")
        else:
            surely.add(handle)
    return Told(
        frozenset(surely),
        {handle: doubt for handle, doubt in perhaps.items() if handle not in surely},
        frozenset(otherwise - surely - set(perhaps)),
    )


def parts(message: str, priority: int | None = None) -> list[tuple[str, bool | None]]:
    """What a message says, in parts, each with whether it is shown when the alert fires.

    `None` where that depends on what is not known here. What stands in a comment may be shown, and may not.
    """
    if len(message) > _LONGEST:
        return [(message, None)]
    said, comments = _without_comments(message)
    found: list[tuple[str, bool | None]] = [(comment, None) for comment in comments]
    blocks: list[tuple[str, bool | None]] = []
    place = 0
    for tag in _TAG.finditer(said):
        if not tag["sign"] and tag["name"] != "else":
            continue  # a variable, in the middle of what is said
        found.append((said[place : tag.start()], _all(when for _, when in blocks)))
        _open_or_close(blocks, tag, priority)
        place = tag.end()
    return [*found, (said[place:], _all(when for _, when in blocks))]


def _without_comments(message: str) -> tuple[str, list[str]]:
    """A message without its comments, and these."""
    comments: list[str] = []
    for begin, end in (("{{!--", "--}}"), ("<!--", "-->")):
        rest, place = message, 0
        said: list[str] = []
        while (first := rest.find(begin, place)) >= 0 and (last := rest.find(end, first + len(begin))) >= 0:
            said.append(rest[place:first])
            comments.append(rest[first : last + len(end)])
            place = last + len(end)
        message = "".join((*said, rest[place:]))
    return message, comments


def _handles(message: str, priority: int | None) -> Iterator[tuple[str, bool | None, str]]:
    """Each handle with whether its place is part of the alert, and what else makes it doubtful."""
    code = _code(message)
    blocks: list[tuple[str, bool | None]] = []
    place = 0
    brace = at = -2
    while True:
        # Each is looked for again only once it has been passed, so that the message is walked through once.
        brace = message.find("{{", place) if brace != -1 and brace < place else brace
        at = message.find("@", place) if at != -1 and at < place else at
        if brace < 0 and at < 0:
            return
        if brace >= 0 and (at < 0 or brace < at):
            found = _TAG.match(message, brace)
            if found is None:
                place = brace + 2
                continue
            _open_or_close(blocks, found, priority)
            place = found.end()
            continue
        handle = _HANDLE.match(message, at)
        place = at + 1
        made = _made_later(message, handle.end() if handle else at + 1)
        before = message[at - 1] if at > 0 else " "
        if not (handle or made) or not (before.isspace() or before in _BEFORE or before in _PERHAPS_BEFORE):
            continue
        written = handle.group() if handle else "@"
        place = at + len(written)
        name = (written + "*" if made else written.rstrip(".-/+@")).casefold()
        doubt = "" if before.isspace() or before in _BEFORE else f"it stands behind `{before}`"
        if code[at]:
            doubt = "it stands in code"
        if made:
            doubt = "it is made when the alert fires"
        if name not in _NOT_PEOPLE and len(name) > 1:
            yield name, _all(when for _, when in blocks), doubt


def _made_later(message: str, place: int) -> bool:
    """Whether a variable such as `{{host.name}}` continues the handle that ends at `place`."""
    found = _TAG.match(message, place)
    return found is not None and not found["sign"] and found["name"] != "else"


def _all(conditions: Iterator[bool | None]) -> bool | None:
    found = set(conditions)
    if False in found:
        return False
    return None if None in found else True


def _open_or_close(blocks: list[tuple[str, bool | None]], tag: re.Match[str], priority: int | None) -> None:
    sign, name = tag["sign"], tag["name"] or ""
    if sign == "/":
        if any(opened == name for opened, _ in blocks):
            while blocks.pop()[0] != name:
                pass
        elif blocks:  # closes what was not opened: nothing is certain from here on
            blocks[-1] = (blocks[-1][0], None)
    elif sign and len(blocks) < 100:
        when = _WHEN_ALERTING.get(name)
        if name == "is_priority":
            wanted = _PRIORITY.fullmatch(tag["rest"].strip())
            when = None if wanted is None else priority == int(wanted[1])
        blocks.append((name, when if sign == "#" or when is None else not when))
    elif name == "else" and not sign and blocks:
        opened, when = blocks[-1]
        blocks[-1] = (opened, None if when is None else not when)


def _code(message: str) -> bytearray:
    """For each character, whether it stands in a code span or a fenced block."""
    marks = bytearray(len(message))
    fence: str | None = None
    start = 0
    prose: list[tuple[int, int]] = []
    for line in message.splitlines(keepends=True):
        found = _FENCE.match(line)
        if fence is None and found:
            fence = found[1]
            marks[start : start + len(line)] = b"\1" * len(line)
        elif fence is not None:
            marks[start : start + len(line)] = b"\1" * len(line)
            if found and found[1].startswith(fence):
                fence = None
        else:
            prose.append((start, start + len(line)))
        start += len(line)
    for begin, end in prose:
        _spans(message, begin, end, marks)
    return marks


def _spans(message: str, begin: int, end: int, marks: bytearray) -> None:
    """Mark code spans in one line: a run of backticks up to the next run of the same length."""
    runs = list(_TICKS.finditer(message, begin, end))
    following: dict[int, int] = {}
    closing: list[int | None] = [None] * len(runs)
    for place in range(len(runs) - 1, -1, -1):
        length = len(runs[place].group())
        closing[place] = following.get(length)
        following[length] = place
    place = 0
    while place < len(runs):
        close = closing[place]
        if close is None:
            place += 1
            continue
        first, last = runs[place].start(), runs[close].end()
        marks[first:last] = b"\1" * (last - first)
        place = close + 1
