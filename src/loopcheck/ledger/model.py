"""The lines of the ledger."""

from __future__ import annotations

from datetime import datetime

import msgspec

from loopcheck.model import Verdict


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
    action: str = "seen"
    """`seen`, `reopened`, `waived`, `drilled`."""
    note: str = ""
    by: str = ""
    until: datetime | None = None
    issue: int | None = None
