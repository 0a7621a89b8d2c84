"""The first line of loopcheck's comment: by it the comment is found again, and two texts are told apart.

Nothing but that is read from a comment. A marker proves nothing about who wrote it: whoever looks for one asks for
the author's number too.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

_MARKER = re.compile(
    r"<!-- loopcheck 1 version=([0-9A-Za-z.+-]{1,40}) at=([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z)"
    r" run=([0-9]{0,20}(?:/[0-9]{1,6})?) digest=([0-9a-f]{64}) -->(?=\r?\n|\Z)"
)
_NOT_IN_VERSION = re.compile(r"[^0-9A-Za-z.+-]")


class Marker(msgspec.Struct, frozen=True):
    """What a comment says about itself."""

    version: str
    """loopcheck's."""
    at: datetime
    """When the run that wrote it began to look."""
    run: str
    """The workflow run, `123/1`; empty outside GitHub."""
    digest: str
    """SHA-256 of what the comment says, in hexadecimal."""

    def __str__(self) -> str:
        version = _NOT_IN_VERSION.sub("-", self.version)[:40]
        at = f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return f"<!-- loopcheck 1 version={version} at={at} run={self.run} digest={self.digest} -->"

    @property
    def generation(self) -> tuple[datetime, tuple[int, ...]]:
        """Which of two texts is the newer: by time, and within a second by run and attempt."""
        return self.at, tuple(int(part) for part in self.run.split("/") if part)


def read(body: str) -> Marker | None:
    """The marker that `body` begins with, at its very first character, or `None`."""
    found = _MARKER.match(body)
    if found is None:
        return None
    try:
        at = datetime.strptime(found[2], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Marker(found[1], at, found[3], found[4])
