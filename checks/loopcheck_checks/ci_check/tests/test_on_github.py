"""What GitHub says of a check: required, switched on, passed lately. Over HTTP, against the stand-in."""

import pytest
from standins.github import GitHubStandIn
from standins.github.graph_checks import EARLIER
from standins.github.state import Job

from loopcheck.model import Outcome, Verdict
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import round_trips
from loopcheck.testing.repository import NOW
from loopcheck_checks.ci_check import CiCheckChecker

CHECKER = CiCheckChecker()
V, I, F = Verdict.VERIFIED, Verdict.INCONCLUSIVE, Verdict.FAILED  # noqa: E741
CI = ".github/workflows/ci.yml"
STEPS = "    runs-on: ubuntu-latest\n    steps:\n      - run: "
PASSING = f"on: [push, pull_request, merge_group]\njobs:\n  test:\n{STEPS}pytest\n"
MATRIX = PASSING.replace("  test:\n", "  test:\n    strategy: {matrix: {v: [3.9, '3.10']}}\n")
GATE = (
    f"{PASSING}  all:\n    if: always()\n    needs: [test]\n    runs-on: ubuntu-latest\n"
    "    steps:\n      - uses: re-actors/alls-green@v1\n        with: {jobs: '${{ toJSON(needs) }}'}\n"
)
LAX_GATE = GATE.replace("    if: always()\n", "")
CALL = "on: [pull_request]\njobs:\n  ci:\n    uses: ./.github/workflows/t.yml\n"
CALLED = {".github/workflows/t.yml": f"on: workflow_call\njobs:\n  test:\n{STEPS}pytest\n"}


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """One repository with a branch for each text of the workflow; a commit is dear."""
    builder = RepositoryBuilder(tmp_path_factory.mktemp("repository"))
    refs = {}

    def session(github, text=PASSING, **others):
        key = (text, tuple(others))
        if key not in refs:
            gone = {path: None for path in CALLED if path not in others and (builder.folder / path).exists()}
            refs[key] = builder.commit({CI: text, **others, **gone})
        return builder.session(ref=refs[key], environment=github.environment)

    return session


@pytest.fixture
def github():
    with GitHubStandIn(now=NOW) as made:
        made.repository.commit({"README.md": "# Shop\n"})
        workflow = made.repository.add_workflow(CI)
        made.repository.add_run(workflow, jobs=["test"])
        made.repository.add_ruleset([checks("test")])
        yield made


def checks(*names, app=15368):
    required = [{"context": name} | ({"integration_id": app} if app else {}) for name in names]
    return {"type": "required_status_checks", "parameters": {"required_status_checks": required, "strict_required_status_checks_policy": True}}  # fmt: skip


def protect(github, *names, app=15368, **more):
    """Replace the ruleset with the branch's own protection."""
    github.repository.rulesets.clear()
    those = [{"context": name, "app_id": app} for name in names]
    status = {"strict": True, "contexts": list(names), "checks": those}
    github.repository.protection["main"] = {
        "required_status_checks": status,
        "enforce_admins": {"enabled": True},
    } | more


def ruled(github, *rules, **details):
    github.repository.rulesets.clear()
    github.repository.add_ruleset(rules, **details)


def ran(github, *jobs, **details):
    github.repository.runs.clear()
    return github.repository.add_run(github.repository.workflows[0], jobs=jobs, **details)


def said(session, declared="job: test"):
    result = examine(CHECKER, declared, session)
    return result.verdict, {claim.claim: claim.reason for claim in result.claims if claim.reason}


def test_a_required_check_that_runs_is_verified(github, repository):
    session = repository(github)
    assert said(session) == (V, {})
    assert said(session, "job: test\nbranches: [main]\nruns: pytest") == (V, {})
    # repository, branch, rules, runs, their jobs: asked once, for both
    assert len(github.requests) == 5


