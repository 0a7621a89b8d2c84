"""Whether the steps of a job make it fail when their work does, those inside the repository's own actions too. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from loopcheck.checker import Outcome
from loopcheck_checks.ci_check import conditions, softness
from loopcheck_checks.ci_check.catalogue import local
from loopcheck_checks.ci_check.commands import Weight
from loopcheck_checks.ci_check.contexts import of_action
from loopcheck_checks.ci_check.evaluation import Scope
from loopcheck_checks.ci_check.findings import Finding
from loopcheck_checks.ci_check.manifest import ACTION_UNSEEN, NO_WORK, PARTLY_SOFT
from loopcheck_checks.ci_check.seen import ActionSeen, ClosedAction, JobSeen, StepSeen

Inside = Mapping[str, ActionSeen | ClosedAction]
"""The actions of the repository, by what a step says that it `uses`."""

MAX_NESTED = 500
"""So many steps inside actions are looked at for one job: they can use each other in more ways than anybody means."""
_MAX_DEPTH = 10
"""How deep GitHub lets composite actions use each other."""
# Actions that prepare or report: when they fail or are skipped, nothing is guarded less.
_AUXILIARY = ("actions/checkout", "actions/setup-", "actions/cache", "actions/upload-", "actions/download-",
              "actions/github-script", "codecov/", "coverallsapp/", "step-security/", "docker/login", "docker/setup",
              "docker/metadata", "Swatinem/", "astral-sh/setup-", "mxschmitt/", "EnricoMi/",
              "dorny/test-reporter")  # fmt: skip


class _Parts(msgspec.Struct):
    """What steps come to, those inside of actions with them."""

    skipped: list[Finding] = []
    soft: list[Finding] = []
    prints: list[Finding] = []
    """Steps inside of actions that only print. They hand values on, as a rule, and are no work, nor against it."""
    solid: int = 0
    """Steps whose failure, for a reason worth guarding against, makes the job fail."""
    perhaps: list[StepSeen] = []
    """Steps that look or prepare, and make it fail."""
    nothing: int = 0
    """Steps that make it fail, and whose failure guards nothing."""
    nested: int = 0
    """Steps inside of actions that were looked at."""

    def result(self, bad: Finding) -> tuple[list[Finding], list[Finding]]:
        """What is said against being run, and against being counted. `bad`: what is said where there is no work."""
        if self.solid:
            return [_partly(f) for f in self.skipped], [_partly(f) for f in self.soft]
        if self.perhaps:
            first = self.perhaps[0]
            message = f"only steps that look or prepare can make it fail: `{first.label[:60]}`"
            doubt = Finding(Outcome.UNKNOWN, message, first.path, first.line, PARTLY_SOFT)
            return [_partly(f) for f in self.skipped], [*(_partly(f) for f in self.soft), doubt]
        trouble = self.soft + self.skipped + self.prints
        if any(finding.outcome is Outcome.UNKNOWN for finding in trouble):
            return _unknown(self.skipped), _unknown(self.soft)
        if not trouble:
            return [], [bad]
        first_bad = trouble[0]
        message = f"{bad.message}: {first_bad.message}"[:400]
        return [], [Finding(Outcome.FAILS, message, first_bad.path, first_bad.line, first_bad.reason)]


def of_job(job: JobSeen, scope: Scope, inside: Inside) -> tuple[list[Finding], list[Finding]]:
    """What its steps say against a job of which nobody declared which step is the check.

    Returns:
        What is said against its being run, and against its being counted.
    """
    parts = _Parts()
    _look(parts, job.steps, job, scope, inside, ())
    message = f"nothing in the job `{job.id[:60]}` can make it fail"
    return parts.result(Finding(Outcome.FAILS, message, job.path, job.line, NO_WORK))


def of_action_step(step: StepSeen, job: JobSeen, scope: Scope, inside: Inside) -> tuple[list[Finding], list[Finding]]:
    """The same of a declared step that uses an action of the repository; its own keys are not looked at.

    What such a step does is meant, so that preparing is work enough, unless something else in it is weak.
    """
    parts = _Parts()
    _enter(parts, step, job, scope, inside, ())
    if (parts.perhaps or parts.nothing) and not (parts.skipped or parts.soft or parts.prints):
        return [], []
    message = f"nothing in the action `{(step.uses or '')[:60]}` can make it fail"
    return parts.result(Finding(Outcome.FAILS, message, step.path, step.line, NO_WORK))


def is_auxiliary(step: StepSeen) -> bool:
    """Whether a step uses an action that prepares or reports."""
    return (step.uses or "").startswith(_AUXILIARY)


def is_own(step: StepSeen) -> bool:
    """Whether a step uses an action of this repository."""
    return step.uses is not None and local(step.uses) is not None


def _look(
    parts: _Parts, steps: Iterable[StepSeen], job: JobSeen, scope: Scope, inside: Inside, way: tuple[str, ...]
) -> None:
    """Add what each step comes to.

    Args:
        parts: what is added to.
        steps: of the job, or of an action.
        job: that they run in.
        scope: what is known where they stand.
        inside: what actions of the repository hold.
        way: the actions that led here.
    """
    beside = tuple(steps)
    work = [step for step in beside if not is_auxiliary(step)]
    for step in work if work or way else beside:
        conditional = conditions.of_step(step, scope)
        weak = softness.of_step(step, beside, scope) or softness.of_script(step, job, scope)
        if conditional is not None:
            parts.skipped += [conditional] if not _is_afterwards(step) else []
        elif weak is not None:
            (parts.prints if way and softness.of_silence(step, job, scope) == weak else parts.soft).append(weak)
        elif is_own(step):
            _enter(parts, step, job, scope, inside, way)
        else:
            _weigh(parts, step, job, scope)
    parts.nothing += 0 if work or not way else len(beside)


def _enter(parts: _Parts, step: StepSeen, job: JobSeen, scope: Scope, inside: Inside, way: tuple[str, ...]) -> None:
    """Add what the action that a step uses comes to."""
    uses = step.uses or ""
    action = inside.get(uses)
    if isinstance(action, ClosedAction) and action.program:  # what a program does is its own business
        parts.solid += 1
        return
    if not isinstance(action, ActionSeen):
        message = action.message if action is not None else f"`{uses[:60]}` was not looked into"
        parts.soft.append(Finding(Outcome.UNKNOWN, message, step.path, step.line, ACTION_UNSEEN))
        return
    parts.nested += len(action.steps)
    if len(way) >= _MAX_DEPTH or parts.nested > MAX_NESTED:
        message = f"`{uses[:60]}` uses other actions in more ways than are followed"
        parts.soft.append(Finding(Outcome.UNKNOWN, message, step.path, step.line, ACTION_UNSEEN))
        return
    _look(parts, action.steps, job, of_action(action, step, scope), inside, (*way, uses))


def _weigh(parts: _Parts, step: StepSeen, job: JobSeen, scope: Scope) -> None:
    weighs = softness.weight_of(step, job, scope)
    if weighs in (Weight.FULL, Weight.GUARD):
        parts.solid += 1
    elif weighs is Weight.SOME:
        parts.perhaps.append(step)
    else:
        parts.nothing += 1


def _unknown(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.outcome is Outcome.UNKNOWN]


def _partly(finding: Finding) -> Finding:
    """A part that is bad, beside others that are not. One that cannot be seen stays what it is."""
    if finding.reason is ACTION_UNSEEN:
        return finding
    return msgspec.structs.replace(finding, outcome=Outcome.UNKNOWN, reason=PARTLY_SOFT)


def _is_afterwards(step: StepSeen) -> bool:
    """Whether a step only tells of what went before: it runs after failures."""
    text = step.condition.text if step.condition else ""
    return any(word in text for word in ("failure()", "always()", "cancelled()"))
