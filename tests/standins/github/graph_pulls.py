"""Pull requests as GraphQL shows them."""

from standins.github.graph import QueryError, connection
from standins.github.graph_issues import actor, issue
from standins.github.state import Pull

_WRITERS = ("write", "maintain", "admin")


def one_pull(repository, may_see_issues):
    """The field `pullRequest` of a repository."""

    def resolve(*, number):
        found = repository.issue(number)
        if not isinstance(found, Pull):
            raise QueryError("NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}.")
        return _pull(repository, found, may_see_issues)

    return resolve


def _pull(repository, pull, may_see_issues):
    def reviews(*, first, writersOnly=False):  # noqa: N803 - GitHub's name
        shown = [
            one
            for one in pull.reviews
            if not writersOnly or (one.author and repository.roles.get(one.author.login) in _WRITERS)
        ]
        return connection(shown, _review, first=first)

    def closes(*, first):
        if not may_see_issues:
            raise QueryError("FORBIDDEN", "Resource not accessible by integration")
        pairs = [(repository, number) for number in pull.closes] + list(pull.closes_elsewhere)
        return connection(pairs, _closed, first=first)

    return {
        "__typename": "PullRequest",
        "number": pull.number,
        "headRefOid": pull.head_sha,
        "baseRefOid": pull.base_sha,
        "author": actor(pull.author),
        "reviewDecision": pull.review_decision,
        "latestOpinionatedReviews": reviews,
        "closingIssuesReferences": closes,
    }


def _review(one):
    return {"state": one.state, "author": actor(one.author), "commit": {"oid": one.sha} if one.sha else None}


def _closed(pair):
    there, number = pair
    if there is None:
        return None
    return {**issue(there, there.issue(number)), "repository": {"nameWithOwner": there.full_name}}
