"""What follows from what Prometheus says of the rule: is it in force? Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from loopcheck.checker import Claim, Evidence, Unseen
from loopcheck.reasons import NOT_JUDGED
from loopcheck_checks.prometheus_alert.manifest import (
    EVALUATES,
    EVALUATION_FAILS,
    HAS_SERIES,
    LOADED,
    LOADED_OTHERWISE,
    NO_ALERTMANAGER,
    NO_SERIES,
    NOT_LOADED,
    NOT_YET_EVALUATED,
    SENT,
    STALLED,
    PrometheusAlertExpectation,
    PrometheusAlertObservation,
    SeenLive,
    SeenRule,
)
from loopcheck_checks.systems.prometheus import LiveRule, Rule, durations, parse

_NAMESPACE = re.compile(r'\bnamespace="[^"]*"|[,{}\s]')


def judge_state(
    chosen: SeenRule, expect: PrometheusAlertExpectation, seen: PrometheusAlertObservation
) -> Iterator[Claim]:
    """The claims about the rule in Prometheus."""
    live = seen.live
    if live is None or isinstance(live, Unseen):
        yield LOADED.unknown(live or NOT_JUDGED)
        return
    here = Evidence(live.source, f"{len(live.named)} rules named {chosen.rule.alert[:80]}", seen.now)
    loaded = [one for one in live.named if _same(one.rule, chosen.rule)]
    if not live.named:
        yield LOADED.fails(NOT_LOADED, f"no rule named {chosen.rule.alert[:80]} is loaded", here)
        return
    if not loaded and any(_is_confined(one.rule, chosen.rule) for one in live.named):
        message = "the loaded rule is the same, but for a namespace that an operator wrote into its selectors"
        yield LOADED.unknown(NOT_JUDGED, message, here)
        return
    if not loaded:
        yield LOADED.fails(LOADED_OTHERWISE, _difference(live.named[0].rule, chosen.rule), here)
        return
    yield LOADED.holds("it is loaded" + ("" if chosen.live else " as it stands in its file"), here)
    yield _evaluates(loaded, live, seen)
    yield _has_series(expect, live)
    yield _sent(live)


def _canonical(expr: str) -> str:
    try:
        return parse(expr).text
    except ValueError:
        return " ".join(expr.split())


def _is_confined(loaded: Rule, written: Rule) -> bool:
    """Whether the loaded rule is the same but for the namespace to which prometheus-operator can confine a rule."""
    theirs, ours = _canonical(loaded.expr), _canonical(written.expr)
    return theirs != ours and _NAMESPACE.sub("", theirs) == _NAMESPACE.sub("", ours)


def _same(loaded: Rule, written: Rule) -> bool:
    return (
        _canonical(loaded.expr) == _canonical(written.expr)
        and loaded.hold == written.hold
        and loaded.labels.items() >= written.labels.items()  # an operator adds labels of its own
    )


def _difference(loaded: Rule, written: Rule) -> str:
    if _canonical(loaded.expr) != _canonical(written.expr):
        return f"the loaded rule has the expression `{' '.join(loaded.expr.split())[:200]}`"
    if loaded.hold != written.hold:
        return f"the loaded rule has `for: {durations.shown(loaded.hold)}`, not {durations.shown(written.hold)}"
    return "the loaded rule has other labels"


def _evaluates(loaded: list[LiveRule], live: SeenLive, seen: PrometheusAlertObservation) -> Claim:
    for one in loaded:
        here = Evidence(live.source, f"health: {one.health}", one.evaluated or seen.now)
        if one.health == "err":
            return EVALUATES.fails(EVALUATION_FAILS, f"its evaluation fails: {one.error or 'no reason is told'}", here)
        if one.health == "unknown" or one.evaluated is None:
            return EVALUATES.unknown(NOT_YET_EVALUATED, None, here)
        if one.health != "ok":
            return EVALUATES.unknown(NOT_JUDGED, f"its health is `{one.health[:40]}`, which is not known", here)
        patience = timedelta(seconds=max(900.0, 10 * (one.rule.interval or 60.0)))
        if seen.now - one.evaluated > patience:
            return EVALUATES.unknown(STALLED, f"it was evaluated last at {one.evaluated:%Y-%m-%d %H:%M} UTC", here)
    return EVALUATES.holds("Prometheus evaluates it without an error", here)


def _has_series(expect: PrometheusAlertExpectation, live: SeenLive) -> Claim:
    if isinstance(live.series, Unseen):
        return HAS_SERIES.unknown(live.series)
    found = ", ".join(f"{one.selector[:120]}: {one.count}" for one in live.series[:5])
    here = Evidence(live.source, f"series in the last hour: {found or 'none needed'}")
    empty = [one for one in live.series if one.count == 0]
    if empty and expect.no_data is None:
        return HAS_SERIES.fails(NO_SERIES, f"`{empty[0].selector[:200]}` finds no series", here)
    if empty:
        return HAS_SERIES.holds("that it has none now was declared to be normal", here)
    return HAS_SERIES.holds("each part of its expression finds series", here)


def _sent(live: SeenLive) -> Claim:
    if isinstance(live.alertmanagers, Unseen):
        return SENT.unknown(live.alertmanagers)
    here = Evidence(live.source, f"{live.alertmanagers} Alertmanagers")
    if live.alertmanagers == 0:
        return SENT.fails(NO_ALERTMANAGER, "Prometheus knows no Alertmanager to send its alerts to", here)
    return SENT.holds(f"Prometheus sends its alerts to {live.alertmanagers} of them", here)
