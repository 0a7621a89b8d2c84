"""A Markdown document as its reader sees it: headings, anchors, sections, and what stands visibly in them.

Built on the tokens of a CommonMark parser with GitHub's tables: what is in an HTML comment, in a link definition
or in front matter is not in any block here, and code is kept apart from prose.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import unquote

import msgspec
from markdown_it import MarkdownIt
from markdown_it.token import Token

from loopcheck.documents import html
from loopcheck.documents.markdown import plain, without_front_matter
from loopcheck.documents.origin import DocumentError
from loopcheck.model import Location

MAX_DOCUMENT = 256 * 1024
"""The longest document that is read, in characters: hostile ones take the parser seconds for each 100,000."""
MAX_PARAGRAPH = 20_000
"""The longest paragraph, heading or table cell that is read, in characters."""

CODE_MARK = "\ufffc"
"""Stands in `Block.prose` where code stood."""


class TooBigError(DocumentError):
    """A document, or a paragraph of it, is longer than loopcheck reads."""


class Link(msgspec.Struct, frozen=True):
    """A link or an image."""

    destination: str
    """As it is written, with percent signs where something is encoded."""
    line: int
    image: bool = False


class Container(msgspec.Struct, frozen=True):
    """A list item or a quote, which holds blocks."""

    kind: Literal["item", "quote"]
    line: int
    parents: tuple[int, ...]
    """The places in `Document.containers` of what it stands in, outermost first."""


class Block(msgspec.Struct, frozen=True):
    """A heading, a paragraph, a row of a table, or a block of code: what a reader sees of it."""

    kind: Literal["heading", "text", "row", "code"]
    line: int
    """The line of the file on which it begins, from 1."""
    text: str
    """All of it, code included, in the words that the reader sees, line by line as it is written."""
    prose: str = ""
    """The same with `CODE_MARK` in place of each piece of code."""
    code: tuple[str, ...] = ()
    """The pieces of code in it."""
    links: tuple[Link, ...] = ()
    ids: tuple[str, ...] = ()
    """The anchors that HTML in it makes: `<a id="…">`."""
    level: int = 0
    """1 to 6 for a heading."""
    anchor: str = ""
    """For a heading: the anchor that GitHub makes of it, without `#`."""
    containers: tuple[int, ...] = ()
    """The places in `Document.containers` of what it stands in, outermost first."""


class Document(msgspec.Struct, frozen=True):
    """What is visible of a Markdown document, in reading order."""

    blocks: tuple[Block, ...]
    containers: tuple[Container, ...]

    @property
    def headings(self) -> list[Block]:
        """The headings, in order."""
        return [block for block in self.blocks if block.kind == "heading"]

    @property
    def anchors(self) -> set[str]:
        """Every anchor that a link can lead to, without `#`."""
        return {name for block in self.blocks for name in (*block.ids, block.anchor) if name}


class Section(msgspec.Struct, frozen=True):
    """A part of a document: a heading and all below it, or the whole."""

    document: Document
    first: int
    """The place of its first block below the heading."""
    last: int
    """The place after its last block."""
    heading: Block | None = None
    """`None` for the whole document."""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What stands below the heading, headings of parts of the section included."""
        return self.document.blocks[self.first : self.last]

    @property
    def items(self) -> list[tuple[Container, list[Block]]]:
        """The outermost list items of the section, each with its blocks."""
        depth = len(self.heading.containers) if self.heading else 0
        found: dict[int, list[Block]] = {}
        for block in self.blocks:
            for place in block.containers[depth:]:
                if self.document.containers[place].kind == "item":
                    found.setdefault(place, []).append(block)
                    break
        return [(self.document.containers[place], blocks) for place, blocks in found.items()]


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("inline")


@lru_cache(maxsize=1)
def _inline() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("strikethrough")


def read(text: str, path: str) -> Document:
    """Read a Markdown document.

    Args:
        text: its content, with its front matter if it has one.
        path: where it is, for errors.

    Raises:
        TooBigError: it, or a paragraph of it, is longer than loopcheck reads.
    """
    if len(text) > MAX_DOCUMENT:
        raise TooBigError(f"{len(text):,} characters, more than {MAX_DOCUMENT:,}", Location(path))
    return _Reader(path).read(without_front_matter(_without_toml(text)).replace("\0", "\ufffd"))


def whole(document: Document) -> Section:
    """The whole document as a section."""
    return Section(document, 0, len(document.blocks))


def find(document: Document, wanted: str) -> list[Section]:
    """The sections that `wanted` names: the text of a heading, or `#` and an anchor. More than one is ambiguous."""
    wanted = wanted.strip()
    if wanted.startswith("#") and not wanted.startswith("# ") and wanted.strip("#"):
        return list(_at_anchor(document, wanted.lstrip("#")))
    names = {comparable(wanted), comparable(plain(wanted))}
    return [
        _section(document, place)
        for place, block in enumerate(document.blocks)
        if block.kind == "heading" and names & {comparable(block.text), comparable(_ATTRIBUTES.sub("", block.text))}
    ]


