"""What GitHub's runner takes from a log: its two command grammars, written anew from their behaviour.

It is more suspicious than the runner. Any name is a command, registered or not; and because the runner compares
as a culture does, in which characters without width are nothing at all, a line is read with and without them.
"""

import re
import unicodedata
from typing import NamedTuple


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    data: str


def commands(output: str) -> list[Command]:
    """Every command in `output`. The runner ends lines where .NET does, at CR, LF and CRLF."""
    return [command for line in re.split(r"\r\n|\r|\n", output) if (command := of_line(line))]


def of_line(line: str) -> Command | None:
    found = _new(line) or _old(line)
    if found is None and not (line.isascii() and line.isprintable()):
        bare = _without_width(line)
        found = _new(bare) or _old(bare)
    return found


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
