"""Check runs and commit statuses."""

from datetime import datetime

from standins.github.routing import Refused, route
from standins.github.shapes import app, node_id, repository, user
from standins.github.state import iso

_BASE = "/repos/{owner}/{repo}"


def _sha(call, name):
    sha = call.repository.git.resolve(name)
    if sha is None and len(name) == 40:
        return name  # a commit of which the test says nothing else
    if sha is None:
        raise Refused(422, f"No commit found for SHA: {name}")
    return sha


def _check_run(call, check):
    api = f"{call.github.url}/repos/{call.repository.full_name}/check-runs/{check.id}"
    output = {
        "title": check.output.get("title"), "summary": check.output.get("summary"), "text": check.output.get("text"),
        "annotations_count": len(check.annotations), "annotations_url": f"{api}/annotations",
    }  # fmt: skip
    return {
        "id": check.id, "node_id": node_id("CR", check.id), "head_sha": check.sha, "name": check.name, "url": api, "external_id": check.external_id,
        "html_url": f"{call.github.url}/{call.repository.full_name}/runs/{check.id}", "details_url": check.details_url,
        "status": check.status, "conclusion": check.conclusion, "started_at": iso(check.started), "completed_at": iso(check.completed),
        "output": output, "check_suite": {"id": check.suite}, "app": app(call, check.app), "pull_requests": [],
    }  # fmt: skip


@route("GET", _BASE + "/commits/{ref}/check-runs", needs="checks:read")
def list_check_runs(call):
    call.expect("check_name", "status", "filter", "app_id")
    sha = _sha(call, call.params["ref"])
    found = [
        check
        for check in call.repository.check_runs
        if check.sha == sha and call.query.get("check_name") in (None, check.name)
    ]
    found = [check for check in found if call.query.get("app_id") in (None, str(check.app))]
    if call.query.get("filter", "latest") == "latest":
        found = list({(check.name, check.app, check.suite): check for check in found}.values())
    return call.page(reversed(found), _check_run, under="check_runs")


def _check_of(call):
    for check in call.repository.check_runs:
        if str(check.id) == call.params["id"]:
            return check
    raise Refused(404, "Not Found")


@route("GET", _BASE + "/check-runs/{id}", needs="checks:read")
def get_check_run(call):
    return _check_run(call, _check_of(call))


@route("GET", _BASE + "/check-runs/{id}/annotations", needs="checks:read")
def list_annotations(call):
    def shown(call, entry):
        blank = {
            "start_column": None,
            "end_column": None,
            "title": "",
            "message": "",
            "raw_details": "",
            "blob_href": f"{call.github.url}/blob",
        }
        return {**blank, "path": "", "start_line": 1, "end_line": 1, "annotation_level": "notice", **entry}

    return call.page(_check_of(call).annotations, shown)


def _fill(call, check):
    for name in ("status", "conclusion", "details_url", "external_id"):
        if name in call.body:
            setattr(check, name, call.field(name))
    output = call.field("output", dict, default={})
    if len(output.get("annotations", [])) > 50:
        raise Refused(422, "Invalid request.\n\nNo more than 50 items are allowed; more were supplied.")
    if len(output.get("summary") or "") > 65_535:
        raise Refused(422, "Validation Failed")
    check.annotations.extend(output.get("annotations", []))
    check.output.update({name: text for name, text in output.items() if name != "annotations"})
    if check.conclusion:
        check.status = "completed"
        done = call.field("completed_at")
        check.completed = datetime.fromisoformat(done) if done else call.now


@route("POST", _BASE + "/check-runs", needs="checks:write", status=201)
def create_check_run(call):
    if call.token.user:
        raise Refused(403, "You must authenticate via a GitHub App.")
    sha = _sha(call, call.field("head_sha", required=True))
    made = call.repository.add_check_run(call.field("name", required=True), sha, conclusion=None, status="queued")
    made.completed = None
    _fill(call, made)
    return _check_run(call, made)


@route("PATCH", _BASE + "/check-runs/{id}", needs="checks:write")
def edit_check_run(call):
    check = _check_of(call)
    if check.suite and {"status", "conclusion"} & set(call.body):  # a job's
        raise Refused(403, "Check run status and conclusions can only be updated internally by GitHub Actions")
    _fill(call, check)
    return _check_run(call, check)


def _status(call, made):
    creator = user(call, made.creator)
    return {
        "url": f"{call.github.url}/repos/{call.repository.full_name}/statuses/{made.sha}", "avatar_url": creator and creator["avatar_url"], "id": made.id,
        "node_id": node_id("SC", made.id), "state": made.state, "description": made.description, "target_url": made.target_url,
        "context": made.context, "created_at": iso(made.created), "updated_at": iso(made.created),
    }  # fmt: skip


@route("POST", _BASE + "/statuses/{sha}", needs="statuses:write", status=201)
def create_status(call):
    state = call.field("state", required=True)
    if state not in ("error", "failure", "pending", "success"):
        raise Refused(422, "Validation Failed")
    sha, context = call.params["sha"], call.field("context", default="default")
    if len(call.field("description", default="")) > 140:
        raise Refused(
            422,
            "Validation Failed",
            errors=[
                {
                    "resource": "Status",
                    "code": "custom",
                    "field": "description",
                    "message": "description is too long (maximum is 140 characters)",
                }
            ],
        )
    if sum(1 for one in call.repository.statuses if (one.sha, one.context) == (sha, context)) >= 1000:
        raise Refused(
            422,
            "Validation Failed",
            errors=[
                {
                    "resource": "Status",
                    "code": "custom",
                    "message": "This SHA and context has reached the maximum number of statuses.",
                }
            ],
        )
    details = {"description": call.field("description"), "target_url": call.field("target_url")}
    made = call.repository.add_status(context, sha, state, by=call.account, **details)
    return {**_status(call, made), "creator": user(call, made.creator)}


def _of_commit(call):
    sha = _sha(call, call.params["ref"])
    return sha, [made for made in reversed(call.repository.statuses) if made.sha == sha]


@route("GET", _BASE + "/commits/{ref}/statuses", needs="statuses:read")
def list_statuses(call):
    return call.page(
        _of_commit(call)[1], lambda call, made: {**_status(call, made), "creator": user(call, made.creator)}
    )


@route("GET", _BASE + "/commits/{ref}/status", needs="statuses:read")
def combined_status(call):
    sha, found = _of_commit(call)
    latest = {}
    for made in found:
        latest.setdefault(made.context, made)
    states = {made.state for made in latest.values()}
    state = (
        "failure" if states & {"failure", "error"} else "pending" if "pending" in states or not states else "success"
    )
    answer = call.page(latest.values(), _status, under="statuses")
    api = f"{call.github.url}/repos/{call.repository.full_name}"
    answer.data |= {
        "state": state,
        "sha": sha,
        "repository": repository(call),
        "commit_url": f"{api}/commits/{sha}",
        "url": f"{api}/commits/{sha}/status",
    }
    return answer
