"""What is asked of GitHub about issues, in GraphQL, and how the answer becomes `loopcheck.tracker` types.

The types take what they know and leave the rest; what they do know must be of its type, because a `null` in its
place is something that GitHub did not show, and not something that is not there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from loopcheck.reasons import BAD_RESPONSE, CannotTell
from loopcheck.tracker import Closing, Comment, Issue, Person

T = TypeVar("T")

COMMENTS_AT_ONCE = 50
"""With the issue itself; an issue with more costs further requests.

GitHub refuses a query that could return more than 500,000 nodes, and counts what it asks for, not what comes. An issue
here is 231: itself, 100 labels, 10 assignees, 50 comments, 20 pull requests and 50 events. Three lists of 100 are
69,300. Of the 1,000 points an hour that GraphQL gives to a workflow's token such a query costs 15: one for each hundred
lists in it.
"""

WHO = """
fragment Who on Actor {
  __typename
  login
  ... on User { databaseId }
  ... on Bot { databaseId }
  ... on Mannequin { databaseId }
  ... on Organization { databaseId }
}"""

COMMENTS = """
fragment Comments on IssueCommentConnection {
  totalCount
  pageInfo { hasNextPage endCursor }
  nodes { fullDatabaseId author { ...Who } body createdAt updatedAt url }
}"""

_ISSUE = f"""
fragment Whole on Issue {{
  number
  title
  body
  url
  state
  stateReason(enableDuplicate: true)
  locked
  author {{ ...Who }}
  editor {{ ...Who }}
  lastEditedAt
  createdAt
  updatedAt
  closedAt
  labels(first: 100) {{ totalCount nodes {{ name }} }}
  assignees(first: 10) {{ totalCount nodes {{ login }} }}
  milestone {{ title dueOn }}
  comments(first: {COMMENTS_AT_ONCE}) {{ ...Comments }}
  closedByPullRequestsReferences(first: 20, includeClosedPrs: true) {{
    nodes {{ number repository {{ nameWithOwner }} }}
  }}
  timelineItems(last: 50, itemTypes: [CLOSED_EVENT, REOPENED_EVENT, COMMENT_DELETED_EVENT]) {{
    pageInfo {{ hasPreviousPage }}
    nodes {{
      __typename
      ... on ClosedEvent {{
        createdAt
        actor {{ ...Who }}
        closer {{
          __typename
          ... on PullRequest {{ number repository {{ nameWithOwner }} }}
          ... on Commit {{ oid }}
        }}
      }}
      ... on ReopenedEvent {{ createdAt actor {{ ...Who }} }}
      ... on CommentDeletedEvent {{ createdAt actor {{ ...Who }} deletedCommentAuthor {{ ...Who }} }}
    }}
  }}
}}"""

WHOLE = _ISSUE + COMMENTS + WHO
"""The fragments `Whole`, an issue with all that belongs to it, `Comments` and `Who`, for any query."""

_PAGE = """
fragment Page on IssueConnection {
  totalCount
  pageInfo { hasNextPage endCursor }
  nodes { ...Whole }
}"""

# All three lists begin in one request; after that only those go on that have more.
ALL = (
    """
query Issues(
  $owner: String!, $name: String!, $labels: [String!]!, $marks: [String!]!, $since: DateTime!, $first: Int!,
  $openAfter: String, $closedAfter: String, $markedAfter: String,
  $open: Boolean!, $closed: Boolean!, $marked: Boolean!
) {
  viewer { login databaseId }
  repository(owner: $owner, name: $name) {
    nameWithOwner
    databaseId
    defaultBranchRef { name }
    open: issues(
      first: $first, after: $openAfter, states: [OPEN], labels: $labels,
      orderBy: {field: CREATED_AT, direction: ASC}
    ) @include(if: $open) { ...Page }
    closed: issues(
      first: $first, after: $closedAfter, states: [CLOSED], labels: $labels, filterBy: {since: $since},
      orderBy: {field: CREATED_AT, direction: ASC}
    ) @include(if: $closed) { ...Page }
    marked: issues(
      first: $first, after: $markedAfter, states: [CLOSED], labels: $marks,
      orderBy: {field: CREATED_AT, direction: ASC}
    ) @include(if: $marked) { ...Page }
  }
}"""
    + _PAGE
    + _ISSUE
    + COMMENTS
    + WHO
)

ONE = (
    """
