"""Declarations in plain YAML: `action-items:`, each with a title, and `incident:` beside it."""

from __future__ import annotations

from loopcheck.binding import BindingError, suggestion
from loopcheck.declarations.incident import read_incident
from loopcheck.documents import yaml
from loopcheck.documents.origin import DocumentError
from loopcheck.model import Incident, Problem
from loopcheck.sources.written import Block, Written
from loopcheck.world import File

ITEMS = "action-items"
_KEYS = [ITEMS, "incident"]


def read(file: File) -> Written:
    """The items of one file. A file that has neither key belongs to something else and is left alone.

    Raises:
        CannotTell: it is not text.
        DocumentError: it names action items and cannot be read.
    """
    text = file.text
    if ITEMS not in text and "incident:" not in text:
        return Written(file.path)
    root = yaml.load(text, file.path, yaml.DECLARATION)
    if not isinstance(root, yaml.MappingNode) or not any(key in root for key in _KEYS):
        return Written(file.path)
    problems: list[Problem] = []
    for key, _ in root.entries():
        if key.text not in _KEYS:
            problems.append(key.error(f"unknown key `{key.text[:60]}`", hint=suggestion(key.text, _KEYS)).problem)
    incident: Incident | None = None
    try:
        incident = read_incident(root, file.path)
    except DocumentError as error:
        problems.append(error.problem)
    except BindingError as error:
        problems.extend(error.problems)
    items = root.get(ITEMS)
    blocks: list[Block] = []
    if isinstance(items, yaml.SequenceNode):
        blocks = [Block(node, None, node.location) for node in items]
    elif items is not None:
        problems.append(items.error(f"`{ITEMS}` must be a list", hint="begin each item with `- title: …`").problem)
    return Written(file.path, tuple(blocks), incident, tuple(problems))
