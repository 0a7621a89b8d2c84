"""What GitHub's runner reads from a step: commands in its log, values in its file of outputs.

Written after the runner's own parsers, to hold what loopcheck prints against. Any name is a command here,
registered or not.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_LINE_END = re.compile(r"\r\n|\r|\n")
"""Where .NET ends a line."""


class Command(NamedTuple):
    """One command, as the runner understands it."""

    name: str
    properties: dict[str, str]
    data: str


def commands(printed: str) -> list[Command]:
    """The commands that the runner obeys in `printed`, from stdout or stderr, in order.

    `stop-commands` and the word that ends it are heeded, and not in the list.
    """
    obeyed: list[Command] = []
    until: str | None = None
    for command in filter(None, map(_of_line, _LINE_END.split(printed))):
        name = command.name.lower()
        if until is not None:
            until = None if name == until.lower() else until
        elif name == "stop-commands":
            until = command.data
        elif name:
            obeyed.append(command)
    return obeyed


def suspects(printed: str) -> list[Command]:
    """Every command that some runner might see in `printed`, also where it was told to stop.

    The runner compares as a culture does, in which characters without width are nothing at all: a line is read
    with and without them.
    """
    return [command for line in _LINE_END.split(printed) if (command := _of_line(line) or _of_bare(line))]


def names(printed: str) -> list[str]:
    """The names of the commands that the runner obeys."""
    return [command.name.lower() for command in commands(printed)]


def _of_line(line: str) -> Command | None:
    return _new(line) or _old(line)


def _of_bare(line: str) -> Command | None:
    return None if line.isascii() and line.isprintable() else _of_line(_without_width(line))


def _without_width(line: str) -> str:
    return "".join(letter for letter in line if not _ignorable(letter))


def _ignorable(letter: str) -> bool:
    if unicodedata.category(letter) in ("Cf", "Cc") and letter not in "\t ":
        return True
    point = ord(letter)
    return (
        point in (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0)
        or 0x180B <= point <= 0x180F
        or 0xFE00 <= point <= 0xFE0F
        or 0xE0000 <= point <= 0xE0FFF
    )


def _new(line: str) -> Command | None:
    """`::name key=value,key=value::data`, where nothing but white space stands before it."""
    line = line.lstrip()
    if not line.startswith("::"):
        return None
    head, closed, data = line[2:].partition("::")
    if not closed:
        return None
    name, _, properties = head.partition(" ")
    return Command(name, _properties(properties.strip(), ",", "%0D \r %0A \n %3A : %2C , %25 %"), _data(data))


def _old(line: str) -> Command | None:
    """`##[name key=value;key=value]data`, anywhere in a line."""
    begin = line.find("##[")
    end = line.find("]", begin)
    if begin < 0 or end < 0:
        return None
    name, _, properties = line[begin + 3 : end].partition(" ")
    return Command(name, _properties(properties, ";", "%3B ; %0D \r %0A \n %5D ] %25 %"), line[end + 1 :])


def _properties(text: str, separator: str, escapes: str) -> dict[str, str]:
    pairs = (part.split("=", 1) for part in text.split(separator) if "=" in part)
    return {pair[0]: _unescaped(pair[1], escapes) for pair in pairs if pair[0] and pair[1]}


def _data(text: str) -> str:
    return _unescaped(text, "%0D \r %0A \n %25 %")


def _unescaped(text: str, escapes: str) -> str:
    words = escapes.split(" ")
    for escape, meant in zip(words[::2], words[1::2], strict=True):
        text = text.replace(escape, meant)
    return text


def outputs(text: str) -> dict[str, str]:
    """The outputs of a step, from its file: `name=value` lines, or `name<<end`, lines, and `end`.

    Raises:
        ValueError: the runner would fail the step.
    """
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        equals, block = line.find("="), line.find("<<")
        if not line:
            continue
        if equals >= 0 and (block < 0 or equals < block):
            found[line[:equals]] = line[equals + 1 :]
        elif block >= 0:
            name, end = line[:block], line[block + 2 :]
            value: list[str] = []
            for inner in lines:
                if inner == end:
                    break
                value.append(inner)
            else:
                raise ValueError(f"{name} is never ended")
            found[name] = "\n".join(value)
        else:
            raise ValueError(f"not an output: {line[:80]!r}")
    return found
