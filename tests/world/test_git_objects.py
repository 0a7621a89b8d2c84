"""Files are read from git's objects at a commit, and nothing else is: no link, no work tree, no setting that runs."""

import os
import stat
import subprocess
import threading

import pytest

from loopcheck.errors import NotARepositoryError
from loopcheck.reasons import CannotTell
from loopcheck.testing import RepositoryBuilder
from loopcheck.world import Repository


@pytest.fixture
def built(tmp_path):
    repository = RepositoryBuilder(tmp_path / "checkout")
    repository.commit({"a.md": "one\n", "docs/b.md": "two\n", "run.sh": "x\n"}, at="2026-01-01T00:00Z")
    return repository


def trouble(look):
    with pytest.raises(CannotTell) as caught:
        look()
    return caught.value.reason.word


def test_a_file_is_what_was_committed_and_not_what_is_in_the_work_tree(built):
    (built.folder / "a.md").write_text("changed\n")
    (built.folder / "new.md").write_text("new\n")
    repository = Repository(built.folder)
    assert repository.read("a.md").text == "one\n"
    assert repository.read("new.md") is None
    assert repository.read("docs/b.md").evidence("x", 3).source == f"docs/b.md:3@{repository.commit[:12]}"
    assert repository.uncommitted() == ["a.md", "new.md"]


def test_what_is_looked_at_can_be_any_commit(built):
    first = built.git("rev-parse", "HEAD")
    built.commit({"a.md": "later\n"})
    built.git("tag", "v1", first)
    built.git("branch", "feature/x", first)
    for ref in (first, first[:10], "v1", "feature/x", "HEAD~1", "refs/tags/v1"):
        repository = Repository(built.folder / "docs", ref)
        assert repository.read("a.md").text == "one\n"
        assert repository.uncommitted() == []


@pytest.mark.parametrize(
    "ref",
    [
        "--upload-pack=touch hacked", "-h", "--help", "--all", "--exec=touch hacked", "-", "--", "", " ", "^HEAD",
        "HEAD..HEAD", "HEAD:a.md", ":a.md", "HEAD^{tree}", "@{-1}", "nothing", "HEAD\n", "$(touch hacked)", "é" * 200,
        "--end-of-options", "HEAD^{commit}^{tree}", ":/one", "main@{upstream}",
    ],
)  # fmt: skip
def test_a_ref_that_is_no_commit_is_refused(built, ref):
    with pytest.raises(NotARepositoryError) as caught:
        Repository(built.folder, ref)
    assert caught.value.hint
    assert not list(built.folder.rglob("hacked"))


def test_branches_named_like_options_are_only_names(built):
    built.git("update-ref", "refs/heads/--output=hacked", "HEAD")
    assert Repository(built.folder, "refs/heads/--output=hacked").read("a.md")
    assert not list(built.folder.rglob("hacked"))


def test_links_and_submodules_are_never_followed(built, tmp_path):
    other = RepositoryBuilder(tmp_path / "other")
    other.commit({"inside.md": "x\n"})
    (built.folder / "link.md").symlink_to("/etc/passwd")
    (built.folder / "folder").symlink_to("docs")
    (built.folder / "loop").symlink_to("loop")
    built.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.folder), "vendored")
    built.commit_all()
    repository = Repository(built.folder)
    for path in ("link.md", "folder", "folder/b.md", "loop", "loop/loop", "vendored", "vendored/inside.md"):
        assert trouble(lambda path=path: repository.read(path)) == "linked"
    assert set(repository.paths) == {"a.md", "docs/b.md", "run.sh", ".gitmodules"}
    assert repository.read("docs") is None
    assert repository.is_folder("docs")
    assert repository.read("a.md/below") is None


@pytest.mark.parametrize("path", ["../etc/passwd", "/etc/passwd", ".git/config", "docs/../a.md", "a.md\0", "", "."])
def test_a_path_that_is_in_no_tree_is_no_file(built, path):
    assert Repository(built.folder).read(path) is None


