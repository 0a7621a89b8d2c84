"""`loopcheck demo`: loopcheck, on a story that comes with it."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import click

from loopcheck import engine, loading
from loopcheck.cli import common, verify
from loopcheck.demo import story


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("loopcheck-demo"), metavar="[DIR]")
@click.option("--now", metavar="TIME", help="Tell the story as of this time instead of the clock's.")
@click.option("--color/--no-color", default=None, help="Colours, or none.  [default: on a terminal]")
def command(folder: Path, now: str | None, color: bool | None) -> None:  # noqa: FBT001 - click's signature
    """Write a small repository that tells the story of an incident, and verify it.

    Needs git, and nothing else: no account, no network. DIR is made, and must not hold anything yet.
    """
    at = common.moment(now)
    called = _called()
    story.write(folder, at)
    click.echo(
        f"{folder} is a git repository now. In it: an outage (INC-142), its post-mortem with four action items,\n"
        "and what four people did about them since. All four say that they are done.\n"
        f"\n$ cd {folder}\n$ {called} verify\n"
    )
    loaded = loading.load(folder, "HEAD")
    try:
        report = engine.run(
            loaded.declared.items, loaded.registry, loading.session(loaded, at), errors=loaded.declared.problems
        )
    finally:
        loaded.repository.close()
    verify.write(report, "text", None, verbose=False, color=color)
    click.echo(
        "\nDan says that he is done. He is not: that is what loopcheck is for. Bob may be: only GitHub can tell\n"
        "whether his check is required, and nobody asked it. Now break what they did, on branches made for it:\n"
    )
    for breakage in story.BREAKAGES:
        click.echo(f"  git diff main {breakage.branch}; {called} verify --ref {breakage.branch}")
        click.echo(f"      FAILED, {breakage.reason}: {breakage.teaches}\n")
    click.echo(f"Then open {folder / 'postmortems' / 'replication-lag.md'} and see what an action item looks like.")


def _called() -> str:
    """How this program is called from another folder: by its name, if that is on the path."""
    program = Path(sys.argv[0])
    if shutil.which("loopcheck"):
        return "loopcheck"
    return shlex.join([str(program.absolute())] if program.name == "loopcheck" else [sys.executable, "-m", "loopcheck"])
