"""`loopcheck doctor`: what this machine and this checkout lack, for the items that are declared.

It asks no outside system, and never prints a credential: only whether one is set.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from loopcheck import __version__, sources
from loopcheck.binding import BindingError
from loopcheck.checker import Manifest
from loopcheck.cli import output
from loopcheck.config import PATH, Config, read_config
from loopcheck.errors import ConfigError, ExitCode, NotARepositoryError
from loopcheck.model import ActionItem
from loopcheck.reasons import SHALLOW_HISTORY, CannotTell
from loopcheck.registry import InstalledCheckers
from loopcheck.reports.clean import one_line
from loopcheck.reports.text import Line
from loopcheck.world import Repository, Session

_OLDEST_GIT = (2, 30)


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at here."""

    state: str
    """`fine`, `missing`, or `note` for what may be missing without harm."""
    message: str
    remedy: str | None = None


@click.command()
@click.option(
    "--repo", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="A folder in the checkout."
)
@click.option("--ref", default="HEAD", metavar="REF", help="The commit to look at.  [default: HEAD]")
@click.option("--color/--no-color", default=None, help="Colours, or none.  [default: on a terminal]")
def command(repo: Path, ref: str, color: bool | None) -> None:  # noqa: FBT001 - click's signature
    """Say what is missing here: git, history, configuration, checkers, and the secrets that declared items need.

    Asks no outside system; a secret that is set may still be refused. Exit codes: 0 nothing is missing; 3
    something is.
    """
    found = list(_all(repo, ref))
    missing = sum(one.state == "missing" for one in found)
    lines = [line for one in found for line in _lines(one)]
    lines.append([(f"{missing} missing." if missing else "Nothing is missing.", "title")])
    output.say(lines, color)
    sys.exit(int(ExitCode.INCONCLUSIVE if missing else ExitCode.VERIFIED))


_STYLE = {"fine": "verified", "missing": "failed", "note": "note"}


def _lines(one: Finding) -> Iterator[Line]:
    yield [(f"{one.state:<9}", _STYLE[one.state]), (one_line(one.message), "")]
    if one.remedy:
        yield [(f"{'':9}-> {one_line(one.remedy)}", "dim")]


def _all(repo: Path, ref: str) -> Iterator[Finding]:
    yield Finding("fine", f"loopcheck {__version__}, Python {sys.version.split()[0]}")
    yield _git()
    registry = InstalledCheckers()
    try:
        repository = Repository(repo, ref)
    except NotARepositoryError as error:
        yield Finding("missing", str(error), error.hint)
        yield from _kinds(registry, {})
        return
    try:
        yield from _checkout(repository)
        try:
            config = read_config(repository)
            yield _config(repository)
        except ConfigError as error:
            for line in str(error).splitlines():
                yield Finding("missing", line, error.hint or f"mend {PATH}")
            yield from _kinds(registry, {})
            return
        declared = sources.read(repository, config.file, registry)
        yield from _declared(declared, config)
        used: dict[str, list[ActionItem]] = defaultdict(list)
        for item in declared.items:
            for artifact in item.artifacts:
                used[artifact.kind].append(item)
        yield from _kinds(registry, used)
        session = Session(repository, environment=os.environ, settings=config.settings)
        yield _github(session)
        for kind in sorted(used):
            yield from _needs(kind, registry, session, len(used[kind]))
    finally:
        repository.close()


def _git() -> Finding:
    try:
        said = subprocess.run(["git", "--version"], capture_output=True, check=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return Finding("missing", "git is not installed", "Install git 2.30 or newer.")
    found = re.search(r"([0-9]{1,4})\.([0-9]{1,4})", said)
    if found and (int(found[1]), int(found[2])) >= _OLDEST_GIT:
        return Finding("fine", said)
    return Finding("missing", f"{said} is too old, or says no version", "Install git 2.30 or newer.")


def _checkout(repository: Repository) -> Iterator[Finding]:
    yield Finding("fine", f"a repository, looked at at {repository.commit[:12]}")
    if repository.shallow:
        yield Finding("missing", SHALLOW_HISTORY.means, SHALLOW_HISTORY.remedy)
    else:
        yield Finding("fine", "its history is complete")


def _config(repository: Repository) -> Finding:
    if repository.read(PATH) is None:
        return Finding("note", f"there is no {PATH}: the defaults hold", "`loopcheck init` writes one.")
    return Finding("fine", f"{PATH} can be read")


def _declared(declared: sources.Declared, config: Config) -> Iterator[Finding]:
    count = len(declared.items)
    if declared.problems:
        yield Finding(
            "missing",
            f"{len(declared.problems)} mistakes in declarations, the first at {declared.problems[0]}",
            "`loopcheck lint` lists them.",
        )
    if count:
        yield Finding("fine", f"{count} item{'' if count == 1 else 's'} declared in {declared.files} files")
    elif not declared.problems:
        places = ", ".join(config.file.declarations)
        yield Finding("note", f"nothing is declared in {places}", "`loopcheck new` writes a declaration.")
    undated = sum(item.incident is None or item.incident.since is None for item in declared.items)
    if undated:
        yield Finding(
            "note",
            f"{undated} of {count} items have no time of their incident, so that no change can be dated against it",
            "Write `incident:` with `id:` and `started:` into the front matter of the post-mortem.",
        )


def _kinds(registry: InstalledCheckers, used: dict[str, list[ActionItem]]) -> Iterator[Finding]:
    usable: list[str] = []
    for kind in sorted({*registry.kinds(), *used}):
        try:
            registry.get(kind)
            usable.append(kind)
        except CannotTell as trouble:
            # A kind that nothing here declares harms nobody.
            yield Finding("missing" if kind in used else "note", trouble.message, trouble.reason.remedy)
    yield Finding("fine" if usable else "missing", f"checkers: {', '.join(usable) or 'none is installed'}")


def _github(session: Session) -> Finding:
    """Whether there is what it takes to ask GitHub. Nobody is asked."""
    try:
        return Finding("fine", f"GitHub can be asked about {session.github.repository}")
    except CannotTell as trouble:
        remedy = "For `--issues`, and what only GitHub knows, set GITHUB_REPOSITORY to `owner/name`, and GITHUB_TOKEN."
        return Finding("note", trouble.message, remedy)


def _needs(kind: str, registry: InstalledCheckers, session: Session, items: int) -> Iterator[Finding]:
    """Secrets and settings of one kind that is declared here."""
    try:
        manifest: Manifest = registry.get(kind).checker.manifest
    except CannotTell:
        return  # said already
    many = f"{items} artifact{'' if items == 1 else 's'}"
    for secret in manifest.secrets:
        if os.environ.get(secret.name, "").strip():
            yield Finding("fine", f"{kind}: {secret.name} is set")
        elif secret.required:
            yield Finding(
                "missing",
                f"{kind}: {secret.name} is not set, and {many} will be inconclusive",
                f"Set it, for {secret.purpose[:1].lower()}{secret.purpose[1:]}",
            )
        else:
            yield Finding("note", f"{kind}: {secret.name} is not set (optional). {secret.purpose}")
    for setting in manifest.settings:
        try:
            session.world().settings(setting.section, setting.type)
        except BindingError as error:
            for problem in error.problems:
                yield Finding("missing", f"{kind}: {problem}", f"Mend `settings:` in {PATH}.")
