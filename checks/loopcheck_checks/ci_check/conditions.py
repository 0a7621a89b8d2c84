"""Whether everything on the way to a step is true on an event: its `if:`, its jobs' and those they need. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from loopcheck.checker import Outcome, Reason
from loopcheck_checks.ci_check.contexts import of_action, of_job, with_env
from loopcheck_checks.ci_check.evaluation import HEALTHY, UNKNOWN, Open, Scope, condition
from loopcheck_checks.ci_check.expressions import ExpressionError
from loopcheck_checks.ci_check.findings import Finding
from loopcheck_checks.ci_check.manifest import CONDITION_UNKNOWN, NEEDS_SKIPPED, NEVER_TRUE
from loopcheck_checks.ci_check.reading import MAX_KIN
from loopcheck_checks.ci_check.seen import JobSeen, Kin, Leg, Route, StepSeen, Written


def asked(text: Written | None, scope: Scope) -> bool | None:
    """Whether an `if:` lets something run; `None` where that cannot be told. Nothing at all is `success()`."""
    try:
        return condition("" if text is None else text.text, scope)
    except ExpressionError:
        return None


class Way(msgspec.Struct):
    """The way to a step on one event, in one combination of the matrix."""

    jobs: list[Scope]
    """What is known inside each job."""
    steps: list[Scope]
    """What is known where each step stands."""
    findings: list[Finding]
    """What keeps it from being reached, or may."""

    @property
    def scope(self) -> Scope:
        """What is known inside the innermost job."""
        return self.jobs[-1]


def way(route: Route, hub: Open, leg: Leg | None) -> Way:
    """Follow a route to its innermost job and through the steps that lead to the last one.

    Args:
        route: the way that was seen.
        hub: the context `github` of the event.
        leg: the combination of the innermost job's matrix; `None` where it has no matrix.
    """
    caller: Scope | None = None
    jobs: list[Scope] = []
    findings: list[Finding] = []
    for place, job in enumerate(route.jobs):
        last = place == len(route.jobs) - 1
        states = _states(job, _before_matrix(job, hub, caller))
        scope = of_job(job, hub, leg=leg if last else None, caller=caller, needs=_needs(job, states))
        findings += _job(job, _before_matrix(job, hub, caller, _needs(job, states)), states)
        jobs.append(caller := scope)
    steps = list(_along(route, jobs[-1]))
    findings += [f for step, scope in zip(route.steps, steps, strict=True) if (f := of_step(step, scope)) is not None]
    return Way(jobs, steps, findings)


def _along(route: Route, scope: Scope) -> Iterator[Scope]:
    """What is known where each step of a route stands: inside an action, what its step hands to it."""
    for place, step in enumerate(route.steps):
        yield scope
        if place < len(route.actions):
            scope = of_action(route.actions[place], step, scope)


def of_step(step: StepSeen, scope: Scope) -> Finding | None:
    """What its `if:` says against a step, if anything."""
    inside = with_env(scope, step.env)
    answer = asked(step.condition, inside)
    if answer:
        return None
    answer = answer if _never(step.condition, inside) else None
    return _finding(answer, step.condition, step.path, step.line, f"the step `{step.label[:60]}`")


def _never(text: Written | None, scope: Scope) -> bool:
    """Whether a condition is false also after a failure: `failure() && …` may hold then."""
    return asked(text, Scope(scope.contexts, {**HEALTHY, "success": False, "failure": True})) is False


def _before_matrix(job: JobSeen, hub: Open, caller: Scope | None, needs: Mapping[str, Any] | None = None) -> Scope:
    """What a job's own `if:` knows: it is asked before there is a matrix."""
    return of_job(job, hub, leg=None, caller=caller, needs=needs or {})


def _states(job: JobSeen, scope: Scope) -> dict[str, bool | None]:
    """Whether each job that is needed runs, directly or not."""
    states: dict[str, bool | None] = {}
    waiting = list(job.kin)
    if len(waiting) > MAX_KIN:
        return dict.fromkeys(waiting)
    for _ in range(len(waiting) + 1):  # each round settles at least one, unless they need each other
        for identity in [i for i in waiting if i not in states]:
            kin = job.kin[identity]
            if all(need in states or need not in job.kin for need in kin.needs):
                states[identity] = asked(kin.condition, _scope_of(kin.needs, job.kin, states, scope))
        if len(states) == len(waiting):
            break
    return states | {identity: None for identity in waiting if identity not in states}


def _all_run(needs: tuple[str, ...], kin: Mapping[str, Kin], states: Mapping[str, bool | None]) -> bool | None:
    """Whether all of these run, and all that they need: one that is skipped skips what depends on it."""
    answers: list[bool | None] = []
    waiting, known = list(needs), set[str]()
    while waiting:
        identity = waiting.pop()
        if identity in known:
            continue
        known.add(identity)
        answers.append(states.get(identity))
        waiting += kin[identity].needs if identity in kin else ()
    return False if False in answers else None if None in answers else True


def _scope_of(needs: tuple[str, ...], kin: Mapping[str, Kin], states: Mapping[str, bool | None], scope: Scope) -> Scope:
    status = {**HEALTHY, "success": _all_run(needs, kin, states)}
    return Scope({**scope.contexts, "needs": {i: _result(states.get(i)) for i in needs}}, status)


def _needs(job: JobSeen, states: Mapping[str, bool | None]) -> dict[str, Any]:
    return {identity: _result(states.get(identity)) for identity in job.needs}


def _result(runs: bool | None) -> Open:  # noqa: FBT001 - three values
    return Open({"result": {True: "success", False: "skipped"}.get(runs, UNKNOWN) if runs is not None else UNKNOWN})


def _job(job: JobSeen, scope: Scope, states: Mapping[str, bool | None]) -> list[Finding]:
    """What its condition and its needs say against a job."""
    all_run = _all_run(job.needs, job.kin, states)
    answer = asked(job.condition, Scope(scope.contexts, {**HEALTHY, "success": all_run}))
    if answer:
        return []
    if asked(job.condition, scope) is False and _never(job.condition, scope):
        return [_finding(False, job.condition, job.path, job.line, f"the job `{job.id[:60]}`")]
    if all_run is not True:
        skipped = next((i for i in job.kin if states.get(i) is all_run), None)
        kin = job.kin.get(skipped or "")
        line = kin.condition.line if kin and kin.condition else kin.line if kin else job.line
        text = kin.condition.text.strip()[:80] if kin and kin.condition else ""
        if all_run is False:
            message = f"the job `{job.id[:60]}` needs `{skipped}`, which never runs (`if: {text}`)"
            return [Finding(Outcome.FAILS, message, job.path, line, NEEDS_SKIPPED)]
        message = f"the job `{job.id[:60]}` needs `{skipped}`, which may be skipped (`if: {text}`)"
        return [Finding(Outcome.UNKNOWN, message, job.path, line, CONDITION_UNKNOWN)]
    answer = answer if _never(job.condition, scope) else None
    return [_finding(answer, job.condition, job.path, job.line, f"the job `{job.id[:60]}`")]


def _finding(answer: bool | None, text: Written | None, path: str, line: int, what: str) -> Finding:  # noqa: FBT001
    shown = " ".join(text.text.split())[:100] if text else ""
    place = text.line if text else line
    reason: Reason
    if answer is False:
        outcome, reason, message = Outcome.FAILS, NEVER_TRUE, f"{what} never runs: `if: {shown}`"
    else:
        outcome, reason, message = Outcome.UNKNOWN, CONDITION_UNKNOWN, f"{what} runs only where `{shown}` holds"
    return Finding(outcome, message, path, place, reason)
