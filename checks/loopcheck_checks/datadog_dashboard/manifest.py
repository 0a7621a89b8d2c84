"""The words of `datadog-dashboard`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from loopcheck.checker import ClaimKind, Evidence, Expectation, Manifest, Observation, Reason, Rung, Unseen
from loopcheck.quantities import Duration
from loopcheck_checks.systems import datadog
from loopcheck_checks.systems.datadog import dashboards


class DatadogDashboardExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of a dashboard. Its title says which one, or else its id."""

    title: Annotated[str | None, Meta(description="Its title. Upper and lower case do not matter.")] = None
    id: Annotated[str | None, Meta(description="Its id, as in its address: only a hint where there is a `title`.")] = (
        None
    )
    metric: Annotated[
        str | list[str] | None,
        Meta(
            description="A metric that a widget must show, or a list of them.",
            examples=["postgresql.replication_delay"],
        ),
    ] = None
    reports_within: Annotated[
        Duration | None, Meta(description="How lately those metrics must have reported: `1h`. Asked only where given.")
    ] = None

    ALSO_CALLED = {"name": "title", "metrics": "metric", "shows": "metric"}

    def __post_init__(self) -> None:
        """Refuse what no dashboard could meet.

        Raises:
            ValueError: with a sentence for the author.
        """
        if not (self.title and self.title.strip()) and not self.id:
            raise ValueError("nothing says which dashboard is meant: add `title:`")
        if self.id is not None and not dashboards.is_id(self.id):
            raise ValueError("`id` is not that of a dashboard: write `abc-def-ghi`, as in its address")
        if self.reports_within is not None and not self.metrics:
            raise ValueError("`reports-within` says nothing without a `metric`")

    @property
    def metrics(self) -> tuple[str, ...]:
        """`metric` as a list."""
        listed = [self.metric] if isinstance(self.metric, str) else self.metric or []
        return tuple(one.strip() for one in listed if one.strip())


class SeenDashboard(msgspec.Struct, frozen=True, kw_only=True):
    """A dashboard, with its widgets."""

    summary: dashboards.Summary
    source: str
    at: datetime
    widgets: tuple[dashboards.Widget, ...] | Unseen

    @property
    def label(self) -> str:
        """The dashboard for people."""
        return f"`{' '.join(self.summary.title.split())[:100]}` ({self.summary.id[:40]})"

    def evidence(self, seen: str) -> Evidence:
        """Evidence from this dashboard, with when it was last edited."""
        try:
            edited = datetime.fromisoformat(self.summary.modified_at or "")
        except ValueError:
            return Evidence(self.source, seen, self.at)
        return Evidence(self.source, seen, self.at, edited if edited.tzinfo else edited.replace(tzinfo=UTC))


class DatadogDashboardObservation(Observation, frozen=True, kw_only=True):
    """What was seen of Datadog's dashboards."""

    now: datetime
    source: str
    """Where the list is, for the evidence that something is not in it."""
    total: int
    candidates: tuple[SeenDashboard, ...] = ()
    """Those that fit what the declaration selects by."""
    deleted: dashboards.Summary | None = None
    """One that fits and was deleted."""
    unreadable: tuple[datadog.Unreadable, ...] = ()
    """Those that may be the one that is meant, and cannot be read."""
    nearest: tuple[str, ...] = ()
    incomplete: Unseen | None = None
    reporting: tuple[str, ...] | Unseen = ()
    """Those of the declared metrics that report."""


FOUND = ClaimKind("found", Rung.EXISTS, "Exactly one dashboard fits the declaration.")
SHOWS = ClaimKind("shows", Rung.EXISTS, "Its widgets show every metric that was declared.")
ASKS = ClaimKind("asks", Rung.ACTIVE, "A widget of it asks for data.")
REPORTS = ClaimKind("reports", Rung.ACTIVE, "The metrics have reported within the declared time.")

NO_DASHBOARD = Reason(
    "no-dashboard",
    "No dashboard fits the declaration.",
    "Create the dashboard, or correct the declared title.",
)
DELETED = Reason("deleted", "It was deleted.", "Restore the dashboard from the list of those recently deleted.")
UNREADABLE_DASHBOARD = Reason(
    "unreadable-dashboard",
    "A dashboard that may be the one is of a form that loopcheck cannot read.",
    "Look at the dashboard that the message names; if it is well, report its form to loopcheck.",
)
NOT_SHOWN = Reason("not-shown", "No widget shows the metric.", "Add a widget whose query names the metric.")
PERHAPS_ELSEWHERE = Reason(
    "perhaps-elsewhere",
    "No query of the dashboard names the metric, and a widget of it shows what is defined elsewhere.",
    "Look at the widget that the message names; where the metric matters, show it by a query of the dashboard's own.",
)
NO_WIDGET = Reason("no-widget", "No widget of it asks for data.", "Add a widget to the dashboard.")
NOT_REPORTING = Reason(
    "not-reporting",
    "The metric has not reported within the declared time.",
    "Look at whatever sends the metric; where silence is normal, leave `reports-within` out.",
)

MANIFEST = Manifest(
    kind="datadog-dashboard",
    summary="A Datadog dashboard is there and shows the metrics that were promised.",
    claims=tuple(value for value in list(globals().values()) if isinstance(value, ClaimKind)),
    reasons=(*(value for value in list(globals().values()) if isinstance(value, Reason)), datadog.UNKNOWN_SITE),
    systems=(datadog.SYSTEM,),
    secrets=datadog.secrets("`dashboards_read`; with `reports-within` also `metrics_read`"),
)
