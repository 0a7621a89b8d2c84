"""What may be in what loopcheck shows, wherever strangers' words stand in it: read back as GitHub and its runner read."""

import re
import unicodedata
from html.parser import HTMLParser

import hostile_reports
from markdown_it import MarkdownIt

from loopcheck.testing import runner_log

GITHUB = MarkdownIt("gfm-like", {"html": True, "linkify": False})
"""Tables, strikethrough, raw HTML. Bare addresses are looked for in the words that stand outside of code."""
_BLOCKS = {
    "heading", "paragraph", "inline", "table", "thead", "tbody", "tr", "th", "td", "bullet_list", "list_item", "blockquote",
    "fence", "html_block",
}  # fmt: skip
_INLINE = {"text", "softbreak", "code_inline", "strong", "link", "html_inline"}
_OUR_HTML = re.compile(
    r"<!-- loopcheck 1 version=[0-9A-Za-z.+-]+ at=[0-9TZ:-]+ run=[0-9/]* digest=[0-9a-f]{64} -->|</?sub>|</details>|"
    r"<details><summary>(?:What else was seen \(\d+\)|\d+ artifacts that are verified)</summary>|\s+"
)
_OUR_LINKS = re.compile(
    r"https://github\.com/acme/shop/"
    r"(?:blob/[0-9a-f]{7,40}/(?:[\w.~/-]|%[0-9A-F]{2})+(?:#L[0-9]+)?|tree/[0-9a-f]{40}(?:/(?:[\w.~-]|%[0-9A-F]{2})+)*|"
    r"commit/[0-9a-f]{40}|pull/[1-9][0-9]*)|"
    r"https://app\.datadoghq\.com/monitors/[0-9]+"
)
_OUR_WORDS = re.compile(r"[\w .,:;()'§+…→✅🟡❌❔⬜\u00a0-]*")
_SPEAKS = re.compile(r"@(?!\u200b)|#(?=[0-9])|\bgh-(?=[0-9])|<!--", re.IGNORECASE)
"""What notifies or links somebody where code is not code: in the e-mail that GitHub makes of a comment."""
_LINKED = re.compile(r"www\.|\bgh-[0-9]|\b(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{7,40}\b", re.IGNORECASE)
"""What GitHub makes links of, though no character of it is strange."""
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def tokens(written):
    """Every token of a Markdown document."""
    for token in GITHUB.parse(written):
        yield token
        yield from token.children or ()


def hold_markdown(written):
    """Fail where a document has an element, a link or a word that is not loopcheck's own. The number of each element."""
    written.encode()
    hidden = [letter for letter in written if letter not in "\n\u200b" and unicodedata.category(letter) in _HIDDEN]
    assert not hidden, hidden
    found = {}
    for token in tokens(written):
        kind = re.sub("_(open|close)$", "", token.type)
        assert kind in (_BLOCKS | _INLINE), token
        if token.nesting >= 0:
            found[kind] = found.get(kind, 0) + 1
        match kind:
            case "html_block" | "html_inline":
                assert _OUR_HTML.sub("", token.content) == "", token
            case "link" if token.nesting == 1:
                assert _OUR_LINKS.fullmatch(token.attrGet("href")), token
                assert token.attrs.keys() == {"href"}, token
            case "fence":
                assert token.info == "text", token
                assert not _SPEAKS.search(token.content), token
            case "code_inline":
                assert not _SPEAKS.search(token.content), token
            case "text":
                hold_words(token.content)
    return found


def hold_words(words):
    """Fail where words that stand outside of code are not loopcheck's own, or become more than words."""
    assert _OUR_WORDS.fullmatch(words), words
    assert hostile_reports.CANARY not in words, words
    assert not _LINKED.search(words), words


def hold_log(printed):
    """Fail where a log has a command, or a sign that is not shown, of anybody but loopcheck. What the runner obeys."""
    text = printed.decode()
    hidden = [letter for letter in text if letter != "\n" and unicodedata.category(letter) in _HIDDEN]
    assert not hidden, hidden
    ends = re.findall(r"^::stop-commands::([0-9a-f]{64})$", text, re.MULTILINE)
    own = {"error", "warning", "stop-commands", *ends}
    obeyed = runner_log.commands(text)
    for command in runner_log.suspects(text):
        assert command.name in own, command
        assert command.name not in ("error", "warning") or command in obeyed, command
        assert set(command.properties) <= {"file", "line", "col", "title"}, command
    assert {command.name for command in obeyed} <= {"error", "warning"}
    return obeyed


def hold_page(written, elements):
    """Fail where a page has another element, or an attribute that runs, loads or leads somewhere, or a hidden sign.

    Args:
        written: the page.
        elements: those that it has when nobody wrote anything into it.
    """
    written.encode()
    hidden = [letter for letter in written if letter != "\n" and unicodedata.category(letter) in _HIDDEN]
    assert not hidden, hidden
    page = Page(written)
    assert page.tags == elements
    for name, value in page.attributes:
        assert not name.startswith("on"), name
        assert name not in ("src", "href", "style", "action", "formaction", "srcset"), name
        assert hostile_reports.CANARY not in (value or ""), value
    return page


class Page(HTMLParser):
    """The elements, attributes, words and rows of tables of a page."""

    def __init__(self, text):
        super().__init__()
        self.inside = ""
        self.tags, self.attributes, self.words, self.rows = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append("")
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        self.words.append(data)
        if self.inside == "td":
            self.rows[-1][-1] += data

    def count(self, tag):
        return self.tags.count(tag)
