"""PromQL, taken apart: what is compared with what, and which series are read.

The parser is the one of PyPI's `promql-parser`, written in Rust. It recurses, and an expression nested some
thousands of levels deep would end the process; so only expressions of a size that people write are given to it.
"""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

import msgspec

from loopcheck.quantities import Comparison, Quantity

_MAX_TEXT = 64 * 1024
_MAX_OPERATORS = 1000
_OPERATOR = re.compile(r"[-+*/%^(\[{<>=!]|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}
_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
_ABSENCE = frozenset(("absent", "absent_over_time"))
_PLAIN_FUNCTIONS = frozenset(
    ("avg_over_time", "max_over_time", "min_over_time", "last_over_time", "quantile_over_time")
)
_PLAIN_AGGREGATES = frozenset(("avg", "max", "min", "quantile"))
_SIGNS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}


class Matcher(msgspec.Struct, frozen=True):
    """A condition on a label: `code=~"5.."`."""

    name: str
    sign: str
    """`=`, `!=`, `=~`, `!~`."""
    value: str

    def __str__(self) -> str:
        quoted = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.name}{self.sign}"{quoted}"'


class Selector(msgspec.Struct, frozen=True):
    """The series that a part of an expression reads."""

    metric: str | None
    """`None` where the name is matched by a pattern, or not at all."""
    matchers: tuple[Matcher, ...] = ()
    or_matchers: bool = False
    """Whether there are alternatives (`{a="1" or b="2"}`, of VictoriaMetrics), which are not looked at."""
    optional: bool = False
    """Whether the alert may work although there is no such series: below `absent`, right of `or` and `unless`."""

    def __str__(self) -> str:
        inside = ",".join(map(str, self.matchers))
        return f"{self.metric or ''}{{{inside}}}" if inside or not self.metric else self.metric


