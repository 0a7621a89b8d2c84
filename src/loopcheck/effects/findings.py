"""What was found, as a comment shows it: a row for each artifact, and below it the claims with their evidence.

The table is narrow, so that it fits a phone; what is the matter comes before what is well, and what is well is folded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from loopcheck.effects.links import Repository
from loopcheck.model import ArtifactResult, Claim, ItemResult, Outcome, Rung, Verdict
from loopcheck.reports.markdown import SIGNS, Bounded, code

_LINKS = 5
"""Pieces of evidence that are linked for one claim."""
_ROWS = 6
"""So many rows that are well are shown; where there are more, all of them are folded."""
_VERDICTS = {Outcome.HOLDS: Verdict.VERIFIED, Outcome.UNKNOWN: Verdict.INCONCLUSIVE, Outcome.FAILS: Verdict.FAILED}


class Row(msgspec.Struct, frozen=True):
    """An artifact with the item that it would prove."""

    item: ItemResult
    artifact: ArtifactResult

    def asked(self, claim: Claim) -> bool:
        """Whether the verdict rests on a claim: it does not on what is above the rung that is required."""
        return claim.rung <= self.item.requires

    @property
    def unmet(self) -> list[Claim]:
        """What was asked and does not hold, or could not be seen; the former first."""
        claims = [claim for claim in self.artifact.claims if self.asked(claim) and claim.outcome is not Outcome.HOLDS]
        return sorted(claims, key=lambda claim: claim.outcome is not Outcome.FAILS)

    @property
    def rest(self) -> list[Claim]:
        """What else was seen."""
        return [claim for claim in self.artifact.claims if not self.asked(claim) or claim.outcome is Outcome.HOLDS]


def rows_of(items: Sequence[ItemResult]) -> list[Row]:
    """Every artifact, the worst of each item first."""
    rows = [Row(item, artifact) for item in items for artifact in item.artifacts]
    order = {id(item): place for place, item in enumerate(items)}
    return sorted(rows, key=lambda row: (order[id(row.item)], -list(Verdict).index(row.artifact.verdict)))


def add_table(out: Bounded, rows: Sequence[Row]) -> None:
    """A table with a row for each artifact. Where many are verified, those are folded."""
    well = [row for row in rows if row.artifact.verdict is Verdict.VERIFIED]
    fold = len(well) > _ROWS
    shown = [row for row in rows if row.artifact.verdict is not Verdict.VERIFIED] if fold else rows
    out.each(_lines(shown), len(shown), "artifacts", share=0.4)
    if fold:
        out.add(f"\n<details><summary>{len(well)} artifacts that are verified</summary>\n")
        out.each(_lines(well), len(well), "artifacts", share=0.4)
        out.add("\n</details>\n")


def add_unmet(out: Bounded, rows: Sequence[Row], repository: Repository) -> None:
    """Every claim that was asked and does not hold, or is not known to, with what to do about it."""
    claims = [(row, claim) for row in rows for claim in row.unmet]
    if claims:
        failing = any(claim.outcome is Outcome.FAILS for _, claim in claims)
        out.add(f"\n**{'What does not hold' if failing else 'What could not be seen'}**\n")
        out.each(_grouped(claims, repository), len(claims), "claims", share=0.6)


def add_rest(out: Bounded, rows: Sequence[Row], repository: Repository) -> None:
    """What else was seen, folded."""
    claims = [(row, claim) for row in rows for claim in row.rest]
    if claims:
        out.add(f"\n<details><summary>What else was seen ({len(claims)})</summary>\n")
        out.each(_grouped(claims, repository), len(claims), "claims")
        out.add("\n</details>\n")


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    """The rows, each item's below a head of its own, and below its title where there are several items."""
    several = len({id(row.item) for row in rows}) > 1
    before: ItemResult | None = None
    for row in rows:
        title = f"\n**{code(row.item.title, 120) or 'an item without a title'}**\n" if several else ""
        head = "" if row.item is before else f"{title}\n| proof | artifact |\n|---|---|\n"
        before = row.item
        yield f"{head}| {SIGNS[row.artifact.verdict]}\u00a0{_proof(row)} | {_named(row.artifact)} |\n"


def _named(artifact: ArtifactResult) -> str:
    return f"{code(artifact.kind, 60)} {code(_quiet(artifact.summary), 140)}".strip() or "an artifact"


def _proof(row: Row) -> str:
    """`active`, `exists, not active`, `exists, active not seen`, `not as promised`."""
    reached, asked = row.artifact.rung, row.item.requires
    if row.artifact.verdict is Verdict.VERIFIED:
        return (reached or asked).value
    failed = row.artifact.verdict is Verdict.FAILED
    if reached is None:
        return "not as promised" if failed else "not seen"
    above = _above(reached, asked).value
    return f"{reached.value}, not {above}" if failed else f"{reached.value}, {above} not seen"


def _above(reached: Rung, asked: Rung) -> Rung:
    """The first rung that is asked for and not reached."""
    return next((rung for rung in Rung if reached < rung <= asked), asked)


def _grouped(claims: Sequence[tuple[Row, Claim]], repository: Repository) -> Iterator[str]:
    """Each artifact with a list of its claims."""
    before: Row | None = None
    for row, claim in claims:
        heading = "" if row is before else f"\n{_named(row.artifact)}\n\n"
        before = row
        yield heading + _claim(row, claim, repository)


def _claim(row: Row, claim: Claim, repository: Repository) -> str:
    line = f"- {SIGNS[_VERDICTS[claim.outcome]]} {code(claim.claim, 60)}: {code(_quiet(claim.message), 400)}"
    links = list(_links(claim, repository))
    if links:
        line += f" ({', '.join(links[:_LINKS])})"
    if not row.asked(claim):
        return f"{line}, {claim.rung.value}, which was not asked for\n"
    if claim.outcome is Outcome.HOLDS:
        return f"{line}\n"
    reason = f" ({code(claim.reason, 60)})" if claim.reason else ""
    return f"{line}\n  → {code(_quiet(claim.remedy or ''), 300)}{reason}\n" if claim.remedy else f"{line}{reason}\n"


def _links(claim: Claim, repository: Repository) -> Iterator[str]:
    for source in dict.fromkeys(evidence.source for evidence in claim.evidence):
        address = repository.link(source)
        if address is not None:
            words = source.rpartition("@")[0] if "://" not in source else source.removeprefix("https://")
            yield f"[{code(words, 100)}]({address})"


def _quiet(words: str) -> str:
    """`words` without the backticks by which checkers set names apart, which would be shown as such in code."""
    return words.replace("`", "'")
