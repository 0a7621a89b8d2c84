"""The grammar of GitHub's expressions: text to a tree.

Chains of operators are kept flat and nesting is bounded, so that neither reading nor evaluating can be driven
into the interpreter's recursion limit.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec

MAX_LENGTH = 21_000
"""The longest expression that GitHub accepts, in characters."""
MAX_DEPTH = 50
"""The deepest nesting that GitHub accepts."""


class ExpressionError(ValueError):
    """The text is not an expression. GitHub would refuse the whole workflow."""


class Literal(msgspec.Struct, frozen=True):
    """`true`, `null`, `1.5`, `'text'`."""

    value: Any


class Name(msgspec.Struct, frozen=True):
    """A context: `github`, `needs`."""

    name: str


class Call(msgspec.Struct, frozen=True):
    """A function with its arguments."""

    name: str
    arguments: tuple[Any, ...]


class Access(msgspec.Struct, frozen=True):
    """`base` followed by `.name`, `[index]` or `.*`; a step is a text, a tree, or `None` for `*`."""

    base: Any
    steps: tuple[Any, ...]


class Not(msgspec.Struct, frozen=True):
    """`!operand`."""

    operand: Any


class Chain(msgspec.Struct, frozen=True):
    """`first op operand op operand …`, all of one precedence, from the left."""

    first: Any
    rest: tuple[tuple[str, Any], ...]


_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<number>[-+]?(?:0x[0-9a-fA-F]+|0o[0-7]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|Infinity))"
    r"|(?P<string>'(?:[^']|'')*')"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)"
    r"|(?P<sign>\|\||&&|==|!=|<=|>=|[!<>()\[\].,*])"
)
_WORDS: dict[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "nan": float("nan"),
    "infinity": float("inf"),
}
_LEVELS: tuple[frozenset[str], ...] = (
    frozenset(["||"]),
    frozenset(["&&"]),
    frozenset(["==", "!="]),
    frozenset(["<", "<=", ">", ">="]),
)


def number(text: str) -> float:
    """A number as GitHub writes one. The empty text is 0, anything else that is no number is NaN."""
    stripped = text.strip()
    if not stripped:
        return 0.0
    if len(stripped) > 400:  # int() refuses long ones, and no real number is
        return float("nan")
    try:
        if re.fullmatch(r"0x[0-9a-fA-F]+|0o[0-7]+", stripped):
            return float(int(stripped, 0))
        if re.fullmatch(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?Infinity", stripped):
            return float(stripped)
    except (OverflowError, ValueError):
        pass
    return float("nan")


@lru_cache(maxsize=2048)
def parse(text: str) -> Any:
    """The tree of an expression, without its `${{ }}`.

    Raises:
        ExpressionError: it is none.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError("it is longer than GitHub accepts")
    parser = _Parser(_tokens(text))
    tree = parser.chain(0, 0)
    if parser.peek()[0]:
        raise ExpressionError(f"`{parser.peek()[1][:20]}` was not expected")
    return tree


def _tokens(text: str) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise ExpressionError(f"`{text[place : place + 20]}` cannot be read")
        if found.lastgroup != "space":
            out.append((str(found.lastgroup), found[0]))
        place = found.end()
    return out


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._place = 0

    def peek(self) -> tuple[str, str]:
        return self._tokens[self._place] if self._place < len(self._tokens) else ("", "")

    def take(self, sign: str | None = None) -> tuple[str, str]:
        token = self.peek()
        if not token[0] or (sign is not None and token != ("sign", sign)):
            raise ExpressionError(
                f"`{sign or 'a value'}` was expected" + (f", not `{token[1][:20]}`" if token[0] else "")
            )
        self._place += 1
        return token

    def accept(self, sign: str) -> bool:
        if self.peek() == ("sign", sign):
            self._place += 1
            return True
        return False

    def chain(self, level: int, depth: int) -> Any:
        """Operators of this precedence and those that bind stronger."""
        if level == len(_LEVELS):
            return self.unary(depth)
        first = self.chain(level + 1, depth)
        rest: list[tuple[str, Any]] = []
        while self.peek()[0] == "sign" and self.peek()[1] in _LEVELS[level]:
            sign = self.take()[1]
            rest.append((sign, self.chain(level + 1, depth)))
        return Chain(first, tuple(rest)) if rest else first

    def unary(self, depth: int) -> Any:
        negations = 0
        while self.accept("!"):
            negations += 1
        operand = self.access(depth)
        if not negations:
            return operand
        return Not(operand) if negations % 2 else Not(Not(operand))  # twice is not nothing: it makes a boolean

    def access(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise ExpressionError("it is nested deeper than GitHub accepts")
        base = self.primary(depth)
        steps: list[Any] = []
        while True:
            if self.accept("."):
                if self.accept("*"):
                    steps.append(None)
                    continue
                kind, name = self.take()
                if kind != "name":
                    raise ExpressionError(f"a name was expected after `.`, not `{name[:20]}`")
                steps.append(name)
            elif self.accept("["):
                if self.accept("*"):
                    steps.append(None)
                else:
                    steps.append(self.chain(0, depth + 1))
                self.take("]")
            else:
                return Access(base, tuple(steps)) if steps else base

    def primary(self, depth: int) -> Any:
        kind, text = self.take()
        if kind == "string":
            return Literal(text[1:-1].replace("''", "'"))
        if kind == "number":
            return Literal(number(text))
        if kind == "name":
            if self.accept("("):
                return Call(text.lower(), self.arguments(depth + 1))
            return Literal(_WORDS[text.lower()]) if text.lower() in _WORDS else Name(text.lower())
        if text == "(":
            inner = self.chain(0, depth + 1)
            self.take(")")
            return inner
        raise ExpressionError(f"a value was expected, not `{text[:20]}`")

    def arguments(self, depth: int) -> tuple[Any, ...]:
        found: list[Any] = []
        if self.accept(")"):
            return ()
        while True:
            found.append(self.chain(0, depth))
            if self.accept(")"):
                return tuple(found)
            self.take(",")


def calls(tree: Any) -> set[str]:
    """The names of the functions that are called anywhere in a tree."""
    names: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Call):
            names.add(node.name)
            waiting.extend(node.arguments)
        elif isinstance(node, Access):
            waiting.append(node.base)
            waiting.extend(step for step in node.steps if isinstance(step, msgspec.Struct))
        elif isinstance(node, Not):
            waiting.append(node.operand)
        elif isinstance(node, Chain):
            waiting.append(node.first)
            waiting.extend(operand for _, operand in node.rest)
    return names
