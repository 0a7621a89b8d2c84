"""What a run would change outside, from what it saw and what is remembered. Pure: it asks nobody and writes nothing.

First the ledger's lines, because all else rests on what was seen; then issue by issue the reopening, the labels and the
comment. What is as it should be has no effect, so that a run that sees nothing new writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

import msgspec

from loopcheck import __version__
from loopcheck.config import CloseGateSection
from loopcheck.effects import told
from loopcheck.effects.about_issue import AboutIssue, looks_of
from loopcheck.effects.breakers import Breakers, breakers
from loopcheck.effects.comment import Circumstances
from loopcheck.effects.looks import PATIENCE, Look
from loopcheck.effects.model import Effect, Plan, Record
from loopcheck.effects.sightings import about, sightings
from loopcheck.effects.situation import Occasion, Seen, Situation
from loopcheck.ledger.memory import Memory
from loopcheck.ledger.model import Action, Entry
from loopcheck.model import ItemResult, Verdict
from loopcheck.tracker import Person

_SKEW = timedelta(minutes=5)
"""By so much the clocks of GitHub and of a runner may differ."""
_NAMED = 10


def plan(
    seen: Iterable[Seen],
    elsewhere: Iterable[ItemResult],
    memory: Memory | None,
    policy: CloseGateSection,
    viewer: Person,
    here: Circumstances,
    *,
    occasion: Occasion,
    systems: Callable[[str], tuple[str, ...]],
    also: Iterable[Entry] = (),
    changes: Mapping[str, tuple[str, ...]] | None = None,
    version: str = __version__,
) -> Plan:
    """Plan a run.

    Args:
        seen: the issues that were looked at, with all that they declare.
        elsewhere: the items that are declared in files; of them there are lines in the ledger and nothing else.
        memory: what the ledger says, or `None` where it could not be read. Then nothing is recorded, and nothing done
            but an answer given to whoever asked.
        policy: the configuration's `close-gate:`.
        viewer: the account that loopcheck acts as.
        here: where, when and by which run was looked. The time is that of the run's beginning.
        occasion: why.
        systems: the outside systems that are asked for a kind of artifact; none for an unknown one.
        also: further lines that this run writes: waivers, drills, the end of a sweep. They count already.
        changes: of items that were verified and failed, by id: what changed, in lines of Markdown that are safe.
        version: loopcheck's.
    """
    situation = Situation(policy, viewer, here, occasion, version)
    issues = sorted(seen, key=lambda one: one.issue.number)
    if memory is None:
        return _without_ledger(issues, situation)
    current = [one for one in issues if not one.is_dropped]
    items = [(item, one.issue.number) for one in current for item in one.items] + [(item, None) for item in elsewhere]
    lines = list(also)
    memory = memory.with_lines(lines)
    lines += sightings(items, memory, situation)
    lines += [entry for one in issues if one.is_dropped for entry in _drops(one, memory, situation)]
    memory = memory.with_lines(lines)
    looks = [Look(item, memory.of(item.id), here.at) for item, _ in items]
    tripped = breakers(looks, systems) if occasion is Occasion.SWEEP else Breakers()
    effects: list[Effect] = []
    for one in issues:
        mine = () if one.is_dropped else looks_of(one, memory, situation)
        if not one.issue.complete or tripped.hold(mine, systems):
            continue
        issue = AboutIssue(one.issue, situation)
        if one.is_dropped:
            issue.end()
        elif one.items or one.problems:
            issue.tell(one, memory, changes or {})
        elif one.clear:
            issue.end()
        lines += issue.lines
        effects += issue.effects
    record = [Record(tuple(lines))] if lines else []
    return Plan((*record, *effects), (*tripped.notes, *_notes(issues, looks)))


def _without_ledger(issues: Sequence[Seen], situation: Situation) -> Plan:
    """An answer to whoever asked. What was confirmed or waived is not known, so nothing else is touched."""
    effects: list[Effect] = []
    if situation.occasion is Occasion.ASKED:
        for one in issues:
            if one.issue.complete and not one.is_dropped:
                issue = AboutIssue(one.issue, situation)
                issue.answer(one)
                effects += issue.effects
    note = "the ledger could not be read: nothing is recorded, labelled or reopened"
    return Plan(tuple(effects), (note, *_notes(issues, ())))


def _drops(seen: Seen, memory: Memory, situation: Situation) -> Iterator[Entry]:
    """The lines that say that an issue was dropped, and by whom: one for each of its items, once for each closing."""
    closing = seen.issue.closing
    number = seen.issue.number
    if closing is None or closing.reason is None:
        return
    known = memory.issues.get(number, ()) or tuple(item.id for item in seen.items)
    if not known and told.own(seen.issue, situation.viewer):
        known = (f"#{number}",)
    for item in known:
        last = memory.of(item).dropped
        if last is None or last.note != closing.reason or last.at < closing.at - _SKEW:
            entry = about(item, number, situation, Action.DROPPED)
            yield msgspec.structs.replace(entry, note=closing.reason, by=closing.by.login if closing.by else "")


def _notes(issues: Sequence[Seen], looks: Iterable[Look]) -> Iterator[str]:
    partial = [f"#{one.issue.number}" for one in issues if not one.issue.complete]
    if partial:
        yield f"not all comments or labels of {_some(partial)} could be read: nothing is written there"
    dark = [look for look in looks if look.item.verdict is Verdict.INCONCLUSIVE and look.lasting]
    if dark:
        names = _some([look.item.id for look in dark])
        yield f"nothing could be confirmed of {names} for {PATIENCE.days} days or more: loopcheck lacks something there"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if names[_NAMED:] else "")
