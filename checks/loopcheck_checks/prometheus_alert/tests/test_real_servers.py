"""The checker against a real Prometheus and a real Alertmanager."""

import json
import random
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta

import pytest
from standins.monitoring import MISSING, Servers

from loopcheck.model import Incident, Outcome, Rung, Verdict
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck_checks.prometheus_alert import PrometheusAlertChecker
from loopcheck_checks.systems.prometheus import AlertLabels, read_routing
from loopcheck_checks.systems.prometheus.routes import reached

pytestmark = pytest.mark.volume
CHECKER = PrometheusAlertChecker()
RULES = """groups:
  - name: shop
    interval: 5s
    rules:
      - alert: TooManySeries
        expr: prometheus_tsdb_head_series{job="self"} > 1e6
        for: 5m
        labels: {severity: page, team: shop}
      - alert: AlwaysOn
        expr: vector(1)
        labels: {severity: ticket}
      - alert: Muffled
        expr: up{job="self"} == 0
        labels: {severity: page}
      - alert: Unheard
        expr: up{job="self"} == 0
        labels: {severity: none}
      - alert: Broken
        expr: prometheus_tsdb_head_series > on() prometheus_http_requests_total
        labels: {severity: page}
"""
ROUTING = """route:
  receiver: mail
  group_wait: 1s
  routes:
    - matchers: [severity="none"]
      receiver: "null"
    - matchers: [severity=~"pag.", region="eu", job!="batch"]
      receiver: pager
receivers:
  - {name: mail, webhook_configs: [{url: "http://127.0.0.1:9/mail"}]}
  - {name: pager, webhook_configs: [{url: "http://127.0.0.1:9/pager"}]}
  - {name: "null"}
inhibit_rules:
  - source_matchers: [alertname="AlwaysOn"]
    target_matchers: [alertname="Muffled"]
"""
PROVEN = """alert: TooManySeries
fires-when: "> 1000000"
for: 5m
severity: page
notifies: pager
proven-by: incident
before: detected
at-most: 1 per 4h
"""
installed = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


@pytest.fixture(scope="module")
def started():
    return datetime.fromtimestamp(int(time.time() - 30 * 3600) // 7200 * 7200 + 7200, UTC)


@pytest.fixture(scope="module")
def servers(tmp_path_factory, started):
    begin = int(started.timestamp()) - 7200
    lines = [
        f'prometheus_tsdb_head_series{{job="self"}} {2e6 if 120 <= minute < 150 or 60 <= minute < 70 or minute == 40 else 1000} '
        f"{begin + minute * 60 + second}"
        for minute in range(300)
        for second in (0, 15, 30, 45)
    ]
    samples = "\n".join(["# TYPE prometheus_tsdb_head_series gauge", *lines, "# EOF", ""])
    folder = tmp_path_factory.mktemp("servers")
    with Servers(folder, rules=RULES, routing=ROUTING, samples=samples) as running:
        rules = f"{running.prometheus}/api/v1/rules"
        alerts = f"{running.alertmanager}/api/v2/alerts"
        running.wait(lambda: b'"health":"err"' in running.get(rules) and b"AlwaysOn" in running.get(alerts), 40)
        yield running


@pytest.fixture
def verify(tmp_path, servers, started):
    def run(declared, rules=RULES, *, requires=Rung.ACTIVE):
        repository = RepositoryBuilder(tmp_path / "checkout")
        repository.commit({"monitoring/rules.yml": rules})
        session = repository.session(now=datetime.now(UTC), environment=servers.environment)
        incident = Incident(
            "INC-1", started=started, detected=started + timedelta(minutes=40), resolved=started + timedelta(hours=1)
        )
        return examine(CHECKER, declared, session, incident=incident, requires=requires)

    return run


def said(result):
    return {claim.claim: claim.reason or claim.outcome.value for claim in result.claims}


@installed
def test_an_alert_is_verified_to_the_top(verify, started):
    result = verify(PROVEN, requires=Rung.PROVEN)
    assert result.verdict is Verdict.VERIFIED, said(result)
    replayed = next(claim for claim in result.claims if claim.claim == "replayed")
    assert replayed.message == (
        f"fires at {started + timedelta(minutes=5):%H:%M}, T+5 min, 35 min before the incident was noticed; "
        "would also have fired 1 time in the 4 h around it"
    )


@installed
def test_how_often_it_fires_where_little_is_stored(verify):
    result = verify(PROVEN.replace("4h", "3d"), requires=Rung.PROVEN)
    assert (said(result)["replayed"], said(result)["within-budget"]) == ("holds", "no-samples")
    assert "besides" not in next(claim.message for claim in result.claims if claim.claim == "replayed")


@installed
@pytest.mark.parametrize(
    ("declared", "claims"),
    [
        ("{alert: Muffled}", {"not-inhibited": "inhibited", "notifies": "holds"}),
        ("{alert: Unheard}", {"notifies": "notifies-nobody"}),
        ("{alert: Broken}", {"evaluates": "evaluation-fails"}),
        ("{alert: AlwaysOn, notifies: pager}", {"notifies": "notifies-others", "evaluates": "holds", "sent": "holds"}),
        ("{alert: AlwaysOn, notifies: mail}", {"notifies": "holds", "not-silenced": "holds", "loaded": "holds"}),
    ],
)
def test_what_the_servers_say(verify, declared, claims):
    result = said(verify(declared))
    assert {word: result[word] for word in claims} == claims


@installed
@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [("> 1e6", "> 1e5", "loaded-otherwise"), ("TooManySeries", "FarTooManySeries", "not-loaded")],
)
def test_a_repository_that_is_ahead(verify, old, new, reason):
    alert = "FarTooManySeries" if new.startswith("Far") else "TooManySeries"
    assert said(verify(f"{{alert: {alert}}}", RULES.replace(old, new)))["loaded"] == reason


