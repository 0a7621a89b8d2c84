"""What `promtool` makes of the same window: a second opinion on the replay, by Prometheus's own rule manager.

The replay asks Prometheus for the results of the expression and follows the alerts itself. Here the samples below are
fetched instead, and expression and alerts are both left to promtool. Where that would not be the same thing, the two
are not compared, which takes nothing from the replay.
"""

from __future__ import annotations

import math

from loopcheck.checker import CannotTell, World
from loopcheck.replay import Window
from loopcheck_checks.prometheus_alert.manifest import NotCompared, SecondOpinion
from loopcheck_checks.prometheus_alert.proof import Past
from loopcheck_checks.systems.prometheus import Live, Promtool, Stored
from loopcheck_checks.systems.prometheus.needs import Needs, needs_of
from loopcheck_checks.systems.prometheus.promtool import SECONDS, NotRunError, installed, rehearsed
from loopcheck_checks.systems.prometheus.rehearsal import Alerts, instants, rehearse
from loopcheck_checks.systems.prometheus.replaying import Evaluations, as_firings, firings

_MOST_SAMPLES = 200_000
_FIRST_TO_KEEP = (2, 42)
"""The release that came with `keep_firing_for`."""


def second_opinion(past: Past, window: Window, world: World) -> SecondOpinion | NotCompared:
    """What promtool says of a rule over a window, or why it was not asked."""
    try:
        return _asked(past, window, world)
    except ValueError as error:
        return NotCompared(f"the rule {error}")
    except NotRunError as error:
        return NotCompared(str(error))
    except CannotTell as error:
        return NotCompared(error.message)


def _asked(past: Past, window: Window, world: World) -> SecondOpinion:
    rule, server = past.rule, past.server
    promtool = installed(world)
    _fit(promtool, server, keeps=rule.keep > 0)
    if rule.offset:
        raise ValueError("is of a group with `query_offset`")
    needs = needs_of(rule.expr)
    steps = past.steps(window)
    mine: Alerts = {
        labels: spans
        for labels, present in past.present(steps).items()
        if (spans := firings(present, steps, rule.hold, rule.keep))
    }
    asked = instants(needs, steps) if needs.newest else None
    stored = _stored(past, needs, steps, asked)
    test = rehearse(rule, needs, steps, stored, asked, mine)
    theirs = rehearsed(promtool, test, world.timeout(SECONDS))
    return SecondOpinion(
        tool=f"promtool {promtool.version}",
        samples=test.samples,
        moved=test.moved,
        replay=as_firings(mine, steps),
        theirs=as_firings(theirs, steps),
    )


def _fit(promtool: Promtool, server: Live, *, keeps: bool) -> None:
    """Whether the two speak of the same PromQL."""
    if server.release is None:
        raise NotRunError(f"what answers as Prometheus {server.version[:20]} is not Prometheus itself")
    if server.release[0] != promtool.release[0]:
        raise NotRunError(f"promtool {promtool.version} is not of the release that runs, {server.version[:20]}")
    if keeps and promtool.release < _FIRST_TO_KEEP:
        raise NotRunError(f"promtool {promtool.version} is too old to know `keep_firing_for`")


def _stored(past: Past, needs: Needs, steps: Evaluations, asked: Evaluations | None) -> list[Stored]:
    """The samples of all that the rule reads."""
    end = round(steps.end * 1000)
    start = round(steps.start * 1000) - needs.reach
    selectors = {str(one): one for one in past.selectors}
    for one in selectors.values():
        if one.metric is None or one.or_matchers or one.metric in ("ALERTS", "ALERTS_FOR_STATE"):
            raise ValueError(f"reads `{str(one)[:80]}`, which may be more than can be given to promtool")
    last = Evaluations(steps.end, steps.step, 1)
    length = math.ceil((end - start) / 1000)
    count = 0.0
    for text in selectors:
        counted = past.server.matrix(f"sum(count_over_time({text}[{length}s]))", last)
        count += sum(value for held in counted.values() for _, value in held)
    if count > _MOST_SAMPLES:
        raise ValueError(f"reads {count:,.0f} samples, more than are fetched")
    out: dict[object, Stored] = {}
    for text in selectors:
        newest = past.server.newest(text, asked) if asked is not None and text in needs.newest else None
        for labels, samples in past.server.stored(text, start, end).items():
            there = None if newest is None else tuple(newest.get(labels, ()))
            if labels not in out or there is not None:
                out[labels] = Stored(labels, tuple(samples), there)
    return list(out.values())
