import base64
import json
from datetime import UTC, datetime
from threading import Thread

import pytest
from standins.github import FAULTS, Fault, GitHubStandIn
from standins.volume import each_in_part

from loopcheck.effects.writer import Writer
from loopcheck.ledger import lines
from loopcheck.ledger.branch import BRANCH, PATH, BranchLedger
from loopcheck.ledger.file import FileLedger
from loopcheck.ledger.model import Entry
from loopcheck.model import Verdict
from loopcheck.reasons import CannotTell
from loopcheck.world.github.connection import Connection
from loopcheck.world.github.governor import Governor
from loopcheck.world.github.reader import GitHub
from loopcheck.world.github.settings import settings_from

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
# One of each sort; the stand-in's own tests have them all.
QUICK = [
    FAULTS[name]
    for name in (
        "401 403-permission 404 409 422 500 502-done cut cut-done 200-html 200-empty 200-null 200-nothing 204 cut-body"
    ).split()
]


def entry(item, verdict=Verdict.FAILED, **more):
    return Entry(NOW, item, verdict, "d" * 64, "0.1.0", "a" * 40, **more)


def test_half_a_character_does_not_spoil_the_ledger():
    written = lines.write([entry("#1", note="a\ud800b"), entry("#2", note="\U0001f600", reasons=("\udcff",))])
    read = lines.read(written, "ledger.jsonl")
    assert [(one.note, one.reasons) for one in read] == [("a\ufffdb", ()), ("\U0001f600", ("\ufffd",))]


def ledger(github):
    environment = github.environment
    settings, token = settings_from(environment), environment["GITHUB_TOKEN"]
    governor = Governor(sleep=lambda _: None)

    def soon(seconds):
        return min(seconds, 2.0)

    nothing, no_pause = (lambda: None), (lambda _: None)
    reader = GitHub(
        settings, token, once=lambda _, look: look(), count=nothing, timeout=soon, governor=governor, sleep=no_pause
    )
    writer = Writer(Connection(settings, token, soon), governor, count=nothing, sleep=no_pause)
    return BranchLedger(reader, writer.send, sleep=no_pause)


@pytest.fixture
def github():
    with GitHubStandIn(now=NOW) as stand_in:
        stand_in.repository.commit({"README.md": "here\n"})
        yield stand_in


def items(kept):
    return sorted(one.item for one in kept.read())


# lines


def test_lines_are_read_back():
    many = [entry(text, note=text, reasons=(text,)) for text in ("#1", "a\nb", "é\u2028", '{"x": 1}')]
    assert lines.read(lines.write(many), "x") == tuple(many)
    assert lines.write(many).count(b"\n") == len(many)


@pytest.mark.parametrize("line", [b"{", b"[]", b"<<<<<<< HEAD", b"\xff", b"[" * 5000, b'{"at": "yesterday"}'])
def test_a_line_that_cannot_be_read_is_named(line):
    with pytest.raises(CannotTell, match="ledger:2: "):
        lines.read(lines.write([entry("#1")]) + line + b"\n", "ledger")


@pytest.mark.parametrize("before", [b"", b"{}", b"{}\n", lines.write([entry("#9")])])
def test_what_is_there_stays_byte_for_byte(before):
    after = lines.added(before, [entry("#1")])
    assert after.startswith(before)
    assert after.endswith(lines.write([entry("#1")]))
    assert lines.added(after, [entry("#1")]) == after


# a file


def test_a_file_is_made_and_added_to(tmp_path):
    kept = FileLedger(tmp_path / "ledger.jsonl")
    assert kept.read() == ()
    kept.append([entry("#1")])
    kept.append([entry("#1"), entry("#2")])
    assert items(kept) == ["#1", "#2"]


def test_many_at_once_lose_nothing_in_a_file(tmp_path):
    names = [f"#{number}" for number in range(20)]
    crew = [Thread(target=FileLedger(tmp_path / "l").append, args=([entry(name)],)) for name in names]
    _together(crew)
    assert items(FileLedger(tmp_path / "l")) == sorted(names)


# a branch


def test_a_branch_is_made_and_added_to(github):
    kept = ledger(github)
    assert kept.read() == ()
    kept.append([])
    assert github.writes == []
    kept.append([entry("#1")])
    kept.append([entry("#1"), entry("#2")])
    assert items(kept) == ["#1", "#2"]
    written = len(github.writes)
    kept.append([entry("#2")])
    assert len(github.writes) == written
    git = github.repository.git
    head = git.commits[git.refs[f"refs/heads/{BRANCH}"]]
    (first,) = head.parents
    assert git.commits[first].parents == []
    assert list(git.files(first)) == [PATH]


