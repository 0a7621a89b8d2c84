"""What a gate makes of the jobs that it waits for: it is asked with one of them failed, and with one skipped. Pure.

A gate is the job that is required in place of many. A job that is skipped counts as passed, so one without
`if: always()` is passed by the very failure it should report.
"""

from __future__ import annotations

import re
from typing import Any

from loopcheck.checker import Outcome
from loopcheck_checks.ci_check.conditions import asked
from loopcheck_checks.ci_check.contexts import of_job, with_env
from loopcheck_checks.ci_check.evaluation import UNKNOWN, Beginning, Open, Scope, as_text, template
from loopcheck_checks.ci_check.expressions import ExpressionError
from loopcheck_checks.ci_check.findings import Finding, worst
from loopcheck_checks.ci_check.manifest import GATE_ACCEPTS, GATE_SKIPPED, GATE_UNKNOWN, NOT_IN_GATE
from loopcheck_checks.ci_check.seen import JobSeen, StepSeen
from loopcheck_checks.ci_check.shell import Executed, Fate, Reach
from loopcheck_checks.ci_check.shell_words import ShellError
from loopcheck_checks.ci_check.shells import executed
from loopcheck_checks.ci_check.softness import of_key

_ALLS_GREEN = "re-actors/alls-green"
_RESULT = re.compile(r"needs\.[A-Za-z0-9_*-]+\.result|toJSON\(\s*needs\s*\)", re.IGNORECASE)


# Actions that a gate uses beside its own work, and that make nothing of results.
_BESIDE = ("step-security/harden-runner", "actions/checkout")
_SCRIPTED = "actions/github-script"


def is_gate(job: JobSeen) -> bool:
    """Whether a job does nothing but look at the results of those it needs."""
    if not job.needs or not job.steps:
        return False
    texts = [job.condition.text if job.condition else ""]
    for step in job.steps:
        texts += [step.condition.text if step.condition else "", step.run.text if step.run else ""]
        texts += [*step.env.values(), *step.inputs.values(), *([step.uses] if step.uses else [])]
    return any(_ALLS_GREEN in text or _RESULT.search(text) for text in texts[1:]) and not any(
        step.uses and not step.uses.startswith((_ALLS_GREEN, _SCRIPTED, *_BESIDE)) for step in job.steps
    )


def counts(gate: JobSeen, member: str, hub: Open, *, may_be_skipped: bool) -> Finding:
    """Whether a gate fails when `member` fails, and does not pass when it is skipped.

    Args:
        gate: the gate.
        member: the id of a job of the same workflow.
        hub: the context `github` of the event.
        may_be_skipped: whether the member has a condition of its own; one that always runs cannot be skipped.
    """
    if member not in gate.needs and member not in gate.kin:
        message = f"the gate `{gate.id[:60]}` does not wait for `{member[:60]}`"
        return Finding(Outcome.FAILS, message, gate.path, gate.line, NOT_IN_GATE)
    soft = of_key(gate.soft, Scope({}), gate.path, f"the gate `{gate.id[:60]}`")
    if soft is not None:
        return soft
    if member not in gate.needs:
        message = f"the gate `{gate.id[:60]}` waits for `{member[:60]}` only through other jobs"
        return Finding(Outcome.UNKNOWN, message, gate.path, gate.line, GATE_UNKNOWN)
    findings = [_with(gate, member, "failure", hub)]
    if may_be_skipped:
        findings.append(_with(gate, member, "skipped", hub))
    return worst(findings)


def _with(gate: JobSeen, member: str, result: str, hub: Open) -> Finding:
    """What becomes of the gate where `member` ended with `result` and everything else with success."""
    needs = {identity: Open({"result": result if identity == member else "success"}) for identity in gate.needs}
    scope = of_job(gate, hub, leg=None, caller=None, needs=needs)
    failed = result == "failure"
    status = {"success": False, "failure": failed, "cancelled": False, "always": True}
    runs = asked(gate.condition, Scope(scope.contexts, status))
    ended = {"failure": "failed", "skipped": "is skipped"}[result]
    line = gate.condition.line if gate.condition else gate.line
    if runs is False:
        message = f"when `{member[:60]}` {ended}, the gate `{gate.id[:60]}` is skipped, which counts as passed"
        return Finding(Outcome.FAILS, message, gate.path, line, GATE_SKIPPED)
    if runs is None:
        message = f"whether the gate `{gate.id[:60]}` runs when `{member[:60]}` {ended} cannot be told"
        return Finding(Outcome.UNKNOWN, message, gate.path, line, GATE_UNKNOWN)
    answers = [_step_fails(step, scope, member, result) for step in gate.steps]
    if True in answers:
        return Finding(Outcome.HOLDS, f"the gate `{gate.id[:60]}` fails when `{member[:60]}` {ended}", gate.path, line)
    if None in answers or not answers:
        message = f"whether the gate `{gate.id[:60]}` passes when `{member[:60]}` {ended} cannot be told"
        reason, outcome = GATE_UNKNOWN, Outcome.UNKNOWN
    else:
        message = f"the gate `{gate.id[:60]}` passes when `{member[:60]}` {ended}"
        reason, outcome = GATE_ACCEPTS, Outcome.FAILS
    return Finding(outcome, message, gate.path, _line_of(gate, answers), reason)


