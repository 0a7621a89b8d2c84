"""Writes to GitHub: one at a time, unhurried, and none of them sent twice.

GitHub may do what it is asked and still answer 5xx, or nothing at all. Such a write is neither done nor undone until
somebody has looked; sending it again is how second comments are made.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from loopcheck.reasons import REFUSED, CannotTell, Reason
from loopcheck.world.github.answers import Forbidden, decoded, refuse
from loopcheck.world.github.connection import Connection
from loopcheck.world.github.governor import Governor

UNCERTAIN = Reason(
    "uncertain-write",
    "GitHub did not say whether it did what it was asked.",
    "Nothing to do: the next run looks, and writes what is missing.",
)
NOT_ACCEPTED = Reason(
    "not-accepted",
    "GitHub does not accept what was to be written there.",
    "See the message; the verdict is not affected, and stands in the job's summary.",
)
_PAUSE = 1.0  # seconds between writes, as GitHub asks: docs.github.com, "Best practices for using the REST API"
_VERBS = frozenset(("POST", "PATCH", "PUT", "DELETE"))


class Uncertain(CannotTell):
    """It is not known whether a write took effect."""


class Writer:
    """Sends what changes something. Nothing else of loopcheck does.

    Args:
        connection: to GitHub.
        governor: the run's; reading and writing count together.
        count: adds to the number of requests that the report shows.
        clock: seconds, of which only differences matter.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        connection: Connection,
        governor: Governor,
        *,
        count: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection = connection
        self._governor = governor
        self._count = count
        self._clock = clock
        self._sleep = sleep
        self._one_by_one = threading.Lock()
        self._last: float | None = None
        self._ended: CannotTell | None = None

    def send(self, verb: str, path: str, body: Any = None) -> Any:
        """Ask once for a change.

        Returns:
            The JSON of the answer, `None` where it has none.

        Raises:
            NotFound: 404: what was to be changed is not there, or may not be changed by this token.
            Uncertain: no answer says whether it was done.
            CannotTell: it was not done, and why; also where this run has written as much as it may.
        """
        if verb not in _VERBS:
            raise ValueError(f"{verb} does not write")
        with self._one_by_one:
            if self._ended is not None:
                raise self._ended.with_traceback(None)
            return self._send(verb, path, body)

    def ready(self) -> None:
        """Wait until a write would be sent at once, so that what is read then is not old by the time of the write.

        Raises:
            CannotTell: GitHub asks for a longer wait than a run may make.
        """
        with self._one_by_one:
            self._pause()
        self._governor.wait("core")

    def _pause(self) -> None:
        if self._last is not None:
            pause = min(_PAUSE, self._last + _PAUSE - self._clock())  # a clock may be set back
            if pause > 0:
                self._sleep(pause)

    def _send(self, verb: str, path: str, body: Any) -> Any:
        self._pause()
        with self._governor.slot("core", writes=True):
            self._count()
            try:
                raw = self._connection.send(verb, path, {}, body)
            except CannotTell as silence:
                raise Uncertain(UNCERTAIN, f"{path}: {silence.message}") from None
            finally:
                self._last = self._clock()
        self._governor.listen(raw.status, raw.headers, "core")
        if raw.status in (200, 201, 204):
            try:
                return decoded(raw.text, raw.headers, path)
            except CannotTell:
                raise Uncertain(UNCERTAIN, f"{path}: GitHub answered {raw.status}, and not with JSON") from None
        if raw.status >= 500 or raw.status == 202:
            raise Uncertain(UNCERTAIN, f"{path}: GitHub answered {raw.status}")
        raise self._refusal(raw.status, raw.headers, raw.text, path)

    def _refusal(self, status: int, headers: Any, text: str, path: str) -> CannotTell:
        """Why nothing was written. After a refused token nothing more is tried in this run."""
        if status == 422:
            return CannotTell(NOT_ACCEPTED, f"{path}: GitHub does not accept this text or this change")
        if status == 403 and "commenting is disabled" in text.lower():
            return CannotTell(NOT_ACCEPTED, f"{path}: the issue has 2,500 comments, and GitHub takes no more")
        if status == 403 and "locked" in text.lower():
            return CannotTell(NOT_ACCEPTED, f"{path}: the conversation is locked")
        trouble = refuse(status, headers, text, path)
        if status == 401:
            self._ended = trouble
        if isinstance(trouble, Forbidden):
            return Forbidden(REFUSED, trouble.message.replace("may not read this", "may not write this"))
        return trouble
