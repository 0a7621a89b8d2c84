"""What is planned about one issue: its reopening, its labels and its comment, and the lines that go before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

from loopcheck.config import Mode
from loopcheck.effects import marks, told
from loopcheck.effects.comment import DROPPED, NOTHING_DECLARED, Instead, Notice, Subject, digest, render
from loopcheck.effects.looks import Look
from loopcheck.effects.model import Basis, IssueEffect, PutComment, Reopen, SetLabels, body_digest
from loopcheck.effects.notices import NO_LEDGER, NOTHING_COUNTS, dates, dropped, notices
from loopcheck.effects.policy import further, mode_of
from loopcheck.effects.reopening import Decision, Gate, decide
from loopcheck.effects.sightings import line
from loopcheck.effects.situation import Occasion, Seen, Situation
from loopcheck.ledger.memory import Memory
from loopcheck.ledger.model import Action, Entry
from loopcheck.model import Verdict
from loopcheck.tracker import Issue


class AboutIssue:
    """The plan of one issue, made step by step.

    Args:
        issue: as it is.
        situation: the run.

    Attributes:
        effects: in the order in which they are to be applied.
        lines: what the ledger must say before.
    """

    def __init__(self, issue: Issue, situation: Situation) -> None:
        self._issue = issue
        self._situation = situation
        self._own = told.own(issue, situation.viewer)
        self._is_open = issue.is_open
        self.effects: list[IssueEffect] = []
        self.lines: list[Entry] = []

    def end(self) -> None:
        """Nothing is looked at for it any more. Where loopcheck never said a word, it says none about that."""
        closing = self._issue.closing
        if not self._own:
            return
        if closing is not None and closing.is_dropped:
            self._stop(DROPPED, dropped(closing))
        else:
            self._stop(NOTHING_DECLARED, NOTHING_COUNTS)

    def _stop(self, instead: Instead, notice: Notice) -> None:
        self._label(())
        self._comment(Subject((), notices=(notice,), instead=instead))

    def answer(self, seen: Seen) -> None:
        """Say to whoever asked what was seen, without the ledger."""
        if seen.items or seen.problems:
            self._comment(Subject(seen.items, seen.problems, (NO_LEDGER,)))

    def tell(self, seen: Seen, memory: Memory, changes: Mapping[str, tuple[str, ...]]) -> None:
        """Reopen what was closed without proof, and say what was seen.

        Args:
            seen: what is declared, and what became of it; not nothing.
            memory: what the ledger says, the sightings of this run included.
            changes: see `plan`.
        """
        issue, at = self._issue, self._situation.at
        looks = looks_of(seen, memory, self._situation)
        lines = memory.of_issue(issue.number)
        decision = decide(issue, looks, lines, at, can_tell=bool(self._own) or told.may_post(issue, at))
        if decision.gate is Gate.REOPENS:
            self._reopen(decision)
        asked = self._situation.occasion is Occasion.ASKED
        held = {look.item.id: look.verdict for look in looks if look.held}
        if held and not asked and self._own and not self._is_behind(decision, lines):
            return
        subject = Subject(
            seen.items,
            seen.problems,
            notices(issue, looks, decision, changes),
            stands={} if asked else held,
            waived={look.item.id: look.known.waiver.until for look in looks if look.waived and look.known.waiver},
            dates=dates(looks),
        )
        if _is_waived(looks) and not self._is_news(subject):
            return  # whatever others do to its labels
        if self._mode(looks) is Mode.ADVISE:
            self._label(())
        else:
            self._label(marks.wanted(looks, seen.problems, decision.gate))
        # Whoever closes what is done is left in peace, and so is whoever did it before loopcheck came.
        if self._own or asked or self._is_open or subject.verdict is not Verdict.VERIFIED:
            self._comment(subject)

    def _mode(self, looks: tuple[Look, ...]) -> Mode:
        if not looks:
            return mode_of(self._situation.policy, self._issue, None, self._situation.at)
        return reduce(further, (look.mode for look in looks))

    def _is_behind(self, decision: Decision, lines: Iterable[Entry]) -> bool:
        """Whether the comment lacks something else than what cannot be seen just now."""
        written = self._own[0]
        closing = self._issue.closing
        unheard = closing is not None and closing.at > written.at and decision.gate is not Gate.QUIET
        return unheard or decision.gate is Gate.REOPENS or told.is_behind(written, lines)

    def _reopen(self, decision: Decision) -> None:
        closing = self._issue.closing
        assert closing is not None  # noqa: S101 - nothing is reopened that is open
        lines = [line(look.item, self._issue.number, self._situation, Action.REOPENED) for look in decision.because]
        if not decision.intended:
            self.lines += lines
        missing = ", ".join(dict.fromkeys(reason for one in lines for reason in one.reasons))
        why = f"closed, and the proof was missing at two looks: {missing}"
        self.effects.append(Reopen(self._issue.number, closing.at.isoformat(), why, self._basis))
        self._is_open = True

    def _label(self, labels: Iterable[str]) -> None:
        add, remove = marks.change(self._issue, labels)
        if add or remove:
            self.effects.append(SetLabels(self._issue.number, add, remove, self._basis))

    def _comment(self, subject: Subject) -> None:
        says = digest(subject)
        if self._own:
            needed = len(self._own) > 1 or self._own[0].digest != says
        else:
            needed = told.may_post(self._issue, self._situation.at)
        if needed:
            body = render(subject, self._situation.here)
            self.effects.append(PutComment(self._issue.number, body, says, self._basis))

    def _is_news(self, subject: Subject) -> bool:
        if not self._own:
            return not self._issue.deleted
        return len(self._own) > 1 or self._own[0].digest != digest(subject)

    @property
    def _basis(self) -> Basis:
        is_new = not self._own and self._is_open is self._issue.is_open
        return Basis(body_digest(self._issue.body), self._is_open, is_new)


def looks_of(seen: Seen, memory: Memory, situation: Situation) -> tuple[Look, ...]:
    """The items of an issue, each with what is remembered of it."""
    return tuple(
        Look(
            item,
            memory.of(item.id),
            situation.at,
            mode_of(situation.policy, seen.issue, item.incident, situation.at),
        )
        for item in seen.items
    )


def _is_waived(looks: tuple[Look, ...]) -> bool:
    """Whether all that is not verified is accepted for now."""
    return any(look.waived for look in looks) and all(look.waived or look.verdict is Verdict.VERIFIED for look in looks)
