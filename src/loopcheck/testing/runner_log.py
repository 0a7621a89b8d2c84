"""What GitHub's runner reads from a step: commands in its log, values in its file of outputs.

Written after the runner's own parsers, to hold what loopcheck prints against.
"""

from __future__ import annotations

import re

_LINE_END = re.compile(r"\r\n|\n|\r")
_NEW = re.compile(r"\s*::(?P<name>[^: ]+)(?P<properties> [^:]*)?::(?P<data>.*)")
"""`::name properties::data`, at the start of a line after any space."""
_OLD = re.compile(r"##\[(?P<name>[^\] ]+)[^\]]*\](?P<data>.*)")
"""`##[name properties]data`, anywhere in a line."""


def commands(printed: str) -> list[str]:
    """The names of the commands that the runner obeys in `printed`, from stdout or stderr, in order.

    `stop-commands` and the word that ends it are heeded, and not in the list.
    """
    obeyed: list[str] = []
    until: str | None = None
    for line in _LINE_END.split(printed):
        found = _NEW.match(line) or _OLD.search(line)
        if found is None:
            continue
        name = found["name"].lower()
        if until is not None:
            until = None if name == until.lower() else until
        elif name == "stop-commands":
            until = found["data"]
        else:
            obeyed.append(name)
    return obeyed


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
