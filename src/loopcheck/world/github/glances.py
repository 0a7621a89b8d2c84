"""Many issues at a glance: in one request what a write rests on, and nothing else of them.

Only an issue of which all came is seen. One that is missing from the answer, or of which more is counted than came, is
not known to be without anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

import msgspec

from loopcheck.reasons import BAD_RESPONSE, CannotTell
from loopcheck.tracker import Comment
from loopcheck.world.github.issue_query import COMMENTS, COMMENTS_AT_ONCE, WHO, CommentPage, Labels, shaped
from loopcheck.world.github.reader import GitHub

MOST = 40
"""Issues in one request."""

_GLANCE = f"""
fragment Glance on Issue {{
  number
  state
  body
  labels(first: 100) {{ totalCount nodes {{ name }} }}
  comments(first: {COMMENTS_AT_ONCE}) {{ ...Comments }}
}}"""


@cache
def _asking_for(count: int) -> str:
    """A query for so many issues; GraphQL has no list of issues by their numbers."""
    names = [f"n{place}" for place in range(count)]
    variables = ", ".join(f"${name}: Int!" for name in names)
    issues = "\n    ".join(f"{name}: issue(number: ${name}) {{ ...Glance }}" for name in names)
    query = f"""
query Glances($owner: String!, $name: String!, {variables}) {{
  repository(owner: $owner, name: $name) {{
    nameWithOwner
    {issues}
  }}
}}"""
    return query + _GLANCE + COMMENTS + WHO


GLANCES = _asking_for(MOST)
"""The longest of these queries."""


class Glance(msgspec.Struct, frozen=True):
    """An issue as it was a moment ago."""

    is_open: bool
    body: str
    labels: tuple[str, ...]
    comments: tuple[Comment, ...]
    """All of them."""


class _Issue(msgspec.Struct, frozen=True):
    number: int
    state: str
    body: str
    labels: Labels | None
    """`null` on an issue that has none, in the schema's own words."""
    comments: CommentPage

    def glance(self) -> Glance | None:
        """What was seen of it; `None` where not all of it was."""
        labels = self.labels.nodes if self.labels else []
        if (
            self.state not in ("OPEN", "CLOSED")
            or self.comments.page_info.has_next_page
            or len(self.comments.nodes) < self.comments.total_count
            or (self.labels and len(labels) < self.labels.total_count)
        ):
            return None
        return Glance(self.state == "OPEN", self.body, tuple(one.name for one in labels), self.comments.comments)


class _Answer(msgspec.Struct, frozen=True):
    repository: dict[str, Any]


def glance_at(github: GitHub, numbers: Collection[int]) -> Mapping[int, Glance]:
    """Those of the issues of which all was seen, by number.

    Args:
        github: where to ask.
        numbers: the issues', at most `MOST`.

    Raises:
        CannotTell: there is no whole answer, as where one of them is not there any more.
    """
    owner, _, name = github.repository.partition("/")
    asked = {f"n{place}": number for place, number in enumerate(numbers)}
    query = _asking_for(len(asked))
    answer = shaped(github.query(query, owner=owner, name=name, **asked), _Answer).repository
    if str(answer.get("nameWithOwner")).lower() != github.repository.lower():
        raise CannotTell(BAD_RESPONSE, f"GraphQL: asked about {github.repository}, and GitHub answers about another")
    found = {}
    for place, number in asked.items():
        if answer.get(place) is None:
            continue
        issue = shaped(answer[place], _Issue)
        glance = issue.glance()
        if issue.number == number and glance is not None:
            found[number] = glance
    return found
