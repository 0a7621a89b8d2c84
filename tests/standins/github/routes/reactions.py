"""Reactions on issues and on their comments. GitHub keeps one of a kind from each account."""

from standins.github.routes.issues import REACTIONS, comment_of, issue_of
from standins.github.routing import Answer, Refused, route
from standins.github.shapes import node_id, user
from standins.github.state import Reaction, iso

_ISSUES = "/repos/{owner}/{repo}/issues"


def _react(call, reactions):
    content = call.field("content", required=True)
    if content not in REACTIONS:
        raise Refused(422, "Validation Failed")
    for known in reactions:
        if known.content == content and known.author == call.account:
            return Answer(_reaction(call, known), 200)
    made = Reaction(next(call.repository.ids), call.account, content, call.now)
    reactions.append(made)
    return Answer(_reaction(call, made), 201)


def _reaction(call, made):
    return {
        "id": made.id,
        "node_id": node_id("REA", made.id),
        "user": user(call, made.author),
        "content": made.content,
        "created_at": iso(made.created),
    }


@route("POST", _ISSUES + "/comments/{id}/reactions", needs="issues:write", status=201)
def react_to_comment(call):
    return _react(call, comment_of(call)[1].reactions)


@route("GET", _ISSUES + "/comments/{id}/reactions", needs="issues:read")
def list_comment_reactions(call):
    call.expect("content")
    return call.page(comment_of(call)[1].reactions, _reaction)


@route("POST", _ISSUES + "/{number}/reactions", needs="issues:write", status=201)
def react_to_issue(call):
    return _react(call, issue_of(call).reactions)
