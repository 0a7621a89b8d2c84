"""A rule and the samples that it reads, as a unit test for `promtool`, and what that says in return. Pure.

A unit test has its samples at a fixed interval, and scrapes come when they come. So time is cut into cells, whose
edges are the only instants that the expression tells samples apart by: a sample on an edge stays there, any other goes
to the middle of its cell. It stays on its side of every evaluation, of every range's beginning and of the end of every
look back; only how far samples are apart changes, by less than a cell.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from loopcheck_checks.systems.prometheus import durations
from loopcheck_checks.systems.prometheus.needs import LOOK_BACK, Needs
from loopcheck_checks.systems.prometheus.replaying import Evaluations, Labels, firings
from loopcheck_checks.systems.prometheus.rules import Rule

_CELL = 1000
"""The length of a cell in milliseconds, where nothing asks for a shorter one."""
_LEAST_CELL = 100
_MOST_PLACES = 5_000_000
"""So many places for samples, taken or not, are given to promtool: they cost it 24 bytes each."""
_MOST_EVALUATIONS = 25_000
_MOST_EXPECTED = 200_000
STALE = "stale"
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")

Alerts = Mapping[Labels, Sequence[tuple[int, int | None]]]
"""When alerts fire, by their labels: the evaluation at which each began, and the first at which it no longer did."""


class Stored(msgspec.Struct, frozen=True):
    """What a Prometheus has of one series."""

    labels: Labels
    """With its name."""
    samples: tuple[tuple[int, float], ...]
    """Milliseconds since the epoch, ascending, and the value."""
    newest: tuple[int, ...] | None = None
    """At which of the instants that were asked for it had a newest sample; `None` where that does not matter."""


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """A unit test."""

    rules: bytes
    test: bytes
    rule: Rule
    expected: Alerts
    steps: Evaluations
    base: int
    """What is nought in the unit test, in milliseconds since the epoch."""
    samples: int
    moved: bool
    """Whether the result might depend on how samples had to be moved."""


def instants(needs: Needs, steps: Evaluations) -> Evaluations:
    """When it matters whether a series has a newest sample.

    Raises:
        ValueError: there are too many such instants.
    """
    grid = math.gcd(_ms(steps.step), *needs.looks)
    first = (_ms(steps.start) - needs.reach) // grid * grid
    count = (_ms(steps.end) - first) // grid + 1
    if count > _MOST_EVALUATIONS:
        raise ValueError(f"asks at {count:,} instants what the newest samples are")
    return Evaluations(first / 1000, grid / 1000, count)


def rehearse(
    rule: Rule, needs: Needs, steps: Evaluations, stored: Iterable[Stored], asked: Evaluations | None, expected: Alerts
) -> Rehearsal:
    """The unit test in which a rule is evaluated at each of `steps`, beginning without any alert.

    Args:
        rule: the rule. Its labels that are templates are left out, and so are its annotations: nothing is rendered.
        needs: what its expression needs.
        steps: the evaluations.
        stored: the samples.
        asked: the instants at which it was asked for newest samples; `None` where it was not.
        expected: which alerts should fire, without the labels that the rule itself sets.

    Raises:
        ValueError: it would not be the same thing; the message says why, after "it".
    """
    step = _ms(steps.step)
    cell = math.gcd(_CELL, step, *needs.borders)
    if cell < _LEAST_CELL or cell % 2:
        raise ValueError(f"tells instants apart that are {cell} ms from each other")
    period = math.lcm(step, cell, needs.period)
    first = _ms(steps.start)
    base = (first - needs.reach - cell) // period * period
    evaluations = (_ms(steps.end) - base) // step + 1
    if evaluations > _MOST_EVALUATIONS:
        raise ValueError(f"would be evaluated {evaluations:,} times")
    count, moved = 0, False
    series: list[dict[str, str]] = []
    places = 2 * (_ms(steps.end) - base) // cell + 1
    for one in stored:
        if (len(series) + 1) * places > _MOST_PLACES:
            raise ValueError("reads more series over a longer time than promtool is given")
        placed, off_edge = _placed(one, base, cell)
        _end(one, placed, base, cell, asked)
        series.append({"series": _notation(one.labels), "values": _values(placed)})
        count += len(one.samples)
        moved |= off_edge
    fixed = {name: value for name, value in rule.fixed_labels.items() if value}
    return Rehearsal(
        rules=_rules(rule, fixed, steps.step, (first - base) / 1000),
        test=_test(fixed, steps, base, cell, series, expected),
        rule=rule,
        expected=expected,
        steps=steps,
        base=base,
        samples=count,
        moved=moved and needs.spaced,
    )


def _placed(one: Stored, base: int, cell: int) -> tuple[dict[int, str], bool]:
    """The samples by their place: even places are edges of cells, odd ones their middles."""
    out: dict[int, str] = {}
    moved = False
    for time, value in one.samples:
        number, rest = divmod(time - base, cell)
        place = 2 * number + (rest > 0)
        if place < 0:
            continue
        if place in out:
            raise ValueError(f"reads samples that are less than {cell} ms apart")
        out[place] = _number(value)
        moved |= rest > 0
    return out, moved


def _end(one: Stored, placed: dict[int, str], base: int, cell: int, asked: Evaluations | None) -> None:
    """Mark where the series ended: where its newest sample was no longer one, before it was too old for that."""
    if one.newest is None or asked is None:
        return
    there = set(one.newest)
    held = [time for time, _ in one.samples]
    at, ended = -1, -1
    for number in range(asked.count):
        instant = _ms(asked.time(number))
        while at + 1 < len(held) and held[at + 1] <= instant:
            at += 1
        age = instant - held[at] if at >= 0 else None
        if number in there:
            # What is older than the samples at hand may still be the newest one at first.
            if (age is None and number * _ms(asked.step) > LOOK_BACK) or (age or 0) > LOOK_BACK or 0 <= ended == at:
                raise ValueError("was given samples for longer than five minutes after they were taken")
        elif age is not None and age < LOOK_BACK and ended != at:
            place = 2 * (instant - base) // cell
            if place in placed:
                raise ValueError("reads a sample that is not there when it was taken")
            if place >= 0:
                placed[place] = STALE
            ended = at


def _values(placed: Mapping[int, str]) -> str:
    out, next_one = [], 0
    for place in sorted(placed):
        if place > next_one:
            out.append("_" if place == next_one + 1 else f"_x{place - next_one}")
        out.append(placed[place])
        next_one = place + 1
    return " ".join(out) or "_"


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)


def _notation(labels: Labels) -> str:
    name = dict(labels).get("__name__", "")
    plain = _NAME.fullmatch(name) is not None
    rest = ",".join(f"{key}={_quoted(value)}" for key, value in labels if not (plain and key == "__name__"))
    return f"{name if plain else ''}{{{rest}}}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _rules(rule: Rule, fixed: Mapping[str, str], step: float, begin: float) -> bytes:
    """The rule alone, without results before `begin`, in seconds. JSON is YAML."""
    written: dict[str, Any] = {
        "alert": rule.alert,
        # On a line of its own: the expression may end in a comment.
        "expr": f"({rule.expr}\n) and on () (vector(time()) >= {begin:.3f})",
        "labels": {name: value for name, value in fixed.items() if name != "alertname"},
    }
    if rule.hold:
        written["for"] = durations.shown(rule.hold)
    if rule.keep:
        written["keep_firing_for"] = durations.shown(rule.keep)
    group = {"name": "rehearsal", "interval": durations.shown(step), "rules": [written]}
    return msgspec.json.encode({"groups": [group]})


def _test(
    fixed: Mapping[str, str], steps: Evaluations, base: int, cell: int, series: list[dict[str, str]], expected: Alerts
) -> bytes:
    firing = _firing(expected, steps.count)
    if sum(map(len, firing)) > _MOST_EXPECTED:
        raise ValueError("fires so often that it is not compared alert by alert")
    every = [
        {
            "expr": _asks(fixed["alertname"]),
            "eval_time": durations.shown((_ms(steps.time(number)) - base) / 1000),
            "exp_samples": [{"labels": _alert(labels, fixed), "value": 1} for labels in firing[number]],
        }
        for number in range(steps.count)
    ]
    test = {"interval": durations.shown(cell / 2000), "input_series": series, "promql_expr_test": every}
    return msgspec.json.encode(
        {"rule_files": ["rules.yml"], "evaluation_interval": durations.shown(steps.step), "tests": [test]}
    )


def _asks(alert: str) -> str:
    return f'ALERTS{{alertname={_quoted(alert)},alertstate="firing"}}'


def _alert(labels: Labels, fixed: Mapping[str, str]) -> str:
    everything = {**dict(labels), **fixed, "alertstate": "firing"}
    return "ALERTS{" + ",".join(f"{name}={_quoted(value)}" for name, value in sorted(everything.items())) + "}"


def _firing(alerts: Alerts, count: int) -> list[list[Labels]]:
    """Which alerts fire at each evaluation."""
    out: list[list[Labels]] = [[] for _ in range(count)]
    for labels, spans in alerts.items():
        for begin, end in spans:
            for number in range(begin, count if end is None else end):
                out[number].append(labels)
    return out


_DIFFERENCE = re.compile(r"expr: [^\n]*, time: ([0-9a-z]+),\s*\n\s*exp:[^\n]*\n\s*got: ?([^\n]*)")
_SET = re.compile(r'\{((?:[^{}"]|"(?:[^"\\]|\\.)*")*)\}')
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


def heard(rehearsal: Rehearsal, said: str) -> Alerts:
    """When the alerts fire for promtool, out of the differences that it tells.

    Raises:
        ValueError: it tells of none, but of something else.
    """
    steps = rehearsal.steps
    firing = _firing(rehearsal.expected, steps.count)
    found = _DIFFERENCE.findall(said)
    # What begins an entry may be told in another form, or be a part of a label; then nothing here is to be trusted.
    if not found or len(found) != said.count("got:"):
        raise ValueError("it told something else than differences")
    for time, got in found:
        number = round((durations.seconds(time) * 1000 + rehearsal.base - _ms(steps.start)) / _ms(steps.step))
        if not 0 <= number < steps.count:
            raise ValueError("it told of an evaluation that it was not asked for")
        firing[number] = [_own(labels, rehearsal.rule) for labels in _SET.findall(got)]
    present: dict[Labels, list[int]] = {}
    for number, alerts in enumerate(firing):
        for labels in alerts:
            present.setdefault(labels, []).append(number)
    return {labels: firings(at, steps, 0, 0) for labels, at in present.items()}


def _own(text: str, rule: Rule) -> Labels:
    fixed = rule.fixed_labels
    if _LABEL.sub("", text).strip(", "):
        raise ValueError("it told of labels in a way that is not known")
    found = {name: _unquoted(value) for name, value in _LABEL.findall(text)}
    for name in ("__name__", "alertstate"):
        found.pop(name, None)
    return tuple(sorted((name, value) for name, value in found.items() if fixed.get(name) != value))


def _unquoted(text: str) -> str:
    try:
        return str(ast.literal_eval(f'"{text}"'))  # Go and Python quote alike
    except (SyntaxError, ValueError):
        return text


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
