"""The JSON Schemas that loopcheck publishes, made from the types that it reads and writes.

Editors complete declarations from them, and other programs check reports against them. Nothing here is written
twice: a key that a checker adds to its expectation is in the schema at once.
"""

from __future__ import annotations

from typing import Any

from loopcheck.binding import json_schema
from loopcheck.model import Report

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def report() -> dict[str, Any]:
    """The schema of the JSON report. In version 1 keys may be added; none goes away, and none is ever left out."""
    schemas, components = json_schema({"report": Report})
    for struct in components.values():
        if "properties" in struct:
            struct["required"] = list(struct["properties"])
    return {"$schema": DRAFT, "title": "loopcheck report, version 1", **schemas["report"], "$defs": components}
