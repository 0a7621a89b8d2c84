"""What follows from a monitor's definition: is it the alarm that was promised? Pure.

A threshold is compared only where it is a threshold on the declared metric. `avg:x{*} * 100 > 90`, a forecast, or a
sum over a window of a gauge is not known to fire whenever `x > 30`, and is not guessed at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from loopcheck.checker import Claim, Evidence
from loopcheck.quantities import Comparison, Quantity
from loopcheck.reasons import NOT_JUDGED
from loopcheck_checks.datadog_monitor.manifest import (
    AGGREGATES,
    COVERS_SCOPE,
    EARLY_RECOVERY,
    FOUND,
    HANDLES_NO_DATA,
    LONGER_WINDOW,
    LOOSER_THRESHOLD,
    NARROWER_SCOPE,
    OTHER_AGGREGATION,
    OTHER_DIRECTION,
    OTHER_NO_DATA,
    OTHER_SCOPE,
    RECOVERS,
    SOON_ENOUGH,
    STRICT_ENOUGH,
    THRESHOLDS_DISAGREE,
    Aggregation,
    DatadogMonitorExpectation,
    NoData,
    SeenMonitor,
)
from loopcheck_checks.datadog_monitor.query import Query, normalised, parse
from loopcheck_checks.systems.datadog import Monitor, Thresholds, tags


def judge_definition(expect: DatadogMonitorExpectation, seen: SeenMonitor) -> list[Claim]:
    """The claims on `exists` that the declaration asks for, beside that the monitor was found."""
    asked: list[tuple[object, Callable[[DatadogMonitorExpectation, Monitor, Query, Evidence], Claim]]] = [
        (expect.scope_tags, _scope),
        (expect.fires_when, _strict),
        (expect.within, _window),
        (expect.aggregation, _aggregation),
        (expect.recovers_when, _recovery),
        (expect.no_data, _no_data),
    ]
    monitor = seen.monitor
    query = parse(monitor.query)
    here = seen.evidence(f"query: {' '.join(monitor.query.split())[:300]}")
    if expect.metric is not None and uses_metric(monitor, query, expect.metric) is None:
        why = query.unread or "it mentions the metric in a form that is not compared"
        return [FOUND.unknown(NOT_JUDGED, f"{monitor.label} may be the one: {why}", here)]
    return [judge(expect, monitor, query, here) for wanted, judge in asked if wanted]


def _scope(expect: DatadogMonitorExpectation, monitor: Monitor, query: Query, here: Evidence) -> Claim:
    wanted = ", ".join(expect.scope_tags)
    if query.kind == "check":
        return COVERS_SCOPE.unknown(NOT_JUDGED, "the scope of a service check is not compared", here)
    if not query.series:
        return COVERS_SCOPE.unknown(NOT_JUDGED, f"{_form(monitor, query)} has no filter of tags to compare", here)
    combinations = tags.series_of(expect.scope_tags)
    if combinations is None:
        return COVERS_SCOPE.unknown(NOT_JUDGED, "the declared scope has too many combinations", here)
    worst: Claim | None = None
    for series in query.series:
        claim = _one_scope(series.filter, combinations, wanted, here)
        if expect.metric is not None and series.metric != expect.metric and claim.reason is not None:
            # A divisor or another summand with another filter: what the whole then watches is not known.
            claim = COVERS_SCOPE.unknown(
                NOT_JUDGED, f"`{series.metric}` in the same query is filtered by `{series.filter[:100]}`", here
            )
        if worst is None or worst.outcome < claim.outcome:
            worst = claim
    return worst or COVERS_SCOPE.unknown(NOT_JUDGED, None, here)


def _one_scope(text: str, combinations: list[dict[str, str]], wanted: str, here: Evidence) -> Claim:
    expression = tags.parse(text)
    if expression is None:
        return COVERS_SCOPE.unknown(NOT_JUDGED, f"the filter `{text[:100]}` is not of a form that is known", here)
    found = [tags.holds(expression, known) for known in combinations]
    if all(found):
        return COVERS_SCOPE.holds(f"`{text[:100]}` covers {wanted}", here)
    if False in found:
        return COVERS_SCOPE.fails(OTHER_SCOPE, f"it watches `{text[:100]}`, not {wanted}", here)
    if tags.is_vague(expression):
        return COVERS_SCOPE.unknown(NOT_JUDGED, f"what `{text[:100]}` leaves out of {wanted} cannot be told", here)
    return COVERS_SCOPE.fails(NARROWER_SCOPE, f"it watches only `{text[:100]}` of {wanted}", here)


def _strict(expect: DatadogMonitorExpectation, monitor: Monitor, query: Query, here: Evidence) -> Claim:
    wanted = expect.fires_when
    if wanted is None or query.sign is None or query.threshold is None:
        return STRICT_ENOUGH.unknown(NOT_JUDGED, f"{_form(monitor, query)} has no threshold to compare", here)
    critical = (monitor.options.thresholds if monitor.options else None) or Thresholds()
    if critical.critical is not None and critical.critical != float(query.threshold):
        return STRICT_ENOUGH.unknown(
            THRESHOLDS_DISAGREE,
            f"the query says {float(query.threshold):g} and the options say {critical.critical:g}",
            here,
        )
    alarm = Comparison(query.sign, Quantity(query.threshold))
    if doubt := _incomparable(expect, query):
        return STRICT_ENOUGH.unknown(NOT_JUDGED, f"it fires when {doubt} {alarm}, which is not `{wanted}`", here)
    if wanted.upwards is not None and alarm.upwards is not None and wanted.upwards is not alarm.upwards:
        return STRICT_ENOUGH.fails(OTHER_DIRECTION, f"it fires when `{alarm}`, not when `{wanted}`", here)
    if wanted.implied_by_firing(alarm):
        return STRICT_ENOUGH.holds(f"it fires when `{alarm}`, and so whenever `{wanted}`", here)
    if wanted.upwards is None or alarm.upwards is None:
        return STRICT_ENOUGH.unknown(NOT_JUDGED, f"`{alarm}` and `{wanted}` cannot be compared", here)
    return STRICT_ENOUGH.fails(LOOSER_THRESHOLD, f"it fires when `{alarm}`, which is later than `{wanted}`", here)


def _incomparable(expect: DatadogMonitorExpectation, query: Query) -> str | None:
    """What is compared with the threshold, where that is not the value that the author speaks of."""
    if not query.value:
        return "a forecast, a change or a share of anomalous points is"
    if expect.query is not None:
        return None  # the author wrote the very expression
    if expect.metric is not None:
        if not query.plain or query.kind != "metric":
            return f"`{query.expression[:100]}` is"
        counted = any("as_count" in series.functions for series in query.series)
        if query.aggregation == "sum" and not counted and expect.aggregation is not Aggregation.SUM:
            return "the sum over the window is"
    return _diluted(expect, query)


def _diluted(expect: DatadogMonitorExpectation, query: Query) -> str | None:
    """What is compared, where it mixes the declared scope with others.

    The average over all environments stays low while production's is high. Where there are groups, or the highest
    of all is taken, what is in the scope shows.
    """
    upwards = {">": "max", ">=": "max", "<": "min", "<=": "min"}.get(query.sign or "")
    declared = tags.series_of(expect.scope_tags)
    for series in query.series:
        expression = tags.parse(series.filter)
        if declared is None or expression is None or series.by or series.space == upwards:
            continue
        own = tags.plain_tags(expression) or {}
        if any(not known.items() <= own.items() for known in declared):
            return f"the {series.space or 'average'} over all of `{series.filter[:100]}` is"
    return None


def _window(expect: DatadogMonitorExpectation, monitor: Monitor, query: Query, here: Evidence) -> Claim:
    wanted = expect.within
    if wanted is None or query.seconds is None or not query.value:
        return SOON_ENOUGH.unknown(NOT_JUDGED, f"{_form(monitor, query)} has no window to compare", here)
    if query.seconds <= wanted.delta.total_seconds():
        return SOON_ENOUGH.holds(f"it looks at `{query.window}`", here)
    return SOON_ENOUGH.fails(LONGER_WINDOW, f"it looks at `{query.window}`, longer than {wanted}", here)


_BY_SIZE = ("min", "avg", "max")
"""Aggregations of which each is at least as large as the one before, whatever the data."""


def _aggregation(expect: DatadogMonitorExpectation, monitor: Monitor, query: Query, here: Evidence) -> Claim:
    wanted = expect.aggregation
    found = query.aggregation
    if wanted is None or found is None or not query.value:
        return AGGREGATES.unknown(NOT_JUDGED, f"{_form(monitor, query)} has no aggregation to compare", here)
    if found == wanted.value:
        return AGGREGATES.holds(f"it takes the {found} of its window", here)
    upwards = {">": True, ">=": True, "<": False, "<=": False}.get(query.sign or "")
    extremes = ("min", "max") if upwards else ("max", "min")
    comparable = found in (*_BY_SIZE, "last") and wanted.value in (*_BY_SIZE, "last") and upwards is not None
    if comparable and (found == extremes[1] or wanted.value == extremes[0]):
        return AGGREGATES.holds(f"it takes the {found} of its window, which fires before the {wanted.value}", here)
    if comparable and (found == extremes[0] or wanted.value == extremes[1]):
        return AGGREGATES.fails(
            OTHER_AGGREGATION, f"it takes the {found} of its window, which fires later than the {wanted.value}", here
        )
    return AGGREGATES.unknown(NOT_JUDGED, f"{found} and {wanted.value} of a window cannot be compared", here)


def _recovery(expect: DatadogMonitorExpectation, monitor: Monitor, query: Query, here: Evidence) -> Claim:
    wanted = expect.recovers_when
    alarm = {">": True, ">=": True, "<": False, "<=": False}.get(query.sign or "")
    thresholds = monitor.options.thresholds if monitor.options else None
    if wanted is None or wanted.upwards is None or alarm is None or not query.value:
        return RECOVERS.unknown(NOT_JUDGED, f"{_form(monitor, query)} has no recovery to compare", here)
    if wanted.upwards is alarm:
        return RECOVERS.fails(
            OTHER_DIRECTION, f"it fires when `{query.sign}`, and cannot recover when `{wanted}`", here
        )
    if _incomparable(expect, query):
        return RECOVERS.unknown(NOT_JUDGED, f"`{query.expression[:100]}` is not compared with the metric's value", here)
    recovery = thresholds.critical_recovery if thresholds else None
    at = Fraction(recovery) if recovery is not None and abs(recovery) < 1e300 else query.threshold
    if at is None:
        return RECOVERS.unknown(NOT_JUDGED, None, here)
    early = at > wanted.bound.amount if alarm else at < wanted.bound.amount
    said = f"it recovers at {float(at):g}" + ("" if recovery is not None else ", having no recovery threshold")
    if early:
        return RECOVERS.fails(EARLY_RECOVERY, f"{said}, which is before `{wanted}`", here)
    return RECOVERS.holds(said, here)


_ON_MISSING_DATA = {
    "show_and_notify_no_data": NoData.NOTIFY,
    "show_no_data": NoData.IGNORED,
    "default": NoData.IGNORED,
    "resolve": NoData.RESOLVE,
}


def _no_data(expect: DatadogMonitorExpectation, monitor: Monitor, query: Query, here: Evidence) -> Claim:
    del query
    options = monitor.options
    # The newer option decides where both are there; Datadog answers `notify_no_data: false` beside it.
    word = options.on_missing_data if options else None
    if word is not None:
        found = _ON_MISSING_DATA.get(word)
        said = f"on_missing_data is `{word[:40]}`"
    else:
        notify = options.notify_no_data if options else None
        found = NoData.NOTIFY if notify else NoData.IGNORED
        said = f"notify_no_data is {'true' if notify else 'false'}"
    if found is None:
        return HANDLES_NO_DATA.unknown(NOT_JUDGED, said, here)
    silent = expect.no_data is NoData.IGNORED and found is NoData.RESOLVE
    if found is expect.no_data or silent:
        return HANDLES_NO_DATA.holds(said, here)
    return HANDLES_NO_DATA.fails(OTHER_NO_DATA, f"{said}, and `{expect.no_data}` was declared", here)


def _form(monitor: Monitor, query: Query) -> str:
    """What kind of monitor this is, for messages."""
    if query.kind == "unknown":
        return f"its query is not understood ({query.unread}), so it"
    names = {"none": "a synthetic test", "composite": "a composite", "check": "a service check"}
    return names.get(query.kind, f"a monitor of the type `{monitor.type[:40]}` as this one")


def fits(expect: DatadogMonitorExpectation, monitor: Monitor) -> bool:
    """Whether a monitor fits all that the declaration selects by."""
    return all(_selects(expect, monitor))


def _selects(expect: DatadogMonitorExpectation, monitor: Monitor) -> Iterator[bool]:
    query = parse(monitor.query)
    if expect.name is not None:
        yield folded(monitor.name) == folded(expect.name)
    if expect.monitor_tags:
        yield set(expect.monitor_tags) <= {tag.casefold() for tag in monitor.tags or ()}
    if expect.metric is not None:
        yield uses_metric(monitor, query, expect.metric) is not False
    if expect.query is not None:
        wanted = normalised(expect.query)
        yield wanted in (query.text, query.expression)


def uses_metric(monitor: Monitor, query: Query, metric: str) -> bool | None:
    """Whether a metric is in a query; `None` where the query is not understood, and may have it."""
    if query.kind == "metric":
        return any(series.metric == metric for series in query.series)
    if query.kind == "unknown":
        return None if metric in monitor.query else False
    # A formula names its queries, and says elsewhere what they are.
    mentioned = False
    for variable in (monitor.options.variables if monitor.options else None) or ():
        text = variable.get("query")
        if variable.get("data_source") == "metrics" and isinstance(text, str):
            inner = parse(f"avg(last_1m):{text} > 0")
            if inner.kind == "metric":
                if any(series.metric == metric for series in inner.series):
                    return True
                continue
        mentioned = mentioned or any(metric in text for text in _texts(variable, 0))
    return None if mentioned else False


def _texts(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and depth < 5:
        for inner in value.values():
            yield from _texts(inner, depth + 1)
    elif isinstance(value, list) and depth < 5:
        for inner in value:
            yield from _texts(inner, depth + 1)


def folded(name: str) -> str:
    """A name for comparing: Datadog keeps blanks at the end of one, and people do not."""
    return " ".join(name.split()).casefold()
