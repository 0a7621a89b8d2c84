from datetime import date, timedelta

import msgspec
import pytest
from scene import (
    ANA,
    DAY,
    FAILED,
    HOUR,
    ROBOT,
    START,
    UNCLEAR,
    VERIFIED,
    Scene,
    found,
    kinds,
)
from seen import claim, item

from loopcheck.config import CloseGateSection, GateRule, Mode
from loopcheck.effects.labels import LABELS
from loopcheck.effects.looks import Look
from loopcheck.effects.model import PutComment, Record, Reopen
from loopcheck.effects.reopening import happened
from loopcheck.effects.situation import Occasion
from loopcheck.ledger.memory import recall
from loopcheck.ledger.model import Action, Entry
from loopcheck.model import Incident, Outcome, Problem, Rung, Verdict
from loopcheck.quantities import Duration
from loopcheck.tracker import Closing, Comment
from loopcheck.world.github.issues import MARKS

TOLD = ["Record", "SetLabels", "PutComment"]


def test_the_labels_that_are_set_are_the_marks_that_are_read():
    assert set(MARKS) == set(LABELS)


# the ledger


@pytest.mark.parametrize(
    ("history", "lines"),
    [
        ("V", "V"),
        ("VVV", "V"),
        ("IVF", "IVF"),
        ("III", "I"),
        ("VIIV", "VIV"),
        ("FIF", "FIF"),
        ("FFG", "FG"),
        ("GFG", "GFG"),
    ],
)
def test_a_line_is_written_for_every_change_and_for_nothing_else(history, lines):
    scene = Scene()
    seen = {"V": VERIFIED, "F": FAILED, "G": found(Verdict.FAILED, reason="no-section"), "I": UNCLEAR}
    for letter in history:
        scene.later(DAY).sweep(seen[letter])
    names = {("verified", ("",)): "V", ("inconclusive", ("not-changed",)): "I"}
    names |= {("failed", ("not-changed",)): "F", ("failed", ("no-section",)): "G"}
    assert "".join(names[one.verdict.value, one.reasons or ("",)] for one in scene.lines) == lines


def test_a_line_says_what_was_seen_by_what_and_in_which_run():
    scene = Scene()
    both = msgspec.structs.replace(FAILED.artifacts[0], distribution="loopcheck 0.1.0")
    above = claim(Outcome.FAILS, reason="no-drill")
    above = msgspec.structs.replace(above, rung=Rung.PROVEN)
    both = msgspec.structs.replace(both, claims=(*both.claims, above))
    scene.sweep(msgspec.structs.replace(FAILED, artifacts=(both, both)), files=[found(Verdict.VERIFIED, "pm/lag.md#x")])
    of_issue, of_file = scene.lines
    assert (of_issue.issue, of_issue.run, of_issue.version, of_issue.at) == (1, "1/1", "0.1.0", START)
    assert (of_issue.reasons, of_issue.checkers) == (("not-changed",), ("loopcheck 0.1.0",))
    assert (of_file.issue, of_file.item, of_file.checkers) == (None, "pm/lag.md#x", ())


def test_the_lines_come_first_and_then_issue_by_issue():
    scene = Scene(1, 2)
    for number in (1, 2):
        scene.close(number=number)
    seen = {2: [found(Verdict.FAILED, "#2")], 1: [FAILED]}
    scene.sweep(seen=seen)
    planned = scene.later(2 * HOUR).plan(seen=seen)
    assert kinds(planned) == ["Record", "Reopen", "PutComment", "Reopen", "PutComment"]
    assert [one.issue for one in planned.effects[1:]] == [1, 1, 2, 2]


def test_further_lines_are_written_with_the_others_and_count_already():
    scene = Scene()
    waiver = Entry(
        START, "#1", Verdict.FAILED, "", "1", "a", action=Action.WAIVED, until=date(2026, 12, 1), note="why", issue=1
    )
    planned = scene.sweep(FAILED, also=[waiver], occasion=Occasion.ASKED)
    assert planned.effects[0].entries[0] == waiver
    assert scene.labels() == ["failed", "waived"]


def test_without_a_ledger_there_is_only_an_answer_to_whoever_asked():
    scene = Scene()
    scene.close()
    scene.sweep(FAILED)
    scene.later(DAY)
    planned = scene.plan(UNCLEAR, ledger=False)
    assert planned.effects == ()
    assert "ledger could not be read" in planned.notes[0]
    assert scene.plan(FAILED, ledger=False, occasion=Occasion.CHANGED).effects == ()
    assert kinds(scene.sweep(FAILED, ledger=False, occasion=Occasion.ASKED)) == ["PutComment"]
    assert "The ledger could not be read" in scene.says()
    scene.sweep(FAILED)
    assert "ledger" not in scene.says()


