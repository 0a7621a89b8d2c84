"""Whether somebody who may has approved of a change that weakens promises."""

from __future__ import annotations

from enum import Enum

from loopcheck.reasons import CannotTell
from loopcheck.tracker import PullRequest, Review, Standing
from loopcheck.world.github import GitHub
from loopcheck.world.github.permissions import standing_of

_ENOUGH = (Standing.WRITE, Standing.MAINTAIN, Standing.ADMIN)


class Approval(Enum):
    """Whether it is approved of."""

    GIVEN = "given"
    MISSING = "missing"
    UNKNOWN = "unknown"
    """It could not be seen, which is neither."""


def approval(pull: PullRequest, commit: str, github: GitHub) -> Approval:
    """Whether a pull request is approved of: by GitHub's own word, or by somebody else who may write.

    Args:
        pull: as GitHub has it by now.
        commit: what was judged. An approval of an older commit approved of something else.
        github: where permissions are asked, each once a run.
    """
    if pull.approved:
        return Approval.GIVEN
    unknown = False
    for review in pull.reviews:
        try:
            if _counts(review, pull, commit, github):
                return Approval.GIVEN
        except CannotTell:
            unknown = True
    return Approval.UNKNOWN if unknown else Approval.MISSING


def _counts(review: Review, pull: PullRequest, commit: str, github: GitHub) -> bool:
    who = review.author
    if not review.approves or review.commit != commit or who is None or who.is_bot:
        return False
    if pull.author is not None and pull.author.id == who.id:
        return False
    return standing_of(who, github) in _ENOUGH
