"""The words of `prometheus-alert`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from loopcheck.checker import ClaimKind, Expectation, Manifest, Observation, Reason, Rung, Setting, Unseen
from loopcheck.paths import RepoGlob, RepoPath
from loopcheck.quantities import Budget, Comparison, Duration, Moment
from loopcheck.replay import Firing, Replay
from loopcheck_checks.systems import prometheus, runbook_links

_LONGEST = timedelta(days=31)
MOST_UNCOVERED = 0.05
"""The share of a stretch that may be without samples before nothing is said of what does not fire in it."""


class Span(Expectation, frozen=True, kw_only=True):
    """A window of the past, given by hand."""

    start: Annotated[Moment, Meta(description="When it begins.", examples=["2026-11-01T09:14Z"])] = msgspec.field(
        name="from"
    )
    end: Annotated[Moment, Meta(description="When it ends.", examples=["2026-11-01T10:30Z"])] = msgspec.field(name="to")


class PrometheusAlertExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of an alert. At least one of alert, metric and expr says which one."""

    alert: Annotated[str | None, Meta(description="Its name.", examples=["HighErrorRate"])] = None
    metric: Annotated[str | None, Meta(description="A metric that its expression reads.")] = None
    expr: Annotated[
        str | None, Meta(description="Its expression, whole or without the threshold. Spaces do not matter.")
    ] = None
    scope: Annotated[
        dict[str, str] | None, Meta(description="Labels of series that it must watch, or more: `{job: shop}`.")
    ] = None
    fires_when: Annotated[
        Comparison | None, Meta(description="When it must fire, at the latest: `> 0.05`. In the metric's own unit.")
    ] = None
    hold: Annotated[Duration | None, Meta(description="The longest that it may wait before it fires: `5m`.")] = (
        msgspec.field(default=None, name="for")
    )
    severity: Annotated[str | None, Meta(description="Its label `severity`.", examples=["page"])] = None
    labels: Annotated[dict[str, str] | None, Meta(description="Labels that it must have.")] = None
    notifies: Annotated[
        str | list[str] | None, Meta(description="The receiver of Alertmanager's that it must reach, or several.")
    ] = None
    links_to: Annotated[
        str | None,
        Meta(
            description="The runbook that its annotation must link to: a path, with `#` and an anchor for a section.",
            examples=["runbooks/errors.md#too-many-errors"],
        ),
    ] = None
    no_data: Annotated[
        Literal["ignored"] | None, Meta(description="`ignored`: that it has no series now is normal.")
    ] = None
    rules: Annotated[
        str | list[str] | None,
        Meta(description="Where its rule is: paths in the repository, or `live` for Prometheus itself."),
    ] = None
    alertmanager: Annotated[RepoPath | None, Meta(description="Alertmanager's configuration in the repository.")] = None
    proven_by: Annotated[
        Literal["incident"] | None, Meta(description="What proves it: a replay of the incident's window.")
    ] = None
    window: Annotated[Span | None, Meta(description="Or a replay of this window.")] = None
    before: Annotated[
        Literal["detected"] | None, Meta(description="By when it must have fired: before the incident was noticed.")
    ] = None
    at_most: Annotated[
        Budget | None, Meta(description="How often it may fire besides, around the window: `5 per 30d`.")
    ] = None

    def __post_init__(self) -> None:
        """Refuse what no alert could meet.

        Raises:
            ValueError: with a sentence for the author.
        """
        if not (self.alert or self.metric or self.expr):
            raise ValueError("nothing says which alert is meant: add `alert:`, `metric:` or `expr:`")
        if self.expr is not None:
            try:
                prometheus.parse(self.expr)
            except ValueError as error:
                raise ValueError(f"`expr` is not PromQL that can be read: {str(error)[:120]}") from None
        if self.fires_when is not None and self.fires_when.bound.dimension:
            raise ValueError(
                f"`fires-when` has a unit, and Prometheus compares bare numbers: write `{self.fires_when.sign} …` in "
                "the metric's own unit (`> 0.05` for 5 %)"
            )
        if self.proven_by is not None and self.window is not None:
            raise ValueError("`proven-by: incident` and `window` say two different windows: keep one")
        if (self.before or self.at_most) and not self.proves:
            raise ValueError("`before` and `at-most` are about a replay: add `proven-by: incident` or `window`")
        if self.window is not None and not timedelta() < self.window.end.at - self.window.start.at <= _LONGEST:
            raise ValueError("`window` must end after it begins, within 31 days")
        if self.at_most is not None and self.at_most.span > 3 * _LONGEST:
            raise ValueError("`at-most` looks further back than 93 days")
        for pattern in self.globs:
            RepoGlob.parse(pattern)
        if self.links_to is not None:
            runbook_links.place_of(self.links_to)

    @property
    def proves(self) -> bool:
        """Whether a replay is declared."""
        return self.proven_by is not None or self.window is not None

    @property
    def live(self) -> bool:
        """Whether only Prometheus itself is to say what the rule is."""
        return self.rules == "live"

    @property
    def globs(self) -> tuple[str, ...]:
        """`rules` as patterns for paths."""
        rules = [self.rules] if isinstance(self.rules, str) else self.rules or []
        return () if self.live else tuple(rules)

    @property
    def wanted_labels(self) -> dict[str, str]:
        """`labels` with `severity`."""
        return (self.labels or {}) | ({"severity": self.severity} if self.severity is not None else {})

    @property
    def receivers(self) -> tuple[str, ...]:
        """`notifies` as a list."""
        return tuple([self.notifies] if isinstance(self.notifies, str) else self.notifies or [])


