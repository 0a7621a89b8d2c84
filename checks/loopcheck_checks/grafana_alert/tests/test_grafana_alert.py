"""`grafana-alert`, by rows: what is declared, what a rule is, when a timing is in force."""

from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopcheck.binding import BindingError
from loopcheck.testing import RepositoryBuilder, expectation
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck_checks.grafana_alert import GrafanaAlertChecker, mutants
from loopcheck_checks.grafana_alert.mutants import classic, classics, evaluator, expression, math, query
from loopcheck_checks.systems.grafana.conditions import Condition, Query, holds, read
from loopcheck_checks.systems.grafana.notifying import ContactPoint, Policy, muted, receivers_of, tree_of
from loopcheck_checks.systems.grafana.rules import Odd, Rule, read_file, rule_of
from loopcheck_checks.systems.grafana.timings import Interval, in_force

CHECKER = GrafanaAlertChecker()
TODAY = date(2026, 11, 20)


def test_keeps_the_contract():
    check_contract(GrafanaAlertChecker, Path(__file__).parent.parent / "README.md")


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ("{}", "nothing says which rule is meant"),
        ("{uid: lag}", "nothing says which rule is meant"),
        ("{title: ' '}", "nothing says which rule is meant"),
        ("{title: a, fires-when: '> 30s'}", "has a unit"),
        ("{title: a, fires-when: '30'}", "no comparison"),
        ("{title: a, for: 5}", "no unit of time"),
        ("{title: a, rules: ../x.yaml}", "has `..`"),
        ("{title: a, folder: b}", "folder"),
    ],
)
def test_what_no_rule_could_meet_is_refused(declared, says):
    with pytest.raises(BindingError) as error:
        expectation(CHECKER, declared)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("declared", "described"),
    [
        ("{title: Lag, query: a}", "Lag"),
        ("{query: pg_lag, fires-when: '> 30', for: 5m}", "pg_lag > 30 for 5m"),
        ("{title: Lag, labels: {severity: page}}", "Lag {severity=page}"),
    ],
)
def test_describes_itself(declared, described):
    assert CHECKER.describe(expectation(CHECKER, declared)) == described


@pytest.mark.parametrize("scene", [mutants.PASSING, mutants.IN_FILE, mutants.Scene(address=False)])
def test_an_observation_can_be_replayed(tmp_path, scene):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({mutants.PATH: scene.file or "a: 1\n"})
    with mutants.stand_in(scene) as grafana:
        session = repository.session(environment=grafana.environment if scene.address else {})
        assert round_trips(CHECKER.observe(expectation(CHECKER, scene.expect), session.world()))


A = query("A", "lag")
B = expression("B", "reduce", expression="A", reducer="last")


def nodes(*those):
    return msgspec.convert(list(those), list[Query])


def above(ref, kind="gt", *numbers):
    return expression("C", "threshold", expression=ref, conditions=[evaluator(kind, *(numbers or (30,)))])


