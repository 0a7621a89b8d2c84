"""What a source hands on."""

from __future__ import annotations

from typing import Any

import msgspec

from loopcheck.model import Incident, Location, Problem


class Block(msgspec.Struct, frozen=True):
    """One declaration."""

    node: Any
    """A `loopcheck.documents.yaml.Node`."""
    title: str | None
    location: Location


class Written(msgspec.Struct, frozen=True):
    """What one file holds."""

    path: str
    blocks: tuple[Block, ...] = ()
    incident: Incident | None = None
    problems: tuple[Problem, ...] = ()
