"""Whether a check does the same work as it did on another commit, as far as workflows and actions say. Pure.

Not its name, its triggers or its machine, nor the versions of actions: those change every week, and do not change what
is checked. What a program, or a script of the repository, does is not seen here either; see the page of `ci-check`.
"""

from __future__ import annotations

from typing import Any

from loopcheck_checks.ci_check.seen import ActionSeen, Route, StepSeen


def same(now: Route, then: Route) -> bool:
    """Whether the check does the same work in both forms: its steps where it is a step, else all of its job."""
    return _work(now) == _work(then)


def _work(route: Route) -> list[Any]:
    job = route.jobs[-1]
    steps = route.steps or job.steps
    inside = [
        [_version_less(uses), [_step(step) for step in action.steps]]
        for uses, action in sorted(route.inside.items())
        if isinstance(action, ActionSeen)
    ]
    return [[_step(step) for step in steps], dict(job.env), _version_less(job.uses or ""), inside]


def _step(step: StepSeen) -> list[Any]:
    return [
        step.run.text.strip() if step.run else None,
        step.shell,
        step.folder,
        step.condition.text.strip() if step.condition else None,
        step.soft.text.strip() if step.soft else None,
        _version_less(step.uses or ""),
        dict(step.env),
        # What a checkout or a set-up is handed may change with its version.
        dict(step.inputs) if not (step.uses or "").startswith("actions/") else None,
    ]


def _version_less(uses: str) -> str:
    return uses.partition("@")[0].lower()
