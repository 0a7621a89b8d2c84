"""The one status of a commit, on the stand-in."""

from datetime import UTC, datetime

import pytest
from standins.github import FAULTS, GitHubStandIn
from telling import Time

from loopcheck.effects.model import Conclusion, PutStatus
from loopcheck.effects.status import MARK, StatusApplier
from loopcheck.effects.writer import Writer
from loopcheck.world.github.connection import Connection
from loopcheck.world.github.governor import Governor, Limits
from loopcheck.world.github.reader import GitHub
from loopcheck.world.github.settings import settings_from

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
COMMIT = "c" * 40
WRITES = "checks contents issues metadata pull_requests".split()
QUICK = [FAULTS[name] for name in "401 404 500 502-done cut cut-done 200-html 200-null 204 cut-body 422".split()]


@pytest.fixture
def github():
    with GitHubStandIn(now=NOW) as stand_in:
        yield stand_in


def status(conclusion=Conclusion.FAILURE, title="loopcheck: no", summary="### No\n", commit=COMMIT):
    return PutStatus(commit, conclusion, title, summary)


def applier(stand_in, *, details=None):
    settings, time = settings_from(stand_in.environment), Time()
    time.at = stand_in.now.timestamp()
    governor = Governor(Limits(), clock=time, sleep=time.sleep)

    def timed(seconds):
        return min(seconds, 2.0)

    github = GitHub(
        settings, stand_in.token, once=lambda _, look: look(), count=lambda: None, timeout=timed, governor=governor,
        sleep=time.sleep,
    )  # fmt: skip
    connection = Connection(settings, stand_in.token, timed)
    writer = Writer(connection, governor, count=lambda: None, clock=time, sleep=time.sleep)
    return StatusApplier(github, writer, details=details, sleep=time.sleep)


def put(stand_in, *effects, **more):
    return [applier(stand_in, **more).apply(one) for one in effects]


def done(stand_in, *effects):
    return [one.done.value for one in put(stand_in, *effects)]


def ours(stand_in):
    return [one for one in stand_in.repository.check_runs if one.external_id == MARK]


def test_a_check_run_is_made_once_and_then_edited(github):
    assert done(github, status(), status(), status(Conclusion.SUCCESS)) == ["written", "unchanged", "written"]
    (run,) = ours(github)
    assert (run.sha, run.name, run.status, run.conclusion) == (COMMIT, "loopcheck", "completed", "success")
    assert [call.method for call in github.writes] == ["POST", "PATCH"]


def test_each_commit_has_its_own(github):
    assert done(github, status(), status(commit="d" * 40)) == ["written", "written"]
    assert [one.sha for one in ours(github)] == [COMMIT, "d" * 40]


def test_the_run_is_linked(github):
    put(github, status(), details=f"{github.url}/acme/shop/actions/runs/5")
    assert ours(github)[0].details_url.endswith("/runs/5")


def test_a_job_of_the_same_name_is_left_alone(github):
    flow = github.repository.add_workflow()
    github.repository.add_run(flow, jobs=["loopcheck"], sha=COMMIT, conclusion="success")
    assert done(github, status()) == ["written"]
    assert [one.conclusion for one in github.repository.check_runs] == ["success", "failure"]


def test_two_that_were_made_at_once_say_the_same(github):
    github.repository.add_check_run("loopcheck", COMMIT, external_id=MARK, conclusion="success")
    github.repository.add_check_run("loopcheck", COMMIT, external_id=MARK, conclusion="success")
    assert done(github, status(), status()) == ["written", "unchanged"]
    assert {one.conclusion for one in ours(github)} == {"failure"}


@pytest.mark.parametrize("permission", ["none", "read"])
def test_a_commit_status_where_check_runs_are_refused(github, permission):
    github.tokens[github.token].permissions["checks"] = permission
    applied = put(github, status(), status(), status(Conclusion.NEUTRAL), status(Conclusion.ACTION_REQUIRED))
    assert [(one.done.value, one.shown) for one in applied] == [
        ("written", "commit status"), ("unchanged", "commit status"), ("written", "commit status"),
        ("written", "commit status"),
    ]  # fmt: skip
    made = [(one.context, one.state, one.description) for one in github.repository.statuses]
    assert made == [("loopcheck", state, "loopcheck: no") for state in ("failure", "success", "error")]
    assert ours(github) == []


def test_a_persons_token_makes_no_check_runs(github):
    github.tokens[github.token].user = True
    assert [one.shown for one in put(github, status())] == ["commit status"]


def test_nothing_is_written_where_neither_may_be(github):
    github.tokens[github.token].permissions |= {"checks": "none", "statuses": "none"}
    (applied,) = put(github, status())
    assert (applied.done.value, applied.shown) == ("left", "")
    assert "may not" in applied.because


@pytest.mark.parametrize("fault", ["403-secondary", "429-secondary", "403-sso", "401"])
@pytest.mark.parametrize("path", ["POST */check-runs", "GET */check-runs"])
def test_what_passes_is_no_lack_of_permission(github, path, fault):
    github.fault(path, fault, times=None)
    (applied,) = put(github, status())
    assert applied.done.value == "left"
    assert github.repository.statuses == []


@pytest.mark.parametrize("fault", QUICK, ids=lambda one: one.name)
@pytest.mark.parametrize("path", ["GET */check-runs", "POST */check-runs", "PATCH */check-runs/*"])
def test_no_second_one_whatever_goes_wrong(github, path, fault):
    if path.startswith("PATCH"):
        put(github, status(Conclusion.SUCCESS))
    planned = github.fault(path, fault, times=None)
    put(github, status())
    assert len(ours(github)) <= 1
    github._planned.remove(planned)
    put(github, status())
    (run,) = ours(github)
    assert run.conclusion == "failure"
    assert github.repository.statuses == []


@pytest.mark.parametrize("fault", ["502-done", "cut-done"])
def test_one_that_was_made_after_all_is_adopted(github, fault):
    github.fault("POST */check-runs", fault)
    assert done(github, status()) == ["written"]
    assert len(ours(github)) == len(github.writes) == 1
