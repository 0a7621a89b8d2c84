"""`test`: a test is there, and passed in a recent run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from loopcheck.checker import Checker, Claim, Unseen, World
from loopcheck_checks.systems import github_actions
from loopcheck_checks.test.judge import judge
from loopcheck_checks.test.junit import Result
from loopcheck_checks.test.manifest import MANIFEST, InSource, NamedTestExpectation, NamedTestObservation, Report
from loopcheck_checks.test.names import named
from loopcheck_checks.test.reports import tests_of
from loopcheck_checks.test.written import find

_CARRIED_THROUGH = frozenset(("success", "failure", "timed_out", "startup_failure"))
_KEPT = 50
_ORDER = list(Result)


class NamedTestChecker(Checker[NamedTestExpectation, NamedTestObservation]):
    """An implementation of `Checker` for tests."""

    manifest = MANIFEST
    Expect = NamedTestExpectation
    Observation = NamedTestObservation

    def describe(self, expect: NamedTestExpectation) -> str:
        """See `Checker.describe`."""
        return f"{expect.name[:150]} in {expect.workflow[:60]}"

    def observe(self, expect: NamedTestExpectation, world: World) -> NamedTestObservation:
        """See `Checker.observe`."""
        github = world.github
        branch = expect.branch or github_actions.default_branch(world)
        fitting = github_actions.chosen(github_actions.known_workflows(world), expect.workflow)
        there = [one for one in fitting if one.state != "deleted"]
        seen = NamedTestObservation(
            now=world.now,
            source=f"{github.settings.server}/{github.repository}/actions",
            branch=branch,
            workflows=tuple(one.path for one in there),
            in_source=_in_source(expect, world),
        )
        return _with_run(seen, there[0], expect, world) if len(there) == 1 else seen

    def judge(self, expect: NamedTestExpectation, observation: NamedTestObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)


def _with_run(
    seen: NamedTestObservation, workflow: github_actions.Workflow, expect: NamedTestExpectation, world: World
) -> NamedTestObservation:
    since = seen.now - expect.window

    def fitting(runs: Sequence[github_actions.Run]) -> list[github_actions.Run]:
        counted = github_actions.on_branch(runs, seen.branch, world.github.repository, ())
        return [run for run in github_actions.windowed(counted, since) if run.conclusion in _CARRIED_THROUGH]

    listed = world.attempt(
        lambda: github_actions.runs_since(world, workflow, seen.branch, since, lambda runs: bool(fitting(runs)))
    )
    if isinstance(listed, Unseen):
        return msgspec.structs.replace(seen, report=listed)
    runs, complete = listed
    counted = fitting(runs)
    if not counted:
        return msgspec.structs.replace(seen, complete=complete)
    run = counted[0]
    report = world.attempt(lambda: _report(expect, run.id, world))
    return msgspec.structs.replace(seen, run=github_actions.seen_run(world, run), complete=complete, report=report)


def _report(expect: NamedTestExpectation, run: int, world: World) -> Report:
    tests = tests_of(world, run, expect.artifact)
    name = named(expect.name)
    cases = tests.cases.fitting(name.full, alone=name.alone)
    cases.sort(key=lambda case: _ORDER.index(case.result), reverse=True)
    return Report(
        artifacts=tests.artifacts,
        total=tests.cases.total,
        cases=tuple(cases[:_KEPT]),
        nearest=None if cases else tests.cases.nearest(name.full),
        trouble=tests.trouble,
    )


def _in_source(expect: NamedTestExpectation, world: World) -> InSource | None:
    """How the test stands in the file that was declared, or that its name holds."""
    name = named(expect.name)
    path = expect.path or name.path
    if path is None:
        return None
    declared = expect.path is not None

    def look() -> InSource:
        file = world.repo.read(path)
        if file is None:
            return InSource(path, declared)
        place = find(file.text, path, name.function, name.classes)
        return InSource(path, declared, file.evidence("", place.line).source, place.standing)

    found = world.attempt(look)
    if isinstance(found, Unseen):
        return InSource(path, declared, world.repo.evidence(path, "").source, found)
    return found
