"""The words of `datadog-slo`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from loopcheck.checker import ClaimKind, Evidence, Expectation, Manifest, Observation, Reason, Rung, Unseen
from loopcheck.quantities import Duration, Quantity
from loopcheck_checks.systems import datadog
from loopcheck_checks.systems.datadog import alarms, choice, slos

_TIMES = {timedelta(days=7): "7d", timedelta(days=30): "30d", timedelta(days=90): "90d"}


class AlertSort(StrEnum):
    """What an SLO's alert looks at."""

    BURN_RATE = "burn-rate"
    """How fast the error budget is used up."""
    ERROR_BUDGET = "error-budget"
    """How much of it is."""
    ANY = "any"


class DatadogSloExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of an SLO. At least one of name, tags, metric and monitors says which one."""

    name: Annotated[str | None, Meta(description="Its name. Upper and lower case do not matter.")] = None
    tags: Annotated[str | list[str] | None, Meta(description="Tags of the SLO itself, all of them.")] = None
    metric: Annotated[
        str | None, Meta(description="A metric that it is measured by.", examples=["checkout.requests"])
    ] = None
    monitors: Annotated[list[int] | None, Meta(description="Ids of monitors that it is made of, all of them.")] = None
    id: Annotated[str | None, Meta(description="Which one is meant where two fit. Only a hint.")] = None
    at_least: Annotated[Quantity | None, Meta(description="Its target in percent, at least this: `99.9`.")] = None
    over: Annotated[Duration | None, Meta(description="The time that the target is for: `7d`, `30d` or `90d`.")] = None
    alerts: Annotated[AlertSort | None, Meta(description="The sort of monitor that must alert on it.")] = None
    notifies: Annotated[
        str | list[str] | None, Meta(description="Whom that monitor must tell: `@pagerduty-shop`, or a list.")
    ] = None

    ALSO_CALLED = {"target": "at-least", "timeframe": "over", "title": "name"}

    def __post_init__(self) -> None:
        """Refuse what no SLO could meet.

        Raises:
            ValueError: with a sentence for the author.
        """
        if not (self.name or self.metric or self.monitors or self.slo_tags):
            raise ValueError("nothing says which SLO is meant: add `name:`, `tags:`, `metric:` or `monitors:`")
        if self.at_least is not None and (
            self.at_least.dimension not in ("", "%") or not 0 < self.at_least.amount <= 100
        ):
            raise ValueError("`at-least` is a part of a hundred: write `99.9`")
        if self.over is not None and self.over.delta not in _TIMES:
            raise ValueError("`over` is `7d`, `30d` or `90d`: Datadog has no others")
        if any(len(handle) < 2 or not handle.startswith("@") or " " in handle for handle in self.handles):
            raise ValueError('`notifies` is not a handle: write `"@pagerduty-shop"`')

    @property
    def slo_tags(self) -> tuple[str, ...]:
        """`tags` as a list, in lower case."""
        return choice.as_list(self.tags)

    @property
    def handles(self) -> tuple[str, ...]:
        """`notifies` as a list, in lower case."""
        return choice.as_list(self.notifies)

    @property
    def timeframe(self) -> str | None:
        """`over`, as Datadog writes it."""
        return _TIMES[self.over.delta] if self.over is not None else None

    @property
    def alert(self) -> AlertSort | None:
        """The sort of alert that is asked for; who names whom it tells asks for one."""
        return self.alerts or (AlertSort.ANY if self.handles else None)


class Part(msgspec.Struct, frozen=True):
    """A monitor that an SLO is made of."""

    id: int
    state: str | None
    """`None` where there is no monitor of that id."""
    draft: bool = False


class SeenSlo(msgspec.Struct, frozen=True, kw_only=True):
    """An SLO, with what belongs to it."""

    slo: slos.Slo
    source: str
    at: datetime
    standings: tuple[slos.Standing, ...] | Unseen | None
    """`None` where Datadog has not reckoned it."""
    corrections: tuple[slos.Correction, ...] | Unseen
    """Those that take something out of it, or may."""
    parts: tuple[Part, ...] | Unseen = ()
    alarms: tuple[alarms.Alarm, ...] | Unseen = ()
    """The monitors that alert on it."""
    odd_monitors: tuple[datadog.Unreadable, ...] = ()
    """Monitors that cannot be read, and so may."""

    @property
    def label(self) -> str:
        """The SLO for people."""
        return f"`{' '.join(self.slo.name.split())[:100]}` ({self.slo.id[:40]})"

    def evidence(self, seen: str) -> Evidence:
        """Evidence from this SLO, with when it was last edited."""
        modified = self.slo.modified_at
        edited = datetime.fromtimestamp(modified, UTC) if modified is not None and 0 < modified < 1e11 else None
        return Evidence(self.source, seen, self.at, edited)


class DatadogSloObservation(Observation, frozen=True, kw_only=True):
    """What was seen of Datadog's SLOs."""

    now: datetime
    source: str
    """Where the list is, for the evidence that something is not in it."""
    total: int
    candidates: tuple[SeenSlo, ...] = ()
    """Those that fit all that the declaration selects by."""
    unreadable: tuple[datadog.Unreadable, ...] = ()
    """Those that may be the one that is meant, and cannot be read."""
    nearest: tuple[str, ...] = ()
    incomplete: Unseen | None = None


