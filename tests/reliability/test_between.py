"""Somebody changes something between any two requests of a sweep: nothing is written that rests on how it was before.

GitHub has no write that is made only if nothing has changed. So there is one gap that nothing closes: between the last
look at an issue and the write that follows it. Writes in that gap are counted, and nothing else is let pass. New issues
share a look, and a gap of some seconds: no write may rest on a look that is older than these.
"""

import re

import pytest
from harm import snapshot
from scenes import WAIVE, crowd
from town import DAY, DONE, HOUR, MISSING, Town

from loopcheck.effects.lookout import FRESH
from loopcheck.ledger import lines
from loopcheck.ledger.model import Action, Entry
from loopcheck.model import Verdict

PARTS = 2
_RUN = re.compile("run=[0-9]+/1")


def begin(town):
    """Issues that a sweep writes to: one it reopens, one that has drifted, one that was mended, and new ones."""
    town.commit({"gone.sh": "run\n"})
    reopened, _, mended = (town.promise(body) for body in (MISSING, DONE.replace("run.sh", "gone.sh"), MISSING))
    town.sweep()
    town.there.close(reopened, by="ana")
    town.commit({"gone.sh": None})
    town.later(DAY)
    mended.body = DONE
    crowd(town, reopened)
    for body in (DONE, MISSING, DONE):
        town.promise(body)


def edits(town):
    for issue in town.there.issues:
        issue.body += "\nSo be it.\n"
        town.there.add_event(issue, "edited")


def closes(town):
    town.later(HOUR / 360)
    for issue in town.there.issues:
        town.there.close(issue, by="ana")


def reopens(town):
    for issue in town.there.issues:
        if issue.state == "closed":
            town.there.reopen(issue, by="ana")


def labels(town):
    for issue in town.there.issues:
        issue.labels.append("needs: more love")


def twin_sweeps(town):
    """Another sweep that has seen what this one saw comments and labels where nobody had."""
    for issue in town.there.issues:
        if issue.number in town.twin and not town.ours(issue):
            town.there.add_comment(issue, town.twin[issue.number], author="github-actions[bot]")


def comments(town):
    for issue in town.there.issues:
        town.there.add_comment(issue, "What about this?", author="eve")


def commits(town):
    town.there.git.refs["refs/heads/main"] = "f" * 40


def waives(town):
    """As the run does that obeys the command: the line first."""
    waived = [
        Entry(town.github.now, f"#{one.number}", Verdict.FAILED, "", "1", "a" * 40, action=Action.WAIVED,
              note="because", by="will", issue=one.number, comment=town.there.add_comment(one, WAIVE, author="will").id)
        for one in town.there.issues
    ]  # fmt: skip
    town.there.commit({"ledger.jsonl": town.ledger_text + lines.write(waived)}, branch="loopcheck-ledger")


CHANGES = (edits, closes, reopens, labels, comments, twin_sweeps, commits, waives)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
def test_nothing_is_written_that_rests_on_what_was(tmp_path, quickly, count, change, part):
    with Town(tmp_path) as town:
        begin(town)
        town.keep()
        town.restore()
        town.sweep()
        town.twin = {
            one.number: _RUN.sub("run=99/1", said.body, 1) for one in town.there.issues for said in town.ours(one)
        }
        asked = [f"{call.method} {call.path}" for call in town.github.requests]
        assert sum(len(looked_at(call)) > 1 for call in town.github.requests) > 1, "new issues share a look"
        wrong = []
        for place in range(part, len(asked), PARTS):
            town.restore()
            town.github.after = Once(town, place, change)
            town.sweep()
            town.github.after = lambda call: None
            stale, gap = judged(town, town.github.requests, place, change)
            stale += old_looks(town)
            count("changes between two requests of a sweep")
            count("writes in the gap between a look and its write", gap)
            wrong += [f"{change.__name__} after {place} ({asked[place]}): {one}" for one in stale]
            wrong += [f"{change.__name__} after {place}: {one}" for one in lost(town)]
        assert not wrong, f"{len(wrong)} writes:\n" + "\n".join(wrong[:40])


