"""What is declared at a commit and in the tracker: the beginning of every run.

The commit says which rules hold. On a pull request that is the base, never what is to be merged.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from loopcheck import sources
from loopcheck.config import Config, read_config
from loopcheck.reasons import CannotTell
from loopcheck.registry import InstalledCheckers, Registry
from loopcheck.sources.written import Tracked
from loopcheck.tracker import Issue
from loopcheck.world import Repository, Session
from loopcheck.world.github import GitHub
from loopcheck.world.github.governor import Limits


class Loaded(msgspec.Struct, frozen=True):
    """A checkout with its configuration and all that is declared in it."""

    repository: Any
    """A `Repository`."""
    config: Config
    registry: Any
    """A `Registry`."""
    declared: sources.Declared


def load(repo: Path, ref: str = "HEAD", *, trusted: bool = False, registry: Registry | None = None) -> Loaded:
    """Read configuration and declarations at a commit.

    Args:
        repo: a folder in the checkout.
        ref: the commit that says what holds.
        trusted: see `Repository`.
        registry: where checkers come from; what is installed, if not given.

    Raises:
        LoopcheckError: there is no repository, or its configuration cannot be read.
    """
    repository = Repository(repo, ref, trusted=trusted)
    config = read_config(repository)
    known = registry or InstalledCheckers()
    return Loaded(repository, config, known, sources.read(repository, config.file, known))


def with_tracked(loaded: Loaded, issues: tuple[Issue, ...], github: GitHub) -> Loaded:
    """The same with what is declared in `issues`. Where that cannot be seen, `declared.unseen` says so."""
    from loopcheck.sources import issues as in_issues

    try:
        tracked = in_issues.read(issues, github, loaded.config.file.issues)
    except CannotTell as trouble:
        tracked = unread(loaded, trouble)
    return with_written(loaded, tracked)


def with_written(loaded: Loaded, tracked: Tracked) -> Loaded:
    """The same with what was read of issues."""
    declared = sources.read(loaded.repository, loaded.config.file, loaded.registry, tracked)
    return msgspec.structs.replace(loaded, declared=declared)


def unread(loaded: Loaded, trouble: CannotTell) -> Tracked:
    """What stands for the issues where they could not be read."""
    label = loaded.config.file.issues.label
    return Tracked(unseen=(f"the issues labelled `{label}` were not read: {trouble.message}",))


def session(
    loaded: Loaded,
    now: datetime | None = None,
    seconds: float | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    limits: Limits | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.time,
) -> Session:
    """What the checkers of one run look through; see `Session`."""
    return Session(
        loaded.repository,
        now=now,
        environment=os.environ if environment is None else environment,
        settings=loaded.config.settings,
        seconds=seconds,
        sleep=sleep,
        clock=clock,
        limits=limits,
        incidents=loaded.declared.incidents,
    )


def notes(loaded: Loaded) -> list[str]:
    """What a reader should know about what was declared: whose does not count, or that it is nothing at all."""
    declared = loaded.declared
    if declared.items or declared.problems or declared.notes or declared.unseen:
        return list(declared.notes)
    places = ", ".join(loaded.config.file.declarations)
    return [f"nothing is declared in {places}; `loopcheck new` writes a declaration, `loopcheck demo` shows some"]
