"""Rules that can be replayed, the times to replay them over, and the doing of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from loopcheck.checker import CannotTell, Replayer
from loopcheck.errors import UsageError
from loopcheck.model import ActionItem, Incident
from loopcheck.replay import Backtest, Window
from loopcheck.world import Repository

if TYPE_CHECKING:
    from loopcheck.loading import Loaded
    from loopcheck.world import Session

_AT_ONCE = 32
"""Rules that are replayed beside one another, so that what they need goes into few requests."""
_UNRESOLVED = timedelta(days=1)
"""How much of an incident is replayed of which nobody wrote down the end."""


class Subject(msgspec.Struct, frozen=True):
    """A rule, who can replay it, and through what."""

    name: str
    replayer: Any
    """A `Replayer`."""
    expect: Any
    session: Any
    """A `Session`, which says at which commit the rule is looked at."""
    incident: Incident | None = None
    """The incident of the item that declares it."""
    written: bool = False
    """Whether it is meant as it is written at that commit, and not as it is in force."""


class Period(msgspec.Struct, frozen=True):
    """A time that is asked about."""

    name: str
    window: Window
    incident: Incident | None = None


@contextmanager
def as_of(loaded: Loaded, ref: str) -> Iterator[Loaded]:
    """The same declarations and configuration, with the files of another commit, for as long as the context lasts.

    Raises:
        NotARepositoryError: there is no such commit.
    """
    repository = Repository(loaded.repository.top, ref)
    try:
        yield msgspec.structs.replace(loaded, repository=repository)
    finally:
        repository.close()


def declared(
    loaded: Loaded, items: Sequence[ActionItem], session: Session, *, written: bool = False
) -> Iterator[Subject]:
    """The rules that items declare, each with the incident of its item."""
    for item in items:
        for artifact in item.artifacts:
            if artifact.expect is None or item.withheld is not None:
                continue
            checker = _replayer(loaded, artifact.kind)
            if checker is not None:
                name = checker.describe(artifact.expect)
                yield Subject(name, checker, artifact.expect, session, item.incident, written)


def _replayer(loaded: Loaded, kind: str) -> Any:
    """The checker of a kind, if it can replay."""
    try:
        checker = loaded.registry.get(kind).checker
    except CannotTell:
        return None
    return checker if isinstance(checker, Replayer) else None


def named(name: str, loaded: Loaded, session: Session, kind: str | None = None, *, written: bool = False) -> Subject:
    """The rule of a name, of the first kind that knows it.

    Raises:
        UsageError: none does.
    """
    said: list[str] = []
    for one in [kind] if kind else loaded.registry.kinds():
        replayer = _replayer(loaded, one)
        if replayer is None:
            continue
        try:
            expect = replayer.named(name, session.world(), written=written)
        except CannotTell as trouble:
            said.append(f"{one}: {trouble.message}")
        else:
            return Subject(name, replayer, expect, session, written=written)
    why = "; ".join(said) or (f"`{kind}` cannot replay" if kind else "no installed kind can replay")
    where = f" at {loaded.repository.ref[:80]}" if written else ""
    raise UsageError(f"no rule is `{name[:80]}`{where}", hint=why)


def incidents(loaded: Loaded) -> dict[str, Incident]:
    """The incidents of the declared items, by id, in the order in which they began; those without a beginning last."""
    found = {item.incident.id: item.incident for item in loaded.declared.items if item.incident is not None}
    ordered = sorted(found.values(), key=lambda one: (one.started is None, one.started and one.started.timestamp()))
    return {one.id: one for one in ordered}


def of_incident(incident: Incident) -> Period:
    """The time of an incident.

    Raises:
        UsageError: nobody wrote down when it started.
    """
    if incident.started is None:
        raise UsageError(f"nobody wrote down when {incident.id} started", hint="write `started:` below `incident:`")
    return Period(incident.id, Window(incident.started, incident.resolved or incident.started + _UNRESOLVED), incident)


def own(subject: Subject) -> list[Period]:
    """The time of the incident of the item that declares a rule, if it is known."""
    incident = subject.incident
    return [of_incident(incident)] if incident is not None and incident.started is not None else []


def run(jobs: Sequence[tuple[Subject, Period]], around: timedelta | None = None) -> list[Backtest]:
    """Replay each rule over its period, and say what came of it.

    Args:
        jobs: what to replay, over what.
        around: see `Replayer.replay`.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda job: _one(job[0], job[1], around), jobs))


def _one(subject: Subject, period: Period, around: timedelta | None) -> Backtest:
    noticed = period.incident.detected if period.incident is not None else None
    of = "incident" if period.incident is not None else "window"
    world = subject.session.world(period.incident)
    try:
        replay = subject.replayer.replay(subject.expect, period.window, world, around=around, written=subject.written)
    except CannotTell as trouble:
        return Backtest(subject.name, period.name, trouble=trouble.message, reason=trouble.reason.word, of=of)
    return Backtest(subject.name, period.name, replay, noticed=noticed, of=of)
