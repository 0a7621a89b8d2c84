"""Which one of several that fit a declaration is meant. Pure.

Of several the one is meant that is as declared; one that may be is better than one that is not. Two that are equally
good are ambiguous, unless the hint of an id tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Generic, Protocol, TypeVar

import msgspec

from loopcheck.checker import Claim, ClaimKind, Evidence, Outcome, Reason, Unseen
from loopcheck.reasons import AMBIGUOUS
from loopcheck_checks.systems.datadog.records import Unreadable


class Candidate(Protocol):
    """What may be meant."""

    @property
    def label(self) -> str:
        """What it is called, for people."""
        ...

    def evidence(self, seen: str) -> Evidence:
        """Evidence from it."""
        ...


C = TypeVar("C", bound=Candidate)


class Words(msgspec.Struct, frozen=True):
    """How a kind speaks of what it looks for."""

    noun: str
    """In the plural: `SLOs`."""
    found: ClaimKind
    none: Reason
    unreadable: Reason


class Looked(msgspec.Struct, frozen=True):
    """Where was looked."""

    source: str
    total: int
    """How many there are."""
    unreadable: Sequence[Unreadable] = ()
    """Those that may be the one that is meant, and cannot be read."""
    nearest: Sequence[str] = ()
    incomplete: Unseen | None = None


class Chosen(Generic[C]):
    """The one that is meant, with the claims about its definition; or why it cannot be told.

    Attributes:
        claim: that it is there.
        one: it, or `None`.
        claims: those about its definition.
    """

    def __init__(self, claim: Claim, one: C | None = None, claims: Sequence[Claim] = ()) -> None:
        self.claim = claim
        self.one = one
        self.claims = claims


def choose(words: Words, looked: Looked, judged: Sequence[tuple[C, list[Claim]]], hinted: Sequence[C]) -> Chosen[C]:
    """Which one is meant.

    Args:
        words: how to speak of it.
        looked: where was looked.
        judged: those that fit what the declaration selects by, each with the claims about its definition.
        hinted: those of them that have the id that is declared.
    """
    if not judged:
        return Chosen(_nothing(words, looked))
    best = min(_worst(claims) for _, claims in judged)
    equals = [(one, claims) for one, claims in judged if _worst(claims) is best]
    if len(equals) > 1:
        equals = [(one, claims) for one, claims in equals if any(one is hint for hint in hinted)] or equals
    if best is not Outcome.HOLDS and looked.unreadable:
        return Chosen(_unreadable(words, looked))
    if len(equals) > 1 and best is not Outcome.FAILS:
        names = " and ".join(one.label for one, _ in equals[:3])
        more = f" and {len(equals) - 3} more" if len(equals) > 3 else ""
        evidence = (one.evidence(one.label) for one, _ in equals[:3])
        return Chosen(words.found.unknown(AMBIGUOUS, f"{names}{more} fit equally well", *evidence))
    # All of them fail: the one that fails least is shown, as the one that the author most likely means.
    one, claims = min(equals, key=lambda pair: sum(claim.outcome is Outcome.FAILS for claim in pair[1]))
    others = f" ({len(judged) - 1} others fit less well or no better)" if len(judged) > 1 else ""
    return Chosen(words.found.holds(f"{one.label} is there{others}", one.evidence(one.label)), one, claims)


def _worst(claims: Sequence[Claim]) -> Outcome:
    return max((claim.outcome for claim in claims), default=Outcome.HOLDS)


def _nothing(words: Words, looked: Looked) -> Claim:
    here = Evidence(looked.source, f"{looked.total} {words.noun}, and none that fits")
    if looked.unreadable:
        return _unreadable(words, looked)
    if looked.incomplete is not None:
        return words.found.unknown(looked.incomplete, None, here)
    meant = f"; the nearest: {', '.join(f'`{name}`' for name in looked.nearest)}" if looked.nearest else ""
    return words.found.fails(words.none, f"none of {looked.total} {words.noun} fits{meant}", here)


def _unreadable(words: Words, looked: Looked) -> Claim:
    odd = looked.unreadable[0]
    return words.found.unknown(
        words.unreadable,
        f"`{(odd.name or 'one without a name')[:100]}` may be the one, and cannot be read: {odd.problem}",
        Evidence(odd.source or looked.source, odd.problem),
    )


def folded(name: str) -> str:
    """A name without what does not matter: case, and spaces at its ends and in a row."""
    return " ".join(name.split()).casefold()


def nearest(wanted: str | None, names: Sequence[str]) -> tuple[str, ...]:
    """What the author may have meant."""
    by_fold = {folded(name): name for name in names[:5000]}
    return tuple(by_fold[near][:100] for near in get_close_matches(folded(wanted or ""), by_fold, n=2, cutoff=0.75))


def may_be(wanted: str | None, unreadable: Sequence[Unreadable]) -> Iterator[Unreadable]:
    """Those that cannot be read and may be the one of that name."""
    for odd in unreadable:
        if wanted is None or odd.name is None or folded(wanted) == folded(odd.name):
            yield odd


def tagged(wanted: Sequence[str], tags: Sequence[str] | None) -> bool:
    """Whether all that is wanted is among the tags; case does not matter."""
    own = {tag.casefold() for tag in tags or ()}
    return all(tag in own for tag in wanted)


def as_list(value: str | list[str] | None) -> tuple[str, ...]:
    """Tags or handles as an author writes them, as a list in lower case."""
    values = value.split(",") if isinstance(value, str) else value or []
    return tuple(one.strip().casefold() for one in values if one.strip())
