"""What follows from what was seen of a check. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from loopcheck.checker import Claim, ClaimKind, Evidence, Outcome, Reason, Unseen
from loopcheck.reasons import AMBIGUOUS, NEEDS_GITHUB, NOT_JUDGED
from loopcheck_checks.ci_check import conditions, gates, softness, work
from loopcheck_checks.ci_check.contexts import github
from loopcheck_checks.ci_check.evaluation import Open
from loopcheck_checks.ci_check.findings import Finding, worst
from loopcheck_checks.ci_check.live import Live
from loopcheck_checks.ci_check.manifest import (
    ELSEWHERE,
    ENABLED,
    GATE_COUNTS,
    IN_WORKFLOW,
    NO_GATE,
    NO_JOB,
    NO_STEP,
    NO_WORKFLOW,
    NOT_LITERAL,
    NOT_RUN,
    NOT_SKIPPED,
    NOT_SOFT,
    PARTLY_SOFT,
    RAN_LATELY,
    REQUIRED,
    RUNS_ON_EVENTS,
    CiCheckExpectation,
    CiCheckObservation,
    listed,
)
from loopcheck_checks.ci_check.proof import proof
from loopcheck_checks.ci_check.required import required
from loopcheck_checks.ci_check.running import running
from loopcheck_checks.ci_check.seen import ActionSeen, JobSeen, Leg, Route
from loopcheck_checks.ci_check.triggers import starts

_MISSING = {"workflow": NO_WORKFLOW, "job": NO_JOB, "step": NO_STEP, "command": NOT_RUN}
_MAX_LOOKS = 20_000
"""Steps of a job, multiplied with the combinations of its matrix, that are looked at one by one."""


class _Judged(msgspec.Struct):
    """What is to be said of one route."""

    route: Route
    where: Finding
    starts: Finding
    skipped: Finding
    soft: Finding
    gate: Finding | None = None

    @property
    def parts(self) -> list[Finding]:
        return [self.starts, self.skipped, self.soft, *([self.gate] if self.gate else [])]

    @property
    def rank(self) -> tuple[Outcome, Outcome, int]:
        """Good routes come before bad ones, and of bad ones those that are started at all."""
        bad = sum(part.outcome is Outcome.FAILS for part in self.parts) * 10
        return (
            worst(self.parts).outcome,
            self.starts.outcome,
            bad + sum(part.outcome is Outcome.UNKNOWN for part in self.parts),
        )


def judge(expect: CiCheckExpectation, seen: CiCheckObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    lately: Claim | None = None
    if seen.missing or not seen.routes:
        yield _absent(expect, seen)
    else:
        for claim in _present(expect, seen):
            lately = claim if claim.claim == RAN_LATELY.word else lately
            yield claim
    if isinstance(seen.live, Unseen):
        yield from _not_asked(seen.live, expect)
    if seen.proof is not None:
        yield from proof(expect, seen.proof, lately)


def _not_asked(why: Unseen, expect: CiCheckExpectation) -> Iterator[Claim]:
    """What is said where GitHub was not asked. A shell without a token is judged by the files alone."""
    if why.reason != NEEDS_GITHUB.word:
        yield ENABLED.unknown(why)
        yield RAN_LATELY.unknown(why)
    if expect.required:
        message = f"whether the branch requires it stands in GitHub's settings: {why.message}"
        yield REQUIRED.unknown(why, message)


def chosen(expect: CiCheckExpectation, seen: CiCheckObservation) -> list[Route]:
    """The routes that speak for what was declared, one for each command: GitHub is asked about no others."""
    return [judged.route for judged in _by_command(expect, seen)]


def _by_command(expect: CiCheckExpectation, seen: CiCheckObservation) -> list[_Judged]:
    by_command: dict[str, list[_Judged]] = defaultdict(list)
    for route in seen.routes:
        by_command[route.command or ""].append(_judged(route, expect, seen))
    return [_chosen(routes, expect) for routes in by_command.values()]


def _worst(claims: Iterator[Claim]) -> Iterator[Claim]:
    """Of the claims of several routes, the worst of each kind."""
    kept: dict[str, Claim] = {}
    for claim in claims:
        if claim.claim not in kept or claim.outcome > kept[claim.claim].outcome:
            kept[claim.claim] = claim
    yield from kept.values()


def _live(routes: list[Route], live: Live, expect: CiCheckExpectation, seen: CiCheckObservation) -> Iterator[Claim]:
    for route in routes:
        if expect.required:
            yield required(route, live, expect, seen.repository)
        yield from running(route, live)


def _absent(expect: CiCheckExpectation, seen: CiCheckObservation) -> Claim:
    where = Evidence(f"{seen.looked_in}@{seen.commit[:12]}", f"{seen.workflows} workflow files")
    if seen.unread:
        first = seen.unread[0]
        what = Evidence(f"{first.path}@{seen.commit[:12]}", "a workflow file that cannot be read")
        return IN_WORKFLOW.unknown(Unseen(first.reason, first.message, first.remedy), None, what)
    if seen.possible and seen.missing != "workflow":
        places = [Evidence(_source(p.path, p.line, seen), p.what) for p in seen.possible[:5]]
        names = " and ".join(place.what for place in seen.possible[:2])
        more = f" and {len(seen.possible) - 2} more" if len(seen.possible) > 2 else ""
        message = f"{_what(expect, seen)} is not written in the workflows, and {names}{more} may hold it"
        return IN_WORKFLOW.unknown(NOT_LITERAL, message, *places)
    meant = f"; did you mean `{seen.nearest[:60]}`?" if seen.nearest and seen.missing != "command" else ""
    reason = _MISSING.get(seen.missing or "job", NO_JOB)
    return IN_WORKFLOW.fails(reason, f"{_what(expect, seen)} is not in {seen.looked_in}{meant}", where)


def _what(expect: CiCheckExpectation, seen: CiCheckObservation) -> str:
    """What of the declaration is not there, in a few words."""
    if seen.missing == "workflow":
        return f"the workflow `{(expect.workflow or '')[:80]}`"
    if seen.missing == "job":
        return f"the job `{(expect.job or '')[:80]}`" if expect.job else "a job"
    if seen.missing == "step":
        return f"the step `{(expect.step or '')[:80]}`"
    return f"`{(seen.nearest or '')[:80]}`"


def _present(expect: CiCheckExpectation, seen: CiCheckObservation) -> Iterator[Claim]:
    several = _by_command(expect, seen)
    whole = max(several, key=lambda judged: judged.rank)
    if seen.unread and worst(whole.parts).outcome is Outcome.FAILS and not expect.workflow:
        first = seen.unread[0]
        message = f"{whole.where.message}, but {first.path} cannot be read and may hold it too: {first.message}"
        yield IN_WORKFLOW.unknown(
            Unseen(first.reason, first.message, first.remedy), message[:400], _at(whole.where, seen)
        )
        return
    yield IN_WORKFLOW.holds(whole.where.message, *(_at(judged.where, seen) for judged in several))
    yield _claim(RUNS_ON_EVENTS, whole.starts, seen)
    yield _claim(NOT_SKIPPED, whole.skipped, seen)
    yield _claim(NOT_SOFT, whole.soft, seen)
    if whole.gate is not None:
        yield _claim(GATE_COUNTS, whole.gate, seen)
    if isinstance(seen.live, Live):
        yield from _worst(_live([judged.route for judged in several], seen.live, expect, seen))


def _chosen(routes: list[_Judged], expect: CiCheckExpectation) -> _Judged:
    """The route that speaks for all: the best one to each job, and of several jobs the best that runs the command."""
    by_job: dict[tuple[str, str], _Judged] = {}
    for judged in routes:
        job = judged.route.jobs[-1]
        key = (job.path, job.id)
        if key not in by_job or judged.rank < by_job[key].rank:
            by_job[key] = judged
    jobs = sorted(by_job.values(), key=lambda judged: judged.rank)
    first, last = jobs[0], jobs[-1]
    if expect.runs or expect.uses or worst(first.parts).outcome is worst(last.parts).outcome:
        # One job that runs the command and cannot pass without it is enough. Jobs that were only named must agree.
        return first if expect.runs or expect.uses else last
    names = " and ".join(f"`{j.route.jobs[-1].id[:40]}` ({j.route.jobs[-1].path})" for j in (first, last))
    whole = not expect.job and not expect.step
    reason = PARTLY_SOFT if whole else AMBIGUOUS
    bad = worst(last.parts)
    message = f"{names} fit the declaration, and are not alike: {bad.message}"
    doubt = Finding(Outcome.UNKNOWN, message[:400], bad.path, bad.line, reason)
    last = msgspec.structs.replace(last, gate=last.gate and _unless_bad(last.gate, doubt))
    return msgspec.structs.replace(
        last,
        starts=_unless_bad(last.starts, doubt),
        skipped=_unless_bad(last.skipped, doubt),
        soft=_unless_bad(last.soft, doubt),
    )


def _unless_bad(finding: Finding, doubt: Finding) -> Finding:
    return doubt if finding.outcome is not Outcome.HOLDS else finding


def _judged(route: Route, expect: CiCheckExpectation, seen: CiCheckObservation) -> _Judged:
    started = list(starts(route, expect, seen))
    start = worst(finding for _, finding in started)
    branches = listed(expect.branches)
    branch = branches[0] if branches else seen.default_branch
    # An event that does not start the workflow has been said; what comes after is judged as if it did.
    events = [names for names, _ in started if names] or [("pull_request",)]
    per_event: list[_Judged] = []
    for names in events:
        options = [_on_event(route, start, github(name, branch, seen.repository), expect) for name in names]
        per_event.append(min(options, key=lambda judged: judged.rank))
    return max(per_event, key=lambda judged: judged.rank)


def _on_event(route: Route, start: Finding, hub: Open, expect: CiCheckExpectation) -> _Judged:
    """The best combination of the matrix: a check that some combination cannot pass cannot be passed."""
    job = route.jobs[-1]
    legs: Sequence[Leg | None] = job.legs or (None,)
    nested = sum(len(action.steps) for action in route.inside.values() if isinstance(action, ActionSeen))
    enough = max(1, _MAX_LOOKS // (len(job.steps) + nested + 1))
    if len(legs) > enough:  # one that stands for those left out, and of which nothing is known
        legs = [*legs[:enough], Leg({}, open=True)]
    candidates: list[_Judged] = []
    for leg in legs:
        judged = _on_leg(route, start, hub, leg, expect)
        if worst(judged.parts).outcome is Outcome.HOLDS:
            return judged
        candidates.append(judged)
    return min(candidates, key=lambda judged: judged.rank)


def _on_leg(route: Route, start: Finding, hub: Open, leg: Leg | None, expect: CiCheckExpectation) -> _Judged:
    way = conditions.way(route, hub, leg)
    job = route.jobs[-1]
    skipped, soft = list(way.findings), list[Finding]()
    for outer, scope in zip(route.jobs, way.jobs, strict=True):
        finding = softness.of_key(outer.soft, scope, outer.path, f"the job `{outer.id[:60]}`")
        soft += [finding] if finding else []
    beside = [job.steps, *(action.steps for action in route.actions)]
    for step, steps, scope in zip(route.steps, beside, way.steps, strict=False):
        finding = softness.of_step(step, steps, scope)
        soft += [finding] if finding else []
    where = _where(route)
    if route.steps:
        last = route.steps[-1]
        if route.command is not None and last.run is not None:
            reach, fate = softness.of_command(last, job, way.scope, route.command)
            skipped += [reach] if reach else []
            soft += [fate] if fate else []
        elif work.is_own(last):
            skipped_steps, soft_steps = work.of_action_step(last, job, way.steps[-1], route.inside)
            skipped += skipped_steps
            soft += soft_steps
        elif route.command is None:
            finding = softness.of_script(last, job, way.scope)
            soft += [finding] if finding else []
    elif job.uses:
        line = job.line
        message = f"what the job `{job.id[:60]}` does is in {job.uses[:100]}, which cannot be seen"
        soft.append(Finding(Outcome.UNKNOWN, message, job.path, line, ELSEWHERE))
    elif not gates.is_gate(job):
        skipped_steps, soft_steps = work.of_job(job, way.scope, route.inside)
        skipped += skipped_steps
        soft += soft_steps
    gate = _gate(route, job, hub, expect, conditional=bool(way.findings))
    well = "no condition keeps it from running"
    return _Judged(
        route,
        where,
        start,
        worst(skipped) if skipped else Finding(Outcome.HOLDS, well, where.path, where.line),
        worst(soft) if soft else Finding(Outcome.HOLDS, "its failure makes the job fail", where.path, where.line),
        gate,
    )


def _where(route: Route) -> Finding:
    job = route.jobs[-1]
    if not route.steps:
        return Finding(Outcome.HOLDS, f"the job `{job.id[:60]}` is in {job.path}", job.path, job.line)
    step = route.steps[-1]
    what = f"`{route.command[:60]}` runs" if route.command else f"the step `{step.label[:60]}` is"
    line = route.at or (step.run.line if step.run else step.line)
    return Finding(Outcome.HOLDS, f"{what} in the job `{job.id[:60]}` of {job.path}", step.path, line)


def _gate(route: Route, job: JobSeen, hub: Open, expect: CiCheckExpectation, *, conditional: bool) -> Finding | None:
    """What the declared gate makes of the job; or the declared job, where it is a gate itself, of those it needs."""
    outer = route.jobs[0]
    if expect.gate:
        if not route.gates:
            message = f"{route.workflow} has no job `{expect.gate[:60]}`"
            return Finding(Outcome.FAILS, message, route.workflow, route.line, NO_GATE)
        gate = route.gates[0]
        return gates.counts(gate, outer.id, hub, may_be_skipped=conditional or bool(outer.condition or outer.needs))
    if route.steps or not gates.is_gate(job):
        return None
    members = [gates.counts(job, need, hub, may_be_skipped=_may_be_skipped(job, need)) for need in job.needs]
    return worst(members)


def _may_be_skipped(gate: JobSeen, need: str) -> bool:
    kin = gate.kin.get(need)
    return kin is None or kin.condition is not None or bool(kin.needs)


def _claim(kind: ClaimKind, finding: Finding, seen: CiCheckObservation) -> Claim:
    evidence = _at(finding, seen)
    if finding.outcome is Outcome.HOLDS:
        return kind.holds(finding.message, evidence)
    reason: Reason = finding.reason or NOT_JUDGED
    if finding.outcome is Outcome.FAILS:
        return kind.fails(reason, finding.message, evidence)
    return kind.unknown(reason, finding.message, evidence)


def _at(finding: Finding, seen: CiCheckObservation) -> Evidence:
    return Evidence(_source(finding.path, finding.line, seen), finding.message)


def _source(path: str, line: int, seen: CiCheckObservation) -> str:
    return f"{path}:{line}@{seen.commit[:12]}"
