"""How a rule and its samples become a unit test, and what cannot."""

import json
import math
import shutil

import msgspec
import pytest

from loopcheck.testing import RepositoryBuilder
from loopcheck_checks.systems.prometheus.needs import needs_of
from loopcheck_checks.systems.prometheus.promtool import installed, rehearsed
from loopcheck_checks.systems.prometheus.rehearsal import Stored, heard, instants, rehearse
from loopcheck_checks.systems.prometheus.replaying import Evaluations
from loopcheck_checks.systems.prometheus.rules import Rule

START = 1_795_550_400
STEPS = Evaluations(START, 15, 5)


@pytest.mark.parametrize(
    ("expr", "reach", "newest", "period", "spaced"),
    [
        ("x > 1", 300, {"x"}, 1, False),
        ("rate(x[2m]) > 1", 120, set(), 1, True),
        ('x{a="1"} offset 1h > on () y', 3900, {'x{a="1"}', "y"}, 1, False),
        ("increase(x[2m] offset 1h)", 3720, set(), 1, True),
        ("max_over_time(rate(x[2m])[10m:30s] offset 5m)", 120 + 600 + 30 + 300, set(), 30_000, True),
        ("topk(2, x) > 1", 300, {"x"}, 1, False),
        ("quantile(scalar(y), x)", 300, {"x", "y"}, 1, False),
        ("x > 1 and on () hour() < 8", 300, {"x"}, 86_400_000, False),
        ("x > 1 and on () day_of_week() < 6", 300, {"x"}, 7 * 86_400_000, False),
        ("-(absent(x))", 300, {"x"}, 1, False),
        ("vector(1)", 0, set(), 1, False),
    ],
)
def test_what_an_expression_needs(expr, reach, newest, period, spaced):
    needs = needs_of(expr)
    assert (needs.reach, needs.newest, needs.period, needs.spaced) == (reach * 1000, newest, period, spaced)


@pytest.mark.parametrize(
    ("expr", "says"),
    [
        ("x > time() - 60", "the date"),
        ("time() - timestamp(x) > 60", "the date"),
        ("day_of_month() == 1", "the date"),
        ("x @ 1609746000", "pinned"),
        ("rate(x[5m] @ end())", "pinned"),
        ("x offset -5m", "looks ahead"),
        ("max_over_time(x[5m:])", "without a step"),
    ],
)
def test_what_cannot_be_moved(expr, says):
    with pytest.raises(ValueError, match=says):
        needs_of(expr)


def series(*samples, newest=None, **labels):
    named = tuple(sorted({"__name__": "x", **labels}.items()))
    return Stored(named, tuple((round((START + at) * 1000), value) for at, value in samples), newest)


def made(expr, *stored, steps=STEPS, asked=None, expected=None, **rule):
    return rehearse(Rule(alert="A", expr=expr, **rule), needs_of(expr), steps, stored, asked, expected or {})


def test_samples_keep_their_side_of_every_edge():
    one = made(
        "x > 1", series((0, 1.0), (0.001, -2.5), (1, 3e20), (14.999, math.nan), (15, math.inf), (17.2, -math.inf))
    )
    (told,) = json.loads(one.test)["tests"][0]["input_series"]
    assert told == {"series": "x{}", "values": told["values"]}
    assert told["values"].partition(" ")[2] == "1.0 -2.5 3e+20 _x26 NaN +Inf _x4 -Inf"
    assert json.loads(one.test)["tests"][0]["interval"] == "500ms"
    assert (START * 1000 - one.base) / 500 == int(told["values"].partition(" ")[0][2:])
    assert (one.samples, one.moved) == (6, False)
    assert made("rate(x[1m]) > 1", series((0, 1.0), (7.1, 2.0))).moved
    assert not made("rate(x[1m]) > 1", series((0, 1.0), (7, 2.0))).moved


def test_nothing_is_rendered():
    labels = {"team": "{{ query `x` }}", "severity": "page", "empty": ""}
    one = made("x > 1 # so", labels=labels, annotations={"summary": "{{ $value }}"})
    (rule,) = json.loads(one.rules)["groups"][0]["rules"]
    assert rule["labels"] == {"severity": "page"}
    assert "annotations" not in rule
    assert rule["expr"].startswith("(x > 1 # so\n) and on () (vector(time()) >= ")


