"""From items to a report: every artifact is looked at and judged, and whatever goes wrong is INCONCLUSIVE.

What a checker's author could get wrong is done here, once: a crash, a claim that the manifest does not know, a
required rung on which nothing was claimed. None of these can end in VERIFIED or FAILED.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import PurePath
from typing import TypeVar

from loopcheck import __version__
from loopcheck.binding import BindingError
from loopcheck.checker import AnyChecker
from loopcheck.documents.origin import DocumentError
from loopcheck.model import (
    ActionItem,
    Artifact,
    ArtifactResult,
    Claim,
    ItemResult,
    Outcome,
    Problem,
    Report,
    Run,
    Rung,
    Verdict,
)
from loopcheck.reasons import (
    BAD_SETTINGS,
    BROKEN_CHECKER,
    CHECKER_CRASHED,
    NOTHING_CHECKED,
    OUT_OF_TIME,
    UNPARSEABLE,
    CannotTell,
)
from loopcheck.registry import Registry
from loopcheck.world import Session

T = TypeVar("T")

_WORKERS = 8
OBSERVED = "observed"
"""The claim that stands for the look itself, where the look was not possible."""


def run(
    items: Sequence[ActionItem],
    registry: Registry,
    session: Session,
    *,
    errors: Iterable[Problem] = (),
    notes: Iterable[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Verify `items`.

    Args:
        items: what was promised.
        registry: where checkers come from.
        session: what they look through.
        errors: what could not be read of the declarations; it goes into the report.
        notes: what a reader should know about the circumstances.
        progress: called with how many artifacts are done, of how many.

    Returns:
        The report, its items in the order given.
    """
    moments = [item.incident.since for item in items if item.incident and item.incident.since]
    session.repository.expect_history_since(min(moments, default=None))
    jobs = [(item, artifact) for item in items for artifact in item.artifacts]
    results = _all(jobs, registry, session, progress or (lambda _done, _all: None))
    done = iter(results)
    reported = tuple(_item(item, [next(done) for _ in item.artifacts], session.now.date()) for item in items)
    problems = tuple(errors)
    complete = not any(claim.reason == OUT_OF_TIME.word for result in results for claim in result.claims)
    verdict = Verdict.worst(item.verdict for item in reported)
    if problems:  # what could not be read was not checked
        verdict = Verdict.worst((verdict, Verdict.INCONCLUSIVE))
    uncommitted = session.repository.uncommitted()
    said = [*notes, *([_uncommitted(uncommitted)] if uncommitted else [])]
    return Report(
        verdict,
        Run(session.now, session.repository.commit, __version__, complete, session.counts, tuple(said)),
        problems,
        reported,
    )


def _all(
    jobs: Sequence[tuple[ActionItem, Artifact]],
    registry: Registry,
    session: Session,
    progress: Callable[[int, int], None],
) -> list[ArtifactResult]:
    """Results in the order of `jobs`. Looks at outside systems overlap; what needs only git is done meanwhile."""
    outside = [place for place, (_, artifact) in enumerate(jobs) if _systems(artifact, registry)]
    results: dict[int, ArtifactResult] = {}

    def work(place: int) -> None:
        item, artifact = jobs[place]
        results[place] = examine(artifact, item, registry, session)
        progress(len(results), len(jobs))

    if not outside:
        for place in range(len(jobs)):
            work(place)
        return [results[place] for place in range(len(jobs))]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_WORKERS, "look") as pool:
        waiting = [pool.submit(work, place) for place in outside]
        elsewhere = set(outside)
        for place in range(len(jobs)):
            if place not in elsewhere:
                work(place)
        for future in waiting:
            future.result()
    return [results[place] for place in range(len(jobs))]


def _systems(artifact: Artifact, registry: Registry) -> tuple[str, ...]:
    if artifact.expect is None:
        return ()
    try:
        systems: tuple[str, ...] = registry.get(artifact.kind).checker.manifest.systems
    except CannotTell:
        return ()
    return systems


def examine(artifact: Artifact, item: ActionItem, registry: Registry, session: Session) -> ArtifactResult:
    """Look at one artifact and judge it. Never raises for anything that a checker does."""
    distribution: str | None = None
    summary = artifact.kind
    try:
        registered = registry.get(artifact.kind)
        distribution = registered.distribution
        checker: AnyChecker = registered.checker
        summary = _guarded(lambda: checker.describe(artifact.expect), artifact.kind, distribution)
        if session.seconds_left == 0:
            raise CannotTell(OUT_OF_TIME, OUT_OF_TIME.means)  # noqa: TRY301 - one way out for every trouble
        claims = _guarded(lambda: _claims(checker, artifact, item, session), artifact.kind, distribution)
    except CannotTell as trouble:
        claims = (_not_observed(trouble),)
    claims = _with_required(claims, item.requires)
    return ArtifactResult(
        kind=artifact.kind,
        verdict=verdict_of(claims, item.requires),
        claims=claims,
        rung=rung_of(claims),
        summary=summary,
        location=artifact.location,
        distribution=distribution,
    )


