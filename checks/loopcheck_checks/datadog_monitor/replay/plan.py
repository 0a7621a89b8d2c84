"""What has to be asked to replay a monitor, and by which rule what comes back is judged. Pure.

A monitor that cannot be replayed faithfully is `CannotTell` with its own reason, never a guess. Sources: "Configure
Monitors", "Metric Monitor", "as_count() in Monitor Evaluations", "Recovery thresholds", "Migrating to On Missing Data
Configuration", "Rollup", and the API reference of `MonitorOptions`.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from loopcheck.checker import CannotTell
from loopcheck_checks.datadog_monitor.manifest import (
    COARSE,
    FUNCTION_NOT_REPLAYED,
    MODEL_NOT_REPLAYED,
    NO_METRIC,
    ODD_OPTION,
    WINDOW_NOT_REPLAYED,
)
from loopcheck_checks.datadog_monitor.query import NotUnderstoodError, Query, parse
from loopcheck_checks.datadog_monitor.replay.expression import Leaf, Node, OtherFunctionError, leaves, tree, whole
from loopcheck_checks.systems.datadog import Monitor, Options, Thresholds

Missing = Literal["keep", "zero", "no-data", "ok"]
"""What an evaluation without data does: leave the state, compare 0, or set it."""

_MINUTE, _HOUR, _DAY, _MONTH = 60, 3600, 86_400, 31 * 86_400
_UNIT = re.compile(r"last_[0-9]+(mo|[mhdwy])")
_BUCKETS = {"m": _MINUTE, "h": 10 * _MINUTE, "d": _HOUR, "w": _HOUR, "mo": 4 * _HOUR, "y": 4 * _HOUR}
RETENTION = 24 * _HOUR
"""How long a group without data keeps its state, in seconds."""
_REMINDED = 30 * _HOUR
"""How long an alert is told again and again, unless the monitor says how often."""
_NEW_GROUP = 60
_SUMMING = frozenset({"sum", "count"})
_EXACT = frozenset({"min", "max", "last"})


class Term(msgspec.Struct, frozen=True):
    """One thing that Datadog is asked for."""

    query: str
    zero: bool = False
    """Whether nothing is 0."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """All of a monitor that a replay needs. Times are in seconds."""

    terms: tuple[Term, ...]
    formula: Node | None = None
    """How the terms come together after each was put together over the window; `None` for the one term itself."""
    interval: int
    """Between the points that are asked for."""
    step: int
    """Between evaluations."""
    window: int
    bucket: int
    """Of this length are the parts of the window of which a full one has all but three."""
    aggregation: str
    shift: int = 0
    """What is compared with is so long ago; 0 for no change."""
    relative: bool = False
    """Whether a change is in percent."""
    sign: str
    critical: float
    critical_recovery: float | None = None
    warning: float | None = None
    warning_recovery: float | None = None
    full_window: bool = False
    delay: int = 0
    new_group_delay: int = 0
    missing: Missing = "keep"
    missing_after: int = 0
    """Without data for so long, `missing` holds; 0 for as soon as the window has none."""
    notify_missing: bool = False
    """Whether no data is told."""
    resolve_after: int | None = None
    """Without data for so long, an alert is over."""
    retention: int = RETENTION
    remind: int | None = None
    """An alert is told again so often."""
    reminders: int = 0
    """So many times at most."""
    by: tuple[str, ...] = ()
    """The keys of its groups."""
    notify_by: tuple[str, ...] | None = None
    """The keys of groups that are told of apart; `None` for all."""

    @property
    def lead(self) -> int:
        """What has to be seen before the first evaluation, in seconds."""
        return self.window + self.delay + self.shift + self.interval


def plan(monitor: Monitor) -> Rule:
    """How to replay a monitor that is not a composite.

    Raises:
        CannotTell: it cannot be replayed faithfully.
    """
    query = parse(monitor.query)
    if query.kind != "metric" or query.sign is None or query.threshold is None:
        what = {"search": "logs, events or traces", "check": "a service check", "none": "no metric"}.get(query.kind)
        raise CannotTell(NO_METRIC, f"{monitor.label} watches {what}" if what else str(query.unread))
    if not query.value and query.changed is None:
        raise CannotTell(MODEL_NOT_REPLAYED, f"`{query.expression[:100]}` is made by a model of Datadog's own")
    options = monitor.options or Options()
    unit = _UNIT.fullmatch(query.window or "")
    if unit is None or query.seconds is None or (query.changed is not None and query.shift is None):
        raise CannotTell(WINDOW_NOT_REPLAYED, f"`{(query.window or '')[:40]}` is not a window that moves with time")
    if _given(options.scheduling_options):
        raise CannotTell(WINDOW_NOT_REPLAYED, f"{monitor.label} is evaluated by a schedule of its own")
    return _rule(query, unit[1], options)


def _rule(query: Query, unit: str, options: Options) -> Rule:
    assert query.seconds is not None and query.sign is not None and query.threshold is not None  # noqa: S101, PT018
    aggregation = query.changed or query.aggregation or "avg"
    asked = _asked(query)
    interval = _interval(query.seconds, aggregation, asked.leaves)
    _comparable(query, aggregation, interval, asked.leaves)
    thresholds = options.thresholds or Thresholds()
    # "Migrating to On Missing Data Configuration" speaks of sums and counts, "Configure Monitors" of counts.
    counted = any(leaf.counted for leaf in asked.leaves) or aggregation in _SUMMING
    zero = any(term.zero for term in asked.at(interval))
    missing, after, notify = _missing(options, query.seconds, counted=counted and not zero)
    remind = _number(options, "renotify_interval", _MINUTE)
    most = _number(options, "renotify_occurrences")
    return Rule(
        terms=asked.at(interval),
        formula=asked.formula,
        interval=interval,
        step=_step(query.seconds),
        window=query.seconds,
        bucket=_BUCKETS[unit],
        aggregation=aggregation,
        shift=query.shift or 0,
        relative=query.aggregation == "pct_change",
        sign=query.sign,
        critical=float(query.threshold),
        critical_recovery=thresholds.critical_recovery,
        warning=thresholds.warning,
        warning_recovery=thresholds.warning_recovery,
        full_window=options.require_full_window is True,
        delay=_number(options, "evaluation_delay") or 0,
        new_group_delay=_new_group_delay(options) if asked.by else 0,
        missing=missing,
        missing_after=after,
        notify_missing=notify,
        resolve_after=_number(options, "timeout_h", _HOUR) or None,
        remind=remind if remind and _reminds(options) else None,
        reminders=most if most is not None else (_REMINDED // remind if remind else 0),
        by=asked.by,
        notify_by=_notify_by(options),
    )


class _Asked(msgspec.Struct, frozen=True):
    """What is asked, before it is known how far the points are to be apart."""

    leaves: tuple[Leaf, ...]
    by: tuple[str, ...]
    expression: Any = None
    """A `Whole`, which Datadog computes."""
    formula: Node | None = None

    def at(self, interval: int) -> tuple[Term, ...]:
        if self.formula is None:
            return (Term(self.expression.at(interval), self.expression.zero),)
        return tuple(Term(leaf.at(interval), leaf.zero) for leaf in self.leaves)


def _asked(query: Query) -> _Asked:
    """The questions: one for the expression, or, where something counts, one for each metric of the arithmetic."""
    counted = any("as_count" in series.functions for series in query.series)
    try:
        if counted and len(query.series) > 1 and query.changed is None:
            node = tree(query.expression)
            found = tuple(leaves(node))
            return _Asked(found, max((leaf.by for leaf in found), key=len, default=()), formula=node)
        expression = whole(query.expression)
    except OtherFunctionError as error:
        raise CannotTell(
            FUNCTION_NOT_REPLAYED, f"`{str(error)[:60]}` depends on more than the points of the window"
        ) from None
    except NotUnderstoodError as error:
        raise CannotTell(FUNCTION_NOT_REPLAYED, f"`{query.expression[:100]}`: {error}") from None
    return _Asked(expression.leaves, expression.by, expression=expression)


def _interval(window: int, aggregation: str, found: tuple[Leaf, ...]) -> int:
    """How far apart the points are that the monitor itself sees.

    Source: "Rollup", the intervals of the API. Where points are averaged, a minute is as good as 20 seconds.
    """
    own = [leaf.interval for leaf in found if leaf.interval is not None]
    if own:
        return max(own)
    if window <= _HOUR:
        return 20 if aggregation in _EXACT or aggregation.startswith("p") else _MINUTE
    if window <= 4 * _HOUR:
        return _MINUTE
    if window <= _DAY:
        return 5 * _MINUTE
    if window <= 2 * _DAY:
        return 10 * _MINUTE
    return _HOUR if window <= 7 * _DAY else 4 * _HOUR


def _comparable(query: Query, aggregation: str, interval: int, found: tuple[Leaf, ...]) -> None:
    """Refuse what depends on how far apart points are, where nothing says how far."""
    if interval > (query.seconds or 0):
        raise CannotTell(COARSE, f"its rollup of {interval} s is longer than its window `{query.window}`")
    for leaf in found:
        if leaf.interval is not None:
            continue
        # A sum of sums is the same however it is cut up, and so is, nearly, an average of averages. Else it is not.
        summing = leaf.aggregator in _SUMMING
        if (
            summing != (aggregation == "sum")
            or aggregation == "count"
            or (summing and query.aggregation == "pct_change")
        ):
            raise CannotTell(
                COARSE, f"the {aggregation} of its window depends on how far apart points are, which nothing tells"
            )


def _step(window: int) -> int:
    """Source: "Configure Monitors", "Evaluation frequency"."""
    if window < _DAY:
        return _MINUTE
    return 10 * _MINUTE if window < 2 * _DAY else 30 * _MINUTE


def _missing(options: Options, window: int, *, counted: bool) -> tuple[Missing, int, bool]:
    """What no data does, after how long, and whether it is told.

    The newer option decides where both are there; it has no time of its own.
    """
    word = options.on_missing_data
    if word == "resolve":
        return "ok", 0, False
    if word in ("show_no_data", "show_and_notify_no_data"):
        return "no-data", 0, word == "show_and_notify_no_data"
    if word is not None and word != "default":
        raise CannotTell(ODD_OPTION, f"`on_missing_data: {word[:40]}` is a new word")
    if word == "default":
        return ("zero" if counted else "keep"), 0, False
    if not options.notify_no_data:
        return "keep", 0, False
    after = _number(options, "no_data_timeframe", _MINUTE)
    return "no-data", after or 2 * window, True


def _new_group_delay(options: Options) -> int:
    delay = _number(options, "new_group_delay")
    older = _number(options, "new_host_delay")
    return delay if delay is not None else older if older is not None else _NEW_GROUP


def _reminds(options: Options) -> bool:
    statuses = options.renotify_statuses
    return not isinstance(statuses, list) or "alert" in statuses


def _notify_by(options: Options) -> tuple[str, ...] | None:
    keys = options.notify_by
    if not isinstance(keys, list) or not keys:
        return None
    return tuple(str(key) for key in keys if key != "*")


def _given(value: Any) -> bool:
    return any(value.values()) if isinstance(value, dict) else value is not None


def _number(options: Options, name: str, unit: int = 1) -> int | None:
    """A length of time in seconds, or a number of times."""
    value = getattr(options, name)
    if isinstance(value, str) and value.isdecimal():  # as some files have it
        value = int(value[:10])
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e7:
        raise CannotTell(ODD_OPTION, f"`{name}` is `{str(value)[:40]}`")
    return int(value * unit)
