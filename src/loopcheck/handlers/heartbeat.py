"""The dead man's switch: whether sweeps still come to their end.

GitHub switches a schedule off after 60 days without a commit in a public repository, and runs it late or not at all
when it is busy; nothing says so. The ledger knows when the last sweep came to its end, and every other run asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec

from loopcheck import __version__
from loopcheck.ledger.memory import Memory
from loopcheck.ledger.model import Action, Entry
from loopcheck.model import Verdict
from loopcheck.reasons import CannotTell
from loopcheck.world.github import GitHub

_NAMED = 1000
"""Ids that one line names. Those of a file of a hundred thousand items would make a ledger nobody could read."""


def due(memory: Memory, now: datetime, every: timedelta) -> bool:
    """Whether a sweep that comes to its end has to say so: a line for each would be a write for each."""
    return memory.swept is None or now - memory.swept.at >= every / 2 or bool(memory.unseen)


def beat(now: datetime, verdict: Verdict, commit: str, run: str, workflow: str) -> Entry:
    """The line of a sweep that came to its end.

    Args:
        now: the time of the run.
        verdict: the worst of all that it saw.
        commit: what it looked at.
        run: the workflow run, `123/1`.
        workflow: the path of the workflow, whose schedule is then watched.
    """
    return Entry(now, "", verdict, "", __version__, commit, run, action=Action.SWEPT, note=workflow)


def cut_short(now: datetime, verdict: Verdict, commit: str, run: str, unseen: Sequence[str]) -> Entry:
    """The line of a sweep that stopped early, with the ids that it did not see; the next one begins with them."""
    note = msgspec.json.encode(list(unseen[:_NAMED])).decode()
    return Entry(now, "", verdict, "", __version__, commit, run, action=Action.PARTIAL, note=note)


def workflow_of(environment: Mapping[str, str]) -> str:
    """The path of the workflow that runs, from `GITHUB_WORKFLOW_REF`; empty outside GitHub."""
    named = environment.get("GITHUB_WORKFLOW_REF", "").partition("@")[0]
    path = "/".join(named.split("/")[2:])
    return path if path.startswith(".github/workflows/") and path.isprintable() and len(path) <= 200 else ""


def worries(memory: Memory | None, github: GitHub, now: datetime, every: timedelta) -> list[str]:
    """What is wrong with the sweeps, each in one sentence; nothing where they come as they should.

    Args:
        memory: what the ledger says; `None` where it could not be read, and then nobody knows.
        github: where it is asked whether the workflow is switched on.
        now: the time of the run.
        every: how far apart sweeps are meant to be.
    """
    if memory is None:
        return []
    if memory.swept is None:
        return ["no sweep has come to its end yet: run the workflow with the schedule once, by hand"]
    found = []
    age = now - memory.swept.at
    if age > 2 * every:
        days = age.total_seconds() / 86400
        found.append(f"the last sweep came to its end {days:.1f} days ago: look at the workflow with the schedule")
    if memory.swept.note:
        state = _state(github, memory.swept.note)
        if state is not None and state != "active":
            found.append(f"GitHub has switched off the workflow {memory.swept.note} ({state}): switch it on again")
    return found


def _state(github: GitHub, workflow: str) -> str | None:
    """Whether GitHub runs a workflow, in its own word; `None` where that could not be seen."""
    try:
        name = quote(workflow.rpartition("/")[2], safe="")
        answer = github.get(f"/repos/{github.repository}/actions/workflows/{name}")
    except CannotTell:
        return None
    state = answer.get("state") if isinstance(answer, dict) else None
    return state if isinstance(state, str) else None
