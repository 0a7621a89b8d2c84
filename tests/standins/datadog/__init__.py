"""Datadog on this machine: as much of its API as loopcheck asks, over real HTTP, with keys, scopes, limits and faults.

    with DatadogStandIn(monitors=[…]) as datadog:
        session = repository.session(environment=datadog.environment)
        …
        datadog.edit(101, options={"silenced": {"*": None}})

Nothing of it can be changed by a request: loopcheck only reads. A request that nobody expects is answered 501,
remembered in `unexpected`, and fails the test at the end. Where Datadog's published descriptions are at hand, every
request and every answer is held to them (`openapi`).
"""

from standins.datadog.dashboards import DASHBOARDS, METRICS
from standins.datadog.events import EVENTS, changed
from standins.datadog.faults import FAULTS
from standins.datadog.integrations import CHANNELS, SERVICE
from standins.datadog.server import DOWNTIMES, MONITORS, RULES, VALIDATE, DatadogStandIn
from standins.datadog.slos import CORRECTIONS, SLOS, STANDINGS
from standins.datadog.synthetics import TESTS
from standins.faults import Fault

__all__ = [
    "CHANNELS",
    "CORRECTIONS",
    "DASHBOARDS",
    "DOWNTIMES",
    "EVENTS",
    "FAULTS",
    "METRICS",
    "MONITORS",
    "RULES",
    "SERVICE",
    "SLOS",
    "STANDINGS",
    "TESTS",
    "VALIDATE",
    "DatadogStandIn",
    "Fault",
    "changed",
]