FOUND = ClaimKind("found", Rung.EXISTS, "Exactly one SLO fits the declaration.")
HAS_TARGET = ClaimKind("has-target", Rung.EXISTS, "It has a target.")
STRICT_ENOUGH = ClaimKind(
    "strict-enough", Rung.EXISTS, "Its target for the declared time is at least the declared one."
)
MEASURES = ClaimKind("measures", Rung.EXISTS, "It says what it is measured by, and can be missed.")
ALERTED = ClaimKind("alerted", Rung.EXISTS, "A monitor of the declared sort alerts on it.")
HAS_DATA = ClaimKind("has-data", Rung.ACTIVE, "Datadog reckons how it stands.")
NOT_CORRECTED = ClaimKind("not-corrected", Rung.ACTIVE, "No status correction takes all of its time out.")
PARTS_EVALUATE = ClaimKind("parts-evaluate", Rung.ACTIVE, "The monitors that it is made of are there and have data.")
ALERT_IN_FORCE = ClaimKind("alert-in-force", Rung.ACTIVE, "Nothing silences the monitor that alerts on it.")
NOTIFIES = ClaimKind("notifies", Rung.ACTIVE, "That monitor tells somebody, and whom it was declared to tell.")

NO_SLO = Reason("no-slo", "No SLO fits the declaration.", "Create the SLO, or correct what the declaration selects by.")
UNREADABLE_SLO = Reason(
    "unreadable-slo",
    "An SLO that may be the one is of a form that loopcheck cannot read.",
    "Look at the SLO that the message names; if it is well, report its form to loopcheck.",
)
NO_TARGET = Reason("no-target", "It has no target, and so promises nothing.", "Set a target for the SLO.")
LOOSER_TARGET = Reason(
    "looser-target",
    "Its target is lower than was declared.",
    "Set the SLO's target to the declared one, or declare what was decided since.",
)
OTHER_TIME = Reason(
    "other-time", "It has no target for the declared time.", "Add a target for that time, or declare the one it has."
)
MEASURES_NOTHING = Reason(
    "measures-nothing", "It has neither queries nor monitors.", "Say in the SLO what it is measured by."
)
ALWAYS_MET = Reason(
    "always-met",
    "Good events and all events are the same query, so that it is always met.",
    "Correct the numerator of the SLO's query: it counts good events only.",
)
NO_ALERT = Reason(
    "no-alert",
    "No monitor of the declared sort alerts on it.",
    "Create a burn-rate or error-budget alert on the SLO's page.",
)
UNREADABLE_ALERT = Reason(
    "unreadable-alert",
    "A monitor that may alert on it is of a form that loopcheck cannot read.",
    "Look at the monitor that the message names.",
)
NO_DATA = Reason(
    "no-data", "Datadog has no data to reckon it from.", "Check metrics and tags of its queries, or its monitors."
)
NOT_YET_RECKONED = Reason(
    "not-yet-reckoned",
    "Datadog has not reckoned it yet.",
    "Nothing to do: the next run looks again. If it stays so, look at the SLO's page.",
)
ALL_CORRECTED = Reason(
    "all-corrected",
    "A status correction takes all of its time out.",
    "End or delete the status correction that the message names.",
)
PERHAPS_CORRECTED = Reason(
    "perhaps-corrected",
    "A status correction may take all of its time out.",
    "Look at the status correction that the message names.",
)
PART_MISSING = Reason(
    "part-missing",
    "A monitor that it is made of does not exist.",
    "Recreate the monitor, or take it out of the SLO.",
)
PART_WITHOUT_DATA = Reason(
    "part-without-data",
    "A monitor that it is made of has no data, which counts as time without failure.",
    "Look at the monitor that the message names.",
)

MANIFEST = Manifest(
    kind="datadog-slo",
    summary="A Datadog SLO has the target that was promised, has data, and somebody is told when it is at risk.",
    claims=tuple(value for value in list(globals().values()) if isinstance(value, ClaimKind)),
    reasons=(
        *(value for value in list(globals().values()) if isinstance(value, Reason)),
        *alarms.ALARM_REASONS,
        datadog.UNKNOWN_SITE,
    ),
    systems=(datadog.SYSTEM,),
    secrets=datadog.secrets(
        "`slos_read`; for what it is made of and who is told also `monitors_read`, `monitors_downtime`"
    ),
)
