"""The words of loopcheck as data: what was promised, what was seen, what follows.

Everything here is frozen and knows nothing of formats, systems or the command line. The JSON report
(docs/report.md) is these types, written out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum, StrEnum
from functools import total_ordering
from typing import Any, Literal

import msgspec


@total_ordering
class _Ordered(Enum):
    """An enumeration whose members are ordered as they are written, least first."""

    def __lt__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        members = list(type(self))
        return members.index(self) < members.index(other)


class Rung(_Ordered):
    """How strong a proof is. Each rung includes those below it."""

    EXISTS = "exists"
    """The artifact is there and says what was promised."""
    ACTIVE = "active"
    """It is in force: it would act today."""
    PROVEN = "proven"
    """It has been shown to act: replayed over the incident, failed on the bad commit, exercised in a drill."""


class Outcome(_Ordered):
    """What became of one claim. `UNKNOWN` means "could not see", never "no"."""

    HOLDS = "holds"
    UNKNOWN = "unknown"
    FAILS = "fails"


class Verdict(_Ordered):
    """What is said of an artifact, an item or a run. A group's verdict is its worst."""

    VERIFIED = "verified"
    INCONCLUSIVE = "inconclusive"
    FAILED = "failed"

    @classmethod
    def worst(cls, verdicts: Iterable[Verdict]) -> Verdict:
        """The worst of `verdicts`; of none at all, `INCONCLUSIVE`, because nothing was checked."""
        return max(verdicts, default=cls.INCONCLUSIVE)


class Kind(StrEnum):
    """What an action item is for."""

    PREVENT = "prevent"
    DETECT = "detect"
    MITIGATE = "mitigate"
    INVESTIGATE = "investigate"
    REPAIR = "repair"
    PROCESS = "process"


class Finding(StrEnum):
    """The category of the finding that an item answers."""

    DETECTION_GAP = "detection-gap"
    PROCESS_GAP = "process-gap"
    ARCHITECTURAL = "architectural"
    COMMUNICATION = "communication"


class Location(msgspec.Struct, frozen=True):
    """Where something is written."""

    path: str
    """Path in the repository, with `/`; `#12` in the body of an issue."""
    line: int = 1
    """First line, counted from 1."""
    column: int | None = None
    """First column, counted from 1; `None` where only the line is known."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" + (f":{self.column}" if self.column else "")


class Problem(msgspec.Struct, frozen=True):
    """Something that an author wrote and loopcheck cannot read."""

    path: str
    line: int
    column: int
    message: str
    """What is wrong."""
    hint: str | None = None
    """What to write instead."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class Incident(msgspec.Struct, frozen=True):
    """What happened. Times carry their offset; a time that nobody wrote down is `None`."""

    id: str
    title: str | None = None
    severity: str | None = None
    started: datetime | None = None
    detected: datetime | None = None
    resolved: datetime | None = None
    report: Location | None = None
    """The post-mortem that describes it."""
    caused_by: str | None = None
    """The id of the commit that caused it, in full or shortened."""

    @property
    def since(self) -> datetime | None:
        """The moment after which a fix can be an answer to this incident: its start."""
        return self.started or self.detected or self.resolved


class Tried(msgspec.Struct, frozen=True):
    """One run of a command at a commit, to its end."""

    commit: str
    """The full id."""
    code: int
    """What it returned to the shell."""
    log: str
    """The SHA-256 of all that it printed, in hexadecimal."""


class Proof(msgspec.Struct, frozen=True, tag="proof"):
    """What somebody found who ran a check on a commit that it must refuse, and on one that it must let pass."""

    key: str
    """Of the command, the bad commit and what else decides the outcome: a proof of another key is of another check."""
    bad: Tried
    good: Tried
    at: datetime
    by: str
    """Who asked for it. Never fit to print as it is."""
    run: str = ""
    """The workflow run, `123/1`; empty for one on somebody's own machine."""


class Drill(msgspec.Struct, frozen=True):
    """Somebody said that a runbook was followed in a drill."""

    runbook: str
    """Its path."""
    at: datetime
    by: str
    issue: int | None = None
    """Where they said so."""


class Past(msgspec.Struct, frozen=True):
    """What people left behind for later runs, as far as a checker may see it."""

    proofs: Mapping[str, Proof] = {}
    """The newest of each key."""
    drills: tuple[Drill, ...] = ()
    """Oldest first."""


