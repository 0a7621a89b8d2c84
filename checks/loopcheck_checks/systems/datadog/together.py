"""Questions of many who ask at the same time, put together into few requests; each is answered once a run.

Whoever asks while another's requests are under way waits, and goes into the next ones.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from loopcheck.checker import CannotTell, World

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Together(Generic[K, V]):
    """All that was asked for in a run, with its answers.

    Args:
        answer: makes the requests for some questions, and yields what came of each of them, with those that it was for.
    """

    def __init__(self, answer: Callable[[World, Sequence[K]], Iterable[Mapping[K, V | CannotTell]]]) -> None:
        self._answer = answer
        self._known: dict[K, V | CannotTell] = {}
        self._waiting: dict[K, None] = {}
        self._busy = False
        self._state = threading.Condition()

    def fetch(self, world: World, asks: Sequence[K]) -> Mapping[K, V | CannotTell]:
        """The answer to each, or why there is none."""
        with self._state:
            self._waiting.update(dict.fromkeys(ask for ask in asks if ask not in self._known))
            while self._busy and any(ask not in self._known for ask in asks):
                self._state.wait()
            mine = [ask for ask in dict.fromkeys((*self._waiting, *asks)) if ask not in self._known]
            if all(ask in self._known for ask in asks):
                return {ask: self._known[ask] for ask in asks}
            self._busy = True
            self._waiting.clear()
        answers: dict[K, V | CannotTell] = {}
        try:
            for some in self._answer(world, mine):
                answers.update(some)
        finally:
            with self._state:
                self._known.update(answers)
                self._busy = False
                self._state.notify_all()
        return {ask: self._known[ask] for ask in asks}
