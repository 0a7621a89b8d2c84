"""How the checker gets on with real monitors: those that integrations ship, and recorded answers of Datadog."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from loopcheck.checker import CannotTell
from loopcheck.testing import RepositoryBuilder, expectation
from loopcheck_checks.datadog_monitor import DatadogMonitorChecker
from loopcheck_checks.datadog_monitor.query import parse
from loopcheck_checks.datadog_monitor.replay.plan import plan
from loopcheck_checks.systems.datadog import Monitor
from loopcheck_checks.systems.datadog.records import decode_monitors


def figures(corpora: Path) -> Iterator[tuple[str, int]]:
    """What tools/accuracy.py tabulates, from the folder `datadog` of `corpora`."""
    shipped = sorted((corpora / "datadog/recommended_monitors").rglob("*.json"))
    with tempfile.TemporaryDirectory() as folder:
        repository = RepositoryBuilder(Path(folder))
        repository.commit({f"datadog/{number}.json": path.read_bytes() for number, path in enumerate(shipped)})
        session = repository.session(settings="datadog: {export: datadog}")
        checker = DatadogMonitorChecker()
        seen = checker.observe(expectation(checker, "name: none of them"), session.world())
        session.repository.close()
    yield "shipped monitors", len(shipped)
    yield "of them read, as an export", seen.total
    yield "of them unreadable", len(seen.unreadable)
    recorded: dict[int, dict[str, object]] = {}
    for line in (corpora / "datadog/recorded_api/v1_monitor.jsonl").read_text("utf-8").splitlines():
        body = json.loads(line)["response"]
        for one in body if isinstance(body, list) else [body]:
            if isinstance(one, dict) and "query" in one and "id" in one:
                recorded[one["id"]] = one
    readable, unreadable = decode_monitors(json.dumps(list(recorded.values())).encode())
    yield "recorded monitors", len(recorded)
    yield "of them unreadable", len(unreadable)
    yield "of them with a query of no known form", sum(parse(one.query).kind == "unknown" for one in readable)
    metric = [one for one in readable if parse(one.query).kind == "metric"]
    yield "of them on metrics", len(metric)
    yield "of these that can be replayed", sum(_planned(one) for one in metric)


def _planned(monitor: Monitor) -> bool:
    try:
        plan(monitor)
    except CannotTell:
        return False
    return True
