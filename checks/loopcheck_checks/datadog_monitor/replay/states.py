"""From values to states: what makes an alert begin, last, end and be told again.

An evaluation has no memory, a monitor has: it recovers only beyond its recovery threshold, keeps its state where an
evaluation is skipped, and forgets a group that is silent for a day. What an evaluation asks for is a small number, and
asking for it twice is asking once: only where the number changes is anything done. Sources: "Recovery thresholds",
"Configure Monitors" (no data, auto resolve, group retention), "Troubleshooting Monitor Alerts", "Notifications".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from loopcheck_checks.datadog_monitor.replay.evaluate import Bools, Evaluated, Floats
from loopcheck_checks.datadog_monitor.replay.plan import Rule

Bytes = NDArray[np.uint8]

NONE, OK, NO_DATA, WARN, ALERT = range(5)
"""The states of a group, by severity, as composites compare them; `NONE` for a group that is not known."""

_KEEP, _FORGET, _SET_NO_DATA, _SET_OK = range(4)
_VALUE, _ALERTS, _WARNS, _BACK, _WARNING_BACK = 16, 1, 2, 4, 8

COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
_UNCOMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    ">": np.less_equal,
    ">=": np.less,
    "<": np.greater_equal,
    "<=": np.greater,
}
"""Beyond a recovery threshold."""


class Spell(msgspec.Struct, frozen=True):
    """A state, and the evaluations in which a group is in it: from `begin` to before `end`."""

    state: int
    begin: int
    end: int


def spells(rule: Rule, evaluated: Evaluated) -> list[Spell]:
    """The states of one group, one after the other; two that follow each other differ."""
    asked = _asked(rule, evaluated)
    return _spells(asked, _next)


def spells_of(states: Bytes) -> list[Spell]:
    """States, evaluation by evaluation, as spells."""
    return _spells(states, lambda _, state: state)


def _spells(asked: Bytes, follows: Callable[[int, int], int]) -> list[Spell]:
    if not len(asked):
        return []
    changes = [0, *(np.flatnonzero(np.diff(asked)) + 1).tolist()]
    out: list[Spell] = []
    state = NONE
    begin = 0
    for place, word in zip(changes, asked[changes].tolist(), strict=True):
        after = follows(state, word)
        if after != state:
            if place > begin:
                out.append(Spell(state, begin, place))
            state, begin = after, place
    return [*out, Spell(state, begin, len(asked))]


def array_of(found: list[Spell], number: int) -> Bytes:
    """The state at each evaluation."""
    out = np.zeros(number, dtype=np.uint8)
    for spell in found:
        out[spell.begin : spell.end] = spell.state
    return out


def _asked(rule: Rule, evaluated: Evaluated) -> Bytes:
    """What each evaluation asks of the state."""
    values, age = evaluated.values, evaluated.age
    there = ~np.isnan(values)
    out = np.where(there & evaluated.full, _compared(rule, values), _KEEP).astype(np.uint8)
    if rule.missing == "ok":
        out[~there] = _SET_OK
    elif rule.missing == "no-data":
        out[~there & (age >= rule.missing_after)] = _SET_NO_DATA
    if rule.resolve_after is not None:
        out[~there & (age >= rule.resolve_after)] = _SET_OK
    out[evaluated.new] = _KEEP
    # Without groups a monitor with `default_zero` has data before its metric has any.
    out[np.isinf(age) & (~there | bool(rule.by))] = _FORGET
    return out


def _compared(rule: Rule, values: Floats) -> Bytes:
    alerts: Bools = COMPARED[rule.sign](values, rule.critical)
    back = ~alerts
    if rule.critical_recovery is not None and rule.sign in _UNCOMPARED:
        back = _UNCOMPARED[rule.sign](values, rule.critical_recovery)
    warns = np.zeros(len(values), dtype=bool)
    if rule.warning is not None:
        warns = COMPARED[rule.sign](values, rule.warning)
    warning_back = ~warns
    if rule.warning_recovery is not None and rule.sign in _UNCOMPARED:
        warning_back = _UNCOMPARED[rule.sign](values, rule.warning_recovery)
    bits = alerts * _ALERTS + warns * _WARNS + back * _BACK + warning_back * _WARNING_BACK
    out: Bytes = (_VALUE + bits).astype(np.uint8)
    return out


def _next(state: int, asked: int) -> int:
    """The state after an evaluation."""
    if asked < _VALUE:
        return {_KEEP: state, _FORGET: NONE, _SET_NO_DATA: NO_DATA, _SET_OK: OK}[asked]
    if asked & _ALERTS or (state == ALERT and not asked & _BACK):
        return ALERT
    if asked & _WARNS or (state in (ALERT, WARN) and not asked & _WARNING_BACK):
        return WARN
    return OK