def test_other_evidence_for_what_is_verified_is_no_news():
    scene = Scene()
    scene.sweep(VERIFIED)
    scene.later(DAY).sweep(item(claim(Outcome.HOLDS), claim(Outcome.HOLDS), verdict=Verdict.VERIFIED, id="#1"))
    assert len(scene.lines) == 1


# telling


@pytest.mark.parametrize(
    ("result", "label", "says"),
    [
        (VERIFIED, ["verified"], "Verified since 2026-11-02."),
        (FAILED, ["failed"], "Failed since 2026-11-02."),
        (UNCLEAR, ["inconclusive"], "Inconclusive since 2026-11-02."),
        (found(Verdict.FAILED, due=date(2026, 11, 1), overdue=True), ["failed", "overdue"], "it was due on 2026-11-01"),
    ],
)
def test_what_is_seen_first_is_told_at_once(result, label, says):
    scene = Scene()
    assert kinds(scene.sweep(result)) == TOLD
    assert scene.labels() == label
    assert says in scene.says()
    for _ in range(3):
        assert scene.later(DAY).plan(result).effects == ()


def test_a_declaration_that_cannot_be_read_is_told():
    scene = Scene()
    assert kinds(scene.sweep(problems=[Problem("#1", 3, 1, "no such key")])) == ["SetLabels", "PutComment"]
    assert scene.labels() == ["inconclusive"]
    assert "no such key" in scene.says()


def test_an_issue_without_a_declaration_is_no_business_of_loopchecks():
    scene = Scene()
    scene.change(comments=(Comment(5, ANA, "<!-- loopcheck -->", START, START),), labels=("loopcheck:failed",))
    assert scene.plan().effects == ()


def test_a_declaration_that_went_away_is_told_once():
    scene = Scene()
    scene.sweep(FAILED)
    scene.later(DAY)
    assert scene.plan(clear=False).effects == ()
    assert kinds(scene.sweep()) == ["SetLabels", "PutComment"]
    assert scene.labels() == []
    assert "### ⬜ loopcheck: nothing is declared here" in scene.says()
    assert scene.later(DAY).plan().effects == ()
    scene.sweep(FAILED)
    assert scene.labels() == ["failed"]
    assert "loopcheck: failed" in scene.says()


def test_an_issue_of_which_not_all_came_is_left_alone():
    scene = Scene()
    scene.change(complete=False)
    planned = scene.plan(FAILED)
    assert kinds(planned) == ["Record"]
    assert "not all comments or labels of #1" in planned.notes[0]


def test_only_the_oldest_comment_of_this_very_account_counts():
    scene = Scene()
    scene.sweep(FAILED)
    ours = scene.issue.comments[0]
    forged = [msgspec.structs.replace(ours, id=1, author=who, created=START - DAY) for who in (ANA, ROBOT, None)]
    scene.change(comments=(*forged, ours))
    assert scene.plan(FAILED).effects == ()
    scene.change(comments=(ours, msgspec.structs.replace(ours, id=ours.id + 1)))
    assert kinds(scene.plan(FAILED)) == ["PutComment"]  # which deletes the younger


@pytest.mark.parametrize(
    ("after", "again"),
    [
        ([], True),
        ([timedelta(0)], False),
        ([6 * DAY], False),
        ([7 * DAY], True),
        ([30 * DAY, 20 * DAY], False),
    ],
)
def test_a_comment_that_was_deleted_comes_back_once_after_a_week(after, again):
    scene = Scene()
    scene.sweep(FAILED)
    scene.later(40 * DAY).change(comments=(), deleted=tuple(scene.now - one for one in after))
    assert kinds(scene.plan(FAILED)) == (["PutComment"] if again else [])
    assert kinds(scene.plan(FAILED, occasion=Occasion.ASKED)) == (["PutComment"] if again else [])


def test_nothing_is_reopened_that_cannot_be_explained():
    scene = Scene()
    scene.sweep(FAILED)
    scene.later(DAY).close()
    scene.delete_ours()
    scene.sweep(FAILED)
    assert not scene.issue.is_open
    assert scene.labels() == ["disputed", "failed"]


