"""Issues of GitHub as data: what a run sees of them, before it decides anything.

All of it was written by people, or by machines in their name; nothing here is trusted or fit to print as it is.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec

DROPPED = ("not_planned", "duplicate")
"""The reasons by which somebody who closes an issue says that it is not going to be done."""


class Standing(StrEnum):
    """What a person may do in the repository, as GitHub grades it, least first."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"


class Person(msgspec.Struct, frozen=True):
    """An account. Logins change hands and can be imitated; the number does not and cannot."""

    id: int
    login: str
    is_bot: bool = False


class Comment(msgspec.Struct, frozen=True):
    """A comment on an issue."""

    id: int
    author: Person | None
    """`None` for an account that was deleted."""
    body: str
    created: datetime
    updated: datetime
    url: str = ""


class Closing(msgspec.Struct, frozen=True):
    """How an issue was last closed."""

    at: datetime
    by: Person | None
    reason: str | None
    """`completed`, `not_planned` or `duplicate`."""
    pull_request: int | None = None
    commit: str | None = None

    @property
    def is_dropped(self) -> bool:
        """Whether whoever closed it meant that it is not going to be done."""
        return self.reason in DROPPED


class Issue(msgspec.Struct, frozen=True):
    """An issue with all that belongs to it."""

    number: int
    title: str
    body: str
    url: str
    is_open: bool
    author: Person | None
    editor: Person | None
    """Who last edited the body; `None` where nobody did, or `edited` says when and the account is deleted.
    Whoever it was has the last word on what is declared."""
    created: datetime
    updated: datetime
    labels: tuple[str, ...] = ()
    edited: datetime | None = None
    """When the body was last edited."""
    editor_known: bool = True
    """False where GitHub does not say whether it was edited, and by whom: `editor` and `edited` then mean nothing."""
    assignees: tuple[str, ...] = ()
    milestone: str | None = None
    milestone_due: date | None = None
    locked: bool = False
    comments: tuple[Comment, ...] = ()
    complete: bool = True
    """False where not all comments or labels came; nothing is written to such an issue."""
    closing: Closing | None = None
    """How it was closed; `None` while it is open."""
    reopened: tuple[datetime, ...] = ()
    """When this account of loopcheck reopened it."""
    deleted: tuple[datetime, ...] = ()
    """When somebody else deleted a comment of this account's."""
    whole_history: bool = True
    """False where so much happened to it that its older closings, reopenings and deletions did not come."""
    pull_requests: tuple[int, ...] = ()
    """Pull requests that would close it."""


class Review(msgspec.Struct, frozen=True):
    """The last word of one reviewer on a pull request."""

    author: Person | None
    """`None` for an account that was deleted."""
    approves: bool
    commit: str | None
    """What was looked at, in full; `None` where that is not known any more."""


class PullRequest(msgspec.Struct, frozen=True):
    """A pull request, as far as it matters whether it may be merged."""

    number: int
    author: Person | None
    head: str
    """Its newest commit, in full."""
    base: str
    """The commit of its base branch, as GitHub knows it."""
    approved: bool
    """Whether GitHub itself says that the reviews that it requires are there."""
    reviews: tuple[Review, ...] = ()
    """Of those who may write."""
    closes: tuple[Issue, ...] = ()
    """The open issues of this repository that merging closes."""
    complete: bool = True
    """False where not all of those issues came."""
