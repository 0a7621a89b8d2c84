"""What the builder commits without git is to the letter what git commits, and git finds nothing wrong with it."""

import pytest

from loopcheck.testing import RepositoryBuilder, commits

FILES = {
    "a.md": "a\n",
    "a/b.md": "b\n",
    "a-b/c.md": "",
    "a.d/deep/er/x": b"\0\xff\r\n",
    "Z": "z",
    "ab": "of a length at which the index needs a whole word of padding\n",
    "ünïcode/f i l e.txt": "é\n",
    "long/" + "x" * 200: "x" * 100_000,
}


@pytest.fixture
def both(tmp_path, monkeypatch):
    """Does the same in two repositories, of which one asks git for every commit; tells both ids."""
    quick, slow = (RepositoryBuilder(tmp_path / name) for name in ("quick", "slow"))

    def do(act):
        made = act(quick)
        with monkeypatch.context() as without:
            without.setattr(commits, "commit", lambda *_: None)
            assert act(slow) == made
        assert quick.git("status", "--porcelain") == ""
        assert quick.git("ls-files", "--stage") == slow.git("ls-files", "--stage")
        quick.git("fsck", "--strict", "--no-dangling")
        return made

    return do


def test_the_ids_are_gits(both):
    def odd(repository):
        (repository.folder / "Z").chmod(0o755)
        (repository.folder / "link").symlink_to("a/b.md")
        (repository.folder / "broken").symlink_to("../nowhere/é")
        (repository.folder / "empty").mkdir()
        return repository.commit({"a.md": "other\n"}, at="2026-01-02T03:04:05+02:00", author="Ana Lee", message="Add é")

    def detached(repository):
        repository.git("checkout", "-q", "--detach")
        return repository.commit({"only": "here\n"})

    made = [
        both(lambda repository: repository.commit({})),
        both(lambda repository: repository.commit(FILES)),
        both(odd),
        both(lambda repository: repository.rename("a/b.md", "b/a.md")),
        both(lambda repository: repository.commit({"a.md": None, "Z": None})),
        both(lambda repository: repository.commit({"a.md": "a\n"}, message="Two lines \n\n\nof text\n")),
        both(detached),
    ]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize(
    "special",
    [
        {".gitignore": "*.log\n", "x.log": "not here\n"},
        {".gitattributes": "*.txt text\n", "x.txt": "a\r\n"},
        {"deep/.gitignore": "*\n"},
    ],
)
def test_what_git_has_rules_for_is_left_to_git(both, special):
    both(lambda repository: repository.commit(special))


def test_a_merge_under_way_is_left_to_git(both):
    def merged(repository):
        repository.commit({"a": "1\n"})
        repository.git("checkout", "-q", "-b", "side")
        repository.commit({"b": "2\n"})
        repository.git("checkout", "-q", "main")
        repository.commit({"c": "3\n"})
        repository.git("merge", "-q", "--no-commit", "side")
        return repository.commit_all(message="Merge")

    both(merged)


def test_settings_and_packed_branches_are_left_to_git(both):
    def packed(repository):
        repository.commit({"a": "1\n"})
        repository.git("pack-refs", "--all")
        repository.commit({"a": "2\n"})
        repository.git("config", "core.fileMode", "false")
        (repository.folder / "a").chmod(0o755)
        return repository.commit({"b": "2\n"})

    both(packed)


def test_what_changes_right_after_a_commit_is_seen(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"a": "1\n"})
    (tmp_path / "a").write_text("2\n")
    assert repository.git("status", "--porcelain") == "M a"


def test_a_session_sees_what_was_committed_last(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    first = repository.commit({"a": "1\n"})
    assert repository.session().repository.read("a").data == b"1\n"
    second = repository.commit({"a": "2\n"})
    repository.git("tag", "here")
    read = {ref: repository.session(ref=ref).repository for ref in ("HEAD", "main", "here", "refs/heads/main", first)}
    assert {ref: (one.commit, one.read("a").data, one.ref) for ref, one in read.items()} == {
        **{ref: (second, b"2\n", ref) for ref in ("HEAD", "main", "here", "refs/heads/main")},
        first: (first, b"1\n", first),
    }
