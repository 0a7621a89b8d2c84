"""The events that can start a workflow, from its file."""

from __future__ import annotations

from loopcheck.checker import CannotTell
from loopcheck.documents import yaml
from loopcheck.documents.origin import DocumentError
from loopcheck.documents.yaml import MappingNode, Node, ScalarNode, SequenceNode
from loopcheck.reasons import UNPARSEABLE


def triggers_of(text: str, path: str) -> tuple[str, ...]:
    """The events under `on:`. A schedule without a time starts nothing, and is none.

    Raises:
        CannotTell: it is not a workflow that can be read.
    """
    try:
        root = yaml.load(text, path)
    except DocumentError as error:
        raise CannotTell(UNPARSEABLE, str(error)) from None
    on = root.get("on") if isinstance(root, MappingNode) else None
    if isinstance(on, ScalarNode) and not on.is_null:
        return (on.text,)
    if isinstance(on, SequenceNode):
        return tuple(one.text for one in on if isinstance(one, ScalarNode))
    if isinstance(on, MappingNode):
        return tuple(key.text for key, value in on.entries() if key.text != "schedule" or _has_time(value))
    raise CannotTell(UNPARSEABLE, f"{path} has no `on:` that can be read")


def _has_time(schedule: Node) -> bool:
    entries: list[Node] = list(schedule) if isinstance(schedule, SequenceNode) else []
    crons = [entry.get("cron") for entry in entries if isinstance(entry, MappingNode)]
    return any(isinstance(cron, ScalarNode) and len(cron.text.split()) == 5 for cron in crons)
