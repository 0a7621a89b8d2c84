"""From nodes to typed data, with every mistake named where it stands.

Types are `msgspec.Struct`s. The same types give the JSON Schema that editors complete declarations from, so the
two cannot differ. Classes with `parse(text)` and `json_schema()`, such as those of `loopcheck.quantities`, are
read from text.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, ClassVar, TypeVar, get_args

import msgspec

from loopcheck.documents.yaml import MappingNode, Node, ScalarNode, SequenceNode
from loopcheck.model import Problem

T = TypeVar("T")

_MAX_PROBLEMS = 20


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The base of what authors write: keys in kebab-case, an unknown key is an error.

    A subclass repeats `frozen=True, kw_only=True`, which msgspec and type checkers ask of each class.
    """

    ALSO_CALLED: ClassVar[Mapping[str, str]] = {}
    """Other words that people write for a key, for the hint beside an unknown one: `artefacts` for `verify`."""


class BindingError(Exception):
    """One or more mistakes in what an author wrote."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def bind(node: Node, wanted: type[T], *, what: str = "this") -> T:
    """Read `node` as a `wanted`.

    Scalars are taken as the text that was written and read by the field's type, so that `version: 1.10` is the
    text `1.10` where a text is asked for.

    Args:
        node: what the author wrote.
        wanted: the type, most often an `Expectation`.
        what: what is being read, for the message where `node` is not even a mapping.

    Raises:
        BindingError: with up to 20 problems, each at its line and column.
    """
    data = node.text_value
    if isinstance(node, ScalarNode) and node.is_null:
        data = {}
    elif not isinstance(node, MappingNode) and issubclass(wanted, msgspec.Struct):
        got = "a list" if isinstance(node, SequenceNode) else "a text"
        problem = node.error(f"{what} must be keys with values, and is {got}", hint=_example_of(wanted)).problem
        raise BindingError((problem,))
    problems: list[Problem] = []
    broken: Any = None
    while True:
        try:
            value = msgspec.convert(data, wanted, strict=False, dec_hook=_read)
        except msgspec.ValidationError as error:
            message, path = _taken_apart(str(error))
            found, remove = _explain(message, path, node, wanted, what)
            problems.extend(problem for problem in found if problem not in problems)
            # Take the bad part out and read on, so that one look shows every mistake.
            broken = copy.deepcopy(data) if broken is None else broken
            data = broken
            if remove is None or len(problems) >= _MAX_PROBLEMS or not _remove(data, remove):
                break
        else:
            if problems:
                break
            return value
    raise BindingError(tuple(sorted(problems, key=lambda problem: (problem.line, problem.column))[:_MAX_PROBLEMS]))


def json_schema(types: Mapping[str, type[Any]]) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The JSON Schemas of `types`, by the names given, and the components that they refer to (`#/$defs/…`)."""
    schemas, components = msgspec.json.schema_components(
        types.values(), schema_hook=_describe, ref_template="#/$defs/{name}"
    )
    return dict(zip(types, schemas, strict=True)), components


def suggestion(word: str, known: list[str]) -> str | None:
    """A hint that names the known word nearest to `word`, or all of them where they are few."""
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    if 0 < len(known) <= 12:
        return "known here: " + ", ".join(f"`{name}`" for name in known)
    return None


def _read(wanted: type[Any], value: Any) -> Any:
    """Read a class of our own from text; msgspec calls this for every type that it does not know."""
    parse = getattr(wanted, "parse", None)
    if parse is None:  # pragma: no cover - a mistake in a checker, found by its contract test
        raise NotImplementedError(f"{wanted.__name__} has no parse()")
    if not isinstance(value, str):
        raise TypeError("must be a single value, and is " + _kind_of(value))
    return parse(value)


def _describe(wanted: type[Any]) -> dict[str, Any]:
    schema = getattr(wanted, "json_schema", None)
    if schema is None:  # pragma: no cover - as above
        raise NotImplementedError(f"{wanted.__name__} has no json_schema()")
    return dict(schema())


_AT = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def _taken_apart(text: str) -> tuple[str, list[str | int]]:
    """A message of msgspec's, and the path in it: `Expected … - at `$.verify[0].metric``."""
    found = _AT.search(text)
    if not found:
        return text, []
    steps: list[str | int] = []
    for name, index in _STEP.findall(found["path"]):
        if name:
            steps.append(name)
        elif index.isdigit():
            steps.append(int(index))
        else:
            break  # `[...]`: inside a mapping with free keys, msgspec does not say which
    return text[: found.start()], steps


_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
_MISSING = re.compile(r"Object missing required field `(.*)`")
_EXPECTED = re.compile(r"Expected `(.*)`, got `(.*)`")
_ENUM = re.compile(r"Invalid enum value '(.*)'")
_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "`true` or `false`",
    "array": "a list",
    "object": "keys with values",
    "null": "nothing",
    "date": "a date",
}


