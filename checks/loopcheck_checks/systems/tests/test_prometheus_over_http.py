"""Prometheus and Alertmanager over HTTP: every fault is a reason, and no fault is an absence."""

import time
from datetime import timedelta

import pytest
from standins.prometheus import (
    ALERTMANAGERS,
    ALERTS,
    BUILD,
    CONFIG,
    QUERY,
    RANGE,
    RULES,
    SILENCES,
    STATUS,
)
from standins.volume import each_in_part, in_part

from loopcheck.checker import CannotTell
from loopcheck.model import Outcome, Rung, Verdict
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.repository import NOW
from loopcheck.world import Repository, Session
from loopcheck_checks.prometheus_alert import PrometheusAlertChecker, mutants
from loopcheck_checks.systems.prometheus import Live, client
from loopcheck_checks.systems.prometheus.client import Patience

# Evaluated every five minutes, so that a month has few evaluations.
SCENE = mutants.Scene(files=((mutants.PATH, mutants.RULES.replace("interval: 1m", "interval: 5m")),))
CHECKER = PrometheusAlertChecker()
HURRIED = Patience(request=0.3, backoff=0.01)
"""For answers that do not come; for any other it may be too short on a busy machine."""
HTML = b"<!DOCTYPE html><title>Sign in</title>"
ASKED_OF_PROMETHEUS = (BUILD, RULES, CONFIG, ALERTMANAGERS, QUERY, RANGE)
ASKED_OF_ALERTMANAGER = (STATUS, SILENCES, ALERTS)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(client, "PATIENCE", Patience(request=20, backoff=0.01))


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkout")
    RepositoryBuilder(folder).commit(dict(SCENE.files))
    return Repository(folder)


@pytest.fixture
def verify(repository):
    def run(servers, declared=mutants.DECLARED, *, seconds=None, without=(), **environment):
        known = {name: value for name, value in servers.environment.items() if name not in without}
        session = Session(repository, now=NOW, environment={**known, **environment}, seconds=seconds)
        return examine(CHECKER, declared, session, incident=mutants.INCIDENT, requires=Rung.PROVEN)

    return run


@pytest.fixture
def servers():
    with mutants.stand_in(SCENE) as running:
        yield running


def reasons(result):
    return {claim.reason for claim in result.claims if claim.reason}


def test_an_alert_that_is_there_takes_few_requests(verify, servers):
    assert verify(servers).verdict is Verdict.VERIFIED
    assert servers.requests == {
        BUILD: 1, RULES: 1, CONFIG: 1, ALERTMANAGERS: 1, QUERY: 3, RANGE: 7, STATUS: 1, SILENCES: 1, ALERTS: 1,
    }  # fmt: skip


def test_the_number_of_requests_does_not_grow_with_the_items(repository, servers):
    session = Session(repository, now=NOW, environment=servers.environment)
    for _ in range(50):
        result = examine(CHECKER, mutants.DECLARED, session, incident=mutants.INCIDENT, requires=Rung.PROVEN)
        assert result.verdict is Verdict.VERIFIED
    assert sum(servers.requests.values()) == session.counts["prometheus"] + session.counts["alertmanager"] == 17


ERROR = {"status": "error", "errorType": "execution", "error": "query processing would load too many samples"}
FAULTS = [
    ("refused", 401, {}, {}),
    ("refused", 403, HTML, {}),
    ("bad-response", 404, {}, {}),
    ("query-refused", 400, ERROR, {}),
    ("query-refused", 422, ERROR, {}),
    ("query-refused", 503, ERROR, {}),
    ("rate-limited", 429, {}, {}),
    ("outage", 500, HTML, {}),
    ("outage", 502, b"", {}),
    ("outage", 503, HTML, {}),
    ("bad-response", 302, b"", {"Location": "http://127.0.0.1:1/login"}),
    ("bad-response", 307, b"", {"Location": "/elsewhere"}),
    ("bad-response", 200, HTML, {"Content-Type": "text/html"}),
    ("bad-response", 200, b'{"status": "succ', {}),
    ("bad-response", 200, b"", {}),
    ("bad-response", 200, b"null", {}),
    ("bad-response", 200, b"[7]", {}),
    ("bad-response", 200, b"\xff\xfe", {}),
    ("bad-response", 200, b"[" * 100_000, {}),
    ("unreachable", 200, b"[]", {"Content-Length": "5000"}),
]
OF_PROMETHEUS_ALONE = [
    ("query-refused", 200, ERROR, {}),
    ("partial-answer", 200, {"status": "success", "data": {}, "warnings": ["store gateway is gone"]}, {}),
    ("bad-response", 200, {"status": "success", "data": {"resultType": "matrix", "result": 7, "groups": 7}}, {}),
    ("bad-response", 200, {"status": "success"}, {}),
    ("bad-response", 200, {"status": "success", "data": {"groups": None, "activeAlertmanagers": None}}, {}),
]


@pytest.mark.parametrize("faults", in_part([*FAULTS, *OF_PROMETHEUS_ALONE]))
@pytest.mark.parametrize("path", [*ASKED_OF_PROMETHEUS, *ASKED_OF_ALERTMANAGER])
def test_without_an_answer_nothing_is_concluded(verify, servers, path, faults):
    for reason, status, body, headers in faults:
        if path in ASKED_OF_ALERTMANAGER and (reason, status, body, headers) in OF_PROMETHEUS_ALONE:
            continue
        servers.fault(path, status, body, headers=headers)
        result = verify(servers)
        assert Outcome.FAILS not in {claim.outcome for claim in result.claims}, (path, status, body)
        if path == CONFIG:  # without it the external labels are not known, and so not the route
            assert result.verdict in (Verdict.INCONCLUSIVE, Verdict.VERIFIED)
            continue
        assert (result.verdict, reason in reasons(result)) == (Verdict.INCONCLUSIVE, True), (path, status, body)


