"""Alarms that are as declared and in force, and would not have caught the incident; and some that look odd and would.

Each is replayed over samples that a stand-in for Datadog gives over HTTP. The stand-in is in the folder tests/ of a
checkout, so these run only there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from loopcheck.model import Incident, Rung
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.mutants import Mutant, Outcome, edits, outcome_of
from loopcheck.testing.repository import NOW
from loopcheck_checks.datadog_monitor import DatadogMonitorChecker, mutants

STARTED = NOW - timedelta(days=5, hours=3)
INCIDENT = Incident(
    "INC-142",
    started=STARTED,
    detected=STARTED + timedelta(minutes=35),
    resolved=STARTED + timedelta(minutes=90),
)
_QUERY = "avg(last_5m):avg:postgresql.replication_delay{env:prod} by {host} > 30"
_DECLARED = "name: 'Replication lag on {{host.name}}'\nproven-by: incident\nfires-within: 10m\nat-most: 1 per 3d"
_LAG = "avg:postgresql.replication_delay{env:prod}"


class Bump(msgspec.Struct, frozen=True):
    """The metric at another height, for a while; without samples where the height is `None`."""

    after: int = 0
    """Minutes after the beginning of the incident."""
    minutes: int = 60
    height: float | None = 100.0


class Host(msgspec.Struct, frozen=True):
    """The samples of one host."""

    bumps: tuple[Bump, ...] = (Bump(),)
    name: str = "db1"
    env: str = "prod"
    base: float = 5.0
    each: int = 60
    """Seconds between samples."""

    def samples(self) -> dict[int, float]:
        """Second by value, of the days around the incident."""
        start = int(STARTED.timestamp())
        known: dict[int, float | None] = dict.fromkeys(
            range(start - 4 * 86_400, start + 4 * 86_400, self.each), self.base
        )
        for bump in self.bumps:
            begin = start + bump.after * 60
            first = begin + -begin % self.each
            known.update(dict.fromkeys(range(first, begin + bump.minutes * 60, self.each), bump.height))
        return {at: value for at, value in known.items() if value is not None}


class Told(msgspec.Struct, frozen=True):
    """An alert that the monitor really began, by its events."""

    after: int = 2
    """Minutes after the beginning of the incident."""
    group: str = "host:db1"
    became: str = "Alert"


class Scene(msgspec.Struct, frozen=True):
    """A monitor, what was measured, and what is declared."""

    query: str = _QUERY
    options: Mapping[str, Any] = {}
    hosts: tuple[Host, ...] = (Host(), Host(bumps=(), name="db2"))
    declared: str = _DECLARED
    incident: Incident | None = INCIDENT
    history: tuple[Told, ...] | None = None
    """What the monitor really did; `None` where the key may not see that."""
    edited: str = "2026-11-02T10:00:00.000000+00:00"
    documented: bool = True
    """Whether Datadog's description allows it."""


PASSING = Scene()
"""One host lags from the beginning of the incident on, and nothing else happens for days."""


def _but(**changes: Any) -> Callable[[Scene], Scene]:
    return lambda scene: msgspec.structs.replace(scene, **changes)


def _query(old: str, new: str) -> Callable[[Scene], Scene]:
    return lambda scene: msgspec.structs.replace(scene, query=scene.query.replace(old, new))


def _bumps(*bumps: Bump, **more: Any) -> Callable[[Scene], Scene]:
    return _but(hosts=(Host(bumps, **more), Host(bumps=(), name="db2")))


def _both(*changes: Callable[[Scene], Scene]) -> Callable[[Scene], Scene]:
    """One change after the other."""

    def change(scene: Scene) -> Scene:
        for one in changes:
            scene = one(scene)
        return scene

    return change


_HIGH = Bump()
_EVERY_MINUTE = tuple(Bump(2 * number, 1, 100.0) for number in range(45))
_TWICE_BEFORE = (Bump(-600, 20), Bump(-900, 20))
_SILENT_TWICE = (Bump(-600, 60, None), Bump(-900, 60, None))
_LONG_BEFORE = tuple(Bump(-5000 + 60 * number, 20) for number in range(4))
_TOLD = {"on_missing_data": "show_and_notify_no_data"}
_FULL = {"require_full_window": True}
_CHANGE = f"change(avg(last_5m),last_5m):{_LAG} by {{host}}"
_MONTHS = Incident("INC-1", started=STARTED - timedelta(days=60), resolved=STARTED)
_ONCE_SILENT = (Told(), Told(-600, became="No Data"))
_FLAPPING = tuple(Bump(600 + 20 * number, 8) for number in range(6))


