"""What a run reads and writes with: the checkout, GitHub, the ledger. Made once a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from loopcheck import engine, loading
from loopcheck.effects.apply import Applied, Applier
from loopcheck.effects.comment import Circumstances
from loopcheck.effects.execution import Execution
from loopcheck.effects.links import Repository as Linked
from loopcheck.effects.model import Plan, PutComment, PutStatus, Reopen
from loopcheck.effects.situation import Seen, day
from loopcheck.effects.writer import Writer
from loopcheck.handlers.asked import Asked, Outcome
from loopcheck.ledger.branch import BranchLedger
from loopcheck.ledger.memory import Memory, recall
from loopcheck.loading import Loaded
from loopcheck.model import ActionItem, ItemResult, Problem, Report, Verdict
from loopcheck.reasons import BAD_RESPONSE, CannotTell
from loopcheck.registry import Registry
from loopcheck.sources import Declared
from loopcheck.tracker import Issue, Person
from loopcheck.world import Session
from loopcheck.world.budget import budget_line
from loopcheck.world.github import GitHub
from loopcheck.world.github.governor import Limits

_SKEW = 300.0
"""Seconds by which this machine's clock may be off from GitHub's; lines of the ledger are dated by it."""


class Means:
    """What a run reads and writes with.

    Args:
        asked: how the run was called.
        loaded: the checkout and what is declared in it.
        limits: what may be asked of GitHub; of a sweep, if not given.

    Raises:
        CannotTell: GitHub cannot be asked: no token, or it is not known which repository.
    """

    def __init__(self, asked: Asked, loaded: Loaded, limits: Limits | None = None) -> None:
        self.asked = asked
        self.loaded = loaded
        self._limits = limits
        self.session = self._session()
        self.github: GitHub = self.session.github
        self._writer = Writer(
            self.github.connection,
            self.github.governor,
            count=lambda: self.session.count("github"),
            clock=asked.clock,
            sleep=asked.sleep,
        )
        self._ledger = BranchLedger(self.github, self._writer.send, sleep=asked.sleep)
        self.trouble: CannotTell | None = None
        """Why the ledger could not be read."""

    def _session(self) -> Session:
        asked = self.asked
        return loading.session(
            self.loaded,
            asked.now,
            asked.seconds,
            asked.environment,
            sleep=asked.sleep,
            clock=asked.clock,
            limits=self._limits,
        )

    def recall(self) -> tuple[Memory | None, list[str]]:
        """What the ledger says, and what to tell the operator where it could not be read."""
        try:
            memory = recall(self._ledger.read())
        except CannotTell as trouble:
            self.trouble = trouble
            return None, [f"the ledger was not read: {trouble.message}"]
        self.session.past = memory.past
        return memory, []

    def changes(self, report: Report, memory: Memory | None) -> Mapping[str, tuple[str, ...]]:
        """Of items that were verified and failed: what changed, as far as can be known."""
        if memory is None:
            return {}
        from loopcheck import drift

        return drift.explain(report.items, memory, self.loaded.repository, self.circumstances.repository)

    def outcome(
        self,
        report: Report | None,
        plan: Plan | None = None,
        viewer: Person | None = None,
        notes: Iterable[str] = (),
    ) -> Outcome:
        """Have a plan applied, and say what came of all.

        Args:
            report: what was found, if anything was looked at.
            plan: what is to be written.
            viewer: the account that loopcheck acts as; without it no comment of its own is known, and none written.
            notes: what the operator should know.
        """
        notes = list(notes)
        applied: tuple[Applied, ...] = ()
        if plan is not None and plan.effects and not self.asked.dry_run:
            skew = self.github.skew
            if skew is not None and abs(skew) > _SKEW:
                notes.append(f"nothing was written: this machine's clock is {skew:+.0f} s off from GitHub's")
            else:
                applied = self._carry_out(plan, viewer)
        spent = budget_line(self.session.counts, self.github.governor.points)
        return Outcome(report, plan or Plan(), applied, notes=tuple(notes), spent=spent)

    @property
    def circumstances(self) -> Circumstances:
        """Where, when and by which run is looked."""
        repository = self.loaded.repository
        here = Linked(self.github.settings.server, self.github.repository, repository.commit, repository.paths)
        return Circumstances(here, self.session.now, self.asked.run)

    def _carry_out(self, plan: Plan, viewer: Person | None) -> tuple[Applied, ...]:
        if viewer is None and any(isinstance(effect, PutComment) for effect in plan.effects):
            raise ValueError("who does not know its own account cannot know its own comment")
        account = viewer.id if viewer else 0
        applier = Applier(self.github, self._writer, account, sleep=self.asked.sleep, clock=self.asked.clock)
        applier.expect(plan.effects)
        execution = Execution(self._ledger.append, applier.one, self._confirm, applier.settle)
        return tuple(execution.carry_out(effect for effect in plan.effects if not isinstance(effect, PutStatus)))

    def _confirm(self, effect: Reopen) -> str | None:
        """Look once more at what an issue promises, past all memory, just before it is reopened.

        What costs longest comes first, so that the least time passes between the last answer and the reopening.
        """
        items = of_issue(self.loaded.declared.items, effect.issue)
        again = engine.run(items, self.loaded.registry, self.session.anew())
        failed = [item.id for item in again.items if item.verdict is Verdict.FAILED]
        if not failed:
            return "a second look, just before, did not say again that the proof is not there"
        memory = recall(self._ledger.read())
        if all(memory.of(item).waived_on(day(self.session.now)) for item in failed):
            return "somebody has accepted meanwhile that the proof is not there"
        path = f"/repos/{self.github.repository}"
        branch = self.github.about().default_branch
        head = _text(self.github.anew().get(f"{path}/git/ref/heads/{branch}"), "object", "sha")
        if head != self.loaded.repository.commit:
            return f"{branch} has moved on since this run began, and the run at its newest commit decides"
        return None


def of_issue(items: Iterable[ActionItem], number: int) -> tuple[ActionItem, ...]:
    """Those of `items` that an issue declares."""
    return tuple(item for item in items if item.location.path == f"#{number}")


def seen_of(issues: Iterable[Issue], report: Report, declared: Declared) -> Iterator[Seen]:
    """Each issue with what became of what it declares."""
    items: dict[str, list[ItemResult]] = defaultdict(list)
    problems: dict[str, list[Problem]] = defaultdict(list)
    for item in report.items:
        items[item.location.path].append(item)
    for problem in report.errors:
        problems[problem.path].append(problem)
    for issue in issues:
        path = f"#{issue.number}"
        dark = any(said.startswith((f"{path} ", f"{path}:")) for said in declared.unseen)
        yield Seen(issue, tuple(items[path]), tuple(problems[path]), clear=not dark)


def systems_of(registry: Registry) -> Callable[[str], tuple[str, ...]]:
    """The outside systems that are asked for a kind of artifact; none for one that no checker knows."""

    def systems(kind: str) -> tuple[str, ...]:
        try:
            known: tuple[str, ...] = registry.get(kind).checker.manifest.systems
        except CannotTell:
            return ()
        return known

    return systems


def _text(answer: Any, *names: str) -> str:
    for name in names:
        answer = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(answer, str):
        raise CannotTell(BAD_RESPONSE, f"GitHub does not say what its {names[-1]} is")
    return answer
