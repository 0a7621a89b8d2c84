"""Alert rules that look right and are wrong, and some that look odd and are right.

Each is a stand-in for Grafana, asked over HTTP, beside a git repository. The stand-in is in the folder tests/ of a
checkout, so these run only there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.mutants import Mutant, Outcome, edits, outcome_of
from loopcheck.testing.repository import NOW
from loopcheck_checks.grafana_alert import GrafanaAlertChecker

DECLARED = """
title: Replication lag
query: pg_replication_lag_seconds
fires-when: "> 30"
for: 5m
labels: {severity: page, team: database}
notifies: Database on call
"""
PATH = "grafana/provisioning/alerting/database.yaml"
FROM_FILE = DECLARED + f"rules: {PATH}\n"
BARE = 'query: pg_replication_lag_seconds\nfires-when: "> 30"\n'


def expression(ref: str, kind: str, **more: Any) -> dict[str, Any]:
    """A node that is one of Grafana's own expressions."""
    return {
        "refId": ref,
        "queryType": "",
        "relativeTimeRange": {"from": 0, "to": 0},
        "datasourceUid": "__expr__",
        "model": {"refId": ref, "type": kind, "datasource": {"type": "__expr__", "uid": "__expr__"}, **more},
    }


def query(ref: str, expr: str, **more: Any) -> dict[str, Any]:
    """A node that asks a Prometheus."""
    return {
        "refId": ref,
        "queryType": "",
        "relativeTimeRange": {"from": 600, "to": 0},
        "datasourceUid": "PBFA97CFB590B2093",
        "model": {"refId": ref, "expr": expr, "instant": False, "intervalMs": 1000, "maxDataPoints": 43200, **more},
    }


def evaluator(kind: str, *numbers: Any) -> dict[str, Any]:
    """What a threshold compares with."""
    return {"evaluator": {"type": kind, "params": list(numbers)}}


def classic(kind: str, number: Any, **more: Any) -> dict[str, Any]:
    """A part of a classic condition."""
    return {
        **evaluator(kind, number),
        "operator": {"type": "and"},
        "query": {"params": ["A"]},
        "reducer": {"type": "avg", "params": []},
        "type": "query",
        **more,
    }


def above(ref: str, number: Any = 30) -> dict[str, Any]:
    """The condition of the rule: a threshold on another node."""
    return expression("C", "threshold", expression=ref, conditions=[evaluator("gt", number)])


def math(ref: str, formula: str) -> dict[str, Any]:
    """A formula."""
    return expression(ref, "math", expression=formula)


def classics(*conditions: dict[str, Any]) -> dict[str, Any]:
    """The condition of the rule, as it was in Grafana's first alerts."""
    return expression("C", "classic_conditions", conditions=list(conditions))


def nodes() -> list[dict[str, Any]]:
    """A query, its last value, a threshold."""
    return [
        query("A", 'max by (cluster) (pg_replication_lag_seconds{env="prod"})'),
        expression("B", "reduce", expression="A", reducer="last"),
        above("B"),
    ]


def rule(**more: Any) -> dict[str, Any]:
    """A rule as Grafana answers it."""
    return {
        "id": 1,
        "uid": "lag",
        "orgID": 1,
        "folderUID": "db",
        "ruleGroup": "every minute",
        "title": "Replication lag",
        "condition": "C",
        "data": nodes(),
        "updated": "2026-11-02T10:00:00Z",
        "noDataState": "NoData",
        "execErrState": "Error",
        "for": "5m",
        "annotations": {"summary": "Replication is behind"},
        "labels": {"severity": "page", "team": "database"},
        "isPaused": False,
        "notification_settings": None,
        "record": None,
        **more,
    }


def _other() -> dict[str, Any]:
    data = [query("A", "node_filesystem_avail_bytes"), expression("C", "threshold", expression="A")]
    return rule(uid="disk", title="Disk", data=data, folderUID="storage", labels={"team": "storage"})


