"""The lines of the ledger."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec

from loopcheck.model import Verdict


class Action(StrEnum):
    """What a line records."""

    SEEN = "seen"
    """What an item was found to be: its first verdict, another one, or the same with other evidence."""
    REOPENED = "reopened"
    """Written before the issue is reopened. Whether that came to pass stands in the issue's own history."""
    WAIVED = "waived"
    """`note` is the reason."""
    DRILLED = "drilled"
    """`note` is the runbook's path; `at` is when somebody said so."""
    PROVEN = "proven"
    """A check was run on a bad and on a good commit; see `loopcheck.ledger.proofs`. `digest` is the proof's key."""
    DROPPED = "dropped"
    """Closed as not planned or as a duplicate, which is heard: `note` is GitHub's word for it."""
    OBEYED = "obeyed"
    """A command was carried out or refused, and leaves no other line: `note` is `verify` or `refused`."""
    SWEPT = "swept"
    """A sweep came to its end. `note` is the path of its workflow; `item` is empty."""
    PARTIAL = "partial"
    """A sweep stopped early. `note` is a JSON list of the ids that it did not see; the next one begins with them."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of `ledger.jsonl`."""

    at: datetime
    item: str
    verdict: Verdict
    digest: str
    """Of the evidence: two sightings of the same are the same."""
    version: str
    """loopcheck's."""
    commit: str
    """That was looked at."""
    run: str = ""
    """The workflow run, `123/1`: its id and attempt."""
    reasons: tuple[str, ...] = ()
    action: Action = Action.SEEN
    note: str = ""
    """What somebody wrote, or a path; see `Action`. Never trusted, never fit to print as it is."""
    by: str = ""
    """The login of whoever did it."""
    until: date | None = None
    """Of a waiver: the last day on which it counts."""
    issue: int | None = None
    comment: int | None = None
    """The comment that asked for it, so that no command is obeyed twice."""
    checkers: tuple[str, ...] = ()
    """The distributions, with versions, of the checkers that looked."""
