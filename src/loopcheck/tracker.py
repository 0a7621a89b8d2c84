"""Issues of GitHub as data: what a run sees of them, before it decides anything.

All of it was written by people, or by machines in their name; nothing here is trusted or fit to print as it is.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec


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
    deleted_comments: tuple[datetime, ...] = ()
    """When somebody else deleted a comment of this account on it, oldest first."""
    pull_requests: tuple[int, ...] = ()
    """Pull requests that would close it."""
