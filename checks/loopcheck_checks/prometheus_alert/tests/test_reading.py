"""Expressions, rule files, routes: taken apart."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopcheck_checks.prometheus_alert.survey import figures
from loopcheck_checks.systems.prometheus import AlertLabels, durations, parse, read_routing, read_rules
from loopcheck_checks.systems.prometheus.routes import inhibited, reached, read_matchers

CORPORA = os.environ.get("LOOPCHECK_CORPORA")


@pytest.mark.parametrize(
    ("text", "compared", "condition", "plain"),
    [
        ("up == 0", "up", "== 0", True),
        ("(up) > (1 - 0.5)", "up", "> 0.5", True),
        ("0.05 < foo", "foo", "> 0.05", True),
        ("foo > -1", "foo", "> -1", True),
        ("foo > 1e3 # 5", "foo", "> 1000", True),
        ("foo > 1e300", "foo", "> 1e+300", True),
        ("avg by (job) (foo) <= 3", "avg by (job) (foo)", "<= 3", True),
        ("max_over_time(foo[5m]) > 3", "max_over_time(foo[5m])", "> 3", True),
        ("sum(foo) > 3", "sum(foo)", "> 3", False),
        ("rate(foo[5m]) > 3", "rate(foo[5m])", "> 3", False),
        ("foo / bar > 3", "foo / bar", "> 3", False),
        ("foo * 0.1 > 3", "foo * 0.1", "> 3", False),
        ("clamp_max(foo, 2) > 3", "clamp_max(foo, 2)", "> 3", False),
        ("count(foo > 3) > 5", "count(foo > 3)", "> 5", False),
        ("foo offset 1d > 3", "foo offset 1d", "> 3", False),
        ("max_over_time(foo[5m] offset 1d) > 3", "max_over_time(foo[5m] offset 1d)", "> 3", False),
        ("foo @ 100 > 3", "foo @ 100.000", "> 3", False),
        ("foo > bar", None, None, False),
        ("foo > bool 3", None, None, False),
        ("foo > 3 and bar > 2", None, None, False),
        ("absent(foo)", None, None, False),
        ("vector(1)", None, None, False),
        ("foo > Inf", None, None, False),
        ("foo > 1 / 0", None, None, False),
    ],
)
def test_what_is_compared(text, compared, condition, plain):
    found = parse(text)
    assert (found.compared, found.condition and str(found.condition), found.plain) == (compared, condition, plain)


@pytest.mark.parametrize(
    ("text", "selectors"),
    [
        ('foo{a="1",b!~"x|y"} > 1', ['foo{a="1",b!~"x|y"}']),
        ('{__name__="foo"} > 1', ["foo"]),
        ('{__name__=~"foo.*"} > 1', ['{__name__=~"foo.*"}']),
        ("rate(foo[5m] offset 1h) > bar", ["foo", "bar"]),
        ("absent(foo)", ["(foo)"]),
        ("foo unless bar", ["foo", "(bar)"]),
        ("foo or bar", ["(foo)", "(bar)"]),
        ('foo{a="q\\"\\n"} > 1', ['foo{a="q\\"\\n"}']),
        ("max_over_time(rate(foo[1m])[5m:1m]) > 1", ["foo"]),
        ("-foo > 1", ["foo"]),
        ("foo + foo > 1", ["foo"]),
        ("label_replace(foo, 'a', '$1', 'b', '(.*)') > 0", ["foo"]),
    ],
)
def test_what_is_read(text, selectors):
    assert [f"({one})" if one.optional else str(one) for one in parse(text).selectors] == selectors


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("sum(foo) > 1", set()),
        ("sum by (job, x) (foo) > 1", {"job", "x"}),
        ("sum without (job) (foo) > 1", None),
        ("sum by (a) (foo) / sum by (b) (foo) > 1", {"a", "b"}),
        ("topk(3, sum by (a) (foo)) > 1", {"a"}),
        ('count_values("v", foo) > 1', None),
        ("vector(1)", set()),
        ("foo > 1", None),
    ],
)
def test_labels_that_results_can_have(text, labels):
    assert parse(text).labels == (None if labels is None else frozenset(labels))


@pytest.mark.parametrize(
    "deep", ["(" * 50_000 + "1" + ")" * 50_000, "-" * 50_000 + "foo", "foo" + "+foo" * 50_000, "x" * 70_000]
)
def test_an_expression_cannot_end_the_process(deep):
    with pytest.raises(ValueError, match="larger than loopcheck reads"):
        parse(deep)


@pytest.mark.parametrize("nested", ["foo" + "+foo" * 990, "-" * 990 + "foo", "(" * 990 + "foo" + ")" * 990])
def test_an_expression_is_taken_apart_or_refused(nested):
    try:
        assert parse(nested).metrics == {"foo"}
    except ValueError as error:
        assert "nested deeper" in str(error)  # noqa: PT017 - it may as well be read


def test_a_file_cannot_nest_by_aliases_for_ever():
    text = "a0: &a0 {groups: []}\n" + "".join(f"a{n}: &a{n} {{<<: *a{n - 1}, x: *a{n - 1}}}\n" for n in range(1, 900))
    assert read_rules(text, "rules.yml").rules == ()
    chain = "a0: &a0 {for: 5m}\n" + "".join(f"a{n}: &a{n} {{<<: *a{n - 1}}}\n" for n in range(1, 600))
    found = read_rules(f"{chain}groups: [{{name: a, rules: [{{alert: A, expr: up, <<: *a599}}]}}]\n", "rules.yml")
    assert found.problem or found.rules[0].hold == 300


@given(st.text("foo{}()[]><=!\"'5m,#\n +-/*byand ", max_size=60))
def test_any_text_is_an_expression_or_none(text):
    try:
        found = parse(text)
    except ValueError:
        return
    assert parse(found.text).text == found.text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("5m", 300), ("1h30m", 5400), ("1d", 86400), ("90s", 90), ("1500ms", 1.5), ("1y", 31536000), ("0s", 0)],
)
def test_a_length_of_time(text, seconds):
    assert durations.seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "1.5h", "5 m", "m5", "5m1h", "-5m", "5min", "5M"])
def test_no_length_of_time(text):
    with pytest.raises(ValueError, match="length of time"):
        durations.seconds(text)


def test_a_length_is_shown_as_people_write_it():
    assert [durations.shown(it) for it in (0, 90, 300, 5400, 90000, 0.5)] == [
        "0s", "1m30s", "5m", "1h30m", "1d1h", "500ms",
    ]  # fmt: skip


def rules_of(rule, *, before="groups: [{name: a, rules: [", after="]}]"):
    return read_rules(f"{before}{rule}{after}", "rules.yml").rules


@pytest.mark.parametrize(
    "rule",
    [
        "{alert: A, record: b, expr: up}",
        "{expr: up}",
        "{alert: A}, {alert: B, expr: up}",
        "{alert: A, expr: ''}, {alert: B, expr: up}",
        "{alert: A, expr: up, for: 5}",
        "{alert: A, expr: up, for: ''}",
        "{alert: A, expr: up, keep_firing_for: 1.5m}",
        "{record: a, expr: up, for: 5m}, {alert: B, expr: up}",
        "{alert: A, expr: up, label: {a: b}}",
        "{alert: A, expr: up, annotation: {a: b}}",
        "{alert: A, expr: up, labels: {__name__: b}}",
        "{alert: A, expr: up, labels: [a]}",
        "[], {alert: A, expr: up}",
    ],
)
def test_what_prometheus_refuses(rule):
    found = rules_of(rule)
    assert all(one.refused for one in found)
    assert found or rule == "{expr: up}"


@pytest.mark.parametrize(
    "rule",
    [
        "{alert: A, expr: up, odd_thing: 5}",
        "{alert: A, expr: up, labels: {a.b: c}}",
        "{alert: A, expr: 'up ='}",
        "{alert: A, expr: nosuchfunction(up)}",
        "{alert: A, expr: up, update_entries_limit: 5}",
    ],
)
def test_what_prometheus_may_refuse(rule):
    (found,) = rules_of(rule)
    assert (found.refused, bool(found.doubt)) == (None, True)


def test_what_a_rule_says():
    text = """groups:
  - name: shop
    interval: 30s
    query_offset: 1m
    limit: 5
    labels: {team: shop, severity: none}
    rules:
      - alert: A > 5 % (all)
        expr: 5
        for: 1m30s
        keep_firing_for: 5m
        labels: {severity: page, cell: "{{ $labels.cell }}"}
        annotations: {summary: "{{ $value }}"}
      - {alert: B, expr: up, for: null}
