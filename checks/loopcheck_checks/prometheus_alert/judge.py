"""What follows from what was seen of rules, of Prometheus and of Alertmanager. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loopcheck.checker import Claim, Evidence, Outcome
from loopcheck.reasons import AMBIGUOUS
from loopcheck_checks.prometheus_alert.definition import meant, worst
from loopcheck_checks.prometheus_alert.manifest import (
    ACCEPTED,
    FOUND,
    LABELLED,
    NO_RULE,
    REFUSED_RULES,
    TEMPLATED,
    UNREADABLE_RULES,
    PrometheusAlertExpectation,
    PrometheusAlertObservation,
)
from loopcheck_checks.prometheus_alert.past import judge_proof
from loopcheck_checks.prometheus_alert.routing import judge_routing, links_to_runbook
from loopcheck_checks.prometheus_alert.state import judge_state


def judge(expect: PrometheusAlertExpectation, seen: PrometheusAlertObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    equals = meant(expect, seen.candidates)
    best = worst(equals[0][1]) if equals else Outcome.FAILS
    if best is not Outcome.HOLDS and seen.unreadable:
        yield _unreadable(seen)
        return
    if not equals:
        message = f"none of {seen.total} alerting rules fits{_hint(expect, seen)}"
        yield FOUND.fails(NO_RULE, message, Evidence(seen.source, "no such rule"))
        return
    if len(equals) > 1 and best is not Outcome.FAILS:
        places = [one.source for one, _ in equals[:5]]
        more = f" and {len(equals) - 5} more" if len(equals) > 5 else ""
        yield FOUND.unknown(
            AMBIGUOUS,
            f"{len(equals)} rules fit equally well: {', '.join(places)}{more}",
            *(Evidence(one.source, f"expr: {' '.join(one.rule.expr.split())[:100]}") for one, _ in equals[:5]),
        )
        return
    # All of them fail: the one that fails least is shown, as the one that the author most likely means. One with
    # another severity is more likely another alert than one with another threshold.
    chosen, claims = min(equals, key=lambda pair: _distance(pair[1]))
    others = len(seen.candidates) - 1
    also = f" ({others} other{'s' if others > 1 else ''} of that kind fit less well or no better)" if others else ""
    group = f" in the group {chosen.rule.group[:60]}" if chosen.rule.group else ""
    here = Evidence(chosen.source, f"alert: {chosen.rule.alert[:100]}{group}")
    yield FOUND.holds(f"{chosen.rule.alert[:100]} is there{also}", here)
    yield from claims
    if seen.live is None:
        return  # several fail alike, and of none more was asked
    yield from judge_state(chosen, expect, seen)
    yield from judge_routing(chosen, expect, seen)
    if seen.runbook is not None:
        yield links_to_runbook(chosen, seen.live, seen.runbook)
    if expect.proves:
        yield from judge_proof(chosen, expect, seen)


def _hint(expect: PrometheusAlertExpectation, seen: PrometheusAlertObservation) -> str:
    if expect.alert is not None and expect.alert.strip() in seen.nearest:
        wanted = " and ".join(word for word in (expect.metric, expect.expr) if word)
        return f": what is named {expect.alert.strip()[:100]} does not read {wanted[:200]}"
    return f"; did you mean {', '.join(seen.nearest)}?" if seen.nearest else ""


def _distance(claims: list[Claim]) -> tuple[bool, int]:
    failed = [claim.claim for claim in claims if claim.outcome is Outcome.FAILS]
    return LABELLED.word in failed, len(failed)


def _unreadable(seen: PrometheusAlertObservation) -> Claim:
    odd = next((one for one in seen.unreadable if one.refused), seen.unreadable[0])
    here = Evidence(odd.source, odd.problem)
    if odd.refused and len(seen.unreadable) == 1 and not seen.candidates:
        return ACCEPTED.fails(REFUSED_RULES, f"Prometheus refuses the file: {odd.problem}", here)
    if odd.templated:
        return FOUND.unknown(TEMPLATED, f"it may be in {odd.source}: {odd.problem}", here)
    return FOUND.unknown(UNREADABLE_RULES, f"it may be in {odd.source}, which cannot be read: {odd.problem}", here)
