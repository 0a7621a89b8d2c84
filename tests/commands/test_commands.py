"""The grammar of commands: what is one, what is none, and that any text is read in linear time and never raises."""

import time
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopcheck.commands import MAX_REASON, Drilled, NotUnderstood, Verify, Waive, parse

TODAY = date(2026, 11, 20)
LAST = TODAY + timedelta(days=180)
WAIVE = "/loopcheck waive until 2026-12-15 because "


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("/loopcheck verify", Verify()),
        ("/loopcheck verify\nthank you", Verify()),
        ("/loopcheck verify \t\r\n\r\n/loopcheck waive", Verify()),
        ("/loopcheck\tverify", Verify()),
        ("/loopcheck   verify", Verify()),
        ("/loopcheck verify\rmore", Verify()),
        (WAIVE + "the vendor ships it", Waive(date(2026, 12, 15), "the vendor ships it")),
        (WAIVE + "a  because  b \n c", Waive(date(2026, 12, 15), "a  because  b")),
        ("/loopcheck  waive\tuntil  2026-12-15  because  x", Waive(date(2026, 12, 15), "x")),
        (f"/loopcheck waive until {LAST} because x", Waive(LAST, "x")),
        ("/loopcheck waive until 2026-11-21 because x", Waive(date(2026, 11, 21), "x")),
        (WAIVE + "x" * MAX_REASON, Waive(date(2026, 12, 15), "x" * MAX_REASON)),
        (WAIVE + "日本の祝日 👩‍💻", Waive(date(2026, 12, 15), "日本の祝日 👩‍💻")),
        ("/loopcheck drilled runbooks/lag.md", Drilled("runbooks/lag.md")),
        ("/loopcheck drilled ./run books/lag.md ", Drilled("run books/lag.md")),
    ],
)
def test_commands(body, command):
    assert parse(body, TODAY) == command


@pytest.mark.parametrize(
    "body",
    [
        "", " ", "\n", "verify", "please /loopcheck verify", " /loopcheck verify", "\t/loopcheck verify", "    /loopcheck verify",
        "> /loopcheck verify", "```\n/loopcheck verify\n```", "`/loopcheck verify`", "hello\n/loopcheck verify", "\n/loopcheck verify",
        "\ufeff/loopcheck verify", "\u200b/loopcheck verify", "/Loopcheck verify", "/loopcheckers verify", "/loopcheck-bot verify",
        "/loopcheck\u00a0verify", "/loopcheck\x0bverify", "\\/loopcheck verify", "<!-- x -->/loopcheck verify", "/loop", "/ loopcheck verify",
        "* /loopcheck verify", "/loopcheckverify", "\u202e/loopcheck verify", "/l\u043eopcheck verify",
    ],
)  # fmt: skip
def test_no_commands(body):
    assert parse(body, TODAY) is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("/loopcheck", "write `verify`, `waive` or `drilled`"),
        ("/loopcheck \nverify", "write `verify`, `waive` or `drilled`"),
        ("/loopcheck please", "no command `please`"),
        ("/loopcheck Verify", "no command `Verify`"),
        ("/loopcheck verify now", "nothing stands after"),
        ("/loopcheck verify\u00a0", "no command"),
        ("/loopcheck waive", "until DATE because REASON"),
        ("/loopcheck waive until 2026-12-15", "until DATE because REASON"),
        ("/loopcheck waive until 2026-12-15 because", "until DATE because REASON"),
        ("/loopcheck waive until 2026-12-15 because  \nno time", "until DATE because REASON"),
        ("/loopcheck waive 2026-12-15 because x", "until DATE because REASON"),
        ("/loopcheck waive until 2026-12-15 as x", "until DATE because REASON"),
        ("/loopcheck waive until tomorrow because x", "`tomorrow` is not a date"),
        ("/loopcheck waive until 20261215 because x", "is not a date"),
        ("/loopcheck waive until 2026-W50-2 because x", "is not a date"),
        ("/loopcheck waive until 2026-02-30 because x", "is not a date"),
        ("/loopcheck waive until 0000-00-00 because x", "is not a date"),
        ("/loopcheck waive until ٢٠٢٦-12-15 because x", "is not a date"),
        ("/loopcheck waive until 2026-11-20 because x", "not in the future"),
        ("/loopcheck waive until 2025-12-15 because x", "not in the future"),
        (f"/loopcheck waive until {LAST + timedelta(days=1)} because x", f"180 days at most: until {LAST}"),
        ("/loopcheck waive until 9999-12-31 because x", "180 days at most"),
        (WAIVE + "x" * (MAX_REASON + 1), "501 characters"),
        (WAIVE + "a\x00b", "no text"),
        (WAIVE + "a\x1b[31mb", "no text"),
        (WAIVE + "a\u2028b", "no text"),
        (WAIVE + "a\x85b", "no text"),
        (WAIVE + "a\ud800b", "no text"),
        (WAIVE + "\u200b\u2060", "says nothing"),
        (WAIVE + "x" * 3000, "longer than 2,000"),
        ("/loopcheck drilled", "drilled PATH"),
        ("/loopcheck drilled ../secrets", "`..`"),
        ("/loopcheck drilled /", "not a file"),
        ("/loopcheck drilled .git/config", "not a file"),
        ("/loopcheck drilled a\\b", "backslash"),
        ("/loopcheck drilled a\x00b", "not a path"),
        ("/loopcheck drilled a\ud800b", "not a path"),
        ("/loopcheck drilled " + "a" * 1025, "not a path"),
    ],
)
def test_what_begins_so_and_is_none_is_explained(body, words):
    found = parse(body, TODAY)
    assert isinstance(found, NotUnderstood)
    assert words in found.because
    assert len(found.because) < 200


def test_the_longest_comments_take_no_time():
    for piece in (" ", "\t", "/loopcheck ", "\n", "x", " because ", "a/", "\x00", "👩‍💻", "/loopcheck waive until "):
        for head in ("", "/loopcheck", "/loopcheck ", "/loopcheck drilled ", WAIVE, "/loopcheck waive until"):
            body = head + piece * (65_536 // len(piece))
            before = time.process_time()
            parse(body, TODAY)
            assert time.process_time() - before < 0.5, (head, piece)  # it takes some microseconds


_PIECES = st.sampled_from(
    ["/loopcheck", " ", "\t", "verify", "waive", "until", "2026-12-15", "because", "drilled", "a.md", "\n", "\r", "> ", "\ud800"]
)  # fmt: skip


@given(st.lists(_PIECES | st.text(max_size=5)).map("".join) | st.text(), st.dates())
def test_any_text_is_a_command_or_none_or_is_explained(body, today):
    found = parse(body, today)
    if isinstance(found, Waive):
        assert today < found.until <= today + timedelta(days=180)
        assert 1 <= len(found.reason) <= MAX_REASON
        assert len(found.reason.splitlines()) == 1
        found.reason.encode()
    if found is not None:
        assert body.startswith("/loopcheck")
        assert parse("> " + body, today) is parse(" " + body, today) is None