class Once:
    """Makes the change after the request of that place was answered."""

    def __init__(self, town, place, change):
        self.town, self.place, self.change = town, place, change
        self.snapshot = None

    def __call__(self, call):
        call.at = self.town.github.now.timestamp()
        if self.town.github.requests.index(call) == self.place and self.snapshot is None:
            self.change(self.town)
            self.snapshot = snapshot(self.town)
            self.town.changed = self.snapshot


def looked_at(call):
    """The issues that a request looks at just before something is written to them."""
    if call.path == "/graphql":
        return {number for name, number in call.body["variables"].items() if re.fullmatch("n[0-9]+", name)}
    return {int(one) for one in re.findall("^/repos/acme/shop/issues/([0-9]+)$", call.path) if call.method == "GET"}


def shows_issue(call, number):
    return number in looked_at(call)


def shows_branch(call, _):
    return call.path == "/repos/acme/shop/git/ref/heads/main"


def shows_ledger(call, _):
    return call.path == "/repos/acme/shop/contents/ledger.jsonl"


LOOKS = {
    # By what the change is noticed, and the writes that must not come after that.
    edits: (shows_issue, r"(PATCH|POST|DELETE) /repos/acme/shop/issues/.*"),
    closes: (shows_issue, r"(PATCH|POST|DELETE) /repos/acme/shop/issues/.*"),
    reopens: (shows_issue, r"PATCH /repos/acme/shop/issues/[0-9]+"),
    commits: (shows_branch, r"PATCH /repos/acme/shop/issues/[0-9]+"),
    waives: (shows_ledger, r"PATCH /repos/acme/shop/issues/[0-9]+"),
}


def judged(town, requests, place, change):
    """The writes after the change that it makes wrong, in words; and how many came before anybody could notice."""
    if change not in LOOKS:
        return [], 0
    notices, write = LOOKS[change]
    read_whole = next(n for n, call in enumerate(requests) if call.path == "/graphql")
    if place < read_whole:
        return [], 0  # the run has seen it so from the beginning
    stale, gap = [], 0
    for issue in town.there.issues:
        noticed = False
        for call in requests[place + 1 :]:
            said = f"{call.method} {call.path}"
            if notices(call, issue.number):
                noticed = True
            elif re.fullmatch(write, said) and _of(town, call.path) == issue.number:
                if noticed:
                    stale.append(said)
                    continue
                gap += 1
                if re.fullmatch(r"PATCH /repos/acme/shop/issues/[0-9]+", said):
                    break  # it is open again, and what is told of that is true
    return stale, gap


def old_looks(town):
    """The writes to an issue that rest on a look of which it is not known any more that it is true, with its age."""
    looked = {}
    for call in town.github.requests:
        looked.update(dict.fromkeys(looked_at(call), call.at))
        if call.method != "GET" and re.match("/repos/acme/shop/issues/.*[0-9]", call.path):
            number = _of(town, call.path)
            age = call.at - looked.get(number, 0)
            if number is not None and age > FRESH:  # None: of a comment that is deleted
                yield f"{call.method} {call.path} rests on a look of {age:.0f} s ago"


def _of(town, path):
    """The issue that a path is about."""
    comment = re.search(r"/issues/comments/([0-9]+)", path)
    if comment is None:
        return int(re.search(r"/issues/([0-9]+)", path)[1])
    return next((one.number for one in town.there.issues for said in one.comments if said.id == int(comment[1])), None)


def lost(town):
    """What people have done is still so, and there is one comment of ours at most."""
    if any(len(town.ours(one)) > 1 for one in town.there.issues):
        yield "there is a second comment"
    if town.people != town.changed.people:
        yield "what people wrote is not as it was"
    if not town.ledger_text.startswith(town.changed.ledger):
        yield "the ledger has lost lines"
