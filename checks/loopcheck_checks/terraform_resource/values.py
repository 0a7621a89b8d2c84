"""Values of attributes: read as Terraform means them, found by a path, compared with what is declared. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import msgspec

from loopcheck.quantities import Quantity
from loopcheck_checks.systems.conditions import Condition

_NUMBER = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?(?:[eE][-+]?[0-9]{1,2})?")
_TEMPLATE = re.compile(r"(?<!\$)(?:\$\$)*\$\{|(?<!%)(?:%%)*%\{")
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([nrt"\\]))|\$\$\{|%%\{')
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t"}
_STEP = re.compile(r"([A-Za-z_][A-Za-z0-9_-]{0,99})((?:\[[0-9]{1,4}\]){0,3})")
_SHOWN = 200
_MOST = 200


class Value(msgspec.Struct, frozen=True):
    """A value as it stands in the code."""

    kind: str
    """`text`, `number`, `boolean`, `null`, `list`, `mapping`, or `expression`: what only Terraform can work out."""
    text: str = ""
    items: tuple[Value, ...] = ()
    """Of a list."""

    def __str__(self) -> str:
        if self.kind == "list":
            return f"[{', '.join(map(str, self.items))}]"[:_SHOWN]
        return f'"{self.text}"'[:_SHOWN] if self.kind == "text" else (self.text or self.kind)[:_SHOWN]


class Attribute(msgspec.Struct, frozen=True):
    """What stands at a declared path."""

    path: str
    values: tuple[Value, ...] = ()
    missing: int = 0
    """In how many blocks it does not stand."""
    dynamic: bool = False
    """Whether a block on the way is made by `dynamic`, or a value on the way is an expression."""


def steps_of(path: str) -> tuple[str | int, ...]:
    """Read `monitor_thresholds.critical`, `ingress[0].from_port`.

    Raises:
        ValueError: it is not a path.
    """
    steps: list[str | int] = []
    for part in path.strip().split("."):
        found = _STEP.fullmatch(part)
        if found is None:
            raise ValueError(
                f"`{path[:60]}` is not a path: write `monitor_thresholds.critical` or `ingress[0].to_port`"
            )
        steps.append(found[1])
        steps += [int(number) for number in re.findall(r"[0-9]+", found[2])]
    return tuple(steps)


def value_of(raw: Any) -> Value:
    """A value as `python-hcl2` writes it."""
    if isinstance(raw, bool):
        return Value("boolean", str(raw).lower())
    if isinstance(raw, int | float):
        return Value("number", f"{raw:.15g}" if isinstance(raw, float) else str(raw))
    if raw is None:
        return Value("null")
    if isinstance(raw, list):
        return Value("list", items=tuple(value_of(one) for one in raw[:_MOST]))
    if isinstance(raw, dict):
        return Value("mapping", "" if any(not key.startswith("__") for key in raw) else "empty")
    text = str(raw)
    if len(text) >= 2 and text[0] == text[-1] == '"':
        inside = text[1:-1]
        return Value("expression", text) if _TEMPLATE.search(inside) else Value("text", _unescaped(inside))
    inner = text[2:-1] if text.startswith("${") and text.endswith("}") else text
    return Value("number" if _NUMBER.fullmatch(inner) else "expression", inner)


def _unescaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        if found[1] or found[2]:
            code = int(found[1] or found[2], 16)
            return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else found[0]
        return found[0][1:] if found[3] is None else _SIMPLE.get(found[3], found[3])

    return _ESCAPE.sub(one, text)


def attribute(body: Mapping[str, Any], path: str) -> Attribute:
    """What stands at a path in a block."""
    found: list[Any] = [body]
    missing = 0
    dynamic = False
    for step in steps_of(path):
        below: list[Any] = []
        for node in found:
            if isinstance(step, str) and isinstance(node, list) and all(isinstance(one, dict) for one in node):
                nodes = node  # several blocks of one type, and which one is meant is not said
            else:
                nodes = [node]
            for one in nodes:
                there, value = _step(one, step)
                if there:
                    below.append(value)
                elif _is_made(one, step):
                    dynamic = True
                else:
                    missing += 1
        found = below[:_MOST]
    return Attribute(path, tuple(value_of(one) for one in found), missing, dynamic)


def _step(node: Any, step: str | int) -> tuple[bool, Any]:
    if isinstance(step, int):
        there = isinstance(node, list) and step < len(node)
        return there, node[step] if there else None
    if not isinstance(node, dict):
        return False, None
    for key in (step, f'"{step}"'):
        if key in node and not key.startswith("__"):
            return True, node[key]
    return False, None


def _is_made(node: Any, step: str | int) -> bool:
    """Whether what is not there may be there all the same, once Terraform has worked it out."""
    if isinstance(node, str):
        return value_of(node).kind == "expression"
    if not isinstance(node, dict):
        return False
    made = node.get("dynamic")
    labels = {label.strip('"') for one in (made if isinstance(made, list) else [made]) for label in one or ()}
    return step in labels


def satisfies(value: Value, wanted: Condition) -> bool | None:
    """Whether a value is as declared; `None` where that cannot be told. Terraform takes `"30"` for 30."""
    if value.kind == "expression":
        return None
    if wanted.sign == "!=":
        equal = _equals(value, wanted)
        return None if value.kind in ("list", "mapping", "null") else not equal
    if wanted.sign == "==":
        return None if value.kind == "mapping" else _equals(value, wanted)
    if value.kind not in ("number", "text"):
        return None if value.kind in ("list", "mapping") else False
    try:
        return wanted.comparison.holds(Quantity.parse(value.text))
    except ValueError:
        return None


def _equals(value: Value, wanted: Condition) -> bool:
    if value.kind == "null":
        return not wanted.literal and wanted.text == "null"
    if value.kind == "list":
        return False
    text = value.text.replace("\r\n", "\n").rstrip("\n")  # a heredoc ends with one
    if wanted.text in (text, value.text):
        return True
    if not _NUMBER.fullmatch(text) or not _NUMBER.fullmatch(wanted.text):
        return False
    return Fraction(text) == Fraction(wanted.text)


def contains(value: Value, wanted: Sequence[Condition]) -> bool | None:
    """Whether a list has each of these; `None` where that cannot be told."""
    if value.kind == "expression":
        return None
    if value.kind != "list":
        return False
    open_ended = any(one.kind == "expression" for one in value.items)
    lacking = [one for one in wanted if not any(satisfies(item, one) for item in value.items)]
    return True if not lacking else None if open_ended else False
