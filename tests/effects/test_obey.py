"""What a command comes to: who may, what is recorded, which receipt, and when an issue is looked at. No GitHub here."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hostile_reports import strings
from hypothesis import given as drawn
from hypothesis import strategies as st

from loopcheck.commands import Drilled, NotUnderstood, Verify, Waive
from loopcheck.effects.comment import Circumstances
from loopcheck.effects.links import Repository
from loopcheck.effects.model import React, Receipt, Record
from loopcheck.effects.obey import Given, given, obey, pending, turned_away
from loopcheck.effects.shown import effect_lines
from loopcheck.ledger import lines
from loopcheck.ledger.memory import Memory, recall
from loopcheck.ledger.model import Action, Entry
from loopcheck.model import Verdict
from loopcheck.testing.runner_log import suspects
from loopcheck.tracker import Comment, Issue, Person, Standing

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ANA = Person(7, "ana")
UNTIL = date(2026, 12, 15)
VERIFY, WAIVE, DRILLED = Verify(), Waive(UNTIL, "the vendor ships it"), Drilled("runbooks/lag.md")
WAIVE_TEXT = "/loopcheck waive until 2026-12-15 because the vendor ships it"


def run(at=NOW):
    return Circumstances(Repository("https://github.com", "acme/shop", "a" * 40), at, "5/1")


def asked(command=VERIFY, comment=99, issue=12, given=NOW):
    return Given(command, issue, comment, ANA, given)


def answer(command, standing=Standing.WRITE, memory=Memory(), items=("#12",), at=NOW, comment=99):  # noqa: B008
    one = asked(command, comment)
    return turned_away(one, standing, memory, run(at)) or obey(one, items, memory, run(at))


def seen(item="#12", verdict=Verdict.VERIFIED, at=NOW - DAY):
    return Entry(at, item, verdict, "d" * 64, "0.1.0", "a" * 40)


def said(body=WAIVE_TEXT, *, id=99, author=ANA, at=NOW, edited=None):  # noqa: A002
    return Comment(id, author, body, at, edited or at)


def issue(*comments, number=12):
    return Issue(
        number, "x", "y", "https://github.com/acme/shop/issues/12", True, ANA, None, NOW, NOW, comments=comments
    )


def actions(obeyed):
    return [entry.action for entry in obeyed.entries]


# who may


@pytest.mark.parametrize("command", [VERIFY, WAIVE, DRILLED])
@pytest.mark.parametrize("standing", list(Standing))
def test_who_may_do_what(command, standing):
    needed = Standing.TRIAGE if command is VERIFY else Standing.WRITE
    grades = list(Standing)
    found = answer(command, standing)
    if grades.index(standing) >= grades.index(needed):
        assert found.receipt == React(12, 99, Receipt.DONE)
        (line,) = found.entries
        assert (line.issue, line.comment, line.by, line.run, line.at) == (12, 99, "ana", "5/1", NOW)
        assert found.look is (command is not DRILLED)
    else:
        assert found.receipt == React(12, 99, Receipt.REFUSED)
        assert not found.look
        refused = [(Action.OBEYED, "refused")] if standing is Standing.TRIAGE else []
        assert [(line.action, line.note) for line in found.entries] == refused


def test_a_stranger_writes_no_line_whatever_they_ask_and_learn_nothing():
    worlds = (Memory(), recall([seen()]), recall(answer(WAIVE).entries), recall(answer(VERIFY).entries))
    for command in (VERIFY, WAIVE, DRILLED):
        for standing in (Standing.NONE, Standing.READ):
            assert (
                len({str(answer(command, standing, memory, items)) for memory in worlds for items in ((), ("#1",))})
                == 1
            )


# what is recorded


def test_a_waiver_is_recorded_for_each_item_that_is_not_verified():
    memory = recall([seen("#12/a"), seen("#12/b", Verdict.FAILED), seen("#12/c", Verdict.INCONCLUSIVE)])
    found = answer(WAIVE, memory=memory, items=("#12/a", "#12/b", "#12/c", "#12/d"))
    assert [line.item for line in found.entries] == ["#12/b", "#12/c", "#12/d"]
    assert {(line.until, line.note, line.by) for line in found.entries} == {(UNTIL, "the vendor ships it", "ana")}
    memory = recall([seen("#12/a"), *found.entries])
    assert memory.of("#12/b").waived_on(UNTIL)
    assert not memory.of("#12/b").waived_on(UNTIL + DAY)
    assert not memory.of("#12/a").waived_on(UNTIL)
    assert memory.of("#12/b").last is None  # a waiver is no sighting


def test_what_was_verified_and_cannot_be_seen_now_is_not_waived():
    memory = recall([seen(at=NOW - 2 * DAY), seen(verdict=Verdict.INCONCLUSIVE)])
    assert answer(WAIVE, memory=memory).receipt.receipt is Receipt.REFUSED


@pytest.mark.parametrize(
    ("memory", "items", "at", "words"),
    [
        (recall([seen()]), ("#12",), NOW, "is verified"),
        (Memory(), (), NOW, "nothing that can be read"),
        (Memory(), ("#12",), datetime(2026, 12, 16, tzinfo=UTC), "had run out"),
        (recall(answer(WAIVE, comment=100).entries), ("#12",), NOW, "later waiver"),
    ],
)
def test_waivers_that_are_refused(memory, items, at, words):
    found = answer(WAIVE, memory=memory, items=items, at=at)
    assert words in found.note
    assert (found.receipt.receipt, actions(found), found.look) == (Receipt.REFUSED, [Action.OBEYED], False)


def test_a_later_waiver_takes_the_place_of_an_earlier_one():
    memory = recall(answer(WAIVE, comment=98).entries)
    found = answer(Waive(date(2026, 12, 24), "later"), memory=memory, at=NOW + DAY)
    assert recall([*memory.commanded, *found.entries]).of("#12").waiver.until == date(2026, 12, 24)


def test_a_drill_is_recorded_and_nothing_is_looked_at():
    found = answer(DRILLED)
    assert not found.look
    (drill,) = recall(found.entries).drills
    assert (drill.note, drill.by, drill.item) == ("runbooks/lag.md", "ana", "")


def test_a_drill_is_dated_by_who_reported_it_and_not_by_the_sweep_that_found_it():
    (drill,) = obey(asked(DRILLED, given=NOW - 3 * DAY), (), Memory(), run()).entries
    assert drill.at == NOW - 3 * DAY
    (early,) = obey(asked(DRILLED, given=NOW + DAY), (), Memory(), run()).entries
    assert early.at == NOW


# once


@pytest.mark.parametrize(
    ("command", "standing", "receipt"),
    [
        (VERIFY, Standing.TRIAGE, Receipt.DONE),
        (WAIVE, Standing.WRITE, Receipt.DONE),
        (WAIVE, Standing.TRIAGE, Receipt.REFUSED),
        (DRILLED, Standing.ADMIN, Receipt.DONE),
    ],
)
def test_a_command_is_obeyed_once_and_its_receipt_made_sure_of(command, standing, receipt):
    first = answer(command, standing)
    for later in (MINUTE, DAY):
        again = answer(command, standing, recall(first.entries), at=NOW + later)
        assert (again.entries, again.look) == ((), False)
        assert again.receipt == first.receipt == React(12, 99, receipt)


def test_the_line_comes_before_the_reaction():
    found = answer(WAIVE)
    assert found.effects == (Record(found.entries), found.receipt)
    assert answer(VERIFY, Standing.READ).effects == (React(12, 99, Receipt.REFUSED),)


# how often an issue is looked at


@pytest.mark.parametrize(
    ("before", "apart", "receipt"),
    [
        (VERIFY, 5 * MINUTE, Receipt.DONE),
        (VERIFY, 5 * MINUTE - timedelta(seconds=1), Receipt.LATER),
        (VERIFY, timedelta(0), Receipt.LATER),
        (VERIFY, -MINUTE, Receipt.LATER),  # another machine's clock
        (WAIVE, MINUTE, Receipt.LATER),
        (DRILLED, MINUTE, Receipt.DONE),
    ],
)
def test_an_issue_is_looked_at_every_five_minutes(before, apart, receipt):
    memory = recall(answer(before, comment=98).entries)
    found = answer(VERIFY, memory=memory, at=NOW + apart)
    assert (found.receipt.receipt, found.look) == (receipt, receipt is Receipt.DONE)
    assert actions(found) == ([Action.OBEYED] if receipt is Receipt.DONE else [])


def test_what_was_refused_or_is_another_issues_keeps_nobody_waiting():
    memory = recall(
        [
            *answer(WAIVE, Standing.TRIAGE, comment=97).entries,
            *obey(asked(comment=98, issue=13), (), Memory(), run()).entries,
        ]
    )
    assert answer(VERIFY, memory=memory).look


def test_a_waiver_is_told_at_once_after_a_look_and_many_are_not():
    memory = recall(answer(VERIFY, comment=98).entries)
    found = answer(WAIVE, memory=memory)
    assert found.look
    assert not answer(WAIVE, memory=recall(found.entries), comment=100).look


# comments


@pytest.mark.parametrize(
    "comment",
    [
        said(author=None), said(author=Person(8, "helper[bot]", is_bot=True)), said(edited=NOW + MINUTE),
        said("> " + WAIVE_TEXT), said(" " + WAIVE_TEXT), said("```\n" + WAIVE_TEXT), said("hello"),
    ],
)  # fmt: skip
def test_comments_that_give_no_command(comment):
    assert given(12, comment) is None
    assert pending([issue(comment)], Memory(), NOW - 7 * DAY) == ()


def test_a_date_is_read_as_of_the_day_on_which_it_was_written():
    late = said("/loopcheck waive until 2026-11-21 because x")
    assert given(12, late).command.until == date(2026, 11, 21)
    assert isinstance(given(12, msgspec.structs.replace(late, created=NOW + DAY, updated=NOW + DAY)), NotUnderstood)


def test_what_no_line_knows_is_pending():
    there = [
        issue(
            said(id=5),
            said("/loopcheck verify", id=6),
            said("/loopcheck drilled a.md", id=4),
            said("/loopcheck wave", id=8),
        ),
        issue(said(id=3, at=NOW - 8 * DAY), said(id=2), number=13),
    ]
    since = NOW - 7 * DAY
    assert [(one.issue, one.comment) for one in pending(there, Memory(), since)] == [(13, 2), (12, 4), (12, 5)]
    memory = Memory(commands=frozenset((2, 5)))
    assert [one.comment for one in pending(there, memory, since)] == [4]


def test_the_later_of_two_that_were_overlooked_counts():
    there = [issue(said(id=5), said("/loopcheck waive until 2026-11-30 because sooner", id=6))]
    entries = [
        entry for one in pending(there, Memory(), NOW - DAY) for entry in obey(one, ("#12",), Memory(), run()).entries
    ]
    assert recall(lines.read(lines.write(entries), "x")).of("#12").waiver.note == "sooner"


# hostile reasons


@drawn(st.text(min_size=1, max_size=500).filter(lambda text: not set(text) & {"\r", "\n"}))
def test_any_reason_is_one_line_of_the_ledger(reason):
    _recorded(reason)


def test_hostile_reasons_are_recorded_whole_and_printed_clean():
    assert sum(_recorded(text) for text in strings(2_000, 7)) > 300


def _recorded(reason):
    one = given(12, said(f"/loopcheck waive until 2026-12-15 because {reason}"))
    if not isinstance(one, Given):
        return False
    entries = obey(one, ("#12",), Memory(), run()).entries
    written = lines.write(entries)
    assert written.count(b"\n") == 1
    assert lines.read(written, "ledger") == entries
    for line in effect_lines(Record(entries)):
        text = "".join(piece for piece, _ in line)
        assert suspects(text) == []
        assert len(text.splitlines()) == 1
    return True
