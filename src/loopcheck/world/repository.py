"""Files and history of a repository at one commit, read from git's objects.

Never from the work tree: what is not committed is not deployed, a symbolic link could lead anywhere, and on a
pull request the tree is in strangers' hands.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import defaultdict
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import msgspec

from loopcheck.errors import NotARepositoryError
from loopcheck.model import Evidence
from loopcheck.paths import Paths
from loopcheck.reasons import LINKED, MISSING_OBJECT, NOT_TEXT, TOO_BIG, CannotTell
from loopcheck.world.git import Git, GitError
from loopcheck.world.history import Change, History, HistoryLog, path_of

MAX_FILE = 4 * 1024 * 1024
"""The largest file that is read, in bytes."""

_REGULAR = {"100644", "100755"}
_SYMLINK = "120000"
_SUBMODULE = "160000"
_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT_ID = re.compile(r"[0-9a-f]{7,64}")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]{0,200}")
_MAX_COMPARED = 300


class Entry(msgspec.Struct, frozen=True):
    """One line of the tree."""

    path: str
    mode: str
    oid: str

    @property
    def executable(self) -> bool:
        """Whether the file may be run."""
        return self.mode == "100755"


class File(msgspec.Struct, frozen=True):
    """A regular file at a commit."""

    path: str
    oid: str
    """The id of its content. Two files with the same id are the same."""
    data: bytes
    commit: str
    """The commit at which it was read."""
    executable: bool = False

    @property
    def text(self) -> str:
        """The content as UTF-8, line ends as they are, without a byte order mark.

        Raises:
            CannotTell: it is not UTF-8.
        """
        return decoded(self.data, self.path)

    def evidence(self, seen: str, line: int | None = None) -> Evidence:
        """Evidence from this file: `runbooks/lag.md:12@4f2a9c1`."""
        place = self.path if line is None else f"{self.path}:{line}"
        return Evidence(f"{place}@{self.commit[:12]}", seen)


def decoded(data: bytes, path: str) -> str:
    """`data` as UTF-8 text, without a byte order mark.

    Raises:
        CannotTell: it is something else.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotTell(NOT_TEXT, f"{path} is not UTF-8 text (byte {error.start})") from None


