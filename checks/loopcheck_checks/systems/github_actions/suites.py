"""The jobs of several runs in one question. Every run leaves a check suite on its commit, and every job a check in it.

GraphQL gives many suites at once where REST gives the jobs of one run. But other programs can put checks into a suite
of GitHub Actions, and a job that was run again is there twice. What is not plainly the jobs of one attempt is left out
here, and has to be asked of REST.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from loopcheck.checker import CannotTell, World
from loopcheck.reasons import BAD_RESPONSE

MOST = 20
"""Suites in one question."""

SUITES = """
query Suites($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    ... on CheckSuite {
      workflowRun { runNumber event workflow { state } }
      checkRuns(first: 100, filterBy: {checkType: ALL}) {
        totalCount
        nodes { name status conclusion steps(first: 1) { totalCount } }
      }
    }
  }
}"""


class _Shape(msgspec.Struct, frozen=True, rename="camel"):
    """A part of an answer."""


class _Count(_Shape, frozen=True):
    total_count: int


class _CheckRun(_Shape, frozen=True):
    name: str
    status: str
    conclusion: str | None
    steps: _Count | None


class _CheckRuns(_Shape, frozen=True):
    total_count: int
    nodes: list[_CheckRun]


class _Workflow(_Shape, frozen=True):
    state: str


class _Run(_Shape, frozen=True):
    run_number: int
    event: str
    workflow: _Workflow


class _Suite(_Shape, frozen=True):
    workflow_run: _Run
    check_runs: _CheckRuns


class _Answer(_Shape, frozen=True):
    nodes: list[_Suite | None]


class SuiteOf(msgspec.Struct, frozen=True):
    """Which suite is asked for, and of which run it must turn out to be."""

    id: str
    """GitHub's id for GraphQL."""
    run_number: int
    event: str


class Suite(msgspec.Struct, frozen=True):
    """What became of a run."""

    state: str
    """Of its workflow, in REST's words: `active`, `disabled_manually`."""
    jobs: Mapping[str, str | None]
    """How each job ended, by the name of its check, in REST's words."""


def suites(world: World, wanted: Sequence[SuiteOf]) -> tuple[Suite | None, ...]:
    """What became of some runs; `None` for those of which this does not plainly show it.

    Args:
        world: what to look through.
        wanted: at most `MOST`.

    Raises:
        CannotTell: GitHub does not say. It shows check suites of a private repository to those with `checks: read`.
    """
    if not wanted:
        return ()
    answer = world.github.query(SUITES, ids=[one.id for one in wanted])
    try:
        found = msgspec.convert(answer, _Answer).nodes
    except (msgspec.ValidationError, ValueError) as error:
        raise CannotTell(BAD_RESPONSE, f"GraphQL: the answer has not the documented form ({error})") from None
    if len(found) != len(wanted):
        raise CannotTell(BAD_RESPONSE, f"GraphQL: asked for {len(wanted)} check suites, and {len(found)} came")
    return tuple(_plain(suite, one) for suite, one in zip(found, wanted, strict=True))


def _plain(suite: _Suite | None, wanted: SuiteOf) -> Suite | None:
    if suite is None or (suite.workflow_run.run_number, suite.workflow_run.event) != (wanted.run_number, wanted.event):
        return None
    checks = suite.check_runs.nodes
    jobs = {check.name: check.conclusion.lower() if check.conclusion else None for check in checks}
    if not len(jobs) == len(checks) == suite.check_runs.total_count or not all(map(_is_job, checks)):
        return None
    return Suite(suite.workflow_run.workflow.state.lower(), jobs)


def _is_job(check: _CheckRun) -> bool:
    """Whether a check is that of a job: only these have steps, and of these all but such as were skipped."""
    ran = check.steps is not None and check.steps.total_count > 0
    return check.status == "COMPLETED" and (ran or check.conclusion == "SKIPPED")
