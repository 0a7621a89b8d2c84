"""`pull-request`: a pull request was merged after the incident, and what it changed is still there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from loopcheck.checker import CannotTell, Checker, Claim, Unseen, World
from loopcheck.reasons import BAD_RESPONSE, NOT_VISIBLE
from loopcheck_checks.pull_request.fate import fate_of
from loopcheck_checks.pull_request.judge import judge
from loopcheck_checks.pull_request.manifest import (
    MANIFEST,
    PullRequestExpectation,
    PullRequestObservation,
    SeenPull,
    TouchedFile,
)

_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class _Base(msgspec.Struct, frozen=True):
    ref: str


class _Pull(msgspec.Struct, frozen=True):
    """What is read of GitHub's answer."""

    number: int
    state: str
    base: _Base
    html_url: str
    changed_files: int
    commits: int
    merged: bool
    merged_at: datetime | None = None
    merge_commit_sha: str | None = None


class _File(msgspec.Struct, frozen=True):
    filename: str
    previous_filename: str | None = None


class PullRequestChecker(Checker[PullRequestExpectation, PullRequestObservation]):
    """An implementation of `Checker` for merged pull requests."""

    manifest = MANIFEST
    Expect = PullRequestExpectation
    Observation = PullRequestObservation

    def describe(self, expect: PullRequestExpectation) -> str:
        """See `Checker.describe`."""
        touched = ", ".join(glob for group in expect.groups for glob in group)
        return f"{expect.number}{' ' if touched else ''}{touched[:100]}"

    def observe(self, expect: PullRequestExpectation, world: World) -> PullRequestObservation:
        """See `Checker.observe`."""
        github = world.github
        named = expect.number.repository
        if named is not None and named.casefold() != github.repository.casefold():
            raise CannotTell(NOT_VISIBLE, f"{expect.number} is in another repository, which this run does not look at")
        number = expect.number.number
        base = f"/repos/{github.repository}"
        default = _default_branch(github.get(base))
        incident = world.incident.since if world.incident else None
        seen = PullRequestObservation(
            source=f"{github.settings.server}/{github.repository}/pull/{number}",
            since=(expect.merged_after and expect.merged_after.at) or incident,
            into=expect.into or default,
        )
        answer = github.find(f"{base}/pulls/{number}")
        if answer is None:
            return msgspec.structs.replace(seen, is_issue=_is_issue(world, number))
        pull = _shaped(answer, _Pull)
        if pull.number != number or pull.merged is not (pull.merged_at is not None):
            raise CannotTell(BAD_RESPONSE, f"{base}/pulls/{number}: the answer contradicts itself")
        seen = msgspec.structs.replace(
            seen,
            pull=SeenPull(
                url=seen.source,
                state=pull.state,
                merged_at=pull.merged_at,
                base=pull.base.ref,
                merge_commit=pull.merge_commit_sha,
                changed_files=pull.changed_files,
            ),
        )
        if pull.merged_at is None:
            return seen
        files = world.attempt(lambda: _files(world, number))
        branch = None if expect.into in (None, default) else expect.into
        paths = frozenset[str]() if isinstance(files, Unseen) else frozenset(file.path for file in files)
        return msgspec.structs.replace(
            seen,
            files=files,
            complete=not isinstance(files, Unseen) and len(files) == pull.changed_files,
            fate=world.attempt(lambda: fate_of(world, _merge_commit(pull), number, pull.commits, paths, branch)),
        )

    def judge(self, expect: PullRequestExpectation, observation: PullRequestObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)


def _default_branch(answer: Any) -> str:
    name = answer.get("default_branch") if isinstance(answer, dict) else None
    if not isinstance(name, str) or not name:
        raise CannotTell(BAD_RESPONSE, "GitHub's answer does not name the default branch")
    return name


def _is_issue(world: World, number: int) -> bool:
    """Whether a number that no pull request has is an issue's.

    Raises:
        CannotTell: nothing shows that this token may see pull requests at all.
    """
    base = f"/repos/{world.github.repository}"
    listed = world.github.get(f"{base}/pulls", state="all", per_page=1)
    if not isinstance(listed, list) or not listed:
        raise CannotTell(NOT_VISIBLE, f"#{number}: missing, or pull requests are not visible to this token")
    issue = world.github.find(f"{base}/issues/{number}")
    if isinstance(issue, dict) and "pull_request" in issue:
        raise CannotTell(BAD_RESPONSE, f"#{number} is listed as a pull request, and is not answered as one")
    return issue is not None


def _files(world: World, number: int) -> tuple[TouchedFile, ...]:
    listed = world.github.list_all(f"/repos/{world.github.repository}/pulls/{number}/files")
    files = (_shaped(entry, _File) for entry in listed)
    return tuple({file.filename: TouchedFile(file.filename, file.previous_filename) for file in files}.values())


def _merge_commit(pull: _Pull) -> str:
    if pull.merge_commit_sha is None or not _OBJECT_ID.fullmatch(pull.merge_commit_sha):
        raise CannotTell(BAD_RESPONSE, f"#{pull.number}: GitHub does not say which commit the merge made")
    return pull.merge_commit_sha


def _shaped(answer: Any, wanted: type[Any]) -> Any:
    try:
        return msgspec.convert(answer, wanted)
    except msgspec.ValidationError as error:
        raise CannotTell(BAD_RESPONSE, f"GitHub's answer is of another form: {str(error)[:200]}") from None
