"""Whether reviews by owners are enforced. Over HTTP, against the stand-in."""

import pytest
from standins.github import GitHubStandIn

from loopcheck.model import Verdict
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import round_trips
from loopcheck.testing.repository import NOW
from loopcheck_checks.codeowners import CodeownersChecker

CHECKER = CodeownersChecker()
V, I, F = Verdict.VERIFIED, Verdict.INCONCLUSIVE, Verdict.FAILED  # noqa: E741
DECLARED = "path: db\nowners: '@dba'"


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    made = RepositoryBuilder(tmp_path_factory.mktemp("repository"))
    made.commit({"CODEOWNERS": "* @all\n/db/ @dba @ada\n", "db/a.sql": "1\n"})
    return made


@pytest.fixture
def github():
    with GitHubStandIn(now=NOW) as made:
        made.repository.commit({"README.md": "# Shop\n"})
        made.repository.add_ruleset([rule()])
        yield made


def rule(owners=True, count=0):
    asked = {
        "required_approving_review_count": count,
        "require_code_owner_review": owners,
        "dismiss_stale_reviews_on_push": False,
    }
    return {
        "type": "pull_request",
        "parameters": asked | {"require_last_push_approval": False, "required_review_thread_resolution": False},
    }


def protect(github, owners=True):
    github.repository.rulesets.clear()
    reviews = {
        "required_approving_review_count": 1,
        "require_code_owner_reviews": owners,
        "dismiss_stale_reviews": False,
    }
    github.repository.protection["main"] = {
        "required_pull_request_reviews": reviews,
        "enforce_admins": {"enabled": True},
    }


def error(kind="Unknown owner", line=2, column=6, source="/db/ @dba @ada"):
    return {
        "line": line,
        "column": column,
        "kind": kind,
        "source": source,
        "suggestion": None,
        "message": "…",
        "path": "CODEOWNERS",
    }


def said(github, repository):
    result = examine(CHECKER, DECLARED, repository.session(environment=github.environment))
    return result.verdict, [claim.reason for claim in result.claims if claim.reason]


ROWS = [
    ("a ruleset", lambda g: None, V, []),
    ("with approvals", lambda g: g.repository.rulesets[0].rules.append(rule(count=2)), V, []),
    ("own protection", protect, V, []),
    ("one of both", lambda g: [protect(g, owners=False), g.repository.add_ruleset([rule()])], V, []),
    ("nothing", lambda g: g.repository.rulesets.clear(), F, ["not-enforced"]),
    ("reviews by anybody", lambda g: setattr(g.repository.rulesets[0], "rules", [rule(owners=False, count=2)]), F, ["not-enforced"]),
    ("own protection, by anybody", lambda g: protect(g, owners=False), F, ["not-enforced"]),
    ("ruleset disabled", lambda g: setattr(g.repository.rulesets[0], "enforcement", "disabled"), F, ["not-enforced"]),
    ("ruleset evaluated", lambda g: setattr(g.repository.rulesets[0], "enforcement", "evaluate"), F, ["not-enforced"]),
    ("ruleset for nothing", lambda g: setattr(g.repository.rulesets[0], "include", ()), F, ["not-enforced"]),
    ("owner unknown", lambda g: g.repository.codeowners_errors.append(error()), F, ["unknown-owner"]),
    ("another owner unknown", lambda g: g.repository.codeowners_errors.append(error(column=11)), V, []),
    ("an error elsewhere", lambda g: g.repository.codeowners_errors.append(error("Invalid pattern", 1, 1, "* @all")), V, []),
    ("hidden protection", lambda g: [protect(g), g.tokens[g.token].permissions.pop("administration")], I, ["refused"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "verdict", "reasons"), ROWS, ids=[row[0] for row in ROWS])
def test_whether_owners_must_review(github, repository, name, change, verdict, reasons):
    change(github)
    assert said(github, repository) == (verdict, reasons)


@pytest.mark.parametrize("how", ["401", "403-permission", "404", "200-nothing", "200-null"])
@pytest.mark.parametrize("where", ["", "/branches", "/branches/main/protection", "/codeowners"])
def test_what_github_does_not_show_is_never_a_failure(github, repository, where, how):
    protect(github)
    github.fault(f"GET /repos/acme/shop{where}*", how, times=None)
    assert said(github, repository)[0] is I


def test_an_observation_can_be_replayed(github, repository):
    world = repository.session(environment=github.environment).world()
    assert round_trips(CHECKER.observe(expectation(CHECKER, DECLARED), world))
