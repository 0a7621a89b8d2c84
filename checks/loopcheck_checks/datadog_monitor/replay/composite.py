"""The states of a composite, from those of its parts.

`&&` is the least severe of two states, `||` the most severe, and `!` turns what is alert-worthy round. Groups of the
parts are the same where their values are, whatever their keys. Source: "Composite Monitor".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
import numpy as np

from loopcheck_checks.datadog_monitor.replay.states import ALERT, NO_DATA, NONE, OK, Bytes

_TOKEN = re.compile(r"\s*(\d+|&&|\|\||!|\(|\))")

Grouped = Mapping[tuple[str, ...], Bytes]
"""The states of a part, by group: `("host:db1",)`; the empty tuple for a monitor without groups."""


class Composed(msgspec.Struct, frozen=True):
    """A composite's condition, taken apart: an id, or a sign with what it stands before or between."""

    sign: str
    parts: tuple[Composed, ...] = ()
    monitor: int = 0


class NotComposedError(Exception):
    """The condition is not of the documented form."""


def composed(text: str) -> Composed:
    """Take a condition apart: `101 && !102`.

    Raises:
        NotComposedError: it is not one.
    """
    cut: list[str] = []
    place = 0
    stripped = text.strip()
    while place < len(stripped):
        found = _TOKEN.match(stripped, place)
        if found is None:
            raise NotComposedError(text)
        cut.append(found[1])
        place = found.end()
    reader = _Reader(cut)
    out = reader.either(0)
    if reader.left:
        raise NotComposedError(text)
    return out


class _Reader:
    def __init__(self, cut: list[str]) -> None:
        self.left = cut[::-1]

    def _next_is(self, sign: str) -> bool:
        if self.left and self.left[-1] == sign:
            self.left.pop()
            return True
        return False

    def either(self, depth: int) -> Composed:
        out = self._both(depth)
        while self._next_is("||"):
            out = Composed("||", (out, self._both(depth)))
        return out

    def _both(self, depth: int) -> Composed:
        out = self._one(depth)
        while self._next_is("&&"):
            out = Composed("&&", (out, self._one(depth)))
        return out

    def _one(self, depth: int) -> Composed:
        if depth > 40 or not self.left:
            raise NotComposedError
        if self._next_is("!"):
            return Composed("!", (self._one(depth + 1),))
        if self._next_is("("):
            out = self.either(depth + 1)
            if not self._next_is(")"):
                raise NotComposedError
            return out
        word = self.left.pop()
        if not word.isdecimal():
            raise NotComposedError
        return Composed("", monitor=int(word))


def states(condition: Composed, parts: Mapping[int, Grouped], *, notify_no_data: bool) -> Grouped:
    """The states of the composite, by its groups.

    Args:
        condition: what it says.
        parts: the states of each monitor in it, at the same evaluations.
        notify_no_data: where it does not tell of no data, it keeps the last state that it knew.
    """
    out: dict[tuple[str, ...], Bytes] = {}
    for group in max(parts.values(), key=lambda part: max((len(key) for key in part), default=0), default={}):
        matched = {number: _of_group(part, group) for number, part in parts.items()}
        if any(found is None for found in matched.values()):
            continue  # no common reporting source
        known = {number: found for number, found in matched.items() if found is not None}
        result = _computed(condition, known)
        unknown = np.any([found == NONE for found in known.values()], axis=0)
        result[unknown] = NONE
        out[group] = result if notify_no_data else _last_known(result)
    return out


def _of_group(part: Grouped, group: tuple[str, ...]) -> Bytes | None:
    """The group of a part that has only values of this one."""
    wanted = {_value(tag) for tag in group}
    return next((found for key, found in part.items() if {_value(tag) for tag in key} <= wanted), None)


def _value(tag: str) -> str:
    return tag.partition(":")[2] or tag


def _computed(condition: Composed, parts: Mapping[int, Bytes]) -> Bytes:
    if not condition.sign:
        return parts[condition.monitor].copy()
    below = [_computed(part, parts) for part in condition.parts]
    if condition.sign == "&&":
        return np.minimum(*below)
    if condition.sign == "||":
        return np.maximum(*below)
    (one,) = below
    return np.select([one == NO_DATA, one > NO_DATA], [one, np.uint8(OK)], np.uint8(ALERT)).astype(np.uint8)


def _last_known(found: Bytes) -> Bytes:
    """`found`, with the last other state in place of no data; OK where there was none."""
    other = np.where(found != NO_DATA, np.arange(len(found)), -1)
    last = np.maximum.accumulate(other)
    return np.where(last >= 0, found[np.maximum(last, 0)], np.uint8(OK)).astype(np.uint8)
