"""What was seen of an item, beside what is remembered of it: what stands, and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from loopcheck.config import Mode
from loopcheck.effects.comment import evidence_digest
from loopcheck.effects.situation import day
from loopcheck.ledger.memory import Remembered
from loopcheck.model import ItemResult, Verdict

PATIENCE = timedelta(hours=72)
"""For so long an outage is nobody's news; after that it is how things are."""
BETWEEN_SIGHTINGS = timedelta(hours=1)
"""What failed is seen again at least so much later before anything is reopened for it."""


class Look(msgspec.Struct, frozen=True):
    """An item in this run."""

    item: ItemResult
    known: Remembered
    """The lines of this run included."""
    at: datetime
    """The time of the run."""
    mode: Mode = Mode.ENFORCE

    @property
    def digest(self) -> str:
        """Of the evidence."""
        return evidence_digest(self.item)

    @property
    def lasting(self) -> bool:
        """Whether it is as it is for so long that this is no outage any more."""
        if self.item.verdict is Verdict.INCONCLUSIVE:
            since = self.known.unclear_since
        elif self.known.sighted is not None and self.known.sighted.digest == self.digest:
            since = self.known.sighted.at
        else:
            since = None
        return since is not None and self.at - since >= PATIENCE

    @property
    def held(self) -> bool:
        """Whether nothing can be seen just now of what was confirmed before, which then stands."""
        return self.item.verdict is Verdict.INCONCLUSIVE and self.known.confirmed is not None and not self.lasting

    @property
    def verdict(self) -> Verdict:
        """The verdict that stands."""
        if self.held and self.known.confirmed is not None:
            return self.known.confirmed.verdict
        return self.item.verdict

    @property
    def waived(self) -> bool:
        """Whether it is accepted for now that this is not verified."""
        return self.verdict is not Verdict.VERIFIED and self.known.waived_on(day(self.at))

    @property
    def failed_twice(self) -> bool:
        """Whether the very same was missing before, at least an hour ago, and nothing else was seen since."""
        first = self.known.sighted
        return (
            self.item.verdict is Verdict.FAILED
            and first is not None
            and (first.verdict, first.digest) == (Verdict.FAILED, self.digest)
            and self.at - first.at >= BETWEEN_SIGHTINGS
        )
