"""Datadog's synthetic tests: what they ask, from where and how often, and when they last did."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from loopcheck.checker import CannotTell, World
from loopcheck.reasons import BAD_RESPONSE
from loopcheck_checks.systems.datadog.client import SITES, SYSTEM
from loopcheck_checks.systems.datadog.live import client_of
from loopcheck_checks.systems.datadog.pages import Listing, Page, read_all

_PAGE = 100
_SCOPE = "synthetics_read"
_API = "v1.api.synthetics_api.SyntheticsApi"
_PUBLIC_ID = re.compile(r"[a-z0-9]{1,8}(?:-[a-z0-9]{1,8}){1,4}")


class Timeframe(msgspec.Struct, frozen=True):
    """Hours of a day of the week in which a test runs."""

    day: int
    begin: str = msgspec.field(name="from")
    """`07:00`."""
    end: str = msgspec.field(name="to")


class Scheduling(msgspec.Struct, frozen=True):
    """When a test runs, where that is not always."""

    timeframes: list[Timeframe] | None = None


class Options(msgspec.Struct, frozen=True, omit_defaults=True):
    """The options of a test."""

    tick_every: float | None = None
    """Seconds from one run to the next."""
    min_location_failed: int | None = None
    """As many locations as must see a failure before anybody is told."""
    min_failure_duration: float | None = None
    """As many seconds as it must fail before anybody is told."""
    scheduling: Scheduling | None = None


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a test asks."""

    url: str | None = None
    host: str | None = None


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a test of several."""

    subtype: str | None = None
    request: Request | None = None
    assertions: list[Any] | None = None
    allow_failure: bool | None = msgspec.field(default=None, name="allowFailure")


class Config(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a test does."""

    request: Request | None = None
    assertions: list[Any] | None = None
    steps: list[Step] | None = None


class Synthetic(msgspec.Struct, frozen=True, omit_defaults=True):
    """A test, as it is listed."""

    public_id: str
    name: str
    type: str
    subtype: str | None = None
    status: str | None = None
    tags: list[str] | None = None
    locations: list[str] | None = None
    config: Config | None = None
    options: Options | None = None
    monitor_id: int | None = None
    created_at: str | None = None
    modified_at: str | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """The addresses and hosts that it asks."""
        config = self.config or Config()
        requests = [config.request, *(step.request for step in config.steps or ())]
        return tuple(text for one in requests if one for text in (one.url, one.host) if text)


class Result(msgspec.Struct, frozen=True):
    """One run of a test."""

    check_time: float
    """Milliseconds since 1970."""
    status: int | None = None
    probe_dc: str | None = None


def list_tests(world: World) -> Listing[Synthetic]:
    """Every test that the keys can see.

    Raises:
        CannotTell: they cannot be seen, or there is none.
    """
    return world.once(
        (SYSTEM, "synthetic-tests"),
        lambda: read_all(
            client_of(world),
            "the list of synthetic tests",
            _SCOPE,
            _API,
            lambda api, _, number: api.list_tests(page_size=_PAGE, page_number=number),
            _test_page,
            Synthetic,
            lambda one: one.public_id,
            by_number=True,
        ),
    )


def can_tell_runs(test: Synthetic) -> bool:
    """Whether the runs of a test of this type can be asked for."""
    return test.type in ("api", "browser") and _PUBLIC_ID.fullmatch(test.public_id) is not None


def last_run(world: World, test: Synthetic, since: timedelta) -> datetime | None:
    """When a test last ran; `None` where it has not within `since`.

    Raises:
        CannotTell: that cannot be seen.
    """
    return world.once((SYSTEM, "synthetic-runs", test.public_id, since), lambda: _last_run(world, test, since))


def _last_run(world: World, test: Synthetic, since: timedelta) -> datetime | None:
    what = f"the runs of the synthetic test {test.public_id}"
    begin = int((world.now - since).timestamp() * 1000)

    def ask(api: Any) -> Any:
        get = api.get_browser_test_latest_results if test.type == "browser" else api.get_api_test_latest_results
        return get(test.public_id, from_ts=begin)

    try:
        read = msgspec.json.decode(client_of(world).get(what, _SCOPE, _API, ask), type=_Results)
        times = [one.check_time for one in read.results]
        return datetime.fromtimestamp(max(times) / 1000, UTC) if times else None
    except (msgspec.DecodeError, RecursionError, ValueError, OverflowError, OSError):
        raise CannotTell(BAD_RESPONSE, f"{what} that Datadog sent cannot be read") from None


def page_of(site: str, test: str | None) -> str:
    """Where people see a test, or all of them."""
    return f"https://{SITES[site]}/synthetics/" + (f"details/{test}" if test else "tests")


class _TestPage(msgspec.Struct):
    tests: list[msgspec.Raw]


class _Results(msgspec.Struct):
    results: list[Result]


def _test_page(body: bytes) -> Page:
    return Page(msgspec.json.decode(body, type=_TestPage).tests)
