"""Proofs that look right and are wrong: what GitHub has kept of a check on a bad commit, and what a trial has found.

Each is two commits of a git repository and their runs at a stand-in for GitHub, asked over HTTP. The stand-in is in
the folder tests/ of a checkout, so these run only there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from loopcheck.model import Incident, Past, Proof, Rung, Tried
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.mutants import Mutant, Outcome, edits, outcome_of, replacing
from loopcheck.testing.repository import NOW
from loopcheck_checks.ci_check import CiCheckChecker

CI = ".github/workflows/ci.yml"
TEXT = """\
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Run the tests
        run: pytest tests/lag
"""
_STEPS = ("Set up job", "Run actions/checkout@v4", "Run the tests", "Complete job")


class ARun(msgspec.Struct, frozen=True):
    """A run of the workflow on one of the commits."""

    on: str = "bad"
    conclusion: str | None = "success"
    failing: str | None = None
    """The step that failed; those after it were skipped."""
    job: str = "test"
    event: str = "push"
    status: str = "completed"
    steps: tuple[str, ...] = _STEPS


FAILED = ARun(conclusion="failure", failing="Run the tests")
PASSED = ARun("good")


class Scene(msgspec.Struct, frozen=True):
    """What is declared, what is in the commits, what GitHub has kept, and what was tried."""

    expect: str = "job: test\nstep: Run the tests\nrequired: false\npasses-on: good\n"
    bad_name: str | None = "bad"
    """What is declared as the bad commit: one of the tags."""
    incident: Incident | None = None
    bad: str = TEXT
    good: str = TEXT
    runs: tuple[ARun, ...] = (FAILED, PASSED)
    tried: tuple[int, int] | None = None
    """The exit codes of a trial on the bad and on the good commit."""
    tried_as: str | None = None
    """Of which declaration the trial was, where not of this one."""


RECORDED = Scene()
"""GitHub has kept a failure on the bad commit and a success on the good one."""
JOB = msgspec.structs.replace(RECORDED, expect="job: test\nrequired: false\npasses-on: good\n")
"""The same of a whole job."""
TRIED = msgspec.structs.replace(RECORDED, runs=(ARun("other"),), tried=(1, 0))
"""GitHub has kept nothing, and somebody has tried."""
_WORDS = ("cancelled", "skipped", "timed_out", "neutral", "action_required", "stale", "startup_failure", "odd")


def wrong() -> Iterator[Mutant[Scene]]:
    """Each must lose its VERIFIED."""
    yield from edits(
        RECORDED,
        ("proof: nothing kept", _runs(PASSED)),
        ("proof: passed on the bad commit", _runs(ARun(), PASSED)),
        ("proof: the step before it failed", _bad(failing="Run actions/checkout@v4")),
        ("proof: the machine failed", _bad(failing="Set up job")),
        ("proof: only a later step failed", _bad(failing="Complete job")),
        ("proof: a step of another name failed", _bad(failing="Tests", steps=("Set up job", "Tests"))),
        ("proof: a step of a longer name failed", _bad(failing="Run the tests twice", steps=("Run the tests twice",))),
        ("proof: no steps kept", _bad(steps=())),
        ("proof: another job failed", _bad(job="tests")),
        ("proof: on the base of a pull request", _bad(event="pull_request_target")),
        ("proof: of the end of another workflow", _bad(event="workflow_run")),
        ("proof: still running", _bad(conclusion=None, status="in_progress", failing=None, steps=("Set up job",))),
        ("proof: failed once and passed once", _runs(FAILED, ARun(event="pull_request"), PASSED)),
        ("proof: another command then", _but(bad=replacing("tests/lag", "tests")(TEXT))),
        ("proof: another step then", _but(bad=replacing("Run the tests", "Tests")(TEXT))),
        ("proof: soft then", _but(bad=f"{TEXT}        continue-on-error: true\n")),
        ("proof: conditional then", _but(bad=f"{TEXT}        if: github.actor != 'x'\n")),
        ("proof: other environment then", _but(bad=f"{TEXT}        env: {{STRICT: '1'}}\n")),
        ("proof: no workflow then", _but(bad="on: push\njobs: {}\n")),
        ("proof: no YAML then", _but(bad="on: [\n")),
        ("proof: fails on the good commit too", _runs(FAILED, ARun("good", "failure", "Run the tests"))),
        ("proof: nothing kept of the good commit", _runs(FAILED)),
        ("proof: cancelled on the good commit", _runs(FAILED, ARun("good", "cancelled", steps=()))),
        ("proof: the good commit is the bad one", _but(bad_name="good")),
        ("proof: no such commit", _but(bad_name="gone")),
        ("proof: nobody names a commit", _but(bad_name=None)),
        ("proof: the incident names no commit", _but(bad_name=None, incident=Incident("INC-1"))),
    )
    yield from edits(
        JOB,
        *((f"proof: the job ended as {word}", _bad(conclusion=word, failing=None, steps=())) for word in _WORDS),
        ("proof: the job's checkout failed", _bad(failing="Run actions/checkout@v4")),
        ("proof: the job's machine failed", _bad(failing="Set up job")),
        ("proof: a job of the matrix alone", _bad(job="test (3.12)")),
    )
    yield from edits(
        TRIED,
        ("trial: passes on the bad commit", _but(tried=(0, 0))),
        ("trial: fails on the good commit", _but(tried=(1, 1))),
        ("trial: of another command", _but(tried_as=f"{TRIED.expect}command: pytest\n")),
        ("trial: of another step", _but(good=replacing("tests/lag", "tests")(TEXT), tried_as=TRIED.expect)),
        ("trial: none", _but(tried=None)),
    )


def harmless() -> Iterator[Mutant[Scene]]:
    """As good as before."""
    yield from edits(
        RECORDED,
        ("proof: a run that was cancelled beside it", _runs(ARun(conclusion="cancelled", steps=()), FAILED, PASSED)),
        ("proof: in the merge queue", _bad(event="merge_group")),
        ("proof: on a pull request", _bad(event="pull_request")),
        ("proof: an older version of an action", _but(bad=replacing("@v4", "@v3")(TEXT))),
        ("proof: another machine then", _but(bad=replacing("ubuntu-latest", "ubuntu-22.04")(TEXT))),
        ("proof: a run on the branch for the good commit", _but(expect=JOB.expect.replace("passes-on: good\n", ""))),
    )
    yield from edits(JOB, ("proof: another step of the job", _bad(failing="Lint", steps=("Set up job", "Lint"))))
    yield from edits(
        TRIED, ("trial: of the same, declared otherwise", _but(tried_as=f"{TRIED.expect}ran-within: 9d\n"))
    )


def _but(**changes: Any) -> Callable[[Scene], Scene]:
    return lambda it: msgspec.structs.replace(it, **changes)


def _runs(*runs: ARun) -> Callable[[Scene], Scene]:
    return _but(runs=runs)


def _bad(**changes: Any) -> Callable[[Scene], Scene]:
    return _runs(msgspec.structs.replace(FAILED, **changes), PASSED)


def outcomes(those: Iterable[Mutant[Scene]]) -> list[Outcome]:
    """What the checker says of each."""
    with TemporaryDirectory() as folder:
        return [_outcome(one, Path(folder) / str(number)) for number, one in enumerate(those)]


def _outcome(mutant: Mutant[Scene], folder: Path) -> Outcome:
    scene = mutant.mutated
    builder = RepositoryBuilder(folder)
    commits = {"other": "0" * 40}
    for name, text, line in (("bad", scene.bad, "LAG = 0\n"), ("good", scene.good, "LAG = 30\n")):
        commits[name] = builder.commit({CI: text, "lag.py": line})
        builder.git("tag", name)
    declared = scene.expect + (f"fails-on: {scene.bad_name}\n" if scene.bad_name else "")
    with _stand_in(scene, commits) as github:
        session = builder.session(environment=github.environment)
        session.past = _past(scene, builder, declared)
        result = examine(CiCheckChecker(), declared, session, requires=Rung.PROVEN, incident=scene.incident)
    return outcome_of(mutant.name, result)


def _past(scene: Scene, builder: RepositoryBuilder, declared: str) -> Past:
    if scene.tried is None:
        return Past()
    checker, bad, good = CiCheckChecker(), *scene.tried
    was = scene.tried_as + "fails-on: bad\n" if scene.tried_as else declared
    if scene.good != TEXT:  # it was tried before the step was changed
        builder.commit({CI: TEXT})
    trial = checker.trial(expectation(checker, was), builder.session().world())
    if scene.good != TEXT:
        builder.git("reset", "-q", "--hard", "good")
    proof = Proof(trial.key, Tried(trial.bad, bad, "a" * 64), Tried(trial.good, good, "b" * 64), NOW, "ana")
    return Past({trial.key: proof})


def _stand_in(scene: Scene, commits: dict[str, str]) -> Any:
    github = import_module("standins.github").GitHubStandIn(now=NOW)
    job = import_module("standins.github.state").Job
    github.repository.commit({"README.md": "# Shop\n"})
    flow = github.repository.add_workflow(CI)
    for run in scene.runs:
        over = False
        steps = []
        for number, name in enumerate(run.steps, 1):
            word = "skipped" if over else "failure" if name == run.failing else "success"
            over = over or name == run.failing
            steps.append({"name": name, "status": "completed", "conclusion": word, "number": number})
        made = job(next(github.ids), run.job, status=run.status, conclusion=run.conclusion, steps=steps)
        github.repository.add_run(
            flow, sha=commits[run.on], event=run.event, conclusion=run.conclusion, status=run.status, jobs=[made]
        )
    github.repository.add_run(flow, jobs=["test"])  # lately, on the branch
    return github
