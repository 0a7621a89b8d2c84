"""The value that each evaluation of a monitor compares, for one group, on arrays.

An evaluation at time t looks at the points whose whole interval lies in the window that ends at t, less the
evaluation delay. Sources: "Configure Monitors", "Monitor aggregators", "Metric Monitor" (data window), "Change alert
monitors", "as_count() in Monitor Evaluations", "Rollup" (rollups in monitors).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from loopcheck_checks.datadog_monitor.replay.expression import Leaf, Node, Number
from loopcheck_checks.datadog_monitor.replay.plan import Rule

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Indices = NDArray[np.intp]

_ROWS = 4096
"""So many windows at once, where each is copied out."""
_EMPTY_BUCKETS = 3


class Points(msgspec.Struct, frozen=True):
    """The points of one series: when each begins, in seconds since 1970, ascending, and its value. No value is NaN."""

    times: Floats
    values: Floats


NO_POINTS = Points(np.empty(0), np.empty(0))


class Evaluated(msgspec.Struct, frozen=True):
    """What the evaluations of one group have before them."""

    values: Floats
    """What is compared; NaN where there is nothing."""
    age: Floats
    """How long ago the last point ended, in seconds; infinite before the first one, and after too long a silence."""
    full: Bools
    """Whether the window is full, where the monitor asks for that."""
    new: Bools
    """Whether the group is too new to be evaluated."""


def evaluate(rule: Rule, series: Sequence[Points], grid: Floats, since: float, until: float) -> Evaluated:
    """What each evaluation compares.

    Args:
        rule: the monitor.
        series: the points of this group, one for each of the rule's terms; `NO_POINTS` where it has none.
        grid: when evaluations are, in seconds since 1970, ascending.
        since: from when points were asked for.
        until: to when they were.
    """
    real = _together(series)
    ends = grid - rule.delay
    begins = ends - rule.window
    seen = [_filled(rule, points, real.times, since, until) if term.zero else points
            for term, points in zip(rule.terms, series, strict=True)]  # fmt: skip
    if rule.shift:
        seen = [_changes(rule, points) for points in seen]
    values = [_aggregated(rule, points, begins, ends) for points in seen]
    compared = values[0] if rule.formula is None else _computed(rule.formula, iter(values))
    age = _age(rule, real.times, ends)
    if rule.missing == "zero":
        compared = np.where(np.isnan(compared) & np.isfinite(age), 0.0, compared)
    full = np.ones(len(grid), dtype=bool)
    if rule.full_window:
        full = _full(rule, _together(seen).times, begins, ends)
    return Evaluated(compared, age, full, _new(rule, real.times, ends, since))


def _together(series: Sequence[Points]) -> Points:
    if len(series) == 1:
        return series[0]
    times = np.unique(np.concatenate([points.times for points in series]))
    return Points(times, np.zeros(len(times)))


def _filled(rule: Rule, points: Points, real: Floats, since: float, until: float) -> Points:
    """`default_zero`: nothing is 0, from the first point on, for as long as the group is remembered.

    The one group of a monitor without groups is there from the beginning.
    """
    step = rule.interval
    first, last = since, until
    if rule.by:
        if not len(real):
            return NO_POINTS
        first, last = real[0], min(until, real[-1] + rule.retention)
    times = np.arange(math.ceil(first / step) * step, last, step, dtype=np.float64)
    values = np.zeros(len(times))
    found = np.searchsorted(times, points.times)
    there = (found < len(times)) & (times[np.minimum(found, len(times) - 1)] == points.times) if len(times) else []
    values[found[there]] = points.values[there]
    return Points(times, values)


def _changes(rule: Rule, points: Points) -> Points:
    """Each point less the one of so long ago; in percent of that, where the rule says so."""
    if not len(points.times):
        return points
    before = np.searchsorted(points.times, points.times - rule.shift)
    there = points.times[before] == points.times - rule.shift
    now, then = points.values[there], points.values[before[there]]
    times = points.times[there]
    if not rule.relative:
        return Points(times, now - then)
    nonzero = then != 0
    return Points(times[nonzero], (now[nonzero] - then[nonzero]) / then[nonzero] * 100)


def _edges(rule: Rule, times: Floats, begins: Floats, ends: Floats) -> tuple[Indices, Indices]:
    """Which points lie in each window: from the first index to before the second."""
    low = np.searchsorted(times, begins, side="left")
    high = np.searchsorted(times, ends - rule.interval, side="right")
    return low, np.maximum(low, high)


_REDUCED: Mapping[str, np.ufunc] = {"avg": np.add, "sum": np.add, "min": np.minimum, "max": np.maximum}


def _aggregated(rule: Rule, points: Points, begins: Floats, ends: Floats) -> Floats:
    """Each window, put together."""
    low, high = _edges(rule, points.times, begins, ends)
    count = high - low
    out = np.full(len(begins), np.nan)
    rows = np.flatnonzero(count)
    if not len(rows):
        return out
    how = rule.aggregation
    if how == "last":
        out[rows] = points.values[high[rows] - 1]
    elif how == "count":
        out[rows] = count[rows]
    elif how in _REDUCED:
        # Sums are made anew for each window: differences of running sums would leave rests where there is nothing.
        padded = np.append(points.values, 0.0)
        pairs = np.column_stack((low[rows], high[rows])).ravel()
        out[rows] = _REDUCED[how].reduceat(padded, pairs)[::2]
        if how == "avg":
            out[rows] /= count[rows]
    else:
        _percentiles(rule, points.values, low, count, out)
    return out


def _percentiles(rule: Rule, values: Floats, low: Indices, count: Indices, out: Floats) -> None:
    """The value that so many percent of the points are at, or beyond, in the direction of the threshold."""
    share = float(rule.aggregation[1:]) / 100
    for number in np.unique(count[count > 0]):
        rank = max(1, math.ceil(share * number - 1e-9))
        place = rank - 1 if rule.sign.startswith("<") else number - rank
        rows = np.flatnonzero(count == number)
        for begin in range(0, len(rows), _ROWS):
            some = rows[begin : begin + _ROWS]
            windows = values[low[some][:, None] + np.arange(number)]
            out[some] = np.partition(windows, place, axis=1)[:, place]


_SIGNS: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}


def _computed(node: Node, values: Iterator[Floats]) -> Floats:
    """The formula over values that were put together first. What is divided by zero is nothing."""
    if isinstance(node, Leaf):
        return next(values)
    if isinstance(node, Number):
        return np.array(node.value)
    left, right = _computed(node.left, values), _computed(node.right, values)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        out = _SIGNS[node.sign](left, right)
    return np.where(np.isfinite(out), out, np.nan)


def _age(rule: Rule, real: Floats, ends: Floats) -> Floats:
    if not len(real):
        return np.full(len(ends), np.inf)
    last = np.searchsorted(real, ends - rule.interval, side="right") - 1
    age = np.where(last >= 0, ends - (real[np.maximum(last, 0)] + rule.interval), np.inf)
    return np.where(age < rule.retention, age, np.inf)


def _full(rule: Rule, times: Floats, begins: Floats, ends: Floats) -> Bools:
    """Whether there is a point in the first part of the window, and no more than three parts are without one."""
    number = max(1, rule.window // rule.bucket)
    edges = begins[:, None] + np.arange(number + 1) * rule.bucket
    edges[:, -1] = ends
    places = np.searchsorted(times, edges, side="left")
    whole = np.searchsorted(times, ends - rule.interval, side="right")
    there = np.diff(np.minimum(places, whole[:, None]), axis=1) > 0
    full: Bools = there[:, 0] & (number - there.sum(axis=1) <= _EMPTY_BUCKETS)
    return full


def _new(rule: Rule, real: Floats, ends: Floats, since: float) -> Bools:
    """Whether the group was first seen, or seen again after it was forgotten, less than the delay ago.

    A group that is there when the points begin may be old, and is taken to be.
    """
    if not rule.new_group_delay or not len(real):
        return np.zeros(len(ends), dtype=bool)
    born = real[np.flatnonzero(np.append(True, np.diff(real) - rule.interval >= rule.retention))]
    if born[0] <= since + rule.window:
        born[0] = -np.inf
    last = np.searchsorted(born, ends, side="right") - 1
    new: Bools = (last >= 0) & (ends - born[np.maximum(last, 0)] < rule.new_group_delay)
    return new
