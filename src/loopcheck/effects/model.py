"""Intended changes of an issue, each one thing."""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

from loopcheck.ledger.model import Entry


class Basis(msgspec.Struct, frozen=True):
    """What an effect on an issue rests on. It is read again just before; where it is another, nothing is written."""

    body: str
    """SHA-256 of the issue's body, in hexadecimal."""
    is_open: bool
    """Whether the issue is open at that moment: after a `Reopen` that comes before, it is."""
    is_new: bool = False
    """Whether loopcheck had no comment there when the run looked, and the run does not reopen the issue."""


def body_digest(body: str) -> str:
    """SHA-256 of an issue's body, in hexadecimal, as `Basis` has it."""
    return hashlib.sha256(body.replace("\r\n", "\n").encode("utf-8", "surrogatepass")).hexdigest()


class PutComment(msgspec.Struct, frozen=True, tag="comment"):
    """loopcheck's one comment on an issue says this."""

    issue: int
    body: str
    """The whole comment, marker first."""
    digest: str
    """Of what it says; where the comment there has the same, nothing is written."""
    basis: Basis


class SetLabels(msgspec.Struct, frozen=True, tag="labels"):
    """An issue has, and has not, these labels of loopcheck. Others' labels are not touched."""

    issue: int
    add: tuple[str, ...]
    remove: tuple[str, ...]
    basis: Basis


class Reopen(msgspec.Struct, frozen=True, tag="reopen"):
    """A closed issue is open again."""

    issue: int
    closed_at: str
    """The closing that this answers, ISO 8601: another one in the meantime is another matter."""
    reason: str
    """One sentence: what is not there."""
    basis: Basis


class Receipt(StrEnum):
    """What a reaction on a command says to whoever wrote it, in GitHub's words for reactions."""

    DONE = "+1"
    REFUSED = "-1"
    """Understood, and not allowed."""
    NOT_UNDERSTOOD = "confused"
    LATER = "eyes"
    """Understood, and left to the next run: somebody has just asked the same."""


class React(msgspec.Struct, frozen=True, tag="reaction"):
    """A comment has this reaction of loopcheck's."""

    issue: int
    comment: int
    receipt: Receipt


class Conclusion(StrEnum):
    """How a status ends, in GitHub's words for check runs."""

    SUCCESS = "success"
    FAILURE = "failure"
    ACTION_REQUIRED = "action_required"
    """Something could not be seen. Unlike `neutral` and `skipped` it does not satisfy a required check."""
    NEUTRAL = "neutral"


class PutStatus(msgspec.Struct, frozen=True, tag="status"):
    """A commit has loopcheck's one status: a check run, or a commit status where the token may make no check runs."""

    commit: str
    """In full: the very commit that was judged."""
    conclusion: Conclusion
    title: str
    """One line, fit for 140 characters."""
    summary: str
    """Markdown."""


class Record(msgspec.Struct, frozen=True, tag="record"):
    """These lines are in the ledger, in one commit. Before everything else: what is done rests on what was seen."""

    entries: tuple[Entry, ...]


IssueEffect = PutComment | SetLabels | Reopen
Effect = Record | IssueEffect | React | PutStatus


class Plan(msgspec.Struct, frozen=True):
    """All that a run would change, in the order in which it would."""

    effects: tuple[Effect, ...] = ()
    notes: tuple[str, ...] = ()
    """What the operator should know: effects that were held back, and why."""
