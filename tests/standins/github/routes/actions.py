"""Workflows, their runs, jobs and artifacts."""

from standins.github.routing import Answer, Refused, route
from standins.github.shapes import node_id, repository, user
from standins.github.state import iso

_BASE = "/repos/{owner}/{repo}/actions"
_EPOCH = "2020-01-01T00:00:00Z"


def _urls(call):
    return (
        f"{call.github.url}/repos/{call.repository.full_name}/actions",
        f"{call.github.url}/{call.repository.full_name}",
    )


def _workflow(call, flow):
    api, html = _urls(call)
    return {
        "id": flow.id, "node_id": node_id("W", flow.id), "name": flow.name, "path": flow.path, "state": flow.state,
        "created_at": _EPOCH, "updated_at": _EPOCH, "url": f"{api}/workflows/{flow.id}",
        "html_url": f"{html}/blob/{call.repository.default_branch}/{flow.path}", "badge_url": f"{html}/workflows/{flow.id}/badge.svg",
    }  # fmt: skip


def _workflow_of(call):
    named = call.params["id"]
    found = call.repository.workflow(int(named) if named.isdigit() else named)
    if found is None:
        raise Refused(404, "Not Found")
    return found


@route("GET", _BASE + "/workflows", needs="actions:read")
def list_workflows(call):
    return call.page(call.repository.workflows, _workflow, under="workflows")


@route("GET", _BASE + "/workflows/{id}", needs="actions:read")
def get_workflow(call):
    return _workflow(call, _workflow_of(call))


@route("PUT", _BASE + "/workflows/{id}/enable", needs="actions:write")
def enable_workflow(call):
    _workflow_of(call).state = "active"
    return Answer(status=204)


def _run(call, run):
    api, html = _urls(call)
    url = f"{api}/runs/{run.id}"
    message = call.repository.git.commits[run.sha].message if run.sha in call.repository.git.commits else ""
    tree = call.repository.git.commits[run.sha].tree if run.sha in call.repository.git.commits else "0" * 40
    head = {
        "id": run.sha, "tree_id": tree, "message": message, "timestamp": iso(run.created),
        "author": {"name": "ana", "email": "ana@example.com"}, "committer": {"name": "ana", "email": "ana@example.com"},
    }  # fmt: skip
    return {
        "id": run.id, "name": run.name, "node_id": node_id("WFR", run.id), "check_suite_id": run.suite, "check_suite_node_id": node_id("CS", run.suite),
        "head_branch": run.branch, "head_sha": run.sha, "path": run.path, "run_number": run.number, "run_attempt": run.attempt, "event": run.event,
        "display_title": run.name, "status": run.status, "conclusion": run.conclusion, "workflow_id": run.workflow, "url": url,
        "html_url": f"{html}/actions/runs/{run.id}", "pull_requests": [_pull(call, run, pull) for pull in run.pulls], "created_at": iso(run.created), "updated_at": iso(run.updated),
        "actor": user(call, run.actor), "triggering_actor": user(call, run.actor), "run_started_at": iso(run.created),
        "jobs_url": f"{url}/jobs", "logs_url": f"{url}/logs", "check_suite_url": f"{api}/check-suites/{run.suite}", "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel", "rerun_url": f"{url}/rerun", "previous_attempt_url": None, "workflow_url": f"{api}/workflows/{run.workflow}",
        "head_commit": head, "repository": repository(call), "head_repository": repository(call), "referenced_workflows": [],
    }  # fmt: skip


def _pull(call, run, pull):
    """A pull request of a run: what a test says of it, and what it had no need to say."""
    url = f"{call.github.url}/repos/{call.repository.full_name}"
    repository = {"id": call.repository.id, "url": url, "name": call.repository.name}
    number = pull.get("number", 1)
    sides = {
        side: {"ref": run.branch, "sha": run.sha, "repo": repository, **pull.get(side, {})} for side in ("head", "base")
    }
    return {"id": number, "number": number, "url": f"{url}/pulls/{number}", **pull, **sides}


def _within(run, wanted):
    """Whether a run was made in the time that a query gives: `>=2026-01-01`, `A..B`, `<B`."""
    at = iso(run.created)
    low, dots, high = wanted.partition("..")
    if dots:
        return (low == "*" or at >= low) and (high == "*" or at[: len(high)] <= high)
    for sign, test in (
        (">=", lambda text: at >= text),
        ("<=", lambda text: at[: len(text)] <= text),
        (">", lambda text: at > text),
        ("<", lambda text: at < text),
    ):
        if wanted.startswith(sign):
            return test(wanted.removeprefix(sign))
    return at.startswith(wanted)


