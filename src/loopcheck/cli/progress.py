"""How far a long run has come, on stderr, where somebody is watching."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Self

_PATIENCE = 1.0
"""Seconds for which nothing is shown: a run that is over sooner needs no bar."""


class Progress:
    """A bar that appears when a run takes longer than a second. Without a terminal it never does.

    Use it with `with`, and give `step` to the engine, which calls it from several threads.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._lock = threading.Lock()
        self._shown = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._over = False
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._over = True
            if self._bar is not None:
                self._bar.stop()

    def step(self, done: int, of: int) -> None:
        """Say that `done` artifacts `of` so many are looked at."""
        if not self._shown or self._clock() - self._began < _PATIENCE:
            return
        with self._lock:
            if self._over:
                return
            if self._bar is None:
                from rich.console import Console
                from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
                from rich.progress import Progress as Bar

                self._bar = Bar(
                    TextColumn("looking"),
                    BarColumn(),
                    MofNCompleteColumn(),
                    TimeElapsedColumn(),
                    console=Console(stderr=True, no_color=bool(os.environ.get("NO_COLOR"))),
                    transient=True,
                )
                self._bar.start()
                self._task = self._bar.add_task("looking", total=of)
            self._bar.update(self._task, completed=done, total=of)