def test_what_people_put_on_the_branch_stays(github):
    ledger(github).append([entry("#1")])
    github.repository.commit({"README.md": "what this is\n"}, branch=BRANCH)
    ledger(github).append([entry("#2")])
    git = github.repository.git
    assert sorted(git.files(git.refs[f"refs/heads/{BRANCH}"])) == ["README.md", PATH]


def test_many_at_once_lose_nothing_on_a_branch(github):
    names = [f"#{number}" for number in range(4)]
    _together([Thread(target=ledger(github).append, args=([entry(name)],)) for name in names])
    assert items(ledger(github)) == names


@pytest.mark.parametrize("fault", each_in_part(QUICK, every=4), ids=lambda one: one.name)
def test_no_fault_loses_or_doubles_an_entry(github, fault):
    ledger(github).append([entry("#0")])
    for place in (1, 3):
        before = dict(github.repository.git.refs)
        github.fault("P* *", fault, after=place)
        try:
            ledger(github).append([entry("#1")])
        except CannotTell:
            ledger(github).append([entry("#1")])
        assert items(ledger(github)) == ["#0", "#1"]
        github._planned.clear()
        github.repository.git.refs = before


@pytest.mark.parametrize(
    "where", ["*", *(pytest.param(one, marks=pytest.mark.volume) for one in ("contents/*", "*ledger*", "git/*"))]
)
@pytest.mark.parametrize("fault", [one for one in QUICK if one.to != "write"], ids=lambda one: one.name)
def test_a_ledger_that_was_not_seen_is_not_an_empty_one(github, where, fault):
    """Only a branch of which GitHub says twice that it is not there, and shows that it would be seen, is none."""
    ledger(github).append([entry("#1")])
    github.fault(f"GET /repos/acme/shop/{where}", fault, times=None)
    try:
        seen = items(ledger(github))
    except CannotTell:
        return
    assert seen == ["#1"] or (where == "*ledger*" and fault.name == "404")


@pytest.mark.parametrize("size", [1, 3, 5000])
def test_a_ledger_of_any_size_is_read_in_few_requests(github, size):
    many = [entry(f"#{number}", note="x" * 400) for number in range(size)]
    ledger(github).append(many)
    before = len(github.requests)
    assert len(ledger(github).read()) == size
    assert len(github.requests) - before == (1 if size < 1000 else 2)


def test_a_file_that_github_does_not_show_is_read_by_its_name(github):
    """So it was with files of more than 1 MB, and its documentation still says."""
    ledger(github).append([entry("#1")])
    github.fault("GET */contents/*", Fault("too large", 403, {"errors": [{"code": "too_large"}]}), times=None)
    assert items(ledger(github)) == ["#1"]


def test_a_file_that_is_not_on_the_branch_holds_nothing(github):
    github.repository.commit({"README.md": "what this is\n"}, branch=BRANCH)
    assert ledger(github).read() == ()
    ledger(github).append([entry("#1")])
    assert items(ledger(github)) == ["#1"]


@pytest.mark.parametrize("spoil", [b"", b"x", lines.write([entry("#2")])])
@pytest.mark.parametrize("size", [1, 5000], ids=["at once", "by its name"])
def test_what_is_not_what_git_names_is_not_read(github, spoil, size):
    """Even a whole, well-formed answer: it is another file, or another version of it."""
    ledger(github).append([entry(f"#{number}", note="x" * 400) for number in range(size)])

    def other(status, headers, body):
        answer = json.loads(body)
        if answer.get("encoding") != "base64":
            return None
        answer |= {"content": base64.b64encode(spoil).decode(), "size": len(spoil)}
        return status, headers, json.dumps(answer).encode()

    github.fault("GET *", Fault("other", spoil=other), times=None)
    with pytest.raises(CannotTell):
        ledger(github).read()


def test_without_permission_nothing_is_recorded():
    with GitHubStandIn(now=NOW, permissions={"contents": "read", "metadata": "read"}) as github:
        github.repository.commit({"README.md": "here\n"})
        with pytest.raises(CannotTell, match=r"may not write this.*contents=write"):
            ledger(github).append([entry("#1")])
        assert len(github.asked("POST *")) == 1  # a refusal is not waited for


def _together(crew):
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
