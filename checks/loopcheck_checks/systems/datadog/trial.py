"""Trials of a kind at a stand-in for Datadog, asked over HTTP: what the mutants of several kinds have in common.

The stand-in is in the folder tests/ of a checkout, so trials run only there.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from loopcheck.checker import Checker
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.mutants import Mutant, Outcome, outcome_of
from loopcheck.testing.repository import NOW

Place = dict[str, Any]
"""What is in Datadog, by the names that the stand-in has for it: `monitors`, `downtimes`, `slos`."""

Change = Callable[[Place], Any]


def changing(change: Change) -> Callable[[Place], Place]:
    """A change of a copy of a place, of one that changes the place itself."""

    def apply(place: Place) -> Place:
        changed = copy.deepcopy(place)
        change(changed)
        return changed

    return apply


def alarm(**more: Any) -> dict[str, Any]:
    """A monitor as Datadog answers it: published, not muted, with data, and telling somebody."""
    return {
        "id": 201,
        "name": "An alarm",
        "type": "query alert",
        "query": "avg(last_5m):avg:shop.errors{*} > 1",
        "message": "Wake up: @pagerduty-shop",
        "tags": ["team:shop"],
        "options": {"silenced": {}, "thresholds": {"critical": 1.0}},
        "multi": False,
        "created": "2026-01-05T08:00:00.000000+00:00",
        "modified": "2026-11-02T10:00:00.000000+00:00",
        "deleted": None,
        "priority": None,
        "draft_status": "published",
        "overall_state": "OK",
        "overall_state_modified": "2026-11-19T10:00:00+00:00",
        **more,
    }


def downtime(monitor: int, **more: Any) -> dict[str, Any]:
    """A downtime of a monitor that is in force, as Datadog lists it."""
    attributes = {
        "monitor_identifier": {"monitor_id": monitor},
        "scope": "*",
        "status": "active",
        "schedule": {"start": "2026-11-01T00:00:00+00:00", "end": None},
        "canceled": None,
        **more,
    }
    return {"id": "a1b2", "type": "downtime", "attributes": attributes}


def tried(checker: Checker[Any, Any], cases: Iterable[tuple[str, Mutant[Place]]]) -> list[Outcome]:
    """What a checker says of each declaration with a place, all of them at one stand-in."""
    made = import_module("standins.datadog").DatadogStandIn(now=NOW)
    made.validate = None  # mutants answer what Datadog does not document
    out = []
    with TemporaryDirectory() as folder, made as datadog:
        repository = RepositoryBuilder(Path(folder))
        repository.commit({"README.md": "# Shop\n"})
        for declared, case in cases:
            before = dict(vars(datadog))
            vars(datadog).update(case.mutated)
            result = examine(checker, declared, repository.session(environment=datadog.environment))
            vars(datadog).update({name: before[name] for name in case.mutated})
            out.append(outcome_of(case.name, result))
    return out
