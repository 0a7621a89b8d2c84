"""The JSON Schemas that loopcheck publishes, made from the types that it reads and writes.

Editors complete declarations from them, and other programs check reports against them. Nothing here is written
twice: a key that a checker adds to its expectation is in the schema at once.
"""

from __future__ import annotations

from typing import Any

from loopcheck.binding import json_schema
from loopcheck.checker import Manifest
from loopcheck.config import ConfigFile
from loopcheck.declarations.incident import IncidentDeclaration
from loopcheck.declarations.item import ItemDeclaration
from loopcheck.model import Report
from loopcheck.reasons import CannotTell
from loopcheck.registry import Registry

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def report() -> dict[str, Any]:
    """The schema of the JSON report. In version 1 keys may be added; none goes away, and none is ever left out."""
    schemas, components = json_schema({"report": Report})
    for struct in components.values():
        if "properties" in struct:
            struct["required"] = list(struct["properties"])
    return {"$schema": DRAFT, "title": "loopcheck report, version 1", **schemas["report"], "$defs": components}


def declaration(registry: Registry) -> dict[str, Any]:
    """The schema of a `loopcheck` block, with the kinds that are installed."""
    types, kinds = _types(registry)
    schemas, components = json_schema({**types, "item": ItemDeclaration})
    _with_kinds(components, schemas["item"], {kind: schemas[kind] for kind in kinds})
    return _as_written({"$schema": DRAFT, "title": "loopcheck declaration", **schemas["item"], "$defs": components})


def file(registry: Registry) -> dict[str, Any]:
    """The schema of a YAML file of declarations: `incident:` and `action-items:`."""
    types, kinds = _types(registry)
    schemas, components = json_schema({**types, "item": ItemDeclaration, "incident": IncidentDeclaration})
    _with_kinds(components, schemas["item"], {kind: schemas[kind] for kind in kinds})
    return _as_written(
        {
            "$schema": DRAFT,
            "title": "a file of loopcheck declarations",
            "type": "object",
            "properties": {
                "incident": {
                    "anyOf": [{"type": "string", "description": "The incident's id."}, schemas["incident"]],
                    "description": "What happened.",
                },
                "action-items": {
                    "type": "array",
                    "description": "What was promised.",
                    "items": {"allOf": [schemas["item"]], "required": ["title"]},
                },
            },
            "additionalProperties": False,
            "$defs": components,
        }
    )


def kind(name: str, registry: Registry) -> dict[str, Any]:
    """The schema of what is declared of one kind of artifact.

    Raises:
        CannotTell: no usable checker of that kind is installed.
    """
    checker = registry.get(name).checker
    schemas, components = json_schema({"it": checker.Expect})
    return _as_written(
        {
            "$schema": DRAFT,
            "title": f"what loopcheck verifies of a {name}",
            "description": checker.manifest.summary,
            **schemas["it"],
            "$defs": components,
        }
    )


def config(registry: Registry) -> dict[str, Any]:
    """The schema of `.github/loopcheck.yml`, with the settings that installed checkers read."""
    sections: dict[str, type[Any]] = {}
    for name in registry.kinds():
        if _usable(name, registry):
            manifest: Manifest = registry.get(name).checker.manifest
            sections.update({one.section: one.type for one in manifest.settings if _has_schema(one.type)})
    schemas, components = json_schema(
        {**{f"settings.{name}": of for name, of in sections.items()}, "config": ConfigFile}
    )
    settings = _opened(components, schemas["config"])["properties"]["settings"]
    settings["properties"] = {name: schemas[f"settings.{name}"] for name in sorted(sections)}
    return _as_written({"$schema": DRAFT, "title": ".github/loopcheck.yml", **schemas["config"], "$defs": components})


def keys(wanted: type[Any]) -> list[str]:
    """The keys of a type that authors write."""
    schemas, components = json_schema({"it": wanted})
    return list(_opened(components, schemas["it"]).get("properties", {}))


def unusable(registry: Registry) -> list[str]:
    """The kinds that are installed and cannot be loaded, and so are in no schema."""
    return [name for name in registry.kinds() if not _usable(name, registry)]


def _usable(name: str, registry: Registry) -> bool:
    try:
        return _has_schema(registry.get(name).checker.Expect)
    except CannotTell:
        return False


def _has_schema(wanted: type[Any]) -> bool:
    """Whether a type of a plug-in can be described; its contract test says so too."""
    try:
        json_schema({"it": wanted})
    except (TypeError, NotImplementedError):
        return False
    return True


def _types(registry: Registry) -> tuple[dict[str, type[Any]], list[str]]:
    """The expectation of each usable kind, and the kinds."""
    kinds = [name for name in registry.kinds() if _usable(name, registry)]
    return {name: registry.get(name).checker.Expect for name in kinds}, kinds


def _opened(components: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    opened: dict[str, Any] = components[schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else schema
    return opened


def _with_kinds(components: dict[str, Any], item: dict[str, Any], kinds: dict[str, Any]) -> None:
    """Say that each entry of `verify:` is a mapping with one key, the kind.

    One mapping with all kinds, of which exactly one is present, rather than a choice of mappings: of a choice,
    editors can only say that nothing in it fits.
    """
    verify = _opened(components, item)["properties"]["verify"]
    verify["items"] = {
        "type": "object",
        "properties": kinds,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


_SCALARS = ["string", "number", "boolean"]


def _as_written(schema: dict[str, Any]) -> dict[str, Any]:
    """`schema`, in which a text may also look like a number or a truth value.

    loopcheck reads scalars as the text that was written (`version: 1.10` is the text `1.10`); an editor, which
    does not know that, must not ask for quotes.
    """
    written = {
        key: value if key in ("default", "examples", "enum", "const") else _below(value)
        for key, value in schema.items()
    }
    if written.get("type") == "string" and not {"format", "enum", "const"} & set(written):
        written["type"] = _SCALARS
    return written


def _below(value: Any) -> Any:
    if isinstance(value, list):
        return [_below(one) for one in value]
    return _as_written(value) if isinstance(value, dict) else value
