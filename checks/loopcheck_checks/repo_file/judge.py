"""What follows from what was seen of a file. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loopcheck.checker import Claim, Evidence
from loopcheck_checks.repo_file.manifest import (
    EMPTY_FILE,
    HAS_CONTENT,
    IN_PLACE,
    IS_EXECUTABLE,
    NO_FILE,
    NOT_EXECUTABLE,
    RepoFileExpectation,
    RepoFileObservation,
)


def judge(expect: RepoFileExpectation, seen: RepoFileObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    if not seen.found:
        what = "a folder" if seen.is_folder else "no such file"
        meant = f"; did you mean {seen.nearest}?" if seen.nearest else ""
        yield IN_PLACE.fails(NO_FILE, f"{expect.path}: {what}{meant}", Evidence(seen.source, what))
        return
    here = Evidence(seen.source, f"a file with {seen.size:,} bytes that are not white space")
    yield IN_PLACE.holds(f"{expect.path} is there", here)
    if seen.size:
        yield HAS_CONTENT.holds("it has content", here)
    else:
        yield HAS_CONTENT.fails(EMPTY_FILE, f"{expect.path} is empty", here)
    if expect.executable:
        if seen.executable:
            yield IS_EXECUTABLE.holds("it may be executed", here)
        else:
            yield IS_EXECUTABLE.fails(NOT_EXECUTABLE, f"{expect.path} is not executable", here)
