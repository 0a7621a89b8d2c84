"""What promtool says of the same window: where the two agree, where they differ, and where nobody was asked."""

import os
import shutil
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from standins.monitoring import MISSING, Servers

from loopcheck.model import Outcome, Rung, Verdict
from loopcheck.replay import Window
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck_checks.prometheus_alert import PrometheusAlertChecker, mutants, second
from loopcheck_checks.prometheus_alert.manifest import NotCompared, SecondOpinion, SeenRule
from loopcheck_checks.prometheus_alert.proof import Past
from loopcheck_checks.prometheus_alert.second import second_opinion
from loopcheck_checks.prometheus_alert.tests import windows
from loopcheck_checks.systems.prometheus import Live, parse, read_rules

CHECKER = PrometheusAlertChecker()
ROUTING = "route: {receiver: pager}\nreceivers: [{name: pager, webhook_configs: [{url: 'http://127.0.0.1:9/'}]}]\n"
installed = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
SUCCESS = "echo 'Unit Testing:  test.yml'; echo '  SUCCESS'"
VERSION = 'if [ "$1" = --version ]; then echo "promtool, version {} (branch: x)"; exit; fi\n'
DIFFERS = r"""echo '  FAILED:'
echo '    expr: "ALERTS{alertname=\"HighErrorRate\",alertstate=\"firing\"}", time: '"$at"','
echo '        exp: {__name__="ALERTS"} 1E+00'
echo '        got: nil'
exit 1"""
LAST = """at=$(sed 's/.*"eval_time":"\\([^"]*\\)","exp_samples":\\[{.*/\\1/' test.yml)\n"""
"""The last evaluation at which an alert is expected."""


@pytest.fixture
def answer(tmp_path):
    """The claims about the past of an alert that fires at 09:19, where PATH leads to this `promtool`."""

    def run(script, *, version="2.42.0", changes=(), build=None, path=None):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        if script is not None:
            (folder / "promtool").write_text(f"#!/bin/sh\n{VERSION.format(version)}{script}\n")
            (folder / "promtool").chmod(0o755)
        scene = mutants.Scene(**dict(changes))
        repository = RepositoryBuilder(tmp_path / "checkout")
        repository.commit(dict(scene.files))
        with mutants.stand_in(scene) as servers:
            servers.build = build or {"version": "2.42.0", "goVersion": "go1.19"}
            environment = {**servers.environment, "PATH": path or str(folder), "PROMETHEUS_TOKEN": "s3cret"}
            session = repository.session(environment=environment)
            result = examine(CHECKER, scene.expect, session, incident=mutants.INCIDENT, requires=Rung.PROVEN)
        return result, {claim.claim: claim for claim in result.claims if claim.rung is Rung.PROVEN}

    return run


def compared(claims):
    return next(it.seen for it in claims["replayed"].evidence if "promtool" in it.seen)


def test_both_agree(answer):
    result, claims = answer(f"test -s rules.yml && test -s test.yml && {SUCCESS}")
    assert result.verdict is Verdict.VERIFIED
    assert claims["replayed"].message.endswith("in the 5 days around it; promtool agrees")
    assert compared(claims) == "promtool 2.42.0 test rules, on 61 samples"


def test_silence_that_both_agree_on(answer):
    result, claims = answer(SUCCESS, changes={"spikes": ()})
    assert (result.verdict, claims["replayed"].reason) == (Verdict.FAILED, "not-fired")
    assert claims["replayed"].message.endswith("promtool agrees")


def test_they_differ(answer):
    _, claims = answer(LAST + DIFFERS)
    assert claims["replayed"].outcome is Outcome.UNKNOWN
    assert claims["replayed"].message == (
        'by `query_range` it fires from 2026-11-01 09:19 to 2026-11-01 10:14 on {job="shop"}; '
        'by promtool 2.42.0 it fires from 2026-11-01 09:19 to 2026-11-01 10:13 on {job="shop"}'
    )
    assert {claim.reason for claim in claims.values()} == {"engines-differ"}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="not installed: promtool")
def test_the_real_one_on_samples_that_say_otherwise(answer):
    """The stand-in's answers to the expression have nothing to do with the samples that it says it has."""
    result, claims = answer(None, path=os.environ["PATH"])
    assert result.verdict is Verdict.INCONCLUSIVE
    assert claims["replayed"].message.startswith("by `query_range` it fires at 09:19, T+5 min, 30 min before the")
    assert claims["replayed"].message.endswith("it does not fire between 2026-11-01 09:14 and 2026-11-01 10:14")


