"""`repo-text`, on real repositories."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopcheck.binding import BindingError
from loopcheck.model import Outcome, Verdict
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck_checks.repo_text import RepoTextChecker
from loopcheck_checks.repo_text.comments import Text
from loopcheck_checks.repo_text.search import Found, find

CHECKER = RepoTextChecker()
HERE = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    repository = RepositoryBuilder(folder)
    repository.commit(
        {
            "a.py": "call(timeout=30)  # why not 60\n# call(retries=3)\n",
            "b.js": "/*\ninside\n*/ after()\n",
            "c.strange": "; one\ntwo\n",
            "lib/m": "text\n",
            "data.bin": b"\0\1",
            "crlf.txt": b"a\r\nb\r\n",
        }
    )
    (folder / "lib/l").symlink_to("/etc")
    repository.commit_all()
    return repository.session()


def test_keeps_the_contract():
    check_contract(RepoTextChecker, HERE / "README.md")


@pytest.mark.parametrize(
    ("declared", "verdict", "reasons"),
    [
        ("paths: a.py\nmust-match: timeout=30", Verdict.VERIFIED, []),
        ("paths: a.py\nmust-match: timeout=3[1-9]", Verdict.FAILED, ["no-match"]),
        ("paths: a.py\nmust-match: retries=3", Verdict.FAILED, ["only-in-comments"]),
        ("paths: a.py\nmust-match: retries=3\ncomments: true", Verdict.VERIFIED, []),
        ("paths: a.py\nmust-not-match: retries=3", Verdict.FAILED, ["unwanted-match"]),
        ("paths: a.py\nmust-not-match: retries=3\ncomments: false", Verdict.VERIFIED, []),
        ("paths: a.py\nmust-match: why not", Verdict.INCONCLUSIVE, ["perhaps-comment"]),
        ("paths: a.py\nmust-not-match: why not\ncomments: false", Verdict.INCONCLUSIVE, ["perhaps-comment"]),
        ("paths: b.js\nmust-match: inside", Verdict.INCONCLUSIVE, ["perhaps-comment"]),
        ("paths: b.js\nmust-match: after", Verdict.VERIFIED, []),
        ("paths: c.strange\nmust-match: one", Verdict.INCONCLUSIVE, ["perhaps-comment"]),
        ("paths: c.strange\nmust-match: two", Verdict.VERIFIED, []),
        ("paths: '*.*'\nmust-match: timeout=30", Verdict.FAILED, ["no-match"]),
        ("paths: '*.*'\nmust-match: timeout=30\nin: any", Verdict.VERIFIED, []),
        ("paths: '*.*'\nmust-match: nowhere\nin: any", Verdict.FAILED, ["no-match"]),
        ("paths: '*.*'\nmust-not-match: nowhere", Verdict.VERIFIED, []),
        ("paths: a.pie\nmust-not-match: nowhere", Verdict.FAILED, ["no-file"]),
        ("paths: [a.py, z/*]\nmust-not-match: nowhere", Verdict.FAILED, ["no-file"]),
        ("paths: lib/l\nmust-not-match: nowhere", Verdict.INCONCLUSIVE, ["linked"]),
        ("paths: lib/l/below\nmust-not-match: nowhere", Verdict.INCONCLUSIVE, ["linked"]),
        ("paths: lib/*\nmust-not-match: nowhere", Verdict.INCONCLUSIVE, ["unread"]),
        ("paths: lib/*\nmust-match: nowhere", Verdict.FAILED, ["no-match"]),
        ("paths: lib/*\nmust-match: nowhere\nin: any", Verdict.INCONCLUSIVE, ["unread"]),
        ("paths: data.bin\nmust-not-match: nowhere", Verdict.INCONCLUSIVE, ["no-text"]),
        ("paths: data.bin\nmust-match: nowhere", Verdict.INCONCLUSIVE, ["no-text"]),
        ("paths: crlf.txt\nmust-match: ['^a$', 'a\\nb']", Verdict.VERIFIED, []),
    ],
)
def test_says_what_is_there(session, declared, verdict, reasons):
    result = examine(CHECKER, declared, session)
    assert result.verdict is verdict
    assert [claim.reason for claim in result.claims if claim.reason] == reasons


def test_evidence_gives_the_place_and_never_the_text(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"a.env": "X=1\nPASSWORD=hunter2\n"})
    result = examine(CHECKER, "paths: a.env\nmust-not-match: '^PASSWORD=.'", repository.session())
    [failed] = [claim for claim in result.claims if claim.outcome is Outcome.FAILS]
    assert failed.evidence[0].source.startswith("a.env:2@")
    assert "hunter2" not in str(result)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("paths: a\nmust-match: '('", "not a pattern"),
        ("paths: a\nmust-match: 'a)(?i'", "not a pattern"),
        ("paths: a\nmust-match: 'x*'", "matches the empty text"),
        ("paths: a\nmust-not-match: '^'", "matches the empty text"),
        ("paths: a", "there is no pattern"),
        ("paths: []\nmust-match: a", "`paths` is empty"),
        ("paths: ../a\nmust-match: a", "`..`"),
        ("paths: a\nmust-not-match: a\nin: any", "needs a `must-match`"),
        ("paths: a\nmust-match: a\nin: some", "some"),
    ],
)
def test_what_proves_nothing_is_the_authors_error(declared, message):
    with pytest.raises(BindingError) as caught:
        expectation(CHECKER, declared)
    assert message in str(caught.value)


def test_more_files_than_can_be_searched_are_not_searched_in_part(tmp_path, monkeypatch):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"a": "x\n", "b": "x\n"})
    monkeypatch.setattr("loopcheck_checks.repo_text._MAX_FILES", 1)
    result = examine(CHECKER, "paths: '*'\nmust-match: x", repository.session())
    assert [claim.reason for claim in result.claims] == ["truncated"]


def test_an_observation_can_be_replayed(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"a.py": "a\n# b\n", "b": b"\0"})
    expect = expectation(CHECKER, "paths: ['*', c]\nmust-match: [a, b]\nmust-not-match: c")
    assert round_trips(CHECKER.observe(expect, repository.session().world()))


@settings(max_examples=200, deadline=None)
@given(st.text("ab#/*\r\n \x00é-<!>;", max_size=80), st.sampled_from(["x.py", "x.js", "x.md", "x.zzz", "x.sql"]))
def test_what_is_found_is_there_and_what_is_missing_is_not(raw, path):
    text = Text(raw, path)
    assert len(text.code) == len(text.whole)
    for comments in (True, False):
        how, line = find("ab", text, comments=comments)
        assert (how is Found.MISSING) is ("ab" not in text.whole)
        if line is not None:
            assert "ab" in text.whole.split("\n")[line - 1]


def test_time_grows_no_faster_than_the_text():
    text = Text("x /* " * 20_000 + "y", "x.js")
    assert find("x", text, comments=False)[0] is Found.FOUND
    text = Text("# " * 30_000 + "y", "x.py")
    assert find("y", text, comments=False)[0] is Found.IN_COMMENTS
