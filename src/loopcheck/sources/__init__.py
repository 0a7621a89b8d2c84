"""Where declarations are written. A source knows a format, and no checker.

`read` goes through the files of a repository at a commit. One bad block never hides another item.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from loopcheck.binding import BindingError
from loopcheck.config import ConfigFile
from loopcheck.declarations.item import Defaults, read_item
from loopcheck.documents.origin import DocumentError
from loopcheck.documents.yaml import Node
from loopcheck.model import ActionItem, Incident, Location, Problem
from loopcheck.paths import matching
from loopcheck.reasons import CannotTell
from loopcheck.registry import Registry
from loopcheck.sources import markdown_files, yaml_files
from loopcheck.sources.written import Written
from loopcheck.world import File, Repository


class Declared(msgspec.Struct, frozen=True):
    """All that was declared."""

    items: tuple[ActionItem, ...]
    problems: tuple[Problem, ...]
    incidents: tuple[Incident, ...]
    files: int
    """How many files were read."""


class FileSource(Protocol):
    """Reads one format of file."""

    def __call__(self, file: File) -> Written:
        """What is written in `file`."""
        ...


_FORMATS: dict[str, FileSource] = {
    "md": markdown_files.read,
    "markdown": markdown_files.read,
    "yml": yaml_files.read,
    "yaml": yaml_files.read,
}


def read(repository: Repository, config: ConfigFile, registry: Registry) -> Declared:
    """All declarations in the repository at its commit."""
    files: list[File] = []
    problems: list[Problem] = []
    for path in matching(repository.paths, config.declarations):
        try:
            file = repository.read(path)
        except CannotTell as trouble:
            problems.append(Problem(path, 1, 1, trouble.message, trouble.reason.remedy))
            continue
        if file is not None:
            files.append(file)
    return understand(files, config, registry, problems)


def understand(
    files: Iterable[File], config: ConfigFile, registry: Registry, problems: Iterable[Problem] = ()
) -> Declared:
    """All declarations in `files`: first every incident, then the items, which may refer to any of them."""
    found_problems = list(problems)
    written: list[Written] = []
    for file in files:
        reader = _FORMATS.get(file.path.rpartition(".")[2].lower(), markdown_files.read)
        try:
            written.append(reader(file))
        except DocumentError as error:
            found_problems.append(error.problem)
        except CannotTell as trouble:
            found_problems.append(Problem(file.path, 1, 1, trouble.message, trouble.reason.remedy))
    incidents: dict[str, Incident] = {}
    for one in written:
        found_problems.extend(one.problems)
        if one.incident is not None:
            incidents.setdefault(one.incident.id.lower(), one.incident)
    items: list[ActionItem] = []
    taken: dict[str, Location] = {}
    for one in written:
        for block in one.blocks:
            around = Defaults(
                path=one.path,
                title=block.title,
                location=block.location,
                incident=one.incident,
                incidents=incidents,
                calendar=config.calendar,
                require=config.require,
            )
            try:
                item = read_item(block.node, around, registry)
                items.append(_named_once(item, block.node, taken))
            except BindingError as error:
                found_problems.extend(error.problems)
            except DocumentError as error:
                found_problems.append(error.problem)
    found_problems.sort(key=lambda problem: (problem.path, problem.line, problem.column))
    return Declared(tuple(items), tuple(found_problems), tuple(incidents.values()), len(written))


def _named_once(item: ActionItem, node: Node, taken: dict[str, Location]) -> ActionItem:
    """`item` under an id that no other has: two with one title are counted, two with one given id are a mistake."""
    given = f"{item.location.path}#" not in item.id
    if given and item.id in taken:
        raise node.error(f"the id `{item.id}` is taken by {taken[item.id]}", hint="give this item another")
    name, number = item.id, 1
    while name in taken:
        number += 1
        name = f"{item.id}-{number}"
    taken[name] = item.location
    return item if name == item.id else msgspec.structs.replace(item, id=name)
