"""Questions to GitHub: single answers, whole lists, GraphQL. Each is asked once a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from copy import copy
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from loopcheck.reasons import BAD_RESPONSE, RATE_LIMITED, REFUSED, TRUNCATED, CannotTell
from loopcheck.world.github import downloads
from loopcheck.world.github.answers import UNSETTLED, NotFound, decoded, invisible, refuse
from loopcheck.world.github.connection import PAGE, Connection
from loopcheck.world.github.governor import Governor
from loopcheck.world.github.settings import GitHubSettings

T = TypeVar("T")
Once = Callable[[Hashable, Callable[[], Any]], Any]

_ABOUT = ("github", "about")
_MAX_PAGES = 100
_PASSES = 3
_ATTEMPTS = 3


class Answer(msgspec.Struct, frozen=True):
    """A whole answer."""

    data: Any
    headers: Mapping[str, str]


class About(msgspec.Struct, frozen=True):
    """The repository itself."""

    id: int
    default_branch: str


class GitHub:
    """GitHub's API, for one run. It is made when the first look needs it, and imports PyGithub only then.

    Args:
        settings: where GitHub is.
        token: the token itself.
        once: makes each look once; see `World.once`.
        count: adds to the number of requests that the report shows.
        timeout: what is left of the run's time, at most the seconds given; see `World.timeout`.
        governor: how fast GitHub may be asked.
        sleep: waits so many seconds between attempts.
    """

    def __init__(
        self,
        settings: GitHubSettings,
        token: str,
        *,
        once: Once,
        count: Callable[[], None],
        timeout: Callable[[float], float],
        governor: Governor | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        self.repository = settings.repository
        """`owner/name`."""
        self.governor = governor or Governor()
        self._connection = Connection(settings, token, timeout)
        self._once = once
        self._count = count
        self._timeout = timeout
        self._sleep = sleep

    @property
    def connection(self) -> Connection:
        """To the same GitHub with the same token, for `loopcheck.effects.writer`, which alone changes anything."""
        return self._connection

    def about(self) -> About:
        """The repository's number and default branch. Not asked where a larger answer has said it already.

        Raises:
            CannotTell: GitHub does not say.
        """
        found: About = self._once(_ABOUT, self._about)
        return found

    def told(self, about: About) -> None:
        """Take in what an answer to another question said of the repository."""
        self._once(_ABOUT, lambda: about)

    def _about(self) -> About:
        answer = self.get(f"/repos/{self.repository}")
        number, branch = (answer.get("id"), answer.get("default_branch")) if isinstance(answer, dict) else (None, None)
        if not isinstance(number, int) or not isinstance(branch, str) or not branch:
            raise CannotTell(BAD_RESPONSE, "GitHub's answer about the repository has no `id` or no `default_branch`")
        return About(number, branch)

    @property
    def skew(self) -> float | None:
        """Seconds by which GitHub's clock is ahead of this machine's; `None` before its first answer."""
        return self.governor.skew

    def server_time(self) -> datetime:
        """What GitHub's clock says by now, by the `Date` of its latest answer, within a second or two.

        Raises:
            CannotTell: GitHub has not said so far.
        """
        seconds = self.governor.server_time
        if seconds is None:
            raise CannotTell(BAD_RESPONSE, "no answer of GitHub has said what time it is there")
        return datetime.fromtimestamp(seconds, UTC)

    def anew(self) -> GitHub:
        """The same without memory: it asks every question again, for a write that rests on the answer."""
        other = copy(self)
        other._once = lambda _key, look: look()  # noqa: SLF001 - its own kind
        return other

    def get(self, path: str, **parameters: str | int) -> Any:
        """The JSON at `path`: `/repos/o/r/branches/main`.

        Raises:
            CannotTell: there is no whole and authorised answer; also for 404, see `find`.
        """
        try:
            return self._read(path, parameters).data
        except NotFound:
            raise invisible(path) from None

    def find(self, path: str, **parameters: str | int) -> Any | None:
        """The JSON at a path below this repository; `None` where it is provably not there.

        Absence is proven by a 404 from a token that sees the repository and, by GitHub's own word, its contents.

        Raises:
            CannotTell: there is no whole answer, or a 404 could mean that the token may not see.
        """
        try:
            return self._read(path, parameters).data
        except NotFound:
            if not path.startswith(f"/repos/{self.repository}/") or not self.sees_repository():
                raise invisible(path) from None
        key = ("github", "absent", path, tuple(sorted(parameters.items())))
        return self._once(key, lambda: self._again(path, parameters))

    def _again(self, path: str, parameters: Mapping[str, str | int]) -> None:
        """Ask once more for what was not there: a machine of GitHub's that is behind says 404 as well."""
        try:
            self._ask(path, parameters)
        except NotFound:
            return
        raise CannotTell(UNSETTLED, f"{path}: missing at first, and there a moment later")

    def list_all(self, path: str, *, under: str | None = None, **parameters: str | int) -> list[Any]:
        """Every entry of a list, through all of its pages.

        Args:
            path: the list's path.
            under: the key that holds the list, where the answer is an object: `workflow_runs`.
            parameters: of the query.

        Raises:
            CannotTell: a page is missing, or what came does not add up to what GitHub counts.
        """
        key = ("github", "list", path, under, tuple(sorted(parameters.items())))
        found: list[Any] = self._once(key, lambda: self._pages(path, under, parameters))
        return found

    def query(self, query: str, **variables: Any) -> dict[str, Any]:
        """The `data` of a GraphQL query.

        Raises:
            CannotTell: there is no whole answer. A partial one, with `errors`, is none.
        """
        key = ("github", "graphql", query, msgspec.json.encode(variables, order="deterministic"))
        found: dict[str, Any] = self._once(key, lambda: self._graphql(query, variables))
        return found

    def download(self, path: str, *, limit: int) -> bytes:
        """The file that `path` of the API leads to, such as an artifact of a run. Asked once a run.

        Args:
            path: `/repos/o/r/actions/artifacts/1/zip`.
            limit: the largest file that is kept, in bytes.

        Raises:
            CannotTell: it is not to be had, not all of it came, or it is larger.
        """
        found: bytes = self._once(("github", "download", path, limit), lambda: self._download(path, limit))
        return found

    def _download(self, path: str, limit: int) -> bytes:
        trouble: CannotTell | None = None
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._sleep(min(0.5 * 2**attempt, self._timeout(60)))
            try:
                with self.governor.slot("core"):
                    self._count()
                    raw = self._connection.send("GET", path, {})
                self.governor.listen(raw.status, raw.headers, "core")
                place = downloads.place_of(raw.status, raw.headers, raw.text, path, self.settings.api)
                return downloads.stored(place, path, limit=limit, seconds=self._timeout(downloads.SECONDS))
            except NotFound:
                raise invisible(path) from None
            except CannotTell as met:
                trouble = met
                if met.reason not in downloads.WORTH_ANOTHER:
                    break
        assert trouble is not None  # noqa: S101 - every way round the loop sets it
        raise trouble

    def sees_repository(self) -> bool:
        """Whether this token has shown that it can see the repository and its contents.

        Raises:
            CannotTell: there is no whole answer.
        """
        path = f"/repos/{self.repository}"
        try:
            data = self._read(path, {}).data
            if not isinstance(data, dict) or str(data.get("full_name", "")).lower() != self.repository.lower():
                return False
            # A token without `contents: read` gets the repository and 404 for what is in it. What the repository says
            # under `permissions` is about people: to a workflow's token it denies everything.
            if data.get("private", True):
                self._read(f"{path}/git/ref/heads/{data.get('default_branch')}", {})
        except NotFound:
            return False
        return True

    def _read(self, path: str, parameters: Mapping[str, str | int]) -> Answer:
        key = ("github", "get", path, tuple(sorted(parameters.items())))
        answer: Answer = self._once(key, lambda: self._ask(path, parameters))
        return answer

    def _pages(self, path: str, under: str | None, parameters: Mapping[str, str | int]) -> list[Any]:
        """A list of one page is as it came. Longer ones shift while they are read, so they are read until they stay.

        An entry that leaves the first page while the second is fetched takes one from the second that nobody saw.
        """
        found, pages = self._pass(path, under, parameters)
        if pages == 1:
            return found
        for _ in range(_PASSES - 1):
            before, (found, _pages) = found, self._pass(path, under, parameters)
            if [_name(entry) for entry in before] == [_name(entry) for entry in found]:
                return found
        raise CannotTell(UNSETTLED, f"{path}: the list changes while it is read")

    def _pass(self, path: str, under: str | None, parameters: Mapping[str, str | int]) -> tuple[list[Any], int]:
        """All pages, once, and how many they were."""
        found: list[Any] = []
        seen: set[Any] = set()
        for page in range(1, _MAX_PAGES + 1):
            try:
                answer = self._ask(path, {**parameters, "per_page": PAGE, "page": page})
            except NotFound:
                raise invisible(path) from None
            entries, total = _entries(answer.data, path, under)
            for entry in entries:
                name = _name(entry)
                if name is None or name not in seen:
                    found.append(entry)
                    seen.add(name)
            # A full page may be followed by another, whatever became of the header.
            if 'rel="next"' not in answer.headers.get("link", "") and len(entries) < PAGE:
                if total is not None and len(found) < total:
                    raise CannotTell(TRUNCATED, f"{path}: {len(found)} of {total} entries came")
                return found, page
        raise CannotTell(TRUNCATED, f"{path}: more than {_MAX_PAGES * PAGE:,} entries")

    def _graphql(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        try:
            answer = self._ask(self.settings.graphql, {}, body={"query": query, "variables": dict(variables)})
        except NotFound:  # GraphQL says what is not there in its answer; this is a wrong address
            raise invisible("GraphQL") from None
        data = answer.data
        if not isinstance(data, dict) or not isinstance(data.get("data"), dict) or data.get("errors"):
            errors = data.get("errors") if isinstance(data, dict) else None
            kinds = sorted({str(error.get("type", "error"))[:40] for error in errors or [] if isinstance(error, dict)})
            if "RATE_LIMITED" in kinds:
                raise CannotTell(RATE_LIMITED, "GraphQL: GitHub's rate limit is used up")
            if "FORBIDDEN" in kinds:
                raise CannotTell(REFUSED, "GraphQL: the token may not read this")
            raise CannotTell(BAD_RESPONSE, f"GraphQL: the answer is not whole ({', '.join(kinds) or 'no data'})")
        found: dict[str, Any] = data["data"]
        return found

    def _ask(self, path: str, parameters: Mapping[str, str | int], body: Any = None) -> Answer:
        """One question, asked again only where that can help. A GraphQL query only reads, so it may be repeated.

        Raises:
            NotFound: 404.
            CannotTell: any other answer that is not whole.
        """
        resource = "graphql" if body is not None else "core"
        shown = "GraphQL" if body is not None else path
        trouble: CannotTell | None = None
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._sleep(min(0.5 * 2**attempt, self._timeout(60)))
            with self.governor.slot(resource):
                self._count()
                try:
                    raw = self._connection.send("GET" if body is None else "POST", path, parameters, body)
                except CannotTell as unreachable:
                    trouble = unreachable
                    continue
            limited = self.governor.listen(raw.status, raw.headers, resource)
            if raw.status == 200:
                try:
                    data = decoded(raw.text, raw.headers, shown)
                except CannotTell as partial:
                    trouble = partial
                    continue
                if isinstance(data, dict | list):
                    return Answer(data, raw.headers)
                trouble = CannotTell(BAD_RESPONSE, f"{shown}: the answer is empty")
                continue
            trouble = refuse(raw.status, raw.headers, raw.text, shown)
            if trouble.reason is RATE_LIMITED and not limited:
                self.governor.pause()
            elif not limited and raw.status < 500:
                break
        assert trouble is not None  # noqa: S101 - every way round the loop sets it
        raise trouble


def _entries(data: Any, path: str, under: str | None) -> tuple[list[Any], int | None]:
    """The entries of a page, and how many there are in all where the answer says so."""
    total = None
    if under is not None:
        if not isinstance(data, dict) or not isinstance(data.get(under), list):
            raise CannotTell(BAD_RESPONSE, f"{path}: the answer has no `{under}`")
        total = data.get("total_count") if isinstance(data.get("total_count"), int) else None
        data = data[under]
    if not isinstance(data, list):
        raise CannotTell(BAD_RESPONSE, f"{path}: the answer is not a list")
    return data, total


def _name(entry: Any) -> Any:
    """What tells an entry of a list from the others."""
    if not isinstance(entry, dict):
        return None
    name = entry.get("id") or entry.get("name") or entry.get("filename")
    return name if isinstance(name, str | int) else None
