"""`test`, at a stand-in for GitHub and a storage of another address."""

import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from standins.github import GitHubStandIn
from standins.storage import Storage

from loopcheck.binding import BindingError
from loopcheck.model import Verdict
from loopcheck.reasons import CannotTell
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck.testing.run import expectation
from loopcheck_checks.test import NamedTestChecker, archive, junit
from loopcheck_checks.test.archive import xml_files
from loopcheck_checks.test.junit import Case, Cases, Result, read
from loopcheck_checks.test.mutants import PASSING, PATH, SOURCE, stand_in
from loopcheck_checks.test.names import named
from loopcheck_checks.test.written import Standing, find

CHECKER = NamedTestChecker()


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    made = RepositoryBuilder(tmp_path_factory.mktemp("repository"))
    made.commit({PATH: SOURCE})
    return made


@pytest.fixture
def storage():
    with Storage() as storage:
        yield storage


@pytest.fixture
def github(storage):
    with stand_in(PASSING, storage) as github:
        yield github


def session_of(repository, github):
    return repository.session(environment=github.environment)


def look(repository, github, declared=PASSING.expect):
    return examine(CHECKER, declared, session_of(repository, github))


def reasons(result):
    return {claim.reason for claim in result.claims if claim.reason}


def test_keeps_the_contract():
    check_contract(NamedTestChecker, Path(__file__).parent.parent / "README.md")


def test_requests_do_not_grow_with_the_items(repository, github, storage):
    session = session_of(repository, github)
    for name in ["TestFailover::test_replica_takes_over", "TestFailover::test_zone", "TestFailover::test_zone[a]"] * 5:
        declared = f"name: '{PATH}::{name}'\nworkflow: ci.yml\nartifact: junit"
        assert examine(CHECKER, declared, session).verdict is Verdict.VERIFIED
    assert len(github.requests) == 5
    assert len(storage.requests) == 1


def test_the_storage_never_gets_the_token(repository, github, storage, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("default login ana password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert look(repository, github).verdict is Verdict.VERIFIED
    (headers,) = storage.requests
    assert "authorization" not in headers
    assert github.token not in str(headers)


@pytest.mark.parametrize("fault", ["401", "403-sso", "404", "410", "503", "short-body", "lost-entry", "more-counted"])
@pytest.mark.parametrize("where", ["*/workflows", "*/workflows/*/runs", "*/runs/*/artifacts"])
def test_what_could_not_be_seen_is_never_failed(repository, github, where, fault):
    github.fault(f"GET {where}", fault, times=None)
    assert look(repository, github).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda data: (403, {}, b"expired"), "bad-response"),
        (lambda data: (404, {}, b""), "bad-response"),
        (lambda data: (500, {}, b""), "outage"),
        (lambda data: (302, {"Location": "http://127.0.0.1:9/"}, b""), "bad-response"),
        (lambda data: (200, {"Content-Length": str(len(data) + 9)}, data), "truncated"),
        (lambda data: (200, {"Content-Length": str(len(data) - 9)}, data[:-9]), "unparseable"),
        (lambda data: (200, {"Content-Encoding": "gzip"}, data), "bad-response"),
        (lambda data: (200, {}, b"<html>"), "unparseable"),
        (lambda data: (200, {}, b""), "unparseable"),
    ],
)
def test_a_storage_that_answers_badly_proves_nothing(repository, github, storage, answer, reason):
    storage.answer = answer
    result = look(repository, github)
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {reason})
    assert "sig=secret" not in str(result)


@pytest.mark.parametrize(
    "place",
    [
        "http://example.org/1",
        "file:///etc/passwd",
        "https://u:p@example.org/1",
        "//example.org/1",
        "",
        "http://127.0.0.2:80/1",
    ],
)
def test_goes_nowhere_but_to_https(repository, github, storage, place):
    storage.redirect_to = place
    result = look(repository, github)
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"bad-response"})
    assert storage.requests == []


def test_an_artifact_that_is_larger_than_it_says_is_not_read(repository, github, storage, monkeypatch):
    monkeypatch.setattr("loopcheck_checks.test.reports.MAX_ARTIFACT", 1000)
    storage.answer = lambda _: (200, {}, b"x" * 5000)
    assert reasons(look(repository, github)) == {"too-big"}


def test_an_artifact_that_is_not_what_was_uploaded_is_not_read(repository, github, storage):
    content = github.repository.artifacts[-1].content
    for digest, verdict in ((content, Verdict.VERIFIED), (b"other", Verdict.INCONCLUSIVE)):
        storage.digest = f"sha256:{hashlib.sha256(digest).hexdigest()}"
        assert look(repository, github).verdict is verdict


def test_a_token_without_the_permission_cannot_tell(repository):
    with GitHubStandIn(permissions={"contents": "read", "metadata": "read"}) as github:
        result = look(repository, github)
    assert (result.verdict, reasons(result)) == (Verdict.INCONCLUSIVE, {"refused"})


def test_an_observation_can_be_replayed(repository, github):
    world = session_of(repository, github).world()
    assert round_trips(CHECKER.observe(expectation(CHECKER, PASSING.expect), world))


@pytest.mark.parametrize(
    "declared", ["name: a", "workflow: a", "name: ''\nworkflow: a", "name: a\nworkflow: a\npath: ../a"]
)
def test_refuses_what_names_no_test(declared):
    with pytest.raises(BindingError):
        expectation(CHECKER, declared)


