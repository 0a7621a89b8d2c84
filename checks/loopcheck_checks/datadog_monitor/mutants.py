"""Monitors that look right and are wrong, and some that look odd and are right.

Each begins with an alarm that passes and changes one thing, in the JSON that Datadog would answer. All of them
are committed to one repository, as exports, and verified by the real engine.
"""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from loopcheck.documents import yaml
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.mutants import Mutant, Outcome, edits, outcome_of
from loopcheck.testing.repository import NOW
from loopcheck.world import Repository, Session
from loopcheck_checks.datadog_monitor import DatadogMonitorChecker

Place = dict[str, Any]
"""What is in Datadog: `monitors`, `downtimes`, `rules`."""

LATER = (NOW + timedelta(days=2)).timestamp()
EARLIER = (NOW - timedelta(days=2)).timestamp()

METRIC = """
metric: postgresql.replication_delay
tags: [team:database]
scope: env:prod
fires-when: "> 30"
within: 5m
aggregation: avg
recovers-when: "< 25"
no-data: notify
notifies: "@pagerduty-database"
"""
BARE = "metric: postgresql.replication_delay"
COMPOSITE = 'name: Lag and load\nnotifies: "@pagerduty-database"'
ROUTED = 'metric: postgresql.replication_delay\nfires-when: "> 30"\nnotifies: "@pagerduty-database"'


def monitor(**more: Any) -> dict[str, Any]:
    """A monitor as Datadog answers it: published, not muted, evaluating, and telling somebody."""
    return {
        "id": 101,
        "org_id": 7,
        "name": "Replication lag on {{host.name}} ",
        "type": "query alert",
        "query": "avg(last_5m):avg:postgresql.replication_delay{env:prod} by {host} > 30",
        "message": "Replication is behind by {{value}} s.\n\n{{#is_alert}}Wake up: @pagerduty-database{{/is_alert}}\n"
        "{{#is_recovery}}All is well. @slack-database{{/is_recovery}}",
        "tags": ["team:database", "service:shop"],
        "options": {
            "thresholds": {"critical": 30.0, "critical_recovery": 20.0, "warning": 15.0},
            "silenced": {},
            "notify_no_data": True,
            "no_data_timeframe": 10,
            "require_full_window": False,
        },
        "multi": True,
        "created": "2026-01-05T08:00:00.000000+00:00",
        "modified": "2026-11-02T10:00:00.000000+00:00",
        "deleted": None,
        "priority": None,
        "draft_status": "published",
        "overall_state": "OK",
        "overall_state_modified": "2026-11-19T10:00:00+00:00",
        **more,
    }


def downtime(**more: Any) -> dict[str, Any]:
    """A downtime as Datadog lists it; unless changed, one that concerns another team."""
    attributes = {
        "monitor_identifier": {"monitor_tags": ["team:search"]},
        "scope": "*",
        "status": "active",
        "schedule": {"start": "2026-11-01T00:00:00+00:00", "end": None},
        "canceled": None,
        **more,
    }
    return {"id": "a1b2", "type": "downtime", "attributes": attributes}


def rule(**more: Any) -> dict[str, Any]:
    """A notification rule; unless changed, one for another team."""
    attributes = {"name": "Search", "filter": {"tags": ["team:search"]}, "recipients": ["slack-search"], **more}
    return {"id": "r1", "type": "monitor-notification-rule", "attributes": attributes}


def passing() -> Place:
    """The alarm that was promised, among others."""
    other = monitor(id=102, name="Disk", query="avg(last_5m):avg:system.disk.in_use{*} > 0.9", tags=["team:storage"])
    other["options"] = {"thresholds": {"critical": 0.9}, "silenced": {}}
    return {"monitors": [monitor(), other], "downtimes": [downtime()], "rules": [rule()]}


def passing_composite() -> Place:
    """A composite of two monitors."""
    place = passing()
    place["monitors"].append(
        monitor(
            id=103,
            name="Lag and load",
            type="composite",
            query="101 && !102",
            message="@pagerduty-database",
            options={"silenced": {}},
        )
    )
    return place


