"""The report as JSON, version 1: a contract that others build on (docs/report.md)."""

from __future__ import annotations

from typing import Any

import msgspec

from loopcheck.binding import json_schema
from loopcheck.model import Report


def render(report: Report) -> str:
    """The report as indented JSON, ASCII only, so that no log can take a part of it for a command."""
    text = msgspec.json.format(msgspec.json.encode(report), indent=2).decode()
    return "".join(letter if letter.isascii() else _escaped(letter) for letter in text) + "\n"


def _escaped(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place]:02x}{units[place + 1]:02x}" for place in range(0, len(units), 2))


def schema() -> dict[str, Any]:
    """The JSON Schema of the report. Keys may be added in version 1; none goes away."""
    schemas, components = json_schema({"report": Report})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "loopcheck report, version 1",
        **schemas["report"],
        "$defs": components,
    }