query OneIssue($owner: String!, $name: String!, $number: Int!) {
  viewer { login databaseId }
  repository(owner: $owner, name: $name) { nameWithOwner issue(number: $number) { ...Whole } }
}"""
    + _ISSUE
    + COMMENTS
    + WHO
)

MORE_COMMENTS = (
    """
query MoreComments($owner: String!, $name: String!, $number: Int!, $after: String!) {
  repository(owner: $owner, name: $name) {
    issue(number: $number) { comments(first: 100, after: $after) { ...Comments } }
  }
}"""
    + COMMENTS
    + WHO
)


class _Shape(msgspec.Struct, frozen=True, rename="camel"):
    """A part of an answer."""


class _Actor(_Shape, frozen=True):
    login: str
    typename: str = msgspec.field(name="__typename")
    database_id: int | None = None

    @property
    def person(self) -> Person:
        # GraphQL leaves out what REST, and everybody who reads a comment, has at the end of an app's name.
        app = self.typename == "Bot" and not self.login.endswith("[bot]")
        return Person(self.database_id or 0, f"{self.login}[bot]" if app else self.login, self.typename != "User")


class _Viewer(_Shape, frozen=True):
    login: str
    database_id: int

    @property
    def person(self) -> Person:
        # An app is called a user here, with its whole name; no person's login can have brackets.
        return Person(self.database_id, self.login, self.login.endswith("[bot]"))


Actor = _Actor
"""Who did something, in any answer."""
Viewer = _Viewer
"""Who asks, in any answer."""


class _PageInfo(_Shape, frozen=True):
    has_next_page: bool
    end_cursor: str | None


class _CommentNode(_Shape, frozen=True):
    full_database_id: Annotated[str, Meta(pattern="^[0-9]{1,20}$")] | int
    author: _Actor | None
    body: str
    created_at: datetime
    updated_at: datetime
    url: str


class CommentPage(_Shape, frozen=True):
    """Some of an issue's comments."""

    total_count: int
    page_info: _PageInfo
    nodes: list[_CommentNode]

    @property
    def comments(self) -> tuple[Comment, ...]:
        """Those that came."""
        return tuple(
            Comment(
                int(node.full_database_id), _person(node.author), node.body, node.created_at, node.updated_at, node.url
            )
            for node in self.nodes
        )


class _Named(_Shape, frozen=True):
    name: str


class Labels(_Shape, frozen=True):
    """The labels of an issue."""

    total_count: int
    nodes: list[_Named]


class _Login(_Shape, frozen=True):
    login: str


class _Assignees(_Shape, frozen=True):
    nodes: list[_Login]


class _Milestone(_Shape, frozen=True):
    title: str
    due_on: datetime | None


class _Repository(_Shape, frozen=True):
    name_with_owner: str


class _PullRequest(_Shape, frozen=True):
    number: int
    repository: _Repository


class _PullRequests(_Shape, frozen=True):
    nodes: list[_PullRequest | None]
    """`null` for one in a repository that the token may not see."""


class _Closer(_Shape, frozen=True):
    typename: str = msgspec.field(name="__typename")
    number: int | None = None
    repository: _Repository | None = None
    oid: str | None = None


class _Event(_Shape, frozen=True):
    typename: str = msgspec.field(name="__typename")
    created_at: datetime
    actor: _Actor | None
    closer: _Closer | None = None
    deleted_comment_author: _Actor | None = None


class _Before(_Shape, frozen=True):
    has_previous_page: bool


class _Timeline(_Shape, frozen=True):
    page_info: _Before
    nodes: list[_Event]


