"""`pull_request`, `pull_request_review` and `merge_group`: may this be merged?

The base says what is a rule: its configuration, its declarations. What would be there after merging is data.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from loopcheck import engine, loading, sources
from loopcheck.config import PATH, Config, read_config
from loopcheck.effects import links
from loopcheck.effects.model import Conclusion, Plan, PutStatus
from loopcheck.effects.status import StatusApplied, StatusApplier
from loopcheck.effects.writer import Writer
from loopcheck.errors import ConfigError, ExitCode, NotARepositoryError
from loopcheck.events import MergeGroup, PullRequestChanged
from loopcheck.gate import fence, promises, summary
from loopcheck.gate.approval import Approval, approval
from loopcheck.gate.commits import NO_BASE, Compared, compared
from loopcheck.gate.judgement import Inconclusive, Judged, Unclear, conclusion, exit_code
from loopcheck.handlers import heartbeat
from loopcheck.ledger.branch import BranchLedger
from loopcheck.ledger.memory import Memory, recall
from loopcheck.loading import Loaded
from loopcheck.model import Problem, Report
from loopcheck.paths import Paths, matching
from loopcheck.reasons import BAD_SETTINGS, CannotTell
from loopcheck.registry import Registry
from loopcheck.sources import issues as in_issues
from loopcheck.sources.written import Tracked
from loopcheck.tracker import Issue, PullRequest
from loopcheck.world import Repository, Session, difference
from loopcheck.world.github import GitHub, settings_from
from loopcheck.world.github.connection import Connection
from loopcheck.world.github.issues import read_issues
from loopcheck.world.github.pulls import read_pull
from loopcheck.world.github.settings import TOKEN

_QUEUED = re.compile(r"(?:refs/heads/)?gh-readonly-queue/.{1,255}/pr-([1-9][0-9]{0,9})-[0-9a-f]{7,64}")
_RUN = re.compile(r"[0-9]{1,20}")


class Gate(msgspec.Struct, frozen=True):
    """How a change is judged."""

    checkout: Path
    """A folder in the checkout."""
    environment: Mapping[str, str]
    """Where credentials and endpoints come from."""
    seconds: float | None = None
    """How long the run may take, in seconds; `None` for as long as it likes."""
    inconclusive: Inconclusive = Inconclusive.BLOCK
    dry_run: bool = False
    """Whether nothing is written."""
    trusted: bool = False
    """See `Repository`."""
    now: datetime | None = None
    """The time of the run; by the clock, if not given."""
    registry: Any = None
    """A `Registry`; what is installed, if not given."""
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time
    """Seconds since the epoch, by which what GitHub asks to wait for is reckoned."""


class Outcome(msgspec.Struct, frozen=True):
    """What is said of a change, and what became of the status."""

    judged: Judged
    conclusion: Conclusion
    plan: Plan
    summary: str
    """Markdown, under 60,000 bytes."""
    exit_code: ExitCode
    applied: tuple[StatusApplied, ...] = ()

    @property
    def report(self) -> Report | None:
        """On the items that merging would close; `None` where there are none."""
        return self.judged.closing


def handle(event: PullRequestChanged | MergeGroup, gate: Gate) -> Outcome:
    """Judge a change, and give its head the status `loopcheck`.

    A change of a fork, or of Dependabot's, gets no status: the token of such a run may not write, and what is not
    seen for want of a secret is not held against it.

    Raises:
        NotARepositoryError: there is no checkout.
    """
    with ExitStack() as stack:
        checkout = Repository(gate.checkout, "HEAD", trusted=gate.trusted)
        stack.callback(checkout.close)
        untrusted = isinstance(event, PullRequestChanged) and event.untrusted
        session = Session(
            checkout, environment=gate.environment, seconds=gate.seconds, sleep=gate.sleep, clock=gate.clock
        )
        try:
            commits = compared(checkout, event)
            run = _Run(event, gate, commits, stack)
        except CannotTell as trouble:
            shown = _shown(gate.environment, (event.base, None), (checkout.commit, None))
            unclear = Unclear(f"nothing could be judged: {trouble.message}", trouble.reason.remedy, outside=False)
            judged = Judged(unclear=(unclear,))
        else:
            judged, session, shown = run.judge(), run.session, run.shown
        concluded = conclusion(judged, gate.inconclusive, untrusted=untrusted)
        said = summary.render(judged, concluded, shown)
        status = PutStatus(event.head, concluded, summary.title(judged, concluded), said)
        plan = Plan(notes=("a change from outside gets no status: see the job's summary",))
        if not untrusted:
            plan = Plan((status,))
        applied = () if gate.dry_run else tuple(_applied(plan, gate, session))
        return Outcome(judged, concluded, plan, said, exit_code(judged, concluded), applied)


class _Run:
    """One look at a change.

    Raises:
        CannotTell: the commits cannot be read, or not the rules of the base.
    """

    def __init__(self, event: PullRequestChanged | MergeGroup, gate: Gate, commits: Compared, stack: ExitStack) -> None:
        self._event = event
        self._gate = gate
        try:
            self._base = loading.load(gate.checkout, commits.base, trusted=gate.trusted, registry=gate.registry)
            self._merged = Repository(gate.checkout, commits.merged, trusted=gate.trusted)
        except NotARepositoryError as error:
            raise CannotTell(NO_BASE, str(error)) from None
        except ConfigError as error:
            raise CannotTell(BAD_SETTINGS, f"the configuration of the base cannot be read: {error}") from None
        stack.callback(self._base.repository.close)
        stack.callback(self._merged.close)
        self._change = difference(self._merged, commits.base)
        self.session = self._looking(self._merged, gate.environment, gate.seconds)
        self._tracked = Tracked()
        self._notes: list[str] = []
        self._unclear: list[Unclear] = []

    def _looking(self, at: Repository, environment: Mapping[str, str], seconds: float | None) -> Session:
        """What checkers look through: at either commit, with the settings of the base."""
        return Session(
            at,
            now=self._gate.now,
            environment=environment,
            settings=self._base.config.settings,
            seconds=seconds,
            sleep=self._gate.sleep,
            clock=self._gate.clock,
        )

    def judge(self) -> Judged:
        """All that is found."""
        github = self._github()
        pull = self._pull(github) if github else None
        loaded = self._declared(github, pull) if github else self._base
        memory = self._memory(github) if github else Memory()
        self.session.incidents = loaded.declared.incidents
        closing = {f"#{issue.number}" for issue in pull.closes} if pull else set()
        problems = [one for one in loaded.declared.problems if one.path in closing]
        report = self._closing(loaded, closing) if closing else None
        looked = self._fence(loaded, memory)
        after, unreadable = self._after(loaded)
        less = promises.weakened(_in_files(loaded), *(_in_files(one) for one in after))
        if loaded.declared.items and len(after) > 1:
            less += promises.loosened(self._base.config.file, after[1].config.file)
        return Judged(
            closing=report,
            accepted=frozenset(
                item.id for item in loaded.declared.items if memory.of(item.id).waived_on(self.session.now.date())
            ),
            fence=looked,
            unreadable=(*problems, *unreadable),
            weakened=less,
            approval=self._approval(pull, github) if less else Approval.UNKNOWN,
            unclear=tuple(self._unclear),
            notes=tuple(self._notes),
            looks=self.session.counts,
        )

    @property
    def shown(self) -> summary.Shown:
        """Where links lead, now that the files of both commits are known."""
        both = (self._base.repository, self._merged)
        return _shown(self._gate.environment, *((one.commit, one.paths) for one in both))

    def _github(self) -> GitHub | None:
        try:
            return self.session.github
        except CannotTell as trouble:
            what = "what merging would close, what issues declare and what was verified before"
            self._doubt(f"{what} is not known", trouble)
            return None

    def _doubt(self, what: str, trouble: CannotTell) -> None:
        self._unclear.append(Unclear(f"{what}: {trouble.message}", trouble.reason.remedy, outside=True))

    def _pull(self, github: GitHub) -> PullRequest | None:
        number = _number(self._event)
        if number is None:
            remedy = "Report this to loopcheck: the queue's branches are named otherwise than GitHub documents."
            self._unclear.append(Unclear("the group does not say which pull request it is of", remedy, outside=True))
            return None
        try:
            pull = read_pull(github, number)
        except CannotTell as trouble:
            self._doubt(f"what merging #{number} would close is not known", trouble)
            return None
        if not pull.complete:
            remedy = "Let one pull request close fewer issues."
            self._unclear.append(Unclear("merging closes more issues than were shown", remedy, outside=True))
        return pull

    def _declared(self, github: GitHub, pull: PullRequest | None) -> Loaded:
        """The base's own declarations, with those of issues: of all action items, and of those that would be closed."""
        section = self._base.config.file.issues
        found: dict[int, Issue] = {}
        try:
            listed = read_issues(github, section.label, self.session.now - section.closed_within.delta)
            found = {issue.number: issue for issue in listed.issues}
        except CannotTell as trouble:
            self._doubt(f"the issues labelled `{section.label}` were not read", trouble)
        found |= {issue.number: issue for issue in (pull.closes if pull else ())}
        self._tracked = in_issues.read(sorted(found.values(), key=lambda issue: issue.number), github, section)
        self._unclear.extend(Unclear(one, "See the message.", outside=True) for one in self._tracked.unseen)
        return loading.with_written(self._base, self._tracked)

    def _memory(self, github: GitHub) -> Memory:
        try:
            memory = recall(BranchLedger(github, _never).read())
        except CannotTell as trouble:
            self._notes.append(f"the ledger was not read, so what was verified before is not known: {trouble.message}")
            return Memory()
        self.session.past = memory.past
        every = self._base.config.file.sweep_every.delta
        self._notes += heartbeat.worries(memory, github, self.session.now, every)
        return memory

    def _closing(self, loaded: Loaded, closing: set[str]) -> Report:
        items = [item for item in loaded.declared.items if item.location.path in closing]
        silent = closing - {item.location.path for item in items} - {one.path for one in loaded.declared.problems}
        if silent:
            self._notes.append(f"merging closes {', '.join(sorted(silent))}, which declares nothing that counts")
        return engine.run(items, loaded.registry, self.session)

    def _fence(self, loaded: Loaded, memory: Memory) -> fence.Fence:
        before = self._looking(self._base.repository, {}, self.session.seconds_left)
        after = self._looking(self._merged, {}, self.session.seconds_left)
        return fence.examine(loaded.declared.items, loaded.registry, before, after, self._change, memory)

    def _after(self, loaded: Loaded) -> tuple[list[Loaded], list[Problem]]:
        """The merge result by the configuration of the base, and by its own where that is another; what is unreadable.

        Only mistakes in what is changed are this change's.
        """
        declared = matching(self._change.changed, self._base.config.file.declarations)
        if not declared and PATH not in self._change.changed:
            return [loaded], []
        readings = [self._read(self._base.config, loaded.registry)]
        problems = [one for one in readings[0].declared.problems if one.path in self._change.changed]
        if PATH in self._change.changed:
            try:
                readings.append(self._read(read_config(self._merged), loaded.registry))
            except ConfigError as error:
                problems.append(Problem(PATH, 1, 1, str(error), error.hint))
        return readings, problems

    def _read(self, config: Config, registry: Registry) -> Loaded:
        read = sources.read(self._merged, config.file, registry, self._tracked)
        return Loaded(self._merged, config, registry, read)

    def _approval(self, pull: PullRequest | None, github: GitHub | None) -> Approval:
        if pull is None or github is None:
            return Approval.UNKNOWN
        judged = pull.head if isinstance(self._event, MergeGroup) else self._event.head
        return approval(pull, judged, github)


