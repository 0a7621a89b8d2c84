"""The way to a value, as an author writes it: `server.timeouts[0].connect`, `containers[name=web].image`."""

from __future__ import annotations

import re
from typing import Any

import msgspec

_MAX_LENGTH = 1000
_MAX_STEPS = 50
_BARE = r"[^\s.\[\]\"'=*]+(?: +[^\s.\[\]\"'=*]+)*"
_QUOTED = r"\"[^\"]*\"|'[^']*'"
_NAME = re.compile(rf"{_QUOTED}|{_BARE}")
_BRACKET = re.compile(rf"\[(?:(\d{{1,9}})|(\*)|({_QUOTED}|{_BARE}) *= *({_QUOTED}|[^\]\"']*))\]")


class Key(msgspec.Struct, frozen=True, tag=True):
    """A step into a mapping."""

    name: str

    def __str__(self) -> str:
        return _written(self.name)


class Index(msgspec.Struct, frozen=True, tag=True):
    """A step to the element of a list with this number, from 0."""

    number: int

    def __str__(self) -> str:
        return f"[{self.number}]"


class Every(msgspec.Struct, frozen=True, tag=True):
    """A step to every element of a list."""

    def __str__(self) -> str:
        return "[*]"


class Select(msgspec.Struct, frozen=True, tag=True):
    """A step to the one element of a list in which a key has a value."""

    key: str
    value: str

    def __str__(self) -> str:
        return f"[{_written(self.key)}={_written(self.value)}]"


Step = Key | Index | Every | Select


class KeyPath:
    """The way to a value. `steps` are its parts; the first is a key or, where the whole file is a list, an index."""

    __slots__ = ("steps",)

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self.steps = steps

    @classmethod
    def parse(cls, text: str) -> KeyPath:
        """Read `a.b[0].c`, `"a.b".c`, `a[name=web].c`, `a[*].b`; a leading `.` is allowed, as jq and yq write it.

        Raises:
            ValueError: it is not such a way.
        """
        stripped = text.strip()
        if not stripped or len(stripped) > _MAX_LENGTH:
            raise ValueError("the key is empty" if not stripped else "the key is too long")
        steps: list[Step] = []
        position = 1 if stripped.startswith(".") and stripped != "." else 0
        expects_name = True
        while position < len(stripped):
            letter = stripped[position]
            if letter == "[":
                found = _BRACKET.match(stripped, position)
                if found is None or (expects_name and steps):
                    raise _wrong(stripped, position)
                steps.append(_bracket(found))
                expects_name = False
            elif letter == "." and not expects_name:
                position += 1
                expects_name = True
                continue
            else:
                found = _NAME.match(stripped, position) if expects_name else None
                if found is None:
                    raise _wrong(stripped, position)
                steps.append(Key(_unquoted(found[0])))
                expects_name = False
            position = found.end()
        if expects_name or len(steps) > _MAX_STEPS:
            raise _wrong(stripped, len(stripped))
        return cls(tuple(steps))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeyPath) and self.steps == other.steps

    def __hash__(self) -> int:
        return hash(self.steps)

    def __str__(self) -> str:
        out = ""
        for step in self.steps:
            out += f".{step}" if isinstance(step, Key) and out else str(step)
        return out

    def __repr__(self) -> str:
        return f"KeyPath({self!s})"

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema of the text form."""
        return {
            "type": "string",
            "description": 'The way to a value: server.timeouts[0].connect, "a.b".c, containers[name=web].image',
        }


def _bracket(found: re.Match[str]) -> Step:
    if found[1] is not None:
        return Index(int(found[1]))
    if found[2] is not None:
        return Every()
    return Select(_unquoted(found[3]), _unquoted(found[4].strip()))


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'" else text


def _written(name: str) -> str:
    if re.fullmatch(_BARE, name):
        return name
    return f"'{name}'" if '"' in name else f'"{name}"'


def _wrong(text: str, position: int) -> ValueError:
    shown = text[max(0, position - 20) : position + 20]
    return ValueError(
        f'the key cannot be read at `{shown}`: write `a.b[0].c`, `a[name=web].c`, `a[*].b`, or `"a.b".c` for a name'
        " with dots"
    )
