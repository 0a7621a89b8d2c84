"""Fenced blocks are found where CommonMark has them, with the line and column of the file."""

import pytest

from loopcheck.documents import markdown, yaml
from loopcheck.documents.origin import DocumentError

FENCE = "```loopcheck\nkey: value\n```\n"


def indented(text, first, rest):
    lines = text.splitlines()
    return "\n".join([first + lines[0], *(rest + line for line in lines[1:])]) + "\n"


def place_of_value(text):
    """The file's line and column of the scalar `value`, by the reader; and whether each block is closed."""
    (fence,) = [one for one in markdown.fences(text, "f.md") if one.info == "loopcheck"]
    node = yaml.load(fence.text, fence.origin).get("key")
    assert node.text == "value"
    return (node.line, node.column), fence


@pytest.mark.parametrize(
    "text",
    [
        FENCE,
        "# Title\n\n" + FENCE,
        "Text right above\n" + FENCE,
        "~~~loopcheck\nkey: value\n~~~\n",
        "``````loopcheck\nkey: value\n``````\n",
        "```   loopcheck   title=x\nkey: value\n```   \n",
        "   ```loopcheck\n   key: value\n   ```\n",
        "  ```loopcheck\nkey: value\n```\n",
        indented(FENCE, "- ", "  "),
        indented(FENCE, "1. ", "   "),
        indented(FENCE, "- [ ] ", "      ").replace("- [ ] ", "- [ ] Do it\n\n  ").replace("      ", "  "),
        "- Do it\n\n" + indented(FENCE, "  ", "  "),
        "- a\n  - b\n\n" + indented(FENCE, "    ", "    "),
        indented(FENCE, "> ", "> "),
        indented(FENCE, ">", ">"),
        indented(FENCE, "> - ", ">   "),
        indented(FENCE, "> > ", "> > "),
        "- > quoted\n  >\n" + indented(FENCE, "  > ", "  > "),
        "-\ta\n\n" + indented(FENCE, "\t", "\t"),
        "- a\n\n" + indented(FENCE, "\t", "\t"),
        "1. a\n\n" + indented(FENCE, "\t", "\t"),
        ">\t```loopcheck\n>\tkey: value\n>\t```\n",
        "---\na: 1\n---\n" + FENCE,
        "---\n---\n" + FENCE,
        "---\n\n\n---\n\n" + FENCE,
        "<!-- a comment -->\n\n" + FENCE,
        "<details>\n\n" + FENCE + "\n</details>\n",
        "```text\nother\n```\n\n" + FENCE,
        "ünïcödé 李雷 🙂\n\n" + FENCE,
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_a_block_is_found_and_placed(text, newline):
    place, fence = place_of_value(text.replace("\n", newline))
    lines = text.split("\n")
    line = next(number for number, line in enumerate(lines) if "key: value" in line)
    assert place == (line + 1, lines[line].index("value") + 1)
    assert fence.opened == line
    assert fence.closed


@pytest.mark.parametrize(
    "text",
    [
        "<!--\n" + FENCE + "-->\n",
        "<!-- a\n\n" + FENCE + "\n-->\n",
        "````\n" + FENCE + "````\n",
        "~~~\n" + FENCE + "~~~\n",
        indented(FENCE, "    ", "    "),
        "`" + FENCE.replace("\n", " ") + "`\n",
        "<pre>\n" + FENCE + "</pre>\n",
        "<script>\n" + FENCE + "</script>\n",
        "---\n" + FENCE + "---\n",
        "```` loopcheck`\nkey: value\n````\n",
    ],
)
def test_what_is_no_block_is_not_found(text):
    assert not [fence for fence in markdown.fences(text, "f.md") if fence.info == "loopcheck"]


@pytest.mark.parametrize(
    "text",
    [
        "```loopcheck\nkey: value\n",
        "```loopcheck\nkey: value",
        "```loopcheck\n",
        "```loopcheck",
        "```loopcheck\nkey: value\n``\n",
        "````loopcheck\nkey: value\n```\n",
        "```loopcheck\nkey: value\n~~~\n",
        "```loopcheck\nkey: value\n``` not a close\n",
        "- ```loopcheck\n  key: value\n\n# Next\n\n```\n",
        "> ```loopcheck\n> key: value\n\n```\n",
    ],
)
def test_a_block_that_is_never_closed_is_known(text):
    first = markdown.fences(text, "f.md")[0]
    assert first.info == "loopcheck"
    assert not first.closed


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Add an alert\n\n" + FENCE, "Add an alert"),
        ("Add an alert\n===\n\n" + FENCE, "Add an alert"),
        ("## Add *an* `alert` [now](http://x) ##\n\n" + FENCE, "Add an alert now"),
        ("# Add an alert\n\nSome text.\n\n" + FENCE, "Add an alert"),
        ("- Add an alert\n\n" + indented(FENCE, "  ", "  "), "Add an alert"),
        ("- [ ] Add an alert:\n\n" + indented(FENCE, "  ", "  "), "Add an alert"),
        ("- [x] **Add an alert**\n  for the replica\n\n" + indented(FENCE, "  ", "  "), "Add an alert"),
        ("# Items\n\n- Add an alert\n\n" + FENCE, "Add an alert"),
        ("- One\n  - Two\n\n" + indented(FENCE, "    ", "    "), "Two"),
        ("- One\n  - Two\n\n" + indented(FENCE, "  ", "  "), "One"),
        ("- One\n- Two\n\n" + indented(FENCE, "  ", "  "), "Two"),
        (FENCE, None),
        ("#\n\n" + FENCE, None),
        ("# " + "word " * 200 + "\n\n" + FENCE, ("word " * 40).strip()),
        ("# ![logo](a.png) Alert &amp; page\n\n" + FENCE, "logo Alert & page"),
        ("# <b>Alert</b> <!-- x -->\n\n" + FENCE, "Alert"),
    ],
)
def test_a_block_has_the_title_above_it(text, title):
    assert place_of_value(text)[1].title == title


def test_a_document_larger_than_any_real_one_is_refused():
    with pytest.raises(DocumentError, match="characters, more than"):
        markdown.fences("a" * (markdown.MAX_SIZE + 1), "f.md")
