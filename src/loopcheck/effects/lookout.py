"""Looks at many issues in one request before something is added to them, while that look is fresh.

To look at each alone, before its label, before its comment and after it, costs four requests for each new issue, and
the first sweep of a few hundred needs more than GitHub gives in an hour. Only where loopcheck has no comment yet is a
look shared: what is added there overwrites nothing. See docs/decisions/0023-new-issues-are-looked-at-together.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from loopcheck.effects.model import Effect, PutComment, SetLabels
from loopcheck.reasons import NOT_VISIBLE, REFUSED, CannotTell
from loopcheck.world.github import GitHub
from loopcheck.world.github.glances import MOST, Glance, glance_at

FRESH = 40.0
"""Seconds for which something may rest on a look. One that is older is not known to be true any more."""
AT_ONCE = MOST // 2
"""Issues that are looked at before they are written to: a label and a comment each, a second apart, take 40 seconds.

As many may be looked at again with them, after they were written to.
"""
_NO_GRAPHQL = (REFUSED, NOT_VISIBLE)


class Lookout:
    """Looks ahead of a run that writes.

    Args:
        github: to read; it is asked anew each time.
        clock: seconds, of which only differences matter.
    """

    def __init__(self, github: GitHub, clock: Callable[[], float]) -> None:
        self._github = github
        self._clock = clock
        self._ahead: list[int] = []
        self._seen: Mapping[int, Glance] = {}
        self._at = 0.0
        self._refused = False

    def expect(self, effects: Iterable[Effect]) -> None:
        """Say what will be written, in order. Of a single new issue there is nothing to be shared."""
        new = [one.issue for one in effects if isinstance(one, PutComment | SetLabels) and one.basis.is_new]
        ahead = list(dict.fromkeys(new))
        self._ahead = ahead if len(ahead) > 1 else []

    def expects(self, number: int) -> bool:
        """Whether a look at the issue may be shared with others."""
        return number in self._ahead

    def of(self, number: int) -> Glance | None:
        """The issue as it was less than `FRESH` seconds ago; `None` where it is to be looked at alone."""
        return self._seen.get(number) if self.expects(number) and self._is_fresh else None

    def forget(self, number: int) -> None:
        """The issue is not any more what it was. From now on it is looked at alone."""
        if number in self._ahead:
            self._ahead.remove(number)

    def look(self, number: int, also: Collection[int] = ()) -> Mapping[int, Glance]:
        """Look at an issue and those that come after it. One that is not seen whole is looked at alone.

        Returns:
            What was seen of the issues in `also`.
        """
        place = self._ahead.index(number)
        batch = self._ahead[place : place + AT_ONCE]
        self._at = self._clock()
        self._seen = self.again([*also, *batch])
        for one in batch:
            if one not in self._seen:
                self.forget(one)
        return self._seen

    def again(self, numbers: Collection[int]) -> Mapping[int, Glance]:
        """What is seen of some issues, by number; those that are not in it are to be looked at alone."""
        if self._refused or not numbers:
            return {}
        try:
            return glance_at(self._github, numbers)
        except CannotTell as trouble:
            if trouble.reason in _NO_GRAPHQL:
                self._refused = True
                self._ahead = []
            return {}

    @property
    def _is_fresh(self) -> bool:
        return 0 <= self._clock() - self._at <= FRESH
