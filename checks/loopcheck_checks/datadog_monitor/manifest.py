"""The words of `datadog-monitor`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from loopcheck.checker import ClaimKind, Evidence, Expectation, Manifest, Observation, Reason, Rung, Unseen
from loopcheck.quantities import Budget, Comparison, Duration, Moment
from loopcheck.replay import Replay
from loopcheck_checks.systems import datadog, runbook_links


class Aggregation(StrEnum):
    """How the values of the window become the one that is compared."""

    AVG = "avg"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    LAST = "last"
    COUNT = "count"


class NoData(StrEnum):
    """What a monitor does when no data comes."""

    NOTIFY = "notify"
    """It tells somebody."""
    IGNORED = "ignored"
    """It tells nobody: silence is normal for this metric."""
    RESOLVE = "resolve"
    """It goes back to OK."""


class ProvenBetween(Expectation, frozen=True, kw_only=True):
    """A window that is replayed in place of the incident's."""

    from_: Annotated[Moment, Meta(description="Its beginning, with offset.", examples=["2026-11-01T09:14Z"])] = (
        msgspec.field(name="from")
    )
    to: Annotated[Moment, Meta(description="Its end, with offset.", examples=["2026-11-01T11:00Z"])]

    def __post_init__(self) -> None:
        """Refuse a window that ends before it begins.

        Raises:
            ValueError: with a sentence for the author.
        """
        if self.to.at <= self.from_.at:
            raise ValueError("`to` is not after `from`")


class DatadogMonitorExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of a monitor. At least one of metric, query, name and tags says which one."""

    metric: Annotated[
        str | None, Meta(description="The metric in its query.", examples=["postgresql.replication_delay"])
    ] = None
    query: Annotated[
        str | None, Meta(description="Its query, whole, or without window and threshold. Spaces do not matter.")
    ] = None
    name: Annotated[str | None, Meta(description="Its name. Upper and lower case do not matter.")] = None
    tags: Annotated[str | list[str] | None, Meta(description="Tags of the monitor itself, all of them.")] = None
    id: Annotated[int | None, Meta(description="Which one is meant where two fit. Only a hint.")] = None
    scope: Annotated[
        str | list[str] | dict[str, str] | None,
        Meta(description="The tags that it must watch, or more than these: `env:prod`."),
    ] = None
    fires_when: Annotated[
        Comparison | None, Meta(description="When it must fire, at the latest: `> 30`. In the metric's own unit.")
    ] = None
    within: Annotated[Duration | None, Meta(description="The longest window that it may look at: `5m`.")] = None
    aggregation: Annotated[Aggregation | None, Meta(description="How it puts its window together.")] = None
    recovers_when: Annotated[Comparison | None, Meta(description="When it may recover, at the earliest: `< 20`.")] = (
        None
    )
    no_data: Annotated[NoData | None, Meta(description="What it does when no data comes.")] = None
    notifies: Annotated[
        str | list[str] | None, Meta(description="Whom it must tell: `@pagerduty-database`, or a list of handles.")
    ] = None
    receivers: Annotated[
        Literal["must-exist"] | None,
        Meta(
            description="Whether what the handles in `notifies` lead to must be there: channels of Slack's, services of"
            " PagerDuty's. The application key needs `integrations_read` for that."
        ),
    ] = None
    links_to: Annotated[
        str | None,
        Meta(
            description="The runbook that its message must link to: a path, with `#` and an anchor for a section.",
            examples=["runbooks/replication.md#replica-is-lagging"],
        ),
    ] = None
    proven_by: Annotated[
        Literal["incident"] | ProvenBetween | None,
        Meta(description="What proves it: a replay of the incident's window, or of one given as `from` and `to`."),
    ] = None
    fires_within: Annotated[
        Duration | None, Meta(description="Replayed, how soon after the beginning it fires, at the latest: `10m`.")
    ] = None
    at_most: Annotated[
        Budget | None, Meta(description="Replayed, how often it may fire otherwise in a time around it: `5 per 30d`.")
    ] = None

    def __post_init__(self) -> None:
        """Refuse what no monitor could meet.

        Raises:
            ValueError: with a sentence for the author.
        """
        if not (self.metric or self.query or self.name or self.monitor_tags):
            raise ValueError("nothing says which monitor is meant: add `metric:`, `query:`, `name:` or `tags:`")
        for key, bound in (("fires-when", self.fires_when), ("recovers-when", self.recovers_when)):
            if bound is not None and bound.bound.dimension:
                raise ValueError(
                    f"`{key}` has a unit, and Datadog compares bare numbers: write `{bound.sign} "
                    "…` in the metric's own unit"
                )
        for tag in self.scope_tags:
            key, colon, value = tag.partition(":")
            if not key.strip() or (colon and not value.strip()) or "=" in key or len(tag) > 400:
                raise ValueError(f"`{tag[:60]}` in `scope` is not a tag: write `env:prod`")
        for key in ("fires_within", "at_most"):
            if getattr(self, key) is not None and self.proven_by is None:
                raise ValueError(f"`{key.replace('_', '-')}` speaks of a replay: add `proven-by: incident`")
        if self.at_most is not None and self.at_most.span > _LONGEST_AROUND:
            raise ValueError("`at-most` is of more than 92 days, which is longer than is replayed")
        if any(len(handle) < 2 or not handle.startswith("@") or " " in handle for handle in self.handles):
            raise ValueError('`notifies` is not a handle: write `"@pagerduty-database"`')
        if self.receivers is not None and not self.handles:
            raise ValueError("`receivers` speaks of the handles in `notifies`: add them")
        if self.links_to is not None:
            runbook_links.place_of(self.links_to)

    @property
    def monitor_tags(self) -> tuple[str, ...]:
        """`tags` as a list, in lower case as Datadog keeps them."""
        tags = self.tags.split(",") if isinstance(self.tags, str) else self.tags or []
        return tuple(tag.strip().casefold() for tag in tags if tag.strip())

    @property
    def scope_tags(self) -> tuple[str, ...]:
        """`scope` as a list of tags."""
        if isinstance(self.scope, dict):
            return tuple(f"{key}:{value}" for key, value in self.scope.items())
        tags = self.scope.strip("{}").split(",") if isinstance(self.scope, str) else self.scope or []
        return tuple(tag.strip().casefold() for tag in tags if tag.strip() not in ("", "*"))

    @property
    def handles(self) -> tuple[str, ...]:
        """`notifies` as a list of handles, in lower case."""
        return tuple(handle.casefold() for handle in self.written_handles)

    @property
    def written_handles(self) -> tuple[str, ...]:
        """The same as they are written: names of Slack accounts and of services have upper and lower case."""
        handles = [self.notifies] if isinstance(self.notifies, str) else self.notifies or []
        return tuple(handle.strip() for handle in handles)


_LONGEST_AROUND = timedelta(days=92)


class SeenMonitor(msgspec.Struct, frozen=True, kw_only=True):
    """A monitor, with where and when it was seen."""

    monitor: datadog.Monitor
    source: str
    at: datetime | None = None
    """As of when its state is told; `None` where that is not known."""
    stateless: Unseen | None = None
    """Why its state is not told; `None` where it is."""
    downtimes: tuple[datadog.Downtime, ...] | Unseen = ()
    """Those that may silence it, by id or tags."""

    def evidence(self, seen: str) -> Evidence:
        """Evidence from this monitor, with when it was last edited."""
        return Evidence(self.source, seen, self.at, self.edited)

    @property
    def edited(self) -> datetime | None:
        """See `last_edited`."""
        return last_edited(self.monitor)


def last_edited(monitor: datadog.Monitor) -> datetime | None:
    """When a monitor's definition was last edited; `None` where that is not told, or in no form that is known."""
    try:
        edited = datetime.fromisoformat(str(monitor.modified))
    except ValueError:
        return None
    return edited if edited.tzinfo else edited.replace(tzinfo=UTC)


class Replayed(msgspec.Struct, frozen=True, kw_only=True, tag="replayed"):
    """What came of replaying a monitor."""

    monitor: int
    replay: Replay
    evaluations: int
    """How many evaluations in the window had something to compare."""
    noticed: datetime | None = None
    """When people noticed the incident, as far as that was written down."""
    source: str = ""
    """Where the samples can be seen."""


