"""History from one `git log`: first-parent, through renames, and never across what a clone left out."""

import subprocess
from datetime import datetime

import pytest

from loopcheck.errors import NotARepositoryError
from loopcheck.reasons import CannotTell
from loopcheck.testing import RepositoryBuilder
from loopcheck.world import Repository

INCIDENT = "2026-06-01T00:00+00:00"


def changes(repository, path, since=None):
    history = repository.history(path, datetime.fromisoformat(since) if since else None)
    return [(change.status, f"{change.at:%m-%d}") for change in history.changes]


def test_a_file_is_followed_through_renames(tmp_path):
    built = RepositoryBuilder(tmp_path)
    built.commit({"a.md": "line\n" * 20}, at="2026-01-01T00:00Z")
    built.rename("a.md", "b.md", at="2026-02-01T00:00Z")
    built.commit({"a.md": "another file of the old name\n"}, at="2026-03-01T00:00Z")
    built.rename("b.md", "docs/c.md", at="2026-04-01T00:00Z")
    built.commit({"docs/c.md": "line\n" * 20 + "new\n"}, at="2026-05-01T00:00Z")
    repository = Repository(tmp_path)
    assert changes(repository, "docs/c.md") == [("M", "05-01"), ("R", "04-01"), ("R", "02-01"), ("A", "01-01")]
    assert changes(repository, "a.md") == [("A", "03-01")]
    assert changes(repository, "docs/c.md", "2026-03-15T00:00+00:00") == [("M", "05-01"), ("R", "04-01")]


def test_a_file_that_was_deleted_and_came_back_begins_anew(tmp_path):
    built = RepositoryBuilder(tmp_path)
    built.commit({"a.md": "old\n"}, at="2026-01-01T00:00Z")
    built.commit({"a.md": None, "b.md": "x\n"}, at="2026-02-01T00:00Z")
    built.commit({"a.md": "new\n"}, at="2026-03-01T00:00Z")
    assert changes(Repository(tmp_path), "a.md") == [("A", "03-01")]


def test_a_change_is_dated_by_its_arrival_on_the_branch(tmp_path):
    built = RepositoryBuilder(tmp_path)
    built.commit({"a.md": "one\n", "b.md": "x\n"}, at="2026-01-01T00:00Z")
    built.git("switch", "-q", "-c", "fix")
    built.commit({"a.md": "two\n"}, at="2026-02-01T00:00Z")
    built.git("switch", "-q", "main")
    built.commit({"b.md": "y\n"}, at="2026-03-01T00:00Z")
    built.git("merge", "-q", "--no-ff", "-m", "Merge", "fix", at="2026-07-01T00:00+00:00")
    repository = Repository(tmp_path)
    assert changes(repository, "a.md") == [("M", "07-01"), ("A", "01-01")]
    assert changes(repository, "a.md", INCIDENT) == [("M", "07-01")]


def test_a_commit_with_a_wrong_clock_hides_nothing_behind_it(tmp_path):
    built = RepositoryBuilder(tmp_path)
    built.commit({"a.md": "1\n"}, at="2026-05-01T00:00Z")
    built.commit({"a.md": "2\n"}, at="2026-07-01T00:00Z")
    built.commit({"b.md": "x\n"}, at="1971-01-01T00:00Z")
    assert changes(Repository(tmp_path), "a.md", INCIDENT) == [("M", "07-01")]


