"""The words of `datadog-synthetic`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from loopcheck.checker import ClaimKind, Evidence, Expectation, Manifest, Observation, Reason, Rung, Unseen
from loopcheck.quantities import Duration
from loopcheck_checks.systems import datadog
from loopcheck_checks.systems.datadog import alarms, choice, synthetics


class DatadogSyntheticExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of a synthetic test. At least one of url, name and tags says which one."""

    url: Annotated[
        str | None, Meta(description="The address, or the host, that it asks.", examples=["https://shop.example.org/"])
    ] = None
    name: Annotated[str | None, Meta(description="Its name. Upper and lower case do not matter.")] = None
    tags: Annotated[str | list[str] | None, Meta(description="Tags of the test itself, all of them.")] = None
    type: Annotated[str | None, Meta(description="Its type or subtype: `api`, `browser`, `http`, `ssl`, `multi` …")] = (
        None
    )
    id: Annotated[str | None, Meta(description="Its public id: which one is meant where two fit. Only a hint.")] = None
    every: Annotated[Duration | None, Meta(description="The longest time from one run to the next: `5m`.")] = None
    within: Annotated[
        Duration | None, Meta(description="The longest that it may fail before anybody is told: `10m`.")
    ] = None
    locations: Annotated[
        str | list[str] | None, Meta(description="Where it must run from, all of them: `aws:eu-central-1`.")
    ] = None
    notifies: Annotated[
        str | list[str] | None, Meta(description="Whom its monitor must tell: `@pagerduty-shop`, or a list.")
    ] = None

    ALSO_CALLED = {"frequency": "every", "title": "name", "subtype": "type"}

    def __post_init__(self) -> None:
        """Refuse what no test could meet.

        Raises:
            ValueError: with a sentence for the author.
        """
        if not (self.url or self.name or self.test_tags):
            raise ValueError("nothing says which test is meant: add `url:`, `name:` or `tags:`")
        if any(len(handle) < 2 or not handle.startswith("@") or " " in handle for handle in self.handles):
            raise ValueError('`notifies` is not a handle: write `"@pagerduty-shop"`')

    @property
    def test_tags(self) -> tuple[str, ...]:
        """`tags` as a list, in lower case."""
        return choice.as_list(self.tags)

    @property
    def places(self) -> tuple[str, ...]:
        """`locations` as a list, in lower case."""
        return choice.as_list(self.locations)

    @property
    def handles(self) -> tuple[str, ...]:
        """`notifies` as a list, in lower case."""
        return choice.as_list(self.notifies)


class SeenTest(msgspec.Struct, frozen=True, kw_only=True):
    """A test, with what belongs to it."""

    test: synthetics.Synthetic
    source: str
    at: datetime
    ran: datetime | Unseen | None = None
    """When it last ran; `None` where it has not in `looked_back`, or that was not asked."""
    looked_back: Annotated[float | None, Meta(description="Seconds.")] = None
    """How far back its runs were asked for; `None` where they were not."""
    alarm: alarms.Alarm | Unseen | None = None
    """Its monitor; `None` where none of its id is shown."""

    @property
    def label(self) -> str:
        """The test for people."""
        return f"`{' '.join(self.test.name.split())[:100]}` ({self.test.public_id[:40]})"

    def evidence(self, seen: str) -> Evidence:
        """Evidence from this test, with when it was last edited."""
        try:
            edited = datetime.fromisoformat(self.test.modified_at or "")
        except ValueError:
            return Evidence(self.source, seen, self.at)
        return Evidence(self.source, seen, self.at, edited if edited.tzinfo else edited.replace(tzinfo=UTC))


class DatadogSyntheticObservation(Observation, frozen=True, kw_only=True):
    """What was seen of Datadog's synthetic tests."""

    now: datetime
    source: str
    """Where the list is, for the evidence that something is not in it."""
    total: int
    candidates: tuple[SeenTest, ...] = ()
    """Those that fit all that the declaration selects by."""
    unreadable: tuple[datadog.Unreadable, ...] = ()
    """Those that may be the one that is meant, and cannot be read."""
    nearest: tuple[str, ...] = ()
    incomplete: Unseen | None = None


