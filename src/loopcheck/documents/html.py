"""The HTML that stands in Markdown, cut into tags, comments and text. Linear in its length, whatever it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import msgspec

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
CODE = frozenset({"code", "kbd", "pre", "samp", "tt"})
BREAKING = HEADINGS | frozenset(
    {"p", "div", "li", "ul", "ol", "pre", "table", "tr", "td", "th", "details", "summary", "blockquote", "section",
     "article", "header", "footer", "dl", "dt", "dd", "hr", "center", "aside", "nav", "figure", "figcaption"}
)  # fmt: skip
"""Tags at which a block of text ends."""

_UNSEEN = frozenset({"script", "style", "template", "title", "noscript"})
# Linear: no part of a tag can hold `<`, so that two beginnings never look at the same text; `*+` never gives back.
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*+)([^<>]*+)>")
_ATTRIBUTE = re.compile(
    r"""(?<![A-Za-z0-9_:-])([A-Za-z][A-Za-z0-9_:-]*+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))"""
)


class Comment(msgspec.Struct, frozen=True):
    """A comment, of which nothing is seen."""

    closed: bool
    """False where it goes on to the end of the piece, so that what follows in the document is hidden too."""
    lines: int = 0
    """How many line ends it holds."""


class Tag(msgspec.Struct, frozen=True):
    """An opening or closing tag."""

    name: str
    """In lower case."""
    closing: bool
    attributes: str
    """As they are written."""
    start: int
    """The place of its `<`."""

    def attribute(self, name: str) -> str | None:
        """The value of an attribute, or `None`."""
        for key, *values in _ATTRIBUTE.findall(self.attributes[:2000]):
            if key.lower() == name:
                return unescape(next((value for value in values if value), ""))
        return None


def pieces(source: str) -> Iterator[Tag | Comment | str]:
    """The tags, comments and visible text of `source`, in order."""
    position = 0
    lower = source.lower() if len(source.lower()) == len(source) else source
    while position < len(source):
        start = source.find("<", position)
        if start < 0:
            yield unescape(source[position:])
            return
        if start > position:
            yield unescape(source[position:start])
        if source.startswith("<!--", start):
            end = source.find("-->", start + 4)
            if source.startswith(("<!-->", "<!--->"), start):
                end = source.index(">", start) - 2
            position = end + 3 if end >= 0 else len(source)
            yield Comment(closed=end >= 0, lines=source.count("\n", start, position))
        elif found := _TAG.match(source, start):
            tag = Tag(found[2].lower(), bool(found[1]), found[3], start)
            yield tag
            position = found.end()
            if tag.name in _UNSEEN and not tag.closing:
                end = lower.find(f"</{tag.name}", position)
                if end < 0:
                    return
                position = end
        elif source.startswith(("<!", "<?"), start):
            end = source.find(">", start)
            if end < 0:
                return
            position = end + 1
        else:
            yield "<"
            position = start + 1
