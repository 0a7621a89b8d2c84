"""`prometheus-alert`: an alerting rule is as promised, is in force, reaches somebody, and would have fired."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from loopcheck.checker import Checker, Claim, Unseen, World
from loopcheck_checks.prometheus_alert.asking import alertmanager, ask_prometheus, ask_routing
from loopcheck_checks.prometheus_alert.definition import meant
from loopcheck_checks.prometheus_alert.judge import judge
from loopcheck_checks.prometheus_alert.manifest import (
    MANIFEST,
    PrometheusAlertExpectation,
    PrometheusAlertObservation,
    PrometheusSettings,
    SeenRule,
)
from loopcheck_checks.prometheus_alert.proof import look_back
from loopcheck_checks.prometheus_alert.search import live, search


class PrometheusAlertChecker(Checker[PrometheusAlertExpectation, PrometheusAlertObservation]):
    """An implementation of `Checker` for alerting rules of Prometheus."""

    manifest = MANIFEST
    Expect = PrometheusAlertExpectation
    Observation = PrometheusAlertObservation

    def describe(self, expect: PrometheusAlertExpectation) -> str:
        """See `Checker.describe`."""
        what = expect.alert or expect.expr or expect.metric or ""
        condition = f" {expect.fires_when}" if expect.fires_when is not None else ""
        wait = f" for {expect.hold}" if expect.hold is not None else ""
        return f"{' '.join(what.split())[:100]}{condition}{wait}"

    def observe(self, expect: PrometheusAlertExpectation, world: World) -> PrometheusAlertObservation:
        """See `Checker.observe`."""
        found = search(expect, world)
        candidates = found.candidates(expect)
        incident = world.incident
        seen = PrometheusAlertObservation(
            now=world.now,
            source=found.source,
            total=len(found.rules),
            candidates=candidates,
            unreadable=found.unreadable(expect),
            nearest=() if candidates else found.nearest(expect),
            external_labels=world.settings("prometheus", PrometheusSettings).external_labels,
            detected=incident.detected if incident is not None else None,
        )
        chosen = meant(expect, candidates)
        return _asked(seen, expect, chosen[0][0], world) if len(chosen) == 1 else seen

    def judge(self, expect: PrometheusAlertExpectation, observation: PrometheusAlertObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)


def _asked(
    seen: PrometheusAlertObservation, expect: PrometheusAlertExpectation, rule: SeenRule, world: World
) -> PrometheusAlertObservation:
    """The same, with what the servers say of the rule."""
    server = world.attempt(lambda: live(world))
    return msgspec.structs.replace(
        seen,
        live=server if isinstance(server, Unseen) else world.attempt(lambda: ask_prometheus(rule, world)),
        routing=world.attempt(lambda: ask_routing(expect, world)),
        silences=world.attempt(lambda: alertmanager(world).silences()),
        firing=world.attempt(lambda: alertmanager(world).firing()),
        proof=None
        if not expect.proves
        else server
        if isinstance(server, Unseen)
        else world.attempt(lambda: look_back(expect, rule, server, world)),
    )
