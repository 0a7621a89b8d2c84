"""The replay against Prometheus's own rule manager, on windows of samples that a real Prometheus holds."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from standins.monitoring import MISSING, Servers

from loopcheck.replay import Window
from loopcheck.testing import RepositoryBuilder
from loopcheck_checks.prometheus_alert.manifest import SeenRule
from loopcheck_checks.prometheus_alert.proof import Past
from loopcheck_checks.prometheus_alert.tests import windows
from loopcheck_checks.systems.prometheus import Live, parse, read_rules
from loopcheck_checks.systems.prometheus.replaying import Evaluations

pytestmark = [
    pytest.mark.volume,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]
ROUTING = "route: {receiver: pager}\nreceivers: [{name: pager, webhook_configs: [{url: 'http://127.0.0.1:9/'}]}]\n"
COUNT = 220


@pytest.fixture(scope="module")
def those():
    return windows.examples(COUNT)


@pytest.fixture(scope="module")
def start():
    """A full hour, and a multiple of every interval, long enough ago to be in blocks of its own."""
    return int(time.time() - 30 * 3600) // 7200 * 7200


@pytest.fixture(scope="module")
def servers(tmp_path_factory, those, start):
    folder = tmp_path_factory.mktemp("servers")
    with Servers(folder, rules="groups: []\n", routing=ROUTING, samples=windows.openmetrics(those, start)) as running:
        yield running


@pytest.fixture(scope="module")
def live(tmp_path_factory, servers):
    repository = RepositoryBuilder(tmp_path_factory.mktemp("checkout"))
    repository.commit({"README.md": "# Shop\n"})
    session = repository.session(now=datetime.now(UTC), environment=servers.environment)
    return Live(session.world())


def runs(numbers, count):
    """Evaluations at which something fired, as intervals: the first, and the first at which it no longer did."""
    out = []
    for number in sorted(numbers):
        if out and out[-1][1] == number:
            out[-1] = (out[-1][0], number + 1)
        else:
            out.append((number, number + 1))
    return [(begin, None if end >= count else end) for begin, end in out]


def test_the_replay_fires_when_the_engine_does(tmp_path, those, start, live):
    truth = windows.by_promtool(those, tmp_path)
    rules = {rule.alert: rule for rule in read_rules(windows.rule_file(those), "rules").rules}
    wrong, fired = [], Counter()
    for one in those:
        rule = rules[f"W{one.number}"]
        steps = Evaluations(start, one.step, windows.LENGTH // one.step)
        past = Past(SeenRule(rule=rule, source=""), parse(rule.expr), live, one.step)
        found = {}
        for firing in past.firings(steps):
            begin = steps.number(firing.start.timestamp())
            end = None if firing.end is None else steps.number(firing.end.timestamp())
            found.setdefault(firing.group, []).append((begin, end))
        expected = {
            "{" + ", ".join(f'{name}="{value}"' for name, value in labels) + "}" if labels else "": runs(
                at, steps.count
            )
            for (number, labels), at in truth.items()
            if number == one.number
        }
        fired[bool(expected)] += 1
        if found != expected:
            wrong.append((one.number, one.expr, one.hold, one.keep, one.step, found, expected))
    assert wrong == []
    # A window in which nothing fires agrees with anything.
    assert len(those) >= 200
    assert fired[True] > 120
    assert sum(len(runs(at, 10_000)) for at in truth.values()) > 500


def test_a_window_is_replayed_with_what_led_to_it(those, start, live):
    """Cut out of the middle, a window is replayed as it is within the whole: the lead-in has what it depends on."""
    compared = 0
    rules = {rule.alert: rule for rule in read_rules(windows.rule_file(those), "rules").rules}
    for one in those[:80]:
        rule = rules[f"W{one.number}"]
        past = Past(SeenRule(rule=rule, source=""), parse(rule.expr), live, one.step)
        whole = past.firings(Evaluations(start, one.step, windows.LENGTH // one.step))
        begin = datetime.fromtimestamp(start + windows.LENGTH // 2, UTC)
        window = Window(begin, begin + timedelta(minutes=30))
        steps = past.steps(window)
        cut = past.firings(steps)
        inside = [it for it in whole if window.start <= it.start <= window.end]
        assert [it.start for it in cut if window.start <= it.start <= window.end] == [it.start for it in inside]
        compared += len(inside)
    assert compared > 60
