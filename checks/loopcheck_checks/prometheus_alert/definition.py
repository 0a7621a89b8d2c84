"""What follows from a rule as it is written: is it the alert that was promised? Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from loopcheck.checker import Claim, Evidence, Outcome
from loopcheck.reasons import NOT_JUDGED
from loopcheck_checks.prometheus_alert.manifest import (
    ACCEPTED,
    COVERS_SCOPE,
    DOUBTFUL_RULES,
    LABELLED,
    LONGER_WAIT,
    LOOSER_THRESHOLD,
    NARROWER_SCOPE,
    OTHER_DIRECTION,
    OTHER_LABELS,
    REFUSED_RULES,
    SOON_ENOUGH,
    STRICT_ENOUGH,
    PrometheusAlertExpectation,
    SeenRule,
)
from loopcheck_checks.systems.prometheus import Expression, durations, parse
from loopcheck_checks.systems.prometheus.routes import matches


def expression_of(seen: SeenRule) -> Expression | None:
    """The rule's expression, or `None` where it cannot be read."""
    try:
        return parse(seen.rule.expr)
    except ValueError:
        return None


def fits(expect: PrometheusAlertExpectation, seen: SeenRule) -> bool:
    """Whether a rule is one of those that the declaration may mean."""
    if expect.alert is not None and seen.rule.alert != expect.alert.strip():
        return False
    if expect.metric is None and expect.expr is None:
        return True
    expression = expression_of(seen)
    if expression is None:
        # It may be the one; that it cannot be read is said of it, if so.
        return (expect.metric or "") in seen.rule.expr
    if expect.metric is not None and expect.metric not in expression.metrics:
        return False
    return expect.expr is None or parse(expect.expr).text in (expression.text, expression.compared)


def judge_definition(expect: PrometheusAlertExpectation, seen: SeenRule) -> list[Claim]:
    """The claims on `exists`, beside that the rule was found."""
    rule = seen.rule
    here = Evidence(seen.source, f"expr: {' '.join(rule.expr.split())[:300]}")
    claims = [_accepted(seen, here)]
    asked: list[tuple[object, Callable[[PrometheusAlertExpectation, SeenRule, Evidence], Claim]]] = [
        (expect.scope, _scope),
        (expect.fires_when, _strict),
        (expect.hold, _wait),
        (expect.wanted_labels, _labels),
    ]
    return claims + [judge(expect, seen, here) for wanted, judge in asked if wanted]


def meant(expect: PrometheusAlertExpectation, candidates: Sequence[SeenRule]) -> list[tuple[SeenRule, list[Claim]]]:
    """Of several candidates those that are most as declared, each with its claims."""
    judged = [(one, judge_definition(expect, one)) for one in candidates]
    best = min((worst(claims) for _, claims in judged), default=Outcome.HOLDS)
    return [pair for pair in judged if worst(pair[1]) is best]


def worst(claims: Iterable[Claim]) -> Outcome:
    """The worst outcome of `claims`."""
    return max((claim.outcome for claim in claims), default=Outcome.HOLDS)


def _accepted(seen: SeenRule, here: Evidence) -> Claim:
    rule = seen.rule
    if rule.refused is not None:
        return ACCEPTED.fails(REFUSED_RULES, f"Prometheus refuses {rule.path}: {rule.refused}", here)
    if rule.doubt is not None:
        return ACCEPTED.unknown(DOUBTFUL_RULES, f"Prometheus may refuse {rule.path}: {rule.doubt}", here)
    if not seen.live and expression_of(seen) is None:
        return ACCEPTED.unknown(DOUBTFUL_RULES, "its expression cannot be read", here)
    return ACCEPTED.holds("Prometheus has loaded it" if seen.live else "its file is as Prometheus reads it", here)


