"""The answer of a replay, in words, and its curve in columns."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from loopcheck.quantities import Budget
from loopcheck.replay import Curve, Firing, Replay, Window, elapsed, episodes, says_how_often, says_silence, says_when

NINE = datetime(2026, 11, 1, 9, tzinfo=UTC)
INCIDENT = Window(NINE, NINE + timedelta(hours=1))


def at(minutes):
    return NINE + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("firings", "merged"),
    [
        ([], []),
        ([(5, 10, "a"), (8, 12, "b")], [(5, 12)]),
        ([(5, 10, "a"), (10, 12, "b")], [(5, 12)]),
        ([(11, 12, "b"), (5, 10, "a")], [(5, 10), (11, 12)]),
        ([(5, None, "a"), (20, 30, "b")], [(5, None)]),
        ([(5, 40, "a"), (6, None, "b")], [(5, None)]),
        ([(5, 40, "a"), (6, 7, "b"), (39, 41, "c")], [(5, 41)]),
    ],
)
def test_what_overlaps_is_one_episode(firings, merged):
    made = [Firing(at(start), None if end is None else at(end), group) for start, end, group in firings]
    assert [(one.start, one.end) for one in episodes(made)] == [
        (at(start), None if end is None else at(end)) for start, end in merged
    ]


@pytest.mark.parametrize(
    ("minutes", "noticed", "said"),
    [
        (4, 35, "fires at 09:04, T+4 min, 31 min before the incident was noticed"),
        (4, 4, "fires at 09:04, T+4 min, just when the incident was noticed"),
        (40, 35, "fires at 09:40, T+40 min, 5 min after the incident was noticed"),
        (-3, None, "fires at 08:57, T-3 min"),
        (60 * 24, None, "fires at 2026-11-02 09:00, T+24 h"),
    ],
)
def test_when_it_fires(minutes, noticed, said):
    assert says_when(at(minutes), INCIDENT, None if noticed is None else at(noticed)) == said


def test_how_often_it_fires():
    month = INCIDENT.around(timedelta(days=30))
    assert says_how_often(2, month) == "would also have fired 2 times in the 30 days around it"
    assert says_how_often(1, month) == "would also have fired 1 time in the 30 days around it"
    assert says_how_often(0, month) == "would not have fired otherwise in the 30 days around it"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(40, "40 s"), (60, "1 min"), (4800, "1 h 20 min"), (7200, "2 h"), (86400 * 2 + 3600, "2 d 1 h"), (-90, "2 min")],
)
def test_a_length_of_time(seconds, said):
    assert elapsed(timedelta(seconds=seconds)) == said


def test_a_budget():
    budget = Budget.parse(" 5 per 30d ")
    assert (budget.times, budget.span, str(budget)) == (5, timedelta(days=30), "5 per 30d")
    assert Budget.parse("0/7d") == Budget(0, timedelta(days=7), "")
    assert len({budget, Budget.parse("5 per 30d")}) == 1


@pytest.mark.parametrize("text", ["5", "per 30d", "-1 per 30d", "5 per month", "5 per 0d", "1.5 per 30d", ""])
def test_no_budget(text):
    with pytest.raises(ValueError, match=r"budget|unit|time"):
        Budget.parse(text)


def replay(*firings, around=None):
    made = [Firing(at(start), None if end is None else at(end)) for start, end in firings]
    return Replay("rule", INCIDENT, 60, tuple(sorted(made, key=lambda one: one.start)), around=around)


@pytest.mark.parametrize(
    ("firings", "caught", "already", "others"),
    [
        ([], None, None, []),
        ([(4, 20)], 4, None, []),
        ([(4, 20), (30, 40)], 4, None, []),
        ([(0, None)], 0, None, []),
        ([(60, 90)], 60, None, []),
        ([(61, 90)], None, None, [61]),
        ([(-20, 10)], -20, None, []),
        ([(-60, 10)], -60, None, []),
        ([(-61, 10)], None, -61, [-61]),
        ([(-61, None)], None, -61, [-61]),
        ([(-20, 0)], None, None, [-20]),
        ([(-900, -880), (-700, -680), (4, 20)], 4, None, [-900, -700]),
        ([(-900, -880), (-890, -600), (4, 20)], 4, None, [-900]),
    ],
)
def test_which_firing_is_of_the_incident(firings, caught, already, others):
    made = replay(*firings)
    assert (made.caught and made.caught.start) == (None if caught is None else at(caught))
    assert (made.already and made.already.start) == (None if already is None else at(already))
    assert [one.start for one in made.others] == [at(start) for start in others]


def test_silence():
    assert says_silence(INCIDENT) == "does not fire between 2026-11-01 09:00 and 2026-11-01 10:00"


@pytest.mark.parametrize(
    ("times", "values", "step", "columns"),
    [
        # an evaluation a column; fewer than columns; more than columns; a gap; what is not in the picture
        ((0, 10, 20, 30), (1, 2, 3, 4), 10, [1, 2, 3, 4]),
        ((0, 20), (1, 3), 20, [1, 1, 3, 3]),
        ((0, 5, 10, 15), (1, 9, 3, 2), 5, [9, 3, None, None]),
        ((0, 30), (1, 4), 10, [1, None, None, 4]),
        ((0, 10, 20), (1, None, 3), 10, [1, None, 3, None]),
        ((-5, 45, 10), (7, 7, math.nan), 10, [None, None, None, None]),
        ((15,), (5,), 20, [None, 5, 5, None]),
        ((0, 10), (5, 1), 20, [5, 1, 1, None]),
    ],
)
def test_what_was_found_stands_until_the_next_evaluation(times, values, step, columns):
    assert Curve(times, values).columns(0, 40, 4, step) == columns


def test_of_several_values_the_farthest_counts():
    curve = Curve((0, 1, 2), (2, 1, 3))
    assert curve.columns(0, 40, 4, 1) == [3, None, None, None]
    assert curve.columns(0, 40, 4, 1, downwards=True) == [1, None, None, None]
