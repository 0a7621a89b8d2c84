"""YAML 1.2 with a line and column for every node, safe to use on text from strangers.

The tree is built from libyaml's *event* stream, in a loop. libyaml's own composer recurses and can be driven
into a segmentation fault by nesting; PyYAML reads YAML 1.1, in which the key `on` is a boolean; and no loader
keeps the positions of scalars. An alias shares its anchor's node, and each node carries its expanded size, so
that a document of a kilobyte cannot unfold to a gigabyte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from loopcheck.documents.origin import DocumentError, Origin
from loopcheck.model import Location

try:
    from _ruamel_yaml import CParser
except ImportError as error:  # pragma: no cover - a broken installation
    raise ImportError("ruamel.yaml.clib is missing: reinstall loopcheck, or `pip install ruamel.yaml.clib`") from error


class Limits(msgspec.Struct, frozen=True):
    """What a document may be. Real workflow files and rule files stay far below `REPOSITORY`."""

    size: int
    """Bytes of UTF-8."""
    depth: int
    nodes: int
    """Nodes after aliases are unfolded."""
    reuse: bool
    """Whether anchors, aliases and tags are allowed."""


DECLARATION = Limits(size=65_536, depth=20, nodes=10_000, reuse=False)
"""For issue bodies and declarations: 65,536 characters is the size of a GitHub comment."""
REPOSITORY = Limits(size=4 * 1024 * 1024, depth=100, nodes=500_000, reuse=True)
"""For files of a repository."""


class Node:
    """A part of a document: `ScalarNode`, `SequenceNode` or `MappingNode`."""

    __slots__ = ("column", "line", "path", "size", "tag")

    def __init__(self, path: str, line: int, column: int, tag: str | None) -> None:
        self.path = path
        self.line = line
        self.column = column
        self.tag = tag
        self.size = 1

    @property
    def location(self) -> Location:
        """Where the node begins."""
        return Location(self.path, self.line, self.column)

    @property
    def value(self) -> Any:
        """The node as plain Python data, scalars by the YAML 1.2 core schema."""
        raise NotImplementedError

    @property
    def text_value(self) -> Any:
        """The node as plain Python data, every scalar as the text that was written, null as `None`."""
        raise NotImplementedError

    def error(self, message: str, *, hint: str | None = None) -> DocumentError:
        """A `DocumentError` at this node, to be raised."""
        return DocumentError(message, self.location, hint=hint)


_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_MAX_DIGITS = 400  # int() refuses 4,300 digits, and no real number has as many as these


class ScalarNode(Node):
    """A leaf: `text` as written, `plain` where it had no quotes."""

    __slots__ = ("plain", "text")

    def __init__(self, path: str, line: int, column: int, tag: str | None, text: str, plain: bool) -> None:  # noqa: FBT001 - built in one place
        self.path = path  # not through super(): a file has hundreds of scalars, and the call is a tenth of its cost
        self.line = line
        self.column = column
        self.tag = tag
        self.size = 1
        self.text = text
        self.plain = plain

    @property
    def value(self) -> str | bool | int | float | None:
        """The value by the YAML 1.2 core schema: `on` is a text, `0123` is 123, `1.10` is 1.1."""
        text = self.text
        if not self.plain or self.tag is not None:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if len(text) > _MAX_DIGITS or text[0] not in "+-.0123456789":
            return text
        if _INT.fullmatch(text):
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        return float(text) if _FLOAT.fullmatch(text) else text

    @property
    def is_null(self) -> bool:
        """Whether it is `null`, `~` or nothing at all."""
        return self.plain and self.tag is None and self.text in ("", "~", "null", "Null", "NULL")

    @property
    def text_value(self) -> str | None:
        """The text as it was written, or `None` for null."""
        return None if self.is_null else self.text

    def __repr__(self) -> str:
        return f"ScalarNode({self.text!r} at {self.line}:{self.column})"


class SequenceNode(Node):
    """A list of nodes."""

    __slots__ = ("items",)

    def __init__(self, path: str, line: int, column: int, tag: str | None) -> None:
        super().__init__(path, line, column, tag)
        self.items: list[Node] = []

    @property
    def value(self) -> list[Any]:
        """See `Node.value`."""
        return [item.value for item in self.items]

    @property
    def text_value(self) -> list[Any]:
        """See `Node.text_value`."""
        return [item.text_value for item in self.items]

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


class MappingNode(Node):
    """Keys, always scalars and each once, with their nodes, in the order of the document."""

    __slots__ = ("_entries",)

    def __init__(self, path: str, line: int, column: int, tag: str | None) -> None:
        super().__init__(path, line, column, tag)
        self._entries: dict[str, tuple[ScalarNode, Node]] = {}

    def add(self, key: ScalarNode, value: Node) -> None:
        """Add an entry.

        Raises:
            DocumentError: the key is there already. YAML forbids it, GitHub refuses it, and which of the two
                a reader takes differs from reader to reader.
        """
        if key.text in self._entries:
            first = self._entries[key.text][0]
            raise key.error(
                f"the key `{_short(key.text)}` is there twice (first on line {first.line})", hint="keep one"
            )
        self._entries[key.text] = (key, value)

    def get(self, key: str) -> Node | None:
        """The node under `key`, or `None`."""
        entry = self._entries.get(key)
        return entry[1] if entry else None

    def key(self, key: str) -> ScalarNode | None:
        """The node of the key itself, for its position."""
        entry = self._entries.get(key)
        return entry[0] if entry else None

    def entries(self) -> Iterator[tuple[ScalarNode, Node]]:
        """Each key's node with its value's node."""
        return iter(self._entries.values())

    def keys(self) -> Iterator[str]:
        """The keys as written."""
        return iter(self._entries)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def value(self) -> dict[str, Any]:
        """See `Node.value`. Keys stay text."""
        return {key: node.value for key, (_, node) in self._entries.items()}

    @property
    def text_value(self) -> dict[str, Any]:
        """See `Node.text_value`."""
        return {key: node.text_value for key, (_, node) in self._entries.items()}


def load(text: str, origin: Origin | str, limits: Limits = REPOSITORY) -> Node:
    """Read one document. An empty one is a null scalar.

    Args:
        text: the document.
        origin: where it stands; a path where it is a whole file.
        limits: what it may be.

    Raises:
        DocumentError: it is not YAML, holds more than one document, has a key twice, or is over `limits`.
    """
    documents = load_all(text, origin, limits)
    if len(documents) > 1:
        second = documents[1]
        end = (Origin(origin) if isinstance(origin, str) else origin).first_line + len(text.splitlines()) - 1
        if second.line > end:  # it is empty, and libyaml counts a line after the last
            second.line, second.column = end, 1
        raise second.error("a second document begins here, where one was expected", hint="remove the `---`")
    if documents:
        return documents[0]
    place = Origin(origin) if isinstance(origin, str) else origin
    line, column = place.at(0, 0)
    return ScalarNode(place.path, line, column, None, "", plain=True)


def load_all(text: str, origin: Origin | str, limits: Limits = REPOSITORY) -> list[Node]:
    """Read every document of a stream.

    Raises:
        DocumentError: see `load`.
    """
    place = Origin(origin) if isinstance(origin, str) else origin
    try:
        encoded = text.encode()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start)
        raise DocumentError("a lone surrogate is not text", Location(place.path, place.at(line, 0)[0])) from None
    if len(encoded) > limits.size:
        raise DocumentError(
            f"the document has {len(encoded):,} bytes, more than {limits.size:,}",
            Location(place.path, place.first_line),
            hint="split it",
        )
    try:
        try:
            return _compose(CParser(encoded).get_event, place, limits)
        except MarkedYAMLError as error:
            if "unexpected ':'" not in str(error.problem) or len(encoded) > DECLARATION.size:
                raise
            # libyaml reads YAML 1.1, in which `{at: 09:14}` needs quotes; ruamel's own parser reads 1.2, slowly.
            return _compose(partial(next, YAML(typ="safe", pure=True).parse(text), None), place, limits)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = place.first_line, 1
        if mark:
            lines = text.splitlines() or [""]
            at_end = mark.line >= len(lines)  # libyaml counts a line after the last
            line, column = place.at(len(lines) - 1, len(lines[-1])) if at_end else place.at(mark.line, mark.column)
        what = str(error.problem or error.context or "not YAML")
        raise DocumentError(f"not YAML: {what}", Location(place.path, line, column), hint=_advice(what)) from None
    except (YAMLError, ValueError) as error:  # ValueError: characters that YAML does not allow
        what = _short(str(error).splitlines()[0] if str(error) else type(error).__name__)
        raise DocumentError(f"not YAML: {what}", Location(place.path, place.first_line)) from None


class _Open:
    """A collection whose end has not come yet."""

    __slots__ = ("anchor", "key", "node")

    def __init__(self, node: SequenceNode | MappingNode, anchor: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.key: ScalarNode | None = None

    def take(self, child: Node, limits: Limits) -> None:
        """Put a finished node where it belongs."""
        node = self.node
        node.size += child.size
        if isinstance(node, SequenceNode):
            node.items.append(child)
        elif self.key is not None:
            node.add(self.key, child)
            self.key = None
        elif not isinstance(child, ScalarNode):
            raise child.error("a key must be a single word or text", hint="put `{{ … }}` or `[…]` in quotes")
        elif not limits.reuse and child.text == "<<" and child.plain:
            raise child.error("a merge key (`<<`) is not allowed here", hint="write the keys out")
        else:
            self.key = child


def _compose(next_event: Callable[[], Any], place: Origin, limits: Limits) -> list[Node]:
    """Build nodes from events, iteratively, until the one that is `None`."""
    path = place.path
    shifted = place.first_line != 1 or bool(place.indents)
    documents: list[Node] = []
    anchors: dict[str, Node] = {}
    stack: list[_Open] = []
    total = 0
    while (event := next_event()) is not None:
        kind = type(event)
        node: Node
        if kind in _ENDS:
            closed = stack.pop()
            node = closed.node
            if closed.anchor is not None:  # only now: an alias inside its own anchor would be endless
                anchors[closed.anchor] = node
        elif kind in _STRUCTURE:
            if kind is DocumentStartEvent:
                anchors = {}
            continue
        else:
            mark = event.start_mark
            line, column = place.at(mark.line, mark.column) if shifted else (mark.line + 1, mark.column + 1)
            anchor = event.anchor
            if kind is AliasEvent:
                node = _aliased(anchor, anchors, limits, Location(path, line, column))
                total += node.size
            else:
                tag = event.tag
                if tag == "!" or not tag:
                    tag = None
                if not limits.reuse and (anchor is not None or tag is not None):
                    what = "an anchor (`&…`)" if anchor is not None else "a tag (`!…`)"
                    raise DocumentError(
                        f"{what} is not allowed here",
                        Location(path, line, column),
                        hint="if it is meant as text, put it in quotes",
                    )
                total += 1
                if kind is ScalarEvent:
                    plain = not event.style and tag is None
                    node = ScalarNode(path, line, column, None if tag == _STR else tag, event.value, plain)
                    if anchor is not None:
                        anchors[anchor] = node
                else:
                    opened = (SequenceNode if kind is SequenceStartEvent else MappingNode)(path, line, column, tag)
                    if len(stack) >= limits.depth:
                        raise opened.error(f"nested deeper than {limits.depth} levels")
                    anchors.pop(anchor, None)
                    stack.append(_Open(opened, anchor))
                    continue
            if total > limits.nodes:
                raise DocumentError(f"more than {limits.nodes:,} values", Location(path, line, column))
        if stack:
            stack[-1].take(node, limits)
        else:
            documents.append(node)
    return documents


def _aliased(anchor: str, anchors: dict[str, Node], limits: Limits, where: Location) -> Node:
    """The node that an alias stands for."""
    if not limits.reuse:
        raise DocumentError(
            "an alias (`*…`) is not allowed here",
            where,
            hint="write the value out, or quote a text that begins with `*`",
        )
    node = anchors.get(anchor)
    if node is None:
        raise DocumentError(f"no anchor `{_short(anchor)}` is complete here", where)
    return node


_ENDS = frozenset((SequenceEndEvent, MappingEndEvent))
_STRUCTURE = frozenset((StreamStartEvent, StreamEndEvent, DocumentStartEvent, DocumentEndEvent))
_STR = "tag:yaml.org,2002:str"


def _short(text: str, limit: int = 60) -> str:
    """`text`, cut where it is long: an error message is not the place for a novel."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _advice(what: str) -> str | None:
    """A next step for the mistakes that people make most."""
    if "cannot start any token" in what:
        return "quote a value that begins with `@`, `` ` `` or `%`, and indent with spaces, not tabs"
    if "unexpected ':'" in what:
        return "inside `{…}` or `[…]`, put a text that holds `:` in quotes"
    if "mapping values are not allowed" in what:
        return "put a text that holds `: ` in quotes"
    if "could not find expected" in what or "did not find expected" in what:
        return "check the indentation and the quotes of the lines above"
    return None
