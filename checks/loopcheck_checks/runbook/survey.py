"""Every change of every runbook in a repository's history, classed as the checker classes it. For accuracy figures."""

from __future__ import annotations

import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from loopcheck.checker import CannotTell
from loopcheck.documents.sections import TooBigError
from loopcheck.world import Change, Repository
from loopcheck.world.repository import decoded
from loopcheck_checks.runbook.changes import SAME, classify
from loopcheck_checks.systems.runbook_links import is_markdown

ADDED, REMOVED, RENAMED, UNREAD = "added", "removed", "renamed", "unread"


class Classed(msgspec.Struct, frozen=True):
    """One change with its class."""

    change: Change
    result: str
    """`added`, `removed`, `renamed` (only that), `unread`, or a word of `changes.classify`."""


def survey(folder: Path) -> Counter[str]:
    """How many changes of Markdown files there are of each class, in all commits but merges."""
    return Counter(classed.result for classed in classed_changes(folder))


def classed_changes(folder: Path) -> Iterator[Classed]:
    """Every change of a Markdown file, in all commits but merges, newest first, with its class."""
    repository = Repository(folder)
    try:
        for change in repository.changes(first_parent=False):
            if is_markdown(change.path):
                yield Classed(change, _class(repository, change))
    finally:
        repository.close()


def _class(repository: Repository, change: Change) -> str:
    if not change.old_oid.strip("0"):
        return ADDED
    if not change.oid.strip("0"):
        return REMOVED
    try:
        old, new = (decoded(repository.blob(oid), change.path) for oid in (change.old_oid, change.oid))
        result = classify(old, new)
    except (CannotTell, TooBigError):
        return UNREAD
    return RENAMED if result == SAME and change.old_path != change.path else result


def figures(corpora: Path) -> Iterator[tuple[str, int]]:
    """What tools/accuracy.py tabulates: the changes in each git bundle in the folder `runbooks` of `corpora`."""
    for bundle in sorted((corpora / "runbooks").glob("*.bundle")):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["git", "clone", "-q", "--bare", str(bundle), folder], check=True, capture_output=True)
            counts = survey(Path(folder))
        yield f"changes of Markdown files in {bundle.stem}", counts.total()
        yield from ((f"of them {word}", number) for word, number in counts.most_common())
