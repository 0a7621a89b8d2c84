"""The rule over a window of the past: what Prometheus had then, and what its rule manager would have made of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from loopcheck.checker import CannotTell, Unseen, World
from loopcheck.reasons import NO_INCIDENT_TIME
from loopcheck.replay import EARLY, Curve, Firing, Replay, Threshold, Window, episodes
from loopcheck_checks.prometheus_alert.definition import expression_of
from loopcheck_checks.prometheus_alert.manifest import (
    FUTURE_WINDOW,
    UNFAITHFUL,
    PrometheusAlertExpectation,
    Replayed,
    SeenRule,
)
from loopcheck_checks.systems.prometheus import Expression, Live, Matcher, Selector
from loopcheck_checks.systems.prometheus.replaying import Evaluations, Labels, named, present_of, replay

_MOST_CURVES = 20
_MONTH = timedelta(days=30)
_COVERAGE_STEPS = 200


def window_of(expect: PrometheusAlertExpectation, world: World) -> Window:
    """The window that is to be replayed.

    Raises:
        CannotTell: nobody wrote down when the incident was, or the window has not passed.
    """
    if expect.window is not None:
        window = Window(expect.window.start.at, expect.window.end.at)
    else:
        incident = world.incident
        if incident is None or incident.started is None:
            raise CannotTell(NO_INCIDENT_TIME, "it is not written down when the incident started")
        last = max(incident.started, incident.detected or incident.started) + timedelta(hours=1)
        window = Window(incident.started, incident.resolved or last)
        if window.end <= window.start or window.end - window.start > timedelta(days=31):
            raise CannotTell(NO_INCIDENT_TIME, "the incident's end is before its start, or more than 31 days after it")
    if window.start >= world.now:
        raise CannotTell(FUTURE_WINDOW, f"the window begins at {window.start:%Y-%m-%d %H:%M} UTC")
    return Window(window.start, min(window.end, world.now))


def look_back(expect: PrometheusAlertExpectation, rule: Past, window: Window, world: World) -> Replayed:
    """Replay a rule over the window that proves it, and over the time around it.

    Raises:
        CannotTell: it cannot be replayed faithfully, or Prometheus did not answer.
    """
    span = expect.at_most.span if expect.at_most is not None else _MONTH
    around = around_of(window, span, world)
    wide = world.attempt(lambda: rule.replayed(window, around))
    unheard = wide if isinstance(wide, Unseen) else None
    return Replayed(
        source=f"{rule.server.url}/graph",
        replay=rule.replayed(window, None) if isinstance(wide, Unseen) else wide,
        silent=rule.silent(window),
        gap=rule.uncovered(window),
        recorded=world.attempt(lambda: rule.recorded(window)),
        unheard=unheard,
        uncovered=0.0 if unheard is not None else rule.uncovered(around),
    )


def past_of(seen: SeenRule, server: Live, world: World) -> Past:
    """A rule, to be replayed.

    Raises:
        CannotTell: it cannot be replayed faithfully.
    """
    expression = expression_of(seen)
    if expression is None:
        raise CannotTell(UNFAITHFUL, "its expression cannot be read")
    if seen.rule.labels_follow_value:
        raise CannotTell(UNFAITHFUL, "a label of the rule follows the value, which makes another alert of it each time")
    return Past(seen, expression, server, _interval(seen, server, world))


def _interval(seen: SeenRule, server: Live, world: World) -> float:
    """Seconds between evaluations, as the rule's group says, or Prometheus, or by default."""
    if seen.rule.interval:
        return seen.rule.interval
    settings = world.attempt(server.settings)
    if isinstance(settings, Unseen):
        raise CannotTell(UNFAITHFUL, f"how often the rule is evaluated cannot be told: {settings.message}")
    return settings.interval


def around_of(window: Window, span: timedelta, world: World) -> Window:
    """The stretch of length `span` around a window, or before it where it would reach into the future."""
    wide = window.around(span)
    late = max(timedelta(), wide.end - world.now)
    return Window(wide.start - late, wide.end - late)


