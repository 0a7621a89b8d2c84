"""The report for a person at a terminal, or in a log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from loopcheck.model import ArtifactResult, Claim, ItemResult, Outcome, Report, Verdict
from loopcheck.reports.clean import one_line

Span = tuple[str, str]
"""A piece of text with the name of its style, or no name."""
Line = list[Span]

STYLES = {
    "verified": "green",
    "holds": "green",
    "failed": "bold red",
    "fails": "red",
    "inconclusive": "yellow",
    "unknown": "yellow",
    "title": "bold",
    "dim": "dim",
    "error": "bold red",
    "note": "yellow",
}
"""Styles of `rich`, by the names used here."""


def render(report: Report, *, verbose: bool = False) -> str:
    """The report as plain text.

    Args:
        report: what to write.
        verbose: whether claims that hold, and all evidence, are written too.
    """
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines(report, verbose=verbose))


def lines(report: Report, *, verbose: bool = False) -> Iterator[Line]:
    """The report as lines of styled spans."""
    for item in report.items:
        yield from _item(item, verbose=verbose)
        yield []
    for problem in report.errors:
        yield [
            ("error", "error"),
            (f"  {problem.path}:{problem.line}:{problem.column}: ", ""),
            (one_line(problem.message), ""),
        ]
        if problem.hint:
            yield [(f"       -> {one_line(problem.hint)}", "dim")]
    if report.errors:
        yield []
    for note in report.run.notes:
        yield [("note", "note"), (f"   {one_line(note)}", "")]
    if not report.run.complete:
        yield [("note", "note"), ("   stopped early: not everything was looked at", "")]
    yield _sum(report)


def _sum(report: Report) -> Line:
    count = Counter(item.verdict for item in report.items)
    parts: Line = [(f"{len(report.items)} item{'' if len(report.items) == 1 else 's'}: ", "title")]
    for place, verdict in enumerate(Verdict):
        number = count[verdict]
        parts.append((f"{', ' if place else ''}{number} {verdict.value}", verdict.value if number else "dim"))
    if report.errors:
        parts.append((f", {len(report.errors)} that cannot be read", "error"))
    parts.append((f". Looked at {report.run.ref[:12]}.", "dim"))
    return parts


def _item(item: ItemResult, *, verbose: bool) -> Iterator[Line]:
    yield [(f"{item.verdict.value.upper():<14}", item.verdict.value), (one_line(item.title, 200), "title")]
    about = [str(item.location), item.owner]
    if item.due is not None:
        about.append(f"due {item.due}" + (", OVERDUE" if item.overdue else ""))
    if item.incident is not None:
        about.append(item.incident.id)
    yield [(" " * 14 + one_line(", ".join(about)), "dim")]
    for artifact in item.artifacts:
        yield from _artifact(artifact, verbose=verbose)


def _artifact(artifact: ArtifactResult, *, verbose: bool) -> Iterator[Line]:
    yield [
        ("  ", ""),
        (f"{artifact.verdict.value:<12}", artifact.verdict.value),
        (f"{artifact.kind}  ", ""),
        (one_line(artifact.summary, 200), ""),
        (f"  ({artifact.rung.value})" if artifact.rung else "", "dim"),
    ]
    for claim in artifact.claims:
        if verbose or claim.outcome is not Outcome.HOLDS:
            yield from _claim(claim, verbose=verbose)


def _claim(claim: Claim, *, verbose: bool) -> Iterator[Line]:
    word = f"{claim.rung.value} {claim.claim}" + (f" [{claim.reason}]" if claim.reason else "")
    yield [
        ("    ", ""),
        (f"{claim.outcome.value:<10}", claim.outcome.value),
        (f"{word}: ", ""),
        (one_line(claim.message), ""),
    ]
    if claim.remedy:
        yield [(f"{'':14}-> {one_line(claim.remedy)}", "dim")]
    if verbose:
        for evidence in claim.evidence:
            yield [(f"{'':14}   {one_line(evidence.source)}: {one_line(evidence.seen)}", "dim")]
