"""What a checker may look through: read-only, each look once a run, never steered by an item.

A checker gets a `World` for its item. All worlds of a run share one `Session`, in which every look is made at
most once however many items ask for it, and counted.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from copy import copy
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

from loopcheck.binding import Expectation, bind
from loopcheck.documents.yaml import MappingNode
from loopcheck.model import Drill, Incident, Past, Proof, Rung
from loopcheck.reasons import (
    MISSING_SECRET,
    NEEDS_GITHUB,
    NEEDS_LEDGER,
    NOT_VISIBLE,
    OUT_OF_TIME,
    CannotTell,
    Unseen,
)
from loopcheck.world.github import GitHub
from loopcheck.world.github.governor import Governor, Limits
from loopcheck.world.github.settings import TOKEN, settings_from
from loopcheck.world.history import Change, History
from loopcheck.world.recording import Difference, Reads, difference, watching
from loopcheck.world.repository import Entry, File, Repository

__all__ = [
    "Change",
    "Difference",
    "Entry",
    "File",
    "GitHub",
    "History",
    "Reads",
    "Repository",
    "SecretText",
    "Session",
    "World",
    "difference",
]

T = TypeVar("T")
S = TypeVar("S", bound=Expectation)

_MAX_CRASHES = 10  # a traceback keeps alive what its frames hold


class SecretText:
    """A credential. It shows itself to nobody: only `reveal()` gives the text, for a request's header."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The credential itself."""
        return self._text

    def __repr__(self) -> str:
        return "SecretText(***)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a credential is not written anywhere")


class _Once:
    """One look: its value or the trouble it met, for everybody who asks."""

    __slots__ = ("by", "done", "reads", "trouble", "value")

    def __init__(self, reads: Reads | None) -> None:
        self.by = threading.get_ident()
        self.reads = reads
        """What whoever makes it reads; also later, through what the look gave."""
        self.done = threading.Event()
        self.value: Any = None
        self.trouble: BaseException | None = None


class Session:
    """What all worlds of a run share.

    Args:
        repository: the checkout.
        now: the time of the run, with offset; expiry and staleness are reckoned from it.
        environment: where credentials and endpoints come from.
        settings: the `settings:` of the configuration.
        seconds: how long the run may take, in seconds; `None` for as long as it likes.
        sleep: waits so many seconds before a question to GitHub is asked again.
        clock: seconds since the epoch, by which what GitHub asks to wait for is reckoned.
        limits: what the run may ask of GitHub.
        incidents: every incident that is declared; `None` where checkers are not to see others than their item's.

    Attributes:
        governor: how fast GitHub is asked, and what was asked so far; of all that reads and writes in this run.
        incidents: as given.
        past: what the ledger says, for checkers; `None` until somebody has read it.
    """

    def __init__(
        self,
        repository: Repository,
        *,
        now: datetime | None = None,
        environment: Mapping[str, str] | None = None,
        settings: MappingNode | None = None,
        seconds: float | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
        limits: Limits | None = None,
        incidents: tuple[Incident, ...] | None = None,
    ) -> None:
        self.repository = repository
        self.incidents = incidents
        self.past: Past | None = None
        self.governor = Governor(limits, clock=clock, sleep=sleep)
        self._sleep = sleep
        self.now = now or datetime.now(UTC)
        self._environment = os.environ if environment is None else environment
        self._settings = settings
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._reads: Reads | None = None
        self._lock = threading.Lock()
        self._looks: dict[Hashable, _Once] = {}
        self._counts: Counter[str] = Counter()
        self.crashes: list[tuple[str, BaseException]] = []
        """The first crashes of checkers, each with its kind, for `verify --debug`."""

    def world(self, incident: Incident | None = None, requires: Rung = Rung.ACTIVE) -> World:
        """The world as the checker of one item sees it."""
        return World(self, incident, requires)

    def watched(self, reads: Reads) -> Session:
        """The same run with the same memory, in which all that checkers read of the repository is noted in `reads`.

        What is served from memory counts with all that whoever made it reads: another's look may have read, or may
        read later, what this one would have read itself.
        """
        twin = copy(self)
        twin._reads = reads  # noqa: SLF001 - its own kind
        twin.repository = watching(self.repository, reads)
        return twin

    def anew(self) -> Session:
        """The same run without memory: every question is asked again, and counts on. For a write that rests on it."""
        twin = copy(self)
        twin._looks = {}  # noqa: SLF001 - its own kind
        return twin

    @property
    def counts(self) -> dict[str, int]:
        """How often each system was asked, git included."""
        return {"git": self.repository.git.processes, **self._counts}

    @property
    def github(self) -> GitHub:
        """See `World.github`."""

        def connect() -> GitHub:
            settings = settings_from(self._environment)
            token = self._environment.get(TOKEN, "").strip()
            if not token:
                raise CannotTell(NEEDS_GITHUB, f"{TOKEN} is not set, so GitHub was not asked")
            return GitHub(
                settings,
                token,
                once=self.once,
                count=lambda: self.count("github"),
                timeout=self.world().timeout,
                governor=self.governor,
                sleep=self._sleep,
            )

        return self.once(("github", "client"), connect)

    def count(self, system: str, looks: int = 1) -> None:
        """Add to the number of requests made to `system`."""
        with self._lock:
            self._counts[system] += looks

    def crashed(self, kind: str, error: BaseException) -> None:
        """Remember that the checker of `kind` stopped with `error`."""
        with self._lock:
            if len(self.crashes) < _MAX_CRASHES:
                self.crashes.append((kind, error))

    def once(self, key: Hashable, look: Callable[[], T]) -> T:
        """See `World.once`."""
        with self._lock:
            known = self._looks.get(key)
            mine = known is None
            flight = known or self._looks.setdefault(key, _Once(self._reads))
        if not mine:
            if self._reads is not None:
                self._reads.include(flight.reads)
            if flight.by == threading.get_ident() and not flight.done.is_set():
                raise RuntimeError("a look asks for itself")
            if not flight.done.wait(self.seconds_left):
                raise CannotTell(OUT_OF_TIME, "the run's time was used up while this was looked at")
        else:
            try:
                flight.value = look()
            except BaseException as trouble:
                flight.trouble = trouble
                raise
            finally:
                flight.done.set()
        if flight.trouble is not None:
            raise flight.trouble.with_traceback(None)  # or each who asks would lengthen the others' traceback
        value: T = flight.value
        return value

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the run's time is used up, or `None` where there is no limit."""
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())


