"""Issues, their comments and events."""

from datetime import datetime

from standins.github.routing import Answer, Refused, route
from standins.github.shapes import association, label, milestone, node_id, user
from standins.github.state import Pull, iso

_BASE = "/repos/{owner}/{repo}/issues"
_WRITE = "issues:write|pull_requests:write"
_READ = "issues:read|pull_requests:read"
MAX_BODY = 65_536
MAX_COMMENTS = 2_500
REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket")


def issue_of(call):
    """The issue that the path names."""
    text = call.params["number"]
    found = call.repository.issue(int(text)) if text.isdigit() else None
    if not call.repository.has_issues and not isinstance(found, Pull):
        raise Refused(410, "Issues has been disabled in this repository.")
    if found is None:
        raise Refused(404, "Not Found")
    if getattr(found, "deleted", False):
        raise Refused(410, "This issue was deleted")
    return found


def shown(call, issue):
    """An issue as lists and single answers have it."""
    api = f"{call.github.url}/repos/{call.repository.full_name}"
    kind = "pull" if isinstance(issue, Pull) else "issues"
    html = f"{call.github.url}/{call.repository.full_name}/{kind}/{issue.number}"
    url = f"{api}/issues/{issue.number}"
    data = {
        "url": url,
        "repository_url": api,
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": html,
        "id": issue.id,
        "node_id": node_id("I", issue.id),
        "number": issue.number,
        "title": issue.title,
        "user": user(call, issue.author),
        "labels": [label(call, name) for name in issue.labels],
        "state": issue.state,
        "locked": issue.locked,
        "active_lock_reason": None,
        "assignee": user(call, call.github.account(issue.assignees[0])) if issue.assignees else None,
        "assignees": [user(call, call.github.account(login)) for login in issue.assignees],
        "milestone": milestone(call, issue.milestone),
        "comments": len(issue.comments),
        "created_at": iso(issue.created),
        "updated_at": iso(issue.updated),
        "closed_at": iso(issue.closed_at),
        "closed_by": user(call, issue.closed_by),
        "author_association": association(call, issue.author),
        "state_reason": issue.state_reason,
        "body": issue.body,
        "reactions": _reactions(url, issue.reactions),
    }
    if isinstance(issue, Pull):
        link = f"{api}/pulls/{issue.number}"
        merged = iso(issue.merged_at)
        data["pull_request"] = {
            "url": link,
            "html_url": html,
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            "merged_at": merged,
        }
    return data


def _reactions(url, reactions):
    counts = {name: sum(1 for one in reactions if one.content == name) for name in REACTIONS}
    return {"url": f"{url}/reactions", "total_count": len(reactions), **counts}


@route("GET", _BASE, needs=_READ)
def list_issues(call):
    call.expect("state", "labels", "sort", "direction", "since", "milestone", "assignee", "creator")
    state = call.query.get("state", "open")
    wanted = [name.lower() for name in call.query.get("labels", "").split(",") if name]
    found = [
        issue
        for issue in call.repository.issues
        if state in ("all", issue.state) and not getattr(issue, "deleted", False)
    ]
    found = [issue for issue in found if all(name in [one.lower() for one in issue.labels] for name in wanted)]
    if "since" in call.query:
        since = datetime.fromisoformat(call.query["since"])
        found = [issue for issue in found if issue.updated >= since]
    keys = {
        "created": lambda issue: (issue.created, issue.number),
        "updated": lambda issue: (issue.updated, issue.number),
    }
    keys["comments"] = lambda issue: (len(issue.comments), issue.number)
    found.sort(key=keys[call.query.get("sort", "created")], reverse=call.query.get("direction", "desc") == "desc")
    return call.page(found, shown)


@route("GET", _BASE + "/{number}", needs=_READ)
def get_issue(call):
    return shown(call, issue_of(call))


@route("POST", _BASE, needs="issues:write", status=201)
def create_issue(call):
    title = call.field("title", (str, int), required=True)
    body = checked(call.field("body"))
    issue = call.repository.add_issue(str(title), body, author=call.account)
    issue.labels = [call.repository.label(name).name for name in call.field("labels", list, default=[])]
    return shown(call, issue)


@route("PATCH", _BASE + "/{number}", needs=_WRITE)
def edit_issue(call):
    issue = issue_of(call)
    unknown = set(call.body) - {"title", "body", "state", "state_reason", "labels", "assignees", "milestone"}
    if unknown:
        raise Refused(422, f"unknown fields {sorted(unknown)}")
    if "state" in call.body and call.body["state"] not in ("open", "closed"):
        raise Refused(422, "Validation Failed", errors=[{"resource": "Issue", "field": "state", "code": "invalid"}])
    if "body" in call.body:
        issue.body, issue.editor = checked(call.field("body")), call.account
    if "title" in call.body:
        issue.title = call.field("title", required=True)
    if "labels" in call.body:
        names = [one if isinstance(one, str) else one["name"] for one in call.field("labels", list)]
        issue.labels = [call.repository.label(name).name for name in names]
    if call.body.get("state") == "closed" and issue.state == "open":
        call.repository.close(issue, by=call.account, reason=call.body.get("state_reason") or "completed")
    elif call.body.get("state") == "open" and issue.state == "closed":
        if isinstance(issue, Pull) and issue.merged_at:
            raise Refused(422, "Validation Failed", errors=[{"resource": "Issue", "field": "state", "code": "invalid"}])
        call.repository.reopen(issue, by=call.account)
    issue.updated = call.now
    return shown(call, issue)


