"""`promtool`, where it is installed: Prometheus's own rule manager, for a unit test.

It is given files that were made here, in a folder of their own, and runs nothing out of them. It gets no credential
and makes no request; it is ended when it takes too long or prints too much. A promtool in a checkout is not taken:
what is looked at is never run.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from loopcheck.checker import World
from loopcheck_checks.systems.prometheus.rehearsal import Alerts, Rehearsal, heard

SECONDS = 20.0
"""As long as one unit test may take."""
_MOST_PRINTED = 16 * 1024 * 1024
_LOOKS = 0.01  # seconds between looks whether it has ended
_VERSION = re.compile(r"promtool, version ((\d{1,6})\.(\d{1,6})[^\s]{0,40})")


class Promtool(msgspec.Struct, frozen=True):
    """The program."""

    path: str
    version: str
    """As it says itself: `2.42.0+ds`."""
    release: tuple[int, int]


class NotRunError(Exception):
    """It is not there, or did not do what it was to do; the message says why."""


def installed(world: World) -> Promtool:
    """The one on PATH. It is asked for its version once a run.

    Raises:
        NotRunError: there is none.
    """
    found = world.once(("promtool",), lambda: _installed(world))
    if isinstance(found, str):
        raise NotRunError(found)
    return found


def _installed(world: World) -> Promtool | str:
    checkout = Path(world.repo.top).resolve()
    folders = [Path(folder) for folder in world.endpoint("PATH", "").split(os.pathsep)]
    there = [str(one) for one in folders if one.is_absolute() and not one.resolve().is_relative_to(checkout)]
    path = shutil.which("promtool", path=os.pathsep.join(there)) if there else None
    if path is None:
        return "promtool is not installed here"
    try:
        with TemporaryDirectory(prefix="loopcheck-") as folder:
            said, _ = _run([path, "--version"], Path(folder), 5.0)
    except NotRunError as error:
        return f"promtool does not say its version: {error}"
    told = _VERSION.search(said)
    if told is None:
        return "promtool does not say its version"
    return Promtool(path, told[1], (int(told[2]), int(told[3])))


def rehearsed(promtool: Promtool, rehearsal: Rehearsal, seconds: float = SECONDS) -> Alerts:
    """When the alerts fire for promtool.

    Raises:
        NotRunError: it does not say.
    """
    with TemporaryDirectory(prefix="loopcheck-") as name:
        folder = Path(name)
        (folder / "rules.yml").write_bytes(rehearsal.rules)
        (folder / "test.yml").write_bytes(rehearsal.test)
        said, code = _run([promtool.path, "test", "rules", "test.yml"], folder, seconds)
    if code == 0:
        if "SUCCESS" not in said:
            raise NotRunError("promtool ended well without a word of success")
        return rehearsal.expected
    try:
        return heard(rehearsal, said)
    except ValueError:
        told = " ".join(said.replace("Unit Testing:", "").replace("test.yml", "").replace("FAILED:", "").split())
        raise NotRunError(f"promtool could not run the test ({code}): {told[:200]}") from None


def _run(command: list[str], folder: Path, seconds: float) -> tuple[str, int]:
    """What a command prints, and what it returns."""
    environment = {"PATH": os.defpath, "HOME": str(folder), "TMPDIR": str(folder), "LC_ALL": "C.UTF-8"}
    with (folder / "printed").open("wb+") as printed:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise NotRunError(f"promtool cannot be started: {error.strerror}") from None
        try:
            deadline = time.monotonic() + seconds
            while process.poll() is None:
                if time.monotonic() > deadline:
                    raise NotRunError(f"promtool took more than {seconds:g} s")
                if os.fstat(printed.fileno()).st_size > _MOST_PRINTED:
                    raise NotRunError(f"promtool printed more than {_MOST_PRINTED:,} bytes")
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_LOOKS)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        printed.seek(0)
        return printed.read(_MOST_PRINTED).decode("utf-8", "replace"), process.returncode
