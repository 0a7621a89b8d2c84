"""Grafana on this machine: as much of its API as loopcheck asks, over real HTTP, with tokens, permissions and faults.

    with GrafanaStandIn(rules=[…]) as grafana:
        session = repository.session(environment=grafana.environment)
        …
        grafana.edit("lag", isPaused=True)

Nothing of it can be changed by a request: loopcheck only reads. A request that nobody expects is answered 501,
remembered in `unexpected`, and fails the test at the end.
"""

from standins.faults import Fault
from standins.grafana.faults import FAULTS
from standins.grafana.server import (
    CONTACT_POINTS,
    MUTE_TIMINGS,
    PERMISSIONS,
    POLICIES,
    RULES,
    SILENCES,
    STATES,
    GrafanaStandIn,
)

__all__ = [
    "CONTACT_POINTS",
    "FAULTS",
    "MUTE_TIMINGS",
    "PERMISSIONS",
    "POLICIES",
    "RULES",
    "SILENCES",
    "STATES",
    "Fault",
    "GrafanaStandIn",
]
