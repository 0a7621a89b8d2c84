"""`prometheus-alert`: an alerting rule is as promised, is in force, reaches somebody, and would have fired."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from loopcheck.checker import CannotTell, Checker, Claim, Rung, Unseen, World
from loopcheck.reasons import ABOVE_REQUIRED, AMBIGUOUS, NOT_VISIBLE
from loopcheck.replay import Replay, Window
from loopcheck_checks.prometheus_alert.asking import alertmanager, ask_prometheus, ask_routing
from loopcheck_checks.prometheus_alert.definition import meant
from loopcheck_checks.prometheus_alert.judge import judge
from loopcheck_checks.prometheus_alert.manifest import (
    MANIFEST,
    MOST_UNCOVERED,
    NO_SAMPLES,
    PrometheusAlertExpectation,
    PrometheusAlertObservation,
    PrometheusSettings,
    Replayed,
    SeenRule,
)
from loopcheck_checks.prometheus_alert.proof import around_of, look_back, past_of, window_of
from loopcheck_checks.prometheus_alert.search import live, search
from loopcheck_checks.prometheus_alert.second import second_opinion
from loopcheck_checks.systems.prometheus import Live
from loopcheck_checks.systems.runbook_links import look_at_runbook


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

    def replay(
        self,
        expect: PrometheusAlertExpectation,
        window: Window,
        world: World,
        *,
        around: timedelta | None = None,
        written: bool = False,
    ) -> Replay:
        """See `loopcheck.checker.Replayer.replay`."""
        if written and expect.live:
            raise CannotTell(NOT_VISIBLE, "it is declared as a rule of Prometheus's own, not as one of the repository")
        chosen = meant(expect, search(expect, world).candidates(expect))
        if len(chosen) != 1:
            raise CannotTell(AMBIGUOUS, f"it cannot be told which of {len(chosen)} rules is meant")
        span = around or (expect.at_most.span if expect.at_most is not None else None)
        past = past_of(chosen[0][0], live(world), world)
        replayed = past.replayed(window, around_of(window, span, world) if span is not None else None)
        if not replayed.firings and (silent := past.silent(window)):
            raise CannotTell(NO_SAMPLES, f"there are no samples of `{silent[0][:200]}` from then")
        if not replayed.firings and (gap := past.uncovered(window)) > MOST_UNCOVERED:
            raise CannotTell(NO_SAMPLES, f"there are no samples from {gap:.0%} of the window")
        return replayed

    def named(self, text: str, world: World, *, written: bool = False) -> PrometheusAlertExpectation:
        """See `loopcheck.checker.Replayer.named`. A rule of the repository is meant before one of Prometheus's."""
        own = PrometheusAlertExpectation(alert=text)
        for expect in (own,) if written else (own, PrometheusAlertExpectation(alert=text, rules="live")):
            if search(expect, world).candidates(expect):
                return expect
        raise CannotTell(NOT_VISIBLE, f"no alerting rule has the name `{text[:80]}`")

    def judge(self, expect: PrometheusAlertExpectation, observation: PrometheusAlertObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)


def _asked(
    seen: PrometheusAlertObservation, expect: PrometheusAlertExpectation, rule: SeenRule, world: World
) -> PrometheusAlertObservation:
    """The same, with what the servers say of the rule."""
    server = world.attempt(lambda: live(world))
    place = expect.links_to
    return msgspec.structs.replace(
        seen,
        live=server if isinstance(server, Unseen) else world.attempt(lambda: ask_prometheus(rule, world)),
        routing=world.attempt(lambda: ask_routing(expect, world)),
        silences=world.attempt(lambda: alertmanager(world).silences()),
        firing=world.attempt(lambda: alertmanager(world).firing()),
        runbook=None if place is None else world.attempt(lambda: look_at_runbook(place, world)),
        proof=None
        if not expect.proves
        else server
        if isinstance(server, Unseen)
        else world.attempt(lambda: _proven(expect, rule, server, world)),
    )


def _proven(expect: PrometheusAlertExpectation, rule: SeenRule, server: Live, world: World) -> Replayed:
    """The rule over the window that proves it, by the replay and, where it can be had, by promtool."""
    if world.requires < Rung.PROVEN:
        raise CannotTell(ABOVE_REQUIRED, f"the item requires `{world.requires.value}`, so the alert was not replayed")
    window = window_of(expect, world)
    past = past_of(rule, server, world)
    replayed = look_back(expect, past, window, world)
    return msgspec.structs.replace(replayed, second=second_opinion(past, window, world))