def _line_of(gate: JobSeen, answers: list[bool | None]) -> int:
    return next((s.line for s, answer in zip(gate.steps, answers, strict=True) if answer is None), gate.line)


def _step_fails(step: StepSeen, scope: Scope, member: str, result: str) -> bool | None:
    """Whether a step of the gate fails; `None` where that cannot be told."""
    inside = with_env(scope, step.env)
    runs = asked(step.condition, inside)
    if runs is False:
        return False
    if of_key(step.soft, inside, step.path, "") is not None:
        return False
    if step.uses is not None:
        if step.uses.startswith(_ALLS_GREEN):
            fails = _alls_green(step, member, result)
        else:
            fails = False if step.uses.startswith(_BESIDE) else None
    elif step.run is not None:
        fails = _script_fails(step, inside)
    else:
        fails = None
    return fails if runs or fails is False else None


def _alls_green(step: StepSeen, member: str, result: str) -> bool | None:
    """The action fails unless every result is `success`, or allowed by name."""
    if "tojson(needs)" not in step.inputs.get("jobs", "").replace(" ", "").lower():
        return None
    allowed = step.inputs.get("allowed-failures", "")
    if result == "skipped":
        allowed = step.inputs.get("allowed-skips", "")
    if "${{" in allowed:
        return None
    names = {name.strip(" \"'[]\t\r") for line in allowed.splitlines() for name in line.split(",")}
    return member not in names


def _script_fails(step: StepSeen, scope: Scope) -> bool | None:
    """Whether a script fails once the results are filled in: `exit 1`, or a comparison of two texts that says no."""
    assert step.run is not None  # noqa: S101 - asked only of such steps
    filled = _filled(step.run.text, scope)
    if filled is None:
        return None
    known = scope.contexts.get("env")
    variables = {k: as_text(v) for k, v in known.items() if isinstance(v, str | bool | float)} if known else {}
    try:
        commands = executed(filled, step.shell)
    except ShellError:
        return None
    unsure = False
    for command in commands:
        fails = _fails(command, variables)
        if command.reach is Reach.NEVER or fails is False:
            continue
        if command.reach is Reach.ALWAYS and command.ending.fate is Fate.FAILS and fails:
            return True
        if command.ending.fate is not Fate.FAILS and (fails or command.ending.fate is Fate.SWALLOWED):
            continue  # a comparison that only chooses: what it chooses is among the commands
        unsure = True
    return None if unsure else False


def _filled(script: str, scope: Scope) -> str | None:
    try:
        value: Any = template(script, scope)
    except ExpressionError:
        return None
    return None if value is UNKNOWN or isinstance(value, Beginning) else as_text(value)


_HARMLESS = frozenset(["echo", "printf", "true", ":", "cat", "set", "export"])


def _fails(command: Executed, variables: dict[str, str]) -> bool | None:
    """Whether one command of a gate ends with a failure."""
    words = [variables.get(w.text.strip("${}"), w.text) if w.text.startswith("$") else w.text for w in command.words]
    dynamic = any(w.dynamic and w.text.startswith("$") and w.text.strip("${}") not in variables for w in command.words)
    if words[0] in _HARMLESS:
        return False
    if words[0] == "false":
        return True
    if words[0] == "exit":
        if dynamic or len(words) < 2 or not words[1].isdigit():
            return None
        return words[1] != "0"
    if words[0] in ("[", "[[", "test") and not dynamic:
        inner = [word for word in words[1:] if word not in ("]", "]]")]
        if len(inner) == 3 and inner[1] in ("=", "==", "!="):
            return (inner[0] == inner[2]) is (inner[1] == "!=")
    return None
