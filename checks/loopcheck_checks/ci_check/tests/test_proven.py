"""Whether a check fails on the bad commit and passes on the good one, by what GitHub has kept. Over HTTP."""

import pytest
from standins.github import GitHubStandIn
from standins.github.state import Job

from loopcheck.model import Incident, Past, Proof, Rung, Tried, Verdict
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import round_trips
from loopcheck.testing.repository import NOW
from loopcheck_checks.ci_check import CiCheckChecker

CHECKER = CiCheckChecker()
CI = ".github/workflows/ci.yml"
ALONE = """\
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: pip install .
      - name: Run the tests
        run: pytest tests/lag
"""
BESIDE = ALONE.replace("      - run: pip install .\n", "").replace("run: pytest tests/lag", "run: |\n          pip install .\n          pytest tests/lag")  # fmt: skip
ONLY = "job: test\nrequired: false\n"
STEP = f"{ONLY}step: Run the tests\n"
RUNS = f"{ONLY}runs: pytest tests/lag\n"
STEPS = ("Set up job", "Run actions/checkout@v4", "Run pip install .", "Run the tests", "Complete job")


class Scene:
    """A repository whose first commit is bad, and what GitHub has kept of both."""

    def __init__(self, folder, github):
        self.builder, self.github = RepositoryBuilder(folder), github
        self.flow = github.repository.add_workflow(CI)
        self.ids = github.ids

    def commits(self, bad=ALONE, good=ALONE):
        self.bad = self.builder.commit({CI: bad, "lag.py": "LAG = 0\n"})
        self.good = self.builder.commit({CI: good, "lag.py": "LAG = 30\n"})
        return self

    def ran(self, sha, conclusion="success", failing=None, *, name="test", event="push", steps=STEPS, **details):
        """A run on a commit. `failing` is the step that failed, those after it were skipped."""
        found, over = [], False
        for number, step in enumerate(steps, 1):
            word = "skipped" if over else "failure" if step == failing else "success"
            over = over or step == failing
            found.append({"name": step, "status": "completed", "conclusion": word, "number": number})
        job = Job(next(self.ids), name, conclusion=conclusion, steps=found)
        return self.github.repository.add_run(
            self.flow, sha=sha, conclusion=conclusion, jobs=[job], event=event, **details
        )

    def claims(self, declared=STEP, *, requires=Rung.PROVEN, incident=None, past=None, environment=None):
        session = self.builder.session(environment=self.github.environment if environment is None else environment)
        session.past = past
        bad = "" if "fails-on" in declared or incident else f"fails-on: {self.bad}\n"
        result = examine(CHECKER, declared + bad, session, requires=requires, incident=incident)
        return result, {claim.claim: claim for claim in result.claims if claim.rung is Rung.PROVEN}

    def said(self, declared=STEP, **more):
        _, claims = self.claims(declared, **more)
        return tuple(
            (claims[word].outcome.value, claims[word].reason) if word in claims else None
            for word in ("fails-on-bad-commit", "passes-on-good-commit")
        )


@pytest.fixture
def scene(tmp_path):
    with GitHubStandIn(now=NOW) as github:
        github.repository.commit({"README.md": "# Shop\n"})
        yield Scene(tmp_path / "shop", github)


def test_a_failure_on_the_bad_and_a_success_on_the_good_commit_prove_it(scene):
    scene.commits()
    scene.ran(scene.bad, "failure", "Run the tests")
    scene.ran(scene.good)
    result, claims = scene.claims()
    assert (result.verdict, result.rung) == (Verdict.VERIFIED, Rung.PROVEN)
    shown = claims["fails-on-bad-commit"].evidence
    assert shown[0].source.endswith(f"/actions/runs/{scene.github.repository.runs[0].id}")
    assert shown[1].source == f"{CI}:3@{scene.bad[:12]}"
    blob = scene.builder.git("rev-parse", f"{scene.bad}:{CI}")
    assert shown[1].seen == f"the workflow that ran: {blob}"
    for declared in (ONLY, RUNS, f"{STEP}passes-on: {scene.good}\n"):
        assert scene.said(declared) == (("holds", None), ("holds", None))