def test_a_file_larger_than_is_read_is_not_read_and_not_absent(built):
    built.commit({"big": b"x" * (4 * 1024 * 1024 + 1), "binary": bytes(range(256)), "limit": b"x" * (4 * 1024 * 1024)})
    repository = Repository(built.folder)
    assert trouble(lambda: repository.read("big")) == "too-big"
    assert trouble(lambda: repository.read("binary").text) == "not-text"
    assert len(repository.read("limit").text) == 4 * 1024 * 1024
    assert repository.read("a.md").text == "one\n"  # the stream is still in step


def test_odd_names_are_told_apart(built):
    names = [
        "new\nline",
        "tab\there",
        'quote".md',
        "back\\slash",
        "*",
        ":colon",
        "-dash",
        " space ",
        "caf\u00e9",
        "cafe\u0301",
    ]
    built.commit({f"odd/{name}": f"{number}\n" for number, name in enumerate(names)})
    with open(bytes(built.folder) + b"/odd/\xff\xfe", "w") as file:  # noqa: PTH123 - a name of bytes
        file.write("bytes\n")
    built.commit_all()
    repository = Repository(built.folder)
    for number, name in enumerate(names):
        assert repository.read(f"odd/{name}").text == f"{number}\n"
        assert repository.history(f"odd/{name}").changes[0].status == "A"
    for path in repository.paths:
        path.encode()
    assert repository.uncommitted() == []
    (built.folder / "odd/*").write_text("changed\n")
    assert repository.uncommitted() == ["odd/*"]


@pytest.mark.parametrize(
    ("meant", "path"),
    [
        ("Runbooks/Lag.md", "runbooks/lag.md"),
        ("docs/lag.md", "runbooks/lag.md"),
        ("runbooks/lags.md", "runbooks/lag.md"),
        ("cafe\u0301.md", "caf\u00e9.md"),
        ("nothing/like/it", None),
    ],
)
def test_a_path_that_an_author_may_have_meant_is_named(built, meant, path):
    built.commit({"runbooks/lag.md": "x\n", "caf\u00e9.md": "x\n"})
    assert Repository(built.folder).nearest(meant) == path


def test_a_replaced_object_is_not_looked_at(built):
    good = built.git("rev-parse", "HEAD:a.md")
    built.commit({"evil.md": "evil\n"})
    built.git("replace", good, built.git("rev-parse", "HEAD:evil.md"))
    assert Repository(built.folder).read("a.md").text == "one\n"


def test_the_environment_does_not_choose_the_repository(built, tmp_path, monkeypatch):
    other = RepositoryBuilder(tmp_path / "other")
    other.commit({"a.md": "other\n"})
    for name, value in {
        "GIT_DIR": other.folder / ".git",
        "GIT_WORK_TREE": other.folder,
        "GIT_INDEX_FILE": "/nowhere/index",
        "GIT_OBJECT_DIRECTORY": other.folder / ".git/objects",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_TRACE": "1",
        "GIT_NAMESPACE": "x",
    }.items():
        monkeypatch.setenv(name, str(value))
    repository = Repository(built.folder)
    assert repository.read("a.md").text == "one\n"
    assert repository.uncommitted() == []


