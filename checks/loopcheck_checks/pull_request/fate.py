"""What became of a merged commit: whether it is in the history that is looked at, and whether it was taken back.

A message that says "This reverts commit …" can be of a part, or itself be reverted; and content can go back without
such a message. So both are looked at, and the judge weighs them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime

from loopcheck.checker import CannotTell, World
from loopcheck.reasons import MISSING_OBJECT, SHALLOW_HISTORY
from loopcheck.world.git import GitError
from loopcheck_checks.pull_request.manifest import NO_BRANCH_HERE, Fate

_MAX_COMMITS = 500
"""More commits in a pull request than GitHub lets anyone rebase."""
_REVERTS = re.compile(r"(?:This reverts commit|This reverts commits?|Reverts commit) ([0-9a-f]{7,64})", re.ASCII)
_REVERTS_PULL = re.compile(
    r"^[ \t]*Reverts (?:[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100})?#([0-9]{1,10})\b", re.MULTILINE | re.ASCII
)
_NUMBER_IN_TITLE = re.compile(r"\(#([0-9]{1,10})\)$|^Merge pull request #([0-9]{1,10}) ", re.ASCII)

Tree = Mapping[str, tuple[str, str]]
"""Old and new content of each path that differs."""


def fate_of(world: World, merge: str, number: int, commits: int, paths: Collection[str], branch: str | None) -> Fate:
    """What became of a merge.

    Args:
        world: the world.
        merge: the commit that the merge made, a full id.
        number: the pull request's number, by which later messages may name it.
        commits: how many commits it had.
        paths: the files that it changed.
        branch: the branch to look at; `None` for the commit that the run looks at.

    Raises:
        CannotTell: the clone is shallow or partial, or does not hold the branch.
    """
    head, at = _head(world, branch)
    if not _is_ancestor(world, merge, head):
        if world.repo.shallow:
            raise CannotTell(SHALLOW_HISTORY, f"{merge[:12]} is not in this shallow clone")
        return Fate(head=head, head_at=at, in_history=False)
    before = _before(world, merge, commits, paths)
    now_and_merged = set(_differences(world, merge, head))
    return Fate(
        head=head,
        head_at=at,
        in_history=True,
        reverted_by=tuple(_reverts(world, merge, head, number)),
        compared=before is not None,
        as_before=() if before is None else tuple(sorted(set(paths) - set(_differences(world, before, head)))),
        as_merged=tuple(sorted(set(paths) - now_and_merged)),
    )


def _head(world: World, branch: str | None) -> tuple[str, datetime]:
    if branch is None:
        return world.repo.commit, world.repo.committed_at
    for ref in (f"refs/remotes/origin/{branch}", f"refs/heads/{branch}"):
        try:
            shown = world.repo.git.run(
                "log", "-1", "--no-show-signature", "--format=%H %ct", "--end-of-options", ref, "--"
            )
        except GitError:
            continue
        commit, seconds = shown.decode().split()
        return commit, datetime.fromtimestamp(int(seconds), UTC)
    raise CannotTell(NO_BRANCH_HERE, f"the clone does not hold the branch `{branch[:100]}`")


def _is_ancestor(world: World, commit: str, head: str) -> bool:
    try:
        world.repo.git.run("merge-base", "--is-ancestor", commit, head)
    except GitError:  # 1: it is not; 128: the clone does not hold it, and it holds all that is in the history
        return False
    return True


def _before(world: World, merge: str, commits: int, paths: Collection[str]) -> str | None:
    """The commit before the pull request, where git shows which one it is.

    A merge or squash has it as its first parent. Rebased, the commits stand one after the other: the last of them alone
    has changed less than the pull request.
    """
    for steps in dict.fromkeys((1, commits)):
        if not 1 <= steps <= _MAX_COMMITS:
            continue
        before = f"{merge}~{steps}"
        try:
            if set(paths) <= set(_differences(world, before, merge)):
                return before
        except CannotTell:
            continue
    return None


def _differences(world: World, old: str, new: str) -> Iterator[str]:
    """The paths whose content differs between two commits."""
    try:
        raw = world.repo.git.run(
            "diff-tree", "-r", "-z", "--no-renames", "--name-only", "--ignore-submodules=none", old, new
        )
    except GitError:
        raise CannotTell(MISSING_OBJECT, f"{old[:12]} cannot be compared in this clone") from None
    return (name.decode(errors="backslashreplace") for name in raw.split(b"\0") if name)


def _reverts(world: World, merge: str, head: str, number: int) -> Iterator[str]:
    """Commits since `merge` that say that they revert it, and that nothing reverts in turn."""
    # What a squashed or merged revert says: `This reverts commit …` of git, `Reverts owner/name#412` of GitHub.
    raw = world.repo.git.run(
        "log", "-z", "--no-show-signature", "--no-mailmap", "--no-notes", "--encoding=UTF-8", "-i", "-F",
        "--grep=reverts ", "--format=%H%n%B", f"{merge}..{head}",
    )  # fmt: skip
    said = [entry.decode(errors="replace").partition("\n") for entry in raw.split(b"\0") if entry]
    undone: set[str] = set()
    for commit, _, message in said:  # newest first: what reverts a revert comes before it
        if commit in undone or _own_number(message) in undone:
            continue
        targets = _REVERTS.findall(message)
        pulls = [found for found in _REVERTS_PULL.findall(message) if found]
        undone.update(full for full, _, _ in said for short in targets if full.startswith(short))
        undone.update(f"#{other}" for other in pulls)
        if any(merge.startswith(short) for short in targets) or str(number) in pulls:
            yield commit


def _own_number(message: str) -> str:
    """The pull request that a commit's title names as its own: `#413`."""
    found = _NUMBER_IN_TITLE.search(message.partition("\n")[0].strip())
    return f"#{found[1] or found[2]}" if found else ""
