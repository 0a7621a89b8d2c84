"""Running git: the only place that starts a process.

git is given argument lists, never a shell; settings of a checkout that could run something are overridden; and
one `cat-file --batch` serves every file of a run (80 processes for 80 files took ten times as long as one).
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from loopcheck.errors import NotARepositoryError

_SAFE = (
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.quotePath=false",
    "-c", "diff.external=",
    "-c", "log.showRoot=true",
    "-c", "log.showSignature=false",
    "-c", "core.commitGraph=true",
)  # fmt: skip
_INHERITED_AWAY = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
     "GIT_NAMESPACE", "GIT_EXTERNAL_DIFF", "GIT_CEILING_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG_PARAMETERS",
     "GIT_SHALLOW_FILE", "GIT_REPLACE_REF_BASE", "GIT_ATTR_SOURCE", "GIT_PREFIX", "GIT_LITERAL_PATHSPECS",
     "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"}
)  # fmt: skip


class GitError(Exception):
    """git ended with an error. `stderr` is what it said."""

    def __init__(self, arguments: Iterable[str], code: int, stderr: str) -> None:
        super().__init__(f"git {' '.join(arguments)[:80]} ended with {code}: {stderr.strip()[:300]}")
        self.code = code
        self.stderr = stderr


class Git:
    """git on one repository.

    Args:
        top: a folder in the work tree, or a bare repository.
        trusted: whether to read a repository that belongs to another user. Only the action sets it, for the
            checkout that the runner has mounted.
    """

    def __init__(self, top: Path, *, trusted: bool = False) -> None:
        self.processes = 0
        """How many git processes were started."""
        self._environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if name not in _INHERITED_AWAY and not name.startswith("GIT_TRACE")
            },
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_ALLOW_PROTOCOL": "none",  # the same for a git that does not know the line above (before 2.45)
            "GIT_GRAFT_FILE": os.devnull + "/none",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "LC_ALL": "C",
        }
        self._command = ["git", *_SAFE, "-C", str(top)]
        if trusted:
            # Trust is for the checkout itself, not for a bare repository that somebody committed into it.
            self._command[1:1] = ["-c", "safe.directory=*", "-c", "safe.bareRepository=explicit"]
        self._batch: subprocess.Popen[bytes] | None = None
        self._end: weakref.finalize[..., Git] | None = None
        self._lock = threading.Lock()

    def run(self, *arguments: str, settings: Iterable[tuple[str, str]] = ()) -> bytes:
        """What git prints.

        Args:
            arguments: the command and its arguments.
            settings: names and values that override those of the repository.

        Raises:
            GitError: it did not end with 0.
            NotARepositoryError: git is not installed.
        """
        self.processes += 1
        try:
            done = subprocess.run(
                [*self._command, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=self._environment | _as_environment(settings),
                check=False,
            )
        except FileNotFoundError:
            raise NotARepositoryError("git is not installed", hint="install git 2.30 or newer") from None
        if done.returncode != 0:
            raise GitError(arguments, done.returncode, done.stderr.decode(errors="replace"))
        return done.stdout

    def object(self, name: str, *, limit: int) -> tuple[str, int, bytes | None] | None:
        """Type, size in bytes and content of an object; `None` where it is not in the repository.

        Args:
            name: an object id. Nothing that an author wrote.
            limit: the largest content that is kept, in bytes; a larger one is `None`.
        """
        with self._lock:
            try:
                out = self._ask(name)
                header = out.readline().split()
            except BrokenPipeError:
                header = []
            if not header:  # some versions end at an object that a partial clone left out: ask a new one next time
                self.close()
            if len(header) != 3:  # "<name> missing"
                return None
            kind, size = header[1].decode(), int(header[2])
            if size <= limit:
                content: bytes | None = out.read(size)
            else:
                content = None
                left = size
                while left > 0:
                    left -= len(out.read(min(left, 1 << 20)))
            out.read(1)  # the line feed after the content
            return kind, size, content

    def _ask(self, name: str) -> IO[bytes]:
        if self._batch is None:
            self.processes += 1
            self._batch = subprocess.Popen(
                [*self._command, "cat-file", "--batch"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._environment,
            )
            self._end = weakref.finalize(self, _ended, self._batch)
        into, out = self._batch.stdin, self._batch.stdout
        assert into is not None  # noqa: S101 - by construction; tells the type checker
        assert out is not None  # noqa: S101
        into.write(name.encode() + b"\n")
        into.flush()
        return out

    def close(self) -> None:
        """End the batch process. It ends by itself when this object goes away."""
        self._batch = None
        if self._end is not None:
            self._end()


def _as_environment(settings: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Settings as git takes them from its environment: `-c` would cut a name at the first `=` in it."""
    out: dict[str, str] = {}
    already = os.environ.get("GIT_CONFIG_COUNT", "")
    number = int(already) if already.isdecimal() else 0
    for name, value in settings:
        out |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        number += 1
    return out | {"GIT_CONFIG_COUNT": str(number)} if out else out


def _ended(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):
        process.communicate()