def test_a_commit_whose_time_cannot_be_read_is_older_than_every_incident(tmp_path):
    built = RepositoryBuilder(tmp_path)
    built.commit({"a.md": "1\n"}, at="2026-07-01T00:00Z")
    built.commit({"a.md": "2\n"})
    for when in ("99999999999999999 +0000", "tomorrow", "-5 +0000"):
        text = f"tree {built.git('rev-parse', 'HEAD^{tree}')}\nparent {built.git('rev-parse', 'HEAD')}\n"
        text += f"author A <a@b> {when}\ncommitter A <a@b> {when}\n\nm\n"
        built.commit({"a.md": f"{when}\n"})
        text = text.replace(text.split("\n")[0], f"tree {built.git('rev-parse', 'HEAD^{tree}')}")
        made = subprocess.run(
            ["git", "-C", str(tmp_path), "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
            input=text.encode(), capture_output=True, check=True,
        ).stdout.decode().strip()  # fmt: skip
        built.git("update-ref", "refs/heads/main", made)
    repository = Repository(tmp_path)
    found = repository.history("a.md").changes
    assert [change.at.year for change in found[:3]] == [1970, 1970, 1970]
    assert len(found) == 5


def test_control_characters_in_a_message_are_only_text(tmp_path):
    built = RepositoryBuilder(tmp_path)
    built.commit({"a.md": "1\n"}, at="2026-01-01T00:00Z")
    oid = "0" * 40
    built.commit(
        {"b.md": "1\n"}, message=f"x\x01\n\n:100644 100644 {oid} {oid} M\ta.md\n{oid} 1\n##[error]", author="A\tB"
    )
    assert changes(Repository(tmp_path), "a.md") == [("A", "01-01")]


def test_settings_of_the_checkout_change_no_history(tmp_path):
    built = RepositoryBuilder(tmp_path)
    built.commit({"a/a.md": "line\n" * 20, "b/b.md": "x\n"}, at="2026-01-01T00:00Z")
    built.rename("a/a.md", "a/c.md", at="2026-02-01T00:00Z")
    expected = [("R", "02-01"), ("A", "01-01")]
    assert changes(Repository(tmp_path), "a/c.md") == expected
    for name, value in {
        "diff.relative": "true", "diff.renames": "false", "diff.renameLimit": "1", "diff.orderFile": "nowhere",
        "log.follow": "true", "log.showRoot": "false", "log.diffMerges": "off", "core.abbrev": "4", "log.date": "human",
        "format.pretty": "fuller", "log.decorate": "full", "diff.ignoreSubmodules": "all", "diff.noprefix": "true",
        "log.mailmap": "false", "color.ui": "always", "notes.displayRef": "*", "core.quotePath": "true",
    }.items():  # fmt: skip
        built.git("config", name, value)
    assert changes(Repository(tmp_path / "b"), "a/c.md") == expected
    (tmp_path / ".git/info").mkdir()
    (tmp_path / ".git/info/grafts").write_text(built.git("rev-parse", "HEAD") + "\n")
    assert changes(Repository(tmp_path), "a/c.md") == expected


@pytest.fixture
def origin(tmp_path):
    built = RepositoryBuilder(tmp_path / "origin")
    built.commit({"old.md": "written in 2016\n" * 10, "fresh.md": "x\n"}, at="2016-01-01T00:00Z")
    built.commit({"other.md": "y\n"}, at="2026-05-01T00:00Z")
    built.commit({"fresh.md": "changed after the incident\n"}, at="2026-07-01T00:00Z")
    built.git("config", "uploadpack.allowFilter", "true")
    return built


def clone(origin, folder, *options):
    subprocess.run(["git", "clone", "-q", *options, f"file://{origin.folder}", str(folder)], check=True)
    return folder


@pytest.mark.parametrize("depth", [1, 2])
def test_a_shallow_clone_dates_nothing_falsely(origin, tmp_path, depth):
    folder = clone(origin, tmp_path / "clone", f"--depth={depth}")
    naive = subprocess.run(
        ["git", "-C", str(folder), "log", "--format=%H", f"--since={'2010' if depth == 2 else '2026'}-01-01", "--", "old.md"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert len(naive.stdout.split()) == 1, "git itself no longer says that the boundary wrote every file"
    repository = Repository(folder)
    assert repository.shallow
    history = repository.history("old.md")
    assert history.changes == ()
    assert not history.complete
    assert changes(repository, "fresh.md") == ([("M", "07-01")] if depth == 2 else [])


def test_a_whole_clone_says_that_it_is_whole(origin, tmp_path):
    history = Repository(clone(origin, tmp_path / "clone")).history("old.md")
    assert history.complete
    assert [change.at.year for change in history.changes] == [2016]


def test_a_partial_clone_fetches_nothing(origin, tmp_path):
    folder = clone(origin, tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    # Were anything fetched, this would be run.
    canary = tmp_path / "canary"
    subprocess.run(
        ["git", "-C", str(folder), "config", "remote.origin.uploadpack", f"touch {canary};git-upload-pack"], check=True
    )
    repository = Repository(folder)
    for _ in range(3):
        with pytest.raises(CannotTell) as caught:
            repository.read("fresh.md")
        assert caught.value.reason.word == "missing-object"
    assert [status for status, _ in changes(repository, "fresh.md")] == ["M", "A"]
    assert not canary.exists()


def test_a_partial_clone_that_cannot_follow_a_rename_says_so(origin, tmp_path):
    origin.commit({"old.md": None, "renamed.md": "written in 2016\n" * 10 + "more\n"})
    folder = clone(origin, tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    with pytest.raises(CannotTell) as caught:
        Repository(folder).history("renamed.md")
    assert caught.value.reason.word == "missing-object"


def test_a_clone_without_trees_cannot_be_read_and_fetches_nothing(origin, tmp_path):
    folder = clone(origin, tmp_path / "clone", "--filter=tree:0", "--no-checkout")
    with pytest.raises(NotARepositoryError, match="cannot be listed") as caught:
        Repository(folder).read("old.md")
    assert "tree:0" in caught.value.hint
