"""The replay of monitors against the reference, and by hand."""

import json
import math
import os
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from loopcheck.reasons import CannotTell
from loopcheck_checks.datadog_monitor.query import parse
from loopcheck_checks.datadog_monitor.replay import composite, looking
from loopcheck_checks.datadog_monitor.replay import evaluate as evaluating
from loopcheck_checks.datadog_monitor.replay.evaluate import Points, evaluate
from loopcheck_checks.datadog_monitor.replay.plan import plan
from loopcheck_checks.datadog_monitor.replay.states import ALERT, Spell, array_of, spells
from loopcheck_checks.datadog_monitor.tests import generated, reference
from loopcheck_checks.systems.datadog import Monitor, Options
from loopcheck_checks.systems.datadog.timeseries import decode

REPLAYS = int(os.environ.get("LOOPCHECK_REPLAYS", "10000"))
"""How many are compared where there is time: half a minute of a processor."""


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


@pytest.mark.parametrize("replays", [60, pytest.param(REPLAYS, marks=pytest.mark.volume)])
def test_the_replay_agrees_with_the_reference(replays):
    seen = Counter()
    for number, (monitor, by_hand, metrics, (since, start, until)) in enumerate(generated.cases(replays)):
        rule, states, values = replayed(monitor, metrics, since, start, until)
        expected, compared = reference.replay(by_hand, metrics, rule.interval, since, until, start, until)
        assert states == expected, (number, monitor, by_hand)
        nothing = [math.nan if value is None else value for value in compared]
        np.testing.assert_allclose(values, nothing, rtol=1e-12, atol=1e-9, err_msg=str((number, monitor)))
        seen.update(set(states))
        seen["changes"] += sum(a != b for a, b in pairwise(states))
    assert min(seen[state] for state in (None, "OK", "Warn", "Alert", "No Data")) > replays / 50
    assert seen["changes"] > 2 * replays


@pytest.mark.parametrize("notify", [False, True])
def test_composites_agree_with_the_reference(notify):
    rng = random.Random(7)  # noqa: S311 - the same each time
    texts = [
        "1 && 2",
        "1 || 2",
        "!1",
        "!(1 && 2) || 3",
        "1 && 2 || 3",
        "1 || 2 && !3",
        "(1 || 2) && (2 || 3)",
        "!!1 && 2",
    ]
    for _ in range(20):
        names = {
            number: [rng.choice([*generated.NAMES.values(), "OK", "Alert"]) for _ in range(60)] for number in (1, 2, 3)
        }
        codes = {name: code for code, name in generated.NAMES.items()}
        arrays = {
            number: {(): np.array([codes[name] for name in found], dtype=np.uint8)} for number, found in names.items()
        }
        for text in texts:
            numbers = parse(text).parts
            ours = composite.states(
                composite.composed(text), {one: arrays[one] for one in numbers}, notify_no_data=notify
            )
            expected = reference.composite(text, {one: names[one] for one in numbers}, notify)
            assert [generated.NAMES[int(code)] for code in ours[()]] == expected, text


@pytest.mark.parametrize(
    ("first", "second", "groups"),
    [
        ([("host:a",), ("host:b",)], [("host:b",), ("host:c",)], [("host:b",)]),
        ([("host:a",)], [()], [("host:a",)]),
        ([("host:a",)], [("node:a",)], [("host:a",)]),
        ([("device:x", "host:a"), ("device:y", "host:b")], [("host:a",)], [("device:x", "host:a")]),
        ([("host:a", "url:x")], [("device:x", "host:a")], [("host:a", "url:x")]),
        ([("host:a",)], [("host:b",)], []),
        ([], [("host:b",)], []),
    ],
)
def test_composites_look_at_common_sources(first, second, groups):
    alert = np.array([4], dtype=np.uint8)
    parts = {1: dict.fromkeys(first, alert), 2: dict.fromkeys(second, alert)}
    assert list(composite.states(composite.composed("1 && 2"), parts, notify_no_data=True)) == groups


