"""Whether a failure of a step, or of a command in it, makes its job fail. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from loopcheck.checker import Outcome, Reason
from loopcheck_checks.ci_check.commands import Match, Wanted, Weight, match, softened, wanted, weight
from loopcheck_checks.ci_check.contexts import boolean, labels, with_env
from loopcheck_checks.ci_check.evaluation import Scope
from loopcheck_checks.ci_check.findings import Finding, best, worst
from loopcheck_checks.ci_check.manifest import (
    CONDITION_UNKNOWN,
    CONTINUES_ON_ERROR,
    ENDS_BEFORE,
    EXIT_SWALLOWED,
    MAY_BE_SOFT,
    PARTLY_SOFT,
    SOFT_OPTION,
)
from loopcheck_checks.ci_check.seen import JobSeen, StepSeen, Written
from loopcheck_checks.ci_check.shell import Executed, Fate, Reach
from loopcheck_checks.ci_check.shell_words import ShellError
from loopcheck_checks.ci_check.shells import executed, is_windows, line_of


def of_key(soft: Written | None, scope: Scope, path: str, what: str) -> Finding | None:
    """What `continue-on-error` says against a job or step, if anything."""
    if soft is None:
        return None
    answer = boolean(soft.text, scope)
    if answer is False:
        return None
    shown = " ".join(soft.text.split())[:80]
    if answer:
        message = f"{what} may fail: `continue-on-error: {shown}`"
        return Finding(Outcome.FAILS, message, path, soft.line, CONTINUES_ON_ERROR)
    return Finding(Outcome.UNKNOWN, f"{what} may fail where `{shown}` holds", path, soft.line, MAY_BE_SOFT)


def of_step(step: StepSeen, beside: Iterable[StepSeen], scope: Scope) -> Finding | None:
    """What `continue-on-error` says against a step; a later one of those beside it may still look at how it went."""
    finding = of_key(step.soft, with_env(scope, step.env), step.path, f"the step `{step.label[:60]}`")
    if finding is None and step.unwatched:
        message = f"the step `{step.label[:60]}` runs in the background, and no step waits for it"
        return Finding(Outcome.UNKNOWN, message, step.path, step.line, MAY_BE_SOFT)
    if finding is None or finding.outcome is not Outcome.FAILS or not step.id:
        return finding
    mentions = (f"steps.{step.id}.outcome", f"steps.{step.id}.conclusion", f"steps['{step.id}']")
    for other in beside:
        texts = (
            other.condition.text if other.condition else "",
            other.run.text if other.run else "",
            *other.env.values(),
        )
        if any(mention in text for text in texts for mention in mentions):
            message = f"{finding.message}, and the step `{other.label[:60]}` looks at how it went"
            return Finding(Outcome.UNKNOWN, message, step.path, other.line, MAY_BE_SOFT)
    return finding


def of_command(step: StepSeen, job: JobSeen, scope: Scope, declared: str) -> tuple[Finding | None, Finding | None]:
    """What the script says against one of its commands: against its being reached, and against its counting.

    A command that is there more than once is judged where it counts most.
    """
    target = wanted(declared)
    found = [
        (_reach(command, step), _fate(command, step, target))
        for command in _commands(step, job, scope)
        if match(command.words, target, reads_script=command.reads_script) is Match.YES
    ]
    if not found:  # the shell of this combination reads the script in another way
        return None, _unreadable(step)
    fine = Finding(Outcome.HOLDS, "", step.path, step.line)
    reach, fate = min(found, key=lambda pair: worst([f or fine for f in pair]).outcome)
    return reach, fate


_SILENT = frozenset(["echo", "printf", "true", ":", "cd", "set", "export"])


def of_script(step: StepSeen, job: JobSeen, scope: Scope) -> Finding | None:
    """What the script of a step says against the step as a whole, if anything."""
    if step.run is None:
        return None
    commands = _commands(step, job, scope)
    if not commands:
        return _unreadable(step)
    if (silent := of_silence(step, job, scope)) is not None:
        return silent
    work = [command for command in commands if weight(command.words) is Weight.FULL]
    work = work or [command for command in commands if command.words[0].text not in _SILENT]
    fine = Finding(Outcome.HOLDS, "", step.path, step.line)
    results = [worst([_reach(command, step) or fine, _fate(command, step) or fine]) for command in work]
    if best(results).outcome is Outcome.FAILS:
        return results[0]
    bad = worst(results)
    if bad.outcome is Outcome.FAILS:
        return Finding(Outcome.UNKNOWN, f"a part of the step may fail: {bad.message}", step.path, bad.line, PARTLY_SOFT)
    return (
        next((r for r in results if r.reason is MAY_BE_SOFT), None)
        if best(results).outcome is Outcome.UNKNOWN
        else None
    )


def of_silence(step: StepSeen, job: JobSeen, scope: Scope) -> Finding | None:
    """What is said against a step that only prints, if it is one."""
    commands = _commands(step, job, scope)
    if step.run is None or not commands or any(command.words[0].text not in _SILENT for command in commands):
        return None
    message = f"the step `{step.label[:60]}` only prints"
    return Finding(Outcome.FAILS, message, step.path, step.run.line, EXIT_SWALLOWED)


def weight_of(step: StepSeen, job: JobSeen, scope: Scope) -> Weight:
    """What a step does that could fail for a reason worth guarding against: what its weightiest command does."""
    if step.run is None:
        return Weight.FULL
    found = {weight(command.words) for command in _commands(step, job, scope)}
    return next((w for w in (Weight.FULL, Weight.GUARD, Weight.SOME) if w in found), Weight.NONE)


def _unreadable(step: StepSeen) -> Finding:
    line = step.run.line if step.run else step.line
    return Finding(
        Outcome.UNKNOWN, "the script cannot be read for the shell that runs it", step.path, line, MAY_BE_SOFT
    )


def _commands(step: StepSeen, job: JobSeen, scope: Scope) -> tuple[Executed, ...]:
    """What the script executes in the shell that runs it; nothing where that cannot be read."""
    if step.run is None:
        return ()
    shell: str | None = step.shell
    if shell is not None and "${{" in shell:
        return ()
    names = labels(job, scope) if job.labels else ("",)
    unsure = shell is None and names is None
    if shell is None and any(is_windows(name) for name in names or ()):
        shell = "pwsh"
    found = _executed(step.run.text, shell)
    if unsure and found:  # it may be PowerShell, which goes on after a command that fails, except after the last
        return tuple(_unsure(command, last=command is found[-1]) for command in found)
    return found


def _unsure(command: Executed, *, last: bool) -> Executed:
    if last or command.ending.fate is not Fate.FAILS:
        return command
    from msgspec.structs import replace

    from loopcheck_checks.ci_check.shell import Ending

    return replace(command, ending=Ending(Fate.UNKNOWN, "the shell of a machine that only the run knows"))


@lru_cache(maxsize=4096)
def _executed(script: str, shell: str | None) -> tuple[Executed, ...]:
    try:
        return tuple(executed(script, shell))
    except ShellError:
        return ()


def _reach(command: Executed, step: StepSeen) -> Finding | None:
    if command.reach is Reach.ALWAYS:
        return None
    shown = command.text[:60]
    line = line_of(step, command)
    if command.reach is Reach.NEVER:
        return Finding(Outcome.FAILS, f"`{shown}` is never reached: {command.why}", step.path, line, ENDS_BEFORE)
    return Finding(Outcome.UNKNOWN, f"`{shown}` may not be reached: {command.why}", step.path, line, CONDITION_UNKNOWN)


def _fate(command: Executed, step: StepSeen, declared: Wanted | None = None) -> Finding | None:
    shown = command.text[:60]
    line = line_of(step, command)
    option = softened(command.words, declared)
    reason: Reason
    if option is not None:
        return Finding(Outcome.FAILS, f"`{shown}` never fails: `{option}`", step.path, line, SOFT_OPTION)
    if command.ending.fate is Fate.FAILS:
        return None
    if command.ending.fate is Fate.SWALLOWED:
        outcome, reason, how = Outcome.FAILS, EXIT_SWALLOWED, "the step goes on when it fails"
    else:
        outcome, reason, how = Outcome.UNKNOWN, MAY_BE_SOFT, "the step may go on when it fails"
    return Finding(outcome, f"`{shown}`: {how} ({command.ending.why})", step.path, line, reason)
