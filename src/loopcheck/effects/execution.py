"""Carries out a plan: one effect after the other, in the plan's order.

The ledger comes first, and where it could not be written everything else is left: an issue that is reopened and not
recorded would be reopened again and again, and a command that is answered and not recorded would be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from loopcheck.effects.apply import Applied, Done
from loopcheck.effects.model import IssueEffect, React, Record, Reopen
from loopcheck.ledger.model import Entry
from loopcheck.reasons import CannotTell

Apply = Callable[[IssueEffect | React], Applied]
"""Writes one effect, and never raises for what GitHub answers."""
Settle = Callable[[], Iterable[Applied]]
"""Comes after all effects; returns those that are in doubt by then. Never raises for what GitHub answers."""
Confirm = Callable[[Reopen], str | None]
"""Looks again, uncached, just before an issue is reopened: why it is not to be, or `None`. May raise `CannotTell`."""


class Execution:
    """Carries out plans.

    Args:
        record: adds lines to the ledger; raises `CannotTell` where they are not known to be there.
        apply: writes everything else.
        confirm: see `Confirm`.
        settle: see `Settle`.
    """

    def __init__(
        self,
        record: Callable[[Iterable[Entry]], None],
        apply: Apply,
        confirm: Confirm,
        settle: Settle = tuple,
    ) -> None:
        self._record = record
        self._apply = apply
        self._confirm = confirm
        self._settle = settle
        self._unrecorded: str | None = None
        self._not_reopened: set[int] = set()

    def carry_out(self, effects: Iterable[Record | IssueEffect | React]) -> Iterator[Applied]:
        """Each effect with what became of it. Trouble with one keeps no other, but for the ledger's.

        One that was written and is in doubt at the end comes a second time.
        """
        try:
            for effect in effects:
                yield self._one(effect)
        finally:  # whatever ends the run, what it has begun is looked at once more
            doubtful = self._settle()
        yield from doubtful

    def _one(self, effect: Record | IssueEffect | React) -> Applied:
        if self._unrecorded is not None:
            return Applied(effect, Done.LEFT, f"the ledger could not be written: {self._unrecorded}")
        if isinstance(effect, Record):
            return self._recorded(effect)
        if isinstance(effect, Reopen):
            return self._reopened(effect)
        if effect.issue in self._not_reopened:
            return Applied(effect, Done.LEFT, f"issue {effect.issue} was not reopened, of which this tells")
        return self._apply(effect)

    def _reopened(self, effect: Reopen) -> Applied:
        try:
            objection = self._confirm(effect)
        except CannotTell as trouble:
            objection = trouble.message
        if objection is None:
            applied = self._apply(effect)
        else:
            applied = Applied(effect, Done.LEFT, f"issue {effect.issue} stays closed: {objection}")
        if applied.done is Done.LEFT:
            self._not_reopened.add(effect.issue)
        return applied

    def _recorded(self, effect: Record) -> Applied:
        try:
            self._record(effect.entries)
        except CannotTell as trouble:
            self._unrecorded = trouble.message
            return Applied(effect, Done.LEFT, trouble.message)
        return Applied(effect, Done.WRITTEN)
