"""Time to look at everything: every open item, and every one that was verified, again.

Only here are issues compared with each other, so that an outage of many can be told from a change of one.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from loopcheck import engine, loading
from loopcheck.effects.model import Record
from loopcheck.effects.obey import Obeyed
from loopcheck.effects.plan import plan
from loopcheck.effects.situation import Occasion
from loopcheck.errors import ExitCode
from loopcheck.events import Sweep
from loopcheck.handlers import heartbeat
from loopcheck.handlers.asked import Asked, Outcome
from loopcheck.handlers.commanded import overlooked
from loopcheck.handlers.means import Means, seen_of, systems_of
from loopcheck.ledger.memory import Memory
from loopcheck.ledger.model import Entry
from loopcheck.loading import Loaded
from loopcheck.model import ItemResult, Report, Verdict
from loopcheck.reasons import CannotTell
from loopcheck.tracker import Issue
from loopcheck.world.github.issues import Issues, read_issues


def handle(_event: Sweep, asked: Asked) -> Outcome:
    """Look at everything that is declared, tell what became of it, and open again what was closed without proof.

    Raises:
        LoopcheckError: there is no checkout, or its configuration cannot be read.
    """
    loaded = loading.load(asked.checkout, trusted=asked.trusted)
    try:
        if not asked.with_issues:
            return _of_files(loaded, asked)
        try:
            means = Means(asked, loaded)
        except CannotTell as trouble:
            return _of_files(loaded, asked, f"issues were neither read nor written: {trouble.message}")
        return _sweep(means)
    finally:
        loaded.repository.close()


def _of_files(loaded: Loaded, asked: Asked, *notes: str) -> Outcome:
    """What the files declare, where GitHub is not asked about issues; nothing is written."""
    session = loading.session(loaded, asked.now, asked.seconds, asked.environment)
    declared = loaded.declared
    report = engine.run(declared.items, loaded.registry, session, errors=declared.problems, notes=loading.notes(loaded))
    return Outcome(report, notes=notes)


def _sweep(means: Means) -> Outcome:
    memory, notes = means.recall()
    found = _read(means)
    obeyed: tuple[Obeyed, ...] = ()
    if found is not None and memory is not None:
        obeyed = overlooked(found.issues, means.loaded, means.github, memory, means.circumstances)
    declared = means.loaded.declared
    report = engine.run(
        declared.items,
        means.loaded.registry,
        means.session,
        errors=declared.problems,
        notes=loading.notes(means.loaded),
        unseen=declared.unseen,
        first=memory.unseen if memory is not None else (),
    )
    if found is None:
        return means.outcome(report, notes=notes)
    planned = plan(
        seen_of(found.issues, report, declared),
        [item for item in report.items if not item.location.path.startswith("#")],
        memory,
        means.loaded.config.file.close_gate,
        found.viewer,
        means.circumstances,
        occasion=Occasion.SWEEP,
        systems=systems_of(means.loaded.registry),
        also=[entry for one in obeyed for entry in one.entries],
        changes=means.changes(report, memory),
    )
    code = _exit_code(report, {item.id for one in found.issues if not one.is_open for item in _of(report, one)}, memory)
    receipts = [one.receipt for one in obeyed if one.receipt is not None]
    last = _last_line(means, memory, report)
    effects = (*planned.effects, *receipts, *([Record((last,))] if last else []))
    outcome = means.outcome(report, msgspec.structs.replace(planned, effects=effects), found.viewer, notes)
    if outcome.left and code in (ExitCode.VERIFIED, ExitCode.INCONCLUSIVE):
        code = ExitCode.PARTIAL
    return msgspec.structs.replace(outcome, exit_code=code)


def _of(report: Report, issue: Issue) -> list[ItemResult]:
    return [item for item in report.items if item.location.path == f"#{issue.number}"]


def _exit_code(report: Report, closed: Collection[str], memory: Memory | None) -> ExitCode:
    """The run's exit code. What is still to be done is no failure, or sweeps would be red until all is done.

    A failed item counts where it was said to be done: its issue is closed, it was verified before, or its day is past.
    """
    known = memory or Memory()
    today = report.run.at.date()

    def held(item: ItemResult) -> bool:
        remembered = known.of(item.id)
        promised = item.id in closed or item.overdue or remembered.first_verified is not None
        return promised and not remembered.waived_on(today)

    if report.errors:
        return ExitCode.USAGE
    if any(item.verdict is Verdict.FAILED and held(item) for item in report.items):
        return ExitCode.FAILED
    if not report.run.complete:
        return ExitCode.PARTIAL
    unclear = any(item.verdict is Verdict.INCONCLUSIVE for item in report.items)
    return ExitCode.INCONCLUSIVE if unclear else ExitCode.VERIFIED


def _read(means: Means) -> Issues | None:
    """The issues, whose declarations then count as well; `None` where they could not be read."""
    section = means.loaded.config.file.issues
    try:
        found = read_issues(means.github, section.label, means.session.now - section.closed_within.delta)
    except CannotTell as trouble:
        means.loaded = loading.with_written(means.loaded, loading.unread(means.loaded, trouble))
        return None
    means.loaded = loading.with_tracked(means.loaded, found.issues, means.github)
    return found


def _last_line(means: Means, memory: Memory | None, report: Report) -> Entry | None:
    """The line that comes after everything else, where one is due: the sweep came to its end, or what it left."""
    if memory is None:
        return None
    now, commit, run = means.session.now, report.run.ref, means.asked.run
    left = engine.not_seen(report.items)
    if left:
        return heartbeat.cut_short(now, report.verdict, commit, run, left)
    if not report.run.complete or not heartbeat.due(memory, now, means.loaded.config.file.sweep_every.delta):
        return None
    return heartbeat.beat(now, report.verdict, commit, run, heartbeat.workflow_of(means.asked.environment))
