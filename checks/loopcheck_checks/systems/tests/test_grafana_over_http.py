"""Grafana over HTTP: every fault is a reason, and no fault is an absence."""

import pytest
from standins.grafana import (
    CONTACT_POINTS,
    FAULTS,
    MUTE_TIMINGS,
    PERMISSIONS,
    POLICIES,
    RULES,
    SILENCES,
    STATES,
    Fault,
)
from standins.volume import in_part

from loopcheck.model import Outcome, Verdict
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.repository import NOW
from loopcheck.world import Repository, Session
from loopcheck_checks.grafana_alert import GrafanaAlertChecker, mutants
from loopcheck_checks.systems.prometheus import client
from loopcheck_checks.systems.prometheus.client import Patience

CHECKER = GrafanaAlertChecker()
ASKED = (PERMISSIONS, RULES, STATES, POLICIES, CONTACT_POINTS, MUTE_TIMINGS, SILENCES)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(client, "PATIENCE", Patience(request=20, backoff=0.001))


def hurried_for(fault, monkeypatch):
    """Wait for no more than a moment where an answer does not come; for any other, as long as a busy machine takes."""
    if fault.hang or fault.trickle:
        monkeypatch.setattr(client, "PATIENCE", Patience(request=0.2, backoff=0.001))


@pytest.fixture
def _patient(monkeypatch):
    """For what a busy machine may take longer to answer."""
    monkeypatch.setattr(client, "PATIENCE", Patience(request=20, backoff=0.001))


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkout")
    RepositoryBuilder(folder).commit({"README.md": "shop\n"})
    return Repository(folder)


@pytest.fixture
def verify(repository):
    def run(grafana, declared=mutants.DECLARED, *, seconds=None, **environment):
        known = {**grafana.environment, **environment}
        session = Session(repository, now=NOW, environment=known, seconds=seconds)
        return examine(CHECKER, declared, session)

    return run


@pytest.fixture
def grafana():
    with mutants.stand_in(mutants.Scene()) as running:
        yield running


def reasons(result):
    return {claim.reason for claim in result.claims if claim.reason}


def test_the_number_of_requests_does_not_grow_with_the_items(repository, grafana):
    session = Session(repository, now=NOW, environment=grafana.environment)
    for _ in range(50):
        assert examine(CHECKER, mutants.DECLARED, session).verdict is Verdict.VERIFIED
    assert sorted(call.path for call in grafana.requests) == sorted(ASKED)
    assert session.counts["grafana"] == len(ASKED)


@pytest.mark.parametrize("faults", in_part(FAULTS.values()))
@pytest.mark.parametrize("path", ASKED)
def test_without_an_answer_nothing_is_concluded(verify, grafana, monkeypatch, path, faults):
    grafana.mute_timings = [{"name": "quiet", "time_intervals": []}]
    grafana.silences = [mutants.silence("active", ("team", "storage", False, True))]
    for fault in faults:
        if fault.to == "write" or (path == PERMISSIONS and fault.name == "200-nothing"):  # it may do nothing much
            continue
        planned = grafana.fault(f"GET {path}", fault, times=None)
        with monkeypatch.context() as patch:
            hurried_for(fault, patch)
            result = verify(grafana)
        assert Outcome.FAILS not in {claim.outcome for claim in result.claims}, (path, fault.name)
        assert result.verdict is Verdict.INCONCLUSIVE, (path, fault.name)
        grafana._planned.remove(planned)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("401", "refused"),
        ("403", "refused"),
        ("404", "not-visible"),
        ("404-html", "not-visible"),
        ("429", "rate-limited"),
        ("503", "outage"),
        ("502-html", "outage"),
        ("400", "bad-response"),
        ("redirect-to-login", "bad-response"),
        ("200-html", "bad-response"),
        ("200-null", "bad-response"),
        ("200-deep", "bad-response"),
        ("hang", "timeout"),
        ("cut", "unreachable"),
        ("short-body", "unreachable"),
    ],
)
def test_a_fault_has_its_reason(verify, grafana, monkeypatch, fault, reason):
    hurried_for(FAULTS[fault], monkeypatch)
    grafana.fault(f"GET {RULES}", fault, times=None)
    assert reasons(verify(grafana)) == {reason}