def _policies() -> dict[str, Any]:
    return {
        "receiver": "grafana-default-email",
        "group_by": ["grafana_folder", "alertname"],
        "routes": [
            {"receiver": "Storage", "object_matchers": [["team", "=", "storage"]]},
            {
                "receiver": "Database",
                "object_matchers": [["team", "=~", "data.+"]],
                "routes": [{"receiver": "Database on call", "object_matchers": [["severity", "=", "page"]]}],
            },
        ],
    }


def _points() -> list[dict[str, Any]]:
    def point(name: str, kind: str, **settings: Any) -> dict[str, Any]:
        return {
            "uid": name.casefold(),
            "name": name,
            "type": kind,
            "settings": settings,
            "disableResolveMessage": False,
        }

    return [
        point("grafana-default-email", "email", addresses="<example@email.com>"),
        point("Database on call", "pagerduty", integrationKey="[REDACTED]"),
        point("Database on call", "slack", url="[REDACTED]", recipient="#database"),
        point("Database", "email", addresses="dba@shop.io; lead@shop.io"),
        point("Storage", "webhook", url="https://hooks.shop.io/storage"),
    ]


def interval(**more: Any) -> dict[str, Any]:
    """A part of a mute timing."""
    return more


def silence(state: str, *matchers: tuple[str, str, bool, bool]) -> dict[str, Any]:
    """A silence, with matchers of name, value, whether it is a pattern, whether it must match."""
    return {
        "id": "5d8e",
        "status": {"state": state},
        "matchers": [{"name": n, "value": v, "isRegex": r, "isEqual": e} for n, v, r, e in matchers],
        "startsAt": (NOW - timedelta(days=1)).isoformat(),
        "endsAt": (NOW + timedelta(days=1)).isoformat(),
        "updatedAt": NOW.isoformat(),
        "createdBy": "bob",
        "comment": "noisy",
    }


class Scene(msgspec.Struct):
    """What is declared, what is in Grafana, what is in the repository."""

    expect: str = DECLARED
    rules: list[dict[str, Any]] = msgspec.field(default_factory=lambda: [_other(), rule()])
    policies: dict[str, Any] = msgspec.field(default_factory=_policies)
    points: list[dict[str, Any]] = msgspec.field(default_factory=_points)
    timings: list[dict[str, Any]] = []
    silences: list[dict[str, Any]] = []
    outcome: dict[str, Any] = {}
    permissions: dict[str, list[str]] | None = None
    file: str | None = None
    address: bool = True
    token: bool = True
    names_states: bool = True


def provisioned(**more: Any) -> str:
    """The file that Grafana is provisioned with, in the JSON that is YAML too."""
    kept = ("uid", "title", "condition", "data", "for", "labels", "annotations", "noDataState", "execErrState")
    one = {key: value for key, value in rule(**more).items() if key in (*kept, "isPaused")}
    group = {"orgId": 1, "name": "every minute", "folder": "Database", "interval": "1m", "rules": [one]}
    return json.dumps({"apiVersion": 1, "groups": [group]}, indent=1)


PASSING = Scene()
"""The rule that was promised, among others."""
IN_FILE = Scene(expect=FROM_FILE, file=provisioned())
"""The same, provisioned from the repository."""

Change = Callable[[Scene], Any]


def _of(change: Change) -> Callable[[Scene], Scene]:
    def apply(scene: Scene) -> Scene:
        changed = deepcopy(scene)
        change(changed)
        return changed

    return apply


def _both(*changes: Callable[[Scene], Scene]) -> Callable[[Scene], Scene]:
    def apply(scene: Scene) -> Scene:
        for change in changes:
            scene = change(scene)
        return scene

    return apply


def _rule(**changes: Any) -> Callable[[Scene], Scene]:
    return _of(lambda scene: scene.rules[1].update(changes))


def _data(*data: dict[str, Any], condition: str = "C") -> Callable[[Scene], Scene]:
    return _rule(data=list(data), condition=condition)


def _node(place: int, **changes: Any) -> Callable[[Scene], Scene]:
    return _of(lambda scene: scene.rules[1]["data"][place]["model"].update(changes))


def _set(**changes: Any) -> Callable[[Scene], Scene]:
    def change(scene: Scene) -> None:
        for name, value in changes.items():
            setattr(scene, name, value)

    return _of(change)


