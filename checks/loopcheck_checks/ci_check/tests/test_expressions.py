"""Conditions as GitHub evaluates them, as far as they can be known."""

import contextlib

import pytest

from loopcheck_checks.ci_check.contexts import github
from loopcheck_checks.ci_check.evaluation import HEALTHY, UNKNOWN, Open, Scope, condition, evaluate
from loopcheck_checks.ci_check.expressions import MAX_LENGTH, ExpressionError, parse

PULL = Scope({"github": github("pull_request", "main", None), "matrix": {"os": "ubuntu-latest", "n": 3.0}})
PUSH = Scope({"github": github("push", "main", "org/shop"), "vars": UNKNOWN})


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("", True),
        ("false", False),
        ("${{ false }}", False),
        ("${{ true }}", True),
        ("always()", True),
        ("failure()", False),
        ("!cancelled()", True),
        ("success() || failure()", True),
        # Text around an expression makes a text of it, and a text is true.
        ("${{ false }} && true", True),
        ("${{ false }}\n", True),
        ("github.event_name == 'pull_request'", True),
        ("github.event_name == 'PULL_REQUEST'", True),
        ("github.event_name != 'schedule' && github.event_name != 'push'", True),
        ("github.event_name == 'push' || github.actor == 'x'", None),
        ("github.event_name == 'push' && github.actor == 'x'", False),
        ("startsWith(github.ref, 'refs/tags/')", False),
        ("startsWith(github.ref, 'refs/pull/')", True),
        ("github.ref == 'refs/heads/main'", False),
        ("github.base_ref == 'main'", True),
        ("github.repository == 'org/shop'", None),
        ("github.event.pull_request.draft == false", None),
        ("github.event.pull_request", True),
        ("github.event.pull_request.merged", False),
        ('contains(fromJSON(\'["push", "schedule"]\'), github.event_name)', False),
        ("contains('pull_request merge_group', github.event_name)", True),
        ("endsWith(github.event_name, '_request')", True),
        ("format('{0}-{1}', 'a', github.event_name) == 'a-pull_request'", True),
        ("matrix.os == 'windows-latest'", False),
        ("matrix.n > 2 && matrix.n <= 3", True),
        ("matrix.gone", False),
        ("hashFiles('a') != ''", None),
        ("vars.X == 'y'", None),
        ("vars.X == 'y' && false", False),
        ("vars.X == 'y' || true", True),
        ("!(vars.X && false)", True),
        ("0 == '' && null == false && 'a' != 0", True),
        ("toJSON(vars.X) == '[]'", None),
        ("'it''s' == 'it''s'", True),
        ("1 < 2 < 3", True),
    ],
)
def test_a_condition_on_a_pull_request(text, runs):
    assert condition(text, PULL) is runs


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("github.ref == 'refs/heads/main'", True),
        ("github.ref_name == github.event.repository.default_branch", None),
        ("github.repository == 'Org/Shop'", True),
        ("github.repository_owner == 'other'", False),
        ("github.event.pull_request.draft", False),
        ("github.event.pull_request == null", True),
    ],
)
def test_a_condition_on_a_push(text, runs):
    assert condition(text, PUSH) is runs


def test_a_skipped_need_skips_unless_a_status_is_asked():
    skipped = Scope(PULL.contexts, {**HEALTHY, "success": False})
    assert condition("", skipped) is False
    assert condition("github.event_name == 'pull_request'", skipped) is False
    assert condition("always()", skipped) is True
    assert condition("!failure()", skipped) is True


def test_results_of_all_needs_are_gathered():
    needs = {"a": Open({"result": "success"}), "b": Open({"result": "skipped"})}
    scope = Scope({"needs": needs})
    assert evaluate(parse("contains(needs.*.result, 'skipped')"), scope) is True
    assert evaluate(parse("contains(needs.*.result, 'failure')"), scope) is False
    assert evaluate(parse("needs.a.outputs.x"), scope) is UNKNOWN


@pytest.mark.parametrize("text", ["a b", "(", "a ==", "'open", '"a"', "a..b", "f(a,", "a[", "#", "(" * 60 + ")" * 60])
def test_what_is_no_expression_is_refused(text):
    with pytest.raises(ExpressionError):
        parse(text)


@pytest.mark.parametrize("piece", ["!", "a && ", "a.b", "'", "((", "a[0]", "f(", "== ", "1 "])
def test_long_texts_are_read_or_refused(piece):
    for length in (16_384, MAX_LENGTH, 65_536):
        text = (piece * (length // len(piece) + 1))[:length]
        with contextlib.suppress(ExpressionError):
            condition(text, PULL)