HOLDS, RECORDED = ("holds", None), ("unknown", "not-recorded")
FAILED_STEP = {"failing": "Run the tests"}
BAD = [
    ("nothing is kept", STEP, None, {}, RECORDED),
    ("it passed", STEP, "success", {}, ("fails", "passed-on-bad")),
    ("the job passed", ONLY, "success", {}, ("fails", "passed-on-bad")),
    ("another step failed", STEP, "failure", {"failing": "Run pip install ."}, ("unknown", "not-concluded")),
    ("another step failed, of a command", RUNS, "failure", {"failing": "Run pip install ."}, ("unknown", "not-concluded")),
    ("a later step failed", STEP, "failure", {"failing": "Report", "steps": (*STEPS[:4], "Report")}, ("fails", "passed-on-bad")),
    ("any step of a declared job", ONLY, "failure", {"failing": "Run pip install ."}, HOLDS),
    ("the checkout failed", ONLY, "failure", {"failing": "Run actions/checkout@v4"}, ("unknown", "not-told-apart")),
    ("the machine failed", ONLY, "failure", {"failing": "Set up job"}, ("unknown", "not-told-apart")),
    ("a job without steps", ONLY, "failure", {"steps": ()}, HOLDS),
    ("a step without steps", STEP, "failure", {"steps": ()}, ("unknown", "not-told-apart")),
    ("a step of another name", STEP, "failure", {"failing": "Tests", "steps": ("Set up job", "Tests")}, ("unknown", "not-told-apart")),
    ("two steps of the name", STEP, "failure", {"failing": "Run the tests", "steps": ("Run the tests", "Run the tests")}, ("unknown", "not-told-apart")),
    *((f"it was {word}", ONLY, word, {"steps": ()}, ("unknown", "not-concluded")) for word in ("cancelled", "skipped", "timed_out", "neutral", "action_required", "stale")),
    ("it is running", ONLY, "success", {"steps": (), "status": "in_progress"}, ("unknown", "not-concluded")),
    ("another job", ONLY, "failure", {"name": "tests"}, RECORDED),
    ("a job of a longer name", ONLY, "failure", {"name": "test (3.12)"}, RECORDED),
    ("on the base of a pull request", ONLY, "failure", {"event": "pull_request_target"}, RECORDED),
    ("of another workflow's end", ONLY, "failure", {"event": "workflow_run"}, RECORDED),
    ("in the merge queue", STEP, "failure", {"event": "merge_group", **FAILED_STEP}, HOLDS),
    ("on a pull request", STEP, "failure", {"event": "pull_request", **FAILED_STEP}, HOLDS),
]  # fmt: skip


@pytest.mark.parametrize(("name", "declared", "conclusion", "details", "expected"), BAD, ids=[row[0] for row in BAD])
def test_what_a_record_of_the_bad_commit_says(scene, name, declared, conclusion, details, expected):
    scene.commits()
    if conclusion:
        run = scene.ran(scene.bad, conclusion, **{k: v for k, v in details.items() if k != "status"})
        if details.get("status"):
            run.jobs[0].status, run.jobs[0].conclusion = details["status"], None
    assert scene.said(declared)[0] == expected


def test_a_command_that_does_not_stand_alone_in_its_step_is_not_told_apart(scene):
    scene.commits(BESIDE, BESIDE)
    scene.ran(scene.bad, "failure", "Run the tests", steps=("Set up job", "Run the tests"))
    assert scene.said(RUNS)[0] == ("unknown", "not-told-apart")
    assert scene.said(STEP)[0] == HOLDS


def test_several_runs_on_one_commit_must_agree(scene):
    scene.commits()
    scene.ran(scene.bad, "failure", "Run the tests")
    scene.ran(scene.bad, "cancelled", steps=())
    assert scene.said()[0] == HOLDS
    scene.ran(scene.bad, "success", event="pull_request")
    assert scene.said()[0] == ("unknown", "mixed-record")


