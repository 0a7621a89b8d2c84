"""What a look into a file gives: the values at the key, and the places where it is not."""

from __future__ import annotations

import re

import msgspec

from loopcheck.reasons import Unseen
from loopcheck_checks.config_value.manifest import TEMPLATED, Value

# Jinja, Go templates, GitHub expressions, shells, Docker Compose, ERB, Python's interpolation, Azure, T-SQL's cousins.
_TEMPLATE = re.compile(r"\{\{|\{%|<%|\$\{|\$\(|\$[A-Za-z_]|%\([A-Za-z_]|\$\[|@[A-Z_]{2,}@|__[A-Z_]{2,}__|\(\(")


class Missing(msgspec.Struct, frozen=True):
    """A place where the key was looked for and is not."""

    line: int | None
    because: str
    """What is there instead: `server has no timeout`."""


class Look(msgspec.Struct, frozen=True):
    """What was found in the documents that were looked into."""

    documents: int
    values: tuple[Value, ...] = ()
    missing: tuple[Missing, ...] = ()


def is_template(text: str) -> bool:
    """Whether a text holds something that another program fills in."""
    return _TEMPLATE.search(text) is not None


def templated(what: str) -> Unseen:
    """The doubt about a value that is filled in elsewhere."""
    return Unseen(TEMPLATED.word, what, TEMPLATED.remedy)