class DatadogMonitorObservation(Observation, frozen=True, kw_only=True):
    """What was seen of Datadog's monitors, or of an export of them."""

    now: datetime
    source: str
    """Where the list is, for the evidence that something is not in it."""
    total: int
    """How many monitors there are."""
    candidates: tuple[SeenMonitor, ...] = ()
    """Those that fit all that the declaration selects by."""
    parts: tuple[SeenMonitor, ...] = ()
    """The monitors that composites among the candidates are made of."""
    unreadable: tuple[datadog.Unreadable, ...] = ()
    """Those that may be the one that is meant, and cannot be read."""
    nearest: tuple[str, ...] = ()
    """What the author may have meant, where nothing fits."""
    incomplete: Unseen | None = None
    """Why nothing follows from what is not in the list; `None` where it is whole and fresh."""
    rules: tuple[datadog.Rule, ...] | Unseen = ()
    receivers: tuple[datadog.Receiver, ...] = ()
    """What the declared handles lead to; none where that is not asked."""
    runbook: runbook_links.Runbook | Unseen | None = None
    """The runbook that the message is to link to; `None` where none is declared."""
    replayed: Replayed | Unseen | None = None
    """What a replay of the one that is meant came to; `None` where none was asked for, or none is meant."""


FOUND = ClaimKind("found", Rung.EXISTS, "Exactly one monitor fits the declaration.")
COVERS_SCOPE = ClaimKind("covers-scope", Rung.EXISTS, "It watches all that was declared as its scope.")
STRICT_ENOUGH = ClaimKind("strict-enough", Rung.EXISTS, "It fires at least whenever the declared condition is met.")
SOON_ENOUGH = ClaimKind("soon-enough", Rung.EXISTS, "Its window is no longer than was declared.")
AGGREGATES = ClaimKind("aggregates", Rung.EXISTS, "It puts its window together as declared, or more strictly.")
RECOVERS = ClaimKind("recovers", Rung.EXISTS, "It recovers no earlier than was declared.")
HANDLES_NO_DATA = ClaimKind("handles-no-data", Rung.EXISTS, "It does what was declared when no data comes.")
NOT_MUTED = ClaimKind("not-muted", Rung.ACTIVE, "No option of the monitor mutes it.")
NOT_IN_DOWNTIME = ClaimKind("not-in-downtime", Rung.ACTIVE, "No downtime silences it now.")
NOT_DRAFT = ClaimKind("not-draft", Rung.ACTIVE, "It is published: a draft tells nobody.")
EVALUATES = ClaimKind("evaluates", Rung.ACTIVE, "It has data to evaluate.")
NOTIFIES = ClaimKind("notifies", Rung.ACTIVE, "It tells somebody when it fires, and whom it was declared to tell.")
RULE_APPLIES = ClaimKind(
    "rule-applies", Rung.ACTIVE, "The notification rule that is to tell a handle applies to what the monitor sends."
)
RECEIVER_THERE = ClaimKind("receiver-there", Rung.ACTIVE, "What a declared handle leads to is there, in Datadog.")
LINKS_TO_RUNBOOK = ClaimKind(
    "links-to-runbook", Rung.ACTIVE, "Its message links to the declared runbook, and file and section are there."
)
PARTS_IN_FORCE = ClaimKind("parts-in-force", Rung.ACTIVE, "The monitors that a composite is made of are in force.")
WOULD_HAVE_FIRED = ClaimKind("would-have-fired", Rung.PROVEN, "Replayed over the incident's window, it fires.")
FIRES_IN_TIME = ClaimKind("fires-in-time", Rung.PROVEN, "Replayed, it fires as soon as was declared.")
BEARABLE_NOISE = ClaimKind("bearable-noise", Rung.PROVEN, "Replayed, it seldom fires otherwise, as was declared.")

