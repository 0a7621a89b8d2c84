"""Gives a commit loopcheck's one status: a check run, or a commit status where the token may make no check runs.

A check run is loopcheck's own by the mark that it was made with. One of the same name without it is a job of some
workflow: GitHub keeps those for itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec

from loopcheck.effects.apply import Done
from loopcheck.effects.model import Conclusion, PutStatus
from loopcheck.effects.writer import Uncertain, Writer
from loopcheck.reasons import BAD_RESPONSE, CannotTell
from loopcheck.reports.clean import one_line
from loopcheck.world.github import GitHub
from loopcheck.world.github.answers import Forbidden, NotFound

NAME = "loopcheck"
"""Of the status: what a branch rule requires."""
MARK = "loopcheck-status"
"""The `external_id` of loopcheck's check runs."""
_DESCRIPTION = 140  # characters, of a commit status
_SETTLE = (2.0, 4.0, 8.0, 16.0)
"""Seconds between looks for a check run that GitHub may have made."""
_STATES = {
    Conclusion.SUCCESS: "success",
    Conclusion.NEUTRAL: "success",
    Conclusion.FAILURE: "failure",
    Conclusion.ACTION_REQUIRED: "error",
}
"""A commit status knows fewer words, and only `success` satisfies a rule."""


class StatusApplied(msgspec.Struct, frozen=True):
    """A status, and what became of it."""

    effect: PutStatus
    done: Done
    shown: str = ""
    """Where it stands: `check run`, `commit status`, or nowhere."""
    because: str = ""
    """Where it was left: why, in one sentence."""


class _Mine(msgspec.Struct, frozen=True):
    id: int
    says: tuple[Any, ...]


class _NoCheckRunsError(Exception):
    """The token may make no check runs."""


class StatusApplier:
    """Applies statuses. Safe to repeat.

    Args:
        github: to read; it is asked anew each time.
        writer: to write.
        details: the address of the run, put together from parts that are known; `None` for none.
        sleep: waits so many seconds for GitHub to show what it made.
    """

    def __init__(
        self,
        github: GitHub,
        writer: Writer,
        *,
        details: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._github = github.anew()
        self._writer = writer
        self._details = details
        self._sleep = sleep
        self._base = f"/repos/{github.repository}"

    def apply(self, effect: PutStatus) -> StatusApplied:
        """Give the commit this status, and no second one."""
        try:
            try:
                done = self._check_run(effect)
            except _NoCheckRunsError:
                return StatusApplied(effect, self._commit_status(effect), "commit status")
            return StatusApplied(effect, done, "check run")
        except NotFound as missing:
            return StatusApplied(effect, Done.LEFT, because=f"{missing}: not there, or not to be written to")
        except CannotTell as trouble:
            return StatusApplied(effect, Done.LEFT, because=trouble.message)

    def _check_run(self, effect: PutStatus) -> Done:
        said = {
            "status": "completed",
            "conclusion": effect.conclusion.value,
            "output": {"title": effect.title, "summary": effect.summary},
            **({"details_url": self._details} if self._details else {}),
        }
        try:
            mine = self._mine(effect.commit)
        except Forbidden:
            raise _NoCheckRunsError from None
        if mine:
            return self._say(mine, effect, said)
        try:
            self._post(effect.commit, said)
        except Forbidden:
            raise _NoCheckRunsError from None
        except Uncertain as unknown:
            if not self._appeared(effect.commit, unknown):
                raise
        with suppress(Forbidden):  # its own stands there all the same
            self._say(self._mine(effect.commit), effect, said)  # another run may have been as quick: both say the same
        return Done.WRITTEN

    def _post(self, commit: str, said: dict[str, Any]) -> None:
        body = {"name": NAME, "head_sha": commit, "external_id": MARK, **said}
        self._writer.send("POST", f"{self._base}/check-runs", body)

    def _say(self, mine: list[_Mine], effect: PutStatus, said: dict[str, Any]) -> Done:
        wanted = ("completed", effect.conclusion.value, effect.title, effect.summary)
        done = Done.UNCHANGED
        for run in mine:
            if run.says != wanted:
                self._writer.send("PATCH", f"{self._base}/check-runs/{run.id}", said)
                done = Done.WRITTEN
        return done

    def _appeared(self, commit: str, unknown: Uncertain) -> bool:
        for seconds in _SETTLE:
            self._sleep(seconds)
            try:
                if self._mine(commit):
                    return True
            except Forbidden:  # nothing is known of it, and a commit status might be a second one
                raise unknown from None
        return False

    def _mine(self, commit: str) -> list[_Mine]:
        """The check runs of this commit that loopcheck made."""
        listed = self._github.list_all(
            f"{self._base}/commits/{commit}/check-runs", under="check_runs", check_name=NAME, filter="all"
        )
        mine = []
        for one in listed:
            try:
                output = one["output"] or {}
                says = (one["status"], one["conclusion"], output.get("title"), output.get("summary"))
                if one["name"] == NAME and one["external_id"] == MARK and one["head_sha"] == commit:
                    mine.append(_Mine(int(one["id"]), says))
            except (KeyError, TypeError, AttributeError, ValueError):
                raise CannotTell(BAD_RESPONSE, f"{commit[:12]}: a check run has not the parts of one") from None
        return mine

    def _commit_status(self, effect: PutStatus) -> Done:
        state, description = _STATES[effect.conclusion], one_line(effect.title, _DESCRIPTION)
        latest = self._latest(effect.commit)
        if latest == (state, description):
            return Done.UNCHANGED
        body = {"state": state, "context": NAME, "description": description}
        body |= {"target_url": self._details} if self._details else {}
        self._writer.send("POST", f"{self._base}/statuses/{effect.commit}", body)
        return Done.WRITTEN

    def _latest(self, commit: str) -> tuple[str, str] | None:
        """State and description of this commit's newest status in this context; the list begins with the newest."""
        for one in self._github.list_all(f"{self._base}/commits/{commit}/statuses"):
            if not isinstance(one, dict) or not isinstance(one.get("context"), str):
                raise CannotTell(BAD_RESPONSE, f"{commit[:12]}: a status has not the parts of one")
            if one["context"] == NAME:
                return str(one.get("state")), str(one.get("description") or "")
        return None
