"""From nodes to typed data, with every mistake named where it stands.

Types are `msgspec.Struct`s. The same types give the JSON Schema that editors complete declarations from, so the
two cannot differ. Classes with `parse(text)` and `json_schema()`, such as those of `loopcheck.quantities`, are
read from text.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
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
    mistakes = _Mistakes(node, wanted, what)
    while True:
        try:
            value = msgspec.convert(data, wanted, strict=False, dec_hook=_read)
        except msgspec.ValidationError as error:
            if not mistakes.problems:
                data = copy.deepcopy(data)
            # Take the bad part out and read on, so that one look shows every mistake.
            if not mistakes.add(str(error), data):
                break
        else:
            if not mistakes.problems:
                return value
            break
    raise BindingError(mistakes.in_order())


def json_schema(types: Mapping[str, type[Any]]) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The JSON Schemas of `types`, by the names given, and the components that they refer to (`#/$defs/…`)."""
    schemas, components = msgspec.json.schema_components(
        types.values(), schema_hook=_describe, ref_template="#/$defs/{name}"
    )
    return dict(zip(types, schemas, strict=True)), components


def suggestion(word: str, known: list[str]) -> str | None:
    """A hint that names the known word nearest to `word`, or all of them where they are few."""
    from difflib import get_close_matches

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
_LENGTH = re.compile(r"Expected `.*` of length (>=|<=) ([0-9]+)")
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


class _Mistakes:
    """The mistakes in one node, as they are found one after the other."""

    def __init__(self, root: Node, wanted: type[Any], what: str) -> None:
        self.problems: list[Problem] = []
        self._root = root
        self._wanted = wanted
        self._what = what
        self._kept: dict[tuple[str | int, ...], list[int]] = {}
        """For each list from which something was taken, the first places of what is left."""
        self._meant: set[tuple[str | int, ...]] = set()
        """Keys that an unknown key seems to stand for. They are not missing as well."""

    def in_order(self) -> tuple[Problem, ...]:
        """All problems, as they stand in the file."""
        return tuple(sorted(self.problems, key=lambda problem: (problem.line, problem.column))[:_MAX_PROBLEMS])

    def add(self, error: str, data: Any) -> bool:
        """Explain what msgspec says, and take the bad part out of `data`. False where no more can be found."""
        message, path = _taken_apart(error)
        place = self._original(path)
        found, bad = self._explain(message, place)
        self.problems.extend(problem for problem in found if problem not in self.problems)
        if not self.problems:  # whatever it is, it is said
            self.problems.append(self._root.error(f"{self._what}: {message}").problem)
        if not bad or len(self.problems) >= _MAX_PROBLEMS:
            return False
        below = [*path, bad[-1]] if len(bad) > len(place) else path
        if isinstance(below[-1], int):
            listed, _ = _walk(self._root, bad[:-1])
            places = list(range(len(listed))) if isinstance(listed, SequenceNode) else []
            del self._kept.setdefault(bad[:-1], places)[below[-1] : below[-1] + 1]
        return _remove(data, below)

    def _original(self, path: list[str | int]) -> tuple[str | int, ...]:
        """`path` in what the author wrote, before anything was taken out."""
        out: tuple[str | int, ...] = ()
        for step in path:
            kept = self._kept.get(out)
            out += (kept[step] if kept is not None and isinstance(step, int) else step,)
        return out

    def _explain(self, message: str, path: tuple[str | int, ...]) -> tuple[list[Problem], tuple[str | int, ...]]:
        """Problems for people, and the path of what to take out before reading on; empty to stop."""
        node, key = _walk(self._root, path)
        here = _type_at(self._wanted, path)
        name = _name_of(path, self._what)
        if found := _UNKNOWN.fullmatch(message):
            unknown = found[1]
            place = node.key(unknown) if isinstance(node, MappingNode) else None
            meant = getattr(here, "ALSO_CALLED", {}).get(unknown.strip().lower().replace("_", "-"))
            hint = f"did you mean `{meant}`?" if meant else suggestion(unknown, _fields(here))
            if hint and hint.startswith("did you mean"):
                self._meant.add((*path, hint.split("`")[1]))
            return [(place or node).error(f"unknown key `{unknown[:60]}`", hint=hint).problem], (*path, unknown)
        if found := _MISSING.fullmatch(message):
            absent = [
                field
                for field in _required(here) or [found[1]]
                # What was written and could not be read is not missing.
                if not _has(node, field) and (*path, field) not in self._meant
            ]
            return [
                node.error(f"{name} has no `{field}`", hint=_help_for(here, field)).problem for field in absent
            ], path
        if found := _ENUM.fullmatch(message):
            known = [str(member.value) for member in _members(here)]
            return [node.error(f"{name} is `{found[1][:60]}`", hint=suggestion(found[1], known)).problem], path
        if found := _EXPECTED.fullmatch(message):
            expected = " or ".join(_WORDS.get(word.strip(), word.strip()) for word in found[1].split("|"))
            got = _kind_of(node.text_value)
            hint = "write it as `[…]`, or one to a line after `- `" if found[1] == "array" else None
            return [(key or node).error(f"{name} must be {expected}, and is {got}", hint=hint).problem], path
        if found := _LENGTH.fullmatch(message):
            if self._kept.get(path) is not None:  # what was in it could not be read
                return [], path
            at = key if key is not None and not node.text_value else None
            how = "more" if found[1] == ">=" else "less"
            what = f"{name} is empty" if not node.text_value else f"{name} must hold {found[2]} or {how}"
            return [(at or node).error(what, hint=_help_for_value(here)).problem], path
        if message.startswith(("Invalid RFC3339", "Invalid date")):
            return [node.error(f"{name} is not a date", hint="write `2026-12-15`").problem], path
        if message.startswith("Expected `str` matching regex"):
            what = f"{name} is {_kind_of(node.text_value)}, and must match {message.partition('regex ')[2]}"
            return [node.error(what).problem], path
        colon = "" if message.startswith("must ") else ":"
        return [node.error(f"{name}{colon} {message}" if path else message).problem], path


def _name_of(path: tuple[str | int, ...], what: str) -> str:
    """What a message calls the value at `path`."""
    if not path:
        return what
    names = [step for step in path if isinstance(step, str)]
    if isinstance(path[-1], int):
        return f"an entry of `{names[-1]}`" if names else f"an entry of {what}"
    return f"`{names[-1]}`"


def _has(node: Node, key: str) -> bool:
    return isinstance(node, MappingNode) and key in node


def _kind_of(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, str):
        return f"`{value[:40]}`" if value else "empty"
    return "a list" if isinstance(value, list) else "keys with values"


def _walk(root: Node, path: Sequence[str | int]) -> tuple[Node, ScalarNode | None]:
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


def _type_at(wanted: Any, path: Sequence[str | int]) -> Any:
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


def _help_for_value(wanted: Any) -> str | None:
    return "write at least one, after `- `" if getattr(wanted, "__origin__", wanted) is list else None


def _example_of(wanted: type[Any]) -> str | None:
    fields = _fields(wanted)
    return f"begin with `{fields[0]}:`" if fields else None
