"""Issues by REST, where GraphQL is refused: the same, in more requests, and without what REST does not know.

It does not say whether or by whom a body was edited, nor which pull requests would close an issue, nor whose comment
was deleted; and to an app's token not which account it is. See docs/decisions/0017-issues-without-graphql.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from loopcheck.reasons import BAD_RESPONSE, REFUSED, CannotTell
from loopcheck.tracker import Closing, Comment, Issue, Person
from loopcheck.world.github.issue_query import shaped
from loopcheck.world.github.reader import GitHub

NOBODY = Person(0, "")
"""Stands for the account that loopcheck acts as, where GitHub does not say which it is."""

_MORE = 300
"""Requests for comments and events in one run, beside those for the lists. An issue that gets none is not complete."""


class _User(msgspec.Struct, frozen=True):
    id: int
    login: str
    type: str

    @property
    def person(self) -> Person:
        return Person(self.id, self.login, self.type != "User")


class _Label(msgspec.Struct, frozen=True):
    name: str


class _Milestone(msgspec.Struct, frozen=True):
    title: str
    due_on: datetime | None


class _Said(msgspec.Struct, frozen=True):
    id: int
    user: _User | None
    body: str
    created_at: datetime
    updated_at: datetime
    html_url: str


class _Event(msgspec.Struct, frozen=True):
    event: str
    created_at: datetime
    actor: _User | None

    def is_by(self, person: Person) -> bool:
        return self.actor is not None and self.actor.id == person.id


class _Issue(msgspec.Struct, frozen=True):
    number: int
    title: str
    body: str | None
    html_url: str
    state: str
    state_reason: str | None
    locked: bool
    user: _User | None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    closed_by: _User | None
    labels: list[_Label]
    assignees: list[_User]
    milestone: _Milestone | None
    comments: int

    def issue(self) -> Issue:
        """As the rest of loopcheck knows it, without its comments and history."""
        due = self.milestone.due_on if self.milestone else None
        return Issue(
            number=self.number,
            title=self.title,
            body=self.body or "",
            url=self.html_url,
            is_open=self.state == "open",
            author=_person(self.user),
            editor=None,
            # Every edit is an update; where there was none, there was no edit.
            editor_known=self.updated_at == self.created_at,
            created=self.created_at,
            updated=self.updated_at,
            labels=tuple(label.name for label in self.labels),
            assignees=tuple(one.login for one in self.assignees),
            milestone=self.milestone.title if self.milestone else None,
            milestone_due=due.date() if due else None,
            locked=self.locked,
            complete=False,
            closing=self._closing(),
        )

    def _closing(self) -> Closing | None:
        if self.state == "open":
            return None
        return Closing(self.closed_at or self.updated_at, _person(self.closed_by), self.state_reason)


def read_all(
    github: GitHub, label: str, closed_since: datetime, marks: Collection[str]
) -> tuple[tuple[Issue, ...], Person]:
    """The issues that `loopcheck.world.github.issues.read_issues` gives, by number, and the account that asks.

    Raises:
        CannotTell: not every one of them could be seen.
    """
    base = f"/repos/{github.repository}/issues"
    since = closed_since.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    order = {"sort": "created", "direction": "asc"}
    lists = [
        github.list_all(base, labels=label, state="open", **order),
        github.list_all(base, labels=label, state="closed", since=since, **order),
        *(github.list_all(base, labels=f"{label},{mark}", state="closed", **order) for mark in marks),
    ]
    found: dict[int, _Issue] = {}
    for entry in (entry for entries in lists for entry in entries):
        if isinstance(entry, dict) and "pull_request" in entry:
            continue
        one = shaped(entry, _Issue)
        known = found.get(one.number)
        if known is None or known.updated_at <= one.updated_at:  # it may be closed while the lists are read
            found[one.number] = one
    rest = _Rest(github)
    return tuple(rest.of(found[number]) for number in sorted(found)), rest.viewer


def read_one(github: GitHub, number: int) -> tuple[Issue, Person]:
    """One issue, whatever its labels, and the account that asks.

    Raises:
        CannotTell: it could not be seen, or is a pull request.
    """
    answer = github.get(f"/repos/{github.repository}/issues/{number}")
    if isinstance(answer, dict) and "pull_request" in answer:
        raise CannotTell(BAD_RESPONSE, f"#{number} is a pull request, not an issue")
    rest = _Rest(github)
    return rest.of(shaped(answer, _Issue)), rest.viewer


class _Rest:
    """What belongs to issues beside themselves: comments, and what became of them."""

    def __init__(self, github: GitHub) -> None:
        self._github = github
        self._left = _MORE
        self.viewer = _viewer(github)

    def of(self, one: _Issue) -> Issue:
        """An issue with its comments and history, or not complete."""
        issue = one.issue()
        if self.viewer is NOBODY:  # then it is not known which comments are ours, and nothing may be written
            return issue
        try:
            comments = tuple(_comment(said) for said in self._list(one, "comments", one.comments > 0, _Said))
            silent = not any(comment.author and comment.author.id == self.viewer.id for comment in comments)
            touched = silent and issue.updated != issue.created
            events = self._list(one, "events", touched or one.state_reason == "reopened" or not issue.is_open, _Event)
        except CannotTell:  # what is declared stands in the body; only telling needs these
            return issue
        return msgspec.structs.replace(
            issue,
            comments=comments,
            complete=len(comments) >= one.comments,
            reopened=_times(event for event in events if event.event == "reopened" and event.is_by(self.viewer)),
            # Whose it was is not said: any may have been ours, and then it is better to be silent.
            deleted=_times(
                event for event in events if event.event == "comment_deleted" and not event.is_by(self.viewer)
            ),
        )

    def _list(self, one: _Issue, what: str, wanted: bool, shape: Any) -> list[Any]:  # noqa: FBT001 - says whether
        if not wanted:
            return []
        if not self._left:
            raise CannotTell(BAD_RESPONSE, f"more than {_MORE} requests for what belongs to issues")
        self._left -= 1
        path = f"/repos/{self._github.repository}/issues/{one.number}/{what}"
        return [shaped(entry, shape) for entry in self._github.list_all(path)]


def _viewer(github: GitHub) -> Person:
    """The account that the token stands for. An app's token is not told."""
    try:
        return shaped(github.get("/user"), _User).person
    except CannotTell as trouble:
        if trouble.reason is not REFUSED:
            raise
        return NOBODY


def _comment(said: _Said) -> Comment:
    return Comment(said.id, _person(said.user), said.body, said.created_at, said.updated_at, said.html_url)


def _person(user: _User | None) -> Person | None:
    return user.person if user else None


def _times(events: Iterable[_Event]) -> tuple[datetime, ...]:
    return tuple(event.created_at for event in events)
