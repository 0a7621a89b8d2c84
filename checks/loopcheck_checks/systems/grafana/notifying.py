"""Whom Grafana tells: its notification policies and contact points, as Alertmanager's routes and receivers. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from loopcheck_checks.systems.grafana.timings import Interval
from loopcheck_checks.systems.prometheus.expression import Matcher
from loopcheck_checks.systems.prometheus.routes import Receiver, Route, read_matchers

_SIGNS = frozenset(("=", "!=", "=~", "!~"))
_MAX_DEPTH = 60
_NOWHERE = re.compile(r"(?i)(?:.+\.)?(?:example(?:\.(?:com|net|org))?|invalid|test)")
"""Names that are reserved, so that nobody is there."""
_SEPARATORS = re.compile(r"[;,\s]+")
_PLACEHOLDER = "example@email.com"
"""What Grafana's first contact point is made with: nobody reads it."""
_SETTINGS_WITH_ADDRESS = frozenset(("webhook", "prometheus-alertmanager", "teams", "discord", "googlechat"))


class Policy(msgspec.Struct, frozen=True):
    """A notification policy, with those below it."""

    receiver: str | None = None
    object_matchers: list[list[str]] | None = None
    matchers: list[str] | None = None
    match: dict[str, str] | None = None
    match_re: dict[str, str] | None = None
    mutes: list[str] | None = msgspec.field(default=None, name="mute_time_intervals")
    actives: list[str] | None = msgspec.field(default=None, name="active_time_intervals")
    goes_on: bool = msgspec.field(default=False, name="continue")
    routes: list[Policy] | None = None


class ContactPoint(msgspec.Struct, frozen=True):
    """An integration; all of one name are one contact point."""

    name: str
    type: str
    settings: dict[str, Any] | None = None


class MuteTiming(msgspec.Struct, frozen=True):
    """A timing, by its name."""

    name: str
    intervals: list[Interval] | None = msgspec.field(default=None, name="time_intervals")


def muted(timings: Mapping[str, bool | None], mutes: Sequence[str], actives: Sequence[str]) -> bool | None:
    """Whether who names these timings is muted at all times; `None` where that is so at some, or cannot be told.

    Args:
        timings: for each timing by its name whether it is in force at all times; `None` where it is at some.
        mutes: while one of these is in force, nobody is told.
        actives: only while one of these is in force, somebody is told.
    """
    muting = [timings.get(name) for name in mutes]
    active = [timings.get(name) for name in actives]
    if True in muting or (active and all(one is False for one in active)):
        return True
    if None in muting or (active and True not in active):
        return None
    return False


def tree_of(policy: Policy, timings: Mapping[str, bool | None]) -> Route:
    """The routes that a tree of policies is.

    Raises:
        ValueError: Grafana would refuse it.
    """
    root = _route(policy, "", timings, 0)
    if root.matchers or not root.receiver:
        raise ValueError("the default policy has matchers, or no contact point")
    return root


def _route(policy: Policy, inherited: str, timings: Mapping[str, bool | None], depth: int) -> Route:
    if depth > _MAX_DEPTH:
        raise ValueError("the policies are nested deeper than loopcheck reads")
    receiver = policy.receiver or inherited
    silent = muted(timings, policy.mutes or (), policy.actives or ())
    return Route(
        receiver,
        _matchers(policy),
        policy.goes_on,
        tuple(_route(child, receiver, timings, depth + 1) for child in policy.routes or ()),
        timed=silent is None,
        muted=silent is True,
    )


def _matchers(policy: Policy) -> tuple[Matcher, ...]:
    out = [Matcher(name, "=", value) for name, value in (policy.match or {}).items()]
    out += [Matcher(name, "=~", value) for name, value in (policy.match_re or {}).items()]
    out += [matcher for text in policy.matchers or () for matcher in read_matchers(text)]
    for one in policy.object_matchers or ():
        if len(one) != 3 or one[1] not in _SIGNS:
            raise ValueError(f"`{' '.join(one)[:60]}` is not a matcher")
        out.append(Matcher(*one))
    return tuple(out)


def receivers_of(points: Sequence[ContactPoint]) -> tuple[Receiver, ...]:
    """The contact points by name, each with those integrations that tell somebody."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for one in points:
        by_name[one.name] += [one.type] if _tells(one.type, one.settings or {}) else []
    return tuple(Receiver(name, tuple(types)) for name, types in by_name.items())


def _tells(kind: str, settings: Mapping[str, Any]) -> bool:
    """Whether an integration has an address at which somebody can be."""
    if kind == "email":
        listed = _SEPARATORS.split(str(settings.get("addresses") or ""))
        return any(_is_read(address.strip("<>")) for address in listed if address)
    url = settings.get("url")
    if not isinstance(url, str) or not url.strip():
        return kind not in _SETTINGS_WITH_ADDRESS or "url" not in settings  # it may be among the secrets, unlisted
    try:
        return _NOWHERE.fullmatch(urlsplit(url).hostname or "?") is None
    except ValueError:
        return False


def _is_read(address: str) -> bool:
    _, at, domain = address.rpartition("@")
    return bool(at) and address.casefold() != _PLACEHOLDER and _NOWHERE.fullmatch(domain) is None
