"""The ledger's lines about what was seen: one for every change, none for what is as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from loopcheck.effects.comment import evidence_digest
from loopcheck.effects.situation import Situation
from loopcheck.ledger.memory import Memory, Remembered
from loopcheck.ledger.model import Action, Entry
from loopcheck.model import ItemResult, Outcome, Verdict


def sightings(items: Iterable[tuple[ItemResult, int | None]], memory: Memory, situation: Situation) -> Iterator[Entry]:
    """The lines that are missing.

    Args:
        items: what was seen, each with the number of its issue, or `None` for one in a file.
        memory: what the ledger says so far.
        situation: the run.
    """
    done: set[str] = set()
    for item, issue in items:
        if item.id not in done and _is_news(item, memory.of(item.id)):
            yield line(item, issue, situation)
        done.add(item.id)


def line(item: ItemResult, issue: int | None, situation: Situation, action: Action = Action.SEEN) -> Entry:
    """A line about an item as it was seen in this run."""
    unmet = [
        claim
        for artifact in item.artifacts
        for claim in artifact.claims
        if claim.outcome is not Outcome.HOLDS and claim.rung <= item.requires
    ]
    return msgspec.structs.replace(
        about(item.id, issue, situation, action),
        verdict=item.verdict,
        digest=evidence_digest(item),
        reasons=tuple(dict.fromkeys(claim.reason for claim in unmet if claim.reason)),
        checkers=tuple(sorted({one.distribution for one in item.artifacts if one.distribution})),
    )


def about(item: str, issue: int | None, situation: Situation, action: Action) -> Entry:
    """A line about an item of which nothing was seen in this run."""
    return Entry(
        situation.at,
        item,
        Verdict.INCONCLUSIVE,
        "",
        situation.version,
        situation.here.repository.commit,
        run=situation.here.run,
        action=action,
        issue=issue,
    )


def _is_news(item: ItemResult, known: Remembered) -> bool:
    if known.last is None or known.last.verdict is not item.verdict:
        return True
    return item.verdict is Verdict.FAILED and known.last.digest != evidence_digest(item)
