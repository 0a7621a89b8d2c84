"""A replay in a few columns, and what reports draw of it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from loopcheck.cli import output
from loopcheck.model import (
    ArtifactResult,
    Claim,
    ItemResult,
    Location,
    Outcome,
    Report,
    Run,
    Rung,
    Verdict,
)
from loopcheck.replay import Curve, Firing, Replay, Threshold, Window
from loopcheck.reports import markdown, sketch, text
from loopcheck.sketch import sketched

STARTED = datetime(2026, 11, 10, 9, 14, tzinfo=UTC)
WINDOW = Window(STARTED, STARTED + timedelta(hours=1))


def at(minutes):
    return STARTED.timestamp() + minutes * 60


def replay(values, *firings, sign=">", first=0, **more):
    times = tuple(at(first + number) for number in range(len(values)))
    spans = tuple(Firing(STARTED + timedelta(minutes=a), b and STARTED + timedelta(minutes=b)) for a, b in firings)
    return Replay("a rule", WINDOW, 60, spans, (Curve(times, tuple(values)),), (Threshold(30, sign),), **more)


def drawn(made):
    return [words for words, _ in sketch.lines(sketched(made))]


def test_one_value_a_column_and_where_it_fires():
    bars, fires, below = drawn(replay([*[5.0] * 20, *[100.0] * 30, *[5.0] * 11], (22, 50)))
    assert bars == "▁" * 20 + "█" * 30 + "▁" * 10
    assert fires == "─" * 22 + "━" * 28 + "─" * 10 + "  fires"
    assert below == "2026-11-10 09:14 to 10:14, 5 to 100; fires at > 30"


def test_of_several_points_in_a_column_the_one_nearest_to_firing():
    values = [5.0, 80.0, 5.0, 5.0] * 20
    long = Replay(
        "x",
        Window(STARTED, STARTED + timedelta(minutes=79)),
        60,
        (),
        (Curve(tuple(map(at, range(80))), tuple(values)),),
    )
    assert max(sketched(long).values) == 80
    low = replay([50.0, 3.0, 50.0], sign="<")
    assert min(value for value in sketched(low).values if value is not None) == 3


def test_what_is_outside_of_the_window_is_not_drawn():
    made = sketched(replay([500.0] * 10 + [5.0] * 61 + [500.0] * 10, first=-10))
    assert set(made.values) == {5.0}
    assert (made.start, made.end) == (WINDOW.start, WINDOW.end)


def test_gaps_and_a_firing_without_end():
    bars, fires, _ = drawn(replay([5.0, None, float("inf"), 7.0], (30, None)))
    assert bars == "▁  ▁" + " " * 56
    assert fires == "─" * 30 + "━" * 30 + "  fires"


@pytest.mark.parametrize("values", [[], [None, None], [float("nan")], [float("inf")]])
def test_nothing_to_draw(values):
    assert sketched(replay(values)) is None


def report(outcome, verdict):
    why = (None, None) if outcome is Outcome.HOLDS else ("would-not-fire", "Lower it.")
    claim = Claim(Rung.PROVEN, "would-have-fired", outcome, "said", *why, (), sketched(replay([5.0] * 61, (10, 20))))
    artifact = ArtifactResult("datadog-monitor", verdict, (claim,), None, "a monitor", Location("a.md", 1), "x")
    item = ItemResult(
        "a",
        "Title",
        "@a",
        date(2026, 12, 1),
        Location("a.md", 1),
        Rung.PROVEN,
        None,
        verdict,
        (artifact,),
        None,
        None,
        False,
    )
    return Report(verdict, Run(STARTED, "0" * 40, "0.1.0", True, {}, ()), (), (item,))


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [(Outcome.HOLDS, Verdict.VERIFIED), (Outcome.FAILS, Verdict.FAILED), (Outcome.UNKNOWN, Verdict.INCONCLUSIVE)],
)
def test_reports_draw_it_whatever_came_of_it(outcome, verdict):
    made = report(outcome, verdict)
    fires = "─" * 10 + "━" * 10 + "─" * 40 + "  fires"
    assert fires in text.render(made)
    page = markdown.render(made)
    assert page.count(fires) == 1
    assert ("### What was replayed" in page) is (verdict is Verdict.VERIFIED)


def test_a_terminal_without_the_signs_gets_others(monkeypatch, capsys):
    monkeypatch.setattr(output, "look", lambda _: output.Look(rich=False, color=False, width=None, draws=False))
    output.say(text.lines(report(Outcome.HOLDS, Verdict.VERIFIED)), None)
    printed = capsys.readouterr().out
    assert "." * 10 + "=" * 10 + "." * 40 + "  fires" in printed
    assert printed.isascii()
