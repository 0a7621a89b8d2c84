"""Whatever goes wrong at any request: nothing wrong is said, nobody's word is lost, and the next run makes it good.

Each of these runs a scene once undisturbed. Then for every request that it made, every fault that could befall it, once
and from then on: the same run with that fault, and after it another undisturbed. See docs/reliability.md.

A deterministic part of them is run by default; all of them with `LOOPCHECK_ALL_FAULTS=1`.
"""

import os

import pytest
from harm import difference, harms, snapshot, verdicts
from scenes import SCENES
from town import LOSSES, Town
from trouble import cases, inject

EVERY = bool(os.environ.get("LOOPCHECK_ALL_FAULTS"))
SLICES = 4
"""Into so many tests the faults of a scene are parted, for several processes."""
IMPATIENT = 0.15
"""Seconds after which an answer that does not come is given up, where that is what goes wrong."""


SPANS = (3, 5)
"""For so many requests a token sees less, beside to the end of the run: fewer do not last for a second look."""
HIDDEN = ("Unchanged", "Reopening", "Edited", "Waived")
"""Scenes in which a token sees less."""
GOLDEN = 0.6180339887498949
"""Multiples of it are spread evenly between whole numbers: no fault and no request is left out for long."""
SHARES = {
    "FirstSweep": 0.05, "Unchanged": 0.12, "Reopening": 0.35, "Drift": 0.08, "Edited": 0.45, "Closed": 0.9,
    "Waived": 0.4, "Asked": 0.3, "Merging": 0.8, "Queued": 0.7,
}  # fmt: skip
"""What a usual run takes of each scene's faults, 5,000 of all: the less the longer the scene."""


@pytest.mark.parametrize("part", range(SLICES))
@pytest.mark.parametrize("name", SCENES)
def test_a_fault_does_no_harm(tmp_path, patience, count, name, part):
    scene = SCENES[name]
    with Town(tmp_path) as town:
        scene.begin(town)
        town.keep()
        town.restore()
        before = snapshot(town)
        undisturbed = scene.act(town)
        table = list(cases(list(town.github.requests), list(town.datadog.requests)))
        well, should = snapshot(town), verdicts(undisturbed)
        at_once = whole(town)
        scene.heal(town)
        end = town.end
        wrong = []
        for case in chosen(table, name, part):
            town.restore()
            befell = inject(town, case)
            patience(IMPATIENT if case.slow else 20)
            disturbed = scene.act(town)
            found = [*harms(before, well, snapshot(town), verdicts(disturbed), should)]
            town.calm()
            patience(20)
            if whole(town) != at_once:  # or the next run finds what it would have found anyway
                scene.heal(town)
                count("runs that left something to the next one")
                if town.end != end and not believed(case):
                    found.append(f"the next run does not make it good: {difference(town.end, end)}")
            count("faults injected", befell.befell > 0)
            count("requests that a fault befell", befell.befell)
            wrong += [f"{case}: {one}" for one in found]
        count(
            "endpoints of a scene, each with every fault",
            len({(case.system, case.endpoint) for case in table}) * (part == 0),
        )
        assert not town.github.unexpected + town.datadog.unexpected + town.github.errors + town.datadog.errors
        assert not wrong, f"{len(wrong)} harms:\n" + "\n".join(wrong[:60])


@pytest.mark.parametrize("loses", LOSSES)
@pytest.mark.parametrize("name", SCENES if EVERY else HIDDEN)
def test_a_token_that_sees_no_more_does_no_harm(tmp_path, patience, count, name, loses):
    """Of what the token may not see GitHub says 404. That is absence only from one that has shown what it sees."""
    scene = SCENES[name]
    with Town(tmp_path, private=True) as town:
        scene.begin(town)
        town.keep()
        town.restore()
        before = snapshot(town)
        undisturbed = scene.act(town)
        asked = len(town.github.requests)
        well, should = snapshot(town), verdicts(undisturbed)
        scene.heal(town)
        end = town.end
        wrong = []
        for place, requests in [(place, requests) for place in range(asked) for requests in (*SPANS, asked)]:
            town.restore()
            town.blind(place, requests, loses)
            disturbed = scene.act(town)
            found = [*harms(before, well, snapshot(town), verdicts(disturbed), should)]
            town.calm()
            scene.heal(town)
            if town.end != end:
                found.append(f"the next run does not make it good: {difference(town.end, end)}")
            wrong += [f"blind for {requests} from request {place}: {one}" for one in found]
            count("runs whose token saw less for a while")
        assert not town.github.unexpected + town.datadog.unexpected + town.github.errors + town.datadog.errors
        assert not wrong, f"{len(wrong)} harms:\n" + "\n".join(wrong[:60])


def believed(case):
    """Whether the fault is what GitHub says when something will never be, which nothing shows to be otherwise.

    Labels that it does not accept: then there is the comment alone, and on a waived issue, whose labels are left to
    people once it has its comment, it stays so. And a token that may make no check runs: then there is a commit status,
    beside which the next run, which may, makes a check run.
    """
    if "/labels" in case.endpoint:
        return case.fault.name in {"422", "422-spam", "403-disabled"}
    return "check-runs" in case.endpoint and case.fault.name in {"403-permission", "403-ip-list", "403-disabled"}


def chosen(table, name, part):
    """This test's part of the table: all of it, or what a usual run takes of it."""
    share = 1 if EVERY else SHARES[name]
    taken = [case for place, case in enumerate(table) if place * GOLDEN % 1 < share]
    return taken[part::SLICES]


def whole(town):
    """All that a run leaves behind, but for times and ids."""
    lines = [
        (entry.item, entry.action, entry.verdict, entry.digest, entry.note, entry.comment) for entry in town.entries
    ]
    reactions = [
        (said.body, [one.content for one in said.reactions]) for one in town.there.issues for said in one.comments
    ]
    return town.end, lines, [one for one in reactions if one[1]]
