"""The declared check as a command that runs by itself, for `loopcheck prove`. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from loopcheck.checker import CannotTell, Trial
from loopcheck_checks.ci_check.commands import Weight, prepares, unwrapped, weight
from loopcheck_checks.ci_check.manifest import NOT_RUNNABLE, CiCheckExpectation
from loopcheck_checks.ci_check.seen import Route, StepSeen
from loopcheck_checks.ci_check.shell import Executed
from loopcheck_checks.ci_check.shell_words import ShellError
from loopcheck_checks.ci_check.shells import executed

_STRICT = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
_SHELLS = {None: ("bash", "-e"), "bash": _STRICT, "sh": ("sh", "-e"), "python": ("python",)}
"""As the runner starts them, by what `shell:` says."""
_PROGRAMS = frozenset(("bash", "sh", "dash", "zsh", "python", "python3"))
_TESTS_FAILED = 1
"""With 2 to 5 pytest says that it ran no test, or not to the end: a test is not there yet, an import fails."""


def trial_of(expect: CiCheckExpectation, routes: Sequence[Route], bad: str, good: str) -> Trial:
    """What to run: the `command` that was declared, or else the script of the step that was found.

    Args:
        expect: what was declared.
        routes: the ways to the check that speak for it.
        bad: the full id of the commit that it must refuse.
        good: the same of the one that it must let pass.

    Raises:
        CannotTell: there is no one script, or it does not run outside the workflow.
    """
    brought = tuple(map(str, expect.check_files))
    if expect.command is not None:
        return Trial(expect.command, _STRICT, bad, good, brought=brought, refusals=_refusals(expect.command, None))
    step, environment = _step(routes)
    script = step.run.text if step.run else ""
    if "${{" in script or "${{" in (step.folder or "") or "${{" in (step.shell or ""):
        raise CannotTell(NOT_RUNNABLE, f"the step `{step.label[:60]}` has expressions that only a run knows")
    if any(prepares(command.words) for command in _commands(script, step.shell)):
        message = f"the step `{step.label[:60]}` installs something too, and its exit code would not say which failed"
        raise CannotTell(NOT_RUNNABLE, message)
    return Trial(
        script,
        _shell(step),
        bad,
        good,
        folder=(step.folder or "").strip("/").removeprefix("./"),
        environment={name: text for name, text in environment.items() if "${{" not in text},
        brought=brought,
        refusals=_refusals(script, step.shell),
    )


def _step(routes: Sequence[Route]) -> tuple[StepSeen, dict[str, str]]:
    """The one step that the ways lead to, and the environment that the workflow gives it."""
    steps = {(route.steps[-1].path, route.steps[-1].line): route for route in routes if route.steps}
    if len(steps) != 1 or not all(route.steps for route in routes):
        raise CannotTell(NOT_RUNNABLE, "the declaration does not name one step, so it is not known what to run")
    (route,) = steps.values()
    step = route.steps[-1]
    if step.run is None:
        raise CannotTell(NOT_RUNNABLE, f"the step `{step.label[:60]}` runs an action, which only a workflow can")
    if len(route.steps) > 1:
        raise CannotTell(NOT_RUNNABLE, f"the step `{step.label[:60]}` is in an action, whose inputs only a run knows")
    return step, {**route.jobs[-1].env, **step.env}


def _shell(step: StepSeen) -> tuple[str, ...]:
    if step.shell in _SHELLS:
        return _SHELLS[step.shell]
    words = shlex.split(step.shell or "")
    if len(words) > 1 and words[-1] == "{0}" and words[0] in _PROGRAMS and "{0}" not in words[:-1]:
        return tuple(words[:-1])
    raise CannotTell(NOT_RUNNABLE, f"`shell: {(step.shell or '')[:60]}` is one that loopcheck does not start")


def _refusals(script: str, shell: str | None) -> tuple[int, ...]:
    """The exit codes by which a script says no, where it does nothing but run a program that is known."""
    work = [command for command in _commands(script, shell) if weight(command.words) is not Weight.NONE]
    heads = {tuple(unwrapped([word.text for word in command.words]))[:1] for command in work}
    return (_TESTS_FAILED,) if heads and heads <= {("pytest",), ("py.test",)} else ()


def alone(step: StepSeen) -> bool:
    """Whether the script of a step holds one command whose failure could be that of the step."""
    if step.run is None:
        return True
    commands = _commands(step.run.text, step.shell)
    return sum(weight(one.words) is not Weight.NONE or prepares(one.words) for one in commands) == 1


def _commands(script: str, shell: str | None) -> list[Executed]:
    """What a script executes; nothing where it cannot be read."""
    try:
        return executed(script, shell)
    except ShellError:
        return []
