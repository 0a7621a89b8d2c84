"""The stand-in for GitHub itself: its limits are GitHub's, or the tests that lean on it prove nothing."""

import json
import urllib.error
import urllib.request
from datetime import timedelta

import pytest
from standins.github import GitHubStandIn
from standins.github.state import Comment

REPO = "/repos/acme/shop"


@pytest.fixture
def github():
    with GitHubStandIn() as standin:
        standin.repository.add_issue()
        yield standin


def ask(github, method, path, body=None, *, token=None):
    """Status, headers and JSON of one answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - of this machine
        github.url + path, data, {"Authorization": f"Bearer {token or github.token}"}, method=method
    )
    try:
        answer = urllib.request.urlopen(request)  # noqa: S310
    except urllib.error.HTTPError as refused:
        answer = refused
    with answer:
        text = answer.read()
        return answer.status, answer.headers, json.loads(text) if text else None


@pytest.mark.parametrize(("path", "body", "status"), [
    ("/issues/1/comments", {"body": "x" * 65_536}, 201),
    ("/issues/1/comments", {"body": "x" * 65_537}, 422),
    ("/issues/1/comments", {"body": " "}, 422),
    ("/issues/9/comments", {"body": "x"}, 404),
    ("/labels", {"name": "x" * 50, "color": "ffffff"}, 201),
    ("/labels", {"name": "x" * 51, "color": "ffffff"}, 422),
    ("/labels", {"name": "x", "color": "white"}, 422),
    ("/labels", {"name": "x", "description": "x" * 101}, 422),
    ("/statuses/" + "0" * 40, {"state": "success", "description": "x" * 140}, 201),
    ("/statuses/" + "0" * 40, {"state": "success", "description": "x" * 141}, 422),
    ("/git/refs", {"ref": "refs/heads/main", "sha": "0" * 40}, 422),
])  # fmt: skip
def test_what_github_takes(github, path, body, status):
    assert ask(github, "POST", REPO + path, body)[0] == status


def test_the_last_comment_of_all(github):
    (issue,) = github.repository.issues
    ana = github.account("ana")
    issue.comments += [Comment(next(github.ids), ana, "", github.now, github.now) for _ in range(2_499)]
    answers = [ask(github, "POST", f"{REPO}/issues/1/comments", {"body": "x"})[0] for _ in range(2)]
    assert answers == [201, 403]


def test_a_label_is_there_once_whatever_its_case(github):
    assert [ask(github, "POST", f"{REPO}/labels", {"name": name})[0] for name in ("Bug", "bug")] == [201, 422]


@pytest.mark.parametrize(("permissions", "method", "path", "status", "needed"), [
    ({"issues": "read"}, "GET", "/issues/1", 200, None),
    ({"pull_requests": "read"}, "GET", "/issues/1", 200, None),
    ({"issues": "read"}, "POST", "/issues/1/comments", 403, "issues=write; pull_requests=write"),
    ({}, "GET", "/actions/workflows", 403, "actions=read"),
    ({"contents": "write"}, "GET", "/branches/main/protection", 403, "administration=read"),
    ({}, "GET", "/contents/README.md", 404, None),
])  # fmt: skip
def test_what_a_token_may(permissions, method, path, status, needed):
    with GitHubStandIn(permissions=permissions) as github:
        github.repository.add_issue()
        answer = ask(github, method, REPO + path, {"body": "x"} if method == "POST" else None)
    assert (answer[0], answer[1]["X-Accepted-GitHub-Permissions"]) == (status, needed)


def test_a_private_repository_is_not_there_for_strangers(github):
    github.add_token("stranger", github.account("eve"), {"issues": "write"})
    assert ask(github, "GET", REPO, token="stranger")[0] == 404
    assert ask(github, "GET", REPO, token="nobody's")[0] == 401


def test_a_replica_shows_for_a_while_what_was_there(github):
    github.lag = 2
    ask(github, "POST", f"{REPO}/issues/1/comments", {"body": "x"})
    assert [len(ask(github, "GET", f"{REPO}/issues/1/comments")[2]) for _ in range(3)] == [0, 0, 1]


def test_writes_in_a_minute_are_counted(github):
    github.secondary_limits = True
    answers = [ask(github, "POST", f"{REPO}/issues/1/comments", {"body": "x"}) for _ in range(81)]
    assert [answer[0] for answer in answers] == [201] * 80 + [403]
    assert answers[-1][1]["Retry-After"] == "60"
    github.now += timedelta(seconds=61)
    assert ask(github, "POST", f"{REPO}/issues/1/comments", {"body": "x"})[0] == 201


def test_a_used_up_token_is_refused(github):
    github.tokens[github.token].limit = 1
    answers = [ask(github, "GET", REPO) for _ in range(2)]
    assert [(answer[0], answer[1]["X-RateLimit-Remaining"]) for answer in answers] == [(200, "0"), (403, "0")]


def test_pages_are_linked(github):
    for _ in range(4):
        github.repository.add_issue()
    _, headers, found = ask(github, "GET", f"{REPO}/issues?per_page=2&page=2")
    assert [issue["number"] for issue in found] == [3, 2]
    assert [part.split("; ")[1] for part in headers["Link"].split(", ")] == [
        'rel="prev"',
        'rel="next"',
        'rel="last"',
        'rel="first"',
    ]


def test_a_branch_only_moves_forward(github):
    first = github.repository.git.refs["refs/heads/main"]
    github.repository.commit({"a": "1"})
    assert ask(github, "PATCH", f"{REPO}/git/refs/heads/main", {"sha": first})[0] == 422
    tree = ask(
        github,
        "POST",
        f"{REPO}/git/trees",
        {"base_tree": first, "tree": [{"path": "d/b", "mode": "100644", "type": "blob", "content": "2"}]},
    )[2]
    parent = github.repository.git.refs["refs/heads/main"]
    made = ask(github, "POST", f"{REPO}/git/commits", {"message": "m", "tree": tree["sha"], "parents": [parent]})[2]
    assert ask(github, "PATCH", f"{REPO}/git/refs/heads/main", {"sha": made["sha"]})[0] == 200
    assert github.repository.git.files(made["sha"]) == {"README.md": b"Shop\n", "d/b": b"2"}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing"), ("DELETE", REPO), ("GET", f"{REPO}/issues?labelled=x")]
)
def test_what_nobody_expects_fails_the_test(method, path):
    with pytest.raises(AssertionError, match="nobody should ask for"), GitHubStandIn() as github:
        assert ask(github, method, path)[0] == 501
