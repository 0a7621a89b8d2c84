"""Lines and patterns of CODEOWNERS, by tables and against a slow matcher that shares no code with the fast one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopcheck.reasons import CannotTell
from loopcheck_checks.codeowners.rules import Rules, readings


def matches(pattern, path):
    return bool(Rules(f"{pattern} @a\n").matching(path))


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*", "a x/a x/y/a", ""),
        ("*.js", "a.js x/a.js a.js/b", "a.jsx"),
        ("/*", "a", "x/a"),
        ("logs", "logs logs/a x/logs x/logs/a", "logs.txt xlogs"),
        ("logs/", "logs/a x/logs/a/b", "logs x/logs"),
        ("/logs", "logs logs/a", "x/logs x/logs/a"),
        ("/build/logs/", "build/logs/a build/logs/x/a", "build/logs x/build/logs/a"),
        ("build/logs", "build/logs build/logs/a", "x/build/logs"),
        ("docs/*", "docs/a", "docs docs/x/a x/docs/a"),
        ("docs/*.md", "docs/a.md", "docs/x/a.md docs/a.mdx"),
        ("docs/*/", "docs/x/a docs/x/y/a", "docs/a"),
        ("**/logs", "logs logs/a x/logs x/y/logs/a", "xlogs"),
        ("docs/**", "docs/a docs/x/a", "docs x/docs/a"),
        ("docs/**/a", "docs/a docs/x/a docs/x/y/a docs/a/b", "docs/b x/docs/a"),
        ("f?o", "foo x/foo/a", "fo fooo f/o"),
        ("a*c/d", "ac/d abc/d/e", "a/c/d x/ac/d"),
        ("/a.b", "a.b", "axb"),
        ("A", "A", "a"),
    ],
)
def test_patterns_match_as_documented(pattern, yes, no):
    assert [path for path in yes.split() if not matches(pattern, path)] == []
    assert [path for path in no.split() if matches(pattern, path)] == []


@pytest.mark.parametrize(
    ("line", "owners", "doubtful"),
    [
        ("a @x @y/z q@r.org", ("@x", "@y/z", "q@r.org"), False),
        ("a\t@x", ("@x",), False),
        ("  a @x  ", ("@x",), False),
        ("a", (), False),
        ("a # @x", (), False),
        ("a @x # @y", ("@x",), False),
        ("a @x #y", ("@x",), False),
        ("a @x#y", ("@x",), True),
        ("a x", (), True),
        ("a @x, @y", ("@y",), True),
        ("a[b] @x", ("@x",), True),
        ("\\#a @x", ("@x",), True),
        ("a\\ b @x", ("@x",), False),
    ],
)
def test_lines_are_read(line, owners, doubtful):
    [rule] = Rules(line).rules
    assert (rule.line.owners, rule.line.doubt is not None) == (owners, doubtful)


@pytest.mark.parametrize("line", ["", "   ", "# a @x", "!a @x", "***/a @x", "a" * 5000 + " @x"])
def test_lines_that_are_no_rule(line):
    assert Rules(line).rules == []


def test_doubtful_lines_come_before_the_certain_one_that_decides():
    rules = Rules("* @a\n*.x @b\n*.x c\n*.[x] @d\n")
    assert [line and line.number for line in readings(rules.matching("f.x"))] == [3, 2]
    assert [line and line.number for line in readings(rules.matching("f.y"))] == [1]
    assert readings(Rules("").matching("f")) == (None,)


# --- against a slow reference: gitignore's rules, by recursion over parts and letters ---


def reference(pattern, path):
    anchored = "/" in pattern.rstrip("/")
    folders_only = pattern.endswith("/")
    parts = [part for part in pattern.split("/") if part]
    names = path.split("/")
    children_only = anchored and not folders_only and parts[-1] == "*"
    for length in range(1, len(names) + 1):
        whole = length == len(names)
        if (whole and folders_only) or (not whole and children_only):
            continue
        part_of_it = names[:length]
        starts = [0] if anchored else range(length)
        if any(_parts_match(parts, part_of_it[start:]) for start in starts):
            return True
    return False


def _parts_match(parts, names):
    if not parts:
        return not names
    if parts[0] == "**":
        if len(parts) == 1:
            return bool(names)
        return any(_parts_match(parts[1:], names[skip:]) for skip in range(len(names) + 1))
    return bool(names) and _letters_match(parts[0], names[0]) and _parts_match(parts[1:], names[1:])


def _letters_match(part, name):
    if not part:
        return not name
    if part[0] == "*":
        return any(_letters_match(part[1:], name[skip:]) for skip in range(len(name) + 1))
    return bool(name) and part[0] in ("?", name[0]) and _letters_match(part[1:], name[1:])


NAMES = st.text("ab.", min_size=1, max_size=3).filter(lambda name: name.strip("."))
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PARTS = st.one_of(st.just("**"), st.just("*"), st.text("ab.*?", min_size=1, max_size=3))
PATTERNS = st.builds(
    lambda root, parts, end: root + "/".join(parts) + end,
    st.sampled_from(["", "/"]),
    st.lists(PARTS, min_size=1, max_size=4),
    st.sampled_from(["", "/"]),
).filter(lambda pattern: "***" not in pattern and not pattern.endswith("**/"))


@settings(max_examples=200, deadline=None)
@given(PATTERNS, PATHS)
def test_agrees_with_the_slow_matcher(pattern, path):
    assert matches(pattern, path) is reference(pattern, path)


@settings(max_examples=60, deadline=None)
@given(st.lists(PATTERNS, max_size=6), PATHS)
def test_finds_every_rule_that_matches_in_order(patterns, path):
    found = Rules("\n".join(f"{pattern} @a" for pattern in patterns)).matching(path)
    assert [rule.line.number for rule in found] == [
        number for number, pattern in enumerate(patterns, 1) if reference(pattern, path)
    ]


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), st.text("ab/*?\\[]!#@ ,\t\n", max_size=200)))
def test_any_text_is_read(text):
    try:
        readings(Rules(text).matching("a/b"))
    except CannotTell as trouble:
        assert trouble.reason.word in ("not-judged", "truncated")  # noqa: PT017 - the only trouble there may be
