"""Issues with all that belongs to them, in few requests: 200 of them are two.

They come through GraphQL. Only where that is refused they are read by REST, which takes several requests for each and
does not know who last edited a body.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from loopcheck.reasons import BAD_RESPONSE, NOT_VISIBLE, OUTAGE, REFUSED, TIMEOUT, TRUNCATED, CannotTell
from loopcheck.tracker import Issue, Person
from loopcheck.world.github import issues_by_rest
from loopcheck.world.github.issue_query import (
    ALL,
    MORE_COMMENTS,
    ONE,
    AllAnswer,
    IssueNode,
    IssuePage,
    MoreAnswer,
    OneAnswer,
    shaped,
)
from loopcheck.world.github.reader import About, GitHub

LABEL_PREFIX = "loopcheck:"
MARKS = tuple(LABEL_PREFIX + word for word in ("verified", "failed", "inconclusive", "overdue", "waived", "disputed"))
"""The labels by which loopcheck marks what it has looked at."""

_NO_GRAPHQL = (REFUSED, NOT_VISIBLE)
_PAGE = 100
_SMALLER_PAGE = 20
_MAX_PAGES = 200
_MAX_MORE_COMMENTS = 100
"""Further pages of comments in one run, of all issues together. Anybody can comment, and each page is a request."""


class Issues(msgspec.Struct, frozen=True):
    """What a run sees of the tracker."""

    issues: tuple[Issue, ...]
    """By number."""
    viewer: Person
    """The account that loopcheck acts as."""


def read_issues(github: GitHub, label: str, closed_since: datetime) -> Issues:
    """All open issues with `label`; of the closed ones those closed since, and those that loopcheck has marked.

    Args:
        github: where to ask.
        label: which issues are action items.
        closed_since: closed issues that nobody marked are left out where they were closed before this.

    Raises:
        CannotTell: not every one of them could be seen. Where only comments are missing, the issue says so itself.
    """
    try:
        nodes, viewer = _all(github, label, closed_since, _PAGE)
    except CannotTell as trouble:
        if trouble.reason in _NO_GRAPHQL:
            return Issues(*issues_by_rest.read_all(github, label, closed_since, MARKS))
        if trouble.reason not in (OUTAGE, TIMEOUT, BAD_RESPONSE, TRUNCATED):
            raise
        # GitHub gives up after ten seconds, and a hundred long issues can take it as much. Or else the lists have
        # changed while they were read, and a second look finds them still.
        nodes, viewer = _all(github, label, closed_since, _SMALLER_PAGE)
    comments = _MoreComments(github)
    found = [
        comments.completed(node, node.issue(viewer, github.repository))
        for node in nodes
        if _wanted(node, label, closed_since)
    ]
    return Issues(tuple(sorted(found, key=lambda issue: issue.number)), viewer)


def read_issue(github: GitHub, number: int) -> Issue:
    """One issue, whatever its labels.

    Raises:
        CannotTell: it could not be seen; it may be a pull request, or not be there at all.
    """
    return read_one(github, number).issues[0]


def read_one(github: GitHub, number: int) -> Issues:
    """One issue, and who asks.

    Raises:
        CannotTell: see `read_issue`.
    """
    try:
        answer = shaped(github.query(ONE, **_repository(github), number=number), OneAnswer)
    except CannotTell as trouble:
        if trouble.reason in _NO_GRAPHQL:
            issue, viewer = issues_by_rest.read_one(github, number)
            return Issues((issue,), viewer)
        raise
    _expect(github, answer.repository.name_with_owner)
    node = answer.repository.issue
    viewer = answer.viewer.person
    return Issues((_MoreComments(github).completed(node, node.issue(viewer, github.repository)),), viewer)


def _all(github: GitHub, label: str, closed_since: datetime, first: int) -> tuple[Sequence[IssueNode], Person]:
    """Every issue of the three lists, each once, and who asks."""
    found: dict[int, IssueNode] = {}
    waiting: dict[str, str | None] = {"open": None, "closed": None, "marked": None}
    came = dict.fromkeys(waiting, 0)
    counted = dict.fromkeys(waiting, 0)
    since = closed_since.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    for _ in range(_MAX_PAGES):
        asked: dict[str, Any] = {"labels": [label], "marks": list(MARKS), "since": since, "first": first}
        for name in came:
            asked |= {name: name in waiting, f"{name}After": waiting.get(name)}
        answer = shaped(github.query(ALL, **_repository(github), **asked), AllAnswer)
        _expect(github, answer.repository.name_with_owner)
        number, branch = answer.repository.database_id, answer.repository.default_branch_ref
        if number is not None and branch is not None:
            github.told(About(number, branch.name))
        for name in list(waiting):
            page: IssuePage | None = getattr(answer.repository, name)
            if page is None:
                raise CannotTell(BAD_RESPONSE, "GraphQL: a list of issues is missing from the answer")
            came[name] += len(page.nodes)
            counted[name] = max(counted[name], page.total_count)
            for node in page.nodes:
                known = found.get(node.number)
                if known is None or known.updated_at <= node.updated_at:  # it may be closed while the lists are read
                    found[node.number] = node
            del waiting[name]
            if page.page_info.has_next_page:
                if not page.nodes or not page.page_info.end_cursor:
                    raise CannotTell(BAD_RESPONSE, "GraphQL: a list of issues goes on, and does not say where")
                waiting[name] = page.page_info.end_cursor
            elif came[name] < counted[name]:
                raise CannotTell(TRUNCATED, f"GraphQL: {came[name]} of {counted[name]} issues came")
        if not waiting:
            return list(found.values()), answer.viewer.person
    raise CannotTell(TRUNCATED, f"more than {_MAX_PAGES} pages of issues")


def _wanted(node: IssueNode, label: str, closed_since: datetime) -> bool:
    names = {one.name.casefold() for one in node.labels.nodes} if node.labels else set()
    if label.casefold() not in names:
        return False
    lately = node.closed_at is not None and node.closed_at >= closed_since
    return node.state == "OPEN" or lately or not names.isdisjoint(MARKS)


class _MoreComments:
    """Reads on where an issue has more comments than came with it."""

    def __init__(self, github: GitHub) -> None:
        self._github = github
        self._left = _MAX_MORE_COMMENTS

    def completed(self, node: IssueNode, issue: Issue) -> Issue:
        """`issue` with all of its comments, or as it is, not complete."""
        page = node.comments
        comments = {comment.id: comment for comment in page.comments}
        while page.page_info.has_next_page:
            if not self._left or not page.page_info.end_cursor:
                return issue
            self._left -= 1
            try:
                data = self._github.query(
                    MORE_COMMENTS, **_repository(self._github), number=issue.number, after=page.page_info.end_cursor
                )
                page = shaped(data, MoreAnswer).repository.issue.comments
            except CannotTell:  # what is declared stands in the body; only telling needs the comments
                return issue
            if not page.nodes:
                return issue
            comments |= {comment.id: comment for comment in page.comments}
        labels = node.labels
        complete = len(comments) >= page.total_count and (not labels or len(labels.nodes) >= labels.total_count)
        return msgspec.structs.replace(issue, comments=tuple(comments.values()), complete=complete)


def _repository(github: GitHub) -> dict[str, str]:
    owner, _, name = github.repository.partition("/")
    return {"owner": owner, "name": name}


def _expect(github: GitHub, name: str) -> None:
    """GitHub follows a rename silently; issues of another repository are not ours to judge."""
    if name.lower() != github.repository.lower():
        raise CannotTell(BAD_RESPONSE, f"GraphQL: asked about {github.repository}, and GitHub answers about another")
