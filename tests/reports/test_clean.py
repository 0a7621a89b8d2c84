"""Text from outside on one line."""

import unicodedata

import pytest
from hostile_reports import strings

from loopcheck.reports.clean import encodable, one_line, unlinked
from loopcheck.testing.runner_log import suspects


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain text", "plain text"),
        ("two\nlines\tand  blanks ", "two lines and blanks"),
        ("\x1b[31mred\x07", "\ufffd[31mred\ufffd"),
        ("left\u202eright", "left\ufffdright"),
        ("##[error]x", "## [error]x"),
        ("::error::x", ": :error::x"),
        ("a ::error::x", "a : :error::x"),
        ("std::vector", "std::vector"),
        ("⚠\ufe0f a warning", "⚠ a warning"),
        (":\ufe0f:error::x", ": :error::x"),
        ("#\ufe0f#[x]", "## [x]"),
        ("\ud800", "\ufffd"),
        ("\uffff", "\ufffd"),
        ("", ""),
        ("x" * 501, "x" * 499 + "…"),
    ],
)
def test_one_line(given, shown):
    assert one_line(given) == shown


def test_one_line_is_one_line_that_no_runner_obeys():
    for text in strings(10_000, 2):
        line = one_line(text)
        assert len(line.splitlines()) <= 1
        assert not suspects(line)
        assert not suspects(f"  {line}")
        assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in line)
        assert one_line(line) == line


def test_uncleaned_lines_would_hold_commands():
    assert sum(len(suspects(f"loopcheck: {text}")) for text in strings(20_000, 1)) > 500


def test_a_cut_makes_no_command():
    text = "x" * 30 + " " + "##[error]" * 10 + " ::error::x"
    assert not any(suspects(one_line(text, limit)) for limit in range(1, 140))


@pytest.mark.parametrize(
    ("given", "shown"),
    [("@a #1 #x GH-2 <!-- y", "@\u200ba #\u200b1 #x GH-\u200b2 <!\u200b-- y"), ("plain", "plain")],
)
def test_unlinked(given, shown):
    assert unlinked(given) == shown


def test_encodable_keeps_everything_that_can_be_written():
    assert encodable("a\ud800b😀\udcff") == "a\ufffdb😀\ufffd"