@pytest.mark.parametrize(
    ("those", "fires", "plain"),
    [
        ([A, above("A")], "> 30", True),
        ([A, B, above("B", "lt", 0.5)], "< 0.5", True),
        ([A, B, above("B", "gte", -1)], ">= -1", True),
        ([A, B, above("B", "lte", 1e6)], "<= 1000000", True),
        ([A, B, above("B", "eq", 0)], "== 0", True),
        ([A, B, above("B", "outside_range", 1, 2)], None, False),
        ([A, B, above("B", "no_value")], None, False),
        ([A, B, above("B", "gt", True)], None, False),
        ([A, B, above("B", "gt", None)], None, False),
        ([A, B, above("C")], None, False),
        ([A, B, above("")], None, False),
        ([A, expression("B", "reduce", expression="A", reducer="count"), above("B")], "> 30", False),
        ([A, expression("R", "resample", expression="A"), above("R")], "> 30", True),
        ([A, math("B", "$A * 100"), above("B")], "> 30", False),
        ([A, math("B", "$A + $X"), above("B")], None, False),
        ([A, math("B", "$A && 1"), above("B")], None, False),
        ([A, B, math("C", "$B > 30")], "> 30", True),
        ([A, B, math("C", " 30<=${B} ")], ">= 30", True),
        ([A, B, math("C", "$B > 30 || $A > 3")], None, False),
        ([A, B, math("C", "abs($B) > 30")], None, False),
        ([A, B, math("C", "$B")], None, False),
        ([A, classics(classic("gt", 3))], "> 3", True),
        ([A, classics(classic("gt", 3, reducer={"type": "diff"}))], "> 3", False),
        ([A, classics()], None, False),
        ([query("A", "lag > 3"), above("A")], None, False),
        ([query("A", 'lag{a!="b",c=~"<>"}'), above("A")], "> 30", True),
        ([query("A", "lag # > 300\n"), above("A")], "> 30", True),
        ([query("A", "lag unless down"), above("A")], None, False),
        ([query("A", "lag == bool 1"), above("A")], None, False),
        ([query("A", "rate(lag[5m])"), above("A")], "> 30", False),
        ([query("A", "lag{"), above("A")], "> 30", False),
        ([query("A", None, rawSql="SELECT lag FROM t WHERE lag > 300"), above("A")], None, False),
        ([query("C", "lag")], None, False),
        ([], None, False),
    ],
)
def test_when_a_rule_fires(those, fires, plain):
    found = read("C", nodes(*those))
    assert (found.fires, found.plain) == (fires, plain)
    assert bool(found.unread) is (fires is None)


def test_only_what_the_condition_rests_on_is_a_query_of_it():
    found = read("C", nodes(A, query("X", "other"), B, above("B")))
    assert found.queries == ("lag",)
    assert read("C", nodes(A, expression("C", "sql", expression="SELECT 1"))).queries == ("lag",)


def test_parts_that_rest_on_each_other_come_to_an_end():
    loop = [math(f"N{n}", f"$N{(n + 1) % 60} + $N{(n + 2) % 60} + $N{(n + 3) % 60}") for n in range(60)]
    assert read("C", nodes(*loop, above("N0"))) == Condition(labels=(), fires="> 30", unread="")
    assert read("C", nodes(*[A] * 300)).fires is None


@pytest.mark.parametrize(
    ("text", "wanted", "there"),
    [
        ("max(lag{a='b'})", "lag", True),
        ("max(lag_total)", "lag", False),
        ("max(job:lag)", "lag", False),
        ("max(my.lag)", "lag", False),
        ("sum(rate(errors[5m])) by (job)", "rate(errors[5m])", True),
        ("sum(rate(errors[5m])) by (job)", "by  (job)", True),
        ("SELECT lag FROM t", "FROM", True),
    ],
)
def test_a_query_holds_whole_words(text, wanted, there):
    assert holds(text, wanted) is there


DAY = {"times": [{"start_time": "08:00", "end_time": "20:00"}]}
NIGHT = {"times": [{"start_time": "00:00", "end_time": "08:00"}, {"start_time": "20:00", "end_time": "24:00"}]}


@pytest.mark.parametrize(
    ("intervals", "state"),
    [
        ([], False),
        ([{}], True),
        ([{"location": "Europe/Berlin"}], True),
        ([DAY], None),
        ([DAY, NIGHT], True),
        ([DAY, {**NIGHT, "location": "Europe/Berlin"}], None),
        ([{**DAY, "weekdays": ["monday:friday"]}, NIGHT], None),
        ([{"weekdays": ["sunday:saturday"]}], True),
        ([{"weekdays": ["saturday:monday", "Tuesday:friday"]}], True),
        ([{"weekdays": ["monday:saturday"]}], None),
        ([{"days_of_month": ["1:31"]}], True),
        ([{"days_of_month": ["1:-1"]}], True),
        ([{"days_of_month": ["1:28"]}], None),
        ([{"days_of_month": ["-3:-1"]}], None),
        ([{"months": ["1:12"]}], True),
        ([{"months": ["january:june", "july:december"]}], True),
        ([{"months": ["may"]}], None),
        ([{"years": ["2026:2027"]}], True),
        ([{"years": ["2026"]}], None),
        ([{"weekdays": ["someday"]}], None),
        ([{"times": [{"start_time": "8", "end_time": "24:00"}]}], None),
        ([{"months": ["13x"]}], None),
    ],
)
def test_when_a_timing_is_in_force(intervals, state):
    assert in_force(msgspec.convert(intervals, list[Interval]), TODAY) is state


