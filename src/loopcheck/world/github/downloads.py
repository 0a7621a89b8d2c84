"""Files that GitHub keeps elsewhere, such as the artifacts of a run: bounded, and never with the token.

GitHub answers with a redirection to a storage of another host, whose address is signed and short-lived. That host must
not be sent the token, and its address is shown to nobody.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

from loopcheck.reasons import BAD_RESPONSE, OUTAGE, TIMEOUT, TOO_BIG, TRUNCATED, UNREACHABLE, CannotTell
from loopcheck.world.github.answers import refuse

SECONDS = 60.0
"""How long a file may take to come."""
WORTH_ANOTHER = (OUTAGE, TIMEOUT, TRUNCATED, UNREACHABLE)
"""Reasons for which a file is asked for once more."""
_PIECE = 1 << 16
_STORE = re.compile(r"https://[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?/[\x21-\x7e]{0,8000}")
_LOOPBACK = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}/[\x21-\x7e]{0,8000}")


def place_of(status: int, headers: Mapping[str, str], text: str, path: str, api: str) -> str:
    """Where GitHub says that a file is kept.

    Args:
        status: of GitHub's answer.
        headers: names in lower case.
        text: the answer's body.
        path: what was asked for, for messages.
        api: the address of the API.

    Raises:
        NotFound: 404.
        CannotTell: GitHub does not say, or names a place that is not asked.
    """
    if status != 302:
        if status < 400:
            raise CannotTell(BAD_RESPONSE, f"{path}: GitHub answered {status}, not with a place to download from")
        raise refuse(status, headers, text, path)
    place = headers.get("location", "")
    # In clear only on this very machine, and only where GitHub itself is a stand-in on it.
    local = _LOOPBACK.fullmatch(api + "/") is not None
    if _STORE.fullmatch(place) or (local and _LOOPBACK.fullmatch(place)):
        return place
    raise CannotTell(BAD_RESPONSE, f"{path}: GitHub redirects to what is not an https address")


def stored(place: str, path: str, *, limit: int, seconds: float) -> bytes:
    """The file at a place.

    Args:
        place: from `place_of`.
        path: what was asked for, for messages.
        limit: the largest file that is kept, in bytes.
        seconds: how long it may take.

    Raises:
        CannotTell: not all of it came in time, or it is larger.
    """
    import requests

    deadline = time.monotonic() + seconds
    with requests.Session() as session:
        session.trust_env = False  # or a ~/.netrc would be read for this host
        session.proxies.update(requests.utils.get_environ_proxies(place))
        # As it is stored: a compressed answer could grow without end.
        session.headers.update({"Accept-Encoding": "identity", "User-Agent": "loopcheck"})
        try:
            with session.get(place, stream=True, allow_redirects=False, timeout=min(20.0, seconds)) as answer:
                if answer.status_code >= 500:
                    raise CannotTell(OUTAGE, f"{path}: the storage answered {answer.status_code}")
                if answer.status_code != 200 or answer.headers.get("content-encoding", "identity") != "identity":
                    raise CannotTell(BAD_RESPONSE, f"{path}: the storage answered {answer.status_code}")
                return _whole(answer, deadline, path, limit)
        except requests.exceptions.Timeout:
            raise CannotTell(TIMEOUT, f"{path}: the storage did not answer in time") from None
        except requests.exceptions.ChunkedEncodingError:
            raise CannotTell(TRUNCATED, f"{path}: not all of the file came") from None
        except requests.exceptions.RequestException as error:  # its text would show the signed address
            raise CannotTell(UNREACHABLE, f"{path}: no connection to the storage ({type(error).__name__})") from None


def _whole(answer: object, deadline: float, path: str, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    for piece in answer.iter_content(_PIECE):  # type: ignore[attr-defined]
        size += len(piece)
        if size > limit:
            raise CannotTell(TOO_BIG, f"{path}: the file has more than {limit:,} bytes")
        if time.monotonic() > deadline:
            raise CannotTell(TIMEOUT, f"{path}: the file did not come in time")
        pieces.append(piece)
    said = answer.headers.get("content-length")  # type: ignore[attr-defined]
    if said is not None and said != str(size):
        raise CannotTell(TRUNCATED, f"{path}: {size:,} of {said} bytes came")
    return b"".join(pieces)
