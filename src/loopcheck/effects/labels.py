"""The labels that loopcheck sets, and no others."""

from __future__ import annotations

LABELS = {
    "loopcheck:verified": {"color": "1a7f37", "description": "The promised proof is there and in force."},
    "loopcheck:failed": {"color": "cf222e", "description": "The promised proof is not there, or not in force."},
    "loopcheck:inconclusive": {"color": "9a6700", "description": "Not everything could be seen."},
    "loopcheck:overdue": {"color": "bc4c00", "description": "Past its due date, and not verified."},
    "loopcheck:waived": {"color": "6e7781", "description": "Accepted without proof, for a time."},
    "loopcheck:disputed": {
        "color": "8250df",
        "description": "Closed again without proof; people decide, not loopcheck.",
    },
}
"""Each with the colour and the description that it is made with. A label that is there keeps its own."""
