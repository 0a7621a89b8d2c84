"""What follows from what was seen of Datadog's monitors. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loopcheck.checker import Claim, Evidence, Outcome
from loopcheck.reasons import AMBIGUOUS
from loopcheck_checks.datadog_monitor.definition import judge_definition
from loopcheck_checks.datadog_monitor.manifest import (
    FOUND,
    NO_MONITOR,
    UNREADABLE_MONITOR,
    DatadogMonitorExpectation,
    DatadogMonitorObservation,
    SeenMonitor,
)
from loopcheck_checks.datadog_monitor.recipients import links_to_runbook, notifies, receiver_there, rules_apply
from loopcheck_checks.datadog_monitor.replay.judge import judge_replay
from loopcheck_checks.datadog_monitor.state import judge_state


def judge(expect: DatadogMonitorExpectation, seen: DatadogMonitorObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    judged = _judged(expect, seen)
    if not judged:
        yield _nothing(seen)
        return
    equals = _fitting(expect, judged)
    trouble = _undecided(seen, equals)
    if trouble is not None:
        yield from trouble
        return
    candidate, claims = equals[0]
    others = f" ({len(judged) - 1} others fit less well or no better)" if len(judged) > 1 else ""
    here = candidate.evidence(f"{candidate.monitor.label}, {candidate.monitor.type[:40]}")
    yield FOUND.holds(f"{candidate.monitor.label} is there{others}", here)
    yield from claims
    yield from judge_state(expect, candidate, seen)
    yield notifies(expect, candidate, seen.rules)
    yield from rules_apply(expect, candidate, seen.rules)
    for receiver in seen.receivers:
        yield receiver_there(receiver)
    if seen.runbook is not None:
        yield links_to_runbook(candidate, seen.runbook)
    if seen.replayed is not None:
        yield from judge_replay(expect, seen.replayed)


def meant(expect: DatadogMonitorExpectation, seen: DatadogMonitorObservation) -> SeenMonitor | None:
    """The one monitor that the claims are about; `None` where it cannot be told which one that is."""
    judged = _judged(expect, seen)
    equals = _fitting(expect, judged) if judged else []
    return equals[0][0] if equals and _undecided(seen, equals) is None else None


_Judged = list[tuple[SeenMonitor, list[Claim]]]


def _judged(expect: DatadogMonitorExpectation, seen: DatadogMonitorObservation) -> _Judged:
    return [(candidate, judge_definition(expect, candidate)) for candidate in seen.candidates]


def _fitting(expect: DatadogMonitorExpectation, judged: _Judged) -> _Judged:
    """Those that are most as declared. One that may be as declared is better than one that is not.

    Where all of them fail, the one that fails least comes first, as the one that the author most likely means.
    """
    best = min(_worst(claims) for _, claims in judged)
    equals = [(candidate, claims) for candidate, claims in judged if _worst(claims) is best]
    if len(equals) > 1 and expect.id is not None:
        equals = [pair for pair in equals if pair[0].monitor.id == expect.id] or equals
    return sorted(equals, key=lambda pair: sum(claim.outcome is Outcome.FAILS for claim in pair[1]))


def _undecided(seen: DatadogMonitorObservation, equals: _Judged) -> list[Claim] | None:
    """Why it cannot be told which one is meant; `None` where it can."""
    best = _worst(equals[0][1])
    if best is not Outcome.HOLDS and seen.unreadable:
        return [_unreadable(seen)]
    if len(equals) > 1 and best is not Outcome.FAILS:
        names = " and ".join(f"{candidate.monitor.label}" for candidate, _ in equals[:3])
        more = f" and {len(equals) - 3} more" if len(equals) > 3 else ""
        evidence = (candidate.evidence(candidate.monitor.label) for candidate, _ in equals[:3])
        return [FOUND.unknown(AMBIGUOUS, f"{names}{more} fit equally well", *evidence)]
    return [claim for claim in equals[0][1] if claim.claim == FOUND.word] or None


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
