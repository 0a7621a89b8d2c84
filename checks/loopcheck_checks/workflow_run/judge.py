"""What follows from what was seen of a workflow and its runs. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loopcheck.checker import Claim, Evidence, Reason, Unseen
from loopcheck.reasons import AMBIGUOUS, NOT_JUDGED, TRUNCATED
from loopcheck_checks.systems.github_actions import SeenRun
from loopcheck_checks.workflow_run.manifest import (
    IN_REPOSITORY,
    IS_KNOWN,
    JOB_FAILED,
    JOB_SKIPPED,
    JOB_SUCCEEDED,
    LAST_FAILED,
    LAST_SUCCEEDED,
    LAST_UNDONE,
    NEVER_LATELY,
    NO_JOB,
    NO_WORKFLOW,
    NO_WORKFLOW_FILE,
    NOT_STARTED,
    OFTEN_ENOUGH,
    RAN_LATELY,
    STILL_STARTED,
    SWITCHED_OFF,
    SWITCHED_ON,
    TOO_SELDOM,
    SeenWorkflow,
    WorkflowRunExpectation,
    WorkflowRunObservation,
)

_FAILED = frozenset(("failure", "timed_out", "startup_failure"))
_UNDONE = frozenset(("cancelled", "skipped", "neutral", "stale", "action_required"))
_DISABLED = frozenset(("disabled_manually", "disabled_inactivity", "disabled_fork"))


def judge(expect: WorkflowRunExpectation, seen: WorkflowRunObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    there = [one for one in seen.fitting if one.state != "deleted"]
    if not there:
        meant = f"; did you mean {seen.nearest}?" if seen.nearest else ""
        message = f"GitHub knows no workflow `{expect.workflow[:100]}`{meant}"
        yield IS_KNOWN.fails(NO_WORKFLOW, message, Evidence(seen.source, "not among the workflows", seen.now))
        return
    if len(there) > 1:
        named = ", ".join(one.path for one in there[:5])
        yield IS_KNOWN.unknown(
            AMBIGUOUS, f"more than one is named so: {named[:300]}", Evidence(seen.source, named[:300])
        )
        return
    workflow = there[0]
    here = Evidence(workflow.url, f"{workflow.path}: {workflow.state}", seen.now)
    yield IS_KNOWN.holds(f"GitHub knows {workflow.path}", here)
    yield _in_repository(workflow, seen, here)
    yield _switched_on(workflow, here)
    if isinstance(seen.runs, Unseen):
        yield RAN_LATELY.unknown(seen.runs)
        return
    yield from _runs(expect, seen, seen.runs, here)
    yield from _still_started(expect, seen, seen.runs)


def _in_repository(workflow: SeenWorkflow, seen: WorkflowRunObservation, here: Evidence) -> Claim:
    if seen.file is not None:
        return IN_REPOSITORY.holds(f"{workflow.path} is in the repository", Evidence(seen.file, "a workflow"))
    if not workflow.path.startswith(".github/workflows/"):
        return IN_REPOSITORY.unknown(NOT_JUDGED, f"{workflow.path} is a workflow of GitHub's own, without a file", here)
    return IN_REPOSITORY.fails(NO_WORKFLOW_FILE, f"{workflow.path} is not in the repository at this commit", here)


def _switched_on(workflow: SeenWorkflow, here: Evidence) -> Claim:
    if workflow.state == "active":
        return SWITCHED_ON.holds("it is not disabled", here)
    if workflow.state in _DISABLED:
        return SWITCHED_ON.fails(SWITCHED_OFF, f"it is disabled ({workflow.state.removeprefix('disabled_')})", here)
    return SWITCHED_ON.unknown(NOT_JUDGED, f"its state is `{workflow.state[:40]}`, which is not known", here)


def _of(run: SeenRun) -> Evidence:
    return Evidence(run.url, f"{run.event}, attempt {run.attempt}: {run.conclusion}", run.started)


def _runs(
    expect: WorkflowRunExpectation, seen: WorkflowRunObservation, runs: tuple[SeenRun, ...], here: Evidence
) -> Iterator[Claim]:
    since = seen.now - expect.window
    lately = [run for run in runs if run.started >= since]
    what = " or ".join(expect.events) or "any event"
    if not lately:
        if not seen.complete:
            yield RAN_LATELY.unknown(TRUNCATED, "not all of its runs were seen", here)
            return
        last = f"; the last one began at {runs[0].started:%Y-%m-%d %H:%M} UTC" if runs else ""
        message = f"no run by {what[:100]} on {seen.branch} since {since:%Y-%m-%d %H:%M} UTC{last}"
        yield RAN_LATELY.fails(NEVER_LATELY, message, *([_of(runs[0])] if runs else [here]))
        return
    last_run = lately[0]
    yield RAN_LATELY.holds(
        f"the last one on {seen.branch} began at {last_run.started:%Y-%m-%d %H:%M} UTC", _of(last_run)
    )
    yield _succeeded(last_run)
    if expect.job is not None:
        yield _job(expect.job, seen, last_run)
    if expect.minimum_runs > 1:
        green = [run for run in lately if run.conclusion == "success"]
        message = f"{len(green)} of {expect.minimum_runs} runs succeeded since {since:%Y-%m-%d}"
        shown = [_of(run) for run in green[:5]] or [_of(last_run)]
        if len(green) >= expect.minimum_runs:
            yield OFTEN_ENOUGH.holds(message, *shown)
        elif seen.complete:
            yield OFTEN_ENOUGH.fails(TOO_SELDOM, message, *shown)
        else:
            yield OFTEN_ENOUGH.unknown(TRUNCATED, "not all of its runs were seen", *shown)


def _succeeded(run: SeenRun) -> Claim:
    if run.conclusion == "success":
        return LAST_SUCCEEDED.holds("it succeeded", _of(run))
    reason: Reason | None = (
        LAST_FAILED if run.conclusion in _FAILED else LAST_UNDONE if run.conclusion in _UNDONE else None
    )
    if reason is None:
        return LAST_SUCCEEDED.unknown(NOT_JUDGED, f"it ended as `{run.conclusion[:40]}`, which is not known", _of(run))
    return LAST_SUCCEEDED.fails(reason, f"the last run ended as {run.conclusion}", _of(run))


def _job(name: str, seen: WorkflowRunObservation, run: SeenRun) -> Claim:
    if isinstance(seen.jobs, Unseen):
        return JOB_SUCCEEDED.unknown(seen.jobs)
    if not seen.jobs:
        return JOB_SUCCEEDED.fails(NO_JOB, f"the last run has no job `{name[:100]}`", _of(run))
    if wrong := [job for job in seen.jobs if job.conclusion in _FAILED]:
        return JOB_SUCCEEDED.fails(JOB_FAILED, f"`{wrong[0].name[:100]}` ended as {wrong[0].conclusion}", _of(run))
    if wrong := [job for job in seen.jobs if job.conclusion in _UNDONE]:
        return JOB_SUCCEEDED.fails(JOB_SKIPPED, f"`{wrong[0].name[:100]}` ended as {wrong[0].conclusion}", _of(run))
    if wrong := [job for job in seen.jobs if job.conclusion != "success"]:
        message = f"`{wrong[0].name[:100]}` ended as `{wrong[0].conclusion[:40]}`, which is not known"
        return JOB_SUCCEEDED.unknown(NOT_JUDGED, message, _of(run))
    return JOB_SUCCEEDED.holds(f"`{name[:100]}` succeeded", _of(run))


def _still_started(
    expect: WorkflowRunExpectation, seen: WorkflowRunObservation, runs: tuple[SeenRun, ...]
) -> Iterator[Claim]:
    events = expect.events or tuple(run.event for run in runs[:1])
    if seen.file is None or not events:
        return
    where = Evidence(
        seen.file, f"on: {', '.join(seen.triggers)[:200]}" if not isinstance(seen.triggers, Unseen) else ""
    )
    if isinstance(seen.triggers, Unseen):
        yield STILL_STARTED.unknown(seen.triggers)
    elif set(events) & set(seen.triggers):
        yield STILL_STARTED.holds(f"its file still has {' or '.join(events)[:100]}", where)
    else:
        yield STILL_STARTED.fails(NOT_STARTED, f"its file no longer has {' or '.join(events)[:100]}", where)
