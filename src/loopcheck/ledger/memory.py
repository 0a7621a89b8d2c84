"""What the ledger says by now, item by item: folded from its lines, oldest first. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import takewhile

import msgspec

from loopcheck.ledger import proofs
from loopcheck.ledger.model import Action, Entry
from loopcheck.model import Drill, Past, Proof, Verdict


class Remembered(msgspec.Struct, frozen=True):
    """What is known of one item."""

    last: Entry | None = None
    """The newest sighting, whatever it was."""
    confirmed: Entry | None = None
    """The newest that was VERIFIED or FAILED. INCONCLUSIVE never takes its place; it only makes it older."""
    since: Entry | None = None
    """The sighting with which the confirmed verdict began."""
    sighted: Entry | None = None
    """The first sighting of what `confirmed` saw, with no other confirmed sighting since."""
    first_verified: Entry | None = None
    last_verified: Entry | None = None
    """The newest line of a VERIFIED sighting: what was so before a drift."""
    unclear_since: datetime | None = None
    """Since when nothing could be confirmed; `None` where the newest sighting is a confirmed one."""
    reopened: tuple[Entry, ...] = ()
    """Every intention to reopen its issue, oldest first."""
    waiver: Entry | None = None
    """The newest waiver, whether or not it has run out."""
    dropped: Entry | None = None
    proofs: tuple[Proof, ...] = ()
    """What was found by running its checks on bad and good commits, oldest first."""
    lines: tuple[Entry, ...] = ()
    """All of its lines, oldest first."""

    def waived_on(self, day: date) -> bool:
        """Whether a waiver counts on `day`, its last one included."""
        return self.waiver is not None and (self.waiver.until is None or day <= self.waiver.until)


NOTHING = Remembered()


class Memory(msgspec.Struct, frozen=True):
    """The whole ledger, understood."""

    items: Mapping[str, Remembered] = {}
    issues: Mapping[int, tuple[str, ...]] = {}
    """The items that were ever found in an issue, by its number."""
    drills: tuple[Entry, ...] = ()
    """Drills of runbooks, oldest first."""
    commands: frozenset[int] = frozenset()
    """The comments whose commands were dealt with."""
    commanded: tuple[Entry, ...] = ()
    """The lines that those commands left, oldest first."""
    swept: Entry | None = None
    """The last sweep that came to its end."""
    unseen: tuple[str, ...] = ()
    """What the last sweep did not see, if it stopped early. The next one begins with it."""

    def of(self, item: str) -> Remembered:
        """What is known of an item; nothing, of one that was never seen."""
        return self.items.get(item, NOTHING)

    @property
    def past(self) -> Past:
        """What checkers may see of it."""
        newest = sorted((proof for item in self.items.values() for proof in item.proofs), key=lambda proof: proof.at)
        drills = tuple(Drill(entry.note, entry.at, entry.by, entry.issue) for entry in self.drills)
        return Past({proof.key: proof for proof in newest}, drills)

    def of_issue(self, number: int) -> list[Entry]:
        """All lines about items of an issue, oldest first."""
        lines = [line for item in self.issues.get(number, ()) for line in self.of(item).lines if line.issue == number]
        return sorted(lines, key=lambda line: line.at)

    def with_lines(self, entries: Iterable[Entry]) -> Memory:
        """The same after further lines about items, which a run is about to write."""
        more: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            if entry.item:
                more[entry.item].append(entry)
        changed = {item: _remembered(_in_order([*self.of(item).lines, *lines])) for item, lines in more.items()}
        items = {**self.items, **changed}
        return msgspec.structs.replace(self, items=items, issues=_by_issue(items))


def recall(entries: Iterable[Entry]) -> Memory:
    """What the lines of a ledger come to. Two runs at once may have written in another order than they looked."""
    in_order = _in_order(entries)
    by_item: dict[str, list[Entry]] = defaultdict(list)
    for entry in in_order:
        if entry.item:
            by_item[entry.item].append(entry)
    commanded = tuple(entry for entry in in_order if entry.comment is not None)
    sweeps = [entry for entry in in_order if entry.action in (Action.SWEPT, Action.PARTIAL)]
    items = {item: _remembered(lines) for item, lines in by_item.items()}
    return Memory(
        items=items,
        issues=_by_issue(items),
        drills=tuple(entry for entry in in_order if entry.action is Action.DRILLED),
        commands=frozenset(entry.comment for entry in commanded if entry.comment is not None),
        commanded=commanded,
        swept=next((entry for entry in reversed(sweeps) if entry.action is Action.SWEPT), None),
        unseen=_ids(sweeps[-1].note) if sweeps and sweeps[-1].action is Action.PARTIAL else (),
    )


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.at)


def _by_issue(items: Mapping[str, Remembered]) -> dict[int, tuple[str, ...]]:
    found: dict[int, dict[str, None]] = defaultdict(dict)
    for item, remembered in items.items():
        for line in remembered.lines:
            if line.issue is not None:
                found[line.issue][item] = None
    return {number: tuple(names) for number, names in found.items()}


def _remembered(lines: Sequence[Entry]) -> Remembered:
    seen = [entry for entry in lines if entry.action is Action.SEEN]
    sure = [entry for entry in seen if entry.verdict is not Verdict.INCONCLUSIVE]
    verified = [entry for entry in sure if entry.verdict is Verdict.VERIFIED]
    unclear = _stretch(seen, lambda entry: entry.verdict is Verdict.INCONCLUSIVE)
    newest = sure[-1] if sure else None
    return Remembered(
        last=seen[-1] if seen else None,
        confirmed=newest,
        since=_first(_stretch(sure, lambda entry: newest is not None and entry.verdict is newest.verdict)),
        sighted=_first(_stretch(sure, lambda entry: newest is not None and _same(entry, newest))),
        first_verified=_first(verified),
        last_verified=verified[-1] if verified else None,
        unclear_since=unclear[0].at if unclear else None,
        reopened=tuple(entry for entry in lines if entry.action is Action.REOPENED),
        waiver=_newest(lines, Action.WAIVED),
        dropped=_newest(lines, Action.DROPPED),
        proofs=tuple(proof for line in lines if (proof := proofs.proof(line)) is not None),
        lines=tuple(lines),
    )


def _same(one: Entry, other: Entry) -> bool:
    return (one.verdict, one.digest) == (other.verdict, other.digest)


def _stretch(entries: Sequence[Entry], belongs: Callable[[Entry], bool]) -> list[Entry]:
    """The entries at the end that all belong, oldest first."""
    return list(takewhile(belongs, reversed(entries)))[::-1]


def _first(entries: Sequence[Entry]) -> Entry | None:
    return entries[0] if entries else None


def _newest(entries: Sequence[Entry], action: Action) -> Entry | None:
    return next((entry for entry in reversed(entries) if entry.action is action), None)


def _ids(note: str) -> tuple[str, ...]:
    try:
        return tuple(msgspec.json.decode(note, type=list[str]))
    except (msgspec.DecodeError, RecursionError):
        return ()
