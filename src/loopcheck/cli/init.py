"""`loopcheck init`: the files that a repository needs to use loopcheck. What is there is never touched."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

import click

from loopcheck import __version__
from loopcheck.cli import output
from loopcheck.errors import UsageError
from loopcheck.reports.clean import one_line
from loopcheck.reports.text import Line
from loopcheck.world.git import Git, GitError

_WORKFLOWS = ("sweep", "issues", "pull-request")
_FILES = {
    "loopcheck.yml": (".github/loopcheck.yml", ".github/loopcheck.yaml"),
    "action-item.yml": (".github/ISSUE_TEMPLATE/action-item.yml", ".github/ISSUE_TEMPLATE/action-item.yaml"),
    **{
        f"workflows/{name}.yml": (f".github/workflows/loopcheck-{name}.yml", f".github/workflows/loopcheck-{name}.yaml")
        for name in _WORKFLOWS
    },
}
"""Each template with the path that it is written to, and others at which the same file may be already."""


@click.command()
@click.option(
    "--repo", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="A folder in the checkout."
)
@click.option("--color/--no-color", default=None, help="Colours, or none.  [default: on a terminal]")
def command(repo: Path, color: bool | None) -> None:  # noqa: FBT001 - click's signature
    """Write the configuration, an issue form and the workflows. A file that is there is left as it is."""
    try:
        top = Path(os.fsdecode(Git(repo).run("rev-parse", "--show-toplevel")).rstrip("\n"))
    except GitError:
        raise UsageError(f"{repo} is not in a git repository", hint="run `git init` first") from None
    lines: list[Line] = []
    for template, (path, *others) in _FILES.items():
        there = next((one for one in (path, *others) if os.path.lexists(top / one)), None)
        if there is not None:
            lines.append([("left      ", "dim"), (f"{there} is there already, and was not changed", "")])
            continue
        _create(top, path, template_text(template))
        lines.append([("written   ", "verified"), (one_line(path), "")])
    lines += [
        [],
        [("Next: look at them, commit them, and declare what a post-mortem promised with `loopcheck new`.", "")],
    ]
    output.say(lines, color)


def template_text(name: str) -> str:
    """The text of a template, with loopcheck's version in it."""
    text = resources.files("loopcheck").joinpath("templates", name).read_text("utf-8")
    return text.replace("@VERSION@", __version__)


def _create(top: Path, path: str, text: str) -> None:
    """Write a new file below `top`, and never through a link that leads out of it or over a file.

    Raises:
        UsageError: it cannot be written.
    """
    place = top / path
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.parent.resolve().is_relative_to(top.resolve()):
            raise UsageError(f"{path} leads out of the repository", hint="there is a symbolic link on its way")
        with place.open("x", encoding="utf-8", newline="\n") as file:  # `x`: it must not be there
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None
