"""Questions to GitHub about workflows. Each is asked once a run, however many items ask for the same workflow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from loopcheck.checker import CannotTell, World
from loopcheck.reasons import BAD_RESPONSE, TRUNCATED
from loopcheck_checks.systems.github_actions.records import Artifact, Job, Run, SeenRun, Workflow

T = TypeVar("T")

_PAGE = 100
_RERUN = timedelta(days=31)
"""A run can be run again for 30 days, and is then as new as its last attempt; GitHub lists it by its first."""


def default_branch(world: World) -> str:
    """The name of the repository's default branch.

    Raises:
        CannotTell: GitHub does not say.
    """
    return world.github.about().default_branch


def known_workflows(world: World) -> tuple[Workflow, ...]:
    """Every workflow that GitHub knows in this repository."""
    listed = world.github.list_all(f"{_base(world)}/actions/workflows", under="workflows")
    return tuple(_shaped(entry, Workflow) for entry in listed)


def runs_since(
    world: World,
    workflow: Workflow,
    branch: str,
    since: datetime,
    enough: Callable[[Sequence[Run]], bool],
) -> tuple[tuple[Run, ...], bool]:
    """Runs of a workflow on a branch, and whether they are all whose last attempt began after `since`.

    The newest 100 serve most questions. More are asked for only where these are not `enough`.

    Raises:
        CannotTell: the list came in part, or is longer than GitHub tells.
    """
    path = f"{_base(world)}/actions/workflows/{workflow.id}/runs"
    answer = world.github.get(path, branch=branch, per_page=_PAGE)
    entries = answer.get("workflow_runs") if isinstance(answer, dict) else None
    total = answer.get("total_count") if isinstance(answer, dict) else None
    if not isinstance(entries, list) or not isinstance(total, int):
        raise CannotTell(BAD_RESPONSE, f"{path}: the answer has no `workflow_runs`")
    if len(entries) < min(total, _PAGE):
        raise CannotTell(TRUNCATED, f"{path}: {len(entries)} of {min(total, _PAGE)} entries came")
    runs = tuple(_shaped(entry, Run) for entry in entries)
    horizon = since - _RERUN
    if len(runs) >= total or min(run.created_at for run in runs) < horizon:
        return runs, True
    if enough(runs):
        return runs, False
    listed = world.github.list_all(path, under="workflow_runs", branch=branch, created=f">={horizon:%Y-%m-%d}")
    return tuple(_shaped(entry, Run) for entry in listed), True


def runs_on(world: World, commit: str) -> tuple[Run, ...]:
    """Every run of every workflow on a commit that GitHub still keeps.

    Args:
        world: what to look through.
        commit: its full id, as git gives it.

    Raises:
        CannotTell: GitHub does not say, or not all of it.
    """
    listed = world.github.list_all(f"{_base(world)}/actions/runs", under="workflow_runs", head_sha=commit)
    return tuple(_shaped(entry, Run) for entry in listed)


def jobs_of(world: World, run: int) -> tuple[Job, ...]:
    """The jobs of the last attempt of a run."""
    listed = world.github.list_all(f"{_base(world)}/actions/runs/{run}/jobs", under="jobs", filter="latest")
    return tuple(_shaped(entry, Job) for entry in listed)


def artifacts_of(world: World, run: int) -> tuple[Artifact, ...]:
    """The artifacts of all attempts of a run."""
    listed = world.github.list_all(f"{_base(world)}/actions/runs/{run}/artifacts", under="artifacts")
    return tuple(_shaped(entry, Artifact) for entry in listed)


def seen_run(world: World, run: Run) -> SeenRun:
    """A completed run as data."""
    url = f"{world.github.settings.server}/{world.github.repository}/actions/runs/{run.id}"
    return SeenRun(run.id, url, run.event, run.conclusion or "", run.started, run.head_sha, run.run_attempt)


def _base(world: World) -> str:
    return f"/repos/{world.github.repository}"


def _shaped(entry: Any, wanted: type[T]) -> T:
    try:
        return msgspec.convert(entry, wanted)
    except msgspec.ValidationError as error:
        raise CannotTell(BAD_RESPONSE, f"GitHub's answer is of another form: {str(error)[:200]}") from None