def replayed() -> Iterator[Mutant[Scene]]:
    """Each must lose its VERIFIED."""
    yield from edits(
        PASSING,
        ("the threshold above all that was measured", _query("> 30", "> 100")),
        ("the comparison turned round", _query("> 30", "< 3")),
        ("equal to what it never was", _query("> 30", "== 31")),
        ("a window that dilutes it", _query("last_5m", "last_4h")),
        ("a window that is late", _query("last_5m", "last_1h")),
        ("the minimum of a window with dips", _both(_bumps(*_EVERY_MINUTE), _query("avg(", "min("))),
        ("the average of hosts that do not lag", _both(_many, _query(" by {host}", ""))),
        ("the least of all hosts", _query("avg:postgresql.replication_delay{env:prod} by {host}", f"min{_LAG[3:]}")),
        ("a scope in which nothing was measured", _query("env:prod", "env:production")),
        ("a scope in which nothing happened", _other_scope),
        ("another metric that was not measured", _query("replication_delay", "replication_delay_bytes")),
        ("scaled down", _query(" by {host} >", " by {host} / 1000 >")),
        ("a change instead of a height", _both(_ramp, _query("avg(last_5m)", "change(avg(last_5m),last_5m)"))),
        ("a change in percent that is not reached", _but(query=f"pct_{_CHANGE} > 2000")),
        ("evaluated too late", _but(options={"evaluation_delay": 900})),
        ("a full window of a sparse metric", _both(_sparse, _but(options=_FULL))),
        ("a new host that is waited for", _new_host),
        ("nothing measured in the incident", _bumps(Bump(0, 90, None))),
        ("no metric after the beginning", _bumps(Bump(0, 5000, None), Bump(-400, 30))),
        ("a peak that is too short", _bumps(Bump(10, 1))),
        ("a peak after the incident", _bumps(Bump(100, 60))),
        ("a peak that is over before", _bumps(Bump(-60, 30))),
        ("a peak that comes late", _bumps(Bump(30, 60))),
        ("firing all the time", _bumps(base=60.0)),
        ("firing since the day before", _both(_bumps(Bump(-900, 30), base=25.0), _but(options=_STUCK))),
        ("noisy before", _bumps(_HIGH, *_TWICE_BEFORE)),
        ("noisy after", _bumps(_HIGH, *_FLAPPING)),
        ("noisy on another host", _but(hosts=(Host(), Host(_TWICE_BEFORE, name="db2")))),
        ("noisy without data", _both(_bumps(_HIGH, *_SILENT_TWICE), _but(options={"notify_no_data": True}))),
        ("anomalies of it", _but(query=f"avg(last_4h):anomalies({_LAG}, 'basic', 2) >= 1")),
        ("a forecast of it", _but(query=f"max(next_1w):forecast({_LAG}, 'linear', 1) > 30")),
        ("outliers of it", _but(query=f"avg(last_30m):outliers({_LAG} by {{host}}, 'DBSCAN', 3) > 0")),
        ("logs of it", _but(query='logs("lag").index("*").rollup("count").last("5m") > 30')),
        ("a window of the calendar", _query("last_5m", "current_1d")),
        ("a schedule of its own", _but(options={"scheduling_options": {"custom_schedule": {"recurrences": [{}]}}})),
        ("a derivative of it", _but(query=f"avg(last_5m):derivative({_LAG} by {{host}}) > 30")),
        ("a rollup that is longer than the window", _query("{host} >", "{host}.rollup(avg, 600) >")),
        ("a sum of it, of who knows how many points", _query("avg(last_5m)", "sum(last_5m)")),
        ("a new word for missing data", _but(options={"on_missing_data": "guess"}, documented=False)),
        ("a delay that is no number", _but(options={"evaluation_delay": "soon"}, documented=False)),
        ("no time of the incident", _but(incident=Incident("INC-142"))),
        ("no incident", _but(incident=None)),
        ("an incident of years ago", _but(incident=Incident("INC-1", started=NOW - timedelta(days=800)))),
        ("an incident of months", _but(incident=_MONTHS)),
        ("an incident that is to come", _but(incident=Incident("INC-1", started=NOW + timedelta(days=1)))),
        ("a window in which nothing happened", _but(declared=_DECLARED.replace("incident", _quiet_window()))),
        ("a history in which it stayed silent", _but(history=())),
        ("a history in which another host fired", _but(history=(Told(group="host:db2"),))),
        ("a history in which it fired later", _but(history=(Told(12),))),
        ("a history in which it fired once more", _but(history=(Told(), Told(-600)))),
        ("a history in which it only warned", _but(history=(Told(became="Warn"),))),
        ("a history in which it had no data", _but(history=_ONCE_SILENT, options={"notify_no_data": True})),
    )  # fmt: skip


_STUCK = {"thresholds": {"critical": 30.0, "critical_recovery": 1.0}}


def _quiet_window() -> str:
    begin, end = STARTED - timedelta(hours=6), STARTED - timedelta(hours=4)
    return f"{{from: {_written(begin)}, to: {_written(end)}}}"


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%MZ")


def _many(scene: Scene) -> Scene:
    quiet = [Host(bumps=(), name=f"db{number}") for number in range(2, 9)]
    return msgspec.structs.replace(scene, hosts=(Host(), *quiet))


def _other_scope(scene: Scene) -> Scene:
    hosts = (Host(env="staging"), Host(bumps=(), name="db2"))
    return msgspec.structs.replace(scene, hosts=hosts)


