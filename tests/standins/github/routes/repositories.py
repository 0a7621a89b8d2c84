"""The repository, its branches, their protection, rulesets, who may do what, and who asks."""

import fnmatch

from standins.github.routing import Answer, Refused, route
from standins.github.shapes import node_id, repository, user
from standins.github.state import iso

_BASE = "/repos/{owner}/{repo}"


@route("GET", _BASE, needs="metadata:read")
def get_repository(call):
    return repository(call, full=True)


@route("GET", "/repositories/{id}")
def get_repository_by_id(call):
    return _by_id(call, lambda: repository(call, full=True))


def _by_id(call, make):
    found = next((one for one in call.github.repositories.values() if str(one.id) == call.params["id"]), None)
    if found is None or not call.github.sees(call.token, found):
        raise Refused(404, "Not Found")
    call.repository = found
    return make()


@route("GET", "/repositories/{id}/{rest+}")
def redirected(call):
    """What a redirection after a renaming leads to: any path below the repository, by its id."""
    from standins.github import routing

    found = next((one for one in call.github.repositories.values() if str(one.id) == call.params["id"]), None)
    if found is None:
        raise Refused(404, "Not Found")
    inner, params = routing.find("GET", f"/repos/{found.full_name}/{call.params['rest']}")
    call.repository, call.params = found, params
    return inner.handler(call)


def _tip(call, name):
    sha = call.repository.git.refs.get(f"refs/heads/{name}")
    if sha is None:
        raise Refused(404, "Branch not found")
    return sha


@route("GET", _BASE + "/branches", needs="contents:read")
def list_branches(call):
    call.expect("protected")
    names = [
        ref.removeprefix("refs/heads/") for ref in sorted(call.repository.git.refs) if ref.startswith("refs/heads/")
    ]
    if "protected" in call.query:
        names = [name for name in names if (name in call.repository.protection) == (call.query["protected"] == "true")]
    return call.page(names, _short_branch)


def _short_branch(call, name):
    sha = _tip(call, name)
    api = f"{call.github.url}/repos/{call.repository.full_name}"
    return {"name": name, "commit": {"sha": sha, "url": f"{api}/commits/{sha}"}, "protected": _protected(call, name)}


def _protected(call, name):
    return name in call.repository.protection or bool(_rules(call, name))


@route("GET", _BASE + "/branches/{branch}", needs="contents:read")
def get_branch(call):
    name = call.params["branch"]
    sha = _tip(call, name)
    api = f"{call.github.url}/repos/{call.repository.full_name}"
    checks = call.repository.protection.get(name, {}).get("required_status_checks")
    summary = {"enabled": name in call.repository.protection}
    if checks:
        level = (
            "everyone" if call.repository.protection[name].get("enforce_admins", {}).get("enabled") else "non_admins"
        )
        shown = {"enforcement_level": level, "contexts": checks.get("contexts", []), "checks": checks.get("checks", [])}
        summary["required_status_checks"] = shown
    return {
        "name": name,
        "commit": commit(call, call.repository.git.commits[sha]),
        "_links": {
            "html": f"{call.github.url}/{call.repository.full_name}/tree/{name}",
            "self": f"{api}/branches/{name}",
        },
        "protected": _protected(call, name),
        "protection": summary,
        "protection_url": f"{api}/branches/{name}/protection",
    }


@route("GET", _BASE + "/branches/{branch}/protection", needs="administration:read")
def get_protection(call):
    name = call.params["branch"]
    _tip(call, name)
    if name not in call.repository.protection:
        raise Refused(404, "Branch not protected")
    url = f"{call.github.url}{call.path}"
    return {"url": url, **{key: _whole(call, key, part, url) for key, part in call.repository.protection[name].items()}}


def _whole(call, key, part, url):
    """A part of a protection with what a test had no need to say: addresses, and accounts beyond their login."""
    if not isinstance(part, dict):
        return part
    part = {name: _whole(call, name, inner, f"{url}/{key}") for name, inner in part.items()}
    if isinstance(part.get("users"), list):
        part["users"] = [{**user(call, call.github.account(one["login"])), **one} for one in part["users"]]
    return {"url": f"{url}/{key}", **part} if key in {"enforce_admins", "required_signatures"} else part


def _rules(call, branch):
    """Each rule that is in force for a branch, with its ruleset."""
    found = []
    for ruleset in call.repository.rulesets:
        if ruleset.enforcement == "active" and ruleset.target == "branch" and _applies(call, ruleset, branch):
            found.extend((rule, ruleset) for rule in ruleset.rules)
    return found


def _applies(call, ruleset, branch):
    return any(_matches(call, one, branch) for one in ruleset.include) and not any(
        _matches(call, one, branch) for one in ruleset.exclude
    )


def _matches(call, pattern, branch):
    if pattern == "~ALL":
        return True
    if pattern == "~DEFAULT_BRANCH":
        return branch == call.repository.default_branch
    return fnmatch.fnmatchcase(f"refs/heads/{branch}", pattern)


@route("GET", _BASE + "/rules/branches/{branch}", needs="metadata:read")
def rules_for_branch(call):
    def shown(call, entry):
        rule, ruleset = entry
        source = call.repository.full_name if ruleset.source_type == "Repository" else call.repository.owner
        return {**rule, "ruleset_source_type": ruleset.source_type, "ruleset_source": source, "ruleset_id": ruleset.id}

    return call.page(_rules(call, call.params["branch"]), shown)


