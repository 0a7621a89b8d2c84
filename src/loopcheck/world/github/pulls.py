"""One pull request: what it closes, and who has approved of it. It is one request."""

from __future__ import annotations

from loopcheck.reasons import BAD_RESPONSE, CannotTell
from loopcheck.tracker import PullRequest
from loopcheck.world.github.issue_query import shaped
from loopcheck.world.github.pull_query import PULL, PullAnswer
from loopcheck.world.github.reader import GitHub


def read_pull(github: GitHub, number: int) -> PullRequest:
    """A pull request.

    Raises:
        CannotTell: it could not be seen, or not all that was asked for.
    """
    owner, _, name = github.repository.partition("/")
    answer = shaped(github.query(PULL, owner=owner, name=name, number=number), PullAnswer)
    found = answer.repository.name_with_owner
    if found.lower() != github.repository.lower() or answer.repository.pull_request.number != number:
        raise CannotTell(BAD_RESPONSE, f"GraphQL: asked about #{number} of {github.repository}, and got another")
    return answer.repository.pull_request.pull_request(answer.viewer.person, github.repository)
