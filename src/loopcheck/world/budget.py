"""What a run asked of the outside, in one line for its end."""

from __future__ import annotations

from collections.abc import Mapping

_NAMES = {"datadog": "Datadog", "grafana": "Grafana", "prometheus": "Prometheus"}
_ON_THIS_MACHINE = "git"
_GITHUB = "github"


def budget_line(counts: Mapping[str, int], points: int) -> str:
    """`31 requests, 43 points, 2 Datadog calls`: to GitHub, what they cost there, and to each other system.

    Args:
        counts: how often each system was asked; see `Session.counts`.
        points: of GitHub's secondary limits; see `Governor.points`.
    """
    parts = [_many(counts.get(_GITHUB, 0), "request"), _many(points, "point")]
    others = sorted(system for system in counts if system not in (_GITHUB, _ON_THIS_MACHINE) and counts[system])
    return ", ".join([*parts, *(_many(counts[system], f"{_NAMES.get(system, system)} call") for system in others)])


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