def _runs(call, runs):
    call.expect("actor", "branch", "event", "status", "created", "exclude_pull_requests", "check_suite_id", "head_sha")
    query = call.query
    found = [
        run
        for run in runs
        if query.get("branch") in (None, run.branch)
        and query.get("event") in (None, run.event)
        and query.get("head_sha") in (None, run.sha)
        and query.get("status") in (None, run.status, run.conclusion)
        and ("created" not in query or _within(run, query["created"]))
    ]
    found.sort(key=lambda run: (run.created, run.id), reverse=True)
    limit = (
        found[:1000]
        if set(query) & {"actor", "branch", "event", "status", "created", "check_suite_id", "head_sha"}
        else found
    )
    return call.page(limit, _run, under="workflow_runs", total=len(found))


@route("GET", _BASE + "/runs", needs="actions:read")
def list_runs(call):
    return _runs(call, call.repository.runs)


@route("GET", _BASE + "/workflows/{id}/runs", needs="actions:read")
def list_runs_of_workflow(call):
    flow = _workflow_of(call)
    return _runs(call, [run for run in call.repository.runs if run.workflow == flow.id])


def _run_of(call):
    for run in call.repository.runs:
        if str(run.id) == call.params["id"]:
            return run
    raise Refused(404, "Not Found")


@route("GET", _BASE + "/runs/{id}", needs="actions:read")
def get_run(call):
    call.expect("exclude_pull_requests")
    return _run(call, _run_of(call))


@route("GET", _BASE + "/runs/{id}/jobs", needs="actions:read")
def list_jobs(call):
    call.expect("filter")
    run = _run_of(call)
    api, html = _urls(call)
    checks = f"{call.github.url}/repos/{call.repository.full_name}/check-runs"

    def shown(call, job):
        return {
            "id": job.id, "run_id": run.id, "run_url": f"{api}/runs/{run.id}", "run_attempt": run.attempt, "node_id": node_id("CR", job.id),
            "head_sha": run.sha, "head_branch": run.branch, "workflow_name": run.name, "name": job.name, "url": f"{api}/jobs/{job.id}",
            "html_url": f"{html}/actions/runs/{run.id}/job/{job.id}", "status": job.status, "conclusion": job.conclusion,
            "created_at": iso(run.created), "started_at": iso(run.created), "completed_at": iso(run.updated) if job.status == "completed" else None,
            "check_run_url": f"{checks}/{job.id}", "labels": ["ubuntu-latest"], "runner_id": 1, "runner_name": "runner", "runner_group_id": 1,
            "runner_group_name": "default", "steps": job.steps,
        }  # fmt: skip

    return call.page(run.jobs, shown, under="jobs")


def _artifact(call, made):
    api, _ = _urls(call)
    return {
        "id": made.id, "node_id": node_id("MDg", made.id), "name": made.name, "size_in_bytes": len(made.content),
        "url": f"{api}/artifacts/{made.id}", "archive_download_url": f"{api}/artifacts/{made.id}/zip", "expired": made.expired,
        "created_at": iso(made.created), "updated_at": iso(made.created), "expires_at": iso(made.created),
    }  # fmt: skip


@route("GET", _BASE + "/runs/{id}/artifacts", needs="actions:read")
def list_artifacts(call):
    call.expect("name", "direction")
    run = _run_of(call)
    found = [
        made for made in call.repository.artifacts if made.run == run.id and call.query.get("name") in (None, made.name)
    ]
    return call.page(found, _artifact, under="artifacts")


def _artifact_of(call):
    for made in call.repository.artifacts:
        if str(made.id) == call.params["id"]:
            return made
    raise Refused(404, "Not Found")


@route("GET", _BASE + "/artifacts/{id}", needs="actions:read")
def get_artifact(call):
    return _artifact(call, _artifact_of(call))


@route("GET", _BASE + "/artifacts/{id}/zip", needs="actions:read")
def download_artifact(call):
    made = _artifact_of(call)
    if made.expired:
        raise Refused(410, "Artifact has expired")
    return Answer(status=302, headers={"Location": f"{call.github.url}/_storage/{made.id}"})


@route("GET", "/_storage/{id}")
def stored_artifact(call):
    """Where an artifact's bytes are. The real one is another host, which must not be sent the token."""
    for found in call.github.repositories.values():
        for made in found.artifacts:
            if str(made.id) == call.params["id"]:
                return Answer(raw=made.content, kind="application/zip")
    raise Refused(404, "Not Found")
