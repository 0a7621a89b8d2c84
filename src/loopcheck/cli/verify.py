"""`loopcheck verify`: the main job."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from loopcheck import engine
from loopcheck.cli import common
from loopcheck.model import Report, Rung
from loopcheck.reports import FORMATS, renderer


@click.command()
@common.repository_options
@click.option("--item", "items", multiple=True, metavar="NAME", help="Only this item, by id or title. May be repeated.")
@click.option("--require", type=click.Choice([rung.value for rung in Rung]), help="Ask for this rung of every item.")
@click.option("--now", metavar="TIME", help="Reckon from this time instead of the clock.")
@click.option("--time-limit", type=click.FloatRange(min=0), metavar="SECONDS", help="Stop looking after this long.")
@click.option("--format", "style", type=click.Choice(FORMATS), default="text", show_default=True, help="How to write.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE.")
@click.option("-v", "--verbose", is_flag=True, help="Show the claims that hold, and all evidence.")
@click.option("--color/--no-color", default=None, help="Colours, or none.  [default: on a terminal]")
def command(
    repo: Path,
    ref: str,
    items: tuple[str, ...],
    require: str | None,
    now: str | None,
    time_limit: float | None,
    style: str,
    output: Path | None,
    verbose: bool,  # noqa: FBT001 - click's signature
    color: bool | None,  # noqa: FBT001
) -> None:
    """Look at every declared artifact and say which items are done.

    Exit codes: 0 all verified; 1 something failed; 2 a declaration cannot be read; 3 something could not be
    seen; 4 stopped early.
    """
    at = common.moment(now)
    loaded = common.load(repo, ref)
    picked = common.chosen(loaded.declared.items, items)
    if require is not None:
        picked = tuple(msgspec.structs.replace(item, requires=Rung(require)) for item in picked)
    session = common.session(loaded, at, time_limit)
    try:
        report = engine.run(picked, loaded.registry, session, errors=loaded.declared.problems)
    finally:
        loaded.repository.close()
    write(report, style, output, verbose=verbose, color=color)
    sys.exit(int(common.exit_code(report)))


def write(report: Report, style: str, output: Path | None, *, verbose: bool, color: bool | None) -> None:
    """Write the report where and how it is wanted."""
    if style == "text":
        from loopcheck.reports import text

        written = text.render(report, verbose=verbose)
    else:
        written = renderer(style)(report)
    if output is not None:
        output.write_text(written, "utf-8")
    else:
        click.echo(written, nl=False, color=color)
