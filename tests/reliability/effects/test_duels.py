"""loopcheck against those who close again, delete, relabel and forge: it says its word, and lets them be."""

import random
from datetime import date, timedelta

import msgspec
import pytest
from scene import ANA, DAY, HOUR, ROBOT, Scene, found

from loopcheck.effects.model import Record, Reopen
from loopcheck.effects.situation import Occasion
from loopcheck.model import Verdict
from loopcheck.tracker import Comment

DUELS = 1_000
_RUNS = 16
_SHOWN = 50
"""Entries of an issue's history that GitHub gives."""


class Duel:
    """One issue, one opponent, and a proof that is most often missing."""

    def __init__(self, seed):
        self.dice = random.Random(seed)  # noqa: S311 - not a secret
        self.scene = Scene()
        self.history = []
        self.reopenings = []
        self.opponent = (self.closes, self.strips, self.deletes, self.toggles, self.forges, self.is_a_person)[seed % 6]
        self.reasons = [f"reason-{number}" for number in range(self.dice.choice([1, 2, 30]))]
        self.result = found(Verdict.FAILED, reason=self.reasons[0])

    # opponents

    def closes(self):
        self._close(ROBOT)

    def strips(self):
        self.scene.change(labels=())
        self._close(ROBOT)

    def deletes(self):
        self.scene.delete_ours()
        self._close(ROBOT)

    def toggles(self):
        for _ in range(self.dice.choice([1, 1, 40])):
            self._close(ROBOT)
            self.scene.reopen()
            self.history.append(None)
        self._close(ROBOT)

    def forges(self):
        ours = [one for one in self.scene.issue.comments if one.author not in (ANA, ROBOT)]
        if ours:
            copy = msgspec.structs.replace(ours[0], id=self.dice.randrange(10**6), author=ROBOT)
            self.scene.change(comments=(copy, *self.scene.issue.comments))
        others = tuple(name for name in self.scene.issue.labels if name != "loopcheck:verified")
        self.scene.change(labels=(*others, "loopcheck:verified"))
        self._close(ROBOT)

    def is_a_person(self):
        if self.dice.random() < 0.5:
            said = Comment(self.dice.randrange(10**6), ANA, "It is done!", self.scene.now, self.scene.now)
            self.scene.change(comments=(*self.scene.issue.comments, said))
            self._close(ANA)

    def _close(self, by):
        if self.scene.issue.is_open:
            self.scene.close(by=by)
            self.history.append(None)

    # loopcheck

    def runs(self, occasion):
        """A run, which may be killed between any two of its effects. What it did on the issue."""
        effects = self.scene.plan(self.result, occasion=occasion).effects
        kept = effects if self.dice.random() < 0.8 else effects[: self.dice.randrange(len(effects) + 1)]
        self.scene.apply(kept)
        if any(isinstance(one, Reopen) for one in kept):
            when = self.scene.issue.reopened[-1]
            self.reopenings.append((self.scene.now, self._digest(), when))
            self.history.append(when)
        shown = [when for when in self.history[-_SHOWN:] if when is not None]
        self.scene.change(reopened=tuple(shown), whole_history=len(self.history) <= _SHOWN)
        return [one for one in kept if not isinstance(one, Record)]

    def _digest(self):
        return next(line.digest for line in reversed(self.scene.lines) if line.action.value == "reopened")

    def goes_on(self):
        for _ in range(_RUNS):
            self.scene.later(self.dice.choice([HOUR / 2, 2 * HOUR, 11 * HOUR, DAY, 3 * DAY]))
            if self.dice.random() < 0.3:
                self.result = self._another()
            self.opponent()
            self.runs(self.dice.choice([Occasion.SWEEP, Occasion.CHANGED, Occasion.ASKED]))

    def _another(self):
        verdict = self.dice.choice([Verdict.FAILED] * 6 + [Verdict.INCONCLUSIVE, Verdict.VERIFIED])
        return found(verdict, reason=self.dice.choice(self.reasons))


@pytest.mark.parametrize("part", range(4))
def test_a_duel_ends_soon_and_a_waiver_ends_it_at_once(part):
    fought = 0
    for seed in range(part * DUELS // 4, (part + 1) * DUELS // 4):
        duel = Duel(seed)
        duel.goes_on()
        times = [when for when, *_ in duel.reopenings]
        assert all(third - first >= timedelta(days=7) - HOUR for first, third in zip(times, times[2:], strict=False)), (
            seed
        )
        digests = [digest for _, digest, _ in duel.reopenings]
        assert len(digests) == len(set(digests)), seed
        fought += len(times)

        duel.result = found(Verdict.FAILED, reason=duel.reasons[0])
        duel.dice = random.Random(seed)  # noqa: S311 - not a secret
        duel.scene.waive(date(2027, 12, 31))
        duel.scene.sweep(duel.result, occasion=Occasion.ASKED)
        for _ in range(6):
            duel.scene.later(4 * DAY)
            duel.opponent()
            assert duel.runs(Occasion.SWEEP) == [], seed
    assert fought > DUELS // 8
