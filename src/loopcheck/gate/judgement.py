"""What is said of a change as a whole, and how the status ends. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from loopcheck.effects.model import Conclusion
from loopcheck.errors import ExitCode
from loopcheck.gate.approval import Approval
from loopcheck.gate.fence import Fence
from loopcheck.gate.promises import Weakened
from loopcheck.model import ItemResult, Problem, Report, Verdict


class Inconclusive(StrEnum):
    """What becomes of a change of which not everything could be seen."""

    BLOCK = "block"
    PASS = "pass"  # noqa: S105 - a word of the action's input


class Unclear(msgspec.Struct, frozen=True):
    """Something that the answer rests on and that could not be seen."""

    says: str
    remedy: str
    outside: bool
    """Whether another system was asked: a run without secrets, such as a fork's, is not held to that."""


class Judged(msgspec.Struct, frozen=True):
    """All that was found of a change."""

    closing: Report | None = None
    """The items that merging would close, at the merge result; `None` where it closes none, or that is not known."""
    accepted: frozenset[str] = frozenset()
    """Of those the ones that are waived."""
    fence: Fence = Fence()
    unreadable: tuple[Problem, ...] = ()
    """Mistakes in the post-mortems that are changed, and in the issues that would be closed."""
    weakened: tuple[Weakened, ...] = ()
    approval: Approval = Approval.UNKNOWN
    """Looked for only where something is weakened."""
    unclear: tuple[Unclear, ...] = ()
    notes: tuple[str, ...] = ()
    looks: Mapping[str, int] = {}
    """How often each system was asked."""

    @property
    def breaches(self) -> bool:
        """Whether something is taken away that a proven or accepted item rests on."""
        return any(loss.counts and loss.proven for loss in self.fence.losses)

    @property
    def unproven(self) -> tuple[ItemResult, ...]:
        """The items that would be closed and are proven not to be done."""
        return tuple(item for item in self._open() if item.verdict is Verdict.FAILED)

    @property
    def unapproved(self) -> bool:
        """Whether promises are weakened, and it is known that nobody who may has approved of it."""
        return bool(self.weakened) and self.approval is Approval.MISSING

    def unseen(self) -> tuple[Unclear, ...]:
        """All that could not be seen, whatever part of the answer it belongs to."""
        items = (
            Unclear(f"{item.id}, which merging would close, is inconclusive", _remedy(item), outside=True)
            for item in self._open()
            if item.verdict is Verdict.INCONCLUSIVE
        )
        losses = (
            Unclear(
                f"{loss.item.id}: {loss.kind} {loss.summary} held before, and cannot be seen after: "
                f"{loss.claim.message}",
                loss.claim.remedy or "",
                outside=False,
            )
            for loss in self.fence.losses
            if loss.counts and not loss.proven
        )
        late = (
            Unclear(
                f"{item.id} was not looked at: the run's time was used up", "Give the run more time.", outside=False
            )
            for item in self.fence.unfinished
        )
        return (*self.unclear, *items, *losses, *late)

    def _open(self) -> tuple[ItemResult, ...]:
        items = self.closing.items if self.closing else ()
        return tuple(item for item in items if item.id not in self.accepted)


def _remedy(item: ItemResult) -> str:
    claims = (claim for artifact in item.artifacts for claim in artifact.claims)
    return next((claim.remedy for claim in claims if claim.remedy), "")


def conclusion(judged: Judged, policy: Inconclusive, *, untrusted: bool) -> Conclusion:
    """How the status ends.

    Args:
        judged: what was found.
        policy: what becomes of what could not be seen.
        untrusted: whether the run has no secrets.
    """
    if judged.breaches or judged.unproven or judged.unreadable or judged.unapproved:
        return Conclusion.FAILURE
    unseen = judged.unseen()
    if judged.weakened and judged.approval is Approval.UNKNOWN and not untrusted:
        return Conclusion.ACTION_REQUIRED  # the weakening was seen: `pass` is not for that
    if not unseen and not (judged.weakened and judged.approval is Approval.UNKNOWN):
        return Conclusion.SUCCESS
    if policy is Inconclusive.PASS or (untrusted and all(one.outside for one in unseen)):
        return Conclusion.NEUTRAL
    return Conclusion.ACTION_REQUIRED


def exit_code(judged: Judged, concluded: Conclusion) -> ExitCode:
    """The step's exit code for a conclusion."""
    if concluded is Conclusion.FAILURE:
        failed = judged.breaches or judged.unproven or judged.unapproved
        return ExitCode.FAILED if failed else ExitCode.USAGE
    return ExitCode.INCONCLUSIVE if concluded is Conclusion.ACTION_REQUIRED else ExitCode.VERIFIED