def checked(body):
    """A text that GitHub takes.

    Raises:
        Refused: it is too long.
    """
    if body is not None and len(body) > MAX_BODY:
        raise Refused(
            422,
            "Validation Failed",
            errors=[
                {
                    "resource": "IssueComment",
                    "code": "unprocessable",
                    "field": "data",
                    "message": f"Body is too long (maximum is {MAX_BODY} characters)",
                }
            ],
        )
    return body


def comment_shown(call, entry):
    """A comment, of the pair of its issue and itself."""
    issue, comment = entry
    api = f"{call.github.url}/repos/{call.repository.full_name}/issues"
    kind = "pull" if isinstance(issue, Pull) else "issues"
    url = f"{api}/comments/{comment.id}"
    return {
        "url": url,
        "html_url": f"{call.github.url}/{call.repository.full_name}/{kind}/{issue.number}#issuecomment-{comment.id}",
        "issue_url": f"{api}/{issue.number}",
        "id": comment.id,
        "node_id": node_id("IC", comment.id),
        "user": user(call, comment.author),
        "created_at": iso(comment.created),
        "updated_at": iso(comment.updated),
        "author_association": association(call, comment.author),
        "body": comment.body,
        "reactions": _reactions(url, comment.reactions),
    }


@route("GET", _BASE + "/{number}/comments", needs=_READ)
def list_comments(call):
    call.expect("since")
    issue = issue_of(call)
    return call.page([(issue, comment) for comment in issue.comments], comment_shown)


@route("GET", _BASE + "/comments", needs=_READ)
def list_all_comments(call):
    call.expect("since", "sort", "direction")
    found = [(issue, comment) for issue in call.repository.issues for comment in issue.comments]
    if "since" in call.query:
        since = datetime.fromisoformat(call.query["since"])
        found = [entry for entry in found if entry[1].updated >= since]
    found.sort(key=lambda entry: entry[1].id, reverse=call.query.get("direction") == "desc")
    return call.page(found, comment_shown)


@route("POST", _BASE + "/{number}/comments", needs=_WRITE, status=201)
def create_comment(call):
    issue = issue_of(call)
    body = call.field("body", required=True)
    if not body.strip():
        raise Refused(
            422,
            "Validation Failed",
            errors=[
                {"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": "Body can't be blank"}
            ],
        )
    if issue.locked:
        raise Refused(403, "Unable to create comment because issue is locked.")
    if len(issue.comments) >= MAX_COMMENTS:
        raise Refused(403, "Commenting is disabled on issues with more than 2500 comments")
    comment = call.repository.add_comment(issue, checked(body), author=call.account)
    return comment_shown(call, (issue, comment))


def comment_of(call):
    """The issue and comment that the path names."""
    for issue in call.repository.issues:
        for comment in issue.comments:
            if str(comment.id) == call.params["id"]:
                return issue, comment
    raise Refused(404, "Not Found")


@route("GET", _BASE + "/comments/{id}", needs=_READ)
def get_comment(call):
    return comment_shown(call, comment_of(call))


@route("PATCH", _BASE + "/comments/{id}", needs=_WRITE)
def edit_comment(call):
    issue, comment = comment_of(call)
    comment.body = checked(call.field("body", required=True))
    comment.editor, comment.updated = call.account, call.now
    issue.updated = call.now
    return comment_shown(call, (issue, comment))


@route("DELETE", _BASE + "/comments/{id}", needs=_WRITE)
def delete_comment(call):
    issue, comment = comment_of(call)
    call.repository.delete_comment(issue, comment, by=call.account)
    return Answer(status=204)


def event_shown(call, event):
    """An entry of an issue's events."""
    url = f"{call.github.url}/repos/{call.repository.full_name}/issues/events/{event.id}"
    said = {key: value for key, value in event.details.items() if key != "author"}  # only GraphQL shows whose it was
    details = {"commit_id": None, "commit_url": None, **said}
    return {
        "id": event.id, "node_id": node_id("E", event.id), "url": url, "actor": user(call, event.actor), "event": event.event,
        "created_at": iso(event.created), "performed_via_github_app": None, **details,
    }  # fmt: skip


@route("GET", _BASE + "/{number}/events", needs=_READ)
def list_events(call):
    return call.page(issue_of(call).events, event_shown)


@route("GET", _BASE + "/{number}/timeline", needs=_READ)
def list_timeline(call):
    issue = issue_of(call)
    entries = [(event.created, event.id, event_shown(call, event)) for event in issue.events]
    for comment in issue.comments:
        data = {**comment_shown(call, (issue, comment)), "event": "commented", "actor": user(call, comment.author)}
        entries.append((comment.created, comment.id, data))
    return call.page(sorted(entries, key=lambda entry: entry[:2]), lambda _, entry: entry[2])