# what cannot be seen


def test_an_outage_changes_nothing_for_three_days():
    scene = Scene()
    scene.sweep(VERIFIED)
    before = scene.says()
    began = scene.later(DAY).now
    for hours in (0, 24, 48, 71):
        scene.now = began + hours * HOUR
        assert kinds(scene.sweep(UNCLEAR)) == (["Record"] if hours == 0 else [])
    assert scene.says() == before
    scene.now = began + 72 * HOUR
    planned = scene.sweep(UNCLEAR)
    assert kinds(planned) == ["SetLabels", "PutComment"]
    assert scene.labels() == ["inconclusive"]
    assert (
        "Nothing could be confirmed since 2026-11-03. Before that it was verified, from 2026-11-02 on" in scene.says()
    )
    assert "nothing could be confirmed of #1 for 3 days or more" in planned.notes[0]
    assert scene.later(DAY).plan(UNCLEAR).effects == ()
    scene.sweep(VERIFIED)
    assert scene.labels() == ["verified"]


def test_whoever_asks_is_told_of_an_outage_at_once_and_the_label_stays():
    scene = Scene()
    scene.sweep(VERIFIED)
    scene.later(HOUR)
    assert kinds(scene.plan(UNCLEAR, occasion=Occasion.CHANGED)) == ["Record"]
    assert kinds(scene.sweep(UNCLEAR, occasion=Occasion.ASKED)) == ["Record", "PutComment"]
    assert "loopcheck: inconclusive" in scene.says()
    assert "that stands until it is seen again" in scene.says()
    assert scene.labels() == ["verified"]
    assert scene.later(HOUR).plan(UNCLEAR).effects == ()
    assert kinds(scene.sweep(VERIFIED)) == ["Record", "PutComment"]


def test_an_outage_of_one_item_does_not_hide_another():
    scene = Scene()
    one, other = (found(Verdict.VERIFIED, f"#1/{name}") for name in "ab")
    dark, gone = found(Verdict.INCONCLUSIVE, "#1/a"), found(Verdict.FAILED, "#1/b")
    scene.sweep(one, other)
    scene.later(DAY)
    scene.apply(scene.plan(dark, gone).effects[:1])  # killed after the ledger was written
    assert kinds(scene.sweep(dark, gone)) == ["SetLabels", "PutComment"]
    assert scene.labels() == ["failed"]
    assert scene.later(HOUR).plan(dark, gone).effects == ()
    scene.sweep(dark, other)
    assert scene.labels() == ["verified"]  # what was confirmed of the first stands
    assert "loopcheck: verified" in scene.says()
    assert "verified since 2026-11-02" in scene.says()


def test_an_outage_that_comes_and_goes_is_not_told():
    scene = Scene()
    scene.sweep(VERIFIED)
    for _ in range(5):
        assert kinds(scene.later(DAY).sweep(UNCLEAR)) == ["Record"]
        assert kinds(scene.later(DAY).sweep(VERIFIED)) == ["Record"]


# the close gate


def closed_and_failed(scene, **more):
    """Seen open and failed, and closed a day later."""
    scene.sweep(FAILED)
    scene.later(DAY).close(**more)


def test_closing_what_is_verified_is_quiet():
    scene = Scene()
    scene.sweep(VERIFIED)
    scene.later(DAY).close()
    assert scene.plan(VERIFIED).effects == ()
    assert scene.plan(VERIFIED, occasion=Occasion.CHANGED).effects == ()


def test_what_was_closed_with_proof_before_loopcheck_came_gets_a_label_and_no_comment():
    scene = Scene()
    scene.close()
    assert kinds(scene.sweep(VERIFIED)) == ["Record", "SetLabels"]
    assert scene.later(DAY).plan(VERIFIED).effects == ()
    assert kinds(scene.plan(VERIFIED, occasion=Occasion.ASKED)) == ["PutComment"]


