"""The report, written out: one format a file, each of which knows only `loopcheck.model`.

Formats are imported when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from loopcheck.model import Report

FORMATS = ("text", "json", "markdown", "junit", "sarif", "github")
"""Each is a module of this package with `render(report) -> str`."""


def renderer(name: str) -> Callable[[Report], str]:
    """The function that writes a report in the format `name`, one of `FORMATS`."""
    return cast("Callable[[Report], str]", import_module(f"loopcheck.reports.{name}").render)
