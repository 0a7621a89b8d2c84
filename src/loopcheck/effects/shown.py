"""Effects in words, for a dry run and for the log: exactly what would be written, and what was not.

Everything that is printed is one clean line; a comment's own lines are shown below it, each clean.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopcheck.effects.apply import Applied, Done
from loopcheck.effects.model import Effect, PutComment, PutStatus, React, Record, Reopen, SetLabels
from loopcheck.reports.clean import one_line
from loopcheck.reports.text import Line

_SHOWN = 200
"""Lines of one text that are shown."""


def effect_lines(effect: Effect) -> Iterator[Line]:
    """What an effect writes."""
    match effect:
        case Record():
            count = len(effect.entries)
            yield _title(f"ledger: {count} {'line' if count == 1 else 'lines'}")
            for entry in effect.entries:
                what = entry.verdict.value if entry.action.value == "seen" else entry.action.value
                about = entry.item or (f"#{entry.issue}" if entry.issue else "the sweep")
                yield _text(f"{about}: {what}{f', {entry.note}' if entry.note else ''}")
        case PutComment():
            yield _title(f"#{effect.issue}: the comment")
            yield from body_lines(effect.body)
        case SetLabels():
            signed = [*(f"+{name}" for name in effect.add), *(f"-{name}" for name in effect.remove)]
            yield _title(f"#{effect.issue}: labels {' '.join(signed)}")
        case Reopen():
            yield _title(f"#{effect.issue}: reopened, because {effect.reason}")
        case React():
            yield _title(f"#{effect.issue}: reaction {effect.receipt.value} on comment {effect.comment}")
        case PutStatus():
            yield _title(f"{effect.commit[:12]}: status {effect.conclusion.value}: {effect.title}")
            yield from body_lines(effect.summary)


def applied_lines(applied: Applied) -> Iterator[Line]:
    """What became of an effect; nothing of one that was so already."""
    if applied.done is Done.UNCHANGED:
        return
    first = next(effect_lines(applied.effect))
    yield [(f"{applied.done.value:<9}", "note" if applied.done is Done.LEFT else "dim"), *first]
    if applied.done is Done.LEFT:
        yield _text(applied.because)


def body_lines(text: str) -> Iterator[Line]:
    """A text in Markdown, without the invisible spaces that keep GitHub from making links of words."""
    lines = text.replace("\u200b", "").splitlines()
    for line in lines[:_SHOWN]:
        yield [(f"  | {one_line(line)}".rstrip(), "")]
    if len(lines) > _SHOWN:
        yield _text(f"and {len(lines) - _SHOWN} more lines")


def _title(words: str) -> Line:
    return [(one_line(words), "title")]


def _text(words: str) -> Line:
    return [(f"  {one_line(words)}", "dim")]
