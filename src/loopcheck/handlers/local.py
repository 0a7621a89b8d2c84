"""What a run outside GitHub remembers: a ledger in a file, with the lines that a sweep would write on the branch."""

from __future__ import annotations

from pathlib import Path

from loopcheck import __version__
from loopcheck.config import CloseGateSection
from loopcheck.effects.comment import Circumstances
from loopcheck.effects.links import Repository
from loopcheck.effects.sightings import sightings
from loopcheck.effects.situation import Occasion, Situation
from loopcheck.errors import UsageError
from loopcheck.ledger.file import FileLedger
from loopcheck.ledger.memory import recall
from loopcheck.model import Report
from loopcheck.reasons import CannotTell
from loopcheck.tracker import Person


def record(report: Report, path: Path) -> int:
    """Add what is new in `report` to the ledger at `path`, which is made if it is not there.

    Returns:
        How many lines were added.

    Raises:
        UsageError: a line of the file cannot be read, so that nobody knows what is new; nothing is added.
        OSError: the file cannot be read or written.
    """
    ledger = FileLedger(path)
    try:
        memory = recall(ledger.read())
    except CannotTell as trouble:
        raise UsageError(f"--ledger: {trouble.message}", hint="mend or remove that line; nothing was added") from None
    here = Circumstances(Repository("", "", report.run.ref), report.run.at)
    situation = Situation(CloseGateSection(), Person(0, ""), here, Occasion.SWEEP, __version__)
    lines = tuple(sightings(((item, None) for item in report.items), memory, situation))
    ledger.append(lines)
    return len(lines)
