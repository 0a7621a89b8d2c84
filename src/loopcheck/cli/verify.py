"""`loopcheck verify`: the main job."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from loopcheck import engine, loading
from loopcheck.cli import common, output
from loopcheck.cli.progress import Progress
from loopcheck.model import Rung
from loopcheck.reports import FORMATS

write = output.write_report


@click.command()
@common.repository_options
@common.issues_option
@click.option("--item", "items", multiple=True, metavar="NAME", help="Only this item, by id or title. May be repeated.")
@click.option("--require", type=click.Choice([rung.value for rung in Rung]), help="Ask for this rung of every item.")
@click.option("--now", metavar="TIME", help="Reckon from this time instead of the clock.")
@click.option("--time-limit", type=click.FloatRange(min=0), metavar="SECONDS", help="Stop looking after this long.")
@click.option("--format", "style", type=click.Choice(FORMATS), default="text", show_default=True, help="How to write.")
@click.option(
    "--output",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the report to FILE, and the text for people still to the terminal.",
)
@click.option(
    "--ledger",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Record every change of a verdict in FILE, a line each. Proofs and drills in it count.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show the claims that hold, and all evidence.")
@click.option("--color/--no-color", default=None, help="Colours, or none.  [default: on a terminal]")
@click.option("--debug", is_flag=True, help="Show where a checker that crashed did so.")
def command(
    repo: Path,
    ref: str,
    with_issues: bool,  # noqa: FBT001 - click's signature
    items: tuple[str, ...],
    require: str | None,
    now: str | None,
    time_limit: float | None,
    style: str,
    file: Path | None,
    ledger: Path | None,
    verbose: bool,  # noqa: FBT001 - click's signature
    color: bool | None,  # noqa: FBT001
    debug: bool,  # noqa: FBT001
) -> None:
    """Look at every declared artifact and say which items are done.

    Exit codes: 0 all verified; 1 something failed; 2 a declaration cannot be read; 3 something could not be
    seen; 4 stopped early.
    """
    at = common.moment(now)
    loaded = loading.load(repo, ref)
    try:
        session = loading.session(loaded, at, time_limit)
        if ledger is not None:
            session.past = common.recalled(ledger).past
        if with_issues:
            loaded = common.with_issues(loaded, session)
        picked = common.chosen(loaded.declared.items, items)
        if require is not None:
            picked = tuple(msgspec.structs.replace(item, requires=Rung(require)) for item in picked)
        with Progress() as progress:
            report = engine.run(
                picked,
                loaded.registry,
                session,
                errors=loaded.declared.problems,
                notes=loading.notes(loaded),
                unseen=loaded.declared.unseen,
                progress=progress.step,
            )
    finally:
        loaded.repository.close()
    if debug:
        from loopcheck.cli.debug import show

        for kind, error in session.crashes:
            show(f"the checker `{kind}` crashed", error)
    if ledger is not None:
        from loopcheck.handlers.local import record

        record(report, ledger)
    write(report, style, file, verbose=verbose, color=color)
    sys.exit(int(common.exit_code(report)))
