"""SLOs that look right and are wrong, and some that look odd and are right.

Each begins with an SLO that passes and changes one thing, in the JSON that Datadog would answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from loopcheck.testing.mutants import Mutant, Outcome, edits
from loopcheck.testing.repository import NOW
from loopcheck_checks.datadog_slo import DatadogSloChecker
from loopcheck_checks.systems.datadog.trial import Place, alarm, changing, downtime, tried

ID = "4f3a1c2b9d8e7f60514233445566778a"
RATIO = """
metric: checkout.requests
tags: [team:shop]
at-least: 99.9
over: 30d
alerts: burn-rate
notifies: "@pagerduty-shop"
"""
MADE_OF = "name: Checkout is up\nmonitors: [201]\nat-least: 99%"
BARE = "name: checkout works"

_NOW = int(NOW.timestamp())
_DAY = 86_400


def slo(**more: Any) -> dict[str, Any]:
    """An SLO as Datadog lists it."""
    return {
        "id": ID,
        "name": "Checkout works",
        "description": "",
        "tags": ["team:shop", "env:prod"],
        "monitor_tags": [],
        "type": "metric",
        "thresholds": [
            {"timeframe": "7d", "target": 99.0, "target_display": "99."},
            {"timeframe": "30d", "target": 99.9, "target_display": "99.9", "warning": 99.95},
        ],
        "query": {
            "numerator": "sum:checkout.requests{code:2xx}.as_count()",
            "denominator": "sum:checkout.requests{*}.as_count()",
        },
        "created_at": 1767600000,
        "modified_at": 1793500000,
        **more,
    }


def of_monitors(**more: Any) -> dict[str, Any]:
    """An SLO that is made of a monitor."""
    made = slo(id="b" * 32, name="Checkout is up", type="monitor", monitor_ids=[201], **more)
    del made["query"]
    return made


def burning(**more: Any) -> dict[str, Any]:
    """A monitor that alerts on the SLO."""
    query = f'burn_rate("{ID}").over("30d").long_window("1h").short_window("5m") > 14.4'
    return alarm(**{"id": 301, "name": "Checkout burns", "type": "slo alert", "query": query, **more})


def standing(**more: Any) -> list[dict[str, Any]]:
    """How an SLO stands over 30 days."""
    return [{"timeframe": "30d", "target": 99.9, "status": 99.95, "state": "ok", "error": None, **more}]


def correction(**more: Any) -> dict[str, Any]:
    """A status correction of the SLO; unless changed, one that is over."""
    attributes = {
        "slo_id": ID,
        "start": _NOW - 10 * _DAY,
        "end": _NOW - 9 * _DAY,
        "category": "Scheduled Maintenance",
        "rrule": None,
        "duration": None,
        "timezone": "UTC",
        **more,
    }
    return {"id": "c0ffee00-0000-0000-0000-000000000001", "type": "correction", "attributes": attributes}


def passing() -> Place:
    """The SLOs that were promised, with the monitor that alerts on one."""
    return {
        "slos": [slo(), of_monitors()],
        "monitors": [alarm(), burning()],
        "downtimes": [],
        "rules": [],
        "corrections": [correction()],
        "standings": {},
    }


Edit = Callable[[Place], Place]


def _set(at: int = 0, **fields: Any) -> Edit:
    return changing(lambda place: place["slos"][at].update(fields))


def _alert(**fields: Any) -> Edit:
    return changing(lambda place: place["monitors"][1].update(fields))


def _part(**fields: Any) -> Edit:
    return changing(lambda place: place["monitors"][0].update(fields))


def _stands(**more: Any) -> Edit:
    return changing(lambda place: place["standings"].update({ID: standing(**more)}))


def _corrected(**more: Any) -> Edit:
    return changing(lambda place: place["corrections"].append({**correction(**more), "id": "c2"}))


def _target(target: float, timeframe: str = "30d") -> Edit:
    return _set(thresholds=[{"timeframe": timeframe, "target": target}])


def _query(numerator: str, denominator: str = "sum:checkout.requests{*}.as_count()") -> Edit:
    return _set(query={"numerator": numerator, "denominator": denominator})


def _over(query: str) -> Edit:
    return _alert(query=query)


_GOOD = "sum:checkout.requests{code:2xx}.as_count()"

_WRONG: tuple[tuple[str, Edit], ...] = (
    ("deleted", changing(lambda place: place["slos"].pop(0))),
    ("all of them deleted", changing(lambda place: place["slos"].clear())),
    ("another team's", _set(tags=["team:search"])),
    ("without tags", _set(tags=None)),
    ("of another metric", _query("sum:cart.requests{ok}.as_count()", "sum:cart.requests{*}.as_count()")),
    (
        "of a longer metric",
        _query("sum:checkout.requests.eu{ok}.as_count()", "sum:checkout.requests.eu{*}.as_count()"),
    ),
    ("the metric only in the name", _set(name="checkout.requests", query={"numerator": "a:b{x}", "denominator": "c"})),
    ("a second one just like it", changing(lambda place: place["slos"].append(slo(id="c" * 32)))),
    ("a lower target", _target(99.0)),
    ("a target a little lower", _target(99.89)),
    ("no target", _set(thresholds=[])),
    ("a target of nothing", _target(0)),
    ("the target for 7 days only", _target(99.9, "7d")),
    ("the target for 90 days only", _target(99.9, "90d")),
    ("the target for a custom time", _target(99.9, "custom")),
    ("a target that is a text", _set(thresholds=[{"timeframe": "30d", "target": "99.9"}])),
    ("of a new type", _set(type="vibes")),
    ("good events are all events", _query("sum:checkout.requests{*}.as_count()")),
    ("good events are all events, with other spaces", _query("sum:checkout.requests{*} .as_count()")),
    ("no data", _stands(state="no_data", status=None, error="The denominator is zero valued")),
    ("a state of a new kind", _stands(state="amused")),
    ("a state without a value", _stands(status=None)),
    ("never reckoned", changing(lambda place: place["standings"].update({ID: []}))),
    ("reckoned for another time only", _stands(timeframe="7d")),
    ("corrected for ever", _corrected(end=None)),
    ("corrected until long after", _corrected(end=_NOW + 3000 * _DAY)),
    ("corrected for the whole window", _corrected(start=_NOW - 91 * _DAY, end=_NOW + _DAY)),
    ("corrected every day for a day", _corrected(end=None, rrule="FREQ=DAILY;INTERVAL=1", duration=_DAY)),
    ("corrected every week for a week", _corrected(end=None, rrule="FREQ=WEEKLY", duration=7 * _DAY)),
    ("corrected by a rule with days", _corrected(end=None, rrule="FREQ=DAILY;BYDAY=MO,TU", duration=_DAY)),
    ("corrected by a query, for ever", _corrected(slo_id=None, slo_query="team:shop", end=None)),
    ("a correction of a new form", changing(lambda place: place["corrections"].append({"id": "c3", "attributes": 7}))),
    ("a correction without a beginning", _corrected(start=None)),
    ("no alert", changing(lambda place: place["monitors"].pop(1))),
    ("an alert of another SLO", _over('burn_rate("' + "d" * 32 + '").over("30d").long_window("1h") > 14.4')),
    ("an alert on the error budget", _over(f'error_budget("{ID}").over("30d") > 75')),
    ("an alert over another time", _over(f'burn_rate("{ID}").over("7d").long_window("1h").short_window("5m") > 14.4')),
    ("an alert of a new form", _over(f'burn_velocity("{ID}") > 2')),
    ("an alert that cannot be read", _alert(options={"thresholds": [1]})),
    ("a monitor that only mentions it", _alert(type="query alert")),
    ("the alert muted", _alert(options={"silenced": {"*": None}})),
    ("the alert muted in part", _alert(options={"silenced": {"env:prod": None}})),
    ("the alert a draft", _alert(draft_status="draft")),
    ("the alert of a new status", _alert(draft_status="proposed")),
    ("the alert in downtime", changing(lambda place: place["downtimes"].append(downtime(301)))),
    (
        "the alert in a downtime of a part",
        changing(lambda place: place["downtimes"].append(downtime(301, scope="env:prod"))),
    ),
    ("the alert tells nobody", _alert(message="It burns.")),
    ("the alert tells others", _alert(message="@slack-shop")),
    ("the alert tells on recovery", _alert(message="{{#is_recovery}}@pagerduty-shop{{/is_recovery}}")),
    ("the alert tells perhaps", _alert(message='{{#is_match "x.name" "y"}}@pagerduty-shop{{/is_match}}')),
)

_WRONG_PARTS: tuple[tuple[str, Edit], ...] = (
    ("its monitor is gone", _part(id=299)),
    ("its monitor has no data", _part(overall_state="No Data")),
    ("its monitor cannot be read", _part(options={"thresholds": [1]})),
    ("its monitor is ignored", _part(overall_state="Ignored")),
    ("its monitor is a draft", _part(draft_status="draft")),
    ("of another monitor", _set(1, monitor_ids=[301])),
    ("of no monitor", _set(1, monitor_ids=[])),
    ("a lower target than that", _set(1, thresholds=[{"timeframe": "30d", "target": 98.0}])),
    ("another name", _set(1, name="Checkout was up")),
)

_FINE: tuple[tuple[str, Edit], ...] = (
    ("a higher target", _target(99.99)),
    ("a target that is a whole number", _set(thresholds=[{"timeframe": "30d", "target": 100}])),
    ("more times", _set(thresholds=[{"timeframe": one, "target": 99.9} for one in ("7d", "30d", "90d")])),
    ("fields of a later Datadog", _set(moons=["full"], thresholds=[{"timeframe": "30d", "target": 99.9, "tides": 2}])),
    ("breached", _stands(state="breached", status=97.0)),
    ("in warning", _stands(state="warning", status=99.91)),
    (
        "measured by a specification",
        changing(
            lambda place: place["slos"][0].update(
                query=None,
                sli_specification={
                    "count": {
                        "good_events_formula": {"formula": "a"},
                        "total_events_formula": {"formula": "b"},
                        "queries": [
                            {"name": "a", "data_source": "metrics", "query": _GOOD},
                            {"name": "b", "data_source": "metrics", "query": "sum:checkout.requests{*}"},
                        ],
                    }
                },
            )
        ),
    ),
    (
        "by time slices",
        changing(
            lambda place: place["slos"][0].update(
                type="time_slice",
                query=None,
                sli_specification={
                    "time_slice": {
                        "comparator": ">",
                        "threshold": 5,
                        "query": {
                            "formulas": [{"formula": "q"}],
                            "queries": [{"name": "q", "data_source": "metrics", "query": "sum:checkout.requests{*}"}],
                        },
                    }
                },
            )
        ),
    ),
    ("a correction now and not for long", _corrected(start=_NOW - 3600, end=_NOW + 3600)),
    ("a correction every night", _corrected(end=None, rrule="FREQ=DAILY;INTERVAL=1", duration=3600)),
    ("a correction on Mondays", _corrected(end=None, rrule="FREQ=WEEKLY;BYDAY=MO", duration=3600)),
    ("a correction that is to come", _corrected(start=_NOW + _DAY, end=None)),
    ("another SLO's correction for ever", _corrected(slo_id="d" * 32, end=None)),
    ("a muted alert beside", changing(lambda place: place["monitors"].append(burning(id=9, draft_status="draft")))),
    ("other spaces in the alert", _over(f' burn_rate("{ID}").over( "30d" ).long_window("6h") > 2 ')),
    ("a handle in capitals", _alert(message="(@PagerDuty-Shop)")),
    ("an odd neighbour", changing(lambda place: place["slos"].append({"id": 7, "name": "odd", "type": []}))),
    ("a twin of another team", changing(lambda place: place["slos"].append(slo(id="e" * 32, tags=["team:search"])))),
    ("a twin with a lower target", changing(lambda place: place["slos"].append(slo(id="f" * 32, thresholds=[])))),
    ("tags in capitals", _set(tags=["Team:Shop"])),
)

_FINE_PARTS: tuple[tuple[str, Edit], ...] = (
    ("its monitor alerts", _part(overall_state="Alert")),
    ("its monitor is muted", _part(options={"silenced": {"*": None}})),
    ("of one more monitor", _set(1, monitor_ids=[301, 201])),
)


def mutants() -> Iterator[tuple[str, Mutant[Place]]]:
    """Each declaration with a place in which its SLO is wrong in one way."""
    yield from ((RATIO, mutant) for mutant in edits(passing(), *_WRONG))
    yield from ((MADE_OF, mutant) for mutant in edits(passing(), *_WRONG_PARTS))


def harmless() -> Iterator[tuple[str, Mutant[Place]]]:
    """Each declaration with a place as it is, or one that looks different and is right."""
    yield from ((declared, Mutant("as it is", passing())) for declared in (RATIO, MADE_OF, BARE))
    yield from ((RATIO, mutant) for mutant in edits(passing(), *_FINE))
    yield from ((MADE_OF, mutant) for mutant in edits(passing(), *_FINE_PARTS))


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant."""
    return tried(DatadogSloChecker(), mutants())


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of each harmless variation."""
    return tried(DatadogSloChecker(), harmless())
