"""The formats that runbooks are written in, and how far loopcheck reads each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loopcheck.checker import CannotTell, World
from loopcheck.documents import html
from loopcheck.documents.sections import Block, Document, TooBigError, read
from loopcheck.reasons import TOO_BIG
from loopcheck.world.repository import decoded
from loopcheck_checks.systems.runbook_links import is_markdown

_PLAIN = (".txt", ".text")


def is_plain(path: str) -> bool:
    """Whether a file is text without any markup, so that what is not found in it is not there."""
    return path.lower().endswith(_PLAIN) or "." not in path.rpartition("/")[2]


def load(world: World, path: str, oid: str) -> Document:
    """The document with this content, read once a run.

    Args:
        world: what the checker looks through.
        path: its path at the time, which says the format.
        oid: the id of its content.

    Raises:
        CannotTell: it is no text, is too big, or is not in this clone.
    """
    return world.once(("runbook", oid, _kind(path)), lambda: parse(decoded(world.repo.blob(oid, path), path), path))


def parse(text: str, path: str) -> Document:
    """The document in `text`; one without sections where its format is not Markdown.

    Raises:
        CannotTell: it is too big.
    """
    if is_markdown(path):
        try:
            return read(text, path)
        except TooBigError as error:
            raise CannotTell(TOO_BIG, str(error)) from None
    lines = text.replace("\r\n", "\n").split("\n")
    return Document(tuple(_paragraphs(_visible(lines, path))), ())


def _kind(path: str) -> str:
    return "markdown" if is_markdown(path) else path.lower().rpartition(".")[2]


def _paragraphs(lines: Iterator[tuple[int, str]]) -> Iterator[Block]:
    for number, line in lines:
        if said := " ".join(line.split()):
            yield Block("text", number, said, said)


def _visible(lines: list[str], path: str) -> Iterator[tuple[int, str]]:
    """The lines of a format that loopcheck does not parse, with their numbers, as far as they are no comments."""
    match _kind(path):
        case "rst" | "rest":
            return _without_rst_comments(lines)
        case "adoc" | "asciidoc" | "asc":
            return _without_asciidoc_comments(lines)
        case "org":
            return ((number, line) for number, line in enumerate(lines, 1) if not re.match(r"\s*#(\s|\+|$)", line))
        case "txt" | "text":
            return iter(enumerate(lines, 1))
        case _ if is_plain(path):
            return iter(enumerate(lines, 1))
        case _:
            return _without_html_comments(lines)


def _without_rst_comments(lines: list[str]) -> Iterator[tuple[int, str]]:
    depth: int | None = None
    for number, line in enumerate(lines, 1):
        said = line.strip()
        indent = len(line) - len(line.lstrip())
        if depth is not None:
            if not said or indent > depth:
                continue
            depth = None
        if said == ".." or (said.startswith(".. ") and "::" not in said and said[3:4] not in ("_", "[", "|")):
            depth = indent
            continue
        yield number, line


def _without_asciidoc_comments(lines: list[str]) -> Iterator[tuple[int, str]]:
    inside = False
    for number, line in enumerate(lines, 1):
        said = line.rstrip()
        if len(said) >= 4 and not said.strip("/"):
            inside = not inside
        elif not inside and not (said.startswith("//") and not said.startswith("///")):
            yield number, line


def _without_html_comments(lines: list[str]) -> Iterator[tuple[int, str]]:
    """The lines of HTML, JSX and wikis: without tags and comments of either language."""
    number, line = 1, ""
    for piece in html.pieces(re.sub(r"\{/\*[^*]*\*/\}", "", "\n".join(lines))):
        if isinstance(piece, html.Comment):
            number += piece.lines
        elif isinstance(piece, html.Tag):
            number += piece.attributes.count("\n")
            line += " " if piece.name in html.BREAKING or piece.name == "br" else ""
        else:
            first, *more = piece.split("\n")
            line += first
            for following in more:
                yield number, line
                number, line = number + 1, following
    yield number, line