FORMS = [
    ("another version of an action", ALONE.replace("checkout@v4", "checkout@v3"), HOLDS),
    ("another machine", ALONE.replace("ubuntu-latest", "ubuntu-22.04"), HOLDS),
    ("another job beside it", f"{ALONE}  lint:\n    runs-on: ubuntu-latest\n    steps: [{{run: ruff check .}}]\n", HOLDS),
    ("another step beside it", ALONE.replace("pip install .", "pip install -e ."), HOLDS),
    ("another command in the step", ALONE.replace("pytest tests/lag", "pytest tests"), ("unknown", "older-form")),
    ("the step was soft", f"{ALONE}        continue-on-error: true\n", ("unknown", "older-form")),
    ("another folder", f"{ALONE}        working-directory: src\n", ("unknown", "older-form")),
    ("another environment", f"{ALONE}        env: {{STRICT: '1'}}\n", ("unknown", "older-form")),
    ("the workflow came later", "on: push\njobs: {}\n", ("unknown", "older-form")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "expected"), FORMS, ids=[row[0] for row in FORMS])
def test_a_record_speaks_only_for_the_work_that_was_done_then(scene, name, text, expected):
    scene.commits(bad=text)
    scene.ran(scene.bad, "failure", "Run the tests")
    assert scene.said()[0] == expected


def test_an_older_form_that_passed_is_held_against_nobody(scene):
    scene.commits(bad=ALONE.replace("pytest tests/lag", "pytest tests"))
    scene.ran(scene.bad, "success")
    assert scene.said()[0] == ("unknown", "older-form")


def test_one_combination_that_fails_is_enough_and_all_must_pass(scene):
    matrix = ALONE.replace("  test:\n", "  test:\n    strategy: {matrix: {v: ['3.11', '3.12']}}\n")
    scene.commits(matrix, matrix)
    steps = [{"name": "Run the tests", "status": "completed", "conclusion": word, "number": 1} for word in ("failure", "cancelled")]  # fmt: skip
    jobs = [
        Job(next(scene.ids), f"test ({v})", conclusion=step["conclusion"], steps=[step])
        for v, step in zip(("3.11", "3.12"), steps, strict=True)
    ]
    scene.github.repository.add_run(scene.flow, sha=scene.bad, conclusion="failure", jobs=jobs)
    assert scene.said()[0] == HOLDS
    jobs[0].conclusion = steps[0]["conclusion"] = "success"
    assert scene.said()[0] == ("unknown", "not-concluded")


def test_the_good_commit(scene):
    scene.commits()
    declared = f"{STEP}passes-on: {scene.good}\n"
    assert scene.said(declared)[1] == RECORDED
    scene.ran(scene.good, "failure", "Run the tests")
    assert scene.said(declared)[1] == ("fails", "failed-on-good")
    assert scene.said(STEP)[1] == ("fails", "failed-on-good")
    # Where nobody named a commit, it is enough that the branch is well.
    scene.ran(None, "success", branch="main")
    assert scene.said(STEP)[1] == HOLDS
    assert scene.said(declared)[1] == ("fails", "failed-on-good")


def test_the_bad_commit_is_named_in_several_ways(scene):
    scene.commits()
    scene.ran(scene.bad, "failure", "Run the tests")
    scene.builder.git("tag", "outage", scene.bad)
    scene.builder.git("tag", "-a", "-m", "x", "v1.0", scene.bad)
    for name in (scene.bad[:8], "outage", "v1.0"):
        assert scene.said(f"{STEP}fails-on: '{name}'\n")[0] == HOLDS
    assert scene.said(f"{STEP}fails-on: main\n")[0] == ("unknown", "no-such-commit")
    assert scene.said(f"{STEP}fails-on: HEAD\n")[0] == ("unknown", "no-such-commit")
    caused = Incident("INC-1", caused_by=scene.bad[:10])
    assert scene.said(incident=caused)[0] == HOLDS
    assert scene.said(incident=caused, requires=Rung.ACTIVE) == (None, None)
    assert scene.said(incident=Incident("INC-1"))[0] == ("unknown", "no-bad-commit")


def test_a_commit_that_the_clone_does_not_hold_cannot_be_compared(scene):
    scene.commits()
    scene.ran("c" * 40, "failure", "Run the tests")
    assert scene.said(f"{STEP}fails-on: {'c' * 40}\n")[0] == ("unknown", "shallow-history")


def test_one_list_of_runs_a_commit_however_many_items_ask(scene):
    scene.commits()
    scene.ran(scene.bad, "failure", "Run the tests")
    scene.ran(scene.good)
    session = scene.builder.session(environment=scene.github.environment)
    for declared in (STEP, RUNS, ONLY):
        examine(CHECKER, f"{declared}fails-on: {scene.bad}\n", session, requires=Rung.PROVEN)
    asked = [path for path in map(str, scene.github.requests) if "head_sha" in path]
    assert len(asked) == 2


