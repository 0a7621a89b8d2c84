"""Headings, anchors, sections, and what a reader sees of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopcheck.documents import html
from loopcheck.documents.sections import (
    MAX_DOCUMENT,
    MAX_PARAGRAPH,
    TooBigError,
    find,
    lines_of,
    nearest_heading,
    read,
    slug,
    whole,
)


def titles(text):
    return [(heading.level, heading.text, heading.line) for heading in read(text, "x.md").headings]


def texts(section):
    return [block.text for block in section.blocks]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A", (1, "A", 1)),
        ("## A ##", (2, "A", 1)),
        ("   ### A", (3, "A", 1)),
        ("A\n===", (1, "A", 1)),
        ("A\nb\n---", (2, "A b", 1)),
        ("# *A* __b__ `c` [d](e) ~~f~~", (1, "A b c d f", 1)),
        ("# A ![picture](p.png)", (1, "A", 1)),
        ("# A &amp; B &lt;c&gt;", (1, "A & B <c>", 1)),
        ("# A <!-- b --> <em>c</em>", (1, "A c", 1)),
        ("---\nx: 1\n---\n# A", (1, "A", 4)),
        ("+++\nx = 1\n+++\n# A", (1, "A", 4)),
        ("\ufeffx\r\n\r\n# A\r\n", (1, "A", 3)),
        ("<h2>A <b>b</b></h2>", (2, "A b", 1)),
        ("<div>\n<p>x</p>\n<h3 id='q'>A</h3>\n</div>", (3, "A", 3)),
        ("> # A", (1, "A", 1)),
        ("- # A", (1, "A", 1)),
    ],
)
def test_finds_a_heading(text, expected):
    assert titles(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "#A",
        "####### A",
        "    # A",
        "```\n# A\n```",
        "````\n```\n# A\n```\n````",
        "<!--\n# A\n-->",
        "<!-- # A -->",
        "<div>\n<!--\n\n# A\n\n-->\n</div>",
        "<pre>\n# A\n</pre>",
        "<script>\n<h2>A</h2>\n</script>",
        "**A**",
        "---\n# A\n---\n",
        "[//]: # (# A)",
    ],
)
def test_what_looks_like_a_heading_and_is_none(text):
    assert titles(text) == []


def test_a_comment_that_html_leaves_open_hides_until_html_closes_it():
    hidden = read("<div>\n<!-- a\n\n# B\n\nc\n\n<p>d --> e</p>\n\n# F\n", "x.md")
    assert [block.text for block in hidden.blocks] == ["e", "F"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Replica is lagging!", "replica-is-lagging"),
        ("A & B", "a--b"),
        ("pg_wal_replay: what?", "pg_wal_replay-what"),
        ("🚀 Launch", "-launch"),
        ("Ça déjà 中文", "ça-déjà-中文"),
        ("1.2.3 (beta)", "123-beta"),
        ("a - b -- c", "a---b----c"),
        ("", ""),
    ],
)
def test_anchors_are_those_of_github(title, expected):
    assert slug(title) == expected


def test_an_anchor_that_is_taken_gets_a_number():
    document = read("# A\n# A\n# A-1\n# A\n<!-- # A -->\n```\n# A\n```\n", "x.md")
    assert [heading.anchor for heading in document.headings] == ["a", "a-1", "a-1-1", "a-2"]


PAGE = """\
# Top

intro

## First

one

### Below

two

> ## In a quote
>
> three

- item

  ## In an item

  four

after

<a id="here"></a>

## Second {#own}

five

# Top

