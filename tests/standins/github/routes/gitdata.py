"""Git data: refs, commits, trees and blobs; and files by their path."""

import base64
from datetime import datetime

from standins.github.routing import Answer, Refused, route
from standins.github.shapes import node_id
from standins.github.state import iso

_BASE = "/repos/{owner}/{repo}"


def _api(call):
    return f"{call.github.url}/repos/{call.repository.full_name}"


def _hidden(call):
    """GitHub answers 404 for contents that the token may not read."""
    if call.repository.private and not call.allowed("contents:read"):
        raise Refused(404, "Not Found")


def _ref(call, name):
    sha = call.repository.git.refs[name]
    url = f"{_api(call)}/git/{name}"
    return {
        "ref": name,
        "node_id": node_id("REF", name),
        "url": url,
        "object": {"type": "commit", "sha": sha, "url": f"{_api(call)}/git/commits/{sha}"},
    }


@route("GET", _BASE + "/git/ref/{ref+}")
def get_ref(call):
    _hidden(call)
    name = f"refs/{call.params['ref']}"
    if name not in call.repository.git.refs:
        raise Refused(
            404 if call.repository.git.refs else 409,
            "Not Found" if call.repository.git.refs else "Git Repository is empty.",
        )
    return _ref(call, name)


@route("GET", _BASE + "/git/matching-refs/{ref+}")
def matching_refs(call):
    _hidden(call)
    return call.page(
        [name for name in sorted(call.repository.git.refs) if name.startswith(f"refs/{call.params['ref']}")], _ref
    )


@route("POST", _BASE + "/git/refs", needs="contents:write", status=201)
def create_ref(call):
    name, sha = call.field("ref", required=True), call.field("sha", required=True)
    if not name.startswith("refs/") or name.count("/") < 2:
        raise Refused(422, f"{name} is not a valid ref name.")
    if sha not in call.repository.git.commits:
        raise Refused(422, "Object does not exist")
    if name in call.repository.git.refs:
        raise Refused(422, "Reference already exists")
    call.repository.git.refs[name] = sha
    return _ref(call, name)


@route("PATCH", _BASE + "/git/refs/{ref+}", needs="contents:write")
def update_ref(call):
    name, sha = f"refs/{call.params['ref']}", call.field("sha", required=True)
    if name not in call.repository.git.refs:
        raise Refused(422, "Reference does not exist")
    if sha not in call.repository.git.commits:
        raise Refused(422, "Object does not exist")
    if not call.field("force", bool, default=False) and not call.repository.git.is_ancestor(
        call.repository.git.refs[name], sha
    ):
        raise Refused(422, "Update is not a fast forward")
    call.repository.git.refs[name] = sha
    return _ref(call, name)


@route("DELETE", _BASE + "/git/refs/{ref+}", needs="contents:write")
def delete_ref(call):
    if call.repository.git.refs.pop(f"refs/{call.params['ref']}", None) is None:
        raise Refused(422, "Reference does not exist")
    return Answer(status=204)


@route("GET", _BASE + "/git/commits/{sha}")
def get_commit(call):
    _hidden(call)
    return _commit(call, call.params["sha"])


def _commit(call, sha):
    made = call.repository.git.commits.get(sha)
    if made is None:
        raise Refused(404, "Not Found")
    who = {"name": made.author, "email": f"{made.author}@example.com", "date": iso(made.at)}
    html = f"{call.github.url}/{call.repository.full_name}/commit"
    return {
        "sha": sha, "node_id": node_id("C", sha), "url": f"{_api(call)}/git/commits/{sha}", "html_url": f"{html}/{sha}", "author": who, "committer": who,
        "tree": {"sha": made.tree, "url": f"{_api(call)}/git/trees/{made.tree}"}, "message": made.message,
        "parents": [{"sha": one, "url": f"{_api(call)}/git/commits/{one}", "html_url": f"{html}/{one}"} for one in made.parents],
        "verification": {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None},
    }  # fmt: skip


@route("POST", _BASE + "/git/commits", needs="contents:write", status=201)
def create_commit(call):
    tree, parents = call.field("tree", required=True), call.field("parents", list, default=[])
    if tree not in call.repository.git.trees:
        raise Refused(422, "Tree SHA does not exist")
    if any(one not in call.repository.git.commits for one in parents):
        raise Refused(422, "Parent SHA does not exist or is not a commit object")
    author = call.field("author", dict, default={})
    at = datetime.fromisoformat(author["date"]) if "date" in author else call.now
    name = author.get("name", call.account.login)
    return _commit(call, call.repository.git.commit(tree, parents, call.field("message", required=True), name, at))


