"""The report as JUnit XML: a suite for each item, a case for each artifact.

FAILED is a `<failure>`. INCONCLUSIVE is an `<error>`, which in JUnit means that the test could not be carried out;
a `<skipped>` would be shown as fine, and what could not be seen must not look verified.
"""

from __future__ import annotations

from datetime import UTC

from loopcheck.model import ArtifactResult, ItemResult, Outcome, Problem, Report, Verdict
from loopcheck.reports import text
from loopcheck.reports.clean import one_line

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "[": "&#91;"})
"""`[` as well: it cannot then be part of a `##[command]` when the file is printed in a log."""


def render(report: Report) -> str:
    """The report as XML 1.0 that the usual JUnit schemas accept."""
    at = report.run.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    suites = [_suite(item, number, at) for number, item in enumerate(report.items)]
    if report.errors:
        suites.append(_unreadable(report.errors, len(suites), at))
    return '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n' + "".join(suites) + "</testsuites>\n"


def _suite(item: ItemResult, number: int, at: str) -> str:
    cases = [_case(item, artifact) for artifact in item.artifacts]
    failures = sum(artifact.verdict is Verdict.FAILED for artifact in item.artifacts)
    errors = sum(artifact.verdict is Verdict.INCONCLUSIVE for artifact in item.artifacts)
    name = item.title if one_line(item.title) else item.id  # a suite must have a name
    return _written(name, item.id, number, at, cases, failures, errors, text.about(item))


def _unreadable(problems: tuple[Problem, ...], number: int, at: str) -> str:
    cases = [
        f'    <testcase name={_quoted(f"{one.path}:{one.line}:{one.column}")} classname="declarations" time="0">\n'
        f'      <error message={_quoted(one.message)} type="unreadable">{_escaped(one.hint or "")}</error>\n'
        "    </testcase>\n"
        for one in problems
    ]
    return _written(
        "declarations", "declarations", number, at, cases, 0, len(cases), "declarations that cannot be read"
    )


def _written(
    name: str, package: str, number: int, at: str, cases: list[str], failures: int, errors: int, out: str
) -> str:
    return (
        f'  <testsuite name={_quoted(name)} package={_quoted(package)} id="{number}" timestamp="{at}"'
        f' hostname="localhost" tests="{len(cases)}" failures="{failures}" errors="{errors}" time="0">\n'
        "    <properties/>\n"
        f"{''.join(cases)}"
        f"    <system-out>{_escaped(out)}</system-out>\n"
        "    <system-err/>\n"
        "  </testsuite>\n"
    )


def _case(item: ItemResult, artifact: ArtifactResult) -> str:
    begin = f'    <testcase name={_quoted(f"{artifact.kind} {artifact.summary}")} classname={_quoted(item.id)} time="0"'
    if artifact.verdict is Verdict.VERIFIED:
        return f"{begin}/>\n"
    open_claims = [claim for claim in artifact.claims if claim.outcome is not Outcome.HOLDS]
    wanted = Outcome.FAILS if artifact.verdict is Verdict.FAILED else Outcome.UNKNOWN
    worst = next((claim for claim in open_claims if claim.outcome is wanted), None)
    element = "failure" if artifact.verdict is Verdict.FAILED else "error"
    lines = "\n".join(text.plain(line) for line in text.artifact_lines(artifact))
    message = worst.message if worst else artifact.verdict.value
    kind = (worst.reason if worst else None) or artifact.verdict.value
    return (
        f"{begin}>\n"
        f"      <{element} message={_quoted(message)} type={_quoted(kind)}>{lines.translate(_ESCAPES)}</{element}>\n"
        "    </testcase>\n"
    )


def _escaped(words: str) -> str:
    """`words` as text of an element. What XML does not allow at all, `one_line` has taken out."""
    return one_line(words).translate(_ESCAPES)


def _quoted(words: str) -> str:
    return f'"{_escaped(words)}"'
