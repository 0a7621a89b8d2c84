"""Mutants of artifacts that are files: each is committed, and verified by the real engine."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from loopcheck.checker import AnyChecker
from loopcheck.testing.mutants import Mutant, Outcome
from loopcheck.testing.repository import RepositoryBuilder
from loopcheck.testing.run import examine


class Declared(msgspec.Struct, frozen=True):
    """An artifact as its author declares it, and the files of the repository."""

    expect: str
    """The declaration, in YAML."""
    files: Mapping[str, str | bytes]
    """Content by path."""
    executable: frozenset[str] = frozenset()
    """Paths that have the executable bit."""
    links: Mapping[str, str] = {}
    """The target of each symbolic link, by path."""

    def but(self, path: str, content: str | bytes | None) -> Declared:
        """The same with another content at `path`, or with nothing there."""
        others = {name: text for name, text in self.files.items() if name != path}
        return msgspec.structs.replace(self, files=others if content is None else {**others, path: content})


def outcomes(checker: AnyChecker, mutants: Iterable[Mutant[Declared]], folder: Path) -> list[Outcome]:
    """What `checker` says of each mutant. Every one is a commit of its own in one repository in `folder`."""
    repository = RepositoryBuilder(folder)
    out: list[Outcome] = []
    for mutant in mutants:
        declared = mutant.mutated
        _clear(folder)
        for path, content in declared.files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
            place.chmod(0o755 if path in declared.executable else 0o644)
        for path, target in declared.links.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).symlink_to(target)
        commit = repository.commit_all(message=mutant.name)
        result = examine(checker, declared.expect, repository.session(ref=commit))
        reasons = tuple(dict.fromkeys(claim.reason for claim in result.claims if claim.reason))
        out.append(Outcome(mutant.name, result.verdict, reasons))
    return out


def _clear(folder: Path) -> None:
    """Remove all but git's own folder."""
    for child in folder.iterdir():
        if child.is_symlink() or child.is_file():
            child.unlink()
        elif child.name != ".git":
            shutil.rmtree(child)
