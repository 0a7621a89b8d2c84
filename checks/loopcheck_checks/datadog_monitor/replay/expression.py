"""The arithmetic of a metric query, as a tree whose leaves are asked of Datadog.

Datadog can compute a whole expression, and does: only where a monitor puts each metric together over its window
before it computes is the tree walked here. Source: "as_count() in Monitor Evaluations", "Rollup".
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from loopcheck_checks.datadog_monitor.query import NotUnderstoodError, Token, joined, tokens

_DEEPEST = 40
_KEEPING = frozenset({"as_count", "as_rate", "rollup", "fill"})
_HARMLESS = frozenset(
    {"abs", "log2", "log10", "exclude_null", "clamp_min", "clamp_max", "cutoff_min", "cutoff_max", "default_zero"}
)
"""Functions whose value at one point depends on nothing but that point."""


class OtherFunctionError(Exception):
    """A function depends on more than the points of a window. The message is its name."""


class Number(msgspec.Struct, frozen=True, tag="number"):
    """A number in an expression."""

    value: float


class Leaf(msgspec.Struct, frozen=True, tag="leaf"):
    """What Datadog is asked for: a metric, or a whole expression."""

    query: str
    """Without a rollup of ours; see `at`."""
    by: tuple[str, ...] = ()
    counted: bool = False
    """Whether it has `as_count()`."""
    zero: bool = False
    """Whether nothing is 0: `default_zero`."""
    aggregator: str | None = None
    """What an added rollup has to say, where the query has none with an interval: `avg`; the empty text for a
    percentile, which has no aggregator."""
    interval: int | None = None
    """The interval of its own rollup, in seconds."""
    bare: str = ""
    """The query up to where a rollup belongs."""
    rest: str = ""
    """What follows there."""

    def at(self, interval: int) -> str:
        """The query for points that are so many seconds apart."""
        if self.aggregator is None:
            return self.query
        word = f"{self.aggregator},{interval}" if self.aggregator else f"{interval}"
        return f"{self.bare}.rollup({word}){self.rest}"


class Operation(msgspec.Struct, frozen=True, tag="operation"):
    """Two expressions and the sign between them."""

    sign: str
    left: Node
    right: Node


Node = Number | Leaf | Operation


class Whole(msgspec.Struct, frozen=True):
    """A whole expression, of which Datadog computes all but an outer `default_zero`."""

    pieces: tuple[Leaf | str, ...]
    """Its text, with each metric in its place."""
    zero: bool
    by: tuple[str, ...]

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """The metrics in it."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Leaf))

    def at(self, interval: int) -> str:
        """The expression for points that are so many seconds apart."""
        return "".join(piece if isinstance(piece, str) else piece.at(interval) for piece in self.pieces)


def whole(text: str) -> Whole:
    """An expression that Datadog computes.

    Raises:
        NotUnderstoodError: it is of no form that is known here.
        OtherFunctionError: it has a function whose value depends on more than the window.
    """
    cut = tokens(text)
    zero = False
    while len(cut) > 3 and cut[0].text == "default_zero" and _closing(cut, 1) == len(cut) - 1:
        cut, zero = cut[2:-1], True
    pieces: list[Leaf | str] = []
    plain: list[Token] = []
    place = 0
    while place < len(cut):
        if _is_series(cut, place):
            leaf, place = _series(cut, place)
            if plain:
                pieces.append(joined(plain))
                plain = []
            pieces.append(leaf)
            continue
        token = cut[place]
        if token.kind == "word" and place + 1 < len(cut) and cut[place + 1].text == "(" and token.text not in _HARMLESS:
            raise OtherFunctionError(token.text)
        if token.text in (".", "by"):
            raise NotUnderstoodError(f"`{token.text}` after an expression is not replayed")
        plain.append(token)
        place += 1
    if plain:
        pieces.append(joined(plain))
    leaves = [piece for piece in pieces if isinstance(piece, Leaf)]
    return Whole(tuple(pieces), zero, max((leaf.by for leaf in leaves), key=len, default=()))


def tree(text: str) -> Node:
    """An expression whose leaves are asked for one by one.

    Raises:
        NotUnderstoodError: it is of no form that is known here.
        OtherFunctionError: something is called on more than one metric.
    """
    reader = _Reader(tokens(text))
    node = reader.sum(0)
    reader.end()
    return node


def leaves(node: Node) -> Iterator[Leaf]:
    """The leaves of a tree, in the order in which they are written."""
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, Operation):
        yield from leaves(node.left)
        yield from leaves(node.right)


