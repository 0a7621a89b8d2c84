"""`codeowners`, on real repositories."""

from pathlib import Path

import pytest

from loopcheck.binding import BindingError
from loopcheck.model import Outcome, Rung, Verdict
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck_checks.codeowners import CodeownersChecker

CHECKER = CodeownersChecker()
HERE = Path(__file__).parent.parent


def verdict_of(tmp_path, rules, declared="path: db\nowners: '@dba'\nenforced: false", **files):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({".github/CODEOWNERS": rules, "db/a.sql": "1\n", "db/b/c.sql": "2\n"} | files)
    return examine(CHECKER, declared, repository.session())


def test_keeps_the_contract():
    check_contract(CodeownersChecker, HERE / "README.md")


@pytest.mark.parametrize(
    ("rules", "verdict", "reasons"),
    [
        ("/db/ @dba\n", Verdict.VERIFIED, []),
        ("* @dba\n", Verdict.VERIFIED, []),
        ("*.sql @dba @other\n", Verdict.VERIFIED, []),
        ("b @dba\n", Verdict.FAILED, ["not-owned"]),
        ("/db/* @dba\n", Verdict.FAILED, ["not-owned"]),
        ("* @dba\n/db/ @other\n", Verdict.FAILED, ["not-owned"]),
        ("* @dba\n/db/b\n", Verdict.FAILED, ["not-owned"]),
        ("* @other\n", Verdict.FAILED, ["no-rule", "not-owned"]),
        # GitHub may skip a broken line, or read what is left of it: both readings count.
        ("* @dba\n/db/ @dba other\n", Verdict.VERIFIED, []),
        ("* @dba\n/db/ other\n", Verdict.INCONCLUSIVE, ["doubtful-line"]),
        ("* @other\n/db/ @dba other\n", Verdict.INCONCLUSIVE, ["doubtful-line", "doubtful-line"]),
        ("* @other\n/db/ other\n", Verdict.FAILED, ["no-rule", "not-owned"]),
        # ... but a skipped pattern is documented as skipped.
        ("* @dba\n!/db/ @other\n", Verdict.VERIFIED, []),
        ("* @dba\n***/db @other\n", Verdict.VERIFIED, []),
    ],
)
def test_the_last_match_decides(tmp_path, rules, verdict, reasons):
    result = verdict_of(tmp_path, rules)
    assert result.verdict is verdict
    assert [claim.reason for claim in result.claims if claim.reason] == reasons


def test_a_failure_names_the_line_that_decides_and_a_file(tmp_path):
    result = verdict_of(tmp_path, "* @dba\n\n/db/b/ @other\n")
    [failed] = [claim for claim in result.claims if claim.outcome is Outcome.FAILS]
    assert failed.message == "1 file of 2, such as db/b/c.sql: .github/CODEOWNERS:3 (@other) decides"
    assert failed.evidence[0].source.startswith(".github/CODEOWNERS:3@")


def test_enforcement_is_not_in_the_file(tmp_path):
    result = verdict_of(tmp_path, "* @dba\n", "path: db\nowners: '@dba'")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.rung is Rung.EXISTS
    assert [claim.reason for claim in result.claims if claim.reason] == ["needs-github"]


def test_the_first_place_counts_and_others_do_not(tmp_path):
    files = {"CODEOWNERS": "* @dba\n", "docs/CODEOWNERS": "* @dba\n"}
    assert verdict_of(tmp_path, "* @other\n", **files).verdict is Verdict.FAILED


def test_a_path_with_a_blank_is_escaped(tmp_path):
    declared = "path: db/new files\nowners: '@dba'\nenforced: false"
    result = verdict_of(tmp_path, "db/new\\ files/ @dba\n", declared, **{"db/new files/a.sql": "1\n"})
    assert result.verdict is Verdict.VERIFIED


def test_wildcards_are_tried_once_a_file_however_many_items_ask(tmp_path, monkeypatch):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"CODEOWNERS": "*.sql @dba\n", "db/a.sql": "1\n", "db/b.sql": "1\n"})
    monkeypatch.setattr("loopcheck_checks.codeowners.rules._MAX_MATCHES", 3)  # the two files, and not twice
    session = repository.session()
    for path in ("db", "db/a.sql", "db/*.sql"):
        assert examine(CHECKER, f"path: {path}\nowners: '@dba'\nenforced: false", session).verdict is Verdict.VERIFIED


def test_names_that_are_not_utf8_are_files_too(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"CODEOWNERS": "/db/*.sql @dba\n"})
    folder = bytes(tmp_path) + b"/db"
    Path(folder.decode()).mkdir()
    with open(folder + b"/\xff.sql", "wb") as file:  # noqa: PTH123 - a name in bytes
        file.write(b"1\n")
    repository.commit_all()
    result = examine(CHECKER, "path: db\nowners: '@dba'\nenforced: false", repository.session())
    assert result.verdict is Verdict.VERIFIED


@pytest.mark.parametrize("owners", ["[]", "dba", "'@shop/dba/x'", "'@'", "['@dba', 'x y@z.org']", "''"])
def test_an_owner_that_github_cannot_read_is_the_authors_error(owners):
    with pytest.raises(BindingError, match="owners"):
        expectation(CHECKER, f"path: db\nowners: {owners}")


def test_an_observation_can_be_replayed(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"CODEOWNERS": "* @dba\n/a/[b] c\n", "a/b": "1\n"})
    expect = expectation(CHECKER, "path: a\nowners: '@dba'")
    assert round_trips(CHECKER.observe(expect, repository.session().world()))