class Past:
    """A rule with the Prometheus that knows what it would have seen."""

    def __init__(self, seen: SeenRule, expression: Expression, server: Live, interval: float) -> None:
        self.rule = seen.rule
        self.server = server
        self._expression = expression
        self._interval = interval

    @property
    def selectors(self) -> tuple[Selector, ...]:
        """What its expression reads."""
        return self._expression.selectors

    def steps(self, window: Window) -> Evaluations:
        """The evaluations of a window, with as many before it as its state at the beginning depends on."""
        lead = self.rule.hold + 2 * self.rule.keep + 10 * self._interval + EARLY.total_seconds()
        return _evaluations(window.start.timestamp() - lead, window.end.timestamp(), self._interval)

    def _values(self, query: str, steps: Evaluations) -> Mapping[Labels, list[int]]:
        shifted = msgspec.structs.replace(steps, start=steps.start - self.rule.offset)
        return {labels: present_of(held, shifted) for labels, held in self.server.matrix(query, shifted).items()}

    def firings(self, steps: Evaluations) -> tuple[Firing, ...]:
        """When its alerts would have fired."""
        return replay(self.present(steps), steps, self.rule.hold, self.rule.keep)

    def present(self, steps: Evaluations) -> Mapping[Labels, Sequence[int]]:
        """At which evaluations each of its alerts has a result, by the labels that the rule does not set itself."""
        results = self._values(self.rule.expr, steps)
        alerts: dict[Labels, Sequence[int]] = {}
        for labels, present in results.items():
            own = tuple(sorted({**dict(labels), **self.rule.fixed_labels}.items()))
            if own in alerts and not set(alerts[own]).isdisjoint(present):
                raise CannotTell(UNFAITHFUL, f"two of its results become one alert, {named(own)[:200]}")
            alerts[own] = sorted({*alerts.get(own, ()), *present})
        if self.rule.limit and len(alerts) > self.rule.limit:
            raise CannotTell(UNFAITHFUL, f"it has more alerts than the limit of its group, {self.rule.limit}")
        return {_without(own, self.rule.fixed_labels): present for own, present in alerts.items()}

    def replayed(self, window: Window, around: Window | None) -> Replay:
        """The rule over a window, with what else fires in the stretch around it."""
        told = around or window
        near = self.steps(window)
        fired = self.firings(self.steps(told))
        return Replay(
            rule=f"{self.rule.alert}: {' '.join(self.rule.expr.split())[:300]}",
            window=window,
            step=self._interval,
            firings=tuple(one for one in fired if one.start <= told.end and (not one.end or one.end > told.start)),
            curves=self.curves(near, window),
            thresholds=self.thresholds(),
            notes=self.notes(),
            around=around,
        )

    def curves(self, steps: Evaluations, window: Window) -> tuple[Curve, ...]:
        """What was compared within the window, where the expression compares something with a number."""
        if self._expression.compared is None:
            return ()
        first = max(0, steps.number(window.start.timestamp()))
        inside = Evaluations(steps.time(first) - self.rule.offset, steps.step, steps.count - first)
        out = []
        for labels, held in sorted(self.server.matrix(self._expression.compared, inside).items())[:_MOST_CURVES]:
            values: list[float | None] = [None] * inside.count
            for time, value in held:
                values[inside.number(time)] = value if math.isfinite(value) else None
            times = tuple(inside.time(number) + self.rule.offset for number in range(inside.count))
            out.append(Curve(times, tuple(values), named(labels)))
        return tuple(out)

    def thresholds(self) -> tuple[Threshold, ...]:
        """The line that the expression draws."""
        condition = self._expression.condition
        return () if condition is None else (Threshold(float(condition.bound), condition.sign),)

    def notes(self) -> tuple[str, ...]:
        """How the replay may differ from what Prometheus would have done."""
        recorded = sorted(name for name in self._expression.metrics if ":" in name)
        return tuple(f"It reads {name}, as a rule recorded it then." for name in recorded)

    def recorded(self, window: Window) -> tuple[Firing, ...]:
        """When Prometheus recorded the alert as firing, by whatever rule it had of that name then."""
        steps = self.steps(window)
        chosen = Selector("ALERTS", (Matcher("alertname", "=", self.rule.alert), Matcher("alertstate", "=", "firing")))
        found = {labels: present_of(held, steps) for labels, held in self.server.matrix(str(chosen), steps).items()}
        return tuple(
            one
            for one in episodes(replay(found, steps, 0, 0))
            if one.start <= window.end and (one.end is None or one.end > window.start)
        )

    def silent(self, window: Window) -> tuple[str, ...]:
        """What it reads, and of which there are no samples in the window."""
        needed = [one for one in self._expression.selectors if not one.optional]
        coarse = _coarse(window)
        if not needed:
            return () if self.server.matrix("count(up)", coarse) else ("up",)
        return tuple(str(one) for one in needed if not self.server.matrix(f"count({one})", coarse))

    def uncovered(self, around: Window) -> float:
        """The share of a stretch of which there are no samples at all, neither of what it reads nor of `up`."""
        coarse = _coarse(around)
        query = " or ".join(["count(up)", *(f"count({one})" for one in self._expression.selectors)])
        there = {number for held in self.server.matrix(query, coarse).values() for number in present_of(held, coarse)}
        return 1 - len(there) / coarse.count


def _evaluations(start: float, end: float, step: float) -> Evaluations:
    """Evaluations at multiples of the step, from the last before `start` to the last before `end`."""
    first, last = math.floor(start / step), math.floor(end / step)
    return Evaluations(first * step, step, max(1, last - first + 1))


def _coarse(window: Window) -> Evaluations:
    start, end = window.start.timestamp(), window.end.timestamp()
    step = max(60.0, (end - start) / _COVERAGE_STEPS)
    return Evaluations(start, step, max(1, math.floor((end - start) / step) + 1))


def _without(labels: Labels, fixed: Mapping[str, str]) -> Labels:
    return tuple((name, value) for name, value in labels if fixed.get(name) != value)
