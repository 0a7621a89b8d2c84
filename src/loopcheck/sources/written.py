"""What a source hands on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from loopcheck.model import Claim, Incident, Location, Problem


class Around(msgspec.Struct, frozen=True):
    """What a place gives to every declaration in it that does not say otherwise."""

    id: str | None = None
    """The id of the only item of this place; else ids are made of path and title."""
    joint: str = "#"
    """Stands between path and title in an id."""
    owner: str | None = None
    due: date | None = None
    due_name: str | None = None
    """A milestone without a date of its own, which the configuration's calendar may know."""
    calendar: Mapping[str, date] = {}
    """Names of dates that are known here, beside those of the configuration."""
    url: str | None = None
    withheld: Claim | None = None
    """Why nothing that is declared here may be looked at."""


class Block(msgspec.Struct, frozen=True):
    """One declaration."""

    node: Any
    """A `loopcheck.documents.yaml.Node`."""
    title: str | None
    location: Location


class Written(msgspec.Struct, frozen=True):
    """What one file or issue holds."""

    path: str
    blocks: tuple[Block, ...] = ()
    incident: Incident | None = None
    problems: tuple[Problem, ...] = ()
    around: Around = Around()
    known_as: tuple[str, ...] = ()
    """Other names of the incident: `#7` for the one of an issue."""


class Tracked(msgspec.Struct, frozen=True):
    """What the issues of a tracker hold."""

    written: tuple[Written, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader should know: an issue that declares nothing, or whose author may not declare."""
    unseen: tuple[str, ...] = ()
    """Where something may be declared that could not be seen."""
