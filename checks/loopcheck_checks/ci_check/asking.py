"""What is asked of GitHub about a check. A question is asked once a run, however many items turn on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import msgspec

from loopcheck.checker import CannotTell, Unseen, World
from loopcheck.documents.origin import DocumentError
from loopcheck.reasons import BAD_RESPONSE
from loopcheck.world import GitHub
from loopcheck_checks.ci_check.catalogue import Catalogue, Workflow
from loopcheck_checks.ci_check.lately import RUNS, concerns, latest_first, passed_lately, seen
from loopcheck_checks.ci_check.live import ACTIONS_APP, Jobs, Live, RunSeen, WorkflowSeen, key
from loopcheck_checks.ci_check.manifest import PATTERN_BRANCH, CiCheckExpectation, listed
from loopcheck_checks.ci_check.seen import JobSeen, Route
from loopcheck_checks.ci_check.shown import ended, shown
from loopcheck_checks.systems.github_branches import Branch, is_branch_name, look_at

_MAX_BRANCHES = 10
_LOOKED_INTO = 3
"""Of so many runs that passed, the jobs are asked for."""


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
        workflows={path: _workflow(path, those, wanted, expect, world) for path, those in _by_workflow(routes).items()},
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


def _by_workflow(routes: Iterable[Route]) -> dict[str, list[Route]]:
    found: dict[str, list[Route]] = {}
    for route in routes:
        found.setdefault(route.workflow, []).append(route)
    return found


def _workflow(
    path: str, routes: list[Route], branches: tuple[str, ...], expect: CiCheckExpectation, world: World
) -> WorkflowSeen | Unseen | None:
    github = world.github
    root = f"/repos/{github.repository}/actions"
    page = f"{github.settings.server}/{github.repository}/actions/workflows/{path.rpartition('/')[2]}"
    since = (world.now - timedelta(days=expect.days)).date()
    lately = world.attempt(lambda: passed_lately(world, branches))
    passed = None if isinstance(lately, Unseen) else lately.get(path)
    if (
        passed is not None
        and passed.state == "active"
        and passed.run.at.date() >= since
        and all(ended(shown(route.jobs), passed.jobs) == "success" for route in routes)
    ):
        return WorkflowSeen(passed.state, page, (passed.run,), whole=False)

    def look() -> WorkflowSeen | None:
        every = github.list_all(f"{root}/workflows", under="workflows")
        known = [one for one in every if isinstance(one, dict) and one.get("path") == path]
        if not known:
            return None
        number, state = known[-1].get("id"), known[-1].get("state")
        if not isinstance(number, int) or not isinstance(state, str):
            raise CannotTell(BAD_RESPONSE, f"{root}/workflows: a workflow has no `id` or no `state`")
        runs = world.attempt(lambda: _runs(f"{root}/workflows/{number}/runs", branches, since, world))
        if isinstance(runs, Unseen):
            return WorkflowSeen(state, page, runs)
        return WorkflowSeen(state, page, *runs)

    return world.attempt(look)


def _runs(place: str, branches: tuple[str, ...], since: date, world: World) -> tuple[tuple[RunSeen, ...], bool]:
    runs, total = latest_first(world.github.get(place, created=f">={since.isoformat()}", per_page=RUNS), place)
    found: list[RunSeen] = []
    passed = 0
    for said in runs:
        concerned, on_branch = concerns(said, branches)
        if not concerned:
            continue
        jobs = None
        if said.get("conclusion") == "success" and passed < _LOOKED_INTO:
            passed += 1
            jobs = world.attempt(lambda said=said: _jobs(said, world.github))  # type: ignore[misc]
        found.append(msgspec.structs.replace(seen(said, on_branch), jobs=jobs))
    return tuple(found), total <= len(runs)


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
