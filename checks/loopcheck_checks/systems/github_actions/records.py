"""What is read of GitHub's answers about Actions. Anything else in them is left alone."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Workflow(msgspec.Struct, frozen=True):
    """A workflow that GitHub knows."""

    id: int
    name: str
    """Not unique: two files may have the same."""
    path: str
    state: str
    """`active`, `deleted`, `disabled_manually`, `disabled_inactivity`, `disabled_fork`."""


class _Repository(msgspec.Struct, frozen=True):
    full_name: str


class Run(msgspec.Struct, frozen=True):
    """A run of a workflow, as its last attempt left it."""

    id: int
    event: str
    status: str
    workflow_id: int
    head_sha: str
    run_number: int
    created_at: datetime
    conclusion: str | None = None
    """`None` until it is completed."""
    run_started_at: datetime | None = None
    """When the last attempt began."""
    run_attempt: int = 1
    path: str = ""
    """The workflow's file; GitHub may put `@` and a ref after it."""
    head_branch: str | None = None
    head_repository: _Repository | None = None
    """Where the commit is: another repository for a fork, whose branches may have the same names."""

    @property
    def started(self) -> datetime:
        """When the last attempt began."""
        return self.run_started_at or self.created_at


class Step(msgspec.Struct, frozen=True):
    """A step of a job."""

    name: str
    """As it is shown: its `name:`, or `Run` and what it runs. The runner's own are among them: `Set up job`."""
    status: str
    conclusion: str | None = None


class Job(msgspec.Struct, frozen=True):
    """A job of the last attempt of a run."""

    name: str
    """As it is shown: with the values of its matrix, `test (3.12)`."""
    status: str
    conclusion: str | None = None
    steps: tuple[Step, ...] = ()


class Artifact(msgspec.Struct, frozen=True):
    """A zip file that a run left behind."""

    id: int
    name: str
    size_in_bytes: int
    expired: bool
    created_at: datetime | None = None
    digest: str | None = None
    """`sha256:…` of the zip file, for those of upload-artifact v4."""


class SeenRun(msgspec.Struct, frozen=True):
    """A completed run, for an observation."""

    id: int
    url: str
    event: str
    conclusion: str
    started: datetime
    sha: str
    attempt: int = 1
