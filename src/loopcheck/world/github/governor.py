"""How fast GitHub may be asked: one governor for all requests of a run, in place of a fixed pause before each.

GitHub says when to stop (`retry-after`, `x-ratelimit-remaining`, `x-ratelimit-reset`) and punishes those who do not
listen. Figures: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api

Beside requests it counts points, as GitHub's secondary limits do (same page, "Calculating points for the secondary rate
limit"): one for what only reads, in REST and in GraphQL, five for what writes. That is another thing than the points of
GraphQL's own hourly limit, which a query costs by its size.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from loopcheck.reasons import BUDGET_SPENT, RATE_LIMITED, CannotTell

_UNSAID = 60.0  # seconds, where GitHub gives none; it asks for at least a minute
_POINTS_TO_READ = 1
_POINTS_TO_WRITE = 5


class Limits(msgspec.Struct, frozen=True):
    """What a run may ask of GitHub."""

    concurrency: int = 16
    """Requests at once. GitHub allows 100, for all that use the token."""
    requests: int = 800
    """In one run. A workflow's own token has 1,000 an hour for the whole repository."""
    wait: float = 90
    """The longest wait in seconds that GitHub may ask for, all waits of a run together."""
    reserve: int = 20
    """Requests that are left to others: below this many remaining, the run stops by itself."""
    writes: int = 450
    """In one run. GitHub takes 500 requests an hour that make content, from everything that uses the token."""
    share: float = 1.0
    """The part that a run may use of what remains of an hour's requests when it begins."""

    def for_event(self) -> Limits:
        """The same for a run that anybody can cause, with a comment or a pull request: a fifth of what remains."""
        return msgspec.structs.replace(self, share=min(self.share, 0.2))


class Governor:
    """Lets requests through as GitHub wants them.

    Args:
        limits: what the run may ask.
        clock: seconds since the epoch.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.limits = limits or Limits()
        self.requests = 0
        """How many requests were made."""
        self.points = 0
        """How many points they cost, as GitHub's secondary limits count."""
        self.writes = 0
        """How many of the requests were to change something."""
        self.waited = 0.0
        """How many seconds were spent on GitHub's orders."""
        self.skew: float | None = None
        """Seconds by which GitHub's clock is ahead of this machine's, by its latest answer that says."""
        self._clock = clock
        self._sleep = sleep
        self._slots = threading.BoundedSemaphore(self.limits.concurrency)
        self._lock = threading.Lock()
        self._not_before: dict[str, float] = {}
        self._counted_until = 0.0
        self._floors: dict[str, float] = {}
        self._at_floor: set[str] = set()

    @contextmanager
    def slot(self, resource: str, *, writes: bool = False) -> Iterator[None]:
        """Wait until a request may be made, and hold a place for it.

        Args:
            resource: GitHub's name for what is counted: `core`, `graphql`.
            writes: whether it is to change something.

        Raises:
            CannotTell: the budget is spent, or the wait would be too long.
        """
        with self._slots:
            self.wait(resource)
            with self._lock:
                self._spend(resource, writes=writes)
            yield

    def _spend(self, resource: str, *, writes: bool) -> None:
        if self.requests >= self.limits.requests:
            raise CannotTell(BUDGET_SPENT, f"this run may make {self.limits.requests} requests to GitHub")
        if writes and self.writes >= self.limits.writes:
            raise CannotTell(BUDGET_SPENT, f"this run may make {self.limits.writes} changes on GitHub")
        if resource in self._at_floor:
            part = f"{self.limits.share:.0%} of the requests that were left in this hour"
            raise CannotTell(BUDGET_SPENT, f"this run may use {part} ({resource})")
        self.requests += 1
        self.writes += writes
        self.points += _POINTS_TO_WRITE if writes else _POINTS_TO_READ

    def listen(self, status: int, headers: Mapping[str, str], resource: str) -> bool:
        """Take in what an answer says about limits. True where the request was refused for them.

        Args:
            status: the HTTP status.
            headers: the answer's headers, names in lower case.
            resource: see `slot`.
        """
        now = self._server_time(headers)
        if "date" in headers:
            self.skew = now - self._clock()
        resource = headers.get("x-ratelimit-resource", resource)
        remaining = _number(headers.get("x-ratelimit-remaining"))
        reset = _number(headers.get("x-ratelimit-reset"))
        retry_after = _number(headers.get("retry-after"))
        until: float | None = None
        refused = False
        if status in (403, 429) and retry_after is not None:
            until, refused = self._clock() + max(1.0, retry_after), True
        elif status in (403, 429) and remaining == 0:
            until, refused = self._clock() + max(1.0, (reset or now + 60) - now), True
        elif status == 429:
            until, refused = self._clock() + _UNSAID, True
        elif remaining is not None and remaining <= self.limits.reserve and reset is not None and reset > now:
            until = self._clock() + (reset - now)
        if remaining is not None and self.limits.share < 1:
            with self._lock:
                # Others who use the token meanwhile count as well: rather too little is used than too much.
                if remaining <= self._floors.setdefault(resource, remaining * (1 - self.limits.share)):
                    self._at_floor.add(resource)
        if until is not None:
            with self._lock:
                self._not_before[resource] = max(until, self._not_before.get(resource, 0))
                if refused and retry_after is not None:  # a secondary limit is for everything the token does
                    self._not_before["*"] = max(until, self._not_before.get("*", 0))
        return refused

    @property
    def server_time(self) -> float | None:
        """Seconds since the epoch by GitHub's clock; `None` before its first answer."""
        return None if self.skew is None else self._clock() + self.skew

    def pause(self) -> None:
        """Let nothing through for a minute: GitHub asked for a pause, and did not say how long."""
        with self._lock:
            self._not_before["*"] = max(self._clock() + _UNSAID, self._not_before.get("*", 0))

    def _server_time(self, headers: Mapping[str, str]) -> float:
        """GitHub's clock where it says: `x-ratelimit-reset` is reckoned by it, and this machine's may be wrong."""
        from email.utils import parsedate_to_datetime

        try:
            return parsedate_to_datetime(headers["date"]).timestamp()
        except (KeyError, ValueError, TypeError):
            return self._clock()

    def wait(self, resource: str) -> None:
        """Wait for as long as GitHub has asked for.

        Args:
            resource: see `slot`.

        Raises:
            CannotTell: the wait would be too long.
        """
        while True:
            with self._lock:
                until = max(self._not_before.get(resource, 0), self._not_before.get("*", 0))
                now = self._clock()
                pause = until - now
                if pause <= 0:
                    return
                # Those who wait at the same time wait once.
                more = max(0.0, until - max(now, self._counted_until))
                if self.waited + more > self.limits.wait:
                    raise CannotTell(
                        RATE_LIMITED, f"GitHub asks to wait {pause:.0f} s, and this run may wait {self.limits.wait:.0f}"
                    )
                self.waited += more
                self._counted_until = max(until, self._counted_until)
            self._sleep(pause)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
