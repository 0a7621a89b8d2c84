"""`datadog-monitor`: an alarm is in Datadog as promised, is in force, and tells somebody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from loopcheck.checker import CannotTell, Checker, Claim, Rung, Unseen, World
from loopcheck.reasons import ABOVE_REQUIRED, AMBIGUOUS, MISSING_SECRET, NO_INCIDENT_TIME, NOT_VISIBLE
from loopcheck.replay import Replay, Window
from loopcheck_checks.datadog_monitor.judge import judge, meant
from loopcheck_checks.datadog_monitor.manifest import (
    MANIFEST,
    DatadogMonitorExpectation,
    DatadogMonitorObservation,
    ProvenBetween,
    Replayed,
    SeenMonitor,
)
from loopcheck_checks.datadog_monitor.query import parse
from loopcheck_checks.datadog_monitor.select import Index, may_be
from loopcheck_checks.systems import datadog
from loopcheck_checks.systems.runbook_links import look_at_runbook

_KIND = MANIFEST.kind
_UNRESOLVED = timedelta(days=1)
"""How much of an incident is replayed of which nobody wrote down the end."""


class _Listed:
    """All monitors, from Datadog or from an export, with what else was seen there."""

    def __init__(
        self,
        source: str,
        index: Index,
        unreadable: tuple[datadog.Unreadable, ...],
        rules: tuple[datadog.Rule, ...] | Unseen,
        incomplete: Unseen | None = None,
    ) -> None:
        self.source = source
        self.index = index
        self.unreadable = unreadable
        self.rules = rules
        self.incomplete = incomplete


class DatadogMonitorChecker(Checker[DatadogMonitorExpectation, DatadogMonitorObservation]):
    """An implementation of `Checker` for monitors of Datadog."""

    manifest = MANIFEST
    Expect = DatadogMonitorExpectation
    Observation = DatadogMonitorObservation

    def describe(self, expect: DatadogMonitorExpectation) -> str:
        """See `Checker.describe`."""
        what = expect.metric or expect.name or expect.query or ", ".join(expect.monitor_tags)
        condition = f" {expect.fires_when}" if expect.fires_when is not None else ""
        scope = f" {{{','.join(expect.scope_tags)}}}" if expect.scope_tags else ""
        return f"{what[:100]}{scope}{condition}"

    def observe(self, expect: DatadogMonitorExpectation, world: World) -> DatadogMonitorObservation:
        """See `Checker.observe`."""
        seen = _seen(expect, world)
        if (place := expect.links_to) is not None:
            runbook = world.attempt(lambda: look_at_runbook(place, world))
            seen = msgspec.structs.replace(seen, runbook=runbook)
        if expect.receivers is not None:
            found = tuple(_receiver(handle, world) for handle in expect.written_handles)
            seen = msgspec.structs.replace(seen, receivers=found)
        one = meant(expect, seen) if expect.proven_by is not None else None
        if one is None:
            return seen
        return msgspec.structs.replace(seen, replayed=world.attempt(lambda: _proven(expect, one, seen, world)))

    def replay(
        self,
        expect: DatadogMonitorExpectation,
        window: Window,
        world: World,
        *,
        around: timedelta | None = None,
        written: bool = False,
    ) -> Replay:
        """See `loopcheck.checker.Replayer.replay`."""
        seen = _seen(expect, world, written=written)
        one = meant(expect, seen)
        if one is None:
            raise CannotTell(AMBIGUOUS, f"it cannot be told which of {len(seen.candidates)} monitors is meant")
        return _replayed(expect, one, seen, window, world, around, ran=not written).replay

    def named(self, text: str, world: World, *, written: bool = False) -> DatadogMonitorExpectation:
        """See `loopcheck.checker.Replayer.named`."""
        index = _index(world, written=written).index
        one = index.by_id.get(int(text)) if text.isdecimal() and len(text) < 20 else None
        if one is None:
            expect = DatadogMonitorExpectation(name=text)
        elif one.monitor.name.strip():
            expect = DatadogMonitorExpectation(name=one.monitor.name, id=one.monitor.id)
        else:
            expect = DatadogMonitorExpectation(query=one.monitor.query, id=one.monitor.id)
        if not index.candidates(expect):
            raise CannotTell(NOT_VISIBLE, f"no monitor has the name or the id `{text[:80]}`")
        return expect

    def judge(self, expect: DatadogMonitorExpectation, observation: DatadogMonitorObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)


def _index(world: World, *, written: bool) -> _Listed:
    """All monitors; `written`: as the repository has them, whatever Datadog says."""
    if written:
        return world.once((_KIND, "written"), lambda: _written(world))
    return world.once((_KIND, "index"), lambda: _listed(world))


def _seen(expect: DatadogMonitorExpectation, world: World, *, written: bool = False) -> DatadogMonitorObservation:
    listed = _index(world, written=written)
    index = listed.index
    candidates = index.candidates(expect)
    parts = {number for one in candidates for number in parse(one.monitor.query).parts}
    return DatadogMonitorObservation(
        now=world.now,
        source=listed.source,
        total=len(index.seen) + len(listed.unreadable),
        candidates=tuple(candidates),
        parts=tuple(index.by_id[number] for number in sorted(parts) if number in index.by_id),
        unreadable=tuple(odd for odd in listed.unreadable if odd.id in parts or may_be(expect, odd)),
        nearest=() if candidates else index.nearest(expect),
        incomplete=listed.incomplete,
        rules=listed.rules,
    )


def _receiver(handle: str, world: World) -> datadog.Receiver:
    """What a handle leads to, or why that is not seen."""
    found = world.attempt(lambda: datadog.look_for_receiver(handle, world))
    if isinstance(found, Unseen):
        return datadog.Receiver(handle=handle, there=found, seen="it was not asked for", source=datadog.SYSTEM)
    return found


def _proven(
    expect: DatadogMonitorExpectation, one: SeenMonitor, seen: DatadogMonitorObservation, world: World
) -> Replayed:
    """The replay that the declaration asks for."""
    if world.requires < Rung.PROVEN:
        raise CannotTell(ABOVE_REQUIRED, f"the item requires `{world.requires.value}`, so the monitor was not replayed")
    declared = expect.proven_by
    if isinstance(declared, ProvenBetween):
        return _replayed(expect, one, seen, Window(declared.from_.at, declared.to.at), world)
    incident = world.incident
    if incident is None or incident.started is None:
        raise CannotTell(NO_INCIDENT_TIME, "nobody wrote down when the incident started, so it cannot be replayed")
    end = incident.resolved or incident.started + _UNRESOLVED
    replayed = _replayed(expect, one, seen, Window(incident.started, end), world)
    return msgspec.structs.replace(replayed, noticed=incident.detected)


def _replayed(
    expect: DatadogMonitorExpectation,
    one: SeenMonitor,
    seen: DatadogMonitorObservation,
    window: Window,
    world: World,
    around: timedelta | None = None,
    *,
    ran: bool = True,
) -> Replayed:
    from loopcheck_checks.datadog_monitor.replay.looking import look

    parts = {part.monitor.id: part.monitor for part in seen.parts if part.monitor.id is not None}
    per = around or (expect.at_most.span if expect.at_most is not None else None)
    return look(one, parts, window, world, per=per, scope=expect.scope_tags, ran=ran)


def _listed(world: World) -> _Listed:
    """Datadog itself where both keys are set, else the export. An outage of the one is not filled by the other."""
    if datadog.has_keys(world):
        return _from_datadog(world)
    settings = world.settings(datadog.SYSTEM, datadog.DatadogSettings)
    if settings.export is None:
        raise CannotTell(
            MISSING_SECRET,
            "DD_API_KEY and DD_APP_KEY are not both set, and no `settings.datadog.export` names a folder of monitors",
        )
    return _from_export(world, datadog.read_export(world, settings))


def _written(world: World) -> _Listed:
    settings = world.settings(datadog.SYSTEM, datadog.DatadogSettings)
    if settings.export is None:
        raise CannotTell(datadog.NO_EXPORT, "no `settings.datadog.export` names a folder in which monitors are written")
    return _from_export(world, datadog.read_export(world, settings))


def _from_datadog(world: World) -> _Listed:
    monitors, unreadable = datadog.list_monitors(world)
    downtimes = world.attempt(lambda: datadog.list_downtimes(world))
    rules = world.attempt(lambda: datadog.list_rules(world))
    site = datadog.site_of(world)
    seen = [
        SeenMonitor(
            monitor=monitor,
            source=datadog.monitor_page(site, monitor.id),
            at=world.now,
            downtimes=downtimes if isinstance(downtimes, Unseen) else datadog.downtimes_of(monitor, downtimes),
        )
        for monitor in monitors
    ]
    odd = tuple(
        datadog.Unreadable(one.problem, one.id, one.name, datadog.monitor_page(site, one.id)) for one in unreadable
    )
    return _Listed(datadog.monitor_page(site, None), Index(seen), odd, rules)


def _from_export(world: World, export: datadog.Export) -> _Listed:
    seen = [
        SeenMonitor(
            monitor=one.monitor,
            source=one.source,
            at=one.at,
            stateless=one.stateless,
            downtimes=_exported_downtimes(world, one, export.downtimes),
        )
        for one in export.monitors
    ]
    return _Listed(export.where, Index(seen), export.unreadable, export.rules, export.stale)


def _exported_downtimes(
    world: World, one: datadog.ExportedMonitor, downtimes: tuple[datadog.Downtime, ...] | Unseen
) -> tuple[datadog.Downtime, ...] | Unseen:
    """The downtimes that are listed with the monitor; where there is no such list, those of the whole export."""
    listed = one.monitor.matching_downtimes
    if listed is None:
        return downtimes if isinstance(downtimes, Unseen) else datadog.downtimes_of(one.monitor, downtimes)
    found = (datadog.matching_downtime_of(entry, one.monitor.id, world.now) for entry in listed)
    return tuple(downtime for downtime in found if downtime is not None)