def _guarded(step: Callable[[], T], kind: str, distribution: str) -> T:
    """`step`, with everything that it raises turned into `CannotTell`."""
    try:
        return step()
    except CannotTell:
        raise
    except DocumentError as error:
        raise CannotTell(UNPARSEABLE, str(error)) from error
    except BindingError as error:
        raise CannotTell(BAD_SETTINGS, str(error)) from error
    except Exception as error:
        # Only class and place: the text of an exception may hold anything, a credential among it.
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{PurePath(where.filename).name}:{where.lineno}"
        raise CannotTell(
            CHECKER_CRASHED,
            f"the checker `{kind}` ({distribution}) stopped with {type(error).__name__} at {place}",
        ) from error


def _claims(checker: AnyChecker, artifact: Artifact, item: ActionItem, session: Session) -> tuple[Claim, ...]:
    observation = checker.observe(artifact.expect, session.world(item.incident))
    claims = tuple(checker.judge(artifact.expect, observation))
    known = {claim.word: claim.rung for claim in checker.manifest.claims}
    for claim in claims:
        if known.get(claim.claim) is not claim.rung:
            raise CannotTell(BROKEN_CHECKER, f"`{artifact.kind}` made a claim, `{claim.claim}`, not in its manifest")
        if (claim.outcome is Outcome.HOLDS) is not (claim.reason is None):
            raise CannotTell(BROKEN_CHECKER, f"`{artifact.kind}` gave `{claim.claim}` no reason, or one too many")
    return claims


def _not_observed(trouble: CannotTell) -> Claim:
    reason = trouble.reason
    return Claim(Rung.EXISTS, OBSERVED, Outcome.UNKNOWN, trouble.message, reason.word, reason.remedy, trouble.evidence)


def _with_required(claims: tuple[Claim, ...], requires: Rung) -> tuple[Claim, ...]:
    """`claims`, and an unknown one for each rung up to the required one on which nothing was claimed.

    Where something below already fails or is unknown, the rungs above need no word.
    """
    if any(claim.outcome is not Outcome.HOLDS and claim.rung <= requires for claim in claims):
        return claims
    missing = [rung for rung in Rung if rung <= requires and all(claim.rung is not rung for claim in claims)]
    return claims + tuple(
        Claim(
            rung,
            OBSERVED,
            Outcome.UNKNOWN,
            f"nothing shows that this is {rung.value}",
            NOTHING_CHECKED.word,
            NOTHING_CHECKED.remedy,
        )
        for rung in missing
    )


def verdict_of(claims: Iterable[Claim], requires: Rung) -> Verdict:
    """The verdict on an artifact: the worst of its claims at or below the required rung."""
    meaning = {
        Outcome.HOLDS: Verdict.VERIFIED,
        Outcome.UNKNOWN: Verdict.INCONCLUSIVE,
        Outcome.FAILS: Verdict.FAILED,
    }
    return Verdict.worst(meaning[claim.outcome] for claim in claims if claim.rung <= requires)


def rung_of(claims: Sequence[Claim]) -> Rung | None:
    """The highest rung that is claimed, and up to which every claim holds."""
    reached: Rung | None = None
    for rung in Rung:
        here = [claim for claim in claims if claim.rung is rung]
        if not here or any(claim.outcome is not Outcome.HOLDS for claim in here):
            break
        reached = rung
    return reached


def _item(item: ActionItem, results: list[ArtifactResult], today: date) -> ItemResult:
    verdict = Verdict.worst(result.verdict for result in results)
    rungs = [result.rung for result in results]
    lowest = None if None in rungs else min((rung for rung in rungs if rung is not None), default=None)
    return ItemResult(
        id=item.id,
        title=item.title,
        owner=item.owner,
        due=item.due,
        location=item.location,
        requires=item.requires,
        rung=lowest,
        verdict=verdict,
        artifacts=tuple(results),
        incident=item.incident,
        kind=item.kind,
        overdue=item.due is not None and item.due < today and verdict is not Verdict.VERIFIED,
    )


def _uncommitted(paths: list[str]) -> str:
    shown = ", ".join(paths[:5]) + (f" and {len(paths) - 5} more" if len(paths) > 5 else "")
    return f"uncommitted changes were not looked at: {shown}"
