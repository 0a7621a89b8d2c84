"""The words of `ci-check`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from loopcheck.checker import ClaimKind, Expectation, Manifest, Observation, Reason, Rung, Unseen
from loopcheck.paths import RepoGlob
from loopcheck.quantities import Duration
from loopcheck_checks.ci_check.commands import wanted
from loopcheck_checks.ci_check.commits import ProofSeen
from loopcheck_checks.ci_check.live import Live
from loopcheck_checks.ci_check.seen import PathsSeen, Possible, Route, Unread
from loopcheck_checks.systems.github_branches import SECRETS, SYSTEM

_COMMIT = r"^[A-Za-z0-9_][A-Za-z0-9_./+-]{0,200}$"
"""An id or the name of a tag. Nothing relative, which is another commit tomorrow."""


class CiCheckExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of a check. At least one of the first five says which one it is."""

    workflow: Annotated[
        str | None, Meta(description="The workflow: its path, file name or name.", examples=["ci.yml"])
    ] = None
    job: Annotated[str | None, Meta(description="The job: its id or name.", examples=["test"])] = None
    step: Annotated[str | None, Meta(description="The step: its id or name.", examples=["Run the tests"])] = None
    runs: Annotated[
        str | tuple[str, ...] | None,
        Meta(
            description="A command that is executed, or a list of them: its words, in this order; or a pattern of RE2"
            " between slashes.",
            examples=["pytest tests/replication"],
        ),
    ] = None
    uses: Annotated[
        str | None,
        Meta(description="The action that a step uses, without its version.", examples=["zizmorcore/zizmor-action"]),
    ] = None
    on: Annotated[
        str | tuple[str, ...],
        Meta(
            description="The events on which it must run, all of them. Where none is declared: on pull requests"
            " (`pull_request`, `pull_request_target` or `merge_group`).",
            examples=["[pull_request, merge_group]"],
        ),
    ] = ()
    branches: Annotated[
        str | tuple[str, ...], Meta(description="The branches that it must guard; by default the default branch.")
    ] = ()
    paths: Annotated[
        str | tuple[str, ...],
        Meta(description="Files whose changes it must check, as paths or patterns.", examples=["src/**"]),
    ] = ()
    gate: Annotated[
        str | None,
        Meta(
            description="The job that waits for this one and is required in its place: its id or name.",
            examples=["all-checks"],
        ),
    ] = None
    required: Annotated[
        bool, Meta(description="Whether it must be a required check of the branch. `false` where it may be advisory.")
    ] = True
    ran_within: Annotated[
        Duration | None,
        Meta(
            description="How long ago it may have passed last, on the branch or before a merge; `30d` by default.",
            examples=["90d"],
        ),
    ] = None
    fails_on: Annotated[
        Annotated[str, Meta(pattern=_COMMIT)] | None,
        Meta(
            description="A commit, by its id or a tag, on which it must fail, for `require: proven`. By default the"
            " `caused-by` of the incident.",
            examples=["4f2a9c1"],
        ),
    ] = None
    passes_on: Annotated[
        Annotated[str, Meta(pattern=_COMMIT)] | None,
        Meta(description="A commit on which it must pass; by default the one that is looked at.", examples=["v1.4.2"]),
    ] = None
    command: Annotated[
        Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"\S")] | None,
        Meta(
            description="What `loopcheck prove` runs, for bash; by default the script of the step that was found.",
            examples=["pytest tests/replication"],
        ),
    ] = None
    check_files: Annotated[
        tuple[RepoGlob, ...],
        Meta(
            description="Files that are the check itself, such as tests: `loopcheck prove` puts them onto the bad"
            " commit as they are now.",
            examples=["[tests/**]"],
        ),
    ] = ()

    def __post_init__(self) -> None:
        """Refuse a declaration that names nothing, or a command that cannot be read."""
        if not (self.workflow or self.job or self.step or self.runs or self.uses):
            raise ValueError("name what must run: at least one of `workflow`, `job`, `step`, `runs`, `uses`")
        for command in self.commands:
            wanted(command)

    @property
    def commands(self) -> tuple[str, ...]:
        """`runs` as a list."""
        return listed(self.runs)

    @property
    def days(self) -> int:
        """`ran-within` in whole days, 30 where nothing was declared."""
        return max(1, self.ran_within.delta.days) if self.ran_within else 30


