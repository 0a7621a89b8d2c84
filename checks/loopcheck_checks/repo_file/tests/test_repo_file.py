"""`repo-file`, on real repositories."""

from pathlib import Path

import pytest

from loopcheck.model import Verdict
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck_checks.repo_file import RepoFileChecker, RepoFileExpectation

CHECKER = RepoFileChecker()
HERE = Path(__file__).parent.parent


def test_keeps_the_contract():
    check_contract(RepoFileChecker, HERE / "README.md")


@pytest.mark.parametrize(
    ("declared", "verdict", "reason"),
    [
        ("path: run.sh", Verdict.VERIFIED, None),
        ("path: /run.sh", Verdict.VERIFIED, None),
        ("path: run.sh\nexecutable: true", Verdict.FAILED, "not-executable"),
        ("path: tool\nexecutable: true", Verdict.VERIFIED, None),
        ("path: blank.txt", Verdict.FAILED, "empty-file"),
        ("path: gone.sh", Verdict.FAILED, "no-file"),
        ("path: docs", Verdict.FAILED, "no-file"),
        ("path: link", Verdict.INCONCLUSIVE, "linked"),
        ("path: link/below", Verdict.INCONCLUSIVE, "linked"),
    ],
)
def test_says_what_is_there(tmp_path, declared, verdict, reason):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"run.sh": "echo 1\n", "tool": "#!/bin/sh\n", "blank.txt": " \n\t\n", "docs/a.md": "a\n"})
    (tmp_path / "tool").chmod(0o755)
    (tmp_path / "link").symlink_to("/etc/passwd")
    repository.commit_all()
    result = examine(CHECKER, declared, repository.session())
    assert result.verdict is verdict
    assert [claim.reason for claim in result.claims if claim.reason] == ([reason] if reason else [])


def test_an_observation_can_be_replayed(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"run.sh": "echo 1\n"})
    expect = RepoFileExpectation(path="run.sh")
    assert round_trips(CHECKER.observe(expect, repository.session().world()))