def _route(**changes: Any) -> Callable[[Scene], Scene]:
    """A change to the policy that leads to those on call."""
    return _of(lambda scene: scene.policies["routes"][1]["routes"][0].update(changes))


def _parent(**changes: Any) -> Callable[[Scene], Scene]:
    return _of(lambda scene: scene.policies["routes"][1].update(changes))


def _first(**route: Any) -> Callable[[Scene], Scene]:
    """A policy before all others."""
    return _of(lambda scene: scene.policies["routes"].insert(0, route))


def _muted(*intervals: dict[str, Any], by: str = "mute_time_intervals") -> Callable[[Scene], Scene]:
    def change(scene: Scene) -> None:
        scene.timings = [{"name": "quiet", "time_intervals": list(intervals)}]
        scene.policies["routes"][1]["routes"][0][by] = ["quiet"]

    return _of(change)


def _silenced(*matchers: tuple[str, str, bool, bool], state: str = "active") -> Callable[[Scene], Scene]:
    return _set(silences=[silence(state, *matchers)])


def _outcome(**outcome: Any) -> Callable[[Scene], Scene]:
    return _set(outcome=outcome)


def _instances(*states: str) -> list[dict[str, Any]]:
    return [{"labels": {"cluster": f"c{number}"}, "state": state} for number, state in enumerate(states)]


def _point(kind: str, **settings: Any) -> Callable[[Scene], Scene]:
    """The contact point of those on call has this integration alone."""

    def change(scene: Scene) -> None:
        kept = [one for one in scene.points if one["name"] != "Database on call"]
        scene.points = [*kept, {"uid": "x", "name": "Database on call", "type": kind, "settings": settings}]

    return _of(change)


def _may(**permissions: list[str]) -> Callable[[Scene], Scene]:
    return _set(permissions={name.replace("__", ":").replace("_", "."): scopes for name, scopes in permissions.items()})


_A = 'max by (cluster) (pg_replication_lag_seconds{env="prod"})'
_B = expression("B", "reduce", expression="A", reducer="last")
_C = above("B")
_FULL = {"start_time": "00:00", "end_time": "24:00"}
_NAMED = {"receiver": "Database on call", "group_by": ["alertname"]}


