"""The words of `test`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from loopcheck.checker import ClaimKind, Expectation, Manifest, Observation, Reason, Rung, Unseen
from loopcheck.paths import RepoPath
from loopcheck.quantities import Duration
from loopcheck_checks.systems import github_actions
from loopcheck_checks.test.junit import Case
from loopcheck_checks.test.written import Standing

_WITHIN = timedelta(days=30)


class NamedTestExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of a test."""

    name: Annotated[
        str,
        Meta(
            description="The test, as the report has it: a node id of pytest, `class.name` or `class#name`.",
            examples=["tests/test_failover.py::test_replica_takes_over"],
        ),
    ]
    workflow: Annotated[
        str, Meta(description="The workflow that runs it: path, file name or name.", examples=["ci.yml"])
    ]
    artifact: Annotated[
        str, Meta(description="The name of the artifact that holds the report, or a pattern: `junit-*`.")
    ] = "*"
    within: Annotated[
        Duration | None, Meta(description="How long ago the run may have begun; 30 days if not given.")
    ] = None
    branch: Annotated[str | None, Meta(description="Where it ran, if not on the default branch.")] = None
    path: Annotated[RepoPath | None, Meta(description="The file in which the test must stand.")] = None

    ALSO_CALLED = {"test": "name", "id": "name", "file": "path", "report": "artifact", "max-age": "within"}

    def __post_init__(self) -> None:
        """Refuse what names nothing.

        Raises:
            ValueError: with a sentence for the author.
        """
        for key, text in (("name", self.name), ("workflow", self.workflow), ("artifact", self.artifact)):
            if not text.strip():
                raise ValueError(f"`{key}` is empty")

    @property
    def window(self) -> timedelta:
        """`within`, or its default."""
        return self.within.delta if self.within is not None else _WITHIN


class InSource(msgspec.Struct, frozen=True):
    """How the test stands in its file."""

    path: str
    declared: bool
    """Whether the author named the file; else it is from the test's name."""
    source: str | None = None
    """Evidence; `None` where there is no such file."""
    standing: Standing | Unseen = Standing.ABSENT


class Report(msgspec.Struct, frozen=True, tag="report"):
    """What the artifacts of a run say of the test."""

    artifacts: tuple[str, ...]
    """Those that fit and were read."""
    total: int
    """Tests in all of them."""
    cases: tuple[Case, ...]
    """Those that fit, the worst first."""
    nearest: str | None = None
    trouble: Unseen | None = None
    """What could not be read."""


class NamedTestObservation(Observation, frozen=True, kw_only=True):
    """What was seen of a test."""

    now: datetime
    source: str
    branch: str
    workflows: tuple[str, ...]
    """The paths of those that fit."""
    run: github_actions.SeenRun | None = None
    """The last completed run of the window that was carried through."""
    complete: bool = False
    """Whether all runs of the window were seen."""
    report: Report | Unseen | None = None
    in_source: InSource | None = None


REPORTED = ClaimKind("reported", Rung.EXISTS, "The test is in the report of the last run.")
WRITTEN = ClaimKind("written", Rung.EXISTS, "The test stands in its file, and is not switched off there.")
RAN_LATELY = ClaimKind("ran-lately", Rung.ACTIVE, "The workflow ran to its end on the branch in the time declared.")
PASSED = ClaimKind("passed", Rung.ACTIVE, "The test passed in that run, each time that it ran.")

NO_WORKFLOW = Reason(
    "no-workflow", "GitHub knows no such workflow in this repository.", "Correct the name, or add the workflow."
)
NEVER_LATELY = Reason(
    "never-lately", "No run was carried through in the time declared.", "Run the workflow, and look why it did not run."
)
NO_REPORT = Reason(
    "no-report",
    "The run left no report of its tests that could be read.",
    "Upload the JUnit XML with actions/upload-artifact, and name the artifact in the declaration.",
)
EXPIRED = Reason(
    "expired", "GitHub has deleted the artifact with the report.", "Run the workflow again, or keep artifacts longer."
)
NOT_REPORTED = Reason(
    "not-reported",
    "The report of the run does not have the test.",
    "Correct the name, or look why the test is not run any more.",
)
TEST_FAILED = Reason("test-failed", "The test failed in the last run.", "Open the run and mend what failed.")
TEST_SKIPPED = Reason(
    "test-skipped", "The test was skipped in the last run, or is expected to fail.", "Let it run, and pass."
)
TEST_FLAKY = Reason(
    "test-flaky", "The test failed, and passed when it was tried again.", "Make the test reliable: it proves little so."
)
NO_TEST_FILE = Reason(
    "no-test-file",
    "The test's file is not in the repository at this commit.",
    "Correct `path`, or bring the file back.",
)
NOT_WRITTEN = Reason("not-written", "The file does not define the test.", "Correct the name, or bring the test back.")
COMMENTED_OUT = Reason("commented-out", "Only a comment or a string names the test.", "Bring the test back.")
MARKED_OFF = Reason(
    "marked-off", "The test is marked to be skipped or to fail.", "Take the mark away, and let the test pass."
)

MANIFEST = Manifest(
    kind="test",
    summary="A test is there, and passed in a recent run.",
    claims=(REPORTED, WRITTEN, RAN_LATELY, PASSED),
    reasons=(
        NO_WORKFLOW,
        NEVER_LATELY,
        NO_REPORT,
        EXPIRED,
        NOT_REPORTED,
        TEST_FAILED,
        TEST_SKIPPED,
        TEST_FLAKY,
        NO_TEST_FILE,
        NOT_WRITTEN,
        COMMENTED_OUT,
        MARKED_OFF,
    ),
    systems=("github",),
)
