"""Which monitors a declaration may mean. Pure, and quick: the index is made once a run, for every item.

The index finds by metric, name and tag. What is found is compared in full; what the index cannot place, because
its query is not understood or is a formula, is compared each time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from difflib import get_close_matches

from loopcheck_checks.datadog_monitor.definition import fits, folded
from loopcheck_checks.datadog_monitor.manifest import DatadogMonitorExpectation, SeenMonitor
from loopcheck_checks.datadog_monitor.query import parse
from loopcheck_checks.systems.datadog import Unreadable


class Index:
    """Monitors by what declarations select them by.

    Args:
        seen: all monitors.
    """

    def __init__(self, seen: Sequence[SeenMonitor]) -> None:
        self.seen = seen
        self.by_id = {one.monitor.id: one for one in seen if one.monitor.id is not None}
        self._by_metric: dict[str, list[SeenMonitor]] = defaultdict(list)
        self._by_name: dict[str, list[SeenMonitor]] = defaultdict(list)
        self._by_tag: dict[str, list[SeenMonitor]] = defaultdict(list)
        self._elsewhere: list[SeenMonitor] = []
        for one in seen:
            query = parse(one.monitor.query)
            for metric in {series.metric for series in query.series}:
                self._by_metric[metric].append(one)
            if query.kind != "metric":
                self._elsewhere.append(one)
            self._by_name[folded(one.monitor.name)].append(one)
            for tag in {tag.casefold() for tag in one.monitor.tags or ()}:
                self._by_tag[tag].append(one)

    def candidates(self, expect: DatadogMonitorExpectation) -> list[SeenMonitor]:
        """The monitors that fit all that the declaration selects by."""
        pools: list[list[SeenMonitor]] = []
        if expect.name is not None:
            pools.append(self._by_name.get(folded(expect.name), []))
        if expect.metric is not None:
            pools.append(self._by_metric.get(expect.metric, []) + self._elsewhere)
        pools += [self._by_tag.get(tag, []) for tag in expect.monitor_tags]
        pool: Sequence[SeenMonitor] = min(pools, key=len) if pools else self.seen
        return [one for one in pool if fits(expect, one.monitor)]

    def nearest(self, expect: DatadogMonitorExpectation) -> tuple[str, ...]:
        """What the author may have meant, of metrics and names that there are."""
        out: list[str] = []
        if expect.metric is not None and expect.metric not in self._by_metric:
            out += get_close_matches(expect.metric, list(self._by_metric)[:5000], n=2, cutoff=0.75)
        if expect.name is not None and not self._by_name.get(folded(expect.name)):
            out += get_close_matches(folded(expect.name), list(self._by_name)[:5000], n=2, cutoff=0.75)
        if not out and expect.metric in self._by_metric:
            out = [one.monitor.label for one in self._by_metric[expect.metric][:2]]
        return tuple(f"`{text}`" if not text.startswith("`") else text for text in out)


def may_be(expect: DatadogMonitorExpectation, odd: Unreadable) -> bool:
    """Whether a monitor that cannot be read may be the one that is meant."""
    if expect.name is not None and odd.name is not None:
        return folded(odd.name) == folded(expect.name)
    return True
