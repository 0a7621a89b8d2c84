"""What a look read of a repository, so that nobody looks again where nothing of that has changed.

`watching` gives a repository whose every answer is noted in `Reads`: paths and folders that were asked about, patterns
that were matched, whether all paths were listed. `Difference` is what two commits differ in. Where the two do not
meet, a look at the other commit would see the same. What cannot be told apart counts as read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from typing import overload

import msgspec

from loopcheck.model import Evidence
from loopcheck.paths import Paths, matching
from loopcheck.reasons import MISSING_OBJECT, CannotTell
from loopcheck.world.git import Git, GitError
from loopcheck.world.history import Change, History, path_of
from loopcheck.world.repository import Entry, File, Repository


class Difference(msgspec.Struct, frozen=True):
    """What two commits differ in."""

    changed: frozenset[str]
    """Every path whose file is another, or there in only one of them."""
    came_or_went: frozenset[str]
    """Of these, those that a list of paths shows: added, removed, or made a link of."""
    straight: bool
    """Whether the history of the one is that of the other, and then this difference in a single step."""


def difference(repository: Repository, base: str) -> Difference:
    """What the commit that is looked at differs in from `base`, which is in the clone. Renames are two changes.

    Raises:
        CannotTell: the clone is partial, so that git cannot compare.
    """
    try:
        raw = repository.git.run(
            "diff-tree", "-r", "-z", "--no-renames", "--no-relative", "--name-status", "--ignore-submodules=none",
            base, repository.commit, "--",
        )  # fmt: skip
    except GitError:
        raise CannotTell(MISSING_OBJECT, "the two commits cannot be compared in this clone") from None
    fields = raw.split(b"\0")
    status = {path_of(name): kind for kind, name in zip(fields[::2], fields[1::2], strict=False)}
    return Difference(
        frozenset(status),
        frozenset(path for path, kind in status.items() if kind != b"M"),
        repository.parents[:1] == (base,) or repository.commit == base,
    )


class Reads:
    """What somebody read of a repository. It goes on being filled by what was made then and is asked later."""

    def __init__(self) -> None:
        self.paths: set[str] = set()
        """Paths whose file, or absence, was seen."""
        self.below: set[str] = set()
        """Folders of which it was seen what is in them, or whether they are there."""
        self.globs: set[str] = set()
        self.listed = False
        """Whether all paths were seen."""
        self.history = False
        """Whether it was seen how a file came to be what it is."""
        self.everything = False
        """Whether something was seen that is not told apart here."""
        self._others: list[Reads] = []

    def include(self, other: Reads | None) -> None:
        """What `other` notes, now or later, counts here too; of `None` nothing is known, so everything counts."""
        if other is None:
            self.everything = True
        elif other is not self and other not in self._others:
            self._others.append(other)

    def touched_by(self, what: Difference) -> bool:
        """Whether anything that was read may be otherwise."""
        return any(one._touched(what) for one in self._with_others())  # noqa: SLF001 - its own kind

    def _with_others(self) -> list[Reads]:
        found: dict[int, Reads] = {}
        waiting = [self]
        while waiting:
            one = waiting.pop()
            if id(one) not in found:
                found[id(one)] = one
                waiting.extend(one._others)  # noqa: SLF001 - its own kind
        return list(found.values())

    def _touched(self, what: Difference) -> bool:
        if self.history and not what.straight:
            return True
        if not what.changed:
            return False
        return (
            self.everything
            or (self.listed and bool(what.came_or_went))
            or not self.paths.isdisjoint(what.changed)
            # A folder that was made a link, or a file, changes what is below it.
            or any(above in what.changed for path in self.paths | self.below for above in _above(path))
            or any(folder == "" or path.startswith(f"{folder}/") for folder in self.below for path in what.changed)
            or bool(self.globs and matching(sorted(what.changed), sorted(self.globs)))
        )


def _above(path: str) -> Iterator[str]:
    """`path` and the folders that hold it."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def watching(repository: Repository, reads: Reads) -> Repository:
    """The same repository, with all that is read through it noted in `reads`."""
    return _Watched(repository, reads)


