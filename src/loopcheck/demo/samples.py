"""How far behind the replicas of the demo's shop were on the day of INC-142.

A formula and no recording: each value depends only on the replica and on how long before or after the beginning of the
incident it was measured. An ordinary day is about a second behind, and a dozen seconds while the backup runs. In the
incident the distance grows for 76 minutes, as work on a replica that cannot keep up piles up, and is made up for in
ten.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta

METRIC = "postgresql.replication_delay"
REPLICAS: Mapping[str, float] = {"db-replica-1": 1.0, "db-replica-2": 0.8}
"""Each host with its share of the trouble."""
EVERY = 20
"""Seconds between two samples."""
DAY = timedelta(hours=12)
"""So long before and after the beginning something was measured."""

_BACKUP = -200.0
_GROWS = 0.036
_WORST = 76.0
_BETTER = 86.0


def delay(host: str, seconds: float) -> float:
    """How many seconds a replica is behind.

    Args:
        host: one of `REPLICAS`.
        seconds: since the beginning of the incident; before it, less than zero.
    """
    minutes = seconds / 60
    ordinary = 0.9 + 0.5 * math.sin(seconds / 97) + 0.3 * math.sin(seconds / 31)
    backup = 11 * max(0.0, 1 - ((minutes - _BACKUP) / 8) ** 2)
    if minutes <= _WORST:
        trouble = _GROWS * max(0.0, minutes) ** 2
    else:
        trouble = _GROWS * _WORST**2 * max(0.0, (_BETTER - minutes) / (_BETTER - _WORST)) ** 2
    return round(ordinary + (backup + trouble) * REPLICAS[host], 2)