REQUIREMENTS = [
    ("own protection", lambda g: protect(g, "test"), V, None),
    ("any app", lambda g: protect(g, "test", app=None), V, None),
    ("any app, by its number", lambda g: protect(g, "test", app=-1), V, None),
    ("administrators may pass", lambda g: protect(g, "test", enforce_admins={"enabled": False}), V, None),
    ("both kinds", lambda g: [protect(g, "other"), g.repository.add_ruleset([checks("test")])], V, None),
    ("an organisation's ruleset", lambda g: ruled(g, checks("test"), source_type="Organization"), V, None),
    ("the whole workflow", lambda g: ruled(g, {"type": "workflows", "parameters": {"workflows": [{"path": CI, "repository_id": g.repository.id}]}}), V, None),
    ("another repository's workflow", lambda g: ruled(g, {"type": "workflows", "parameters": {"workflows": [{"path": CI, "repository_id": 1}]}}), F, "not-required"),
    ("nothing", ruled, F, "not-required"),
    ("ruleset only evaluated", lambda g: ruled(g, checks("test"), enforcement="evaluate"), F, "not-required"),
    ("ruleset disabled", lambda g: ruled(g, checks("test"), enforcement="disabled"), F, "not-required"),
    ("ruleset that matches nothing", lambda g: ruled(g, checks("test"), include=()), F, "not-required"),
    ("ruleset that leaves the branch out", lambda g: ruled(g, checks("test"), exclude=("refs/heads/main",)), F, "not-required"),
    ("ruleset for tags", lambda g: ruled(g, checks("test"), target="tag"), F, "not-required"),
    ("ruleset without checks", lambda g: ruled(g, {"type": "deletion"}), F, "not-required"),
    ("another name", lambda g: ruled(g, checks("tests")), F, "not-required"),
    ("the name of the page", lambda g: ruled(g, checks("CI / test")), F, "not-required"),
    ("another case", lambda g: ruled(g, checks("Test")), F, "not-required"),
    ("another app", lambda g: ruled(g, checks("test", app=7)), F, "other-app"),
    ("another app, own protection", lambda g: protect(g, "test", app=7), F, "other-app"),
    ("no checks, but strict", protect, F, "not-required"),
    ("protected, nothing of checks", lambda g: [protect(g), g.repository.protection.update(main={"enforce_admins": {"enabled": True}})], I, "not-visible"),
    ("another branch protected", lambda g: [protect(g, "test"), g.repository.protection.update(dev=g.repository.protection.pop("main"))], F, "not-required"),
    ("contexts without checks", lambda g: [protect(g, "test"), g.repository.protection["main"]["required_status_checks"].pop("checks")], V, None),
    ("contexts that say otherwise", lambda g: [protect(g, "test"), g.repository.protection["main"]["required_status_checks"].update(contexts=["x"])], I, "bad-response"),
    ("no such branch", lambda g: g.repository.git.refs.clear(), I, "not-visible"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "verdict", "reason"), REQUIREMENTS, ids=[row[0] for row in REQUIREMENTS])
def test_whether_the_branch_requires_it(github, repository, name, change, verdict, reason):
    change(github)
    found, reasons = said(repository(github))
    assert (found, reasons.get("required")) == (verdict, reason)


NAMES = [
    ("every leg", MATRIX, {}, ["test (3.9)", "test (3.10)"], V, None),
    ("a leg is missing", MATRIX, {}, ["test (3.9)"], F, "leg-not-required"),
    ("the bare name of a matrix", MATRIX, {}, ["test"], F, "not-required"),
    ("numbers lose their zero", MATRIX.replace("'3.10'", "3.10"), {}, ["test (3.9)", "test (3.10)"], F, "leg-not-required"),
    ("a leg that may fail", MATRIX.replace("    strategy", "    continue-on-error: ${{ matrix.v == '3.10' }}\n    strategy"), {}, ["test (3.9)"], V, None),
    ("the job's name", PASSING.replace("  test:\n", "  test:\n    name: Tests\n"), {}, ["Tests"], V, None),
    ("its id in place of its name", PASSING.replace("  test:\n", "  test:\n    name: Tests\n"), {}, ["test"], F, "not-required"),
    ("a name that the run makes", PASSING.replace("  test:\n", "  test:\n    name: T ${{ vars.X }}\n"), {}, ["T x"], I, "name-unknown"),
    ("a name that it cannot be", PASSING.replace("  test:\n", "  test:\n    name: T ${{ vars.X }}\n"), {}, ["U x"], F, "not-required"),
    ("legs that the run makes", MATRIX.replace("{v: [3.9, '3.10']}", "'${{ fromJSON(vars.X) }}'"), {}, ["test (1)"], I, "name-unknown"),
    ("called", CALL, CALLED, ["ci / test"], V, None),
    ("called, by the callee's name", CALL, CALLED, ["test"], F, "not-required"),
    ("gate", GATE, {}, ["all"], V, None),
    ("gate that is skipped", LAX_GATE, {}, ["all"], F, "gate-skipped"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "others", "required", "verdict", "reason"), NAMES, ids=[row[0] for row in NAMES]
)
def test_names_are_composed_as_github_does(github, repository, name, text, others, required, verdict, reason):
    ruled(github, checks(*required))
    ran(
        github,
        "test",
        "test (3.9)",
        "test (3.10)",
        "test (3.1)",
        "Tests",
        "T x",
        "test (1)",
        "ci / test",
        event="pull_request",
    )
    found, reasons = said(repository(github, text, **others))
    assert (found, reasons) == (verdict, {"required": reason} if reason else {})