def _scope(expect: PrometheusAlertExpectation, seen: SeenRule, here: Evidence) -> Claim:
    expression = expression_of(seen)
    wanted = expect.scope or {}
    said = ", ".join(f"{name}={value}" for name, value in wanted.items())
    selectors = [] if expression is None else expression.selectors
    watched = [one for one in selectors if expect.metric is None or one.metric == expect.metric]
    if not watched:
        return COVERS_SCOPE.unknown(NOT_JUDGED, "its expression reads no series that could be compared", here)
    vague: str | None = None
    for selector in watched:
        for matcher in selector.matchers:
            if matcher.name not in wanted:
                continue
            through = matches(matcher, wanted[matcher.name])
            if through is False:
                return COVERS_SCOPE.fails(NARROWER_SCOPE, f"`{selector}` leaves out {said}", here)
            vague = vague or (None if through else str(selector))
        if selector.or_matchers:
            vague = vague or str(selector)
    if vague:
        return COVERS_SCOPE.unknown(NOT_JUDGED, f"whether `{vague}` lets {said} through cannot be told", here)
    return COVERS_SCOPE.holds(f"`{watched[0]}` lets {said} through", here)


def _strict(expect: PrometheusAlertExpectation, seen: SeenRule, here: Evidence) -> Claim:
    expression = expression_of(seen)
    wanted = expect.fires_when
    if wanted is None or expression is None or expression.condition is None:
        return STRICT_ENOUGH.unknown(NOT_JUDGED, "its expression is no comparison of something with a number", here)
    alarm = expression.condition
    if expect.metric is not None and expect.expr is None and not expression.plain:
        compared = (expression.compared or "")[:120]
        message = f"it compares `{compared}`, not {expect.metric} itself: declare that as `expr`"
        return STRICT_ENOUGH.unknown(NOT_JUDGED, message, here)
    if (mixed := _mixed(expect, expression)) is not None:
        message = f"it compares a value that is put together over all of `{mixed}`, in which the scope may drown"
        return STRICT_ENOUGH.unknown(NOT_JUDGED, message, here)
    if wanted.upwards is not None and alarm.upwards is not None and wanted.upwards is not alarm.upwards:
        return STRICT_ENOUGH.fails(OTHER_DIRECTION, f"it fires when `{alarm}`, not when `{wanted}`", here)
    if wanted.implied_by_firing(alarm):
        return STRICT_ENOUGH.holds(f"it fires when `{alarm}`, and so whenever `{wanted}`", here)
    if wanted.upwards is None or alarm.upwards is None:
        return STRICT_ENOUGH.unknown(NOT_JUDGED, f"`{alarm}` and `{wanted}` cannot be compared", here)
    return STRICT_ENOUGH.fails(LOOSER_THRESHOLD, f"it fires when `{alarm}`, which is later than `{wanted}`", here)


def _mixed(expect: PrometheusAlertExpectation, expression: Expression) -> str | None:
    """A label of the scope over which values are put together, the scope's with others."""
    if expression.labels is None:
        return None
    for name in expect.scope or {}:
        pinned = all(any(it.name == name and it.sign == "=" for it in one.matchers) for one in expression.selectors)
        if not pinned and name not in expression.labels:
            return name
    return None


def _wait(expect: PrometheusAlertExpectation, seen: SeenRule, here: Evidence) -> Claim:
    most = expect.hold.delta.total_seconds() if expect.hold is not None else 0
    has = durations.shown(seen.rule.hold)
    if seen.rule.hold <= most:
        return SOON_ENOUGH.holds(f"its `for` is {has}", here)
    return SOON_ENOUGH.fails(LONGER_WAIT, f"its `for` is {has}, longer than {expect.hold}", here)


def _labels(expect: PrometheusAlertExpectation, seen: SeenRule, here: Evidence) -> Claim:
    templated: str | None = None
    for name, value in expect.wanted_labels.items():
        has = seen.rule.labels.get(name)
        if has is not None and "{{" in has:
            templated = name
        elif has != value:
            is_ = f"is `{has[:60]}`" if has is not None else "is not set"
            return LABELLED.fails(OTHER_LABELS, f"its label `{name}` {is_}, not `{value[:60]}`", here)
    if templated is not None:
        return LABELLED.unknown(NOT_JUDGED, f"its label `{templated}` is made from a template", here)
    said = ", ".join(f"{name}={value}" for name, value in expect.wanted_labels.items())
    return LABELLED.holds(f"it has {said[:200]}", here)