@pytest.mark.parametrize(
    ("text", "full", "function", "path"),
    [
        ("tests/test_x.py::test_y", "tests.test_x.test_y", "test_y", "tests/test_x.py"),
        ("tests/test_x.py::A::B::test_y[a::b]", "tests.test_x.A.B.test_y[a::b]", "test_y", "tests/test_x.py"),
        ("com.acme.FooTest#testBar", "com.acme.FooTest.testBar", "testBar", None),
        ("com.acme.FooTest.testBar(int)", "com.acme.FooTest.testBar(int)", "testBar", None),
        ("module::tests::works", "module.tests.works", "works", None),
        ("the replica takes over. Soon", "the replica takes over. Soon", "the replica takes over. Soon", None),
    ],
)
def test_reads_names(text, full, function, path):
    found = named(text)
    assert (found.full, found.function, found.path) == (full, function, path)


@pytest.mark.parametrize(
    ("wanted", "alone", "found"),
    [
        ("a.B.test", False, ["test"]),
        ("a.B.many", False, ["many[1]", "many(int)[2]", "many [3]"]),
        ("a.B.many[1]", False, ["many[1]"]),
        ("a.B.man", False, []),
        ("many", False, []),
        ("many", True, ["many[1]", "many(int)[2]", "many [3]"]),
        ("[", True, []),
        ("", True, []),
    ],
)
def test_finds_a_test_and_each_set_of_its_parameters(wanted, alone, found):
    names = ["test", "many[1]", "many(int)[2]", "many [3]", "manyfold"]
    cases = Cases(Case("a.B", name, Result.PASSED, "r.xml") for name in names)
    assert [case.name for case in cases.fitting(wanted, alone=alone)] == found


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ('<testcase name="t"/>', Result.PASSED),
        ('<testcase name="t"><system-out>failure</system-out></testcase>', Result.PASSED),
        ('<testcase name="t"><properties><failure/></properties></testcase>', Result.PASSED),
        ('<testcase name="t"><skipped/><failure/></testcase>', Result.FAILED),
        ('<testcase name="t"><rerunFailure/><failure/></testcase>', Result.FAILED),
        ('<testcase name="t"><flakyError/></testcase>', Result.FLAKY),
        ('<testcase name="t" status="run" result="completed"/>', Result.PASSED),
        ('<testcase name="t" status="notrun"/>', Result.SKIPPED),
        ('<testcase name="t" status="failed"/>', Result.FAILED),
        ('<x:testcase xmlns:x="u" name="t"><x:error/></x:testcase>', Result.FAILED),
    ],
)
def test_reads_how_a_test_ended(body, result):
    (case,) = read(f'<testsuite name="s">{body}</testsuite>'.encode(), "r.xml")
    assert (case.full, case.result) == ("s.t", result)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no xml",
        b"<testsuite>",
        b"<testsuite/><testsuite/>",
        b'<?xml version="1.0" encoding="nonsense"?><testsuite/>',
        b"<testsuite>\xff\xfe</testsuite>",
        b"<!DOCTYPE testsuite><testsuite/>",
        b'<!DOCTYPE t [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><testsuite>&b;</testsuite>',
        b"<testsuite>&undefined;</testsuite>",
        b"<testsuite>" * 60_000,
    ],
)
def test_xml_that_is_not_a_report_is_no_crash(data):
    with pytest.raises(CannotTell):
        read(data, "r.xml")


def test_what_is_deep_or_long_is_read_in_one_go():
    depth = 100_000
    assert read(b"<testsuite>" * depth + b"</testsuite>" * depth, "r.xml") == []
    assert read(b'<testsuite><testcase name="%s"/></testsuite>' % (b"x" * 1_000_000), "r.xml")[0].name == "x" * 2000


def test_more_tests_than_any_report_has_are_refused(monkeypatch):
    monkeypatch.setattr(junit, "_MAX_CASES", 3)
    with pytest.raises(CannotTell, match="more than 3"):
        read(b"<testsuite>" + b'<testcase name="a"/>' * 4 + b"</testsuite>", "r.xml")


def test_archives_are_bounded(monkeypatch):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(3):
            made.writestr(f"{number}.xml", b" " * 1000)
    assert [len(content) for _, content in xml_files(out.getvalue(), "a")] == [1000, 1000, 1000]
    for bound, limit in (("MAX_ENTRIES", 2), ("MAX_FILE", 999), ("MAX_ALL", 2500)):
        with monkeypatch.context() as patch:
            patch.setattr(archive, bound, limit)
            with pytest.raises(CannotTell):
                list(xml_files(out.getvalue(), "a"))


def test_a_damaged_archive_is_no_crash():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.xml", b"<testsuite/>" * 20)
    whole = out.getvalue()
    told = 0
    for place in range(len(whole)):
        damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        try:
            list(xml_files(damaged, "a"))
        except CannotTell:
            told += 1
    assert told > len(whole) / 4


@pytest.mark.parametrize(
    ("path", "text", "standing"),
    [
        ("a.py", "async def test_x():\n    pass\n", Standing.THERE),
        ("a.py", "test_x = made()\n", Standing.UNSURE),
        ("a.py", "x = 'test_x'\n", Standing.COMMENT),
        ("a.py", "def test_xx(): pass\n", Standing.COMMENT),
        ("a.py", "def test_y(): pass\n", Standing.ABSENT),
        ("a.py", "@skip\ndef test_x(): pass\ndef test_x(): pass\n", Standing.THERE),
        ("a.js", "test('test_x', () => {})", Standing.THERE),
        ("a.js", "// test('test_x', () => {})", Standing.COMMENT),
        ("a.js", "/*\n test('test_x', () => {})\n*/", Standing.COMMENT),
        ("a.js", "it.skip('test_x', () => {})", Standing.OFF),
        ("A.java", "@Test\n@Disabled\nvoid test_x() {}", Standing.OFF),
        ("a.go", "func test_xy() {}", Standing.UNSURE),
    ],
)
def test_finds_a_test_in_its_source(path, text, standing):
    assert find(text, path, "test_x", ()).standing is standing