six
"""


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("First", ["one", "Below", "two", "In a quote", "three", "item", "In an item", "four", "after", ""]),
        ("below", ["two", "In a quote", "three", "item", "In an item", "four", "after", ""]),
        ("In a quote", ["three"]),
        ("In an item", ["four"]),
        ("  second:", ["five"]),
        ("*Second*", ["five"]),
        ("#here", ["five"]),
        ("#own", ["five"]),
        ("#top-1", ["six"]),
        ("Second {#own}", ["five"]),
    ],
)
def test_a_section_goes_on_to_the_next_heading_of_its_rank(wanted, expected):
    (section,) = find(read(PAGE, "x.md"), wanted)
    assert texts(section) == expected


def test_two_sections_of_a_name_are_both_found():
    assert [section.heading.line for section in find(read(PAGE, "x.md"), "Top")] == [1, 31]


def test_a_name_of_none_has_a_nearest():
    document = read(PAGE, "x.md")
    assert find(document, "Secnd") == []
    assert nearest_heading(document, "Secnd").text == "Second {#own}"
    assert nearest_heading(document, "#belo").anchor == "below"
    assert nearest_heading(document, "something else") is None


def test_code_is_kept_apart_from_prose():
    (block,) = read("Run `a  b` or <kbd>c</kbd> <!-- d --> <br>![e](f.png) [g](h.md 'i').", "x.md").blocks
    assert block.text == "Run a b or c g."
    assert "a" not in block.prose
    assert block.code == ("a  b", "c")
    assert [(link.destination, link.image) for link in block.links] == [("f.png", True), ("h.md", False)]


@pytest.mark.parametrize(
    "text",
    [
        "[a](b%20c.md#d)",
        "[a][r]\n\n[r]: b%20c.md#d",
        "[a]\n\n[A]: <b c.md#d> 'title'",
        "<a href='b%20c.md#d'>a</a>",
        "> - x\n>   [a](<b c.md#d>)",
        "| t |\n|---|\n| [a](b%20c.md#d) |",
        "<div><a class='x' HREF=b%20c.md#d>a</a></div>",
    ],
)
def test_a_link_is_found_however_it_is_written(text):
    document = read(text, "x.md")
    assert [link.destination for block in document.blocks for link in block.links] == ["b%20c.md#d"]


@pytest.mark.parametrize("text", ["`[a](b)`", "```\n[a](b)\n```", "<!-- [a](b) -->", "\\[a](b)", "[a][b]", "[b]: c.md"])
def test_what_looks_like_a_link_and_is_none(text):
    assert not any(block.links for block in read(text, "x.md").blocks)


def test_lines_are_those_of_the_file():
    document = read("---\nx: 1\n---\n# A\n\none\ntwo [x](y)\n\n```\nthree\nfour\n```\n| a |\n|---|\n| b |\n", "x.md")
    assert [line for line in lines_of(document.blocks) if line[1]] == [
        (4, "A"), (6, "one"), (7, "two x"), (10, "three"), (11, "four"), (13, "a"), (15, "b"),
    ]  # fmt: skip
    assert document.blocks[1].links[0].line == 7


def test_items_are_the_outermost_of_the_section():
    document = read("# A\n\n1. a\n   - b\n\n   c\n2. d\n\n> - e\n\n- # B\n\n  - f\n  - g\n", "x.md")
    whole_items = whole(document).items
    assert [[block.text for block in blocks] for _, blocks in whole_items] == [
        ["a", "b", "c"],
        ["d"],
        ["e"],
        ["B", "f", "g"],
    ]
    (inner,) = find(document, "B")
    assert len(inner.items) == 2


@pytest.mark.parametrize("text", ["x" * (MAX_DOCUMENT + 1), "*a" * MAX_PARAGRAPH, "# " + "[" * (MAX_PARAGRAPH + 1)])
def test_what_is_too_long_is_said_to_be(text):
    with pytest.raises(TooBigError):
        read(text, "x.md")


def test_no_more_inline_text_than_the_bound_is_parsed_at_once(monkeypatch):
    """What keeps the time linear: a parser of inline text may take longer than linear on what strangers write."""
    from loopcheck.documents import sections

    seen = []

    class Counting:
        def parseInline(self, text, env):  # noqa: N802
            seen.append(len(text))
            return real.parseInline(text, env)

    real = sections._inline()
    monkeypatch.setattr(sections, "_inline", Counting)
    monkeypatch.setattr(sections, "MAX_PARAGRAPH", 80)
    hostile = "\n\n".join("[`*_<!--" * 10 for _ in range(4))
    read(hostile, "x.md")
    assert seen == [80] * 4
    with pytest.raises(TooBigError):
        read(hostile + "!", "x.md")
    assert seen == [80] * 7


MARKDOWN = st.lists(
    st.sampled_from(
        ["# A", "## B", "### C", "A\n===", "text", "- item", "  - sub", "> quote", "> # Q", "```", "~~~", "<!--", "-->",
         "<div>", "</div>", "<h2>H</h2>", "<a id='x'></a>", "[a](b)", "[r]: c", "| a |\n|---|", "    code", "---", "+++",
         "`", "*", "\\", "&amp;", "\t", "", "1. one", "<script>", "\0", "\r", "\u2028", "<a href='"]
    )
    | st.text(max_size=20),
    max_size=40,
).map("\n".join)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(MARKDOWN)
def test_any_text_is_read_and_its_sections_nest(text):
    document = read(text, "x.md")
    spans = []
    for heading in document.headings:
        (section,) = [one for one in find(document, "#" + heading.anchor) if one.heading is heading] or [None]
        if section is None:  # a heading without a letter has an empty anchor
            continue
        assert 0 < section.first <= section.last <= len(document.blocks)
        assert document.blocks[section.first - 1] is heading
        for block in section.blocks:
            beside = block.kind == "heading" and block.containers == heading.containers
            assert not (beside and block.level <= heading.level)
        spans.append((section.first - 1, section.last))
    for first, last in spans:
        for start, end in spans:
            assert last <= start or end <= first or (first <= start and end <= last) or (start <= first and last <= end)
    assert all(1 <= block.line <= text.count("\n") + text.count("\r") + 1 for block in document.blocks)


@settings(max_examples=120, deadline=None)
@given(st.text("<>!-/ab \"'=\n?[]", max_size=60))
def test_any_html_is_cut_into_pieces(text):
    for piece in html.pieces(text):
        assert isinstance(piece, (html.Tag, html.Comment, str))
