"""A Prometheus that runs, and what speaks as it does: its rules, its samples, its settings.

Each question is asked once a run. An answer with warnings is a part of the answer, and no answer here; an empty
vector is an answer, and says nothing of whether a rule is there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from loopcheck.checker import CannotTell, World
from loopcheck.documents import yaml
from loopcheck.documents.origin import DocumentError
from loopcheck.documents.yaml import MappingNode, ScalarNode, SequenceNode
from loopcheck.reasons import BAD_RESPONSE
from loopcheck_checks.systems.prometheus import durations
from loopcheck_checks.systems.prometheus.client import (
    JUST_RELOADED,
    PARTIAL_ANSWER,
    PROMETHEUS,
    QUERY_REFUSED,
    Client,
    decoded,
)
from loopcheck_checks.systems.prometheus.replaying import Evaluations, Labels
from loopcheck_checks.systems.prometheus.rules import Rule

MAX_POINTS = 11_000
"""The most evaluations that Prometheus answers a query with."""
_MAX_QUERIES = 40
DEFAULT_INTERVAL = 60.0
"""Seconds between evaluations, where nothing is configured."""
_TAKING_UP = timedelta(minutes=5)
"""For how long after it loaded its configuration Prometheus may be looking for what that names: seconds, as a rule."""


class LiveRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that is loaded."""

    rule: Rule
    health: str
    """`ok`, `err`, `unknown`."""
    error: str = ""
    evaluated: datetime | None = None
    """When it was evaluated last."""


class Settings(msgspec.Struct, frozen=True):
    """What of Prometheus's own configuration matters to an alert."""

    interval: float = DEFAULT_INTERVAL
    """`evaluation_interval`, in seconds."""
    external_labels: dict[str, str] = {}
    relabels: bool = False
    """Whether alerts are relabelled before they are sent."""
    sends: bool = False
    """Whether it names Alertmanagers, or where to look for them."""


class _Answer(msgspec.Struct):
    status: str
    data: msgspec.Raw = msgspec.Raw(b"null")
    error: str = ""
    warnings: list[str] | None = None


class _LoadedRule(msgspec.Struct):
    name: str
    query: str
    type: str = "alerting"
    duration: float = 0
    keep_firing_for: float = msgspec.field(default=0, name="keepFiringFor")
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    health: str = "unknown"
    last_error: str = msgspec.field(default="", name="lastError")
    last_evaluation: str = msgspec.field(default="", name="lastEvaluation")


class _LoadedGroup(msgspec.Struct):
    name: str
    rules: list[_LoadedRule] | None = None
    file: str = ""
    interval: float = 0
    limit: int = 0


class _Groups(msgspec.Struct):
    groups: list[_LoadedGroup]


class _Series(msgspec.Struct):
    metric: dict[str, str]
    value: tuple[float, str] | None = None
    values: list[tuple[float, str]] | None = None
    histogram: Any = None
    histograms: Any = None


class _Result(msgspec.Struct):
    result_type: str = msgspec.field(name="resultType")
    result: list[Any]


class _Build(msgspec.Struct):
    version: str
    go_version: str = msgspec.field(default="", name="goVersion")
    application: str = ""


class _Alertmanagers(msgspec.Struct):
    active: list[Any] = msgspec.field(name="activeAlertmanagers")


class _Config(msgspec.Struct):
    yaml: str


class _Runtime(msgspec.Struct):
    loaded: datetime = msgspec.field(name="lastConfigTime")


