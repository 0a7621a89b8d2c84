"""The report as annotations: workflow commands, which GitHub's runner takes from the log.

A step may make 10 annotations of each level; what is beyond that is said in one of them and listed in plain
text. Everything here is printed where commands are obeyed, so what is not ours is escaped twice: `clean` takes out
what looks like a command, and the runner's own escapes keep text inside the place that it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from loopcheck.model import ArtifactResult, ItemResult, Location, Outcome, Report, Verdict
from loopcheck.reports import text
from loopcheck.reports.clean import one_line

_PER_LEVEL = 10
_MESSAGE = 4000
"""Characters of a message. GitHub cuts at 4,096, perhaps in the middle of a line."""


class _Annotation(msgspec.Struct, frozen=True):
    level: str
    location: Location
    title: str
    lines: tuple[str, ...]


def render(report: Report, *, top: str = "") -> str:
    """The report as workflow commands, with a plain line for each annotation too many and the sum at the end.

    Args:
        report: the report.
        top: the repository's own folder below the workspace, where it is not the workspace itself. GitHub takes
            the paths of annotations from the workspace.
    """
    out: list[str] = []
    annotations = [_below(top, one) for one in _annotations(report)]
    for level in ("error", "warning"):
        mine = [one for one in annotations if one.level == level]
        fit = mine if len(mine) <= _PER_LEVEL else mine[: _PER_LEVEL - 1]
        out += [_command(one) for one in fit]
        rest = mine[len(fit) :]
        if rest:
            many = f"{len(rest)} more, which GitHub does not show as annotations: see the log of this step"
            out.append(_command(_Annotation(level, rest[0].location, f"and {len(rest)} more", (many,))))
            out += [_plain(one) for one in rest]
    out.append(text.plain(text.sum_line(report)))
    return "".join(line + "\n" for line in out)


def _annotations(report: Report) -> Iterator[_Annotation]:
    for problem in report.errors:
        lines = (problem.message, *([f"-> {problem.hint}"] if problem.hint else []))
        place = Location(problem.path, problem.line, problem.column)
        yield _Annotation("error", place, "A declaration cannot be read", lines)
    for item in report.items:
        for artifact in item.artifacts:
            if artifact.verdict is not Verdict.VERIFIED:
                yield _of_artifact(item, artifact)


def _below(top: str, one: _Annotation) -> _Annotation:
    if not top or not one.location.path:
        return one
    place = msgspec.structs.replace(one.location, path=f"{top}/{one.location.path}")
    return msgspec.structs.replace(one, location=place)


def _of_artifact(item: ItemResult, artifact: ArtifactResult) -> _Annotation:
    failed = artifact.verdict is Verdict.FAILED
    lines = [f"{artifact.kind} {artifact.summary}"]
    for claim in artifact.claims:
        if claim.outcome is not Outcome.HOLDS:
            lines.append(f"{claim.claim} [{claim.reason}]: {claim.message}")
            if claim.remedy:
                lines.append(f"-> {claim.remedy}")
    return _Annotation(
        "error" if failed else "warning",
        artifact.location,
        f"{artifact.verdict.value.upper()}: {item.title}",
        tuple(lines),
    )


def _command(one: _Annotation) -> str:
    path = _property(one.location.path, 1000)
    properties = [*([f"file={path}"] if path else []), f"line={one.location.line}"]
    if one.location.column is not None:
        properties.append(f"col={one.location.column}")
    properties.append(f"title={_property(one.title, 200)}")
    message = _data(one.lines[0])
    for line in one.lines[1:]:
        following = "%0A" + _data(line)
        if len(message) + len(following) > _MESSAGE:
            message += "%0A…"
            break
        message += following
    return f"::{one.level} {','.join(properties)}::{message}"


def _plain(one: _Annotation) -> str:
    return one_line(f"{one.level}: {one.location}: {one.title}: {'; '.join(one.lines)}")


def _data(words: str) -> str:
    return one_line(words).replace("%", "%25")


def _property(words: str, limit: int) -> str:
    return one_line(words, limit).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
