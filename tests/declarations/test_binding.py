"""Mistakes in lists and in what is nested, each at its own place however many stand before it."""

import pytest

from loopcheck.binding import BindingError, Expectation, bind, suggestion
from loopcheck.config import ConfigFile
from loopcheck.documents import yaml
from loopcheck.model import Kind
from loopcheck.quantities import Duration
from loopcheck.registry import InstalledCheckers
from loopcheck.sources import understand
from loopcheck.world import File


class Inner(Expectation, frozen=True, kw_only=True):
    name: str
    wait: Duration | None = None


class Outer(Expectation, frozen=True, kw_only=True):
    numbers: list[int] = []
    inner: list[Inner] = []
    by_name: dict[str, int] = {}
    kind: Kind | None = None
    one: Inner | None = None


def mistakes(text):
    with pytest.raises(BindingError) as caught:
        bind(yaml.load(text, "f.yml"), Outer)
    return [(one.line, one.column, one.message) for one in caught.value.problems]


def test_every_bad_entry_of_a_list_is_named_at_its_place():
    assert mistakes("numbers: [1, a, 2, b, c]") == [
        (1, 14, "an entry of `numbers` must be a whole number, and is `a`"),
        (1, 20, "an entry of `numbers` must be a whole number, and is `b`"),
        (1, 23, "an entry of `numbers` must be a whole number, and is `c`"),
    ]
    assert mistakes("inner:\n- {}\n- {name: x, wait: 5}\n- x\n- {name: y, wait: 5m, more: 1}\n") == [
        (2, 3, "an entry of `inner` has no `name`"),
        (3, 19, "`wait`: `5` has no unit of time: write `5s`, `…m`, `…h`, `…d` or `…w`"),
        (4, 3, "an entry of `inner` must be keys with values, and is `x`"),
        (5, 23, "unknown key `more`"),
    ]


def test_mistakes_in_other_shapes_are_named_too():
    assert mistakes("by-name: {a: x}\nkind: 5\none: [1]\n")[1:] == [
        (2, 7, "`kind` is `5`"),
        (3, 6, "`one` must be keys with values or nothing, and is a list"),
    ]
    assert mistakes("by-name: {a: x}")[0][0] == 1


def test_no_more_than_twenty_mistakes_are_named():
    assert len(mistakes("\n".join(f"k{number}: 1" for number in range(100)))) == 20


def test_texts_are_taken_as_they_were_written():
    assert bind(yaml.load("name: 1.10", "f.yml"), Inner).name == "1.10"
    assert bind(yaml.load("name: on", "f.yml"), Inner).name == "on"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("metrik", "did you mean `metric`?"),
        ("zzz", "known here: `metric`, `scope`"),
        ("", "known here: `metric`, `scope`"),
    ],
)
def test_a_word_is_suggested(word, hint):
    assert suggestion(word, ["metric", "scope"]) == hint
    assert suggestion(word, []) is None


def test_the_declaration_that_the_design_shows_is_read():
    block = """
owner: "@alice"
due: 2026-12-15                # or a sprint or milestone by name
incident: INC-142
kind: detect
verify:
  - datadog-monitor:
      metric: postgresql.replication_delay
      fires-when: "> 30"       # at least this strict
      notifies: "@pagerduty-database"
  - runbook:
      path: runbooks/replication.md
      section: Replica is lagging
      mentions: [pg_wal_replay_resume]
"""
    text = f"# Add an alert\n\n```loopcheck{block}```\n"
    found = understand([File("p.md", "", text.encode(), "c")], ConfigFile(), InstalledCheckers())
    assert not found.problems
    assert [artifact.kind for artifact in found.items[0].artifacts] == ["datadog-monitor", "runbook"]
    assert all(artifact.expect is not None for artifact in found.items[0].artifacts)
