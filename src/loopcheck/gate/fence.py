"""Chesterton's fence: nothing that an action item rests on is taken away without a word of why it is there.

Each artifact is examined at the base and again at the merge result, both times with nothing but the repository. What
held and does not hold any more was taken away by the change: everything else is the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from loopcheck import engine
from loopcheck.ledger.memory import Memory, Remembered
from loopcheck.model import ActionItem, ArtifactResult, Claim, Evidence, Outcome, Rung, Verdict
from loopcheck.reasons import OUT_OF_TIME
from loopcheck.registry import Registry
from loopcheck.world import Difference, Reads, Session


class Loss(msgspec.Struct, frozen=True):
    """A claim that held at the base and does not at the merge result."""

    item: ActionItem
    kind: str
    summary: str
    """The artifact in a few words."""
    claim: Claim
    """As it is at the merge result: it fails, or is not known any more."""
    stood: tuple[Evidence, ...]
    """Where it stood at the base."""
    counts: bool
    """Whether the item is known to be proven, or accepted without proof."""

    @property
    def proven(self) -> bool:
        """Whether the claim is proven false, and not only out of sight."""
        return self.claim.outcome is Outcome.FAILS


class Fence(msgspec.Struct, frozen=True):
    """What became of everything that was there."""

    losses: tuple[Loss, ...] = ()
    artifacts: int = 0
    """How many were looked at at the base."""
    again: int = 0
    """How many of them were looked at again: those that the change can touch."""
    unfinished: tuple[ActionItem, ...] = ()
    """Items for which the run's time was used up."""


class _Look(msgspec.Struct, frozen=True):
    item: ActionItem
    place: int
    result: ArtifactResult
    reads: Reads


def examine(
    items: Sequence[ActionItem],
    registry: Registry,
    before: Session,
    after: Session,
    change: Difference,
    memory: Memory,
) -> Fence:
    """Look at every artifact at the base, and at those again that the change can touch.

    Args:
        items: as they are declared at the base.
        registry: where checkers come from.
        before: looks at the base, with an empty environment.
        after: looks at the merge result, with an empty environment and the settings of the base.
        change: what the two commits differ in.
        memory: what the ledger says of the items.
    """
    moments = [item.incident.since for item in items if item.incident and item.incident.since]
    for session in (before, after):
        session.repository.expect_history_since(min(moments, default=None))
    looks: list[_Look] = []
    for item in items:
        for place, artifact in enumerate(item.artifacts):
            reads = Reads()
            looks.append(_Look(item, place, engine.examine(artifact, item, registry, before.watched(reads)), reads))
    counting = _counting(looks, memory, before.now.date())
    # Only now: what is read through something that another look made is noted when it is read.
    touched = [look for look in looks if look.reads.touched_by(change)]
    losses: list[Loss] = []
    unfinished: dict[str, ActionItem] = {}
    for look in touched:
        artifact = look.item.artifacts[look.place]
        now = engine.examine(artifact, look.item, registry, after)
        if _out_of_time(look.result) or _out_of_time(now):
            unfinished[look.item.id] = look.item
            continue
        for claim, stood in lost(look.result.claims, now.claims, look.item.requires):
            losses.append(Loss(look.item, now.kind, now.summary, claim, stood, look.item.id in counting))
    return Fence(tuple(losses), len(looks), len(touched), tuple(unfinished.values()))


def _out_of_time(result: ArtifactResult) -> bool:
    return any(claim.reason == OUT_OF_TIME.word for claim in result.claims)


def _counting(looks: Iterable[_Look], memory: Memory, today: date) -> set[str]:
    """The items whose losses count: verified or waived; where nobody knows, those that are not failed at the base."""
    failed = {look.item.id for look in looks if look.result.verdict is Verdict.FAILED}
    return {look.item.id for look in looks if _counts(memory.of(look.item.id), today, failed=look.item.id in failed)}


def _counts(known: Remembered, today: date, *, failed: bool) -> bool:
    if known.waived_on(today):
        return True
    if known.confirmed is None:
        return not failed
    return known.confirmed.verdict is Verdict.VERIFIED


def lost(before: Sequence[Claim], after: Sequence[Claim], requires: Rung) -> list[tuple[Claim, tuple[Evidence, ...]]]:
    """The claims of `after` that are worse than in `before`, each with where it stood. Pure.

    Claims of one word are counted, since an artifact can have several. A claim that fails and was not made before
    was true before where anything was: both looks differ in nothing but the commit.
    """
    was, now = _counted(before, requires), _counted(after, requires)
    held = [claim for claim in before if claim.outcome is Outcome.HOLDS and claim.rung <= requires]
    if not held:
        return []
    gone = [
        word for word in {claim.claim: None for claim in held} if now[word, Outcome.HOLDS] < was[word, Outcome.HOLDS]
    ]
    out: list[tuple[Claim, tuple[Evidence, ...]]] = []
    for claim in _first_of_each(before, after, requires, Outcome.FAILS):
        word = claim.claim
        more_fail = now[word, Outcome.FAILS] > was[word, Outcome.FAILS]
        only_seen_now = now[word, Outcome.UNKNOWN] < was[word, Outcome.UNKNOWN]
        if more_fail and (word in gone or not only_seen_now):
            out.append((claim, _stood(held, word)))
    if out or not gone:
        return out
    return [
        (claim, _stood(held, claim.claim))
        for claim in _first_of_each(before, after, requires, Outcome.UNKNOWN)
        if now[claim.claim, Outcome.UNKNOWN] > was[claim.claim, Outcome.UNKNOWN]
    ]


def _counted(claims: Iterable[Claim], requires: Rung) -> Counter[tuple[str, Outcome]]:
    return Counter((claim.claim, claim.outcome) for claim in claims if claim.rung <= requires)


def _first_of_each(before: Iterable[Claim], after: Iterable[Claim], requires: Rung, outcome: Outcome) -> list[Claim]:
    """The first claim of each word that has this outcome and was not said before in the same words, if there is one."""
    known = {(claim.claim, claim.outcome, claim.reason, claim.message) for claim in before}
    those = [claim for claim in after if claim.outcome is outcome and claim.rung <= requires]
    those.sort(key=lambda claim: (claim.claim, claim.outcome, claim.reason, claim.message) in known)
    found: dict[str, Claim] = {}
    for claim in those:
        found.setdefault(claim.claim, claim)
    return list(found.values())


def _stood(held: Sequence[Claim], word: str) -> tuple[Evidence, ...]:
    """Where a claim stood; where it was not made, where the artifact did."""
    own = [claim for claim in held if claim.claim == word] or list(held)
    found = {evidence.source: evidence for claim in own for evidence in claim.evidence}
    return tuple(found.values())
