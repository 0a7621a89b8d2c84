"""What the stand-in for Datadog allows and refuses."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import urllib3
from standins.datadog import CHANNELS, DOWNTIMES, MONITORS, RULES, SERVICE, VALIDATE, DatadogStandIn, openapi
from standins.datadog.server import Limit
from standins.openapi import Description, form

from loopcheck_checks.datadog_monitor.mutants import downtime, monitor, rule

NOW = datetime(2026, 11, 20, 9, 30, 15, tzinfo=UTC)
KEYS = {"DD-API-KEY": "good-api-key", "DD-APPLICATION-KEY": "good-app-key"}


@pytest.fixture
def datadog():
    with DatadogStandIn([monitor()], [downtime()], [rule()], now=NOW) as stand_in:
        stand_in.validate = None  # what it refuses is looked at here, not whether Datadog says so too
        yield stand_in


def ask(datadog, path, *, headers=KEYS, **fields):
    answer = urllib3.request("GET", f"{datadog.url}{path}", fields=fields, headers=headers, retries=False)
    return answer.status, answer.headers, json.loads(answer.data)


@pytest.mark.parametrize(
    ("path", "keys", "scopes", "status"),
    [
        (VALIDATE, {"DD-API-KEY": "good-api-key"}, set(), 200),
        (VALIDATE, {}, set(), 403),
        (VALIDATE, {"DD-API-KEY": "of-another-site"}, set(), 403),
        (MONITORS, {"DD-API-KEY": "good-api-key"}, {"monitors_read"}, 403),
        (MONITORS, {**KEYS, "DD-APPLICATION-KEY": "gone"}, {"monitors_read"}, 403),
        (MONITORS, KEYS, {"monitors_read"}, 200),
        (MONITORS, KEYS, {"monitors_downtime"}, 403),
        (DOWNTIMES, KEYS, {"monitors_read"}, 403),
        (DOWNTIMES, KEYS, {"monitors_downtime"}, 200),
        (RULES, KEYS, {"monitors_downtime"}, 403),
        (RULES, KEYS, None, 200),
    ],
)
def test_what_keys_may(datadog, path, keys, scopes, status):
    datadog.app_keys["good-app-key"] = scopes
    assert ask(datadog, path, headers=keys)[0] == status


def test_an_integration_is_asked_for_by_a_name_that_has_capitals(datadog):
    datadog.slack, datadog.pagerduty = {"Shop": ["#database"]}, ["Database"]
    answers = {
        name: ask(datadog, path.format(account_name=name, service_name=name))[::2]
        for path, names in ((CHANNELS, ("Shop", "shop")), (SERVICE, ("Database", "database")))
        for name in names
    }
    assert [answers[name][0] for name in ("shop", "database")] == [404, 404]
    assert [one["name"] for one in answers["Shop"][1]] == ["#database"]
    assert answers["Database"] == (200, {"service_name": "Database"})
    datadog.app_keys["good-app-key"].remove("integrations_read")
    assert ask(datadog, CHANNELS.format(account_name="Shop"))[0] == 403


def test_pages(datadog):
    datadog.monitors = [monitor(id=number) for number in range(5)]
    pages = [ask(datadog, MONITORS, page=page, page_size=2)[2] for page in range(4)]
    assert [[one["id"] for one in page] for page in pages] == [[0, 1], [2, 3], [4], []]
    assert len(ask(datadog, MONITORS)[2]) == 5
    assert ask(datadog, MONITORS, page=0, page_size=1001)[0] == 400


def test_downtimes_that_are_over_are_not_current(datadog):
    datadog.downtimes += [{**downtime(status=status), "id": status} for status in ("ended", "canceled", "scheduled")]
    answer = ask(datadog, DOWNTIMES, current_only="true")[2]
    assert [one["id"] for one in answer["data"]] == ["a1b2", "scheduled"]
    assert answer["meta"] == {"page": {"total_filtered_count": 2}}


def test_requests_are_counted_until_the_period_is_over(datadog):
    datadog.limits["monitor_list"] = Limit(2, 60)
    answers = [ask(datadog, MONITORS) for _ in range(3)]
    assert [status for status, *_ in answers] == [200, 200, 429]
    assert [headers["X-RateLimit-Remaining"] for _, headers, _ in answers] == ["1", "0", "0"]
    assert {headers["X-RateLimit-Reset"] for _, headers, _ in answers} == {"45"}  # seconds to go
    assert ask(datadog, RULES)[0] == 200  # by another limit
    datadog.now += timedelta(seconds=45)
    assert ask(datadog, MONITORS)[0] == 200


def test_an_edit_shows_when_it_was_made(datadog):
    datadog.now += timedelta(hours=1)
    datadog.edit(101, options={"silenced": {"*": None}})
    (shown,) = ask(datadog, MONITORS)[2]
    assert shown["modified"] == "2026-11-20T10:30:15+00:00"
    assert (shown["options"]["silenced"], shown["options"]["notify_no_data"]) == ({"*": None}, True)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/hosts"),
        ("GET", f"{MONITORS}/101"),
        ("DELETE", MONITORS),
        ("POST", MONITORS),
        ("GET", f"{MONITORS}?group_states=all"),
    ],
)
def test_what_nobody_expects_fails_the_test(method, path):
    with pytest.raises(AssertionError, match="nobody should ask for"), DatadogStandIn() as datadog:
        assert urllib3.request(method, datadog.url + path, headers=KEYS, retries=False).status == 501


published = pytest.mark.skipif(openapi.validator() is None, reason="names Datadog's published descriptions")


@published
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda standin: standin.monitors[0].update(overall_state="Amused"), "'Amused' is not one of"),
        (lambda standin: standin.monitors[0].update(id="101"), "'101' is not of type 'integer'"),
        (lambda standin: standin.rules[0]["attributes"].update(recipients="all"), "recipients"),
        (lambda standin: standin.downtimes[0]["attributes"].update(status="asleep"), "status"),
    ],
)
def test_what_datadog_would_not_answer_fails_the_test(spoil, says):
    datadog = DatadogStandIn([monitor()], [downtime()], [rule()])
    spoil(datadog)
    with datadog:
        for path in (MONITORS, DOWNTIMES, RULES):
            ask(datadog, path)
        (trouble,) = datadog.errors
        datadog.errors.clear()
    assert says in trouble


@published
def test_a_request_that_datadog_does_not_describe_fails_the_test():
    with pytest.raises(AssertionError, match="request does not fit"), DatadogStandIn([monitor()]) as datadog:
        ask(datadog, DOWNTIMES, current_only="perhaps")


ANIMALS = {
    "openapi": "3.0.0",
    "info": {"title": "animals", "version": "1"},
    "paths": {
        "/animals": {
            "get": {
                "responses": {
                    "200": {
                        "description": "all",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "properties": {
                                            "kind": {"type": "string", "enum": ["cat", "dog"]},
                                            "born": {"type": "string", "format": "date"},
                                        },
                                    },
                                }
                            }
                        },
                    }
                }
            }
        }
    },
}


@pytest.mark.parametrize(
    "odd", [{"kind": "cow"}, {"kind": 7}, {"kind": "cat", "born": "2026-1"}, {"born": "now"}, "cat", None]
)
def test_the_odd_one_of_many_is_found(odd):
    animals = Description(json.loads(json.dumps(ANIMALS)))
    many = [{"kind": "cat", "born": f"2026-01-{day:02}"} for day in range(1, 29)]
    assert animals.answer("GET", "/animals", 200, many) is None
    assert animals.answer("GET", "/animals", 200, [*many, odd, *many]) is not None


def test_form_is_what_rules_can_tell_apart():
    assert form([{"a": 1, "at": "2026-01-05T08:00:00Z"}]) == form([{"a": 2, "at": "1999-12-31T23:59:59Z"}])
    for one, other in [(1, 1.5), (1, True), ("OK", "Alert"), ("a1", "1a"), ({}, []), (None, ""), ({"a": 1}, {"b": 1})]:
        assert form(one) != form(other)
