"""The report as SARIF 2.1.0, for GitHub's code scanning and other viewers.

A claim that fails is an `error`, one that is unknown a `note`; a rule is a kind with a claim. A declaration that
cannot be read is a notification of the tool, as the format wants it, and a result too, because viewers show only
those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from loopcheck.model import ArtifactResult, Claim, Evidence, ItemResult, Location, Outcome, Report
from loopcheck.reports.clean import encodable, one_line
from loopcheck.reports.json import document

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_UNREADABLE = "declaration/readable"
_IN_REPOSITORY = re.compile(r"(?P<path>[^@]{1,1000}?)(?::(?P<line>[0-9]{1,7}))?@[0-9a-f]{7,64}")


def render(report: Report) -> str:
    """The report as SARIF."""
    rules: dict[str, dict[str, Any]] = {}
    results = [*_unreadable(report, rules), *_results(report, rules)]
    driver = {
        "name": "loopcheck",
        "version": report.run.loopcheck,
        "semanticVersion": report.run.loopcheck,
        "rules": list(rules.values()),
    }
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": "loopcheck/"},
        "invocations": [
            {
                "executionSuccessful": report.run.complete and not report.errors,
                "startTimeUtc": report.run.at.isoformat().replace("+00:00", "Z"),
                "toolExecutionNotifications": _notifications(report),
            }
        ],
        "results": results,
        "properties": {"verdict": report.verdict.value, "ref": report.run.ref},
    }
    return document({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _results(report: Report, rules: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in report.items:
        for artifact in item.artifacts:
            for claim in artifact.claims:
                if claim.outcome is not Outcome.HOLDS and claim.rung <= item.requires:
                    yield _result(item, artifact, claim, rules)


def _result(
    item: ItemResult, artifact: ArtifactResult, claim: Claim, rules: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    failed = claim.outcome is Outcome.FAILS
    what = "" if failed else "could not be seen: "
    artifact_words = one_line(f"{artifact.kind} {artifact.summary}", 200)
    message = f"{one_line(item.title, 200)}: {artifact_words}: {what}{one_line(claim.message)}"
    if claim.remedy:
        message += f" Next: {one_line(claim.remedy)}"
    result: dict[str, Any] = {
        **_rule(rules, f"{artifact.kind}/{claim.claim}", f"{artifact.kind}: {claim.claim}"),
        "level": "error" if failed else "note",
        "message": {"text": _braced(message)},
        "locations": [{"physicalLocation": _physical(artifact.location)}],
        "partialFingerprints": {"loopcheck/v1": f"{item.id}|{artifact.kind}|{artifact.summary}|{claim.claim}"},
        "properties": {
            "item": item.id,
            "outcome": claim.outcome.value,
            "reason": claim.reason,
            "rung": claim.rung.value,
            "verdict": artifact.verdict.value,
        },
    }
    related = [_related(number, one) for number, one in enumerate(claim.evidence)]
    if related:
        result["relatedLocations"] = related
    return result


def _unreadable(report: Report, rules: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for problem in report.errors:
        words = one_line(problem.message) + (f" Next: {one_line(problem.hint)}" if problem.hint else "")
        yield {
            **_rule(rules, _UNREADABLE, "a declaration can be read"),
            "level": "error",
            "message": {"text": _braced(words)},
            "locations": [{"physicalLocation": _physical(Location(problem.path, problem.line, problem.column))}],
        }


def _notifications(report: Report) -> list[dict[str, Any]]:
    notes = [("note", one_line(note)) for note in report.run.notes]
    if not report.run.complete:
        notes.append(("warning", "stopped early: not everything was looked at"))
    notes += [("error", f"{one_line(one.path)}:{one.line}: {one_line(one.message)}") for one in report.errors]
    return [{"level": level, "message": {"text": _braced(words)}} for level, words in notes]


def _rule(rules: dict[str, dict[str, Any]], word: str, says: str) -> dict[str, Any]:
    word, says = one_line(word, 200), one_line(says, 200)
    index = list(rules).index(word) if word in rules else len(rules)
    rules.setdefault(word, {"id": word, "name": word, "shortDescription": {"text": _braced(says)}})
    return {"ruleId": word, "ruleIndex": index}


def _physical(location: Location) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": max(1, location.line)}
    if location.column is not None:
        region["startColumn"] = max(1, location.column)
    return {"artifactLocation": _in_repository(location.path), "region": region}


def _in_repository(path: str) -> dict[str, Any]:
    try:
        name = path.encode(errors="surrogateescape")  # git's names are bytes; these are the ones it has
    except UnicodeEncodeError:
        name = encodable(path).encode()
    return {"uri": quote(name, safe="/"), "uriBaseId": "%SRCROOT%"}


def _related(number: int, evidence: Evidence) -> dict[str, Any]:
    """A place of the evidence: a file of the repository, a page, or only its name."""
    words = f"{one_line(evidence.source)}: {one_line(evidence.seen)}"
    place: dict[str, Any] = {"id": number, "message": {"text": _braced(words)}}
    found = _IN_REPOSITORY.fullmatch(evidence.source)
    if found and "://" not in found["path"]:
        physical: dict[str, Any] = {"artifactLocation": _in_repository(found["path"])}
        if found["line"]:
            physical["region"] = {"startLine": max(1, int(found["line"]))}
        place["physicalLocation"] = physical
    elif evidence.source.startswith("https://"):
        uri = quote(evidence.source.encode(errors="replace"), safe=":/?#@!$&'()*+,;=~%-._")
        if re.fullmatch(r"https://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#][^%]*(?:%[0-9A-Fa-f]{2}[^%]*)*)?", uri):
            place["physicalLocation"] = {"artifactLocation": {"uri": uri}}
    return place


def _braced(words: str) -> str:
    """`words` as a plain-text message. SARIF takes `{0}` for a placeholder and `[text](1)` for a link."""
    return words.replace("{", "{{").replace("}", "}}").replace("[", "\\[").replace("]", "\\]")