class _Watched(Repository):
    """Each question is noted and handed on: what the repository has read already, it does not read again."""

    def __init__(self, of: Repository, reads: Reads) -> None:
        self._of = of
        self._reads = reads
        self.top, self.ref, self.commit, self.shallow = of.top, of.ref, of.commit, of.shallow

    @property
    def git(self) -> Git:
        self._reads.everything = True
        return self._of.git

    @property
    def parents(self) -> tuple[str, ...]:
        self._reads.everything = True
        return self._of.parents

    def at(self, commit: str) -> Repository:
        self._reads.everything = True
        return self._of.at(commit)

    def commit_named(self, name: str) -> str | None:
        self._reads.everything = True
        return self._of.commit_named(name)

    def holds(self, commit: str) -> bool:
        self._reads.everything = True
        return self._of.holds(commit)

    def leads_to(self, older: str, newer: str) -> bool:
        self._reads.everything = True
        return self._of.leads_to(older, newer)

    @cached_property
    def paths(self) -> Paths:
        return _WatchedPaths(self._of.paths, self._reads)

    @cached_property
    def links(self) -> Paths:
        return _WatchedPaths(self._of.links, self._reads)

    def is_folder(self, path: str) -> bool:
        self._reads.below.add(path)
        return self._of.is_folder(path)

    def entry(self, path: str) -> Entry | None:
        self._reads.paths.add(path)
        return self._of.entry(path)

    def read(self, path: str) -> File | None:
        self._reads.paths.add(path)
        return self._of.read(path)

    def blob(self, oid: str, path: str = "the file") -> bytes:
        self._reads.paths.add(path)
        return self._of.blob(oid, path)

    def nearest(self, path: str) -> str | None:
        self._reads.listed = True
        return self._of.nearest(path)

    def evidence(self, path: str, seen: str) -> Evidence:
        return self._of.evidence(path, seen)

    @property
    def committed_at(self) -> datetime:
        self._reads.everything = True
        return self._of.committed_at

    def expect_history_since(self, moment: datetime | None) -> None:
        self._of.expect_history_since(moment)

    def history(self, path: str, since: datetime | None = None) -> History:
        self._reads.paths.add(path)
        self._reads.history = True
        found = self._of.history(path, since)
        self._reads.paths.update(change.old_path for change in found.changes)
        return found

    def changes(self, since: datetime | None = None, *, first_parent: bool = True) -> tuple[Change, ...]:
        self._reads.history = self._reads.everything = True
        return self._of.changes(since, first_parent=first_parent)

    @property
    def default_branch(self) -> str | None:
        return self._of.default_branch  # a matter of the clone, the same at every commit

    def uncommitted(self) -> list[str]:
        self._reads.everything = True
        return self._of.uncommitted()

    def close(self) -> None:
        self._of.close()


class _WatchedPaths(Paths):
    """Paths of which it is noted whether somebody asked for one, for those of a pattern, or for all."""

    def __init__(self, of: Paths, reads: Reads) -> None:
        self._of = of
        self._reads = reads

    def __len__(self) -> int:
        self._reads.listed = True
        return len(self._of)

    def __iter__(self) -> Iterator[str]:
        self._reads.listed = True
        return iter(self._of)

    def __contains__(self, path: object) -> bool:
        if isinstance(path, str):
            self._reads.paths.add(path)
        return path in self._of

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[str, ...]: ...
    def __getitem__(self, place: int | slice) -> str | tuple[str, ...]:
        self._reads.listed = True
        return self._of[place]

    def matching(self, globs: Iterable[str]) -> list[str]:
        wanted = list(globs)
        self._reads.globs.update(wanted)
        return self._of.matching(wanted)

    def at_or_below(self, folder: str) -> list[str]:
        self._reads.below.add(folder)
        return self._of.at_or_below(folder)