def passing_routed() -> Place:
    """A monitor that only a notification rule routes."""
    place = passing()
    place["monitors"][0]["message"] = "Replication is behind."
    recipients = {"filter": {"tags": ["team:database"]}, "recipients": ["pagerduty-database"]}
    place["rules"].append({**rule(**recipients), "id": "r2"})
    return place


Change = Callable[[Place], Any]


def _of(change: Change) -> Callable[[Place], Place]:
    def apply(place: Place) -> Place:
        changed = copy.deepcopy(place)
        change(changed)
        return changed

    return apply


def _mon(change: Callable[[dict[str, Any]], Any], at: int = 0) -> Callable[[Place], Place]:
    """A change to one monitor."""
    return _of(lambda place: change(place["monitors"][at]))


def _set(at: int = 0, **fields: Any) -> Callable[[Place], Place]:
    return _mon(lambda one: one.update(fields), at)


def _opt(at: int = 0, **options: Any) -> Callable[[Place], Place]:
    return _mon(lambda one: one["options"].update(options), at)


def _query(old: str, new: str, critical: float | None = 30.0) -> Callable[[Place], Place]:
    def change(one: dict[str, Any]) -> None:
        if old not in one["query"]:
            raise ValueError(f"`{old}` is not in the passing query")
        one["query"] = one["query"].replace(old, new)
        one["options"]["thresholds"]["critical"] = critical

    return _mon(change)


def _down(**attributes: Any) -> Callable[[Place], Place]:
    return _of(lambda place: place["downtimes"].append({**downtime(**attributes), "id": "c3d4"}))


def _recurring(rrule: str, start: str, duration: str, timezone: str = "UTC") -> dict[str, Any]:
    return {"recurrences": [{"rrule": rrule, "start": start, "duration": duration}], "timezone": timezone}


def _rule(**attributes: Any) -> Callable[[Place], Place]:
    """A change to the rule that routes the alarm."""
    return _of(lambda place: place["rules"][1]["attributes"].update(attributes))


def _only(transition: str) -> dict[str, Any]:
    """Recipients who are told of one kind of change only."""
    return {"conditions": [{"scope": f"transition_type:{transition}", "recipients": ["pagerduty-database"]}]}


_LAG = "avg:postgresql.replication_delay{env:prod}"
_SEARCH = 'logs("postgresql.replication_delay env:prod").index("*").rollup("count").last("5m") > 30'
_NIGHTLY = _recurring("FREQ=DAILY;INTERVAL=1", "2026-11-01T02:00:00", "30m")
_NOW_ON = {"start": "2026-11-20T11:59:00+00:00", "end": "2026-11-20T12:01:00+00:00"}
_SEARCHED = {"variables": [{"data_source": "logs", "search": {"query": "postgresql.replication_delay"}}]}
_LISTED = {"id": 1, "scope": ["*"], "start": EARLIER, "end": LATER, "active": True}
_EVERYWHERE = "`@pagerduty-database` {{#is_recovery}}@pagerduty-database{{/is_recovery}} @pagerduty-database"
_MINE = {"monitor_identifier": {"monitor_tags": ["team:database"]}}
_THIS = {"monitor_identifier": {"monitor_id": 101}}


def mutants() -> Iterator[tuple[str, Mutant[Place]]]:
    """Each declaration with a place in which its alarm is wrong in one way."""
    for declared, base, changes in (
        (METRIC, passing(), (*_DEFINITIONS, *_STATES, *_MESSAGES)),
        (COMPOSITE, passing_composite(), _COMPOSITES),
        (ROUTED, passing_routed(), _ROUTES),
        (BARE, passing(), _UNREAD),
    ):
        for mutant in edits(base, *changes):
            yield declared, mutant