class Expression(msgspec.Struct, frozen=True):
    """An expression that was read."""

    text: str
    """In one spelling, whatever the author's spaces."""
    compared: str | None = None
    """What is compared with the threshold, in one spelling; `None` where the whole is no such comparison."""
    condition: Comparison | None = None
    plain: bool = False
    """Whether what is compared is a metric's own values of now, not a rate, a ratio, those of yesterday or the like."""
    selectors: tuple[Selector, ...] = ()
    labels: frozenset[str] | None = None
    """The only labels that results can have; `None` where that is not known."""

    @property
    def metrics(self) -> frozenset[str]:
        """The names of the metrics that are read."""
        return frozenset(one.metric for one in self.selectors if one.metric)


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Read an expression.

    Raises:
        ValueError: it is not PromQL as far as the parser knows, or larger than anybody writes.
    """
    if len(text) > _MAX_TEXT or len(_OPERATOR.findall(text)) > _MAX_OPERATORS:
        raise ValueError("the expression is larger than loopcheck reads")
    promql: Any = importlib.import_module("promql_parser")  # late: only who looks at rules needs it
    tree = promql.parse(text)
    try:
        return _taken_apart(promql, tree)
    except RecursionError:
        raise ValueError("the expression is nested deeper than loopcheck reads") from None


def _taken_apart(promql: Any, tree: Any) -> Expression:
    compared, condition = _split(promql, tree)
    return Expression(
        text=tree.prettify(),
        compared=None if compared is None else _bare(promql, compared).prettify(),
        condition=condition,
        plain=compared is not None and _is_plain(promql, compared),
        selectors=tuple(dict.fromkeys(_selectors(promql, tree, optional=False))),
        labels=_labels(promql, tree),
    )


def _bare(promql: Any, node: Any) -> Any:
    while isinstance(node, promql.ParenExpr):
        node = node.expr
    return node


def _split(promql: Any, tree: Any) -> tuple[Any, Comparison | None]:
    """What is compared, and the condition."""
    node = _bare(promql, tree)
    if not isinstance(node, promql.BinaryExpr) or str(node.op) not in _FLIPPED:
        return None, None
    if node.modifier is not None and node.modifier.return_bool:
        return None, None  # its result is there whether the comparison holds or not
    left, right = _number(promql, node.lhs), _number(promql, node.rhs)
    if (left is None) == (right is None):
        return None, None
    number = right if left is None else left
    sign = str(node.op) if left is None else _FLIPPED[str(node.op)]
    if number is None or not math.isfinite(number):
        return None, None
    return (node.lhs if left is None else node.rhs), Comparison(
        sign, Quantity(Fraction(repr(number)), "", f"{number:.15g}")
    )


def _number(promql: Any, node: Any) -> float | None:
    """The value of an arithmetic expression of numbers alone."""
    node = _bare(promql, node)
    if isinstance(node, promql.NumberLiteral):
        return float(node.val)
    if isinstance(node, promql.UnaryExpr):
        inner = _number(promql, node.expr)
        return None if inner is None else -inner
    if isinstance(node, promql.BinaryExpr) and str(node.op) in _ARITHMETIC:
        left, right = _number(promql, node.lhs), _number(promql, node.rhs)
        if left is None or right is None or (str(node.op) == "/" and right == 0):
            return None
        return _ARITHMETIC[str(node.op)](left, right)
    return None


def _is_plain(promql: Any, node: Any) -> bool:
    node = _bare(promql, node)
    if isinstance(node, promql.VectorSelector):
        return node.name is not None and node.offset is None and node.at is None
    if isinstance(node, promql.MatrixSelector):
        return _is_plain(promql, node.vector_selector)
    if isinstance(node, promql.AggregateExpr):
        return str(node.op) in _PLAIN_AGGREGATES and _is_plain(promql, node.expr)
    if isinstance(node, promql.Call):
        return node.func.name in _PLAIN_FUNCTIONS and any(_is_plain(promql, argument) for argument in node.args)
    return False


def _selectors(promql: Any, node: Any, *, optional: bool) -> list[Selector]:
    if isinstance(node, promql.VectorSelector):
        return [selector_of(node, optional=optional)]
    if isinstance(node, promql.MatrixSelector):
        return [selector_of(node.vector_selector, optional=optional)]
    if isinstance(node, promql.BinaryExpr):
        right = optional or str(node.op).lower() in ("or", "unless")
        left = optional or str(node.op).lower() == "or"
        return [*_selectors(promql, node.lhs, optional=left), *_selectors(promql, node.rhs, optional=right)]
    if isinstance(node, promql.Call):
        hidden = optional or node.func.name in _ABSENCE
        return [found for argument in node.args for found in _selectors(promql, argument, optional=hidden)]
    inner = getattr(node, "expr", None)
    return [] if inner is None else _selectors(promql, inner, optional=optional)


def selector_of(node: Any, *, optional: bool) -> Selector:
    """The series of a selector without range, as the parser has it."""
    found = [Matcher(one.name, _SIGNS[str(one.op).rpartition(".")[2]], one.value) for one in node.matchers.matchers]
    named = next((one.value for one in found if one.name == "__name__" and one.sign == "="), None)
    metric = node.name or named
    rest = tuple(one for one in found if not (one.name == "__name__" and one.value == metric and one.sign == "="))
    return Selector(metric, rest, bool(node.matchers.or_matchers), optional)


def _labels(promql: Any, node: Any) -> frozenset[str] | None:
    """The only labels that results can have. A comparison with a number keeps those of its other side."""
    node = _bare(promql, node)
    if isinstance(node, promql.AggregateExpr):
        if str(node.op) in ("topk", "bottomk", "limitk", "limit_ratio"):
            return _labels(promql, node.expr)
        if str(node.op) == "count_values":  # it makes a label of the values
            return None
        if node.modifier is None:
            return frozenset()
        kind = str(node.modifier.type).rpartition(".")[2]
        return frozenset(node.modifier.labels) if kind == "By" else None
    if isinstance(node, promql.BinaryExpr):
        if _number(promql, node.rhs) is not None:
            return _labels(promql, node.lhs)
        if _number(promql, node.lhs) is not None:
            return _labels(promql, node.rhs)
        left, right = _labels(promql, node.lhs), _labels(promql, node.rhs)
        return None if left is None or right is None else left | right
    if isinstance(node, promql.NumberLiteral) or (isinstance(node, promql.Call) and node.func.name == "vector"):
        return frozenset()
    return None
