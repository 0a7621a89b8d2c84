"""Mutants of artifacts that are files: each is committed, and verified by the real engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from loopcheck.checker import AnyChecker
from loopcheck.testing.mutants import Mutant, Outcome, outcome_of, replacing
from loopcheck.testing.repository import NOW, RepositoryBuilder
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


def declaring(old: str, new: str) -> Callable[[Declared], Declared]:
    """A change of the declaration: `old`, which must be there, becomes `new`."""
    return lambda it: msgspec.structs.replace(it, expect=replacing(old, new)(it.expect))


def outcomes(checker: AnyChecker, mutants: Iterable[Mutant[Declared]]) -> list[Outcome]:
    """What `checker` says of each mutant. Every one is a commit of its own, and all are in one repository."""
    those = list(mutants)
    with TemporaryDirectory() as folder:
        repository = RepositoryBuilder(Path(folder))
        repository.git("fast-import", "--quiet", stdin=b"".join(_commits(those)))
        return [_outcome(checker, mutant, repository, number) for number, mutant in enumerate(those)]


def _outcome(checker: AnyChecker, mutant: Mutant[Declared], repository: RepositoryBuilder, number: int) -> Outcome:
    session = repository.session(ref=f"refs/mutants/{number}")
    return outcome_of(mutant.name, examine(checker, mutant.mutated.expect, session))


def _commits(mutants: Iterable[Mutant[Declared]]) -> Iterator[bytes]:
    """What `git fast-import` makes the commits from: one process for all of them."""
    moment = int(NOW.timestamp())
    for number, mutant in enumerate(mutants):
        declared = mutant.mutated
        yield f"commit refs/mutants/{number}\ncommitter Dev <dev@example.org> {moment} +0000\n".encode()
        yield _data(mutant.name.encode())
        for path, content in declared.files.items():
            mode = "100755" if path in declared.executable else "100644"
            yield f"M {mode} inline {path}\n".encode()
            yield _data(content if isinstance(content, bytes) else content.encode())
        for path, target in declared.links.items():
            yield f"M 120000 inline {path}\n".encode()
            yield _data(target.encode())
    yield b"reset refs/heads/main\nfrom refs/mutants/0\n"  # so that there is a default branch


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