def listed(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """A text or a list of them, as a list."""
    return () if value is None else (value,) if isinstance(value, str) else value


class CiCheckObservation(Observation, frozen=True, kw_only=True):
    """What was seen of a check."""

    commit: str
    workflows: int
    """How many workflow files there are."""
    routes: tuple[Route, ...] = ()
    """Every way to what was declared, as far as it was found."""
    possible: tuple[Possible, ...] = ()
    """Places that may hold it and cannot be seen into."""
    unread: tuple[Unread, ...] = ()
    """Workflow files that cannot be read and may hold it."""
    missing: str | None = None
    """What of the declaration was not found: `workflow`, `job`, `step`, `command` …; `None` where all was."""
    nearest: str | None = None
    """What the author may have meant."""
    looked_in: str = ".github/workflows"
    """Where it was looked for."""
    default_branch: str | None = None
    repository: str | None = None
    """`owner/name`, where that is known."""
    paths: Mapping[str, PathsSeen] = {}
    """What each path filter of the events does to the repository's files, by workflow and event."""
    live: Live | Unseen | None = None
    """What GitHub says of it, or why it was not asked; `None` where there was nothing to ask about."""
    proof: ProofSeen | None = None
    """What speaks for its failing on a bad commit; `None` where nobody asks for that."""


IN_WORKFLOW = ClaimKind(
    "in-workflow", Rung.EXISTS, "The declared workflow, job, step or command is in a workflow file at this commit."
)
RUNS_ON_EVENTS = ClaimKind(
    "runs-on-events", Rung.EXISTS, "Its workflow runs on the events, branches and files that matter."
)
NOT_SKIPPED = ClaimKind(
    "not-skipped", Rung.ACTIVE, "Nothing keeps it from running: no condition, no needed job, no early end of a script."
)
NOT_SOFT = ClaimKind("not-soft", Rung.ACTIVE, "When it fails, its job fails.")
GATE_COUNTS = ClaimKind(
    "gate-counts", Rung.ACTIVE, "The gate fails when it fails, and does not pass when it is skipped."
)
REQUIRED = ClaimKind("required", Rung.ACTIVE, "The branch cannot be merged to without it.")
ENABLED = ClaimKind("enabled", Rung.ACTIVE, "Its workflow is not switched off; claimed where GitHub is asked.")
RAN_LATELY = ClaimKind(
    "ran-lately",
    Rung.ACTIVE,
    "It has run and passed lately, on the branch or before a merge to it; claimed where GitHub is asked.",
)
FAILS_ON_BAD = ClaimKind("fails-on-bad-commit", Rung.PROVEN, "It fails on the commit that was declared as bad.")
PASSES_ON_GOOD = ClaimKind(
    "passes-on-good-commit", Rung.PROVEN, "It passes on the good commit: the declared one, or the branch as it is now."
)

NO_WORKFLOW = Reason(
    "no-workflow", "No workflow file of this name is in .github/workflows.", "Add the workflow, or correct the name."
)
NO_JOB = Reason(
    "no-job", "Every workflow file was read, and none has this job.", "Add the job, or correct its id or name."
)
NO_STEP = Reason("no-step", "The job was read, and has no such step.", "Add the step, or correct its id or name.")
NOT_RUN = Reason(
    "not-run",
    "Every command that runs there can be seen, and the declared one is not among them.",
    "Run the command in a step, or correct `runs:` or `uses:`.",
)
NOT_LITERAL = Reason(
    "not-literal",
    "The command is not written in the workflow; something that runs there may run it.",
    "Declare the command that is written there, or the `step:` that runs it.",
)
NEVER_CALLED = Reason(
    "never-called",
    "It is in a reusable workflow, and no workflow of this repository calls it.",
    "Call it from a workflow that runs on the events that matter.",
)
WRONG_EVENT = Reason(
    "wrong-event",
    "Its workflow does not run on an event that matters.",
    "Add the event to `on:`, or declare the one that is meant with `on:`.",
)
WRONG_ACTIVITY = Reason(
    "wrong-activity",
    "The `types:` of the event leave out new commits.",
    "Remove `types:`, or add `opened`, `synchronize` and `reopened`.",
)
WRONG_BRANCH = Reason(
    "wrong-branch",
    "The branch filter of the event leaves out a branch that matters.",
    "Add the branch to the filter, or declare the branches that are meant with `branches:`.",
)
UNKNOWN_BRANCH = Reason(
    "unknown-branch",
    "The checkout does not say which branch is the default one, and the filter depends on it.",
    "Declare the branch: `branches: [main]`.",
)
PATHS_LEFT_OUT = Reason(
    "paths-left-out",
    "The path filter of the event leaves out files that matter.",
    "Widen the filter, or declare the files that the check must cover with `paths:`.",
)
PATH_FILTERED = Reason(
    "path-filtered",
    "The event has a path filter, and nobody declared which files matter.",
    "Declare the files whose changes it must check: `paths: [src/**]`.",
)
ONLY_PUSHES = Reason(
    "only-pushes",
    "It runs on pushes to every branch, so it checks the commits of pull requests from this repository only.",
    "Add `pull_request` to the workflow, or declare `on: [push]`.",
)
NEVER_TRUE = Reason(
    "never-true",
    "A condition on the way to it is false on these events, and what is skipped counts as passed.",
    "Remove the condition, or correct it.",
)
CONDITION_UNKNOWN = Reason(
    "condition-unknown",
    "Whether a condition on the way to it holds is known only when it runs.",
    "Remove the condition; or check by hand when it holds, and record that with a waiver.",
)
NEEDS_SKIPPED = Reason(
    "needs-skipped",
    "A job that it needs never runs, so it is skipped, which counts as passed.",
    "Remove the need, or let the needed job run.",
)
ENDS_BEFORE = Reason(
    "ends-before",
    "The script ends before it comes to the command.",
    "Move the command up, or remove what ends the script.",
)
CONTINUES_ON_ERROR = Reason(
    "continues-on-error", "`continue-on-error` lets the job pass when it fails.", "Remove `continue-on-error`."
)
EXIT_SWALLOWED = Reason(
    "exit-swallowed", "The script goes on when the command fails.", "Let the command's failure end the script."
)
SOFT_OPTION = Reason(
    "soft-option", "An option of the command keeps it from failing, or from doing its work.", "Remove the option."
)
MAY_BE_SOFT = Reason(
    "may-be-soft",
    "Whether its failure makes the job fail cannot be told from the file.",
    "Let the command stand on a line of its own; or check it by hand, and record that with a waiver.",
)
ELSEWHERE = Reason(
    "elsewhere",
    "What the job does is written in another repository, or in a workflow that cannot be read.",
    "Check it by hand, and record that with a waiver; or move the check into this repository.",
)
ACTION_UNSEEN = Reason(
    "action-unseen",
    "What a step does is in an action of this repository that is not there, or that cannot be read.",
    "Let the action's folder have an `action.yml` that can be read. Where another step fetches it, check it by hand,"
    " and record that with a waiver.",
)
PARTLY_SOFT = Reason(
    "partly-soft",
    "A part of the job can fail or be skipped without anyone noticing, and nobody declared which part is the check.",
    "Declare it with `step:` or `runs:`.",
)
NO_WORK = Reason("no-work", "Nothing in the job can make it fail.", "Add a step that does the work.")
NOT_IN_GATE = Reason("not-in-gate", "The gate does not wait for this job.", "Add the job to the gate's `needs:`.")
NO_GATE = Reason("no-gate", "The workflow has no such job to be the gate.", "Add the gate, or correct its id or name.")
GATE_SKIPPED = Reason(
    "gate-skipped",
    "When the job fails, the gate is skipped, which counts as passed.",
    "Give the gate `if: always()`, and let it fail unless every result is `success`.",
)
GATE_ACCEPTS = Reason(
    "gate-accepts",
    "The gate passes although the job failed or was skipped.",
    "Let the gate fail unless the result is `success`.",
)
GATE_UNKNOWN = Reason(
    "gate-unknown",
    "What the gate makes of the results cannot be told from the file.",
    "Use a form that the page of `ci-check` names; or check it by hand.",
)
NOT_REQUIRED = Reason(
    "not-required",
    "Neither the protection of the branch nor a ruleset that is enforced requires it.",
    "Add it to the required checks of the branch, under the name that the message says.",
)
LEG_NOT_REQUIRED = Reason(
    "leg-not-required",
    "Some combinations of its matrix are required, and others are not.",
    "Require each of them, or a gate that waits for all; or declare the one that is meant: `job: test (3.12)`.",
)
OTHER_APP = Reason(
    "other-app",
    "A check of this name is required from another app, which the workflow cannot report as.",
    "Choose GitHub Actions, or any source, for the required check.",
)
NOT_IN_QUEUE = Reason(
    "not-in-queue",
    "The branch has a merge queue, and the workflow does not run in it.",
    "Add `merge_group` to the workflow's `on:`.",
)
NAME_UNKNOWN = Reason(
    "name-unknown",
    "Only the run knows the name of its check, and a required one may be it.",
    "Give the job a name without expressions, or require a gate that waits for it.",
)
PATTERN_BRANCH = Reason(
    "pattern-branch", "GitHub can be asked about a branch, not about a pattern.", "Declare the branches by name."
)
SWITCHED_OFF = Reason(
    "switched-off",
    "The workflow is disabled: its file is there, and GitHub does not run it.",
    "Enable it: `gh workflow enable`.",
)
UNREGISTERED = Reason(
    "unregistered",
    "GitHub does not list the workflow, as it does once its file has been on the default branch or has run.",
    "Merge the workflow to the default branch.",
)
NO_RUN_LATELY = Reason(
    "no-run-lately",
    "Nothing shows that it has run in this time; perhaps nothing was merged.",
    "Wait for the next change, or allow more time: `ran-within: 90d`.",
)
NOT_PASSING = Reason(
    "not-passing", "It ran on the branch itself, and has not passed in all this time.", "Mend what it finds."
)
SKIPPED_LATELY = Reason(
    "skipped-lately",
    "The latest runs passed without it: it was skipped, which counts as passed.",
    "Look at its conditions, and at those of the jobs that it needs.",
)
NO_BAD_COMMIT = Reason(
    "no-bad-commit",
    "Nobody said on which commit it must fail.",
    "Declare `fails-on:`, or write `caused-by:` with the commit's id below the post-mortem's `incident:`.",
)
NO_SUCH_COMMIT = Reason(
    "no-such-commit",
    "This clone holds no commit, and no tag, of the declared name.",
    "Correct the name; on a runner, check out with `fetch-depth: 0`, or write the commit's full id.",
)
NOT_RECORDED = Reason(
    "not-recorded",
    "GitHub keeps no result of it on this commit: it did not run there, or the record was deleted with the time.",
    "Run `loopcheck prove --item ID`: it runs the check on that commit, and records what came of it.",
)
NOT_CONCLUDED = Reason(
    "not-concluded",
    "On this commit it came to no result of its own: it was cancelled, skipped, timed out, or is still running.",
    "Run `loopcheck prove --item ID`, or run the workflow on that commit again.",
)
NOT_TOLD_APART = Reason(
    "not-told-apart",
    "The record does not say whether it was the check that ended so, or something beside it.",
    "Run `loopcheck prove --item ID`; or give the check a step of its own, and declare it with `step:`.",
)
MIXED_RECORD = Reason(
    "mixed-record",
    "Of several runs on this commit some failed and some passed.",
    "Find out why: run `loopcheck prove --item ID`.",
)
OLDER_FORM = Reason(
    "older-form",
    "What ran on this commit is not the check as it is now: its steps were others, or cannot be seen.",
    "Run `loopcheck prove --item ID`, which runs the check as it is now.",
)
PASSED_ON_BAD = Reason(
    "passed-on-bad",
    "It passed on the commit that it must refuse, so it would not have caught what happened.",
    "Make it stronger. Where the test is newer than the commit, declare it with `check-files:` and run"
    " `loopcheck prove --item ID`.",
)
FAILED_ON_GOOD = Reason(
    "failed-on-good",
    "It fails on the good commit as well, so its failure on the bad one shows nothing.",
    "Mend what it finds, or name another good commit with `passes-on:`.",
)
NOT_RUNNABLE = Reason(
    "not-runnable",
    "The check cannot be run by itself, outside its workflow.",
    "Declare with `command:` what `loopcheck prove` is to run.",
)

MANIFEST = Manifest(
    kind="ci-check",
    summary="A job, step or command runs in GitHub Actions where it matters, and cannot pass without doing its work.",
    claims=(
        IN_WORKFLOW,
        RUNS_ON_EVENTS,
        NOT_SKIPPED,
        NOT_SOFT,
        GATE_COUNTS,
        REQUIRED,
        ENABLED,
        RAN_LATELY,
        FAILS_ON_BAD,
        PASSES_ON_GOOD,
    ),
    reasons=(
        NO_WORKFLOW,
        NO_JOB,
        NO_STEP,
        NOT_RUN,
        NOT_LITERAL,
        NEVER_CALLED,
        WRONG_EVENT,
        WRONG_ACTIVITY,
        WRONG_BRANCH,
        UNKNOWN_BRANCH,
        PATHS_LEFT_OUT,
        PATH_FILTERED,
        ONLY_PUSHES,
        NEVER_TRUE,
        CONDITION_UNKNOWN,
        NEEDS_SKIPPED,
        ENDS_BEFORE,
        CONTINUES_ON_ERROR,
        EXIT_SWALLOWED,
        SOFT_OPTION,
        MAY_BE_SOFT,
        ELSEWHERE,
        ACTION_UNSEEN,
        PARTLY_SOFT,
        NO_WORK,
        NOT_IN_GATE,
        NO_GATE,
        GATE_SKIPPED,
        GATE_ACCEPTS,
        GATE_UNKNOWN,
        NOT_REQUIRED,
        LEG_NOT_REQUIRED,
        OTHER_APP,
        NOT_IN_QUEUE,
        NAME_UNKNOWN,
        PATTERN_BRANCH,
        SWITCHED_OFF,
        UNREGISTERED,
        NO_RUN_LATELY,
        NOT_PASSING,
        SKIPPED_LATELY,
        NO_BAD_COMMIT,
        NO_SUCH_COMMIT,
        NOT_RECORDED,
        NOT_CONCLUDED,
        NOT_TOLD_APART,
        MIXED_RECORD,
        OLDER_FORM,
        PASSED_ON_BAD,
        FAILED_ON_GOOD,
        NOT_RUNNABLE,
    ),
    systems=(SYSTEM,),
    secrets=SECRETS,
)
