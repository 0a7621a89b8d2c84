"""Writes the repository of `loopcheck demo`: an incident, its post-mortem, and what was done about it since.

Times are reckoned back from the time of the run, because the story would otherwise grow stale with its export.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

from loopcheck.errors import UsageError
from loopcheck.testing.repository import RepositoryBuilder


class Commit(msgspec.Struct, frozen=True):
    """One commit of the story."""

    folder: str
    """What it adds: a folder of `commits/`."""
    days_ago: float
    author: str
    message: str
    tag: str = ""


class Breakage(msgspec.Struct, frozen=True):
    """One way to undo what an item promised, on a branch of its own."""

    branch: str
    message: str
    path: str
    old: str
    new: str
    reason: str
    """The reason word that loopcheck then gives."""
    teaches: str
    """What it shows, in one sentence."""


FIRST_ALERT = "first-alert"
"""The tag of the alert as it was first written."""
ALERT = "Alert when a replica is more than 30 seconds behind"
"""The action item that promises the alert."""

COMMITS = (
    Commit("1-before", 60, "Dan", "Begin the shop's runbooks and settings"),
    Commit("2-first-alert", 20.5, "Alice", "Alert on replication lag", tag=FIRST_ALERT),
    Commit("3-postmortem", 18, "Alice", "Write the post-mortem of INC-142"),
    Commit("4-alert", 12, "Alice", "Alert when a replica is 30 seconds behind, not 300"),
    Commit("5-check", 9, "Bob", "Check migrations in CI"),
    Commit("6-runbook", 5, "Carol", "Say how to bring a lagging replica back"),
    Commit("7-export", 1, "Alice", "Export the monitors again"),
)

BREAKAGES = (
    Breakage(
        branch="mute-the-monitor",
        message="Mute the lag monitor, it was noisy",
        path="monitoring/datadog/replication-lag.json",
        old='"silenced": {}',
        new='"silenced": {"*": null}',
        reason="muted-forever",
        teaches="the monitor is still there, and nobody would be woken",
    ),
    Breakage(
        branch="soften-the-check",
        message="Do not let the migration check block us today",
        path=".github/workflows/ci.yml",
        old="        run: scripts/lint-migrations db/migrations\n",
        new="        run: scripts/lint-migrations db/migrations\n        continue-on-error: true\n",
        reason="continues-on-error",
        teaches="the check still runs, and can no longer fail",
    ),
    Breakage(
        branch="revert-the-runbook",
        message="Revert the runbook, and bump its date",
        path="runbooks/replication.md",
        old="",
        new="",
        reason="not-mentioned",
        teaches="the file is there, with a new date, and says what it said before the incident",
    ),
)

_STARTED = timedelta(days=21, hours=3)


def write(folder: Path, now: datetime | None = None) -> None:
    """Write the story's repository to `folder`, with a branch for each breakage.

    Args:
        folder: a folder that is empty or not there.
        now: the time that the story is told at; by default the clock's.

    Raises:
        UsageError: something is in `folder` already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already, and is not empty", hint="name another folder, or remove this one")
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    words = _words(now)
    repository = RepositoryBuilder(folder)
    first = ""
    for commit in COMMITS:
        for path, text in _files(files("loopcheck.demo") / "commits" / commit.folder):
            for word, value in words.items():
                text = text.replace(f"@@{word}@@", value)  # noqa: PLW2901 - each word in turn
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, "utf-8")
        at = now - timedelta(days=commit.days_ago)
        done = repository.commit_all(at=at, message=commit.message, author=commit.author)
        first = first or done
        if commit.tag:
            repository.git("tag", commit.tag)
    for number, breakage in enumerate(BREAKAGES):
        _break(repository, breakage, first, now - timedelta(hours=6 - number))


def started_at(now: datetime) -> datetime:
    """When the incident began, in a story that is told at `now`."""
    return (now - _STARTED).replace(minute=10, second=0, microsecond=0)


def _words(now: datetime) -> dict[str, str]:
    started = started_at(now)
    times = {
        "started": started,
        "detected": started + timedelta(minutes=41),
        "resolved": started + timedelta(minutes=95),
        "drafted": now - timedelta(days=20.5),
        "alerted": now - timedelta(days=12),
        "recovered": now - timedelta(days=8),
    }
    due = (now + timedelta(days=10)).date()
    return {**{word: at.isoformat().replace("+00:00", "Z") for word, at in times.items()}, "due": due.isoformat()}


def _files(folder: Traversable, below: str = "") -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        path = f"{below}{entry.name}"
        if entry.is_dir():
            yield from _files(entry, f"{path}/")
        else:
            yield path, entry.read_text("utf-8")


def _break(repository: RepositoryBuilder, breakage: Breakage, first: str, at: datetime) -> None:
    repository.git("checkout", "-q", "-b", breakage.branch)
    place = repository.folder / breakage.path
    if breakage.old:
        text = place.read_text("utf-8")
        place.write_text(text.replace(breakage.old, breakage.new), "utf-8")
    else:
        before = repository.git("show", f"{first}:{breakage.path}")
        place.write_text(f"{before}\n\nLast updated: {at.date()}\n", "utf-8")
    repository.commit_all(at=at, message=breakage.message, author="Eve")
    repository.git("checkout", "-q", "main")