def test_what_fails_for_the_first_time_when_it_is_closed_is_looked_at_once_more():
    scene = Scene()
    scene.close()
    assert kinds(scene.sweep(FAILED, occasion=Occasion.CHANGED)) == TOLD
    assert scene.labels() == ["failed"]
    assert "Closed on 2026-11-02 without the proof that was promised." in scene.says()
    assert "The next run after 2026-11-02, 10:30 UTC looks a second time." in scene.says()
    assert scene.later(59 * HOUR / 60).plan(FAILED).effects == ()
    planned = scene.later(HOUR / 60).sweep(FAILED)
    assert kinds(planned) == ["Record", "Reopen", "PutComment"]
    (line,) = planned.effects[0].entries
    assert (line.action, line.item, line.issue, line.digest) == (Action.REOPENED, "#1", 1, scene.lines[0].digest)
    assert planned.effects[1].reason == "closed, and the proof was missing at two looks: not-changed"
    assert scene.issue.is_open
    assert "Opened again on 2026-11-02" in scene.says()
    for _ in range(3):
        assert scene.later(DAY).plan(FAILED).effects == ()


def test_what_failed_before_is_reopened_at_once():
    scene = Scene()
    closed_and_failed(scene)
    assert kinds(scene.sweep(FAILED, occasion=Occasion.CHANGED)) == ["Record", "Reopen", "PutComment"]


@pytest.mark.parametrize(
    "between", [VERIFIED, found(Verdict.FAILED, reason="no-section")], ids=["verified", "another failure"]
)
def test_two_sightings_are_of_the_same_with_nothing_else_between(between):
    scene = Scene()
    scene.sweep(FAILED)
    scene.later(2 * HOUR).sweep(between)
    scene.later(2 * HOUR).close()
    assert "Reopen" not in kinds(scene.sweep(FAILED))
    assert "Reopen" in kinds(scene.later(2 * HOUR).sweep(FAILED))


def test_an_outage_between_two_sightings_is_neither():
    scene = Scene()
    scene.sweep(FAILED)
    scene.later(DAY).close()
    assert kinds(scene.sweep(UNCLEAR)) == ["Record"]
    assert "Reopen" in kinds(scene.later(HOUR).sweep(FAILED))


def test_trouble_beside_what_fails_does_not_make_it_another_failure():
    scene = Scene()
    fails = claim()
    for trouble in ("outage", "timeout", "outage"):
        unknown = msgspec.structs.replace(claim(Outcome.UNKNOWN, reason=trouble), claim="linked")
        scene.later(DAY).sweep(item(fails, unknown, id="#1"))
    assert len(scene.lines) == 1


@pytest.mark.parametrize("reason", ["not_planned", "duplicate"])
def test_who_drops_an_item_is_heard_and_that_is_recorded_once(reason):
    scene = Scene()
    closed_and_failed(scene, reason=reason)
    planned = scene.sweep()
    assert kinds(planned) == TOLD
    (line,) = planned.effects[0].entries
    assert (line.action, line.note, line.by, line.item) == (Action.DROPPED, reason, "ana", "#1")
    assert scene.labels() == []
    assert "Closed as" in scene.says()
    assert scene.later(DAY).plan().effects == ()
    assert scene.plan(FAILED).effects == ()  # whether or not what it declares was looked at all the same
    scene.reopen()
    assert kinds(scene.sweep(FAILED)) == ["SetLabels", "PutComment"]
    scene.later(DAY).close(reason)
    assert kinds(scene.sweep()) == TOLD


def test_what_was_dropped_before_loopcheck_came_is_no_business_of_its():
    scene = Scene()
    scene.close("not_planned")
    assert scene.plan().effects == ()


@pytest.mark.parametrize("by", [ANA, ROBOT, None])
def test_what_is_closed_again_is_left_to_people(by):
    scene = Scene()
    closed_and_failed(scene)
    scene.sweep(FAILED)
    scene.later(DAY).close(by=by)
    planned = scene.sweep(FAILED)
    assert kinds(planned) == ["SetLabels", "PutComment"]
    assert scene.labels() == ["disputed", "failed"]
    assert "does not open it again for this" in scene.says()
    for _ in range(30):
        assert scene.later(DAY).plan(FAILED).effects == ()
    scene.sweep(VERIFIED)
    assert scene.labels() == ["verified"]


def test_twice_in_a_week_is_the_most_whatever_is_missing():
    scene = Scene()
    times = []
    for day in range(20):
        result = found(Verdict.FAILED, reason=f"reason-{day}")
        scene.sweep(result)
        scene.close(by=ROBOT)
        planned = scene.later(2 * HOUR).sweep(result)
        times += [scene.now] if "Reopen" in kinds(planned) else []
        scene.later(22 * HOUR)
    assert len(times) > 3
    assert all(later - first >= 7 * DAY - HOUR for first, later in zip(times, times[2:], strict=False))


