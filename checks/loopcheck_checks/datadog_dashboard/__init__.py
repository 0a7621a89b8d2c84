"""`datadog-dashboard`: a dashboard is in Datadog and shows what was promised."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from loopcheck.checker import CannotTell, Checker, Claim, Unseen, World
from loopcheck.reasons import NOT_VISIBLE, TRUNCATED
from loopcheck_checks.datadog_dashboard.judge import judge
from loopcheck_checks.datadog_dashboard.manifest import (
    MANIFEST,
    DatadogDashboardExpectation,
    DatadogDashboardObservation,
    SeenDashboard,
)
from loopcheck_checks.systems import datadog
from loopcheck_checks.systems.datadog import choice, dashboards

_FEW = 5
"""Of so many that have the title, the widgets are looked at."""


class DatadogDashboardChecker(Checker[DatadogDashboardExpectation, DatadogDashboardObservation]):
    """An implementation of `Checker` for dashboards of Datadog."""

    manifest = MANIFEST
    Expect = DatadogDashboardExpectation
    Observation = DatadogDashboardObservation

    def describe(self, expect: DatadogDashboardExpectation) -> str:
        """See `Checker.describe`."""
        shows = f" with {', '.join(expect.metrics)[:100]}" if expect.metrics else ""
        return f"{(expect.title or expect.id or '')[:100]}{shows}"

    def observe(self, expect: DatadogDashboardExpectation, world: World) -> DatadogDashboardObservation:
        """See `Checker.observe`."""
        listing = dashboards.list_dashboards(world)
        fitting = [one for one in listing.entries if _fits(expect, one)]
        seen = DatadogDashboardObservation(
            now=world.now,
            source=dashboards.page_of(datadog.site_of(world), None),
            total=len(listing.entries) + len(listing.unreadable),
            candidates=tuple(_seen(one, world, looked=len(fitting) <= _FEW) for one in fitting),
            unreadable=tuple(choice.may_be(expect.title, listing.unreadable)),
            nearest=() if fitting else choice.nearest(expect.title, [one.title for one in listing.entries]),
            incomplete=listing.incomplete,
            reporting=world.attempt(lambda: _reporting(expect, world)),
        )
        return seen if fitting else _unlisted(expect, seen, world)

    def judge(self, expect: DatadogDashboardExpectation, observation: DatadogDashboardObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)


def _fits(expect: DatadogDashboardExpectation, one: dashboards.Summary) -> bool:
    if expect.title is not None:
        return choice.folded(one.title) == choice.folded(expect.title)
    return one.id == expect.id


def _seen(one: dashboards.Summary, world: World, *, looked: bool) -> SeenDashboard:
    widgets: tuple[dashboards.Widget, ...] | Unseen
    if looked and dashboards.is_id(one.id):
        found = world.attempt(lambda: dashboards.dashboard(world, one.id))
        widgets = found if isinstance(found, Unseen) else found[1]
    else:
        widgets = CannotTell(TRUNCATED, "its widgets were not looked at: too many have its title").unseen
    return SeenDashboard(
        summary=one, source=dashboards.page_of(datadog.site_of(world), one.id), at=world.now, widgets=widgets
    )


def _unlisted(
    expect: DatadogDashboardExpectation, seen: DatadogDashboardObservation, world: World
) -> DatadogDashboardObservation:
    """What is known of a dashboard that is not in the list: it was deleted, or is one of Datadog's own."""
    deleted = world.attempt(lambda: dashboards.list_deleted(world))
    if not isinstance(deleted, Unseen):
        gone = next((one for one in deleted.entries if _fits(expect, one)), None)
        if gone is not None:
            return msgspec.structs.replace(seen, deleted=gone)
    if expect.title is not None or expect.id is None:
        return seen
    number = expect.id
    found = world.attempt(lambda: dashboards.dashboard(world, number))
    if isinstance(found, Unseen):
        unseen = CannotTell(NOT_VISIBLE, f"it is not in the list, and {found.message}").unseen
        return msgspec.structs.replace(seen, incomplete=seen.incomplete or unseen)
    return msgspec.structs.replace(seen, candidates=(_seen(found[0], world, looked=True),))


def _reporting(expect: DatadogDashboardExpectation, world: World) -> tuple[str, ...]:
    if expect.reports_within is None:
        return ()
    names = dashboards.reporting_metrics(world, expect.reports_within.delta)
    return tuple(metric for metric in expect.metrics if metric in names)
