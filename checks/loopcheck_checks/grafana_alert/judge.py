"""What follows from what was seen of rules and of Grafana. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loopcheck.checker import Claim, Evidence, Outcome, Unseen
from loopcheck.reasons import AMBIGUOUS
from loopcheck_checks.grafana_alert.definition import meant, worst
from loopcheck_checks.grafana_alert.manifest import (
    FOUND,
    LOADED,
    NO_RULE,
    UNREADABLE_RULE,
    GrafanaAlertExpectation,
    GrafanaAlertObservation,
    SeenRule,
)
from loopcheck_checks.grafana_alert.routing import alerts_of, judge_notifies, judge_silences
from loopcheck_checks.grafana_alert.state import judge_loaded, judge_state


def judge(expect: GrafanaAlertExpectation, seen: GrafanaAlertObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    equals = meant(expect, seen.candidates)
    best = worst(equals[0][1]) if equals else Outcome.FAILS
    if best is not Outcome.HOLDS and seen.unreadable:
        yield _unreadable(seen)
        return
    if not equals:
        yield _nothing(seen)
        return
    if len(equals) > 1 and best is not Outcome.FAILS:
        named = ", ".join(f"{one.rule.title[:60]} ({one.rule.uid or one.source})" for one, _ in equals[:5])
        yield FOUND.unknown(
            AMBIGUOUS,
            f"{len(equals)} rules fit equally well: {named}",
            *(Evidence(one.source, f"title: {one.rule.title[:100]}") for one, _ in equals[:5]),
        )
        return
    # All of them fail: the one that fails least is shown, as the one that the author most likely means.
    chosen, claims = min(equals, key=lambda pair: sum(claim.outcome is Outcome.FAILS for claim in pair[1]))
    here = Evidence(chosen.source, f"{chosen.rule.title[:100]} in the group {chosen.rule.group[:60]}")
    yield FOUND.holds(f"{chosen.rule.title[:100]} is there", here)
    yield from claims
    yield from _in_force(chosen, expect, seen)


def _in_force(chosen: SeenRule, expect: GrafanaAlertExpectation, seen: GrafanaAlertObservation) -> Iterator[Claim]:
    live = seen.live
    if live is None:
        return  # several fail alike, and of none more was asked
    if isinstance(live, Unseen):
        yield LOADED.unknown(live)
        return
    loaded = judge_loaded(chosen, seen, live)
    yield loaded
    if loaded.outcome is not Outcome.HOLDS:
        return
    rule = live.loaded[0] if seen.in_files else chosen.rule
    yield from judge_state(rule, expect, seen, live)
    alerts = alerts_of(rule, live)
    yield judge_silences(alerts, seen, live)
    yield judge_notifies(rule, alerts, expect, seen, live)


def _nothing(seen: GrafanaAlertObservation) -> Claim:
    here = Evidence(seen.source, f"{seen.total} rules, and none that fits")
    if seen.incomplete is not None:
        return FOUND.unknown(seen.incomplete, None, here)
    hint = f"; did you mean {', '.join(seen.nearest)}?" if seen.nearest else ""
    return FOUND.fails(NO_RULE, f"none of {seen.total} alert rules fits{hint}", here)


def _unreadable(seen: GrafanaAlertObservation) -> Claim:
    odd = seen.unreadable[0]
    name = odd.title or odd.source or "a rule without a title"
    message = f"`{name[:100]}` may be the one, and cannot be read: {odd.problem}"
    return FOUND.unknown(UNREADABLE_RULE, message, Evidence(odd.source or seen.source, odd.problem))
