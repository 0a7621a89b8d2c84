"""Requests to Datadog: which site, with which keys, how patiently, and what each refusal means.

Requests go through Datadog's own client, which knows its sites, paths and headers; bodies are read by us. Nothing
here decides anything about a monitor: whatever is not a whole, authorised answer is `CannotTell`.
"""

from __future__ import annotations

import importlib
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from loopcheck.checker import CannotTell, Reason, World
from loopcheck.reasons import (
    BAD_RESPONSE,
    OUTAGE,
    RATE_LIMITED,
    REFUSED,
    TIMEOUT,
    TOO_BIG,
    UNREACHABLE,
)
from loopcheck.world import SecretText

SYSTEM = "datadog"
API_KEY = "DD_API_KEY"
APP_KEY = "DD_APP_KEY"
SITE = "DD_SITE"
LOOPBACK = "LOOPCHECK_DATADOG_URL"

SITES: Mapping[str, str] = {
    "datadoghq.com": "app.datadoghq.com",
    "us3.datadoghq.com": "us3.datadoghq.com",
    "us5.datadoghq.com": "us5.datadoghq.com",
    "ap1.datadoghq.com": "ap1.datadoghq.com",
    "ap2.datadoghq.com": "ap2.datadoghq.com",
    "uk1.datadoghq.com": "uk1.datadoghq.com",
    "datadoghq.eu": "app.datadoghq.eu",
    "ddog-gov.com": "app.ddog-gov.com",
    "us2.ddog-gov.com": "us2.ddog-gov.com",
}
"""Every site of Datadog that its client knows, with the host of its pages. Keys go nowhere else."""

UNKNOWN_SITE = Reason(
    "unknown-site",
    "The site that the environment names is none of Datadog's, and no key is sent to it.",
    "Set DD_SITE to the site in your browser's address bar, such as `datadoghq.eu`; unset LOOPCHECK_DATADOG_URL.",
)

# Only a port of this very machine, and only in clear: the address exists for tests, and whoever could set it to
# another host would be sent the keys.
_ON_THIS_MACHINE = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}")
_MAX_BODY = 256 * 1024 * 1024


class Patience(msgspec.Struct, frozen=True):
    """How long Datadog is waited for, in seconds."""

    attempts: int = 3
    request: float = 30
    """One request, from the first byte sent to the last received."""
    backoff: float = 0.5
    """Before the second attempt; twice as long before the third."""
    rate_limit: float = 60
    """The longest wait that a rate limit may ask for."""


PATIENCE = Patience()


def site_of(world: World) -> str:
    """The site that the environment names.

    Raises:
        CannotTell: it is none of Datadog's.
    """
    site = world.endpoint(SITE, "datadoghq.com").lower()
    if site not in SITES:
        raise CannotTell(UNKNOWN_SITE, f"{SITE} is `{site[:60]}`, which is none of {', '.join(SITES)}")
    return site


def has_keys(world: World) -> bool:
    """Whether both keys are set, so that Datadog itself can be asked."""
    try:
        world.secret(API_KEY)
        world.secret(APP_KEY)
    except CannotTell:
        return False
    return True


def monitor_page(site: str, monitor: int | None) -> str:
    """Where people see a monitor."""
    return f"https://{SITES[site]}/monitors" + (f"/{monitor}" if monitor is not None else "/manage")


class Client:
    """Datadog, for one run. It is made when the first look needs it, and imports Datadog's client only then.

    Raises:
        CannotTell: the site is none of Datadog's, or a key is not set. No request was made.
    """

    def __init__(self, world: World, patience: Patience | None = None) -> None:
        self.site = site_of(world)
        self.app = SITES[self.site]
        override = world.endpoint(LOOPBACK, "")
        if override and not _ON_THIS_MACHINE.fullmatch(override):
            raise CannotTell(UNKNOWN_SITE, f"{LOOPBACK} may only be http://127.0.0.1:PORT, for tests")
        api_key = world.secret(API_KEY, "reading from Datadog")
        app_key = world.secret(APP_KEY, "reading from Datadog")
        self._world = world
        self._patience = patience or PATIENCE
        self._client = _official_client(self.site, override, api_key, app_key)

    def get(
        self, what: str, scope: str, part: str, call: Callable[[Any], Any], *, missing: CannotTell | None = None
    ) -> bytes:
        """The body of an answer.

        Args:
            what: what is asked for, for messages: `the list of monitors`.
            scope: the permission that the application key needs: `monitors_read`.
            part: the class of Datadog's client: `v1.api.monitors_api.MonitorsApi`.
            call: makes the request, given that class's object.
            missing: what 404 means, where it is an answer that Datadog documents.

        Raises:
            CannotTell: there is no whole and authorised answer.
        """
        from datadog_api_client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        module, _, name = part.rpartition(".")
        api = getattr(importlib.import_module(f"datadog_api_client.{module}"), name)(self._client)
        trouble: CannotTell | None = None
        for attempt in range(self._patience.attempts):
            if trouble is not None:
                self._pause(self._patience.backoff * 2 ** (attempt - 1), trouble)
            self._client.configuration.request_timeout = self._world.timeout(self._patience.request)
            self._world.count(SYSTEM)
            try:
                response = call(api)
            except ApiException as error:
                if error.status == 429:
                    trouble = self._limited(what, error.headers or {})
                    continue
                if error.status == 404 and missing is not None:
                    raise missing from None
                trouble = _refusal(what, scope, self.site, error.status or 0)
                if trouble.reason is not OUTAGE:
                    raise trouble from None
            except HTTPError as error:
                trouble = _broken(what, error)
            except _TooSlowError:
                raise CannotTell(TIMEOUT, f"Datadog did not send {what} in {self._patience.request:g} s") from None
            else:
                if "json" not in response.headers.get("Content-Type", "").lower():
                    raise CannotTell(BAD_RESPONSE, f"Datadog sent {what} as something else than JSON")
                body: bytes = response.data
                return body
        raise trouble or CannotTell(OUTAGE, f"Datadog was not asked for {what}")

    def _limited(self, what: str, headers: Mapping[str, str]) -> CannotTell:
        """Wait as long as Datadog asks, if that is bearable; then the request may be made again."""
        trouble = CannotTell(RATE_LIMITED, f"Datadog limits how often {what} may be asked for")
        # Seconds to go, not a time since 1970 as with GitHub.
        text = next((value for name, value in headers.items() if name.lower() == "x-ratelimit-reset"), "")
        if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) > self._patience.rate_limit:
            raise trouble
        self._pause(float(text), trouble)
        return trouble

    def _pause(self, seconds: float, trouble: CannotTell) -> None:
        """Wait; where the run has no time left for that, `trouble` is the answer."""
        if self._world.timeout(seconds) < seconds:
            raise trouble
        threading.Event().wait(seconds)


