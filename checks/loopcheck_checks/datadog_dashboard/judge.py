"""What follows from what was seen of Datadog's dashboards. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loopcheck.checker import Claim, Evidence, Unseen
from loopcheck_checks.datadog_dashboard.manifest import (
    ASKS,
    DELETED,
    FOUND,
    NO_DASHBOARD,
    NO_WIDGET,
    NOT_REPORTING,
    NOT_SHOWN,
    PERHAPS_ELSEWHERE,
    REPORTS,
    SHOWS,
    UNREADABLE_DASHBOARD,
    DatadogDashboardExpectation,
    DatadogDashboardObservation,
    SeenDashboard,
)
from loopcheck_checks.systems.datadog import choice, queries

_WORDS = choice.Words("dashboards", FOUND, NO_DASHBOARD, UNREADABLE_DASHBOARD)


def judge(expect: DatadogDashboardExpectation, seen: DatadogDashboardObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    if seen.deleted is not None:
        title = " ".join(seen.deleted.title.split())[:100]
        here = Evidence(seen.source, f"deleted: {title} ({seen.deleted.id[:40]})", seen.now)
        yield FOUND.fails(DELETED, f"`{title}` ({seen.deleted.id[:40]}) was deleted", here)
        return
    judged = [(one, list(_definition(expect, one))) for one in seen.candidates]
    hinted = [one for one in seen.candidates if one.summary.id == expect.id]
    looked = choice.Looked(seen.source, seen.total, seen.unreadable, seen.nearest, seen.incomplete)
    chosen = choice.choose(_WORDS, looked, judged, hinted)
    yield chosen.claim
    yield from chosen.claims
    if chosen.one is not None:
        yield _asks(chosen.one)
        if expect.reports_within is not None:
            yield _reports(expect, chosen.one, seen)


def _definition(expect: DatadogDashboardExpectation, seen: SeenDashboard) -> Iterator[Claim]:
    if not expect.metrics:
        return
    if isinstance(seen.widgets, Unseen):
        yield SHOWS.unknown(seen.widgets, None, seen.evidence("its widgets were not seen"))
        return
    shown = {metric for one in seen.widgets for text in one.queries for metric in queries.metrics_in(text)}
    missing = [metric for metric in expect.metrics if metric not in shown]
    here = seen.evidence(f"{len(seen.widgets)} widgets, whose queries name {len(shown)} metrics")
    if not missing:
        yield SHOWS.holds(f"its widgets show {', '.join(expect.metrics)[:200]}", here)
        return
    elsewhere = [one for one in seen.widgets if one.elsewhere]
    if elsewhere:
        what = f"`{elsewhere[0].title or elsewhere[0].type or 'a widget without a type'}`"
        message = f"no query names {missing[0][:100]}, and {what} shows what is defined elsewhere"
        yield SHOWS.unknown(PERHAPS_ELSEWHERE, message, here)
        return
    idle = any(queries.names(text, missing[0]) for one in seen.widgets for text in one.unused)
    more = ": a query names it, and no formula uses that query" if idle else ""
    yield SHOWS.fails(NOT_SHOWN, f"no widget shows {missing[0][:100]}{more}", here)


def _asks(seen: SeenDashboard) -> Claim:
    if isinstance(seen.widgets, Unseen):
        return ASKS.unknown(seen.widgets, None, seen.evidence("its widgets were not seen"))
    asking = [one for one in seen.widgets if one.asks or one.elsewhere]
    here = seen.evidence(f"{len(seen.widgets)} widgets, {len(asking)} of which ask for data")
    if any(one.asks for one in asking):
        return ASKS.holds(f"{len(asking)} of its widgets ask for data", here)
    if asking:
        return ASKS.unknown(PERHAPS_ELSEWHERE, "its widgets are of a form that is not known here", here)
    return ASKS.fails(NO_WIDGET, "none of its widgets asks for data", here)


def _reports(expect: DatadogDashboardExpectation, one: SeenDashboard, seen: DatadogDashboardObservation) -> Claim:
    if isinstance(seen.reporting, Unseen):
        return REPORTS.unknown(seen.reporting, None, one.evidence("which metrics report was not seen"))
    silent = [metric for metric in expect.metrics if metric not in seen.reporting]
    told = ", ".join(seen.reporting)[:200] or "none of them"
    here = one.evidence(f"reporting within {expect.reports_within}: {told}")
    if silent:
        return REPORTS.fails(NOT_REPORTING, f"{silent[0][:100]} has not reported within {expect.reports_within}", here)
    return REPORTS.holds(f"{told} reported within {expect.reports_within}", here)