@pytest.mark.parametrize(
    ("expr", "stored", "more", "says"),
    [
        ("x > 1", [series((0.1, 1.0), (0.4, 2.0))], {}, "less than 1000 ms apart"),
        ("x > 1", [], {"steps": Evaluations(START, 1, 30_000)}, "evaluated 30,"),
        ("x > 1", [], {"steps": Evaluations(START, 0.025, 10)}, "25 ms from each other"),
        ("rate(x[90ms])", [], {}, "10 ms from each other"),
        ("x > 1 and on () day_of_week() < 6", [], {"steps": Evaluations(START, 1, 10)}, "evaluated"),
        ("x > 1", [series(a=str(n)) for n in range(9000)], {}, "more series"),
        ("x > 1", [], {"expected": {(("a", str(n)),): [(0, None)] for n in range(50_000)}}, "so often"),
    ],
)
def test_what_is_too_much(expr, stored, more, says):
    with pytest.raises(ValueError, match=says):
        made(expr, *stored, **more)


def ended(*samples, there):
    """The places of a series, from the second in which the first evaluation is."""
    needs = needs_of("x > 1")
    asked = instants(needs, STEPS)
    assert (asked.start, asked.step) == (START - 300, 15)
    newest = tuple(20 + number for number in there)
    one = made("x > 1", series(*samples, newest=newest), asked=asked)
    return json.loads(one.test)["tests"][0]["input_series"][0]["values"].partition(" ")[2]


def test_where_a_series_ended():
    assert ended((0, 5.0), (30, 6.0), there=(0, 1, 2, 3, 4)) == "5.0 _x59 6.0"
    assert ended((0, 5.0), (30, 6.0), there=(0, 2, 3, 4)) == "5.0 _x29 stale _x29 6.0"
    assert ended((0, 5.0), (30, 6.0), there=(0, 1, 2)) == "5.0 _x59 6.0 _x29 stale"
    assert ended((0.2, 5.0), there=()) == "_x28 stale".replace("_x28", "5.0 _x28")
    with pytest.raises(ValueError, match="not there when it was taken"):
        ended((0, 5.0), there=())
    with pytest.raises(ValueError, match="for longer than five minutes"):
        ended((0, 5.0), there=(0, 2))
    with pytest.raises(ValueError, match="for longer than five minutes"):
        ended((-290, 5.0), there=(1,))


def test_what_it_tells_is_read_or_nothing():
    expected = {(("a", 'q"\\é\n'),): [(1, 3)]}
    one = made("x > 1", expected=expected, labels={"severity": "page"})
    at = [f"{(START * 1000 - one.base) // 1000 + 15 * number}s" for number in range(5)]
    labels = r'{__name__="ALERTS", a="q\"\\é\n", alertname="A", alertstate="firing", severity="page"} 1E+00'
    said = "  FAILED:\n" + "".join(
        f'    expr: "ALERTS{{}}", time: {at[number]},\n        exp: nil\n        got: {got}\n'
        for number, got in ((1, "nil"), (3, labels), (4, labels + ", " + labels.replace("q", "p")))
    )
    assert heard(one, said) == {(("a", 'q"\\é\n'),): [(2, None)], (("a", 'p"\\é\n'),): [(4, None)]}
    for odd in (
        "FAILED: no such file",
        said + "got: x",
        said.replace(at[3], "1s"),
        said.replace("exp:", "expected:"),
        said.replace("severity=", '"b.c"='),
    ):
        with pytest.raises(ValueError, match="it told"):
            heard(one, odd)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="not installed: promtool")
def test_the_real_one_reads_what_is_written(tmp_path, monkeypatch):
    """Odd names, labels and values, and alerts that are not as expected."""
    import os

    repository = RepositoryBuilder(tmp_path)
    repository.commit({"README.md": "# Shop\n"})
    promtool = installed(repository.session(environment={"PATH": os.environ["PATH"]}).world())
    odd = 'a"b\\c\nd é 😀 {x="1"}'
    stored = (
        series((0, -2.5), (15, 3e20), (30, math.inf), (45, math.nan), (60, -math.inf), where=odd),
        series((0, 1.0), (15, 5.0), (60, 5.0), where="b"),
    )
    right = {(("where", odd),): [(1, 3)], (("where", "b"),): [(1, None)]}
    rule = {"labels": {"severity": "page", "note": odd}}
    assert rehearsed(promtool, made("x > 1", *stored, expected=right, **rule)) == right
    wrong = {(("where", odd),): [(0, 4)], (("where", "c"),): [(2, 3)]}
    assert rehearsed(promtool, made("x > 1", *stored, expected=wrong, **rule)) == right
    assert msgspec.json.decode(made("x > 1", *stored, **rule).rules)
