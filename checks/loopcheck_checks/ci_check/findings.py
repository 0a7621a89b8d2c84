"""One thing that was found about a claim, before it is said."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from loopcheck.checker import Outcome, Reason


class Finding(msgspec.Struct, frozen=True):
    """An outcome with its reason, and the place that shows it."""

    outcome: Outcome
    message: str
    path: str
    line: int
    reason: Reason | None = None


def worst(findings: Iterable[Finding]) -> Finding:
    """The worst of some findings; of two that are as bad, the first."""
    return max(findings, key=lambda finding: finding.outcome)


def best(findings: Iterable[Finding]) -> Finding:
    """The best of some findings; of two that are as good, the first."""
    return min(findings, key=lambda finding: finding.outcome)