_DEFINITIONS: tuple[tuple[str, Callable[[Place], Place]], ...] = (
    ("deleted", _of(lambda place: place["monitors"].pop(0))),
    ("marked as deleted", _set(deleted="2026-11-10T00:00:00+00:00")),
    ("an average over everything", _query("{env:prod} by {host}", "{*}")),
    ("a second one just like it", _of(lambda place: place["monitors"].append(monitor(id=110)))),
    ("another metric", _query("replication_delay", "replication_delay_bytes")),
    (
        "the metric only in the name",
        _mon(
            lambda one: one.update(query="avg(last_5m):avg:pg.lag{env:prod} > 30", name="postgresql.replication_delay")
        ),
    ),
    ("a looser threshold", _query("> 30", "> 300", 300.0)),
    ("a threshold one above", _query("> 30", "> 31", 31.0)),
    ("the comparison turned round", _query("> 30", "< 30")),
    ("equal instead of above", _query("> 30", "== 30")),
    ("a threshold in the options that is another", _opt(thresholds={"critical": 300.0, "critical_recovery": 20.0})),
    ("another scope", _query("env:prod", "env:staging")),
    ("a narrower scope", _query("env:prod", "env:prod,host:db1")),
    ("a scope by a wildcard", _query("env:prod", "env:prod,host:db*")),
    ("all but the scope", _query("{env:prod}", "{!env:prod}")),
    ("all but one host", _query("env:prod", "env:prod AND NOT host:db1")),
    ("a scope that is a variable", _query("env:prod", "$env")),
    ("one of two environments", _query("{env:prod}", "{env IN (staging,dev)}")),
    ("a longer window", _query("last_5m", "last_1h")),
    ("a window of the calendar", _query("last_5m", "current_1d")),
    ("the minimum of the window", _query("avg(last_5m)", "min(last_5m)")),
    ("the sum of the window", _query("avg(last_5m)", "sum(last_5m)")),
    ("scaled", _query(f"{_LAG} by {{host}}", "avg:postgresql.replication_delay{env:prod} by {host} / 1000")),
    ("negated", _query("avg:postgresql", "-avg:postgresql")),
    ("the difference of two metrics", _query(" by {host}", " - avg:postgresql.replication_base{env:prod}")),
    ("as a rate", _query(" by {host}", ".as_rate()")),
    ("a derivative", _query(_LAG, "derivative(avg:postgresql.replication_delay{env:prod})")),
    ("rolled up as a sum", _query(" by {host}", ".rollup(sum, 60)")),
    ("of an hour ago", _query(f"{_LAG} by {{host}}", "hour_before(avg:postgresql.replication_delay{env:prod})")),
    ("a change", _query("avg(last_5m)", "change(avg(last_5m),last_5m)")),
    ("an anomaly", _query(f"{_LAG} by {{host}}", "anomalies(avg:postgresql.replication_delay{env:prod}, 'basic', 2)")),
    (
        "a forecast",
        _query(
            "avg(last_5m):avg:postgresql.replication_delay{env:prod} by {host}",
            "max(next_1w):forecast(avg:postgresql.replication_delay{env:prod}, 'linear', 1)",
        ),
    ),
    ("the metric in a comment of a search", _set(type="log alert", query=_SEARCH)),
    ("a query cut short", _query(" by {host} > 30", " by {host} >")),
    ("no recovery threshold", _opt(thresholds={"critical": 30.0})),
    ("an early recovery", _opt(thresholds={"critical": 30.0, "critical_recovery": 29.0})),
    ("silent without data", _opt(notify_no_data=False)),
    ("silent by the newer option", _opt(on_missing_data="default")),
    ("another team's tag", _set(tags=["team:search"])),
    ("unreadable thresholds", _opt(thresholds=[30])),
)

