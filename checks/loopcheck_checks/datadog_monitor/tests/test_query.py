"""Queries, taken apart."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopcheck_checks.datadog_monitor.query import normalised, parse


@pytest.mark.parametrize(
    ("text", "aggregation", "seconds", "sign", "threshold", "series"),
    [
        ("avg(last_5m):avg:a.b{env:prod} by {host} > 30", "avg", 300, ">", "30", ["avg a.b env:prod host"]),
        ("min(last_1h):p95:a{*} <= -1.5", "min", 3600, "<=", "-1.5", ["p95 a * "]),
        ("max(last_1d):a{*} >= 1e3", "max", 86_400, ">=", "1000", ["None a * "]),
        ("avg(last_1mo):avg:a{*} != 0", "avg", 2_678_400, "!=", "0", ["avg a * "]),
        ("avg(current_1mo):avg:a{*} > 0.5", "avg", None, ">", "0.5", ["avg a * "]),
        ("sum(last_5m):sum:a{x:1}.as_count()/sum:b{y:2} by {h}*100>5", "sum", 300, ">", "5",
         ["sum a x:1  as_count", "sum b y:2 h"]),
        ("avg(last_5m):( avg:a{*} by {h} + 2 ) * -(avg:b{*}) > 1", "avg", 300, ">", "1", ["avg a * h", "avg b * "]),
        ("avg(last_4h):anomalies(avg:a{*}.rollup(sum, 60), 'basic', 2, direction='above') >= 1", "avg", 14_400, ">=",
         "1", ["avg a *  rollup"]),
        ("change(avg(last_5m),last_1h):avg:a{*} > 5", "change", 300, ">", "5", ["avg a * "]),
        ("avg(last_5m):default_zero(per_second(avg:a{*})) > 5", "avg", 300, ">", "5",
         ["avg a *  per_second,default_zero"]),
        ("avg(last_5m):avg:a{x IN (b,c) AND NOT y:z} > 5", "avg", 300, ">", "5", ["avg a x IN (b,c) AND NOT y:z "]),
    ],
)  # fmt: skip
def test_metric_queries(text, aggregation, seconds, sign, threshold, series):
    query = parse(text)
    assert (query.kind, query.unread) == ("metric", None)
    assert (query.aggregation, query.seconds, query.sign) == (aggregation, seconds, sign)
    assert query.threshold == Fraction(threshold)
    shown = [
        f"{one.space} {one.metric} {one.filter} {','.join(one.by)} {','.join(one.functions)}" for one in query.series
    ]
    assert [" ".join(line.split()) for line in shown] == [" ".join(line.split()) for line in series]


@pytest.mark.parametrize(
    ("expression", "plain", "value"),
    [
        ("avg:a{*}", True, True),
        ("(avg:a{*})", True, True),
        ("default_zero(avg:a{*})", True, True),
        ("avg:a{*}.rollup(avg, 60).fill(zero)", True, True),
        ("sum:a{*}.as_count()", True, True),
        ("avg:a{*}.rollup(sum, 60)", False, True),
        ("sum:a{*}.as_rate()", False, True),
        ("-avg:a{*}", False, True),
        ("avg:a{*} * 100", False, True),
        ("avg:a{*} - avg:b{*}", False, True),
        ("abs(avg:a{*})", False, True),
        ("hour_before(avg:a{*})", False, True),
        ("anomalies(avg:a{*}, 'basic', 2)", False, False),
        ("forecast(avg:a{*}, 'linear', 1)", False, False),
        ("outliers(avg:a{*} by {host}, 'DBSCAN', 3)", False, False),
        ("anomalies(avg:a{*}, 'basic', 2) * 1", False, False),
    ],
)
def test_what_is_the_value_of_one_metric(expression, plain, value):
    query = parse(f"avg(last_5m):{expression} > 1")
    assert (query.kind, query.plain, query.value) == ("metric", plain, value)


@pytest.mark.parametrize(
    ("text", "kind", "aggregation", "seconds", "threshold"),
    [
        ('logs("a:b \\\' > 3").index("*").rollup("count").by("h,i").last("5m") > 2', "search", "count", 300, 2),
        ('formula("query1 / query2 * 100").last("15m") >= 0.5', "search", None, 900, Fraction(1, 2)),
        ('error-tracking-rum("x").rollup("count").last("1h") >= 1', "search", "count", 3600, 1),
        ('processes("x").over("*").rollup("count").last("5m") < 1', "search", "count", 300, 1),
        ('burn_rate("a").over("30d").long_window("1h").short_window("5m") > 14.4', "search", None, None,
         Fraction("14.4")),
        ('"ntp.in_sync".over("env:prod").by("host").last(2).count_by_status()', "check", None, None, None),
        ("no_query", "none", None, None, None),
        (" ", "none", None, None, None),
    ],
)  # fmt: skip
def test_other_queries(text, kind, aggregation, seconds, threshold):
    query = parse(text)
    assert (query.kind, query.aggregation, query.seconds, query.threshold) == (kind, aggregation, seconds, threshold)


@pytest.mark.parametrize(
    ("text", "parts"),
    [("1 || 2", (1, 2)), ("12 && !(34 || 56)", (12, 34, 56)), ("7&&7", (7,)), ("5", (5,))],
)
def test_composites(text, parts):
    assert (parse(text).kind, parse(text).parts) == ("composite", parts)


@pytest.mark.parametrize(
    "text",
    [
        "a query",
        "avg(last_5m):avg:a{*}",
        "avg(last_5m):avg:a{*} >",
        "avg(last_5m):avg:a{*} > x",
        "avg(last_5m):avg:a{*} > 1 2",
        "avg(last_5m):avg:a > 1",
        "avg(last_5m):avg:a{*} > 1 AND avg:b{*} > 2",
        "avg(last_5m, 3):avg:a{*} > 1",
        "avg(5m):avg:a{*} > 1",
        "whatever(last_5m):avg:a{*} > 1",
        "avg(last_5m):whatever:a{*} > 1",
        "avg(last_5m):avg:a{*}.rollup( > 1",
        "avg(last_5m):count(v: v>=10):a{*} > 1",
        'logs("x").last("5m")',
        '"check".over("*").last(2) > 3',
        "avg(last_5m):(avg:a{*} > 1",
        "avg(last_5m):avg:a{*} € > 1",
    ],
)
def test_what_is_not_understood_says_so(text):
    query = parse(text)
    assert query.kind == "unknown"
    assert query.unread
    assert query.threshold is None


def test_spaces_do_not_matter():
    wide = "avg( last_5m ) : avg:a{ env:prod , host:b } by { host , x } \n  > 30.0 "
    assert parse(wide).text == normalised("avg(last_5m):avg:a{env:prod,host:b} by {host,x} > 30.0")


def test_a_text_keeps_its_spaces():
    assert normalised('logs("a  b").last("5m") > 1') != normalised('logs("a b").last("5m") > 1')


@settings(deadline=None)
@given(st.text(alphabet="avgsum()_last5m:{}* by.,'\"<>=!&|+-/1 \n", max_size=200))
def test_any_text_is_read_or_refused(text):
    assert parse(text).kind in ("metric", "search", "check", "composite", "none", "unknown")


@pytest.mark.parametrize(
    "unit",
    ["(", "-", "avg:a{*}+", "{", "}", '"', "'", "a.", "a-", "1", "1.", "avg(", ".x()", " ", "!1 ", "f(a{*},", "é"],
)
def test_a_long_query_is_read_or_refused(unit):
    for size in (19_000, 64_000):
        assert parse.__wrapped__("avg(last_5m):" + unit * (size // len(unit))).kind == "unknown"