@pytest.mark.parametrize(
    ("script", "more", "says"),
    [
        (None, {}, "promtool is not installed here"),
        ("sleep 60", {}, "promtool took more than 0.3 s"),
        ("sleep 60 & wait", {}, "promtool took more than 0.3 s"),
        ("echo boom; exit 3", {}, "promtool could not run the test (3): boom"),
        ("exit 0", {}, "promtool ended well without a word of success"),
        ("while true; do echo yes; done", {}, "promtool printed more than"),
        (f"at=100d\n{DIFFERS}", {}, "promtool could not run the test (1): expr:"),
        (f"{LAST}echo 'got: more'\n{DIFFERS}", {}, "promtool could not run the test (1)"),
        (SUCCESS, {"version": "x"}, "promtool does not say its version"),
        (SUCCESS, {"version": "3.1.0"}, "promtool 3.1.0 is not of the release that runs, 2.42.0"),
        (SUCCESS, {"build": {"version": "2.24.0"}}, "what answers as Prometheus 2.24.0 is not Prometheus itself"),
        (
            SUCCESS,
            {"build": {"version": "2.9.0", "goVersion": "go1", "application": "Grafana Mimir"}},
            "what answers as Prometheus 2.9.0 is not Prometheus itself",
        ),
        (SUCCESS, {"path": "bin:."}, "promtool is not installed here"),
    ],
)
def test_nobody_was_asked(answer, monkeypatch, tmp_path, script, more, says):
    monkeypatch.chdir(tmp_path)  # where `bin` is the folder with the program, and nobody's word
    monkeypatch.setattr(second, "SECONDS", 0.3)
    monkeypatch.setattr("loopcheck_checks.systems.prometheus.promtool._MOST_PRINTED", 10_000)
    result, claims = answer(script, **more)
    assert (result.verdict, claims["replayed"].outcome) == (Verdict.VERIFIED, Outcome.HOLDS)
    assert "promtool" not in claims["replayed"].message
    assert compared(claims).startswith(f"not compared with promtool: {says}")


@pytest.mark.parametrize(
    ("old", "new", "version", "says"),
    [
        ("for: 5m\n", "for: 5m\n        keep_firing_for: 1m\n", "2.41.0", "too old to know `keep_firing_for`"),
        ("for: 5m\n", "for: 5m\n        keep_firing_for: 1m\n", "2.42.0", "test rules, on"),
        ("interval: 1m", "interval: 1m\n    query_offset: 1m", "2.42.0", "is of a group with `query_offset`"),
    ],
)
def test_what_is_not_compared(answer, old, new, version, says):
    files = ((mutants.PATH, mutants.RULES.replace(old, new)),)
    expect = "alert: HighErrorRate\nseverity: page\nproven-by: incident\n"
    _, claims = answer(SUCCESS, version=version, changes={"files": files, "expect": expect})
    assert says in compared(claims)


def test_a_promtool_of_the_checkout_is_never_run(answer, tmp_path):
    folder = tmp_path / "checkout" / "bin"
    folder.mkdir(parents=True)
    (folder / "promtool").write_text("#!/bin/sh\necho 'promtool, version 2.42.0'\necho SUCCESS\n")
    (folder / "promtool").chmod(0o755)
    _, claims = answer(None, path=str(folder))
    assert "not installed here" in compared(claims)