_STATES: tuple[tuple[str, Callable[[Place], Place]], ...] = (
    ("muted for ever", _opt(silenced={"*": None})),
    ("muted until later", _opt(silenced={"*": LATER})),
    ("muted for the scope", _opt(silenced={"env:prod": None})),
    ("muted for one host", _opt(silenced={"host:db1": None})),
    ("muted for a scope that is not understood", _opt(silenced={"((": None})),
    ("a downtime for its id", _down(**_THIS)),
    ("a downtime for its tag", _down(**_MINE)),
    ("a downtime for every monitor", _down(monitor_identifier={"monitor_tags": ["*"]})),
    ("a downtime for the scope", _down(**_MINE, scope="env:prod")),
    ("a downtime for two scopes", _down(**_MINE, scope="env:(prod OR staging)")),
    ("a downtime for one host", _down(**_MINE, scope="host:db1")),
    (
        "a downtime that ends tomorrow",
        _down(**_MINE, schedule={"start": "2026-11-20T11:00:00+00:00", "end": "2026-11-21T00:00:00+00:00"}),
    ),
    ("a downtime every day at noon", _down(**_THIS, schedule=_recurring("FREQ=DAILY", "2026-11-01T11:30:00", "1h"))),
    (
        "a downtime every Friday in Berlin",
        _down(**_THIS, schedule=_recurring("FREQ=WEEKLY;BYDAY=FR", "2026-09-01T12:30:00", "1h", "Europe/Berlin")),
    ),
    (
        "a recurring downtime that is on",
        _down(
            **_THIS, schedule={**_recurring("FREQ=HOURLY", "2026-11-01T00:00:00", "1m"), "current_downtime": _NOW_ON}
        ),
    ),
    (
        "a recurring downtime that cannot be reckoned",
        _down(**_THIS, schedule=_recurring("FREQ=SECONDLY", "2026-11-01T00:00:00", "1h")),
    ),
    (
        "a downtime of a new form",
        _of(lambda place: place["downtimes"].append({"id": "x", "type": "downtime", "attributes": {"scope": 7}})),
    ),
    ("a downtime listed with it", _set(matching_downtimes=[_LISTED])),
    ("a draft", _set(draft_status="draft")),
    ("a new status", _set(draft_status="proposed")),
    ("no data any more", _set(overall_state="No Data")),
    ("never any data", _set(overall_state="No Data", overall_state_modified=None)),
    (
        "created an hour ago",
        _set(overall_state="No Data", overall_state_modified=None, created="2026-11-20T11:00:00+00:00"),
    ),
    ("ignored", _set(overall_state="Ignored")),
    ("a state that is not told", _set(overall_state=None)),
)

_MESSAGES: tuple[tuple[str, Callable[[Place], Place]], ...] = (
    ("no handle", _set(message="Replication is behind.")),
    ("no message", _set(message=None)),
    ("another handle", _set(message="@slack-database")),
    ("a longer handle", _set(message="@pagerduty-database-staging")),
    ("the handle on recovery only", _set(message="{{#is_recovery}}@pagerduty-database{{/is_recovery}}")),
    ("the handle on a warning only", _set(message="{{#is_warning}} @pagerduty-database {{/is_warning}}")),
    ("the handle when it is not an alert", _set(message="{{^is_alert}}@pagerduty-database{{/is_alert}}")),
    ("the handle in the other branch", _set(message="{{#is_alert}}ok{{else}}@pagerduty-database{{/is_alert}}")),
    ("the handle for some hosts", _set(message='{{#is_match "host.name" "db1"}}@pagerduty-database{{/is_match}}')),
    ("the handle in a code span", _set(message="Tell `@pagerduty-database` about it")),
    ("the handle in a fenced block", _set(message="```\n@pagerduty-database\n```\n")),
    ("the handle in an e-mail address", _set(message="mail database@pagerduty-database")),
    ("the handle in a URL", _set(message="https://example.org/@pagerduty-database")),
    ("the handle made at run time", _set(message="@pagerduty-{{service.name}}")),
    (
        "the handle for another priority",
        _set(message="{{#is_priority 'P1'}}@pagerduty-database{{/is_priority}}", priority=4),
    ),
)

_COMPOSITES: tuple[tuple[str, Callable[[Place], Place]], ...] = (
    ("a part that is gone", _of(lambda place: place["monitors"].pop(1))),
    ("a part that is muted", _opt(silenced={"*": None})),
    ("a part that is a draft", _set(1, draft_status="draft")),
    ("a part without data", _set(1, overall_state="No Data")),
    ("a part in downtime", _down(**_THIS)),
    ("a part that cannot be read", _opt(1, thresholds="none")),
)