def mutants() -> Iterator[Mutant[Scene]]:
    """Each must lose its VERIFIED."""
    yield from edits(
        PASSING,
        ("deleted", _of(lambda scene: scene.rules.pop())),
        ("all deleted", _set(rules=[])),
        ("renamed", _rule(title="Replication lag (old)")),
        ("a recording rule", _rule(record={"metric": "lag", "from": "A"})),
        ("of a form that is not read", _rule(data="A")),
        ("another metric", _node(0, expr="max(pg_stat_replication_lag_seconds)")),
        ("a longer metric", _node(0, expr="max(pg_replication_lag_seconds_total)")),
        ("the metric in a comment", _node(0, expr="vector(1) # pg_replication_lag_seconds")),
        (
            "the metric in a query that the condition leaves out",
            _data(query("A", _A), query("D", "up"), above("D")),
        ),
        ("a higher threshold", _node(2, conditions=[evaluator("gt", 300)])),
        ("a threshold just above", _node(2, conditions=[evaluator("gt", 30.5)])),
        ("below the threshold", _node(2, conditions=[evaluator("lt", 30)])),
        ("equal to the threshold", _node(2, conditions=[evaluator("eq", 30)])),
        ("within a range", _node(2, conditions=[evaluator("within_range", 30, 40)])),
        ("a threshold that is a text", _node(2, conditions=[evaluator("gt", "30")])),
        ("no threshold", _node(2, conditions=[])),
        ("a threshold without a number", _node(2, conditions=[evaluator("gt")])),
        ("two thresholds", _node(2, conditions=[evaluator("gt", 30), evaluator("gt", 300)])),
        ("the condition is gone", _rule(condition="X")),
        ("the condition is the query", _rule(condition="A")),
        ("the condition rests on nothing", _node(2, expression="X")),
        ("the query compares before", _node(0, expr="pg_replication_lag_seconds > 300")),
        (
            "another threshold before",
            _data(
                query("A", _A),
                _B,
                expression("D", "threshold", expression="B", conditions=[evaluator("gt", 300)]),
                above("D", 0),
            ),
        ),
        (
            "a comparison in a formula before",
            _data(
                query("A", _A),
                _B,
                math("D", "$B > 300"),
                above("D", 0),
            ),
        ),
        ("a formula with a higher number", _data(query("A", _A), _B, math("C", "$B > 300"))),
        ("a formula of two", _data(query("A", _A), _B, math("C", "$B > 30 && $B > 300"))),
        ("a classic condition, higher", _data(query("A", _A), classics(classic("gt", 300)))),
        (
            "two classic conditions",
            _data(query("A", _A), classics(classic("gt", 30), classic("lt", 9))),
        ),
        ("SQL over the query", _data(query("A", _A), expression("C", "sql", expression="SELECT * FROM A"))),
        ("waits for an hour", _rule(**{"for": "1h"})),
        ("waits a second longer", _rule(**{"for": "5m1s"})),
        ("waits for what is no time", _rule(**{"for": "five"})),
        ("a label is another", _rule(labels={"severity": "info", "team": "database"})),
        ("a label is missing", _rule(labels={"team": "database"})),
        ("no labels", _rule(labels=None)),
        ("a label from a template", _rule(labels={"severity": "{{ $labels.s }}", "team": "database"})),
        ("two of that title", _of(lambda scene: scene.rules.append(rule(uid="lag2")))),
        ("paused", _rule(isPaused=True)),
        ("its evaluation fails", _outcome(health="error", lastError="connection refused", alerts=_instances("Error"))),
        (
            "its evaluation fails, made normal",
            _outcome(health="ok", alerts=_instances("Normal (Error)", "Normal (Error)")),
        ),
        ("some evaluations fail", _outcome(health="ok", alerts=_instances("Normal", "Normal (Error)"))),
        ("no data", _outcome(health="nodata", alerts=_instances("NoData"))),
        ("no data and no instance", _outcome(health="nodata", alerts=[])),
        ("no data, made normal", _outcome(health="ok", alerts=_instances("Normal (NoData)"))),
        ("no data of some", _outcome(health="nodata", alerts=_instances("Normal", "NoData"))),
        ("never evaluated", _outcome(health="unknown", evaluated=None)),
        ("evaluated yesterday", _outcome(evaluated=1440)),
        ("health of a new kind", _outcome(health="amused")),
        ("silenced by its name", _silenced(("alertname", "Replication lag", False, True))),
        ("silenced by its identifier", _silenced(("__alert_rule_uid__", "lag", False, True))),
        ("silenced by its team", _silenced(("team", "data.*", True, True))),
        ("silenced by its folder", _silenced(("grafana_folder", "Database", False, True))),
        ("silenced, all but another", _silenced(("team", "storage", False, False))),
        ("silenced for one of its instances", _silenced(("instance", "db1", False, True))),
        (
            "silenced for one of two instances",
            _both(
                _silenced(("cluster", "c1", False, True)),
                _outcome(alerts=_instances("Normal", "Normal")),
            ),
        ),
        ("the route is gone", _parent(routes=[])),
        ("the route asks for another label", _route(object_matchers=[["severity", "=", "critical"]])),
        (
            "the route asks for one label more",
            _route(object_matchers=[["severity", "=", "page"], ["env", "=", "prod"]]),
        ),
        ("the route leaves it out", _route(object_matchers=[["severity", "!~", "p.*"]])),
        ("the route leads to others", _route(receiver="Storage")),
        ("another route comes first", _first(receiver="Storage", object_matchers=[["severity", "=", "page"]])),
        ("the parent leaves it out", _parent(object_matchers=[["team", "=", "web"]])),
        ("only the default policy", _of(lambda scene: scene.policies.pop("routes"))),
        ("matchers of a new form", _route(object_matchers=[["severity", "~", "page"]])),
        ("names another contact point itself", _rule(notification_settings={"receiver": "Storage"})),
        ("its contact point has no integration", _of(lambda scene: scene.points.__delitem__(slice(1, 3)))),
        ("its contact point is the one that Grafana is made with", _point("email", addresses="<example@email.com>")),
        ("its contact point has an empty address", _point("email", addresses="")),
        ("its contact point tells an example", _point("email", addresses="on-call@example.com")),
        ("its contact point calls nobody", _point("webhook", url="https://hooks.example.invalid/x")),
        ("its contact point calls an empty address", _point("webhook", url="")),
        ("muted without end", _muted(interval())),
        ("muted at every hour", _muted(interval(times=[_FULL]))),
        ("muted on every day", _muted(interval(weekdays=["monday:friday"]), interval(weekdays=["saturday", "sunday"]))),
        (
            "muted by day and by night",
            _muted(
                interval(
                    times=[{"start_time": "00:00", "end_time": "12:00"}, {"start_time": "12:00", "end_time": "24:00"}]
                )
            ),
        ),
        ("muted for years", _muted(interval(years=["2026:2030"]))),
        ("muted at weekends", _muted(interval(weekdays=["saturday", "sunday"]))),
        ("muted in a form that is not read", _muted(interval(weekdays=["workdays"]))),
        ("active at no time", _muted(by="active_time_intervals")),
        (
            "active by day",
            _muted(interval(times=[{"start_time": "08:00", "end_time": "18:00"}]), by="active_time_intervals"),
        ),
        ("muted by a timing that is gone", _route(mute_time_intervals=["quiet"])),
        (
            "muted by the rule itself",
            _both(
                _set(timings=[{"name": "quiet", "time_intervals": [{}]}]),
                _rule(notification_settings={**_NAMED, "mute_time_intervals": ["quiet"]}),
            ),
        ),
        (
            "the folder is not shown",
            _may(
                alert_provisioning__read=[""],
                alert_rules__read=["folders:uid:storage"],
                folders__read=["folders:*"],
                alert_silences__read=["folders:*"],
            ),
        ),
        (
            "rules of that folder are not shown",
            _may(
                alert_notifications__read=[""], alert_rules__read=["folders:uid:storage"], folders__read=["folders:*"]
            ),
        ),
        (
            "notifications are not shown",
            _may(alert_rules__read=["folders:*"], folders__read=["folders:*"], alert_silences__read=["folders:*"]),
        ),
        (
            "silences are not shown",
            _may(alert_provisioning__read=[""], alert_rules__read=["folders:*"], folders__read=["folders:*"]),
        ),
        ("nothing is shown", _set(permissions={})),
        ("no token", _set(token=False)),
        ("no address", _set(address=False)),
    )
    yield from edits(
        Scene(expect=BARE),
        ("a threshold on a count", _node(1, reducer="count")),
        ("a threshold on a formula", _data(query("A", _A), _B, math("D", "$B / 60"), above("D"))),
        ("a threshold on a rate", _node(0, expr="rate(pg_replication_lag_seconds[5m])")),
        (
            "a threshold in a language that is not read",
            _node(0, expr=None, query="from lag, max pg_replication_lag_seconds"),
        ),
        ("an alert that something else suspends", _node(0, expr="pg_replication_lag_seconds unless maintenance")),
        (
            "a classic condition on a count",
            _data(query("A", _A), classics(classic("gt", 30, reducer={"type": "count"}))),
        ),
        (
            "labels that decide the route are not known",
            _both(
                _rule(labels={}, data=[query("A", "pg_replication_lag_seconds"), _B, _C]),
                _outcome(alerts=[]),
            ),
        ),
    )
    yield from edits(
        IN_FILE,
        ("not in Grafana", _of(lambda scene: scene.rules.pop())),
        ("in Grafana under another identifier", _rule(uid="lag2")),
        ("in Grafana with another threshold", _node(2, conditions=[evaluator("gt", 300)])),
        ("in Grafana with another pending period", _rule(**{"for": "1h"})),
        ("in Grafana without a label", _rule(labels={"team": "database"})),
        ("paused in Grafana", _rule(isPaused=True)),
        ("the file is gone", _set(file=None)),
        ("the file is cut off", _set(file=provisioned()[:-40])),
        ("the file has another threshold", _set(file=provisioned().replace("30", "300"))),
        (
            "the file has it commented out",
            _set(file="apiVersion: 1\ngroups:\n" + "".join(f"# {line}\n" for line in provisioned().split("\n"))),
        ),
        ("the file has another rule", _set(file=provisioned(title="Disk"))),
        ("the file has a template for a threshold", _set(file=provisioned().replace("30", '"$LAG"'))),
        (
            "the file is of Prometheus",
            _set(
                file="apiVersion: 1\ngroups: [{name: a, rules: [{alert: Replication lag, expr: a > 30}]}]\n# condition"
            ),
        ),
        ("Grafana is not asked", _set(address=False)),
    )


