"""What reads logs as the runner does: what it must see, and what it must leave."""

import pytest

from loopcheck.testing.runner_log import Command, commands, names, suspects


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("::error file=a.py,line=3::no%0Agood", Command("error", {"file": "a.py", "line": "3"}, "no\ngood")),
        ("  \u3000::add-mask::x", Command("add-mask", {}, "x")),
        ("title: ##[set-output name=v;]ok", Command("set-output", {"name": "v"}, "ok")),
        ("a\r::error::x", Command("error", {}, "x")),
        ("std::vector::x", None),
        ("::1 is an address", None),
        ("## [error]", None),
        (": :error::x", None),
    ],
)
def test_sees_commands(line, found):
    expected = [found] if found else []
    assert commands(line) == expected
    assert suspects(line) == expected


@pytest.mark.parametrize("line", ["#\u200b#[error]x", ":\ufe0f:error::x"])
def test_suspects_what_a_culture_may_not_see(line):
    assert commands(line) == []
    assert suspects(line) == [Command("error", {}, "x")]


def test_heeds_what_stops_commands():
    log = "::stop-commands::word\n::error::a\n::stop-commands::other\n::other::\n::Word::\n::Warning::b\n"
    assert names(log) == ["warning"]
    assert len(suspects(log)) == 6
