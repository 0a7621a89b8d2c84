"""Where GitHub is, and with which token: from the environment that the runner sets, and from nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from loopcheck.reasons import BAD_SETTINGS, NEEDS_GITHUB, CannotTell

TOKEN = "GITHUB_TOKEN"  # noqa: S105 - the name of a variable
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
# In clear only on this very machine, for tests: whoever could set another host would be sent the token.
_ENDPOINT = re.compile(
    r"https://[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?(?:/api/v3|/api/graphql|/graphql|/api)?|http://127\.0\.0\.1:[0-9]{1,5}(?:/[a-z0-9/]{0,40})?"
)


_API = "https://api.github.com"
_SERVER = "https://github.com"


class GitHubSettings(msgspec.Struct, frozen=True):
    """What a run knows of GitHub before it asks."""

    repository: str
    """`owner/name`."""
    api: str = _API
    graphql: str = f"{_API}/graphql"
    server: str = _SERVER


def settings_from(environment: Mapping[str, str]) -> GitHubSettings:
    """The settings that the runner gives every job.

    Raises:
        CannotTell: no repository is named, or an endpoint is not one that a token may be sent to.
    """
    repository = environment.get("GITHUB_REPOSITORY", "").strip()
    if not repository:
        raise CannotTell(NEEDS_GITHUB, "GITHUB_REPOSITORY is not set, so it is not known which repository to ask about")
    if not _REPOSITORY.fullmatch(repository):
        raise CannotTell(BAD_SETTINGS, "GITHUB_REPOSITORY is not `owner/name`")
    api = environment.get("GITHUB_API_URL", "").strip().rstrip("/") or _API
    graphql = environment.get("GITHUB_GRAPHQL_URL", "").strip().rstrip("/") or f"{api}/graphql"
    server = environment.get("GITHUB_SERVER_URL", "").strip().rstrip("/") or _SERVER
    for name, url in (("GITHUB_API_URL", api), ("GITHUB_GRAPHQL_URL", graphql), ("GITHUB_SERVER_URL", server)):
        if not _ENDPOINT.fullmatch(url):
            raise CannotTell(BAD_SETTINGS, f"{name} is not an https address of GitHub")
    return GitHubSettings(repository, api, graphql, server)
