"""The states of alerts, beside a rule manager that is written step by step from Prometheus's documentation."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loopcheck_checks.systems.prometheus.replaying import Evaluations, firings, near_miss, replay, would_have

LENGTHS = st.sampled_from([0, 5, 10, 15, 30, 40, 60, 90, 300])


def by_the_book(present, count, step, hold, keep):
    """Evaluation by evaluation."""
    state, active_at, missing_since = "inactive", 0.0, None
    fires = []
    for number in range(count):
        now = number * step
        if number in present:
            missing_since = None
            if state == "inactive":
                state, active_at = "pending", now
            if state == "pending" and now - active_at >= hold:
                state = "firing"
        elif state == "firing" and keep > 0:
            missing_since = now if missing_since is None else missing_since
            if now - missing_since >= keep:
                state, missing_since = "inactive", None
        else:
            state = "inactive"
        fires.append(state == "firing")
    out = []
    for number, (before, now) in enumerate(pairwise([False, *fires])):
        if now and not before:
            out.append((number, None))
        if before and not now:
            out[-1] = (out[-1][0], number)
    return out


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.sampled_from([0.5, 5, 15, 30, 60]), LENGTHS, LENGTHS)
@example([True, True, False, True, False, False, True], 30, 30, 60)
@example([True] * 5 + [False] * 2 + [True], 30, 0, 60)
@example([True, False, True, False], 15, 0, 15)
def test_alerts_fire_as_the_rule_manager_lets_them(there, step, hold, keep):
    present = [number for number, one in enumerate(there) if one]
    expected = by_the_book(present, len(there), step, hold, keep)
    assert firings(present, Evaluations(0, step, len(there)), hold, keep) == expected


@pytest.mark.parametrize(
    ("present", "hold", "keep", "fired"),
    [
        ([0, 1, 2, 3, 4, 5], 300, 0, [(5, 6)]),
        ([0, 1, 2, 3, 4, 5], 301, 0, []),
        ([0, 1, 2, 4, 5, 6], 120, 0, [(2, 3), (6, 7)]),
        ([0, 1, 2, 4, 5, 6], 120, 60, [(2, 8)]),
        ([0, 1, 2, 5, 6, 7], 120, 60, [(2, 4), (7, 9)]),
        ([9], 0, 0, [(9, None)]),
        ([8], 0, 0, [(8, 9)]),
        ([8], 0, 60, [(8, None)]),
        ([], 0, 60, []),
    ],
)
def test_minutes_by_hand(present, hold, keep, fired):
    assert firings(present, Evaluations(0, 60, 10), hold, keep) == fired


def test_firings_are_in_order_and_named():
    steps = Evaluations(datetime(2026, 11, 1, tzinfo=UTC).timestamp(), 60, 10)
    found = replay({(("job", "b"),): [3, 4], (("job", "a"), ("x", "1")): [3, 4], (): [1]}, steps, 0, 0)
    assert [(one.group, one.start.minute) for one in found] == [("", 1), ('{job="a", x="1"}', 3), ('{job="b"}', 3)]


VALUES = st.lists(st.none() | st.sampled_from([-4.0, 0.0, 1.0, 2.0, 2.5, 7.0]), max_size=20)


@given(VALUES, st.sampled_from([">", ">=", "<", "<="]), st.integers(0, 6))
def test_the_nearest_miss_is_the_best_stretch(values, sign, steps):
    least = min if sign.startswith(">") else max
    best = max if sign.startswith(">") else min
    stretches = [values[at : at + steps + 1] for at in range(len(values) - steps)]
    found = [least(one) for one in stretches if None not in one]
    assert near_miss(values, sign, steps) == (best(found) if found else None)


@given(
    st.floats(-1e15, 1e15, allow_nan=False).filter(lambda it: it == 0 or abs(it) > 1e-15), st.sampled_from(["<", ">"])
)
def test_a_round_threshold_would_have_been_met(value, sign):
    condition = would_have(value, sign)
    bound = float(condition.bound)
    met = {">": value > bound, ">=": value >= bound, "<": value < bound, "<=": value <= bound}
    assert met[condition.sign]
    assert abs(bound - value) <= abs(value) * 0.06


@pytest.mark.parametrize(
    ("value", "sign", "said"), [(25.31, ">", "> 25"), (25, ">", "> 24"), (0.0512, ">", "> 0.051"), (25.31, "<", "< 26")]
)
def test_a_threshold_for_people(value, sign, said):
    assert str(would_have(value, sign)) == said
