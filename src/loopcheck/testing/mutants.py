"""Mutants: ways in which an artifact can look right and be wrong.

Each takes something that passes and changes one thing. A checker under test must give every mutant another
verdict; one that it still calls VERIFIED is a false promise to somebody on call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

import msgspec

from loopcheck.model import ArtifactResult, Rung, Verdict
from loopcheck.model import Outcome as ClaimOutcome

T = TypeVar("T")


class Mutant(msgspec.Struct, Generic[T], frozen=True):
    """A passing thing with one thing wrong."""

    name: str
    """What was done to it, in a few words: `muted for ever`."""
    mutated: T


class Outcome(msgspec.Struct, frozen=True):
    """What a checker said of a mutant."""

    name: str
    verdict: Verdict
    reasons: tuple[str, ...]
    rung: Rung | None = None
    """The lowest on which a claim that counted did not hold; `None` where all of them did."""

    @property
    def killed(self) -> bool:
        """Whether the checker saw that something is wrong."""
        return self.verdict is not Verdict.VERIFIED


def outcome_of(name: str, result: ArtifactResult, requires: Rung = Rung.PROVEN) -> Outcome:
    """What a result says of the mutant `name`. Claims above the rung that was required do not count."""
    counted = [claim for claim in result.claims if claim.rung <= requires]
    reasons = tuple(dict.fromkeys(claim.reason for claim in counted if claim.reason))
    doubted = (claim.rung for claim in counted if claim.outcome is not ClaimOutcome.HOLDS)
    return Outcome(name, result.verdict, reasons, min(doubted, default=None))


def survivors(outcomes: Iterable[Outcome]) -> list[str]:
    """The names of the mutants that were called VERIFIED."""
    return [outcome.name for outcome in outcomes if not outcome.killed]


def edits(passing: T, *changes: tuple[str, Callable[[T], T]]) -> Iterator[Mutant[T]]:
    """A mutant for each named change.

    Raises:
        ValueError: a change changes nothing: the mutant would prove nothing.
    """
    for name, change in changes:
        mutated = change(passing)
        if mutated == passing:
            raise ValueError(f"the mutation `{name}` changes nothing")
        yield Mutant(name, mutated)


def replacing(old: str, new: str) -> Callable[[str], str]:
    """A change of text that must be there: `old`, wherever it stands, becomes `new`."""

    def change(text: str) -> str:
        if old not in text:
            raise ValueError(f"`{old}` is not in the passing text")
        return text.replace(old, new)

    return change
