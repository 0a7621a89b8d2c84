"""What is asked of GitHub about a pull request, in one GraphQL query, and what the answer becomes."""

from __future__ import annotations

import msgspec

from loopcheck.tracker import Person, PullRequest, Review
from loopcheck.world.github.issue_query import WHOLE, Actor, IssueNode, Viewer

_CLOSES = 50
_REVIEWS = 100

PULL = (
    f"""
query Pull($owner: String!, $name: String!, $number: Int!) {{
  viewer {{ login databaseId }}
  repository(owner: $owner, name: $name) {{
    nameWithOwner
    pullRequest(number: $number) {{
      number
      headRefOid
      baseRefOid
      author {{ ...Who }}
      reviewDecision
      latestOpinionatedReviews(first: {_REVIEWS}, writersOnly: true) {{
        nodes {{ state author {{ ...Who }} commit {{ oid }} }}
      }}
      closingIssuesReferences(first: {_CLOSES}) {{
        totalCount
        nodes {{ ...Whole repository {{ nameWithOwner }} }}
      }}
    }}
  }}
}}"""
    + WHOLE
)


class _Shape(msgspec.Struct, frozen=True, rename="camel"):
    """A part of the answer."""


class _Commit(_Shape, frozen=True):
    oid: str


class _Review(_Shape, frozen=True):
    state: str
    author: Actor | None
    commit: _Commit | None


class _Reviews(_Shape, frozen=True):
    nodes: list[_Review]


class _Repository(_Shape, frozen=True):
    name_with_owner: str


class _Closed(IssueNode, frozen=True):
    repository: _Repository


class _Closes(_Shape, frozen=True):
    total_count: int
    nodes: list[_Closed | None]
    """`null` for one in a repository that the token may not see."""


class _Pull(_Shape, frozen=True):
    number: int
    head_ref_oid: str
    base_ref_oid: str
    author: Actor | None
    review_decision: str | None
    latest_opinionated_reviews: _Reviews | None
    closing_issues_references: _Closes | None

    def pull_request(self, viewer: Person, repository: str) -> PullRequest:
        """The same as the rest of loopcheck knows it.

        Args:
            viewer: the account that loopcheck acts as.
            repository: `owner/name`. What is closed elsewhere is promised elsewhere.
        """
        reviews = self.latest_opinionated_reviews.nodes if self.latest_opinionated_reviews else []
        closes = self.closing_issues_references or _Closes(0, [])
        here = [
            node
            for node in closes.nodes
            if node is not None and node.repository.name_with_owner.lower() == repository.lower()
        ]
        return PullRequest(
            number=self.number,
            author=self.author.person if self.author else None,
            head=self.head_ref_oid,
            base=self.base_ref_oid,
            approved=self.review_decision == "APPROVED",
            reviews=tuple(
                Review(
                    one.author.person if one.author else None,
                    one.state == "APPROVED",
                    one.commit.oid if one.commit else None,
                )
                for one in reviews
            ),
            closes=tuple(node.issue(viewer, repository) for node in here if node.state == "OPEN"),
            complete=len(closes.nodes) >= closes.total_count,
        )


class _PullOf(_Shape, frozen=True):
    name_with_owner: str
    pull_request: _Pull


class PullAnswer(_Shape, frozen=True):
    """The answer to `PULL`."""

    viewer: Viewer
    repository: _PullOf