def nearest_heading(document: Document, wanted: str) -> Block | None:
    """The heading that an author may have meant."""
    if wanted.startswith("#"):
        by_name = {heading.anchor: heading for heading in reversed(document.headings)}
        wanted = wanted.lstrip("#")
    else:
        by_name = {comparable(_ATTRIBUTES.sub("", heading.text)): heading for heading in reversed(document.headings)}
        wanted = comparable(wanted)
    holding = [name for name in by_name if wanted and wanted in name]
    short = [name for name in by_name if len(name) <= 120][:500]  # what is similar is costly to find
    near = holding[:1] or get_close_matches(wanted[:120], short, n=1, cutoff=0.6)
    return by_name[near[0]] if near else None


def comparable(text: str) -> str:
    """`text` as titles are compared: without case, spacing, typographic quotes and a colon at its end."""
    return " ".join(plain_quotes(text).casefold().split()).strip(" :")


_QUOTES = str.maketrans(
    dict.fromkeys("\u2018\u2019", "'")
    | dict.fromkeys("\u201c\u201d", '"')
    | dict.fromkeys("\u2010\u2011\u2013\u2014", "-")
    | {"\u00a0": " ", "\u2026": "..."}
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff")
)


def plain_quotes(text: str) -> str:
    """`text` with typewriter's quotes, dashes and spaces, and without characters that nobody sees."""
    return text.translate(_QUOTES)


def slug(title: str) -> str:
    """The anchor that GitHub makes of a heading's text: `Replica is lagging!` becomes `replica-is-lagging`."""
    kept = (
        letter
        for letter in title.strip().lower()
        if letter in " -" or letter.isalpha() or unicodedata.category(letter) in _ANCHOR_LETTERS
    )
    return "".join(kept).replace(" ", "-")


_ANCHOR_LETTERS = {"Mn", "Mc", "Me", "Nd", "Nl", "Pc"}
# `## Title {#anchor}`, as kramdown, Hugo and MkDocs read it
_ATTRIBUTES = re.compile(r" {0,4}\{:? {0,4}#[^{}]{0,200}\}$")
_ATTRIBUTE_ID = re.compile(r"\{:? {0,4}#([^\s{}]{1,200})[^{}]{0,200}\}$")


def _without_toml(text: str) -> str:
    """`text` with front matter in TOML, between `+++` lines as Hugo has it, replaced by blank lines."""
    lines = text.split("\n")
    if lines[0].rstrip() != "+++":
        return text
    for place, line in enumerate(lines[1:], 1):
        if line.rstrip() == "+++":
            return "\n" * (place + 1) + "\n".join(lines[place + 1 :])
    return text


def _section(document: Document, place: int) -> Section:
    """The section of the heading at `place`: until the next one of the same or a higher rank beside it."""
    heading = document.blocks[place]
    depth = len(heading.containers)
    end = place + 1
    while end < len(document.blocks):
        block = document.blocks[end]
        if block.containers[:depth] != heading.containers:
            break
        if block.kind == "heading" and block.containers == heading.containers and block.level <= heading.level:
            break
        end += 1
    return Section(document, place + 1, end, heading)


def _at_anchor(document: Document, name: str) -> Iterator[Section]:
    names = {name, unquote(name)}
    heading: int | None = None
    for place, block in enumerate(document.blocks):
        if block.kind == "heading":
            heading = place
            if block.anchor in names or names & {*block.ids, *_ATTRIBUTE_ID.findall(block.text)}:
                yield _section(document, place)
        elif names & set(block.ids):
            following = document.blocks[place + 1 : place + 2]
            if not block.text.strip() and following and following[0].kind == "heading":
                yield _section(document, place + 1)  # the anchor stands on a line of its own, above the heading
            elif heading is not None:
                yield _section(document, heading)


