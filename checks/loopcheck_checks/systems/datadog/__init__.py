"""Datadog, for every kind of artifact that lives there. Nothing of its client is imported until it is asked."""

from __future__ import annotations

from loopcheck.checker import Secret, Setting
from loopcheck_checks.systems.datadog.client import (
    API_KEY,
    APP_KEY,
    LOOPBACK,
    SITE,
    SITES,
    SYSTEM,
    UNKNOWN_SITE,
    has_keys,
    monitor_page,
    site_of,
)
from loopcheck_checks.systems.datadog.export import (
    EXPORT_STALE,
    NO_EXPORT,
    NO_STATE,
    DatadogSettings,
    Export,
    ExportedMonitor,
    read_export,
)
from loopcheck_checks.systems.datadog.live import list_downtimes, list_monitors, list_rules
from loopcheck_checks.systems.datadog.message import parts
from loopcheck_checks.systems.datadog.receivers import OTHER_RECEIVER, Receiver, look_for_receiver
from loopcheck_checks.systems.datadog.recipients import Telling, hops, recipients, telling
from loopcheck_checks.systems.datadog.records import (
    Condition,
    Downtime,
    MatchingDowntime,
    Monitor,
    Options,
    Rule,
    Thresholds,
    Unreadable,
)
from loopcheck_checks.systems.datadog.schedule import downtimes_of, matching_downtime_of

__all__ = [
    "EXPORT_STALE",
    "NO_EXPORT",
    "NO_STATE",
    "OTHER_RECEIVER",
    "REASONS",
    "SECRETS",
    "SETTING",
    "SITES",
    "SYSTEM",
    "UNKNOWN_SITE",
    "Condition",
    "DatadogSettings",
    "Downtime",
    "Export",
    "ExportedMonitor",
    "MatchingDowntime",
    "Monitor",
    "Options",
    "Receiver",
    "Rule",
    "Telling",
    "Thresholds",
    "Unreadable",
    "downtimes_of",
    "has_keys",
    "hops",
    "list_downtimes",
    "list_monitors",
    "list_rules",
    "look_for_receiver",
    "matching_downtime_of",
    "monitor_page",
    "parts",
    "read_export",
    "recipients",
    "secrets",
    "site_of",
    "telling",
]

SECRETS = (
    Secret(API_KEY, "Datadog's API key. Not needed where the monitors are exported to the repository.", required=False),
    Secret(
        APP_KEY,
        "An application key with the scopes `monitors_read`, `monitors_downtime`, to replay `timeseries_query` and, to"
        " compare that with what happened, `events_read`, and for `receivers` `integrations_read`.",
        required=False,
    ),
    Secret(SITE, "The site, where it is not datadoghq.com.", required=False, confidential=False),
    Secret(
        LOOPBACK, "An address on this machine to ask instead of Datadog, for tests.", required=False, confidential=False
    ),
)
"""What a kind that looks at Datadog lists in its manifest."""


def secrets(scopes: str) -> tuple[Secret, ...]:
    """What a kind lists in its manifest that asks Datadog itself only.

    Args:
        scopes: the scopes that its application key needs, for people.
    """
    return (
        Secret(API_KEY, "Datadog's API key.", required=False),
        Secret(APP_KEY, f"An application key with the scope {scopes}.", required=False),
        *SECRETS[2:],
    )


REASONS = (UNKNOWN_SITE, EXPORT_STALE, NO_STATE, NO_EXPORT)
"""The reasons that come from here, likewise."""

SETTING = Setting(SYSTEM, DatadogSettings)
