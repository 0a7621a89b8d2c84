"""`loopcheck schema`: the JSON Schemas, made from the types that are read and written."""

from __future__ import annotations

import click

from loopcheck import schemas
from loopcheck.binding import suggestion
from loopcheck.cli import output
from loopcheck.errors import UsageError
from loopcheck.reasons import CannotTell
from loopcheck.registry import InstalledCheckers
from loopcheck.reports.json import document

_WHAT = {
    "declaration": "a `loopcheck` block",
    "file": "a YAML file of declarations",
    "kind": "what is declared of one kind of artifact; name it after `kind`",
    "config": ".github/loopcheck.yml",
    "report": "the JSON report",
}


@click.command()
@click.argument("what", metavar="WHAT", default="declaration")
@click.argument("kind", required=False)
def command(what: str, kind: str | None) -> None:
    r"""Print the JSON Schema (draft 2020-12) of WHAT.

    \b
    declaration  a `loopcheck` block, with every kind that is installed here; unless another is named
    file         a YAML file of declarations
    kind KIND    what is declared of one kind of artifact
    config       .github/loopcheck.yml
    report       the JSON report
    """
    if what not in _WHAT:
        raise UsageError(f"there is no schema of `{what[:40]}`", hint=suggestion(what, list(_WHAT)))
    if (what == "kind") is not (kind is not None):
        raise UsageError(
            "`kind` takes the name of one kind, and only `kind` does", hint="loopcheck schema kind runbook"
        )
    registry = InstalledCheckers()
    if what == "report":
        found = schemas.report()
    elif kind is not None:
        try:
            found = schemas.kind(kind, registry)
        except CannotTell as trouble:
            raise UsageError(trouble.message, hint=suggestion(kind, registry.kinds())) from None
    else:
        make = {"declaration": schemas.declaration, "file": schemas.file, "config": schemas.config}[what]
        found = make(registry)
        for name in schemas.unusable(registry):
            click.echo(f"note: the kind `{name}` cannot be loaded, and is not in the schema", err=True)
    output.emit(document(found))
