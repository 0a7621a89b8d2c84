"""The words of `repo-file`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from loopcheck.checker import ClaimKind, Expectation, Manifest, Observation, Reason, Rung
from loopcheck.paths import RepoPath


class RepoFileExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of a file."""

    path: Annotated[RepoPath, Meta(description="The file.", examples=["scripts/restore.sh"])]
    executable: Annotated[bool, Meta(description="Whether it must be executable.")] = False


class RepoFileObservation(Observation, frozen=True, kw_only=True):
    """What was seen of a file."""

    source: str
    """Path and commit, for the evidence."""
    found: bool
    nearest: str | None = None
    """A path that the author may have meant, where there is no such file."""
    is_folder: bool = False
    size: int = 0
    """Bytes that are not white space."""
    executable: bool = False


IN_PLACE = ClaimKind("in-place", Rung.EXISTS, "A regular file is at the path.")
HAS_CONTENT = ClaimKind("has-content", Rung.ACTIVE, "The file holds more than white space.")
IS_EXECUTABLE = ClaimKind("is-executable", Rung.ACTIVE, "The file may be executed, where that was asked for.")

NO_FILE = Reason("no-file", "There is no such file at this commit.", "Add the file, or correct the path.")
EMPTY_FILE = Reason("empty-file", "The file is there and holds nothing.", "Write what was promised.")
NOT_EXECUTABLE = Reason(
    "not-executable", "The file may not be executed.", "Run `git update-index --chmod=+x` on it and commit."
)

MANIFEST = Manifest(
    kind="repo-file",
    summary="A file is in the repository and has something in it.",
    claims=(IN_PLACE, HAS_CONTENT, IS_EXECUTABLE),
    reasons=(NO_FILE, EMPTY_FILE, NOT_EXECUTABLE),
)
