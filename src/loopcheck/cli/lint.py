"""`loopcheck lint`: whether declarations can be read. For editors, hooks and pull requests from strangers.

It asks for nothing but the text: no secret, no network, no history.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from loopcheck import loading, sources
from loopcheck.cli import common, output
from loopcheck.cli.work_tree import WorkTree
from loopcheck.config import read_config
from loopcheck.errors import ExitCode, UsageError
from loopcheck.registry import InstalledCheckers
from loopcheck.reports.clean import one_line
from loopcheck.world import File


@click.command()
@common.repository_options
@click.option("--color/--no-color", default=None, help="Colours, or none.  [default: on a terminal]")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILES]...")
def command(repo: Path, ref: str, color: bool | None, files: tuple[Path, ...]) -> None:  # noqa: FBT001 - click
    """Say whether declarations can be read: FILES as they are on disk, or all that are committed at REF.

    Exit codes: 0 all can be read; 2 one cannot.
    """
    if files:
        declared = _understood(files, WorkTree.around(repo))
    else:
        loaded = loading.load(repo, ref)
        loaded.repository.close()
        declared = loaded.declared
    from loopcheck.reports.text import problem_lines

    lines = [line for problem in declared.problems for line in problem_lines(problem)]
    count = f"{len(declared.items)} item{'' if len(declared.items) == 1 else 's'}"
    read = f"{count} in {declared.files} file{'' if declared.files == 1 else 's'} can be read"
    mistakes = len(declared.problems)
    wrong = f", {mistakes} mistake{'' if mistakes == 1 else 's'} to mend" if mistakes else ""
    output.say([*lines, [(f"{read}{wrong}.", "")]], color)
    sys.exit(int(ExitCode.USAGE if declared.problems else ExitCode.VERIFIED))


def _understood(files: tuple[Path, ...], disk: WorkTree) -> sources.Declared:
    config = read_config(disk)
    found: list[File] = []
    for given in files:
        path = disk.name_of(given)
        if path.rpartition(".")[2].lower() not in ("md", "markdown", "yml", "yaml"):
            click.echo(f"note: {one_line(path)} is neither Markdown nor YAML, and was not read", err=True)
            continue
        file = disk.read(path)
        if file is None:
            raise UsageError(f"there is no file {given}")
        found.append(file)
    return sources.understand(found, config.file, InstalledCheckers())
