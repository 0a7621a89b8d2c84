"""What `loopcheck prove` found, as a line of the ledger and back."""

from __future__ import annotations

import msgspec

from loopcheck import __version__
from loopcheck.ledger.model import Action, Entry
from loopcheck.model import Proof, Tried, Verdict


class _Tries(msgspec.Struct, frozen=True):
    """The `note` of the line."""

    bad: Tried
    good: Tried


def line(proof: Proof, item: str, issue: int | None, verdict: Verdict, commit: str) -> Entry:
    """The line that records a proof.

    Args:
        proof: what was found.
        item: the id of the item that it was asked for.
        issue: the issue that declares it, if one does.
        verdict: what it comes to.
        commit: at which the declaration was read.
    """
    note = msgspec.json.encode(_Tries(proof.bad, proof.good)).decode()
    return Entry(
        proof.at,
        item,
        verdict,
        proof.key,
        __version__,
        commit,
        proof.run,
        action=Action.PROVEN,
        note=note,
        by=proof.by,
        issue=issue,
    )


def proof(entry: Entry) -> Proof | None:
    """What a line records; `None` for one that is no proof, or that cannot be read."""
    if entry.action is not Action.PROVEN:
        return None
    try:
        tries = msgspec.json.decode(entry.note, type=_Tries)
    except (msgspec.DecodeError, RecursionError):
        return None
    return Proof(entry.digest, tries.bad, tries.good, entry.at, entry.by, entry.run)
