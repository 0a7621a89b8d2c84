from datetime import UTC, date, datetime, timedelta

import pytest

from loopcheck.ledger.memory import NOTHING, Memory, recall
from loopcheck.ledger.model import Action, Entry
from loopcheck.model import Verdict

START = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
VERDICTS = {"V": Verdict.VERIFIED, "F": Verdict.FAILED, "G": Verdict.FAILED, "I": Verdict.INCONCLUSIVE}


def entry(day, action=Action.SEEN, verdict=Verdict.FAILED, item="#1", **more):
    more = {"digest": "d", "issue": 1, **more}
    digest = more.pop("digest")
    return Entry(START + day * DAY, item, verdict, digest, "0.1.0", "a" * 40, action=action, **more)


def history(letters):
    """A sighting a day: verified, failed, failed with other evidence, inconclusive."""
    return [entry(day, verdict=VERDICTS[letter], digest=letter) for day, letter in enumerate(letters)]


def day_of(line):
    return None if line is None else (line.at - START).days


@pytest.mark.parametrize(
    ("letters", "confirmed", "since", "sighted", "first", "last", "unclear"),
    [
        ("", None, None, None, None, None, None),
        ("V", 0, 0, 0, 0, 0, None),
        ("F", 0, 0, 0, None, None, None),
        ("I", None, None, None, None, None, 0),
        ("II", None, None, None, None, None, 0),
        ("VI", 0, 0, 0, 0, 0, 1),
        ("VIV", 2, 0, 0, 0, 2, None),
        ("VIVI", 2, 0, 0, 0, 2, 3),
        ("VF", 1, 1, 1, 0, 0, None),
        ("FIF", 2, 0, 0, None, None, None),
        ("FG", 1, 0, 1, None, None, None),
        ("FGF", 2, 0, 2, None, None, None),
        ("FVF", 2, 2, 2, 1, 1, None),
        ("VFVFI", 3, 3, 3, 0, 2, 4),
    ],
)
def test_sightings_come_to_this(letters, confirmed, since, sighted, first, last, unclear):
    known = recall(history(letters)).of("#1")
    assert day_of(known.last) == (len(letters) - 1 if letters else None)
    assert day_of(known.confirmed) == confirmed
    assert day_of(known.since) == since
    assert day_of(known.sighted) == sighted
    assert day_of(known.first_verified) == first
    assert day_of(known.last_verified) == last
    assert known.unclear_since == (None if unclear is None else START + unclear * DAY)


def test_lines_count_by_their_time_and_not_by_their_place():
    lines = history("VFVFI")
    assert recall(reversed(lines)) == recall(lines)


def test_nothing_is_known_of_what_was_never_seen():
    assert Memory().of("#1") == recall([]).of("#1") == NOTHING
    assert not NOTHING.waived_on(date(2026, 11, 2))


@pytest.mark.parametrize(
    ("until", "counts"),
    [(date(2026, 11, 1), False), (date(2026, 11, 2), True), (date(2026, 11, 3), True), (None, True)],
)
def test_the_newest_waiver_counts_to_its_last_day(until, counts):
    lines = [
        entry(0, Action.WAIVED, until=date(2026, 11, 2) if until != date(2026, 11, 2) else date(2027, 1, 1)),
        entry(1, Action.WAIVED, until=until, note="so be it"),
    ]
    known = recall(lines).of("#1")
    assert known.waiver.note == "so be it"
    assert known.waived_on(date(2026, 11, 2)) is counts


def test_each_action_has_its_place():
    lines = [
        entry(0, Action.REOPENED, digest="one"),
        entry(1, Action.REOPENED, digest="two"),
        entry(2, Action.DROPPED, note="duplicate"),
        entry(3, Action.DRILLED, note="runbooks/lag.md", comment=41),
        entry(4, Action.OBEYED, comment=42),
    ]
    memory = recall(lines)
    known = memory.of("#1")
    assert [one.digest for one in known.reopened] == ["one", "two"]
    assert known.dropped.note == "duplicate"
    assert (known.last, known.confirmed) == (None, None)
    assert [one.note for one in memory.drills] == ["runbooks/lag.md"]
    assert memory.commands == {41, 42}


@pytest.mark.parametrize(
    ("actions", "swept", "unseen"),
    [
        ("", None, ()),
        ("S", 0, ()),
        ("SP", 0, ("#1", "#2")),
        ("PS", 1, ()),
        ("PPS P", 2, ("#1", "#2")),
        ("B", None, ()),
    ],
)
def test_the_next_sweep_begins_with_what_the_last_did_not_see(actions, swept, unseen):
    made = {
        "S": {"action": Action.SWEPT},
        "P": {"action": Action.PARTIAL, "note": '["#1", "#2"]'},
        "B": {"action": Action.PARTIAL, "note": "[" * 5000},
    }
    memory = recall(entry(day, item="", **made[one]) for day, one in enumerate(actions) if one in made)
    assert day_of(memory.swept) == swept
    assert memory.unseen == unseen
    assert memory.items == {}


def test_the_lines_of_an_issue_are_those_of_its_items():
    lines = [
        entry(0, item="#1/a"),
        entry(1, item="#1/b"),
        entry(2, item="mine", issue=2),
        entry(3, item="#1/a", issue=9),
    ]
    memory = recall(lines)
    assert memory.issues == {1: ("#1/a", "#1/b"), 9: ("#1/a",), 2: ("mine",)}
    assert memory.of_issue(1) == lines[:2]
    assert memory.of_issue(3) == []


def test_further_lines_come_to_the_same_as_all_at_once():
    lines = [*history("VFIVG"), entry(2, Action.WAIVED, until=date(2027, 1, 1)), entry(1, item="#2", issue=2)]
    for place in range(len(lines) + 1):
        assert recall(lines[:place]).with_lines(lines[place:]) == recall(lines)
    assert recall(lines).with_lines([entry(9, Action.SWEPT, item="", issue=None)]) == recall(lines)
