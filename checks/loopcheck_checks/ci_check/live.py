"""What GitHub says of a check beyond its files, as plain data: what branches require, and how it ran lately."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from loopcheck.checker import Unseen
from loopcheck_checks.ci_check.seen import JobSeen
from loopcheck_checks.systems.github_branches import Branch

ACTIONS_APP = 15368
"""The id of the app that reports the checks of workflows, on github.com."""


class Jobs(msgspec.Struct, frozen=True, tag="jobs"):
    """The jobs of a run."""

    ended: Mapping[str, str | None]
    """How each ended, by the name of its check: GitHub's word, or `None` where it did not end."""


class RunSeen(msgspec.Struct, frozen=True):
    """A run of a workflow that is about the branch: on it, on its way into it, or on a pull request."""

    page: str
    event: str
    at: datetime
    conclusion: str | None
    """GitHub's word; `None` while it runs."""
    on_branch: bool
    """Whether it ran on the branch itself, where nothing should be broken."""
    jobs: Jobs | Unseen | None = None
    """`None` where nobody asked."""


class WorkflowSeen(msgspec.Struct, frozen=True, tag="workflow"):
    """A workflow, as GitHub has registered it."""

    state: str
    """GitHub's word: `active`, `disabled_manually` …"""
    page: str
    runs: tuple[RunSeen, ...] | Unseen = ()
    """Its latest runs that are about the branch, the latest first."""
    whole: bool = True
    """Whether these are all of the time that was asked for."""


class Live(msgspec.Struct, frozen=True, tag="live"):
    """What GitHub says of a check."""

    branches: Mapping[str, Branch | Unseen]
    """By name: those that it must guard."""
    workflows: Mapping[str, WorkflowSeen | Unseen | None]
    """By path; `None` for one that GitHub has not registered."""
    waiting: Mapping[str, tuple[JobSeen, ...]] = {}
    """The jobs that wait for the job of a route, by its workflow and id (`key`)."""
    actions_app: int | Unseen | None = None
    """The id of the app that reports the checks of workflows; `None` where nothing turns on it."""
    days: int = 30
    """How far back runs were looked for."""


def key(workflow: str, job: str) -> str:
    """The key of a job that events start, in `Live.waiting`."""
    return f"{workflow}:{job}"
