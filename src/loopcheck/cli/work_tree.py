"""Files as they lie in a checkout, for the commands that help an author before anything is committed.

`verify` never reads them: what is not committed is not deployed.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from loopcheck.errors import NotARepositoryError, UsageError
from loopcheck.world import File
from loopcheck.world.git import Git, GitError
from loopcheck.world.repository import MAX_FILE

_NO_COMMIT = "work-tree"
"""In place of a commit, in evidence that nobody will see."""


class WorkTree:
    """A folder with files. Links are not followed, and nothing outside of it is read.

    Attributes:
        top: the folder that paths are reckoned from.
    """

    def __init__(self, top: Path) -> None:
        self.top = top.resolve()

    @classmethod
    def around(cls, repo: Path) -> WorkTree:
        """The checkout that `repo` is in, or `repo` itself where it is in none."""
        try:
            return cls(Path(os.fsdecode(Git(repo).run("rev-parse", "--show-toplevel")).rstrip("\n")))
        except (GitError, NotARepositoryError):
            return cls(repo)

    def name_of(self, given: Path) -> str:
        """The path of a file from the top, with `/`.

        Raises:
            UsageError: it is not below the top.
        """
        whole = given.parent.resolve() / given.name
        if not whole.is_relative_to(self.top) or whole == self.top:
            raise UsageError(f"{given} is not below {self.top}")
        return whole.relative_to(self.top).as_posix()

    def read(self, path: str) -> File | None:
        """The regular file at `path`, or `None`.

        Raises:
            UsageError: there is something else, or it cannot be read.
        """
        try:
            handle = os.open(self.top / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}", hint="links are not followed: name the file itself") from None
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode) or about.st_size > MAX_FILE:
                raise UsageError(f"{path} is no regular file of at most {MAX_FILE:,} bytes")
            return File(path, "", file.read(), _NO_COMMIT)
