"""Labels, of the repository and of its issues."""

from standins.github.routes.issues import issue_of
from standins.github.routing import Answer, Refused, route
from standins.github.shapes import label

_BASE = "/repos/{owner}/{repo}"
_READ = "issues:read|pull_requests:read"
_WRITE = "issues:write|pull_requests:write"


def _invalid(code, field="name"):
    return Refused(422, "Validation Failed", errors=[{"resource": "Label", "code": code, "field": field}])


@route("GET", _BASE + "/labels", needs=_READ)
def list_labels(call):
    return call.page(call.repository.labels, label)


@route("GET", _BASE + "/labels/{name}", needs=_READ)
def get_label(call):
    found = call.repository.find_label(call.params["name"])
    if found is None:
        raise Refused(404, "Not Found")
    return label(call, found)


@route("POST", _BASE + "/labels", needs=_WRITE, status=201)
def create_label(call):
    name = call.field("name", required=True)
    description = call.field("description")
    if len(name) > 50:
        raise _invalid("too_long")
    if description and len(description) > 100:
        raise _invalid("too_long", "description")
    if call.repository.find_label(name):
        raise _invalid("already_exists")
    color = call.field("color", default="ededed")
    if len(color) != 6 or color.strip("0123456789abcdefABCDEF"):
        raise _invalid("invalid", "color")
    made = call.repository.label(name)
    made.color, made.description = color, description
    return label(call, made)


@route("GET", _BASE + "/issues/{number}/labels", needs=_READ)
def labels_of_issue(call):
    return call.page(issue_of(call).labels, label)


@route("POST", _BASE + "/issues/{number}/labels", needs=_WRITE)
def add_labels(call):
    issue = issue_of(call)
    names = call.body if isinstance(call.body, list) else call.field("labels", list, required=True)
    for name in names:
        if not isinstance(name, str) or len(name) > 50:
            raise _invalid("too_long")
    for name in names:
        known = call.repository.label(name).name
        if known not in issue.labels:
            if len(issue.labels) >= 100:
                raise Refused(
                    422,
                    "Validation Failed",
                    errors=[{"resource": "Issue", "code": "custom", "field": "labels", "message": "too many labels"}],
                )
            issue.labels.append(known)
            call.repository.add_event(issue, "labeled", by=call.account, label={"name": known, "color": "ededed"})
    issue.updated = call.now
    return [label(call, name) for name in issue.labels]


@route("PUT", _BASE + "/issues/{number}/labels", needs=_WRITE)
def set_labels(call):
    issue_of(call).labels.clear()
    return add_labels(call)


@route("DELETE", _BASE + "/issues/{number}/labels/{name}", needs=_WRITE)
def remove_label(call):
    issue = issue_of(call)
    found = next((name for name in issue.labels if name.lower() == call.params["name"].lower()), None)
    if found is None:
        raise Refused(404, "Label does not exist")
    issue.labels.remove(found)
    issue.updated = call.now
    call.repository.add_event(issue, "unlabeled", by=call.account, label={"name": found, "color": "ededed"})
    return [label(call, name) for name in issue.labels]


@route("DELETE", _BASE + "/labels/{name}", needs=_WRITE)
def delete_label(call):
    found = call.repository.find_label(call.params["name"])
    if found is None:
        raise Refused(404, "Not Found")
    call.repository.labels.remove(found)
    for issue in call.repository.issues:
        issue.labels = [name for name in issue.labels if name != found.name]
    return Answer(status=204)
