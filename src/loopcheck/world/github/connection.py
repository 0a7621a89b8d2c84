"""One request to GitHub and its answer, through PyGithub's requester. What an answer means is said in `answers`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from loopcheck.reasons import BAD_RESPONSE, TIMEOUT, UNREACHABLE, CannotTell
from loopcheck.world.github.settings import GitHubSettings

PAGE = 100
"""Entries of a page: the most that GitHub gives."""
_TIMEOUT = 20.0  # GitHub itself gives up after 10 s


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
        import requests

        timeout = self._timeout(_TIMEOUT)
        requester = self._requester(timeout)
        try:
            status, headers, text = requester.requestJson(
                verb, path, dict(parameters), {"Accept-Encoding": "gzip"}, body
            )
        except requests.exceptions.Timeout:
            raise CannotTell(TIMEOUT, f"{path}: no answer within {timeout:.0f} s") from None
        except requests.exceptions.RequestException as error:
            raise CannotTell(UNREACHABLE, f"{path}: no connection to GitHub ({type(error).__name__})") from None
        except (RuntimeError, AssertionError):  # PyGithub's words for a redirection to another host
            raise CannotTell(BAD_RESPONSE, f"{path}: GitHub redirects elsewhere, where the token is not sent") from None
        return Raw(status, {name.lower(): str(value) for name, value in headers.items()}, text)

    def _requester(self, timeout: float) -> Any:
        """PyGithub's requester, one for each thread: shared by two, it can hand an answer to the wrong one.

        Its own pauses, retries and waits are off: the governor sees to them, and knows of all threads.
        """
        from github import Auth, Github

        known = getattr(self._local, "client", None)
        if known is None or known[0] < timeout - 1 or known[0] > timeout + 1:
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
            known = self._local.client = (timeout, client)
        return known[1].requester