def test_a_history_that_is_too_long_to_be_read_is_a_dispute():
    scene = Scene()
    closed_and_failed(scene)
    scene.change(whole_history=False)
    scene.sweep(FAILED)
    assert scene.labels() == ["disputed", "failed"]


def test_a_run_that_was_killed_before_it_reopened_does_it_again():
    scene = Scene()
    closed_and_failed(scene)
    scene.apply(scene.plan(FAILED).effects[:1])
    assert not scene.issue.is_open
    again = scene.later(DAY).sweep(FAILED)
    assert kinds(again) == ["Reopen", "PutComment"]  # the line is there
    scene.later(DAY).close()
    assert "Reopen" not in kinds(scene.sweep(FAILED))


def test_a_reopening_of_somebody_elses_does_not_count_as_ours():
    scene = Scene()
    closed_and_failed(scene)
    scene.apply(scene.plan(FAILED).effects[:1])
    scene.reopen()
    scene.sweep(FAILED)
    assert "Opened again" not in scene.says()
    scene.later(DAY).close()
    assert "Reopen" in kinds(scene.sweep(FAILED))


def test_a_reopening_is_told_as_long_as_it_fails_and_no_longer():
    scene = Scene()
    closed_and_failed(scene)
    scene.sweep(FAILED)
    assert "Opened again on 2026-11-03" in scene.says()
    scene.later(DAY).sweep(VERIFIED)
    assert "Opened again" not in scene.says()
    scene.later(DAY).sweep(FAILED)
    assert "Opened again" not in scene.says()


def hours(*numbers):
    return tuple(START.replace(microsecond=0) + number * HOUR for number in numbers)


@pytest.mark.parametrize(
    ("meant", "reopened", "done"),
    [
        ((), (), ()),
        ((0,), (), ()),
        ((0,), (0,), (0,)),
        ((0,), (1,), (0,)),
        ((1,), (0,), ()),  # an earlier one is not what was meant
        ((0.05,), (0,), (0.05,)),  # three minutes are the difference of two clocks
        ((0, 2), (3,), (2,)),  # the first run was killed
        ((0, 2), (1,), (0,)),
        ((0, 2), (1, 3), (0, 2)),
        ((0, 0.05), (0,), (0,)),  # one reopening, however near, is not two
        ((0, 2, 4), (5, 1), (0, 4)),
    ],
)
def test_what_was_meant_has_happened_if_the_history_has_it(meant, reopened, done):
    issue = msgspec.structs.replace(Scene().issue, reopened=hours(*reopened))
    assert happened(issue, hours(*meant)) == set(hours(*done))


def test_a_sighting_of_something_else_is_none():
    line = Entry(START, "#1", Verdict.FAILED, "another", "1", "a")
    known = recall([line])
    assert not Look(FAILED, known.of("#1"), START + DAY).failed_twice


def test_only_what_fails_is_reopened_for():
    for result in (UNCLEAR, VERIFIED):
        scene = Scene()
        scene.sweep(result)
        scene.later(DAY).close()
        for _ in range(6):
            assert "Reopen" not in kinds(scene.later(DAY).sweep(result))


# drift


def test_a_proof_that_went_away_is_told_with_its_dates_and_what_changed():
    scene = Scene()
    scene.sweep(VERIFIED)
    scene.later(DAY).close()
    scene.sweep(VERIFIED)
    scene.later(9 * DAY)
    changes = {"#1": ("`runbooks/lag.md` was changed", "by `bob`\nin a commit")}
    assert kinds(scene.sweep(FAILED, changes=changes)) == TOLD
    assert "first verified on 2026-11-02, missing since 2026-11-12." in scene.says()
    assert "> - `runbooks/lag.md` was changed\n> - by `bob` in a commit\n" in scene.says()
    assert "Closed on 2026-11-03, and the proof has gone since." in scene.says()
    assert not scene.issue.is_open
    assert scene.plan(FAILED).effects == ()  # what changed is told with the rest, and is no news by itself
    scene.later(2 * HOUR).sweep(FAILED)
    assert scene.issue.is_open


def test_what_was_verified_anew_is_told_so():
    scene = Scene()
    for result in (VERIFIED, FAILED, VERIFIED, FAILED):
        scene.later(DAY).sweep(result)
    assert "first verified on 2026-11-03, verified anew on 2026-11-05, missing since 2026-11-06." in scene.says()


# waivers


