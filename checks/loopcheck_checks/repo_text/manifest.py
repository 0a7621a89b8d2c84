"""The words of `repo-text`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from loopcheck.checker import ClaimKind, Expectation, Manifest, Observation, Reason, Rung
from loopcheck.paths import RepoGlob
from loopcheck.patterns import compiled

OneOrMore = str | tuple[str, ...]


class Quantifier(StrEnum):
    """In how many of the files a pattern must match."""

    EVERY = "every"
    ANY = "any"


class RepoTextExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of the text of files."""

    paths: Annotated[
        OneOrMore, Meta(description="Patterns for paths, or one. Each must match a file.", examples=["deploy/*.sh"])
    ]
    must_match: Annotated[
        OneOrMore, Meta(description="Regular expressions (RE2), or one, that must be found.", examples=["'^set -eu'"])
    ] = ()
    must_not_match: Annotated[
        OneOrMore, Meta(description="Regular expressions (RE2), or one, that may be found in none of the files.")
    ] = ()
    in_: Annotated[
        Quantifier, Meta(description="Whether `must-match` holds for `every` file, or for `any` one of them.")
    ] = field(name="in", default=Quantifier.EVERY)
    comments: Annotated[
        bool | None,
        Meta(
            description="`true`: comments count like any text. `false`: they never count. Without it, a comment neither"
            " satisfies `must-match` nor excuses `must-not-match`."
        ),
    ] = None

    def __post_init__(self) -> None:
        if not self.globs:
            raise ValueError("`paths` is empty: name a file, as `deploy/*.sh`")
        if not self.patterns:
            raise ValueError("there is no pattern: add `must-match` or `must-not-match`")
        for key, source in self.patterns:
            try:
                found_everywhere = expression(source).search("") is not None
            except ValueError as error:
                raise ValueError(f"`{key}`: {error}") from None
            if found_everywhere:
                raise ValueError(f"`{key}`: `{source[:60]}` matches the empty text, so it would be found everywhere")
        if self.in_ is Quantifier.ANY and not self.must_match:
            raise ValueError("`in: any` needs a `must-match`; `must-not-match` always speaks of every file")

    @property
    def globs(self) -> tuple[RepoGlob, ...]:
        """The patterns for paths."""
        return tuple(RepoGlob.parse(glob) for glob in _listed(self.paths))

    @property
    def patterns(self) -> tuple[tuple[str, str], ...]:
        """Each pattern after the key that it stands under."""
        return (
            *(("must-match", source) for source in _listed(self.must_match)),
            *(("must-not-match", source) for source in _listed(self.must_not_match)),
        )


def expression(source: str) -> Any:
    """A pattern as it is applied: `^` and `$` stand for the ends of a line.

    Raises:
        ValueError: RE2 refuses it.
    """
    compiled(source)  # first as it was written: `a)(?m` must not become a pattern by what is put before it
    return compiled(f"(?m){source}")


def _listed(value: OneOrMore) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


class Globbed(Struct, frozen=True):
    """What one pattern for paths stands for."""

    glob: str
    files: int
    link: str | None = None
    """A symbolic link or submodule that it leads to, and behind which nothing was looked at."""
    nearest: str | None = None
    """A path that the author may have meant, where there is no file."""


class Hits(Struct, frozen=True):
    """Files with something in common."""

    files: int = 0
    places: tuple[str, ...] = ()
    """The first few: `path:line`, or only the path where no line is meant."""


class Sought(Struct, frozen=True):
    """Where one pattern was found."""

    key: str
    """`must-match` or `must-not-match`."""
    pattern: str
    found: Hits
    doubtful: Hits
    """Found only where it may stand in a comment."""
    in_comments: Hits
    """Found only in comments."""
    missing: Hits


class RepoTextObservation(Observation, frozen=True, kw_only=True):
    """What was seen of the text of files."""

    commit: str
    globs: tuple[Globbed, ...]
    looked_at: int
    """How many files were searched."""
    binary: Hits
    """Files that hold no text. They were not searched."""
    unread: Hits
    """Files, links and submodules that could hold text, and could not be read."""
    unread_because: str = ""
    patterns: tuple[Sought, ...] = ()


FILES_THERE = ClaimKind("files-there", Rung.EXISTS, "Each pattern for paths stands for at least one file.")
MATCHES = ClaimKind("matches", Rung.ACTIVE, "A text that was asked for is in the files.")
DOES_NOT_MATCH = ClaimKind("does-not-match", Rung.ACTIVE, "A text that was ruled out is in none of the files.")

NO_FILE = Reason("no-file", "No file has such a path at this commit.", "Correct the path, or add the file.")
NO_MATCH = Reason("no-match", "The text is not there.", "Write it into the files that the message names.")
ONLY_IN_COMMENTS = Reason(
    "only-in-comments",
    "The text is there only in comments, where it has no effect.",
    "Take it out of the comment; if a comment is what was promised, declare `comments: true`.",
)
UNWANTED_MATCH = Reason(
    "unwanted-match", "A text that was ruled out is there.", "Remove it at the place that the message names."
)
PERHAPS_COMMENT = Reason(
    "perhaps-comment",
    "The text stands where it may be a comment, and loopcheck does not read this language.",
    "Put it on a line of its own, or declare `comments: true`.",
)
UNREAD = Reason(
    "unread",
    "Some of the files could not be read, and the text may be in them.",
    "Declare `paths` that leave them out, or make them readable.",
)
NO_TEXT = Reason("no-text", "None of the files holds text.", "Declare `paths` that stand for text files.")

MANIFEST = Manifest(
    kind="repo-text",
    summary="A text is in the files where it was promised, or in none of them.",
    claims=(FILES_THERE, MATCHES, DOES_NOT_MATCH),
    reasons=(NO_FILE, NO_MATCH, ONLY_IN_COMMENTS, UNWANTED_MATCH, PERHAPS_COMMENT, UNREAD, NO_TEXT),
)
