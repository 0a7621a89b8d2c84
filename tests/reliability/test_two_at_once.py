"""Two runs at once, on threads and over HTTP: each line that a run wrote is there once, and each issue has one comment.

GitHub has no lock. For a moment there may be two comments; the run that sees them, or else the next, keeps the oldest.
"""

import random
import threading
import time
from collections import Counter
from functools import partial

import pytest
from scenes import WAIVE, crowd
from town import DAY, DONE, HOUR, MISSING, Town

from loopcheck.effects.apply import Done
from loopcheck.effects.model import Record

TIMES = 200


def first_sweeps(town):
    """Nothing was looked at so far, and two sweeps look."""
    for body in (DONE, MISSING):
        crowd(town, town.promise(body))
    town.declare("monitor")
    return town.sweep, town.sweep


def sweep_and_edit(town):
    """Somebody edits an issue while a sweep looks."""
    issue = town.promise(MISSING)
    town.promise(DONE)
    town.sweep()
    town.later(HOUR)
    issue.body = DONE
    event = town.edited(issue)
    return town.sweep, lambda: town.at(event)


def sweep_and_reopening(town):
    """Two sweeps find the same issue closed without proof."""
    issue = town.promise(MISSING)
    town.sweep()
    town.there.close(issue, by="ana")
    town.later(DAY)
    return town.sweep, town.sweep


def two_commands(town):
    """Two people waive items of two issues, of which nothing was said so far."""
    events = [town.commented(town.promise(MISSING), WAIVE) for _ in range(2)]
    return [lambda event=event: town.at(event) for event in events]


MEETINGS = (first_sweeps, sweep_and_edit, sweep_and_reopening, two_commands)


@pytest.mark.parametrize("meeting", MEETINGS, ids=lambda one: one.__name__)
def test_two_runs_at_once_lose_and_double_nothing(tmp_path, quickly, count, meeting):
    with Town(tmp_path) as town:
        town.keep()
        most = 0
        dice = random.Random(meeting.__name__)  # noqa: S311 - not a secret
        for _ in range(TIMES // len(MEETINGS)):
            town.restore()
            runs = meeting(town)
            people = town.people
            town.github.requests.clear()
            seen = Counter()
            town.github.after = partial(watch, town, seen)
            town.github.latency = dice.choice([0, 0.001, 0.003, 0.006])
            outcomes = at_once(runs, dice)
            town.github.latency = 0
            town.github.after = lambda call: None
            count("times a run found the ledger moved on by the other", seen["moved on"])
            count("times two comments stood there for a moment", seen["twice"] > 0)
            most = max(most, seen["most"])
            told = sum(len(town.ours(one)) > 1 for one in town.there.issues)
            count("issues with two comments right after two runs at once", told)
            held_to(town, outcomes)
            town.later(HOUR)
            after = town.sweep()
            assert not after.left
            assert max(len(town.ours(one)) for one in town.there.issues) == 1
            assert all(len(town.ours(one)) == 1 for one in town.there.issues if one.number > 1)
            assert all(sum(1 for event in one.events if event.event == "reopened") <= 1 for one in town.there.issues)
            assert town.people == people
            count("times two runs at once")
        assert most <= 2


def watch(town, seen, call):
    """After each answer: how many comments there are, and whether the ledger was refused."""
    most = max(len(town.ours(one)) for one in town.there.issues)
    seen["twice"] += most > 1
    seen["most"] = max(seen["most"], most)
    seen["moved on"] += call.method in ("PATCH", "POST") and "/git/refs" in call.path and call.answered == 422


def held_to(town, outcomes):
    """What each run believes that it wrote is there, and no line twice."""
    lines = town.ledger_text.splitlines()
    assert len(lines) == len(set(lines))
    entries = list(town.entries)
    for outcome in outcomes:
        for applied in outcome.applied:
            if isinstance(applied.effect, Record) and applied.done is Done.WRITTEN:
                for entry in applied.effect.entries:
                    assert entries.count(entry) == 1


def at_once(runs, dice):
    """The outcomes of runs that begin at the same moment."""
    outcomes, troubles = [], []
    ready = threading.Barrier(len(runs))

    def begin(run):
        ready.wait()
        time.sleep(dice.choice([0, 0, 0.002, 0.01]))
        try:
            outcomes.append(run())
        except BaseException as trouble:  # noqa: BLE001 - told below
            troubles.append(trouble)

    threads = [threading.Thread(target=begin, args=(run,)) for run in runs]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert not troubles
    assert len(outcomes) == len(runs)
    return outcomes