class Repository:
    """One repository at one commit. Everything is read at most once.

    Args:
        top: a folder in it.
        ref: what to look at: a commit, branch or tag.
        trusted: see `Git`.

    Raises:
        NotARepositoryError: there is none, or `ref` is not in it.
    """

    def __init__(self, top: Path, ref: str = "HEAD", *, trusted: bool = False) -> None:
        self._git = Git(top, trusted=trusted)
        self.ref = ref
        try:
            # `^{commit}` and `--end-of-options`: a ref is a text from outside, and must not be taken for an option.
            answer = self.git.run(
                "rev-parse",
                "--is-shallow-repository",
                "--git-dir",
                "--verify",
                "--end-of-options",
                f"{ref}^{{commit}}",
            )
        except GitError as error:
            raise _explained(error, top, ref) from None
        lines = answer.decode(errors="replace").split("\n")
        if len(lines) < 4 or not _OBJECT_ID.fullmatch(lines[-2]):  # `^HEAD` is a commit that is to be left out
            raise _explained(GitError((), 0, ""), top, ref)
        self.shallow = lines[0] == "true"
        """Whether history ends at a boundary that is not its beginning."""
        self.commit = lines[-2]
        """The full id of the commit that is looked at."""
        self.top = top
        self._begin()

    def _begin(self) -> None:
        self._files: dict[str, File] = {}
        self._looked_at: set[str] = set()
        self._tree: dict[str, Entry] | None = None
        self._lock = threading.Lock()

    def at(self, commit: str) -> Repository:
        """The same clone, read by the same git, at another commit that it holds.

        Args:
            commit: its full id; see `commit_named` and `holds`.
        """
        other = object.__new__(Repository)
        other._git = self.git
        other.ref = other.commit = commit
        other.shallow = self.shallow
        other.top = self.top
        other._begin()
        if commit == self.commit:
            other._tree = self._tree
        return other

    def commit_named(self, name: str) -> str | None:
        """The full id of the commit that an author names; `None` where this clone holds none of that name.

        Args:
            name: the id in full or shortened, a tag, or a branch of `origin`. Nothing relative: `HEAD~1` is another
                commit tomorrow.
        """
        places = [name] if _SHORT_ID.fullmatch(name) else []
        if _REF.fullmatch(name) and ".." not in name:
            places += [f"refs/tags/{name}", f"refs/remotes/origin/{name}"]
        for place in places:
            try:
                found = self.git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{place}^{{commit}}")
            except GitError:
                continue
            commit = found.decode(errors="replace").strip().rpartition("\n")[2]
            if _OBJECT_ID.fullmatch(commit):
                return commit
        return None

    @property
    def git(self) -> Git:
        """What runs git, for questions that nothing here answers."""
        return self._git

    @property
    def _entries(self) -> dict[str, Entry]:
        if self._tree is None:
            with self._lock:
                if self._tree is None:
                    self._tree = self._read_tree()
        return self._tree

    def _read_tree(self) -> dict[str, Entry]:
        try:
            listing = self.git.run("ls-tree", "-r", "-z", "--full-tree", self.commit)
        except GitError as error:
            raise NotARepositoryError(
                f"the files of {self.commit[:12]} cannot be listed: objects are missing from the repository at"
                f" {self.top}",
                hint="clone it without `--filter=tree:0`, or run `git fsck`",
            ) from error
        entries: dict[str, Entry] = {}
        for line in listing.split(b"\0"):
            if line:
                meta, _, name = line.partition(b"\t")
                mode, _, oid = meta.decode().split(" ")
                path = path_of(name)
                entries[path] = Entry(path, mode, oid)
        return entries

    @cached_property
    def _folders(self) -> set[str]:
        folders: set[str] = set()
        for path in self._entries:
            parent = path.rpartition("/")[0]
            while parent and parent not in folders:
                folders.add(parent)
                parent = parent.rpartition("/")[0]
        return folders

    @cached_property
    def paths(self) -> Paths:
        """The path of every regular file, in git's order."""
        return Paths(path for path, entry in self._entries.items() if entry.mode in _REGULAR)

    @cached_property
    def links(self) -> Paths:
        """The path of every symbolic link and submodule: what stands behind them is not looked at."""
        return Paths(path for path, entry in self._entries.items() if entry.mode not in _REGULAR)

    def is_folder(self, path: str) -> bool:
        """Whether `path` is a folder."""
        return path in self._folders

    def entry(self, path: str) -> Entry | None:
        """The regular file at `path`; `None` where there is provably none.

        Raises:
            CannotTell: `path` is, or leads through, a symbolic link or a submodule.
        """
        self._looked_at.add(path)
        entry = self._entries.get(path)
        if entry is not None and entry.mode in _REGULAR:
            return entry
        part = path
        while part:
            found = self._entries.get(part)
            if found is not None and found.mode in (_SYMLINK, _SUBMODULE):
                what = "a symbolic link" if found.mode == _SYMLINK else "a submodule"
                raise CannotTell(LINKED, f"{part} is {what}", Evidence(f"{part}@{self.commit[:12]}", what))
            part = part.rpartition("/")[0]
        return None

    def read(self, path: str) -> File | None:
        """The file at `path`; `None` where there is provably none.

        Raises:
            CannotTell: it is a link or a submodule, is larger than `MAX_FILE`, or was left out of the clone.
        """
        if path in self._files:
            return self._files[path]
        entry = self.entry(path)
        if entry is None:
            return None
        data = self.blob(entry.oid, path)
        file = self._files[path] = File(path, entry.oid, data, self.commit, entry.executable)
        return file

    def blob(self, oid: str, path: str = "the file") -> bytes:
        """The content with this id.

        Raises:
            CannotTell: it is larger than `MAX_FILE`, or was left out of the clone.
        """
        found = self.git.object(oid, limit=MAX_FILE)
        if found is None:
            raise CannotTell(MISSING_OBJECT, f"{path} was left out of this clone")
        _, size, content = found
        if content is None:
            raise CannotTell(TOO_BIG, f"{path} has {size:,} bytes, more than {MAX_FILE:,}")
        return content

    def nearest(self, path: str) -> str | None:
        """The path that an author may have meant: the same name elsewhere or in other case, or a similar one."""
        from difflib import get_close_matches

        known = self._names
        folder, _, name = path.rpartition("/")
        for word in (_folded(path), f"/{name}"):
            if word in known:
                return known[word][0]
        # Comparing texts is dear: only files of the same folder or with nearly the same name are candidates.
        ending = name.rpartition(".")[2]
        candidates = known.get(f"{folder}/", []) + known.get(f".{ending}", [])
        near = get_close_matches(path, candidates[:_MAX_COMPARED], n=1, cutoff=0.8)
        return near[0] if near else None

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        """Paths by their form without case (`a/b.md`), name (`/b.md`), folder (`a/`) and ending (`.md`)."""
        names: dict[str, list[str]] = defaultdict(list)
        for path in self.paths:
            folder, _, name = path.rpartition("/")
            for word in (_folded(path), f"/{name}", f"{folder}/", f".{name.rpartition('.')[2]}"):
                names[word].append(path)
        return dict(names)

    def evidence(self, path: str, seen: str) -> Evidence:
        """Evidence about a path at this commit, whether or not there is a file."""
        return Evidence(f"{path}@{self.commit[:12]}", seen)

    @cached_property
    def committed_at(self) -> datetime:
        """The committer's time of the commit that is looked at."""
        return datetime.fromtimestamp(int(self.git.run("show", "-s", "--format=%ct", self.commit)), UTC)

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """The full ids of the commit's parents, in order; also of those that a shallow clone does not hold."""
        found = self.git.object(self.commit, limit=MAX_FILE)
        head = (found[2] or b"").partition(b"\n\n")[0] if found is not None else b""
        return tuple(line[7:].decode() for line in head.split(b"\n") if line.startswith(b"parent "))

    def holds(self, commit: str) -> bool:
        """Whether a commit with this full id is in the clone."""
        found = self.git.object(commit, limit=MAX_FILE) if _OBJECT_ID.fullmatch(commit) else None
        return found is not None and found[0] == "commit"

    def leads_to(self, older: str, newer: str) -> bool:
        """Whether `older` is `newer`, or one of its ancestors as far as the clone reaches. Both are full ids."""
        if older == newer:
            return True
        if not (self.holds(older) and self.holds(newer)):
            return False
        try:
            self.git.run("merge-base", "--is-ancestor", older, newer)
        except GitError:
            return False
        return True

    @cached_property
    def _log(self) -> HistoryLog:
        return HistoryLog(self.git, self.commit, shallow=self.shallow)

    def expect_history_since(self, moment: datetime | None) -> None:
        """Say how far back this run will look, so that one `git log` serves every question."""
        self._log.horizon = moment

    def history(self, path: str, since: datetime | None = None) -> History:
        """How the file at `path` came to be what it is, newest change first, through renames.

        Only what reached this commit's first-parent line counts, at the time it did: a fix that waited on a
        branch was not in force.

        Args:
            path: a path at this commit.
            since: nothing older is wanted.

        Raises:
            CannotTell: the clone is partial, so that git cannot compare.
        """
        return self._log.of(path, since)

    def changes(self, since: datetime | None = None, *, first_parent: bool = True) -> tuple[Change, ...]:
        """Every change of every file, newest first.

        Args:
            since: nothing older is wanted.
            first_parent: whether only what arrived on this commit's first-parent line counts, as for `history`;
                otherwise every commit that is no merge, as a survey of what people write wants it.

        Raises:
            CannotTell: as for `history`.
        """
        return self._log.everywhere(since, first_parent=first_parent)

    @cached_property
    def default_branch(self) -> str | None:
        """The branch that work is merged to, as far as the clone says so: `main`. `None` where it does not.

        A clone knows it from its origin; a checkout of one commit, such as a runner's, often does not.
        """
        listed = self.git.run("for-each-ref", "--format=%(refname)%00%(symref)", "refs/heads", "refs/remotes/origin")
        refs = dict(line.split("\0") for line in listed.decode(errors="replace").splitlines() if "\0" in line)
        if head := refs.get("refs/remotes/origin/HEAD"):
            return head.removeprefix("refs/remotes/origin/")
        names = {ref.removeprefix("refs/heads/").removeprefix("refs/remotes/origin/") for ref in refs}
        usual = names & {"main", "master"}
        if len(usual) == 1:
            return usual.pop()
        return names.pop() if len(names) == 1 else None

    def uncommitted(self) -> list[str]:
        """Those of the paths that were looked at whose work tree differs from HEAD. Empty for another ref."""
        if self.ref != "HEAD" or not self._looked_at:
            return []
        wanted = sorted(self._looked_at)[:500]
        try:
            # To compare, git would run the filters that the settings name, as git-lfs does: none of them runs here.
            filters = self.git.run("config", "-z", "--name-only", "--get-regexp", r"^filter\.", ".").decode()
        except GitError:  # there are none
            filters = ""
        try:
            status = self.git.run(
                "status",
                "--porcelain",
                "-z",
                "--no-renames",
                "--ignore-submodules=all",
                "--",
                *(f":(top,literal){path}" for path in wanted),
                settings=[(name, "false" if name.endswith("required") else "") for name in filters.split("\0") if name],
            )
        except GitError:  # a bare repository has no work tree
            return []
        return sorted(path_of(line[3:]) for line in status.split(b"\0") if line)

    def close(self) -> None:
        """End git's batch process."""
        self.git.close()


def _folded(path: str) -> str:
    """A path as two people may write it: without case, accents composed."""
    return unicodedata.normalize("NFC", path).casefold()


def _explained(error: GitError, top: Path, ref: str) -> NotARepositoryError:
    said = error.stderr
    if "dubious ownership" in said:
        return NotARepositoryError(
            f"git refuses to read {top}: it belongs to another user",
            hint=f"if you trust it: git config --global --add safe.directory {top}",
        )
    if "not a git repository" in said or "cannot change to" in said:
        return NotARepositoryError(
            f"{top} is not in a git repository", hint="run loopcheck in a checkout, or try `loopcheck demo`"
        )
    if ref == "HEAD" and ("Needed a single revision" in said or not said):
        return NotARepositoryError(f"the repository at {top} has no commit yet", hint="commit something first")
    return NotARepositoryError(f"`{ref[:80]}` is not a commit of this repository", hint="fetch it, or name another")
