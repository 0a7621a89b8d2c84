"""Check suites as GraphQL shows them: what a run of a workflow left on its commit."""

from standins.github.graph import QueryError, connection
from standins.github.shapes import node_id

EARLIER = "an earlier attempt"
"""The `external_id` of a check that was a job of a run before it was run again."""


def nodes(call):
    """The field `nodes`: what the ids name, in their order, and null for what is not seen."""

    def resolve(*, ids):
        shown = []
        for name in ids:
            found = next(
                ((there, run) for there in call.github.repositories.values() for run in there.runs
                 if node_id("CS", run.suite) == name and call.github.sees(call.token, there)),
                None,
            )  # fmt: skip
            if found is None:
                raise QueryError("NOT_FOUND", f"Could not resolve to a node with the global id of '{name}'")
            if found[0].private and not call.allowed("checks:read"):
                raise QueryError("FORBIDDEN", "Resource not accessible by integration")
            shown.append(_suite(*found))
        return shown

    return resolve


def _suite(repository, run):
    flow = repository.workflow(run.workflow)
    jobs = {job.id for job in run.jobs}
    checks = [check for check in repository.check_runs if check.suite == run.suite]

    def check_run(check):
        is_job = check.id in jobs or check.external_id == EARLIER
        steps = [0] if is_job and check.conclusion != "skipped" else []
        return {
            "name": check.name,
            "status": check.status.upper(),
            "conclusion": check.conclusion and check.conclusion.upper(),
            "steps": lambda *, first: connection(steps, lambda one: {"number": one}, first=first),
        }

    return {
        "__typename": "CheckSuite",
        "workflowRun": {"runNumber": run.number, "event": run.event, "workflow": {"state": flow.state.upper()}},
        "checkRuns": lambda *, first, filterBy=None: connection(checks, check_run, first=first),  # noqa: N803
    }
