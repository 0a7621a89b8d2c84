"""Which of loopcheck's labels an issue should have, and what is to be changed for that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loopcheck.effects.labels import LABELS
from loopcheck.effects.looks import Look
from loopcheck.effects.reopening import Gate
from loopcheck.model import Problem, Verdict
from loopcheck.tracker import Issue
from loopcheck.world.github.issues import LABEL_PREFIX


def wanted(looks: Sequence[Look], problems: Sequence[Problem], gate: Gate) -> frozenset[str]:
    """The labels of an issue with these items. They tell what stands, and nothing of a look that was not possible."""
    standing = [look.verdict for look in looks] + [Verdict.INCONCLUSIVE] * bool(problems)
    words = [Verdict.worst(standing).value]
    if any(look.waived for look in looks):
        words.append("waived")
    if any(look.item.overdue and look.verdict is not Verdict.VERIFIED and not look.waived for look in looks):
        words.append("overdue")
    if gate is Gate.DISPUTED:
        words.append("disputed")
    return frozenset(LABEL_PREFIX + word for word in words)


def change(issue: Issue, labels: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is missing of `labels`, and what is there of loopcheck's others."""
    should = frozenset(labels)
    there = {name.lower() for name in issue.labels}
    add = tuple(name for name in LABELS if name in should and name not in there)
    remove = tuple(name for name in LABELS if name not in should and name in there)
    return add, remove
