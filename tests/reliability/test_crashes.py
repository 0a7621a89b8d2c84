"""A sweep that is killed at any request, before it is obeyed or after: the next run ends as if nothing had been.

The sweep is over 20 items, of which nothing depends on what the killed run saw a moment ago: what fails was seen to
fail a day before. So a line that the killed run wrote is no second sighting that the undisturbed one would not have had.
"""

import pytest
from harm import difference, harms, snapshot, verdicts
from scenes import WAIVE, crowd
from town import DAY, DONE, HOUR, MISSING, Town

PARTS = 4


def begin(town):
    """Items of every sort, most of which a sweep is to do something about."""
    for name in ("keep-1.sh", "keep-2.sh", "gone.sh"):
        town.commit({name: "run\n"})
    declared = {
        "verified": DONE, "verified, closed": DONE, "failed": MISSING, "reopened": MISSING, "reopened too": MISSING,
        "waived": MISSING, "dropped": MISSING, "unreadable": DONE.replace("owner", "onwer"),
        "drifted": DONE.replace("run.sh", "gone.sh"), "drifted, closed": DONE.replace("run.sh", "gone.sh"),
        "kept": DONE.replace("run.sh", "keep-1.sh"), "kept too": DONE.replace("run.sh", "keep-2.sh"),
        "overdue": MISSING.replace("verify:", "due: 2026-11-10\nverify:"), "new": DONE, "new, failed": MISSING,
    }  # fmt: skip
    issues = {}
    for name, body in declared.items():
        if not name.startswith("new"):
            issues[name] = town.promise(body, title=name)
    kinds = ("monitor", "no monitor", "check", "drill", "test", "rule", "pull", "pull elsewhere")
    issues |= {kind: town.declare(kind) for kind in kinds}
    crowd(town, issues["reopened"])
    crowd(town, issues["failed"])
    town.sweep()
    town.at(town.commented(issues["waived"], WAIVE))
    town.commit({"gone.sh": None}, message="Tidy up", author="Mallory")
    town.later(2 * HOUR)
    town.sweep()
    town.later(DAY)
    for name in ("verified, closed", "reopened", "reopened too", "waived", "drifted, closed"):
        town.there.close(issues[name], by="ana")
    town.there.close(issues["dropped"], by="ana", reason="not_planned")
    town.commented(issues["failed"], WAIVE)
    issues["kept"].body = "Never mind."
    town.there.delete_comment(issues["kept too"], town.ours(issues["kept too"])[0], by="ana")
    for name, body in declared.items():
        if name.startswith("new"):
            town.promise(body, title=name)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_killed_sweep_is_made_good_by_the_next(tmp_path, quickly, count, part):
    with Town(tmp_path) as town:
        begin(town)
        town.keep()
        town.restore()
        before = snapshot(town)
        outcome = town.sweep()
        assert len(outcome.report.items) >= 20
        assert {"verified", "failed", "inconclusive"} == {one.verdict.value for one in outcome.report.items}
        requests, writes = len(town.github.requests) + len(town.datadog.requests), len(town.github.writes)
        well, should = snapshot(town), verdicts(outcome)
        end = after_a_while(town)
        assert [one for one in end["issues"].values() if one[3]], "something is to be reopened"
        wrong = []
        for place in range(part, requests, PARTS):
            for obeyed in (False, True):
                town.restore()
                town.end_at(place, obeyed=obeyed)
                seen = verdicts(town.sweep())
                town.calm()
                found = [*harms(before, well, snapshot(town), seen, should)]
                again = after_a_while(town)
                if again != end:
                    found.append(f"the next run does not make it good: {difference(again, end)}")
                if any(len(town.ours(one)) > 1 for one in town.there.issues):
                    found.append("there is a second comment")
                wrong += [f"killed {'after' if obeyed else 'before'} request {place}: {one}" for one in found]
                count("sweeps killed at a request")
        if part == 0:
            count("requests of the sweep that is killed", requests)
            count("of these, writes", writes)
        assert not wrong, f"{len(wrong)} harms:\n" + "\n".join(wrong[:40])


def after_a_while(town):
    """Ten minutes later there is a sweep again. What everybody sees then."""
    town.later(HOUR / 6)
    town.sweep()
    return town.end
