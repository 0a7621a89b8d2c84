"""`workflow-run`: a workflow, such as a drill or a test of a backup, has run lately and succeeded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from loopcheck.checker import Checker, Claim, Unseen, World
from loopcheck_checks.systems import github_actions
from loopcheck_checks.workflow_run.judge import judge
from loopcheck_checks.workflow_run.manifest import (
    MANIFEST,
    SeenJob,
    SeenWorkflow,
    WorkflowRunExpectation,
    WorkflowRunObservation,
)
from loopcheck_checks.workflow_run.triggers import triggers_of

_KEPT = 200
"""As many runs as an observation holds; more than `minimum-runs` can ask for."""


class WorkflowRunChecker(Checker[WorkflowRunExpectation, WorkflowRunObservation]):
    """An implementation of `Checker` for runs of workflows."""

    manifest = MANIFEST
    Expect = WorkflowRunExpectation
    Observation = WorkflowRunObservation

    def describe(self, expect: WorkflowRunExpectation) -> str:
        """See `Checker.describe`."""
        job = f" § {expect.job[:60]}" if expect.job else ""
        return f"{expect.workflow[:100]}{job} within {expect.within or '30d'}"

    def observe(self, expect: WorkflowRunExpectation, world: World) -> WorkflowRunObservation:
        """See `Checker.observe`."""
        github = world.github
        pages = f"{github.settings.server}/{github.repository}/actions"
        branch = expect.branch or github_actions.default_branch(world)
        known = github_actions.known_workflows(world)
        fitting = github_actions.chosen(known, expect.workflow)
        seen = WorkflowRunObservation(
            now=world.now,
            source=pages,
            branch=branch,
            fitting=tuple(
                SeenWorkflow(one.name, one.path, one.state, f"{pages}/workflows/{one.path.rpartition('/')[2]}")
                for one in fitting
            ),
            nearest=None if fitting else _nearest(expect.workflow, known),
        )
        if len(fitting) != 1:
            return seen
        return _with_runs(_with_file(seen, fitting[0], world), fitting[0], expect, world)

    def judge(self, expect: WorkflowRunExpectation, observation: WorkflowRunObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)


def _nearest(named: str, known: Iterable[github_actions.Workflow]) -> str | None:
    from difflib import get_close_matches

    paths = {word: one.path for one in known for word in (one.path, one.path.rpartition("/")[2], one.name)}
    near = get_close_matches(named[:200], list(paths)[:300], n=1)
    return paths[near[0]] if near else None


def _with_file(seen: WorkflowRunObservation, workflow: github_actions.Workflow, world: World) -> WorkflowRunObservation:
    file = world.repo.read(workflow.path)
    if file is None:
        return seen
    triggers = world.attempt(lambda: triggers_of(file.text, file.path))
    return msgspec.structs.replace(seen, file=file.evidence("").source, triggers=triggers)


def _with_runs(
    seen: WorkflowRunObservation, workflow: github_actions.Workflow, expect: WorkflowRunExpectation, world: World
) -> WorkflowRunObservation:
    since = seen.now - expect.window

    def fitting(runs: Sequence[github_actions.Run]) -> list[github_actions.Run]:
        return github_actions.on_branch(runs, seen.branch, world.github.repository, expect.events)

    def enough(runs: Sequence[github_actions.Run]) -> bool:
        lately = github_actions.windowed(fitting(runs), since)
        green = sum(run.conclusion == "success" for run in lately)
        return bool(lately) and (expect.minimum_runs == 1 or green >= expect.minimum_runs)

    listed = world.attempt(lambda: github_actions.runs_since(world, workflow, seen.branch, since, enough))
    if isinstance(listed, Unseen):
        return msgspec.structs.replace(seen, runs=listed)
    runs, complete = listed
    counted = fitting(runs)
    seen = msgspec.structs.replace(
        seen, runs=tuple(github_actions.seen_run(world, run) for run in counted[:_KEPT]), complete=complete
    )
    if expect.job is None or not counted:
        return seen
    last = counted[0].id
    jobs = world.attempt(lambda: github_actions.jobs_of(world, last))
    if isinstance(jobs, Unseen):
        return msgspec.structs.replace(seen, jobs=jobs)
    wanted = expect.job.strip()
    named = [job for job in jobs if job.name == wanted or job.name.startswith(f"{wanted} (")]
    return msgspec.structs.replace(seen, jobs=tuple(SeenJob(job.name, job.conclusion or "") for job in named))