"""
    one, two = read_rules(text, "rules.yml").rules
    assert (one.alert, one.expr, one.hold, one.keep) == ("A > 5 % (all)", "5", 90, 300)
    assert (one.group, one.interval, one.offset, one.limit, one.line) == ("shop", 30, 60, 5, 8)
    assert one.fixed_labels == {"team": "shop", "severity": "page", "alertname": "A > 5 % (all)"}
    assert (one.varying_labels, one.labels_follow_value) == ({"cell"}, False)
    assert (two.hold, two.refused, two.doubt) == (0, None, None)


@pytest.mark.parametrize(
    ("text", "refused", "templated"),
    [
        ("groups: [{name: a, name: b}]", True, False),
        ("groups: [", False, False),
        ("groups:\n{{- range .Values.groups }}\n{{ end }}", False, True),
        ("groups: [{{ include 'x' . }}]", False, True),
        ("groups:\n- {name: a, rules: [{alert: A, expr: 'up > {{ .Values.x }}'}]}", False, True),
    ],
)
def test_a_file_that_cannot_be_read(text, refused, templated):
    found = read_rules(text, "rules.yml")
    assert (found.rules, found.refused, found.templated) == ((), refused, templated)
    assert found.problem


@pytest.mark.parametrize(
    "text", ["", "7", "[]", "groups: {}", "groups: [7]", "groups: [{rules: 7}]", "kind: ConfigMap"]
)
def test_a_file_without_rules(text):
    assert read_rules(text, "rules.yml").rules == ()


# Alertmanager.


@pytest.mark.parametrize(
    ("text", "matchers"),
    [
        ('severity="page"', ['severity="page"']),
        ("severity=page", ['severity="page"']),
        ('{a="1", b=~"x,y", c!="", d!~z}', ['a="1"', 'b=~"x,y"', 'c!=""', 'd!~"z"']),
        ('a="q\\"x"', ['a="q\\"x"']),
        ('"a b"="c"', ['a b="c"']),
        ("a=", ['a=""']),
        ("", []),
    ],
)
def test_matchers(text, matchers):
    assert [str(one) for one in read_matchers(text)] == matchers


@pytest.mark.parametrize("text", ["severity", '="x"', 'a="x" b="y"', 'a="x'])
def test_no_matchers(text):
    with pytest.raises(ValueError, match="not a matcher"):
        read_matchers(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "receivers: []",
        "route: {}\nreceivers: []",
        "route: {receiver: a}\nreceivers: [{name: b}]",
        "route: {receiver: a, routes: [{receiver: c}]}\nreceivers: [{name: a}]",
        "route: {receiver: a, matchers: [a=b]}\nreceivers: [{name: a}]",
        "route: {receiver: a, routes: [{matchers: [ab]}]}\nreceivers: [{name: a}]",
        "route: [",
    ],
)
def test_no_configuration(text):
    with pytest.raises(ValueError, match=r"\S"):
        read_routing(text, "am.yml")


NESTED = """route:
  receiver: top
  routes:
    - {receiver: old, match: {a: "1"}, match_re: {b: "x.*"}}
    - {receiver: both, matchers: [c="1"], continue: true}
    - matchers: [c=~".+"]
      routes: [{receiver: deep, matchers: [d!="1"]}]