@pytest.mark.parametrize("text", ["1 &&", "1 & 2", "&& 1", "(1", "1)", "", "1 2", "(" * 90 + "1" + ")" * 90])
def test_what_is_no_composite(text):
    with pytest.raises(composite.NotComposedError):
        composite.composed(text)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("avg(last_5m):avg:a.b{env:prod} by {host} > 1", ["avg:a.b{env:prod} by {host}.rollup(avg,60)"]),
        ("max(last_5m):avg:a.b{*} > 1", ["avg:a.b{*}.rollup(avg,20)"]),
        ("avg(last_4h):avg:a.b{*} > 1", ["avg:a.b{*}.rollup(avg,60)"]),
        ("avg(last_1d):avg:a.b{*} > 1", ["avg:a.b{*}.rollup(avg,300)"]),
        ("avg(last_2d):avg:a.b{*} > 1", ["avg:a.b{*}.rollup(avg,600)"]),
        ("avg(last_1w):avg:a.b{*} > 1", ["avg:a.b{*}.rollup(avg,3600)"]),
        ("sum(last_5m):sum:a.b{*}.as_count() > 1", ["sum:a.b{*}.as_count().rollup(sum,60)"]),
        ("avg(last_5m):sum:a.b{*}.as_rate() > 1", ["sum:a.b{*}.as_rate().rollup(avg,60)"]),
        ("avg(last_5m):p95:a.b{*} by {x,y}.fill(zero) > 1", ["p95:a.b{*} by {x,y}.rollup(60).fill(zero)"]),
        ("avg(last_5m):a.b{*}.rollup(max) > 1", ["a.b{*}.rollup(max,60)"]),
        ("sum(last_10m):sum:a.b{*}.rollup(sum, 120) > 1", ["sum:a.b{*}.rollup(sum,120)"]),
        ("avg(last_5m):default_zero(avg:a.b{*}) > 1", ["avg:a.b{*}.rollup(avg,60)"]),
        ("avg(last_5m):abs(avg:a{*} - avg:b{*}) * 2 > 1", ["abs(avg:a{*}.rollup(avg,60)-avg:b{*}.rollup(avg,60))*2"]),
        ("sum(last_5m):sum:a{*}.as_count() / sum:b{*}.as_count() > 1",
         ["sum:a{*}.as_count().rollup(sum,60)", "sum:b{*}.as_count().rollup(sum,60)"]),
    ],
)  # fmt: skip
def test_what_datadog_is_asked(query, asked):
    assert [term.query for term in plan(Monitor(query=query, type="query alert")).terms] == asked


@pytest.mark.parametrize(("window", "step"), [("23h", 60), ("1d", 600), ("47h", 600), ("2d", 1800), ("1mo", 1800)])
def test_how_often_it_is_evaluated(window, step):
    assert plan(Monitor(query=f"avg(last_{window}):avg:a{{*}} > 1", type="query alert")).step == step


def test_the_documented_examples_of_aggregation():
    # "Monitor aggregators": these points, a minute apart, the last one at 3:10.
    values = [10, 15, 12, 8, 11, 14, 13, 25, 37, 45, 50]
    samples = {generated.START + 60 * number: float(value) for number, value in enumerate(values)}
    end = generated.START + 60 * len(values)
    for query, state in [
        ("max(last_10m):avg:a{*}.rollup(avg, 60) > 40", "Alert"),
        ("max(last_10m):avg:a{*}.rollup(avg, 60) > 50", "OK"),
        ("min(last_10m):avg:a{*}.rollup(avg, 60) > 7", "Alert"),
        ("min(last_10m):avg:a{*}.rollup(avg, 60) > 8", "OK"),
        ("sum(last_11m):avg:a{*}.rollup(avg, 60) > 239", "Alert"),
        ("sum(last_11m):avg:a{*}.rollup(avg, 60) > 240", "OK"),
    ]:
        monitor = Monitor(query=query, type="query alert")
        _, states, _ = replayed(monitor, [samples], generated.START, end, end)
        assert states[-1] == state, query


def test_the_documented_examples_of_counting():
    # "as_count() in Monitor Evaluations": 3 by the classic path, 0.6 by the other.
    errors = {generated.START + 60 * number: float(number + 1) for number in range(5)}
    total = dict.fromkeys(errors, 5.0)
    end = generated.START + 300
    query = "sum(last_5m):sum:e{*}.as_count() / sum:t{*}.as_count() > 0.5"
    _, states, values = replayed(Monitor(query=query, type="query alert"), [errors, total], generated.START, end, end)
    assert (states[-1], values[-1]) == ("Alert", pytest.approx(0.6))


@pytest.mark.parametrize(
    ("buckets", "full"),
    [("1" * 12, True), ("x" + "1" * 11, False), ("11xxx1111111", True), ("1xxx1111xx11", False)],
)
def test_the_documented_examples_of_full_windows(buckets, full):
    # "Metric Monitor": a window of 2 hours in parts of 10 minutes.
    samples = {generated.START + 600 * number: 50.0 for number, bucket in enumerate(buckets) if bucket == "1"}
    end = generated.START + 7200
    options = Options(require_full_window=True)
    monitor = Monitor(query="avg(last_2h):avg:a{*} > 1", type="query alert", options=options)
    _, states, _ = replayed(monitor, [samples], generated.START, end, end)
    assert states[-1] == ("Alert" if full else None)


