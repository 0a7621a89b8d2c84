"""What follows from what Grafana says of the rule: is it in force? Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from loopcheck.checker import Claim, Evidence, Unseen
from loopcheck.reasons import AMBIGUOUS, NOT_JUDGED, NOT_VISIBLE
from loopcheck_checks.grafana_alert.manifest import (
    EVALUATES,
    EVALUATION_FAILS,
    FOLDER_NOT_VISIBLE,
    HAS_DATA,
    LOADED,
    LOADED_OTHERWISE,
    NO_DATA,
    NOT_LOADED,
    NOT_PAUSED,
    NOT_YET_EVALUATED,
    PARTLY_NO_DATA,
    PAUSED,
    STALLED,
    GrafanaAlertExpectation,
    GrafanaAlertObservation,
    SeenLive,
    SeenRule,
)
from loopcheck_checks.systems.grafana import Rule, State
from loopcheck_checks.systems.prometheus import durations


def judge_loaded(chosen: SeenRule, seen: GrafanaAlertObservation, live: SeenLive) -> Claim:
    """Whether Grafana has the rule as it is defined."""
    here = Evidence(live.source, f"{len(live.loaded)} rules of that title or identifier", seen.now)
    if not seen.in_files:
        return LOADED.holds("Grafana itself has it", here)
    if not live.loaded and live.all:
        return LOADED.fails(NOT_LOADED, "Grafana has no such rule", here)
    if not live.loaded:
        return LOADED.unknown(NOT_VISIBLE, "Grafana shows this token no such rule, and may have it all the same", here)
    if len(live.loaded) > 1:
        message = f"Grafana has {len(live.loaded)} rules of that title and group, and the file gives it no `uid`"
        return LOADED.unknown(AMBIGUOUS, message, here)
    difference = _difference(live.loaded[0], chosen.rule)
    if difference is not None and _is_filled_in(chosen.rule):
        return LOADED.unknown(NOT_JUDGED, f"the file may be filled in when Grafana reads it; {difference}", here)
    if difference is not None:
        return LOADED.fails(LOADED_OTHERWISE, difference, here)
    return LOADED.holds("Grafana has it as it stands in its file", here)


def _is_filled_in(written: Rule) -> bool:
    """Whether the file may say something else to Grafana, which puts variables of its environment in."""
    texts = (*written.condition.queries, *written.labels.values())
    return written.condition.fires is None or any("$" in text for text in texts)


def _difference(loaded: Rule, written: Rule) -> str | None:
    if loaded.condition != written.condition:
        theirs = loaded.condition.fires or loaded.condition.unread
        return f"in Grafana its condition is {theirs}, on {'; '.join(loaded.condition.queries)[:200]}"
    if loaded.hold != written.hold:
        return f"in Grafana its pending period is {durations.shown(loaded.hold)}, not {durations.shown(written.hold)}"
    if not loaded.labels.items() >= written.labels.items():
        return "in Grafana it has other labels"
    return None


def judge_state(
    rule: Rule, expect: GrafanaAlertExpectation, seen: GrafanaAlertObservation, live: SeenLive
) -> Iterator[Claim]:
    """The claims about the rule's evaluations."""
    here = Evidence(live.source, f"isPaused: {str(rule.paused).lower()}", seen.now)
    if rule.paused:
        yield NOT_PAUSED.fails(PAUSED, "it is paused", here)
        return
    yield NOT_PAUSED.holds("it is not paused", here)
    if isinstance(live.states, Unseen):
        yield EVALUATES.unknown(live.states)
        return
    if len(live.states) != 1:
        why = FOLDER_NOT_VISIBLE if not live.states else AMBIGUOUS
        yield EVALUATES.unknown(why, None, Evidence(live.source, f"{len(live.states)} states of it", seen.now))
        return
    state = live.states[0]
    yield _evaluates(state, seen, live)
    yield _has_data(state, expect, live)


def _evaluates(state: State, seen: GrafanaAlertObservation, live: SeenLive) -> Claim:
    here = Evidence(live.source, f"health: {state.health[:40]}", state.evaluated or seen.now)
    troubled = [one for one in state.instances if "error" in one.state.casefold()]
    if state.health in ("error", "err") or (troubled and len(troubled) == len(state.instances)):
        return EVALUATES.fails(EVALUATION_FAILS, f"its evaluation fails: {state.error or 'no reason is told'}", here)
    if state.evaluated is None:
        return EVALUATES.unknown(NOT_YET_EVALUATED, None, here)
    if state.health not in ("ok", "nodata"):
        return EVALUATES.unknown(NOT_JUDGED, f"its health is `{state.health[:40]}`", here)
    if troubled:
        message = f"{len(troubled)} of its {len(state.instances)} instances have errors"
        return EVALUATES.unknown(NOT_JUDGED, message, here)
    if seen.now - state.evaluated > timedelta(seconds=max(900.0, 10 * state.interval)):
        return EVALUATES.unknown(STALLED, f"it was evaluated last at {state.evaluated:%Y-%m-%d %H:%M} UTC", here)
    return EVALUATES.holds("Grafana evaluates it without an error", here)


def _has_data(state: State, expect: GrafanaAlertExpectation, live: SeenLive) -> Claim:
    silent = [one for one in state.instances if "nodata" in one.state.casefold()]
    here = Evidence(live.source, f"health: {state.health[:40]}, {len(silent)} of {len(state.instances)} without data")
    if not silent and state.health != "nodata":
        return HAS_DATA.holds("its queries find data", here)
    if expect.no_data is not None:
        return HAS_DATA.holds("that it has no data now was declared to be normal", here)
    if len(silent) == len(state.instances):
        return HAS_DATA.fails(NO_DATA, "its queries find no data", here)
    return HAS_DATA.unknown(PARTLY_NO_DATA, f"{len(silent)} of its {len(state.instances)} instances have no data", here)
