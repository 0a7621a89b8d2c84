"""GitHub Actions, for every kind that looks at workflows and what became of their runs."""

from __future__ import annotations

from loopcheck_checks.systems.github_actions.records import Artifact, Job, Run, SeenRun, Step, Workflow
from loopcheck_checks.systems.github_actions.runs import (
    artifacts_of,
    default_branch,
    jobs_of,
    known_workflows,
    runs_on,
    runs_since,
    seen_run,
)
from loopcheck_checks.systems.github_actions.select import chosen, on_branch, windowed
from loopcheck_checks.systems.github_actions.suites import MOST, Suite, SuiteOf, suites

__all__ = [
    "MOST",
    "Artifact",
    "Job",
    "Run",
    "SeenRun",
    "Step",
    "Suite",
    "SuiteOf",
    "Workflow",
    "artifacts_of",
    "chosen",
    "default_branch",
    "jobs_of",
    "known_workflows",
    "on_branch",
    "runs_on",
    "runs_since",
    "seen_run",
    "suites",
    "windowed",
]
