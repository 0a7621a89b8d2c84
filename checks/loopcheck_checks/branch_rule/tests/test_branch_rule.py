"""`branch-rule`, over HTTP, against the stand-in."""

from copy import deepcopy
from pathlib import Path

import pytest
from standins.github import GitHubStandIn

from loopcheck.binding import BindingError
from loopcheck.model import Verdict
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck.testing.repository import NOW
from loopcheck_checks.branch_rule import BranchRuleChecker, mutants

CHECKER = BranchRuleChecker()
HERE = Path(__file__).parent.parent
V, I, F = Verdict.VERIFIED, Verdict.INCONCLUSIVE, Verdict.FAILED  # noqa: E741
ALL = mutants.DECLARED


def on(value=True):
    return {"enabled": value}


def protection():
    return deepcopy(mutants.PROTECTION)


def rules():
    return deepcopy(mutants.RULES)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    made = RepositoryBuilder(tmp_path_factory.mktemp("repository"))
    made.commit({"README.md": "# Shop\n"})
    return made


@pytest.fixture
def github():
    with GitHubStandIn(now=NOW) as made:
        made.repository.commit({"README.md": "# Shop\n"})
        yield made


def said(github, repository, declared=ALL):
    result = examine(CHECKER, declared, repository.session(environment=github.environment))
    return result.verdict, {claim.claim: claim.reason for claim in result.claims if claim.reason}


def test_keeps_the_contract():
    check_contract(BranchRuleChecker, HERE / "README.md")


def test_protection_or_rulesets_or_both_will_do(github, repository):
    assert said(github, repository)[0] is F
    github.repository.protection["main"] = protection()
    assert said(github, repository) == (V, {})
    github.repository.add_ruleset(rules())
    assert said(github, repository) == (V, {})
    github.repository.protection.clear()
    assert said(github, repository) == (V, {})


PROTECTIONS = [
    ("a check is gone", lambda p: p["required_status_checks"].update(contexts=["test"], checks=[{"context": "test", "app_id": None}]), F, {"checks-required": "no-such-rule"}),
    ("no checks", lambda p: p["required_status_checks"].update(contexts=[], checks=[]), F, {"checks-required": "no-such-rule"}),
    ("checks that contradict", lambda p: p["required_status_checks"].update(contexts=["test", "x"]), I, {"checks-required": "not-judged"}),
    ("not strict", lambda p: p["required_status_checks"].update(strict=False), F, {"up-to-date": "no-such-rule"}),
    ("one approval", lambda p: p["required_pull_request_reviews"].update(required_approving_review_count=1), F, {"reviewed": "looser"}),
    ("no approval", lambda p: p["required_pull_request_reviews"].update(required_approving_review_count=0), F, {"reviewed": "no-such-rule"}),
    ("owners are not asked", lambda p: p["required_pull_request_reviews"].update(require_code_owner_reviews=False), F, {"owners-review": "no-such-rule"}),
    ("approvals stay", lambda p: p["required_pull_request_reviews"].update(dismiss_stale_reviews=False), F, {"stale-dismissed": "no-such-rule"}),
    ("force pushes", lambda p: p.update(allow_force_pushes=on()), F, {"not-rewritten": "no-such-rule"}),
    ("deletions", lambda p: p.update(allow_deletions=on()), F, {"not-deleted": "no-such-rule"}),
    ("unsigned", lambda p: p.update(required_signatures=on(False)), F, {"commits-signed": "no-such-rule"}),
    ("merge commits", lambda p: p.pop("required_linear_history"), F, {"history-linear": "no-such-rule"}),
    ("not for administrators", lambda p: p.update(enforce_admins=on(False)), F, {"not-bypassed": "bypassed"}),
    ("somebody is excepted", lambda p: p["required_pull_request_reviews"].update(bypass_pull_request_allowances={"users": [{"login": "bob"}], "teams": []}), F, {"not-bypassed": "bypassed"}),
    ("more approvals", lambda p: p["required_pull_request_reviews"].update(required_approving_review_count=3), V, {}),
    ("something new", lambda p: p.update(required_calm=on()), V, {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "verdict", "reasons"), PROTECTIONS, ids=[row[0] for row in PROTECTIONS])
def test_what_protection_lacks(github, repository, name, change, verdict, reasons):
    change(own := protection())
    github.repository.protection["main"] = own
    assert said(github, repository) == (verdict, reasons)


RULESETS = [
    ("disabled", lambda r: setattr(r, "enforcement", "disabled"), F),
    ("only evaluated", lambda r: setattr(r, "enforcement", "evaluate"), F),
    ("for no branch", lambda r: setattr(r, "include", ()), F),
    ("for another branch", lambda r: setattr(r, "include", ("refs/heads/dev",)), F),
    ("branch excepted", lambda r: setattr(r, "exclude", ("refs/heads/main",)), F),
    ("for tags", lambda r: setattr(r, "target", "tag"), F),
    ("somebody may pass", lambda r: setattr(r, "bypass", ({"actor_type": "RepositoryRole", "actor_id": 5, "bypass_mode": "always"},)), F),
    *((f"without {rule['type']}", lambda r, n=n: r.rules.pop(n), F) for n, rule in enumerate(rules())),
    ("by pattern", lambda r: setattr(r, "include", ("refs/heads/m*",)), V),
    ("for all branches", lambda r: setattr(r, "include", ("~ALL",)), V),
    ("of the organisation", lambda r: setattr(r, "source_type", "Organization"), V),
    ("with a rule that is new", lambda r: r.rules.append({"type": "calm"}), V),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "verdict"), RULESETS, ids=[row[0] for row in RULESETS])