FOUND = ClaimKind("found", Rung.EXISTS, "Exactly one test fits the declaration.")
OFTEN_ENOUGH = ClaimKind("often-enough", Rung.EXISTS, "It runs by itself, at least as often as was declared.")
FROM_LOCATIONS = ClaimKind("from-locations", Rung.EXISTS, "It runs from somewhere, and from where was declared.")
ASSERTS = ClaimKind("asserts", Rung.EXISTS, "It fails where an answer is not as it should be.")
CAN_ALERT = ClaimKind("can-alert", Rung.EXISTS, "Its failure is told, and as soon as was declared.")
LIVE = ClaimKind("live", Rung.ACTIVE, "It is not paused.")
RAN_LATELY = ClaimKind("ran-lately", Rung.ACTIVE, "It has run as lately as its frequency says.")
ALERT_IN_FORCE = ClaimKind("alert-in-force", Rung.ACTIVE, "Nothing silences its monitor.")
NOTIFIES = ClaimKind("notifies", Rung.ACTIVE, "Its monitor tells somebody, and whom it was declared to tell.")

NO_TEST = Reason(
    "no-test", "No test fits the declaration.", "Create the test, or correct what the declaration selects by."
)
UNREADABLE_TEST = Reason(
    "unreadable-test",
    "A test that may be the one is of a form that loopcheck cannot read, or asks what its variables say.",
    "Look at the test that the message names; declare its `name`.",
)
TOO_SELDOM = Reason(
    "too-seldom", "It runs less often than was declared.", "Shorten its frequency, or declare the one it has."
)
ONLY_AT_TIMES = Reason(
    "only-at-times", "It runs at some hours only.", "Let it run at all hours, or leave `every` out of the declaration."
)
NO_FREQUENCY = Reason(
    "no-frequency", "Nothing says how often it runs by itself.", "Set a frequency for the test in Datadog."
)
NO_LOCATION = Reason("no-location", "It runs from nowhere.", "Add a location to the test.")
OTHER_LOCATIONS = Reason(
    "other-locations", "It does not run from where was declared.", "Add the location, or declare those it has."
)
NO_ASSERTION = Reason(
    "no-assertion", "It has no assertion that can fail it.", "Add an assertion, such as one on the status code."
)
NEVER_ALERTS = Reason(
    "never-alerts",
    "More locations would have to see a failure than it has.",
    "Lower the number of locations that must fail, or add locations.",
)
LATE_ALERT = Reason(
    "late-alert",
    "It must fail for longer than was declared before anybody is told.",
    "Shorten the duration for which it must fail, or declare the one that it has.",
)
PAUSED = Reason("paused", "It is paused.", "Start the test.")
NOT_RUN = Reason(
    "not-run", "It has not run for longer than its frequency says.", "Look at its page: at its locations above all."
)
NOT_YET_RUN = Reason(
    "not-yet-run",
    "It was made or changed less than a day ago, and has not run yet.",
    "Nothing to do: the next run looks again.",
)
NO_MONITOR_SEEN = Reason(
    "no-monitor-seen",
    "Its monitor is not among those that the keys are shown.",
    "Look at the test's page, and give the keys an account that sees the monitor.",
)

MANIFEST = Manifest(
    kind="datadog-synthetic",
    summary="A Datadog synthetic test asks what was promised, as often as was promised, and tells somebody.",
    claims=tuple(value for value in list(globals().values()) if isinstance(value, ClaimKind)),
    reasons=(
        *(value for value in list(globals().values()) if isinstance(value, Reason)),
        *alarms.ALARM_REASONS,
        datadog.UNKNOWN_SITE,
    ),
    systems=(datadog.SYSTEM,),
    secrets=datadog.secrets("`synthetics_read`; for whom it tells also `monitors_read`, `monitors_downtime`"),
)
