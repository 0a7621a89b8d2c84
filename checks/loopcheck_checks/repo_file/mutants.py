"""Ways in which a file can look right and be wrong, and some in which it looks odd and is right."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from loopcheck.testing import file_mutants
from loopcheck.testing.file_mutants import Declared
from loopcheck.testing.mutants import Mutant, Outcome, edits
from loopcheck_checks.repo_file import RepoFileChecker

_PATH = "scripts/restore.sh"
_SCRIPT = '#!/bin/sh\npg_restore --clean "$1"\n'
PASSING = Declared(
    expect=f"path: {_PATH}\nexecutable: true\n",
    files={_PATH: _SCRIPT, "README.md": "# Shop\n"},
    executable=frozenset((_PATH,)),
)
"""A script that is there and may be run."""


def mutants() -> Iterator[Mutant[Declared]]:
    """Each must lose its VERIFIED."""
    yield from edits(
        PASSING,
        ("deleted", lambda it: it.but(_PATH, None)),
        ("moved", lambda it: it.but(_PATH, None).but("restore.sh", _SCRIPT)),
        ("in other case", lambda it: it.but(_PATH, None).but("scripts/Restore.sh", _SCRIPT)),
        ("with another ending", lambda it: it.but(_PATH, None).but(f"{_PATH}.bak", _SCRIPT)),
        ("emptied", lambda it: it.but(_PATH, "")),
        ("white space only", lambda it: it.but(_PATH, " \n\t\r\n\n")),
        ("one line feed", lambda it: it.but(_PATH, "\n")),
        ("not executable", lambda it: msgspec.structs.replace(it, executable=frozenset())),
        ("a folder", lambda it: it.but(_PATH, None).but(f"{_PATH}/run", _SCRIPT)),
        ("a link to the file", _linked),
        ("a link that leads nowhere", _dangling),
        ("below a link", _below_a_link),
    )


def harmless() -> Iterator[Mutant[Declared]]:
    """Each must stay VERIFIED."""
    yield from edits(
        PASSING,
        ("another content", lambda it: it.but(_PATH, "#!/bin/sh\nexit 0\n")),
        ("one letter", lambda it: it.but(_PATH, "x")),
        ("binary", lambda it: it.but(_PATH, b"\x7fELF\0\xff")),
        ("with CRLF", lambda it: it.but(_PATH, _SCRIPT.replace("\n", "\r\n"))),
        ("another file beside it", lambda it: it.but("scripts/Restore.sh", "")),
        ("declared from the root", lambda it: msgspec.structs.replace(it, expect=f"path: /{_PATH}\n")),
    )


def _linked(it: Declared) -> Declared:
    return msgspec.structs.replace(it.but(_PATH, None).but("real.sh", _SCRIPT), links={_PATH: "../real.sh"})


def _dangling(it: Declared) -> Declared:
    return msgspec.structs.replace(it.but(_PATH, None), links={_PATH: "../gone.sh"})


def _below_a_link(it: Declared) -> Declared:
    return msgspec.structs.replace(it.but(_PATH, None).but("real/restore.sh", _SCRIPT), links={"scripts": "real"})


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant."""
    return file_mutants.outcomes(RepoFileChecker(), mutants())


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of the passing file, and of each harmless variation of it."""
    return file_mutants.outcomes(RepoFileChecker(), [Mutant("as it is", PASSING), *harmless()])