def test_what_a_ruleset_lacks(github, repository, name, change, verdict):
    change(github.repository.add_ruleset(rules()))
    assert said(github, repository)[0] is verdict


def test_what_is_hidden_is_unknown(github, repository):
    github.tokens[github.token].permissions.pop("administration")
    github.repository.add_ruleset(rules())
    assert said(github, repository) == (I, {"not-bypassed": "not-judged"})
    github.repository.rulesets.clear()
    github.repository.protection["main"] = protection()
    found, reasons = said(github, repository)
    assert found is I
    assert "checks-required" not in reasons
    assert reasons["reviewed"] == "refused"


@pytest.mark.parametrize("how", ["401", "403-permission", "404", "200-nothing", "200-null"])
@pytest.mark.parametrize("where", ["", "/branches", "/branches/main/protection", "/rules", "/rulesets"])
def test_what_github_does_not_show_is_never_a_failure(github, repository, where, how):
    half = len(rules()) // 2
    github.repository.add_ruleset(rules()[:half])
    github.repository.protection["main"] = protection()
    github.fault(f"GET /repos/acme/shop{where}*", how, times=None)
    assert said(github, repository)[0] is (V if where == "/rulesets" or where == "/rules" else I)


def test_a_merge_queue(github, repository):
    assert said(github, repository, "merge-queue: true") == (F, {"queued": "no-such-rule"})
    github.repository.protection["main"] = protection()
    assert said(github, repository, "merge-queue: true") == (I, {"queued": "not-judged"})
    github.repository.add_ruleset([{"type": "merge_queue"}])
    assert said(github, repository, "merge-queue: true") == (V, {})


def test_a_branch_that_is_not_there_is_not_verified(github, repository):
    github.repository.add_ruleset(rules(), include=("~ALL",))
    assert said(github, repository, "branch: mian\nno-deletion: true") == (I, {"observed": "not-visible"})


def test_without_a_token_nobody_can_tell(repository):
    result = examine(CHECKER, "no-deletion: true", repository.session())
    assert (result.verdict, result.claims[0].reason) == (I, "needs-github")


@pytest.mark.parametrize(
    "declared", ["branch: main", "branch: release/*\nsigned: true", "branch: ../x\nsigned: true", "reviews: -1"]
)
def test_a_declaration_that_asks_for_nothing_is_the_authors_error(declared):
    with pytest.raises(BindingError):
        expectation(CHECKER, declared)


def test_an_observation_can_be_replayed(github, repository):
    github.repository.add_ruleset(rules())
    github.repository.protection["main"] = protection()
    world = repository.session(environment=github.environment).world()
    assert round_trips(CHECKER.observe(expectation(CHECKER, ALL), world))
