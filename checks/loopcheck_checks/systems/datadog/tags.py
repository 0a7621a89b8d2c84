"""Expressions over tags: the filter of a metric, the scope of a mute or a downtime, the condition of a rule.

    env:prod,service:db          a metric's filter: all of them
    env:prod AND NOT host:a*     the longer form, also of downtimes and rules
    state IN (open,half_open)    any of them

They are evaluated on what is known of a series, with three answers: what is not known stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import product

import msgspec

_DEEPEST = 20
_LONGEST = 8_000

Known = Mapping[str, str]
"""What is known of a series: a value for each of some tag keys. A tag without a value is its own key."""


class Is(msgspec.Struct, frozen=True, tag="is"):
    """A tag. `value` is `None` for a tag that has none, and may hold `*`."""

    key: str
    value: str | None


class All(msgspec.Struct, frozen=True, tag="all"):
    """Every part holds; with no parts, always."""

    parts: tuple[Expression, ...] = ()


class AnyOf(msgspec.Struct, frozen=True, tag="any"):
    """One part holds at least."""

    parts: tuple[Expression, ...]


class Not(msgspec.Struct, frozen=True, tag="not"):
    """The part does not hold."""

    part: Expression


Expression = Is | All | AnyOf | Not


def holds(expression: Expression, known: Known) -> bool | None:
    """Whether an expression holds of a series; `None` where that depends on what is not known of it."""
    if isinstance(expression, Is):
        return _is(expression, known)
    if isinstance(expression, Not):
        inner = holds(expression.part, known)
        return None if inner is None else not inner
    found = [holds(part, known) for part in expression.parts]
    decisive = isinstance(expression, AnyOf)
    if decisive in found:
        return decisive
    return None if None in found else not decisive


def _is(tag: Is, known: Known) -> bool | None:
    if tag.key not in known:
        return None
    value = known[tag.key]
    if tag.value is None or tag.value == "*":
        return True
    if "*" in tag.value:
        return _fits(value, tag.value)
    return value == tag.value


def _fits(value: str, pattern: str) -> bool:
    """Whether `*` can be filled in so that the pattern is the value; in one walk, whatever the pattern."""
    first, *middle, last = pattern.split("*")
    if len(value) < len(first) + len(last) or not value.startswith(first) or not value.endswith(last):
        return False
    place, end = len(first), len(value) - len(last)
    for part in middle:
        place = value.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def plain_tags(expression: Expression) -> dict[str, str] | None:
    """What an expression says of every series that it holds of, as key and value.

    `None` where it holds of no series, because one key would need two values.
    """
    if isinstance(expression, Is):
        if expression.value is None:
            return {expression.key: ""}
        return {} if "*" in expression.value or "$" in expression.value else {expression.key: expression.value}
    out: dict[str, str] = {}
    if isinstance(expression, All):
        for part in expression.parts:
            for key, value in (plain_tags(part) or {}).items():
                if out.setdefault(key, value) != value:
                    return None
    return out


def is_vague(expression: Expression) -> bool:
    """Whether an expression has a wildcard or a template variable, so that what it leaves out cannot be told."""
    if isinstance(expression, Is):
        return "*" in (expression.value or "") or "$" in (expression.value or "") or expression.key.startswith("$")
    if isinstance(expression, Not):
        return is_vague(expression.part)
    return any(is_vague(part) for part in expression.parts)


def series_of(tags: Iterable[str]) -> list[dict[str, str]] | None:
    """The series that a list of tags speaks of: for `env:prod, env:staging` two of them.

    `None` where there are more than 32.
    """
    values: dict[str, list[str]] = {}
    for tag in tags:
        key, _, value = tag.strip().casefold().partition(":")
        values.setdefault(key, []).append(value)
    count = 1
    for found in values.values():
        count *= len(found)
        if count > 32:
            return None
    return [dict(zip(values, picked, strict=True)) for picked in product(*values.values())]


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression | None:
    """Read an expression; `None` where it is none that loopcheck knows."""
    if len(text) > _LONGEST:
        return None
    try:
        reader = _Reader(list(_tokens(text.casefold())))
        expression = reader.any_of(0)
    except _NotAnExpressionError:
        return None
    return expression if reader.done else None


class _NotAnExpressionError(Exception):
    pass


def _tokens(text: str) -> Iterator[str]:
    """Words, and `(`, `)`, `,`, `!`."""
    word: list[str] = []
    quoted = False
    for letter in text:
        if letter == '"':
            quoted = not quoted
        elif not quoted and (letter.isspace() or letter in "(),"):
            if word:
                yield "".join(word)
                word = []
            if letter in "(),":
                yield letter
        elif letter in "!-" and not word and not quoted:
            yield "!"
        else:
            word.append(letter)
    if quoted:
        raise _NotAnExpressionError
    if word:
        yield "".join(word)


class _Reader:
    """Recursive descent: `or` binds least, then `and` (also `,` and nothing at all), then `not`."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._place = 0

    @property
    def done(self) -> bool:
        return self._place == len(self._tokens)

    def _peek(self, ahead: int = 0) -> str | None:
        place = self._place + ahead
        return self._tokens[place] if place < len(self._tokens) else None

    def _take(self, wanted: str | None = None) -> str:
        token = self._peek()
        if token is None or (wanted is not None and token != wanted):
            raise _NotAnExpressionError
        self._place += 1
        return token

    def any_of(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise _NotAnExpressionError
        parts = [self._all(depth)]
        while self._peek() == "or":
            self._take()
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all(self, depth: int) -> Expression:
        parts = [self._one(depth)]
        while self._peek() not in (None, "or", ")"):
            if self._peek() in (",", "and"):
                self._take()
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, depth: int) -> Expression:
        word = self._take()
        if word in ("!", "not"):
            if depth > _DEEPEST:
                raise _NotAnExpressionError
            return Not(self._one(depth + 1))
        if word == "(":
            inner = self.any_of(depth + 1)
            self._take(")")
            return inner
        if word in (")", ",", "or", "and", "in", ":"):
            raise _NotAnExpressionError
        if word == "*":
            return All()
        if self._peek() == "in" and self._peek(1) == "(":
            self._take()
            return self._values(word, ",")
        if self._peek() == "not" and self._peek(1) == "in" and self._peek(2) == "(":
            self._take()
            self._take()
            return Not(self._values(word, ","))
        if word.endswith(":") and self._peek() == "(":
            return self._values(word[:-1], "or")
        key, colon, value = word.partition(":")
        if not key or (colon and not value):
            raise _NotAnExpressionError
        return Is(key, value if colon else None)

    def _values(self, key: str, between: str) -> Expression:
        self._take("(")
        parts: list[Expression] = [Is(key, self._value())]
        while self._peek() != ")":
            self._take(between)
            parts.append(Is(key, self._value()))
        self._take(")")
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _value(self) -> str:
        token = self._take()
        if token in ("(", ")", ",", "!", "or", "and", "not"):
            raise _NotAnExpressionError
        return token