def test_a_merge_queue_wants_the_event(github, repository):
    ruled(github, checks("test"), {"type": "merge_queue"})
    assert said(repository(github)) == (V, {})
    text = PASSING.replace(", merge_group", "")
    assert said(repository(github, text)) == (F, {"required": "not-in-queue"})


OLD = NOW.replace(month=9)
RUNS = [
    ("on a pull request", lambda g: ran(g, "test", event="pull_request", branch="topic"), V, {}),
    ("in the queue", lambda g: ran(g, "test", event="merge_group", branch="gh-readonly-queue/main/pr-1-a"), V, {}),
    ("on a pull request to another branch", lambda g: ran(g, "test", event="pull_request", branch="x", pulls=[{"number": 1, "base": {"ref": "dev"}}]), I, {"ran-lately": "no-run-lately"}),
    ("on another branch", lambda g: ran(g, "test", branch="topic"), I, {"ran-lately": "no-run-lately"}),
    ("never", lambda g: g.repository.runs.clear(), I, {"ran-lately": "no-run-lately"}),
    ("long ago", lambda g: ran(g, "test", created=OLD), I, {"ran-lately": "no-run-lately"}),
    ("failed on the branch", lambda g: ran(g, "test", conclusion="failure"), F, {"ran-lately": "not-passing"}),
    ("failed on a pull request", lambda g: ran(g, "test", conclusion="failure", event="pull_request"), I, {"ran-lately": "no-run-lately"}),
    ("still running", lambda g: ran(g, "test", status="in_progress"), I, {"ran-lately": "no-run-lately"}),
    ("skipped", lambda g: ran(g, Job(1, "test", conclusion="skipped")), I, {"ran-lately": "skipped-lately"}),
    ("neutral", lambda g: ran(g, Job(1, "test", conclusion="neutral")), I, {"ran-lately": "skipped-lately"}),
    ("without the job", lambda g: ran(g, "lint"), I, {"ran-lately": "no-run-lately"}),
    ("failed before it passed", lambda g: [ran(g, "test", conclusion="failure", created=NOW.replace(day=2)), g.repository.add_run(g.repository.workflows[0], jobs=["test"])], V, {}),
    ("disabled", lambda g: setattr(g.repository.workflows[0], "state", "disabled_manually"), F, {"enabled": "switched-off"}),
    ("disabled for want of activity", lambda g: setattr(g.repository.workflows[0], "state", "disabled_inactivity"), F, {"enabled": "switched-off"}),
    ("a state that is new", lambda g: setattr(g.repository.workflows[0], "state", "resting"), I, {"enabled": "unregistered"}),
    ("another workflow only", lambda g: [setattr(one, "path", "x") for one in (*g.repository.workflows, *g.repository.runs)], I, {"enabled": "unregistered", "ran-lately": "unregistered"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "verdict", "reasons"), RUNS, ids=[row[0] for row in RUNS])
def test_whether_it_runs_and_passes(github, repository, name, change, verdict, reasons):
    change(github)
    assert said(repository(github)) == (verdict, reasons)


def test_how_long_ago_is_declared(github, repository):
    ran(github, "test", created=OLD)
    assert said(repository(github), "job: test\nran-within: 90d") == (V, {})


def test_what_need_not_be_required_must_run(github, repository):
    ruled(github)
    assert said(repository(github), "job: test\nrequired: false") == (V, {})
    github.repository.workflows[0].state = "disabled_manually"
    assert said(repository(github), "job: test\nrequired: false")[0] is F


@pytest.mark.parametrize("how", ["401", "403-permission", "404", "200-nothing", "200-null"])
@pytest.mark.parametrize(
    "where", ["", "/branches", "/rules", "/actions/workflows", "/actions/workflows/*/runs", "/actions/runs"]
)
def test_what_github_does_not_show_is_never_a_failure(github, repository, where, how):
    ruled(github, checks("other"))
    protect(github, "test")
    github.fault(f"GET /repos/acme/shop{where}*", how, times=None)
    if where.startswith("/actions/workflows"):  # what is asked for where the quick look does not tell
        github.fault("POST /graphql", "graphql-forbidden", times=None)
    verdict, reasons = said(repository(github))
    assert verdict is I or (where == "/rules" and verdict is V), reasons


QUICK = ("GET /repos/acme/shop/actions/runs", "POST /graphql")
FAULTY = "401 403-permission 404 502 200-nothing 200-null cut-body lost-entry graphql-forbidden graphql-not-found graphql-partial graphql-half".split()  # fmt: skip


@pytest.mark.parametrize("fault", FAULTY)
@pytest.mark.parametrize(("conclusion", "verdict"), [("success", V), ("skipped", I)])
def test_the_quick_look_decides_nothing_that_the_slow_one_would_not(github, repository, fault, conclusion, verdict):
    ran(github, Job(1, "test", conclusion=conclusion))
    for where in QUICK:
        github._planned.clear()
        github.fault(where, fault, times=None)
        assert said(repository(github))[0] is verdict, where


def forged(github, run, name, *, replaces):
    """A check that another program has put into the suite: it has no steps."""
    if replaces:
        run.jobs.clear()
        github.repository.check_runs.clear()
    github.repository.add_check_run(name, run.sha, at=NOW).suite = run.suite


def ran_again(github, run):
    """The job has failed at first, and both attempts are in the suite."""
    job(github, run, "test", conclusion="failure")
    github.repository.check_runs.insert(0, github.repository.check_runs.pop())


def job(github, run, name, **details):
    github.repository.add_check_run(name, run.sha, at=NOW, external_id=EARLIER, suite=run.suite, **details)


ODD = {
    "a check that is no job": lambda g, run: forged(g, run, "test", replaces=True),
    "a check of a job's name": lambda g, run: forged(g, run, "test", replaces=False),
    "a run again": ran_again,
    "more checks than come": lambda g, run: [job(g, run, f"x-{n}") for n in range(100)],
    "an attempt that goes on": lambda g, run: setattr(g.repository.check_runs[-1], "status", "in_progress"),
}


@pytest.mark.parametrize("how", ODD)
def test_what_is_not_plainly_a_job_is_asked_of_the_run(github, repository, how):
    run = ran(github, "test")
    ODD[how](github, run)
    found, reasons = said(repository(github))
    assert len(github.asked("GET */jobs")) == 1
    if how == "a check that is no job":
        assert (found, reasons) == (I, {"ran-lately": "no-run-lately"})
    else:
        assert (found, reasons) == (V, {})


def test_many_workflows_are_asked_about_at_once(github, repository):
    others = {f".github/workflows/w{n}.yml": PASSING.replace("test:", f"test-{n}:") for n in range(5)}
    for n, path in enumerate(others):
        github.repository.add_run(github.repository.add_workflow(path), jobs=[f"test-{n}", "lint"])
    session = repository(github, PASSING, **others)
    for n in range(5):
        assert said(session, f"job: test-{n}\nrequired: false") == (V, {})
    assert len(github.requests) == 3  # the repository, runs, their jobs


def test_an_observation_can_be_replayed(github, repository):
    session = repository(github)
    seen = CHECKER.observe(expectation(CHECKER, "job: test"), session.world())
    assert round_trips(seen)
    claims = list(CHECKER.judge(expectation(CHECKER, "job: test"), seen))
    assert all(claim.outcome is Outcome.HOLDS for claim in claims)
