"""Tracebacks for `--debug`: cleaned, without the values of variables, and without credentials."""

from __future__ import annotations

import os
import re
import traceback
from pathlib import PurePath

import click

from loopcheck.reports.clean import one_line

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH", re.IGNORECASE)
_SHORTEST = 6
"""Characters below which a value is too common to be taken for a credential."""


def place_of(error: BaseException) -> str:
    """File and line in which `error` was raised: `engine.py:120`."""
    place = "an unknown place"
    for frame, line in traceback.walk_tb(error.__traceback__):
        place = f"{PurePath(frame.f_code.co_filename).name}:{line}"
    return place


def show(what: str, error: BaseException) -> None:
    """Print the traceback of `error` on stderr, each line made fit to be printed."""
    secrets = [
        value for name, value in os.environ.items() if _SECRET_NAME.search(name) and len(value.strip()) >= _SHORTEST
    ]
    click.echo(f"debug: {one_line(what)}", err=True)
    for entry in traceback.format_exception(error):
        for line in entry.rstrip("\n").split("\n"):
            for secret in secrets:
                line = line.replace(secret.strip(), "***")  # noqa: PLW2901
            indent = len(line) - len(line.lstrip(" "))
            click.echo(f"debug: {' ' * min(indent, 20)}{one_line(line)}", err=True)
