"""The words of `runbook`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from loopcheck.checker import ClaimKind, Expectation, Manifest, Observation, Reason, Rung, Unseen
from loopcheck.paths import RepoPath
from loopcheck.quantities import Duration, Moment


class Since:
    """From when a change counts: the incident, a day or time, or no moment at all.

    Attributes:
        at: the moment; `None` where it is the incident's, or none is asked for.
        required: False where the runbook need not have changed.
    """

    __slots__ = ("at", "required")

    def __init__(self, at: datetime | None = None, *, required: bool = True) -> None:
        self.at = at
        self.required = required

    @classmethod
    def parse(cls, text: str) -> Since:
        """Read `incident`, `2026-11-01`, `2026-11-01T09:14Z` or `not-required`.

        Raises:
            ValueError: it is none of these.
        """
        word = text.strip()
        if word == "incident":
            return cls()
        if word == "not-required":
            return cls(required=False)
        try:
            day = date.fromisoformat(word) if len(word) == len("2026-11-01") else None
        except ValueError:
            day = None
        if day is not None:
            return cls(datetime(day.year, day.month, day.day, tzinfo=UTC))
        try:
            return cls(Moment.parse(word).at)
        except ValueError as error:
            raise ValueError(f"{error}, or `incident`, `2026-11-01` or `not-required`") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Since) and (self.at, self.required) == (other.at, other.required)

    def __hash__(self) -> int:
        return hash((self.at, self.required))

    def __repr__(self) -> str:
        return f"Since({self.at!r}, required={self.required})"

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema of the text form."""
        return {
            "type": "string",
            "description": "incident (when the incident began), a day, a time with its offset, or not-required",
            "examples": ["incident", "2026-11-01", "2026-11-01T09:14Z", "not-required"],
        }


Place = Literal["anywhere", "prose", "code"]
Words = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S", description="Words that must stand there.")]


class Mention(Expectation, frozen=True, kw_only=True):
    """Words that must stand in the runbook, and in what."""

    text: Words
    in_: Annotated[Place, Meta(description="Whether they must stand in code, in prose, or in either.")] = msgspec.field(
        default="anywhere", name="in"
    )


class DrilledBy(Expectation, frozen=True, kw_only=True):
    """A workflow that follows the runbook."""

    workflow: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=500,
            description="The workflow: its file's name, its path, or its name.",
            examples=["drill.yml"],
        ),
    ]


class RunbookExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of a runbook."""

    path: Annotated[RepoPath, Meta(description="The file.", examples=["runbooks/replication.md"])]
    section: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=500,
                pattern=r"\S",
                description="The heading of the section, or `#` and its anchor. Without it, the whole file.",
                examples=["Replica is lagging"],
            ),
        ]
        | None
    ) = None
    mentions: Annotated[
        Words | Mention | tuple[Words | Mention, ...],
        Meta(description="Words that a reader must find there."),
    ] = ()
    steps: Annotated[int, Meta(ge=1, le=1000, description="How many steps there must be at least.")] | None = None
    changed_since: Annotated[Since, Meta(description="From when a change counts.")] = msgspec.field(
        default_factory=Since
    )
    reviewed_within: Annotated[
        Duration | None, Meta(description="How old the latest change of its content may be.", examples=["180d"])
    ] = None
    drilled_by: Annotated[DrilledBy | None, Meta(description="A workflow that follows it, for `require: proven`.")] = (
        None
    )

    @property
    def wanted(self) -> tuple[Mention, ...]:
        """Every mention that is asked for."""
        given = self.mentions if isinstance(self.mentions, tuple) else (self.mentions,)
        return tuple(Mention(text=one) if isinstance(one, str) else one for one in given)


class SectionSeen(msgspec.Struct, frozen=True):
    """A section that fits the declaration."""

    title: str
    anchor: str
    line: int


class MentionSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one mention."""

    text: str
    place: str
    """Where it was wanted: `anywhere`, `prose`, `code`."""
    line: int | None = None
    """The line on which it stands; `None` where it does not."""
    elsewhere: str | None = None
    """Where else it stands, where that does not count."""
    unseen: Unseen | None = None
    """Why its absence proves nothing."""


class ChangeSeen(msgspec.Struct, frozen=True, kw_only=True, tag="seen"):
    """How the runbook, or its section, changed since a moment."""

    since: datetime
    result: str
    """A word of `changes`: `material`, `form`, `date-bump` …; `untouched` where no commit touched the file."""
    commits: int = 0
    """How many commits touched the file."""
    complete: bool = True
    """False where there may be changes that this clone does not have."""
    source: str | None = None
    """The file at the commit that is named as evidence: the latest that changed it materially, or at all."""
    at: datetime | None = None
    """When that commit arrived on the branch."""


class LinkSeen(msgspec.Struct, frozen=True):
    """A link that leads nowhere, or of which that cannot be told."""

    destination: str
    line: int
    why: str


class LinksSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The links of the runbook, or its section, that stay in the repository."""

    followed: int = 0
    """How many lead to something that is there."""
    broken: tuple[LinkSeen, ...] = ()
    unclear: tuple[LinkSeen, ...] = ()


class Exercise(msgspec.Struct, frozen=True):
    """One time at which the runbook was followed, as somebody or something says."""

    source: str
    """Where it says so."""
    what: str
    at: datetime
    changed: ChangeSeen | Unseen
    """How the runbook changed since."""


class ExercisedSeen(msgspec.Struct, frozen=True):
    """What was done with the runbook."""

    exercises: tuple[Exercise, ...] = ()
    """The newest of each source."""
    unseen: tuple[Unseen, ...] = ()
    """Why a source could not be seen."""
    sources: tuple[str, ...] = ()
    """What was looked through."""


class RunbookObservation(Observation, frozen=True, kw_only=True):
    """What was seen of a runbook."""

    path: str
    commit: str
    now: datetime
    found: bool
    is_folder: bool = False
    nearest: str | None = None
    """A path that the author may have meant, where there is no such file."""
    has_sections: bool = True
    """False for a format in which loopcheck does not read headings."""
    sections: tuple[SectionSeen, ...] = ()
    """Every section that fits the declaration."""
    nearest_section: str | None = None
    content: str = "written"
    """`written`, `empty`, or the placeholder that stands there."""
    content_line: int = 1
    mentions: tuple[MentionSeen, ...] = ()
    steps: int = 0
    changed: ChangeSeen | Unseen | None = None
    """`None` where no change is asked for."""
    links: LinksSeen | None = None
    """`None` for a format in which loopcheck reads no links."""
    review: ChangeSeen | Unseen | None = None
    """How it changed within the time allowed; `None` where none is set."""
    review_date: date | None = None
    """The latest date of a review that the file itself gives, not after the run."""
    exercised: ExercisedSeen | None = None
    """What was done with it; `None` where nobody asks."""


IN_PLACE = ClaimKind("in-place", Rung.EXISTS, "The file is there.")
HAS_SECTION = ClaimKind("has-section", Rung.EXISTS, "Exactly one section has the heading or anchor that was named.")
SAYS_SOMETHING = ClaimKind(
    "says-something", Rung.EXISTS, "The section, or file, says more than that it is to be written."
)
MENTIONS = ClaimKind("mentions", Rung.EXISTS, "A reader finds the words there.")
HAS_STEPS = ClaimKind("has-steps", Rung.EXISTS, "It has as many steps as were promised.")
REALLY_CHANGED = ClaimKind("really-changed", Rung.ACTIVE, "What it says has changed since the incident.")
LINKS_RESOLVE = ClaimKind(
    "links-resolve", Rung.ACTIVE, "Every link in it that stays in the repository leads to something."
)
REVIEWED = ClaimKind("reviewed", Rung.ACTIVE, "What it says has changed within the time that was set.")
EXERCISED = ClaimKind(
    "exercised",
    Rung.PROVEN,
    "It was followed since it says what it says: in a drill, in a run of the declared workflow, or in an incident.",
)

NO_FILE = Reason("no-file", "There is no such file at this commit.", "Write the runbook, or correct the path.")
NO_SECTION = Reason(
    "no-section", "No heading or anchor of the file has this name.", "Write the section, or correct it."
)
EMPTY = Reason("empty", "Nothing visible stands below the heading.", "Write what to do.")
PLACEHOLDER = Reason("placeholder", "All that stands there is that it is to be written.", "Write what to do.")
NOT_MENTIONED = Reason(
    "not-mentioned",
    "A reader does not find the words there.",
    "Write them where they were promised; a comment, another section or another form does not count.",
)
TOO_FEW_STEPS = Reason("too-few-steps", "It has fewer steps than were promised.", "Write the missing steps.")
UNCHANGED = Reason(
    "unchanged",
    "It says what it said before the incident.",
    "Write down what the incident taught, and merge it; or declare `changed-since`.",
)
ONLY_FORM = Reason(
    "only-form",
    "It was touched since, but what it says is the same: dates, spacing, names of files, typography, hosts of links.",
    "Write down what the incident taught, and merge it; or declare `changed-since`.",
)
SMALL_CHANGE = Reason(
    "small-change",
    "What changed since is so little that it may not be what was promised: where links lead, spelling, a date.",
    "Check by hand whether this was the change, and record that with a waiver.",
)
BROKEN_LINK = Reason("broken-link", "A link leads to nothing in the repository.", "Mend the link.")
STALE = Reason(
    "stale",
    "What it says is older than the time that was set.",
    "Go through the runbook, mend what is no longer true, and merge it.",
)
ONLY_A_DATE = Reason(
    "only-a-date",
    "A date in the file says that it was reviewed, and nothing that it says has changed: no review can be seen.",
    "Check by hand that it was reviewed, and record that with a waiver.",
)
NOT_EXERCISED = Reason(
    "not-exercised",
    "Nobody has reported a drill of it, no post-mortem of another incident names it, and no declared workflow ran.",
    "Follow it in a drill, and comment `/loopcheck drilled PATH` on the issue; or declare `drilled-by:`.",
)
CHANGED_SINCE_DRILL = Reason(
    "changed-since-drill",
    "It was followed before, and says something else since.",
    "Follow it again as it is now, and comment `/loopcheck drilled PATH` on the issue.",
)
NO_DRILL_WORKFLOW = Reason(
    "no-drill-workflow",
    "GitHub knows no workflow of the declared name, or has deleted it.",
    "Correct `drilled-by:`, or merge the workflow to the default branch.",
)

MANIFEST = Manifest(
    kind="runbook",
    summary="A runbook has the section and the words that were promised, and really changed since the incident.",
    claims=(
        IN_PLACE,
        HAS_SECTION,
        SAYS_SOMETHING,
        MENTIONS,
        HAS_STEPS,
        REALLY_CHANGED,
        LINKS_RESOLVE,
        REVIEWED,
        EXERCISED,
    ),
    reasons=(
        NO_FILE,
        NO_SECTION,
        EMPTY,
        PLACEHOLDER,
        NOT_MENTIONED,
        TOO_FEW_STEPS,
        UNCHANGED,
        ONLY_FORM,
        SMALL_CHANGE,
        BROKEN_LINK,
        STALE,
        ONLY_A_DATE,
        NOT_EXERCISED,
        CHANGED_SINCE_DRILL,
        NO_DRILL_WORKFLOW,
    ),
    # `systems` stays empty: only `drilled-by` asks GitHub, and an outage there must not hold up what git alone tells.
)
