"""How a runbook changed since a moment: what it says now beside what it said then."""

from __future__ import annotations

from datetime import datetime

import msgspec

from loopcheck.checker import World
from loopcheck.world import Change
from loopcheck_checks.runbook.changes import MATERIAL, SAME, SMALL_CHANGES, compare_documents
from loopcheck_checks.runbook.formats import load
from loopcheck_checks.runbook.manifest import ChangeSeen
from loopcheck_checks.systems.runbook_links import is_markdown

UNTOUCHED = "untouched"
OTHER_FORMAT = "other-format"
"""It was written in another format then, and the two cannot be compared."""


def change_since(world: World, path: str, selector: str | None, since: datetime) -> ChangeSeen:
    """How the section of a file changed since a moment.

    What counts is the net change: what was changed and put back is not changed. And a commit must have made it
    after the moment, on the first-parent line: a fix that waited on a branch was not in force.

    Args:
        world: what the checker looks through.
        path: the file, which is there.
        selector: the section; `None` for the whole file.
        since: the moment.

    Raises:
        CannotTell: a version cannot be read.
    """
    history = world.repo.history(path, since)
    changes = _with_earlier_lives(world, history.changes, since)
    if not changes:
        return ChangeSeen(since=since, result=UNTOUCHED, complete=history.complete)
    net = _class(world, changes[-1], changes[0], selector)
    named = changes[0]
    if net == MATERIAL:
        made_it = (change for change in changes if _class(world, change, change, selector) == MATERIAL)
        found = next(made_it, None)
        # Slips of the pen can add up to something that looks like more; none of them was it.
        net, named = (MATERIAL, found) if found else (SMALL_CHANGES[-1], named)
    return ChangeSeen(
        since=since,
        result=net,
        commits=len(changes),
        complete=history.complete,
        source=f"{named.path}@{named.commit[:12]}",
        at=named.at,
    )


def _class(world: World, first: Change, last: Change, selector: str | None) -> str:
    """The class of the change from before `first` to after `last`."""
    if not first.old_oid.strip("0"):
        return MATERIAL  # it was not there
    if first.old_oid == last.oid:
        return SAME
    if is_markdown(first.old_path) is not is_markdown(last.path):
        return OTHER_FORMAT
    old = load(world, first.old_path, first.old_oid)
    return compare_documents(old, load(world, last.path, last.oid), selector)


def _with_earlier_lives(world: World, changes: tuple[Change, ...], since: datetime) -> list[Change]:
    """`changes`, newest first, with what went before a file was added that had been there already.

    A file that was deleted and written again, or moved so that git does not see it, is not new.
    """
    life = list(changes)
    after = -1
    while life and not life[-1].old_oid.strip("0"):
        every = world.once(("runbook", "changes", since), lambda: world.repo.changes(since))
        born = life[-1]
        after = next((n for n, other in enumerate(every) if n > after and other.commit == born.commit), len(every))
        gone = next((n for n, other in enumerate(every) if n >= after and _was(other, born)), None)
        if gone is None:
            break
        life[-1] = msgspec.structs.replace(born, old_path=every[gone].path, old_oid=every[gone].old_oid)
        name = every[gone].path
        for other in every[gone + 1 :]:
            if other.path == name and other.status != "D":
                life.append(other)
                name = other.old_path
                if other.status == "A":
                    break
        after = gone
    return life


def _was(gone: Change, born: Change) -> bool:
    """Whether a deletion took away what `born` added again."""
    if gone.status != "D":
        return False
    moved = gone.commit == born.commit and gone.path.rpartition("/")[2] == born.path.rpartition("/")[2]
    return moved or gone.path == born.path