def _ramp(scene: Scene) -> Scene:
    slow = tuple(Bump(2 * number, 2, 5.0 + 2 * number) for number in range(45))
    return msgspec.structs.replace(scene, hosts=(Host(slow), Host(bumps=(), name="db2")))


def _sparse(scene: Scene) -> Scene:
    return msgspec.structs.replace(scene, hosts=tuple(msgspec.structs.replace(host, each=300) for host in scene.hosts))


def _new_host(scene: Scene) -> Scene:
    """A host that was not there before it lagged, and a monitor that gives it two hours."""
    born = Host((Bump(-4 * 1440, 4 * 1440, None), Bump()), name="db9")
    return msgspec.structs.replace(scene, hosts=(born, Host(bumps=())), options={"new_group_delay": 7200})


def harmless() -> Iterator[Mutant[Scene]]:
    """Each must stay VERIFIED."""
    yield from edits(
        PASSING,
        ("a stricter threshold", _query("> 30", "> 10")),
        ("at least instead of above", _query("> 30", ">= 30")),
        ("a shorter window", _query("last_5m", "last_1m")),
        ("the maximum of the window", _query("avg(", "max(")),
        ("the last point of the window", _query("avg(", "last(")),
        ("the highest of all hosts", _query("avg:postgresql.replication_delay{env:prod} by {host}", f"max{_LAG[3:]}")),
        ("in milliseconds", _query("by {host} > 30", "by {host} * 1000 > 30000")),
        ("zero where nothing comes", _but(query=f"avg(last_5m):default_zero({_LAG} by {{host}}) > 30")),
        ("a sum by a rollup of its own", _but(query=f"sum(last_5m):{_LAG} by {{host}}.rollup(sum, 60) > 150")),
        ("a change of it", _but(query=f"change(avg(last_5m),last_15m):{_LAG} by {{host}} > 30")),
        ("evaluated a little later", _but(options={"evaluation_delay": 60})),
        ("a full window of a regular metric", _but(options=_FULL)),
        ("a full window with some gaps", _both(_bumps(_HIGH, Bump(1, 1, None)), _but(options=_FULL))),
        ("a recovery threshold", _but(options={"thresholds": {"critical": 30.0, "critical_recovery": 10.0}})),
        ("told again each ten minutes", _but(options={"renotify_interval": 10})),
        ("a peak that begins before", _bumps(Bump(-20, 80))),
        ("one other firing", _bumps(_HIGH, Bump(-600, 20))),
        ("a firing long before", _bumps(_HIGH, *_LONG_BEFORE)),
        ("another host that was silent", _but(hosts=(Host(), Host((Bump(0, 90, None),), name="db2")))),
        ("no data where that is told", _both(_bumps(Bump(0, 90, None)), _but(options=_TOLD))),
        ("a history in which it did the same", _but(history=(Told(),))),
        ("a history in which it fired a minute later", _but(history=(Told(3),))),
        ("a history in which it warned before", _but(history=(Told(), Told(-600, became="Warn")))),
        ("a history of what it was before an edit", _but(history=(), edited=NOW.isoformat())),
        ("no end of the incident", _but(incident=msgspec.structs.replace(INCIDENT, resolved=None))),
    )  # fmt: skip


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant."""
    return verified(replayed())


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of each harmless variation."""
    return verified(harmless())


def verified(cases: Iterable[Mutant[Scene]]) -> list[Outcome]:
    """What the checker says of each case, all of them at one stand-in."""
    with TemporaryDirectory() as folder:
        repository = RepositoryBuilder(Path(folder))
        repository.commit({"README.md": "A checkout.\n"})
        with import_module("standins.datadog").DatadogStandIn(now=NOW) as datadog:
            validate = datadog.validate
            return [_outcome(repository, datadog, validate, case) for case in cases]


def _outcome(repository: RepositoryBuilder, datadog: Any, validate: Any, case: Mutant[Scene]) -> Outcome:
    scene = case.mutated
    datadog.validate = validate if scene.documented else None
    options = {"thresholds": {}, "silenced": {}, **scene.options}
    datadog.monitors = [mutants.monitor(query=scene.query, options=options, modified=scene.edited)]
    _remember(datadog, scene.history)
    datadog.metrics = {
        "postgresql.replication_delay": [({"host": host.name, "env": host.env}, host.samples()) for host in scene.hosts]
    }
    session = repository.session(environment=datadog.environment)
    result = examine(DatadogMonitorChecker(), scene.declared, session, incident=scene.incident, requires=Rung.PROVEN)
    return outcome_of(case.name, result)


def _remember(datadog: Any, history: tuple[Told, ...] | None) -> None:
    """Give a Datadog the events of what happened, and its key the right to see them."""
    changed = import_module("standins.datadog").changed
    happened = history or ()
    datadog.events = [
        changed(101, STARTED + timedelta(minutes=one.after), one.group, after=one.became) for one in happened
    ]
    may = datadog.app_keys["good-app-key"]
    may.discard("events_read") if history is None else may.add("events_read")