_ROUTES: tuple[tuple[str, Callable[[Place], Place]], ...] = (
    ("the rule is gone", _of(lambda place: place["rules"].pop())),
    ("the rule asks for another tag", _rule(filter={"tags": ["team:database", "env:prod"]})),
    ("the rule tells others", _rule(recipients=["slack-database"])),
    ("the rule tells of recoveries only", _rule(recipients=None, conditional_recipients=_only("is_recovery"))),
    ("the rule depends on the host", _rule(filter={"tags": ["host:db1"]})),
    ("the rule excludes it", _rule(filter={"scope": "NOT team:database"})),
    ("the rule has a filter of a new form", _rule(filter={"teams": ["database"]})),
    ("the rule decides at run time", _rule(recipients=None)),
)


_UNREAD: tuple[tuple[str, Callable[[Place], Place]], ...] = (
    ("the metric in a query that is not understood", _query("avg(last_5m)", "tomorrow(last_5m)")),
    ("a longer metric in such a query", _query("avg(last_5m):avg:postgresql.", "tomorrow(last_5m):avg:postgresql.x_")),
    ("the metric in a formula's search", _set(query='formula("q").last("5m") > 30', options=_SEARCHED)),
)


def harmless() -> Iterator[tuple[str, Mutant[Place]]]:
    """Each declaration with a place that looks different and is right."""
    for declared, base, changes in (
        (METRIC, passing(), _FINE),
        (ROUTED, passing_routed(), _FINE_ROUTES),
        (COMPOSITE, passing_composite(), _FINE_COMPOSITES),
    ):
        for mutant in edits(base, *changes):
            yield declared, mutant


_FINE: tuple[tuple[str, Callable[[Place], Place]], ...] = (
    ("a stricter threshold", _query("> 30", "> 10", 10.0)),
    ("at least instead of above", _query("> 30", ">= 30")),
    ("a threshold written as a float", _query("> 30", "> 30.0")),
    ("a threshold that is a whole number", _opt(thresholds={"critical": 30, "critical_recovery": 20})),
    ("a threshold in the query only", _opt(thresholds={"critical_recovery": 20.0})),
    ("the type renamed", _set(type="metric alert")),
    ("a blank at the end", _mon(lambda one: one.update(query=one["query"] + "\n"))),
    ("other spaces", _query(" by {host} > 30", " by { host }  >30")),
    ("the widest scope", _query("{env:prod}", "{*}")),
    (
        "the highest of everything",
        _query("avg:postgresql.replication_delay{env:prod} by {host}", "max:postgresql.replication_delay{*}"),
    ),
    ("a scope of two environments", _query("{env:prod}", "{env IN (prod,staging)}")),
    ("all but another environment", _query("{env:prod}", "{!env:staging}")),
    ("a shorter window", _query("last_5m", "last_1m")),
    ("the maximum of the window", _query("avg(last_5m)", "max(last_5m)")),
    (
        "zero where nothing comes",
        _query(f"{_LAG} by {{host}}", "default_zero(avg:postgresql.replication_delay{env:prod} by {host})"),
    ),
    ("more groups", _query("by {host}", "by {host,service}")),
    ("more tags", _set(tags=["service:shop", "team:database", "tier:1"])),
    ("tags in capitals", _set(tags=["Team:Database"])),
    ("another name", _set(name="Lag!")),
    ("fields of a later Datadog", _set(matches_the_moon="full", assets=[{"x": 1}])),
    ("no field for what is muted", _mon(lambda one: one["options"].pop("silenced"))),
    ("muted in the past", _opt(silenced={"*": EARLIER})),
    ("muted elsewhere", _opt(silenced={"env:staging": None})),
    ("a downtime elsewhere", _down(**_MINE, scope="env:staging")),
    (
        "a downtime that is over",
        _down(**_THIS, schedule={"start": "2026-11-01T00:00:00+00:00", "end": "2026-11-02T00:00:00+00:00"}),
    ),
    (
        "a downtime that is to come",
        _down(**_THIS, status="scheduled", schedule={"start": "2026-11-21T00:00:00+00:00", "end": None}),
    ),
    ("a downtime that was cancelled", _down(**_THIS, status="canceled")),
    ("a downtime at night", _down(**_THIS, status="scheduled", schedule=_NIGHTLY)),
    ("a downtime for one tag more", _down(monitor_identifier={"monitor_tags": ["team:database", "tier:1"]})),
    ("another monitor's downtime", _down(monitor_identifier={"monitor_id": 102})),
    ("no draft status", _mon(lambda one: one.pop("draft_status"))),
    ("alerting now", _set(overall_state="Alert")),
    ("the newer option for no data", _opt(notify_no_data=False, on_missing_data="show_and_notify_no_data")),
    ("a handle without conditions", _set(message="@pagerduty-database")),
    ("a handle in brackets", _set(message="(@PagerDuty-Database)")),
    ("a handle at the end of a sentence", _set(message="Call @pagerduty-database.")),
    ("a handle in two kinds of place", _set(message=_EVERYWHERE)),
    ("a handle but on recovery", _set(message="{{^is_recovery}}@pagerduty-database{{/is_recovery}}")),
    ("a handle for its priority", _set(message='{{#is_priority "P2"}}@pagerduty-database{{/is_priority}}', priority=2)),
    (
        "a staging twin",
        _of(
            lambda place: place["monitors"].append(
                monitor(id=111, query="avg(last_5m):avg:postgresql.replication_delay{env:staging} > 30")
            )
        ),
    ),
    (
        "an odd neighbour",
        _of(lambda place: place["monitors"].append({"id": 112, "name": "odd", "query": 7, "type": "x"})),
    ),
)

