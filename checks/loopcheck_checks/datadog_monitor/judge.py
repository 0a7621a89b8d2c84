"""What follows from what was seen of Datadog's monitors. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loopcheck.checker import Claim, Evidence, Outcome
from loopcheck.reasons import AMBIGUOUS
from loopcheck_checks.datadog_monitor.definition import judge_definition
from loopcheck_checks.datadog_monitor.manifest import (
    FOUND,
    NO_MONITOR,
    NOT_REPLAYED,
    REPLAYED,
    UNREADABLE_MONITOR,
    DatadogMonitorExpectation,
    DatadogMonitorObservation,
    SeenMonitor,
)
from loopcheck_checks.datadog_monitor.recipients import notifies
from loopcheck_checks.datadog_monitor.state import judge_state


def judge(expect: DatadogMonitorExpectation, seen: DatadogMonitorObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    judged = [(candidate, judge_definition(expect, candidate)) for candidate in seen.candidates]
    yield from _chosen(expect, seen, judged)
    if expect.proven_by is not None:
        yield REPLAYED.unknown(NOT_REPLAYED)


def _chosen(
    expect: DatadogMonitorExpectation, seen: DatadogMonitorObservation, judged: list[tuple[SeenMonitor, list[Claim]]]
) -> Iterator[Claim]:
    """The claims about the one monitor that is meant, or why it cannot be told which one that is.

    Of several that fit what is selected by, the one is meant that is as declared; one that may be is better than
    one that is not.
    """
    if not judged:
        yield _nothing(seen)
        return
    best = min(_worst(claims) for _, claims in judged)
    equals = [(candidate, claims) for candidate, claims in judged if _worst(claims) is best]
    if len(equals) > 1 and expect.id is not None:
        equals = [pair for pair in equals if pair[0].monitor.id == expect.id] or equals
    if best is not Outcome.HOLDS and seen.unreadable:
        yield _unreadable(seen)
        return
    if len(equals) > 1 and best is not Outcome.FAILS:
        names = " and ".join(f"{candidate.monitor.label}" for candidate, _ in equals[:3])
        more = f" and {len(equals) - 3} more" if len(equals) > 3 else ""
        evidence = (candidate.evidence(candidate.monitor.label) for candidate, _ in equals[:3])
        yield FOUND.unknown(AMBIGUOUS, f"{names}{more} fit equally well", *evidence)
        return
    doubts = [claim for claim in equals[0][1] if claim.claim == FOUND.word]
    if doubts:
        yield from doubts
        return
    # All of them fail: the one that fails least is shown, as the one that the author most likely means.
    candidate, claims = min(equals, key=lambda pair: sum(claim.outcome is Outcome.FAILS for claim in pair[1]))
    others = f" ({len(judged) - 1} others fit less well or no better)" if len(judged) > 1 else ""
    here = candidate.evidence(f"{candidate.monitor.label}, {candidate.monitor.type[:40]}")
    yield FOUND.holds(f"{candidate.monitor.label} is there{others}", here)
    yield from claims
    yield from judge_state(expect, candidate, seen)
    yield notifies(expect, candidate, seen.rules)


def _worst(claims: list[Claim]) -> Outcome:
    return max((claim.outcome for claim in claims), default=Outcome.HOLDS)


def _nothing(seen: DatadogMonitorObservation) -> Claim:
    here = Evidence(seen.source, f"{seen.total} monitors, and none that fits")
    if seen.unreadable:
        return _unreadable(seen)
    if seen.incomplete is not None:
        return FOUND.unknown(seen.incomplete, None, here)
    meant = f"; the nearest: {', '.join(seen.nearest)}" if seen.nearest else ""
    return FOUND.fails(NO_MONITOR, f"none of {seen.total} monitors fits{meant}", here)


def _unreadable(seen: DatadogMonitorObservation) -> Claim:
    odd = seen.unreadable[0]
    name = odd.name or odd.id or odd.source
    return FOUND.unknown(
        UNREADABLE_MONITOR,
        f"`{name}` may be the one, and cannot be read: {odd.problem}",
        Evidence(odd.source, odd.problem),
    )