@pytest.mark.parametrize(
    ("mutes", "actives", "state"),
    [
        ([], [], False),
        (["never"], [], False),
        (["at-times"], [], None),
        (["never", "always"], [], True),
        (["gone"], [], None),
        ([], ["always"], False),
        ([], ["never"], True),
        ([], ["at-times"], None),
        ([], ["never", "at-times"], None),
        ([], ["at-times", "always"], False),
        ([], ["gone"], None),
    ],
)
def test_who_names_timings_is_muted(mutes, actives, state):
    assert muted({"always": True, "never": False, "at-times": None}, mutes, actives) is state


@pytest.mark.parametrize(
    ("kind", "settings", "tells"),
    [
        ("email", {"addresses": "a@shop.io"}, True),
        ("email", {"addresses": "<example@email.com>;a@shop.io"}, True),
        ("email", {"addresses": "<example@email.com>"}, False),
        ("email", {"addresses": "nobody"}, False),
        ("email", {}, False),
        ("slack", {"token": "[REDACTED]"}, True),
        ("slack", {"url": "[REDACTED]"}, True),
        ("webhook", {"url": "https://a.example.com/"}, False),
        ("webhook", {"url": "https://a.invalid/"}, False),
        ("webhook", {"url": "http://10.0.0.7:9/"}, True),
        ("webhook", {"url": "http://[::1"}, False),
        ("webhook", {"url": ""}, False),
        ("teams", {}, True),
        ("pagerduty", None, True),
    ],
)
def test_whether_an_integration_tells_somebody(kind, settings, tells):
    (receiver,) = receivers_of([ContactPoint("x", kind, settings)])
    assert receiver.tells_nobody is not tells


def test_policies_that_grafana_would_refuse():
    with pytest.raises(ValueError, match="default policy"):
        tree_of(Policy(receiver="a", match={"a": "b"}), {})
    with pytest.raises(ValueError, match="not a matcher"):
        tree_of(Policy(receiver="a", routes=[Policy(object_matchers=[["a", "="]])]), {})
    deep = Policy()
    for _ in range(100):
        deep = Policy(routes=[deep])
    with pytest.raises(ValueError, match="deeper"):
        tree_of(deep, {})


@pytest.mark.parametrize(
    ("text", "rules", "odd"),
    [
        (mutants.provisioned(), 1, 0),
        (mutants.provisioned().replace('"5m"', "300"), 0, 1),
        ("apiVersion: 1\ngroups: []\n", 0, 0),
        ("groups: {a: b}", 0, 0),
        ("- a", 0, 0),
        ("", 0, 0),
        ("a: [", 0, 0),
        ("datasourceUid: [", 0, 1),
        ("groups: [{rules: [{title: a}]}]", 0, 1),
        ("groups: [{rules: [{title: [a], data: []}]}]", 0, 1),
        ("groups: [{rules: [{title: a, data: []}, {alert: b}, 7]}, 7]", 1, 0),
        ("groups: [{name: g, folder: f, rules: [{title: a, data: [{refId: A, model: {}}], condition: A}]}]", 1, 0),
    ],
)
def test_files_of_rules(text, rules, odd):
    found, troubled = read_file(text, "a.yaml")
    assert (len(found), len(troubled)) == (rules, odd)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
_ODDER = st.sampled_from(["title", "data", "condition", "for", "labels", "isPaused", "notification_settings", "record"])
_MODEL = st.sampled_from(["type", "expression", "conditions", "reducer", "expr", "rawSql"])


@given(st.dictionaries(_ODDER, _JSON, max_size=4))
def test_whatever_grafana_answers_is_a_rule_or_odd(changes):
    assert rule_of({**mutants.rule(), **changes}) is None or isinstance(
        rule_of({**mutants.rule(), **changes}), Rule | Odd
    )


@given(st.integers(0, 2), st.dictionaries(_MODEL, _JSON, max_size=3))
def test_whatever_a_model_says_is_a_condition(place, changes):
    data = mutants.nodes()
    data[place]["model"] |= changes
    assert isinstance(read("C", nodes(*data)), Condition)
