"""Markdown as CommonMark reads it: front matter, fenced blocks, and the titles above them.

Only the block structure is parsed for a whole document; inline text is parsed for titles alone. What stands in
an HTML comment or inside another fence is not a block, and a real parser is the only thing that knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec
from markdown_it import MarkdownIt
from markdown_it.token import Token

from loopcheck.documents.origin import Origin

_MAX_TITLE = 200


class FrontMatter(msgspec.Struct, frozen=True):
    """The YAML between `---` lines at the very top of a file."""

    text: str
    origin: Origin


class Fence(msgspec.Struct, frozen=True):
    """A fenced code block."""

    info: str
    """The first word after the opening fence."""
    text: str
    """The content, without the indentation or quote marks that the block stands in."""
    origin: Origin
    """Where the content begins."""
    opened: int
    """The line of the opening fence, from 1."""
    closed: bool
    """False where the end of the document had to close it."""
    title: str | None
    """The plain text of the list item that holds it, or else of the heading or list item above it."""


@lru_cache(maxsize=1)
def _blocks() -> MarkdownIt:
    parser = MarkdownIt("commonmark")
    # `reference` only collects link targets, and is the one block rule that long hostile text can slow down.
    parser.disable(["inline", "reference"])
    return parser


@lru_cache(maxsize=1)
def _inline() -> MarkdownIt:
    return MarkdownIt("commonmark", {"maxNesting": 10})


def front_matter(text: str, path: str) -> FrontMatter | None:
    """The front matter of a document, or `None`."""
    lines = text.split("\n", 1)
    if lines[0].rstrip() != "---" or len(lines) == 1:
        return None
    body: list[str] = []
    for line in lines[1].split("\n"):
        if line.rstrip() in ("---", "..."):
            return FrontMatter("\n".join(body), Origin(path, 2))
        body.append(line.rstrip("\r"))
    return None


def without_front_matter(text: str) -> str:
    """`text` with its front matter replaced by blank lines, so that line numbers stay."""
    matter = front_matter(text, "")
    if matter is None:
        return text
    lines = text.split("\n")
    height = matter.text.count("\n") + 3 if matter.text else 2
    if not matter.text and lines[1].rstrip() not in ("---", "..."):
        height = 3
    return "\n".join([""] * height + lines[height:])


def tokens(text: str) -> list[Token]:
    """The block tokens of a document without its front matter; the content of headings and paragraphs is raw."""
    return _blocks().parse(without_front_matter(text).replace("\0", "\ufffd"))


def plain(raw: str) -> str:
    """The text of raw inline Markdown as a reader sees it: no emphasis, links opened, code without backticks."""
    parts: list[str] = []
    for token in _inline().parseInline(raw[: 4 * _MAX_TITLE])[0].children or []:
        if token.type in ("text", "code_inline"):
            parts.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif token.type == "image":
            parts.append(token.content)
    return " ".join("".join(parts).split())


def title_of(raw: str) -> str:
    """A title from raw inline Markdown: its first line, without a checkbox."""
    first = raw.strip().split("\n", 1)[0]
    if first[:3].lower() in ("[ ]", "[x]"):
        first = first[3:]
    return plain(first)[:_MAX_TITLE].strip(" :")


def fences(text: str, path: str) -> list[Fence]:
    """Every fenced block of a document, in order."""
    lines = text.split("\n")
    found: list[Fence] = []
    items: list[str | None] = []  # the titles of the list items that are open, innermost last
    above: str | None = None
    heading = False
    for token in tokens(text):
        if token.type == "list_item_open":
            items.append(None)
        elif token.type == "list_item_close":
            items.pop()
        elif token.type == "heading_open":
            heading = True
        elif token.type == "inline":
            if heading:
                above, heading = token.content, False
            elif items and items[-1] is None:
                items[-1] = above = token.content
        elif token.type == "fence" and token.map:
            raw = next((title for title in reversed(items) if title is not None), None) or above
            found.append(_fence(token, lines, path, title_of(raw) if raw else None))
    return found


def _fence(token: Token, lines: Sequence[str], path: str, title: str | None) -> Fence:
    first, end = token.map or (0, 0)
    content = token.content.split("\n")[:-1]
    indents = []
    for offset, line in enumerate(content):
        raw = lines[first + 1 + offset].rstrip("\r") if first + 1 + offset < len(lines) else line
        indents.append(max(0, len(raw) - len(line)))
    last = lines[end - 1].lstrip(" \t>").rstrip() if 0 < end <= len(lines) else ""
    closed = end - first > len(content) + 1 and last.startswith(token.markup) and not last.strip(token.markup[0])
    words = token.info.split()
    return Fence(
        info=words[0] if words else "",
        text=token.content,
        origin=Origin(path, first + 2, tuple(indents) if any(indents) else ()),
        opened=first + 1,
        closed=closed,
        title=title or None,
    )
