"""From items to a report: every artifact is looked at and judged, and whatever goes wrong is INCONCLUSIVE.

What a checker's author could get wrong is done here, once: a crash, a claim that the manifest does not know, a
required rung on which nothing was claimed. None of these can end in VERIFIED or FAILED.
"""

from __future__ import annotations

import queue
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from itertools import islice
from pathlib import PurePath
from typing import Any, TypeVar

import msgspec

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
    STOPS,
    UNPARSEABLE,
    CannotTell,
    Reason,
)
from loopcheck.registry import Registry
from loopcheck.world import Session

T = TypeVar("T")

_WORKERS = 8
_GRACE = 2.0  # seconds: a look that ends with the run's time says more about itself than one that is left alone
_MAX_CLAIMS = 1000
OBSERVED = "observed"
"""The claim that stands for the look itself, where the look was not possible."""


def run(
    items: Sequence[ActionItem],
    registry: Registry,
    session: Session,
    *,
    errors: Iterable[Problem] = (),
    notes: Iterable[str] = (),
    unseen: Iterable[str] = (),
    first: Collection[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Verify `items`.

    Args:
        items: what was promised.
        registry: where checkers come from.
        session: what they look through.
        errors: what could not be read of the declarations; it goes into the report.
        notes: what a reader should know about the circumstances.
        unseen: where declarations may be that could not be looked for; the report is then not complete.
        first: ids of items that are looked at before the others, such as those that the last run did not come to.
        progress: called with how many artifacts are done, of how many.

    Returns:
        The report, its items in the order given.
    """
    moments = [item.incident.since for item in items if item.incident and item.incident.since]
    session.repository.expect_history_since(min(moments, default=None))
    jobs = [(item, artifact) for item in items for artifact in item.artifacts]
    results = _all(jobs, frozenset(first), registry, session, progress or (lambda _done, _all: None))
    done = iter(results)
    reported = tuple(_item(item, [next(done) for _ in item.artifacts], session.now.date()) for item in items)
    problems, missed = tuple(errors), tuple(unseen)
    left = not_seen(reported)
    verdict = Verdict.worst(item.verdict for item in reported)
    if problems or missed:  # what could not be read was not checked
        verdict = Verdict.worst((verdict, Verdict.INCONCLUSIVE))
    uncommitted = session.repository.uncommitted()
    said = [*missed, *([_left(left)] if left else []), *notes, *([_uncommitted(uncommitted)] if uncommitted else [])]
    complete = not missed and not left
    return Report(
        verdict,
        Run(session.now, session.repository.commit, __version__, complete, session.counts, tuple(said)),
        problems,
        reported,
    )


def not_seen(items: Iterable[ItemResult]) -> tuple[str, ...]:
    """The ids of the items that the run did not come to, or not to all of them: the next one begins with these."""
    return tuple(
        item.id for item in items if any(claim.reason in STOPS for result in item.artifacts for claim in result.claims)
    )


def _all(
    jobs: Sequence[tuple[ActionItem, Artifact]],
    first: Collection[str],
    registry: Registry,
    session: Session,
    progress: Callable[[int, int], None],
) -> list[ArtifactResult]:
    """Results in the order of `jobs`. Looks at outside systems overlap; what needs only git is done meanwhile."""
    order = sorted(range(len(jobs)), key=lambda place: jobs[place][0].id not in first)
    asks = [bool(_systems(artifact, registry)) for _, artifact in jobs]
    outside, git_only = ([place for place in order if asks[place] is wanted] for wanted in (True, False))
    results: dict[int, ArtifactResult] = {}

    def work(place: int) -> None:
        item, artifact = jobs[place]
        results[place] = examine(artifact, item, registry, session)
        progress(len(results), len(jobs))

    if not outside and session.seconds_left is None:
        for place in git_only:
            work(place)
    else:
        _together(work, git_only, outside, session)
    return [results.get(place) or _unfinished(*jobs[place], registry) for place in range(len(jobs))]


def _together(work: Callable[[int], None], git_only: list[int], outside: list[int], session: Session) -> None:
    """Do the work in threads, and return when all is done or the run's time is up.

    The threads are daemons: a checker that never returns is left alone, and does not keep the process.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for place in outside:
        waiting.put(place)

    def one_by_one() -> None:
        for place in git_only:
            work(place)

    def whatever_waits() -> None:
        while True:
            try:
                place = waiting.get_nowait()
            except queue.Empty:
                return
            work(place)

    crew = [threading.Thread(target=one_by_one, name="git", daemon=True)] if git_only else []
    crew += [
        threading.Thread(target=whatever_waits, name=f"look-{number}", daemon=True)
        for number in range(min(_WORKERS, len(outside)))
    ]
    for thread in crew:
        thread.start()
    left = session.seconds_left
    deadline = None if left is None else time.monotonic() + left + _GRACE
    for thread in crew:
        thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))


