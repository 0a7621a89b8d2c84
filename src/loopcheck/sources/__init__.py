"""Where declarations are written. A source knows a format, and no checker.

`read` goes through the files of a repository at a commit. One bad block never hides another item.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

import msgspec

from loopcheck.binding import BindingError
from loopcheck.config import ConfigFile
from loopcheck.declarations.item import Defaults, read_item
from loopcheck.documents.origin import DocumentError
from loopcheck.documents.yaml import MappingNode, Node
from loopcheck.model import ActionItem, Incident, Location, Problem
from loopcheck.paths import matching
from loopcheck.reasons import CannotTell
from loopcheck.registry import Registry
from loopcheck.sources import markdown_files, yaml_files
from loopcheck.sources.written import Tracked, Written
from loopcheck.world import File, Repository


class Declared(msgspec.Struct, frozen=True):
    """All that was declared."""

    items: tuple[ActionItem, ...]
    problems: tuple[Problem, ...]
    incidents: tuple[Incident, ...]
    files: int
    """How many files were read."""
    notes: tuple[str, ...] = ()
    """What a reader should know: an issue that declares nothing, or whose author may not declare."""
    unseen: tuple[str, ...] = ()
    """Where something may be declared that could not be seen."""


_OF_AN_ISSUE = re.compile(r"#[0-9]+(?:/.*)?")


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


def read(repository: Repository, config: ConfigFile, registry: Registry, tracked: Tracked | None = None) -> Declared:
    """All declarations in the repository at its commit, and those in issues where they were read."""
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
    return understand(files, config, registry, problems, tracked)


def understand(
    files: Iterable[File],
    config: ConfigFile,
    registry: Registry,
    problems: Iterable[Problem] = (),
    tracked: Tracked | None = None,
) -> Declared:
    """All declarations in `files`, and those in issues: first every incident, then the items, which may refer to any.

    Files come first: what they say of an incident, and the ids that they give, stand against an issue's.
    """
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
    read_files = len(written)
    tracked = tracked or Tracked()
    written += tracked.written
    incidents: dict[str, Incident] = {}
    for one in written:
        found_problems.extend(one.problems)
        if one.incident is not None:
            for name in (one.incident.id, *one.known_as):
                incidents.setdefault(name.lower(), one.incident)
    items: list[ActionItem] = []
    taken: dict[str, Location] = {}
    unseen = list(tracked.unseen)
    by_name = {name.casefold(): day for name, day in config.calendar.items()}
    for one in written:
        here = one.around
        incident = one.incident
        if incident is not None and here.url is not None:
            incident = incidents.get(incident.id.lower(), incident)
        for block in one.blocks:
            around = Defaults(
                path=one.path,
                title=block.title,
                location=block.location,
                incident=incident,
                incidents=incidents,
                calendar={**config.calendar, **here.calendar},
                require=config.require,
                id=here.id,
                joint=here.joint,
                owner=here.owner,
                due=here.due or by_name.get((here.due_name or "").casefold()),
                url=here.url,
            )
            try:
                item = read_item(block.node, around, registry)
                item = msgspec.structs.replace(item, withheld=here.withheld)
                items.append(_named_once(item, block.node, taken))
            except (BindingError, DocumentError) as error:
                mistakes = error.problems if isinstance(error, BindingError) else (error.problem,)
                if here.withheld is None:
                    found_problems.extend(mistakes)
                else:  # nobody knows whether it counts, so it is not held against anybody either
                    unseen.append(f"{one.path}: a declaration that cannot be read, and {here.withheld.message}")
    found_problems.sort(key=lambda problem: (problem.path, problem.line, problem.column))
    return Declared(
        tuple(items),
        tuple(found_problems),
        tuple(dict.fromkeys(incidents.values())),
        read_files,
        tracked.notes,
        tuple(dict.fromkeys(unseen)),
    )


def _named_once(item: ActionItem, node: Node, taken: dict[str, Location]) -> ActionItem:
    """`item` under an id that no other has: two with one title are counted, two with one given id are a mistake."""
    given = isinstance(node, MappingNode) and "id" in node
    if given and _OF_AN_ISSUE.fullmatch(item.id):
        raise node.error(f"the id `{item.id}` is that of an issue's item", hint="give this item another")
    if given and item.id in taken:
        raise node.error(f"the id `{item.id}` is taken by {taken[item.id]}", hint="give this item another")
    name, number = item.id, 1
    while name in taken:
        number += 1
        name = f"{item.id}-{number}"
    taken[name] = item.location
    return item if name == item.id else msgspec.structs.replace(item, id=name)