class _Reader:
    def __init__(self, cut: list[Token]) -> None:
        self._cut = cut
        self._place = 0

    def _peek(self) -> str:
        return self._cut[self._place].text if self._place < len(self._cut) else ""

    def _take(self, wanted: str | None = None) -> Token:
        if self._place >= len(self._cut) or (wanted is not None and self._peek() != wanted):
            raise NotUnderstoodError(f"`{self._peek()[:40] or 'the end'}` stands where something else was expected")
        self._place += 1
        return self._cut[self._place - 1]

    def end(self) -> None:
        """Refuse what follows an expression."""
        if self._place != len(self._cut):
            raise NotUnderstoodError(f"`{self._peek()[:40]}` follows the expression")

    def sum(self, depth: int) -> Node:
        node = self._product(depth)
        while self._peek() in ("+", "-"):
            node = Operation(self._take().text, node, self._product(depth))
        return node

    def _product(self, depth: int) -> Node:
        node = self._factor(depth)
        while self._peek() in ("*", "/"):
            node = Operation(self._take().text, node, self._factor(depth))
        return node

    def _factor(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise NotUnderstoodError("it is nested too deep")
        if self._peek() in ("-", "+"):
            negative = self._take().text == "-"
            node = self._factor(depth + 1)
            return Operation("-", Number(0.0), node) if negative else node
        if self._peek() == "(":
            self._take()
            node = self.sum(depth + 1)
            self._take(")")
            return self._uncalled(node)
        if self._place < len(self._cut) and self._cut[self._place].kind == "number":
            return Number(float(self._take().text))
        if _is_series(self._cut, self._place):
            leaf, self._place = _series(self._cut, self._place)
            return leaf
        name = self._take().text
        self._take("(")
        if name != "default_zero":
            raise OtherFunctionError(name)
        node = self.sum(depth + 1)
        self._take(")")
        if not isinstance(node, Leaf):
            raise OtherFunctionError(name)
        return self._uncalled(msgspec.structs.replace(node, zero=True))

    def _uncalled(self, node: Node) -> Node:
        if self._peek() in (".", "by"):
            raise NotUnderstoodError(f"`{self._peek()}` after an expression is not replayed")
        return node


def _is_series(cut: list[Token], place: int) -> bool:
    """Whether a metric with its filter stands there: `avg:a.b{…}` or `a.b{…}`."""
    kinds = [token.kind for token in cut[place : place + 4]]
    if kinds[:2] == ["word", "filter"]:
        return cut[place].text != "by"
    return kinds[:1] == ["word"] and cut[place + 1 : place + 2] == [Token("sign", ":")] and kinds[3:] == ["filter"]


def _closing(cut: list[Token], place: int) -> int:
    """Where the bracket that opens at `place` closes; -1 where it does not."""
    depth = 0
    for number in range(place, len(cut)):
        depth += {"(": 1, ")": -1}.get(cut[number].text, 0)
        if depth == 0:
            return number
    return -1


def _series(cut: list[Token], place: int) -> tuple[Leaf, int]:
    """A metric with what is called on it, and where it ends."""
    space = cut[place].text if cut[place + 1].text == ":" else None
    head = [cut[place], cut[place + 1]] if space is None else cut[place : place + 4]
    place += len(head)
    by: tuple[str, ...] = ()
    if place + 1 < len(cut) and cut[place].text == "by" and cut[place + 1].kind == "filter":
        by = tuple(key.strip().casefold() for key in cut[place + 1].text[1:-1].split(",") if key.strip())
        head = [*head, *cut[place : place + 2]]
        place += 2
    rest: list[Token] = []
    counted = False
    aggregator: str | None = "" if space is not None and space.startswith("p") else "avg"
    interval: int | None = None
    while place + 2 < len(cut) and cut[place].text == "." and cut[place + 2].text == "(":
        end = _closing(cut, place + 2)
        name = cut[place + 1].text
        call = cut[place : end + 1]
        if end < 0:
            raise NotUnderstoodError(f"what `{name[:40]}` is called with does not end")
        if name not in _KEEPING:
            raise OtherFunctionError(name)
        place = end + 1
        if name == "rollup":
            words = [token.text.strip("\"'") for token in call[3:-1] if token.text != ","]
            numbers = [word for word in words if word.isdecimal()]
            interval = int(numbers[0]) if numbers else None
            aggregator = None if interval is not None else (words[0] if words else aggregator)
            if interval is not None:
                rest += call
        else:
            counted = counted or name == "as_count"
            if name == "as_count" and aggregator == "avg":
                aggregator = "sum"
            # A rollup of ours belongs behind the modifier, and before `fill`.
            if name in ("as_count", "as_rate") and not rest:
                head = [*head, *call]
            else:
                rest += call
    bare, after = joined(head).replace("}by{", "} by {"), joined(rest)
    return Leaf(bare + after, by, counted, aggregator=aggregator, interval=interval, bare=bare, rest=after), place