def _in_files(loaded: Loaded) -> list[Any]:
    """The items of files: those of issues are not what a change changes."""
    return [item for item in loaded.declared.items if item.url is None]


def _number(event: PullRequestChanged | MergeGroup) -> int | None:
    if isinstance(event, PullRequestChanged):
        return event.number
    found = _QUEUED.fullmatch(event.head_ref)
    return int(found[1]) if found else None


def _never(verb: str, path: str, body: Any = None) -> Any:
    """The ledger is only read here."""
    raise NotImplementedError(f"{verb} {path}: {body}")


def _shown(environment: Mapping[str, str], *commits: tuple[str, Paths | None]) -> summary.Shown:
    try:
        known = settings_from(environment)
        server, name = known.server, known.repository
    except CannotTell:  # without a name there is nothing to link to
        server, name = "https://github.com", ""
    base, merged = (links.Repository(server, name, commit, files) for commit, files in commits)
    return summary.Shown(base, merged)


def _applied(plan: Plan, gate: Gate, session: Session) -> Iterable[StatusApplied]:
    statuses = [effect for effect in plan.effects if isinstance(effect, PutStatus)]
    if not statuses:
        return []
    try:
        github = session.github
        settings = settings_from(gate.environment)
    except CannotTell:  # without a token nothing was asked, and nothing can be written
        return []
    connection = Connection(settings, gate.environment.get(TOKEN, "").strip(), session.world().timeout)
    writer = Writer(connection, github.governor, count=lambda: session.count("github"), sleep=gate.sleep)
    run = gate.environment.get("GITHUB_RUN_ID", "")
    address = f"{settings.server}/{settings.repository}/actions/runs/{run}" if _RUN.fullmatch(run) else None
    applier = StatusApplier(github, writer, details=address, sleep=gate.sleep)
    return [applier.apply(status) for status in statuses]
