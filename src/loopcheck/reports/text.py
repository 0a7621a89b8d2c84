"""The report for a person, in a log or in a pipe. `terminal` shows the same lines with colours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from loopcheck.model import ArtifactResult, Claim, ItemResult, Outcome, Problem, Report, Verdict
from loopcheck.reports import sketch
from loopcheck.reports.clean import one_line

Span = tuple[str, str]
"""A piece of text with the name of its style, or no name."""
Line = list[Span]

INDENT = 15
"""Where the text of an item begins, in characters."""


def render(report: Report, *, verbose: bool = False) -> str:
    """The report as plain text.

    Args:
        report: what to write.
        verbose: whether claims that hold, and all evidence, are written too.
    """
    return "".join(plain(line) + "\n" for line in lines(report, verbose=verbose))


def plain(line: Line) -> str:
    """A line without its styles."""
    return "".join(text for text, _ in line).rstrip()


def lines(report: Report, *, verbose: bool = False) -> Iterator[Line]:
    """The report as lines of styled spans."""
    for item in report.items:
        yield from item_lines(item, verbose=verbose)
        yield []
    for problem in report.errors:
        yield from problem_lines(problem)
    if report.errors:
        yield []
    for note in report.run.notes:
        yield [("note", "note"), (f"   {one_line(note)}", "")]
    if not report.run.complete:
        yield [("note", "note"), ("   stopped early: not everything was looked at", "")]
    yield sum_line(report)


def problem_lines(problem: Problem) -> Iterator[Line]:
    """What cannot be read, and what to write instead."""
    place = one_line(f"{problem.path}:{problem.line}:{problem.column}")
    yield [("error", "error"), (f"  {place}: ", ""), (one_line(problem.message), "")]
    if problem.hint:
        yield [(f"       -> {one_line(problem.hint)}", "dim")]


def sum_line(report: Report) -> Line:
    """The whole in one line: how many items, with which verdict, at which commit."""
    count = Counter(item.verdict for item in report.items)
    parts: Line = [(f"{len(report.items)} item{'' if len(report.items) == 1 else 's'}: ", "title")]
    for place, verdict in enumerate(Verdict):
        number = count[verdict]
        parts.append((f"{', ' if place else ''}{number} {verdict.value}", verdict.value if number else "dim"))
    if report.errors:
        parts.append((f", {len(report.errors)} that cannot be read", "error"))
    parts.append((f". Looked at {one_line(report.run.ref[:12])}.", "dim"))
    return parts


def item_lines(item: ItemResult, *, verbose: bool = False) -> Iterator[Line]:
    """One item with its artifacts."""
    yield [(f"{item.verdict.value.upper():<{INDENT}}", item.verdict.value), (one_line(item.title, 200), "title")]
    yield [(" " * INDENT + about(item), "dim")]
    for artifact in item.artifacts:
        yield from artifact_lines(artifact, verbose=verbose)


def about(item: ItemResult) -> str:
    """Where an item is declared, whose it is, when it is due, which incident it answers."""
    parts = [str(item.location), item.owner]
    if item.due is not None:
        parts.append(f"due {item.due}" + (", OVERDUE" if item.overdue else ""))
    if item.incident is not None:
        parts.append(item.incident.id)
    return one_line(", ".join(parts))


def artifact_lines(artifact: ArtifactResult, *, verbose: bool = False) -> Iterator[Line]:
    """One artifact with those of its claims that do not hold, or show a replay; with all of them where `verbose`."""
    yield [
        ("  ", ""),
        (f"{artifact.verdict.value:<12} ", artifact.verdict.value),
        (f"{one_line(artifact.kind, 100)}  ", ""),
        (one_line(artifact.summary, 200), ""),
        (f"  ({artifact.rung.value})" if artifact.rung else "", "dim"),
    ]
    for claim in artifact.claims:
        if verbose or claim.outcome is not Outcome.HOLDS or claim.sketch is not None:
            yield from _claim(claim, verbose=verbose)


def _claim(claim: Claim, *, verbose: bool) -> Iterator[Line]:
    word = f"{claim.rung.value} {claim.claim}" + (f" [{claim.reason}]" if claim.reason else "")
    yield [
        ("    ", ""),
        (f"{claim.outcome.value:<11}", claim.outcome.value),
        (f"{one_line(word, 150)}: ", ""),
        (one_line(claim.message), ""),
    ]
    if claim.sketch is not None:
        for drawn, style in sketch.lines(claim.sketch):
            yield [(f"{'':{INDENT}}{drawn}", style)]
    if claim.remedy:
        yield [(f"{'':{INDENT}}-> {one_line(claim.remedy)}", "dim")]
    if verbose:
        for evidence in claim.evidence:
            yield [(f"{'':{INDENT}}   {one_line(evidence.source)}: {one_line(evidence.seen)}", "dim")]
