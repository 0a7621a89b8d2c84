"""The blocks of a Terraform file, in its own syntax or in JSON. Pure.

The own syntax is read by PyPI's `python-hcl2`, in time that grows with the text alone. It recurses, so what is nested
deeper than Python goes is not read.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any

import msgspec

_MAX_SIZE = 100_000
"""Characters: the largest file of some well-known modules has half of that, and it takes 3 seconds at the worst."""
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_WHOLE = re.compile(r"\$\{[^${}]*\}")


class Block(msgspec.Struct, frozen=True):
    """A block of the first level that matters here."""

    kind: str
    """`resource`, `module`, `locals`."""
    labels: tuple[str, ...]
    """Type and name, or the name; none of `locals`."""
    body: dict[str, Any]
    """Attributes and blocks below, with values as `python-hcl2` writes them."""
    line: int | None = None


def read(text: str, path: str) -> tuple[Block, ...]:
    """The blocks of a file.

    Raises:
        ValueError: it cannot be read.
    """
    if len(text) > _MAX_SIZE:
        raise ValueError(f"it has more than {_MAX_SIZE:,} characters")
    try:
        return tuple(_of_json(text) if path.endswith(".json") else _of_hcl(text))
    except RecursionError:
        raise ValueError("it is nested deeper than loopcheck reads") from None


def _of_hcl(text: str) -> Iterator[Block]:
    hcl2: Any = importlib.import_module("hcl2")  # late: it takes 60 ms, and 1.6 s where its grammar is new
    lark: Any = importlib.import_module("lark")
    options = hcl2.SerializationOptions(with_comments=False, preserve_heredocs=False)
    try:
        tree = hcl2.parses_to_tree(text if text.endswith("\n") else f"{text}\n")
        read = hcl2.serialize(hcl2.transform(tree), serialization_options=options)
    except lark.exceptions.LarkError as error:
        line = getattr(error, "line", None)
        where = f"line {line}: " if isinstance(line, int) and line > 0 else ""
        raise ValueError(f"{where}it is not HCL") from None
    lines = _lines(tree)
    for kind, depth in (("resource", 2), ("module", 1), ("locals", 0)):
        listed = read.get(kind)
        for place, outer in enumerate(listed if isinstance(listed, list) else ()):
            labels, body = _unfolded(outer, depth, kind)
            yield Block(kind, labels, body, lines[kind][place] if place < len(lines[kind]) else None)


def _unfolded(outer: Any, depth: int, kind: str) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The labels of a block, each of which is a key around its body."""
    labels: list[str] = []
    body = outer
    for _ in range(depth):
        inner = [pair for pair in body.items() if not pair[0].startswith("__")] if isinstance(body, dict) else []
        if len(inner) != 1 or not isinstance(inner[0][1], dict):
            raise ValueError(f"it has a `{kind}` block without its {depth} labels")
        labels.append(inner[0][0].strip('"'))
        body = inner[0][1]
    if not isinstance(body, dict) or "__is_block__" not in body:
        raise ValueError(f"`{kind}` is not a block with {depth} labels in it")
    return tuple(labels), body


def _lines(tree: Any) -> dict[str, list[int]]:
    """For each kind of block the lines on which they begin, in order."""
    out: dict[str, list[int]] = {"resource": [], "module": [], "locals": []}
    for body in tree.children:
        for node in getattr(body, "children", ()):
            if getattr(node, "data", None) != "block":
                continue
            kind = next((str(token) for token in node.scan_values(lambda _: True)), "")
            if kind in out:
                out[kind].append(node.meta.line)
    return out


def _of_json(text: str) -> Iterator[Block]:
    try:
        root = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise ValueError(f"it is not JSON: {error}") from None
    for top in _each(root):
        for types in _each(top.get("resource")):
            for kind, names in types.items():
                for named in _each(names):
                    for name, bodies in named.items():
                        yield from (Block("resource", (kind, name), _as_hcl(body)) for body in _each(bodies))
        for named in _each(top.get("module")):
            for name, bodies in named.items():
                yield from (Block("module", (name,), _as_hcl(body)) for body in _each(bodies))
        yield from (Block("locals", (), _as_hcl(body)) for body in _each(top.get("locals")))


def _each(value: Any) -> Iterator[dict[str, Any]]:
    """An object, or each of a list of them: Terraform takes both."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            yield {key: inner for key, inner in one.items() if key != "//"}


def _as_hcl(value: Any) -> Any:
    """A value of the JSON syntax as the other has it: a text is a template there."""
    if isinstance(value, str):
        quoted = "".join(_ESCAPES.get(letter, letter) for letter in value)
        return value if _WHOLE.fullmatch(value) else f'"{quoted}"'
    if isinstance(value, list):
        return [_as_hcl(one) for one in value]
    if isinstance(value, dict):
        return {key: _as_hcl(inner) for key, inner in value.items() if key != "//"}
    return value
