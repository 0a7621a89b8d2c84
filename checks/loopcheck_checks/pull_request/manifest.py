"""The words of `pull-request`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from loopcheck.checker import ClaimKind, Expectation, Manifest, Observation, Reason, Rung, Unseen
from loopcheck.paths import RepoGlob
from loopcheck.quantities import Moment

_NUMBER = re.compile(r"(?:([A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}))?#?([1-9][0-9]{0,9})", re.ASCII)


class PullNumber:
    """A pull request by its number. `repository` is `None` for one of this repository."""

    __slots__ = ("number", "repository")

    def __init__(self, number: int, repository: str | None = None) -> None:
        self.number = number
        self.repository = repository

    @classmethod
    def parse(cls, text: str) -> PullNumber:
        """Read `412`, `#412` or `owner/name#412`.

        Raises:
            ValueError: it is none of these.
        """
        found = _NUMBER.fullmatch(text.strip())
        if found is None or (found[1] and "#" not in text):
            raise ValueError(f"`{text[:60]}` is not the number of a pull request: write `412` or `owner/name#412`")
        return cls(int(found[2]), found[1])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PullNumber) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        return f"{self.repository or ''}#{self.number}"

    def __repr__(self) -> str:
        return f"PullNumber({self})"

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema of the text form."""
        return {"type": ["string", "integer"], "description": "A pull request: 412, #412 or owner/name#412"}


class After:
    """A moment, or the incident. `at` is `None` for the incident."""

    __slots__ = ("at",)

    def __init__(self, at: datetime | None = None) -> None:
        self.at = at

    @classmethod
    def parse(cls, text: str) -> After:
        """Read `incident`, or a time as `Moment` reads it.

        Raises:
            ValueError: it is neither.
        """
        return cls() if text.strip() == "incident" else cls(Moment.parse(text).at)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, After) and self.at == other.at

    def __hash__(self) -> int:
        return hash(self.at)

    def __str__(self) -> str:
        return "incident" if self.at is None else str(Moment(self.at))

    def __repr__(self) -> str:
        return f"After({self})"

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema of the text form."""
        return {"type": "string", "description": "`incident`, or a time with its offset: 2026-11-01T09:14Z"}


class PullRequestExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of a pull request."""

    number: Annotated[PullNumber, Meta(description="Which one.", examples=["412"])]
    touches: Annotated[
        RepoGlob | None, Meta(description="A path or pattern of which it must have changed at least one file.")
    ] = None
    touches_all: Annotated[
        list[RepoGlob], Meta(description="Paths or patterns, of each of which it must have changed a file.")
    ] = []
    touches_any: Annotated[
        list[RepoGlob], Meta(description="Paths or patterns, of one of which it must have changed a file.")
    ] = []
    merged_after: Annotated[
        After | None, Meta(description="When it must have been merged, at the earliest: `incident`, or a time.")
    ] = None
    into: Annotated[str | None, Meta(description="The branch, where it is not the default branch.")] = None

    ALSO_CALLED = {"paths": "touches-all", "files": "touches-all", "branch": "into", "base": "into", "pr": "number"}

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The patterns; of each group at least one file must have been changed."""
        alone = [*([self.touches] if self.touches else []), *self.touches_all]
        return (*((glob,) for glob in alone), *((tuple(self.touches_any),) if self.touches_any else ()))


class TouchedFile(msgspec.Struct, frozen=True):
    """A file that the pull request changed."""

    path: str
    old_path: str | None = None
    """Before it was renamed."""


class Fate(msgspec.Struct, frozen=True, kw_only=True, tag="fate"):
    """What became of the merged commit, as git tells it at the commit that is looked at."""

    head: str
    """The commit that is looked at."""
    head_at: datetime
    """When it was made."""
    in_history: bool
    reverted_by: tuple[str, ...] = ()
    """Commits whose message says that they revert it, and which nothing reverts."""
    compared: bool = False
    """Whether the content before the pull request is known."""
    as_before: tuple[str, ...] = ()
    """Those of its files that are again what they were before."""
    as_merged: tuple[str, ...] = ()
    """Those of its files that are still what it made of them."""


class SeenPull(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request."""

    url: str
    state: str
    """`open` or `closed`."""
    merged_at: datetime | None
    base: str
    """The branch that it was merged into, or is to be."""
    merge_commit: str | None
    """What the merge made of it: a merge commit, a squashed one, or the last of those that were rebased."""
    changed_files: int


