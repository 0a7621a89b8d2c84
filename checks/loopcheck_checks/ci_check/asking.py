"""What is asked of GitHub about a check. A question is asked once a run, however many items turn on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from loopcheck.checker import CannotTell, Unseen, World
from loopcheck.documents.origin import DocumentError
from loopcheck.reasons import BAD_RESPONSE
from loopcheck.world import GitHub
from loopcheck_checks.ci_check.catalogue import Catalogue, Workflow
from loopcheck_checks.ci_check.live import ACTIONS_APP, Jobs, Live, RunSeen, WorkflowSeen, key
from loopcheck_checks.ci_check.manifest import PATTERN_BRANCH, CiCheckExpectation, listed
from loopcheck_checks.ci_check.seen import JobSeen, Route
from loopcheck_checks.ci_check.shown import shown
from loopcheck_checks.systems.github_branches import Branch, is_branch_name, look_at

_MAX_BRANCHES = 10
_RUNS = 100
"""The latest runs that are looked at, in one answer: among so many is one that passed, or something is wrong."""
_LOOKED_INTO = 3
"""Of so many runs that passed, the jobs are asked for."""
_BEFORE_MERGE = ("pull_request", "pull_request_target")


def ask(
    expect: CiCheckExpectation, routes: list[Route], main: str | Unseen | None, catalogue: Catalogue, world: World
) -> Live:
    """What GitHub says of a check that is reached by `routes`.

    Args:
        expect: what was declared.
        routes: the ways to it that speak for it.
        main: the default branch, where no other was declared.
        catalogue: the workflows.
        world: what to look through.

    Raises:
        CannotTell: GitHub was not asked. What it does not show is `Unseen`.
    """
    _ = world.github  # without a token there is nothing to ask
    wanted = listed(expect.branches)[:_MAX_BRANCHES] or ((main,) if isinstance(main, str) else ())
    branches: dict[str, Branch | Unseen] = {"": main} if isinstance(main, Unseen) and not wanted else {}
    if expect.required:
        branches |= {name: _branch(name, world) for name in wanted}
    return Live(
        branches=branches,
        workflows={route.workflow: _workflow(route.workflow, wanted, expect, world) for route in routes},
        waiting={
            key(route.workflow, route.jobs[0].id): _waiting(route, catalogue) for route in routes if expect.required
        },
        actions_app=_actions_app(routes, branches.values(), world),
        days=expect.days,
    )


def _branch(name: str, world: World) -> Branch | Unseen:
    if not is_branch_name(name):
        return CannotTell(PATTERN_BRANCH, f"`{name[:60]}` is a pattern, and GitHub is asked of one branch").unseen
    return world.attempt(lambda: look_at(world, name))


def _waiting(route: Route, catalogue: Catalogue) -> tuple[JobSeen, ...]:
    """The jobs of the workflow that wait for the job, each of which may be required in its place."""
    workflow = catalogue.get(route.workflow)
    found: list[JobSeen] = []
    for identity in workflow.job_ids() if isinstance(workflow, Workflow) else ():
        try:
            job = workflow.job(identity)  # type: ignore[union-attr]
        except DocumentError:
            continue
        if route.jobs[0].id in job.needs:
            found.append(job)
    return tuple(found)


def _actions_app(routes: list[Route], branches: Iterable[Branch | Unseen], world: World) -> int | Unseen | None:
    """The id of the app that reports the checks of workflows. A server of one's own has another than github.com."""
    names = {one for route in routes for one in shown(route.jobs)}
    apps = {
        check.app
        for branch in branches
        if isinstance(branch, Branch)
        for check, _ in branch.checks
        if any(name.may_be(check.context) for name in names)
    }
    if apps <= {None, ACTIONS_APP}:
        return None

    def look() -> int:
        answer = world.github.get("/apps/github-actions")
        if not isinstance(answer, dict) or not isinstance(answer.get("id"), int):
            raise CannotTell(BAD_RESPONSE, "/apps/github-actions: the answer has no `id`")
        return int(answer["id"])

    return world.attempt(look)