def test_nothing_that_a_checkout_names_is_run(built, tmp_path):
    trap = tmp_path / "trap"
    canary = tmp_path / "canary"
    trap.write_text(f"#!/bin/sh\ntouch {canary}\ncat\n")
    trap.chmod(trap.stat().st_mode | stat.S_IXUSR)
    for setting in (
        "core.fsmonitor", "diff.external", "diff.evil.command", "diff.evil.textconv", "filter.evil.clean",
        "filter.evil.smudge", "filter.evil.process", "filter.a=b.clean", "alias.log", "alias.ls-tree", "alias.status",
        "core.pager", "pager.log", "core.sshCommand", "gpg.program", "core.editor", "uploadpack.packObjectsHook",
        "interactive.diffFilter", "sequence.editor", "credential.helper",
    ):  # fmt: skip
        built.git("config", setting, f"!{trap}" if setting.startswith("alias") else str(trap))
    built.git("config", "log.showSignature", "true")
    built.git("config", "filter.evil.required", "true")
    hooks = built.folder / ".git/hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "post-checkout", "pre-auto-gc", "reference-transaction", "fsmonitor-watchman"):
        (hooks / hook).write_text(trap.read_text())
        (hooks / hook).chmod(0o755)
    (built.folder / ".git/info").mkdir()
    (built.folder / ".git/info/attributes").write_text("*.md filter=evil diff=evil\n*.sh filter=a=b\n")
    (built.folder / ".gitattributes").write_text("* filter=evil diff=evil\n")
    os.utime(built.folder / "a.md", (1, 1))  # git must look into the file to know that it is the same
    (built.folder / "run.sh").write_text("other\n")
    repository = Repository(built.folder)
    for path in ("a.md", "docs/b.md", "run.sh", ".gitattributes"):
        repository.read(path)
        repository.history(path)
    assert repository.uncommitted() == [".gitattributes", "run.sh"]
    repository.close()
    assert not canary.exists()


def test_a_repository_of_somebody_else_is_named_with_the_way_out(built, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(NotARepositoryError, match="belongs to another user") as caught:
        Repository(built.folder)
    assert "safe.directory" in caught.value.hint
    assert Repository(built.folder, trusted=True).read("a.md")


def test_where_there_is_no_repository_that_is_said(tmp_path, monkeypatch):
    with pytest.raises(NotARepositoryError, match="not in a git repository"):
        Repository(tmp_path / "nowhere")
    with pytest.raises(NotARepositoryError, match="not in a git repository"):
        Repository(tmp_path)
    RepositoryBuilder(tmp_path / "empty")
    with pytest.raises(NotARepositoryError, match="has no commit yet"):
        Repository(tmp_path / "empty")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotARepositoryError, match="git is not installed"):
        Repository(tmp_path)


def test_bare_repositories_worktrees_and_sha256_are_repositories(built, tmp_path):
    built.git("clone", "-q", "--bare", str(built.folder), str(tmp_path / "bare"))
    built.git("worktree", "add", "-q", str(tmp_path / "tree"))
    subprocess.run(["git", "init", "-q", "-b", "main", "--object-format=sha256", str(tmp_path / "long")], check=True)
    long = RepositoryBuilder(tmp_path / "long")
    long.commit({"a.md": "one\n"})
    long.commit({"a.md": "two\n"})
    assert Repository(tmp_path / "bare").read("a.md").text == "one\n"
    assert Repository(tmp_path / "bare").uncommitted() == []
    assert Repository(tmp_path / "tree").read("a.md").text == "one\n"
    seen = Repository(tmp_path / "long")
    assert len(seen.commit) == 64
    assert seen.read("a.md").text == "two\n"
    assert [change.status for change in seen.history("a.md").changes] == ["M", "A"]


def test_a_broken_repository_is_no_absent_file(built):
    oid = built.git("rev-parse", "HEAD:a.md")
    blob = built.folder / ".git/objects" / oid[:2] / oid[2:]
    blob.chmod(0o600)
    blob.write_bytes(b"not an object")
    repository = Repository(built.folder)
    assert trouble(lambda: repository.read("a.md")) == "missing-object"
    assert repository.read("docs/b.md").text == "two\n"
    tree = built.git("rev-parse", "HEAD^{tree}")
    (built.folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(NotARepositoryError, match="cannot be listed"):
        Repository(built.folder).read("a.md")


def test_one_process_serves_every_file_and_every_thread(built):
    built.commit({f"many/{number}.md": f"{number}\n" for number in range(100)})
    repository = Repository(built.folder)
    wrong = []

    def look(first):
        paths = {number: f"many/{number}.md" for number in [*range(first, 100), *range(first)]}
        wrong.extend(path for number, path in paths.items() if repository.read(path).text != f"{number}\n")
        wrong.extend(path for path in paths.values() if not repository.history(path).changes)

    threads = [threading.Thread(target=look, args=(first,)) for first in range(0, 80, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert repository.git.processes == 4  # rev-parse, ls-tree, cat-file, log
