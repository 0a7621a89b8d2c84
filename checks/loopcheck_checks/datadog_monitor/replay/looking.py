"""Replay a monitor: ask for the samples, evaluate, and put down when it would have fired.

The only part of a replay that asks anybody anything. What it returns is plain data of a bounded size, whatever the
number of groups and the length of the time.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np

from loopcheck.checker import CannotTell, World
from loopcheck.replay import EARLY, Curve, Firing, History, Replay, Threshold, Window, clock
from loopcheck_checks.datadog_monitor.manifest import (
    BEYOND_RETENTION,
    COARSE,
    NO_METRIC,
    NO_SAMPLES,
    WINDOW_TOO_LONG,
    Replayed,
    SeenMonitor,
)
from loopcheck_checks.datadog_monitor.query import parse
from loopcheck_checks.datadog_monitor.replay import composite
from loopcheck_checks.datadog_monitor.replay.evaluate import NO_POINTS, Evaluated, Floats, Points, evaluate
from loopcheck_checks.datadog_monitor.replay.groups import Group, concerns
from loopcheck_checks.datadog_monitor.replay.history import Told, history
from loopcheck_checks.datadog_monitor.replay.plan import Rule, plan
from loopcheck_checks.datadog_monitor.replay.states import ALERT, NO_DATA, array_of, spells, spells_of
from loopcheck_checks.systems.datadog import Monitor
from loopcheck_checks.systems.datadog.timeseries import Ask, Series, fetch, pieces

_RETENTION = timedelta(days=456)
"""Datadog keeps samples for 15 months."""
_LONGEST = timedelta(days=31)
_SETTLING = 2 * 3600
"""Evaluations before those that count, in seconds, so that an alert that was on is on."""
_MINUTE = 60
_CURVES = 5
_CURVE = 1440
"""Points of a curve."""
_NOTES: tuple[str, ...] = ("samples that came late then are there now",)


class _Stretch(msgspec.Struct, frozen=True):
    """What is replayed: the window that is asked about, and all that firings are told of."""

    window: Window
    whole: Window

    @property
    def begin(self) -> float:
        return self.whole.start.timestamp() - EARLY.total_seconds() - _SETTLING

    def grid(self, step: int) -> Floats:
        """When evaluations are: at whole multiples of their distance."""
        first = math.ceil(self.begin / step)
        last = math.floor(self.whole.end.timestamp() / step)
        return np.arange(first, last + 1, dtype=np.float64) * step


def look(
    seen: SeenMonitor,
    parts: Mapping[int, Monitor],
    window: Window,
    world: World,
    *,
    per: timedelta | None = None,
    scope: Iterable[str] = (),
    ran: bool = True,
) -> Replayed:
    """Replay a monitor.

    Args:
        seen: the monitor.
        parts: the monitors that a composite is made of, by id.
        window: the time that is asked about.
        world: what to look through.
        per: in how long a time around the window other firings are counted; `None` for the window alone.
        scope: the tags that matter; groups with other values of them are left out.
        ran: whether Datadog has it as it is here, so that it can be compared with what it did.

    Raises:
        CannotTell: it cannot be replayed, or its samples could not be had.
    """
    stretch = _stretch(window, per, world.now)
    query = parse(seen.monitor.query)
    made_of = [parts[number] for number in query.parts if number in parts]
    if query.kind == "composite":
        rule, step, groups = None, _MINUTE, _of_composite(seen.monitor, query.parts, parts, stretch, world)
        notes, no_data = _NOTES, bool(seen.monitor.options and seen.monitor.options.notify_no_data)
    else:
        rule, groups, notes = _of_one(plan(seen.monitor), stretch, world)
        step, no_data = rule.step, rule.notify_missing
    groups = [group for group in groups if concerns(group.tags, scope)]
    grid = stretch.grid(step)
    inside = (grid >= stretch.window.start.timestamp()) & (grid <= stretch.window.end.timestamp())
    there = [int(np.count_nonzero(group.measured & inside)) for group in groups]
    firings = sorted(_firings(groups, grid, rule, no_data=no_data), key=lambda one: (one.start, one.group))
    since = stretch.whole.start - EARLY
    shown = tuple(one for one in firings if one.start <= stretch.whole.end and (one.end is None or one.end > since))
    if not any(there) and not any(one.start >= since for one in shown):
        raise CannotTell(NO_SAMPLES, f"{seen.monitor.label} had nothing to compare in the window")
    began = _first(groups, grid)
    if began is not None and began > stretch.whole.start:
        notes = (*notes, f"nothing was measured before {clock(began)}")
    replay = Replay(
        rule=" ".join(seen.monitor.query.split())[:300],
        window=stretch.window,
        step=step,
        firings=shown,
        curves=() if rule is None else _curves(rule, groups, grid, inside),
        thresholds=() if rule is None else _thresholds(rule),
        notes=notes,
        around=stretch.whole if per is not None else None,
    )
    if replay.caught is None and window.end > world.now:
        raise CannotTell(BEYOND_RETENTION, f"the window lasts until {clock(window.end)}, and may still see it fire")
    if ran:
        told = Told(groups, grid, step, no_data, rule)
        replay = _remembered(replay, history(seen, made_of, told, stretch.whole, world, tuple(scope)))
    return Replayed(monitor=seen.monitor.id or 0, replay=replay, evaluations=max(there, default=0), source=seen.source)


def _remembered(replay: Replay, found: History) -> Replay:
    """A replay with what really happened; in its notes, where that could not be compared."""
    notes = replay.notes if found.stretch is not None else (*replay.notes, found.said)
    return msgspec.structs.replace(replay, history=found, notes=notes)


def _first(groups: Sequence[Group], grid: Floats) -> datetime | None:
    """The first evaluation that had something to compare."""
    found = [grid[places[0]] for group in groups if len(places := np.flatnonzero(group.measured))]
    return datetime.fromtimestamp(min(found), UTC) if found else None


def _stretch(window: Window, per: timedelta | None, now: datetime) -> _Stretch:
    """The stretch to replay, in the past and in what Datadog keeps."""
    if window.end - window.start > _LONGEST:
        raise CannotTell(WINDOW_TOO_LONG, f"it is longer than {_LONGEST.days} days")
    if window.start >= now or window.start < now - _RETENTION + timedelta(days=1):
        raise CannotTell(BEYOND_RETENTION, f"the window begins at {window.start.isoformat()}")
    window = Window(window.start, min(window.end, now))
    if per is None:
        return _Stretch(window, window)
    around = window.around(per)
    # What would lie in the future is looked at in the past instead.
    late = max(timedelta(), around.end - now)
    start = max(around.start - late, now - _RETENTION + timedelta(days=1))
    return _Stretch(window, Window(start, around.end - late))


def _of_one(rule: Rule, stretch: _Stretch, world: World) -> tuple[Rule, list[Group], tuple[str, ...]]:
    """The groups of a monitor, replayed, with the rule as it turned out."""
    grid = stretch.grid(rule.step)
    asked = [
        pieces(term.query, rule.interval, stretch.begin - rule.lead, stretch.whole.end.timestamp(), world.now)
        for term in rule.terms
    ]
    answers = fetch(world, [ask for asks in asked for ask in asks])
    notes = _NOTES
    coarsest = max((series.interval for found in answers.values() for series in found), default=rule.interval)
    if coarsest > rule.interval:
        if coarsest * 5 > rule.window:
            raise CannotTell(
                COARSE, f"Datadog gives a point each {coarsest:g} s only, and the window is of {rule.window} s"
            )
        notes = (*notes, f"Datadog gave a point each {coarsest:g} s, where {rule.interval} s were asked for")
        rule = msgspec.structs.replace(rule, interval=int(coarsest))
    if rule.aggregation.startswith("p"):
        notes = (*notes, "a percentile is taken of the points of the window, not of all that was measured in it")
    since = min((ask.start for asks in asked for ask in asks), default=0)
    until = max((ask.end for asks in asked for ask in asks), default=0)
    terms = [_joined(answers, asks) for asks in asked]
    groups = []
    for tags in _groups(rule, terms):
        points = [_of_group(term, tags) for term in terms]
        evaluated: Evaluated = evaluate(rule, points, grid, since, until)
        compared = np.where(evaluated.full & ~evaluated.new, evaluated.values, np.nan)
        groups.append(Group(tags, spells(rule, evaluated), compared, ~np.isnan(evaluated.values)))
    return rule, groups, notes


def _joined(answers: Mapping[Ask, Sequence[Series]], asks: Sequence[Ask]) -> dict[tuple[str, ...], Points]:
    """The samples of one query, by group, its pieces one after the other."""
    parts: dict[tuple[str, ...], list[Series]] = defaultdict(list)
    for ask in asks:
        for series in answers[ask]:
            parts[series.tags].append(series)
    return {
        tags: Points(np.concatenate([one.times for one in found]), np.concatenate([one.values for one in found]))
        for tags, found in parts.items()
    }


def _groups(rule: Rule, terms: Sequence[Mapping[tuple[str, ...], Points]]) -> list[tuple[str, ...]]:
    """The groups of a monitor: those of the terms that have the most keys."""
    if not rule.by:
        return [()]
    found = {tags for term in terms for tags in term}
    longest = max((len(tags) for tags in found), default=0)
    return sorted(tags for tags in found if len(tags) == longest)


def _of_group(term: Mapping[tuple[str, ...], Points], tags: tuple[str, ...]) -> Points:
    """The samples of a group; of a term with fewer keys, those that have its values."""
    if tags in term:
        return term[tags]
    wanted = set(tags)
    return next((points for key, points in term.items() if set(key) < wanted), NO_POINTS)


def _of_composite(
    monitor: Monitor, numbers: Sequence[int], parts: Mapping[int, Monitor], stretch: _Stretch, world: World
) -> list[Group]:
    grid = stretch.grid(_MINUTE)
    try:
        condition = composite.composed(monitor.query)
    except composite.NotComposedError:
        raise CannotTell(NO_METRIC, f"{monitor.label} is a composite of no form that is known") from None
    found: dict[int, composite.Grouped] = {}
    for number in numbers:
        if number not in parts or parse(parts[number].query).kind == "composite":
            raise CannotTell(NO_METRIC, f"{monitor.label} is made of monitor {number}, which cannot be replayed")
        rule, groups, _ = _of_one(plan(parts[number]), stretch, world)
        own = stretch.grid(rule.step)
        last = np.searchsorted(own, grid, side="right") - 1
        found[number] = {
            group.tags: np.where(last >= 0, array_of(group.spells, len(own))[np.maximum(last, 0)], 0).astype(np.uint8)
            for group in groups
        }
    notify = bool(monitor.options and monitor.options.notify_no_data)
    states = composite.states(condition, found, notify_no_data=notify)
    return [
        Group(tags, spells_of(array), array.astype(np.float64), array > 0) for tags, array in sorted(states.items())
    ]


def _firings(groups: Sequence[Group], grid: Floats, rule: Rule | None, *, no_data: bool) -> list[Firing]:
    """Each alert, per group or for those that are told of together."""
    by_name: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for group in groups:
        name = ",".join(_told_of(group.tags, rule))
        for spell in group.spells:
            if spell.state == ALERT or (spell.state == NO_DATA and no_data):
                end = grid[spell.end] if spell.end < len(grid) else math.inf
                by_name[name].append((grid[spell.begin], end, "no data" if spell.state == NO_DATA else ""))
    apart = rule is None or rule.notify_by is None
    return [
        _firing(name, *one, rule=rule)
        for name, found in by_name.items()
        for one in (found if apart else _overlapping(found))
    ]


def _told_of(tags: tuple[str, ...], rule: Rule | None) -> tuple[str, ...]:
    if rule is None or rule.notify_by is None:
        return tags
    return tuple(tag for tag in tags if tag.partition(":")[0] in rule.notify_by)


def _overlapping(found: Iterable[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    """Alerts of several groups that are told of as one: from the first that begins to the last that ends."""
    out: list[tuple[float, float, str]] = []
    for begin, end, because in sorted(found):
        if out and begin <= out[-1][1]:
            first, last, why = out[-1]
            out[-1] = (first, max(last, end), why)
        else:
            out.append((begin, end, because))
    return out


def _firing(group: str, begin: float, end: float, because: str, *, rule: Rule | None) -> Firing:
    repeats = 0
    if rule is not None and rule.remind and math.isfinite(end):
        repeats = min(rule.reminders, int((end - begin) // rule.remind))
    over = datetime.fromtimestamp(end, UTC) if math.isfinite(end) else None
    return Firing(datetime.fromtimestamp(begin, UTC), over, group, because, repeats)


def _thresholds(rule: Rule) -> tuple[Threshold, ...]:
    named = {"critical": rule.critical, "warning": rule.warning, "recovery": rule.critical_recovery}
    return tuple(Threshold(value, rule.sign, name) for name, value in named.items() if value is not None)


def _curves(rule: Rule, groups: Sequence[Group], grid: Floats, inside: np.ndarray) -> tuple[Curve, ...]:
    """What was compared in the window, of the groups that came nearest to firing, or went farthest beyond."""
    upwards = not rule.sign.startswith("<")
    ranked: list[tuple[float, Group, Floats]] = []
    for group in groups:
        values = group.values[inside]
        there = values[~np.isnan(values)]
        if len(there):
            ranked.append((-there.max() if upwards else there.min(), group, values))
    ranked.sort(key=lambda one: (one[0], one[1].tags))
    times = grid[inside]
    return tuple(_curve(group.tags, times, values, upwards=upwards) for _, group, values in ranked[:_CURVES])


def _curve(tags: tuple[str, ...], times: Floats, values: Floats, *, upwards: bool) -> Curve:
    """A curve of a bounded number of points, of which each is the extreme of those that it stands for."""
    width = -(-len(values) // _CURVE)
    if width > 1:
        worst = -np.inf if upwards else np.inf
        filled = np.append(np.where(np.isnan(values), worst, values), [worst] * (-len(values) % width))
        parts = filled.reshape(-1, width)
        chosen = (parts.argmax(axis=1) if upwards else parts.argmin(axis=1)) + np.arange(len(parts)) * width
        times, values = times[chosen], values[chosen]
    told = tuple(None if math.isnan(value) else value for value in values.tolist())
    return Curve(tuple(times.tolist()), told, ",".join(tags))
