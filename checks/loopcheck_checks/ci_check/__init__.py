"""`ci-check`: a job, step or command runs in GitHub Actions, and cannot pass without doing its work."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from loopcheck.checker import CannotTell, Checker, Claim, Trial, Unseen, World
from loopcheck.paths import matching
from loopcheck_checks.ci_check import recorded
from loopcheck_checks.ci_check.asking import ask
from loopcheck_checks.ci_check.catalogue import catalogue
from loopcheck_checks.ci_check.globs import left_out
from loopcheck_checks.ci_check.judge import chosen, judge
from loopcheck_checks.ci_check.manifest import (
    MANIFEST,
    NOT_RUNNABLE,
    CiCheckExpectation,
    CiCheckObservation,
    listed,
)
from loopcheck_checks.ci_check.search import search
from loopcheck_checks.ci_check.seen import EventSeen, PathsSeen, Route
from loopcheck_checks.ci_check.trial import trial_of
from loopcheck_checks.ci_check.triggers import paths_key
from loopcheck_checks.systems.github_branches import main_branch

_PROSE = (".md", ".rst", ".txt", ".adoc", "LICENSE", "NOTICE", ".png", ".svg", ".jpg", ".gif")


class CiCheckChecker(Checker[CiCheckExpectation, CiCheckObservation]):
    """An implementation of `Checker` for what GitHub Actions runs."""

    manifest = MANIFEST
    Expect = CiCheckExpectation
    Observation = CiCheckObservation

    def describe(self, expect: CiCheckExpectation) -> str:
        """See `Checker.describe`."""
        names = [name for name in (expect.workflow, expect.job, expect.step, expect.uses) if name]
        return " > ".join([*names, *(f"`{command}`" for command in expect.commands)])[:120]

    def observe(self, expect: CiCheckExpectation, world: World) -> CiCheckObservation:
        """See `Checker.observe`."""
        return _with_live(_seen(expect, world), expect, world)

    def judge(self, expect: CiCheckExpectation, observation: CiCheckObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)

    def trial(self, expect: CiCheckExpectation, world: World) -> Trial:
        """See `loopcheck.checker.Provable.trial`."""
        seen = _seen(expect, world)
        if (seen.missing or not seen.routes) and expect.command is None:
            raise CannotTell(NOT_RUNNABLE, f"{self.describe(expect)} is not in {seen.looked_in}")
        routes = chosen(expect, seen)
        return trial_of(expect, routes, recorded.bad_commit(expect, world), recorded.good_commit(expect, world))


def _seen(expect: CiCheckExpectation, world: World) -> CiCheckObservation:
    """What the files say of it."""
    found = search(expect, catalogue(world))
    return CiCheckObservation(
        commit=world.repo.commit,
        workflows=len(catalogue(world).paths),
        routes=tuple(found.routes),
        possible=tuple(found.possible),
        unread=tuple(found.unread),
        missing=found.missing,
        nearest=found.nearest,
        looked_in=found.looked_in,
        default_branch=None if expect.branches else _default_branch(world),
        repository=world.endpoint("GITHUB_REPOSITORY", "") or None,
        paths=_paths(found.routes, listed(expect.paths), world),
    )


def _with_live(seen: CiCheckObservation, expect: CiCheckExpectation, world: World) -> CiCheckObservation:
    """The same with what GitHub says of it, where it can be asked."""
    if seen.missing or not seen.routes:
        # There is nothing to ask about; whether it could be asked is still part of what is said.
        asked = world.attempt(lambda: world.github)
        return msgspec.structs.replace(seen, live=asked if isinstance(asked, Unseen) else None)
    main = None if expect.branches else world.attempt(lambda: main_branch(world.github))
    if isinstance(main, str):  # GitHub knows better than a clone, which may be behind
        seen = msgspec.structs.replace(seen, default_branch=main)
    routes = chosen(expect, seen)
    return msgspec.structs.replace(
        seen,
        live=world.attempt(lambda: ask(expect, routes, main, catalogue(world), world)),
        proof=recorded.look(expect, routes, world),
    )


def _default_branch(world: World) -> str | None:
    """The default branch: what the clone says, or on a runner, where the clone is one commit, what the event says."""
    known = world.once(("ci-check", "default-branch"), lambda: world.repo.default_branch)
    if known is None and world.endpoint("GITHUB_EVENT_NAME", "") in ("schedule", "issues", "issue_comment"):
        return world.endpoint("GITHUB_REF_NAME", "") or None  # these events run on the default branch only
    return known


def _paths(routes: Iterable[Route], declared: tuple[str, ...], world: World) -> dict[str, PathsSeen]:
    """What the path filters do to the files that matter: those that were declared, or all."""
    found: dict[str, PathsSeen] = {}
    for route in routes:
        for event in route.events:
            key = paths_key(route, event)
            if key not in found and ("paths" in event.filters or "paths-ignore" in event.filters):
                seen = _filtered(event, declared, world)
                if seen is not None:
                    found[key] = seen
    return found


def _filtered(event: EventSeen, declared: tuple[str, ...], world: World) -> PathsSeen | None:
    wanted, ignored = event.filters.get("paths", ()), event.filters.get("paths-ignore", ())

    def look() -> PathsSeen | None:
        files = _files(declared, world)
        try:
            out = left_out(files, wanted, ignored)
        except ValueError:
            return None
        prose = all(path.endswith(_PROSE) or path.startswith("docs/") for path in out)
        return PathsSeen(len(files), len(out), tuple(out[:3]), prose)

    return world.once(("ci-check", "paths", wanted, ignored, declared), look)


def _files(declared: tuple[str, ...], world: World) -> list[str]:
    """The files that matter. A declared path that is not there yet counts as itself."""
    everything = list(world.repo.paths)
    if not declared:
        return everything
    globs = [path.removeprefix("./").removeprefix("/").rstrip("/") for path in declared]
    below = [f"{path}/**" for path in globs if world.repo.is_folder(path)]
    files = matching(everything, [*globs, *below])
    return files or [path for path in globs if "*" not in path]