def _workflow(
    path: str, branches: tuple[str, ...], expect: CiCheckExpectation, world: World
) -> WorkflowSeen | Unseen | None:
    github = world.github
    root = f"/repos/{github.repository}/actions"

    def look() -> WorkflowSeen | None:
        every = github.list_all(f"{root}/workflows", under="workflows")
        known = [one for one in every if isinstance(one, dict) and one.get("path") == path]
        if not known:
            return None
        number, state = known[-1].get("id"), known[-1].get("state")
        if not isinstance(number, int) or not isinstance(state, str):
            raise CannotTell(BAD_RESPONSE, f"{root}/workflows: a workflow has no `id` or no `state`")
        page = f"{github.settings.server}/{github.repository}/actions/workflows/{path.rpartition('/')[2]}"
        runs = world.attempt(lambda: _runs(f"{root}/workflows/{number}/runs", branches, expect, world))
        if isinstance(runs, Unseen):
            return WorkflowSeen(state, page, runs)
        return WorkflowSeen(state, page, *runs)

    return world.attempt(look)


def _runs(
    place: str, branches: tuple[str, ...], expect: CiCheckExpectation, world: World
) -> tuple[tuple[RunSeen, ...], bool]:
    since = (world.now - timedelta(days=expect.days)).date().isoformat()
    answer = world.github.get(place, created=f">={since}", per_page=_RUNS)
    runs, total = (answer.get("workflow_runs"), answer.get("total_count")) if isinstance(answer, dict) else (None, None)
    if not isinstance(runs, list) or not isinstance(total, int):
        raise CannotTell(BAD_RESPONSE, f"{place}: the answer has no `workflow_runs`")
    found: list[RunSeen] = []
    passed = 0
    for said in sorted((run for run in runs if isinstance(run, dict)), key=lambda run: -int(run.get("id") or 0)):
        concerned, on_branch = _concerns(said, branches)
        if not concerned:
            continue
        jobs = None
        if said.get("conclusion") == "success" and passed < _LOOKED_INTO:
            passed += 1
            jobs = world.attempt(lambda said=said: _jobs(said, world.github))  # type: ignore[misc]
        found.append(_run(said, on_branch, jobs))
    return tuple(found), total <= len(runs)


def _run(said: dict[str, Any], on_branch: bool, jobs: Any) -> RunSeen:  # noqa: FBT001 - one of its facts
    try:
        at = datetime.fromisoformat(said["created_at"])
        return RunSeen(str(said["html_url"]), str(said["event"]), at, said["conclusion"], on_branch, jobs)
    except (KeyError, TypeError, ValueError):
        raise CannotTell(BAD_RESPONSE, "a run of the workflow is not what GitHub documents") from None


def _concerns(said: dict[str, Any], branches: tuple[str, ...]) -> tuple[bool, bool]:
    """Whether a run is about one of the branches, and whether it ran on one."""
    event, head = str(said.get("event")), str(said.get("head_branch"))
    if event == "merge_group":
        return any(head.startswith(f"gh-readonly-queue/{branch}/") for branch in branches), False
    if event in _BEFORE_MERGE:
        # GitHub names the pull requests only while they are open, and never those of forks.
        pulls = [pull for pull in said.get("pull_requests") or () if isinstance(pull, dict)]
        bases = {str(pull["base"].get("ref")) for pull in pulls if isinstance(pull.get("base"), dict)}
        return not bases or not bases.isdisjoint(branches), False
    return head in branches, head in branches


def _jobs(said: dict[str, Any], github: GitHub) -> Jobs:
    """How each job of the latest attempt ended."""
    place = f"/repos/{github.repository}/actions/runs/{said['id']}/jobs"
    found: dict[str, str | None] = {}
    for job in github.list_all(place, under="jobs", filter="latest"):
        if not isinstance(job, dict) or not isinstance(job.get("name"), str):
            raise CannotTell(BAD_RESPONSE, f"{place}: a job has no name")
        conclusion = job.get("conclusion")
        # Two jobs of one name share a check: the worse of them speaks.
        if found.get(job["name"], "success") == "success":
            found[job["name"]] = conclusion if isinstance(conclusion, str) else None
    return Jobs(found)
