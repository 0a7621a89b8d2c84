"""The command line. Each command is a module, imported when it is called.

Whatever ends a run is told here, in words that a terminal and a runner can be shown, and with an exit code that
means it: a crash of loopcheck's own must never look like an item that failed.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from loopcheck import __version__
from loopcheck.errors import ExitCode, LoopcheckError

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS = {
    "verify": "Look at every declared artifact and say which items are done.",
    "run": "Do what an event of GitHub asks for, as the action does.",
    "prove": "Run a check on a bad and on a good commit, and record what came of it.",
    "list": "List the declared items, without looking at anything.",
    "lint": "Say whether declarations can be read.",
    "backtest": "Replay alerts over the past, and say when they would have fired.",
    "explain": "Say what can be declared, and what the words of a report mean.",
    "new": "Write a declaration into a post-mortem.",
    "init": "Write the configuration, an issue form and a workflow.",
    "doctor": "Say what is missing here: secrets, history, settings.",
    "schema": "Print a JSON Schema, for editors and other programs.",
    "demo": "Write a small repository with a story, and verify it.",
}
"""Each command with its one line of help, so that `--help` imports none of them."""

_MODULES = {"list": "listing"}
"""Commands whose module has another name: a module `list` would stand for the built-in one in this package."""

_INTERRUPTED = 130
"""What a shell returns after Ctrl-C. 1 would say that something failed."""


class _Commands(click.Group):
    """A group whose commands are modules of this package with a `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"loopcheck.cli.{_MODULES.get(cmd_name, cmd_name)}").command
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Unicode is no reason to stop
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = group.main(
            args=None if arguments is None else list(arguments), prog_name="loopcheck", standalone_mode=False
        )
        return int(code or 0)
    except LoopcheckError as error:
        return _stopped(str(error), error.hint, error.exit_code)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx is not None else "loopcheck"
        return _stopped(error.format_message(), f"`{command} --help` shows what it takes", ExitCode.USAGE)
    except click.ClickException as error:
        return _stopped(error.format_message(), None, ExitCode.USAGE)
    except click.Abort:
        return _stopped("interrupted", None, _INTERRUPTED)
    except BrokenPipeError:
        from loopcheck.cli.output import nobody_listens

        nobody_listens()
        return ExitCode.PARTIAL
    except OSError as error:
        # The file is named by whoever called, or by the system: a full disk, a folder that may not be written.
        where = f"{error.filename}: " if error.filename else ""
        return _stopped(f"{where}{error.strerror or type(error).__name__}", None, ExitCode.USAGE)
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not end in 1
        from loopcheck.cli.debug import place_of

        if "--debug" in (sys.argv if arguments is None else arguments):
            from loopcheck.cli.debug import show

            show("loopcheck", error)
        return _stopped(
            f"stopped with {type(error).__name__} at {place_of(error)}, a mistake of loopcheck's own",
            "report it, with the command that you ran",
            ExitCode.PARTIAL,
        )


def _stopped(message: str, hint: str | None, code: int) -> int:
    from loopcheck.reports.clean import one_line

    for line in message.splitlines():
        click.echo(f"loopcheck: {one_line(line)}", err=True)
    if hint:
        click.echo(f"  -> {one_line(hint)}", err=True)
    return code
