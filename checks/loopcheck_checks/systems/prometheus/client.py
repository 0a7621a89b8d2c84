"""Requests to Prometheus and its kin: where to, with which credentials, how patiently, what refusals mean.

They speak plain HTTP with JSON; so do Alertmanager and Grafana. Nothing here decides anything about an alert: whatever
is not a whole, authorised answer is `CannotTell`.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping, Sequence
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from loopcheck.checker import CannotTell, Reason, World
from loopcheck.reasons import (
    BAD_RESPONSE,
    MISSING_SECRET,
    NOT_VISIBLE,
    OUTAGE,
    RATE_LIMITED,
    REFUSED,
    TIMEOUT,
    TOO_BIG,
    UNREACHABLE,
)

if TYPE_CHECKING:
    import requests

T = TypeVar("T")

UNSAFE_ADDRESS = Reason(
    "unsafe-address",
    "The address in the environment is not one that credentials and questions may be sent to.",
    "Set it to `https://host/path`, without user name, query or fragment; plain http is for this machine alone.",
)
QUERY_REFUSED = Reason(
    "query-refused",
    "Prometheus could not carry out the query.",
    "Try the query that the message names in Prometheus; where it is too heavy, narrow the window or the budget.",
)
PARTIAL_ANSWER = Reason(
    "partial-answer",
    "The answer came with warnings, so something may be missing from it.",
    "Look at what the message says; a store behind Thanos or a remote read may be out of order.",
)
JUST_RELOADED = Reason(
    "just-reloaded",
    "Prometheus took up its configuration moments ago, and is not done with it.",
    "Nothing to do: the next run looks again.",
)

_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))
_MAX_BODY = 64 * 1024 * 1024
_LONGEST_URL = 4000


class System(msgspec.Struct, frozen=True):
    """A server that is asked."""

    name: str
    """In messages and counts: `Prometheus`."""
    prefix: str
    """Of the environment variables: `PROMETHEUS`, for `PROMETHEUS_URL` and so on."""
    token_only: bool = False
    """Whether it is asked with a token or not at all; the others may ask for none, or for a password.

    Such a system answers 404 for what the token may not see, and is asked no query that it could refuse."""


PROMETHEUS = System("Prometheus", "PROMETHEUS")
ALERTMANAGER = System("Alertmanager", "ALERTMANAGER")


class Patience(msgspec.Struct, frozen=True):
    """How long a server is waited for, in seconds."""

    attempts: int = 3
    request: float = 30
    """One request, from the first look-up of its name to the last byte."""
    backoff: float = 0.5
    """Before the second attempt; twice as long before the third."""


PATIENCE = Patience()
_MOST_TIMEOUTS = 3
"""So many answers in succession that did not come, and the server is not waited for again in this run."""


def is_set(world: World, system: System) -> bool:
    """Whether the environment says where the system is."""
    return bool(world.endpoint(f"{system.prefix}_URL", ""))


class Client:
    """One server, for one run.

    Raises:
        CannotTell: the environment does not say where it is, names an unsafe address, or lacks the token without
            which the system is not asked. No request was made.
    """

    def __init__(self, world: World, system: System, patience: Patience | None = None) -> None:
        variable = f"{system.prefix}_URL"
        url = world.endpoint(variable, "")
        if not url:
            raise CannotTell(MISSING_SECRET, f"{variable} is not set, so {system.name} was not asked")
        self.url = _safe(url, variable)
        """Without a slash at its end."""
        self._world = world
        self._system = system
        self._patience = patience or PATIENCE
        self._headers, self._auth = _credentials(world, system)
        self._connections: requests.Session | None = None
        self._lock = threading.Lock()
        self._timeouts = 0

    def get(self, what: str, path: str, parameters: Sequence[tuple[str, str]] = ()) -> bytes:
        """The body of an answer, JSON of the status 200.

        Args:
            what: what is asked for, for messages: `the list of rules`.
            path: below the server's address: `/api/v1/rules`.
            parameters: of the query; sent as a form where an address would be too long for them.

        Raises:
            CannotTell: there is no whole and authorised answer.
        """
        trouble: CannotTell | None = None
        for attempt in range(self._patience.attempts):
            if trouble is not None:
                self._pause(self._patience.backoff * 2 ** (attempt - 1), trouble)
            self._world.count(self._system.name.lower())
            try:
                status, kind, body = self._deadlined(what, path, parameters)
            except _BrokenError as error:
                trouble = CannotTell(
                    UNREACHABLE, f"the connection to {self._system.name} broke before {what} came ({error})"
                )
                continue
            if status >= 500 and (self._system.token_only or not _is_answer(kind, body)):
                trouble = CannotTell(OUTAGE, f"{self._system.name} could not give {what} ({status})")
                continue
            return self._accepted(what, status, kind, body)
        raise trouble or CannotTell(OUTAGE, f"{self._system.name} was not asked for {what}")

    def _accepted(self, what: str, status: int, kind: str, body: bytes) -> bytes:
        name = self._system.name
        prefix = self._system.prefix
        if status in (401, 403):
            other = "" if self._system.token_only else f", or {prefix}_USERNAME and {prefix}_PASSWORD,"
            raise CannotTell(
                REFUSED, f"{name} refused {what} ({status}): set {prefix}_TOKEN{other} to one that may read it"
            )
        if status == 404 and self._system.token_only:
            raise CannotTell(NOT_VISIBLE, f"{name} has no {what} for this token (404)")
        if status == 429:
            raise CannotTell(RATE_LIMITED, f"{name} limits how often {what} may be asked for")
        if 300 <= status < 400:
            raise CannotTell(BAD_RESPONSE, f"{name} redirected the request for {what} ({status}); it is not followed")
        if not _is_json(kind):
            raise CannotTell(BAD_RESPONSE, f"{name} sent {what} as something else than JSON ({status})")
        if status == 200:
            return body
        said = _said(body)
        if status in (400, 422, 503) and said and not self._system.token_only:
            raise CannotTell(QUERY_REFUSED, f"{name} could not give {what} ({status}): {said}")
        if status >= 500:
            raise CannotTell(OUTAGE, f"{name} could not give {what} ({status})")
        raise CannotTell(BAD_RESPONSE, f"{name} answered the request for {what} with {status}")

    def _deadlined(self, what: str, path: str, parameters: Sequence[tuple[str, str]]) -> tuple[int, str, bytes]:
        """Make one request within the time that it may take.

        In a thread of its own: a time-out of `requests` is for each wait, and a server that sends a byte at a time,
        be it of the headers, would keep a run for ever.
        """
        if self._timeouts >= _MOST_TIMEOUTS:
            raise CannotTell(
                TIMEOUT, f"{self._system.name} did not answer {_MOST_TIMEOUTS} times, and is not asked again"
            )
        self._session()  # what it imports is not the server's time
        limit = self._world.timeout(self._patience.request)
        flight = _Flight()
        thread = threading.Thread(
            target=flight.run, args=(self._send, path, parameters, time.monotonic() + limit, limit), daemon=True
        )
        thread.start()
        thread.join(limit)
        trouble = flight.trouble
        if trouble is None and flight.answer is None:
            trouble = CannotTell(TIMEOUT, f"{self._system.name} did not send {what} in {limit:g} s")
        with self._lock:
            slow = isinstance(trouble, CannotTell) and trouble.reason is TIMEOUT
            self._timeouts = self._timeouts + 1 if slow else 0
        if trouble is not None or flight.answer is None:
            raise trouble or CannotTell(TIMEOUT, f"{self._system.name} did not send {what}")
        return flight.answer

    def _send(
        self, path: str, parameters: Sequence[tuple[str, str]], deadline: float, limit: float
    ) -> tuple[int, str, bytes]:
        import requests  # late: it takes 60 ms

        query = urlencode(parameters)
        posted = len(query) > _LONGEST_URL
        url = f"{self.url}{path}"
        try:
            with self._session().request(
                "POST" if posted else "GET",
                url if posted or not query else f"{url}?{query}",
                data=query if posted else None,
                headers=self._headers | ({"Content-Type": "application/x-www-form-urlencoded"} if posted else {}),
                auth=self._auth,
                proxies=_proxies(url),
                timeout=limit,
                allow_redirects=False,
                stream=True,
            ) as answer:
                body = bytearray()
                for chunk in answer.iter_content(1 << 18):
                    body += chunk
                    if len(body) > _MAX_BODY:
                        raise CannotTell(TOO_BIG, f"{self._system.name} sent more than {_MAX_BODY:,} bytes")
                    if time.monotonic() > deadline:
                        raise CannotTell(TIMEOUT, f"{self._system.name} did not answer in {limit:g} s")
                promised = answer.headers.get("Content-Length", "")
                if "Content-Encoding" not in answer.headers and promised.isdecimal() and int(promised) != len(body):
                    raise _BrokenError("cut short")
                return answer.status_code, answer.headers.get("Content-Type", ""), bytes(body)
        except requests.Timeout:
            raise CannotTell(TIMEOUT, f"{self._system.name} did not answer in {limit:g} s") from None
        except requests.RequestException as error:
            raise _BrokenError(type(error).__name__) from None

    def _session(self) -> requests.Session:
        """Connections to the server, which are used again and carry no cookie from one answer to another."""
        import requests

        with self._lock:
            if self._connections is None:
                self._connections = requests.Session()
                self._connections.trust_env = False  # or ~/.netrc would add credentials of its own
                self._connections.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            return self._connections

    def _pause(self, seconds: float, trouble: CannotTell) -> None:
        """Wait; where the run has no time left for that, `trouble` is the answer."""
        if self._world.timeout(seconds) < seconds:
            raise trouble
        threading.Event().wait(seconds)


class _BrokenError(Exception):
    """The connection was not made, or broke."""


class _Flight:
    """A request under way in a thread of its own."""

    def __init__(self) -> None:
        self.answer: tuple[int, str, bytes] | None = None
        self.trouble: Exception | None = None

    def run(self, send: Any, *arguments: Any) -> None:
        try:
            self.answer = send(*arguments)
        except Exception as trouble:  # noqa: BLE001 - it is raised again where the answer is waited for
            self.trouble = trouble


def _safe(url: str, variable: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise CannotTell(UNSAFE_ADDRESS, f"{variable} is not an address") from None
    loopback = host in _LOOPBACK
    if (
        not host
        or parts.scheme not in (("http", "https") if loopback else ("https",))
        or parts.username is not None
        or parts.password is not None
        or parts.query
        or parts.fragment
        or re.search(r"[\x00-\x20\x7f\\]", url)
    ):
        raise CannotTell(UNSAFE_ADDRESS, f"{variable} is not `https://host/path`, nor http on this machine")
    return url.rstrip("/")


def _credentials(world: World, system: System) -> tuple[dict[str, str], tuple[str, str] | None]:
    def optional(suffix: str) -> str | None:
        try:
            return world.secret(f"{system.prefix}_{suffix}").reveal()
        except CannotTell:
            return None

    headers = {"Accept": "application/json", "User-Agent": "loopcheck"}
    if system.token_only:
        needed = world.secret(f"{system.prefix}_TOKEN", f"what {system.name} has").reveal()
        return headers | {"Authorization": f"Bearer {needed}"}, None
    token, user = optional("TOKEN"), optional("USERNAME")
    if token is not None:
        return headers | {"Authorization": f"Bearer {token}"}, None
    return headers, None if user is None else (user, optional("PASSWORD") or "")


def _proxies(url: str) -> dict[str, str]:
    """The proxies of the environment, which are not a matter of trust: on some networks there is no other way."""
    from urllib.request import getproxies, proxy_bypass

    host = urlsplit(url).hostname or ""
    return {} if host in _LOOPBACK or proxy_bypass(host) else getproxies()


def _is_json(kind: str) -> bool:
    return kind.partition(";")[0].strip().lower() == "application/json"


def _is_answer(kind: str, body: bytes) -> bool:
    """Whether a 5xx is the server's own word about the question, which asking again would not change."""
    return _is_json(kind) and bool(_said(body))


class _Failure(msgspec.Struct):
    error: str = ""
    status: str = ""


def _said(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Failure).error[:200]
    except msgspec.DecodeError:
        return ""


def decoded(body: bytes, wanted: type[T], what: str, system: System) -> T:
    """The answer as a `wanted`.

    Raises:
        CannotTell: it is something else.
    """
    try:
        return msgspec.json.decode(body, type=wanted)
    except (msgspec.DecodeError, RecursionError) as error:
        message = "it is nested too deep" if isinstance(error, RecursionError) else str(error)[:120]
        raise CannotTell(BAD_RESPONSE, f"{system.name} sent {what} in another form: {message}") from None


def as_text(labels: Mapping[str, str]) -> str:
    """Labels for a message: `severity=page, team=shop`."""
    return ", ".join(f"{name}={value}" for name, value in sorted(labels.items()))[:300]
