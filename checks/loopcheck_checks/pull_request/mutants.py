"""Pull requests that look right and are wrong, and some that look odd and are right.

Each is a pull request at a stand-in for GitHub, asked over HTTP, with the git history that goes with it. The stand-in
is in the folder tests/ of a checkout, so these run only there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from loopcheck.model import Incident
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.mutants import Mutant, Outcome, edits, outcome_of
from loopcheck_checks.pull_request import PullRequestChecker

INCIDENT = Incident("INC-1", started=datetime(2026, 11, 1, 9, 14, tzinfo=UTC))
MERGED_AT = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
_START = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp())
_MERGE = int(MERGED_AT.timestamp())

_BEFORE = {"config/db.yml": "pool: 5\n", "runbooks/lag.md": "# Lag\n", "app.py": "x = 1\n"}
_AFTER = {**_BEFORE, "config/db.yml": "pool: 20\n", "runbooks/lag.md": "# Lag\n\nRestart the replica.\n"}
_HALF = {**_BEFORE, "config/db.yml": "pool: 20\n"}


_MERGED = {"state": "closed", "merged_at": MERGED_AT, "base": "main", "commits": ["a" * 40]}


class Scene(msgspec.Struct, frozen=True):
    """A pull request, and where it is looked at."""

    expect: str = "number: 1\ntouches: config/db.yml\n"
    ref: str = "main"
    merge: str = "squash"
    """The ref of the commit that the merge made."""
    pull: Mapping[str, Any] = msgspec.field(default_factory=lambda: _MERGED)
    files: tuple[str, ...] = ("config/db.yml", "runbooks/lag.md")
    incident: Incident | None = INCIDENT
    is_issue: bool = False


PASSING = Scene()
"""A squashed pull request that changed what was promised, after the incident."""


def mutants() -> Iterator[Mutant[Scene]]:
    """Each must lose its VERIFIED."""
    but = _but
    yield from edits(
        PASSING,
        ("open", but(pull={"state": "open", "base": "main"})),
        ("a draft", but(pull={"state": "open", "base": "main", "draft": True})),
        ("closed without a merge", but(pull={"state": "closed", "base": "main"})),
        ("an issue", but(is_issue=True)),
        ("no such number", but(expect="number: 99\n")),
        ("of another repository", but(expect="number: acme/other#1\n")),
        ("merged before the incident", _merged(datetime(2026, 10, 30, tzinfo=UTC))),
        ("merged in the minute of the incident", _merged(datetime(2026, 11, 1, 9, 14, tzinfo=UTC))),
        ("no time of the incident", but(incident=Incident("INC-1"))),
        ("no incident", but(incident=None)),
        ("merged before the time declared", but(expect="number: 1\nmerged-after: 2026-11-15T00:00Z\n")),
        ("into a branch that went nowhere", lambda it: _based(it, "develop", ref="without")),
        ("into another branch than declared", but(expect="number: 1\ninto: release\n")),
        ("touches another file", but(files=("app.py",))),
        ("touches no file", but(files=())),
        ("touches a file of that name elsewhere", but(files=("old/config/db.yml",))),
        ("touches one of two", but(expect="number: 1\ntouches-all: [config/db.yml, app.py]\n")),
        ("touches none of two", but(expect="number: 1\ntouches-any: [app.py, 'docs/**']\n")),
        ("not in the history", but(ref="without")),
        ("a commit that nobody has", but(merge="0" * 40)),
        ("without a merge commit", but(merge="")),
        ("reverted by git", but(ref="reverted")),
        ("reverted by GitHub's button, squashed", but(ref="button")),
        ("taken back in silence", but(ref="silent")),
        ("the declared file taken back in silence", but(ref="half")),
        ("the declared file taken back, nothing declared", but(ref="half", expect="number: 1\n")),
        ("reverted, and changed to something else", but(ref="third")),
        ("reverted, brought back, reverted again", but(ref="again")),
        ("a file deleted that it added", but(ref="deleted", merge="added", files=("guard.py",), expect="number: 1\n")),
        ("rebased, and taken back", but(ref="rebased-back", merge="rebased", pull=_pull(commits=["a" * 40, "b" * 40]))),
    )


def harmless() -> Iterator[Mutant[Scene]]:
    """Each must stay VERIFIED."""
    but = _but
    yield from edits(
        PASSING,
        ("a merge commit", but(ref="merged", merge="merged")),
        ("rebased", but(ref="rebased", merge="rebased", pull=_pull(commits=["a" * 40, "b" * 40]))),
        ("other files changed since", but(ref="later")),
        ("its files changed further", but(ref="further")),
        ("reverted and brought back", but(ref="back")),
        ("a revert of another change", but(ref="other-revert")),
        ("merged into a branch that was renamed", lambda it: _based(it, "master", ref="main")),
        ("its number with a sign", but(expect="number: '#1'\n")),
        ("its number with the repository", but(expect="number: ACME/shop#1\n")),
        ("nothing declared but its number", but(expect="number: 1\n")),
        ("one of two touched", but(expect="number: 1\ntouches-any: [app.py, 'config/**']\n")),
        ("the branch by its name", but(expect="number: 1\ninto: main\n")),
        ("a time declared, no incident", but(expect="number: 1\nmerged-after: 2026-11-05T00:00Z\n", incident=None)),
    )


def _but(**changes: Any) -> Callable[[Scene], Scene]:
    return lambda it: msgspec.structs.replace(it, **changes)


def _pull(**changes: Any) -> dict[str, Any]:
    return {**_MERGED, **changes}


def _merged(at: datetime) -> Callable[[Scene], Scene]:
    return _but(pull=_pull(merged_at=at))


def _based(it: Scene, base: str, *, ref: str) -> Scene:
    return msgspec.structs.replace(it, pull=_pull(base=base), ref=ref)


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant."""
    return verdicts(mutants())


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of the passing pull request, and of each harmless variation of it."""
    return verdicts([Mutant("as it is", PASSING), *harmless()])


def verdicts(those: Iterable[Mutant[Scene]]) -> list[Outcome]:
    """What the checker says of each."""
    stand_in = import_module("standins.github").GitHubStandIn
    with TemporaryDirectory() as folder:
        repository = history(Path(folder))
        return [_verdict(one, repository, stand_in) for one in those]


def _verdict(mutant: Mutant[Scene], repository: RepositoryBuilder, stand_in: Any) -> Outcome:
    scene = mutant.mutated
    with stand_in() as github:
        if scene.is_issue:
            github.repository.add_issue("An issue")
            github.repository.add_pull("Another")
        else:
            merge = repository.git("rev-parse", scene.merge) if scene.merge and scene.merge != "0" * 40 else scene.merge
            files = [{"filename": path} for path in scene.files]
            merged = {"merge_commit": merge or None} if scene.pull.get("merged_at") else {}
            github.repository.add_pull("Raise the pool", files=files, **scene.pull, **merged)
        session = repository.session(ref=scene.ref, environment=github.environment)
        result = examine(PullRequestChecker(), scene.expect, session, incident=scene.incident)
    return outcome_of(mutant.name, result)


def history(folder: Path) -> RepositoryBuilder:
    """Every history that a scene needs, a branch each, in one repository."""
    repository = RepositoryBuilder(folder)
    first = _Stream()
    first.commit("base", None, _BEFORE, "Begin", _START)
    first.commit("without", "base", {**_BEFORE, "app.py": "x = 2\n"}, "Something else", _MERGE + 99)
    first.commit("squash", "base", _AFTER, "Raise the pool (#1)", _MERGE)
    first.commit("topic", "base", _AFTER, "Raise the pool", _MERGE - 9)
    first.commit("merged", "base", _AFTER, "Merge pull request #1 from acme/topic", _MERGE, merges="topic")
    first.commit("rebased-1", "base", _HALF, "Raise the pool", _MERGE)
    first.commit("rebased", "rebased-1", _AFTER, "Say what to do", _MERGE)
    first.commit("added", "base", {**_BEFORE, "guard.py": "y = 1\n"}, "Add a guard (#1)", _MERGE)
    repository.git("fast-import", "--quiet", stdin=first.bytes())
    squash = repository.git("rev-parse", "squash")
    second = _Stream()
    now = _MERGE + 3600
    second.commit("main", "squash", {**_AFTER, "app.py": "x = 2\n"}, "Something else", now)
    second.commit("later", "squash", {**_AFTER, "new.txt": "n\n"}, "Add a file", now)
    second.commit("further", "squash", {**_AFTER, "config/db.yml": "pool: 40\n"}, "Raise it further", now)
    message = f'Revert "Raise the pool (#1)"\n\nThis reverts commit {squash}.\n'
    second.commit("reverted", "squash", _BEFORE, message, now)
    second.commit("button", "squash", _BEFORE, 'Revert "Raise the pool" (#2)\n\nReverts acme/shop#1\n', now)
    second.commit("silent", "squash", _BEFORE, "Tidy up", now)
    second.commit("half", "squash", {**_AFTER, "config/db.yml": "pool: 5\n"}, "Tune", now)
    second.commit("third", "reverted", {**_BEFORE, "config/db.yml": "pool: 7\n"}, "Tune", now + 1)
    second.commit("back", "reverted", _AFTER, "Bring it back", now + 1)
    second.commit("again", "back", _BEFORE, message, now + 2)
    second.commit(
        "other-revert", "further", {**_AFTER, "config/db.yml": "pool: 30\n"}, f"This reverts commit {'c' * 40}.", now
    )
    second.commit("deleted", "added", _BEFORE, "Clean up", now)
    second.commit("rebased-back", "rebased", _BEFORE, "Tidy up", now)
    repository.git("fast-import", "--quiet", stdin=second.bytes())
    return repository


class _Stream:
    """What `git fast-import` reads: one process for many commits."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._made: set[str] = set()

    def commit(
        self, ref: str, parent: str | None, files: Mapping[str, str], message: str, at: int, merges: str | None = None
    ) -> None:
        """A commit on a branch of its own, with exactly these files."""
        said = message.encode()
        self._parts.append(f"commit refs/heads/{ref}\ncommitter Dev <dev@example.org> {at} +0000\n".encode())
        self._parts.append(b"data %d\n%s\n" % (len(said), said))
        if parent is not None:
            self._parts.append(f"from {self._known(parent)}\n".encode())
        if merges is not None:
            self._parts.append(f"merge {self._known(merges)}\n".encode())
        self._made.add(ref)
        self._parts.append(b"deleteall\n")
        for path, text in files.items():
            self._parts.append(f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n".encode())

    def _known(self, ref: str) -> str:
        """A ref as git wants it named: of this stream, or of the repository."""
        return f"refs/heads/{ref}" if ref in self._made else f"refs/heads/{ref}^0"

    def bytes(self) -> bytes:
        """All of it."""
        return b"".join(self._parts)