@pytest.mark.parametrize(
    ("days", "counts"),
    [(0, True), (5, True), (6, False)],
)
def test_a_waiver_counts_to_its_last_day(days, counts):
    scene = Scene()
    closed_and_failed(scene)
    scene.waive(date(2026, 11, 8))
    scene.sweep(FAILED)
    assert scene.labels() == ["failed", "waived"]
    assert (
        "Accepted without proof by `@\u200bana` until 2026-11-08, that day included: `a freeze until then`"
        in scene.says()
    )
    scene.later(days * DAY).sweep(FAILED)
    assert scene.issue.is_open is not counts
    assert scene.labels() == (["failed", "waived"] if counts else ["failed"])
    assert ("The waiver has run out" in scene.says()) is not counts


def test_a_waiver_of_one_item_does_not_cover_another():
    scene = Scene()
    one, other = (found(Verdict.FAILED, f"#1/{name}") for name in "ab")
    scene.waive(date(2027, 1, 1), "#1/a")
    scene.sweep(one, other)
    scene.later(DAY).close()
    planned = scene.sweep(one, other)
    assert [line.item for line in planned.effects[0].entries] == ["#1/b"]


def following(scene):
    """What the comment says comes next."""
    return scene.says().partition("**Next:** ")[2].partition("\n")[0]


@pytest.mark.parametrize(("result", "then"), [(FAILED, "failed again"), (UNCLEAR, "inconclusive again")])
def test_what_is_accepted_waits_for_the_end_of_the_waiver(result, then):
    scene = Scene()
    scene.waive(date(2026, 11, 8))
    scene.sweep(result)
    assert following(scene).startswith("nothing until 2026-11-08, that day included. After that this counts as ")
    assert then in following(scene)
    scene.later(6 * DAY).sweep(result)
    scene.later(DAY).sweep(result)
    assert "2026-11-08" not in following(scene)
    assert "the arrows say" in following(scene)


def test_what_is_not_accepted_comes_next():
    scene = Scene()
    one, other, third = (found(Verdict.FAILED, f"#1/{name}") for name in "abc")
    scene.waive(date(2027, 1, 1), "#1/a")
    scene.waive(date(2026, 12, 1), "#1/b")
    scene.sweep(one, other, third)
    assert following(scene).startswith("do what the arrows say, apart from what is accepted. loopcheck looks again")
    scene.sweep(one, other, found(Verdict.INCONCLUSIVE, "#1/d"))
    assert following(scene).startswith("nothing is held against this item, apart from what is accepted.")
    scene.sweep(one, other, found(Verdict.VERIFIED, "#1/e"))
    assert following(scene).startswith("nothing until 2026-12-01, that day included. After that the first of these ")


def test_a_waiver_says_nothing_of_what_is_verified():
    scene = Scene()
    scene.waive(date(2027, 1, 1))
    scene.sweep(VERIFIED)
    assert scene.labels() == ["verified"]
    assert "ccepted" not in scene.says()


def test_an_overdue_item_that_is_waived_is_not_called_overdue():
    scene = Scene()
    scene.waive(date(2027, 1, 1))
    scene.sweep(found(Verdict.FAILED, due=date(2026, 11, 1), overdue=True))
    assert scene.labels() == ["failed", "waived"]


# modes


@pytest.mark.parametrize(
    ("mode", "labels", "is_open"),
    [(Mode.ADVISE, [], False), (Mode.LABEL, ["failed"], False), (Mode.ENFORCE, ["failed"], True)],
)
def test_each_mode_goes_so_far(mode, labels, is_open):
    scene = Scene(policy=CloseGateSection(mode=mode))
    closed_and_failed(scene)
    scene.sweep(FAILED)
    assert (scene.labels(), scene.issue.is_open) == (labels, is_open)
    assert ("It stays closed" in scene.says()) is not is_open
    assert scene.later(DAY).plan(FAILED).effects == ()


def test_who_only_wants_advice_gets_rid_of_the_labels():
    scene = Scene()
    scene.sweep(FAILED)
    scene.policy = CloseGateSection(mode=Mode.ADVISE)
    assert kinds(scene.sweep(FAILED)) == ["SetLabels"]
    assert scene.labels() == []


RULES = [
    GateRule(severity=["SEV3", "sev4"], mode=Mode.ADVISE),
    GateRule(older_than=Duration.parse("180d"), severity=["SEV2"], mode=Mode.ADVISE),
    GateRule(older_than=Duration.parse("180d"), mode=Mode.LABEL),
]


