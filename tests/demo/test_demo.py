"""The first command that anyone runs: the story is told, is true, and breaks as it says."""

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from loopcheck import cli, engine, loading
from loopcheck.demo import story
from loopcheck.model import Verdict


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "story"
    result = CliRunner().invoke(cli.group, ["demo", str(folder)])
    assert result.exit_code == 0, result.output
    return folder, result.output


def report_at(folder: Path, ref: str):
    loaded = loading.load(folder, ref)
    try:
        return engine.run(
            loaded.declared.items, loaded.registry, loading.session(loaded), errors=loaded.declared.problems
        )
    finally:
        loaded.repository.close()


def by_owner(report):
    return {item.owner: item for item in report.items}


def test_shows_each_verdict(told):
    report = report_at(told[0], "main")
    assert not report.errors
    assert {owner: item.verdict for owner, item in by_owner(report).items()} == {
        "@alice": Verdict.VERIFIED,
        "@bob": Verdict.INCONCLUSIVE,
        "@carol": Verdict.VERIFIED,
        "@dan": Verdict.FAILED,
    }
    unknown = [claim.reason for a in by_owner(report)["@bob"].artifacts for claim in a.claims if claim.reason]
    assert unknown == ["needs-github"]


@pytest.mark.parametrize(
    ("breakage", "owner"),
    list(zip(story.BREAKAGES, ["@alice", "@bob", "@carol"], strict=True)),
    ids=[breakage.branch for breakage in story.BREAKAGES],
)
def test_breaks_as_it_says(told, breakage, owner):
    folder, output = told
    assert f"verify --ref {breakage.branch}" in output
    assert f"FAILED, {breakage.reason}" in output
    item = by_owner(report_at(folder, breakage.branch))[owner]
    assert item.verdict is Verdict.FAILED
    assert breakage.reason in {claim.reason for artifact in item.artifacts for claim in artifact.claims}


def test_is_a_clean_repository_on_main(told):
    run = ["git", "-C", str(told[0]), "status", "--short", "--branch"]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "## main\n"


def test_writes_over_nothing(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    result = CliRunner().invoke(cli.group, ["demo", str(tmp_path)])
    assert result.exit_code != 0
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert (tmp_path / "mine.txt").read_text() == "mine"
