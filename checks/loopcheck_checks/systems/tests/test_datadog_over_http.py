"""Datadog's own client against a Datadog on this machine: every fault is a reason, and no fault is an absence."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from standins.datadog import DOWNTIMES, FAULTS, MONITORS, RULES, VALIDATE, DatadogStandIn, Fault
from standins.volume import in_part

from loopcheck.model import Outcome, Verdict
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.world import Repository, Session
from loopcheck_checks.datadog_monitor import DatadogMonitorChecker
from loopcheck_checks.datadog_monitor.mutants import METRIC, downtime, monitor, rule
from loopcheck_checks.systems.datadog import SITES, client
from loopcheck_checks.systems.datadog.client import Patience

CHECKER = DatadogMonitorChecker()
HTML = b"<!DOCTYPE html><title>Sign in</title>"


def answering(datadog, path, status, body=b"", *, times=None, **more):
    """Let Datadog answer `path` like this, `times` times or for ever."""
    datadog.fault(f"GET {path}", Fault("this", status, body, **more), times=times)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(client, "PATIENCE", Patience(backoff=0.01, rate_limit=5))


@pytest.fixture
def _hasty(monkeypatch):
    monkeypatch.setattr(client, "PATIENCE", Patience(request=0.4, backoff=0.01, rate_limit=5))


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkout")
    RepositoryBuilder(folder).commit({"README.md": "A checkout.\n"})
    return Repository(folder)


@pytest.fixture
def verify(repository):
    def run(datadog, declared=METRIC, *, seconds=None, **environment):
        session = Session(repository, environment={**datadog.environment, **environment}, seconds=seconds)
        return examine(CHECKER, declared, session)

    return run


def reasons(result):
    return {claim.claim: claim.reason for claim in result.claims if claim.reason}


def neighbours(count, first=1000):
    return [
        monitor(id=first + n, name=f"Disk {n}", query="avg(last_5m):avg:disk{*} > 1", tags=[]) for n in range(count)
    ]


def test_an_alarm_that_is_there_takes_three_requests(verify):
    with DatadogStandIn([*neighbours(3), monitor()], [downtime()], [rule()]) as datadog:
        result = verify(datadog)
    assert result.verdict is Verdict.VERIFIED
    assert {evidence.source for claim in result.claims for evidence in claim.evidence} == {
        "https://app.datadoghq.com/monitors/101"
    }
    assert datadog.counts == {MONITORS: 1, DOWNTIMES: 1, RULES: 1}


def test_the_number_of_requests_does_not_grow_with_the_items(repository):
    with DatadogStandIn([monitor()]) as datadog:
        session = Session(repository, environment=datadog.environment)
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda _: examine(CHECKER, METRIC, session), range(200)))
    assert {result.verdict for result in results} == {Verdict.VERIFIED}
    assert len(datadog.requests) == session.counts["datadog"] == 3


@pytest.mark.parametrize(("before", "pages"), [(998, 1), (999, 2), (1000, 2), (2500, 3)])
def test_every_page_is_read(verify, before, pages):
    with DatadogStandIn([*neighbours(before), monitor()]) as datadog:
        assert verify(datadog).verdict is Verdict.VERIFIED
        assert datadog.counts[MONITORS] == pages


def test_what_is_on_no_page_is_absent(verify):
    with DatadogStandIn(neighbours(1200)) as datadog:
        result = verify(datadog)
    assert (result.verdict, reasons(result)) == (Verdict.FAILED, {"found": "no-monitor"})
    assert "none of 1200 monitors fits" in result.claims[0].message


def test_a_list_that_shifts_while_it_is_read_is_read_again(verify):
    with DatadogStandIn([*neighbours(1500), monitor()]) as datadog:
        fresh = [monitor(id=9, name="New", query="avg(last_5m):avg:x{*} > 1")]

        def add(call):
            if call.path == MONITORS and fresh:
                datadog.monitors.insert(0, fresh.pop())

        datadog.after = add
        assert verify(datadog).verdict is Verdict.VERIFIED
        assert datadog.counts[MONITORS] == 4


def test_a_list_that_shifts_all_the_time_is_not_believed(verify):
    with DatadogStandIn(neighbours(1500)) as datadog:
        datadog.after = lambda call: datadog.monitors.insert(0, neighbours(1, 10_000 + call.number)[0])
        assert reasons(verify(datadog)) == {"observed": "bad-response"}


def test_a_page_for_people_is_no_answer(verify):
    with DatadogStandIn([monitor()]) as datadog:
        answering(datadog, MONITORS, 200, b"[]", kind="text/html; charset=utf-8")
        assert reasons(verify(datadog)) == {"observed": "bad-response"}


REFUSED = {"errors": ["Forbidden"]}
GARBAGE = [
    (403, REFUSED, {}, "refused"),
    (401, REFUSED, {}, "refused"),
    (404, {"errors": ["Not found"]}, {}, "bad-response"),
    (400, {"errors": ["Bad"]}, {}, "bad-response"),
    (500, {}, {}, "outage"),
    (503, b"<html>", {}, "outage"),
    (429, {}, {"X-RateLimit-Reset": "3600"}, "rate-limited"),
    (429, {}, {}, "rate-limited"),
    (429, {}, {"X-RateLimit-Reset": "soon"}, "rate-limited"),
    (200, HTML, {}, "bad-response"),
    (200, b'[{"id": 1, "na', {}, "bad-response"),
    (200, b"", {}, "bad-response"),
    (200, b"null", {}, "bad-response"),
    (200, b"7", {}, "bad-response"),
    (200, b"\xff\xfe", {}, "bad-response"),
    (200, b"[" * 100_000, {}, "bad-response"),
    (200, b'{"monitors": []}', {}, "bad-response"),
    (200, b"[]", {"Content-Length": "5000"}, "unreachable"),
    (302, b"", {"Location": "http://127.0.0.1:1/login"}, "bad-response"),
    (307, b"", {"Location": "/api/v1/elsewhere"}, "bad-response"),
]


@pytest.mark.parametrize(("status", "body", "headers", "reason"), GARBAGE)
def test_without_an_answer_nothing_is_concluded(verify, status, body, headers, reason):
    with DatadogStandIn([monitor()]) as datadog:
        answering(datadog, MONITORS, status, body, headers=headers)
        result = verify(datadog)
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"observed": reason})
    assert datadog.counts[DOWNTIMES] == datadog.counts[RULES] == 0


@pytest.mark.parametrize("monitors", [(), None], ids=["none are shown", "they are refused"])
@pytest.mark.parametrize(("status", "body", "headers", "reason"), GARBAGE)
def test_whatever_is_said_of_a_key_that_sees_nothing_nothing_is_concluded(
    verify, monitors, status, body, headers, reason
):
    with DatadogStandIn(list(monitors or ())) as datadog:
        if monitors is None:
            answering(datadog, MONITORS, 403, REFUSED)
        answering(datadog, VALIDATE, status, body, headers=headers)
        result = verify(datadog)
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"observed": reason})


@pytest.mark.parametrize(("status", "body", "headers", "reason"), GARBAGE)
def test_downtimes_and_rules_that_are_not_seen_leave_the_rest_standing(verify, status, body, headers, reason):
    with DatadogStandIn([monitor(message="Lag")], rules=[rule()]) as datadog:
        answering(datadog, DOWNTIMES, status, body, headers=headers)
        answering(datadog, RULES, status, body, headers=headers)
        result = verify(datadog)
    assert (result.verdict, reasons(result)) == (
        Verdict.INCONCLUSIVE,
        {"not-in-downtime": reason, "notifies": reason, "rule-applies": reason},
    )


@pytest.mark.parametrize("faults", in_part(FAULTS.values(), every=5))
@pytest.mark.parametrize("path", [VALIDATE, MONITORS, DOWNTIMES, RULES])
def test_no_fault_changes_what_is_true(verify, monkeypatch, path, faults):
    monkeypatch.setattr(client, "PATIENCE", Patience(request=0.1, backoff=0.001))
    routed = rule(filter={"tags": ["team:database"]}, recipients=["pagerduty-database"])
    for fault in faults:
        with DatadogStandIn([monitor(message="Lag")], [downtime()], [routed]) as datadog:
            datadog.fault(f"GET {path}", fault, times=None)
            assert verify(datadog, "metric: postgresql.replication_delay").verdict is not Verdict.FAILED, fault.name
            assert verify(datadog, "metric: postgresql.gone").verdict is not Verdict.VERIFIED, fault.name


@pytest.mark.parametrize("fault", [one for one in FAULTS.values() if one.passes], ids=lambda fault: fault.name)
def test_a_fault_that_passes_costs_an_attempt_and_no_verdict(verify, monkeypatch, fault):
    monkeypatch.setattr(client, "PATIENCE", Patience(request=0.1, backoff=0.001))
    with DatadogStandIn([monitor()], [downtime()], [rule()]) as datadog:
        datadog.fault(f"GET {MONITORS}", fault)
        assert verify(datadog).verdict in {Verdict.VERIFIED, Verdict.INCONCLUSIVE}


def test_rules_that_are_refused_do_not_matter_where_the_message_tells(verify):
    with DatadogStandIn([monitor()]) as datadog:
        answering(datadog, RULES, 403, REFUSED)
        assert verify(datadog).verdict is Verdict.VERIFIED


def test_downtimes_that_are_refused_leave_a_mute_to_be_seen(verify):
    with DatadogStandIn([monitor(options={"silenced": {"*": None}})]) as datadog:
        answering(datadog, DOWNTIMES, 403, REFUSED)
        result = verify(datadog, "metric: postgresql.replication_delay")
    assert (result.verdict, reasons(result)) == (
        Verdict.FAILED,
        {"not-muted": "muted-forever", "not-in-downtime": "refused"},
    )


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"DD_API_KEY": "other-site"}, ["datadoghq.com is the wrong site", "DD_API_KEY", "DD_APP_KEY"]),
        ({"DD_APP_KEY": "no-scope"}, ["DD_SITE", "lacks the scope `monitors_read`"]),
        ({"DD_API_KEY": "x", "DD_SITE": "datadoghq.eu"}, ["datadoghq.eu is the wrong site"]),
    ],
)
def test_a_refused_key_says_what_may_be_wrong_with_it(verify, keys, says):
    with DatadogStandIn([monitor()]) as datadog:
        datadog.app_keys["no-scope"] = {"dashboards_read"}
        result = verify(datadog, **keys)
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"observed": "refused"})
    assert all(words in result.claims[0].message for words in says)


def test_a_key_that_is_refused_is_not_tried_again(verify):
    with DatadogStandIn([monitor()]) as datadog:
        datadog.api_keys = {"another"}
        verify(datadog)
        assert datadog.counts == {MONITORS: 1, VALIDATE: 1}


def test_an_invalid_key_that_is_answered_with_200(verify):
    with DatadogStandIn() as datadog:
        answering(datadog, VALIDATE, 200, {"valid": False})
        assert reasons(verify(datadog)) == {"observed": "refused"}


@pytest.mark.parametrize(
    "environment",
    [
        {"DD_SITE": "example.org"},
        {"DD_SITE": "datadoghq.com.example.org"},
        {"DD_SITE": "127.0.0.1"},
        {"DD_SITE": "datadoghq.com/../x"},
        {"LOOPCHECK_DATADOG_URL": "https://127.0.0.1:1"},
        {"LOOPCHECK_DATADOG_URL": "http://localhost:1"},
        {"LOOPCHECK_DATADOG_URL": "http://127.0.0.1:1@example.org"},
        {"LOOPCHECK_DATADOG_URL": "http://127.0.0.1.example.org:1"},
        {"LOOPCHECK_DATADOG_URL": "http://127.0.0.1:1/x"},
        {"LOOPCHECK_DATADOG_URL": "http://example.org"},
    ],
)
def test_keys_are_sent_nowhere_else(verify, environment, monkeypatch):
    monkeypatch.setattr(client, "_official_client", lambda *_: pytest.fail("a client was made"))
    with DatadogStandIn([monitor()]) as datadog:
        assert reasons(verify(datadog, **environment)) == {"observed": "unknown-site"}
        assert not datadog.requests


def test_the_process_environment_does_not_steer_the_client(verify, monkeypatch):
    monkeypatch.setenv("DD_SITE", "example.org")
    monkeypatch.setenv("DD_API_KEY", "of-another-job")
    with DatadogStandIn([monitor()]) as datadog:
        assert verify(datadog).verdict is Verdict.VERIFIED
    made = client._official_client("us5.datadoghq.com", "", client.SecretText("a"), client.SecretText("b"))
    assert made.configuration.host == "https://api.us5.datadoghq.com"
    assert made.configuration.api_key == {"apiKeyAuth": "a", "appKeyAuth": "b"}


def test_a_redirect_does_not_take_the_keys_along(verify):
    with DatadogStandIn() as stranger, DatadogStandIn([monitor()]) as datadog:
        answering(datadog, MONITORS, 302, b"", headers={"Location": f"{stranger.url}/api/v1/monitor"})
        assert reasons(verify(datadog)) == {"observed": "bad-response"}
        assert not stranger.requests


def test_the_sites_are_those_of_the_client():
    from datadog_api_client import Configuration

    known = [
        set(server["variables"]["site"]["enum_values"])
        for server in Configuration().get_host_settings()
        if "enum_values" in server["variables"].get("site", {})
    ]
    assert known == [set(SITES)]


@pytest.mark.parametrize("status", [500, 502, 429])
def test_a_passing_fault_is_waited_out(verify, status):
    with DatadogStandIn([monitor()]) as datadog:
        answering(datadog, MONITORS, status, b"", headers={"X-RateLimit-Reset": "0"}, times=2)
        assert verify(datadog).verdict is Verdict.VERIFIED
        assert datadog.counts[MONITORS] == 3


def test_a_fault_that_stays_is_given_up_after_three_tries(verify):
    with DatadogStandIn([monitor()]) as datadog:
        answering(datadog, MONITORS, 500)
        verify(datadog)
        assert datadog.counts[MONITORS] == 3


def test_a_rate_limit_is_not_waited_for_beyond_the_run(verify, monkeypatch):
    monkeypatch.setattr(client, "PATIENCE", Patience(rate_limit=100))
    with DatadogStandIn([monitor()]) as datadog:
        answering(datadog, MONITORS, 429, headers={"X-RateLimit-Reset": "90"})
        assert reasons(verify(datadog, seconds=60)) == {"observed": "rate-limited"}
        assert datadog.counts[MONITORS] == 1


@pytest.mark.usefixtures("_hasty")
def test_an_answer_that_drips_is_cut_off(verify):
    with DatadogStandIn([monitor()]) as datadog:
        answering(datadog, MONITORS, 200, b"[]" + b" " * 200, trickle=0.02)
        assert reasons(verify(datadog)) == {"observed": "timeout"}


@pytest.mark.usefixtures("_hasty")
def test_a_refusal_that_drips_is_cut_off_too(verify):
    with DatadogStandIn([monitor()]) as datadog:
        answering(datadog, MONITORS, 403, b" " * 200, trickle=0.02)
        assert reasons(verify(datadog)) == {"observed": "timeout"}


@pytest.mark.volume
@pytest.mark.usefixtures("_hasty")
def test_an_answer_that_does_not_come_is_a_timeout(verify):
    with DatadogStandIn([monitor()]) as datadog:
        answering(datadog, MONITORS, 200, b"[]  ", trickle=0.5)
        assert reasons(verify(datadog)) == {"observed": "timeout"}


def test_nobody_there_is_unreachable(verify):
    with DatadogStandIn() as datadog:
        environment = datadog.environment
    datadog_gone = type("Gone", (), {"environment": environment})
    assert reasons(verify(datadog_gone)) == {"observed": "unreachable"}


def test_an_organisation_without_monitors_is_likely_another_one(verify):
    with DatadogStandIn() as datadog:
        assert reasons(verify(datadog)) == {"observed": "not-visible"}


def test_without_keys_the_message_names_them(verify):
    with DatadogStandIn([monitor()]) as datadog:
        result = verify(datadog, DD_APP_KEY="")
    assert reasons(result) == {"observed": "missing-secret"}
    assert "DD_API_KEY and DD_APP_KEY" in result.claims[0].message


ODD = [
    {"id": 7, "name": "odd", "type": "query alert", "query": "x", "options": {"thresholds": [1]}},
    {"id": "eight", "query": "x", "type": "y"},
    {"name": "no id", "query": "x", "type": "y"},
    None,
    [],
    "a text",
    {},
    {"id": 9, "type": "a type of tomorrow", "query": "tomorrow(1) > 2", "overall_state": "Amused", "new": {"x": []}},
]


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_an_odd_monitor_says_nothing_of_the_others(verify, odd):
    with DatadogStandIn([odd, monitor()]) as datadog:
        datadog.validate = None
        assert verify(datadog).verdict is Verdict.VERIFIED


def test_an_odd_monitor_may_be_the_one(verify):
    with DatadogStandIn([ODD[0], *neighbours(2)]) as datadog:
        datadog.validate = None
        assert reasons(verify(datadog)) == {"found": "unreadable-monitor"}
        assert verify(datadog, "name: another").verdict is Verdict.FAILED


def test_every_page_of_downtimes_is_read(verify):
    others = [{**downtime(), "id": f"d{number}"} for number in range(6)]
    mine = {**downtime(monitor_identifier={"monitor_id": 101}), "id": "mine"}
    with DatadogStandIn([monitor()], [*others, mine]) as datadog:
        datadog.max_page = 2
        result = verify(datadog)
    assert reasons(result) == {"not-in-downtime": "in-downtime"}
    [claim] = [claim for claim in result.claims if claim.outcome is Outcome.FAILS]
    assert claim.evidence[0].source == "https://app.datadoghq.com/monitors/downtimes?downtimeId=mine"
    assert datadog.counts[DOWNTIMES] == 4


@pytest.mark.parametrize(
    "answer",
    [
        {"data": [], "meta": {"page": {"total_filtered_count": 3}}},
        {"data": [downtime(), downtime()], "meta": {"page": {"total_filtered_count": 2}}},
        {"data": [downtime() for _ in range(100)]},
    ],
    ids=["fewer than there are", "one twice", "the same page for ever"],
)
def test_pages_of_downtimes_that_disagree_are_not_believed(verify, answer):
    with DatadogStandIn([monitor()]) as datadog:
        answering(datadog, DOWNTIMES, 200, answer)
        assert reasons(verify(datadog)) == {"not-in-downtime": "bad-response"}


def test_no_key_is_in_what_is_reported(verify):
    with DatadogStandIn([monitor()]) as datadog:
        answering(datadog, MONITORS, 403, {"errors": ["key good-api-key is bad"]})
        assert b"good-a" not in msgspec.json.encode(verify(datadog))


def test_a_request_that_nobody_expects_fails_its_test():
    import urllib3

    with pytest.raises(AssertionError, match="nobody should ask"), DatadogStandIn() as datadog:
        urllib3.request("DELETE", f"{datadog.url}/api/v1/monitor/1")


def test_the_client_is_imported_only_to_ask():
    code = "import sys; import loopcheck_checks.datadog_monitor as _; print('datadog_api_client' in sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
