"""`verify --ledger`: what a run outside GitHub remembers."""

import pytest

from loopcheck.ledger.file import FileLedger


@pytest.fixture
def ledger(tmp_path):
    return tmp_path / "ledger.jsonl"


def verify(loopcheck, ledger, now="2026-11-20T12:00Z"):
    return loopcheck("verify", "--ledger", str(ledger), "--now", now)


def lines(ledger):
    return [(one.item, one.verdict.value, one.action.value) for one in FileLedger(ledger).read()]


def test_a_change_of_a_verdict_is_a_line_and_nothing_else_is(repository, loopcheck, ledger):
    item = "postmortems/lost.md#write-a-script"
    for _ in range(2):
        assert verify(loopcheck, ledger).code == 0
    assert lines(ledger) == [(item, "verified", "seen")]
    repository.commit({"run.sh": None})
    for now in ("2026-11-21T12:00Z", "2026-11-22T12:00Z"):
        assert verify(loopcheck, ledger, now).code == 1
    assert lines(ledger) == [(item, "verified", "seen"), (item, "failed", "seen")]


def test_a_ledger_that_cannot_be_read_is_not_added_to(repository, loopcheck, ledger):
    ledger.write_text("{\n")
    done = verify(loopcheck, ledger)
    assert done.code == 2
    assert "ledger.jsonl:1: this line of the ledger cannot be read" in done.err
    assert ledger.read_text() == "{\n"


def test_a_ledger_in_no_folder_is_a_mistake(repository, loopcheck, tmp_path):
    done = verify(loopcheck, tmp_path / "gone" / "ledger.jsonl")
    assert done.code == 2
    assert "No such file" in done.err
