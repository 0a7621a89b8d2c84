"""Whatever strangers write, the readers answer or refuse in words: nothing else is raised, and nothing is lost."""

import contextlib

from hypothesis import example, given, settings
from hypothesis import strategies as st

from loopcheck.config import ConfigFile
from loopcheck.declarations.owner import parse_owner
from loopcheck.documents import markdown, yaml
from loopcheck.documents.origin import DocumentError
from loopcheck.paths import RepoGlob, RepoPath, matching
from loopcheck.patterns import Pattern
from loopcheck.quantities import Comparison, Duration, Moment, Quantity
from loopcheck.registry import InstalledCheckers
from loopcheck.sources import understand
from loopcheck.world import File

REGISTRY = InstalledCheckers()

PIECES = st.sampled_from(
    "``` ```loopcheck\n ~~~ --- ... > - * 1. # <!-- --> <div> | : ? & * ! @ % [ ] { } , ' \" \\ \t \n \r \r\n << *a &a"
    " owner: verify: due: kind: incident: id: title: repo-file: path: alice 2026-12-15 2001-99-99 a b \x00 \x07 \x85"
    " \u2028 \ufeff \ufffe \u202e é 🙂 \x7f \x1b[31m ::set-output ##[error]".split(" ")
).flatmap(lambda piece: st.sampled_from([piece, piece + " ", " " + piece, piece + "\n"]))
SCRIBBLE = st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=200)
BLOCK = 'owner: "@alice"\nverify: [{repo-file: {path: a}}]\n'


@settings(deadline=None, max_examples=150)
@given(SCRIBBLE)
@example("```loopcheck\n")
@example("---\n---")
@example("- ```loopcheck\n\t- ```")
@example("> ```loopcheck\n> \towner: [\n```")
def test_markdown(text):
    for fence in markdown.fences(text, "f.md"):
        assert 1 <= fence.opened <= len(markdown.lines_of(text))
        assert fence.title is None or len(fence.title) <= 200
        for line in range(fence.text.count("\n") + 1):
            place = fence.origin.at(line, 0)
            assert place >= (1, 1)
    markdown.front_matter(text, "f.md")
    markdown.title_of(text)


@settings(deadline=None, max_examples=200)
@given(SCRIBBLE, st.sampled_from([yaml.DECLARATION, yaml.REPOSITORY]))
def test_yaml(text, limits):
    try:
        documents = yaml.load_all(text, "f.yml", limits)
    except DocumentError as error:
        refused = error.problem
        documents = []
    else:
        refused = None
    assert refused is None or min(refused.line, refused.column) >= 1
    for node in documents:
        assert node.value == node.value or "nan" in repr(node.value)
        repr(node.text_value)


@settings(deadline=None, max_examples=150)
@given(SCRIBBLE, st.sampled_from(["p.md", "p.yml"]))
@example("---", "p.yml")
@example("0", "p.yml")
def test_a_declaration(text, path):
    if path == "p.yml":
        whole = f"action-items:\n- title: Good\n  {BLOCK.replace(chr(10), chr(10) + '  ')}\n{text}"
    else:
        whole = f"## Good\n\n```loopcheck\n{BLOCK}```\n\n## Other\n\n```loopcheck\n{text}"
    found = understand([File(path, "", whole.encode(errors="replace"), "c")], ConfigFile(), REGISTRY)
    if path == "p.md":
        assert found.items[0].title == "Good"
    lines = len(markdown.lines_of(whole)) + whole.count("\x85") + whole.count("\u2028") + whole.count("\u2029")
    for problem in found.problems:
        assert 1 <= problem.line <= lines
        assert problem.column >= 1
        assert len(problem.message) < 1000


@settings(deadline=None, max_examples=100)
@given(SCRIBBLE)
@example("1e99")
@example("9" * 5000)
@example("٣")
@example("0001-01-01T00:00+23:59")
def test_values(text):
    for read in (Quantity, Duration, Comparison, Moment, RepoPath, RepoGlob, Pattern):
        try:
            str(read.parse(text))
        except ValueError as refused:
            assert len(str(refused)) < 500  # noqa: PT017 - some texts are refused, and in few words
    with contextlib.suppress(ValueError):
        parse_owner(text)


@settings(deadline=None, max_examples=100)
@given(SCRIBBLE, st.lists(st.text("ab/.*[]", max_size=8), max_size=5))
def test_no_path_leads_out_of_the_repository(text, names):
    try:
        path = RepoPath.parse(text)
    except ValueError:
        return
    assert not path.startswith("/")
    assert ".." not in path.split("/")
    assert "\0" not in path
    with contextlib.suppress(ValueError):
        matching(names, [RepoGlob.parse(text)])
