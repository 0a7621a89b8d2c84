"""An issue and a ledger in memory, on which runs are planned and their effects come to pass at once."""

from datetime import UTC, datetime, timedelta

import msgspec
from seen import SHA, claim, item

from loopcheck.config import CloseGateSection
from loopcheck.effects import marker
from loopcheck.effects.comment import Circumstances
from loopcheck.effects.links import Repository
from loopcheck.effects.model import PutComment, Record, Reopen, SetLabels, body_digest
from loopcheck.effects.plan import plan
from loopcheck.effects.situation import Occasion, Seen
from loopcheck.ledger.memory import recall
from loopcheck.ledger.model import Action, Entry
from loopcheck.model import Outcome, Verdict
from loopcheck.tracker import Closing, Comment, Issue, Person

US = Person(41898282, "github-actions[bot]", is_bot=True)
ANA = Person(7, "ana")
ROBOT = Person(8, "tidy[bot]", is_bot=True)
START = datetime(2026, 11, 2, 9, 30, 0, 250_000, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HERE = Repository("https://github.com", "acme/shop", SHA)
ENFORCE = CloseGateSection()
OUTCOMES = {
    Verdict.VERIFIED: Outcome.HOLDS,
    Verdict.INCONCLUSIVE: Outcome.UNKNOWN,
    Verdict.FAILED: Outcome.FAILS,
}


def found(verdict, name="#1", *, reason="not-changed", **more):
    """An item with one artifact."""
    why = {} if verdict is Verdict.VERIFIED else {"reason": reason}
    return item(claim(OUTCOMES[verdict], **why), verdict=verdict, id=name, **more)


VERIFIED, FAILED, UNCLEAR = (found(word) for word in (Verdict.VERIFIED, Verdict.FAILED, Verdict.INCONCLUSIVE))


def asks(kind):
    """The systems of a kind: a runbook needs none."""
    return {"datadog-monitor": ("datadog",)}.get(kind, ())


class Scene:
    """Some issues, looked at again and again."""

    def __init__(self, *numbers, policy=ENFORCE):
        self.now = START
        self.issues = {
            number: Issue(number, f"Item {number}", f"body {number}", f"https://github.com/acme/shop/issues/{number}",
                          is_open=True, author=ANA, editor=None, created=START - 30 * DAY, updated=START)
            for number in numbers or (1,)
        }  # fmt: skip
        self.lines = []
        self.policy = policy
        self.run = 0
        self._ids = 1000

    # what people do

    @property
    def issue(self):
        return self.issues[1]

    def later(self, span):
        self.now += span
        return self

    def change(self, number=1, **fields):
        self.issues[number] = msgspec.structs.replace(self.issues[number], **fields)

    def close(self, reason="completed", *, by=ANA, number=1):
        if self.issues[number].is_open:
            self.change(number, is_open=False, closing=Closing(self.now, by, reason))

    def reopen(self, number=1):
        self.change(number, is_open=True, closing=None)

    def delete_ours(self, number=1):
        issue = self.issues[number]
        kept = tuple(one for one in issue.comments if one.author != US)
        if kept != issue.comments:
            self.change(number, comments=kept, deleted=(*issue.deleted, self.now))

    def waive(self, until, *items, note="a freeze until then"):
        for name in items or ("#1",):
            self.lines.append(
                Entry(self.now, name, Verdict.FAILED, "", "0.1.0", SHA, action=Action.WAIVED, note=note, by="ana",
                      until=until, issue=int(name[1:].partition("/")[0]), comment=99)
            )  # fmt: skip

    # what a run does

    def plan(self, *items, occasion=Occasion.SWEEP, problems=(), files=(), ledger=True, clear=True, changes=None,
             seen=None, also=()):  # fmt: skip
        """A plan; `items` belong to the first issue, `seen` gives those of several."""
        self.run += 1
        of = seen if seen is not None else {1: items}
        return plan(
            [Seen(self.issues[number], tuple(those), tuple(problems), clear) for number, those in of.items()],
            files,
            recall(self.lines) if ledger else None,
            self.policy,
            US,
            Circumstances(HERE, self.now, f"{self.run}/1"),
            occasion=occasion,
            systems=asks,
            also=also,
            changes=changes,
            version="0.1.0",
        )

    def sweep(self, *items, **more):
        """Plan, and let it come to pass."""
        planned = self.plan(*items, **more)
        self.apply(planned.effects)
        return planned

    def apply(self, effects):
        for effect in effects:
            if isinstance(effect, Record):
                self.lines += effect.entries
                continue
            issue = self.issues[effect.issue]
            assert (effect.basis.body, effect.basis.is_open) == (body_digest(issue.body), issue.is_open)
            match effect:
                case Reopen():
                    assert effect.closed_at == issue.closing.at.isoformat()
                    when = self.now.replace(microsecond=0) + timedelta(seconds=20)
                    self.change(effect.issue, is_open=True, closing=None, reopened=(*issue.reopened, when))
                case SetLabels():
                    assert not set(effect.add) & set(issue.labels)
                    assert set(effect.remove) <= set(issue.labels)
                    kept = [name for name in issue.labels if name not in effect.remove]
                    self.change(effect.issue, labels=(*kept, *effect.add))
                case PutComment():
                    self._put(issue, effect)

    def _put(self, issue, effect):
        ours = [one for one in issue.comments if one.author == US and marker.read(one.body)]
        others = [one for one in issue.comments if one not in ours]
        if ours:
            kept = msgspec.structs.replace(ours[0], body=effect.body, updated=self.now)
        else:
            self._ids += 1
            kept = Comment(self._ids, US, effect.body, self.now, self.now)
        self.change(issue.number, comments=(*others, kept))

    # what is seen afterwards

    def says(self, number=1):
        """The text of loopcheck's comment, or nothing."""
        ours = [one.body for one in self.issues[number].comments if one.author == US]
        assert len(ours) <= 1
        return ours[0] if ours else ""

    def labels(self, number=1):
        return sorted(name.removeprefix("loopcheck:") for name in self.issues[number].labels)


def kinds(planned):
    """The effects by name: what a plan comes to."""
    return [type(one).__name__ for one in planned.effects]
