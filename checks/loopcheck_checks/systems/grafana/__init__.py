"""Grafana's alerting, for every kind of artifact that lives there: rules, their states, whom they tell."""

from __future__ import annotations

from loopcheck.checker import Secret, World
from loopcheck_checks.systems.grafana.conditions import Condition, holds
from loopcheck_checks.systems.grafana.live import GRAFANA, Grafana, Instance, Notifying, Rules, State
from loopcheck_checks.systems.grafana.rules import Odd, Rule, may_be_rules, read_file, slug
from loopcheck_checks.systems.prometheus.client import UNSAFE_ADDRESS, is_set

__all__ = [
    "REASONS",
    "SECRETS",
    "Condition",
    "Grafana",
    "Instance",
    "Notifying",
    "Odd",
    "Rule",
    "Rules",
    "State",
    "has_address",
    "holds",
    "may_be_rules",
    "read_file",
    "slug",
]

SECRETS = (
    Secret("GRAFANA_URL", "The address of Grafana: `https://host/path`.", required=False, confidential=False),
    Secret(
        "GRAFANA_TOKEN",
        "A token of a service account that may read alerting: `alert.provisioning:read`, `alert.rules:read` with "
        "`folders:read` on `folders:*`, and `alert.silences:read`.",
        required=False,
    ),
)
"""What a kind that looks at Grafana lists in its manifest."""

REASONS = (UNSAFE_ADDRESS,)
"""The reasons that come from here, likewise."""


def has_address(world: World) -> bool:
    """Whether the environment says where Grafana is."""
    return is_set(world, GRAFANA)
