"""The ledger on a branch of its own, which shares no history with the code and is written through GitHub's API.

A branch moves forward only from the commit that was read. Who comes second reads again and adds to what the first
has written; so two runs at once lose nothing, and a run that is killed leaves the branch as it was or complete.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from loopcheck.ledger import lines
from loopcheck.ledger.model import Entry
from loopcheck.reasons import BAD_RESPONSE, REFUSED, CannotTell
from loopcheck.world.github import GitHub
from loopcheck.world.github.answers import UNSETTLED, NotFound

BRANCH = "loopcheck-ledger"
PATH = "ledger.jsonl"
_ATTEMPTS = 6
_HASHES = {40: "sha1", 64: "sha256"}
"""What git calls an object by, by the length of the name in hexadecimal."""


class Send(Protocol):
    """Asks GitHub once for a change, and returns the JSON of its answer; raises `CannotTell` or `NotFound`."""

    def __call__(self, verb: str, path: str, body: Any = None) -> Any:
        """Ask."""
        ...


class BranchLedger:
    """A ledger on the branch `loopcheck-ledger`, which is made when the first entry is written.

    Args:
        github: to read; it is asked anew each time.
        send: to write.
        sleep: waits so many seconds between attempts.
    """

    def __init__(self, github: GitHub, send: Send, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._github = github.anew()
        self._send = send
        self._sleep = sleep
        self._file = f"/repos/{github.repository}/contents/{PATH}"
        self._git = f"/repos/{github.repository}/git"

    def read(self) -> tuple[Entry, ...]:
        """All entries; none where there is provably no such branch, or no such file on it.

        One request, where the file has at most 1 MB; for what it does not show the branch is walked to the file.

        Raises:
            CannotTell: the branch, or a line, could not be seen.
        """
        try:
            content = self._shown()
        except CannotTell as trouble:
            if trouble.reason.stops:
                raise
            content = self._content(self._tree(self._head()))
        return lines.read(content, f"{BRANCH}:{PATH}")

    def append(self, entries: Iterable[Entry]) -> None:
        """Add those entries that are not there, in one commit.

        Raises:
            CannotTell: they are not there, or are not known to be.
        """
        entries = tuple(entries)
        if not entries:
            return
        trouble: CannotTell | None = None
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._sleep(0.5 * 2**attempt)
            try:
                head = self._head()
            except CannotTell as other:
                if other.reason is not UNSETTLED:
                    raise
                trouble = other  # the branch is being made at this moment, by another run
                continue
            tree = self._tree(head)
            before = self._content(tree)
            after = lines.added(before, entries)
            if after == before:
                return  # also where the last attempt had taken effect, and did not say so
            try:
                self._move(head, self._commit(head, tree, after, len(entries)))
            except NotFound as missing:
                raise CannotTell(BAD_RESPONSE, f"{missing}: not there, or not to be written with this token") from None
            except CannotTell as other:
                if other.reason is REFUSED:
                    raise  # and whoever asks again is refused again
                trouble = other  # moved meanwhile, or not known: the next look tells
            else:
                return
        assert trouble is not None  # noqa: S101 - every way round the loop sets it
        raise trouble

    def _shown(self) -> bytes:
        """The file as GitHub shows it at once. It shows nothing of a file of more than 1 MB but its name.

        Raises:
            CannotTell: it was not shown, or not all of it. That is no sign that it is not there.
        """
        answer = self._github.get(self._file, ref=f"refs/heads/{BRANCH}")
        sha = _text(answer, "sha")
        if answer.get("encoding") != "base64":
            return self._blob(sha)
        return _whole(answer, sha)

    def _head(self) -> str | None:
        found = self._github.find(f"{self._git}/ref/heads/{BRANCH}")
        return None if found is None else _text(found, "object", "sha")

    def _tree(self, head: str | None) -> str | None:
        return None if head is None else _text(self._github.get(f"{self._git}/commits/{head}"), "tree", "sha")

    def _content(self, tree: str | None) -> bytes:
        if tree is None:
            return b""
        listed = self._github.get(f"{self._git}/trees/{tree}")
        try:
            entries = listed["tree"]
            blob = next((entry["sha"] for entry in entries if entry["path"] == PATH), None)
            whole = listed.get("truncated") is False
        except (KeyError, TypeError, AttributeError):
            raise _odd("tree") from None
        if not whole:
            raise _odd("tree")
        if blob is None:
            return b""
        return self._blob(blob)

    def _blob(self, sha: str) -> bytes:
        return _whole(self._github.get(f"{self._git}/blobs/{sha}"), sha)

    def _commit(self, head: str | None, tree: str | None, content: bytes, number: int) -> str:
        """A new commit; what else people put on the branch stays. Objects made twice are one, or are nobody's."""
        blob = self._made("blobs", {"content": base64.b64encode(content).decode(), "encoding": "base64"})
        listed = {"tree": [{"path": PATH, "mode": "100644", "type": "blob", "sha": blob}]}
        made = self._made("trees", {**listed, "base_tree": tree} if tree else listed)
        message = f"Record {number} {'entry' if number == 1 else 'entries'}"
        return self._made("commits", {"message": message, "tree": made, "parents": [head] if head else []})

    def _made(self, what: str, body: Any) -> str:
        return _text(self._send("POST", f"{self._git}/{what}", body), "sha")

    def _move(self, head: str | None, commit: str) -> None:
        if head is None:
            answer = self._send("POST", f"{self._git}/refs", {"ref": f"refs/heads/{BRANCH}", "sha": commit})
        else:
            answer = self._send("PATCH", f"{self._git}/refs/heads/{BRANCH}", {"sha": commit, "force": False})
        if _text(answer, "object", "sha") != commit:
            raise _odd("reference")


def _whole(answer: Any, sha: str) -> bytes:
    """The content that an answer holds: all of it, and nothing else, because git names it by its hash."""
    try:
        content = base64.b64decode(_text(answer, "content"))
        found = hashlib.new(_HASHES[len(sha)], b"blob %d\0" % len(content) + content, usedforsecurity=False)
    except (binascii.Error, KeyError, ValueError):
        raise _odd("blob") from None
    if found.hexdigest() != sha:
        raise _odd("blob")
    return content


def _text(answer: Any, *names: str) -> str:
    for name in names:
        answer = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(answer, str):
        raise _odd(names[0])
    return answer


def _odd(what: str) -> CannotTell:
    return CannotTell(BAD_RESPONSE, f"the ledger on {BRANCH}: the answer has no whole {what}")
