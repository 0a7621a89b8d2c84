"""The keys of a type that authors write, as a person reads them. Taken from its JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from loopcheck.binding import json_schema

_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "keys with values",
}
_MAX_DEPTH = 3


class Key(msgspec.Struct, frozen=True):
    """One key that may be written."""

    name: str
    depth: int
    """0 for a key of the type itself, more for one below."""
    form: str
    """What its value looks like: `text`, `list of text`, `prevent, detect or mitigate`."""
    required: bool
    says: str
    default: Any
    example: Any


def keys_of(wanted: type[Any]) -> list[Key]:
    """The keys of an `Expectation`, in the order in which it declares them, each followed by those below it."""
    schemas, components = json_schema({"it": wanted})
    return list(_keys(schemas["it"], components, 0))


def _keys(schema: Mapping[str, Any], components: Mapping[str, Any], depth: int) -> Iterator[Key]:
    schema = _opened(schema, components)
    required = schema.get("required", [])
    for name, value in schema.get("properties", {}).items():
        about = _about(value, components)
        yield Key(
            name,
            depth,
            _form(value, components),
            name in required,
            " ".join(str(about.get("description", "")).split()),
            value.get("default"),
            about.get("examples", [None])[0],
        )
        if depth < _MAX_DEPTH:
            # A key of which several forms are mappings names each key below it once.
            below = [key for form in _below(value, components) for key in _keys(form, components, depth + 1)]
            yield from {(key.depth, key.name): key for key in below}.values()


def _about(schema: Mapping[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    """What a schema says of itself, or else the only form that it may have beside null."""
    forms = [choice for choice in schema.get("anyOf", []) if choice.get("type") != "null"]
    inner = forms[0] if len(forms) == 1 else {}
    if "$ref" in schema:
        inner = components[schema["$ref"].removeprefix("#/$defs/")]
    return {**(_about(inner, components) if inner else {}), **schema}


def _opened(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = components[schema["$ref"].removeprefix("#/$defs/")]
    return schema


def _below(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The mappings that a value may be, or be a list of."""
    schema = _opened(schema, components)
    if "properties" in schema:
        yield schema
    for choice in schema.get("anyOf", []):
        yield from _below(choice, components)
    if isinstance(schema.get("items"), Mapping):
        yield from _below(schema["items"], components)


def _form(schema: Mapping[str, Any], components: Mapping[str, Any]) -> str:
    schema = _opened(schema, components)
    if "anyOf" in schema:
        choices = [choice for choice in schema["anyOf"] if choice.get("type") != "null"]
        forms = list(dict.fromkeys(_form(choice, components) for choice in choices))
        single = [_form(choice, components) for choice in choices if choice.get("type") != "array"]
        if len(single) > 1 and f"list, each {_either(single)}" in forms:
            return f"{_either(single)}, or a list of them"
        return _either(forms)
    if "enum" in schema:
        return _either([str(value) for value in schema["enum"] if value is not None])
    if "const" in schema:
        return str(schema["const"])
    kind = schema.get("type", "anything")
    if isinstance(kind, list):
        return _either([_WORDS.get(str(one), str(one)) for one in kind if one != "null"])
    if kind == "array" and isinstance(schema.get("items"), Mapping) and schema["items"]:
        inner = _form(schema["items"], components)
        return f"list, each {inner}" if " or " in inner else f"list of {inner}"
    return _WORDS.get(str(kind), str(kind))


def _either(forms: list[str]) -> str:
    return forms[0] if len(forms) == 1 else f"{', '.join(forms[:-1])} or {forms[-1]}"
