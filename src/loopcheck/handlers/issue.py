"""An issue changed, or somebody asked about it: that one issue is looked at, and told.

Closing for everybody who did the work stays quiet; nothing is reopened that was seen to fail only now.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from loopcheck import engine, loading
from loopcheck.effects import told
from loopcheck.effects.model import React
from loopcheck.effects.plan import plan
from loopcheck.effects.situation import Occasion
from loopcheck.errors import ExitCode, UsageError
from loopcheck.events import IssueChanged
from loopcheck.handlers import heartbeat
from loopcheck.handlers.asked import Asked, Outcome
from loopcheck.handlers.means import Means, of_issue, seen_of, systems_of
from loopcheck.ledger.memory import Memory
from loopcheck.ledger.model import Entry
from loopcheck.reasons import CannotTell
from loopcheck.world.github.governor import Limits
from loopcheck.world.github.issues import read_one

_ASKS = frozenset(("opened", "edited"))
"""What somebody does who waits for an answer."""


def handle(event: IssueChanged, asked: Asked) -> Outcome:
    """Look at the issue that changed.

    Raises:
        LoopcheckError: there is no checkout, its configuration cannot be read, or GitHub cannot be asked.
    """
    loaded = loading.load(asked.checkout, trusted=asked.trusted)
    try:
        means = means_of(asked, loaded)
        memory, notes = means.recall()
        occasion = Occasion.ASKED if event.action in _ASKS else Occasion.CHANGED
        return look(means, event.number, occasion, memory, notes)
    finally:
        loaded.repository.close()


def means_of(asked: Asked, loaded: loading.Loaded) -> Means:
    """What a run on one issue reads and writes with; without GitHub there is nothing to do.

    Raises:
        UsageError: GitHub cannot be asked.
    """
    try:
        return Means(asked, loaded, Limits().for_event())
    except CannotTell as trouble:
        hint = "give the step `GITHUB_TOKEN: ${{ github.token }}` in its `env:`"
        raise UsageError(f"an issue cannot be looked at: {trouble.message}", hint=hint) from None


def look(
    means: Means,
    number: int,
    occasion: Occasion,
    memory: Memory | None,
    notes: Iterable[str],
    *,
    also: Iterable[Entry] = (),
    receipt: React | None = None,
) -> Outcome:
    """Look at what one issue declares, and tell.

    Args:
        means: what the run reads and writes with.
        number: the issue's.
        occasion: why.
        memory: what the ledger says; `None` where it could not be read.
        notes: what the operator should know already.
        also: lines that this run writes, such as a waiver.
        receipt: of the command that asked, once everything is written.
    """
    notes = list(notes)
    section = means.loaded.config.file.issues
    try:
        found = read_one(means.github, number)
    except CannotTell as trouble:
        notes.append(f"#{number} could not be read, and is left to the next sweep: {trouble.message}")
        return Outcome(notes=tuple(notes), exit_code=ExitCode.PARTIAL)
    (issue,) = found.issues
    labelled = section.label.casefold() in {name.casefold() for name in issue.labels}
    if not labelled and not told.own(issue, found.viewer):
        return Outcome(notes=(f"nothing to do: #{number} has not the label `{section.label}`",))
    means.loaded = loading.with_tracked(means.loaded, found.issues if labelled else (), means.github)
    declared = means.loaded.declared
    report = engine.run(
        of_issue(declared.items, number),
        means.loaded.registry,
        means.session,
        errors=[problem for problem in declared.problems if problem.path == f"#{number}"],
        notes=declared.notes,
        unseen=declared.unseen,
    )
    planned = plan(
        seen_of(found.issues, report, declared),
        (),
        memory,
        means.loaded.config.file.close_gate,
        found.viewer,
        means.circumstances,
        occasion=occasion,
        systems=systems_of(means.loaded.registry),
        also=also,
        changes=means.changes(report, memory),
    )
    if receipt is not None:
        planned = msgspec.structs.replace(planned, effects=(*planned.effects, receipt))
    every = means.loaded.config.file.sweep_every.delta
    notes += heartbeat.worries(memory, means.github, means.session.now, every)
    outcome = means.outcome(report, planned, found.viewer, notes)
    # Red would be the colour of the event, and whoever edits an issue is not to blame for what it lacks.
    code = ExitCode.PARTIAL if outcome.left else ExitCode.VERIFIED
    return msgspec.structs.replace(outcome, exit_code=code)
