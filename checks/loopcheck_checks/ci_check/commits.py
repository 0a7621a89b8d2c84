"""What is known of a check on other commits than the one looked at, as plain data: how it ended there, and as what."""

from __future__ import annotations

from datetime import datetime

import msgspec

from loopcheck.checker import Unseen
from loopcheck.model import Proof
from loopcheck_checks.ci_check.seen import Route


class StepEnded(msgspec.Struct, frozen=True):
    """A step of a job that ran."""

    name: str
    """As GitHub shows it."""
    conclusion: str | None = None


class JobEnded(msgspec.Struct, frozen=True):
    """A job that ran."""

    name: str
    """Of its check."""
    conclusion: str | None = None
    """GitHub's word; `None` while it runs."""
    steps: tuple[StepEnded, ...] = ()


class RunThere(msgspec.Struct, frozen=True):
    """A run of a workflow on a commit, as its last attempt left it."""

    workflow: str
    """The path of its file."""
    page: str
    event: str
    at: datetime
    jobs: tuple[JobEnded, ...] | Unseen = ()
    """Those that may be the check."""


class Form(msgspec.Struct, frozen=True):
    """A way to the check as it is written now, and as it was on the commit."""

    now: Route
    then: Route | None = None
    """`None` where the workflows of the commit have no such check."""
    blob: str | None = None
    """The id of the content of the workflow that `then` is in."""


class CommitSeen(msgspec.Struct, frozen=True, tag="commit"):
    """A check on a commit."""

    commit: str
    """Its full id."""
    forms: tuple[Form, ...] | Unseen
    """Of each way to the check; unseen where the clone does not hold the commit."""
    runs: tuple[RunThere, ...] | Unseen = ()
    """What GitHub has kept of it."""


class ProofSeen(msgspec.Struct, frozen=True, tag="proof"):
    """All that speaks for a check's failing on a bad commit and passing on a good one."""

    bad: CommitSeen | Unseen
    good: CommitSeen | Unseen
    good_declared: bool = False
    """Whether somebody named the good commit; else it is the one that is looked at."""
    tried: Proof | Unseen | None = None
    """What `loopcheck prove` found; `None` where the ledger has nothing of this command on this commit."""
