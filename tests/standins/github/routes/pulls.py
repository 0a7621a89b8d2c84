"""Pull requests."""

from standins.github.routes.issues import shown as issue_shown
from standins.github.routing import Refused, route
from standins.github.shapes import node_id, repository, user
from standins.github.state import Pull, iso

_BASE = "/repos/{owner}/{repo}/pulls"


def _side(call, pull, ref, sha, full_name=None):
    found = call.github.repositories.get(full_name.lower()) if full_name else call.repository
    owner = (full_name or call.repository.full_name).split("/")[0]
    shown = repository(call, found, full=True) if found else None
    return {
        "label": f"{owner}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(call, call.github.account(owner)),
        "repo": shown,
    }


def _pull(call, pull, *, full=False):
    api = f"{call.github.url}/repos/{call.repository.full_name}"
    html, url = f"{call.github.url}/{call.repository.full_name}/pull/{pull.number}", f"{api}/pulls/{pull.number}"
    issue = issue_shown(call, pull)
    kept = "labels milestone state locked title body user assignee assignees created_at updated_at closed_at comments_url author_association number active_lock_reason"
    links = {
        name: {"href": url}
        for name in ("self", "html", "issue", "comments", "review_comments", "review_comment", "commits", "statuses")
    }
    data = {
        **{name: issue[name] for name in kept.split()},
        "id": pull.id, "node_id": node_id("PR", pull.id), "url": url, "html_url": html, "diff_url": f"{html}.diff", "patch_url": f"{html}.patch",
        "issue_url": issue["url"], "commits_url": f"{url}/commits", "review_comments_url": f"{url}/comments",
        "review_comment_url": f"{api}/pulls/comments/{{/number}}", "statuses_url": f"{api}/statuses/{pull.head_sha}",
        "head": _side(call, pull, pull.head, pull.head_sha, pull.head_repository), "base": _side(call, pull, pull.base, pull.base_sha),
        "_links": links, "merged_at": iso(pull.merged_at), "merge_commit_sha": pull.merge_commit, "auto_merge": None, "draft": pull.draft,
        "requested_reviewers": [], "requested_teams": [],
    }  # fmt: skip
    if full:
        data |= {
            "merged": pull.merged_at is not None, "mergeable": None if pull.merged_at else True, "mergeable_state": "clean", "rebaseable": None,
            "merged_by": user(call, pull.merged_by), "comments": len(pull.comments), "review_comments": 0, "maintainer_can_modify": False,
            "commits": max(1, len(pull.commits)), "additions": 1, "deletions": 0, "changed_files": len(pull.files),
        }  # fmt: skip
    return data


def _pull_of(call):
    text = call.params["number"]
    found = call.repository.issue(int(text)) if text.isdigit() else None
    if not isinstance(found, Pull):
        raise Refused(404, "Not Found")
    return found


@route("GET", _BASE, needs="pull_requests:read")
def list_pulls(call):
    call.expect("state", "head", "base", "sort", "direction")
    state = call.query.get("state", "open")
    found = [
        pull
        for pull in call.repository.pulls
        if state in ("all", pull.state) and call.query.get("base") in (None, pull.base)
    ]
    if "head" in call.query:
        found = [
            pull
            for pull in found
            if call.query["head"] == f"{(pull.head_repository or call.repository.full_name).split('/')[0]}:{pull.head}"
        ]
    key = {"created": lambda pull: pull.created, "updated": lambda pull: pull.updated}[
        call.query.get("sort", "created")
    ]
    found.sort(key=lambda pull: (key(pull), pull.number), reverse=call.query.get("direction", "desc") == "desc")
    return call.page(found, _pull)


@route("GET", _BASE + "/{number}", needs="pull_requests:read")
def get_pull(call):
    return _pull(call, _pull_of(call), full=True)


@route("GET", _BASE + "/{number}/files", needs="pull_requests:read")
def list_files(call):
    pull = _pull_of(call)
    api = f"{call.github.url}/repos/{call.repository.full_name}"

    def shown(call, file):
        name = file["filename"]
        urls = {
            "blob_url": f"{api}/blob/{name}",
            "raw_url": f"{api}/raw/{name}",
            "contents_url": f"{api}/contents/{name}",
        }
        return {"sha": "0" * 40, "status": "modified", "additions": 1, "deletions": 0, "changes": 1, **urls, **file}

    return call.page(pull.files[:3000], shown)  # GitHub shows no more


@route("GET", "/repos/{owner}/{repo}/commits/{sha}/pulls", needs="pull_requests:read")
def pulls_of_commit(call):
    sha = call.params["sha"]
    return call.page(
        [pull for pull in call.repository.pulls if sha in {pull.head_sha, pull.merge_commit, *pull.commits}], _pull
    )
