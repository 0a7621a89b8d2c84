"""Whether a section says anything, and how many steps it has. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from loopcheck.documents.sections import Block, Section, plain_quotes

WRITTEN = "written"
EMPTY = "empty"

_TO_DO = re.compile(
    r"(?:TODO|TBD|TBA|TBC|TBW|FIXME|WIP|XXX)\b"  # in capitals whatever follows: `TODO write the steps`
    r"|(?i:todo|tbd|tba|tbc|tbw|fixme|wip|placeholder)(?:\s*[:.\-(!?\u2026].*)?$",
    re.DOTALL,
)
_PHRASES = frozenset(
    " ".join(
        """
        add content here; add steps here; add text here; coming soon; describe the steps here; details to follow;
        document this; empty; fill me in; fill this in; insert here; insert text here; lorem ipsum; more to come;
        n/a; na; needs content; none; none yet; not documented yet; not written yet; not yet; not yet documented;
        not yet written; nothing here yet; nothing yet; placeholder; please document; steps go here; stub; this
        section is a stub; this section is empty; this section will be written later; to be added; to be completed;
        to be continued; to be decided; to be defined; to be determined; to be documented; to be done; to be filled;
        to be filled in; to be written; to come; to do; under construction; will be added later; work in progress;
        write me; your text here
        """.split()
    ).split("; ")
)
_LAYOUT = " \t\n.,:;!?*_-|/[](){}<>#`'\"~+=\u2022\u2026\ufffc"


def content_of(section: Section) -> tuple[str, int]:
    """Whether `section` says something: `written`, `empty`, or the placeholder that stands there; and its line."""
    placeholder: tuple[str, int] | None = None
    for block in section.blocks:
        if block.kind == "heading":
            continue
        if says_something(block):
            return WRITTEN, block.line
        if placeholder is None and block.text.strip(_LAYOUT):
            placeholder = (" ".join(block.text.split())[:60], block.line)
    line = section.heading.line if section.heading else 1
    return placeholder or (EMPTY, line)


def says_something(block: Block) -> bool:
    """Whether a block is more than layout and promises to write."""
    if block.kind == "code":
        return any(_says(line.strip().lstrip("#/;").strip()) for line in block.text.split("\n"))
    return _says(block.text) or any(link.image for link in block.links)


def _says(text: str) -> bool:
    said = " ".join(plain_quotes(text).split()).strip(_LAYOUT)
    return bool(said) and said.casefold() not in _PHRASES and not _TO_DO.match(said)


_NUMBERED = re.compile(r"(?:step\s*[0-9]{1,3}\b|[0-9]{1,3}(?:[.):]|\s+-)\s*\S)", re.IGNORECASE)


def steps_in(section: Section) -> int:
    """How many steps a section has: the outermost items of its lists, or its numbered headings where those are more.

    An item or heading below which nothing is written is no step.
    """
    items = sum(1 for _, blocks in section.items if any(says_something(block) for block in blocks))
    return max(items, _numbered_headings(section.blocks))


def _numbered_headings(blocks: Iterable[Block]) -> int:
    count = 0
    waiting = False
    for block in blocks:
        if block.kind == "heading":
            waiting = bool(_NUMBERED.match(block.text))
        elif waiting and says_something(block):
            count += 1
            waiting = False
    return count
