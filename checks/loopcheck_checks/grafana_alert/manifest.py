"""The words of `grafana-alert`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from loopcheck.checker import ClaimKind, Expectation, Manifest, Observation, Reason, Rung, Setting, Unseen
from loopcheck.paths import RepoGlob
from loopcheck.quantities import Comparison, Duration
from loopcheck_checks.systems import grafana
from loopcheck_checks.systems.prometheus import Silence


class GrafanaAlertExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of an alert rule. At least one of title and query says which one."""

    title: Annotated[
        str | None, Meta(description="Its title. Upper and lower case do not matter.", examples=["Replication lag"])
    ] = None
    query: Annotated[
        str | None,
        Meta(description="What a query of it holds, such as a metric. Whole words.", examples=["pg_replication_lag"]),
    ] = None
    uid: Annotated[str | None, Meta(description="Which one is meant where two fit. Only a hint.")] = None
    fires_when: Annotated[
        Comparison | None, Meta(description="When it must fire, at the latest: `> 30`. In the query's own unit.")
    ] = None
    hold: Annotated[Duration | None, Meta(description="The longest that it may wait before it fires: `5m`.")] = (
        msgspec.field(default=None, name="for")
    )
    labels: Annotated[dict[str, str] | None, Meta(description="Labels that it must have.")] = None
    notifies: Annotated[
        str | list[str] | None, Meta(description="The contact point that it must reach, or several.")
    ] = None
    no_data: Annotated[Literal["ignored"] | None, Meta(description="`ignored`: that it has no data now is normal.")] = (
        None
    )
    rules: Annotated[
        str | list[str] | None,
        Meta(description="The files of the repository that Grafana is provisioned with, where it is in one."),
    ] = None

    def __post_init__(self) -> None:
        """Refuse what no rule could meet.

        Raises:
            ValueError: with a sentence for the author.
        """
        if not (self.title or "").strip() and not (self.query or "").strip():
            raise ValueError("nothing says which rule is meant: add `title:` or `query:`")
        if self.fires_when is not None and self.fires_when.bound.dimension:
            raise ValueError(
                f"`fires-when` has a unit, and Grafana compares bare numbers: write `{self.fires_when.sign} …` in the "
                "query's own unit"
            )
        for pattern in self.globs:
            RepoGlob.parse(pattern)

    @property
    def globs(self) -> tuple[str, ...]:
        """`rules` as patterns for paths."""
        return listed(self.rules)

    @property
    def contact_points(self) -> tuple[str, ...]:
        """`notifies` as a list."""
        return listed(self.notifies)


def listed(text: str | list[str] | None) -> tuple[str, ...]:
    """One or several, as several."""
    return (text,) if isinstance(text, str) else tuple(text or ())


class GrafanaSettings(Expectation, frozen=True, kw_only=True):
    """The section `grafana` of `settings:`."""

    rules: Annotated[
        str | list[str] | None, Meta(description="The files that Grafana is provisioned with, for every declaration.")
    ] = None


class SeenRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule, with where it was seen."""

    rule: grafana.Rule
    source: str


class SeenLive(msgspec.Struct, frozen=True, kw_only=True, tag="live"):
    """What Grafana says of the rule that is meant."""

    source: str
    loaded: tuple[grafana.Rule, ...] = ()
    """The rules that it has under that identifier or title."""
    all: bool = False
    """Whether an absence among them means something."""
    states: tuple[grafana.State, ...] | Unseen = ()
    """Of those rules."""
    notifying: grafana.Notifying | Unseen
    silences: tuple[Silence, ...] | Unseen = ()


class GrafanaAlertObservation(Observation, frozen=True, kw_only=True):
    """What was seen of rules, in files or in Grafana, and of the one that is meant."""

    now: datetime
    source: str
    """Where the rules are, for the evidence that one is not among them."""
    total: int
    in_files: bool = False
    candidates: tuple[SeenRule, ...] = ()
    unreadable: tuple[grafana.Odd, ...] = ()
    """Those that may be the one that is meant, and cannot be read."""
    nearest: tuple[str, ...] = ()
    incomplete: Unseen | None = None
    """Why nothing follows from what is not among the rules; `None` where they are all."""
    live: SeenLive | Unseen | None = None
    """`None` where it is not known which rule is meant."""


FOUND = ClaimKind("found", Rung.EXISTS, "Exactly one rule fits the declaration.")
STRICT_ENOUGH = ClaimKind("strict-enough", Rung.EXISTS, "It fires at least whenever the declared condition is met.")
SOON_ENOUGH = ClaimKind("soon-enough", Rung.EXISTS, "It waits no longer than was declared.")
LABELLED = ClaimKind("labelled", Rung.EXISTS, "It has the declared labels.")
LOADED = ClaimKind("loaded", Rung.ACTIVE, "Grafana has the rule, and has it as its file says.")
NOT_PAUSED = ClaimKind("not-paused", Rung.ACTIVE, "Nobody has paused it.")
EVALUATES = ClaimKind("evaluates", Rung.ACTIVE, "Grafana evaluates it, lately and without an error.")
HAS_DATA = ClaimKind("has-data", Rung.ACTIVE, "Its queries find data.")
NOT_SILENCED = ClaimKind("not-silenced", Rung.ACTIVE, "No silence is in force for it.")
NOTIFIES = ClaimKind("notifies", Rung.ACTIVE, "It reaches a contact point that tells somebody, and the declared one.")

NO_RULE = Reason(
    "no-rule", "No alert rule fits the declaration.", "Create the rule, or correct what the declaration selects by."
)
UNREADABLE_RULE = Reason(
    "unreadable-rule",
    "A rule that may be the one is of a form that loopcheck cannot read.",
    "Look at the rule or the file that the message names; if it is well, report its form to loopcheck.",
)
LOOSER_THRESHOLD = Reason(
    "looser-threshold",
    "It fires later than was declared.",
    "Set the rule's threshold to the declared one, or declare what was decided since.",
)
OTHER_DIRECTION = Reason(
    "other-direction",
    "It compares in the other direction.",
    "Turn the comparison of the rule's condition round, or correct the declaration.",
)
LONGER_WAIT = Reason(
    "longer-wait",
    "It waits longer than was declared before it fires.",
    "Shorten the rule's pending period, or declare the one that it has.",
)
OTHER_LABELS = Reason(
    "other-labels", "A label of the rule is not the declared one.", "Correct the rule's label, or the declaration."
)
NOT_LOADED = Reason(
    "not-loaded", "Grafana does not have the rule of the file.", "Provision Grafana with the file; look at its log."
)
LOADED_OTHERWISE = Reason(
    "loaded-otherwise",
    "Grafana has the rule in another form than its file.",
    "Provision Grafana with the file anew, or bring what was changed in Grafana into the file.",
)
PAUSED = Reason("paused", "The rule is paused: it is not evaluated.", "Resume the rule in Grafana, or in its file.")
FOLDER_NOT_VISIBLE = Reason(
    "folder-not-visible",
    "Grafana does not tell this token of the rule's evaluations.",
    "Let the token read the rule's folder: `folders:read` and `alert.rules:read` on it.",
)
EVALUATION_FAILS = Reason(
    "evaluation-fails", "Grafana cannot evaluate the rule.", "Mend what the message names; see the rule's page."
)
NOT_YET_EVALUATED = Reason(
    "not-yet-evaluated", "It has not been evaluated yet.", "Nothing to do: the next run looks again."
)
STALLED = Reason(
    "stalled", "Its last evaluation is long ago.", "Look whether Grafana keeps up with its rules, and at its clock."
)
NO_DATA = Reason(
    "no-data",
    "Its queries find nothing, so its threshold is never met.",
    "Check the queries and their data sources. Where silence is normal, declare `no-data: ignored`.",
)
PARTLY_NO_DATA = Reason(
    "partly-no-data",
    "Some of what it watches has no data.",
    "Look at the rule's instances. Where silence is normal, declare `no-data: ignored`.",
)
SILENCED = Reason("silenced", "A silence is in force for it.", "Expire the silence, or wait for its end.")
PARTLY_SILENCED = Reason(
    "partly-silenced",
    "A silence is in force that is, or may be, for a part of it.",
    "Look at the silence that the message names.",
)
NOTIFIES_NOBODY = Reason(
    "notifies-nobody",
    "It reaches a contact point that tells nobody.",
    "Give the contact point an integration with an address that somebody reads, or route the rule to another.",
)
NOTIFIES_OTHERS = Reason(
    "notifies-others",
    "It does not reach the declared contact point.",
    "Correct the notification policies, the rule's labels, or the declaration.",
)
UNLISTED_CONTACT_POINT = Reason(
    "unlisted-contact-point",
    "Grafana does not list the contact point to this token: it has no integration, or may not be seen.",
    "Look at the contact point, or give the token `alert.notifications.provisioning:read`.",
)
UNCERTAIN_ROUTE = Reason(
    "uncertain-route",
    "Which contact point it reaches depends on labels that cannot be told.",
    "Route by labels that the rule itself sets, or let the rule name its contact point.",
)
ALWAYS_MUTED = Reason(
    "always-muted",
    "Its notifications are muted at all times.",
    "Take the mute timing off the policy or the rule, or limit its hours.",
)
TIMED_ROUTE = Reason(
    "timed-route",
    "Its notifications are muted at certain times.",
    "Check the timings of the policy by hand, or take them off it.",
)

MANIFEST = Manifest(
    kind="grafana-alert",
    summary="An alert rule of Grafana matches what was promised, is in force, and tells somebody.",
    claims=tuple(value for value in list(globals().values()) if isinstance(value, ClaimKind)),
    reasons=(*(value for value in list(globals().values()) if isinstance(value, Reason)), *grafana.REASONS),
    systems=("grafana",),
    secrets=grafana.SECRETS,
    settings=(Setting("grafana", GrafanaSettings),),
)
