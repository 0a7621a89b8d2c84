"""Which promises a change weakens: whoever could take one back unseen need not keep it.

What is declared at the merge result is compared with what is declared at the base, by the base's configuration, and
by the one that would hold after merging.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from loopcheck.config import ConfigFile
from loopcheck.model import ActionItem, Artifact, Incident

_SHOWN = 120  # characters of an expectation


class Weakened(msgspec.Struct, frozen=True):
    """A promise of the base that is less at the merge result."""

    item: ActionItem | None
    """As it is at the base; `None` for the configuration, which stands above all of them."""
    how: tuple[str, ...]
    """Each way in a few words, with what people wrote in it."""


def weakened(before: Iterable[ActionItem], *after: Sequence[ActionItem]) -> tuple[Weakened, ...]:
    """The items that are gone, require less, answer something else, or have another artifact.

    An item that has another name but promises the same, in whatever file, is not gone.

    Args:
        before: the items of the base's files.
        after: the items of the merge result's files, in each way of reading them.
    """
    found = []
    for item, ways in _by_item(list(before), after):
        if ways:
            found.append(Weakened(item, tuple(ways)))
    return tuple(found)


def _by_item(
    before: Sequence[ActionItem], readings: Sequence[Sequence[ActionItem]]
) -> list[tuple[ActionItem, list[str]]]:
    ways: dict[str, list[str]] = {item.id: [] for item in before}
    for after in readings:
        named = {item.id: item for item in after}
        kept = {item.id for item in before if item.id in named and not _less(item, named[item.id])}
        free = [item for item in after if item.id not in kept]
        for item in before:
            if item.id in kept:
                continue
            twin = next((other for other in free if not _less(item, other)), None)
            if twin is not None:
                free.remove(twin)
                continue
            said = _less(item, named[item.id]) if item.id in named else ["it is not declared any more"]
            ways[item.id].extend(one for one in said if one not in ways[item.id])
    return [(item, ways[item.id]) for item in before]


def _less(before: ActionItem, after: ActionItem) -> list[str]:
    """In what `after` promises less than `before`."""
    found = []
    if after.requires < before.requires:
        found.append(f"it requires {after.requires.value} in place of {before.requires.value}")
    if before.incident is not None:
        if after.incident is None or after.incident.id != before.incident.id:
            found.append(f"it does not answer {before.incident.id} any more")
        elif _times_differ(before.incident, after.incident):
            found.append(f"{before.incident.id} is said to have been at another time")
    left = list(after.artifacts)
    missing = []
    for artifact in before.artifacts:
        same = next((other for other in left if _same(artifact, other)), None)
        if same is None:
            missing.append(artifact)
        else:
            left.remove(same)
    for artifact in missing:
        other = next((one for one in left if one.kind == artifact.kind), None)
        if other is None:
            found.append(f"{artifact.kind} is not asked for any more: {_shown(artifact)}")
        else:
            left.remove(other)
            found.append(f"{artifact.kind} is asked for otherwise: {_shown(artifact)} has become {_shown(other)}")
    return found


def _times_differ(before: Incident, after: Incident) -> bool:
    """Whether a time that was known is another. What was done since the incident, and its replay, hang on them."""
    pairs = (
        (before.started, after.started),
        (before.detected, after.detected),
        (before.resolved, after.resolved),
    )
    return any(was is not None and was != now for was, now in pairs)


def _same(one: Artifact, other: Artifact) -> bool:
    if one.kind != other.kind:
        return False
    return one.declared == other.declared or (one.expect is not None and one.expect == other.expect)


def _shown(artifact: Artifact) -> str:
    said = msgspec.json.encode(artifact.declared, order="sorted").decode()
    return said if len(said) <= _SHOWN else f"{said[: _SHOWN - 1]}…"


def loosened(before: ConfigFile, after: ConfigFile) -> tuple[Weakened, ...]:
    """What a change of the configuration may take from promises that it does not name."""
    how = []
    if after.settings != before.settings:
        how.append("the settings that checkers go by are others")
    if after.issues != before.issues:
        how.append("other issues, or those of others, count as action items")
    if after.require < before.require:
        how.append(f"items that do not say require {after.require.value} in place of {before.require.value}")
    return (Weakened(None, tuple(how)),) if how else ()
