"""A declaration as text: what `new` adds to a post-mortem."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

_PLAIN = re.compile(r"[A-Za-z0-9_/](?:[A-Za-z0-9_./@ -]*[A-Za-z0-9_./@-])?")
_NULL = frozenset(("null", "~", ""))


class Answers(msgspec.Struct, frozen=True):
    """What goes into a declaration."""

    title: str
    owner: str
    artifact: str
    expected: Mapping[str, Any]
    """Keys with texts, lists or mappings of them."""
    due: str | None = None
    kind: str | None = None
    incident: str | None = None
    started: str | None = None
    """When the incident began; written only into a new file."""


def addition(answers: Answers, old: bytes | None, *, heading: bool = True) -> bytes:
    """What to add at the end of a Markdown file, in its own line ends.

    Args:
        answers: what to declare.
        old: the file, or `None` for a new one.
        heading: whether a heading gives the title; else a key of the block does.
    """
    lines: list[str] = []
    if old is None:
        lines += _front(answers)
    if heading:
        lines += [f"## {answers.title}", ""]
    lines += ["```loopcheck", *_block(answers, heading=heading, with_incident=old is not None), "```"]
    end = "\r\n" if old and b"\r\n" in old else "\n"
    gap = "" if not old or old.endswith((b"\n\n", b"\n\r\n")) else end if old.endswith(b"\n") else 2 * end
    return (gap + "".join(line + end for line in lines)).encode("utf-8", "replace")


def _front(answers: Answers) -> Iterator[str]:
    if answers.incident is None:
        yield from ("# Post-mortem", "")
        return
    yield "---"
    yield "incident:"
    yield f"  id: {scalar(answers.incident)}"
    if answers.started is not None:
        yield f"  started: {scalar(answers.started)}"
    yield from ("---", "", f"# {' '.join(answers.incident.split())}", "")


def _block(answers: Answers, *, heading: bool, with_incident: bool) -> Iterator[str]:
    if not heading:
        yield f"title: {scalar(answers.title)}"
    yield f"owner: {scalar(answers.owner)}"
    for key, value in (("due", answers.due), ("kind", answers.kind)):
        if value is not None:
            yield f"{key}: {scalar(value)}"
    if with_incident and answers.incident is not None:
        yield f"incident: {scalar(answers.incident)}"
    yield "verify:"
    yield f"  - {scalar(answers.artifact)}:"
    yield from _mapping(answers.expected, 6)


def _mapping(values: Mapping[str, Any], indent: int) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield f"{' ' * indent}{scalar(key)}:"
            yield from _mapping(value, indent + 2)
        else:
            yield f"{' ' * indent}{scalar(key)}: {_flow(value)}"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(one) for one in value) + "]"
    return scalar("" if value is None else str(value))


def scalar(text: str) -> str:
    """`text` in YAML: as it is where nothing in it means something, else in double quotes, as JSON has them."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NULL:
        return text
    return json.dumps(text, ensure_ascii=False)