NO_MONITOR = Reason(
    "no-monitor", "No monitor fits the declaration.", "Create the monitor, or correct what the declaration selects by."
)
UNREADABLE_MONITOR = Reason(
    "unreadable-monitor",
    "A monitor that may be the one is of a form that loopcheck cannot read.",
    "Look at the monitor that the message names; if it is well, report its form to loopcheck.",
)
OTHER_SCOPE = Reason(
    "other-scope", "It watches something else.", "Change the filter of the monitor's query, or the declared scope."
)
NARROWER_SCOPE = Reason(
    "narrower-scope",
    "It watches only a part of the declared scope.",
    "Widen the filter of the monitor's query, or declare the scope that it has.",
)
LOOSER_THRESHOLD = Reason(
    "looser-threshold",
    "It fires later than was declared.",
    "Set the monitor's threshold to the declared one, or declare what was decided since.",
)
OTHER_DIRECTION = Reason(
    "other-direction",
    "It compares in the other direction.",
    "Turn the comparison of the monitor's query round, or correct the declaration.",
)
THRESHOLDS_DISAGREE = Reason(
    "thresholds-disagree",
    "The threshold in the query and the one in the options are not the same.",
    "Set both to the same value in the monitor.",
)
LONGER_WINDOW = Reason(
    "longer-window",
    "It looks at a longer window than was declared, and so fires later.",
    "Shorten the window of the monitor's query, or declare the window that it has.",
)
OTHER_AGGREGATION = Reason(
    "other-aggregation",
    "It puts its window together in a way that fires later.",
    "Change the aggregation of the monitor's query, or declare the one that it has.",
)
EARLY_RECOVERY = Reason(
    "early-recovery",
    "It recovers earlier than was declared.",
    "Set the recovery threshold of the monitor's critical alert.",
)
OTHER_NO_DATA = Reason(
    "other-no-data",
    "It does something else when no data comes.",
    "Change what the monitor does on missing data, or the declaration.",
)
MUTED = Reason("muted", "It is muted for now.", "Unmute the monitor, or wait for the end that the message names.")
MUTED_FOREVER = Reason("muted-forever", "It is muted without an end.", "Unmute the monitor.")
PARTLY_MUTED = Reason(
    "partly-muted",
    "A part of what it watches is muted, which may be the part that matters.",
    "Declare the `scope` that matters, or unmute the monitor.",
)
IN_DOWNTIME = Reason(
    "in-downtime",
    "A downtime silences it.",
    "Cancel the downtime, or wait for the end that the message names.",
)
PARTLY_IN_DOWNTIME = Reason(
    "partly-in-downtime",
    "A downtime silences, or may silence, a part of what it watches.",
    "Look at the downtime that the message names; declare the `scope` that matters, so that it can be compared.",
)
DRAFT = Reason("draft", "It is a draft, and tells nobody.", "Publish the monitor.")
NEVER_EVALUATED = Reason(
    "never-evaluated",
    "It has never had data to evaluate.",
    "Check metric and tags of its query. Where silence is normal, declare `no-data: ignored`.",
)
NOT_YET_EVALUATED = Reason(
    "not-yet-evaluated",
    "It is less than a day old and has not evaluated yet.",
    "Nothing to do: the next run looks again.",
)
NO_DATA = Reason(
    "no-data",
    "It has no data to evaluate any more.",
    "Check metric and tags of its query. Where silence is normal, declare `no-data: ignored`.",
)
NOTIFIES_NOBODY = Reason(
    "notifies-nobody",
    "It tells nobody when it fires.",
    "Add a handle such as `@pagerduty-database` to its message, outside `{{#is_recovery}}` and code.",
)
NOTIFIES_OTHERS = Reason(
    "notifies-others",
    "It does not tell whom it was declared to tell.",
    "Add the declared handle to its message, or declare the one that is told.",
)
UNCERTAIN_HANDLE = Reason(
    "uncertain-handle",
    "Whether it tells somebody depends on something that loopcheck cannot evaluate.",
    "Put the handle into the message where nothing conditions it.",
)
RULE_ELSEWHERE = Reason(
    "rule-elsewhere",
    "The notification rule that names the handle does not tell it what the monitor sends.",
    "Give the monitor the tags that the rule asks for, widen the rule, or add the handle to the monitor's message.",
)
NO_RECEIVER = Reason(
    "no-receiver",
    "The handle leads to nothing that Datadog knows, so nobody is told.",
    "Add the channel to Datadog's integration with Slack, or correct the handle in monitor and declaration.",
)
PART_MISSING = Reason(
    "part-missing",
    "A monitor that the composite is made of does not exist.",
    "Recreate the monitor, or correct the composite's query.",
)
PART_NOT_IN_FORCE = Reason(
    "part-not-in-force",
    "A monitor that the composite is made of is muted, a draft, or without data.",
    "Look at the monitor that the message names.",
)
WOULD_NOT_FIRE = Reason(
    "would-not-fire",
    "Replayed over the window, it stays silent.",
    "Lower the threshold or shorten the window, as far as the message says that it would have to be.",
)
ALREADY_FIRING = Reason(
    "already-firing",
    "It had been firing long before, and would have told nobody anything new.",
    "Correct the monitor so that it recovers, or raise the threshold above what is normal.",
)
FIRES_TOO_LATE = Reason(
    "fires-too-late",
    "Replayed, it fires later than was declared.",
    "Lower the threshold, shorten the window, or declare the time that it takes.",
)
TOO_NOISY = Reason(
    "too-noisy",
    "Replayed, it also fires when nothing was wrong, more often than was declared.",
    "Raise the threshold, lengthen the window, set a recovery threshold, or declare the noise that you can bear.",
)
HISTORY_DIFFERS = Reason(
    "history-differs",
    "Replayed, it does not do what it did, by the events that Datadog has of it, so nothing follows from the replay.",
    "Look at the alerts that the message names: it may have been silenced then, or samples came late. Where neither is"
    " so, report the monitor's query to loopcheck.",
)
MODEL_NOT_REPLAYED = Reason(
    "model-not-replayed",
    "Anomalies, outliers and forecasts come from models of Datadog's own, which cannot be replayed.",
    "Require `active`, or add an alert with a threshold.",
)
NO_METRIC = Reason(
    "no-metric",
    "What it watches is no metric, and is not kept for as long.",
    "Require `active`, or make a metric of what it counts and watch that.",
)
WINDOW_NOT_REPLAYED = Reason(
    "window-not-replayed",
    "A window of the calendar, or a schedule of its own, is not replayed.",
    "Require `active`, or evaluate the monitor over a window that moves, such as `last_1h`.",
)
FUNCTION_NOT_REPLAYED = Reason(
    "function-not-replayed",
    "Its query has a function whose value depends on more than the points of the window.",
    "Require `active`, or write the query without that function.",
)
COARSE = Reason(
    "too-coarse",
    "The points that can be had are too far apart, or their number matters and is not known.",
    "Give the query a rollup that is no longer than a fifth of its window, such as `.rollup(sum, 60)`.",
)
ODD_OPTION = Reason(
    "odd-option",
    "An option of the monitor is of a form that loopcheck cannot read.",
    "Look at the option that the message names.",
)
BEYOND_RETENTION = Reason(
    "beyond-retention",
    "Datadog no longer has, or does not have yet, what was measured then.",
    "Require `active`, or name a later window with `proven-by: {from: …, to: …}`.",
)
NO_SAMPLES = Reason(
    "no-samples",
    "Nothing was measured in the window, so a replay shows nothing.",
    "Check metric and scope of the query; name a window in which the metric was there.",
)
WINDOW_TOO_LONG = Reason(
    "window-too-long",
    "The window is longer than is replayed.",
    "Name the hours that matter with `proven-by: {from: …, to: …}`.",
)

MANIFEST = Manifest(
    kind="datadog-monitor",
    summary="A Datadog monitor matches what was promised, is in force, and tells somebody.",
    claims=tuple(value for value in list(globals().values()) if isinstance(value, ClaimKind)),
    reasons=(
        *(value for value in list(globals().values()) if isinstance(value, Reason)),
        *datadog.REASONS,
        datadog.OTHER_RECEIVER,
        *runbook_links.REASONS,
    ),
    systems=(datadog.SYSTEM,),
    secrets=(*datadog.SECRETS, *runbook_links.SECRETS),
    settings=(datadog.SETTING, runbook_links.SETTING),
)