def test_credentials_stay_here(answer, tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_TOKEN", "s3cret")
    answer(f"env > {tmp_path}/seen; {SUCCESS}")
    assert "HOME=" in (tmp_path / "seen").read_text()
    assert "s3cret" not in (tmp_path / "seen").read_text()


# Beside a Prometheus that runs.


@pytest.fixture(scope="module")
def those():
    return windows.examples(220)


@pytest.fixture(scope="module")
def start():
    return int(time.time() - 30 * 3600) // 7200 * 7200


def world_of(tmp_path_factory, servers):
    repository = RepositoryBuilder(tmp_path_factory.mktemp("checkout"))
    repository.commit({"README.md": "# Shop\n"})
    environment = {**servers.environment, "PATH": os.environ["PATH"]}
    return repository.session(now=datetime.now(UTC), environment=environment).world()


@pytest.fixture(scope="module")
def backfilled(tmp_path_factory, those, start):
    folder = tmp_path_factory.mktemp("servers")
    with Servers(folder, rules="groups: []\n", routing=ROUTING, samples=windows.openmetrics(those, start)) as running:
        yield world_of(tmp_path_factory, running)


def opinions(those, start, world):
    server = Live(world)
    rules = {rule.alert: rule for rule in read_rules(windows.rule_file(those), "rules").rules}
    begin = datetime.fromtimestamp(start + windows.LENGTH // 3 + 17, UTC)
    for one in those:
        rule = rules[f"W{one.number}"]
        past = Past(SeenRule(rule=rule, source=""), parse(rule.expr), server, one.step)
        yield one, second_opinion(past, Window(begin, begin + timedelta(minutes=60)), world)


@installed
@pytest.mark.volume
def test_every_window_is_the_same_for_promtool(those, start, backfilled):
    fired = 0
    for one, found in opinions(those, start, backfilled):
        assert isinstance(found, SecondOpinion), (one.expr, found)
        assert found.replay == found.theirs, (one.expr, one.hold, one.keep, one.step)
        fired += len(found.replay)
    assert fired > 500


@installed
@pytest.mark.volume
def test_a_replay_that_is_wrong_is_found_out(those, start, backfilled, monkeypatch):
    right = second.firings
    monkeypatch.setattr(second, "firings", lambda present, steps, hold, keep: right(present, steps, 0, keep))
    some = [one for one in those[:60] if one.hold > one.step]
    found = [opinion for _, opinion in opinions(some, start, backfilled)]
    assert sum(one.replay != one.theirs for one in found) > 10


class Shop:
    """A target with a gauge and a counter, whose series come and go and whose scrapes fail, as `script` says."""

    def __init__(self, script):
        began = time.monotonic()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                at = int(time.monotonic() - began)
                what = script[min(at, len(script) - 1)]
                if what == "!":
                    self.send_error(503)
                    return
                gone = "" if what == "-" else f'load{{i="a"}} {what}\n'
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(f'{gone}load{{i="b"}} 20\nwork_total {at * 7 % 90}\n'.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.target = f"127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


RULES = """groups:
- name: shop
  interval: 1s
  rules:
  - {alert: High, expr: load > 10}
  - {alert: Held, expr: load > 10, for: 3s}
  - {alert: Kept, expr: 'load{i="a"} > 10', for: 2s, keep_firing_for: 3s}
  - {alert: Gone, expr: 'absent(load{i="a"})'}
  - {alert: Back, expr: 'load{i="a"} offset 4s > 10'}
  - {alert: Most, expr: 'max_over_time(load{i="a"}[5s]) > 10', for: 4s}
  - {alert: Sub, expr: 'max_over_time((load{i="a"} > 10)[6s:2s])'}
  - {alert: Rate, expr: 'rate(work_total[10s]) > 1'}
  - {alert: Down, expr: 'up{job="shop"} == 0'}
"""


@installed
@pytest.mark.volume
def test_what_was_scraped_is_the_same_for_promtool(tmp_path_factory):
    """With the time stamps and the marks of ended series that Prometheus itself writes."""
    script = ["20"] * 4 + ["-"] * 3 + ["20"] * 5 + ["!"] * 3 + ["5", "20", "!", "20"] + ["20"] * 3 + ["-", "20"] * 2
    folder = tmp_path_factory.mktemp("servers")
    with Shop(script) as shop, Servers(folder, rules=RULES, routing=ROUTING, targets=[shop.target]) as running:
        began = datetime.now(UTC)
        time.sleep(30)
        world = world_of(tmp_path_factory, running)
        server = Live(world)
        fired = {}
        for rule in read_rules(RULES, "rules").rules:
            past = Past(SeenRule(rule=rule, source=""), parse(rule.expr), server, 1.0)
            found = second_opinion(past, Window(began, world.now - timedelta(seconds=2)), world)
            assert not isinstance(found, NotCompared), (rule.alert, found)
            if not found.moved:
                assert found.replay == found.theirs, rule.alert
            fired[rule.alert] = (len(found.replay), len(found.theirs))
    assert all(min(both) > 0 for both in fired.values()), fired
