"""What follows from a rule as it is defined: is it the alert that was promised? Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from loopcheck.checker import Claim, Evidence, Outcome
from loopcheck.quantities import Comparison
from loopcheck.reasons import NOT_JUDGED
from loopcheck_checks.grafana_alert.manifest import (
    LABELLED,
    LONGER_WAIT,
    LOOSER_THRESHOLD,
    OTHER_DIRECTION,
    OTHER_LABELS,
    SOON_ENOUGH,
    STRICT_ENOUGH,
    GrafanaAlertExpectation,
    SeenRule,
)
from loopcheck_checks.systems.grafana import holds, slug
from loopcheck_checks.systems.prometheus import durations


def fits(expect: GrafanaAlertExpectation, seen: SeenRule) -> bool:
    """Whether a rule is one of those that the declaration may mean."""
    if expect.title is not None and slug(expect.title) != slug(seen.rule.title):
        return False
    return expect.query is None or any(holds(query, expect.query) for query in seen.rule.condition.queries)


def judge_definition(expect: GrafanaAlertExpectation, seen: SeenRule) -> list[Claim]:
    """The claims on `exists`, beside that the rule was found."""
    asked: list[tuple[object, Callable[[GrafanaAlertExpectation, SeenRule], Claim]]] = [
        (expect.fires_when, _strict),
        (expect.hold, _wait),
        (expect.labels, _labels),
    ]
    return [judge(expect, seen) for wanted, judge in asked if wanted]


def meant(expect: GrafanaAlertExpectation, candidates: Sequence[SeenRule]) -> list[tuple[SeenRule, list[Claim]]]:
    """Of several candidates those that are most as declared, each with its claims; the hint decides between equals."""
    judged = [(one, judge_definition(expect, one)) for one in candidates]
    best = min((worst(claims) for _, claims in judged), default=Outcome.HOLDS)
    equals = [pair for pair in judged if worst(pair[1]) is best]
    hinted = [pair for pair in equals if expect.uid is not None and pair[0].rule.uid == expect.uid.strip()]
    return hinted or equals


def worst(claims: Iterable[Claim]) -> Outcome:
    """The worst outcome of `claims`."""
    return max((claim.outcome for claim in claims), default=Outcome.HOLDS)


def _strict(expect: GrafanaAlertExpectation, seen: SeenRule) -> Claim:
    condition, wanted = seen.rule.condition, expect.fires_when
    here = Evidence(
        seen.source, f"condition: {condition.fires or condition.unread}, on {'; '.join(condition.queries)[:200]}"
    )
    if wanted is None or condition.fires is None:
        return STRICT_ENOUGH.unknown(NOT_JUDGED, condition.unread, here)
    alarm = Comparison.parse(condition.fires)
    whole = condition.direct and condition.queries == (" ".join((expect.query or "").split()),)
    if expect.title is None and not condition.plain and not whole:
        message = "it compares what is reckoned from that: declare its `title`, or the whole query"
        return STRICT_ENOUGH.unknown(NOT_JUDGED, message, here)
    if wanted.upwards is not None and alarm.upwards is not None and wanted.upwards is not alarm.upwards:
        return STRICT_ENOUGH.fails(OTHER_DIRECTION, f"it fires when `{alarm}`, not when `{wanted}`", here)
    if wanted.implied_by_firing(alarm):
        return STRICT_ENOUGH.holds(f"it fires when `{alarm}`, and so whenever `{wanted}`", here)
    if wanted.upwards is None or alarm.upwards is None:
        return STRICT_ENOUGH.unknown(NOT_JUDGED, f"`{alarm}` and `{wanted}` cannot be compared", here)
    return STRICT_ENOUGH.fails(LOOSER_THRESHOLD, f"it fires when `{alarm}`, which is later than `{wanted}`", here)


def _wait(expect: GrafanaAlertExpectation, seen: SeenRule) -> Claim:
    most = expect.hold.delta.total_seconds() if expect.hold is not None else 0
    has = durations.shown(seen.rule.hold)
    here = Evidence(seen.source, f"for: {has}")
    if seen.rule.hold <= most:
        return SOON_ENOUGH.holds(f"its pending period is {has}", here)
    return SOON_ENOUGH.fails(LONGER_WAIT, f"its pending period is {has}, longer than {expect.hold}", here)


def _labels(expect: GrafanaAlertExpectation, seen: SeenRule) -> Claim:
    wanted = expect.labels or {}
    here = Evidence(seen.source, f"labels: {shown(seen.rule.labels)}")
    templated: str | None = None
    for name, value in wanted.items():
        has = seen.rule.labels.get(name)
        if has is not None and "{{" in has:
            templated = name
        elif has != value:
            is_ = f"is `{has[:60]}`" if has is not None else "is not set"
            return LABELLED.fails(OTHER_LABELS, f"its label `{name}` {is_}, not `{value[:60]}`", here)
    if templated is not None:
        return LABELLED.unknown(NOT_JUDGED, f"its label `{templated}` is made from a template", here)
    return LABELLED.holds(f"it has {shown(wanted)}", here)


def shown(labels: dict[str, str]) -> str:
    """Labels for a message."""
    return ", ".join(f"{name}={value}" for name, value in sorted(labels.items()))[:200] or "none"
