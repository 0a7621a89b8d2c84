"""When so much changes at once that it is rather the looking that has changed: then nothing is told in this run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from loopcheck.effects.looks import BETWEEN_SIGHTINGS, Look
from loopcheck.model import Verdict

_UNSEEN_SHARE = 0.2
"""Of the artifacts of one outside system."""
_FAILED_SHARE = 0.1
"""Of all items."""
_FAILED_FEW = 5


class Breakers(msgspec.Struct, frozen=True):
    """What must not be acted upon in this run."""

    systems: frozenset[str] = frozenset()
    """Those of which too much could not be seen."""
    everything: bool = False
    notes: tuple[str, ...] = ()

    def hold(self, looks: Iterable[Look], systems: Callable[[str], tuple[str, ...]]) -> bool:
        """Whether nothing is to be done about an issue with these items.

        What could not be seen for days is no outage any more, and is told all the same.
        """
        looks = tuple(looks)
        if self.everything:
            return True
        if not any(self.systems.intersection(systems(one.kind)) for look in looks for one in look.item.artifacts):
            return False
        unclear = [look for look in looks if look.item.verdict is Verdict.INCONCLUSIVE]
        told_late = bool(unclear) and all(look.lasting for look in unclear)
        return not told_late or any(look.item.verdict is Verdict.FAILED for look in looks)


def breakers(looks: Iterable[Look], systems: Callable[[str], tuple[str, ...]]) -> Breakers:
    """Whether this run's findings are to be trusted.

    Args:
        looks: all items of a run that looks at everything.
        systems: the outside systems that are asked for a kind of artifact.
    """
    looks = tuple(looks)
    notes: list[str] = []
    tripped = _dark(looks, systems, notes)
    fallen = [look for look in looks if _has_just_fallen(look)]
    everything = len(fallen) > _FAILED_FEW and len(fallen) > _FAILED_SHARE * len(looks)
    if everything:
        notes.append(
            f"{len(fallen)} of {len(looks)} items were verified and failed all at once: "
            "nothing is reopened, labelled or commented on until they are seen again in an hour or more"
        )
    return Breakers(frozenset(tripped), everything, tuple(notes))


def _dark(looks: Iterable[Look], systems: Callable[[str], tuple[str, ...]], notes: list[str]) -> list[str]:
    """The systems of which more could not be seen than is usual. What is so for days is usual."""
    asked: Counter[str] = Counter()
    unseen: Counter[str] = Counter()
    for look in looks:
        for artifact in look.item.artifacts:
            missing = artifact.verdict is Verdict.INCONCLUSIVE
            if missing and look.lasting:
                continue
            for system in set(systems(artifact.kind)):
                asked[system] += 1
                unseen[system] += missing
    tripped = sorted(system for system in asked if unseen[system] > _UNSEEN_SHARE * asked[system])
    notes.extend(
        f"{unseen[system]} of {asked[system]} artifacts could not be seen in {system}: "
        "nothing that rests on it is reopened, labelled or commented on in this run"
        for system in tripped
    )
    return tripped


def _has_just_fallen(look: Look) -> bool:
    # Within the hour, so that a run that begins again after it was killed comes to the same.
    since = look.known.since
    return (
        look.item.verdict is Verdict.FAILED
        and look.known.last_verified is not None
        and since is not None
        and look.at - since.at < BETWEEN_SIGHTINGS
    )
