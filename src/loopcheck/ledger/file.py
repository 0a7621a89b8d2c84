"""The ledger in a file, for runs outside GitHub."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from loopcheck.ledger import lines
from loopcheck.ledger.model import Entry


class FileLedger:
    """A ledger in a file, which is made when the first entry is written.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[Entry, ...]:
        """All entries; none where there is no file.

        Raises:
            CannotTell: a line cannot be read.
            OSError: the file cannot.
        """
        try:
            return lines.read(self._path.read_bytes(), self._path.name)
        except FileNotFoundError:
            return ()

    def append(self, entries: Iterable[Entry]) -> None:
        """Add those entries that are not there. Two processes at once lose nothing.

        Raises:
            OSError: the file cannot be written.
        """
        with self._path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            before = file.read()
            after = lines.added(before, entries)
            if after != before:
                file.write(after[len(before) :])
                file.flush()
                os.fsync(file.fileno())
