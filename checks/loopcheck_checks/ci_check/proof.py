"""Whether a check fails on the bad commit and passes on the good one: by the record, or by somebody's trial. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from loopcheck.checker import Claim, Evidence, Outcome, Reason, Unseen
from loopcheck.model import Proof
from loopcheck_checks.ci_check.commits import CommitSeen, Form, JobEnded, ProofSeen, RunThere
from loopcheck_checks.ci_check.forms import same
from loopcheck_checks.ci_check.manifest import (
    FAILED_ON_GOOD,
    FAILS_ON_BAD,
    MIXED_RECORD,
    NOT_CONCLUDED,
    NOT_RECORDED,
    NOT_TOLD_APART,
    OLDER_FORM,
    PASSED_ON_BAD,
    PASSES_ON_GOOD,
    CiCheckExpectation,
)
from loopcheck_checks.ci_check.seen import Route
from loopcheck_checks.ci_check.shown import shown, step_shown
from loopcheck_checks.ci_check.trial import alone
from loopcheck_checks.ci_check.work import is_auxiliary

_RUNNERS_OWN = ("Set up job", "Set up runner", "Initialize containers", "Pre ", "Post ", "Stop containers",
                "Complete job", "Complete runner")  # fmt: skip
"""Steps that the runner adds, by how their names begin."""


class _Said(msgspec.Struct, frozen=True):
    """What a record says of a check on a commit."""

    passed: bool | None
    """`None` where it says nothing."""
    message: str
    reason: Reason = NOT_RECORDED
    """Why it says nothing."""
    evidence: tuple[Evidence, ...] = ()


def proof(expect: CiCheckExpectation, seen: ProofSeen, lately: Claim | None) -> Iterator[Claim]:
    """The claims on the rung `proven`.

    Args:
        expect: what was declared.
        seen: what speaks for it.
        lately: what was said of its having passed lately, which speaks for the good commit where nobody named one.
    """
    tried = seen.tried if isinstance(seen.tried, Proof) else None
    yield _bad(expect, seen, tried)
    yield _good(expect, seen, tried, lately)


def _bad(expect: CiCheckExpectation, seen: ProofSeen, tried: Proof | None) -> Claim:
    if isinstance(seen.bad, Unseen):
        return FAILS_ON_BAD.unknown(seen.bad)
    commit = seen.bad.commit[:12]
    said = _recorded(expect, seen.bad)
    if said.passed is False:
        return FAILS_ON_BAD.holds(f"it failed on {commit}: {said.message}", *said.evidence)
    if tried is not None and tried.bad.code != 0:
        return FAILS_ON_BAD.holds(f"it failed on {commit}, where {_who(tried)} ran it", _trial(tried), *said.evidence)
    if tried is not None:
        return FAILS_ON_BAD.fails(PASSED_ON_BAD, f"it passed on {commit}, where {_who(tried)} ran it", _trial(tried))
    if said.passed:
        return FAILS_ON_BAD.fails(PASSED_ON_BAD, f"it passed on {commit}: {said.message}", *said.evidence)
    more = f"; {seen.tried.message}" if isinstance(seen.tried, Unseen) else ""
    return FAILS_ON_BAD.unknown(_why(said.reason, seen.bad), f"{commit}: {said.message}{more}"[:500], *said.evidence)


def _good(expect: CiCheckExpectation, seen: ProofSeen, tried: Proof | None, lately: Claim | None) -> Claim:
    if isinstance(seen.good, Unseen):
        return PASSES_ON_GOOD.unknown(seen.good)
    commit = seen.good.commit[:12]
    said = _recorded(expect, seen.good)
    if said.passed:
        return PASSES_ON_GOOD.holds(f"it passed on {commit}: {said.message}", *said.evidence)
    if not seen.good_declared and lately is not None and lately.outcome is Outcome.HOLDS:
        # The newest commit may be so new that nothing has run on it, or be reached only by merging what was checked.
        return PASSES_ON_GOOD.holds(f"on the branch as it is now: {lately.message}", *lately.evidence)
    mine = tried is not None and (not seen.good_declared or tried.good.commit == seen.good.commit)
    if tried is not None and mine and tried.good.code == 0:
        where = tried.good.commit[:12]
        return PASSES_ON_GOOD.holds(f"it passed on {where}, where {_who(tried)} ran it", _trial(tried), *said.evidence)
    if said.passed is False:
        return PASSES_ON_GOOD.fails(FAILED_ON_GOOD, f"it failed on {commit}: {said.message}", *said.evidence)
    if tried is not None and mine:
        message = f"it failed on {tried.good.commit[:12]}, where {_who(tried)} ran it"
        return PASSES_ON_GOOD.fails(FAILED_ON_GOOD, message, _trial(tried))
    return PASSES_ON_GOOD.unknown(_why(said.reason, seen.good), f"{commit}: {said.message}"[:500], *said.evidence)


def _why(reason: Reason, commit: CommitSeen) -> Reason | Unseen:
    """The reason, or the trouble for which there is none: GitHub was not asked, or the clone is shallow."""
    if isinstance(commit.runs, Unseen):
        return commit.runs
    return commit.forms if reason is OLDER_FORM and isinstance(commit.forms, Unseen) else reason


def _who(tried: Proof) -> str:
    return tried.by[:60] or "somebody"


def _trial(tried: Proof) -> Evidence:
    tries = ((one.commit[:12], one.code, one.log[:12]) for one in (tried.bad, tried.good))
    seen = ", ".join(f"exit {code} on {commit} (log sha256:{log})" for commit, code, log in tries)
    return Evidence(f"ledger: the trial {tried.key[:12]}", seen, tried.at)


def _recorded(expect: CiCheckExpectation, commit: CommitSeen) -> _Said:
    """What GitHub's record of a commit says of the check as it is now, all of its commands together."""
    if isinstance(commit.runs, Unseen):
        return _Said(None, commit.runs.message)
    forms = commit.forms
    if isinstance(forms, Unseen):
        return _Said(None, forms.message, OLDER_FORM)
    parts = [_of_form(expect, form, commit.commit, commit.runs) for form in forms]
    failed = next((part for part in parts if part.passed is False), None)
    return failed or next((part for part in parts if part.passed is None), parts[0])


