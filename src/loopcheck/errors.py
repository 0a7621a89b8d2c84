"""One class for each way in which loopcheck itself can stop, each with its exit code and a next step.

Trouble while looking at an artifact is not here: that is `loopcheck.checker.CannotTell`, and ends in a
verdict, not in an exit.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What `loopcheck verify` returns to the shell. The first that applies, in the order 2, 1, 4, 3, 0."""

    VERIFIED = 0
    """Everything that was asked for holds."""
    FAILED = 1
    """Something is proven absent, or not in force."""
    USAGE = 2
    """The command, the configuration or a declaration cannot be read."""
    INCONCLUSIVE = 3
    """Nothing failed, something could not be seen."""
    PARTIAL = 4
    """Stopped early: not everything was looked at."""


class LoopcheckError(Exception):
    """Something that ends the run. `str()` is a sentence for people; `hint` is their next step."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(LoopcheckError):
    """The command line asks for something that cannot be done."""


class NotARepositoryError(LoopcheckError):
    """There is no git repository to read, or git refuses to read it."""


class ConfigError(LoopcheckError):
    """`.github/loopcheck.yml` cannot be read."""