@pytest.mark.parametrize("fault", ["500", "403-permission", "200-not-utf8"])
def test_what_github_does_not_show_is_unknown(scene, fault):
    scene.commits()
    scene.ran(scene.bad, "failure", "Run the tests")
    scene.github.fault("GET */actions/runs", fault, times=None)
    assert [outcome for outcome, _ in scene.said()] == ["unknown", "unknown"]


def test_without_a_token_only_a_trial_can_tell(scene):
    scene.commits()
    assert scene.said(environment={})[0] == ("unknown", "needs-github")


# trials


def past(trial, bad=1, good=0):
    tries = Tried(trial.bad, bad, "a" * 64), Tried(trial.good, good, "b" * 64)
    return Past({trial.key: Proof(trial.key, *tries, NOW, "ana@example.org")})


def trial_of(scene, declared):
    session = scene.builder.session(environment={})
    return CHECKER.trial(expectation(CHECKER, f"{declared}fails-on: {scene.bad}\n"), session.world())


@pytest.mark.parametrize(
    ("bad", "good", "expected"),
    [
        (1, 0, (HOLDS, HOLDS)),
        (0, 0, (("fails", "passed-on-bad"), HOLDS)),
        (1, 1, (HOLDS, ("fails", "failed-on-good"))),
    ],
)
def test_what_a_trial_found_counts(scene, bad, good, expected):
    scene.commits()
    found = past(trial_of(scene, STEP), bad, good)
    assert scene.said(past=found, environment={}) == expected
    _, claims = scene.claims(past=found, environment={})
    (shown,) = claims["fails-on-bad-commit"].evidence
    assert (shown.at, "exit 1 on" in shown.seen) == (NOW, bad == 1)


def test_a_trial_of_another_command_or_commit_does_not_count(scene):
    scene.commits()
    found = past(trial_of(scene, STEP))
    assert scene.said(f"{STEP}command: pytest\n", past=found, environment={})[0] == ("unknown", "needs-github")
    assert scene.said(f"{STEP}check-files: [tests/**]\n", past=found, environment={})[0][0] == "unknown"
    assert scene.said(f"{STEP}fails-on: {scene.good}\n", past=found, environment={})[0][0] == "unknown"


def test_a_trial_is_of_the_step_as_the_workflow_runs_it(scene):
    text = ALONE.replace("    steps:\n", "    env: {MODE: fast, TOKEN: '${{ secrets.T }}'}\n    steps:\n")
    scene.commits(good=f"{text}        working-directory: ./shop\n        shell: bash\n")
    trial = trial_of(scene, STEP)
    assert (trial.script, trial.folder, trial.environment) == ("pytest tests/lag", "shop", {"MODE": "fast"})
    assert trial.shell == ("bash", "--noprofile", "--norc", "-eo", "pipefail")
    assert (trial.bad, trial.good) == (scene.bad, scene.good)
    assert [trial.passes(code) for code in (0, 1, 2, 5, 127, -9)] == [True, False, None, None, None, None]


@pytest.mark.parametrize(
    ("declared", "text", "message"),
    [
        (ONLY, ALONE, "does not name one step"),
        (STEP, ALONE.replace("tests/lag", "${{ inputs.x }}"), "expressions"),
        (STEP, BESIDE, "installs something"),
        (f"{ONLY}uses: actions/checkout\n", ALONE, "runs an action"),
        (STEP, f"{ALONE}        shell: pwsh\n", "does not start"),
        ("step: Other\n", ALONE, "is not in"),
    ],
)
def test_what_cannot_be_run_by_itself(scene, declared, text, message):
    scene.commits(good=text)
    with pytest.raises(Exception, match=message):
        trial_of(scene, declared)
    assert trial_of(scene, f"{declared}command: make test\n").script == "make test"


def test_an_observation_can_be_replayed(scene):
    scene.commits()
    scene.ran(scene.bad, "failure", "Run the tests")
    session = scene.builder.session(environment=scene.github.environment)
    expect = expectation(CHECKER, f"{STEP}fails-on: {scene.bad}\n")
    assert round_trips(CHECKER.observe(expect, session.world(requires=Rung.PROVEN)))
