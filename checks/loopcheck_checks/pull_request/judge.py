"""What follows from what was seen of a pull request. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loopcheck.checker import Claim, Evidence, Unseen
from loopcheck.paths import matching
from loopcheck.reasons import NO_INCIDENT_TIME, TRUNCATED
from loopcheck_checks.pull_request.manifest import (
    AFTER_CHECKOUT,
    AFTER_INCIDENT,
    BEFORE_INCIDENT,
    CLOSED_UNMERGED,
    IN_HISTORY,
    INTO_BRANCH,
    IS_AN_ISSUE,
    IS_THERE,
    MERGED,
    NO_PULL_REQUEST,
    NOT_IN_HISTORY,
    NOT_MERGED,
    NOT_REVERTED,
    NOT_TOUCHED,
    OTHER_BRANCH,
    PERHAPS_REVERTED,
    REVERTED,
    TOUCHES,
    Fate,
    PullRequestExpectation,
    PullRequestObservation,
    SeenPull,
    TouchedFile,
)


def judge(expect: PullRequestExpectation, seen: PullRequestObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    pull = seen.pull
    if pull is None:
        if seen.is_issue:
            yield IS_THERE.fails(IS_AN_ISSUE, f"{expect.number} is an issue", Evidence(seen.source, "an issue"))
        else:
            yield IS_THERE.fails(NO_PULL_REQUEST, f"there is no {expect.number}", Evidence(seen.source, "not found"))
        return
    here = Evidence(pull.url, _state(pull), pull.merged_at)
    yield IS_THERE.holds(f"{expect.number} is a pull request", here)
    if pull.merged_at is None or seen.fate is None:
        reason = NOT_MERGED if pull.state == "open" else CLOSED_UNMERGED
        yield MERGED.fails(reason, f"{expect.number} is {pull.state}, and was not merged", here)
        return
    yield MERGED.holds(f"{expect.number} was merged", here)
    yield _into(expect, seen, pull, here)
    yield _after(seen, pull, here)
    yield from _touches(expect, seen, here)
    yield from _still(expect, seen, pull, here)


def _state(pull: SeenPull) -> str:
    return f"merged into {pull.base}" if pull.merged_at else pull.state


def _into(expect: PullRequestExpectation, seen: PullRequestObservation, pull: SeenPull, here: Evidence) -> Claim:
    if pull.base == seen.into:
        return INTO_BRANCH.holds(f"into {pull.base}", here)
    # A branch may have been renamed since, or merged in its turn: git knows.
    if expect.into is None and isinstance(seen.fate, Fate) and seen.fate.in_history:
        return INTO_BRANCH.holds(f"into {pull.base}, from which it came to what is looked at", here)
    if expect.into is None and isinstance(seen.fate, Unseen):
        return INTO_BRANCH.unknown(
            seen.fate, f"it was merged into {pull.base}, not {seen.into}; {seen.fate.message}", here
        )
    return INTO_BRANCH.fails(OTHER_BRANCH, f"it was merged into {pull.base}, not {seen.into}", here)


def _after(seen: PullRequestObservation, pull: SeenPull, here: Evidence) -> Claim:
    if seen.since is None or pull.merged_at is None:
        return AFTER_INCIDENT.unknown(NO_INCIDENT_TIME, None, here)
    if pull.merged_at > seen.since:
        return AFTER_INCIDENT.holds(f"merged at {pull.merged_at:%Y-%m-%d %H:%M} UTC", here)
    message = f"merged at {pull.merged_at:%Y-%m-%d %H:%M} UTC, before {seen.since:%Y-%m-%d %H:%M} UTC"
    return AFTER_INCIDENT.fails(BEFORE_INCIDENT, message, here)


def _touched(files: tuple[TouchedFile, ...], globs: tuple[str, ...]) -> set[str]:
    """The present paths of the files that any of the patterns names, by present or former path."""
    fitting = set(matching({name for file in files for name in (file.path, file.old_path) if name}, globs))
    return {file.path for file in files if file.path in fitting or file.old_path in fitting}


def _touches(expect: PullRequestExpectation, seen: PullRequestObservation, here: Evidence) -> Iterator[Claim]:
    if isinstance(seen.files, Unseen):
        yield TOUCHES.unknown(seen.files)
        return
    missing = [group for group in expect.groups if not _touched(seen.files, group)]
    count = seen.pull.changed_files if seen.pull else 0
    if not missing and seen.files:
        yield TOUCHES.holds(f"it changed {count:,} file{'s' * (count != 1)}", here)
    elif not seen.complete:
        yield TOUCHES.unknown(TRUNCATED, f"GitHub lists {len(seen.files):,} of its {count:,} files", here)
    elif not missing:
        yield TOUCHES.fails(NOT_TOUCHED, "it changed no file at all", here)
    else:
        wanted = " nor ".join(" or ".join(group) for group in missing)
        yield TOUCHES.fails(NOT_TOUCHED, f"it changed {count:,} files, and not {wanted[:300]}", here)


def _still(
    expect: PullRequestExpectation, seen: PullRequestObservation, pull: SeenPull, here: Evidence
) -> Iterator[Claim]:
    fate = seen.fate
    if isinstance(fate, Unseen):
        yield IN_HISTORY.unknown(fate, None, here)
        return
    assert fate is not None  # noqa: S101 - a merged one has one
    merge = (pull.merge_commit or "")[:12]
    where = Evidence(f"{merge}@{fate.head[:12]}", "in its history" if fate.in_history else "not in its history")
    if not fate.in_history:
        if pull.merged_at is not None and pull.merged_at > fate.head_at:
            yield IN_HISTORY.unknown(AFTER_CHECKOUT, None, here, where)
        else:
            yield IN_HISTORY.fails(NOT_IN_HISTORY, f"{merge} is not in the history of {fate.head[:12]}", here, where)
        return
    yield IN_HISTORY.holds(f"{merge} is in the history of {fate.head[:12]}", here, where)
    yield _kept(expect, seen, fate, where)


def _kept(expect: PullRequestExpectation, seen: PullRequestObservation, fate: Fate, where: Evidence) -> Claim:
    if isinstance(seen.files, Unseen):
        return NOT_REVERTED.unknown(seen.files)
    groups = [_touched(seen.files, group) for group in expect.groups] or [{file.path for file in seen.files}]
    scope = set().union(*groups)
    back = scope & set(fate.as_before)
    said = [Evidence(commit[:12], "says that it reverts it") for commit in fate.reverted_by[:5]]
    if fate.compared and seen.complete and any(group and group <= back for group in groups):
        named = ", ".join(sorted(back)[:3])
        return NOT_REVERTED.fails(REVERTED, f"again as before the pull request: {named[:300]}", where, *said)
    if scope and scope <= set(fate.as_merged) and seen.complete and not back:
        return NOT_REVERTED.holds("its files are as it left them", where)
    if fate.reverted_by:
        message = f"{fate.reverted_by[0][:12]} says that it reverts it, and its files are not as before either"
        return NOT_REVERTED.unknown(PERHAPS_REVERTED, message, where, *said)
    if back:
        message = f"again as before the pull request: {', '.join(sorted(back)[:3])[:300]}"
        return NOT_REVERTED.unknown(PERHAPS_REVERTED, message, where)
    if not fate.compared or not seen.complete:
        message = "its files were changed since, and git does not show what they were before it"
        return NOT_REVERTED.unknown(PERHAPS_REVERTED, message, where)
    return NOT_REVERTED.holds("its files were changed further, and none is as before", where)
