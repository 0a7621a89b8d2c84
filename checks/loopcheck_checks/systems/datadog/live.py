"""What Datadog itself says: all monitors, downtimes and notification rules, each listed once a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec

from loopcheck.checker import CannotTell, World
from loopcheck.reasons import BAD_RESPONSE, NOT_VISIBLE, REFUSED
from loopcheck_checks.systems.datadog.client import API_KEY, SITE, SYSTEM, Client
from loopcheck_checks.systems.datadog.records import (
    Downtime,
    Monitor,
    Resource,
    Rule,
    Unreadable,
    decode_monitors,
    decode_resources,
    rule_of,
)
from loopcheck_checks.systems.datadog.schedule import downtime_of

PAGE = 1000
"""Monitors on a page: the most that Datadog gives."""
_PAGES = 100
_DOWNTIME_PAGE = 100
_RULE_PAGE = 1000


def client_of(world: World) -> Client:
    """The run's client.

    Raises:
        CannotTell: Datadog cannot be asked; see `Client`.
    """
    return world.once((SYSTEM, "client"), lambda: Client(world))


def _confirmed_client(world: World) -> Client:
    """The run's client, after both keys have shown that they see this organisation's monitors.

    Raises:
        CannotTell: they have not.
    """
    list_monitors(world)
    return client_of(world)


def list_monitors(world: World) -> tuple[list[Monitor], list[Unreadable]]:
    """Every monitor that the keys can see. Deleted ones are left out.

    Raises:
        CannotTell: the list is not whole, or is empty: an organisation without any monitor is most often
            another organisation.
    """
    return world.once((SYSTEM, "monitors"), lambda: _seen_monitors(client_of(world)))


def list_downtimes(world: World) -> tuple[Downtime, ...]:
    """Every downtime that may be in force now.

    Raises:
        CannotTell: they cannot be seen, or not all of them.
    """
    return world.once((SYSTEM, "downtimes"), lambda: _downtimes(_confirmed_client(world), world))


def list_rules(world: World) -> tuple[Rule, ...]:
    """Every notification rule.

    Raises:
        CannotTell: they cannot be seen, or not all of them.
    """
    return world.once((SYSTEM, "notification-rules"), lambda: _rules(_confirmed_client(world)))


class _Validity(msgspec.Struct):
    """Datadog's answer to whether a key is one."""

    valid: bool


def _seen_monitors(client: Client) -> tuple[list[Monitor], list[Unreadable]]:
    """The monitors. To be shown any takes two good keys of this very site, so nothing else need be asked for that.

    A key of another site is refused everywhere, and one of another organisation may see nothing: then Datadog is asked
    whether the API key is one at all, to say what is wrong.
    """
    try:
        return _monitors(client)
    except CannotTell as trouble:
        if trouble.reason in (REFUSED, NOT_VISIBLE):
            _check_key(client)
        raise


def _check_key(client: Client) -> None:
    """Ask what only a good API key of this very site can ask.

    Raises:
        CannotTell: it is none.
    """
    body = client.get(
        "the check of the API key", "none", "v1.api.authentication_api.AuthenticationApi", lambda api: api.validate()
    )
    try:
        answer = msgspec.json.decode(body, type=_Validity)
    except (msgspec.DecodeError, RecursionError):
        raise CannotTell(BAD_RESPONSE, "Datadog's check of the API key cannot be read") from None
    if not answer.valid:
        raise CannotTell(REFUSED, f"{API_KEY} is not a valid key of {client.site} (set {SITE} if it is another site's)")


def _monitors(client: Client) -> tuple[list[Monitor], list[Unreadable]]:
    # The pages are counted, not chained: what is deleted or added meanwhile shifts the rest. A monitor that is
    # seen twice shows that, and the list is read once more.
    for _ in range(2):
        monitors: list[Monitor] = []
        unreadable: list[Unreadable] = []
        for page, odd in _monitor_pages(client):
            monitors += page
            unreadable += odd
        numbers = [known.id for known in monitors] + [known.id for known in unreadable if known.id is not None]
        if len(set(numbers)) == len(numbers):
            break
    else:
        raise CannotTell(BAD_RESPONSE, "the pages of Datadog's list of monitors do not agree with each other")
    if not monitors and not unreadable:
        raise CannotTell(
            NOT_VISIBLE, f"these keys see no monitor at all at {client.site}: they may be another organisation's"
        )
    return [monitor for monitor in monitors if not monitor.deleted], unreadable


def _monitor_pages(client: Client) -> Iterator[tuple[list[Monitor], list[Unreadable]]]:
    what = "the list of monitors"
    for number in range(_PAGES):
        body = client.get(
            what,
            "monitors_read",
            "v1.api.monitors_api.MonitorsApi",
            partial(_monitor_page, number),
        )
        try:
            monitors, unreadable = decode_monitors(body)
        except (msgspec.DecodeError, RecursionError):
            raise CannotTell(BAD_RESPONSE, f"{what} that Datadog sent cannot be read (page {number})") from None
        yield monitors, unreadable
        found = len(monitors) + len(unreadable)
        if found > PAGE:
            raise CannotTell(BAD_RESPONSE, f"Datadog sent a page of {found} monitors, and was asked for {PAGE}")
        if found < PAGE:
            return
    raise CannotTell(BAD_RESPONSE, f"{what} does not end after {_PAGES} pages")


def _monitor_page(number: int, api: Any) -> Any:
    return api.list_monitors(page=number, page_size=PAGE)


def _downtimes(client: Client, world: World) -> tuple[Downtime, ...]:
    resources = _resources(
        client,
        "the list of downtimes",
        "monitors_downtime",
        "v2.api.downtimes_api.DowntimesApi",
        lambda api, offset: api.list_downtimes(current_only=True, page_offset=offset, page_limit=_DOWNTIME_PAGE),
        _DOWNTIME_PAGE,
    )
    found = (downtime_of(resource, world.now) for resource in resources)
    page = f"https://{client.app}/monitors/downtimes?downtimeId="
    return tuple(msgspec.structs.replace(known, source=page + known.id) for known in found if known is not None)


def _rules(client: Client) -> tuple[Rule, ...]:
    resources = _resources(
        client,
        "the list of notification rules",
        "monitors_read",
        "v2.api.monitors_api.MonitorsApi",
        lambda api, offset: api.get_monitor_notification_rules(page=offset // _RULE_PAGE, per_page=_RULE_PAGE),
        _RULE_PAGE,
    )
    return tuple(rule_of(resource) for resource in resources)


def _resources(client: Client, what: str, scope: str, part: str, ask: Callable[..., Any], size: int) -> list[Resource]:
    """All entries of a v2 list.

    A server may give fewer than were asked for; where it says how many there are, that is believed, and where it
    does not, a page that is not full is the last.
    """
    found: list[Resource] = []
    for _ in range(_PAGES):
        body = client.get(what, scope, part, partial(ask, offset=len(found)))
        try:
            page = decode_resources(body)
        except (msgspec.DecodeError, RecursionError):
            raise CannotTell(BAD_RESPONSE, f"{what} that Datadog sent cannot be read") from None
        found += page.data
        more = len(found) < page.total if page.total is not None else len(page.data) >= size
        if not more or not page.data:
            break
    else:
        raise CannotTell(BAD_RESPONSE, f"{what} does not end after {_PAGES} pages")
    if page.total is not None and len(found) < page.total:
        raise CannotTell(BAD_RESPONSE, f"{what} ended after {len(found)} of {page.total}")
    if len({resource.id for resource in found}) != len(found):
        raise CannotTell(BAD_RESPONSE, f"the pages of {what} do not agree with each other")
    return found
