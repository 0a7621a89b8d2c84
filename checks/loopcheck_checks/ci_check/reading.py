"""From the nodes of a workflow file or an action to what is seen of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

import msgspec

from loopcheck.documents.yaml import MappingNode, Node, ScalarNode, SequenceNode
from loopcheck_checks.ci_check.seen import EventSeen, Input, JobSeen, Kin, Leg, StepSeen, Written

_MAX_LEGS = 256
"""As many jobs as GitHub makes of one matrix."""
MAX_KIN = 256
"""More needed jobs than any real workflow has are not followed."""
FILTERS = ("branches", "branches-ignore", "tags", "tags-ignore", "paths", "paths-ignore", "types")


def mapping(node: Node | None) -> MappingNode | None:
    """`node` where it is a mapping."""
    return node if isinstance(node, MappingNode) else None


def scalar(node: Node | None) -> str | None:
    """The text of a scalar that is not null."""
    return node.text if isinstance(node, ScalarNode) and not node.is_null else None


def texts(node: Node | None) -> tuple[str, ...]:
    """One text, or a list of them."""
    if isinstance(node, SequenceNode):
        return tuple(item.text for item in node if isinstance(item, ScalarNode))
    text = scalar(node)
    return () if text is None else (text,)


def written(holder: MappingNode, key: str) -> Written | None:
    """The scalar under `key`, with its line.

    Raises:
        DocumentError: there is something, and it is no scalar.
    """
    node = holder.get(key)
    if node is None or (isinstance(node, ScalarNode) and node.is_null):
        return None
    if not isinstance(node, ScalarNode):
        raise node.error(f"`{key}` must be a single value")
    return Written(node.text, node.line)


def table(node: Node | None) -> dict[str, str]:
    """A mapping of texts, such as `env:`."""
    holder = mapping(node)
    if holder is None:
        return {}
    return {key.text: _text(value) for key, value in holder.entries() if isinstance(value, ScalarNode)}


def _text(node: Node | None) -> str:
    """A scalar as GitHub writes it into a text: null is empty, and `True` is `true`."""
    if not isinstance(node, ScalarNode) or node.is_null:
        return ""
    value = node.value
    return node.text if not isinstance(value, bool) else "true" if value else "false"


def events(root: MappingNode) -> tuple[EventSeen, ...]:
    """The events of `on:`, which is a word, a list or a mapping; nothing below an event is no filter."""
    node = root.get("on")
    if isinstance(node, ScalarNode):
        return () if node.is_null else (EventSeen(node.text, node.line),)
    if isinstance(node, SequenceNode):
        return tuple(EventSeen(item.text, item.line) for item in node if isinstance(item, ScalarNode))
    if not isinstance(node, MappingNode):
        return ()
    found: list[EventSeen] = []
    for key, value in node.entries():
        holder = mapping(value)
        filters = {name: texts(holder.get(name)) for name in FILTERS if name in holder} if holder else {}
        found.append(EventSeen(key.text, key.line, filters))
    return tuple(found)


class Defaults(msgspec.Struct, frozen=True):
    """`defaults.run`: what holds for every script that says nothing else."""

    shell: str | None = None
    folder: str | None = None


def defaults_of(*holders: MappingNode | None) -> Defaults:
    """Of each default that of the innermost that has one."""
    return Defaults(_default("shell", holders), _default("working-directory", holders))


def _default(key: str, holders: Iterable[MappingNode | None]) -> str | None:
    for holder in holders:
        defaults = mapping(holder.get("defaults")) if holder else None
        run = mapping(defaults.get("run")) if defaults else None
        if run is not None and (text := scalar(run.get(key))):
            return text
    return None


def steps(path: str, node: Node | None, defaults: Defaults = Defaults()) -> Iterator[StepSeen]:  # noqa: B008 - frozen
    """The steps of a job or a composite action, with those of its groups of parallel steps."""
    awaited: set[str] = set()
    found: list[StepSeen] = []
    for holder in reversed(list(_holders(node))):  # what is waited for stands before the step that waits
        awaited.update([_EVERY] if holder.key("wait-all") else texts(holder.get("wait")))
        found.append(_step(path, holder, defaults, awaited))
    yield from reversed(found)


_EVERY = "*"


def _holders(node: Node | None) -> Iterator[MappingNode]:
    """Each step. The steps of a `parallel:` group are started together and waited for: they count like any."""
    for item in node if isinstance(node, SequenceNode) else ():
        holder = mapping(item)
        group = holder.get("parallel") if holder else None
        if isinstance(group, SequenceNode):
            yield from (inner for inner in map(mapping, group) if inner is not None)
        elif holder is not None:
            yield holder


def _step(path: str, holder: MappingNode, defaults: Defaults, awaited: set[str]) -> StepSeen:
    name, identity = scalar(holder.get("name")), scalar(holder.get("id"))
    uses, run = scalar(holder.get("uses")), written(holder, "run")
    first_line = next((line.strip() for line in run.text.splitlines() if line.strip()), "") if run else ""
    background = scalar(holder.get("background")) not in (None, "false")
    return StepSeen(
        path=path,
        line=holder.line,
        label=name or identity or uses or first_line[:60],
        id=identity,
        name=name,
        uses=uses,
        run=run,
        shell=scalar(holder.get("shell")) or (defaults.shell if run else None),
        folder=scalar(holder.get("working-directory")) or (defaults.folder if run else None),
        condition=written(holder, "if"),
        soft=written(holder, "continue-on-error"),
        unwatched=background and _EVERY not in awaited and identity not in awaited,
        env=table(holder.get("env")),
        inputs=table(holder.get("with")),
    )


def job(path: str, root: MappingNode, identity: str, *, with_steps: bool = True) -> JobSeen:
    """A job of a workflow.

    Raises:
        DocumentError: a part of it is not what it must be.
    """
    jobs = mapping(root.get("jobs"))
    holder = mapping(jobs.get(identity)) if jobs else None
    key = jobs.key(identity) if jobs else None
    if jobs is None or holder is None or key is None:
        raise (key or root).error(f"the job `{identity[:60]}` is not a mapping")
    defaults = defaults_of(holder, root)
    needs = texts(holder.get("needs"))
    return JobSeen(
        path=path,
        line=key.line,
        id=identity,
        name=scalar(holder.get("name")),
        condition=written(holder, "if"),
        soft=written(holder, "continue-on-error"),
        needs=needs,
        kin=_kin(jobs, needs),
        legs=_legs(holder),
        labels=_labels(holder.get("runs-on")),
        uses=scalar(holder.get("uses")),
        env={**table(root.get("env")), **table(holder.get("env"))},
        inputs=table(holder.get("with")),
        steps=tuple(steps(path, holder.get("steps"), defaults)) if with_steps else (),
    )


def inputs_of_call(root: MappingNode) -> dict[str, Input]:
    """What a reusable workflow takes. What has no default is the empty text, or false, or 0."""
    on = mapping(root.get("on"))
    call = mapping(on.get("workflow_call")) if on else None
    found: dict[str, Input] = {}
    for name, holder in _inputs(call):
        kind = (scalar(holder.get("type")) if holder else None) or "string"
        empty = {"boolean": "false", "number": "0"}.get(kind, "")
        found[name] = Input(_text(holder.get("default") if holder else None) or empty, kind)
    return found


def inputs_of_action(root: MappingNode) -> dict[str, Input]:
    """What an action takes. What has no default is the empty text, required or not."""
    return {name: Input(_text(holder.get("default") if holder else None)) for name, holder in _inputs(root)}


def _inputs(holder: MappingNode | None) -> Iterator[tuple[str, MappingNode | None]]:
    inputs = mapping(holder.get("inputs")) if holder else None
    for key, value in inputs.entries() if inputs else ():
        yield key.text, mapping(value)


def _kin(jobs: MappingNode, needs: tuple[str, ...]) -> dict[str, Kin]:
    found: dict[str, Kin] = {}
    waiting = list(needs)
    while waiting and len(found) <= MAX_KIN:
        identity = waiting.pop()
        holder = mapping(jobs.get(identity))
        key = jobs.key(identity)
        if identity in found or holder is None or key is None:
            continue
        found[identity] = Kin(key.line, written(holder, "if"), texts(holder.get("needs")))
        waiting += found[identity].needs
    return dict(sorted(found.items()))


def _labels(node: Node | None) -> tuple[str, ...]:
    holder = mapping(node)
    return texts(holder.get("labels")) or texts(holder.get("group")) if holder else texts(node)


def _plain(node: Node) -> tuple[Any, bool]:
    """A value of a matrix as plain data, and whether all of it is known."""
    if isinstance(node, ScalarNode):
        value = node.value
        if isinstance(value, str):
            return value, "${{" not in value
        finite = not isinstance(value, float) or math.isfinite(value)
        return (value, True) if finite else (node.text, True)
    if isinstance(node, SequenceNode):
        parts = [_plain(item) for item in node]
        return [value for value, _ in parts], all(known for _, known in parts)
    if isinstance(node, MappingNode):
        pairs = {key.text: _plain(value) for key, value in node.entries()}
        return {key: value for key, (value, _) in pairs.items()}, all(known for _, known in pairs.values())
    return None, False  # pragma: no cover - there are no other nodes


def _legs(holder: MappingNode) -> tuple[Leg, ...]:
    """The combinations that GitHub makes of `strategy.matrix`."""
    strategy = mapping(holder.get("strategy"))
    node = strategy.get("matrix") if strategy else None
    if node is None:
        return ()
    matrix = mapping(node)
    if matrix is None:
        return (Leg({}, open=True),)
    axes: list[list[tuple[str, Any]]] = []
    is_open = False
    count = 1
    for key, value in matrix.entries():
        if key.text in ("include", "exclude"):
            continue
        if not isinstance(value, SequenceNode):
            is_open = True
            continue
        axes.append([])
        for item in value:
            plain, known = _plain(item)
            is_open = is_open or not known
            if known:
                axes[-1].append((key.text, plain))
        count *= len(axes[-1])
        if count > _MAX_LEGS:
            return (Leg({}, open=True),)
    combinations: list[dict[str, Any]] = [dict(pairs) for pairs in product(*axes)] if axes else []
    excluded, certain = _entries(matrix.get("exclude"))
    is_open = is_open or not certain
    combinations = [c for c in combinations if not any(_within(entry, c) for entry in excluded)]
    included, certain = _entries(matrix.get("include"))
    is_open = is_open or not certain
    return tuple(Leg(values, open=is_open) for values in _with_included(combinations, included)) or (
        Leg({}, open=True),
    )


def _entries(node: Node | None) -> tuple[list[dict[str, Any]], bool]:
    """The entries of `include` or `exclude`, and whether they are all known."""
    if node is None or (isinstance(node, ScalarNode) and node.is_null):
        return [], True
    if not isinstance(node, SequenceNode) or len(node) > _MAX_LEGS:
        return [], False
    found = [_plain(item) for item in node]
    return [value for value, _ in found if isinstance(value, dict)], all(known for _, known in found)


def _within(entry: Mapping[str, Any], combination: Mapping[str, Any]) -> bool:
    return all(key in combination and combination[key] == value for key, value in entry.items())


def _with_included(combinations: list[dict[str, Any]], included: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An entry extends every combination whose own values it does not change; where there is none, it is one."""
    original = [dict(combination) for combination in combinations]
    added: list[dict[str, Any]] = []
    for entry in included:
        fitting = [
            index
            for index, own in enumerate(original)
            if all(own.get(key, value) == value for key, value in entry.items())
        ]
        if not fitting:
            added.append(dict(entry))
        for index in fitting:
            combinations[index].update(entry)
    return combinations + added
