"""What must not come of a fault, whatever it is: each harm that is found, in one sentence."""

from collections import Counter
from types import SimpleNamespace

from loopcheck.ledger import lines
from loopcheck.ledger.model import Action
from loopcheck.model import Verdict

TOLD = ("loopcheck:verified", "loopcheck:failed")
_BESIDE_ITEMS = (Action.SWEPT, Action.PARTIAL)


def snapshot(town):
    """What there is, for `harms`."""
    return SimpleNamespace(
        people=town.people,
        ledger=town.ledger_text,
        labels={one.number: frozenset(one.labels) for one in town.there.issues},
        states={one.number: one.state for one in town.there.issues},
        comments={one.number: [(said.id, said.body) for said in town.ours(one)] for one in town.there.issues},
        statuses=[(one.sha, one.conclusion) for one in town.there.check_runs if one.external_id == "loopcheck-status"]
        + [(one.sha, one.state) for one in town.there.statuses],
    )


def verdicts(outcome):
    """What a run found, by item."""
    return {item.id: item.verdict for item in outcome.report.items} if outcome.report else {}


def harms(before, well, after, found, should):
    """What went wrong.

    Args:
        before: what there was.
        well: what the same run made of it undisturbed.
        after: what it made of it now.
        found: the verdicts of this run.
        should: those of the undisturbed one.
    """
    yield from _wrong(found, should)
    if after.people != before.people:
        yield "what people wrote is not as it was"
    yield from _ledger(before, well, after)
    for number, state in after.states.items():
        if state not in (before.states[number], well.states[number]):
            yield f"#{number} is {state}"
    for number, labels in after.labels.items():
        yield from _labels(number, before.labels[number], well.labels[number], labels)
    for number, comments in after.comments.items():
        yield from _comments(number, before.comments[number], well.comments[number], comments)
    yield from _statuses(well, after)


def _wrong(found, should):
    for item, verdict in found.items():
        if verdict not in (should.get(item), Verdict.INCONCLUSIVE):
            yield f"{item} is {verdict.value}, and should be {should.get(item)}"


def _ledger(before, well, after):
    if not after.ledger.startswith(before.ledger):
        yield "the ledger has lost or changed lines"
    written = Counter(line for line in after.ledger.split(b"\n") if line)
    if any(number > 1 for number in written.values()):
        yield "the ledger has a line twice"
    try:
        new = lines.read(after.ledger[len(before.ledger) :], "ledger")
        due = lines.read(well.ledger[len(before.ledger) :], "ledger")
    except Exception as error:  # noqa: BLE001 - told
        yield f"the ledger cannot be read: {error}"
        return
    expected = {_gist(one) for one in due}
    for one in new:
        unclear = one.action is Action.SEEN and one.verdict is Verdict.INCONCLUSIVE
        if not unclear and one.action not in _BESIDE_ITEMS and _gist(one) not in expected:
            yield f"the ledger says {one.action.value} {one.verdict.value} of {one.item}"


def _gist(entry):
    return entry.item, entry.action, entry.verdict, entry.digest, entry.note, entry.by, entry.until, entry.comment


def _labels(number, before, well, after):
    for name in TOLD:
        if name in after and name not in before | well:
            yield f"#{number} is labelled {name}"
        if name in before & well and name not in after:
            yield f"#{number} has lost {name}"
    foreign = {name for name in before if not name.startswith("loopcheck:")}
    if foreign != {name for name in after if not name.startswith("loopcheck:")}:
        yield f"#{number} has other labels of others"


def _comments(number, before, well, after):
    if len(after) > 1:
        yield f"#{number} has {len(after)} comments"
    if not after:
        if before:
            yield f"#{number} has lost its comment"
        return
    if before and after[0][0] != before[0][0]:
        yield f"#{number} has another comment"
    said = _heading(after[0][1])
    allowed = {_heading(body) for _, body in [*before, *well]} | {"inconclusive"}
    if said not in allowed:
        yield f"#{number} says {said}, and may say {allowed}"


def _heading(body):
    return body.split("\n")[1].partition("loopcheck: ")[2].partition(",")[0]


def _statuses(well, after):
    """A status may be redder than it should, never greener."""
    green = {"success", "neutral"}
    for sha, said in after.statuses:
        if said in green and (sha, said) not in well.statuses:
            yield f"{sha[:7]} is {said}"
        if said == "failure" and (sha, said) not in well.statuses:
            yield f"{sha[:7]} is said to fail"
    if len({sha for sha, _ in after.statuses}) != len(after.statuses):
        yield f"more than one status: {after.statuses}"


def difference(one, other, where=""):
    """Where two ends differ, in a few words."""
    if isinstance(one, dict) and isinstance(other, dict):
        return "; ".join(
            difference(one.get(key), other.get(key), f"{where}/{key}")
            for key in {**one, **other}
            if one.get(key) != other.get(key)
        )
    if isinstance(one, str) and isinstance(other, str):
        place = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
        return f"{where}: …{one[max(0, place - 40) : place + 80]!r} for {other[max(0, place - 40) : place + 80]!r}"
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        return "; ".join(
            difference(a, b, f"{where}/{n}") for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b
        )
    return f"{where}: {one!r:.400} for {other!r:.400}"