def harmless() -> Iterator[Mutant[Scene]]:
    """Odd, and right: each must stay VERIFIED."""
    yield from edits(
        PASSING,
        ("a lower threshold", _node(2, conditions=[evaluator("gt", 10)])),
        ("at the threshold as well", _node(2, conditions=[evaluator("gte", 30)])),
        (
            "with a recovery threshold",
            _node(2, conditions=[{**evaluator("gt", 30), "unloadEvaluator": {"type": "lt", "params": [20]}}]),
        ),
        ("the title in other case", _rule(title="replication  LAG")),
        ("waits less", _rule(**{"for": "1m"})),
        ("does not wait", _rule(**{"for": "0s"})),
        ("with more labels", _of(lambda scene: scene.rules[1]["labels"].update(runbook="lag"))),
        ("a formula", _data(query("A", _A), _B, math("C", "${B} > 30"))),
        ("a formula turned round", _data(query("A", _A), _B, math("C", "30.0 < $B"))),
        ("a classic condition", _data(query("A", _A), classics(classic("gt", 30)))),
        (
            "an older expression",
            _of(lambda scene: [one.update(datasourceUid="-100") for one in scene.rules[1]["data"][1:]]),
        ),
        ("without a step between", _data(query("A", _A, instant=True), above("$A"))),
        ("reckoned in a formula", _data(query("A", _A), _B, math("D", "$B * 1"), above("D"))),
        ("a formula that is not used", _of(lambda scene: scene.rules[1]["data"].append(math("D", "$A > 300")))),
        (
            "in another language",
            _node(0, expr=None, rawSql="SELECT now() AS time, max(pg_replication_lag_seconds) FROM lag -- > 300"),
        ),
        ("fires now", _outcome(alerts=_instances("Alerting", "Normal"))),
        ("is pending", _outcome(alerts=_instances("Pending"))),
        ("evaluated five minutes ago", _outcome(evaluated=5)),
        ("states without identifiers", _set(names_states=False)),
        ("a silence that is over", _silenced(("team", "database", False, True), state="expired")),
        ("a silence to come", _silenced(("team", "database", False, True), state="pending")),
        ("a silence for others", _silenced(("team", "storage", False, True))),
        ("a silence for another rule", _silenced(("__alert_rule_uid__", "disk", False, True))),
        ("a silence for a part of the team", _silenced(("team", "data", True, True))),
        (
            "a route before that goes on",
            _first(receiver="Storage", object_matchers=[["severity", "=", "page"]], **{"continue": True}),
        ),
        ("matchers as text", _route(object_matchers=None, matchers=['severity="page"'])),
        ("matchers of old", _route(object_matchers=None, match={"severity": "page"})),
        ("patterns of old", _route(object_matchers=None, match_re={"severity": "pa.*"})),
        (
            "the receiver is the parent's",
            _both(_parent(receiver="Database on call"), _route(receiver=None)),
        ),
        ("names its contact point itself", _rule(notification_settings=_NAMED)),
        (
            "names it, whatever the policies",
            _both(_rule(notification_settings=_NAMED), _of(lambda scene: scene.policies.pop("routes"))),
        ),
        (
            "one integration of two is dead",
            _of(lambda scene: scene.points[1].update(type="email", settings={"addresses": "<example@email.com>"})),
        ),
        ("a mute timing without hours", _muted()),
        (
            "a mute timing of another policy",
            _both(
                _set(timings=[{"name": "quiet", "time_intervals": [{}]}]),
                _of(lambda scene: scene.policies["routes"][0].update(mute_time_intervals=["quiet"])),
            ),
        ),
        (
            "a mute timing that is past",
            _muted(interval(years=["2025"]), interval(years=["2026:2030"]), by="active_time_intervals"),
        ),
        (
            "narrower permissions",
            _may(
                alert_rules_provisioning__read=[""],
                alert_notifications_provisioning__read=[""],
                alert_rules__read=["folders:uid:db"],
                folders__read=["folders:uid:db"],
                alert_silences__read=["folders:uid:db"],
            ),
        ),
        ("a rule that is not read beside it", _of(lambda scene: scene.rules[0].update(data="A"))),
    )
    yield from edits(
        Scene(expect=BARE + "no-data: ignored\n"),
        ("no data, declared so", _outcome(health="nodata", alerts=_instances("NoData"))),
        (
            "two thresholds, of which one fits",
            _of(
                lambda scene: scene.rules.append(
                    rule(
                        uid="warn",
                        title="Lag, warning",
                        data=[
                            query("A", _A),
                            _B,
                            {**_C, "model": {**_C["model"], "conditions": [evaluator("gt", 99)]}},
                        ],
                    )
                )
            ),
        ),
    )
    yield from edits(
        Scene(expect='query: "rate(pg_replication_lag_seconds[5m])"\nfires-when: "> 30"\n'),
        ("the whole query declared", _node(0, expr="rate(pg_replication_lag_seconds[5m])")),
    )
    yield from edits(
        Scene(expect=DECLARED + "uid: lag2\n"),
        ("two of that title, and a hint", _of(lambda scene: scene.rules.append(rule(uid="lag2")))),
    )
    yield from edits(
        IN_FILE,
        ("the file without an identifier", _set(file=provisioned(uid=None))),
        ("Grafana has a label more", _of(lambda scene: scene.rules[1]["labels"].update(extra="1"))),
        ("the file has other spaces", _set(file=provisioned().replace("max by (cluster) (", "max by (cluster)   ("))),
    )


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant."""
    return verdicts(mutants())


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of the passing rules, and of each harmless variation of them."""
    return verdicts([Mutant("as it is", PASSING), Mutant("from a file", IN_FILE), *harmless()])


