"""Which workflow and which runs a declaration means. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from loopcheck_checks.systems.github_actions.records import Run, Workflow


def chosen(workflows: Iterable[Workflow], named: str) -> tuple[Workflow, ...]:
    """Those that an author means by a path, a file name or a name. Deleted ones only where there is no other."""
    wanted = named.strip().removeprefix("./").removeprefix("/")
    known = list(workflows)
    found = [one for one in known if one.path == wanted]
    if not found and wanted.endswith((".yml", ".yaml")):
        found = [one for one in known if one.path.rpartition("/")[2] == wanted]
    found = found or [one for one in known if one.name == named.strip()]
    return tuple([one for one in found if one.state != "deleted"] or found)


def on_branch(runs: Iterable[Run], branch: str, repository: str, events: Collection[str]) -> list[Run]:
    """The completed runs that count, the one that began last first.

    A fork's branch may be named `main` too, and a pull request from a branch runs on what is not merged: such runs say
    nothing about this branch, unless the declaration asks for that event.
    """
    fitting = [
        run
        for run in runs
        if run.status == "completed"
        and run.head_branch == branch
        and run.head_repository is not None
        and run.head_repository.full_name.casefold() == repository.casefold()
        and (run.event in events if events else not run.event.startswith("pull_request"))
    ]
    return sorted(fitting, key=lambda run: (run.started, run.run_number), reverse=True)


def windowed(runs: Iterable[Run], since: datetime) -> list[Run]:
    """Those whose last attempt began after `since`."""
    return [run for run in runs if run.started >= since]
