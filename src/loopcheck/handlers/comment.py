"""A comment was made: a command in it is dealt with, and its issue looked at where it asks for that."""

from __future__ import annotations

import msgspec

from loopcheck import loading
from loopcheck.commands import parse
from loopcheck.effects.model import Plan
from loopcheck.effects.obey import Obeyed
from loopcheck.effects.situation import Occasion
from loopcheck.errors import ExitCode
from loopcheck.events import CommentMade
from loopcheck.handlers.asked import Asked, Outcome
from loopcheck.handlers.commanded import answer
from loopcheck.handlers.issue import look, means_of
from loopcheck.handlers.means import Means
from loopcheck.ledger.memory import Memory
from loopcheck.reasons import BAD_RESPONSE, CannotTell


def handle(event: CommentMade, asked: Asked) -> Outcome:
    """Deal with a comment. What is no command asks nothing of anybody.

    Raises:
        LoopcheckError: there is no checkout, its configuration cannot be read, or GitHub cannot be asked.
    """
    if event.author.is_bot or parse(event.body, event.created.date()) is None:
        return Outcome(notes=("nothing to do: the comment is no command",))
    loaded = loading.load(asked.checkout, trusted=asked.trusted)
    try:
        return _dealt_with(event, means_of(asked, loaded))
    finally:
        loaded.repository.close()


def _dealt_with(event: CommentMade, means: Means) -> Outcome:
    recalled: list[Memory] = []

    def recall() -> Memory:
        memory, _ = means.recall()
        if memory is None:
            raise means.trouble or CannotTell(BAD_RESPONSE, "the ledger was not read")
        recalled.append(memory)
        return memory

    obeyed = answer(event, means.loaded, means.github, recall, means.circumstances)
    notes = [obeyed.note] if obeyed.note else []
    if obeyed.look and recalled:
        return look(
            means,
            event.issue,
            Occasion.ASKED,
            recalled[0],
            notes,
            also=obeyed.entries,
            receipt=obeyed.receipt,
        )
    return _told(means, obeyed, notes)


def _told(means: Means, obeyed: Obeyed, notes: list[str]) -> Outcome:
    outcome = means.outcome(None, Plan(obeyed.effects), notes=notes)
    code = ExitCode.PARTIAL if outcome.left else ExitCode.VERIFIED
    return msgspec.structs.replace(outcome, exit_code=code)
