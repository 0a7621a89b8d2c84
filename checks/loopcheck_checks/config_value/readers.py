"""YAML, JSON and TOML files as trees of nodes."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any, NoReturn

from loopcheck.documents import yaml
from loopcheck.documents.origin import DocumentError
from loopcheck.documents.yaml import MappingNode, Node, ScalarNode, SequenceNode
from loopcheck.model import Location
from loopcheck.reasons import CannotTell
from loopcheck_checks.config_value.manifest import TEMPLATED

# Control lines of a template that hides in comments, so that the file is YAML all the same.
_HIDDEN = re.compile(r"[ \t]*#[ \t]*(?:\{\{-?[ \t]*(?:if|else|end|range|with|for|define|include)\b|\{%)")
_MAX_TOML = 512 * 1024
_MAX_TOML_DOTS = 250


def read_yaml(text: str, path: str) -> list[Node]:
    """The documents of a YAML file.

    Raises:
        DocumentError: it is not YAML.
        CannotTell: it is a template.
    """
    documents = yaml.load_all(text, path)
    if "{{" in text or "{%" in text:
        for number, line in enumerate(text.split("\n"), 1):
            if _HIDDEN.match(line):
                raise CannotTell(
                    TEMPLATED, f"{path}:{number} is a line of a template, so the file is not what it seems"
                )
    return documents


def read_json(text: str, path: str) -> list[Node]:
    """The root of a JSON file. Its nodes do not know their lines.

    Raises:
        DocumentError: it is not JSON, has a key twice, or holds NaN.
    """

    def refuse(word: str) -> NoReturn:
        raise DocumentError(f"`{word}` is not JSON", Location(path))

    def number(digits: str) -> ScalarNode:
        return ScalarNode(path, 1, 1, None, digits, plain=True)

    def pairs(entries: list[tuple[str, Any]]) -> MappingNode:
        node = MappingNode(path, 1, 1, None)
        for key, value in entries:
            if _encodable(key) in node:
                raise DocumentError(f"the key `{_encodable(key)[:60]}` is there twice", Location(path), hint="keep one")
            node.add(ScalarNode(path, 1, 1, None, _encodable(key), plain=False), _node(value, path))
        return node

    try:
        return [
            _node(
                json.loads(text, object_pairs_hook=pairs, parse_int=number, parse_float=number, parse_constant=refuse),
                path,
            )
        ]
    except json.JSONDecodeError as error:
        hint = "declare `format: jsonc` if its reader allows comments" if "//" in text or "/*" in text else None
        raise DocumentError(f"not JSON: {error.msg}", Location(path, error.lineno, error.colno), hint=hint) from None
    except RecursionError:
        raise DocumentError("nested too deep", Location(path)) from None


_TOKEN = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|//[^\n]*|/\*|[,}\]]|[^\s"/,}\]]+|/')


def without_comments(text: str) -> str:
    """JSON with comments and trailing commas as JSON: both become blanks, so that positions stay."""
    out: list[str] = []
    position = 0
    comma: int | None = None  # where in `out` a comma stands after which nothing has come yet
    while found := _TOKEN.search(text, position):
        out.append(text[position : found.start()])
        piece, position = found[0], found.end()
        if piece.startswith("//"):
            piece = " " * len(piece)
        elif piece == "/*":
            end = text.find("*/", position)
            end = len(text) if end < 0 else end + 2
            piece = "".join("\n" if letter == "\n" else " " for letter in text[found.start() : end])
            position = end
        elif piece == ",":
            comma = len(out)
        else:
            if piece in "}]" and comma is not None:
                out[comma] = " "
            comma = None
        out.append(piece)
    return "".join([*out, text[position:]])


def read_toml(text: str, path: str) -> list[Node]:
    """The root of a TOML file. Its nodes do not know their lines.

    Raises:
        DocumentError: it is not TOML, or is larger or more deeply nested than any real one.
    """
    if len(text) > _MAX_TOML:
        raise DocumentError(f"more than {_MAX_TOML >> 10} KiB of TOML are not read", Location(path))
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MAX_TOML_DOTS:  # tomllib takes time with the square of a dotted key's parts
            raise DocumentError("a line with so many dots is not read", Location(path, number))
    try:
        return [_node(tomllib.loads(text, parse_float=_TomlFloat), path)]
    except tomllib.TOMLDecodeError as error:
        raise DocumentError(f"not TOML: {str(error)[:100]}", Location(path)) from None
    except (ValueError, RecursionError):  # a date that no calendar holds, too many digits, nested too deep
        raise DocumentError("not TOML that can be read", Location(path)) from None


class _TomlFloat(str):
    """A number as it is written."""

    __slots__ = ()


def _node(value: Any, path: str) -> Node:
    if isinstance(value, Node):
        return value
    if isinstance(value, dict):
        table = MappingNode(path, 1, 1, None)
        for key, child in value.items():
            table.add(ScalarNode(path, 1, 1, None, key, plain=False), _node(child, path))
        return table
    if isinstance(value, list):
        sequence = SequenceNode(path, 1, 1, None)
        sequence.items = [_node(child, path) for child in value]
        return sequence
    text, plain = _scalar(value)
    return ScalarNode(path, 1, 1, None, text, plain)


def _scalar(value: Any) -> tuple[str, bool]:
    """The text of a leaf, and whether it stands without quotes."""
    if value is None:
        return "null", True
    if isinstance(value, bool):
        return str(value).lower(), True
    if isinstance(value, _TomlFloat):
        return str(value).replace("_", "").lower().replace("inf", ".inf").replace("nan", ".nan"), True
    if isinstance(value, int):
        return str(value), True
    if isinstance(value, date | time | datetime):
        return value.isoformat(), True
    return _encodable(str(value)), False


def _encodable(text: str) -> str:
    """`text` without lone surrogates, which JSON can write and no file can hold."""
    return text.encode(errors="replace").decode()


def lines_of(text: str, path: str) -> Iterable[Node]:
    """A JSON file read as YAML, which it mostly is, for the lines of its nodes. Empty where that fails."""
    try:
        return yaml.load_all(text, path)
    except DocumentError:
        return []
