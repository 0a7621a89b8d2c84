"""The report as Markdown, for a job summary or a comment.

What strangers wrote stands in code only: inline code in the table, a fenced block below it. There GitHub makes no
link, image, mention or reference of it. The fence is longer than any row of backticks in what it holds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from loopcheck.model import ItemResult, Report, Verdict
from loopcheck.reports import text
from loopcheck.reports.clean import one_line, unlinked

SUMMARY_LIMIT = 1_000_000
"""Bytes of UTF-8 that a report may have. GitHub drops a job summary of more than 1 MiB without failing the step."""
COMMENT_LIMIT = 60_000
"""The same for a comment, which may have 65,536 characters."""

SIGNS = {Verdict.VERIFIED: "✅", Verdict.INCONCLUSIVE: "🟡", Verdict.FAILED: "❌"}
_ROOM = 400
"""Bytes that are kept free for saying what was left out, and for the last line."""


def render(report: Report, *, limit: int = SUMMARY_LIMIT) -> str:
    """The report as GitHub's Markdown: the verdict, a row for each artifact, what does not hold, and what was replayed.

    The worst comes first. What does not fit is counted.

    Args:
        report: what to write.
        limit: bytes of UTF-8 that it may have.
    """
    out = Bounded(limit - _ROOM)
    out.add(f"## {SIGNS[report.verdict]} loopcheck: {report.verdict.value}\n\n{_sum(report)}\n")
    notes = [one_line(note) for note in report.run.notes]
    if not report.run.complete:
        notes.append("stopped early: not everything was looked at")
    if notes:
        out.each([f"\n{fenced('note: ' + note)}\n" for note in notes], len(notes), "notes", share=0.1)
    if report.errors:
        out.add("\n### What cannot be read\n")
        problems = ("\n".join(map(text.plain, text.problem_lines(one))) for one in report.errors)
        out.each((f"\n{fenced(one)}\n" for one in problems), len(report.errors), "that cannot be read", share=0.3)
    worst_first = sorted(report.items, key=lambda item: list(Verdict).index(item.verdict), reverse=True)
    rows = [(item, place) for item in worst_first for place in range(len(item.artifacts))]
    if rows:
        out.add("\n| | item | artifact | owner | due |\n|---|---|---|---|---|\n")
        out.each((_row(item, place) for item, place in rows), len(rows), "artifacts", share=0.5)
    unmet = [item for item in worst_first if item.verdict is not Verdict.VERIFIED]
    if unmet:
        out.add("\n### What does not hold\n")
        out.each((_details(item) for item in unmet), len(unmet), "items that do not hold", share=0.9)
    replayed = [item for item in worst_first if item.verdict is Verdict.VERIFIED and _replayed(item)]
    if replayed:
        out.add("\n### What was replayed\n")
        out.each((_details(item) for item in replayed), len(replayed), "items that were replayed")
    return out.text


class Bounded:
    """Text that stays below a number of bytes and says what it left out."""

    def __init__(self, limit: int) -> None:
        self._parts: list[str] = []
        self._left = limit

    @property
    def text(self) -> str:
        """All that was added."""
        return "".join(self._parts)

    def add(self, part: str) -> None:
        """Add what is short and must be there."""
        self._left -= len(part.encode())
        self._parts.append(part)

    def each(self, parts: Iterable[str], number: int, what: str, *, share: float = 1.0) -> None:
        """Add as many of the `number` `parts` as fit into a `share` of what is left, and count the rest."""
        room = self._left * share
        for done, part in enumerate(parts):
            room -= len(part.encode())
            if room < 0:
                self.add(f"\n… and {number - done} more {what}\n")
                return
            self.add(part)


def _sum(report: Report) -> str:
    count = Counter(item.verdict for item in report.items)
    parts = ", ".join(f"{count[verdict]} {verdict.value}" for verdict in Verdict)
    unread = f", {len(report.errors)} that cannot be read" if report.errors else ""
    items = f"{len(report.items)} item{'' if len(report.items) == 1 else 's'}"
    return f"{items}: {parts}{unread}. Looked at {code(report.run.ref[:12])}."


def _row(item: ItemResult, place: int) -> str:
    artifact = item.artifacts[place]
    due = f"{item.due}{' (overdue)' if item.overdue else ''}" if item.due else ""
    first = [code(item.title, 120), code(f"{artifact.kind} {artifact.summary}", 160), code(item.owner, 80), due]
    return f"| {SIGNS[artifact.verdict]} {artifact.verdict.value} | {' | '.join(first)} |\n"


def _replayed(item: ItemResult) -> bool:
    return any(claim.sketch is not None for artifact in item.artifacts for claim in artifact.claims)


def _details(item: ItemResult) -> str:
    lines = [text.plain(line) for line in text.item_lines(item)]
    return f"\n{fenced(chr(10).join(lines))}\n"


def fenced(block: str) -> str:
    """`block`, whose lines are clean, in a fence that nothing in it can close."""
    fence = "`" * max(3, _longest_run(block) + 1)
    return f"{fence}text\n{unlinked(block)}\n{fence}"


def code(words: str, limit: int = 200) -> str:
    """`words` as inline code, fit for a cell of a table.

    A table is cut into cells before anything else is read, so a `|` ends a cell even in code.
    """
    words = unlinked(one_line(words, limit)).replace("|", "¦")
    if not words:
        return ""
    ticks = "`" * (_longest_run(words) + 1)
    space = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{ticks}{space}{words}{space}{ticks}"


def _longest_run(words: str) -> int:
    return max((len(run) for run in re.findall(r"`+", words)), default=0)
