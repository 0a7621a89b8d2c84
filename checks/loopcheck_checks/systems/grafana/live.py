"""A Grafana that runs: its rules, their states, whom it tells, its silences.

Each question is asked once a run. What a token may not see is not in an answer, and nothing says so; so it is asked
first what the token may see, and only then does an absence mean something.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from loopcheck.checker import CannotTell, World
from loopcheck.reasons import BAD_RESPONSE
from loopcheck_checks.systems.grafana.notifying import (
    ContactPoint,
    MuteTiming,
    Policy,
    muted,
    receivers_of,
    tree_of,
)
from loopcheck_checks.systems.grafana.rules import Odd, Rule, rule_of
from loopcheck_checks.systems.grafana.timings import in_force
from loopcheck_checks.systems.prometheus.alertmanager import Silence, read_silences
from loopcheck_checks.systems.prometheus.client import Client, System, decoded
from loopcheck_checks.systems.prometheus.routes import Receiver, Routing

GRAFANA = System("Grafana", "GRAFANA", token_only=True)
_ALL = frozenset(("alert.provisioning:read", "alert.provisioning.secrets:read"))
_EVERYWHERE = frozenset(("*", "folders:*", "folders:uid:*"))
_MOST_INSTANCES = 500


class Instance(msgspec.Struct, frozen=True):
    """An alert of a rule: one set of labels, firing or not."""

    labels: dict[str, str]
    state: str
    """`Normal`, `Alerting`, `Pending`, `NoData`, `Error`; what a rule makes of the last two in brackets."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What Grafana says of the evaluations of a rule."""

    title: str
    uid: str = ""
    folder: str = ""
    """The folder's title."""
    group: str = ""
    health: str
    """`ok`, `error`, `nodata`, `unknown`."""
    error: str = ""
    evaluated: datetime | None = None
    """When it was evaluated last."""
    interval: float = 60
    instances: tuple[Instance, ...] = ()


class Rules(msgspec.Struct, frozen=True):
    """The alert rules that the token is shown."""

    rules: tuple[Rule, ...]
    odd: tuple[Odd, ...]
    all: bool
    """Whether it is certain that these are all."""


class Notifying(msgspec.Struct, frozen=True, tag="notifying"):
    """Whom Grafana tells, and when not."""

    routing: Routing
    all: bool
    """Whether it is certain that the contact points are all."""
    timings: dict[str, bool | None] = {}
    """For each timing whether it is in force at all times; `None` where it is at some."""

    def receiver(self, name: str) -> Receiver | None:
        """The contact point of that name."""
        return self.routing.receiver(name)

    def muted_by(self, mutes: Sequence[str], actives: Sequence[str]) -> bool | None:
        """Whether who names these timings is muted at all times; `None` where that is so at some, or not known."""
        return muted(self.timings, mutes, actives)


class _Alert(msgspec.Struct):
    labels: dict[str, str]
    state: str


class _State(msgspec.Struct):
    name: str
    health: str
    uid: str = ""
    type: str = "alerting"
    last_error: str = msgspec.field(default="", name="lastError")
    last_evaluation: str = msgspec.field(default="", name="lastEvaluation")
    alerts: list[_Alert] | None = None


class _Group(msgspec.Struct):
    name: str
    file: str = ""
    interval: float = 60
    rules: list[_State] | None = None


class _Groups(msgspec.Struct):
    groups: list[_Group]


class _States(msgspec.Struct):
    status: str
    data: _Groups


class Grafana:
    """Grafana, for one run.

    Raises:
        CannotTell: the environment does not say where it is, or the token is not one of a Grafana.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._client = Client(world, GRAFANA)
        self.url = self._client.url
        # The canary: who does not answer this is no Grafana, and its silence means nothing.
        self._may = self._as(dict[str, list[str]], "what the token may read", "/api/access-control/user/permissions")

    def _as(self, wanted: Any, what: str, path: str) -> Any:
        return decoded(self._client.get(what, path), wanted, what, GRAFANA)

    def page(self, rule: Rule) -> str:
        """Where people look at a rule."""
        return f"{self.url}/alerting/grafana/{rule.uid}/view" if rule.uid else f"{self.url}/alerting/list"

    def rules(self) -> Rules:
        """The alert rules."""
        return self._world.once(("grafana", "rules"), self._read_rules)

    def _read_rules(self) -> Rules:
        listed = self._as(list[dict[str, Any]], "the list of alert rules", "/api/v1/provisioning/alert-rules")
        found = [rule_of(one) for one in listed]
        every = bool(_ALL & self._may.keys()) or "alert.rules.provisioning:read" in self._may
        every = every or bool(_EVERYWHERE & set(self._may.get("alert.rules:read", ())))
        return Rules(
            tuple(one for one in found if isinstance(one, Rule)),
            tuple(one for one in found if isinstance(one, Odd)),
            every,
        )

    def states(self) -> tuple[State, ...]:
        """What Grafana says of the evaluations of each rule whose folder the token may see."""
        return self._world.once(("grafana", "states"), self._read_states)

    def _read_states(self) -> tuple[State, ...]:
        what = "the states of rules"
        answer = self._as(_States, what, "/api/prometheus/grafana/api/v1/rules")
        if answer.status != "success":
            raise CannotTell(BAD_RESPONSE, f"Grafana could not give {what}: {answer.status[:60]}")
        return tuple(
            _state(rule, group) for group in answer.data.groups for rule in group.rules or () if rule.type == "alerting"
        )

    def notifying(self) -> Notifying:
        """Whom it tells."""
        return self._world.once(("grafana", "notifying"), self._read_notifying)

    def _read_notifying(self) -> Notifying:
        policy = self._as(Policy, "the notification policies", "/api/v1/provisioning/policies")
        points = self._as(list[ContactPoint], "the contact points", "/api/v1/provisioning/contact-points")
        muting = self._as(list[MuteTiming], "the mute timings", "/api/v1/provisioning/mute-timings")
        timings = {one.name: in_force(one.intervals or [], self._world.now.date()) for one in muting}
        try:
            route = tree_of(policy, timings)
        except ValueError as error:
            raise CannotTell(BAD_RESPONSE, f"Grafana's notification policies cannot be read: {error}") from None
        return Notifying(
            Routing(route, receivers_of(points)),
            bool(_ALL & self._may.keys()) or "alert.notifications.provisioning:read" in self._may,
            timings,
        )

    def silences(self) -> tuple[Silence, ...]:
        """The silences that are in force."""
        return self._world.once(
            ("grafana", "silences"),
            lambda: read_silences(self._client, "/api/alertmanager/grafana/api/v2/silences", GRAFANA),
        )


def _state(rule: _State, group: _Group) -> State:
    return State(
        title=rule.name,
        uid=rule.uid,
        folder=group.file,
        group=group.name,
        health=rule.health,
        error=rule.last_error[:300],
        evaluated=_moment(rule.last_evaluation),
        interval=group.interval,
        instances=tuple(Instance(one.labels, one.state) for one in (rule.alerts or ())[:_MOST_INSTANCES]),
    )


def _moment(text: str) -> datetime | None:
    """A time as Go writes it; the first year is its way to say never."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.year < 1971 else moment if moment.tzinfo else moment.replace(tzinfo=UTC)