class _Words:
    """The visible words of a block, gathered piece by piece."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.text: list[str] = []
        self.prose: list[str] = []
        self.code: list[str] = []
        self.links: list[Link] = []
        self.ids: list[str] = []

    def say(self, text: str, *, code: bool = False) -> None:
        self.text.append(text)
        self.prose.append(CODE_MARK if code else text)
        if code:
            self.code.append(text)

    def block(self, kind: Literal["heading", "text", "row"], line: int, **more: Any) -> Block:
        return Block(
            kind,
            line,
            _spaced("".join(self.text)),
            _spaced("".join(self.prose)),
            tuple(self.code),
            tuple(self.links),
            tuple(self.ids),
            **more,
        )


def _spaced(text: str) -> str:
    """`text` with one space between words; its lines stay."""
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))


class _Reader:
    def __init__(self, path: str) -> None:
        self.path = path
        self.blocks: list[Block] = []
        self.containers: list[Container] = []
        self.open: tuple[int, ...] = ()
        self.slugs: dict[str, int] = {}
        self.definitions: dict[str, Any] = {}
        self.hidden = False
        """Whether HTML has opened a comment that no HTML has closed yet: a browser shows nothing of what follows."""

    def read(self, text: str) -> Document:
        tokens = _parser().parse(text, self.definitions)
        row: _Words | None = None
        heading = 0
        for token in tokens:
            line = token.map[0] + 1 if token.map else 1
            match token.type:
                case "list_item_open" | "blockquote_open":
                    self.containers.append(Container("item" if "item" in token.type else "quote", line, self.open))
                    self.open = (*self.open, len(self.containers) - 1)
                case "list_item_close" | "blockquote_close":
                    self.open = self.open[:-1]
                case "heading_open":
                    heading = int(token.tag[1])
                case "tr_open":
                    row = _Words(line)
                case "tr_close" if row is not None:
                    self.add(row.block("row", row.line, containers=self.open))
                    row = None
                case "inline" if row is not None:
                    row.say(" | " if row.text else "")
                    self.inline(token, row.line, row)
                case "inline":
                    words = self.inline(token, line, _Words(line))
                    if heading:
                        self.heading(words, line, heading)
                        heading = 0
                    else:
                        self.add(words.block("text", line, containers=self.open))
                case "fence" | "code_block":
                    first = line + (token.type == "fence" and token.content != "")
                    self.add(Block("code", first, token.content, CODE_MARK, (token.content,), containers=self.open))
                case "html_block":
                    self.html(token.content, line)
        return Document(tuple(self.blocks), tuple(self.containers))

    def add(self, block: Block) -> None:
        if not self.hidden:
            self.blocks.append(block)

    def heading(self, words: _Words, line: int, level: int) -> None:
        if self.hidden:
            return
        block = words.block("heading", line, level=level, containers=self.open)
        title = " ".join(block.text.split())
        self.blocks.append(msgspec.structs.replace(block, text=title, anchor=self.anchor(title)))

    def anchor(self, title: str) -> str:
        """GitHub's anchor for the next heading of this title: a number follows where it is taken."""
        first = name = slug(title)
        while name in self.slugs:
            self.slugs[first] += 1
            name = f"{first}-{self.slugs[first]}"
        self.slugs[name] = 0
        return name

    def inline(self, token: Token, line: int, words: _Words) -> _Words:
        if len(token.content) > MAX_PARAGRAPH:
            raise TooBigError(
                f"a paragraph of {len(token.content):,} characters, more than {MAX_PARAGRAPH:,}",
                Location(self.path, line),
            )
        coded = 0
        for child in _inline().parseInline(token.content, self.definitions)[0].children or ():
            match child.type:
                case "text":
                    words.say(child.content, code=coded > 0)
                case "code_inline":
                    words.say(child.content, code=True)
                case "softbreak" | "hardbreak":
                    words.say("\n")
                    line += 1
                case "link_open":
                    words.links.append(Link(str(child.attrGet("href") or ""), line))
                case "image":
                    words.links.append(Link(str(child.attrGet("src") or ""), line, image=True))
                case "html_inline":
                    if self.hidden and "-->" in child.content:
                        self.hidden = False
                    for piece in html.pieces(child.content):
                        if isinstance(piece, html.Tag):
                            coded = max(0, coded + _coding(piece))
                            _noted(piece, words, line)
        return words

    def html(self, content: str, line: int) -> None:
        """The blocks that a reader sees of a piece of HTML."""
        if self.hidden:
            _, closed, rest = content.partition("-->")
            if not closed:
                return
            line += content.count("\n") - rest.count("\n")
            content, self.hidden = rest, False
        words = _Words(line)
        level = coded = counted = 0
        for piece in html.pieces(content):
            if isinstance(piece, html.Tag):
                line += content.count("\n", counted, piece.start)
                counted = piece.start
            if isinstance(piece, html.Comment):
                if not piece.closed:
                    self.flush(words, level)
                    self.hidden = True
                    return
            elif isinstance(piece, str):
                if piece.strip() or words.text:
                    words.say(piece, code=coded > 0)
            else:
                if piece.name in html.BREAKING:
                    self.flush(words, level)
                    words, level = _Words(line), 0
                    if piece.name in html.HEADINGS and not piece.closing:
                        level = int(piece.name[1])
                coded = max(0, coded + _coding(piece))
                _noted(piece, words, line)
        self.flush(words, level)

    def flush(self, words: _Words, level: int) -> None:
        if level:
            self.heading(words, words.line, level)
        elif "".join(words.text).strip() or words.links or words.ids:
            self.add(words.block("text", words.line, containers=self.open))


def _coding(tag: html.Tag) -> int:
    return (-1 if tag.closing else 1) if tag.name in html.CODE else 0


def _noted(tag: html.Tag, words: _Words, line: int) -> None:
    """What a tag adds to a block: a space, an anchor, a link."""
    if tag.name == "br":
        words.say(" ")
    if tag.closing:
        return
    for name in ("id", "name") if tag.name == "a" else ("id",):
        if value := tag.attribute(name):
            words.ids.append(value)
    where = {"a": "href", "img": "src"}.get(tag.name)
    if where and (destination := tag.attribute(where)):
        words.links.append(Link(destination, line, image=tag.name == "img"))


def lines_of(blocks: Iterable[Block]) -> Iterator[tuple[int, str]]:
    """The visible lines of `blocks` with their numbers in the file."""
    for block in blocks:
        for offset, line in enumerate(block.text.split("\n")):
            yield block.line + offset, line
