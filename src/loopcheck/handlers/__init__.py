"""What is done at each event: one module an event, each reads, judges, plans and has the plan applied.

`loopcheck run`, which the action calls, comes in here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopcheck import events

if TYPE_CHECKING:
    from loopcheck.handlers.asked import Asked, Outcome


def handle(event: events.Event, asked: Asked) -> Outcome:
    """Do what an event asks for. Each handler is imported when its event comes.

    Raises:
        LoopcheckError: there is no checkout, or its configuration cannot be read; or GitHub cannot be asked at all.
    """
    match event:
        case events.Sweep():
            from loopcheck.handlers import sweep

            return sweep.handle(event, asked)
        case events.IssueChanged():
            from loopcheck.handlers import issue

            return issue.handle(event, asked)
        case events.CommentMade():
            from loopcheck.handlers import comment

            return comment.handle(event, asked)
        case events.PullRequestChanged() | events.MergeGroup():
            from loopcheck.handlers import judging

            return judging.handle(event, asked)
        case events.Ignored():
            from loopcheck.handlers.asked import Outcome

            return Outcome(notes=(f"nothing to do: {event.because}",))