@pytest.mark.parametrize(
    ("severity", "days", "is_open", "labels"),
    [
        ("SEV1", 30, True, ["failed"]),
        ("sev3", 30, False, []),
        (" SEV4 ", 400, False, []),
        ("SEV2", 30, True, ["failed"]),
        ("SEV2", 181, False, []),
        ("SEV1", 181, False, ["failed"]),
        (None, 30, True, ["failed"]),
        (None, 178, True, ["failed"]),
    ],
)
def test_the_first_rule_that_fits_decides(severity, days, is_open, labels):
    scene = Scene(policy=CloseGateSection(rules=RULES))
    scene.change(created=START - days * DAY)
    result = found(Verdict.FAILED, incident=Incident("INC-1", severity=severity))
    scene.sweep(result)
    scene.later(DAY).close()
    scene.sweep(result)
    assert (scene.issue.is_open, scene.labels()) == (is_open, labels)


def test_of_several_items_the_strictest_rule_counts_and_reopens_only_for_its_own():
    scene = Scene(policy=CloseGateSection(rules=RULES))
    mild = found(Verdict.FAILED, "#1/a", incident=Incident("INC-1", severity="SEV3"))
    scene.sweep(mild, found(Verdict.VERIFIED, "#1/b"))
    scene.later(DAY).close()
    scene.sweep(mild, found(Verdict.VERIFIED, "#1/b"))
    assert (scene.issue.is_open, scene.labels()) == (False, ["failed"])


# when too much changes at once


def many(verdicts, kind="datadog-monitor"):
    """An issue with one item for each letter."""
    words = {"V": Verdict.VERIFIED, "F": Verdict.FAILED, "I": Verdict.INCONCLUSIVE}
    seen = {}
    for number, letter in enumerate(verdicts, 1):
        one = found(words[letter], f"#{number}")
        artifact = msgspec.structs.replace(one.artifacts[0], kind=kind)
        seen[number] = [msgspec.structs.replace(one, artifacts=(artifact,))]
    return seen


@pytest.mark.parametrize(
    ("verdicts", "acts"),
    [("F" + "V" * 8 + "I" * 3, False), ("F" + "V" * 9 + "I" * 2, True), ("F" + "I" * 11, False)],
)
def test_nothing_rests_on_a_system_of_which_a_fifth_is_dark(verdicts, acts):
    scene = Scene(*range(1, 13))
    scene.sweep(seen=many("F" + "V" * 11))
    scene.later(DAY).close()
    planned = scene.plan(seen=many(verdicts))
    assert ("Reopen" in kinds(planned)) is acts
    assert ("could not be seen in datadog" in "".join(planned.notes)) is not acts
    assert kinds(planned)[0] == "Record"
    assert "Reopen" in kinds(scene.plan(seen={1: many("F")[1]}, occasion=Occasion.CHANGED))  # one issue is no sample
    mixed = many("F" + "V" * 11, "runbook") | {number: many(verdicts)[number] for number in range(2, 13)}
    told = [one.issue for one in scene.plan(seen=mixed).effects if isinstance(one, PutComment)]
    assert told == [1]  # what needs no system is judged by itself


def test_what_is_dark_for_days_is_told_and_stops_nothing():
    scene = Scene(*range(1, 5))
    dark = many("FIII")
    assert kinds(scene.sweep(seen=dark)) == ["Record"]
    assert kinds(scene.later(2 * DAY).sweep(seen=dark)) == []
    planned = scene.later(DAY + HOUR).sweep(seen=dark)
    assert kinds(planned) == ["SetLabels", "PutComment"] * 4
    assert scene.labels(2) == ["inconclusive"]


def test_what_was_dark_before_an_outage_is_told_in_it():
    scene = Scene(*range(1, 13))
    scene.sweep(seen=many("VF" + "V" * 10))
    scene.later(DAY).sweep(seen=many("IF" + "V" * 10))
    scene.later(3 * DAY)
    outage = many("IF" + "I" * 10)
    planned = scene.plan(seen=outage)
    assert "10 of 11 artifacts could not be seen in datadog" in planned.notes[0]
    assert [one.issue for one in planned.effects if isinstance(one, PutComment)] == [1]
    both = [*many("I")[1], found(Verdict.FAILED, "#1/b")]
    assert kinds(scene.plan(seen=outage | {1: both})) == ["Record"]