@pytest.mark.usefixtures("_patient")
@pytest.mark.parametrize("path", ASKED)
@pytest.mark.parametrize("fault", ["500-html", "cut", "503"])
def test_what_breaks_once_is_asked_again(verify, grafana, path, fault):
    grafana.fault(f"GET {path}", fault, times=2)
    assert verify(grafana).verdict is Verdict.VERIFIED


def test_an_empty_list_means_nothing_to_whom_it_may_be_hidden_from(verify, grafana):
    grafana.rules = []
    assert (verify(grafana).verdict, reasons(verify(grafana))) == (Verdict.FAILED, {"no-rule"})
    grafana.tokens["good-token"] = {"alert.rules:read": ["folders:uid:db"], "folders:read": ["folders:*"]}
    assert (verify(grafana).verdict, reasons(verify(grafana))) == (Verdict.INCONCLUSIVE, {"not-visible"})


def test_a_contact_point_that_is_not_listed_may_be_hidden(verify, grafana):
    grafana.contact_points = grafana.contact_points[:1]
    assert reasons(verify(grafana)) == {"notifies-nobody"}
    grafana.tokens["good-token"] = {
        "alert.rules.provisioning:read": [""],
        "alert.notifications:read": [""],
        "alert.rules:read": ["folders:*"],
        "folders:read": ["folders:*"],
        "alert.silences:read": ["folders:*"],
    }
    result = verify(grafana)
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"unlisted-contact-point"})


def test_what_is_changed_is_seen_in_the_next_run(verify, grafana):
    assert verify(grafana).verdict is Verdict.VERIFIED
    grafana.edit("lag", isPaused=True)
    assert reasons(verify(grafana)) == {"paused"}


@pytest.mark.parametrize(
    "url",
    [
        "http://grafana.example.org",
        "https://user:password@grafana.example.org",
        "https://grafana.example.org/?orgId=2",
        "http://127.0.0.1.example.org",
        "grafana.example.org",
    ],
)
def test_an_unsafe_address_is_not_asked(verify, grafana, url):
    result = verify(grafana, GRAFANA_URL=url)
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"unsafe-address"})
    assert grafana.requests == []


def test_the_token_goes_into_a_header_and_nowhere_else(verify, grafana):
    result = verify(grafana, GRAFANA_USERNAME="ops", GRAFANA_PASSWORD="pass")
    assert {call.headers.get("Authorization") for call in grafana.requests} == {"Bearer good-token"}
    assert "good-token" not in str(result)
    grafana.tokens.clear()
    refused = verify(grafana)
    assert reasons(refused) == {"refused"}
    assert "good-token" not in str(refused)


def test_a_redirect_is_not_followed_with_the_token(verify, grafana):
    with mutants.stand_in(mutants.Scene()) as other:
        grafana.fault(f"GET {RULES}", Fault("away", 302, b"", {"Location": other.url + RULES}), times=None)
        assert reasons(verify(grafana)) == {"bad-response"}
        assert other.requests == []


def test_an_answer_in_drops_is_not_waited_for(verify, grafana, monkeypatch):
    hurried_for(FAULTS["trickle"], monkeypatch)
    grafana.fault(f"GET {STATES}", "trickle", times=None)
    assert reasons(verify(grafana)) == {"timeout"}


@pytest.mark.volume
def test_an_answer_in_drops_would_have_come(verify, grafana, monkeypatch):
    grafana.fault(f"GET {STATES}", "trickle", times=None)
    monkeypatch.setattr(client, "PATIENCE", Patience(request=60))
    assert verify(grafana).verdict is Verdict.VERIFIED


def test_an_answer_that_never_ends_is_cut_off(verify, grafana, monkeypatch):
    monkeypatch.setattr(client, "_MAX_BODY", 1000)
    assert reasons(verify(grafana)) == {"too-big"}


def test_time_that_is_used_up(verify, grafana):
    grafana.fault(f"GET {RULES}", "500-html", times=None)
    assert verify(grafana, seconds=0.005).verdict is Verdict.INCONCLUSIVE
