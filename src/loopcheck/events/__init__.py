"""What made GitHub start a run: the event's name and its payload, read as data.

A payload says what happened, and is partly a stranger's text. What somebody may do, and how an issue is by now, is
asked of GitHub when it matters.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from loopcheck.tracker import Person


class Sweep(msgspec.Struct, frozen=True):
    """Time to look at everything: `schedule`, `workflow_dispatch`, a push to the default branch."""

    name: str
    """Of the event."""


class IssueChanged(msgspec.Struct, frozen=True):
    """`issues`: an issue was opened, edited, closed, reopened, labelled."""

    number: int
    action: str
    """In GitHub's word: `closed`."""
    by: Person
    label: str = ""
    """Of `labeled` and `unlabeled`: which. Others than that of action items, and loopcheck's own, change nothing."""


class CommentMade(msgspec.Struct, frozen=True):
    """`issue_comment` with the action `created`, on an issue. Commands come so."""

    issue: int
    comment: int
    """The comment's number."""
    body: str
    author: Person
    created: datetime


class PullRequestChanged(msgspec.Struct, frozen=True):
    """`pull_request`, or `pull_request_review`: something is to be merged."""

    number: int
    head: str
    """The newest commit of the pull request, which the status is posted to."""
    base: str
    """The commit of the base branch, as the event knows it."""
    base_ref: str
    """The base branch: `main`."""
    author: Person | None
    """`None` for an account that was deleted."""
    untrusted: bool
    """From a fork, or by Dependabot: the run has no secrets, and its token may only read."""


class MergeGroup(msgspec.Struct, frozen=True):
    """`merge_group`: the queue asks whether this may be merged. It must be answered under the same name."""

    head: str
    """The commit that would become the base branch; the status is posted to it."""
    base: str
    """The commit of the base branch on which it rests."""
    base_ref: str
    """The base branch: `main`."""
    head_ref: str
    """`gh-readonly-queue/main/pr-104-<commit>`."""


class Ignored(msgspec.Struct, frozen=True):
    """An event that asks nothing of loopcheck."""

    because: str
    """One sentence."""


Event = Sweep | IssueChanged | CommentMade | PullRequestChanged | MergeGroup | Ignored
