"""An Alertmanager that runs: its configuration, its silences, the alerts that fire."""

from __future__ import annotations

from datetime import datetime

import msgspec

from loopcheck.checker import CannotTell, World
from loopcheck.reasons import BAD_RESPONSE
from loopcheck_checks.systems.prometheus.client import ALERTMANAGER, Client, System, decoded
from loopcheck_checks.systems.prometheus.expression import Matcher
from loopcheck_checks.systems.prometheus.routes import Routing, read_routing


class Silence(msgspec.Struct, frozen=True):
    """A silence that is in force."""

    id: str
    matchers: tuple[Matcher, ...]
    until: datetime
    by: str = ""
    comment: str = ""


class _Config(msgspec.Struct):
    original: str


class _Status(msgspec.Struct):
    config: _Config


class _Matcher(msgspec.Struct):
    name: str
    value: str
    is_regex: bool = msgspec.field(name="isRegex")
    is_equal: bool = msgspec.field(default=True, name="isEqual")


class _SilenceStatus(msgspec.Struct):
    state: str


class _Silence(msgspec.Struct):
    id: str
    matchers: list[_Matcher]
    status: _SilenceStatus
    ends_at: datetime = msgspec.field(name="endsAt")
    created_by: str = msgspec.field(default="", name="createdBy")
    comment: str = ""


class _AlertStatus(msgspec.Struct):
    state: str


class _Alert(msgspec.Struct):
    labels: dict[str, str]
    status: _AlertStatus


class Alertmanager:
    """Alertmanager, for one run.

    Raises:
        CannotTell: the environment does not say where it is.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._client = Client(world, ALERTMANAGER)
        self.url = self._client.url

    def routing(self) -> Routing:
        """Its routes, receivers and inhibitions."""
        return self._world.once(("alertmanager", "routing"), self._read_routing)

    def _read_routing(self) -> Routing:
        what = "its status"
        original = decoded(self._client.get(what, "/api/v2/status"), _Status, what, ALERTMANAGER).config.original
        try:
            return read_routing(original, "Alertmanager's configuration")
        except ValueError as error:
            raise CannotTell(BAD_RESPONSE, f"Alertmanager's configuration cannot be read: {error}") from None

    def silences(self) -> tuple[Silence, ...]:
        """The silences that are in force."""
        return self._world.once(("alertmanager", "silences"), self._read_silences)

    def _read_silences(self) -> tuple[Silence, ...]:
        self.routing()  # the canary: an empty list of something else than an Alertmanager would mean nothing
        return read_silences(self._client, "/api/v2/silences", ALERTMANAGER)

    def firing(self) -> tuple[dict[str, str], ...]:
        """The labels of every alert that fires now, whether or not it is silenced."""
        return self._world.once(("alertmanager", "firing"), self._read_firing)

    def _read_firing(self) -> tuple[dict[str, str], ...]:
        self.routing()
        what = "the list of alerts"
        listed = decoded(self._client.get(what, "/api/v2/alerts"), list[_Alert], what, ALERTMANAGER)
        return tuple(one.labels for one in listed)


def read_silences(client: Client, path: str, system: System) -> tuple[Silence, ...]:
    """The silences that are in force, as the second version of Alertmanager's API lists them.

    Raises:
        CannotTell: there is no such list.
    """
    what = "the list of silences"
    return tuple(
        Silence(
            one.id,
            tuple(Matcher(it.name, _sign(it), it.value) for it in one.matchers),
            one.ends_at,
            one.created_by[:80],
            one.comment[:120],
        )
        for one in decoded(client.get(what, path), list[_Silence], what, system)
        if one.status.state == "active"
    )


def _sign(matcher: _Matcher) -> str:
    return ("=" if matcher.is_equal else "!") + ("~" if matcher.is_regex else "" if matcher.is_equal else "=")
