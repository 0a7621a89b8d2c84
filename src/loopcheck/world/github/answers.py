"""What each answer of GitHub means. Only a whole, authorised, readable one is an answer at all.

404 is not "missing": GitHub says it of what a token may not see. It becomes absence only where the same run, with the
same token, has shown that it can see the repository (`GitHub.find`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from loopcheck.reasons import BAD_RESPONSE, NOT_VISIBLE, OUTAGE, RATE_LIMITED, REFUSED, CannotTell, Reason

GONE = Reason(
    "gone", "GitHub says that it was deleted, or that the feature is switched off.", "Close the item, or switch it on."
)
BLOCKED = Reason("blocked", "GitHub may not show this, for legal reasons.", "Ask GitHub; see the link in its answer.")
UNSETTLED = Reason(
    "unsettled",
    "GitHub said two things within a moment, as it does while a change is on its way to all of its machines.",
    "Nothing to do: the next run looks again.",
)


class NotFound(Exception):  # noqa: N818 - an answer, not an error
    """GitHub answered 404."""


class Forbidden(CannotTell):
    """GitHub says that this token has not the permission for it. Another token may have; asking again does not help."""


def decoded(body: str, headers: Mapping[str, str], path: str) -> Any:
    """The JSON of a body.

    Raises:
        CannotTell: it is not JSON, or not all of it came.
    """
    kind = headers.get("content-type", "application/json")
    if "json" not in kind:
        raise CannotTell(BAD_RESPONSE, f"{path}: the answer is {kind.partition(';')[0][:40]}, not JSON")
    try:
        return msgspec.json.decode(body) if body else None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise CannotTell(BAD_RESPONSE, f"{path}: the answer is not whole") from None


def refuse(status: int, headers: Mapping[str, str], body: str, path: str) -> CannotTell:
    """Why an answer that is not 2xx tells nothing.

    Raises:
        NotFound: it is a 404.
    """
    if status == 404:
        raise NotFound(path)
    if status == 401:
        return CannotTell(REFUSED, f"{path}: GitHub does not accept the token: it is wrong, or has expired")
    if status in (403, 429):
        return _forbidden(status, headers, body, path)
    if status == 410:
        return CannotTell(GONE, f"{path}: GitHub says that it is gone")
    if status == 451:
        return CannotTell(BLOCKED, f"{path}: GitHub may not show it, for legal reasons")
    if status >= 500:
        return CannotTell(OUTAGE, f"{path}: GitHub answered {status}")
    return CannotTell(BAD_RESPONSE, f"{path}: GitHub answered {status}")


def _forbidden(status: int, headers: Mapping[str, str], body: str, path: str) -> CannotTell:
    if status == 429 or headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers:
        return CannotTell(RATE_LIMITED, f"{path}: GitHub's rate limit is used up")
    if "x-github-sso" in headers or "saml" in body.lower():
        return CannotTell(REFUSED, f"{path}: the token is not authorised for this organisation's single sign-on")
    if "rate limit" in body.lower():
        return CannotTell(RATE_LIMITED, f"{path}: GitHub asks for a pause")
    needed = headers.get("x-accepted-github-permissions", "")
    named = f" It needs the permission `{needed[:80]}`." if needed and needed.isprintable() else ""
    return Forbidden(REFUSED, f"{path}: the token may not read this.{named}")


def invisible(path: str) -> CannotTell:
    """A 404 that nothing shows to be absence."""
    return CannotTell(NOT_VISIBLE, f"{path}: missing, or not visible to this token")
