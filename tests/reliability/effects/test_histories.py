"""What holds of every history: of runs, outages, closings, deletions and waivers in any order."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as some
from scene import DAY, HOUR, ROBOT, Scene, found, kinds

from loopcheck.config import CloseGateSection, GateRule, Mode
from loopcheck.effects.situation import Occasion
from loopcheck.ledger.memory import recall
from loopcheck.model import Incident, Problem, Verdict
from loopcheck.quantities import Duration

QUIET = settings(deadline=None, database=None, derandomize=True, max_examples=150)
RESULTS = some.builds(
    lambda verdict, kind, reason, overdue: (verdict, kind, reason, overdue),
    some.sampled_from(list(Verdict)),
    some.sampled_from(["runbook", "datadog-monitor"]),
    some.sampled_from(["no-file", "no-section"]),
    some.booleans(),
)
ACTS = some.sampled_from(["close", "close", "drop", "reopen", "delete", "waive", "strip", "nothing", "nothing"])
POLICIES = some.sampled_from(
    [
        CloseGateSection(),
        CloseGateSection(mode=Mode.LABEL, rules=[GateRule(severity=["SEV1"], mode=Mode.ENFORCE)]),
        CloseGateSection(rules=[GateRule(older_than=Duration.parse("31d"), mode=Mode.ADVISE)]),
    ]
)
STEPS = some.lists(
    some.tuples(
        some.sampled_from([HOUR / 2, HOUR, DAY, 4 * DAY]),
        ACTS,
        some.lists(RESULTS, max_size=2),
        some.booleans(),
        some.sampled_from(list(Occasion)),
        some.integers(0, 6),
    ),
    min_size=1,
    max_size=12,
)
SEV1 = Incident("INC-1", severity="SEV1")


def made(results, number):
    for place, (verdict, kind, reason, overdue) in enumerate(results):
        one = found(verdict, f"#{number}/{place}", reason=reason, incident=SEV1 if place else None,
                    due=None, overdue=overdue and verdict is not Verdict.VERIFIED)  # fmt: skip
        artifact = msgspec.structs.replace(one.artifacts[0], kind=kind)
        yield msgspec.structs.replace(one, artifacts=(artifact,))


def act(scene, what, number):
    match what:
        case "close":
            scene.close(by=ROBOT, number=number)
        case "drop":
            scene.close("not_planned", number=number)
        case "reopen":
            scene.reopen(number)
        case "delete":
            scene.delete_ours(number)
        case "waive":
            scene.waive((scene.now + 5 * DAY).date(), f"#{number}/0")
        case "strip":
            scene.change(number, labels=())


@QUIET
@given(POLICIES, STEPS)
def test_what_was_planned_and_done_is_not_planned_again(policy, steps):
    scene = Scene(1, 2, 3, policy=policy)
    for pause, what, results, unreadable, occasion, killed in steps:
        scene.later(pause)
        for number in (1, 2):
            act(scene, what, number)
        seen = {1: list(made(results, 1)), 2: list(made(results[:1], 2)), 3: list(made(results[1:], 3))}
        more = {"seen": seen, "occasion": occasion, "problems": [Problem("#1", 1, 1, "what?")] if unreadable else []}
        scene.apply(scene.plan(**more).effects[: killed if killed < 5 else None])
        scene.sweep(**more)
        again = scene.plan(**more)
        assert again.effects == (), kinds(again)


@QUIET
@given(
    some.lists(
        some.tuples(some.sampled_from([HOUR, DAY, 2 * DAY]), ACTS, some.sampled_from(list(Verdict)), some.sampled_from(list(Occasion))),
        max_size=14,
    )
)  # fmt: skip
def test_what_cannot_be_seen_decides_nothing(steps):
    scene = Scene()
    for pause, what, verdict, occasion in steps:
        scene.later(pause)
        act(scene, what if what != "drop" else "close", 1)
        before = recall(scene.lines).of("#1")
        was_open, labels, text = scene.issue.is_open, scene.labels(), scene.says()
        planned = scene.sweep(found(verdict), occasion=occasion)
        after = recall(scene.lines).of("#1")
        if verdict is not Verdict.INCONCLUSIVE:
            assert after.confirmed.verdict is verdict
            continue
        assert "Reopen" not in kinds(planned)
        assert scene.issue.is_open is was_open
        assert (after.confirmed, after.since, after.sighted) == (before.confirmed, before.since, before.sighted)
        fresh = scene.now - after.unclear_since < 72 * HOUR
        if before.confirmed and fresh and what == "nothing":
            assert "inconclusive" not in scene.labels() or "inconclusive" in labels
            if occasion is not Occasion.ASKED and text:
                assert scene.says() == text
