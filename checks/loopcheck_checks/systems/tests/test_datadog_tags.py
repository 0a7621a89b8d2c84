"""Expressions over tags, with three answers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopcheck_checks.systems.datadog.tags import holds, parse, plain_tags, series_of

YES, NO, UNKNOWN = True, False, None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("*", YES),
        ("env:prod", YES),
        ("ENV:Prod", YES),
        ("env:staging", NO),
        ("env:pr*", YES),
        ("env:st*", NO),
        ("env:*o*", YES),
        ("env:*", YES),
        ("env:p*p", NO),
        ("host:a", UNKNOWN),
        ("host:*", UNKNOWN),
        ("!env:staging", YES),
        ("-env:prod", NO),
        ("NOT env:prod", NO),
        ("env:prod,service:shop", YES),
        ("env:prod, service:blog", NO),
        ("env:prod AND host:a", UNKNOWN),
        ("env:staging AND host:a", NO),
        ("env:prod OR host:a", YES),
        ("env:staging OR host:a", UNKNOWN),
        ("env:staging OR env:dev AND host:a", NO),
        ("(env:staging OR env:prod) AND service:shop", YES),
        ("env IN (prod,staging)", YES),
        ("env NOT IN (prod, staging)", NO),
        ("env:(staging OR prod)", YES),
        ("env:(staging OR dev)", NO),
        ("NOT (host:a OR env:prod)", NO),
        ("critical", YES),
        ("other", UNKNOWN),
        ('env:"prod"', YES),
        ("$env", UNKNOWN),
        ("a:b:c", UNKNOWN),
    ],
)
def test_what_holds_of_production(text, answer):
    expression = parse(text)
    assert expression is not None
    assert holds(expression, {"env": "prod", "service": "shop", "critical": ""}) is answer


@pytest.mark.parametrize(
    "text",
    ["", "(", ")", "env:prod AND", "OR", "env:", ":prod", "env:prod)", "a IN (", "a IN (b c)", '"', "(" * 50, "!"],
)
def test_what_is_no_expression(text):
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("env:prod,host:a*,x", {"env": "prod", "x": ""}),
        ("env:prod AND (a:b OR c:d)", {"env": "prod"}),
        ("NOT env:prod", {}),
        ("a:1,a:2", None),
        ("*", {}),
    ],
)
def test_what_everything_has_that_passes(text, tags):
    assert plain_tags(parse(text)) == tags


def test_the_series_that_tags_speak_of():
    assert series_of(["env:prod", "env:Dev", "x"]) == [{"env": "prod", "x": ""}, {"env": "dev", "x": ""}]
    assert series_of([]) == [{}]
    assert series_of([f"a:{n}" for n in range(33)]) is None


@settings(deadline=None)
@given(st.text(alphabet="abe:*!-(),ORANDINnot $\"'", max_size=60))
def test_any_text_is_read_or_refused(text):
    expression = parse(text)
    assert expression is None or holds(expression, {"a": "b"}) in (True, False, None)
