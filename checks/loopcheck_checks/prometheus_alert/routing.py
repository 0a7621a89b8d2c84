"""What follows from Alertmanager's configuration, silences and alerts: whom does the alert reach, with which runbook?

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopcheck.checker import Claim, Evidence, Unseen
from loopcheck_checks.prometheus_alert.definition import expression_of
from loopcheck_checks.prometheus_alert.manifest import (
    INHIBITED,
    LINKS_TO_RUNBOOK,
    LOADED_OTHERWISE,
    NOT_INHIBITED,
    NOT_SILENCED,
    NOTIFIES,
    NOTIFIES_NOBODY,
    NOTIFIES_OTHERS,
    PARTLY_INHIBITED,
    PARTLY_SILENCED,
    SILENCED,
    TIMED_ROUTE,
    UNCERTAIN_ROUTE,
    PrometheusAlertExpectation,
    PrometheusAlertObservation,
    SeenLive,
    SeenRouting,
    SeenRule,
)
from loopcheck_checks.systems.prometheus import AlertLabels, Reached, Rule
from loopcheck_checks.systems.prometheus.client import as_text
from loopcheck_checks.systems.prometheus.routes import all_match, inhibited, reached
from loopcheck_checks.systems.runbook_links import Runbook, judge_link


def judge_routing(
    chosen: SeenRule, expect: PrometheusAlertExpectation, seen: PrometheusAlertObservation
) -> Iterator[Claim]:
    """The claims about the alert in Alertmanager."""
    alerts = alerts_of(chosen, seen)
    yield _not_silenced(alerts, seen)
    yield _not_inhibited(alerts, seen)
    if seen.routing is None or isinstance(seen.routing, Unseen):
        yield NOTIFIES.unknown(seen.routing if seen.routing is not None else UNCERTAIN_ROUTE)
        return
    yield _notifies(alerts, expect, seen.routing, seen)


def links_to_runbook(chosen: SeenRule, live: SeenLive | Unseen | None, runbook: Runbook | Unseen) -> Claim:
    """Whether an annotation of the rule links to the declared runbook, in Prometheus as in the file."""
    said = _runbooks(chosen.rule)
    here = Evidence(chosen.source, ", ".join(f"{name}: {text}" for name, text in said.items())[:300] or "no runbook")
    if isinstance(runbook, Unseen):
        return LINKS_TO_RUNBOOK.unknown(runbook, None, here)
    if isinstance(live, SeenLive) and live.named and all(_runbooks(one.rule) != said for one in live.named):
        return LINKS_TO_RUNBOOK.unknown(LOADED_OTHERWISE, "in Prometheus, it names another runbook, or none", here)
    return judge_link(LINKS_TO_RUNBOOK, runbook, [(text, True) for text in said.values()], here)


def _runbooks(rule: Rule) -> dict[str, str]:
    """The annotations by which people find the runbook: `runbook_url`, `runbook`."""
    return {name: text for name, text in rule.annotations.items() if "runbook" in name.casefold()}


def alerts_of(chosen: SeenRule, seen: PrometheusAlertObservation) -> tuple[AlertLabels, ...]:
    """The labels with which the alert would come to Alertmanager, as far as they can be told: at least one set."""
    live = seen.live if isinstance(seen.live, SeenLive) else None
    settings = live.settings if live is not None else None
    external = settings.external_labels if settings is not None else seen.external_labels
    fixed, varying = chosen.rule.fixed_labels, chosen.rule.varying_labels
    if settings is not None and settings.relabels:
        return (AlertLabels({}, None),)
    groups = live.groups if live is not None and not isinstance(live.groups, Unseen) else ()
    if groups:
        return tuple(
            AlertLabels(
                {name: value for name, value in {**(external or {}), **group, **fixed}.items() if name not in varying},
                None if external is None else varying,
            )
            for group in groups
        )
    expression = expression_of(chosen)
    possible = None if expression is None else expression.labels
    unknown = None if external is None or possible is None else (possible | varying) - set(fixed)
    # An external label is added only where the alert has none of that name.
    sure = {name: value for name, value in (external or {}).items() if unknown is not None and name not in unknown}
    return (AlertLabels({**sure, **fixed}, unknown),)


def _not_silenced(alerts: tuple[AlertLabels, ...], seen: PrometheusAlertObservation) -> Claim:
    if isinstance(seen.silences, Unseen):
        return NOT_SILENCED.unknown(seen.silences)
    worst: Claim | None = None
    for silence in seen.silences:
        answers = {all_match(silence.matchers, alert) for alert in alerts}
        if answers == {False}:
            continue
        said = ", ".join(map(str, silence.matchers))[:200]
        here = Evidence(_source(seen), f"silence {silence.id[:40]}: {said}", seen.now)
        message = f"until {silence.until:%Y-%m-%d %H:%M} UTC, {silence.comment or 'without a comment'}"
        if answers == {True}:
            return NOT_SILENCED.fails(SILENCED, f"it is silenced {message}", here)
        worst = NOT_SILENCED.unknown(PARTLY_SILENCED, f"the silence of {said} may be for a part of it, {message}", here)
    here = Evidence(_source(seen), f"{len(seen.silences)} silences in force", seen.now)
    return worst or NOT_SILENCED.holds("no silence is in force for it", here)


def _not_inhibited(alerts: tuple[AlertLabels, ...], seen: PrometheusAlertObservation) -> Claim:
    if isinstance(seen.firing, Unseen):
        return NOT_INHIBITED.unknown(seen.firing)
    if not isinstance(seen.routing, SeenRouting):
        return NOT_INHIBITED.unknown(seen.routing if seen.routing is not None else UNCERTAIN_ROUTE)
    routing = seen.routing.routing
    answers = [inhibited(routing, alert, seen.firing) for alert in alerts]
    here = Evidence(_source(seen), f"{len(seen.firing)} alerts fire, {len(routing.inhibitions)} rules", seen.now)
    by = next((name for _, name in answers if name), "")
    if all(answer for answer, _ in answers):
        return NOT_INHIBITED.fails(INHIBITED, f"{by[:80]} fires, and would keep it from people", here)
    if any(answer is not False for answer, _ in answers):
        return NOT_INHIBITED.unknown(PARTLY_INHIBITED, f"{by[:80]} fires, and may keep a part of it from people", here)
    return NOT_INHIBITED.holds("no alert that fires now would keep it from people", here)


def _source(seen: PrometheusAlertObservation) -> str:
    return seen.routing.source if isinstance(seen.routing, SeenRouting) else seen.source


def _notifies(
    alerts: tuple[AlertLabels, ...],
    expect: PrometheusAlertExpectation,
    seen: SeenRouting,
    whole: PrometheusAlertObservation,
) -> Claim:
    routing = seen.routing
    ways = [reached(routing, alert) for alert in alerts]
    told = {one.receiver for way in ways for one in way}
    shown = ", ".join(sorted(told))[:200]
    here = Evidence(seen.source, f"receivers that it reaches: {shown}", whole.now)
    nobody = {one.name for one in routing.receivers if one.tells_nobody}
    for name in expect.receivers:
        if routing.receiver(name) is None:
            return NOTIFIES.fails(NOTIFIES_OTHERS, f"Alertmanager has no receiver `{name[:80]}`", here)
        if name in nobody:
            return NOTIFIES.fails(NOTIFIES_NOBODY, f"the receiver `{name[:80]}` tells nobody", here)
        if name not in told:
            return NOTIFIES.fails(NOTIFIES_OTHERS, f"it reaches {shown}, not {name[:80]}", here)
    if told <= nobody:
        return NOTIFIES.fails(NOTIFIES_NOBODY, f"it reaches {shown}, which tells nobody", here)
    wanted: tuple[str | None, ...] = expect.receivers or (None,)
    for alert, way in zip(alerts, ways, strict=True):
        for wish in wanted:
            fitting = [one for one in way if (one.receiver == wish if wish else one.receiver not in nobody)]
            if (doubt := _doubt(fitting, wish, alert, here)) is not None:
                return doubt
    reaches = " and ".join(expect.receivers) or ", ".join(sorted(told - nobody))
    integrations = sorted({it for one in routing.receivers if one.name in told for it in one.integrations})
    return NOTIFIES.holds(f"it reaches {reaches[:200]} ({', '.join(integrations)})", here)


def _doubt(fitting: list[Reached], name: str | None, alert: AlertLabels, here: Evidence) -> Claim | None:
    """Why it is not sure that one of `fitting` is reached at all times."""
    if any(one.sure and not one.timed for one in fitting):
        return None
    if any(one.sure for one in fitting):
        message = f"the route to {fitting[0].receiver[:80]} is muted at certain times"
        return NOTIFIES.unknown(TIMED_ROUTE, message, here)
    what = name[:80] if name else "somebody"
    message = f"whether it reaches {what} with {as_text(alert.known)} cannot be told"
    return NOTIFIES.unknown(UNCERTAIN_ROUTE, message, here)
