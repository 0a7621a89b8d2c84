"""`grafana-alert`: an alert rule is in Grafana as promised, is in force, and tells somebody."""

from __future__ import annotations

from collections.abc import Iterable

from loopcheck.checker import Checker, Claim, Unseen, World
from loopcheck_checks.grafana_alert.definition import meant, shown
from loopcheck_checks.grafana_alert.judge import judge
from loopcheck_checks.grafana_alert.manifest import (
    MANIFEST,
    GrafanaAlertExpectation,
    GrafanaAlertObservation,
    SeenLive,
    SeenRule,
)
from loopcheck_checks.grafana_alert.search import live, search
from loopcheck_checks.systems.grafana import Rule, State, slug


class GrafanaAlertChecker(Checker[GrafanaAlertExpectation, GrafanaAlertObservation]):
    """An implementation of `Checker` for alert rules of Grafana."""

    manifest = MANIFEST
    Expect = GrafanaAlertExpectation
    Observation = GrafanaAlertObservation

    def describe(self, expect: GrafanaAlertExpectation) -> str:
        """See `Checker.describe`."""
        what = " ".join((expect.title or expect.query or "").split())[:100]
        condition = f" {expect.fires_when}" if expect.fires_when is not None else ""
        wait = f" for {expect.hold}" if expect.hold is not None else ""
        labels = f" {{{shown(expect.labels)[:60]}}}" if expect.labels else ""
        return f"{what}{labels}{condition}{wait}"

    def observe(self, expect: GrafanaAlertExpectation, world: World) -> GrafanaAlertObservation:
        """See `Checker.observe`."""
        found = search(expect, world)
        candidates = found.candidates(expect)
        chosen = meant(expect, candidates)
        rule = chosen[0][0] if len(chosen) == 1 else None
        return GrafanaAlertObservation(
            now=world.now,
            source=found.source,
            total=len(found.rules),
            in_files=found.in_files,
            candidates=candidates,
            unreadable=found.unreadable(expect),
            nearest=() if candidates else found.nearest(expect),
            incomplete=found.incomplete,
            live=None if rule is None else world.attempt(lambda: _ask(rule, world)),
        )

    def judge(self, expect: GrafanaAlertExpectation, observation: GrafanaAlertObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)


def _ask(seen: SeenRule, world: World) -> SeenLive:
    """What Grafana says of a rule.

    Raises:
        CannotTell: it did not say which rules it has.
    """
    server = live(world)
    rules = server.rules()
    loaded = tuple(one for one in rules.rules if _is_same(one, seen.rule))
    states = world.attempt(server.states)
    return SeenLive(
        source=server.page(loaded[0] if loaded else seen.rule),
        loaded=loaded,
        all=rules.all,
        states=states if isinstance(states, Unseen) else tuple(one for one in states if _is_of(one, loaded)),
        notifying=world.attempt(server.notifying),
        silences=world.attempt(server.silences),
    )


def _is_same(loaded: Rule, written: Rule) -> bool:
    """Whether it is the same rule: by its identifier, or where it has none by title and group."""
    if written.uid:
        return loaded.uid == written.uid
    return slug(loaded.title) == slug(written.title) and loaded.group == written.group


def _is_of(state: State, loaded: tuple[Rule, ...]) -> bool:
    """Whether a state is of one of the rules; older Grafanas name none but the title and the group."""
    if state.uid:
        return any(state.uid == one.uid for one in loaded)
    return any(state.title == one.title and state.group == one.group for one in loaded)
