"""Throw-away work trees, in the system's folder for such. What a killed run left behind, the next one removes."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from loopcheck.errors import UsageError
from loopcheck.world.git import Git, GitError

_PREFIX = "loopcheck-prove-"
_FOLDER = re.compile(_PREFIX + r"([0-9]{1,10})-\w{1,20}")


@contextlib.contextmanager
def work_tree(git: Git, commit: str) -> Iterator[Path]:
    """A work tree of a commit, removed afterwards.

    Args:
        git: the repository.
        commit: a full id.

    Raises:
        UsageError: git cannot make it, as where the clone is partial.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")).resolve()
    place = folder / "tree"
    try:
        try:
            git.run("worktree", "add", "--quiet", "--detach", "--force", str(place), commit)
        except GitError as error:
            raise UsageError(f"no work tree can be made of {commit[:12]}", hint=error.stderr.strip()[:300]) from None
        yield place
    finally:
        _remove(git, folder)


def bring(place: Path, commit: str, patterns: Sequence[str]) -> None:
    """Put files into a work tree as another commit has them. git writes them, and follows no link on the way.

    Raises:
        UsageError: no file of the commit fits a pattern.
    """
    if not patterns:
        return
    try:
        Git(place).run("checkout", "--quiet", commit, "--", *(f":(top,glob){pattern}" for pattern in patterns))
    except GitError:
        raise UsageError(
            f"{commit[:12]} has no files for each of {', '.join(patterns)[:200]}", hint="correct `check-files:`"
        ) from None


def clean(git: Git) -> int:
    """Remove the work trees of runs that were killed. Returns how many there were."""
    found = 0
    top = Path(tempfile.gettempdir()).resolve()
    for line in git.run("worktree", "list", "--porcelain").decode(errors="replace").splitlines():
        place = Path(line.removeprefix("worktree ")) if line.startswith("worktree ") else None
        if place is None or place.name != "tree" or place.parent.parent != top:
            continue
        owner = _FOLDER.fullmatch(place.parent.name)
        if owner is not None and not _lives(int(owner[1])):
            _remove(git, place.parent)
            found += 1
    return found


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _remove(git: Git, folder: Path) -> None:
    for place, _, _ in os.walk(folder):  # a folder that may not be written to cannot be emptied
        with contextlib.suppress(OSError):
            Path(place).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(GitError):
        git.run("worktree", "prune")