class Artifact(msgspec.Struct, frozen=True):
    """One thing that would prove an item: a kind, and what is expected of it."""

    kind: str
    expect: Any
    """The expectation in the checker's own type, or `None` where no checker of this kind is usable."""
    declared: Mapping[str, Any]
    """The expectation as the author wrote it, scalars as text."""
    location: Location


class ActionItem(msgspec.Struct, frozen=True):
    """A promise from a post-mortem."""

    id: str
    """Stable as long as file and title are: `postmortems/lag.md#add-an-alert`, or the author's own."""
    title: str
    owner: str
    """One person: `@handle`, name or e-mail address."""
    due: date | None
    artifacts: tuple[Artifact, ...]
    location: Location
    requires: Rung = Rung.ACTIVE
    kind: Kind | None = None
    finding: Finding | None = None
    addresses: tuple[str, ...] = ()
    """The contributing factors it answers, by the post-mortem's own ids."""
    incident: Incident | None = None
    url: str | None = None
    """The issue that it is declared in."""
    withheld: Claim | None = None
    """Why none of its artifacts may be looked at: an unknown claim, which then stands for each of them."""


class Evidence(msgspec.Struct, frozen=True):
    """Something that anyone with access can open and see again."""

    source: str
    """Where: `runbooks/lag.md:12@4f2a9c1`, a monitor's page, an API path. Never holds a credential."""
    seen: str
    """What was there, in few words."""
    at: datetime | None = None
    """When loopcheck saw it, or, for a file at a commit, when that commit was made."""
    edited: datetime | None = None
    """When it was last edited, where its system says so; git says it better for a file."""


class Sketch(msgspec.Struct, frozen=True):
    """What a rule compared when it was replayed, in a few columns, so that every report can draw it."""

    start: datetime
    end: datetime
    values: tuple[float | None, ...]
    """One for each column: the value that came nearest to firing, or went farthest beyond; `None` where nothing was."""
    fires: tuple[bool, ...]
    """Whether it fires in a column; as many as `values`."""
    bound: float | None = None
    """The threshold, where there is one."""
    sign: str = ""
    """How it is compared: `>`."""


class Claim(msgspec.Struct, frozen=True):
    """One sentence about an artifact that holds, fails or is unknown."""

    rung: Rung
    claim: str
    """The claim's stable word, from the checker's manifest."""
    outcome: Outcome
    message: str
    """For people. Not stable."""
    reason: str | None = None
    """Why it does not hold or is not known: a stable word. `None` only where it holds."""
    remedy: str | None = None
    """What to do about it."""
    evidence: tuple[Evidence, ...] = ()
    sketch: Sketch | None = None
    """What was replayed, where the claim rests on a replay."""


class ArtifactResult(msgspec.Struct, frozen=True):
    """What the checker of one artifact found."""

    kind: str
    verdict: Verdict
    claims: tuple[Claim, ...]
    rung: Rung | None
    """The highest rung up to which everything holds; `None` where not even `exists` does."""
    summary: str
    """The artifact in a few words, as its author declared it: `runbooks/lag.md § Replica is lagging`."""
    location: Location
    distribution: str | None = None
    """The distribution and version that the checker came from, for the ledger."""


class ItemResult(msgspec.Struct, frozen=True):
    """What became of one item."""

    id: str
    title: str
    owner: str
    due: date | None
    location: Location
    requires: Rung
    rung: Rung | None
    """The lowest of its artifacts' rungs."""
    verdict: Verdict
    artifacts: tuple[ArtifactResult, ...]
    incident: Incident | None = None
    kind: Kind | None = None
    overdue: bool = False
    """Past its due date and not verified."""
    url: str | None = None
    """The issue that it is declared in, or `None` where that is a file."""


class Run(msgspec.Struct, frozen=True):
    """The circumstances under which a report was made."""

    at: datetime
    ref: str
    """The commit that was looked at."""
    loopcheck: str
    """loopcheck's version."""
    complete: bool = True
    """False where the run stopped early and not every artifact was looked at."""
    looks: Mapping[str, int] = {}
    """How often each outside system was asked: `{"git": 3, "datadog": 1}`."""
    notes: tuple[str, ...] = ()
    """What a reader should know: uncommitted changes that were not looked at, a shallow clone."""


class Report(msgspec.Struct, frozen=True):
    """The whole answer. docs/report.md and `loopcheck schema report` describe its JSON."""

    verdict: Verdict
    run: Run
    errors: tuple[Problem, ...]
    items: tuple[ItemResult, ...]
    version: Literal[1] = 1