def _explain(
    message: str, path: list[str | int], root: Node, wanted: type[Any], what: str
) -> tuple[list[Problem], list[str | int] | None]:
    """Problems for people, and the path of what to take out before reading on (`None`: stop)."""
    node, key = _walk(root, path)
    name = f"`{path[-1]}`" if path and isinstance(path[-1], str) else what
    if found := _UNKNOWN.fullmatch(message):
        unknown = found[1]
        place = node.key(unknown) if isinstance(node, MappingNode) else None
        here = _type_at(wanted, path)
        meant = getattr(here, "ALSO_CALLED", {}).get(unknown.strip().lower().replace("_", "-"))
        hint = f"did you mean `{meant}`?" if meant else suggestion(unknown, _fields(here))
        return [(place or node).error(f"unknown key `{unknown[:60]}`", hint=hint).problem], [*path, unknown]
    if found := _MISSING.fullmatch(message):
        here = _type_at(wanted, path)
        # What was written and could not be read is not missing.
        absent = [field for field in _required(here) or [found[1]] if not (_has(node, field))]
        return [
            node.error(f"{name} has no `{field}`", hint=_help_for(here, field)).problem for field in absent
        ], path or None
    if found := _ENUM.fullmatch(message):
        known = [str(member.value) for member in _members(_type_at(wanted, path))]
        return [node.error(f"{name} is `{found[1][:60]}`", hint=suggestion(found[1], known)).problem], path or None
    if found := _EXPECTED.fullmatch(message):
        expected = " or ".join(_WORDS.get(word.strip(), word.strip()) for word in found[1].split("|"))
        got = _kind_of(node.text_value)
        hint = "write it as `[…]`, or one to a line after `- `" if found[1] == "array" else None
        return [(key or node).error(f"{name} must be {expected}, and is {got}", hint=hint).problem], path or None
    if message.startswith(("Invalid RFC3339", "Invalid date")):
        return [node.error(f"{name} is not a date", hint="write `2026-12-15`").problem], path or None
    return [node.error(f"{name}: {message}" if path else message).problem], path or None


def _has(node: Node, key: str) -> bool:
    return isinstance(node, MappingNode) and key in node


def _kind_of(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, str):
        return f"`{value[:40]}`" if value else "empty"
    return "a list" if isinstance(value, list) else "keys with values"


def _walk(root: Node, path: list[str | int]) -> tuple[Node, ScalarNode | None]:
    """The node at `path`, as far as it can be followed, and the key that it stands under."""
    node, key = root, None
    for step in path:
        if isinstance(node, MappingNode) and isinstance(step, str) and (child := node.get(step)) is not None:
            key = node.key(step)
            node = child
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node):
            key = None
            node = node.items[step]
        else:
            break
    if isinstance(node, ScalarNode) and node.text == "" and key is not None:
        return key, key
    return node, None


def _remove(data: Any, path: list[str | int]) -> bool:
    """Delete the value at `path` from plain data. False where that is not possible."""
    for step in path[:-1]:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return False
    try:
        del data[path[-1]]
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _alternatives(wanted: Any) -> Iterator[Any]:
    """The members of a union, or the type itself; `Annotated` is opened."""
    arguments = get_args(wanted)
    if getattr(wanted, "__metadata__", None):
        yield from _alternatives(arguments[0])
    elif (arguments and type(None) in arguments) or type(wanted).__name__ in ("UnionType", "_UnionGenericAlias"):
        for argument in arguments:
            yield from _alternatives(argument)
    else:
        yield wanted


def _type_at(wanted: Any, path: list[str | int]) -> Any:
    """The type that `path` leads to, or `None` where it cannot be told."""
    for step in path:
        following: Any = None
        for option in _alternatives(wanted):
            if isinstance(step, int) and get_args(option):
                following = get_args(option)[0]
            elif isinstance(step, str) and isinstance(option, type) and issubclass(option, msgspec.Struct):
                for field in msgspec.structs.fields(option):
                    if field.encode_name == step:
                        following = field.type
        wanted = following
    for option in _alternatives(wanted):
        if option is not type(None):
            return option
    return None


def _fields(wanted: Any) -> list[str]:
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        return [field.encode_name for field in msgspec.structs.fields(wanted)]
    return []


def _required(wanted: Any) -> list[str]:
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        return [field.encode_name for field in msgspec.structs.fields(wanted) if field.required]
    return []


def _members(wanted: Any) -> list[Any]:
    return list(getattr(wanted, "__members__", {}).values())


def _help_for(wanted: Any, missing: str) -> str | None:
    """The first example that the field's own metadata gives."""
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        for field in msgspec.structs.fields(wanted):
            if field.encode_name == missing:
                for meta in getattr(field.type, "__metadata__", ()):
                    if isinstance(meta, msgspec.Meta) and meta.examples:
                        return f"write `{missing}: {meta.examples[0]}`"
        return f"add `{missing}:`"
    return None


def _example_of(wanted: type[Any]) -> str | None:
    fields = _fields(wanted)
    return f"begin with `{fields[0]}:`" if fields else None