class PullRequestObservation(Observation, frozen=True, kw_only=True):
    """What was seen of a pull request."""

    source: str
    """Its page, for the evidence."""
    since: datetime | None
    """The moment after which it must have been merged, where that is known."""
    into: str
    """The branch that is meant."""
    is_issue: bool = False
    """The number is that of an issue."""
    pull: SeenPull | None = None
    """`None` where there is provably none."""
    files: tuple[TouchedFile, ...] | Unseen = ()
    complete: bool = True
    """Whether these are all of its files."""
    fate: Fate | Unseen | None = None
    """`None` where it was not merged."""


IS_THERE = ClaimKind("is-there", Rung.EXISTS, "A pull request of this repository has the number.")
MERGED = ClaimKind("merged", Rung.EXISTS, "The pull request was merged.")
INTO_BRANCH = ClaimKind("into-branch", Rung.EXISTS, "It was merged into the branch that counts.")
AFTER_INCIDENT = ClaimKind("after-incident", Rung.ACTIVE, "It was merged after the incident, or the time declared.")
TOUCHES = ClaimKind("touches", Rung.ACTIVE, "It changed the files that were declared.")
IN_HISTORY = ClaimKind("in-history", Rung.ACTIVE, "What was merged is in the history of what is looked at.")
NOT_REVERTED = ClaimKind("not-reverted", Rung.ACTIVE, "What it changed was not taken back since.")

NO_PULL_REQUEST = Reason("no-pull-request", "There is no pull request of this number.", "Correct the number.")
IS_AN_ISSUE = Reason(
    "is-an-issue", "The number is that of an issue.", "Name the pull request; the issue's page links to it."
)
NOT_MERGED = Reason("not-merged", "The pull request is open.", "Merge it.")
CLOSED_UNMERGED = Reason(
    "closed-unmerged",
    "The pull request was closed without being merged.",
    "Name the one that was merged in its place, or open it again.",
)
OTHER_BRANCH = Reason(
    "other-branch",
    "The pull request was merged into another branch.",
    "Bring it to the branch that counts, and name the pull request that did.",
)
BEFORE_INCIDENT = Reason(
    "before-incident",
    "The pull request was merged before the incident, which it did not prevent.",
    "Name the pull request that answers the incident.",
)
NOT_TOUCHED = Reason(
    "not-touched",
    "The pull request changed none of the files that were declared.",
    "Correct the paths, or name the pull request that changed them.",
)
NOT_IN_HISTORY = Reason(
    "not-in-history",
    "What was merged is not in the history of what is looked at.",
    "Look whether the branch was rewritten, and merge the change again.",
)
AFTER_CHECKOUT = Reason(
    "after-checkout",
    "The pull request was merged after the commit that is looked at was made.",
    "Check out the branch as it is now.",
)
NO_BRANCH_HERE = Reason(
    "no-branch-here",
    "The clone does not hold the branch that was declared.",
    "Fetch the branch, such as with `fetch-depth: 0` (actions/checkout).",
)
REVERTED = Reason(
    "reverted",
    "What the pull request changed is again what it was before.",
    "Bring the change back, or record a waiver.",
)
PERHAPS_REVERTED = Reason(
    "perhaps-reverted",
    "A later commit reverts the change or a part of it, and what there is now is neither of the two.",
    "Look whether the change is still there; then name the pull request that brought it back, or the files that count.",
)

MANIFEST = Manifest(
    kind="pull-request",
    summary="A pull request was merged after the incident, and what it changed is still there.",
    claims=(IS_THERE, MERGED, INTO_BRANCH, AFTER_INCIDENT, TOUCHES, IN_HISTORY, NOT_REVERTED),
    reasons=(
        NO_PULL_REQUEST,
        IS_AN_ISSUE,
        NOT_MERGED,
        CLOSED_UNMERGED,
        OTHER_BRANCH,
        BEFORE_INCIDENT,
        NOT_TOUCHED,
        NOT_IN_HISTORY,
        AFTER_CHECKOUT,
        NO_BRANCH_HERE,
        REVERTED,
        PERHAPS_REVERTED,
    ),
    systems=("github",),
)
