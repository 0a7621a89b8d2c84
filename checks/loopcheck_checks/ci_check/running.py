"""Whether a workflow is switched on, and a check of it has passed lately. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loopcheck.checker import Claim, Evidence, Unseen
from loopcheck_checks.ci_check.live import Jobs, Live, RunSeen, WorkflowSeen
from loopcheck_checks.ci_check.manifest import (
    ENABLED,
    NO_RUN_LATELY,
    NOT_PASSING,
    RAN_LATELY,
    SKIPPED_LATELY,
    SWITCHED_OFF,
    UNREGISTERED,
)
from loopcheck_checks.ci_check.seen import Route
from loopcheck_checks.ci_check.shown import ended, shown

_OFF = ("disabled_manually", "disabled_inactivity", "disabled_fork")


def running(route: Route, live: Live) -> Iterator[Claim]:
    """What is to be said of the workflow that a route begins with."""
    seen = live.workflows.get(route.workflow)
    if isinstance(seen, Unseen):
        yield ENABLED.unknown(seen)
        yield RAN_LATELY.unknown(seen)
        return
    if seen is None:
        yield ENABLED.unknown(UNREGISTERED, f"GitHub does not list {route.workflow} among its workflows")
        yield RAN_LATELY.unknown(UNREGISTERED, f"GitHub lists no runs of {route.workflow}")
        return
    page = Evidence(seen.page, f"its state is `{seen.state[:40]}`")
    if seen.state == "active":
        yield ENABLED.holds(f"{route.workflow} is switched on", page)
    elif seen.state in _OFF:
        yield ENABLED.fails(SWITCHED_OFF, f"{route.workflow} is switched off (`{seen.state}`)", page)
    else:
        yield ENABLED.unknown(UNREGISTERED, f"GitHub says that {route.workflow} is `{seen.state[:40]}`", page)
    yield _ran(route, seen, live)


def _ran(route: Route, seen: WorkflowSeen, live: Live) -> Claim:
    if isinstance(seen.runs, Unseen):
        return RAN_LATELY.unknown(seen.runs)
    names = shown(route.jobs)
    passed = [run for run in seen.runs if run.conclusion == "success" and run.jobs is not None]
    for run in passed:
        if isinstance(run.jobs, Jobs) and ended(names, run.jobs.ended) == "success":
            what = Evidence(run.page, f"passed, on {run.event}", run.at)
            return RAN_LATELY.holds(f"it passed on {run.at:%Y-%m-%d} ({run.event})", what)
    days = f"in {live.days} days"
    if passed:
        run = passed[0]
        here = Evidence(run.page, "the latest run that passed", run.at)
        if isinstance(run.jobs, Unseen):
            return RAN_LATELY.unknown(run.jobs, None, here)
        how = ended(names, run.jobs.ended if run.jobs else {})
        if how is None:
            return RAN_LATELY.unknown(NO_RUN_LATELY, f"no run {days} that was looked into has this job", here)
        return RAN_LATELY.unknown(SKIPPED_LATELY, f"in the latest runs that passed the job ended as `{how[:40]}`", here)
    failed = _failed_on_branch(seen.runs)
    if failed is not None and seen.whole:
        return RAN_LATELY.fails(
            NOT_PASSING,
            f"{route.workflow} ran on {failed.at:%Y-%m-%d} on the branch, and has not passed {days}",
            Evidence(failed.page, f"ended with `{failed.conclusion}`", failed.at),
        )
    many = "" if seen.whole else f" among the latest {len(seen.runs)}"
    message = f"{route.workflow} has no run that passed {days}{many}, on the branch or before a merge to it"
    return RAN_LATELY.unknown(NO_RUN_LATELY, message, Evidence(seen.page, f"{len(seen.runs)} runs {days}"))


def _failed_on_branch(runs: tuple[RunSeen, ...]) -> RunSeen | None:
    """A failure where nothing should be broken. On a pull request it is the check at work."""
    return next((run for run in runs if run.on_branch and run.conclusion in ("failure", "timed_out")), None)