@route("GET", _BASE + "/git/trees/{sha}")
def get_tree(call):
    _hidden(call)
    call.expect("recursive")
    sha = call.repository.git.resolve(call.params["sha"]) or call.params["sha"]
    sha = call.repository.git.commits[sha].tree if sha in call.repository.git.commits else sha
    return _tree(call, sha, "recursive" in call.query)


def _tree(call, sha, recursive):
    git = call.repository.git
    if sha not in git.trees:
        raise Refused(404, "Not Found")
    entries = git.entries(sha) if recursive else git.trees[sha].items()
    shown = []
    for path, (mode, kind, inner) in entries:
        entry = {"path": path, "mode": mode, "type": kind, "sha": inner, "url": f"{_api(call)}/git/{kind}s/{inner}"}
        if kind == "blob":
            entry["size"] = len(git.blobs[inner])
        shown.append(entry)
    return {"sha": sha, "url": f"{_api(call)}/git/trees/{sha}", "tree": shown, "truncated": False}


@route("POST", _BASE + "/git/trees", needs="contents:write", status=201)
def create_tree(call):
    git, base = call.repository.git, call.field("base_tree")
    if base is not None:
        base = git.commits[base].tree if base in git.commits else base
        if base not in git.trees:
            raise Refused(422, "base_tree is not a valid tree")
    files = {path: (mode, kind, sha) for path, (mode, kind, sha) in git.entries(base) if kind != "tree"} if base else {}
    for given in call.field("tree", list, required=True):
        entry = given
        if "content" in entry:
            entry = {**entry, "sha": git.blob(entry["content"].encode())}
        if entry.get("sha") is None:
            files.pop(entry["path"], None)
        elif entry["sha"] not in git.blobs:
            raise Refused(422, f"tree.sha {entry['sha']} is not a valid blob")
        else:
            files[entry["path"]] = (entry.get("mode", "100644"), "blob", entry["sha"])
    return _tree(call, _nested(git, files), recursive=False)


def _nested(git, files):
    here, below = {}, {}
    for path, entry in files.items():
        head, slash, rest = path.partition("/")
        if slash:
            below.setdefault(head, {})[rest] = entry
        else:
            here[head] = entry
    for name, inner in below.items():
        here[name] = ("040000", "tree", _nested(git, inner))
    return git.tree(here)


@route("GET", _BASE + "/git/blobs/{sha}")
def get_blob(call):
    _hidden(call)
    content = call.repository.git.blobs.get(call.params["sha"])
    if content is None:
        raise Refused(404, "Not Found")
    if len(content) > 100_000_000:
        raise Refused(403, "too large")
    text = base64.encodebytes(content).decode()
    sha = call.params["sha"]
    return {
        "sha": sha,
        "node_id": node_id("B", sha),
        "size": len(content),
        "url": f"{_api(call)}/git/blobs/{sha}",
        "content": text,
        "encoding": "base64",
    }


@route("POST", _BASE + "/git/blobs", needs="contents:write", status=201)
def create_blob(call):
    content, encoding = call.field("content", required=True), call.field("encoding", default="utf-8")
    sha = call.repository.git.blob(base64.b64decode(content) if encoding == "base64" else content.encode())
    return {"url": f"{_api(call)}/git/blobs/{sha}", "sha": sha}


@route("GET", _BASE + "/contents/{path+}")
def get_contents(call):
    _hidden(call)
    call.expect("ref")
    git = call.repository.git
    commit = git.resolve(call.query.get("ref", call.repository.default_branch))
    if commit is None:
        raise Refused(404, f"No commit found for the ref {call.query.get('ref', '')}")
    path = call.params["path"].strip("/")
    found = dict(git.entries(git.commits[commit].tree)).get(path)
    if found is None:
        raise Refused(404, "Not Found")
    _, kind, sha = found
    url = f"{_api(call)}/contents/{path}"
    common = {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": sha,
        "url": url,
        "html_url": url,
        "git_url": url,
        "download_url": url,
    }
    common["_links"] = {"self": url, "git": url, "html": url}
    if kind == "tree":
        inner = [
            {
                **common,
                "name": name,
                "path": f"{path}/{name}",
                "sha": one[2],
                "type": "dir" if one[1] == "tree" else "file",
                "size": 0,
            }
            for name, one in git.trees[sha].items()
        ]
        return inner[:1000]  # GitHub shows no more
    content = git.blobs[sha]
    large = len(content) > 1_000_000
    text = "" if large else base64.encodebytes(content).decode()
    return {**common, "type": "file", "size": len(content), "encoding": "none" if large else "base64", "content": text}
