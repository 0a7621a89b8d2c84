"""The command line. Each command is a module, imported when it is called."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from loopcheck import __version__
from loopcheck.errors import LoopcheckError

_COMMANDS = {
    "verify": "Look at every declared artifact and say which items are done.",
}
"""Each command with its one line of help, so that `--help` imports none of them."""


class _Commands(click.Group):
    """A group whose commands are modules of this package with a `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"loopcheck.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            from loopcheck.binding import suggestion

            ctx.fail(f"there is no command `{args[0][:40]}`: {suggestion(args[0], list(_COMMANDS)) or 'see --help'}")
        return super().resolve_command(ctx, args)


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def group() -> None:
    """Verify that what post-mortems promised is there, in force, and stays so."""


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line and leave with its exit code."""
    try:
        group.main(args=arguments, prog_name="loopcheck")
    except LoopcheckError as error:
        from loopcheck.reports.clean import one_line

        for line in str(error).splitlines():
            click.echo(f"loopcheck: {one_line(line)}", err=True)
        if error.hint:
            click.echo(f"  -> {one_line(error.hint)}", err=True)
        sys.exit(int(error.exit_code))
