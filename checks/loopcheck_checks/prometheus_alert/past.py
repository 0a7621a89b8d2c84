"""What follows from the replay: would it have fired, in time, and how often besides? Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from loopcheck.checker import Claim, Evidence, Unseen
from loopcheck.reasons import NO_INCIDENT_TIME
from loopcheck.replay import Firing, Replay, clock, elapsed, says_how_often, says_silence, says_when
from loopcheck.sketch import sketched
from loopcheck_checks.prometheus_alert.definition import expression_of
from loopcheck_checks.prometheus_alert.manifest import (
    ALREADY_FIRING,
    ENGINES_DIFFER,
    IN_TIME,
    MOST_UNCOVERED,
    NO_SAMPLES,
    NOT_FIRED,
    REPLAYED,
    TOO_LATE,
    TOO_NOISY,
    WITHIN_BUDGET,
    NotCompared,
    PrometheusAlertExpectation,
    PrometheusAlertObservation,
    Replayed,
    SecondOpinion,
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
    differs = difference(proof, seen)
    if differs is not None:
        # No claim about the past stands on a replay that is in doubt.
        yield REPLAYED.unknown(ENGINES_DIFFER, differs, here, _compared(proof, here))
        if expect.before is not None:
            yield IN_TIME.unknown(ENGINES_DIFFER, "when it fires is in doubt", here)
        if expect.at_most is not None:
            yield WITHIN_BUDGET.unknown(ENGINES_DIFFER, "when it fires is in doubt", here)
        return
    first = proof.replay.caught
    if first is None:
        claim = _not_fired(chosen, proof, here)
    else:
        what = f"{first.group[:120]} fires first; {here.seen}" if first.group else here.seen
        shown = Evidence(here.source, what, here.at)
        claim = REPLAYED.holds(_answer(first, proof, seen), shown, _compared(proof, here), *_recorded(proof))
    yield msgspec.structs.replace(claim, sketch=sketched(proof.replay))
    if first is not None and expect.before is not None:
        yield _in_time(first, seen, here)
    if expect.at_most is not None:
        yield _budget(expect, proof, here)


def _answer(first: Firing, proof: Replayed, seen: PrometheusAlertObservation) -> str:
    when = says_when(first.start, proof.replay.window, seen.detected)
    if proof.replay.around is not None and proof.uncovered <= MOST_UNCOVERED:
        when = f"{when}; {says_how_often(len(proof.replay.others), proof.replay.around)}"
    return f"{when}{_agrees(proof)}"


def _agrees(proof: Replayed) -> str:
    return "; promtool agrees" if isinstance(proof.second, SecondOpinion) else ""


def _compared(proof: Replayed, here: Evidence) -> Evidence:
    """What became of the comparison with promtool."""
    second = proof.second
    if isinstance(second, NotCompared):
        return Evidence(here.source, f"not compared with promtool: {second.why[:300]}", here.at)
    moved = ", moved by less than a second" if second.moved else ""
    return Evidence(here.source, f"{second.tool} test rules, on {second.samples:,} samples{moved}", here.at)


def difference(proof: Replayed, seen: PrometheusAlertObservation) -> str | None:
    """Both answers, where promtool says otherwise than the replay; `None` where it says the same, or nothing.

    On the very same samples both must have the same firings. Where some had to be moved, a result close to the
    threshold may be another one, and only the answer itself must be the same, to one evaluation.
    """
    second = proof.second
    if isinstance(second, NotCompared) or second.replay == second.theirs:
        return None
    mine, theirs = (
        msgspec.structs.replace(proof.replay, firings=one, around=None) for one in (second.replay, second.theirs)
    )
    if second.moved and _same_answer(mine, theirs):
        return None
    told = [_told(one, seen) for one in (mine, theirs)]
    if told[0] == told[1]:
        told = [_spans(one.firings, other.firings) for one, other in ((mine, theirs), (theirs, mine))]
    return f"by `query_range` it {told[0]}; by {second.tool} it {told[1]}"


def _same_answer(mine: Replay, theirs: Replay) -> bool:
    if mine.caught is None or theirs.caught is None:
        return mine.caught is theirs.caught and (mine.already is None) == (theirs.already is None)
    return abs(mine.caught.start - theirs.caught.start).total_seconds() <= mine.step


def _told(replay: Replay, seen: PrometheusAlertObservation) -> str:
    if replay.caught is not None:
        return says_when(replay.caught.start, replay.window, seen.detected)
    if replay.already is not None:
        return f"has been firing since {clock(replay.already.start)}"
    return says_silence(replay.window)


def _spans(those: tuple[Firing, ...], others: tuple[Firing, ...]) -> str:
    """The first of the firings that only one of two has."""
    own = next((one for one in those if one not in others), None)
    if own is None:
        return "fires no more often"
    on = f" on {own.group[:120]}" if own.group else ""
    return f"fires from {clock(own.start)} to {clock(own.end) if own.end is not None else 'the end'}{on}"


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
    said = f"it does not fire in the window{missed}{_agrees(proof)}"
    return REPLAYED.fails(NOT_FIRED, said, here, _compared(proof, here))


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