@pytest.mark.parametrize("path", ASKED_OF_PROMETHEUS)
def test_what_breaks_once_is_asked_again(verify, servers, path):
    servers.fault(path, 500, HTML, times=2)
    assert verify(servers).verdict is Verdict.VERIFIED


@pytest.mark.parametrize("path", each_in_part([RULES, RANGE, SILENCES]))
def test_an_answer_in_drops_is_not_waited_for(verify, servers, monkeypatch, path):
    monkeypatch.setattr(client, "PATIENCE", HURRIED)
    servers.fault(path, 200, b" " * 10_000, trickle=0.05)
    begun = time.monotonic()
    assert "timeout" in reasons(verify(servers))
    assert time.monotonic() - begun < 300  # all of it would take 500 s


@pytest.mark.volume
def test_a_server_that_hangs_is_given_up(repository, servers):
    servers.fault(QUERY, 200, b" " * 10_000, trickle=0.05)
    session = Session(repository, now=NOW, environment=servers.environment)
    server = Live(session.world())
    server._client._patience = HURRIED
    for number in range(20):
        with pytest.raises(CannotTell, match="did not"):
            server.vector(f"x{number}")
    assert servers.requests[QUERY] == 3


def test_an_answer_that_never_ends_is_cut_off(verify, servers, monkeypatch):
    monkeypatch.setattr(client, "_MAX_BODY", 1000)
    servers.fault(RULES, 200, b" " * 5000)
    assert "too-big" in reasons(verify(servers))


def test_nobody_listening(verify, servers):
    result = verify(servers, PROMETHEUS_URL="http://127.0.0.1:1", ALERTMANAGER_URL="http://127.0.0.1:1")
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"unreachable"})


@pytest.mark.parametrize(
    "url",
    [
        "http://prometheus.example.org",
        "https://user:password@prometheus.example.org",
        "https://prometheus.example.org/?x=1",
        "https://prometheus.example.org/#x",
        "ftp://127.0.0.1",
        "http://127.0.0.1.example.org",
        "http://127.0.0.1@example.org",
        "https://",
        "prometheus.example.org",
        "https://exa mple.org",
        "http://[::1",
    ],
)
def test_an_unsafe_address_is_not_asked(verify, servers, url):
    result = verify(servers, PROMETHEUS_URL=url)
    assert (result.verdict, "unsafe-address" in reasons(result)) == (Verdict.INCONCLUSIVE, True)
    assert servers.requests[BUILD] == 0


def test_credentials_go_into_headers_and_nowhere_else(verify, servers):
    verify(servers, PROMETHEUS_TOKEN="s3cret", ALERTMANAGER_USERNAME="ops", ALERTMANAGER_PASSWORD="pass")
    sent = {headers.get("Authorization") for headers in servers.headers}
    assert sent == {"Bearer s3cret", "Basic b3BzOnBhc3M="}


def test_no_credential_of_the_machine_is_sent(verify, servers, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    verify(servers)
    assert {headers.get("Authorization") for headers in servers.headers} == {None}


def test_a_redirect_is_not_followed_with_a_credential(verify, servers):
    with mutants.stand_in(SCENE) as other:
        servers.fault(RULES, 302, b"", headers={"Location": other.url + RULES})
        assert "bad-response" in reasons(verify(servers, PROMETHEUS_TOKEN="s3cret"))
        assert other.headers == []


def test_a_cookie_is_not_kept(verify, servers):
    servers.fault(BUILD, 200, {"status": "success", "data": {"version": "3"}}, headers={"Set-Cookie": "a=b"})
    verify(servers)
    assert all("Cookie" not in headers for headers in servers.headers)


def test_an_empty_vector_is_not_a_missing_rule(verify, servers):
    servers.fault(QUERY, 200, {"status": "success", "data": {"resultType": "vector", "result": []}})
    result = verify(servers)
    by_word = {claim.claim: claim.outcome for claim in result.claims}
    assert (by_word["loaded"], by_word["has-series"]) == (Outcome.HOLDS, Outcome.FAILS)


@pytest.mark.parametrize(
    ("minutes", "configured", "reason"),
    [
        (1, True, "just-reloaded"),
        (4, True, "just-reloaded"),
        (6, True, "no-alertmanager"),
        (1, False, "no-alertmanager"),
    ],
)
def test_an_alertmanager_may_be_found_a_moment_after_a_reload(verify, servers, minutes, configured, reason):
    servers.alertmanagers = 0
    servers.reloaded = NOW - timedelta(minutes=minutes)
    if configured:
        servers.config += "alerting: {alertmanagers: [{static_configs: [{targets: ['am:9093']}]}]}\n"
    assert reason in reasons(verify(servers))


def test_time_that_is_used_up(verify, servers):
    servers.fault(RULES, 500, HTML)
    assert verify(servers, seconds=0.005).verdict is Verdict.INCONCLUSIVE


def test_a_long_query_is_sent_as_a_form(repository, servers):
    long = "metric_" + "x" * 5000
    servers.results = {long: lambda _time: [({"job": "shop"}, 1.0)]}
    session = Session(repository, now=NOW, environment=servers.environment)
    assert Live(session.world()).vector(long) == ({"job": "shop"},)
