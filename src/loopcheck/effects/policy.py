"""How far loopcheck goes with an item: the configuration's `close-gate:`."""

from __future__ import annotations

from datetime import datetime

from loopcheck.config import CloseGateSection, GateRule, Mode
from loopcheck.model import Incident
from loopcheck.tracker import Issue


def mode_of(policy: CloseGateSection, issue: Issue, incident: Incident | None, at: datetime) -> Mode:
    """The mode of the first rule that fits an item of `issue`; of none, the one that is meant for all.

    Args:
        policy: the configuration.
        issue: where the item is declared.
        incident: what the item answers; a rule about severity does not fit without one.
        at: when the age of the issue is reckoned.
    """
    return next((rule.mode for rule in policy.rules if _fits(rule, issue, incident, at)), policy.mode)


def further(one: Mode, other: Mode) -> Mode:
    """The one of two modes that goes further."""
    return max(one, other, key=list(Mode).index)


def _fits(rule: GateRule, issue: Issue, incident: Incident | None, at: datetime) -> bool:
    if rule.severity:
        severity = (incident.severity or "").strip().casefold() if incident else ""
        if severity not in {one.strip().casefold() for one in rule.severity} - {""}:
            return False
    return rule.older_than is None or at - issue.created > rule.older_than.delta
