"""How a runbook changed since a moment: what it says now beside what it said then."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from loopcheck.checker import World
from loopcheck.world import Change
from loopcheck_checks.runbook.changes import MATERIAL, SAME, SMALL_CHANGES, compare_documents
from loopcheck_checks.runbook.formats import is_markdown, load
from loopcheck_checks.runbook.manifest import ChangeSeen

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
    changes = history.changes
    if not changes:
        return ChangeSeen(since=since, result=UNTOUCHED, complete=history.complete)
    net = _class(world, changes[-1], changes[0], selector, since)
    named = changes[0]
    if net == MATERIAL:
        made_it = (change for change in changes if _class(world, change, change, selector, since) == MATERIAL)
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


def _class(world: World, first: Change, last: Change, selector: str | None, since: datetime) -> str:
    """The class of the change from before `first` to after `last`."""
    before = _before(world, first, since)
    if before is None:
        return MATERIAL  # it was not there
    old_path, old_oid = before
    if old_oid == last.oid:
        return SAME
    if is_markdown(old_path) is not is_markdown(last.path):
        return OTHER_FORMAT
    return compare_documents(load(world, old_path, old_oid), load(world, last.path, last.oid), selector)


def _before(world: World, change: Change, since: datetime) -> tuple[str, str] | None:
    """Path and content before a change; `None` where there was nothing.

    A file that was deleted and written again, or moved so that git does not see it, was there before.
    """
    if change.old_oid.strip("0"):
        return change.old_path, change.old_oid
    deleted = world.once(("runbook", "deleted", since), lambda: _deletions(world, since))
    name = change.path.rpartition("/")[2]
    for other in deleted.get(name, ()):
        moved = other.commit == change.commit
        if moved or (other.path == change.path and other.at <= change.at):
            return other.path, other.old_oid
    return None


def _deletions(world: World, since: datetime) -> dict[str, list[Change]]:
    """Deletions since a moment by the name of the file, newest first."""
    found: dict[str, list[Change]] = defaultdict(list)
    for change in world.repo.changes(since):
        if change.status == "D":
            found[change.path.rpartition("/")[2]].append(change)
    return dict(found)
