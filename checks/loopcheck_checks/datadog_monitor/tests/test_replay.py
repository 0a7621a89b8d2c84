"""The replay of monitors against the reference, and by hand."""

import math
import os
from collections import Counter
from itertools import pairwise

import numpy as np

from loopcheck_checks.datadog_monitor.replay.evaluate import Points, evaluate
from loopcheck_checks.datadog_monitor.replay.plan import plan
from loopcheck_checks.datadog_monitor.replay.states import array_of, spells
from loopcheck_checks.datadog_monitor.tests import generated, reference

REPLAYS = int(os.environ.get("LOOPCHECK_REPLAYS", "400"))
"""How many are compared. CI and `bench/` do 10,000."""


def points(samples):
    return Points(
        np.array(sorted(samples), dtype=float), np.array([samples[at] for at in sorted(samples)], dtype=float)
    )


def replayed(monitor, metrics, since, start, until):
    rule = plan(monitor)
    grid = np.arange(-(-start // rule.step) * rule.step, until + 1, rule.step, dtype=float)
    evaluated = evaluate(rule, [points(one) for one in metrics], grid, since, until)
    states = array_of(spells(rule, evaluated), len(grid))
    return rule, [generated.NAMES[int(state)] for state in states], evaluated.values.tolist()


def test_the_replay_agrees_with_the_reference():
    seen = Counter()
    for number, (monitor, by_hand, metrics, (since, start, until)) in enumerate(generated.cases(REPLAYS)):
        rule, states, values = replayed(monitor, metrics, since, start, until)
        expected, compared = reference.replay(by_hand, metrics, rule.interval, since, until, start, until)
        assert states == expected, (number, monitor, by_hand)
        nothing = [math.nan if value is None else value for value in compared]
        np.testing.assert_allclose(values, nothing, rtol=1e-12, err_msg=str((number, monitor)))
        seen.update(set(states))
        seen["changes"] += sum(a != b for a, b in pairwise(states))
    assert min(seen[state] for state in (None, "OK", "Warn", "Alert", "No Data")) > REPLAYS / 50
    assert seen["changes"] > 2 * REPLAYS
