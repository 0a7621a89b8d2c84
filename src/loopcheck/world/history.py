"""The history of files, from one `git log` a run.

The log is read once, for all paths, as names and object ids; contents are read only for the files that are
asked about. It follows the first parent, so that a change is dated by its arrival on the branch.

In a shallow clone the oldest commits that are there seem to have written every file: with depth 1, `git log
--since` names HEAD for a file last touched years ago. What such a commit says is thrown away.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from loopcheck.reasons import MISSING_OBJECT, CannotTell
from loopcheck.world.git import Git, GitError

_SLACK = timedelta(days=1)  # clocks of committers differ; a little more history costs nothing
_COMMIT = re.compile(rb"\n?([0-9a-f]{40,64}) (-?[0-9]*)")


class Change(msgspec.Struct, frozen=True):
    """One commit that touched a file."""

    commit: str
    at: datetime
    """When it arrived on the branch: the committer's time of the first-parent commit."""
    status: str
    """`A` added, `M` modified, `R` renamed, `T` type changed, `D` deleted."""
    path: str
    old_path: str
    """The path before; the same unless renamed."""
    oid: str
    old_oid: str
    """The content before; all zeros where there was none."""
    files: int
    """How many files the commit touched."""


class History(msgspec.Struct, frozen=True):
    """The changes of one file, newest first."""

    changes: tuple[Change, ...]
    complete: bool
    """False where the clone is shallow and older changes, or more recent ones, may be missing."""


class HistoryLog:
    """The first-parent history of a commit.

    Args:
        git: the repository.
        commit: where to begin.
        shallow: whether the clone is shallow.
    """

    def __init__(self, git: Git, commit: str, *, shallow: bool) -> None:
        self.horizon: datetime | None = None
        """The oldest moment that is likely to be asked about; `None` for the beginning."""
        self._git = git
        self._commit = commit
        self._shallow = shallow
        self._read_since: datetime | None = None
        self._changes: dict[str, list[tuple[int, Change]]] | None = None
        self._lock = threading.Lock()

    def of(self, path: str, since: datetime | None) -> History:
        """See `Repository.history`."""
        log = self._log_since(since)
        found: list[Change] = []
        position, name = -1, path
        while True:
            later = [(place, change) for place, change in log.get(name, ()) if place > position]
            renamed = False
            for place, change in later:
                if change.status == "D":  # an older file of the same name
                    break
                found.append(change)
                if change.old_path != change.path:
                    position, name, renamed = place, change.old_path, True
                    break
                if change.status == "A":
                    break
            if not renamed:
                break
        wanted = tuple(change for change in found if since is None or change.at >= since)
        return History(wanted, complete=not self._shallow)

    def everywhere(self, since: datetime | None, *, first_parent: bool = True) -> tuple[Change, ...]:
        """See `Repository.changes`."""
        log = self._log_since(since) if first_parent else _parsed(self._log("--no-merges", parents=()), frozenset())
        placed = sorted((entry for entries in log.values() for entry in entries), key=lambda entry: entry[0])
        return tuple(change for _, change in placed if since is None or change.at >= since)

    def _log_since(self, since: datetime | None) -> dict[str, list[tuple[int, Change]]]:
        with self._lock:
            if self._changes is None or (self._read_since is not None and (since is None or since < self._read_since)):
                self._read(since)
            return self._changes or {}

    def _read(self, since: datetime | None) -> None:
        if since is not None:
            since = (min(since, self.horizon) if self.horizon else since) - _SLACK
        boundary = self._boundary() if self._shallow else frozenset[str]()
        # --since stops at the first old commit; only the filter looks behind a commit with a wrong clock.
        limit = [f"--since-as-filter=@{int(since.timestamp())} +0000"] if since else []
        try:
            raw = self._log(*limit)
        except GitError as error:
            if limit and "since-as-filter" in error.stderr:  # git before 2.37
                since = None
                raw = self._log()
            elif "missing" in error.stderr or "promisor" in error.stderr or "unable to read" in error.stderr:
                raise CannotTell(MISSING_OBJECT, "history cannot be compared in this partial clone") from None
            else:
                raise
        self._changes = _parsed(raw, boundary)
        self._read_since = since

    def _log(self, *limit: str, parents: tuple[str, ...] = ("--first-parent", "-m")) -> bytes:
        return self._git.run(
            "log", *parents, "--raw", "-M", "-l1000", "-z", "--no-abbrev", "--no-relative",
            "-O/dev/null", "--ignore-submodules=none", "--no-show-signature", "--no-mailmap", "--no-decorate",
            "--no-notes", "--format=%H %ct", *limit, self._commit, "--",
        )  # fmt: skip

    def _boundary(self) -> frozenset[str]:
        """The commits at which a shallow clone was cut off."""
        place = self._git.run("rev-parse", "--path-format=absolute", "--git-path", "shallow").decode().rstrip("\n")
        return frozenset(Path(place).read_text("ascii").split())


def _parsed(raw: bytes, boundary: frozenset[str]) -> dict[str, list[tuple[int, Change]]]:
    """Changes by path, each with the number of its commit in the log, newest first."""
    changes: dict[str, list[tuple[int, Change]]] = defaultdict(list)
    fields = iter(raw.split(b"\0"))
    place = -1
    commit, at = "", datetime.now(UTC)
    pending: list[tuple[bytes, str, str]] = []

    def flush() -> None:
        if commit in boundary:
            return
        for meta, old, new in pending:
            _, _, old_oid, oid, status = meta.decode().split(" ")
            change = Change(commit, at, status[0], new, old, oid, old_oid, len(pending))
            changes[new].append((place, change))

    for field in fields:
        if field.startswith((b":", b"\n:")):
            meta = field.lstrip(b"\n:")
            old = path_of(next(fields))
            new = path_of(next(fields)) if meta[-4:-3] in (b"R", b"C") else old
            pending.append((meta, old, new))
        elif found := _COMMIT.fullmatch(field):
            flush()
            pending = []
            place += 1
            commit, at = found[1].decode(), moment(found[2])
    flush()
    return dict(changes)


def path_of(name: bytes) -> str:
    """A path as git names it. A byte that is not UTF-8 is written with a backslash, which no author can declare."""
    return name.decode(errors="backslashreplace")


def moment(seconds: bytes) -> datetime:
    """A commit's time. One that no calendar holds, or that is missing, is older than every incident."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
