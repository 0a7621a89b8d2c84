"""`loopcheck run`: what the action does at an event, from a shell."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from loopcheck.cli import common, output


@click.command()
@click.option(
    "--repo", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="A folder in the checkout."
)
@click.option("--dry-run", is_flag=True, help="Write nothing; print exactly what would be written.")
@click.option("--event", "name", metavar="NAME", help="Instead of GITHUB_EVENT_NAME, such as `schedule`.")
@click.option(
    "--payload",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="The event's JSON, instead of GITHUB_EVENT_PATH.",
)
@click.option("--now", metavar="TIME", help="Reckon from this time instead of the clock.")
@click.option("--time-limit", type=click.FloatRange(min=0), metavar="SECONDS", help="Stop looking after this long.")
@click.option(
    "--inconclusive",
    type=click.Choice(("block", "pass")),
    default="block",
    show_default=True,
    help="Whether the status of a pull request is red for what could not be seen.",
)
@click.option("--color/--no-color", default=None, help="Colours, or none.  [default: on a terminal]")
def command(
    repo: Path,
    dry_run: bool,  # noqa: FBT001 - click's signature
    name: str | None,
    file: Path | None,
    now: str | None,
    time_limit: float | None,
    inconclusive: str,
    color: bool | None,  # noqa: FBT001
) -> None:
    """Do what an event of GitHub asks for: sweep, verify one issue, obey a comment, judge a pull request.

    Needs GITHUB_REPOSITORY and GITHUB_TOKEN, and an event. Exit codes: as for `verify`; of a pull request, whether
    it may be merged.
    """
    from loopcheck import handlers
    from loopcheck.events import payload
    from loopcheck.handlers.asked import Asked

    environment = dict(os.environ)
    if name is not None:
        environment["GITHUB_EVENT_NAME"] = name
    if file is not None:
        environment["GITHUB_EVENT_PATH"] = str(file)
    asked = Asked(
        checkout=repo,
        environment=environment,
        seconds=time_limit,
        dry_run=dry_run,
        blocks=inconclusive == "block",
        now=common.moment(now),
    )
    outcome = handlers.handle(payload.read(environment), asked)
    if outcome.report is not None:
        from loopcheck.reports import text

        output.say(text.lines(outcome.report), color)
    if outcome.summary and not (dry_run and outcome.plan.effects):  # which would show it again
        from loopcheck.effects.shown import body_lines

        output.say(body_lines(outcome.summary), color)
    output.say(common.outcome_lines(outcome, dry_run=dry_run), color)
    sys.exit(int(common.outcome_code(outcome)))