def test_one_issue_is_no_sample():
    for occasion in (Occasion.CHANGED, Occasion.ASKED):
        assert kinds(Scene().plan(seen=many("I"), occasion=occasion)) == TOLD


@pytest.mark.parametrize(("fallen", "of", "acts"), [(5, 12, True), (6, 12, False), (6, 60, True), (7, 60, False)])
def test_nothing_is_done_when_a_tenth_fails_at_once(fallen, of, acts):
    scene = Scene(*range(1, of + 1))
    scene.sweep(seen=many("V" * of, "runbook"))
    scene.later(DAY)
    failed = many("F" * fallen + "V" * (of - fallen), "runbook")
    planned = scene.sweep(seen=failed)
    assert (set(kinds(planned)) == {"Record"}) is not acts
    assert ("failed all at once" in "".join(planned.notes)) is not acts
    assert kinds(scene.later(HOUR / 2).plan(seen=failed)) == []  # begun again, it comes to the same
    scene.later(HOUR / 2).sweep(seen=failed)
    assert scene.labels(1) == ["failed"]


def test_a_first_look_at_many_that_fail_is_no_alarm():
    scene = Scene(*range(1, 31))
    assert kinds(scene.sweep(seen=many("F" * 30, "runbook")))[1:] == ["SetLabels", "PutComment"] * 30


# hostile words


@pytest.mark.volume
def test_strangers_words_in_notices_stay_in_code():
    import hostile_reports
    from markdown_it import MarkdownIt

    texts = hostile_reports.strings(10**9, 3)
    reader = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    for _ in range(300):
        scene = Scene()
        title = next(texts)
        scene.close("not_planned", by=msgspec.structs.replace(ANA, login=next(texts)))
        closing = scene.issue.closing
        scene.reopen()
        scene.waive(date(2027, 1, 1), "#1/a", note=next(texts))
        scene.lines = [msgspec.structs.replace(line, by=next(texts)) for line in scene.lines]
        first, second = (found(Verdict.FAILED, f"#1/{name}", title=title) for name in "ab")
        scene.sweep(first, second)
        bodies = [scene.says()]
        scene.change(is_open=False, closing=closing)
        scene.sweep()
        bodies.append(scene.says())
        for body in bodies:
            quoted = 0
            tokens = list(reader.parse(body))
            for token in tokens:
                quoted += token.type == "blockquote_open"
                for part in token.children or ():
                    assert part.type in ("text", "code_inline", "softbreak", "strong_open", "strong_close", "html_inline",
                                         "link_open", "link_close"), part  # fmt: skip
                    if part.type == "link_open":
                        assert part.attrGet("href").startswith(
                            ("https://github.com/acme/shop/blob/", "https://github.com/acme/shop/commit/")
                        )
            assert quoted == 1
            assert body.count("<!--") == 1


def test_the_reopening_rests_on_the_closing_that_was_seen():
    scene = Scene()
    closed_and_failed(scene)
    scene.change(closing=Closing(scene.now, ANA, "completed", pull_request=9), updated=scene.now)
    planned = scene.plan(FAILED)
    (reopening,) = [one for one in planned.effects if isinstance(one, Reopen)]
    assert reopening.closed_at == scene.now.isoformat()
    assert not reopening.basis.is_open
    assert all(one.basis.is_open for one in planned.effects if not isinstance(one, (Record, Reopen)))


def test_only_where_loopcheck_has_no_comment_an_issue_is_new():
    def new(planned):
        return {one.issue: one.basis.is_new for one in planned.effects if not isinstance(one, (Record, Reopen))}

    scene = Scene(1, 2)
    everywhere = {1: (found(Verdict.FAILED, "#1"),), 2: (found(Verdict.FAILED, "#2"),)}
    assert new(scene.sweep(seen=everywhere)) == {1: True, 2: True}
    verified = {1: (found(Verdict.VERIFIED, "#1"),), 2: (found(Verdict.VERIFIED, "#2"),)}
    assert new(scene.later(HOUR).plan(seen=verified)) == {1: False, 2: False}


def test_an_issue_that_is_reopened_is_not_new():
    scene = Scene()
    scene.close()
    scene.change(comments=())
    scene.sweep(FAILED)
    scene.change(comments=())
    planned = scene.later(2 * HOUR).plan(FAILED)
    after = [one for one in planned.effects if not isinstance(one, (Record, Reopen))]
    assert [one for one in planned.effects if isinstance(one, Reopen)]
    assert [one.basis.is_new for one in after] == [False] * len(after)