class World:
    """The outside, as the checker of one item may see it.

    Attributes:
        repo: files and history at the commit that is looked at.
        now: the time of the run. A checker asks no clock.
        incident: what the item answers, as far as anyone wrote it down.
        requires: the rung that the item asks for. What only a higher one needs, and costs, may be left out.
    """

    def __init__(self, session: Session, incident: Incident | None, requires: Rung = Rung.ACTIVE) -> None:
        self._session = session
        self.repo = session.repository
        self.now = session.now
        self.incident = incident
        self.requires = requires

    @property
    def proofs(self) -> Mapping[str, Proof]:
        """What `loopcheck prove` has found, by key: the newest of each.

        Raises:
            CannotTell: this run did not read the ledger.
        """
        return self._past.proofs

    @property
    def drills(self) -> tuple[Drill, ...]:
        """The drills that people reported, oldest first.

        Raises:
            CannotTell: this run did not read the ledger.
        """
        return self._past.drills

    @property
    def _past(self) -> Past:
        if self._session.past is None:
            raise CannotTell(NEEDS_LEDGER, "this run did not read the ledger")
        return self._session.past

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """Every incident that is declared in the files that were read, each with its post-mortem.

        Raises:
            CannotTell: this run looks at what a change touches, and not at other incidents.
        """
        if self._session.incidents is None:
            raise CannotTell(NOT_VISIBLE, "this run does not look at other incidents")
        return self._session.incidents

    def once(self, key: Hashable, look: Callable[[], T]) -> T:
        """The result of `look`, made once a run for everybody who asks with the same `key`.

        Trouble is shared in the same way: whoever asks after a refusal gets the refusal.

        Args:
            key: what is looked at; begin it with your kind or system: `("datadog", "monitors")`.
            look: makes the look. Its result is shared and must not be changed.
        """
        return self._session.once(key, look)

    @property
    def github(self) -> GitHub:
        """GitHub's API, to read.

        Raises:
            CannotTell: no token is set, or it is not known which repository to ask about.
        """
        return self._session.github

    def attempt(self, look: Callable[[], T]) -> T | Unseen:
        """The result of `look`, or the trouble that it met as data, for a part of an observation."""
        try:
            return look()
        except CannotTell as trouble:
            return trouble.unseen

    def secret(self, name: str, purpose: str = "this look") -> SecretText:
        """The credential in the environment variable `name`, which the manifest lists.

        Raises:
            CannotTell: it is not set.
        """
        text = self._session._environment.get(name, "").strip()  # noqa: SLF001 - one module, one state
        if not text:
            raise CannotTell(MISSING_SECRET, f"{name} is not set: it is needed for {purpose}")
        return SecretText(text)

    def endpoint(self, name: str, default: str) -> str:
        """A public setting in the environment variable `name`, such as a site, or `default`."""
        return self._session._environment.get(name, "").strip() or default  # noqa: SLF001

    def settings(self, section: str, wanted: type[S]) -> S:
        """The section of `settings:` in `.github/loopcheck.yml`, read as `wanted`; its defaults where there is none.

        Raises:
            BindingError: the section cannot be read.
        """
        whole = self._session._settings  # noqa: SLF001
        node = whole.get(section) if whole is not None else None
        return wanted() if node is None else bind(node, wanted, what=f"settings.{section}")

    def other_repository(self, name: str) -> Repository:
        """The repository `owner/name`, other than this one.

        Raises:
            CannotTell: always; only this checkout can be read so far.
        """
        raise CannotTell(NOT_VISIBLE, f"{name[:100]} is another repository, and this run reads only its own checkout")

    def count(self, system: str, looks: int = 1) -> None:
        """Add to the number of requests made to `system`, which the report shows."""
        self._session.count(system, looks)

    def timeout(self, seconds: float) -> float:
        """`seconds`, or what is left of the run's time where that is less.

        Raises:
            CannotTell: the run's time is used up.
        """
        left = self._session.seconds_left
        if left is None:
            return seconds
        if left <= 0:
            raise CannotTell(OUT_OF_TIME, "the run's time was used up before this was looked at")
        return min(seconds, left)
