"""Which shell runs a script, how the runner starts it, and what the script executes in it."""

from __future__ import annotations

import msgspec

from loopcheck_checks.ci_check.seen import StepSeen
from loopcheck_checks.ci_check.shell import Ending, Executed, Fate, Options, read
from loopcheck_checks.ci_check.shell_words import ShellError, Word

_POWER = frozenset(["pwsh", "powershell", "cmd"])
_SPECIAL = frozenset("|&;<>`(){}$%\"'^@#")


def is_windows(label: str) -> bool:
    """Whether a label of `runs-on` names a Windows machine, as far as labels say so."""
    words = label.lower().replace("_", "-").split("-")
    return any(word in ("windows", "win", "win32", "win64") for word in words)


def options(shell: str | None) -> Options | None:
    """How the runner starts a shell, or `None` where it is none of the `sh` family.

    Args:
        shell: what `shell:` says; `None` where nobody said anything, on a machine that is not Windows.
    """
    if shell is None:
        return Options(errexit=True, pipefail=False)
    words = shell.split()
    program = words[0].rpartition("/")[2] if words else ""
    if program not in ("bash", "sh", "dash", "zsh"):
        return None
    if len(words) == 1:
        return Options(errexit=True, pipefail=program == "bash")
    flags = [word for word in words[1:] if word.startswith("-") and not word.startswith("--")]
    return Options(errexit=any("e" in flag for flag in flags), pipefail="pipefail" in words)


def executed(script: str, shell: str | None) -> list[Executed]:
    """Every simple command of a script.

    Raises:
        ShellError: it cannot be read, or its shell is one that loopcheck does not know.
    """
    started = options(shell)
    if started is not None:
        return read(script, started)
    if shell is not None and shell.split()[:1] and shell.split()[0] in _POWER:
        return _lines(script)
    raise ShellError(f"loopcheck does not read scripts for `{(shell or '')[:40]}`")


def line_of(step: StepSeen, command: Executed) -> int:
    """The line of the file on which a command of a step's script stands."""
    if step.run is None:
        return step.line
    block = "\n" in step.run.text  # a block begins below its `|`
    return step.run.line + command.line + (1 if block else 0)


def _lines(script: str) -> list[Executed]:
    """A script for PowerShell or cmd: only plain lines are understood, and only the last one's status is sure."""
    found: list[Executed] = []
    for number, line in enumerate(script.splitlines()):
        if not line.strip() or line.strip().startswith("#"):
            continue
        plain = not (_SPECIAL & set(line))
        words = tuple(Word(text, number, dynamic=not plain) for text in line.split())
        found.append(Executed(words, number, Ending(Fate.UNKNOWN, "the rules of this shell")))
        if not plain:
            raise ShellError("loopcheck reads only plain lines of PowerShell and cmd")
    if found:
        found[-1] = msgspec.structs.replace(found[-1], ending=Ending())
    return found
