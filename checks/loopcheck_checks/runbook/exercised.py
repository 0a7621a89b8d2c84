"""Whether a runbook was followed since it says what it says: in a drill, in a workflow, in a later incident.

Each source is looked at by itself. One that cannot be seen may hold what the others lack.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from urllib.parse import unquote

from loopcheck.checker import CannotTell, Incident, Rung, Unseen, World
from loopcheck.documents.sections import Block, Document
from loopcheck.reasons import AMBIGUOUS
from loopcheck_checks.runbook.formats import load
from loopcheck_checks.runbook.lifetime import change_since
from loopcheck_checks.runbook.manifest import NO_DRILL_WORKFLOW, Exercise, ExercisedSeen, RunbookExpectation
from loopcheck_checks.systems import github_actions
from loopcheck_checks.systems.runbook_links import is_markdown

_LONG_AGO = timedelta(days=400)
"""GitHub keeps no run for longer."""
_PROMISES = re.compile(r"(?i)\b(?:action items?|actions|follow[- ]?ups?|next steps|to[- ]?dos?|improvements?)\b")
"""Headings below which nobody tells what was done in the incident."""
_URL = re.compile(r"https?://[^/?#]{1,300}/[^?#]{0,1000}/blob/[^/?#]{1,300}/")
_EDGES = "\"'`([{<>}]).,;:!?*_"


def look(expect: RunbookExpectation, world: World) -> ExercisedSeen | None:
    """What was done with a runbook, the newest of each source; `None` where nobody asks for it."""
    if expect.drilled_by is None and world.requires < Rung.PROVEN:
        return None
    sources: list[tuple[str, Callable[[], tuple[str, str, datetime] | None]]] = [
        ("the ledger", lambda: _reported(expect, world)),
        ("later post-mortems", lambda: _named(expect, world)),
    ]
    if expect.drilled_by is not None:
        sources.append((f"runs of {expect.drilled_by.workflow[:60]}", lambda: _run(expect, world)))
    found: list[Exercise] = []
    unseen: list[Unseen] = []
    for _, source in sources:
        newest = world.attempt(source)
        if isinstance(newest, Unseen):
            unseen.append(newest)
        elif newest is not None:
            found.append(_with_change(expect, *newest, world))
    return ExercisedSeen(tuple(found), tuple(unseen), tuple(name for name, _ in sources))


def _with_change(expect: RunbookExpectation, source: str, what: str, at: datetime, world: World) -> Exercise:
    return Exercise(source, what, at, world.attempt(lambda: change_since(world, expect.path, expect.section, at)))


def _reported(expect: RunbookExpectation, world: World) -> tuple[str, str, datetime] | None:
    """The newest drill that somebody reported."""
    drills = [drill for drill in world.drills if drill.runbook == expect.path and drill.at <= world.now]
    if not drills:
        return None
    drill = max(drills, key=lambda drill: drill.at)
    place = f"#{drill.issue}" if drill.issue is not None else "the ledger"
    return place, f"a drill, reported by @{drill.by[:60]}", drill.at


def _run(expect: RunbookExpectation, world: World) -> tuple[str, str, datetime] | None:
    """The newest run of the declared workflow that succeeded on the default branch."""
    wanted = expect.drilled_by.workflow if expect.drilled_by is not None else ""
    fitting = github_actions.chosen(github_actions.known_workflows(world), wanted)
    if not fitting:
        raise CannotTell(NO_DRILL_WORKFLOW, f"GitHub knows no workflow `{wanted[:100]}`")
    if len(fitting) > 1:
        paths = ", ".join(one.path for one in fitting)
        raise CannotTell(AMBIGUOUS, f"more than one workflow is `{wanted[:100]}`: {paths[:300]}")
    branch = github_actions.default_branch(world)

    def succeeded(runs: object) -> list[github_actions.Run]:
        counted = github_actions.on_branch(runs, branch, world.github.repository, ())  # type: ignore[arg-type]
        return [run for run in counted if run.conclusion == "success"]

    since = world.now - _LONG_AGO
    runs, _ = github_actions.runs_since(world, fitting[0], branch, since, lambda runs: bool(succeeded(runs)))
    good = succeeded(runs)
    if not good:
        return None
    run = github_actions.seen_run(world, good[0])
    return run.url, f"a run of {fitting[0].path} that succeeded", run.started


def _named(expect: RunbookExpectation, world: World) -> tuple[str, str, datetime] | None:
    """The latest other incident whose post-mortem names the runbook."""
    own = world.incident.id.casefold() if world.incident is not None else None
    others = [one for one in world.incidents if one.since is not None and one.since <= world.now]
    trouble: CannotTell | None = None
    for incident in sorted(others, key=lambda one: one.since or world.now, reverse=True):
        if incident.id.casefold() == own or incident.since is None:
            continue
        try:
            line = _line(incident, expect.path, world)
        except CannotTell as met:
            trouble = trouble or met
            continue
        if line is not None and incident.report is not None:
            evidence = world.repo.evidence(f"{incident.report.path}:{line}", "")
            return evidence.source, f"the post-mortem of {incident.id[:60]} names it", incident.since
    if trouble is not None:
        raise trouble
    return None


def _line(incident: Incident, path: str, world: World) -> int | None:
    """The first line of a post-mortem that names the runbook where it tells what was done."""
    report = incident.report.path if incident.report is not None else ""
    if not is_markdown(report):
        return None
    file = world.repo.read(report)
    if file is None:
        return None
    document = load(world, report, file.oid)
    return next((block.line for block in _telling(document) if _names(block, report, path)), None)


def _telling(document: Document) -> Iterator[Block]:
    """The blocks that tell what happened: no code, such as a declaration, and nothing below a heading of promises."""
    promised: int | None = None
    for block in document.blocks:
        if block.kind == "heading" and (promised is None or block.level <= promised):
            promised = block.level if _PROMISES.search(block.text) else None
        if promised is None and block.kind != "code":
            yield block


def _names(block: Block, report: str, path: str) -> bool:
    if any(word.strip(_EDGES).removeprefix("./").removeprefix("/") == path for word in block.text.split()):
        return True
    return any(_target(link.destination, report) == path for link in block.links)


def _target(destination: str, report: str) -> str:
    """Where in the repository a link leads, if it does."""
    url = _URL.match(destination)
    if url is not None:
        return unquote(re.split(r"[?#]", destination[url.end() :])[0])
    bare = unquote(re.split(r"[?#]", destination)[0])
    if bare.startswith("/"):
        return bare.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(report), bare)) if bare else ""
