"""The names under which GitHub shows a job: its id or name, and one for each combination of its matrix."""

from __future__ import annotations

from typing import Any

from loopcheck_checks.ci_check.evaluation import UNKNOWN, Beginning, Open, Scope, as_text, template
from loopcheck_checks.ci_check.expressions import ExpressionError
from loopcheck_checks.ci_check.seen import JobSeen, Leg


def legs_named(job: JobSeen, declared: str) -> tuple[Leg, ...] | None:
    """The combinations of the matrix that `declared` names: all of them for the job's id or bare name.

    `None` where it names none of them.
    """
    if declared in (job.id, job.name):
        return job.legs
    found = tuple(leg for leg in job.legs if name_of(job, leg) == declared)
    if found:
        return found
    return () if not job.legs and job.name and name_of(job, Leg({})) == declared else None


def as_known(value: Any) -> Any:
    """Plain data as a value of expressions: every number is a float, an expression in a text is not known."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, list):
        return [as_known(item) for item in value]
    if isinstance(value, dict):
        return {key: as_known(item) for key, item in value.items()}
    return UNKNOWN if "${{" in value else value


def matrix(leg: Leg) -> dict[str, Any]:
    """The context `matrix` of a combination."""
    known = {key: as_known(value) for key, value in leg.values.items()}
    return Open(known) if leg.open else known


def name_of(job: JobSeen, leg: Leg) -> str | None:
    """The name of one combination; `None` where only the run knows it."""
    if job.name is not None and "${{" in job.name:
        try:
            text = template(job.name, Scope({"matrix": matrix(leg)}))
        except ExpressionError:
            return None
        return None if text is UNKNOWN or isinstance(text, Beginning) else as_text(text)
    if leg.open:
        return None
    values = ", ".join(as_text(as_known(v)) for v in leg.values.values() if not isinstance(v, list | dict))
    return f"{job.name or job.id} ({values})" if values else job.name or job.id
