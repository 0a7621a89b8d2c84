"""Which metrics a query names, wherever it stands. Only whole names count: `a.b` is not in `a.b.c`, nor in `$x.a.b`."""

from __future__ import annotations

import re
from functools import lru_cache

_METRIC = re.compile(r"(?<![A-Za-z0-9_.$])([A-Za-z][A-Za-z0-9_]{0,200}(?:\.[A-Za-z0-9_]{1,200}){0,60})\s{0,20}\{")
_LONGEST = 50_000


@lru_cache(maxsize=8192)
def metrics_in(text: str) -> frozenset[str]:
    """The metrics of a query: each name that a filter follows, as in `avg:system.load.1{env:prod}`."""
    return frozenset(found[1] for found in _METRIC.finditer(text[:_LONGEST]) if found[1] != "by")


def names(text: str, metric: str) -> bool:
    """Whether a query names a metric."""
    return metric in metrics_in(text)
