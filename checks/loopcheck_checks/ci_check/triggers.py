"""Whether the events of a workflow are the ones that matter, with their filters. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loopcheck.checker import Outcome
from loopcheck_checks.ci_check.findings import Finding, best
from loopcheck_checks.ci_check.globs import left_out
from loopcheck_checks.ci_check.manifest import (
    NEVER_CALLED,
    ONLY_PUSHES,
    PATH_FILTERED,
    PATHS_LEFT_OUT,
    UNKNOWN_BRANCH,
    WRONG_ACTIVITY,
    WRONG_BRANCH,
    WRONG_EVENT,
    CiCheckExpectation,
    CiCheckObservation,
    listed,
)
from loopcheck_checks.ci_check.seen import EventSeen, Route

BEFORE_MERGE = ("pull_request", "pull_request_target", "merge_group")
"""What runs before something is merged, best first."""
_NEW_COMMITS = frozenset(["opened", "synchronize", "reopened"])
_USUAL_BRANCHES = ("main", "master")


def paths_key(route: Route, event: EventSeen) -> str:
    """The key under which an observation holds what the event's path filter does."""
    return f"{route.workflow}:{event.name}"


def wanted_events(expect: CiCheckExpectation) -> tuple[tuple[str, ...], ...]:
    """For each event that matters, the events that do for it."""
    declared = listed(expect.on)
    return tuple((name,) for name in declared) if declared else (BEFORE_MERGE,)


def starts(
    route: Route, expect: CiCheckExpectation, seen: CiCheckObservation
) -> Iterator[tuple[tuple[str, ...], Finding]]:
    """For each event that matters, which events of the workflow do for it, and whether they do."""
    for names in wanted_events(expect):
        candidates = [event for name in names for event in route.events if event.name == name]
        if candidates:
            results = [(event, _passes(route, event, expect, seen)) for event in candidates]
            finding = best(result for _, result in results)
            yield tuple(e.name for e, result in results if result.outcome is finding.outcome), finding
        elif route.never_called:
            message = f"{route.jobs[-1].path} is only called, and no workflow of this repository calls it"
            yield (), Finding(Outcome.FAILS, message, route.workflow, route.line, NEVER_CALLED)
        else:
            yield (), _without(route, names, expect)


def _without(route: Route, names: tuple[str, ...], expect: CiCheckExpectation) -> Finding:
    there = ", ".join(event.name for event in route.events)[:200] or "nothing"
    push = next((event for event in route.events if event.name == "push"), None)
    if push is not None and not expect.on and not set(push.filters) - {"paths", "paths-ignore"}:
        message = f"{route.workflow} runs on pushes to every branch, not on pull requests"
        return Finding(Outcome.UNKNOWN, message, route.workflow, push.line, ONLY_PUSHES)
    wanted = names[0] if len(names) == 1 else "pull requests"
    message = f"{route.workflow} runs on {there}, not on {wanted}"
    return Finding(Outcome.FAILS, message, route.workflow, route.line, WRONG_EVENT)


def _passes(route: Route, event: EventSeen, expect: CiCheckExpectation, seen: CiCheckObservation) -> Finding:
    """Whether an event that is there starts the workflow where it matters."""

    def finding(outcome: Outcome, message: str, reason: object = None) -> Finding:
        return Finding(outcome, message, route.workflow, event.line, reason)  # type: ignore[arg-type]

    types = event.filters.get("types")
    if event.name in BEFORE_MERGE[:2] and types is not None and not expect_types(types):
        return finding(
            Outcome.FAILS, f"`{event.name}` only for {', '.join(types)[:100]}, not for new commits", WRONG_ACTIVITY
        )
    try:
        branch = _branches(event, expect, seen)
    except ValueError as error:
        return finding(Outcome.UNKNOWN, f"the filter of `{event.name}` cannot be read: {error}", UNKNOWN_BRANCH)
    if branch is not None:
        return finding(branch[0], branch[1], branch[2])
    if "paths" not in event.filters and "paths-ignore" not in event.filters:
        return finding(Outcome.HOLDS, f"{route.workflow} runs on {event.name}")
    paths = seen.paths.get(paths_key(route, event))
    if paths is None:
        return finding(Outcome.UNKNOWN, f"the path filter of `{event.name}` cannot be read", PATH_FILTERED)
    if not paths.left_out and paths.total:
        return finding(
            Outcome.HOLDS, f"{route.workflow} runs on {event.name}, and its path filter lets all that matters through"
        )
    examples = ", ".join(paths.examples)
    if expect.paths or (paths.total and paths.left_out == paths.total):
        what = f"{paths.left_out} of {paths.total} files" if paths.total else "every declared file"
        return finding(
            Outcome.FAILS, f"the path filter of `{event.name}` leaves out {what}: {examples}", PATHS_LEFT_OUT
        )
    if paths.only_prose:
        return finding(Outcome.HOLDS, f"{route.workflow} runs on {event.name}, except for documentation ({examples})")
    return finding(
        Outcome.UNKNOWN,
        f"the path filter of `{event.name}` leaves out {paths.left_out} files ({examples})",
        PATH_FILTERED,
    )


def expect_types(types: tuple[str, ...]) -> bool:
    """Whether `types` lets new commits through: on opening, and on each push after it."""
    return {"opened", "synchronize"} <= set(types)


def _branches(
    event: EventSeen, expect: CiCheckExpectation, seen: CiCheckObservation
) -> tuple[Outcome, str, object] | None:
    """What is wrong with the branch filter, if anything."""
    wanted, ignored = event.filters.get("branches"), event.filters.get("branches-ignore")
    if wanted is None and ignored is None:
        tags_only = event.name == "push" and ("tags" in event.filters or "tags-ignore" in event.filters)
        if tags_only:
            return Outcome.FAILS, "`push` only for tags, not for branches", WRONG_BRANCH
        return None
    declared = listed(expect.branches)
    known = declared or ((seen.default_branch,) if seen.default_branch else ())
    out = left_out(known or _USUAL_BRANCHES, wanted or ("**",), ignored or ())
    if wanted == ():
        out = list(known or _USUAL_BRANCHES)
    if not out:
        return None
    if known:
        return Outcome.FAILS, f"the branch filter of `{event.name}` leaves out {', '.join(out)[:100]}", WRONG_BRANCH
    return Outcome.UNKNOWN, f"`{event.name}` is filtered by branch, and the default branch is not known", UNKNOWN_BRANCH
