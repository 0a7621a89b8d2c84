"""What Prometheus's rule manager would have made of an expression's results: the states of alerts, step by step.

The same machine as in Prometheus's `rules/alerting.go`: a result with new labels is pending from its first
evaluation; it fires once it has been there, at every evaluation, for `for`; when it is gone it goes on firing for
`keep_firing_for`. Times are those of evaluations, in seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction

import msgspec

from loopcheck.quantities import Comparison, Quantity
from loopcheck.replay import Firing

Labels = tuple[tuple[str, str], ...]
"""The labels of an alert, by name."""


class Evaluations(msgspec.Struct, frozen=True):
    """The evaluations of a rule: `count` of them, the first at `start`."""

    start: float
    step: float
    count: int

    @property
    def end(self) -> float:
        """The last one."""
        return self.time(self.count - 1)

    def time(self, number: int) -> float:
        """When evaluation `number` was, counted from 0."""
        return self.start + number * self.step

    def number(self, time: float) -> int:
        """Which evaluation was at `time`."""
        return round((time - self.start) / self.step)


def firings(present: Sequence[int], steps: Evaluations, hold: float, keep: float) -> list[tuple[int, int | None]]:
    """When one alert would have fired.

    Args:
        present: the evaluations with a result, ascending.
        steps: all evaluations.
        hold: `for`, in seconds.
        keep: `keep_firing_for`, in seconds.

    Returns:
        The evaluation at which it began to fire, and the first at which it no longer did; `None` where it still did
        at the last.
    """
    out: list[tuple[int, int | None]] = []
    # Lengths of time in whole evaluations: at a distance of `held` it fires, below `kept` it goes on firing.
    held, kept = _steps_up(hold, steps.step), _steps_up(keep, steps.step)
    active_at: int | None = None
    fired_at: int | None = None
    last: int | None = None
    for number in present:
        if last is not None and number > last + 1:
            # The first evaluation without a result is last + 1; from there on it may be kept.
            if fired_at is not None and number - (last + 1) > kept:
                out.append((fired_at, last + 1 + kept))
                active_at = fired_at = None
            elif fired_at is None:
                active_at = None
        if active_at is None:
            active_at = number
        if fired_at is None and number - active_at >= held:
            fired_at = number
        last = number
    if fired_at is not None and last is not None:
        end = last + 1 + kept
        out.append((fired_at, end if end <= steps.count - 1 else None))
    return out


def _steps_up(length: float, step: float) -> int:
    """The fewest evaluations that take at least `length` seconds."""
    whole = int(length / step)
    return whole if whole * step >= length - 1e-6 else whole + 1


def present_of(values: Iterable[tuple[float, float]], steps: Evaluations) -> list[int]:
    """The evaluations with a result, of a series of times and values."""
    return sorted({steps.number(time) for time, _ in values})


def named(labels: Labels) -> str:
    """Labels as Prometheus writes them: `{instance="db-1"}`."""
    return "{" + ", ".join(f'{name}="{value}"' for name, value in labels) + "}" if labels else ""


def replay(results: Mapping[Labels, Sequence[int]], steps: Evaluations, hold: float, keep: float) -> tuple[Firing, ...]:
    """When each alert of a rule would have fired, by start and then labels."""
    return as_firings({labels: firings(present, steps, hold, keep) for labels, present in results.items()}, steps)


def as_firings(alerts: Mapping[Labels, Sequence[tuple[int, int | None]]], steps: Evaluations) -> tuple[Firing, ...]:
    """What is known by evaluations, by times: by start and then labels."""
    out = [
        Firing(moment(steps.time(start)), None if end is None else moment(steps.time(end)), named(labels))
        for labels, spans in alerts.items()
        for start, end in spans
    ]
    return tuple(sorted(out, key=lambda one: (one.start, one.group)))


def moment(time: float) -> datetime:
    """A time since the epoch, as a moment."""
    return datetime.fromtimestamp(round(time, 3), UTC)


def near_miss(values: Sequence[float | None], sign: str, steps: int) -> float | None:
    """The strictest bound that the values held for long enough, of a comparison that goes up or down.

    Args:
        values: what was compared at each evaluation.
        sign: `>`, `>=`, `<` or `<=`.
        steps: for how many evaluations, after the first, a value must last.

    Returns:
        The least of the values of the best stretch (the greatest, where it goes down); `None` where there is none.
    """
    direction = 1 if sign.startswith(">") else -1
    best: float | None = None
    # A queue of places, their values ascending: its head is the least of the stretch that ends here.
    queue: list[int] = []
    head, since = 0, -1
    for place, value in enumerate(values):
        if value is None:
            queue.clear()
            head, since = 0, -1
            continue
        since = place if since < 0 else since
        turned = direction * value
        while len(queue) > head and direction * (values[queue[-1]] or 0) >= turned:
            queue.pop()
        queue.append(place)
        while queue[head] < place - steps:
            head += 1
        if place - since >= steps:
            least = direction * (values[queue[head]] or 0)
            best = least if best is None or least > best else best
    return None if best is None else direction * best


def would_have(value: float, sign: str) -> Comparison:
    """A round condition that `value` would have met, close to it: 25.31 meets `> 25`."""
    digits = 2
    upwards = sign.startswith(">")
    while digits < 17:
        bound = float(f"{value:.{digits - 1}e}")
        step = 10.0 ** (_exponent(value) - digits + 1)
        if not (bound < value if upwards else bound > value):
            bound = float(f"{bound + (-step if upwards else step):.{digits - 1}e}")
        if (bound < value if upwards else bound > value) and abs(bound - value) <= abs(value) * 0.06 + 1e-300:
            return Comparison(sign, _quantity(bound))
        digits += 1
    return Comparison(f"{sign[0]}=", _quantity(value))  # nothing round is near nought


def _quantity(value: float) -> Quantity:
    return Quantity(Fraction(repr(value)), "", f"{value:.15g}")


def _exponent(value: float) -> int:
    return int(f"{abs(value):e}".partition("e")[2])
