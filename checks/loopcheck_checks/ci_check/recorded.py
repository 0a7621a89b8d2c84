"""How a check ended on a bad and on a good commit, as far as GitHub keeps it. One list a commit, asked once a run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from loopcheck.checker import CannotTell, Rung, Unseen, World
from loopcheck.model import Proof
from loopcheck.reasons import SHALLOW_HISTORY
from loopcheck_checks.ci_check import trial
from loopcheck_checks.ci_check.catalogue import catalogue, catalogue_at
from loopcheck_checks.ci_check.commits import CommitSeen, Form, JobEnded, ProofSeen, RunThere, StepEnded
from loopcheck_checks.ci_check.forms import same
from loopcheck_checks.ci_check.manifest import NO_BAD_COMMIT, NO_SUCH_COMMIT, CiCheckExpectation
from loopcheck_checks.ci_check.search import search
from loopcheck_checks.ci_check.seen import Route
from loopcheck_checks.ci_check.shown import Shown, shown
from loopcheck_checks.systems import github_actions

_FULL_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TELLING = frozenset(("push", "pull_request", "merge_group", "workflow_dispatch", "schedule"))
"""The events whose runs check the commit that they are listed under. `pull_request_target`, say, runs on the base."""
_MOST = 5
"""The newest runs of a workflow on one commit that are looked into."""


def look(expect: CiCheckExpectation, routes: Sequence[Route], world: World) -> ProofSeen | None:
    """What speaks for the rung `proven`; `None` where nobody asks for it.

    Args:
        expect: what was declared.
        routes: the ways to the check, as it is now, that speak for it.
        world: what to look through.
    """
    if expect.fails_on is None and world.requires < Rung.PROVEN:
        return None
    named = world.attempt(lambda: bad_commit(expect, world))
    if isinstance(named, Unseen):  # a success alone would prove nothing
        return ProofSeen(named, named)
    bad = world.attempt(lambda: _seen(expect, routes, named, world))
    good = world.attempt(lambda: _seen(expect, routes, good_commit(expect, world), world))
    return ProofSeen(
        bad, good, expect.passes_on is not None, world.attempt(lambda: _tried(expect, routes, named, world))
    )


def bad_commit(expect: CiCheckExpectation, world: World) -> str:
    """The full id of the commit on which the check must fail.

    Raises:
        CannotTell: nobody named one, or there is none of that name.
    """
    name = expect.fails_on or (world.incident.caused_by if world.incident else None)
    if name is None:
        raise CannotTell(NO_BAD_COMMIT, "nobody said on which commit it must fail")
    return _commit(name, world)


def good_commit(expect: CiCheckExpectation, world: World) -> str:
    """The full id of the commit on which the check must pass: the one that is looked at, unless another was declared.

    Raises:
        CannotTell: there is none of that name.
    """
    return world.repo.commit if expect.passes_on is None else _commit(expect.passes_on, world)


def _commit(name: str, world: World) -> str:
    found = world.repo.commit_named(name) or (name if _FULL_ID.fullmatch(name) else None)
    if found is None:
        raise CannotTell(NO_SUCH_COMMIT, f"this clone has no commit or tag `{name[:60]}`")
    return found


def _tried(expect: CiCheckExpectation, routes: Sequence[Route], bad: str, world: World) -> Proof | None:
    try:
        key = trial.trial_of(expect, routes, bad, good_commit(expect, world)).key
    except CannotTell:  # nothing can be run, so nothing was
        return None
    return world.proofs.get(key)


def _seen(expect: CiCheckExpectation, routes: Sequence[Route], commit: str, world: World) -> CommitSeen:
    forms = world.attempt(lambda: _forms(expect, routes, commit, world))
    ways = routes if isinstance(forms, Unseen) else [form.then or form.now for form in forms]
    return CommitSeen(commit, forms, world.attempt(lambda: tuple(_runs(ways, commit, world))))


def _forms(expect: CiCheckExpectation, routes: Sequence[Route], commit: str, world: World) -> tuple[Form, ...]:
    here = commit == world.repo.commit
    if not here and not world.repo.holds(commit):
        raise CannotTell(SHALLOW_HISTORY, f"this clone does not hold {commit[:12]}, so what ran there cannot be read")
    there = world.repo if here else world.once(("ci-check", "at", commit), lambda: world.repo.at(commit))
    olds = search(expect, catalogue(world) if here else catalogue_at(world, there)).routes
    found: list[Form] = []
    for now in routes:
        then = _counterpart(now, olds)
        entry = there.entry(then.workflow) if then is not None else None
        found.append(Form(now, then, entry.oid if entry is not None else None))
    return tuple(found)


def _counterpart(now: Route, olds: Iterable[Route]) -> Route | None:
    """What a way was on another commit: of the same command, the one in the same job, or the only one."""
    those = [old for old in olds if old.command == now.command]
    beside = [old for old in those if _place(old) == _place(now)]
    alike = [old for old in beside if same(now, old)]
    if alike or beside:
        return (alike or beside)[0]
    return those[0] if len({_place(old) for old in those}) == 1 else None


def _place(route: Route) -> tuple[str, ...]:
    return (route.workflow, *(job.id for job in route.jobs))


def _runs(routes: Iterable[Route], commit: str, world: World) -> Iterable[RunThere]:
    names: dict[str, list[Shown]] = {}
    for route in routes:
        names.setdefault(route.workflow, []).extend(shown(route.jobs))
    pages = f"{world.github.settings.server}/{world.github.repository}/actions/runs"
    counted: dict[str, int] = {}
    listed = github_actions.runs_on(world, commit)
    for run in sorted(listed, key=lambda run: (run.started, run.id), reverse=True):
        path = run.path.partition("@")[0]
        if path not in names or run.event not in _TELLING or run.head_sha != commit:
            continue
        counted[path] = counted.get(path, 0) + 1
        if counted[path] <= _MOST:
            jobs = world.attempt(lambda run=run, path=path: _jobs(run.id, names[path], world))  # type: ignore[misc]
            yield RunThere(path, f"{pages}/{run.id}", run.event, run.started, jobs)


def _jobs(run: int, names: Sequence[Shown], world: World) -> tuple[JobEnded, ...]:
    return tuple(
        JobEnded(job.name, job.conclusion, tuple(StepEnded(step.name, step.conclusion) for step in job.steps))
        for job in github_actions.jobs_of(world, run)
        if any(name.may_be(job.name) for name in names)
    )
