"""The labels that loopcheck sets, and no others."""

from __future__ import annotations

from collections.abc import Iterable

from loopcheck.model import Verdict

LABELS = {
    "loopcheck:verified": {"color": "1a7f37", "description": "The promised proof is there and in force."},
    "loopcheck:failed": {"color": "cf222e", "description": "The promised proof is not there, or not in force."},
    "loopcheck:inconclusive": {"color": "9a6700", "description": "Not everything could be seen."},
    "loopcheck:overdue": {"color": "bc4c00", "description": "Past its due date, and not verified."},
    "loopcheck:waived": {"color": "6e7781", "description": "Accepted without proof, for a time."},
}
"""Each with the colour and the description that it is made with. A label that is there keeps its own."""


def wanted(verdict: Verdict, *, overdue: bool, waived: bool) -> tuple[str, ...]:
    """The labels of an issue with this verdict."""
    return (
        f"loopcheck:{verdict.value}",
        *(("loopcheck:overdue",) if overdue and not waived else ()),
        *(("loopcheck:waived",) if waived else ()),
    )


def changes(there: Iterable[str], want: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which of loopcheck's labels to add, and which to remove. GitHub tells no capitals from small letters."""
    have, wants = {name.lower() for name in there}, set(want)
    add = tuple(name for name in LABELS if name in wants and name not in have)
    return add, tuple(name for name in LABELS if name in have and name not in wants)
