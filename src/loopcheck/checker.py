"""The contract between loopcheck and a checker, and all that a checker needs to import.

A checker looks (`observe`, the only place with I/O) and then judges (`judge`, pure). checks/README.md shows how
to write one; `loopcheck.testing.contract` holds one to what is said here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

import msgspec

from loopcheck.binding import Expectation
from loopcheck.model import Claim, Evidence, Incident, Outcome, Rung
from loopcheck.reasons import CannotTell, Reason, Unseen
from loopcheck.replay import Replay, Window
from loopcheck.world import World

__all__ = [
    "CannotTell",
    "Checker",
    "Claim",
    "ClaimKind",
    "Evidence",
    "Expectation",
    "Incident",
    "Manifest",
    "Observation",
    "Outcome",
    "Provable",
    "Reason",
    "Replayer",
    "Rung",
    "Secret",
    "Setting",
    "Trial",
    "Unseen",
    "World",
]


class ClaimKind(msgspec.Struct, frozen=True):
    """A claim that a checker makes, declared once. `holds`, `fails` and `unknown` make the claim itself."""

    word: str
    """Stable, in kebab-case, and true when it holds: `not-muted`."""
    rung: Rung
    says: str
    """One sentence that is true when the claim holds."""

    def holds(self, message: str, *evidence: Evidence) -> Claim:
        """The claim holds, and `evidence` shows it."""
        return Claim(self.rung, self.word, Outcome.HOLDS, message, evidence=evidence)

    def fails(self, reason: Reason, message: str, *evidence: Evidence) -> Claim:
        """The claim is proven false: a complete and authorised look says no."""
        return Claim(self.rung, self.word, Outcome.FAILS, message, reason.word, reason.remedy, evidence)

    def unknown(self, why: Reason | Unseen | CannotTell, message: str | None = None, *evidence: Evidence) -> Claim:
        """It could not be seen whether the claim holds.

        Args:
            why: the reason, or the trouble that was met.
            message: what to tell people; where `why` is a trouble, its own message is the default.
            evidence: what was seen instead.
        """
        if isinstance(why, CannotTell):
            evidence = (*evidence, *why.evidence)
            why = why.unseen
        if isinstance(why, Unseen):
            return Claim(
                self.rung,
                self.word,
                Outcome.UNKNOWN,
                message or why.message,
                why.reason,
                why.remedy,
                evidence,
            )
        return Claim(self.rung, self.word, Outcome.UNKNOWN, message or why.means, why.word, why.remedy, evidence)


class Secret(msgspec.Struct, frozen=True):
    """A credential or endpoint that a checker takes from the environment, and never from anywhere else."""

    name: str
    """The environment variable: `DD_API_KEY`."""
    purpose: str
    """What it is for, and the least permission that does."""
    required: bool = True
    confidential: bool = True
    """False for an endpoint or a site, which may be printed."""


class Setting(msgspec.Struct, frozen=True):
    """A section of `.github/loopcheck.yml` under `settings:` that a checker reads."""

    section: str
    type: type[Expectation]


class Manifest(msgspec.Struct, frozen=True):
    """Who a checker is. Its documentation, its errors and its reports all come from here."""

    kind: str
    """The name under which authors declare it: `datadog-monitor`."""
    summary: str
    """One sentence: what it verifies."""
    claims: tuple[ClaimKind, ...]
    """Every claim that its judge can make."""
    reasons: tuple[Reason, ...] = ()
    """Every reason of its own for which a claim can fail or be unknown."""
    systems: tuple[str, ...] = ()
    """The outside systems that it asks (`datadog`); none for one that needs only the repository."""
    secrets: tuple[Secret, ...] = ()
    settings: tuple[Setting, ...] = ()


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """The base of what a checker saw: plain data that survives being written as JSON and read again."""


E = TypeVar("E", bound=Expectation)
S = TypeVar("S", bound=Observation)


class Checker(Protocol[E, S]):
    """One kind of artifact. It is created without arguments and holds no state."""

    manifest: ClassVar[Manifest]
    Expect: type[E]
    """What an author declares."""
    Observation: type[S]
    """What `observe` returns."""

    def describe(self, expect: E) -> str:
        """The artifact in a few words, for a line of the report: `runbooks/lag.md § Replica is lagging`."""
        ...

    def observe(self, expect: E, world: World) -> S:
        """Look. The only place with I/O, and only through `world`.

        Raises:
            CannotTell: the artifact could not be seen. Absence that was seen is an observation.
        """
        ...

    def judge(self, expect: E, observation: S) -> Iterable[Claim]:
        """Say what follows, from nothing but the arguments.

        Every claim of the manifest that applies is made, the ones that hold as well: a rung on which nothing
        is claimed is not reached.
        """
        ...


AnyChecker = Checker[Any, Any]

_NO_VERDICT = 126
"""From here on a shell says that it could not run a command, or that a signal ended it."""


class Trial(msgspec.Struct, frozen=True):
    """A check as a command, with a commit that it must refuse and one that it must let pass."""

    script: str
    shell: tuple[str, ...]
    """The program that runs the script, and its arguments before the script's file."""
    bad: str
    """The full id of the commit that it must refuse."""
    good: str
    """The full id of the one that it must let pass."""
    folder: str = ""
    """Where in the repository it runs; empty for the top."""
    environment: Mapping[str, str] = {}
    """What it is given beside the environment of whoever asks."""
    brought: tuple[str, ...] = ()
    """Patterns of files that are the check itself, such as tests: they are put onto the bad commit as the good one has
    them."""
    refusals: tuple[int, ...] = ()
    """The exit codes with which it says no; where there are none, any from 1 to 125."""

    @property
    def key(self) -> str:
        """SHA-256 of all that decides the outcome, but for the good commit, which moves on."""
        rests = [
            self.script,
            self.shell,
            self.bad,
            self.folder,
            sorted(self.environment.items()),
            self.brought,
        ]
        return hashlib.sha256(msgspec.json.encode(rests)).hexdigest()

    def passes(self, code: int) -> bool | None:
        """What an exit code says of a commit: it passes, it does not, or, `None`, the check did not come to speak."""
        if code == 0:
            return True
        refused = code in self.refusals if self.refusals else 0 < code < _NO_VERDICT
        return False if refused else None


@runtime_checkable
class Provable(Protocol):
    """What a checker offers besides, if its artifacts are checks that can be run: `loopcheck prove` then runs them."""

    def trial(self, expect: Any, world: World) -> Trial:
        """The check that `expect` declares, as a command. Nothing is run here.

        Raises:
            CannotTell: it is not there, it cannot be run by itself, or nobody named a commit that is bad.
        """
        ...


@runtime_checkable
class Replayer(Protocol):
    """What a checker offers besides, if its artifacts are rules over time series: to replay one over any window."""

    def replay(
        self, expect: Any, window: Window, world: World, *, around: timedelta | None = None, written: bool = False
    ) -> Replay:
        """Replay the rule that `expect` selects.

        Args:
            expect: what selects it.
            window: the time that is asked about.
            world: what to look through.
            around: in how long a time around the window other firings are counted; what `expect` says, if not given.
            written: whether the rule is meant as it is written at the commit that is looked at, and not as it is in
                force.

        Raises:
            CannotTell: it cannot be told which rule that is, it cannot be replayed, or its samples could not be had.
        """
        ...

    def named(self, text: str, world: World, *, written: bool = False) -> Any:
        """The expectation that selects a rule by what a person types: its name, its id.

        Args:
            text: what was typed.
            world: what to look through.
            written: see `replay`.

        Raises:
            CannotTell: there is none of that name, or it cannot be seen.
        """
        ...
