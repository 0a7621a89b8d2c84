"""Ways in which ownership can look right and be wrong, and some in which it looks odd and is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from loopcheck.testing import file_mutants
from loopcheck.testing.file_mutants import Declared, declaring
from loopcheck.testing.mutants import Mutant, Outcome, edits, replacing
from loopcheck_checks.codeowners import CodeownersChecker

_FILE = ".github/CODEOWNERS"
_RULES = """\
# Who is asked.
*               @shop/everyone
*.md            @shop/writers
/db/            @shop/dba @ada
/db/seeds/      @shop/dba @ada  # test data
/web/           @shop/web
"""
PASSING = Declared(
    expect='path: db\nowners: ["@shop/dba", "@ada"]\nonly: true\nenforced: false\n',
    files={
        _FILE: _RULES,
        "db/schema.sql": "create table a (b int);\n",
        "db/seeds/a.sql": "insert into a values (1);\n",
        "db/migrations/1.sql": "alter table a add c int;\n",
        "web/index.html": "<p>\n",
        "README.md": "# Shop\n",
    },
)
"""A folder whose owners are as declared."""


def mutants() -> Iterator[Mutant[Declared]]:
    """Each must lose its VERIFIED."""
    yield from edits(
        PASSING,
        ("file deleted", lambda it: it.but(_FILE, None)),
        ("file renamed", lambda it: it.but(_FILE, None).but(".github/codeowners", _RULES)),
        ("file with an extension", lambda it: it.but(_FILE, None).but(".github/CODEOWNERS.md", _RULES)),
        ("file where GitHub does not look", lambda it: it.but(_FILE, None).but("db/CODEOWNERS", _RULES)),
        ("another file takes precedence", lambda it: it.but(_FILE, "* @shop/everyone\n").but("CODEOWNERS", _RULES)),
        ("file is a link", _linked),
        ("file too large for GitHub", lambda it: it.but(_FILE, "# a comment that is long\n" * 130_000 + _RULES)),
        ("file emptied", lambda it: it.but(_FILE, "")),
        ("rule commented out", _rules("/db/  ", "#/db/  ")),
        ("later rule for everything", _added("* @shop/everyone")),
        ("later rule by extension", _added("*.sql @shop/everyone")),
        ("later rule for a part", _added("/db/migrations/ @shop/web")),
        ("later rule for one file", _added("/db/schema.sql @shop/web")),
        ("part un-owned", _added("/db/migrations/")),
        ("all un-owned", _added("/db/")),
        ("un-owned by a comment for owners", _added("/db/ # @shop/dba @ada")),
        ("one owner removed", _rules("@shop/dba @ada", "@shop/dba")),
        ("another owner added", _rules("@shop/dba @ada", "@shop/dba @ada @shop/everyone")),
        ("owner moved into a comment", _rules("@shop/dba @ada", "@shop/dba # @ada")),
        ("owner without @", _rules("@shop/dba @ada", "@shop/dba ada")),
        ("owners with a comma", _rules("@shop/dba @ada", "@shop/dba, @ada")),
        ("another team", _rules("@shop/dba", "@shop/db")),
        ("another organization", _rules("@shop/dba", "@shop2/dba")),
        ("user for a team", _rules("@shop/dba", "@dba")),
        ("pattern in other case", _rules("/db/ ", "/DB/ ")),
        ("pattern misspelt", _rules("/db/ ", "/dbs/ ")),
        ("pattern stops at the first level", _rules("/db/ ", "/db/*")),
        ("pattern by extension in one folder", _rules("/db/ ", "/db/*.sql ")),
        ("pattern negated", _rules("/db/ ", "!/db/ ")),
        ("pattern with a set of letters", _rules("/db/ ", "/d[ab]/ ")),
        ("pattern with three stars", _rules("/db/ ", "/db/*** ")),
        ("pattern of the folder's inside", _rules("/db/ ", "/db/db/ ")),
        ("pattern escaped", _rules("/db/ ", "/d\\b/ ")),
        ("in a section, as on GitLab", _rules("/db/", "[db] @shop/dba @ada\n/db/ #")),
        ("rules in the wrong order", lambda it: it.but(_FILE, "/db/ @shop/dba @ada\n* @shop/everyone\n")),
        ("folder moved away", _moved),
        ("enforcement not seen", declaring("enforced: false", "enforced: true")),
    )


def harmless() -> Iterator[Mutant[Declared]]:
    """Each must stay VERIFIED."""
    yield from edits(
        PASSING,
        ("owners in another order", _rules("@shop/dba @ada", "@ada @shop/dba")),
        ("owners in other case", _rules("@shop/dba @ada", "@Shop/DBA @Ada")),
        ("comment after the owners", _rules("@shop/dba @ada\n", "@shop/dba @ada # since 2026\n")),
        ("without the leading slash", _rules("/db/ ", "db/ ")),
        ("by two stars", _rules("/db/ ", "/db/** ")),
        ("without slashes", _rules("/db/ ", "db ")),
        ("with CRLF", lambda it: it.but(_FILE, _RULES.replace("\n", "\r\n"))),
        ("with tabs", _rules("/db/            ", "/db/\t")),
        ("at the root", lambda it: it.but(_FILE, None).but("CODEOWNERS", _RULES)),
        ("in docs", lambda it: it.but(_FILE, None).but("docs/CODEOWNERS", _RULES)),
        ("a later rule elsewhere", _added("/docs/ @shop/writers")),
        ("a broken line elsewhere", _added("/docs/[ab].md writers")),
        ("declared by pattern", declaring("path: db", "path: db/**/*.sql")),
        ("declared for one file", declaring("path: db", "path: db/seeds/a.sql")),
    )


def _rules(old: str, new: str) -> Callable[[Declared], Declared]:
    return lambda it: it.but(_FILE, replacing(old, new)(_RULES))


def _added(line: str) -> Callable[[Declared], Declared]:
    return lambda it: it.but(_FILE, f"{_RULES}{line}\n")


def _linked(it: Declared) -> Declared:
    return msgspec.structs.replace(it.but(_FILE, None).but("owners", _RULES), links={_FILE: "../owners"})


def _moved(it: Declared) -> Declared:
    return msgspec.structs.replace(it, files={path.replace("db/", "data/"): text for path, text in it.files.items()})


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant."""
    return file_mutants.outcomes(CodeownersChecker(), mutants())


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of the passing files, and of each harmless variation of them."""
    return file_mutants.outcomes(CodeownersChecker(), [Mutant("as it is", PASSING), *harmless()])