class IssueNode(_Shape, frozen=True):
    """An issue as GraphQL gives it."""

    number: int
    title: str
    body: str
    url: str
    state: str
    state_reason: str | None
    locked: bool
    author: _Actor | None
    editor: _Actor | None
    last_edited_at: datetime | None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    labels: Labels | None
    """`null` on an issue that has none, in the schema's own words."""
    assignees: _Assignees
    milestone: _Milestone | None
    comments: CommentPage
    closed_by_pull_requests_references: _PullRequests | None
    timeline_items: _Timeline

    def issue(self, viewer: Person, repository: str) -> Issue:
        """The same as the rest of loopcheck knows it.

        Args:
            viewer: the account that loopcheck acts as.
            repository: `owner/name`. Numbers of other repositories' pull requests mean nothing here.
        """
        labels = tuple(label.name for label in self.labels.nodes) if self.labels else ()
        due = self.milestone.due_on if self.milestone else None
        return Issue(
            number=self.number,
            title=self.title,
            body=self.body,
            url=self.url,
            is_open=self.state == "OPEN",
            author=_person(self.author),
            editor=_person(self.editor),
            edited=self.last_edited_at,
            created=self.created_at,
            updated=self.updated_at,
            labels=labels,
            assignees=tuple(one.login for one in self.assignees.nodes),
            milestone=self.milestone.title if self.milestone else None,
            milestone_due=due.date() if due else None,
            locked=self.locked,
            comments=self.comments.comments,
            complete=not self.comments.page_info.has_next_page
            and len(self.comments.nodes) >= self.comments.total_count
            and len(labels) >= (self.labels.total_count if self.labels else 0),
            closing=self._closing(repository) if self.state != "OPEN" else None,
            reopened=tuple(
                event.created_at
                for event in self.timeline_items.nodes
                if event.typename == "ReopenedEvent" and _by(event.actor, viewer)
            ),
            deleted=tuple(
                event.created_at
                for event in self.timeline_items.nodes
                if event.typename == "CommentDeletedEvent"
                and _by(event.deleted_comment_author, viewer)
                and not _by(event.actor, viewer)
            ),
            whole_history=not self.timeline_items.page_info.has_previous_page,
            pull_requests=tuple(
                one.number
                for one in (self.closed_by_pull_requests_references or _PullRequests([])).nodes
                if one is not None and _is(one.repository, repository)
            ),
        )

    def _closing(self, repository: str) -> Closing:
        closings = [event for event in self.timeline_items.nodes if event.typename == "ClosedEvent"]
        reason = self.state_reason
        if not closings:  # such as one that was transferred: its history stayed where it was
            return Closing(self.closed_at or self.updated_at, None, reason.lower() if reason else None)
        last = max(closings, key=lambda event: event.created_at)
        by = last.closer
        return Closing(
            at=last.created_at,
            by=_person(last.actor),
            reason=reason.lower() if reason else None,
            pull_request=by.number if by and by.repository and _is(by.repository, repository) else None,
            commit=by.oid if by else None,
        )


class IssuePage(_Shape, frozen=True):
    """Some of a list of issues."""

    total_count: int
    page_info: _PageInfo
    nodes: list[IssueNode]


class Lists(_Shape, frozen=True):
    """The lists that one request asks for, and the repository that they are of."""

    name_with_owner: str
    database_id: int | None = None
    default_branch_ref: _Named | None = None
    open: IssuePage | None = None
    closed: IssuePage | None = None
    marked: IssuePage | None = None


class AllAnswer(_Shape, frozen=True):
    """The answer to `ALL`."""

    viewer: _Viewer
    repository: Lists


class _OneOf(_Shape, frozen=True):
    name_with_owner: str
    issue: IssueNode


class OneAnswer(_Shape, frozen=True):
    """The answer to `ONE`."""

    viewer: _Viewer
    repository: _OneOf


class _CommentsOf(_Shape, frozen=True):
    comments: CommentPage


class _MoreOf(_Shape, frozen=True):
    issue: _CommentsOf


class MoreAnswer(_Shape, frozen=True):
    """The answer to `MORE_COMMENTS`."""

    repository: _MoreOf


def shaped(data: Any, shape: type[T]) -> T:
    """`data` in a known shape.

    Raises:
        CannotTell: something that is needed is not there, or is of another type.
    """
    try:
        return msgspec.convert(data, shape)
    except (msgspec.ValidationError, ValueError) as error:
        # msgspec's words name types and places in the answer, never what stands there.
        raise CannotTell(BAD_RESPONSE, f"GraphQL: the answer has not the documented form ({error})") from None


def _person(actor: _Actor | None) -> Person | None:
    return actor.person if actor else None


def _by(actor: _Actor | None, viewer: Person) -> bool:
    return actor is not None and actor.person.id == viewer.id != 0


def _is(repository: _Repository, name: str) -> bool:
    return repository.name_with_owner.lower() == name.lower()
