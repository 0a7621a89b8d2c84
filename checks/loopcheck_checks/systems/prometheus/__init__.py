"""Prometheus and Alertmanager, for every kind of artifact that lives there: rule files, servers, routes, replays."""

from __future__ import annotations

from loopcheck.checker import Secret
from loopcheck_checks.systems.prometheus.alertmanager import Alertmanager, Silence
from loopcheck_checks.systems.prometheus.client import (
    ALERTMANAGER,
    JUST_RELOADED,
    PARTIAL_ANSWER,
    PROMETHEUS,
    QUERY_REFUSED,
    UNSAFE_ADDRESS,
    System,
    is_set,
)
from loopcheck_checks.systems.prometheus.expression import Expression, Matcher, Selector, parse
from loopcheck_checks.systems.prometheus.live import DEFAULT_INTERVAL, Live, LiveRule, Settings
from loopcheck_checks.systems.prometheus.promtool import Promtool
from loopcheck_checks.systems.prometheus.rehearsal import Stored
from loopcheck_checks.systems.prometheus.routes import AlertLabels, Reached, Receiver, Routing, read_routing
from loopcheck_checks.systems.prometheus.rules import Rule, RuleFile, read_rules

__all__ = [
    "ALERTMANAGER",
    "DEFAULT_INTERVAL",
    "PROMETHEUS",
    "REASONS",
    "SECRETS",
    "AlertLabels",
    "Alertmanager",
    "Expression",
    "Live",
    "LiveRule",
    "Matcher",
    "Promtool",
    "Reached",
    "Receiver",
    "Routing",
    "Rule",
    "RuleFile",
    "Selector",
    "Settings",
    "Silence",
    "Stored",
    "is_set",
    "parse",
    "read_routing",
    "read_rules",
]


def _secrets(system: System, reads: str) -> tuple[Secret, ...]:
    name, prefix = system.name, system.prefix
    return (
        Secret(f"{prefix}_URL", f"The address of {name}: `https://host/path`.", required=False, confidential=False),
        Secret(f"{prefix}_TOKEN", f"A bearer token that may read {reads}.", required=False),
        Secret(f"{prefix}_USERNAME", f"The user, where {name} asks for a password.", required=False),
        Secret(f"{prefix}_PASSWORD", "That user's password.", required=False),
    )


SECRETS = (
    *_secrets(PROMETHEUS, "its rules and samples"),
    *_secrets(ALERTMANAGER, "its configuration, silences and alerts"),
)
"""What a kind that looks at Prometheus lists in its manifest."""

REASONS = (UNSAFE_ADDRESS, QUERY_REFUSED, PARTIAL_ANSWER, JUST_RELOADED)
"""The reasons that come from here, likewise."""
