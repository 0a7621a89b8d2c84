"""One command, run to its end or to a limit, with all that it started ended after it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from loopcheck.errors import UsageError

KEPT = 64 * 1024
"""So many bytes of what a command printed last are kept."""
MOST = 64 * 1024 * 1024
"""A command that prints more is stopped."""
_GRACE = 2.0  # seconds between asking a command to end and ending it
_LEFT_OPEN = 1.0  # seconds for which somebody that a command started may go on printing after its end


class Ran(msgspec.Struct, frozen=True):
    """What became of a command."""

    code: int | None
    """What it returned; `None` where it was stopped."""
    log: str
    """SHA-256 of all that it printed."""
    tail: bytes
    """The end of that."""
    seconds: float
    stopped: str = ""
    """Why it was stopped, in a few words."""


def run(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    seconds: float,
    most: int = MOST,
) -> Ran:
    """Run a command in a session of its own, with nothing on its standard input.

    Args:
        command: the program and its arguments.
        folder: where.
        environment: the whole of it.
        seconds: how long it may take.
        most: how many bytes it may print.

    Raises:
        UsageError: there is no such program or folder.
    """
    began = time.monotonic()
    try:
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        raise UsageError(f"`{command[0]}` cannot be started in {folder.name}: {error.strerror}") from None
    digest, tail, printed, stopped = hashlib.sha256(), b"", 0, ""
    try:
        for piece in _pieces(process, began + seconds):
            if piece is None:
                stopped = f"it took more than {seconds:g} s"
                break
            digest.update(piece)
            tail = (tail + piece)[-KEPT:]
            printed += len(piece)
            if printed > most:
                stopped = f"it printed more than {most:,} bytes"
                break
    finally:
        _end(process)
    code = None if stopped else process.returncode
    return Ran(code, digest.hexdigest(), tail, time.monotonic() - began, stopped)


def _pieces(process: subprocess.Popen[bytes], deadline: float) -> Iterator[bytes | None]:
    """What it prints, piece by piece, until its end; `None` where the deadline comes first."""
    assert process.stdout is not None  # noqa: S101 - by construction; tells the type checker
    ended: float | None = None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            now = time.monotonic()
            if now >= deadline:
                yield None
                return
            if ended is not None and now - ended > _LEFT_OPEN:
                return
            if selector.select(min(0.1, deadline - now)):
                piece = os.read(process.stdout.fileno(), 1 << 16)
                if not piece:
                    break
                yield piece
            elif ended is None and process.poll() is not None:
                ended = now
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        yield None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and all of its session that is left."""
    for how, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, _GRACE)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, how)
        if process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
    if process.stdout is not None:
        process.stdout.close()