def verdicts(those: Iterable[Mutant[Scene]]) -> list[Outcome]:
    """What the checker says of each scene."""
    with TemporaryDirectory() as folder:
        repository = RepositoryBuilder(Path(folder))
        commits: dict[str | None, str] = {None: repository.commit({"README.md": "shop\n"})}
        out = []
        for mutant in those:
            file = mutant.mutated.file
            if file is not None and file not in commits:
                commits[file] = repository.commit({PATH: file})
            out.append(_outcome_of(mutant, repository, commits[file]))
        return out


def _outcome_of(mutant: Mutant[Scene], repository: RepositoryBuilder, commit: str) -> Outcome:
    scene = mutant.mutated
    with stand_in(scene) as grafana:
        environment = dict(grafana.environment) if scene.address else {}
        if not scene.token:
            del environment["GRAFANA_TOKEN"]
        result = examine(GrafanaAlertChecker(), scene.expect, repository.session(ref=commit, environment=environment))
    return outcome_of(mutant.name, result)


def stand_in(scene: Scene) -> Any:
    """A stand-in for the Grafana of a scene."""
    made = import_module("standins.grafana").GrafanaStandIn(
        scene.rules,
        policies=scene.policies,
        contact_points=scene.points,
        mute_timings=scene.timings,
        silences=scene.silences,
        folders={"db": "Database", "storage": "Storage"},
        now=NOW,
    )
    made.outcomes = {"lag": scene.outcome} if scene.outcome else {}
    made.names_states = scene.names_states
    if scene.permissions is not None:
        made.tokens["good-token"] = scene.permissions
    return made
