"""Monitors that a repository keeps as JSON: exports of the API, and definitions as they are shipped.

An export knows the state of a monitor as of its commit. A definition, as in an integration's `assets/monitors`,
knows none. Both shapes are read, plain and wrapped in `definition`; beside monitors a folder may hold the answers
of the API's lists of downtimes and of notification rules.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from loopcheck.checker import CannotTell, Expectation, Reason, Unseen, World
from loopcheck.paths import RepoGlob, matching
from loopcheck.quantities import Duration
from loopcheck.reasons import SHALLOW_HISTORY
from loopcheck_checks.systems.datadog.client import SYSTEM
from loopcheck_checks.systems.datadog.records import Downtime, Monitor, Resource, Rule, Unreadable, rule_of
from loopcheck_checks.systems.datadog.schedule import downtime_of

EXPORT_STALE = Reason(
    "export-stale",
    "The export is too old to say anything of the monitor's state today.",
    "Export the monitors again and commit them, or set DD_API_KEY and DD_APP_KEY so that Datadog itself is asked.",
)
NO_STATE = Reason(
    "no-state",
    "The file defines the monitor, and does not say what became of it in Datadog.",
    "Export the monitor from the API (`GET /api/v1/monitor?with_downtimes=true`), or set DD_API_KEY and DD_APP_KEY.",
)
NO_EXPORT = Reason(
    "no-export",
    "No file of the repository is where the settings say that the export is.",
    "Correct `settings.datadog.export` in .github/loopcheck.yml, or commit the export.",
)
_DOWNTIMES = "downtime"
_RULES = "monitor-notification-rule"


class DatadogSettings(Expectation, frozen=True, kw_only=True):
    """The section `datadog` of `settings:` in `.github/loopcheck.yml`."""

    export: Annotated[
        RepoGlob | None,
        Meta(description="Where monitors are kept as JSON: a file, a folder, or a pattern for paths."),
    ] = None
    max_age: Annotated[
        Duration,
        Meta(description="How old an export may be before it says nothing of a monitor's state; 7 days unless said."),
    ] = msgspec.field(default_factory=lambda: Duration(timedelta(days=7), "7d"))


class ExportedMonitor(msgspec.Struct, frozen=True):
    """A monitor from a file."""

    monitor: Monitor
    source: str
    """Path and commit, for the evidence."""
    at: datetime | None
    """When the file was last committed; `None` where that is not known."""
    stateless: Unseen | None
    """Why the file does not tell the monitor's state; `None` where it does."""


class Export(msgspec.Struct, frozen=True):
    """All that the export says."""

    where: str
    """Pattern and commit, for the evidence."""
    monitors: tuple[ExportedMonitor, ...]
    unreadable: tuple[Unreadable, ...]
    downtimes: tuple[Downtime, ...] | Unseen
    rules: tuple[Rule, ...] | Unseen
    stale: Unseen | None
    """Why nothing follows from what is not in it; `None` where it is fresh."""


def read_export(world: World, settings: DatadogSettings) -> Export:
    """The export, read once a run.

    Raises:
        CannotTell: there is no such file.
    """
    return world.once((SYSTEM, "export", settings.export), lambda: _read(world, settings))


class _Reading:
    """What has been found so far."""

    def __init__(self) -> None:
        self.monitors: list[ExportedMonitor] = []
        self.unreadable: list[Unreadable] = []
        self.downtimes: list[Downtime] | None = None
        self.rules: list[Rule] | None = None
        self.stale: list[Unseen] = []
        self.aged_downtimes: Unseen | None = None


def _read(world: World, settings: DatadogSettings) -> Export:
    pattern = settings.export or RepoGlob("")
    paths = matching(world.repo.paths, [pattern, f"{pattern}/**/*.json"])
    if not paths:
        raise CannotTell(NO_EXPORT, f"no file matches {pattern}", world.repo.evidence(pattern, "no file"))
    out = _Reading()
    for path in paths:
        _read_file(world, path, settings.max_age, out)
    return Export(
        world.repo.evidence(pattern, "").source,
        tuple(out.monitors),
        tuple(out.unreadable),
        _seen(out.downtimes, "downtimes") if out.aged_downtimes is None else out.aged_downtimes,
        _seen(out.rules, "notification rules"),
        out.stale[0] if len(out.stale) == len(paths) else None,
    )


