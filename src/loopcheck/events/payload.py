"""Reads the event of a run from the file that the runner names.

Of a payload only what is used is looked at, and that must be as GitHub documents it; everything else may be anything.
Titles and texts in it are strangers'. Nothing is asked of GitHub here: an event of which nothing follows costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from loopcheck.errors import UsageError
from loopcheck.events import CommentMade, Event, Ignored, IssueChanged, MergeGroup, PullRequestChanged, Sweep
from loopcheck.tracker import Person

T = TypeVar("T")

MAX_PAYLOAD = 5 * 1024 * 1024
"""Bytes of the largest payload that is read."""
_DEPENDABOT = "dependabot[bot]"
_BRANCH = "refs/heads/"
_ISSUE_ACTIONS = frozenset(
    "opened edited closed reopened labeled unlabeled milestoned demilestoned assigned unassigned".split()
)
_PULL_REQUEST_ACTIONS = frozenset(("opened", "synchronize", "reopened", "edited", "ready_for_review"))
_REVIEW_ACTIONS = frozenset(("submitted", "dismissed"))

_Number = Annotated[int, Meta(ge=1, le=2**31 - 1)]
_Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
_Commit = Annotated[str, Meta(pattern=r"\A[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")]
_Name = Annotated[str, Meta(min_length=1, max_length=1000)]
_Time = Annotated[datetime, Meta(tz=True)]


class _Account(msgspec.Struct, frozen=True):
    id: _Id
    login: _Name
    type: str = "User"

    @property
    def person(self) -> Person:
        return Person(self.id, self.login, self.type != "User" or self.login.endswith("[bot]"))


class _Action(msgspec.Struct, frozen=True):
    action: str


class _Issue(msgspec.Struct, frozen=True):
    number: _Number
    pull_request: dict[str, Any] | None = None
    """There where the issue is a pull request."""


class _Label(msgspec.Struct, frozen=True):
    name: str


class _IssuesPayload(msgspec.Struct, frozen=True):
    action: str
    issue: _Issue
    sender: _Account
    label: _Label | None = None


class _Comment(msgspec.Struct, frozen=True):
    id: _Id
    user: _Account | None
    body: str
    created_at: _Time
    updated_at: _Time


class _CommentPayload(msgspec.Struct, frozen=True):
    issue: _Issue
    comment: _Comment
    sender: _Account


class _NumberedRepository(msgspec.Struct, frozen=True):
    id: _Id


class _Head(msgspec.Struct, frozen=True):
    sha: _Commit
    repo: _NumberedRepository | None
    """`None` where the fork was deleted."""


class _Base(msgspec.Struct, frozen=True):
    sha: _Commit
    ref: _Name
    repo: _NumberedRepository


class _PullRequest(msgspec.Struct, frozen=True):
    number: _Number
    state: str
    user: _Account | None
    head: _Head
    base: _Base


class _PullRequestPayload(msgspec.Struct, frozen=True):
    pull_request: _PullRequest
    sender: _Account


class _Group(msgspec.Struct, frozen=True):
    head_sha: _Commit
    head_ref: _Name
    base_sha: _Commit
    base_ref: _Name


class _GroupPayload(msgspec.Struct, frozen=True):
    merge_group: _Group


class _Repository(msgspec.Struct, frozen=True):
    default_branch: _Name


class _PushPayload(msgspec.Struct, frozen=True):
    ref: str
    repository: _Repository


class _DispatchPayload(msgspec.Struct, frozen=True):
    ref: str | None = None
    repository: _Repository | None = None


def read(environment: Mapping[str, str]) -> Event:
    """The event that `GITHUB_EVENT_NAME` and `GITHUB_EVENT_PATH` name.

    Raises:
        UsageError: there is no event, its payload cannot be read, or loopcheck must not run on it.
    """
    name = environment.get("GITHUB_EVENT_NAME", "").strip()
    if not name:
        raise UsageError("GITHUB_EVENT_NAME is not set", hint="outside GitHub, run `loopcheck verify`")
    if name == "pull_request_target":
        raise UsageError(
            "loopcheck does not run on `pull_request_target`: a pull request from a fork would be looked at with the"
            " repository's secrets and with a token that may write",
            hint="run it on `pull_request`",
        )
    if name == "schedule":
        return Sweep(name)
    reader = _READERS.get(name)
    if reader is None:
        return Ignored(f"the event `{name[:40]}` asks nothing of loopcheck")
    return reader(name, _content(environment))


def _content(environment: Mapping[str, str]) -> bytes:
    path = environment.get("GITHUB_EVENT_PATH", "").strip()
    if not path:
        raise UsageError("GITHUB_EVENT_PATH is not set", hint="outside GitHub, run `loopcheck verify`")
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_PAYLOAD + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"the payload of the event cannot be read ({type(error).__name__})") from None
    if len(content) > MAX_PAYLOAD:
        raise UsageError(f"the payload of the event is larger than {MAX_PAYLOAD // 1024 // 1024} MB")
    return content


def _shaped(name: str, content: bytes, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=shape)
    except RecursionError:
        raise UsageError(f"the payload of `{name}` is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        # msgspec's words name types and places in the payload, never what stands there.
        why = str(error) if isinstance(error, msgspec.DecodeError) else "it is not UTF-8"
        raise UsageError(f"the payload of `{name}` is not what GitHub documents: {why}") from None


def _dispatch(name: str, content: bytes) -> Event:
    payload = _shaped(name, content, _DispatchPayload)
    if payload.ref and payload.repository and payload.ref != _BRANCH + payload.repository.default_branch:
        return Ignored("a sweep looks at the default branch, and this run was started on another")
    return Sweep(name)


def _push(name: str, content: bytes) -> Event:
    payload = _shaped(name, content, _PushPayload)
    if payload.ref != _BRANCH + payload.repository.default_branch:
        return Ignored("a push to another branch than the default one changes nothing that is in force")
    return Sweep(name)


def _issues(name: str, content: bytes) -> Event:
    action = _shaped(name, content, _Action).action
    if action not in _ISSUE_ACTIONS:
        return _without_consequence(name, action)
    payload = _shaped(name, content, _IssuesPayload)
    by = payload.sender.person
    if by.is_bot:
        return Ignored("an app did it: the next sweep sees to it")
    if payload.issue.pull_request is not None:
        return Ignored("a pull request is no action item")
    return IssueChanged(payload.issue.number, action, by, payload.label.name if payload.label else "")


def _comment(name: str, content: bytes) -> Event:
    action = _shaped(name, content, _Action).action
    if action != "created":
        return _without_consequence(name, action)
    payload = _shaped(name, content, _CommentPayload)
    comment = payload.comment
    if payload.issue.pull_request is not None:
        return Ignored("a comment on a pull request is no command")
    if comment.user is None:
        return Ignored("whoever wrote the comment has no account any more")
    author = comment.user.person
    if author.is_bot:
        return Ignored("an app wrote the comment, and apps give no commands")
    if payload.sender.id != author.id:
        return Ignored("the comment was made by another account than its author's")
    if comment.updated_at != comment.created_at:
        return Ignored("the comment was edited, and only what was written at first is a command")
    return CommentMade(payload.issue.number, comment.id, comment.body, author, comment.created_at)


def _pull_request(name: str, content: bytes) -> Event:
    return _to_be_merged(name, content, _PULL_REQUEST_ACTIONS)


def _review(name: str, content: bytes) -> Event:
    return _to_be_merged(name, content, _REVIEW_ACTIONS)


def _to_be_merged(name: str, content: bytes, actions: frozenset[str]) -> Event:
    action = _shaped(name, content, _Action).action
    if action not in actions:
        return _without_consequence(name, action)
    payload = _shaped(name, content, _PullRequestPayload)
    pull = payload.pull_request
    if pull.state != "open":
        return Ignored("the pull request is closed")
    return PullRequestChanged(
        number=pull.number,
        head=pull.head.sha,
        base=pull.base.sha,
        base_ref=pull.base.ref,
        author=pull.user.person if pull.user else None,
        untrusted=_is_untrusted(pull, payload.sender),
    )


def _is_untrusted(pull: _PullRequest, sender: _Account) -> bool:
    if pull.head.repo is None or pull.head.repo.id != pull.base.repo.id:
        return True
    return pull.user is None or _DEPENDABOT in (pull.user.login, sender.login)


def _merge_group(name: str, content: bytes) -> Event:
    action = _shaped(name, content, _Action).action
    if action != "checks_requested":
        return _without_consequence(name, action)
    group = _shaped(name, content, _GroupPayload).merge_group
    return MergeGroup(
        head=group.head_sha,
        base=group.base_sha,
        base_ref=group.base_ref.removeprefix(_BRANCH),
        head_ref=group.head_ref.removeprefix(_BRANCH),
    )


def _without_consequence(name: str, action: str) -> Ignored:
    return Ignored(f"`{name}` with the action `{action[:40]}` asks nothing of loopcheck")


_READERS: dict[str, Callable[[str, bytes], Event]] = {
    "workflow_dispatch": _dispatch,
    "push": _push,
    "issues": _issues,
    "issue_comment": _comment,
    "pull_request": _pull_request,
    "pull_request_review": _review,
    "merge_group": _merge_group,
}
