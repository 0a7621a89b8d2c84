"""Paths and globs: what is matched, and that an index of many paths matches as each of them would."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopcheck.paths import Paths, RepoGlob, RepoPath, matching

TREE = ["README.md", "a/b.md", "a/b/c.md", "a/b/c.txt", "ab.md", "docs/[x].md", "docs/x.md", "é/ü.md"]


@pytest.mark.parametrize(
    ("glob", "found"),
    [
        ("README.md", ["README.md"]),
        ("*.md", ["README.md", "ab.md"]),
        ("**/*.md", ["README.md", "a/b.md", "a/b/c.md", "ab.md", "docs/[x].md", "docs/x.md", "é/ü.md"]),
        ("a/**", ["a/b.md", "a/b/c.md", "a/b/c.txt"]),
        ("a/**/c.md", ["a/b/c.md"]),
        ("a/**/b.md", ["a/b.md"]),
        ("a/*", ["a/b.md"]),
        ("a*", ["ab.md"]),
        ("docs/[xy].md", ["docs/x.md"]),
        ("docs/[!x].md", []),
        ("docs/?x].md", ["docs/[x].md"]),
        ("é/*", ["é/ü.md"]),
        ("a", []),
        ("A/B.md", []),
    ],
)
def test_a_glob_stands_for_paths(glob, found):
    assert matching(TREE, [RepoGlob.parse(glob)]) == found
    assert matching(Paths(TREE), [RepoGlob.parse(glob)]) == found


@settings(deadline=None)
@given(
    st.lists(st.text("ab/*?[]!é\U0010ffff", max_size=6), max_size=8, unique=True),
    st.lists(st.text("ab/*?[]!é", max_size=6), max_size=3),
)
def test_an_index_matches_as_each_path_would(paths, globs):
    try:
        plain = matching(paths, globs)
    except ValueError:
        return
    index = Paths(paths)
    assert matching(index, globs) == plain == matching(index, globs)
    assert list(index) == paths
    assert all(path in index for path in paths)
    for folder in globs:
        below = [path for path in paths if path == folder or path.startswith(folder + "/")]
        assert index.at_or_below(folder) == below


@pytest.mark.parametrize(
    ("written", "path"),
    [("a/b", "a/b"), ("/a/b", "a/b"), ("./a//b/", "a/b"), (" a ", "a"), ("a b/c", "a b/c"), (".github/x", ".github/x")],
)
def test_a_path_is_read_from_the_root(written, path):
    assert RepoPath.parse(written) == path


@pytest.mark.parametrize(
    "written", ["", "/", ".", "..", "a/../b", "../a", "a\\b", "a\0", "a\nb", ".git/config", "a" * 2000]
)
def test_a_path_that_is_none_is_refused(written):
    with pytest.raises(ValueError, match=r"`|path"):
        RepoPath.parse(written)