@installed
def test_a_threshold_that_would_not_have_fired(verify):
    rules = RULES.replace("> 1e6", "> 3e6")
    result = verify("{alert: TooManySeries, proven-by: incident}", rules, requires=Rung.PROVEN)
    replayed = next(claim for claim in result.claims if claim.claim == "replayed")
    assert (replayed.outcome, replayed.reason) == (Outcome.FAILS, "not-fired")
    assert "at `> 1900000` it would have" in replayed.message


@installed
def test_a_window_without_samples(verify):
    declared = "{alert: TooManySeries, window: {from: 2026-01-01T00:00Z, to: 2026-01-01T01:00Z}}"
    assert said(verify(declared, requires=Rung.PROVEN))["replayed"] == "no-samples"


@installed
def test_a_silence(verify, servers):
    now = datetime.now(UTC)
    silence = {
        "matchers": [{"name": "alertname", "value": "Too.*", "isRegex": True, "isEqual": True}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "bob",
        "comment": "noisy",
    }
    made = json.loads(servers.get(f"{servers.alertmanager}/api/v2/silences", json.dumps(silence).encode()))
    assert said(verify("{alert: TooManySeries}"))["not-silenced"] == "silenced"
    subprocess.run(
        ["amtool", "silence", "expire", made["silenceID"], f"--alertmanager.url={servers.alertmanager}"], check=True
    )
    assert said(verify("{alert: TooManySeries}"))["not-silenced"] == "holds"


# Routes, beside those that Alertmanager itself finds.


def a_matcher(chance):
    name, value = chance.choice("abc"), chance.choice(("1", "2", "", "x y"))
    sign = chance.choice(("=", "!=", "=~", "!~"))
    if "~" in sign:
        value = chance.choice(("1|2", ".*", ".+", "1", "[12]", "(?i:X Y)", ""))
    return f"{name}{sign}{json.dumps(value)}"


def a_route(chance, depth):
    route = {"matchers": [a_matcher(chance) for _ in range(chance.randint(0, 2))]}
    if chance.random() < 0.7:
        route["receiver"] = f"r{chance.randint(1, 9)}"
    if chance.random() < 0.4:
        route["continue"] = True
    if depth < 3:
        route["routes"] = [a_route(chance, depth + 1) for _ in range(chance.randint(0, 3))]
    return route


@pytest.mark.skipif(shutil.which("amtool") is None, reason="not installed: amtool")
def test_an_alert_reaches_whom_alertmanager_says(tmp_path):
    chance = random.Random(7)  # noqa: S311 - the same each time is what is wanted
    seen = set()
    for number in range(120):
        root = {**a_route(chance, 0), "receiver": "r0"} | {"routes": [a_route(chance, 1) for _ in range(4)]}
        del root["matchers"]
        root.pop("continue", None)
        text = json.dumps({"route": root, "receivers": [{"name": f"r{n}"} for n in range(10)]})
        path = tmp_path / f"{number}.yml"
        path.write_text(text)
        labels = {name: chance.choice(("1", "2", "x y")) for name in "abc" if chance.random() < 0.7}
        done = subprocess.run(
            ["amtool", "config", "routes", "test", f"--config.file={path}", *(f'{k}="{v}"' for k, v in labels.items())],
            capture_output=True,
            text=True,
            check=True,
        )
        theirs = set(done.stdout.strip().split(","))
        ours = reached(read_routing(text, "am.yml"), AlertLabels(labels))
        assert {one.receiver for one in ours} == theirs, (text, labels)
        assert all(one.sure for one in ours)
        # Without knowing one of the labels, nothing that is reached is left out, and nothing is sure that is not.
        hidden = chance.choice("abc")
        known = {name: value for name, value in labels.items() if name != hidden}
        vague = reached(read_routing(text, "am.yml"), AlertLabels(known, frozenset((hidden,))))
        assert {one.receiver for one in vague} >= theirs
        assert {one.receiver for one in vague if one.sure} <= theirs
        seen |= theirs
    assert len(seen) == 10
