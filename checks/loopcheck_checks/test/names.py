"""The name of a test, as an author writes it and as a report has it. Pure."""

from __future__ import annotations

import msgspec


class Named(msgspec.Struct, frozen=True):
    """What a name says."""

    full: str
    """As a report writes it: `tests.test_x.TestY.test_z[a]`."""
    alone: bool
    """Whether it may be a name without its class."""
    function: str
    """`test_z`."""
    classes: tuple[str, ...] = ()
    """`TestY`, where the name says."""
    path: str | None = None
    """`tests/test_x.py`, where the name says."""


def named(text: str) -> Named:
    """Read `tests/test_x.py::TestY::test_z[a]`, `com.acme.FooTest#testBar`, `com.acme.FooTest.testBar` or `test_z`."""
    text = text.strip()
    place = text.find("[")
    head, parameters = (text[:place], text[place:]) if place > 0 else (text, "")
    parts = head.split("::")
    if len(parts) > 1:
        first, *classes, function = parts
        if first.endswith(".py"):
            module = first.removeprefix("./").removesuffix(".py").replace("/", ".")
            full = ".".join((module, *classes, function)) + parameters
            return Named(full, False, function, tuple(classes), first.removeprefix("./"))
        return Named(".".join(parts) + parameters, False, function, (first, *classes))
    owner, sign, function = head.rpartition("#")
    if sign and owner:
        return Named(f"{owner}.{function}{parameters}", False, function.partition("(")[0])
    bare = head.partition("(")[0].strip()
    return Named(text, True, bare.rpartition(".")[2] if " " not in bare else bare)
