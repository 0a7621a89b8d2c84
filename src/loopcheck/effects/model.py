"""Intended changes of an issue, each one thing."""

from __future__ import annotations

import msgspec


class Basis(msgspec.Struct, frozen=True):
    """What an effect on an issue rests on. It is read again just before; where it is another, nothing is written."""

    body: str
    """SHA-256 of the issue's body, in hexadecimal."""
    is_open: bool
    """Whether the issue is open at that moment: after a `Reopen` that comes before, it is."""


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


IssueEffect = PutComment | SetLabels | Reopen
