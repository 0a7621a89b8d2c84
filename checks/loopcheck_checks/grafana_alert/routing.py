"""What follows from Grafana's notification policies and silences: does the alert reach somebody? Pure."""

from __future__ import annotations

from loopcheck.checker import Claim, Evidence, Unseen
from loopcheck_checks.grafana_alert.definition import shown
from loopcheck_checks.grafana_alert.manifest import (
    ALWAYS_MUTED,
    NOT_SILENCED,
    NOTIFIES,
    NOTIFIES_NOBODY,
    NOTIFIES_OTHERS,
    PARTLY_SILENCED,
    SILENCED,
    TIMED_ROUTE,
    UNCERTAIN_ROUTE,
    UNLISTED_CONTACT_POINT,
    GrafanaAlertExpectation,
    GrafanaAlertObservation,
    SeenLive,
)
from loopcheck_checks.systems.grafana import Notifying, Rule
from loopcheck_checks.systems.prometheus import AlertLabels, Reached
from loopcheck_checks.systems.prometheus.routes import all_match, reached


def alerts_of(rule: Rule, live: SeenLive) -> tuple[AlertLabels, ...]:
    """The labels with which the alert would be told of, as far as they can be told: at least one set."""
    fixed = {name: value for name, value in rule.labels.items() if "{{" not in value}
    varying = frozenset(rule.labels) - set(fixed)
    own = {"alertname": rule.title, **fixed}
    if rule.uid:
        own["__alert_rule_uid__"] = rule.uid
    states = () if isinstance(live.states, Unseen) else live.states
    if len(states) == 1 and states[0].instances:
        return tuple(
            AlertLabels({name: value for name, value in {**one.labels, **own}.items() if name not in varying}, varying)
            for one in states[0].instances
        )
    if len(states) == 1 and states[0].folder:
        own["grafana_folder"] = states[0].folder
    possible = None if rule.condition.labels is None else frozenset(rule.condition.labels)
    unknown = None if possible is None else (possible | varying | {"grafana_folder"}) - set(own)
    return (AlertLabels(own, unknown),)


def judge_silences(alerts: tuple[AlertLabels, ...], seen: GrafanaAlertObservation, live: SeenLive) -> Claim:
    """Whether a silence is in force for the alert."""
    if isinstance(live.silences, Unseen):
        return NOT_SILENCED.unknown(live.silences)
    doubt: Claim | None = None
    for silence in live.silences:
        answers = {all_match(silence.matchers, alert) for alert in alerts}
        if answers == {False}:
            continue
        said = ", ".join(map(str, silence.matchers))[:200]
        here = Evidence(live.source, f"silence {silence.id[:40]}: {said}", seen.now)
        message = f"until {silence.until:%Y-%m-%d %H:%M} UTC, {silence.comment or 'without a comment'}"
        if answers == {True}:
            return NOT_SILENCED.fails(SILENCED, f"it is silenced {message}", here)
        doubt = NOT_SILENCED.unknown(PARTLY_SILENCED, f"the silence of {said} may be for a part of it, {message}", here)
    here = Evidence(live.source, f"{len(live.silences)} silences in force", seen.now)
    return doubt or NOT_SILENCED.holds("no silence is in force for it", here)


def judge_notifies(
    rule: Rule,
    alerts: tuple[AlertLabels, ...],
    expect: GrafanaAlertExpectation,
    seen: GrafanaAlertObservation,
    live: SeenLive,
) -> Claim:
    """Whether the alert reaches somebody, and whom it was declared to reach."""
    notifying = live.notifying
    if isinstance(notifying, Unseen):
        return NOTIFIES.unknown(notifying)
    ways = [_way(rule, alert, notifying) for alert in alerts]
    told = {one.receiver for way in ways for one in way}
    here = Evidence(live.source, f"contact points that it reaches: {', '.join(sorted(told))[:200]}", seen.now)
    for name in expect.contact_points:
        if name not in told:
            return NOTIFIES.fails(NOTIFIES_OTHERS, f"it reaches {', '.join(sorted(told))[:200]}, not {name[:80]}", here)
        if (trouble := _trouble(name, notifying, here)) is not None:
            return trouble
    troubles = {name: trouble for name in sorted(told) if (trouble := _trouble(name, notifying, here)) is not None}
    if troubles.keys() >= told:
        return min(troubles.values(), key=lambda one: one.outcome)
    wanted: tuple[str | None, ...] = expect.contact_points or (None,)
    for alert, way in zip(alerts, ways, strict=True):
        for wish in wanted:
            fitting = [one for one in way if (one.receiver == wish if wish else one.receiver not in troubles)]
            if (doubt := _doubt(fitting, wish, alert, here)) is not None:
                return doubt
    reaches = " and ".join(expect.contact_points) or ", ".join(sorted(told - troubles.keys()))
    kinds = sorted({kind for name in told if (one := notifying.receiver(name)) for kind in one.integrations})
    return NOTIFIES.holds(f"it reaches {reaches[:200]} ({', '.join(kinds)})", here)


def _way(rule: Rule, alert: AlertLabels, notifying: Notifying) -> tuple[Reached, ...]:
    """The contact points that an alert reaches. A rule that names one goes by no policy."""
    if rule.receiver is None:
        return reached(notifying.routing, alert)
    muted = notifying.muted_by(rule.mutes, rule.actives)
    return (Reached(rule.receiver, sure=True, timed=muted is None, muted=muted is True),)


def _trouble(name: str, notifying: Notifying, here: Evidence) -> Claim | None:
    """Why a contact point tells nobody, or may tell nobody."""
    receiver = notifying.receiver(name)
    if receiver is None and not notifying.all:
        return NOTIFIES.unknown(UNLISTED_CONTACT_POINT, f"the contact point `{name[:80]}` is not listed", here)
    if receiver is None:
        return NOTIFIES.fails(NOTIFIES_NOBODY, f"the contact point `{name[:80]}` has no integration", here)
    if receiver.tells_nobody:
        return NOTIFIES.fails(
            NOTIFIES_NOBODY,
            f"the contact point `{name[:80]}` tells nobody: no integration of it has an address that is read",
            here,
        )
    return None


def _doubt(fitting: list[Reached], name: str | None, alert: AlertLabels, here: Evidence) -> Claim | None:
    """Why it is not sure that one of `fitting` is told at all times."""
    if any(one.sure and not one.timed and not one.muted for one in fitting):
        return None
    if fitting and all(one.muted for one in fitting):
        return NOTIFIES.fails(ALWAYS_MUTED, f"what it sends to {fitting[0].receiver[:80]} is muted at all times", here)
    if any(one.sure and not one.muted for one in fitting):
        return NOTIFIES.unknown(TIMED_ROUTE, f"what it sends to {fitting[0].receiver[:80]} is muted at times", here)
    what = name[:80] if name else "somebody"
    return NOTIFIES.unknown(
        UNCERTAIN_ROUTE, f"whether it reaches {what} with {shown(alert.known)} cannot be told", here
    )
