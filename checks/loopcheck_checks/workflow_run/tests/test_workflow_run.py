"""`workflow-run`, at a stand-in for GitHub."""

from datetime import timedelta
from pathlib import Path

import pytest
from standins.github import Fault, GitHubStandIn

from loopcheck.model import Verdict
from loopcheck.reasons import CannotTell
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck.testing.repository import NOW
from loopcheck.testing.run import expectation
from loopcheck_checks.workflow_run import WorkflowRunChecker
from loopcheck_checks.workflow_run.mutants import FILE, PASSING, PATH, stand_in
from loopcheck_checks.workflow_run.triggers import triggers_of

CHECKER = WorkflowRunChecker()


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    made = RepositoryBuilder(tmp_path_factory.mktemp("repository"))
    made.commit({PATH: FILE})
    return made


@pytest.fixture
def github():
    with stand_in(PASSING) as github:
        yield github


def session_of(repository, github):
    return repository.session(environment=github.environment)


def look(repository, github, declared=PASSING.expect):
    return examine(CHECKER, declared, session_of(repository, github))


def reasons(result):
    return {claim.reason for claim in result.claims if claim.reason}


def test_keeps_the_contract():
    check_contract(WorkflowRunChecker, Path(__file__).parent.parent / "README.md")


def test_requests_do_not_grow_with_the_items(repository, github):
    session = session_of(repository, github)
    for days in range(5, 25):
        result = examine(CHECKER, f"workflow: drill.yml\nwithin: {days}d\njob: restore\nevent: schedule", session)
        assert result.verdict is Verdict.VERIFIED
    assert len(github.requests) == 4


@pytest.mark.parametrize(
    "fault", ["401", "403-sso", "404", "410", "503", "short-body", "200-nothing", "lost-entry", "more-counted"]
)
@pytest.mark.parametrize("where", ["*/actions/workflows", "*/actions/workflows/*/runs", "*/actions/runs/*/jobs"])
def test_what_could_not_be_seen_is_never_failed(repository, github, where, fault):
    github.fault(f"GET {where}", fault, times=None)
    assert look(repository, github).verdict is Verdict.INCONCLUSIVE


def test_a_token_without_the_permission_cannot_tell(repository):
    with GitHubStandIn(permissions={"contents": "read", "metadata": "read"}) as github:
        result = look(repository, github)
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"refused"})


def test_without_a_token_nothing_is_said(repository):
    result = examine(CHECKER, PASSING.expect, repository.session())
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"needs-github"})


def test_behind_many_other_runs_it_is_still_found(repository, github):
    flow = github.repository.workflow("drill.yml")
    for _ in range(230):
        github.repository.add_run(flow, event="push", created=NOW - timedelta(days=1))
    assert look(repository, github).verdict is Verdict.VERIFIED
    assert look(repository, github, "workflow: drill.yml\nevent: release").verdict is Verdict.FAILED


def test_of_more_runs_than_github_lists_absence_is_not_told(repository, github):
    flow = github.repository.workflow("drill.yml")
    for _ in range(1100):
        github.repository.add_run(flow, event="push", created=NOW - timedelta(days=1))
    result = look(repository, github)
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"truncated"})


def test_a_failure_links_to_the_run(repository, github):
    run = github.repository.runs[1]
    run.conclusion = "failure"
    wrong = [claim for claim in look(repository, github).claims if claim.reason == "last-failed"]
    assert wrong[0].evidence[0].source == f"{github.url}/acme/shop/actions/runs/{run.id}"


def test_the_name_that_was_meant_is_suggested(repository, github):
    claim = look(repository, github, "workflow: drills.yml").claims[0]
    assert claim.message == f"GitHub knows no workflow `drills.yml`; did you mean {PATH}?"


@pytest.mark.parametrize(
    ("on", "events"),
    [
        ("on: push", ("push",)),
        ("on: [push, schedule]", ("push", "schedule")),
        ("on:\n  push:\n  schedule: [{cron: '1 2 * * *'}]", ("push", "schedule")),
        ("on:\n  push:\n  schedule: [{cron: never}]", ("push",)),
        ("'on': {workflow_dispatch: {}}", ("workflow_dispatch",)),
    ],
)
def test_reads_the_events_of_a_file(on, events):
    assert triggers_of(f"{on}\njobs: {{}}\n", "a.yml") == events


@pytest.mark.parametrize("text", ["", "[]", "jobs: {}", "on:", "on: {a", "on: " + "[" * 2000])
def test_a_file_of_another_form_cannot_be_told(text):
    with pytest.raises(CannotTell):
        triggers_of(text, "a.yml")


def test_an_observation_can_be_replayed(repository, github):
    world = session_of(repository, github).world()
    assert round_trips(CHECKER.observe(expectation(CHECKER, PASSING.expect), world))


@pytest.mark.parametrize(
    "answer", [b"[]", b'{"workflow_runs": [1], "total_count": 1}', b'{"workflow_runs": {}, "total_count": "x"}']
)
def test_an_answer_of_another_form_is_no_crash(repository, github, answer):
    github.fault("GET */workflows/*/runs", Fault("odd", 200, answer), times=None)
    result = look(repository, github)
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"bad-response"})
