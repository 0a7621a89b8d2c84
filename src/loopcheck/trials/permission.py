"""Where a check may be run: not where a stranger decides what it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from loopcheck.errors import UsageError

_HINT = (
    "run it on your own machine, or in a workflow that is started by hand (`workflow_dispatch`) on the default branch"
)
_MAX_PAYLOAD = 8 * 1024 * 1024  # bytes


class _Repository(msgspec.Struct, frozen=True):
    default_branch: str


class _Payload(msgspec.Struct, frozen=True):
    repository: _Repository


def on_github(environment: Mapping[str, str]) -> bool:
    """Whether this is a run of a workflow."""
    return environment.get("GITHUB_ACTIONS", "") == "true" or bool(environment.get("GITHUB_EVENT_NAME"))


def check(environment: Mapping[str, str], commit: str) -> None:
    """Refuse a run of a workflow that nobody started by hand, or that is not on the default branch.

    Args:
        environment: what the runner says of the run.
        commit: the full id of the commit that says what is run.

    Raises:
        UsageError: with what is wrong.
    """
    if not on_github(environment):
        return
    event = environment.get("GITHUB_EVENT_NAME", "")
    if event != "workflow_dispatch":
        raise UsageError(f"nothing is run on the event `{event[:40]}`", hint=_HINT)
    branch = _default_branch(environment)
    if branch is None or environment.get("GITHUB_REF") != f"refs/heads/{branch}":
        ref = environment.get("GITHUB_REF", "")
        raise UsageError(f"nothing is run on `{ref[:100]}`, which is not the default branch", hint=_HINT)
    if environment.get("GITHUB_SHA") != commit:
        message = f"{commit[:12]} is checked out, and not the commit of the default branch that the run is for"
        raise UsageError(message, hint="leave out `ref:` where the workflow checks out")


def _default_branch(environment: Mapping[str, str]) -> str | None:
    try:
        with Path(environment.get("GITHUB_EVENT_PATH", "")).open("rb") as file:
            return msgspec.json.decode(file.read(_MAX_PAYLOAD), type=_Payload).repository.default_branch
    except (OSError, msgspec.DecodeError, RecursionError):
        return None