def _unfinished(item: ActionItem, artifact: Artifact, registry: Registry) -> ArtifactResult:
    """What is said of an artifact whose checker had not returned when the run's time was up."""
    try:
        distribution = registry.get(artifact.kind).distribution
    except CannotTell:
        distribution = None
    trouble = CannotTell(OUT_OF_TIME, "the run's time was used up before the checker returned")
    return _result(artifact, item, _not_observed(trouble, artifact.kind), artifact.kind, distribution)


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
        summary = _guarded(lambda: _described(checker, artifact), artifact.kind, distribution)
        if item.withheld is not None:
            return _result(artifact, item, (item.withheld,), summary, distribution)
        if session.seconds_left == 0:
            raise CannotTell(OUT_OF_TIME, OUT_OF_TIME.means)  # noqa: TRY301 - one way out for every trouble
        claims = _guarded(lambda: _claims(checker, artifact, item, session), artifact.kind, distribution)
    except CannotTell as trouble:
        if trouble.reason == CHECKER_CRASHED and trouble.__cause__ is not None:
            session.crashed(artifact.kind, trouble.__cause__)
        claims = _not_observed(trouble, artifact.kind)
    return _result(artifact, item, claims, summary, distribution)


def _result(
    artifact: Artifact, item: ActionItem, claims: tuple[Claim, ...], summary: str, distribution: str | None
) -> ArtifactResult:
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
    """`step`, with everything that it raises turned into `CannotTell`.

    Only a real Ctrl-C gets through: it reaches the main thread alone.
    """
    try:
        return step()
    except CannotTell:
        raise
    except DocumentError as error:
        raise CannotTell(UNPARSEABLE, str(error)) from error
    except BindingError as error:
        raise CannotTell(BAD_SETTINGS, str(error)) from error
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
            raise
        # Only class and place: the text of an exception may hold anything, a credential among it.
        *_, (frame, line) = traceback.walk_tb(error.__traceback__)
        place = f"{PurePath(frame.f_code.co_filename).name}:{line}"
        raise CannotTell(
            CHECKER_CRASHED,
            f"the checker `{kind}` ({distribution}) stopped with {type(error).__name__} at {place}",
        ) from error


def _described(checker: AnyChecker, artifact: Artifact) -> str:
    summary: Any = checker.describe(artifact.expect)
    if not isinstance(summary, str):
        raise CannotTell(BROKEN_CHECKER, f"`{artifact.kind}` describes itself with something that is not a text")
    return _encodable(str(summary))  # of a path, say, which no encoder takes for a text


def _claims(checker: AnyChecker, artifact: Artifact, item: ActionItem, session: Session) -> tuple[Claim, ...]:
    observation = checker.observe(artifact.expect, session.world(item.incident, item.requires))
    made: Iterable[Any] = checker.judge(artifact.expect, observation)
    claims = tuple(islice(made, _MAX_CLAIMS + 1))
    if len(claims) > _MAX_CLAIMS or not all(isinstance(claim, Claim) for claim in claims):
        raise CannotTell(BROKEN_CHECKER, f"`{artifact.kind}` made something that is not a claim, or no end of them")
    claims = _sound(claims, artifact.kind)
    known = {claim.word: claim.rung for claim in checker.manifest.claims}
    for claim in claims:
        if known.get(claim.claim) is not claim.rung:
            raise CannotTell(BROKEN_CHECKER, f"`{artifact.kind}` made a claim, `{claim.claim}`, not in its manifest")
        if (claim.outcome is Outcome.HOLDS) is not (claim.reason is None):
            raise CannotTell(BROKEN_CHECKER, f"`{artifact.kind}` gave `{claim.claim}` no reason, or one too many")
    return claims


_to_json = msgspec.json.Encoder()
_from_json = msgspec.json.Decoder(tuple[Claim, ...])


def _sound(claims: tuple[Claim, ...], kind: str) -> tuple[Claim, ...]:
    """`claims` as any reader of the report may take them: each field of its type, each text encodable.

    Structs are not checked when they are made. Writing them out and reading them back finds what a checker put
    in a wrong place before a renderer stumbles over it.
    """
    try:
        try:
            return _from_json.decode(_to_json.encode(claims))
        except UnicodeEncodeError:  # half a letter, as `json.loads` makes it of `"\ud83d"`
            mended = tuple(msgspec.structs.replace(claim, **_mended(claim)) for claim in claims)
            return _from_json.decode(_to_json.encode(mended))
    except (TypeError, ValueError, AttributeError) as error:
        raise CannotTell(BROKEN_CHECKER, f"`{kind}` made a claim that is not well formed") from error


def _mended(claim: Claim) -> dict[str, Any]:
    evidence = tuple(
        msgspec.structs.replace(one, source=_encodable(one.source), seen=_encodable(one.seen)) for one in claim.evidence
    )
    return {"message": _encodable(claim.message), "evidence": evidence}


def _encodable(text: str) -> str:
    return text.encode(errors="replace").decode() if not text.isascii() else text


def _not_observed(trouble: CannotTell, kind: str) -> tuple[Claim, ...]:
    """The claim that stands for a look that was not possible."""
    reason: object = trouble.reason
    if not isinstance(reason, Reason):
        trouble = CannotTell(BROKEN_CHECKER, f"`{kind}` could not tell, and gave no reason that is one")
        reason = trouble.reason
    assert isinstance(reason, Reason)  # noqa: S101 - tells the type checker
    claim = Claim(Rung.EXISTS, OBSERVED, Outcome.UNKNOWN, trouble.message, reason.word, reason.remedy, trouble.evidence)
    try:
        return _sound((claim,), kind)
    except CannotTell as broken:
        return _not_observed(broken, kind)


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
        url=item.url,
    )


def _left(ids: Sequence[str]) -> str:
    return f"the run stopped early, and did not come to all of {_some(ids)}"


def _uncommitted(paths: list[str]) -> str:
    return f"uncommitted changes were not looked at: {_some(paths)}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
