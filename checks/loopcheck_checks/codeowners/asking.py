"""What is asked of GitHub about the ownership of files: once a run, however many items turn on it."""

from __future__ import annotations

from typing import Any

from loopcheck.checker import CannotTell, World
from loopcheck.reasons import BAD_RESPONSE
from loopcheck_checks.codeowners.manifest import Enforcement
from loopcheck_checks.systems.github_branches import look_at, main_branch

_UNKNOWN = "unknown owner"


def asked(world: World) -> Enforcement:
    """What the default branch requires, and what GitHub makes of the file.

    Raises:
        CannotTell: GitHub was not asked, or the branch is not seen.
    """
    github = world.github
    branch = look_at(world, main_branch(github), details=True)
    place = f"/repos/{github.repository}/codeowners/errors"
    unknown = world.attempt(lambda: _unknown(github.get(place, ref=world.repo.commit), place))
    return Enforcement(branch, unknown)


def _unknown(answer: Any, place: str) -> tuple[tuple[int, str], ...]:
    """The owners that GitHub does not know. An error says where in which line it is, and not whom it means."""
    found: list[tuple[int, str]] = []
    errors = answer.get("errors") if isinstance(answer, dict) else None
    if not isinstance(errors, list):
        raise CannotTell(BAD_RESPONSE, f"{place}: the answer has no `errors`")
    for error in errors:
        said = error if isinstance(error, dict) else {}
        kind, line, column, source = (said.get(key) for key in ("kind", "line", "column", "source"))
        if not isinstance(kind, str) or not isinstance(line, int) or not isinstance(column, int):
            raise CannotTell(BAD_RESPONSE, f"{place}: an error has no `kind` or place")
        if kind.casefold() == _UNKNOWN:
            words = source[max(0, column - 1) :].split() if isinstance(source, str) else []
            found.append((line, words[0] if words else ""))
    return tuple(found)
