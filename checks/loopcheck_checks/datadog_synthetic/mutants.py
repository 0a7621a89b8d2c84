"""Synthetic tests that look right and are wrong, and some that look odd and are right.

Each begins with a test that passes and changes one thing, in the JSON that Datadog would answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from loopcheck.testing.mutants import Mutant, Outcome, edits
from loopcheck.testing.repository import NOW
from loopcheck_checks.datadog_synthetic import DatadogSyntheticChecker
from loopcheck_checks.systems.datadog.trial import Place, alarm, changing, downtime, tried

ID = "abc-def-ghi"
ASKS = """
url: https://shop.example.org/checkout
tags: [team:shop]
type: http
every: 5m
within: 10m
locations: aws:eu-central-1
notifies: "@pagerduty-shop"
"""
CLICKS = "name: Buy a book\nevery: 15m"
STEPS = "name: Buy by the API\nevery: 10m"

_MINUTE = 60_000
_NOW = int(NOW.timestamp() * 1000)


def a_test(**more: Any) -> dict[str, Any]:
    """A test of an address, as Datadog lists it."""
    return {
        "public_id": ID,
        "name": "Checkout answers",
        "status": "live",
        "type": "api",
        "subtype": "http",
        "tags": ["team:shop", "env:prod"],
        "locations": ["aws:eu-central-1", "aws:us-east-2"],
        "message": "@pagerduty-shop",
        "created_at": "2026-01-05T08:00:00.000000+00:00",
        "modified_at": "2026-11-02T10:00:00.000000+00:00",
        "config": {
            "request": {"url": "https://shop.example.org/checkout", "method": "GET", "timeout": 30},
            "assertions": [{"operator": "is", "type": "statusCode", "target": 200}],
            "configVariables": [],
        },
        "options": {"tick_every": 300, "min_location_failed": 1, "min_failure_duration": 0},
        "monitor_id": 401,
        **more,
    }


def of_browser(**more: Any) -> dict[str, Any]:
    """A test in a browser: its steps are not in the list."""
    config = {"request": {"url": "https://shop.example.org", "method": "GET"}, "assertions": [], "variables": []}
    made = a_test(public_id="bro-wse-r01", name="Buy a book", type="browser", config=config, monitor_id=402, **more)
    made["options"]["tick_every"] = 900
    del made["subtype"]
    return made


def step(**more: Any) -> dict[str, Any]:
    """A step of a test of several."""
    return {
        "name": "Pay",
        "subtype": "http",
        "request": {"url": "https://shop.example.org/pay", "method": "POST"},
        "assertions": [{"operator": "is", "type": "statusCode", "target": 201}],
        "allowFailure": False,
        **more,
    }


def of_steps() -> dict[str, Any]:
    """A test of several steps."""
    config = {"steps": [step(), {"name": "Wait", "subtype": "wait", "value": 5}], "configVariables": []}
    return a_test(public_id="mul-ti0-001", name="Buy by the API", subtype="multi", config=config, monitor_id=403)


def monitor(number: int) -> dict[str, Any]:
    """The monitor of a test."""
    return alarm(id=number, name="[Synthetics] A test", type="synthetics alert", query="no_query")


def passing() -> Place:
    """The tests that were promised, with their monitors."""
    return {
        "tests": [a_test(), of_browser(), of_steps()],
        "runs": {},
        "monitors": [monitor(401), monitor(402), monitor(403)],
        "downtimes": [],
        "rules": [],
    }


Edit = Callable[[Place], Place]


def _set(at: int = 0, **fields: Any) -> Edit:
    return changing(lambda place: place["tests"][at].update(fields))


def _opt(at: int = 0, **options: Any) -> Edit:
    return changing(lambda place: place["tests"][at]["options"].update(options))


def _conf(at: int = 0, **config: Any) -> Edit:
    return changing(lambda place: place["tests"][at]["config"].update(config))


def _url(url: str) -> Edit:
    return _conf(request={"url": url, "method": "GET"})


def _mon(**fields: Any) -> Edit:
    return changing(lambda place: place["monitors"][0].update(fields))


def _ran(*minutes_ago: int, number: str = ID) -> Edit:
    times = [_NOW - minutes * _MINUTE for minutes in minutes_ago]
    return changing(lambda place: place["runs"].update({number: times}))


def _drop(at: int, key: str) -> Edit:
    return changing(lambda place: place["tests"][at].pop(key))


def _hours(begin: str, end: str, days: int = 7) -> Edit:
    frames = [{"day": day, "from": begin, "to": end} for day in range(1, days + 1)]
    return _opt(scheduling={"timeframes": frames, "timezone": "Europe/Berlin"})


def _made_new(place: Place) -> None:
    place["tests"][0]["created_at"] = "2026-11-20T11:00:00+00:00"
    place["runs"][ID] = []


def _edited(place: Place) -> None:
    place["tests"][0]["modified_at"] = "2026-11-20T11:00:00+00:00"
    place["runs"][ID] = [_NOW - 180 * _MINUTE]


_TWIN: Edit = changing(lambda place: place["tests"].append(a_test(public_id="zzz-zzz-zzz")))

_WRONG: tuple[tuple[str, Edit], ...] = (
    ("deleted", changing(lambda place: place["tests"].pop(0))),
    ("all of them deleted", changing(lambda place: place["tests"].clear())),
    ("of another address", _url("https://shop.example.org/cart")),
    ("of a longer address", _url("https://shop.example.org/checkout/health")),
    ("of an address in another case", _url("https://shop.example.org/Checkout")),
    ("of another host", _url("https://staging.example.org/checkout")),
    ("without encryption", _url("http://shop.example.org/checkout")),
    ("of an address of variables", _url("https://{{ HOST }}/checkout")),
    ("another team's", _set(tags=["team:search"])),
    ("of another type", _set(subtype="ssl")),
    ("of a new type", _set(type="telepathy", subtype="http")),
    ("a second one just like it", _TWIN),
    ("too seldom", _opt(tick_every=301)),
    ("once a week", _opt(tick_every=604800)),
    ("without a frequency", changing(lambda place: place["tests"][0]["options"].pop("tick_every"))),
    ("without options", _set(options={})),
    ("a frequency that is a text", _opt(tick_every="often")),
    ("in office hours only", _hours("08:00", "18:00")),
    ("on working days only", _hours("00:00", "24:00", days=5)),
    ("at hours of a new form", _hours("dawn", "dusk")),
    ("from nowhere", _set(locations=[])),
    ("without a word of where from", _drop(0, "locations")),
    ("from elsewhere", _set(locations=["aws:us-east-2"])),
    ("without assertions", _conf(assertions=[])),
    ("without a word of assertions", changing(lambda place: place["tests"][0]["config"].pop("assertions"))),
    ("more locations must fail than there are", _opt(min_location_failed=3)),
    ("it must fail for an hour", _opt(min_failure_duration=3600)),
    ("paused", _set(status="paused")),
    ("of a new status", _set(status="tired")),
    ("without a status", _drop(0, "status")),
    ("never run", _ran()),
    ("not run since yesterday", _ran(60 * 24)),
    ("not run for two hours", _ran(120)),
    ("edited an hour ago, and not run since", changing(_edited)),
    ("new, and never run", changing(_made_new)),
    ("without a monitor", _drop(0, "monitor_id")),
    ("its monitor is gone", _mon(id=499)),
    ("its monitor is muted", _mon(options={"silenced": {"*": None}})),
    ("its monitor is a draft", _mon(draft_status="draft")),
    ("its monitor is in downtime", changing(lambda place: place["downtimes"].append(downtime(401)))),
    ("its monitor is muted in part", _mon(options={"silenced": {"probe_dc:aws:eu-central-1": None}})),
    ("its monitor tells nobody", _mon(message="Checkout is down.")),
    ("its monitor tells others", _mon(message="@slack-shop")),
    ("its monitor tells on recovery", _mon(message="{{#is_recovery}}@pagerduty-shop{{/is_recovery}}")),
    ("its monitor tells in code", _mon(message="`@pagerduty-shop`")),
)


_WRONG_BROWSER: tuple[tuple[str, Edit], ...] = (
    ("a browser's, paused", _set(1, status="paused")),
    ("a browser's, not run", _ran(60 * 24, number="bro-wse-r01")),
    ("a browser's, too seldom", _opt(1, tick_every=1800)),
    ("a browser's, of another name", _set(1, name="Buy books")),
)

_WRONG_STEPS: tuple[tuple[str, Edit], ...] = (
    ("steps without assertions", _conf(2, steps=[step(assertions=[])])),
    ("steps that may fail", _conf(2, steps=[step(allowFailure=True)])),
    ("steps that only wait", _conf(2, steps=[{"name": "Wait", "subtype": "wait", "value": 5}])),
    ("steps that are other tests", _conf(2, steps=[{"name": "Sub", "subtype": "playSubTest", "subtestPublicId": "x"}])),
    ("steps that are not told", changing(lambda place: place["tests"][2]["config"].pop("steps"))),
)

_FINE: tuple[tuple[str, Edit], ...] = (
    ("more often", _opt(tick_every=60)),
    ("a little more often", _opt(tick_every=299.5)),
    ("more locations", _set(locations=["pl:office", "AWS:eu-central-1"])),
    ("two locations must fail", _opt(min_location_failed=2)),
    ("it must fail for ten minutes", _opt(min_failure_duration=600)),
    ("an address with a slash", _url("https://shop.example.org/checkout/")),
    ("an address in capitals", _url("HTTPS://Shop.Example.org/checkout")),
    ("whole days", _hours("00:00", "23:59")),
    (
        "whole days in halves",
        _opt(
            scheduling={
                "timezone": "UTC",
                "timeframes": [
                    {"day": day, "from": begin, "to": end}
                    for day in range(1, 8)
                    for begin, end in (("12:00", "24:00"), ("00:00", "12:00"))
                ],
            }
        ),
    ),
    ("last run half an hour ago", _ran(30)),
    ("run often", _ran(*range(5, 1000, 5))),
    ("tags in capitals", _set(tags=["Team:Shop"])),
    ("alerting now", _mon(overall_state="Alert")),
    ("fields of a later Datadog", _set(moons=["full"], options={"tick_every": 60, "device_ids": ["new"]})),
    ("muted in the past", _mon(options={"silenced": {"*": 1.0}})),
    ("another monitor's downtime", changing(lambda place: place["downtimes"].append(downtime(402)))),
    ("an odd neighbour", changing(lambda place: place["tests"].append({"public_id": 7, "name": "odd"}))),
    (
        "a paused twin elsewhere",
        changing(lambda place: place["tests"].append(a_test(public_id="zzz-zzz-zzz", locations=["pl:x"]))),
    ),
)

_FINE_STEPS: tuple[tuple[str, Edit], ...] = (
    ("one step that may fail", _conf(2, steps=[step(), step(allowFailure=True)])),
)


def mutants() -> Iterator[tuple[str, Mutant[Place]]]:
    """Each declaration with a place in which its test is wrong in one way."""
    yield from ((ASKS, mutant) for mutant in edits(passing(), *_WRONG))
    yield from ((CLICKS, mutant) for mutant in edits(passing(), *_WRONG_BROWSER))
    yield from ((STEPS, mutant) for mutant in edits(passing(), *_WRONG_STEPS))


def harmless() -> Iterator[tuple[str, Mutant[Place]]]:
    """Each declaration with a place as it is, or one that looks different and is right."""
    yield from ((declared, Mutant("as it is", passing())) for declared in (ASKS, CLICKS, STEPS))
    yield from ((ASKS, mutant) for mutant in edits(passing(), *_FINE))
    yield from ((STEPS, mutant) for mutant in edits(passing(), *_FINE_STEPS))


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant."""
    return tried(DatadogSyntheticChecker(), mutants())


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of each harmless variation."""
    return tried(DatadogSyntheticChecker(), harmless())