class PrometheusSettings(Expectation, frozen=True, kw_only=True):
    """The section `prometheus` of `settings:`."""

    rules: Annotated[
        str | list[str] | None, Meta(description="Where rule files are; every YAML file of the repository otherwise.")
    ] = None
    alertmanager: Annotated[
        RepoPath | None, Meta(description="Alertmanager's configuration, where ALERTMANAGER_URL is not set.")
    ] = None
    external_labels: Annotated[
        dict[str, str] | None, Meta(description="`external_labels` of Prometheus, where PROMETHEUS_URL is not set.")
    ] = None


class SeenRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule, with where it was seen."""

    rule: prometheus.Rule
    source: str
    live: bool = False


class SeenFile(msgspec.Struct, frozen=True):
    """A file that may hold the rule that is meant, and cannot be read."""

    source: str
    problem: str
    refused: bool = False
    """Whether Prometheus would refuse it as well."""
    templated: bool = False


class Series(msgspec.Struct, frozen=True):
    """How many series a part of the expression finds."""

    selector: str
    count: int


class SeenLive(msgspec.Struct, frozen=True, kw_only=True, tag="live"):
    """What Prometheus says of the rule that is meant."""

    source: str
    named: tuple[prometheus.LiveRule, ...]
    """The rules of that name that are loaded."""
    series: tuple[Series, ...] | Unseen = ()
    groups: tuple[dict[str, str], ...] | Unseen = ()
    """The labels of what is compared now."""
    settings: prometheus.Settings | None = None
    """`None` where it does not tell them."""
    alertmanagers: int | Unseen = 0


class SeenRouting(msgspec.Struct, frozen=True, kw_only=True, tag="routing"):
    """Where alerts go."""

    source: str
    routing: prometheus.Routing


class SecondOpinion(msgspec.Struct, frozen=True, kw_only=True, tag="second"):
    """The window by itself, by both: as it is replayed, and as `promtool` has it."""

    tool: str
    """`promtool 2.42.0`."""
    samples: int
    moved: bool
    """Whether samples had to be moved, by less than a second, on which the results depend."""
    replay: tuple[Firing, ...] = ()
    theirs: tuple[Firing, ...] = ()


class NotCompared(msgspec.Struct, frozen=True, tag="not-compared"):
    """Why there is no second opinion."""

    why: str


class Replayed(msgspec.Struct, frozen=True, kw_only=True, tag="replayed"):
    """The rule, replayed."""

    source: str
    replay: Replay
    silent: tuple[str, ...] = ()
    """What the expression reads and of which there are no samples from then."""
    gap: float = 0
    """The share of the window of which there are no samples at all."""
    recorded: tuple[Firing, ...] | Unseen = ()
    """When Prometheus itself recorded the alert as firing within the window; nothing where it had no such rule then."""
    unheard: Unseen | None = None
    """Why the longer stretch could not be replayed; `None` where it was."""
    uncovered: float = 0
    """The share of the longer stretch of which there are no samples at all."""
    second: SecondOpinion | NotCompared = NotCompared("nobody asked it")


class PrometheusAlertObservation(Observation, frozen=True, kw_only=True):
    """What was seen of rules, of Prometheus and of Alertmanager."""

    now: datetime
    source: str
    """Where the rules are, for the evidence that something is not among them."""
    total: int
    """How many alerting rules there are."""
    candidates: tuple[SeenRule, ...] = ()
    unreadable: tuple[SeenFile, ...] = ()
    nearest: tuple[str, ...] = ()
    live: SeenLive | Unseen | None = None
    """`None` where no one rule is meant, so that nothing was asked."""
    routing: SeenRouting | Unseen | None = None
    external_labels: dict[str, str] | None = None
    """As they are declared in the settings."""
    silences: tuple[prometheus.Silence, ...] | Unseen = ()
    firing: tuple[dict[str, str], ...] | Unseen = ()
    """The labels of all alerts that fire now."""
    detected: datetime | None = None
    """When the incident was noticed."""
    runbook: runbook_links.Runbook | Unseen | None = None
    """The runbook that the annotation is to link to; `None` where none is declared."""
    proof: Replayed | Unseen | None = None


FOUND = ClaimKind("found", Rung.EXISTS, "Exactly one rule fits the declaration.")
ACCEPTED = ClaimKind("accepted", Rung.EXISTS, "Prometheus would load the rule as it stands in its file.")
COVERS_SCOPE = ClaimKind("covers-scope", Rung.EXISTS, "Its expression lets through all that was declared as its scope.")
STRICT_ENOUGH = ClaimKind("strict-enough", Rung.EXISTS, "It fires at least whenever the declared condition is met.")
SOON_ENOUGH = ClaimKind("soon-enough", Rung.EXISTS, "It waits no longer than was declared before it fires.")
LABELLED = ClaimKind("labelled", Rung.EXISTS, "It has the declared severity and labels.")
LOADED = ClaimKind("loaded", Rung.ACTIVE, "Prometheus has loaded the rule, as it is declared in its file.")
EVALUATES = ClaimKind("evaluates", Rung.ACTIVE, "Prometheus evaluates it without an error.")
HAS_SERIES = ClaimKind("has-series", Rung.ACTIVE, "There are series for each part of its expression.")
SENT = ClaimKind("sent", Rung.ACTIVE, "Prometheus sends its alerts to an Alertmanager.")
NOT_SILENCED = ClaimKind("not-silenced", Rung.ACTIVE, "No silence of Alertmanager's keeps it from people.")
NOT_INHIBITED = ClaimKind("not-inhibited", Rung.ACTIVE, "No other alert that fires now keeps it from people.")
NOTIFIES = ClaimKind("notifies", Rung.ACTIVE, "It reaches a receiver that tells somebody, and the declared one.")
LINKS_TO_RUNBOOK = ClaimKind(
    "links-to-runbook", Rung.ACTIVE, "Its annotation links to the declared runbook, and file and section are there."
)
REPLAYED = ClaimKind("replayed", Rung.PROVEN, "Replayed over the window, it fires.")
IN_TIME = ClaimKind("in-time", Rung.PROVEN, "Replayed, it fires before the incident was noticed.")
WITHIN_BUDGET = ClaimKind("within-budget", Rung.PROVEN, "It fires no more often besides than was declared.")

NO_RULE = Reason(
    "no-rule", "No alerting rule fits the declaration.", "Add the rule, or correct what the declaration selects by."
)
UNREADABLE_RULES = Reason(
    "unreadable-rules",
    "A file that may hold the rule cannot be read.",
    "Look at the file that the message names; name the files with `rules:` where it is another's.",
)
TEMPLATED = Reason(
    "templated",
    "The rule is made from a template, and what comes out of that cannot be told from the repository.",
    "Set PROMETHEUS_URL and declare `rules: live`, or keep the rendered rules in the repository.",
)
REFUSED_RULES = Reason(
    "refused-rules",
    "Prometheus refuses the file, and loads none of its rules.",
    "Mend what the message names; `promtool check rules` shows the rest.",
)
DOUBTFUL_RULES = Reason(
    "doubtful-rules",
    "Whether Prometheus loads the file cannot be told.",
    "Set PROMETHEUS_URL, so that Prometheus itself can say; or mend what the message names.",
)
NARROWER_SCOPE = Reason(
    "narrower-scope",
    "Its expression leaves out a part of the declared scope.",
    "Widen the selector that the message names, or declare the scope that it has.",
)
LOOSER_THRESHOLD = Reason(
    "looser-threshold",
    "It fires later than was declared.",
    "Set the rule's threshold to the declared one, or declare what was decided since.",
)
OTHER_DIRECTION = Reason(
    "other-direction",
    "It compares in the other direction.",
    "Turn the comparison of the rule's expression round, or correct the declaration.",
)
LONGER_WAIT = Reason(
    "longer-wait",
    "It waits longer than was declared before it fires.",
    "Shorten the rule's `for`, or declare the one that it has.",
)
OTHER_LABELS = Reason(
    "other-labels", "A label of the rule is not the declared one.", "Correct the rule's label, or the declaration."
)
NOT_LOADED = Reason(
    "not-loaded",
    "Prometheus has no rule of that name.",
    "Bring the rules of the repository to Prometheus; look at its page of rules.",
)
LOADED_OTHERWISE = Reason(
    "loaded-otherwise",
    "Prometheus has another rule under that name.",
    "Bring the rules of the repository to Prometheus, or the other way round.",
)
EVALUATION_FAILS = Reason(
    "evaluation-fails", "Prometheus cannot evaluate the rule.", "Mend what the message names; see its page of rules."
)
NOT_YET_EVALUATED = Reason(
    "not-yet-evaluated", "It has not been evaluated yet.", "Nothing to do: the next run looks again."
)
STALLED = Reason(
    "stalled",
    "Its last evaluation is long ago.",
    "Look whether Prometheus keeps up with its rules, and at its clock.",
)
NO_SERIES = Reason(
    "no-series",
    "A part of its expression finds no series, so it cannot fire.",
    "Check metric and labels of the selector. Where silence is normal, declare `no-data: ignored`.",
)
NO_ALERTMANAGER = Reason(
    "no-alertmanager",
    "Prometheus sends its alerts to nobody.",
    "Add an Alertmanager under `alerting:` in the configuration of Prometheus.",
)
SILENCED = Reason("silenced", "A silence is in force for it.", "Expire the silence, or wait for its end.")
PARTLY_SILENCED = Reason(
    "partly-silenced",
    "A silence is in force that is, or may be, for a part of it.",
    "Look at the silence that the message names.",
)
INHIBITED = Reason(
    "inhibited",
    "An alert that fires now would keep it from people.",
    "Look at the alert that the message names, and at `inhibit_rules`.",
)
PARTLY_INHIBITED = Reason(
    "partly-inhibited",
    "An alert that fires now keeps, or may keep, a part of it from people.",
    "Look at the alert that the message names, and at `inhibit_rules`.",
)
NOTIFIES_NOBODY = Reason(
    "notifies-nobody",
    "It reaches a receiver that tells nobody.",
    "Route it to a receiver with an integration, such as a pager.",
)
NOTIFIES_OTHERS = Reason(
    "notifies-others",
    "It does not reach the declared receiver.",
    "Correct the routes of Alertmanager, the rule's labels, or the declaration.",
)
UNCERTAIN_ROUTE = Reason(
    "uncertain-route",
    "Which receiver it reaches depends on labels that cannot be told.",
    "Set PROMETHEUS_URL, or `external-labels` in the settings; or route by labels that the rule itself sets.",
)
TIMED_ROUTE = Reason(
    "timed-route",
    "Its route is muted at certain times.",
    "Check the time intervals of the route by hand, or take them off it.",
)
FUTURE_WINDOW = Reason("future-window", "The window has not passed yet.", "Nothing to do: a later run looks again.")
UNFAITHFUL = Reason(
    "unfaithful",
    "The rule is of a form whose past cannot be replayed faithfully.",
    "Prove it with `promtool test rules`, in a test that is declared as `test`; or require `active`.",
)
NO_SAMPLES = Reason(
    "no-samples",
    "Prometheus has no samples from then of what the rule reads.",
    "Ask a Prometheus that keeps them for longer, such as Thanos or Mimir.",
)
NOT_FIRED = Reason(
    "not-fired",
    "Replayed over the window, it does not fire.",
    "Change threshold or `for` until it would have; the message says what was missing.",
)
ENGINES_DIFFER = Reason(
    "engines-differ",
    "The replay and promtool, on the same samples, differ in when it fires.",
    "Look at both answers in Prometheus: one of them is wrong, or it hangs by less than a second.",
)
ALREADY_FIRING = Reason(
    "already-firing",
    "It fired long before the window and still did in it, so it tells nothing of the incident.",
    "Look why it fires; an alert that is always on wakes nobody.",
)
TOO_LATE = Reason(
    "too-late",
    "It fires only after people had noticed.",
    "Lower its threshold or its `for`, or watch an earlier sign.",
)
TOO_NOISY = Reason(
    "too-noisy",
    "It fires more often besides than was declared.",
    "Raise its threshold or its `for`, or declare a larger budget.",
)

MANIFEST = Manifest(
    kind="prometheus-alert",
    summary="An alerting rule of Prometheus matches what was promised, is in force, reaches somebody, and would have"
    " fired.",
    claims=tuple(value for value in list(globals().values()) if isinstance(value, ClaimKind)),
    reasons=(
        *(value for value in list(globals().values()) if isinstance(value, Reason)),
        *prometheus.REASONS,
        *runbook_links.REASONS,
    ),
    systems=("prometheus", "alertmanager"),
    secrets=(*prometheus.SECRETS, *runbook_links.SECRETS),
    settings=(Setting("prometheus", PrometheusSettings), runbook_links.SETTING),
)
