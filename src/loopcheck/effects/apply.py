"""Makes GitHub's issues as they were planned to be. Safe to repeat, and to end anywhere: the next run does the rest.

Each effect first reads again what it rests on. What cannot be read is not written to. Where many issues get their first
comment, what is read may be a few seconds old: see `loopcheck.effects.lookout`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import msgspec

from loopcheck.effects import marker
from loopcheck.effects.labels import LABELS
from loopcheck.effects.lookout import Lookout
from loopcheck.effects.model import Basis, Effect, IssueEffect, PutComment, React, Reopen, SetLabels, body_digest
from loopcheck.effects.writer import NOT_ACCEPTED, UNCERTAIN, Uncertain, Writer
from loopcheck.reasons import BAD_RESPONSE, TRUNCATED, CannotTell
from loopcheck.tracker import DROPPED
from loopcheck.world.github import GitHub
from loopcheck.world.github.answers import NotFound
from loopcheck.world.github.glances import Glance

_SETTLE = (2.0, 4.0, 8.0, 16.0)
"""Seconds between looks for a comment that GitHub may have made: 30 in all."""
_SAME_CLOSING = 5.0
"""Seconds by which GitHub's two times of one closing, the issue's and the event's, may differ."""


class Done(StrEnum):
    """What became of an effect."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    """It was so already."""
    LEFT = "left"
    """Not written, or not known to be; the next run sees."""


class Applied(msgspec.Struct, frozen=True):
    """An effect, and what became of it."""

    effect: Effect
    done: Done
    because: str = ""
    """Where it was left: why, in one sentence."""


class _Comment(msgspec.Struct, frozen=True):
    created: str
    id: int
    mark: marker.Marker


class _Elsewise(Exception):  # noqa: N818 - an answer, not an error
    """The issue is not any more what the effect rests on."""


class Applier:
    """Applies effects on issues.

    Args:
        github: to read; it is asked anew each time.
        writer: to write.
        account: the number of the account that the token stands for.
        sleep: waits so many seconds for GitHub to show what it made.
        clock: seconds, of which only differences matter.
    """

    def __init__(
        self,
        github: GitHub,
        writer: Writer,
        account: int,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._github = github.anew()
        self._lookout = Lookout(self._github, clock)
        self._writer = writer
        self._account = account
        self._sleep = sleep
        self._base = f"/repos/{github.repository}"
        self._posted: set[int] = set()
        self._labels: set[str] | None = None
        self._unlabelled: set[int] = set()
        self._to_look_after: dict[int, PutComment] = {}
        self._doubtful: list[Applied] = []

    def expect(self, effects: Iterable[Effect]) -> None:
        """Say what will be applied, so that new issues can be looked at together. `settle` must come after that."""
        self._lookout.expect(effects)

    def one(self, effect: IssueEffect | React) -> Applied:
        """Apply one effect. Whatever GitHub answers, this does not raise."""
        try:
            match effect:
                case PutComment():
                    self._expect_labels(effect.issue)
                    wrote = self._put(effect)
                case SetLabels():
                    wrote = self._label(effect)
                case Reopen():
                    wrote = self._reopen(effect, self._issue(effect.issue, effect.basis))
                case React():
                    wrote = self._react(effect)
        except _Elsewise as other:
            return Applied(effect, Done.LEFT, str(other))
        except (NotFound, CannotTell) as trouble:
            self._left(effect, trouble)
            return _left_for(effect, trouble)
        return Applied(effect, Done.WRITTEN if wrote else Done.UNCHANGED)

    def settle(self) -> tuple[Applied, ...]:
        """Look once more at the issues that were commented on last: another run may have been as quick.

        Returns:
            The comments of this run of which it is not known whether they are the only ones, and why.
        """
        self._look_after(self._lookout.again(self._to_look_after))
        doubtful, self._doubtful = self._doubtful, []
        return tuple(doubtful)

    def _issue(self, number: int, basis: Basis) -> dict[str, Any]:
        issue = self._github.get(f"{self._base}/issues/{number}")
        if not isinstance(issue, dict) or issue.get("number") != number or issue.get("state") not in ("open", "closed"):
            raise CannotTell(BAD_RESPONSE, f"issue {number}: the answer is not that issue")
        _hold(number, basis, is_open=issue["state"] == "open", body=issue.get("body") or "")
        return issue

    def _glance(self, effect: PutComment | SetLabels) -> Glance | None:
        """The issue as it is, or was a few seconds ago, and no comment of ours there; `None`: look at it alone.

        What takes time comes before the look: the wait for the next write, and what the look shows of other issues.
        """
        number = effect.issue
        if not self._lookout.expects(number):
            return None
        self._writer.ready()
        if self._lookout.of(number) is None:
            self._look_after(self._lookout.look(number, self._to_look_after))
            self._writer.ready()
        glance = self._lookout.of(number)
        if glance is None:
            return None
        _hold(number, effect.basis, is_open=glance.is_open, body=glance.body)
        return None if self._marks(glance) else glance

    def _marks(self, glance: Glance) -> list[marker.Marker]:
        """Those of our comments."""
        ours = [one for one in glance.comments if one.author is not None and one.author.id == self._account]
        return [mark for one in ours if (mark := marker.read(one.body)) is not None]

    def _left(self, effect: IssueEffect | React, trouble: NotFound | CannotTell) -> None:
        """Note whose labels are not what they should be. What GitHub does not accept it will not in the next run."""
        for_good = isinstance(trouble, CannotTell) and trouble.reason is NOT_ACCEPTED
        if isinstance(effect, SetLabels) and not for_good:
            self._unlabelled.add(effect.issue)

    def _expect_labels(self, number: int) -> None:
        """By its comment an issue is known to be as it should be. After that its labels are left to people."""
        if number in self._unlabelled:
            raise _Elsewise(f"issue {number} has not the labels that the comment goes with")

    def _put(self, effect: PutComment) -> bool:
        glance = self._glance(effect)
        if glance is None:
            own = self._own(effect.issue, lambda: self._issue(effect.issue, effect.basis))
            if own:
                return self._settle_on(effect, own)
        if effect.issue in self._posted:
            raise _Elsewise(f"issue {effect.issue} was commented on in this run already")
        self._posted.add(effect.issue)
        self._lookout.forget(effect.issue)
        try:
            self._writer.send("POST", f"{self._base}/issues/{effect.issue}/comments", {"body": effect.body})
        except Uncertain:
            own = self._appeared(effect.issue)
            if not own:
                raise
        else:
            if glance is not None:
                self._to_look_after[effect.issue] = effect
                return True
            own = self._own(effect.issue)  # another run may have been as quick; a replica may not show ours yet
        if own:
            self._settle_on(effect, own)
        return True

    def _look_after(self, seen: Mapping[int, Glance]) -> None:
        """See that no second comment stays where one was made. For what is edited or deleted there is a new look."""
        made, self._to_look_after = self._to_look_after, {}
        for number, effect in made.items():
            glance = seen.get(number)
            if glance is not None and self._marks(glance) == [marker.read(effect.body)]:
                continue  # it is there, and alone
            try:
                own = self._own(number)
                if own:
                    self._settle_on(effect, own)
            except (NotFound, CannotTell) as trouble:
                self._doubtful.append(_left_for(effect, trouble))

    def _appeared(self, number: int) -> list[_Comment]:
        for seconds in _SETTLE:
            self._sleep(seconds)
            own = self._own(number)
            if own:
                return own
        return []

    def _settle_on(self, effect: PutComment, own: list[_Comment]) -> bool:
        """Keep the oldest, make it say what is so, and delete the younger ones."""
        kept, *younger = own
        mine = marker.read(effect.body)
        wrote = False
        if kept.mark.digest != effect.digest and mine is not None and mine.generation > kept.mark.generation:
            self._writer.send("PATCH", f"{self._base}/issues/comments/{kept.id}", {"body": effect.body})
            wrote = True
        for comment in younger:
            self._writer.send("DELETE", f"{self._base}/issues/comments/{comment.id}")
            wrote = True
        return wrote

    def _own(self, number: int, issue: Callable[[], dict[str, Any]] | None = None) -> list[_Comment]:
        """The comments of this account that begin with a marker, oldest first.

        Args:
            number: the issue's.
            issue: reads it, last of all: what is read before may have changed by then.

        Raises:
            CannotTell: not all comments came; one that was not seen may be ours.
        """
        entries = self._github.list_all(f"{self._base}/issues/{number}/comments")
        counted = issue().get("comments") if issue else None
        if isinstance(counted, int) and len(entries) < counted:
            raise CannotTell(TRUNCATED, f"issue {number}: {len(entries)} of {counted} comments came")
        own = []
        for entry in entries:
            try:
                author = (entry["user"] or {}).get("id")
                body, made, name = entry["body"] or "", entry["created_at"], entry["id"]
            except (KeyError, TypeError, AttributeError):
                raise CannotTell(BAD_RESPONSE, f"issue {number}: a comment has not the parts of one") from None
            mark = marker.read(body) if author == self._account else None
            if mark is not None:
                own.append(_Comment(made, name, mark))
        return sorted(own, key=lambda one: (one.created, one.id))

    def _label(self, effect: SetLabels) -> bool:
        there = self._labels_of(effect)
        add = [name for name in effect.add if name in LABELS and name not in there]
        remove = [name for name in effect.remove if name in LABELS and name in there]
        for name in add:
            self._make(name)
        path = f"{self._base}/issues/{effect.issue}/labels"
        if add and not _names(self._writer.send("POST", path, {"labels": add})).issuperset(add):
            raise Uncertain(UNCERTAIN, f"{path}: the answer does not show what was added")
        for name in remove:
            if name in _names(self._writer.send("DELETE", f"{path}/{quote(name, safe='')}"), name):
                raise Uncertain(UNCERTAIN, f"{path}: the answer does not show what was removed")
        return bool(add or remove)

    def _labels_of(self, effect: SetLabels) -> frozenset[str]:
        if not effect.remove and self._lookout.expects(effect.issue):
            for name in effect.add:
                if name in LABELS:
                    self._make(name)
            glance = self._glance(effect)
            if glance is not None:
                return frozenset(name.lower() for name in glance.labels)
        labels = self._issue(effect.issue, effect.basis).get("labels")
        if not isinstance(labels, list):
            raise CannotTell(BAD_RESPONSE, f"issue {effect.issue}: the answer has no labels")
        return _names(labels)

    def _make(self, name: str) -> None:
        if self._labels is None:
            self._labels = self._known_labels()
        if name in self._labels:
            return
        try:
            self._writer.send("POST", f"{self._base}/labels", {"name": name, **LABELS[name]})
        except CannotTell as trouble:
            if trouble.reason is not NOT_ACCEPTED:
                raise
            self._labels = self._known_labels()  # another run may have made it meanwhile
            if name not in self._labels:
                raise
        self._labels.add(name)

    def _known_labels(self) -> set[str]:
        entries = self._github.list_all(f"{self._base}/labels")
        return {str(one.get("name")).lower() for one in entries if isinstance(one, dict)}

    def _reopen(self, effect: Reopen, issue: dict[str, Any]) -> bool:
        if issue.get("state_reason") in DROPPED:
            raise _Elsewise(f"issue {effect.issue} was closed as {issue['state_reason']} by now")
        try:
            closed = datetime.fromisoformat(issue["closed_at"])
            apart = abs((closed - datetime.fromisoformat(effect.closed_at)).total_seconds())
        except (KeyError, TypeError, ValueError):
            raise CannotTell(BAD_RESPONSE, f"issue {effect.issue}: it is not said when it was closed") from None
        if apart > _SAME_CLOSING:
            raise _Elsewise(f"issue {effect.issue} was closed again by now")
        self._writer.send("PATCH", f"{self._base}/issues/{effect.issue}", {"state": "open"})
        return True

    def _react(self, effect: React) -> bool:
        """Nothing is read before: GitHub keeps one reaction of a kind from each account, however often it is asked."""
        path = f"{self._base}/issues/comments/{effect.comment}/reactions"
        self._writer.send("POST", path, {"content": effect.receipt.value})
        return True


def _hold(number: int, basis: Basis, *, is_open: bool, body: str) -> None:
    """Raise `_Elsewise` where the issue is not any more what an effect rests on."""
    if is_open is not basis.is_open:
        raise _Elsewise(f"issue {number} is {'open' if is_open else 'closed'} by now")
    if body_digest(body) != basis.body:
        raise _Elsewise(f"issue {number} was edited while this run looked")


def _left_for(effect: Effect, trouble: NotFound | CannotTell) -> Applied:
    if isinstance(trouble, CannotTell):
        return Applied(effect, Done.LEFT, trouble.message)
    return Applied(effect, Done.LEFT, f"{trouble}: not there, or not to be written to with this token")


def _names(labels: Any, *otherwise: str) -> frozenset[str]:
    """The names of a list of labels, in lower case; what is given beside it where it is no list."""
    if not isinstance(labels, list):
        return frozenset(otherwise)
    return frozenset(str(one.get("name") if isinstance(one, dict) else one).lower() for one in labels)
