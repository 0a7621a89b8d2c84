"""`loopcheck list`: what is declared, without looking at any artifact."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loopcheck import loading
from loopcheck.cli import common, output
from loopcheck.errors import ExitCode
from loopcheck.reports.clean import one_line

if TYPE_CHECKING:
    from loopcheck.model import ActionItem
    from loopcheck.reports.text import Line


@click.command()
@common.repository_options
@common.issues_option
@click.option("--now", metavar="TIME", help="Reckon from this time instead of the clock.")
@click.option("--format", "style", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.option("--color/--no-color", default=None, help="Colours, or none.  [default: on a terminal]")
def command(
    repo: Path,
    ref: str,
    with_issues: bool,  # noqa: FBT001 - click's signature
    now: str | None,
    style: str,
    color: bool | None,  # noqa: FBT001
) -> None:
    """List the declared items: whose, due when, declared where.

    Nothing is verified: OVERDUE means that the date is past. Exit codes: 0; 2 a declaration cannot be read; 4 the
    issues could not be seen.
    """
    at = common.moment(now) or datetime.now(UTC)
    loaded = loading.load(repo, ref)
    try:
        if with_issues:
            loaded = common.with_issues(loaded, loading.session(loaded, at))
    finally:
        loaded.repository.close()
    items, problems, unseen = loaded.declared.items, loaded.declared.problems, loaded.declared.unseen
    if style == "json":
        from loopcheck.reports.json import document

        notes = [*unseen, *loading.notes(loaded)]
        listed = [_data(item, at) for item in items]
        output.emit(document({"version": 1, "errors": problems, "notes": notes, "items": listed}))
    else:
        from loopcheck.reports.text import problem_lines

        lines = [line for item in items for line in _lines(item, at)]
        for problem in problems:
            lines += problem_lines(problem)
        lines += [[("note", "note"), (f"   {one_line(note)}", "")] for note in (*unseen, *loading.notes(loaded))]
        late = sum(common.overdue(item, at) for item in items)
        count = f"{len(items)} item{'' if len(items) == 1 else 's'}"
        unread = f", {len(problems)} that cannot be read" if problems else ""
        lines.append([(f"{count}, {late} overdue{unread}.", "title")])
        output.say(lines, color)
    sys.exit(int(ExitCode.USAGE if problems else ExitCode.PARTIAL if unseen else ExitCode.VERIFIED))


def _lines(item: ActionItem, at: datetime) -> Iterator[Line]:
    late = common.overdue(item, at)
    due = f"{item.due}" if item.due else "no date"
    yield [(f"{due:<12}", "failed" if late else "dim"), (one_line(item.title, 200), "title")]
    about = [*(["OVERDUE"] if late else []), item.owner, *([item.incident.id] if item.incident else [])]
    kinds = ", ".join(artifact.kind for artifact in item.artifacts)
    yield [(f"{'':12}{one_line(', '.join(about))}: {one_line(kinds)} ({item.requires.value})", "")]
    yield [(f"{'':12}{one_line(item.id)} at {one_line(str(item.location))}", "dim")]


def _data(item: ActionItem, at: datetime) -> dict[str, Any]:
    return {
        "id": item.id,
        "title": item.title,
        "owner": item.owner,
        "due": item.due,
        "overdue": common.overdue(item, at),
        "location": item.location,
        "url": item.url,
        "requires": item.requires,
        "kind": item.kind,
        "incident": item.incident.id if item.incident else None,
        "artifacts": [{"kind": artifact.kind, "location": artifact.location} for artifact in item.artifacts],
    }
