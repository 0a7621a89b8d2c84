"""A pull request or a merge group is judged, as `loopcheck run` calls it."""

from __future__ import annotations

from loopcheck.effects.apply import Applied
from loopcheck.events import MergeGroup, PullRequestChanged
from loopcheck.gate.judgement import Inconclusive
from loopcheck.handlers import pull_request
from loopcheck.handlers.asked import Asked, Outcome


def handle(event: PullRequestChanged | MergeGroup, asked: Asked) -> Outcome:
    """Judge a change, and give its head the status.

    Raises:
        NotARepositoryError: there is no checkout.
    """
    gate = pull_request.Gate(
        checkout=asked.checkout,
        environment=asked.environment,
        seconds=asked.seconds,
        inconclusive=Inconclusive.BLOCK if asked.blocks else Inconclusive.PASS,
        dry_run=asked.dry_run,
        trusted=asked.trusted,
        now=asked.now,
        sleep=asked.sleep,
        clock=asked.clock,
    )
    done = pull_request.handle(event, gate)
    return Outcome(
        done.report,
        done.plan,
        tuple(Applied(one.effect, one.done, one.because) for one in done.applied),
        summary=done.summary,
        status=done.conclusion.value,
        exit_code=done.exit_code,
    )
