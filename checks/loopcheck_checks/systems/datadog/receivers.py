"""Whether a handle leads to a receiver that is there: a channel of a Slack account, a service of PagerDuty.

Datadog lists the channels of an account whole, so a channel that is not in the list is not there. It has no list of
accounts, nor of PagerDuty's services: what it answers with 404 may be missing, or be written otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec

from loopcheck.checker import CannotTell, Reason, Unseen, World
from loopcheck.reasons import BAD_RESPONSE, NOT_VISIBLE
from loopcheck_checks.systems.datadog.client import SYSTEM
from loopcheck_checks.systems.datadog.live import client_of, list_monitors

SCOPE = "integrations_read"

OTHER_RECEIVER = Reason(
    "other-receiver",
    "It is neither a channel of Slack's nor a service of PagerDuty's by name, and loopcheck can ask of no other.",
    "Check that receiver by hand, or name a `@slack-ACCOUNT-CHANNEL` or `@pagerduty-SERVICE` in `notifies`.",
)

_Wanted = TypeVar("_Wanted")
_SLACK = re.compile(r"@slack-([\w.-]{1,160})", re.IGNORECASE)
_PAGERDUTY = re.compile(r"@pagerduty-([\w.-]{1,160})", re.IGNORECASE)
_MOST_ACCOUNTS = 4
"""A handle does not say where the account ends and the channel begins; so many ways to read it are tried."""


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """What a handle leads to."""

    handle: str
    there: bool | Unseen
    seen: str
    source: str


class _Channel(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=1)]


class _Service(msgspec.Struct):
    service_name: str


class _NoAccountError(CannotTell):
    """Datadog knows no Slack account of that name."""


def look_for_receiver(handle: str, world: World) -> Receiver:
    """What a handle leads to, of an organisation whose monitors the keys see. Upper and lower case may matter.

    Raises:
        CannotTell: Datadog cannot be asked, does not say, or the handle is of another kind.
    """
    slack, pagerduty = _SLACK.fullmatch(handle), _PAGERDUTY.fullmatch(handle)
    if slack is None and pagerduty is None:
        raise CannotTell(OTHER_RECEIVER, f"{handle[:100]} is no channel of Slack's and no service of PagerDuty's")
    list_monitors(world)  # keys that see none of them may be another organisation's
    where = f"https://{client_of(world).app}/integrations/"
    if slack is not None:
        there, seen = _slack(slack[1], world)
        return Receiver(handle=handle, there=there, seen=seen, source=where + "slack")
    service = pagerduty[1] if pagerduty is not None else ""
    found = world.once((SYSTEM, "pagerduty", service), lambda: _service(service, world))
    return Receiver(handle=handle, there=True, seen=f"the PagerDuty service {found[:80]}", source=where + "pagerduty")


def _slack(name: str, world: World) -> tuple[bool, str]:
    """Whether a channel is there, and what was seen of it."""
    words = name.split("-")
    ways = [("-".join(words[:cut]), "-".join(words[cut:])) for cut in range(1, len(words))]
    ways = [way for way in ways if all(part.strip(".") for part in way)]
    if not ways or len(ways) > _MOST_ACCOUNTS:
        raise CannotTell(
            OTHER_RECEIVER, f"`{name[:100]}` does not say where the account's name ends and the channel's begins"
        )
    missing: list[str] = []
    trouble: CannotTell | None = None
    for account, channel in ways:
        try:
            known = _channels(account, world)
        except _NoAccountError:
            continue
        except CannotTell as met:
            trouble = trouble or met
            continue
        if _plain(channel) in known:
            return True, f"the channel #{channel[:80]} of the Slack account {account[:80]}"
        if any(_loosely(channel) == _loosely(one) for one in known):
            raise CannotTell(NOT_VISIBLE, f"the account {account[:80]} has a channel almost called `{channel[:80]}`")
        missing.append(f"none of the {len(known)} channels of the Slack account {account[:80]} is `{channel[:80]}`")
    if trouble is not None:
        raise trouble
    if missing:
        return False, "; ".join(missing)
    accounts = ", ".join(f"`{account[:60]}`" for account, _ in ways)
    raise CannotTell(NOT_VISIBLE, f"Datadog knows no Slack account {accounts}, or writes it otherwise")


def _channels(account: str, world: World) -> frozenset[str]:
    """The names of all channels of an account, plain.

    Raises:
        CannotTell: they cannot be seen, or there is none.
    """
    return world.once((SYSTEM, "slack", account), lambda: _listed(account, world))


def _listed(account: str, world: World) -> frozenset[str]:
    found = _read(
        world,
        f"the channels of the Slack account {account[:80]}",
        "v1.api.slack_integration_api.SlackIntegrationApi",
        lambda api: api.get_slack_integration_channels(account),
        _NoAccountError(NOT_VISIBLE, f"Datadog knows no Slack account `{account[:80]}`"),
        list[_Channel],
    )
    if not found:
        raise CannotTell(NOT_VISIBLE, f"these keys see no channel at all of the Slack account {account[:80]}")
    return frozenset(_plain(one.name) for one in found)


def _service(service: str, world: World) -> str:
    """The name of a service, as Datadog has it.

    Raises:
        CannotTell: it cannot be seen.
    """
    what = f"the PagerDuty service {service[:80]}"
    found = _read(
        world,
        what,
        "v1.api.pager_duty_integration_api.PagerDutyIntegrationApi",
        lambda api: api.get_pager_duty_integration_service(service),
        CannotTell(NOT_VISIBLE, f"Datadog knows no PagerDuty service `{service[:80]}`, or writes it otherwise"),
        _Service,
    ).service_name
    if found.casefold() != service.casefold():
        raise CannotTell(BAD_RESPONSE, f"Datadog was asked for {what} and sent `{found[:80]}`")
    return found


def _read(
    world: World, what: str, part: str, call: Callable[[Any], Any], missing: CannotTell, wanted: type[_Wanted]
) -> _Wanted:
    """An answer of one of the integrations."""
    body = client_of(world).get(what, SCOPE, part, call, missing=missing)
    try:
        return msgspec.json.decode(body, type=wanted)
    except (msgspec.DecodeError, RecursionError):
        raise CannotTell(BAD_RESPONSE, f"{what} that Datadog sent cannot be read") from None


def _plain(channel: str) -> str:
    return channel.strip().removeprefix("#").casefold()


def _loosely(channel: str) -> str:
    return "".join(letter for letter in channel.casefold() if letter.isalnum())
