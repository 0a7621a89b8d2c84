"""What a run is asked for, and what comes of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from loopcheck.effects.apply import Applied, Done
from loopcheck.effects.model import Plan
from loopcheck.errors import ExitCode
from loopcheck.model import Report


class Asked(msgspec.Struct, frozen=True):
    """How a run was called."""

    checkout: Path
    """A folder in the checked-out repository."""
    environment: Mapping[str, str]
    """Where credentials, endpoints and the event come from."""
    seconds: float | None = None
    """How long it may look; `None` for as long as it takes."""
    dry_run: bool = False
    """Whether nothing is written."""
    trusted: bool = False
    """Whether the checkout may belong to somebody else; see `loopcheck.world.git.Git`."""
    with_issues: bool = True
    """Whether GitHub's issues are read and written to; otherwise only what files declare is looked at."""
    blocks: bool = True
    """Whether a status is red for what could not be seen."""
    now: datetime | None = None
    """The time of the run; the clock's if not given."""
    sleep: Callable[[float], None] = time.sleep
    """Waits so many seconds."""
    clock: Callable[[], float] = time.time
    """Seconds since the epoch."""

    @property
    def run(self) -> str:
        """The workflow run, `123/1`; empty outside GitHub."""
        number, attempt = (self.environment.get(f"GITHUB_RUN_{name}", "") for name in ("ID", "ATTEMPT"))
        return f"{number}/{attempt or 1}" if number.isdecimal() and (attempt or "1").isdecimal() else ""


class Outcome(msgspec.Struct, frozen=True):
    """What came of a run."""

    report: Report | None = None
    """`None` where the event asks nothing of loopcheck."""
    plan: Plan = Plan()
    applied: tuple[Applied, ...] = ()
    """Empty in a dry run."""
    summary: str = ""
    """Markdown for the job's summary, before the report."""
    notes: tuple[str, ...] = ()
    """What the operator should know."""
    spent: str = ""
    """What was asked of outside systems: `31 requests, 412 points, 2 Datadog calls`."""
    status: str = ""
    """How the status of a pull request ended; empty where there is none."""
    exit_code: ExitCode | None = None
    """Where it is not what the report comes to."""

    @property
    def written(self) -> int:
        """How many effects were written."""
        return sum(one.done is Done.WRITTEN for one in self.applied)

    @property
    def left(self) -> tuple[Applied, ...]:
        """The effects that could not be written, or are not known to have been."""
        return tuple(one for one in self.applied if one.done is Done.LEFT)
