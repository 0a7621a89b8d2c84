"""Grafana's alert rules as data, from its API and from files that it is provisioned with. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from loopcheck.documents import yaml
from loopcheck.documents.origin import DocumentError
from loopcheck.documents.yaml import MappingNode, ScalarNode, SequenceNode
from loopcheck_checks.systems.grafana.conditions import Condition, Query, read
from loopcheck_checks.systems.prometheus import durations


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """An alert rule, as much of it as matters."""

    title: str
    uid: str = ""
    folder: str = ""
    """The folder's identifier where Grafana says it, and its title where a file does."""
    group: str = ""
    condition: Condition = Condition()
    hold: float = 0
    """`for`, in seconds."""
    labels: dict[str, str] = {}
    paused: bool = False
    receiver: str | None = None
    """The contact point that the rule names itself; `None` where the notification policies decide."""
    mutes: tuple[str, ...] = ()
    """The mute timings that it names itself."""
    actives: tuple[str, ...] = ()
    """Likewise, the timings outside of which it is muted."""
    line: int = 0


class Odd(msgspec.Struct, frozen=True):
    """A rule that cannot be read, or a file of them."""

    problem: str
    title: str = ""
    """Empty where it may be any."""
    source: str = ""


class _Settings(msgspec.Struct):
    receiver: str
    mutes: list[str] | None = msgspec.field(default=None, name="mute_time_intervals")
    actives: list[str] | None = msgspec.field(default=None, name="active_time_intervals")


class _Written(msgspec.Struct):
    title: str
    data: list[Query]
    condition: str = ""
    uid: str | None = None
    folder: str | None = msgspec.field(default=None, name="folderUID")
    group: str | None = msgspec.field(default=None, name="ruleGroup")
    hold: str | int | None = msgspec.field(default=None, name="for")
    labels: dict[str, str | int | float | bool | None] | None = None
    paused: bool | None = msgspec.field(default=None, name="isPaused")
    settings: _Settings | None = msgspec.field(default=None, name="notification_settings")
    record: Any = None


def rule_of(data: Mapping[str, Any]) -> Rule | Odd | None:
    """A rule, as the API and files write it; `None` for one that records and does not alert."""
    title = data.get("title")
    try:
        written = msgspec.convert(data, _Written)
        hold = durations.seconds(str(written.hold)) if written.hold not in (None, "") else 0.0
    except (msgspec.ValidationError, ValueError) as error:
        return Odd(str(error)[:160], title if isinstance(title, str) else "")
    if written.record is not None:
        return None
    settings = written.settings
    return Rule(
        title=written.title,
        uid=written.uid or "",
        folder=written.folder or "",
        group=written.group or "",
        condition=read(written.condition, written.data),
        hold=hold,
        labels={name: _text(value) for name, value in (written.labels or {}).items()},
        paused=bool(written.paused),
        receiver=settings.receiver if settings is not None else None,
        mutes=tuple(settings.mutes or ()) if settings is not None else (),
        actives=tuple(settings.actives or ()) if settings is not None else (),
    )


def _text(value: str | float | bool | None) -> str:  # noqa: FBT001 - what a label is
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def may_be_rules(text: str) -> bool:
    """Whether a file may be one that Grafana's alert rules are provisioned with. Cheap, and never wrongly no."""
    return "groups" in text and "condition" in text and "apiVersion" in text


def read_file(text: str, path: str) -> tuple[list[Rule], list[Odd]]:
    """The rules of a provisioning file, in YAML or JSON. Of another file, none."""
    try:
        root = yaml.load(text, path)
    except DocumentError as error:
        return [], [Odd(str(error)[:200])] if "datasourceUid" in text or "datasource_uid" in text else []
    if not isinstance(root, MappingNode) or not isinstance(groups := root.get("groups"), SequenceNode):
        return [], []
    rules: list[Rule] = []
    odd: list[Odd] = []
    for group, node in _rules(groups):
        found = rule_of(node.value)
        if isinstance(found, Odd):
            odd.append(found)
        elif found is not None:
            rules.append(
                msgspec.structs.replace(
                    found, folder=_scalar(group, "folder"), group=_scalar(group, "name"), line=node.line
                )
            )
    return rules, odd


def _rules(groups: SequenceNode) -> Iterator[tuple[MappingNode, MappingNode]]:
    for group in groups:
        listed = group.get("rules") if isinstance(group, MappingNode) else None
        for node in listed if isinstance(listed, SequenceNode) else ():
            # A group of Prometheus's has rules with `alert` and `expr`, and is none of ours.
            if isinstance(group, MappingNode) and isinstance(node, MappingNode) and "title" in node:
                yield group, node


def _scalar(node: MappingNode, key: str) -> str:
    value = node.get(key)
    return value.text if isinstance(value, ScalarNode) else ""


def slug(text: str) -> str:
    """A title as it is compared: spaces and case do not matter."""
    return re.sub(r"\s+", " ", text).strip().casefold()
