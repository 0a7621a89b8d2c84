"""`datadog-slo`: an SLO is in Datadog as promised, is reckoned, and somebody is told when it is at risk."""

from __future__ import annotations

from collections.abc import Iterable

from loopcheck.checker import Checker, Claim, Unseen, World
from loopcheck_checks.datadog_slo.judge import alert_of, judge
from loopcheck_checks.datadog_slo.manifest import (
    MANIFEST,
    DatadogSloExpectation,
    DatadogSloObservation,
    Part,
    SeenSlo,
)
from loopcheck_checks.systems import datadog
from loopcheck_checks.systems.datadog import alarms, choice, queries, slos


class DatadogSloChecker(Checker[DatadogSloExpectation, DatadogSloObservation]):
    """An implementation of `Checker` for SLOs of Datadog."""

    manifest = MANIFEST
    Expect = DatadogSloExpectation
    Observation = DatadogSloObservation

    def describe(self, expect: DatadogSloExpectation) -> str:
        """See `Checker.describe`."""
        made_of = ", ".join(str(one) for one in expect.monitors or ())
        what = expect.name or expect.metric or ", ".join(expect.slo_tags) or f"of monitors {made_of}"
        target = f" at least {expect.at_least}" if expect.at_least is not None else ""
        return f"{what[:100]}{target}{f' over {expect.timeframe}' if expect.timeframe else ''}"

    def observe(self, expect: DatadogSloExpectation, world: World) -> DatadogSloObservation:
        """See `Checker.observe`."""
        site = datadog.site_of(world)
        listing = slos.list_slos(world)
        fitting = [one for one in listing.entries if _fits(expect, one)]
        return DatadogSloObservation(
            now=world.now,
            source=slos.slo_page(site, None),
            total=len(listing.entries) + len(listing.unreadable),
            candidates=tuple(_seen(expect, one, site, world) for one in fitting),
            unreadable=tuple(choice.may_be(expect.name, listing.unreadable)),
            nearest=() if fitting else choice.nearest(expect.name, [one.name for one in listing.entries]),
            incomplete=listing.incomplete,
        )

    def judge(self, expect: DatadogSloExpectation, observation: DatadogSloObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)


def _fits(expect: DatadogSloExpectation, slo: slos.Slo) -> bool:
    return (
        (expect.name is None or choice.folded(expect.name) == choice.folded(slo.name))
        and choice.tagged(expect.slo_tags, slo.tags)
        and (expect.metric is None or any(queries.names(text, expect.metric) for text in slo.queries))
        and set(expect.monitors or ()) <= set(slo.monitor_ids or ())
    )


def _seen(expect: DatadogSloExpectation, slo: slos.Slo, site: str, world: World) -> SeenSlo:
    standings = world.attempt(lambda: slos.list_standings(world))
    corrections = world.attempt(lambda: slos.list_corrections(world))
    monitored = bool(slo.monitor_ids) or expect.alert is not None
    known = world.attempt(lambda: alarms.all_alarms(world)) if monitored else alarms.Alarms([], [])
    return SeenSlo(
        slo=slo,
        source=slos.slo_page(site, slo.id),
        at=world.now,
        standings=standings if isinstance(standings, Unseen) else standings.get(slo.id),
        corrections=corrections
        if isinstance(corrections, Unseen)
        else tuple(one for one in corrections if one.slo_id == slo.id or one.slo_id is None),
        parts=known if isinstance(known, Unseen) else tuple(_part(number, known) for number in slo.monitor_ids or ()),
        alarms=known if isinstance(known, Unseen) else tuple(one for one in known.seen if alert_of(one, slo.id)),
        odd_monitors=() if isinstance(known, Unseen) else tuple(known.unreadable),
    )


def _part(number: int, known: alarms.Alarms) -> Part:
    for one in known.seen:
        if one.monitor.id == number:
            return Part(number, one.monitor.overall_state or "not told", one.monitor.draft_status == "draft")
    return Part(number, "unreadable" if any(odd.id in (number, None) for odd in known.unreadable) else None)
