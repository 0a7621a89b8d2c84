"""The oracle itself: what it must see, and that plain output would not pass it."""

import pytest
from hostile_reports import strings
from runner_oracle import Command, commands


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("::error file=a.py,line=3::no%0Agood", Command("error", {"file": "a.py", "line": "3"}, "no\ngood")),
        ("  \u3000::add-mask::x", Command("add-mask", {}, "x")),
        ("title: ##[set-output name=v;]ok", Command("set-output", {"name": "v"}, "ok")),
        ("#\u200b#[error]x", Command("error", {}, "x")),
        (":\ufe0f:error::x", Command("error", {}, "x")),
        ("a\r::error::x", Command("error", {}, "x")),
        ("std::vector::x", None),
        ("::1 is an address", None),
        ("## [error]", None),
        (": :error::x", None),
    ],
)
def test_sees_commands(line, found):
    assert commands(line) == ([found] if found else [])


def test_would_see_commands_in_what_is_not_cleaned():
    naive = sum(len(commands(f"loopcheck: {text}")) for text in strings(20_000, 1))
    assert naive > 500