receivers: [{name: top}, {name: old}, {name: both}, {name: deep}]
inhibit_rules:
  - {source_match: {alertname: Down}, target_match_re: {severity: "page|ticket"}, equal: [region]}
"""


@pytest.mark.parametrize(
    ("known", "unknown", "sure", "maybe"),
    [
        ({}, (), ["top"], []),
        ({"a": "1", "b": "xyz"}, (), ["old"], []),
        ({"a": "1", "b": "ax"}, (), ["top"], []),
        ({"c": "1"}, (), ["both", "deep"], []),
        ({"c": "2", "d": "1"}, (), ["top"], []),
        ({"c": "1"}, ("d",), ["both"], ["deep", "top"]),
        ({"c": "1"}, ("a",), ["both", "deep"], []),
        ({"c": "1", "b": "x"}, ("a",), [], ["old", "both", "deep"]),
        ({}, None, [], ["old", "both", "deep", "top"]),
    ],
)
def test_routes(known, unknown, sure, maybe):
    labels = AlertLabels(known, None if unknown is None else frozenset(unknown))
    found = reached(read_routing(NESTED, "am.yml"), labels)
    assert sorted(one.receiver for one in found if one.sure) == sorted(sure)
    assert sorted(one.receiver for one in found if not one.sure) == sorted(maybe)


@pytest.mark.parametrize(
    ("known", "firing", "answer"),
    [
        ({"severity": "page", "region": "eu"}, {"alertname": "Down", "region": "eu"}, True),
        ({"severity": "page", "region": "us"}, {"alertname": "Down", "region": "eu"}, False),
        ({"severity": "page"}, {"alertname": "Down"}, True),
        ({"severity": "info", "region": "eu"}, {"alertname": "Down", "region": "eu"}, False),
        ({"severity": "page", "region": "eu"}, {"alertname": "Up", "region": "eu"}, False),
        # An alert that is source and target does not inhibit its like.
        ({"severity": "page", "alertname": "Down"}, {"alertname": "Down", "severity": "page"}, False),
    ],
)
def test_inhibitions(known, firing, answer):
    routing = read_routing(NESTED, "am.yml")
    assert inhibited(routing, AlertLabels(known), [firing])[0] is answer


def test_an_inhibition_by_a_label_that_is_not_known():
    routing = read_routing(NESTED, "am.yml")
    labels = AlertLabels({"severity": "page"}, frozenset(("region",)))
    assert inhibited(routing, labels, [{"alertname": "Down", "region": "eu"}]) == (None, "Down")


@pytest.mark.skipif(not CORPORA, reason="LOOPCHECK_CORPORA is not set")
def test_real_rule_files_are_read():
    found = dict(figures(Path(CORPORA)))
    assert found["files of rules"] >= 300
    assert found["alerts"] >= 1600
    assert found["of them not read"] == found["of them in a file that Prometheus would refuse"] == 0
    assert found["of them in a file of which that cannot be told"] == 0
    assert found["of them with a threshold that can be compared"] > 1100
