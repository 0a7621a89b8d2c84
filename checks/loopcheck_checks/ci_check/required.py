"""Whether a branch cannot be merged to without a check. Pure."""

from __future__ import annotations

import msgspec

from loopcheck.checker import Claim, Evidence, Outcome, Reason, Unseen
from loopcheck.reasons import BAD_RESPONSE
from loopcheck_checks.ci_check import gates
from loopcheck_checks.ci_check.contexts import github
from loopcheck_checks.ci_check.live import ACTIONS_APP, Live, key
from loopcheck_checks.ci_check.manifest import (
    LEG_NOT_REQUIRED,
    NAME_UNKNOWN,
    NOT_IN_QUEUE,
    NOT_REQUIRED,
    OTHER_APP,
    REQUIRED,
    CiCheckExpectation,
)
from loopcheck_checks.ci_check.seen import JobSeen, Route
from loopcheck_checks.ci_check.shown import Shown, shown
from loopcheck_checks.systems.github_branches import Branch, Protection, Rule


class _Answer(msgspec.Struct, frozen=True):
    """What one branch says of one check, or of several."""

    outcome: Outcome
    message: str
    source: str
    reason: Reason | Unseen | None = None


def required(route: Route, live: Live, expect: CiCheckExpectation, repository: str | None) -> Claim:
    """The claim about every branch that the check must guard: the worst of them speaks."""
    answers = [_on(branch, name, route, live, expect, repository) for name, branch in live.branches.items()]
    answer = max(answers, key=lambda one: one.outcome)
    evidence = Evidence(answer.source, answer.message)
    if answer.reason is None:
        return REQUIRED.holds(answer.message, evidence)
    if answer.outcome is Outcome.FAILS and isinstance(answer.reason, Reason):
        return REQUIRED.fails(answer.reason, answer.message, evidence)
    return REQUIRED.unknown(answer.reason, answer.message, evidence)


def _on(
    branch: Branch | Unseen, name: str, route: Route, live: Live, expect: CiCheckExpectation, repository: str | None
) -> _Answer:
    if isinstance(branch, Unseen):
        return _Answer(Outcome.UNKNOWN, branch.message, name or "the default branch", branch)
    answer = _of_job(branch, route.jobs, route, live)
    candidates = route.gates if expect.gate else live.waiting.get(key(route.workflow, route.jobs[0].id), ())
    for gate in candidates:
        if answer.outcome is not Outcome.HOLDS:
            answer = min(answer, _through(gate, branch, route, live, repository), key=_rank)
    if answer.outcome is not Outcome.HOLDS:
        return answer
    queues = branch.of_type("merge_queue")
    if queues and all(event.name != "merge_group" for event in route.events):
        message = f"`{name[:60]}` has a merge queue, and {route.workflow} does not run on `merge_group`"
        return _Answer(Outcome.FAILS, message, branch.address_of(queues[0]), NOT_IN_QUEUE)
    return answer


def _rank(answer: _Answer) -> tuple[Outcome, bool]:
    """Of two ways that do not hold alike, the more telling one comes first."""
    return answer.outcome, answer.reason is NOT_REQUIRED


def _through(gate: JobSeen, branch: Branch, route: Route, live: Live, repository: str | None) -> _Answer:
    """The way through a gate: it must be required itself, and must fail when the job does."""
    own = _of_job(branch, (gate,), route, live)
    if own.outcome is not Outcome.HOLDS:
        return own
    outer = route.jobs[0]
    hub = github("pull_request", branch.name, repository)
    counts = gates.counts(gate, outer.id, hub, may_be_skipped=bool(outer.condition or outer.needs))
    if counts.outcome is Outcome.HOLDS:
        return _Answer(Outcome.HOLDS, f"{own.message}, and fails when `{outer.id[:60]}` does", own.source)
    return _Answer(counts.outcome, counts.message, own.source, counts.reason)


def _of_job(branch: Branch, jobs: tuple[JobSeen, ...], route: Route, live: Live) -> _Answer:
    """Whether every combination of a job is required."""
    workflow = _by_workflow(branch, route)
    if workflow is not None:
        message = f"`{branch.name[:60]}` requires the whole workflow {route.workflow}"
        return _Answer(Outcome.HOLDS, message, branch.address_of(workflow))
    answers = [_of_check(branch, one, live) for one in shown(jobs)]
    missing = [one for one in answers if one.outcome is not Outcome.HOLDS]
    if not missing:
        return answers[0]
    worst = max(missing, key=lambda one: one.outcome)
    if len(missing) < len(answers) and worst.reason is NOT_REQUIRED:
        message = f"{len(missing)} of {len(answers)} combinations are not required: {worst.message}"
        return _Answer(Outcome.FAILS, message, worst.source, LEG_NOT_REQUIRED)
    return worst


def _by_workflow(branch: Branch, route: Route) -> Rule | None:
    for rule in branch.of_type("workflows"):
        if any(one.path == route.workflow and one.repository == branch.repository_id for one in rule.workflows):
            return rule
    return None


def _of_check(branch: Branch, name: Shown, live: Live) -> _Answer:
    fitting = [(check, source) for check, source in branch.checks if name.may_be(check.context)]
    apps = [(check, source, _from_actions(check.app, live)) for check, source in fitting]
    for check, source, actions in apps:
        if actions and name.whole and not check.doubtful:
            return _Answer(Outcome.HOLDS, f"`{branch.name[:60]}` requires `{check.context[:80]}`{_but(branch)}", source)
    for check, source, actions in apps:
        if isinstance(actions, Unseen):
            return _Answer(Outcome.UNKNOWN, actions.message, source, actions)
        if actions and check.doubtful:
            message = f"GitHub names `{check.context[:80]}` in one place among the required checks, and not in another"
            return _Answer(Outcome.UNKNOWN, message, source, BAD_RESPONSE)
        if actions:
            message = f"`{branch.name[:60]}` requires `{check.context[:80]}`, which may be this check"
            return _Answer(Outcome.UNKNOWN, message, source, NAME_UNKNOWN)
    if branch.hidden is not None:
        return _Answer(Outcome.UNKNOWN, branch.hidden.message, branch.address_of(None), branch.hidden)
    if fitting and name.whole:
        check, source = fitting[0]
        message = f"`{branch.name[:60]}` requires `{check.context[:80]}` from the app {check.app}, not from a workflow"
        return _Answer(Outcome.FAILS, message, source, OTHER_APP)
    those = ", ".join(f"`{check.context[:60]}`" for check, _ in branch.checks[:5]) or "no check"
    what = name.text[:80] + ("" if name.whole else "…")
    message = f"`{branch.name[:60]}` does not require `{what}`; it requires {those}"
    return _Answer(Outcome.FAILS, message, branch.address_of(None), NOT_REQUIRED)


def _from_actions(app: int | None, live: Live) -> bool | Unseen:
    """Whether a check that must come from `app` can come from a workflow."""
    if app is None or app == (live.actions_app or ACTIONS_APP):
        return True
    return live.actions_app if isinstance(live.actions_app, Unseen) else False


def _but(branch: Branch) -> str:
    own = branch.protection
    lax = isinstance(own, Protection) and own.admins is False and not branch.of_type("required_status_checks")
    return " (administrators may merge without it)" if lax else ""
