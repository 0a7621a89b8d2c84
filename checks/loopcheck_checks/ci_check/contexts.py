"""What is known of a run before it happens: the contexts of expressions, for one event. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from loopcheck_checks.ci_check.evaluation import UNKNOWN, Beginning, Open, Scope, as_text, template
from loopcheck_checks.ci_check.expressions import ExpressionError, number
from loopcheck_checks.ci_check.names import as_known, matrix
from loopcheck_checks.ci_check.seen import ActionSeen, JobSeen, Leg, StepSeen
from loopcheck_checks.ci_check.shells import is_windows


def github(event: str, branch: str | None, repository: str | None) -> Open:
    """The context `github`, as far as the event decides it."""
    base: Any = branch or UNKNOWN
    known = Open({"event_name": event})
    payload = Open()
    if repository:
        known["repository"] = repository
        known["repository_owner"] = repository.partition("/")[0]
    if event in ("pull_request", "pull_request_target"):
        known["base_ref"] = base
        known["head_ref"] = UNKNOWN
        target = event == "pull_request_target"
        known["ref"] = (f"refs/heads/{branch}" if branch else UNKNOWN) if target else Beginning("refs/pull/")
        known["ref_name"] = base if target else UNKNOWN
        known["ref_type"] = "branch"
        payload["pull_request"] = Open({"merged": False, "base": Open({"ref": base})})
        payload["action"] = UNKNOWN
        payload["head_commit"] = None
        payload["schedule"] = None
    else:
        known["base_ref"] = ""
        known["head_ref"] = ""
        payload["pull_request"] = None
        if event in ("push", "schedule"):
            known["ref"] = f"refs/heads/{branch}" if branch else Beginning("refs/heads/")
            known["ref_name"] = base
            known["ref_type"] = "branch"
            payload["ref"] = known["ref"]
        elif event == "merge_group":
            known["ref"] = Beginning("refs/heads/gh-readonly-queue/")
            known["ref_name"] = Beginning("gh-readonly-queue/")
        if event != "workflow_dispatch":
            payload["inputs"] = None
    known["event"] = payload
    return known


def of_job(job: JobSeen, hub: Open, *, leg: Leg | None, caller: Scope | None, needs: Mapping[str, Any]) -> Scope:
    """What is known inside a job, in one combination of its matrix."""
    inputs: Any
    if caller is not None:
        inputs = _taken(job, hub, caller)
    else:  # an event that hands nothing over leaves them empty; one that does, or a caller, is not known here
        inputs = Open() if hub.get("event_name") == "workflow_dispatch" or job.takes else {}
    contexts: dict[str, Any] = {
        "github": hub,
        "matrix": (matrix(leg) if leg is not None else {}) if job.legs or leg is None else {},
        "inputs": inputs,
        "needs": dict(needs),
        "steps": _steps(job.steps),
        "runner": Open(),
    }
    if leg is None and job.legs:
        contexts["matrix"] = UNKNOWN
    scope = Scope(contexts)
    contexts["env"] = Open({key: _text(text, scope) for key, text in job.env.items()})
    if (system := _system(labels(job, scope))) is not None:
        contexts["runner"]["os"] = system
    return scope


def of_action(action: ActionSeen, step: StepSeen, scope: Scope) -> Scope:
    """What is known inside a composite action: its own inputs and steps, and of its caller's contexts some.

    Args:
        action: the action.
        step: the step that uses it.
        scope: what is known where that step stands.
    """
    outer = with_env(scope, step.env)
    shared = Scope({name: outer.contexts[name] for name in _OF_DEFAULTS if name in outer.contexts}, scope.status)
    handed = {name.lower(): _text(text, outer) for name, text in step.inputs.items()}
    inputs = {name.lower(): _text(taken.default, shared) for name, taken in action.takes.items()} | handed
    contexts = {
        **shared.contexts,
        "env": outer.contexts.get("env", UNKNOWN),
        "inputs": inputs,
        "steps": _steps(action.steps),
    }
    return Scope(contexts, scope.status)


_OF_DEFAULTS = ("github", "matrix", "runner", "job", "strategy")
"""The contexts that the default of an action's input may use."""


def _text(text: str, scope: Scope) -> Any:
    """A value as a variable or an action gets it, which is always a text: `false` is one, and so it is true."""
    value = _filled(text, scope)
    if value is UNKNOWN or isinstance(value, list | dict):
        return UNKNOWN
    return value if isinstance(value, Beginning) else as_text(value)


def _taken(job: JobSeen, hub: Open, caller: Scope) -> dict[str, Any]:
    """The inputs of a called workflow: what the caller hands over, or else their defaults."""
    handed = {name.lower(): _filled(text, caller) for name, text in job.handed.items()}
    found: dict[str, Any] = {}
    for name, taken in job.takes.items():
        value = handed[name.lower()] if name.lower() in handed else _filled(taken.default, Scope({"github": hub}))
        found[name] = _typed(value, taken.type)
    return found


def _typed(value: Any, kind: str) -> Any:
    """A value as an input of its type; what GitHub makes of one that does not fit is not known."""
    if kind == "boolean":
        word = as_text(value) if isinstance(value, bool | str) else ""
        return {"true": True, "false": False}.get(word, UNKNOWN)
    if kind == "number":
        known = number(value) if isinstance(value, str) and value else value
        return known if isinstance(known, float) and not math.isnan(known) else UNKNOWN
    return value if isinstance(value, str | Beginning) else UNKNOWN


def _steps(steps: Iterable[StepSeen]) -> dict[str, Any]:
    return {step.id: Open({"outcome": "success", "conclusion": "success"}) for step in steps if step.id}


def with_env(scope: Scope, env: Mapping[str, str]) -> Scope:
    """The same, with the variables of a step."""
    if not env:
        return scope
    outer = scope.contexts.get("env")
    known = Open(outer if isinstance(outer, dict) else {})
    known.update({key: _text(text, scope) for key, text in env.items()})
    return Scope({**scope.contexts, "env": known}, scope.status)


def labels(job: JobSeen, scope: Scope) -> tuple[str, ...] | None:
    """`runs-on` in one combination; `None` where only the run knows it."""
    found: list[str] = []
    for text in job.labels:
        value = _filled(text, scope)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            found += value
        elif isinstance(value, str):
            found.append(value)
        else:
            return None
    return tuple(found) or None


def _system(names: tuple[str, ...] | None) -> str | None:
    for name in names or ():
        if is_windows(name):
            return "Windows"
        if name.lower().startswith("ubuntu"):
            return "Linux"
        if name.lower().startswith("macos"):
            return "macOS"
    return None


def _filled(text: str, scope: Scope | None) -> Any:
    """A text with its expressions, as far as they are known."""
    if "${{" not in text:
        return text
    if scope is None:
        return UNKNOWN
    try:
        return template(text, scope)
    except ExpressionError:
        return UNKNOWN


def boolean(text: str, scope: Scope) -> bool | None:
    """A key that is `true`, `false` or an expression; `None` where that cannot be told."""
    value = _filled(text, scope)
    if value is UNKNOWN or isinstance(value, Beginning | list | dict):
        return None
    word = as_text(as_known(value)).strip().lower()
    return {"true": True, "false": False, "": False}.get(word)
