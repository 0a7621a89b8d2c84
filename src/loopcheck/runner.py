"""How GitHub's runner is spoken to: outputs, the job summary, and what may stand in the log.

The runner takes commands from the middle of a log line, on stdout and stderr alike, and outputs from a file of
lines. Everything that an author could have written passes through here in a form that neither takes for its own.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Self

from loopcheck.reports.clean import one_line

_NAME = re.compile(r"[a-z]+")
_VALUE = re.compile(r"[ -~]*")  # printable ASCII on one line
_PR_SET_NO_NEW_PRIVS = 38


class Runner:
    """The files that the runner gave this step, opened while the process may still open them. Use it with `with`.

    Args:
        environment: where the runner names them. Those that it does not name are not written, so that the
            image can be tried outside GitHub.

    Raises:
        OSError: one of them cannot be opened.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._open = contextlib.ExitStack()
        self._outputs = self._opened(environment.get("GITHUB_OUTPUT"))
        self._summary = self._opened(environment.get("GITHUB_STEP_SUMMARY"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _opened(self, name: str | None) -> IO[str] | None:
        return self._open.enter_context(Path(name).open("a", encoding="utf-8", newline="\n")) if name else None

    def output(self, name: str, value: str | int) -> None:
        """Set an output of the step.

        Args:
            name: one of loopcheck's own, in lower-case letters.
            value: a number, or printable ASCII on one line. The file's format is lines, and a later step may
                put the value into a shell.

        Raises:
            ValueError: name or value is anything else.
        """
        text = str(value)
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(text):
            raise ValueError(f"not fit for an output: {name[:40]!r}")
        if self._outputs is not None:
            self._outputs.write(f"{name}={text}\n")
            self._outputs.flush()

    def summary(self, markdown: str) -> None:
        """Add to the job's summary.

        Args:
            markdown: at most 1 MiB in UTF-8; over that the runner drops all of it.
        """
        if self._summary is not None:
            self._summary.write(markdown)
            self._summary.flush()


@contextlib.contextmanager
def no_commands() -> Iterator[None]:
    """While this lasts the runner obeys nothing that is printed, by whomever.

    Only the token that is drawn here ends it, and nobody knows the token before it is printed.
    """
    token = secrets.token_hex(32)
    _say(f"::stop-commands::{token}")
    try:
        yield
    finally:
        sys.stderr.flush()
        _say(f"::{token}::")


def error(message: str, *, title: str = "loopcheck") -> None:
    """Annotate the run with an error."""
    _say(f"::error title={_escaped(title, in_property=True)}::{_escaped(message)}")


def warning(message: str, *, title: str = "loopcheck") -> None:
    """Annotate the run with a warning."""
    _say(f"::warning title={_escaped(title, in_property=True)}::{_escaped(message)}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _escaped(text: str, *, in_property: bool = False) -> str:
    text = one_line(text).replace("%", "%25")
    return text.replace(":", "%3A").replace(",", "%2C") if in_property else text


def drop_privileges(owner_of: Path) -> None:
    """Go on as the owner of a folder, where this process is root and the owner is not; and never gain any again.

    The runner starts an action's container as root, with the socket of its engine mounted: whoever may write
    to that owns the machine. Reading what strangers wrote needs neither.
    """
    about = owner_of.stat()
    if os.geteuid() == 0 and about.st_uid != 0:
        nobody = 65534
        os.setgroups([])
        # Not the folder's group: on GitHub's machines that is `docker`, which may write to the socket.
        os.setresgid(nobody, nobody, nobody)
        os.setresuid(about.st_uid, about.st_uid, about.st_uid)
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