def _of_form(expect: CiCheckExpectation, form: Form, commit: str, runs: Iterable[RunThere]) -> _Said:
    then = form.then or form.now
    there = [run for run in runs if run.workflow == then.workflow]
    if not there:
        return _Said(None, f"GitHub lists no run of {then.workflow} on it")
    parts = [_of_run(expect, then, run) for run in there]
    sure = [part for part in parts if part.passed is not None]
    if not sure:
        return next((part for part in parts if part.reason is not NOT_RECORDED), parts[0])
    evidence = tuple(dict.fromkeys(one for part in sure for one in part.evidence))[:5]
    if len({part.passed for part in sure}) > 1:
        return _Said(None, f"of {len(sure)} runs on it some failed and some passed", MIXED_RECORD, evidence)
    if form.then is None:
        return _Said(None, f"{sure[0].message}; the workflows of that commit have no such check", OLDER_FORM, evidence)
    ran = Evidence(f"{then.workflow}:{then.jobs[0].line}@{commit[:12]}", f"the workflow that ran: {form.blob or ''}")
    if not same(form.now, then):
        return _Said(None, f"{sure[0].message}, and did other work than today", OLDER_FORM, (*evidence, ran))
    return msgspec.structs.replace(sure[0], evidence=(*evidence, ran))


def _of_run(expect: CiCheckExpectation, then: Route, run: RunThere) -> _Said:
    if isinstance(run.jobs, Unseen):
        reason = Reason(run.jobs.reason, run.jobs.message, run.jobs.remedy)
        return _Said(None, run.jobs.message, reason, (Evidence(run.page, "its jobs were not shown", run.at),))
    names = shown(then.jobs)
    jobs = [job for job in run.jobs if any(name.may_be(job.name) for name in names)]
    if not jobs:
        return _Said(None, f"{then.workflow} ran on it without this job", NOT_RECORDED, (_page(run, "no such job"),))
    parts = [_of_job(expect, then, job, run) for job in jobs]
    for wanted in (False, None):  # one combination that fails is enough: the others may be cancelled for it
        worst = next((part for part in parts if part.passed is wanted), None)
        if worst is not None:
            return worst
    return parts[0]


def _of_job(expect: CiCheckExpectation, then: Route, job: JobEnded, run: RunThere) -> _Said:
    here = f"the job `{job.name[:80]}` ended as `{job.conclusion or 'unfinished'}`"
    if not then.steps:
        if job.conclusion == "failure" and not _did_fail_itself(then, job):
            message = f"{here} before it came to its work"
            return _Said(None, message, NOT_TOLD_APART, (_page(run, here),))
        return _ended(job.conclusion, here, run)
    step = then.steps[0]
    name = step_shown(step)
    those = {one.conclusion for one in job.steps if name.may_be(one.name)}
    if len(those) != 1:
        what = "shows no step" if not those else "shows several steps"
        return _Said(None, f"{here}, and the record {what} `{name.text[:60]}`", NOT_TOLD_APART, (_page(run, here),))
    (word,) = those
    what = f"the step `{name.text[:60]}` of `{job.name[:60]}` ended as `{word or 'unfinished'}`"
    said = _ended(word, what, run)
    if said.passed is False and (len(then.steps) > 1 or (then.command and not expect.step and not alone(step))):
        return _Said(None, f"{what}, and does more than this", NOT_TOLD_APART, said.evidence)
    if said.passed and any(one.soft is not None for one in then.steps):
        return _Said(None, f"{what}, as it does whatever happens in it", NOT_TOLD_APART, said.evidence)
    return said


def _ended(conclusion: str | None, what: str, run: RunThere) -> _Said:
    evidence = (_page(run, what),)
    if conclusion in ("success", "failure"):
        return _Said(conclusion == "success", f"{what} ({run.event}, {run.at:%Y-%m-%d})", evidence=evidence)
    return _Said(None, what, NOT_CONCLUDED, evidence)


def _did_fail_itself(then: Route, job: JobEnded) -> bool:
    """Whether a step failed that the job is there for, as far as the record shows steps."""
    aside = [step_shown(step) for step in then.jobs[-1].steps if is_auxiliary(step)]
    failed = [step.name for step in job.steps if step.conclusion == "failure"]
    return not job.steps or any(
        not name.startswith(_RUNNERS_OWN) and not any(one.may_be(name) for one in aside) for name in failed
    )


def _page(run: RunThere, what: str) -> Evidence:
    return Evidence(run.page, what, run.at)