def test_renotification_is_counted():
    grid = np.arange(0, 40 * 3600, 60, dtype=float)
    options = Options(renotify_interval=60)
    rule = plan(Monitor(query="avg(last_5m):avg:a{*} > 1", type="query alert", options=options))
    for hours, repeats in [(0.5, 0), (1, 1), (5, 5), (39, 30)]:
        end = int(hours * 60)
        groups = [looking.Group((), [Spell(ALERT, 0, end), Spell(1, end, len(grid))], grid, grid >= 0)]
        (firing,) = looking._firings(groups, grid, rule, no_data=False)
        assert firing.repeats == repeats


def test_groups_that_are_told_of_together_are_one():
    grid = np.arange(0, 3600, 60, dtype=float)
    options = Options(notify_by=["cluster"])
    query = "avg(last_5m):avg:a{*} by {cluster,pod} > 1"
    rule = plan(Monitor(query=query, type="query alert", options=options))
    groups = [
        looking.Group(
            ("cluster:x", f"pod:{number}"),
            [Spell(1, 0, begin), Spell(ALERT, begin, begin + 10), Spell(1, begin + 10, 60)],
            grid,
            grid >= 0,
        )
        for number, begin in enumerate((5, 10, 40))
    ]
    found = looking._firings(groups, grid, rule, no_data=False)
    assert [(one.group, one.start.minute, one.end.minute) for one in found] == [
        ("cluster:x", 5, 20),
        ("cluster:x", 40, 50),
    ]


CORPORA = os.environ.get("LOOPCHECK_CORPORA")


@pytest.mark.skipif(not CORPORA, reason="LOOPCHECK_CORPORA is not set")
def test_real_answers_are_read():
    lines = (Path(CORPORA) / "datadog/recorded_api/v1_query.jsonl").read_text("utf-8").splitlines()
    answers = [json.loads(line)["response"] for line in lines if json.loads(line)["status"] == 200]
    assert answers
    for answer in answers:
        for _, series in decode(json.dumps(answer).encode()):
            assert len(series.times) == len(series.values) > 0
            assert set(np.diff(series.times)) == {series.interval}


@pytest.mark.skipif(not CORPORA, reason="LOOPCHECK_CORPORA is not set")
def test_every_real_monitor_has_a_plan_or_a_reason():
    lines = (Path(CORPORA) / "datadog/recorded_api/v1_monitor.jsonl").read_text("utf-8").splitlines()
    bodies = [json.loads(line)["response"] for line in lines]
    recorded = [
        one for body in bodies for one in (body if isinstance(body, list) else [body]) if "query" in (one or ())
    ]
    shipped = [
        json.loads(path.read_text("utf-8")) for path in (Path(CORPORA) / "datadog/recommended_monitors").rglob("*.json")
    ]
    found = Counter()
    for one in [*recorded, *(body.get("definition", body) for body in shipped)]:
        try:
            plan(msgspec.convert({"type": "?", **one}, Monitor))
        except CannotTell as trouble:
            found[trouble.reason.word] += 1
        else:
            found["planned"] += 1
    assert found["planned"] > 30
    assert set(found) - {"planned"} <= {
        "no-metric", "model-not-replayed", "window-not-replayed", "function-not-replayed", "too-coarse",
    }  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b'{"status": "error", "error": "Error parsing query", "series": []}',
        b'{"status": "ok", "series": [{"pointlist": [[1, 2]]}]}',
        b'{"status": "ok", "series": [{"interval": 60, "pointlist": [[60000, 1], [0, 1]]}]}',
        b'{"status": "ok", "series": [{"interval": 60, "pointlist": [[60000, 1], [60000, 1]]}]}',
        b'{"status": "ok", "series": [{"interval": 0, "pointlist": [[60000, 1]]}]}',
        b'{"status": "ok", "series": [{"interval": 60, "pointlist": [[60000]]}]}',
        b'{"status": "ok", "series": [{"interval": 60, "pointlist": [["a", 1]]}]}',
        b'{"status": "ok", "series": ' + b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_answer_is_not_read(body):
    with pytest.raises(CannotTell):
        decode(body)


def test_points_without_a_value_are_left_out():
    body = b'{"status": "ok", "series": [{"interval": 60, "tag_set": ["b:1", "a:1"], "pointlist": [[60000, null], [120000, 2]]}]}'
    ((_, series),) = decode(body)
    assert (series.tags, series.times.tolist(), series.values.tolist()) == (("a:1", "b:1"), [120.0], [2.0])


@pytest.mark.parametrize(("first", "is_new"), [(0, False), (300, False), (600, False), (660, True), (3000, True)])
def test_a_group_whose_points_begin_with_all_points_is_taken_to_be_old(first, is_new):
    monitor = next(iter(generated.cases(1)))[0]
    rule = msgspec.structs.replace(plan(monitor), window=600, interval=60, new_group_delay=3600)
    seen = np.arange(1_000_000 + first, 1_010_000, 60, dtype=float)
    ends = np.array([1_003_600.0])
    assert evaluating._new(rule, seen, ends, 1_000_000).tolist() == [is_new]
