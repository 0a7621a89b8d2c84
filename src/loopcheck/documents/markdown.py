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

from loopcheck.documents.origin import DocumentError, Origin
from loopcheck.model import Location

_MAX_TITLE = 200
MAX_SIZE = 1 << 20
"""Characters of the longest document that is parsed. Real ones have a hundredth of it, and hostile ones take the
parser up to 20 µs a character."""


class FrontMatter(msgspec.Struct, frozen=True):
    """The YAML between `---` lines at the very top of a file."""

    text: str
    origin: Origin


class Fence(msgspec.Struct, frozen=True):
    """A fenced code block."""

    info: str
    """The first word after the opening fence."""
    more: tuple[str, ...]
    """The other words after the opening fence."""
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
    lines = lines_of(text)
    height = _height(lines)
    return FrontMatter("\n".join(lines[1 : height - 1]), Origin(path, 2)) if height else None


def lines_of(text: str) -> list[str]:
    """The lines of a document as CommonMark counts them: each ends with a line feed, a carriage return, or both."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _height(lines: Sequence[str]) -> int:
    """How many lines the front matter takes, its two rules among them; 0 where there is none."""
    if lines[0].rstrip() != "---":
        return 0
    return next((number for number, line in enumerate(lines[1:], 2) if line.rstrip() in ("---", "...")), 0)


def without_front_matter(text: str) -> str:
    """`text` with its front matter replaced by blank lines, so that line numbers stay."""
    lines = lines_of(text)
    height = _height(lines)
    return "\n".join([""] * height + lines[height:])


def tokens(text: str, path: str = "the document") -> list[Token]:
    """The block tokens of a document without its front matter; the content of headings and paragraphs is raw.

    Raises:
        DocumentError: it is longer than `MAX_SIZE`.
    """
    if len(text) > MAX_SIZE:
        raise DocumentError(
            f"the document has {len(text):,} characters, more than {MAX_SIZE:,}", Location(path), hint="split it"
        )
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


@lru_cache(maxsize=256)
def title_of(raw: str) -> str:
    """A title from raw inline Markdown: its first line, without a checkbox."""
    first = raw.strip().split("\n", 1)[0]
    if first[:3].lower() in ("[ ]", "[x]"):
        first = first[3:]
    return plain(first)[:_MAX_TITLE].strip(" :")


def fences(text: str, path: str) -> list[Fence]:
    """Every fenced block of a document, in order.

    Raises:
        DocumentError: see `tokens`.
    """
    lines = lines_of(text)
    found: list[Fence] = []
    items: list[str | None] = []  # the titles of the list items that are open, innermost last
    above: str | None = None
    heading = False
    for token in tokens(text, path):
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
    content = token.content.removesuffix("\n").split("\n") if token.content else []
    indents = []
    for offset, line in enumerate(content):
        raw = lines[first + 1 + offset] if first + 1 + offset < len(lines) else line
        indents.append(len(raw) - len(line))
    last = lines[end - 1].lstrip(" \t>").rstrip() if 0 < end <= len(lines) else ""
    closed = end - first > len(content) + 1 and last.startswith(token.markup) and not last.strip(token.markup[0])
    words = token.info.split()
    return Fence(
        info=words[0] if words else "",
        more=tuple(words[1:]),
        text=token.content,
        origin=Origin(path, first + 2, tuple(indents) if any(indents) else ()),
        opened=first + 1,
        closed=closed,
        title=title or None,
    )
