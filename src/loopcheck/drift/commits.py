"""The commits of a branch since some others, with what each changed, from one `git log`.

It follows the first parent: a change is what arrived on the branch, by whoever brought it there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property

import msgspec

from loopcheck.world import Repository
from loopcheck.world.git import GitError
from loopcheck.world.history import moment, path_of

MAX_COMMITS = 5_000
"""More are not read: whoever verified last so long ago has other means."""
_MAX_COMMIT_OBJECT = 1 << 20
_HEADER = re.compile(rb"\n?([0-9a-f]{40,64}) ([0-9a-f ]*)")
_FULL = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SQUASHED = re.compile(r"\(#([1-9][0-9]{0,8})\)$")
_MERGED = re.compile(r"Merge pull request #([1-9][0-9]{0,8}) from ")


class Touch(msgspec.Struct, frozen=True):
    """What a commit did to one file."""

    status: str
    """`A` added, `M` modified, `R` renamed, `T` type changed, `D` deleted."""
    path: str
    old_path: str
    """The path before; the same unless renamed."""

    @property
    def names(self) -> frozenset[str]:
        """Both paths, and the folders that they are in."""
        found: set[str] = set()
        for path in (self.path, self.old_path):
            while path and path not in found:
                found.add(path)
                path = path.rpartition("/")[0]  # noqa: PLW2901 - up to the top
        return frozenset(found)


class Arrival(msgspec.Struct, frozen=True, dict=True):
    """A commit of the branch. Author and subject are whatever somebody wrote."""

    commit: str
    """The full id."""
    at: datetime
    """The committer's time."""
    author: str
    subject: str
    touches: tuple[Touch, ...]

    @cached_property
    def names(self) -> frozenset[str]:
        """All that it can be found by: the names of what it touched, and its own, as evidence has it."""
        return frozenset((self.commit[:12],)).union(*(touch.names for touch in self.touches))

    @property
    def pull_request(self) -> int | None:
        """The pull request by which it came, where the subject says so as GitHub does."""
        found = _SQUASHED.search(self.subject) or _MERGED.match(self.subject)
        return int(found[1]) if found else None


class Arrivals:
    """What arrived on the first-parent line of `repository`'s commit.

    Args:
        repository: at the present commit.
        since: full ids of commits that were present once, oldest first. Others than commits of this clone are passed
            over.

    Raises:
        GitError: git cannot read or compare the commits, as in a partial clone.
    """

    def __init__(self, repository: Repository, since: Sequence[str]) -> None:
        known = [commit for commit in since if _is_there(repository, commit)]
        self._newest_first = tuple(_read(repository, known[0])) if known else ()
        self._place = {arrival.commit: place for place, (arrival, _) in enumerate(self._newest_first)}
        end = len(self._newest_first)
        if end and end < MAX_COMMITS:
            self._place[self._newest_first[-1][1]] = end  # the parent of the oldest: where the log was to stop
        elif known and not end:
            self._place[repository.commit] = 0
        self.whole = end < MAX_COMMITS
        """Whether the log was read to its end."""

    def between(self, old: str, new: str | None) -> tuple[Arrival, ...] | None:
        """What arrived after `old`, newest first, or `None` where `old` is not on this line, or not in this clone.

        Args:
            old: the full id of a commit, one of `since`.
            new: the last that counts; one that is not on the line, or `None`, is the present.
        """
        last = self._place.get(old)
        if last is None:
            return None
        first = self._place.get(new or "", 0)
        return tuple(arrival for arrival, _ in self._newest_first[min(first, last) : last])


def _is_there(repository: Repository, commit: str) -> bool:
    """Whether a commit is in the clone. The id is the ledger's, and is not handed to git before it looks like one."""
    if not _FULL.fullmatch(commit):
        return False
    found = repository.git.object(commit, limit=_MAX_COMMIT_OBJECT)
    return found is not None and found[0] == "commit"


def _read(repository: Repository, oldest: str) -> Iterator[tuple[Arrival, str]]:
    """Each commit, newest first, with its first parent."""
    try:
        raw = _log(repository, oldest, "-M", "-l1000")
    except GitError:  # a partial clone has no contents to compare; what was moved then looks deleted and added
        raw = _log(repository, oldest, "--no-renames")
    fields = iter(raw.split(b"\0"))
    heading: tuple[str, str, datetime, str, str] | None = None
    touches: list[Touch] = []

    def done() -> Iterator[tuple[Arrival, str]]:
        if heading is not None:
            commit, parent, at, author, subject = heading
            yield Arrival(commit, at, author, subject, tuple(touches)), parent

    for field in fields:
        if field.startswith((b":", b"\n:")):
            status = field.rpartition(b" ")[2].decode()[:1]
            old = path_of(next(fields))
            touches.append(Touch(status, path_of(next(fields)) if status in ("R", "C") else old, old))
        elif found := _HEADER.fullmatch(field):
            yield from done()
            at, author, subject = (next(fields) for _ in range(3))
            parent = found[2].decode().partition(" ")[0]
            heading = (found[1].decode(), parent, moment(at), _text(author), _text(subject))
            touches = []
    yield from done()


def _log(repository: Repository, oldest: str, *renames: str) -> bytes:
    return repository.git.run(
        "log", "--first-parent", "-m", "--raw", *renames, "-z", "--no-abbrev", "--no-relative", "-O/dev/null",
        "--ignore-submodules=none", "--no-show-signature", "--no-mailmap", "--no-decorate", "--no-notes",
        "--encoding=UTF-8", f"--max-count={MAX_COMMITS}", "--format=%H %P%x00%ct%x00%an%x00%s",
        repository.commit, f"^{oldest}", "--",
    )  # fmt: skip


def _text(said: bytes) -> str:
    return said.decode(errors="replace")
