"""Where a command's output goes, and how it looks there."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from loopcheck.errors import UsageError

if TYPE_CHECKING:
    from loopcheck.model import Report
    from loopcheck.reports.text import Line


class Look(msgspec.Struct, frozen=True):
    """How text for people looks at the other end."""

    rich: bool
    """Whether there are symbols and wrapping, as a terminal has them."""
    color: bool
    width: int | None
    """Characters of a line; `None` where lines are not wrapped."""
    draws: bool = True
    """Whether it has signs to draw with, which ASCII has not."""


def look(color: bool | None) -> Look:  # noqa: FBT001 - what the option says
    """How to write to stdout: `--color` decides, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal."""
    terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    if color is None:
        if os.environ.get("NO_COLOR"):
            color = False
        elif os.environ.get("FORCE_COLOR", "0") != "0":
            color = True
        else:
            color = terminal
    # A runner may give a step a terminal. Nothing is wrapped there: a line that begins with `::` is obeyed.
    wraps = terminal and not os.environ.get("GITHUB_ACTIONS")
    width = shutil.get_terminal_size().columns if wraps else None
    return Look(terminal or color, color, width, _has("█"))


def _has(sign: str) -> bool:
    """Whether stdout can be sent a sign."""
    try:
        sign.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def say(lines: Iterable[Line], color: bool | None) -> None:  # noqa: FBT001
    """Print lines of styled spans on stdout."""
    how = look(color)
    if not how.draws:
        from loopcheck.reports.picture import IN_ASCII

        lines = ([(words.translate(IN_ASCII), style) for words, style in line] for line in lines)
    if how.rich:
        from loopcheck.reports.terminal import styled

        emit(styled(lines, color=how.color, width=how.width))
    else:
        from loopcheck.reports.text import plain

        emit("".join(plain(line) + "\n" for line in lines))


def emit(text: str) -> None:
    """Print `text`, which is clean, on stdout. A reader who has gone away is no trouble."""
    try:
        # `color=True` keeps the escapes that are in it; without a terminal there are none unless they were asked for.
        click.echo(text, nl=False, color=True)
        sys.stdout.flush()
    except BrokenPipeError:
        nobody_listens()


def nobody_listens() -> None:
    """Let the rest of the output go nowhere, so that the exit code is still the report's."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):  # stdout is no file, as in a test
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123
    finally:
        os.close(nowhere)


def write_report(
    report: Report,
    style: str,
    output: Path | None,
    *,
    verbose: bool,
    color: bool | None,
) -> None:
    """Write the report where and how it is wanted.

    With `output` the report in its format goes into that file, and people still get theirs on stdout.

    Args:
        report: what was found.
        style: one of `loopcheck.reports.FORMATS`.
        output: a file, or `None` for stdout.
        verbose: whether the text shows everything.
        color: what `--color` says, if anything.

    Raises:
        UsageError: the file cannot be written.
    """
    from loopcheck.reports import renderer, text

    if output is not None:
        written = text.render(report, verbose=verbose) if style == "text" else renderer(style)(report)
        try:
            write_file(output, written.encode("utf-8", "replace"))
        except OSError as error:
            hint = "name a file in a folder that is there and may be written"
            raise UsageError(f"--output: {output}: {error.strerror or error}", hint=hint) from None
    if output is not None or style == "text":
        say(text.lines(report, verbose=verbose), color)
    else:
        emit(renderer(style)(report))


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, finds the old content or the new, and nothing between.

    What is there and is no regular file, `/dev/stdout` or a pipe, is written to and not replaced. A symbolic link
    stays one. The mode of a file that is there is kept.

    Raises:
        OSError: it cannot be written.
    """
    path = Path(os.path.realpath(path))
    mode: int | None = None
    try:
        there = path.stat()
    except FileNotFoundError:
        pass
    else:
        if not stat.S_ISREG(there.st_mode):
            path.write_bytes(content)
            return
        mode = stat.S_IMODE(there.st_mode)
    if mode is None:
        mode = 0o666 & ~_umask()
    from tempfile import mkstemp

    try:
        handle, name = mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    except PermissionError:
        if mode is None:
            raise
        path.write_bytes(content)  # the file may be written, its folder not: as safe as it can be
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
