"""Drills that look right and are wrong, and some that look odd and are right.

Each is a workflow with its runs at a stand-in for GitHub, asked over HTTP, beside its file in a git repository. The
stand-in is in the folder tests/ of a checkout, so these run only there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.mutants import Mutant, Outcome, edits, outcome_of, replacing
from loopcheck.testing.repository import NOW
from loopcheck_checks.workflow_run import WorkflowRunChecker

PATH = ".github/workflows/drill.yml"
FILE = """name: Restore drill
on:
  schedule:
    - cron: "17 3 * * 1"
  workflow_dispatch:
jobs:
  restore:
    runs-on: ubuntu-latest
    steps: [{run: ./restore.sh}]
"""


class ARun(msgspec.Struct, frozen=True):
    """A run, so many days ago."""

    days: float
    conclusion: str | None = "success"
    event: str = "schedule"
    branch: str = "main"
    status: str = "completed"
    jobs: tuple[tuple[str, str], ...] = (("restore", "success"), ("report", "success"))
    fork: bool = False
    rerun: float | None = None
    """So many days ago it was run again."""


class AWorkflow(msgspec.Struct, frozen=True):
    """A workflow with its runs."""

    path: str = PATH
    name: str = "Restore drill"
    state: str = "active"
    runs: tuple[ARun, ...] = (ARun(10), ARun(3))


class Scene(msgspec.Struct, frozen=True):
    """What is declared, what is at GitHub, what is in the repository."""

    expect: str = "workflow: drill.yml\nwithin: 8d\nevent: schedule\njob: restore\n"
    workflows: tuple[AWorkflow, ...] = (
        AWorkflow(),
        AWorkflow(".github/workflows/ci.yml", "CI", runs=(ARun(1, event="push"),)),
    )
    file: str | None = FILE
    at: str = PATH


PASSING = Scene()
"""A drill that ran on Monday, as every Monday."""
TWICE = msgspec.structs.replace(PASSING, expect="workflow: Restore drill\nwithin: 14d\nminimum-runs: 2\n")
"""One that is to run twice in two weeks."""


def mutants() -> Iterator[Mutant[Scene]]:
    """Each must lose its VERIFIED."""
    yield from edits(
        PASSING,
        ("no such workflow", _but(workflows=PASSING.workflows[1:])),
        ("in another file", _flow(path=".github/workflows/drill-old.yml")),
        ("deleted", _flow(state="deleted")),
        ("disabled by hand", _flow(state="disabled_manually")),
        ("disabled for inactivity", _flow(state="disabled_inactivity")),
        ("disabled as a fork's", _flow(state="disabled_fork")),
        ("in a state of a new kind", _flow(state="paused")),
        ("its file deleted", _but(file=None)),
        ("its file renamed", _but(at=".github/workflows/drill2.yml")),
        ("never run", _runs()),
        ("last run too long ago", _runs(ARun(9))),
        *((f"last run ended as {word}", _runs(ARun(10), ARun(3, word))) for word in _WORDS),
        ("failed after it succeeded", _runs(ARun(5), ARun(3, "failure"))),
        ("run again, and failed", _runs(ARun(5, "failure", rerun=1), ARun(3))),
        ("only in progress", _runs(ARun(0.1, None, status="in_progress"))),
        ("only queued", _runs(ARun(0.1, None, status="queued"))),
        ("started by hand only", _runs(ARun(3, event="workflow_dispatch"))),
        ("on another branch", _runs(ARun(3, branch="topic"))),
        ("on a fork's branch of that name", _runs(ARun(3, fork=True))),
        ("the job skipped", _jobs(("restore", "skipped"), ("report", "success"))),
        ("the job cancelled", _jobs(("restore", "cancelled"), ("report", "success"))),
        ("the job failed", _jobs(("restore", "failure"), ("report", "success"))),
        ("the job renamed", _jobs(("restores", "success"), ("report", "success"))),
        ("one of the job's matrix failed", _jobs(("restore (eu)", "success"), ("restore (us)", "failure"))),
        ("one of the job's matrix skipped", _jobs(("restore (eu)", "success"), ("restore (us)", "skipped"))),
        ("the schedule taken out", _file('  schedule:\n    - cron: "17 3 * * 1"\n', "")),
        (
            "the schedule commented out",
            _file('  schedule:\n    - cron: "17 3 * * 1"\n', "#  schedule:\n#    - cron: '17 3 * * 1'\n"),
        ),
        ("the schedule emptied", _file('\n    - cron: "17 3 * * 1"', " []")),
        ("a time that is none", _file('"17 3 * * 1"', '""')),
        ("a file that cannot be read", _file("on:\n", "on: [\n")),
        (
            "a pull request's run",
            _but(expect="workflow: drill.yml\n", workflows=(AWorkflow(runs=(ARun(3, event="pull_request"),)),)),
        ),
    )
    yield from edits(
        TWICE,
        ("once in two weeks", _runs(ARun(20), ARun(3))),
        ("twice, of which one failed", _runs(ARun(10, "failure"), ARun(3))),
        ("another workflow of that name", _also(AWorkflow(".github/workflows/two.yml"))),
    )  # fmt: skip


_WORDS = (
    "failure",
    "timed_out",
    "startup_failure",
    "cancelled",
    "skipped",
    "neutral",
    "stale",
    "action_required",
    "odd",
)


def harmless() -> Iterator[Mutant[Scene]]:
    """Each must stay VERIFIED."""
    yield from edits(
        PASSING,
        ("a failure before", _runs(ARun(5, "failure"), ARun(3))),
        ("failed, run again, and succeeded", _runs(ARun(20, "success", rerun=2))),
        ("a newer one in progress", _runs(ARun(3), ARun(0.1, None, status="in_progress"))),
        ("a newer failure on another branch", _runs(ARun(3), ARun(1, "failure", branch="topic"))),
        ("a newer failure by hand", _runs(ARun(3), ARun(1, "failure", event="workflow_dispatch"))),
        ("a newer failure of a fork", _runs(ARun(3), ARun(1, "failure", fork=True))),
        ("another job skipped", _jobs(("restore", "success"), ("report", "skipped"))),
        ("the job as a matrix", _jobs(("restore (eu)", "success"), ("restore (us)", "success"))),
        ("by its path", _but(expect=f"workflow: {PATH}\nwithin: 8d\n")),
        ("by its name", _but(expect="workflow: Restore drill\nwithin: 8d\n")),
        ("by hand or by schedule", _but(expect="workflow: drill.yml\nevent: [schedule, workflow_dispatch]\n")),
        ("a deleted one so named", _also(AWorkflow("old.yml", state="deleted"), expect="workflow: Restore drill\n")),
        ("many runs of another event", _runs(ARun(3), *(ARun(1, event="push") for _ in range(120)))),
        ("another order in the file", _file("on:\n", "on: # when\n")),
    )  # fmt: skip
    yield Mutant("twice, as declared", TWICE)


def _also(one: AWorkflow, **changes: Any) -> Callable[[Scene], Scene]:
    """The same with another workflow beside it."""
    return lambda it: msgspec.structs.replace(it, workflows=(*it.workflows, one), **changes)


def _but(**changes: Any) -> Callable[[Scene], Scene]:
    return lambda it: msgspec.structs.replace(it, **changes)


def _flow(**changes: Any) -> Callable[[Scene], Scene]:
    """The same with the drill changed."""

    def change(it: Scene) -> Scene:
        return msgspec.structs.replace(
            it, workflows=(msgspec.structs.replace(it.workflows[0], **changes), *it.workflows[1:])
        )

    return change


def _runs(*runs: ARun) -> Callable[[Scene], Scene]:
    return _flow(runs=runs)


def _jobs(*jobs: tuple[str, str]) -> Callable[[Scene], Scene]:
    return _runs(ARun(3, jobs=jobs))


def _file(old: str, new: str) -> Callable[[Scene], Scene]:
    return lambda it: msgspec.structs.replace(it, file=replacing(old, new)(it.file or ""))


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant."""
    return _verdicts(mutants())


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of the passing drill, and of each harmless variation of it."""
    return _verdicts([Mutant("as it is", PASSING), *harmless()])


def _verdicts(those: Iterable[Mutant[Scene]]) -> list[Outcome]:
    with TemporaryDirectory() as folder:
        repository = RepositoryBuilder(Path(folder))
        commits: dict[tuple[str, str | None], str] = {}
        out = []
        for mutant in those:
            scene = mutant.mutated
            key = (scene.at, scene.file)
            if key not in commits:
                for old in Path(folder).glob(".github/workflows/*"):
                    old.unlink()
                commits[key] = repository.commit(
                    {"README.md": "# Shop\n"} | ({scene.at: scene.file} if scene.file else {})
                )
            out.append(_verdict(mutant, repository, commits[key]))
        return out


def _verdict(mutant: Mutant[Scene], repository: RepositoryBuilder, commit: str) -> Outcome:
    with stand_in(mutant.mutated) as github:
        session = repository.session(ref=commit, environment=github.environment)
        result = examine(WorkflowRunChecker(), mutant.mutated.expect, session)
    return outcome_of(mutant.name, result)


def stand_in(scene: Scene) -> Any:
    """A stand-in for GitHub with the workflows of a scene."""
    standins = import_module("standins.github")
    github = standins.GitHubStandIn(now=NOW)
    job = import_module("standins.github.state").Job
    forks, reruns = set(), {}
    for one in scene.workflows:
        flow = github.repository.add_workflow(one.path, name=one.name, state=one.state)
        for run in one.runs:
            made = github.repository.add_run(
                flow,
                event=run.event,
                branch=run.branch,
                status=run.status,
                conclusion=run.conclusion,
                created=NOW - timedelta(days=run.days),
                attempt=1 if run.rerun is None else 2,
                jobs=[job(next(github.ids), name, conclusion=word) for name, word in run.jobs],
            )
            if run.fork:
                forks.add(made.id)
            if run.rerun is not None:
                reruns[made.id] = (NOW - timedelta(days=run.rerun)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def as_they_are(status: int, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """What the stand-in does not remember of a run: that it is a fork's, and when it was run again."""
        data = json.loads(body)
        for run in data.get("workflow_runs", []):
            if run["id"] in forks:
                run["head_repository"]["full_name"] = "stranger/shop"
            run["run_started_at"] = reruns.get(run["id"], run["run_started_at"])
        return status, headers, json.dumps(data).encode()

    if forks or reruns:
        github.fault("GET *runs", standins.Fault("as they are", spoil=as_they_are), times=None)
    return github
