"""Which checkers are installed. The core asks the packages that are there; it keeps no list.

A checker is imported only when its kind is used: importing all of them would cost more than most runs take.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol

import msgspec

from loopcheck.checker import AnyChecker, Manifest
from loopcheck.reasons import AMBIGUOUS_KIND, BROKEN_CHECKER, UNKNOWN_KIND, CannotTell

GROUP = "loopcheck.checkers"
"""The entry-point group in which a distribution registers its checkers: `kind = "package.module:Class"`."""


class Registered(msgspec.Struct, frozen=True):
    """A checker with where it came from."""

    checker: Any
    """An `AnyChecker`; msgspec cannot check a protocol."""
    distribution: str
    """`loopcheck 0.1.0`."""


class Registry(Protocol):
    """Where the engine and the readers of declarations get checkers from."""

    def kinds(self) -> list[str]:
        """Every kind that is installed, in alphabetical order."""
        ...

    def get(self, kind: str) -> Registered:
        """The checker of `kind`.

        Raises:
            CannotTell: there is none, there are two, or it cannot be used.
        """
        ...


class InstalledCheckers:
    """The checkers of all installed distributions."""

    def __init__(self, points: Iterable[EntryPoint] | None = None) -> None:
        self._points: dict[str, list[EntryPoint]] = defaultdict(list)
        for point in _installed() if points is None else points:
            self._points[point.name].append(point)
        self._loaded: dict[str, Registered | CannotTell] = {}

    def kinds(self) -> list[str]:
        """See `Registry.kinds`."""
        return sorted(self._points)

    def get(self, kind: str) -> Registered:
        """See `Registry.get`."""
        if kind not in self._loaded:
            try:
                self._loaded[kind] = self._load(kind)
            except CannotTell as trouble:
                self._loaded[kind] = trouble
        found = self._loaded[kind]
        if isinstance(found, CannotTell):
            raise found
        return found

    def _load(self, kind: str) -> Registered:
        points = self._points.get(kind, [])
        if not points:
            raise CannotTell(UNKNOWN_KIND, f"no installed checker is named `{kind[:60]}`")
        offers = {(point.value, _distribution(point)) for point in points}
        origins = sorted({distribution for _, distribution in offers})
        if len(offers) > 1:
            raise CannotTell(AMBIGUOUS_KIND, f"`{kind}` is offered by {' and by '.join(origins)}")
        try:
            checker: AnyChecker = points[0].load()()
            manifest: object = checker.manifest
        except (Exception, SystemExit) as error:
            raise CannotTell(
                BROKEN_CHECKER, f"{origins[0]}: `{points[0].value}` cannot be loaded ({type(error).__name__})"
            ) from error
        if not isinstance(manifest, Manifest) or manifest.kind != kind:
            raise CannotTell(BROKEN_CHECKER, f"{origins[0]}: the checker registered as `{kind}` says it is another")
        return Registered(checker, origins[0])


@cache
def _installed() -> tuple[EntryPoint, ...]:
    """What is registered. A file of every distribution is read for it, and none comes or goes while a process runs."""
    return tuple(entry_points(group=GROUP))


def _distribution(point: EntryPoint) -> str:
    if not point.dist:
        return "an unknown distribution"
    said = point.dist.metadata  # read anew each time it is asked for
    return f"{said['Name']} {said['Version']}"
