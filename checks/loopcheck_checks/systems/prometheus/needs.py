"""What an expression needs of the samples below it: how far back it looks, and between which instants it tells apart.

Whoever evaluates an expression anew, on samples of which only so many can be had, has to know this, or else
evaluates another expression.
"""

from __future__ import annotations

import importlib
import math
from datetime import timedelta
from typing import Any

import msgspec

from loopcheck_checks.systems.prometheus.expression import parse, selector_of

LOOK_BACK = 300_000
"""For so many milliseconds a sample is still the newest one, unless its series ended."""
_DAY = 86_400_000
_PERIODS = {"minute": _DAY, "hour": _DAY, "day_of_week": 7 * _DAY}
"""Functions of the date that say the same after so many milliseconds."""
_OF_THE_DATE = frozenset(("time", "timestamp", "year", "month", "day_of_month", "day_of_year", "days_in_month", "info"))
_OF_THE_SPACING = frozenset(("rate", "increase", "irate", "delta", "deriv", "predict_linear"))


class Needs(msgspec.Struct, frozen=True):
    """All lengths in milliseconds."""

    reach: int = 0
    """How long before an evaluation the oldest sample may be that it depends on."""
    borders: frozenset[int] = frozenset()
    """Samples on the same side of all multiples of each of these are told apart by their values alone."""
    looks: frozenset[int] = frozenset()
    """At multiples of these, beside the evaluations, it asks what the newest sample of a series is."""
    newest: frozenset[str] = frozenset()
    """The selectors of which it asks so."""
    period: int = 1
    """Moved by a multiple of this, evaluations and samples together give the same."""
    spaced: bool = False
    """Whether the result depends on how far samples are apart, and not on their values and order alone."""


def needs_of(text: str) -> Needs:
    """What an expression needs.

    Raises:
        ValueError: it cannot be moved in time, or not be told; the message says why, after "it".
    """
    parse(text)  # refuses what is too large to be walked through
    promql: Any = importlib.import_module("promql_parser")  # late: only who looks at rules needs it
    return _of(promql, promql.parse(text))


def _of(promql: Any, node: Any) -> Needs:
    if isinstance(node, promql.VectorSelector):
        back = _offset(node)
        selector = selector_of(node, optional=False)
        return Needs(
            back + LOOK_BACK,
            frozenset((LOOK_BACK, back)),
            frozenset((back,)),
            frozenset((str(selector),)),
        )
    if isinstance(node, promql.MatrixSelector):
        back, length = _offset(node.vector_selector), _milliseconds(node.range)
        return Needs(back + length, frozenset((back, length)))
    if isinstance(node, promql.SubqueryExpr):
        if node.step is None:
            raise ValueError("has a subquery without a step, which is left to the server")
        step, inner = _milliseconds(node.step), _of(promql, node.expr)
        back = _offset(node)
        return _joined(
            Needs(0, frozenset((step,)), frozenset((step, back)), period=step),
            msgspec.structs.replace(inner, reach=inner.reach + back + _milliseconds(node.range) + step),
        )
    below = [_of(promql, one) for one in _children(promql, node)]
    if isinstance(node, promql.Call):
        name = node.func.name
        if name in _OF_THE_DATE or name.startswith("ts_of_"):
            raise ValueError(f"reckons with the date (`{name}`)")
        below.append(Needs(period=_PERIODS.get(name, 1), spaced=name in _OF_THE_SPACING))
    return _joined(*below)


def _children(promql: Any, node: Any) -> list[Any]:
    if isinstance(node, promql.BinaryExpr):
        return [node.lhs, node.rhs]
    if isinstance(node, promql.Call):
        return list(node.args)
    return [one for one in (getattr(node, "expr", None), getattr(node, "param", None)) if one is not None]


def _joined(*those: Needs) -> Needs:
    return Needs(
        max((one.reach for one in those), default=0),
        frozenset[int]().union(*(one.borders for one in those)),
        frozenset[int]().union(*(one.looks for one in those)),
        frozenset[str]().union(*(one.newest for one in those)),
        math.lcm(*(one.period for one in those)),
        any(one.spaced for one in those),
    )


def _offset(node: Any) -> int:
    if node.at is not None:
        raise ValueError("is pinned to a moment with `@`")
    back = _milliseconds(node.offset) if node.offset is not None else 0
    if back < 0:
        raise ValueError("looks ahead with a negative `offset`")
    return back


def _milliseconds(length: timedelta) -> int:
    return round(length / timedelta(milliseconds=1))
