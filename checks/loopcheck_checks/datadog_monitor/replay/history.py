"""What the monitor really did, by Datadog's events of it, beside what its replay says.

Only what can be compared is: alerts of the monitor as it is now, so none from before it was last edited; of a time in
which nothing that is known of silenced it, because Datadog posts no events of what is silenced; group by group, so none
where several groups are told of as one. A real evaluation is somewhere within its minute and may see a point whose
interval is not over, so beginnings are the same that are no farther apart than an evaluation and a point.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from loopcheck.checker import Unseen, World
from loopcheck.replay import EARLY, Alarm, History, Window, clock
from loopcheck_checks.datadog_monitor.manifest import SeenMonitor, last_edited
from loopcheck_checks.datadog_monitor.replay.evaluate import Floats
from loopcheck_checks.datadog_monitor.replay.groups import Group, concerns
from loopcheck_checks.datadog_monitor.replay.plan import Rule
from loopcheck_checks.datadog_monitor.replay.states import ALERT, NO_DATA
from loopcheck_checks.systems.datadog import Monitor, events

_LATE = timedelta(minutes=15)
"""How long an event may take until it can be found."""
_LEAD = 3600
"""Of a composite: how long after an edit its state may rest on what was before, in seconds."""

Key = tuple[tuple[str, ...], str]
"""A group, by its tags in lower case and in order, with why it fires."""


class Told(msgspec.Struct, frozen=True):
    """What a replay says, as far as that can be compared."""

    groups: Sequence[Group]
    grid: Floats
    """When evaluations were."""
    step: int
    """Seconds between them."""
    no_data: bool
    """Whether it tells of no data."""
    rule: Rule | None
    """`None` for a composite."""

    @property
    def apart(self) -> int:
        """How far apart the beginnings of the same alert may be, in seconds."""
        return self.step + (self.rule.interval if self.rule is not None else self.step)

    @property
    def keys(self) -> int:
        """How many tags name a group."""
        return max((len(group.tags) for group in self.groups), default=0)

    def firings(self) -> Iterator[tuple[Key, float, float]]:
        """Each alert of each group: which, and from when to when, in seconds since 1970."""
        for group in self.groups:
            name = tuple(sorted(tag.casefold() for tag in group.tags))
            for spell in group.spells:
                if spell.state == ALERT or (spell.state == NO_DATA and self.no_data):
                    end = float(self.grid[spell.end]) if spell.end < len(self.grid) else float("inf")
                    because = "no data" if spell.state == NO_DATA else ""
                    yield (name, because), float(self.grid[spell.begin]), end


def history(
    seen: SeenMonitor, parts: Iterable[Monitor], told: Told, whole: Window, world: World, scope: Sequence[str]
) -> History:
    """What the monitor did in a time that was replayed, compared with the replay.

    Args:
        seen: the monitor, as Datadog has it now.
        parts: the monitors that a composite is made of.
        told: what its replay says.
        whole: the time that firings are told of.
        world: what to look through.
        scope: the tags that matter; groups with other values of them are left out.
    """
    whole = Window(whole.start - EARLY, whole.end)
    stretch = _comparable(seen, [seen.monitor, *parts], told, whole, world.now)
    if isinstance(stretch, str):
        return History(why_not=stretch)
    # The same for all monitors that are replayed over the same time, so that one request tells of all of them.
    asked = events.Stretch(seen.monitor.id or 0, _milliseconds(whole.start), _milliseconds(whole.end))
    found = world.attempt(lambda: events.fetch(world, asked))
    if isinstance(found, Unseen):
        return History(why_not=found.message)
    begun = _begun(found, told)
    if begun is None:
        return History(why_not="its events name other groups than its query does")
    return compare({key: at for key, at in begun.items() if concerns(key[0], scope)}, told, stretch)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _comparable(
    seen: SeenMonitor, monitors: Sequence[Monitor], told: Told, whole: Window, now: datetime
) -> Window | str:
    """The time in which alerts can be compared, or why there is none."""
    edits = [last_edited(monitor) for monitor in monitors]
    known = [edited for edited in edits if edited is not None]
    if seen.monitor.id is None or len(known) < len(edits):
        return "it is not told when it was last edited"
    if told.rule is not None and told.rule.notify_by is not None:
        return "it tells of several groups as one"
    edited = max(known)
    lead = told.rule.lead if told.rule is not None else _LEAD
    begin = max(whole.start, edited + timedelta(seconds=lead), now - events.RETENTION)
    end = min(whole.end, now - _LATE)
    begin, end = begin + timedelta(seconds=told.apart), end - timedelta(seconds=told.apart)
    if begin >= end:
        late = edited + timedelta(seconds=lead) > whole.start
        return f"it was last edited at {clock(edited)}" if late else "there are no events of that time"
    if _silenced(seen, begin):
        return "it is or was silenced, and Datadog keeps no events of that"
    return Window(begin, end)


def _silenced(seen: SeenMonitor, begin: datetime) -> bool:
    """Whether something that is known may have silenced the monitor at or after a time."""
    silenced = seen.monitor.options.silenced if seen.monitor.options is not None else None
    if any(end is None or end > begin.timestamp() for end in (silenced or {}).values()):
        return True
    downtimes = () if isinstance(seen.downtimes, Unseen) else seen.downtimes
    return any(one.in_force is not False or one.recurring for one in downtimes)


def _begun(found: Iterable[events.Begun], told: Told) -> dict[Key, list[float]] | None:
    """When each group began to alert, in order; `None` where an event is not of a group as the replay has them."""
    out: dict[Key, list[float]] = defaultdict(list)
    for one in found:
        if one.no_data and not told.no_data:
            continue
        for group in _groups(one.groups, told.keys):
            if len(group) != told.keys:
                return None
            out[group, "no data" if one.no_data else ""].append(one.at)
    return {key: sorted(times) for key, times in out.items()}


def _groups(named: Sequence[str], keys: int) -> list[tuple[str, ...]]:
    """The groups that an event is of. One of several keys is named in one piece, or each of its tags by itself."""
    cut = [frozenset(tag.strip().casefold() for tag in one.split(",")) - {"*", ""} for one in named]
    each = cut if cut and all(len(one) == keys for one in cut) else [frozenset[str]().union(*cut)]
    return [tuple(sorted(one)) for one in dict.fromkeys(each)]


def compare(real: Mapping[Key, Sequence[float]], told: Told, stretch: Window) -> History:
    """Which alerts of a time are in both.

    Args:
        real: when each group began to alert, in order, from `told.apart` before the time to as much after it.
        told: the replay.
        stretch: the time.
    """
    begin, end = stretch.start.timestamp(), stretch.end.timestamp()
    replayed: dict[Key, list[float]] = defaultdict(list)
    before: dict[Key, float] = {}
    for key, first, last in told.firings():
        replayed[key].append(first)
        if first < begin - told.apart < last:
            before[key] = last
    matched, farthest = 0, 0.0
    only_real, only_replayed = [], []
    for key in sorted({*real, *replayed}):
        # An alert that the replay has from before may in truth have begun again, when the monitor was edited.
        until = before.get(key, float("-inf"))
        for happened, said in _pairs(real.get(key, ()), replayed.get(key, ()), told.apart):
            if not begin <= (happened if happened is not None else said or 0.0) <= end:
                continue
            if happened is not None and said is not None:
                matched += 1
                farthest = max(farthest, abs(happened - said))
            elif said is not None:
                only_replayed.append(_alarm(key, said))
            elif happened is not None and happened > until:
                only_real.append(_alarm(key, happened))
    return History(stretch, "", matched, farthest, _in_order(only_real), _in_order(only_replayed))


def _pairs(real: Sequence[float], replayed: Sequence[float], apart: int) -> Iterator[tuple[float | None, float | None]]:
    """Those that are near each other, and those that are by themselves; both are in order."""
    one, other = 0, 0
    while one < len(real) or other < len(replayed):
        if other == len(replayed) or (one < len(real) and real[one] < replayed[other] - apart):
            yield real[one], None
            one += 1
        elif one == len(real) or replayed[other] < real[one] - apart:
            yield None, replayed[other]
            other += 1
        else:
            yield real[one], replayed[other]
            one, other = one + 1, other + 1


def _alarm(key: Key, at: float) -> Alarm:
    return Alarm(datetime.fromtimestamp(at, UTC), ",".join(key[0]), key[1])


def _in_order(alarms: Iterable[Alarm]) -> tuple[Alarm, ...]:
    return tuple(sorted(alarms, key=lambda one: (one.at, one.group)))
