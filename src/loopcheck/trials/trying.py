"""A trial: the check on the bad commit, then on the good one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from loopcheck.checker import Trial
from loopcheck.errors import UsageError
from loopcheck.trials.environment import is_secret, scrubbed
from loopcheck.trials.process import Ran, run
from loopcheck.trials.work_trees import bring, clean, work_tree
from loopcheck.world.git import Git

_PR_SET_DUMPABLE = 4


class Outcome(msgspec.Struct, frozen=True):
    """What a trial came to."""

    bad: Ran
    good: Ran


def attempt(trial: Trial, git: Git, environment: Mapping[str, str], *, seconds: float) -> Outcome:
    """Run a check on both commits, each in a work tree of its own.

    Args:
        trial: what to run.
        git: the repository.
        environment: of whoever asks; credentials are left out.
        seconds: how long each of the two may take.

    Raises:
        UsageError: a work tree, or the program, cannot be had.
    """
    closed()
    clean(git)
    given = scrubbed(environment) | {name: text for name, text in trial.environment.items() if not is_secret(name)}
    return Outcome(*(_once(trial, commit, git, given, seconds) for commit in (trial.bad, trial.good)))


def _once(trial: Trial, commit: str, git: Git, environment: Mapping[str, str], seconds: float) -> Ran:
    with work_tree(git, commit) as place:
        if commit == trial.bad:
            bring(place, trial.good, trial.brought)
        folder = place.joinpath(trial.folder).resolve()
        if not folder.is_relative_to(place.resolve()) or not folder.is_dir():
            raise UsageError(f"{commit[:12]} has no folder `{trial.folder[:100]}`")
        script = place.parent / "script"
        script.write_text(trial.script, "utf-8")
        return run([*trial.shell, str(script)], folder, environment, seconds=seconds)


def closed() -> None:
    """Keep what this process was given, tokens among it, from processes of the same user, as far as Linux can."""
    if os.name == "posix" and Path("/proc/self").exists():
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