class Live:
    """Prometheus, for one run.

    Raises:
        CannotTell: the environment does not say where it is, or there is no Prometheus.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._client = Client(world, PROMETHEUS)
        self.url = self._client.url
        # The canary: whatever answers must be a Prometheus before its silence means anything.
        build = self._as(_Build, "its version", "/api/v1/status/buildinfo")
        self.version = build.version
        # What only speaks as Prometheus does names a version to please clients, or its own name.
        self.release = _release(build.version) if build.go_version and not build.application else None
        """Of Prometheus itself, such as 2 and 42; `None` where it is something else."""

    def _raw(self, what: str, path: str, parameters: Sequence[tuple[str, str]] = ()) -> msgspec.Raw:
        body = self._client.get(what, path, parameters)
        answer = decoded(body, _Answer, what, PROMETHEUS)
        if answer.status != "success":
            raise CannotTell(QUERY_REFUSED, f"Prometheus could not give {what}: {answer.error[:200]}")
        if answer.warnings:
            raise CannotTell(PARTIAL_ANSWER, f"Prometheus gave {what} with a warning: {answer.warnings[0][:200]}")
        return answer.data

    def _as(self, wanted: type[Any], what: str, path: str, parameters: Sequence[tuple[str, str]] = ()) -> Any:
        return decoded(bytes(self._raw(what, path, parameters)), wanted, what, PROMETHEUS)

    def rules(self) -> tuple[LiveRule, ...]:
        """Every alerting rule that is loaded."""
        return self._world.once(("prometheus", "rules"), self._read_rules)

    def _read_rules(self) -> tuple[LiveRule, ...]:
        answer = self._as(_Groups, "the list of rules", "/api/v1/rules", [("type", "alert")])
        return tuple(
            _live_rule(rule, group) for group in answer.groups for rule in group.rules or () if rule.type == "alerting"
        )

    def settings(self) -> Settings:
        """Its own settings."""
        return self._world.once(("prometheus", "settings"), self._read_settings)

    def _read_settings(self) -> Settings:
        text = self._as(_Config, "its configuration", "/api/v1/status/config").yaml
        try:
            root = yaml.load(text, "Prometheus's configuration")
        except DocumentError as error:
            raise CannotTell(BAD_RESPONSE, f"Prometheus's configuration cannot be read: {error}") from None
        common = root.get("global") if isinstance(root, MappingNode) else None
        alerting = root.get("alerting") if isinstance(root, MappingNode) else None
        external = common.get("external_labels") if isinstance(common, MappingNode) else None
        interval = common.get("evaluation_interval") if isinstance(common, MappingNode) else None
        relabels = alerting.get("alert_relabel_configs") if isinstance(alerting, MappingNode) else None
        receivers = alerting.get("alertmanagers") if isinstance(alerting, MappingNode) else None
        try:
            every = durations.seconds(interval.text) if isinstance(interval, ScalarNode) else 0
        except ValueError:
            every = 0
        return Settings(
            every or DEFAULT_INTERVAL,
            {str(k): str(v) for k, v in external.text_value.items()} if isinstance(external, MappingNode) else {},
            isinstance(relabels, SequenceNode) and len(relabels) > 0,
            isinstance(receivers, SequenceNode) and len(receivers) > 0,
        )

    def alertmanagers(self) -> int:
        """To how many Alertmanagers it sends its alerts.

        Raises:
            CannotTell: there is no whole answer; it names some and has found none, just after it was reloaded.
        """
        return self._world.once(("prometheus", "alertmanagers"), self._read_alertmanagers)

    def _read_alertmanagers(self) -> int:
        answer = self._as(_Alertmanagers, "its list of Alertmanagers", "/api/v1/alertmanagers")
        if not answer.active and self.settings().sends:
            loaded = self._as(_Runtime, "when it was reloaded", "/api/v1/status/runtimeinfo").loaded
            if loaded.tzinfo is None or self._world.now - loaded < _TAKING_UP:
                raise CannotTell(JUST_RELOADED, f"Prometheus, reloaded at {loaded:%H:%M:%S}, has found no Alertmanager")
        return len(answer.active)

    def vector(self, query: str) -> tuple[dict[str, str], ...]:
        """The labels of each series that `query` has a value for now."""
        return self._world.once(("prometheus", "vector", query), lambda: self._read_vector(query))

    def _read_vector(self, query: str) -> tuple[dict[str, str], ...]:
        what = f"the query `{query[:80]}`"
        moment = f"{self._world.now.timestamp():.3f}"
        answer = self._as(_Result, what, "/api/v1/query", [("query", query), ("time", moment)])
        if answer.result_type == "scalar":
            return ({},)
        if answer.result_type != "vector":
            raise CannotTell(BAD_RESPONSE, f"Prometheus answered {what} with a {answer.result_type[:20]}")
        found = _converted(answer.result, what)
        return tuple({name: value for name, value in one.metric.items() if name != "__name__"} for one in found)

    def matrix(self, query: str, steps: Evaluations) -> Mapping[Labels, list[tuple[float, float]]]:
        """The values of `query` at each of `steps`, by the labels of the series without its name.

        Raises:
            CannotTell: there is no whole answer; two series have the same labels but for their names.
        """
        key = ("prometheus", "matrix", query, steps.start, steps.step, steps.count)
        return self._world.once(key, lambda: self._read_matrix(query, steps))

    def _read_matrix(self, query: str, steps: Evaluations) -> Mapping[Labels, list[tuple[float, float]]]:
        what = f"the query `{query[:80]}`"
        out: dict[Labels, list[tuple[float, float]]] = {}
        for series in self._ranges(query, steps):
            seen: set[Labels] = set()
            for one in series:
                labels = tuple(sorted((name, value) for name, value in one.metric.items() if name != "__name__"))
                if labels in seen:
                    raise CannotTell(
                        QUERY_REFUSED, f"{what} has two series with the labels {dict(labels)}, which no alert can have"
                    )
                seen.add(labels)
                # A histogram has no value; the alert is there all the same.
                held = [(time, _number(value)) for time, value in one.values or ()]
                held += [(float(pair[0]), math.nan) for pair in one.histograms or ()]
                out.setdefault(labels, []).extend(held)
        return out

    def _ranges(self, query: str, steps: Evaluations) -> Iterator[list[_Series]]:
        """The answers to a query over a range, as many as it takes, in their order."""
        what = f"the query `{query[:80]}`"
        if steps.count > MAX_POINTS * _MAX_QUERIES:
            raise CannotTell(QUERY_REFUSED, f"{what} would take more than {_MAX_QUERIES} requests")
        for first in range(0, steps.count, MAX_POINTS):
            last = min(first + MAX_POINTS, steps.count) - 1
            answer = self._as(
                _Result,
                what,
                "/api/v1/query_range",
                [
                    ("query", query),
                    ("start", f"{steps.time(first):.3f}"),
                    ("end", f"{steps.time(last):.3f}"),
                    ("step", f"{steps.step:.3f}"),
                ],
            )
            if answer.result_type != "matrix":
                raise CannotTell(BAD_RESPONSE, f"Prometheus answered {what} with a {answer.result_type[:20]}")
            yield _converted(answer.result, what)

    def stored(self, selector: str, start: int, end: int) -> Mapping[Labels, list[tuple[int, float]]]:
        """The samples of a selector as they are stored, by the labels of the series with its name.

        Args:
            selector: the series.
            start: in milliseconds since the epoch, as all times here.
            end: the last moment.

        Raises:
            CannotTell: there is no whole answer, or it has histograms.
        """
        key = ("prometheus", "stored", selector, start, end)
        return self._world.once(key, lambda: self._read_stored(selector, start, end))

    def _read_stored(self, selector: str, start: int, end: int) -> Mapping[Labels, list[tuple[int, float]]]:
        query = f"{selector}[{durations.shown((end - start) / 1000)}]"
        what = f"the samples of `{selector[:80]}`"
        answer = self._as(_Result, what, "/api/v1/query", [("query", query), ("time", f"{end / 1000:.3f}")])
        if answer.result_type != "matrix":
            raise CannotTell(BAD_RESPONSE, f"Prometheus answered {what} with a {answer.result_type[:20]}")
        series = _converted(answer.result, what)
        if any(one.histograms for one in series):
            raise CannotTell(BAD_RESPONSE, f"{what} are histograms")
        return {
            tuple(sorted(one.metric.items())): [
                (round(time * 1000), _number(value)) for time, value in one.values or ()
            ]
            for one in series
        }

    def newest(self, selector: str, instants: Evaluations) -> Mapping[Labels, list[int]]:
        """At which instants each series of a selector had a newest sample, by its labels with its name."""
        key = ("prometheus", "newest", selector, instants.start, instants.step, instants.count)
        return self._world.once(key, lambda: self._read_newest(selector, instants))

    def _read_newest(self, selector: str, instants: Evaluations) -> Mapping[Labels, list[int]]:
        out: dict[Labels, list[int]] = {}
        for series in self._ranges(selector, instants):
            for one in series:
                numbers = (instants.number(time) for time, _ in one.values or ())
                out.setdefault(tuple(sorted(one.metric.items())), []).extend(numbers)
        return out


def _release(version: str) -> tuple[int, int] | None:
    found = re.match(r"(\d{1,6})\.(\d{1,6})\.", version)
    return (int(found[1]), int(found[2])) if found else None


def _converted(result: list[Any], what: str) -> list[_Series]:
    try:
        return msgspec.convert(result, list[_Series])
    except msgspec.ValidationError as error:
        raise CannotTell(BAD_RESPONSE, f"Prometheus sent {what} in another form: {str(error)[:120]}") from None


def _number(text: str) -> float:
    try:
        return float(text)  # `NaN`, `+Inf` and `-Inf` as well
    except ValueError:
        raise CannotTell(BAD_RESPONSE, f"Prometheus sent `{text[:20]}` as a value") from None


def _live_rule(rule: _LoadedRule, group: _LoadedGroup) -> LiveRule:
    try:
        evaluated = datetime.fromisoformat(rule.last_evaluation)
    except ValueError:
        evaluated = None
    if evaluated is not None and (evaluated.year < 2000 or evaluated.tzinfo is None):
        evaluated = None  # it was never evaluated
    return LiveRule(
        rule=Rule(
            alert=rule.name,
            expr=rule.query,
            hold=rule.duration,
            keep=rule.keep_firing_for,
            labels=rule.labels or {},
            annotations=rule.annotations or {},
            group=group.name,
            interval=group.interval or None,
            limit=group.limit,
            path=group.file,
        ),
        health=rule.health,
        error=rule.last_error[:300],
        evaluated=evaluated,
    )
