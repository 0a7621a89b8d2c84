"""`loopcheck demo`: loopcheck, on a story that comes with it."""

from __future__ import annotations

import shlex
import shutil
import sys
import textwrap
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from loopcheck import engine, loading
from loopcheck.cli import backtest, common, output, replays, verify
from loopcheck.demo import standin, story
from loopcheck.replay import Backtest

_WIDTH = 104
"""Of a paragraph, in characters, where there is room."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("loopcheck-demo"), metavar="[DIR]")
@click.option("--now", metavar="TIME", help="Tell the story as of this time instead of the clock's.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write pictures there.")
@click.option("--color/--no-color", default=None, help="Colours, or none.  [default: on a terminal]")
def command(folder: Path, now: str | None, svg: Path | None, color: bool | None) -> None:  # noqa: FBT001 - click's
    """Write a small repository that tells the story of an incident, and verify it.

    Needs git, and nothing else: no account, no network. DIR is made, and must not hold anything yet.
    """
    at = common.moment(now) or datetime.now(UTC)
    called = _called()
    story.write(folder, at)
    _tell(
        f"{folder} is a git repository now. In it: an outage (INC-142), its post-mortem with four action items, "
        "and what four people did about them since. All four say that they are done."
    )
    click.echo(f"$ cd {folder}\n$ {called} verify\n")
    loaded = loading.load(folder, "HEAD")
    try:
        # Whatever keys are set here, nobody is asked: the story is told of what is in the folder.
        session = loading.session(loaded, at, environment={})
        report = engine.run(loaded.declared.items, loaded.registry, session, errors=loaded.declared.problems)
    finally:
        loaded.repository.close()
    verify.write(report, "text", None, verbose=False, color=color)
    click.echo()
    _tell(
        "Dan says that he is done. He is not: that is what loopcheck is for. Bob may be: only GitHub can tell "
        "whether his check is required, and nobody asked it."
    )
    _show_proof(folder, at, svg, called, color)
    click.echo("Now break what they did, on branches made for it:\n")
    for breakage in story.BREAKAGES:
        click.echo(f"  git diff main {breakage.branch}; {called} verify --ref {breakage.branch}")
        click.echo(f"      FAILED, {breakage.reason}: {breakage.teaches}\n")
    click.echo(f"Then open {folder / 'postmortems' / 'replication-lag.md'} and see what an action item looks like.")


def _tell(text: str) -> None:
    """A paragraph, no wider than the terminal."""
    click.echo(textwrap.fill(text, min(_WIDTH, shutil.get_terminal_size().columns), break_long_words=False) + "\n")


def _show_proof(folder: Path, at: datetime, svg: Path | None, called: str, color: bool | None) -> None:  # noqa: FBT001
    """Say whether the alert would have fired, as it was first written and as it is, and draw it."""
    from loopcheck.reports.backtest import answer

    proof, look = replayed(folder, at), output.look(color)
    _tell(
        "Alice's alert is in force. Would it have fired that day? The pager went off after 41 minutes, for something "
        "else. How far behind the replicas were comes with the demo: for a moment a server on this machine answered "
        "with it as Datadog would, and both versions of the alert that git has were replayed."
    )
    for one in proof:
        output.say(answer(one, width=look.width, ascii_only=not look.draws), color)
    if svg is None:
        click.echo(f"`{called} demo another-folder --svg lag.svg` draws the same as pictures.\n")
    else:
        written = backtest.write_pictures(svg, proof)
        click.echo(f"The same as pictures: {', '.join(map(str, written))}.\n")


def replayed(folder: Path, at: datetime) -> tuple[Backtest, Backtest]:
    """The story's alert, replayed over its incident: as it was first written, and as it is on the main branch.

    Args:
        folder: where the story's repository is.
        at: the time that the story is told at.
    """
    with standin.answering(story.started_at(at)) as environment, ExitStack() as stack:
        loaded = loading.load(folder, "main")
        stack.callback(loaded.repository.close)
        items = common.chosen(loaded.declared.items, (story.ALERT,))
        jobs = []
        for ref, name in ((story.FIRST_ALERT, "As first written"), ("main", "As the action item asks")):
            version = stack.enter_context(replays.as_of(loaded, ref))
            session = loading.session(version, at, environment=environment)
            for subject in replays.declared(version, items, session, written=True):
                named = msgspec.structs.replace(subject, name=f"{name}, at {ref}")
                jobs += [(named, period) for period in replays.own(subject)]
        first, now = replays.run(jobs)
    return first, now


def _called() -> str:
    """How this program is called from another folder: by its name, if that is on the path."""
    program = Path(sys.argv[0])
    if shutil.which("loopcheck"):
        return "loopcheck"
    return shlex.join([str(program.absolute())] if program.name == "loopcheck" else [sys.executable, "-m", "loopcheck"])
