"""A comment on an issue: whether it is a command, and what comes of it.

Anybody can comment, so the order is that of cost. What is no command asks nothing of GitHub; of somebody who may give
none only the permission is asked; the ledger, the issue and what is declared in it follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from loopcheck import loading
from loopcheck.commands import Command, NotUnderstood, Waive, parse
from loopcheck.effects.comment import Circumstances
from loopcheck.effects.model import React, Receipt
from loopcheck.effects.obey import REMEMBERED, Given, Obeyed, given, may_ask, obey, pending, turned_away
from loopcheck.events import CommentMade
from loopcheck.ledger.memory import Memory
from loopcheck.loading import Loaded
from loopcheck.reasons import CannotTell
from loopcheck.sources.authors import objection
from loopcheck.tracker import Issue
from loopcheck.world.github import GitHub
from loopcheck.world.github.issues import read_issue
from loopcheck.world.github.permissions import Permissions, standing_of

_MAX_PEOPLE = 50
"""Whose permission one sweep asks because of commands. Each is a request, and anybody can comment."""


def answer(
    event: CommentMade, loaded: Loaded, github: GitHub, recall: Callable[[], Memory], where: Circumstances
) -> Obeyed:
    """What comes of a comment that was just made. Where something cannot be seen, nothing: the next sweep tries again.

    Args:
        event: the comment, as the event has it.
        loaded: the checkout, whose configuration names the label of action items.
        github: where the permission is asked, and the issue.
        recall: reads the ledger; called only where a command may be carried out. May raise `CannotTell`.
        where: the run.
    """
    command = parse(event.body, event.created.date())
    if command is None or event.author.is_bot:
        return Obeyed()
    try:
        return _dealt_with(event, command, loaded, github, recall, where)
    except CannotTell as trouble:
        return Obeyed(note=f"the command on #{event.issue} is left to the next sweep: {trouble.message}")


def overlooked(
    issues: Iterable[Issue], loaded: Loaded, github: GitHub, memory: Memory, where: Circumstances
) -> tuple[Obeyed, ...]:
    """What comes of the waivers and drills of the last days that no run has dealt with, for a sweep.

    Strangers get no answer here: there is no line that would say that they had one. What cannot be seen waits for the
    next sweep.

    Args:
        issues: those that the sweep read.
        loaded: the checkout, with what is declared in those issues.
        github: where permissions are asked.
        memory: the ledger.
        where: the run.
    """
    by_number = {issue.number: issue for issue in issues}
    people: set[int] = set()
    done = []
    for one in pending(by_number.values(), memory, where.at - REMEMBERED):
        people.add(one.by.id)
        if len(people) > _MAX_PEOPLE:
            break
        try:
            standing = standing_of(one.by, github)
            if may_ask(standing):
                away = turned_away(one, standing, memory, where)
                done.append(away or obey(one, _items(one, by_number[one.issue], loaded, github), memory, where))
        except CannotTell:
            continue
    return tuple(done)


def _dealt_with(
    event: CommentMade,
    command: Command | NotUnderstood,
    loaded: Loaded,
    github: GitHub,
    recall: Callable[[], Memory],
    where: Circumstances,
) -> Obeyed:
    standing = standing_of(event.author, github)
    if isinstance(command, NotUnderstood):
        receipt = Receipt.NOT_UNDERSTOOD if may_ask(standing) else Receipt.REFUSED
        return Obeyed(receipt=React(event.issue, event.comment, receipt), note=command.because)
    one = Given(command, event.issue, event.comment, event.author, event.created)
    memory = recall() if may_ask(standing) else Memory()
    away = turned_away(one, standing, memory, where)
    if away is not None:
        return away
    issue = read_issue(github, event.issue)
    if not _still_stands(one, issue):
        return Obeyed(note=f"the comment on #{event.issue} was edited or deleted meanwhile, or cannot be seen yet")
    label = loaded.config.file.issues.label
    if label.casefold() not in {name.casefold() for name in issue.labels}:
        note = f"#{issue.number} is no action item: it has not the label `{label}`"
        return Obeyed(receipt=React(issue.number, one.comment, Receipt.REFUSED), note=note)
    if isinstance(command, Waive):
        loaded = loading.with_tracked(loaded, (issue,), github)
    return obey(one, _items(one, issue, loaded, github), memory, where)


def _still_stands(one: Given, issue: Issue) -> bool:
    """Whether the comment is there as the event had it, by its author's hand alone."""
    comment = next((comment for comment in issue.comments if comment.id == one.comment), None)
    now = given(issue.number, comment) if comment is not None else None
    return isinstance(now, Given) and (now.command, now.by.id) == (one.command, one.by.id)


def _items(one: Given, issue: Issue, loaded: Loaded, github: GitHub) -> tuple[str, ...]:
    """The ids of what is declared in an issue and counts, where the command is about them.

    Raises:
        CannotTell: it could not be seen whether its author may declare.
    """
    if (
        not isinstance(one.command, Waive)
        or objection(issue, Permissions(github), loaded.config.file.issues.apps) is not None
    ):
        return ()
    return tuple(item.id for item in loaded.declared.items if item.location.path == f"#{issue.number}")
