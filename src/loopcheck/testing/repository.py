"""A git repository made for a test, with the dates that the test wants."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

from loopcheck.documents import yaml
from loopcheck.testing import commits
from loopcheck.world import Repository, Session

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
"""The time of a test's run, unless it gives another."""


_ID = re.compile(r"[0-9a-f]{40}")
_QUICK = ("-c", "maintenance.auto=false", "-c", "gc.auto=0", "-c", "core.fsync=none")
"""Each commit would else start a process for upkeep, and wait for the disk."""


def _git(folder: Path, *arguments: str, at: datetime = NOW, author: str = "Dev", stdin: bytes = b"") -> str:
    moment = f"@{int(at.timestamp())} +0000"
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": author,
        "GIT_AUTHOR_EMAIL": _address(author),
        "GIT_AUTHOR_DATE": moment,
        "GIT_COMMITTER_NAME": author,
        "GIT_COMMITTER_EMAIL": _address(author),
        "GIT_COMMITTER_DATE": moment,
    }
    done = subprocess.run(
        ["git", *_QUICK, "-C", str(folder), *arguments],
        env=environment,
        input=stdin,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


def _address(author: str) -> str:
    return f"{author.lower().replace(' ', '.')}@example.org"


@functools.cache
def _empty() -> Mapping[str, bytes | None]:
    """What `git init` makes: files, and folders as `None`. It is asked once, and not for every repository."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        _git(folder, "init", "-q", "-b", "main", "--template=")
        return {
            str(place.relative_to(folder)): None if place.is_dir() else place.read_bytes()
            for place in sorted(folder.rglob("*"))
        }


class RepositoryBuilder:
    """A repository in `folder`, with the branch `main`. Commit ids depend only on what is committed and when."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._reader: Repository | None = None
        self._seen: dict[str, Repository] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in _empty().items():
            place = folder / path
            if content is None:
                place.mkdir(parents=True, exist_ok=True)
            elif not place.exists():
                place.write_bytes(content)

    def _git(self, *arguments: str, at: datetime = NOW, author: str = "Dev", stdin: bytes = b"") -> str:
        return _git(self.folder, *arguments, at=at, author=author, stdin=stdin)

    def _id(self, ref: str) -> str | None:
        """The id that a name stands for, read where git keeps it: a process would cost more. `None` if not there."""
        if _ID.fullmatch(ref):
            return ref
        place = self.folder / ".git" / ref
        if not (ref == "HEAD" or ref.startswith("refs/")) or not place.exists():
            return None
        return self._id(place.read_text().strip().removeprefix("ref: "))

    @property
    def head(self) -> str:
        """The id of the present commit."""
        return self._id("HEAD") or self._git("rev-parse", "HEAD")

    def commit(
        self,
        files: Mapping[str, str | bytes | None],
        *,
        at: str | datetime = NOW,
        message: str = "Change files",
        author: str = "Dev",
    ) -> str:
        """Commit `files` and return the commit's id.

        Args:
            files: content by path; text is dedented, `None` deletes.
            at: the author's and committer's time, ISO 8601 with offset.
            message: the commit message.
            author: who commits.
        """
        for path, content in files.items():
            place = self.folder / path
            if content is None:
                place.unlink()
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())
        return self.commit_all(at=at, message=message, author=author)

    def rename(self, old: str, new: str, *, at: str | datetime = NOW, message: str = "Move a file") -> str:
        """Rename a file in a commit of its own, and return the commit's id."""
        (self.folder / new).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / old).rename(self.folder / new)
        return self.commit_all(at=at, message=message)

    def commit_all(self, *, at: str | datetime = NOW, message: str = "Change files", author: str = "Dev") -> str:
        """Commit the work tree as it is, and return the commit's id."""
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        config = _empty()[".git/config"]
        assert config is not None  # noqa: S101 - it is a file
        made = commits.commit(self.folder, config, message, moment, author, _address(author))
        if made is not None:
            return made
        self._git("add", "-A")
        self._git("commit", "-q", "--allow-empty", "-m", message, at=moment, author=author)
        return self.head

    def git(self, *arguments: str, at: str | datetime = NOW, stdin: bytes = b"") -> str:
        """Run git with `stdin` as its input, and return what it prints."""
        return self._git(*arguments, at=datetime.fromisoformat(at) if isinstance(at, str) else at, stdin=stdin)

    def _read(self, ref: str) -> Repository:
        """The repository at `ref`. All that are made here share one git: each would begin with two processes."""
        if self._reader is None:
            self._reader = Repository(self.folder, ref)
        name = self._id(ref)
        if name is None or not self._reader.holds(name):
            return Repository(self.folder, ref)
        read = self._seen[name] = self._seen.get(name, self._reader).at(name)
        read.ref = ref
        return read

    def session(
        self,
        *,
        now: str | datetime = NOW,
        ref: str = "HEAD",
        environment: Mapping[str, str] | None = None,
        settings: str | None = None,
    ) -> Session:
        """What a checker looks through, on this repository. The environment is empty unless given.

        What GitHub fails to answer is asked again at once: a test does not wait.

        Args:
            now: the time of the run.
            ref: what to look at.
            environment: credentials and endpoints.
            settings: the `settings:` of the configuration, as YAML.
        """
        node = yaml.load(dedent(settings), "settings") if settings else None
        return Session(
            self._read(ref),
            now=datetime.fromisoformat(now) if isinstance(now, str) else now,
            environment=environment or {},
            sleep=lambda _seconds: None,
            settings=node if isinstance(node, yaml.MappingNode) else None,
        )
