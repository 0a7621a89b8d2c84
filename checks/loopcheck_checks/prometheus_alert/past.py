"""What follows from the replay: would it have fired, in time, and how often besides? Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from loopcheck.checker import Claim, Evidence, Unseen
from loopcheck.reasons import NO_INCIDENT_TIME
from loopcheck.replay import Firing, elapsed, says_how_often, says_when
from loopcheck.sketch import sketched
from loopcheck_checks.prometheus_alert.definition import expression_of
from loopcheck_checks.prometheus_alert.manifest import (
    ALREADY_FIRING,
    IN_TIME,
    MOST_UNCOVERED,
    NO_SAMPLES,
    NOT_FIRED,
    REPLAYED,
    TOO_LATE,
    TOO_NOISY,
    WITHIN_BUDGET,
    PrometheusAlertExpectation,
    PrometheusAlertObservation,
    Replayed,
    SeenRule,
)
from loopcheck_checks.systems.prometheus import durations
from loopcheck_checks.systems.prometheus.replaying import near_miss, would_have


def judge_proof(
    chosen: SeenRule, expect: PrometheusAlertExpectation, seen: PrometheusAlertObservation
) -> Iterator[Claim]:
    """The claims about the past."""
    proof = seen.proof
    if proof is None or isinstance(proof, Unseen):
        yield REPLAYED.unknown(proof if proof is not None else NO_SAMPLES)
        return
    window = proof.replay.window
    span = f"{window.start:%Y-%m-%d %H:%M} to {window.end:%H:%M} UTC"
    here = Evidence(proof.source, f"replayed from {span}, every {durations.shown(proof.replay.step)}", window.end)
    first = proof.replay.caught
    if first is None:
        claim = _not_fired(chosen, proof, here)
    else:
        what = f"{first.group[:120]} fires first; {here.seen}" if first.group else here.seen
        claim = REPLAYED.holds(_answer(first, proof, seen), Evidence(here.source, what, here.at), *_recorded(proof))
    yield msgspec.structs.replace(claim, sketch=sketched(proof.replay))
    if first is not None and expect.before is not None:
        yield _in_time(first, seen, here)
    if expect.at_most is not None:
        yield _budget(expect, proof, here)


def _answer(first: Firing, proof: Replayed, seen: PrometheusAlertObservation) -> str:
    when = says_when(first.start, proof.replay.window, seen.detected)
    if proof.replay.around is None or proof.uncovered > MOST_UNCOVERED:
        return when
    return f"{when}; {says_how_often(len(proof.replay.others), proof.replay.around)}"


def _recorded(proof: Replayed) -> Iterator[Evidence]:
    """What Prometheus itself recorded, where it had a rule of that name then."""
    if isinstance(proof.recorded, Unseen) or not proof.recorded:
        return
    began = proof.recorded[0].start
    yield Evidence(proof.source, f"Prometheus recorded it as firing from {began:%Y-%m-%d %H:%M} UTC", began)


def _not_fired(chosen: SeenRule, proof: Replayed, here: Evidence) -> Claim:
    if proof.replay.already is not None:
        since = proof.replay.already.start
        return REPLAYED.unknown(
            ALREADY_FIRING, f"it has been firing since {since:%Y-%m-%d %H:%M} UTC or longer, and still did", here
        )
    if proof.gap > MOST_UNCOVERED:
        return REPLAYED.unknown(NO_SAMPLES, f"there are no samples from {proof.gap:.0%} of the window", here)
    if proof.silent:
        return REPLAYED.unknown(NO_SAMPLES, f"there are no samples of `{proof.silent[0][:200]}` from then", here)
    missed = _near_miss(chosen, proof)
    return REPLAYED.fails(NOT_FIRED, f"it does not fire in the window{missed}", here)


def _near_miss(chosen: SeenRule, proof: Replayed) -> str:
    expression = expression_of(chosen)
    condition = expression.condition if expression is not None else None
    if condition is None or condition.upwards is None:
        return ""
    steps = math.ceil(round(chosen.rule.hold / proof.replay.step, 6))
    found = [near_miss(curve.values, condition.sign, steps) for curve in proof.replay.curves]
    best = [one for one in found if one is not None]
    if not best:
        held = f" for {durations.shown(chosen.rule.hold)}" if chosen.rule.hold else ""
        return f"; what it compares was not there{held}" if proof.replay.curves else ""
    value = max(best) if condition.upwards else min(best)
    held = f" for {durations.shown(chosen.rule.hold)}" if chosen.rule.hold else ""
    return f" (`{condition}`{held}); at `{would_have(value, condition.sign)}` it would have"


def _in_time(first: Firing, seen: PrometheusAlertObservation, here: Evidence) -> Claim:
    if seen.detected is None:
        return IN_TIME.unknown(NO_INCIDENT_TIME, "it is not written down when the incident was noticed", here)
    if first.start <= seen.detected:
        return IN_TIME.holds(f"it fires {elapsed(seen.detected - first.start)} before the incident was noticed", here)
    late = elapsed(first.start - seen.detected)
    return IN_TIME.fails(TOO_LATE, f"it fires {late} after the incident was noticed", here)


def _budget(expect: PrometheusAlertExpectation, proof: Replayed, here: Evidence) -> Claim:
    if proof.unheard is not None:
        return WITHIN_BUDGET.unknown(proof.unheard)
    others = proof.replay.others
    count = len(others)
    most = expect.at_most.times if expect.at_most is not None else count
    times = f"it fires {count} time{'s' if count != 1 else ''} besides"
    shown = ", ".join(f"{one.start:%m-%d %H:%M}" for one in others[:10])
    evidence = Evidence(here.source, f"besides: {shown or 'never'}", here.at)
    if count > most:
        return WITHIN_BUDGET.fails(TOO_NOISY, f"{times}, more than {expect.at_most}", evidence)
    if proof.uncovered > MOST_UNCOVERED:
        share = f"{proof.uncovered:.0%}"
        return WITHIN_BUDGET.unknown(NO_SAMPLES, f"there are no samples from {share} of the time around it", evidence)
    return WITHIN_BUDGET.holds(f"{times}, within {expect.at_most}", evidence)
