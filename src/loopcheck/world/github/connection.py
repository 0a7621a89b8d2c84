"""One request to GitHub and its answer, through PyGithub's requester. What an answer means is said in `answers`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import msgspec

from loopcheck.reasons import BAD_RESPONSE, TIMEOUT, UNREACHABLE, CannotTell
from loopcheck.world.github.settings import GitHubSettings

PAGE = 100
"""Entries of a page: the most that GitHub gives."""
_TIMEOUT = 20.0  # GitHub itself gives up after 10 s
_HOPS = 3  # redirections: a repository that was renamed, and renamed again
_making = threading.Lock()


class Raw(msgspec.Struct, frozen=True):
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    text: str


class Connection:
    """Sends requests with a token.

    Args:
        settings: where GitHub is.
        token: the token itself.
        timeout: what is left of the run's time, at most the seconds given; see `World.timeout`.
    """

    def __init__(self, settings: GitHubSettings, token: str, timeout: Callable[[float], float]) -> None:
        self.settings = settings
        self._token = token
        self._timeout = timeout
        self._local = threading.local()

    def send(self, verb: str, path: str, parameters: Mapping[str, str | int], body: Any = None) -> Raw:
        """Send one request, once.

        Raises:
            CannotTell: no answer came. Whether the request was obeyed is then not known.
        """
        raw = self._once(verb, path, parameters, body)
        for _ in range(_HOPS):
            if raw.status not in (301, 307, 308) or verb != "GET":
                break
            # Whoever was renamed is found under the new name, but only on the host that the token is for.
            aim = raw.headers.get("location", "")
            if _origin(aim) != _origin(self.settings.api):
                raise CannotTell(BAD_RESPONSE, f"{path}: GitHub redirects elsewhere, where the token is not sent")
            raw = self._once(verb, aim, {} if urlsplit(aim).query else parameters)
        return raw

    def _once(self, verb: str, path: str, parameters: Mapping[str, str | int], body: Any = None) -> Raw:
        import requests

        timeout = self._timeout(_TIMEOUT)
        requester = self._requester(timeout)

        def ask() -> Raw:
            try:
                status, headers, text = requester.requestJson(
                    verb, path, dict(parameters), {"Accept-Encoding": "gzip"}, body
                )
            except _Instead as instead:
                status, headers, text = instead.status, instead.headers, ""
            return Raw(status, {name.lower(): str(value) for name, value in headers.items()}, text)

        try:
            return _within(timeout, ask)
        except (TimeoutError, requests.exceptions.Timeout):
            self._local.client = None  # what still waits for an answer is not asked again
            raise CannotTell(TIMEOUT, f"{path}: no answer within {timeout:.0f} s") from None
        except requests.exceptions.RequestException as error:
            raise CannotTell(UNREACHABLE, f"{path}: no connection to GitHub ({type(error).__name__})") from None
        except (UnicodeError, RuntimeError, AssertionError):  # PyGithub's words for what it does not understand
            raise CannotTell(BAD_RESPONSE, f"{path}: the answer cannot be read") from None

    def _requester(self, timeout: float) -> Any:
        """PyGithub's requester, one for each thread: shared by two, it can hand an answer to the wrong one.

        Its own pauses, retries and waits are off: the governor sees to them, and knows of all threads.
        """
        from github import Auth, Github
        from github.Requester import Requester

        known = getattr(self._local, "client", None)
        if known is None or known[0] < timeout - 1 or known[0] > timeout + 1:
            with _making:
                Requester.injectConnectionClasses(*_connection_classes())
                client = Github(
                    auth=Auth.Token(self._token),
                    base_url=self.settings.api,
                    timeout=max(1, round(timeout)),
                    per_page=PAGE,
                    retry=None,
                    seconds_between_requests=None,
                    seconds_between_writes=None,
                    user_agent="loopcheck",
                    lazy=True,
                )
                Requester.resetConnectionClasses()
            known = self._local.client = (timeout, client)
        return known[1].requester


class _Instead(Exception):  # noqa: N818 - an answer, not an error
    """An answer that PyGithub would act upon by itself."""

    def __init__(self, status: int, headers: Mapping[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers


@cache
def _connection_classes() -> tuple[Any, Any]:
    """PyGithub's connections, without what its requester does by itself with some answers.

    It follows a 301 with the query left out, so that a filtered list comes back whole, and asks again and again after
    a 202, for as long as that takes.
    """
    from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass

    def answer(known: Any) -> Any:
        if known.status in (202, 301):
            raise _Instead(known.status, dict(known.getheaders()))
        return known

    class Plain(HTTPRequestsConnectionClass):
        def getresponse(self) -> Any:
            return answer(super().getresponse())

    class Secure(HTTPSRequestsConnectionClass):
        def getresponse(self) -> Any:
            return answer(super().getresponse())

    return Plain, Secure


def _origin(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}"


def _within(seconds: float, ask: Callable[[], Raw]) -> Raw:
    """What `ask` returns, if it does so in time.

    The client's own timeout is for each piece of an answer; one that comes in drops could take for ever.

    Raises:
        TimeoutError: it did not.
    """
    got: list[Raw | BaseException] = []

    def run() -> None:
        try:
            got.append(ask())
        except BaseException as error:  # noqa: BLE001 - raised again below, by whoever waits
            got.append(error)

    asking = threading.Thread(target=run, daemon=True)
    asking.start()
    asking.join(seconds)
    if not got:
        raise TimeoutError
    if isinstance(got[0], BaseException):
        raise got[0]
    return got[0]