def _ruleset(call, made, *, full):
    api = f"{call.github.url}/repos/{call.repository.full_name}/rulesets/{made.id}"
    source = call.repository.full_name if made.source_type == "Repository" else call.repository.owner
    data = {
        "id": made.id, "name": made.name, "target": made.target, "source_type": made.source_type, "source": source,
        "enforcement": made.enforcement, "node_id": node_id("RRS", made.id), "_links": {"self": {"href": api}},
        "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z",
    }  # fmt: skip
    if full:
        data["conditions"] = {"ref_name": {"include": list(made.include), "exclude": list(made.exclude)}}
        data["rules"] = made.rules
        if call.allowed("administration:write"):  # GitHub shows who may go round it only to those who may change it
            data["bypass_actors"] = list(made.bypass)
        data["current_user_can_bypass"] = "never"
    return data


@route("GET", _BASE + "/rulesets", needs="metadata:read")
def list_rulesets(call):
    call.expect("includes_parents", "targets")
    return call.page(call.repository.rulesets, lambda call, made: _ruleset(call, made, full=False))


@route("GET", _BASE + "/rulesets/{id}", needs="metadata:read")
def get_ruleset(call):
    call.expect("includes_parents")
    for made in call.repository.rulesets:
        if str(made.id) == call.params["id"]:
            return _ruleset(call, made, full=True)
    raise Refused(404, "Not Found")


@route("GET", _BASE + "/codeowners/errors", needs="contents:read")
def codeowners_errors(call):
    call.expect("ref")
    return {"errors": call.repository.codeowners_errors}


@route("GET", "/user")
def get_user(call):
    if not call.token.user:
        raise Refused(403, "Resource not accessible by integration")
    return {
        **user(call, call.account), "name": None, "company": None, "blog": "", "location": None, "email": None, "hireable": None, "bio": None,
        "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0, "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z",
    }  # fmt: skip


@route("GET", "/users/{login}")
def get_account(call):
    known = call.github.accounts.get(call.params["login"].lower())
    if known is None:
        raise Refused(404, "Not Found")
    return {
        **user(call, known), "name": None, "company": None, "blog": "", "location": None, "email": None, "hireable": None, "bio": None,
        "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0, "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z",
    }  # fmt: skip


@route("GET", "/rate_limit")
def rate_limit(call):
    def shown(resource):
        used = call.token.used.get(resource, 0)
        return {
            "limit": call.token.limit,
            "used": used,
            "remaining": call.token.limit - used,
            "reset": int(call.now.timestamp()) + 1800,
        }

    resources = {name: shown(name) for name in ("core", "graphql", "search")}
    return {"resources": resources, "rate": resources["core"]}


def commit(call, made):
    """A commit as the commits API shows it."""
    api = f"{call.github.url}/repos/{call.repository.full_name}"
    who = {"name": made.author, "email": f"{made.author}@example.com", "date": iso(made.at)}
    account = user(call, call.github.account(made.author))
    return {
        "url": f"{api}/commits/{made.sha}",
        "sha": made.sha,
        "node_id": node_id("C", made.sha),
        "html_url": f"{call.github.url}/{call.repository.full_name}/commit/{made.sha}",
        "comments_url": f"{api}/commits/{made.sha}/comments",
        "commit": {
            "url": f"{api}/git/commits/{made.sha}", "author": who, "committer": who, "message": made.message, "comment_count": 0,
            "tree": {"sha": made.tree, "url": f"{api}/git/trees/{made.tree}"},
            "verification": {"verified": False, "reason": "unsigned", "payload": None, "signature": None, "verified_at": None},
        },
        "author": account,
        "committer": account,
        "parents": [{"sha": sha, "url": f"{api}/commits/{sha}", "html_url": f"{api}/commit/{sha}"} for sha in made.parents],
    }  # fmt: skip


@route("GET", _BASE + "/commits", needs="contents:read")
def list_commits(call):
    call.expect("sha", "path", "since", "until", "author")
    tip = call.repository.git.resolve(call.query.get("sha", call.repository.default_branch))
    if tip is None:
        raise Refused(
            409 if not call.repository.git.commits else 404,
            "Git Repository is empty." if not call.repository.git.commits else "Not Found",
        )
    found, waiting = [], [tip]
    while waiting:
        made = call.repository.git.commits[waiting.pop(0)]
        if made not in found:
            found.append(made)
            waiting.extend(made.parents)
    return call.page(found, commit)


@route("GET", _BASE + "/commits/{ref}", needs="contents:read")
def get_commit(call):
    sha = call.repository.git.resolve(
        call.repository.default_branch if call.params["ref"] == "HEAD" else call.params["ref"]
    )
    if sha is None:
        raise Refused(422, f"No commit found for SHA: {call.params['ref']}")
    made = call.repository.git.commits[sha]
    if call.headers.get("Accept", "").endswith("sha"):
        return Answer(raw=sha.encode(), kind="application/vnd.github.sha; charset=utf-8")
    return {**commit(call, made), "stats": {"additions": 0, "deletions": 0, "total": 0}, "files": []}
