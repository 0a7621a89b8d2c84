"""`loopcheck new`: a declaration, asked for and written into a post-mortem.

It is read back by the same code that `verify` uses before anything is written, and it is only ever added at the
end of a file: nothing that people wrote is changed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from loopcheck import sources
from loopcheck.binding import suggestion
from loopcheck.cli import output
from loopcheck.cli.block import Answers, addition
from loopcheck.cli.keys import Key, keys_of
from loopcheck.cli.work_tree import WorkTree
from loopcheck.config import Config, read_config
from loopcheck.declarations.item import slug
from loopcheck.declarations.owner import parse_owner
from loopcheck.documents import yaml
from loopcheck.documents.origin import DocumentError
from loopcheck.errors import UsageError
from loopcheck.model import ActionItem, Kind
from loopcheck.paths import matching
from loopcheck.reasons import CannotTell
from loopcheck.registry import InstalledCheckers
from loopcheck.reports.clean import one_line
from loopcheck.world import File


@click.command()
@click.option(
    "--repo", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="A folder in the checkout."
)
@click.option("--file", type=click.Path(path_type=Path), metavar="FILE", help="The post-mortem, there or new.")
@click.option("--title", metavar="TEXT", help="What will be done.")
@click.option("--owner", metavar="NAME", help="The one person who will do it.")
@click.option("--due", metavar="DATE", help="An ISO date, or a sprint or milestone of the calendar.")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), help="What the item is for.")
@click.option("--incident", metavar="ID", help="The incident it answers.")
@click.option("--started", metavar="TIME", help="When the incident began, for a new post-mortem.")
@click.option("--artifact", metavar="KIND", help="The kind of artifact that will prove it.")
@click.option("--set", "given", multiple=True, metavar="KEY=VALUE", help="What is expected of it. May be repeated.")
@click.option("--dry-run", is_flag=True, help="Print what would be written, and write nothing.")
def command(
    repo: Path,
    file: Path | None,
    title: str | None,
    owner: str | None,
    due: str | None,
    kind: str | None,
    incident: str | None,
    started: str | None,
    artifact: str | None,
    given: tuple[str, ...],
    dry_run: bool,  # noqa: FBT001 - click's signature
) -> None:
    """Write a declaration into a post-mortem, at its end.

    Asks for what no option says, where there is somebody to ask. `loopcheck explain KIND` shows what can be set.
    """
    registry = InstalledCheckers()
    tree = WorkTree.around(repo)
    config = read_config(tree)
    title = " ".join((title or _ask("--title", "What will be done")).split())
    artifact = artifact or _ask("--artifact", f"Artifact that will prove it ({', '.join(registry.kinds())})")
    keys = _keys(artifact, registry)
    owner = owner or _ask("--owner", "Owner, one person", check=parse_owner)
    due = due or _ask("--due", "Due, such as 2026-12-15 (Enter for no date)", "") or None
    expected = dict(_set(words, keys) for words in given)
    for key in keys.values():
        if key.required and key.name not in expected:
            words = f"{key.name}, {key.form}" + (f" ({key.says})" if key.says else "")
            expected[key.name] = _value(_ask(f"--set {key.name}=…", words), key)
    file = file or Path(_ask("--file", "Post-mortem", str(tree.top / f"postmortems/{slug(incident or title)}.md")))

    path = tree.name_of(file)
    before = tree.read(path)
    answers = Answers(title, owner, artifact, expected, due, kind, incident, started)
    added, item = _checked(path, before, answers, config, registry)
    if not matching([path], config.file.declarations):
        click.echo(
            f"note: {one_line(path)} is not in `declarations:` of the configuration: `verify` will not see it", err=True
        )
    if dry_run:
        for line in added.decode().splitlines():
            output.emit(" " * (len(line) - len(line.lstrip(" "))) + one_line(line, 2000) + "\n")
        return
    place = tree.top / path
    place.parent.mkdir(parents=True, exist_ok=True)
    if tree.read(path) != before:
        raise UsageError(f"{path} was changed meanwhile", hint="run the command again; nothing was written")
    output.write_file(place, (before.data if before else b"") + added)
    output.emit(
        f"{one_line(path)}: declared `{one_line(item.title)}`\n"
        "  -> commit it; `loopcheck verify` then says whether it is done\n"
    )


def _somebody() -> bool:
    return sys.stdin.isatty()


def _ask(option: str, words: str, default: str | None = None, check: Callable[[str], str] | None = None) -> str:
    """What somebody answers.

    Raises:
        UsageError: nobody is there.
    """
    if not _somebody() and default is not None:
        return default
    if not _somebody():
        raise UsageError(f"{option} is needed", hint="nobody can be asked here: give it as an option")

    def taken(text: str) -> str:
        try:
            return check(text) if check else text
        except ValueError as error:
            raise click.UsageError(str(error)) from None

    answer: str = click.prompt(one_line(words), default=default, value_proc=taken, err=True, show_default=bool(default))
    return answer


def _keys(artifact: str, registry: InstalledCheckers) -> dict[str, Key]:
    """What may be set for a kind, by name."""
    try:
        checker = registry.get(artifact).checker
    except CannotTell as trouble:
        raise UsageError(trouble.message, hint=suggestion(artifact, registry.kinds())) from None
    return {key.name: key for key in keys_of(checker.Expect) if key.depth == 0}


def _set(words: str, keys: dict[str, Key]) -> tuple[str, Any]:
    name, sign, value = words.partition("=")
    name = name.strip()
    if not sign or name not in keys:
        raise UsageError(
            f"--set {words[:80]}: " + (f"there is no key `{name[:40]}`" if sign else "write KEY=VALUE"),
            hint=suggestion(name, list(keys)),
        )
    return name, _value(value, keys[name])


def _value(text: str, key: Key) -> Any:
    """A value as YAML data. Only a list or a mapping is read as YAML: `> 30` is a text, and means something there."""
    text = text.strip()
    if text.startswith(("[", "{")) and ("list" in key.form or "keys" in key.form):
        try:
            return yaml.load(text, f"--set {key.name}", yaml.DECLARATION).text_value
        except DocumentError as error:
            raise UsageError(str(error)) from None
    return [text] if key.form.startswith("list") else text


def _checked(
    path: str, before: File | None, answers: Answers, config: Config, registry: InstalledCheckers
) -> tuple[bytes, ActionItem]:
    """What to add to the file, and the item that it declares there, read back.

    Raises:
        UsageError: it could not be read, or the file cannot be added to.
    """
    if path.rpartition(".")[2].lower() not in ("md", "markdown"):
        raise UsageError(f"{path} is not Markdown", hint="name a file that ends in .md")
    old = before.data if before else b""
    if before:
        try:
            _ = before.text
        except CannotTell as trouble:
            raise UsageError(trouble.message, hint=trouble.reason.remedy) from None
    had = _understood(path, old, config, registry)
    for heading in (True, False):  # a title that Markdown would change is given as a key instead
        added = addition(answers, before.data if before else None, heading=heading)
        has = _understood(path, old + added, config, registry)
        mistakes = [problem for problem in has.problems if problem not in had.problems]
        new = has.items[len(had.items) :]
        if not mistakes and has.items[: len(had.items)] == had.items and len(new) == 1:
            if new[0].title == answers.title or not heading:
                return added, new[0]
        elif not heading:
            break
    if mistakes:
        said = "\n".join(f"{one.message}" + (f" ({one.hint})" if one.hint else "") for one in mistakes)
        raise UsageError(said, hint="nothing was written")
    raise UsageError(
        f"the end of {path} is inside a block or a comment that is not closed", hint="close it; nothing was written"
    )


def _understood(path: str, data: bytes, config: Config, registry: InstalledCheckers) -> sources.Declared:
    return sources.understand([File(path, "", data, "")], config.file, registry)