_FINE_ROUTES: tuple[tuple[str, Callable[[Place], Place]], ...] = (
    ("a rule for any team", _rule(filter={"tags": ["team:*"]})),
    ("a rule by a scope", _rule(filter={"scope": "team:(database OR search)"})),
    ("a rule that tells of alerts", _rule(recipients=None, conditional_recipients=_only("is_alert"))),
)

_FINE_COMPOSITES: tuple[tuple[str, Callable[[Place], Place]], ...] = (
    ("another order", _set(2, query="!102 && 101")),
    ("a part that alerts", _set(overall_state="Alert")),
)


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant, those that only a replay or the path to people tells apart among them."""
    from loopcheck_checks.datadog_monitor import path_mutants
    from loopcheck_checks.datadog_monitor.replay import mutants as replayed

    return [*verified(mutants()), *path_mutants.outcomes(), *replayed.outcomes()]


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of each harmless variation."""
    from loopcheck_checks.datadog_monitor import path_mutants
    from loopcheck_checks.datadog_monitor.replay import mutants as replayed

    return [*verified(harmless()), *path_mutants.harmless_outcomes(), *replayed.harmless_outcomes()]


def verified(cases: Iterable[tuple[str, Mutant[Place]]]) -> list[Outcome]:
    """What the checker says of each case, all of them in one repository."""
    listed = list(cases)
    with tempfile.TemporaryDirectory() as folder:
        builder = RepositoryBuilder(Path(folder))
        builder.commit(
            {
                f"case{number}/{path}": text
                for number, (_, case) in enumerate(listed)
                for path, text in files(case.mutated).items()
            }
        )
        repository = Repository(Path(folder))
        try:
            return [_outcome(repository, number, *case) for number, case in enumerate(listed)]
        finally:
            repository.close()


def files(place: Place) -> Mapping[str, str]:
    """A place as the files of an export."""
    return {
        "monitors.json": json.dumps(place["monitors"], indent=2),
        "downtimes.json": json.dumps({"data": place["downtimes"]}, indent=2),
        "rules.json": json.dumps({"data": place["rules"]}, indent=2),
    }


def _outcome(repository: Repository, number: int, declared: str, case: Mutant[Place]) -> Outcome:
    settings = yaml.load(f"datadog: {{export: case{number}}}", "settings")
    session = Session(
        repository, now=NOW, environment={}, settings=settings if isinstance(settings, yaml.MappingNode) else None
    )
    result = examine(DatadogMonitorChecker(), declared, session)
    return outcome_of(case.name, result)