def _refusal(what: str, scope: str, site: str, status: int) -> CannotTell:
    if status in (401, 403):
        return CannotTell(
            REFUSED,
            f"Datadog refused {what} ({status}): {site} is the wrong site for these keys (set {SITE}), {API_KEY} and "
            f"{APP_KEY} are not a valid pair, or the application key lacks the scope `{scope}`",
        )
    if status >= 500:
        return CannotTell(OUTAGE, f"Datadog could not give {what} ({status})")
    if 300 <= status < 400:
        return CannotTell(BAD_RESPONSE, f"Datadog redirected the request for {what} ({status}); keys are not sent on")
    if status == 0:
        return CannotTell(UNREACHABLE, f"no safe connection to Datadog could be made for {what}")
    return CannotTell(BAD_RESPONSE, f"Datadog answered the request for {what} with {status}")


def _broken(what: str, error: Exception) -> CannotTell:
    from urllib3.exceptions import MaxRetryError, NewConnectionError, TimeoutError  # noqa: A004 - urllib3's name

    cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    if isinstance(cause, TimeoutError) and not isinstance(cause, NewConnectionError):  # which is one, for history
        return CannotTell(TIMEOUT, f"Datadog did not send {what} in time")
    return CannotTell(UNREACHABLE, f"the connection to Datadog broke before {what} came ({type(cause).__name__})")


class _TooSlowError(Exception):
    """The body has come in drops for longer than a request may take."""


def _within_bounds(size: int, deadline: float) -> None:
    if time.monotonic() > deadline:
        raise _TooSlowError
    if size > _MAX_BODY:
        raise CannotTell(TOO_BIG, f"Datadog sent more than {_MAX_BODY:,} bytes in one answer")


class _Answer(msgspec.Struct, frozen=True):
    """A whole answer, as much of it as Datadog's client looks at."""

    status: int
    reason: str | None
    headers: Any
    data: bytes


class _Deadlined:
    """Datadog's connection pool, with a limit on the whole of an answer.

    urllib3's time-outs are for each wait; an answer that comes a byte at a time would keep a run for ever.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    def request(self, method: str, url: str, *, timeout: Any = None, preload_content: bool = True, **more: Any) -> Any:
        """See `urllib3.PoolManager.request`. `preload_content` is ignored: the body is always read here."""
        del preload_content
        seconds = timeout.total if timeout is not None and isinstance(timeout.total, int | float) else 30.0
        deadline = time.monotonic() + seconds
        answer = self._pool.request(method, url, timeout=timeout, preload_content=False, **more)
        parts: list[bytes] = []
        size = 0
        whole = False
        try:
            while chunk := answer.read1(1 << 20, decode_content=True):
                parts.append(chunk)
                size += len(chunk)
                _within_bounds(size, deadline)
            whole = True
        finally:
            if whole:
                answer.release_conn()
            else:
                answer.close()
        return _Answer(answer.status, answer.reason, answer.headers, b"".join(parts))

    def clear(self) -> None:
        """See `urllib3.PoolManager.clear`."""
        self._pool.clear()


def _official_client(site: str, override: str, api_key: SecretText, app_key: SecretText) -> Any:
    from urllib3.util import Retry

    official: Any = importlib.import_module("datadog_api_client")  # only half of it has types

    # No retry and no redirect inside urllib3: it would send the keys on to another host.
    never = Retry(
        total=None,
        connect=0,
        read=0,
        redirect=0,
        status=0,
        other=0,
        raise_on_redirect=False,
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    configuration = official.Configuration(preload_content=False, retry_policy=never, host=override or None)
    # After the constructor, which takes all three from the process's environment by itself.
    configuration.server_variables = {"site": site}
    configuration.api_key = {"apiKeyAuth": api_key.reveal(), "appKeyAuth": app_key.reveal()}
    client: Any = official.ApiClient(configuration)
    client.rest_client.pool_manager = _Deadlined(client.rest_client.pool_manager)
    return client