def _seen(found: list[Any] | None, what: str) -> tuple[Any, ...] | Unseen:
    return CannotTell(NO_STATE, f"the export holds no list of {what}").unseen if found is None else tuple(found)


def _read_file(world: World, path: str, max_age: Duration, out: _Reading) -> None:
    source = world.repo.evidence(path, "").source
    try:
        file = world.repo.read(path)
        data = _json(file.text) if file is not None else None
    except CannotTell as trouble:
        out.unreadable.append(Unreadable(trouble.message, source=source))
        return
    except (ValueError, RecursionError) as error:
        what = str(error)[:120] if isinstance(error, ValueError) else "it is nested too deep"
        out.unreadable.append(Unreadable(f"it is not JSON: {what}", source=source))
        return
    at, age = _age(world, path, max_age)
    if age is not None:
        out.stale.append(age)
    if isinstance(data, dict) and isinstance(data.get("monitors"), list):
        data = data["monitors"]
    if isinstance(data, dict) and isinstance(data.get("data"), list):
        _read_resources(world, data["data"], source, age, out)
        return
    for entry in data if isinstance(data, list) else [data]:
        definition = entry.get("definition") if isinstance(entry, dict) else None
        plain = definition if isinstance(definition, dict) else entry
        try:
            monitor = msgspec.convert(plain, Monitor)
        except msgspec.ValidationError as error:
            named = plain if isinstance(plain, dict) else {}
            name, number = named.get("name"), named.get("id")
            out.unreadable.append(
                Unreadable(
                    f"it is not a monitor: {error}"[:200],
                    number if isinstance(number, int) else None,
                    name if isinstance(name, str) else None,
                    source,
                )
            )
            continue
        if not monitor.deleted:
            stateless = age or (None if monitor.overall_state else CannotTell(NO_STATE, NO_STATE.means).unseen)
            out.monitors.append(ExportedMonitor(monitor, source, at, stateless))


def _read_resources(world: World, entries: list[Any], source: str, age: Unseen | None, out: _Reading) -> None:
    """The entries of a v2 answer. Downtimes are state, and age; rules are definitions, and do not."""
    for entry in entries:
        try:
            resource = msgspec.convert(entry, Resource)
        except msgspec.ValidationError as error:
            out.unreadable.append(Unreadable(f"it is not an entry of an answer: {error}"[:200], source=source))
            continue
        if resource.type == _RULES:
            out.rules = [*(out.rules or []), rule_of(resource)]
        elif resource.type == _DOWNTIMES:
            downtime = downtime_of(resource, world.now)
            found = [] if downtime is None else [msgspec.structs.replace(downtime, source=source)]
            out.downtimes = [*(out.downtimes or []), *found]
            out.aged_downtimes = out.aged_downtimes or age
        else:
            out.unreadable.append(Unreadable(f"`{resource.type[:40]}` is not known here", source=source))


def _json(text: str) -> Any:
    """JSON in which a key stands once: which of two is meant differs from reader to reader.

    Raises:
        ValueError: it is not.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            raise ValueError(f"the key `{twice[:40]}` is there twice")
        return found

    def refuse(word: str) -> Any:
        raise ValueError(f"`{word}` is not JSON")

    return json.loads(text, object_pairs_hook=once, parse_constant=refuse)


def _age(world: World, path: str, max_age: Duration) -> tuple[datetime | None, Unseen | None]:
    """When the file was last committed, and why that is too long ago to know a state from it."""
    oldest = world.now - max_age.delta
    try:
        history = world.repo.history(path, oldest)
    except CannotTell as trouble:
        return None, trouble.unseen
    if history.changes:
        return history.changes[0].at, None
    if not history.complete:
        return None, CannotTell(SHALLOW_HISTORY, f"the age of {path} cannot be told in a shallow clone").unseen
    return None, CannotTell(EXPORT_STALE, f"{path} is older than {max_age}").unseen
