"""`pull-request`, at a stand-in for GitHub."""

import json
from pathlib import Path

import pytest
from standins.github import Fault, GitHubStandIn

from loopcheck.binding import BindingError
from loopcheck.model import Verdict
from loopcheck.reasons import CannotTell
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck.testing.run import expectation
from loopcheck_checks.pull_request import PullRequestChecker
from loopcheck_checks.pull_request.mutants import INCIDENT, MERGED_AT, history

CHECKER = PullRequestChecker()
DECLARED = "number: 1\ntouches: config/db.yml"


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    return history(tmp_path_factory.mktemp("history"))


@pytest.fixture
def github(repository):
    with GitHubStandIn() as github:
        github.repository.add_pull(
            "Raise the pool",
            state="closed",
            merged_at=MERGED_AT,
            merge_commit=repository.git("rev-parse", "squash"),
            files=[{"filename": "config/db.yml"}, {"filename": "runbooks/lag.md"}],
        )
        yield github


def session_of(repository, github, ref="main"):
    return repository.session(ref=ref, environment=github.environment)


def look(repository, github, declared=DECLARED, ref="main"):
    session = session_of(repository, github, ref)
    return examine(CHECKER, declared, session, incident=INCIDENT)


def reasons(result):
    return {claim.reason for claim in result.claims if claim.reason}


def test_keeps_the_contract():
    check_contract(PullRequestChecker, Path(__file__).parent.parent / "README.md")


def test_a_merged_pull_request_is_verified_with_few_requests(repository, github):
    assert look(repository, github).verdict is Verdict.VERIFIED
    assert len(github.requests) == 3


@pytest.mark.parametrize(
    "fault", ["401", "403-sso", "404", "451", "503", "short-body", "200-nothing", "redirect-elsewhere"]
)
@pytest.mark.parametrize("where", ["GET /repos/acme/shop", "GET /repos/*/pulls/1", "GET /repos/*/pulls/1/files"])
def test_what_could_not_be_seen_is_never_failed(repository, github, where, fault):
    github.fault(where, fault, times=None)
    assert look(repository, github).verdict is Verdict.INCONCLUSIVE


def test_a_lost_entry_of_the_list_of_files_is_noticed(repository, github):
    def lose(status, headers, body):
        return (
            status,
            headers,
            json.dumps([one for one in json.loads(body) if one["filename"] != "config/db.yml"]).encode(),
        )

    github.fault("GET /repos/*/pulls/1/files", Fault("lost", spoil=lose), times=None)
    result = look(repository, github)
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"truncated", "perhaps-reverted"})


def test_a_token_that_sees_no_pull_requests_proves_no_absence(repository):
    with GitHubStandIn() as github:
        result = look(repository, github)
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"not-visible"})


def test_a_token_without_the_permission_cannot_tell(repository):
    with GitHubStandIn(permissions={"contents": "read", "metadata": "read"}) as github:
        result = look(repository, github)
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"refused"})


def test_without_a_token_nothing_is_said(repository):
    result = examine(CHECKER, DECLARED, repository.session(), incident=INCIDENT)
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"needs-github"})


def test_of_more_files_than_github_lists_absence_is_not_told(repository, github):
    github.repository.pulls[0].files = [{"filename": f"f{number}"} for number in range(3001)]
    result = look(repository, github)
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"truncated", "perhaps-reverted"})


def test_a_merge_newer_than_the_checkout_is_not_missing(repository, github):
    result = look(repository, github, ref="base")
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"after-checkout"})


def test_a_shallow_clone_does_not_know_its_history(repository, github, tmp_path):
    clone = RepositoryBuilder(tmp_path)
    clone.git("fetch", "-q", "--depth=1", repository.folder.as_uri(), "main")
    result = look(clone, github, ref="FETCH_HEAD")
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"shallow-history"})


def test_another_branch_is_looked_at_where_it_is_declared(repository, github):
    github.repository.pulls[0].base = "reverted"
    result = look(repository, github, declared="number: 1\ninto: reverted")
    assert (result.verdict, reasons(result)) == (Verdict.FAILED, {"reverted"})
    github.repository.pulls[0].base = "nowhere"
    result = look(repository, github, declared="number: 1\ninto: nowhere")
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"no-branch-here"})


@pytest.mark.parametrize("declared", ["number: x", "number: acme#1", "number: 0", "number: 1\nmerged-after: lately"])
def test_refuses_what_names_no_pull_request(declared):
    with pytest.raises(BindingError):
        expectation(CHECKER, declared)


def test_an_observation_can_be_replayed(repository, github):
    world = repository.session(ref="main", environment=github.environment).world(INCIDENT)
    assert round_trips(CHECKER.observe(expectation(CHECKER, DECLARED), world))


@pytest.mark.parametrize("answer", [{}, {"number": 1}, [], "x", None])
def test_an_answer_of_another_form_is_no_crash(repository, github, answer):
    github.fault("GET /repos/*/pulls/1", Fault("odd", 200, answer), times=None)
    with pytest.raises(CannotTell):
        CHECKER.observe(expectation(CHECKER, DECLARED), session_of(repository, github).world())
