"""The words of `workflow-run`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from loopcheck.checker import ClaimKind, Expectation, Manifest, Observation, Reason, Rung, Unseen
from loopcheck.quantities import Duration
from loopcheck_checks.systems import github_actions

_WITHIN = timedelta(days=30)


class WorkflowRunExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of a workflow's runs."""

    workflow: Annotated[
        str, Meta(description="Its path, file name or name.", examples=[".github/workflows/restore-drill.yml"])
    ]
    within: Annotated[
        Duration | None, Meta(description="How long ago the last run may have begun; 30 days if not given.")
    ] = None
    event: Annotated[
        str | list[str] | None, Meta(description="What started it: `schedule`, `workflow_dispatch`, …")
    ] = None
    branch: Annotated[str | None, Meta(description="Where it ran, if not on the default branch.")] = None
    job: Annotated[str | None, Meta(description="A job that must have succeeded, by the name that GitHub shows.")] = (
        None
    )
    minimum_runs: Annotated[int, Meta(description="How many runs must have succeeded in that time.", ge=1, le=100)] = 1

    ALSO_CALLED = {"name": "workflow", "path": "workflow", "max-age": "within", "on": "event", "runs": "minimum-runs"}

    def __post_init__(self) -> None:
        """Refuse what names nothing.

        Raises:
            ValueError: with a sentence for the author.
        """
        if not self.workflow.strip():
            raise ValueError("`workflow` is empty: name its file")

    @property
    def events(self) -> tuple[str, ...]:
        """`event` as a list."""
        return tuple([self.event] if isinstance(self.event, str) else self.event or [])

    @property
    def window(self) -> timedelta:
        """`within`, or its default."""
        return self.within.delta if self.within is not None else _WITHIN


class SeenJob(msgspec.Struct, frozen=True):
    """A job that has the declared name, or a matrix of it."""

    name: str
    conclusion: str


class SeenWorkflow(msgspec.Struct, frozen=True):
    """A workflow that fits the declaration."""

    name: str
    path: str
    state: str
    url: str


class WorkflowRunObservation(Observation, frozen=True, kw_only=True):
    """What was seen of a workflow."""

    now: datetime
    source: str
    """The list of workflows, for the evidence."""
    branch: str
    fitting: tuple[SeenWorkflow, ...]
    nearest: str | None = None
    """The path of one that the author may have meant."""
    file: str | None = None
    """Evidence of its file in the repository; `None` where there is none at this commit."""
    triggers: tuple[str, ...] | Unseen = ()
    """The events in its file that can start it."""
    runs: tuple[github_actions.SeenRun, ...] | Unseen = ()
    """Completed runs that fit, the last one first."""
    complete: bool = False
    """Whether these are all of the window."""
    jobs: tuple[SeenJob, ...] | Unseen = ()
    """Jobs of the last run that have the declared name."""


IS_KNOWN = ClaimKind("is-known", Rung.EXISTS, "GitHub knows the workflow.")
IN_REPOSITORY = ClaimKind("in-repository", Rung.EXISTS, "Its file is in the repository.")
SWITCHED_ON = ClaimKind("switched-on", Rung.EXISTS, "The workflow is not disabled.")
RAN_LATELY = ClaimKind("ran-lately", Rung.ACTIVE, "A run of it was completed on the branch in the time declared.")
LAST_SUCCEEDED = ClaimKind("last-succeeded", Rung.ACTIVE, "The last completed run succeeded.")
JOB_SUCCEEDED = ClaimKind("job-succeeded", Rung.ACTIVE, "The declared job of that run succeeded, and was not skipped.")
OFTEN_ENOUGH = ClaimKind("often-enough", Rung.ACTIVE, "As many runs as declared succeeded in that time.")
STILL_STARTED = ClaimKind("still-started", Rung.ACTIVE, "Its file still has the event that starts it.")

NO_WORKFLOW = Reason(
    "no-workflow", "GitHub knows no such workflow in this repository.", "Correct the name, or add the workflow."
)
NO_WORKFLOW_FILE = Reason(
    "no-workflow-file", "The workflow's file is not in the repository at this commit.", "Bring the file back."
)
SWITCHED_OFF = Reason("switched-off", "The workflow is disabled.", "Enable it on its page; look why it was disabled.")
NEVER_LATELY = Reason(
    "never-lately", "No run was completed in the time declared.", "Run it, and look why its schedule does not."
)
LAST_FAILED = Reason("last-failed", "The last completed run failed.", "Open the run and mend what failed.")
LAST_UNDONE = Reason(
    "last-undone",
    "The last completed run did not do its work: it was cancelled, skipped or left without a result.",
    "Run it again, and look why it was not carried through.",
)
NO_JOB = Reason("no-job", "The last run has no job of that name.", "Correct the name, or bring the job back.")
JOB_FAILED = Reason("job-failed", "The job of that name failed.", "Open the run and mend what failed.")
JOB_SKIPPED = Reason(
    "job-skipped", "The job of that name did not do its work.", "Look at its `if:`, and at the jobs that it needs."
)
TOO_SELDOM = Reason("too-seldom", "Fewer runs succeeded than were declared.", "Run it as often as was promised.")
NOT_STARTED = Reason(
    "not-started", "The file no longer has the event that starts the workflow.", "Bring the event back under `on:`."
)

MANIFEST = Manifest(
    kind="workflow-run",
    summary="A workflow, such as a drill or a test of a backup, has run lately and succeeded.",
    claims=(
        IS_KNOWN,
        IN_REPOSITORY,
        SWITCHED_ON,
        RAN_LATELY,
        LAST_SUCCEEDED,
        JOB_SUCCEEDED,
        OFTEN_ENOUGH,
        STILL_STARTED,
    ),
    reasons=(
        NO_WORKFLOW,
        NO_WORKFLOW_FILE,
        SWITCHED_OFF,
        NEVER_LATELY,
        LAST_FAILED,
        LAST_UNDONE,
        NO_JOB,
        JOB_FAILED,
        JOB_SKIPPED,
        TOO_SELDOM,
        NOT_STARTED,
    ),
    systems=("github",),
)
