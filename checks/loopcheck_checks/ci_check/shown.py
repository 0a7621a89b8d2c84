"""The checks that a job shows on a commit, which are what a branch can require. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice, product

import msgspec

from loopcheck_checks.ci_check.catalogue import local
from loopcheck_checks.ci_check.contexts import boolean
from loopcheck_checks.ci_check.evaluation import Scope
from loopcheck_checks.ci_check.names import matrix, name_of
from loopcheck_checks.ci_check.seen import JobSeen, Leg, StepSeen

_MAX_LEGS = 300
"""GitHub runs at most 256 jobs of a matrix."""
_SHORTENED = 100
"""Of a longer name GitHub may show only the beginning."""


class Shown(msgspec.Struct, frozen=True):
    """The name of a check, as GitHub shows it on a commit."""

    text: str
    whole: bool = True
    """False where only its beginning is known before it runs."""

    def may_be(self, name: str) -> bool:
        """Whether `name` is, or may turn out to be, this one."""
        return name == self.text or (not self.whole and name.startswith(self.text))


def shown(jobs: Sequence[JobSeen]) -> tuple[Shown, ...]:
    """The checks of a job, one for each combination of its matrix: `build (3.12)`, `caller / callee`.

    Combinations that may fail without failing the job are left out, unless there are no others.

    Args:
        jobs: the job, after the jobs that call its workflow.
    """
    ways = list(islice(product(*(job.legs or (None,) for job in jobs)), _MAX_LEGS))
    hard = [legs for legs in ways if not any(_may_fail(job, leg) for job, leg in zip(jobs, legs, strict=True))]
    return tuple(dict.fromkeys(_joined(jobs, legs) for legs in hard or ways))


def step_shown(step: StepSeen) -> Shown:
    """The name of a step in the record of its job: its own, or `Run` and what it runs."""
    script = step.run.text.strip() if step.run is not None else step.uses or ""
    text = step.name or f"Run {script.splitlines()[0] if script else ''}".rstrip()
    known, expression, _ = text.partition("${{")
    return Shown(known, whole=not expression)


def ended(names: Sequence[Shown], jobs: Mapping[str, str | None]) -> str | None:
    """How checks ended, all together: `success`, or the word of one that did not; `None` where one is not there.

    Args:
        names: of the checks.
        jobs: of a run, how each ended, by the name of its check.
    """
    worst = "success"
    for name in names:
        ends = [end for job, end in jobs.items() if name.may_be(job)]
        if not ends:
            return None
        worst = next((end or "unfinished" for end in ends if end != "success"), worst)
    return worst


def _may_fail(job: JobSeen, leg: Leg | None) -> bool:
    scope = Scope({"matrix": matrix(leg)} if leg else {})
    return job.soft is not None and boolean(job.soft.text, scope) is True


def _joined(jobs: Sequence[JobSeen], legs: Sequence[Leg | None]) -> Shown:
    parts: list[str] = []
    for job, leg in zip(jobs, legs, strict=True):
        name = name_of(job, leg or Leg({}))
        if name is None:
            known = job.name or job.id
            beginning = known.partition("${{")[0] if "${{" in known else f"{known} ("
            return Shown(" / ".join([*parts, beginning]), whole=False)
        parts.append(name)
    text = " / ".join(parts)
    if jobs[-1].uses is not None and local(jobs[-1].uses) is None:
        return Shown(f"{text} / ", whole=False)
    return Shown(text) if len(text) <= _SHORTENED else Shown(text[: _SHORTENED - 5], whole=False)
