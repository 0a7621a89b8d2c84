"""Workflows that have plainly passed: two questions show it of all of them. Only the others are asked about singly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from loopcheck.checker import CannotTell, World
from loopcheck.reasons import BAD_RESPONSE
from loopcheck_checks.ci_check.live import Jobs, RunSeen
from loopcheck_checks.systems import github_actions

RUNS = 100
"""The latest runs that are looked at, in one answer: among so many is one that passed, or something is wrong."""
_BEFORE_MERGE = ("pull_request", "pull_request_target")


class Passed(msgspec.Struct, frozen=True):
    """A workflow's latest run that passed and is about the branches."""

    state: str
    """The workflow's, in GitHub's word."""
    run: RunSeen
    jobs: Mapping[str, str | None]
    """How each job ended."""


def passed_lately(world: World, branches: tuple[str, ...]) -> Mapping[str, Passed]:
    """The workflows that passed among the repository's latest runs, by path. Who is not in it may have passed as well.

    Raises:
        CannotTell: GitHub does not say.
    """
    return world.once(("ci-check", "passed", branches), lambda: _passed(world, branches))


def _passed(world: World, branches: tuple[str, ...]) -> Mapping[str, Passed]:
    newest: dict[str, tuple[RunSeen, github_actions.SuiteOf]] = {}
    place = f"/repos/{world.github.repository}/actions/runs"
    for said in latest_first(world.github.get(place, per_page=RUNS), place)[0]:
        path = str(said.get("path")).partition("@")[0]
        if path in newest or said.get("conclusion") != "success" or len(newest) == github_actions.MOST:
            continue
        concerned, on_branch = concerns(said, branches)
        suite = _suite(said)
        if concerned and suite is not None:
            newest[path] = (seen(said, on_branch), suite)
    found = github_actions.suites(world, [suite for _, suite in newest.values()])
    return {
        path: Passed(suite.state, msgspec.structs.replace(run, jobs=Jobs(suite.jobs)), suite.jobs)
        for (path, (run, _)), suite in zip(newest.items(), found, strict=True)
        if suite is not None
    }


def _suite(said: Mapping[str, Any]) -> github_actions.SuiteOf | None:
    name, number, event = said.get("check_suite_node_id"), said.get("run_number"), said.get("event")
    if isinstance(name, str) and isinstance(number, int) and isinstance(event, str):
        return github_actions.SuiteOf(name, number, event)
    return None


def latest_first(answer: Any, place: str) -> tuple[list[dict[str, Any]], int]:
    """The runs of an answer, and how many GitHub counts in all.

    Raises:
        CannotTell: the answer is not one that GitHub documents.
    """
    runs, total = (answer.get("workflow_runs"), answer.get("total_count")) if isinstance(answer, dict) else (None, None)
    if not isinstance(runs, list) or not isinstance(total, int):
        raise CannotTell(BAD_RESPONSE, f"{place}: the answer has no `workflow_runs`")
    known: Iterable[dict[str, Any]] = (run for run in runs if isinstance(run, dict))
    return sorted(known, key=lambda run: -int(run.get("id") or 0)), total


def concerns(said: Mapping[str, Any], branches: tuple[str, ...]) -> tuple[bool, bool]:
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


def seen(said: Mapping[str, Any], on_branch: bool) -> RunSeen:  # noqa: FBT001 - one of its facts
    """A run as data, without its jobs.

    Raises:
        CannotTell: it is not one that GitHub documents.
    """
    try:
        at = datetime.fromisoformat(said["created_at"])
        return RunSeen(str(said["html_url"]), str(said["event"]), at, said["conclusion"], on_branch)
    except (KeyError, TypeError, ValueError):
        raise CannotTell(BAD_RESPONSE, "a run of the workflow is not what GitHub documents") from None
