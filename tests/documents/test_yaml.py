"""YAML 1.2, with positions, safe on text from strangers."""

import pytest

from loopcheck.documents import yaml
from loopcheck.documents.origin import DocumentError, Origin


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on: push", {"on": "push"}),
        ("a: yes\nb: no\nc: off", {"a": "yes", "b": "no", "c": "off"}),
        ("a: true\nb: False\nc: ~\nd:", {"a": True, "b": False, "c": None, "d": None}),
        ("a: 0123\nb: 0o17\nc: 0x1F\nd: 1_000", {"a": 123, "b": 15, "c": 31, "d": "1_000"}),
        ("a: 1.10\nb: .5\nc: 1e3\nd: .inf", {"a": 1.1, "b": 0.5, "c": 1000.0, "d": float("inf")}),
        ("a: 12:30:45\nb: 2026-12-15\nc: 2001-99-99", {"a": "12:30:45", "b": "2026-12-15", "c": "2001-99-99"}),
        ("a: '1'\nb: \"true\"", {"a": "1", "b": "true"}),
        ("a: !!str 1\nb: !thing 2", {"a": "1", "b": "2"}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("1: a\ntrue: b\n~: c", {"1": "a", "true": "b", "~": "c"}),
        ("a: |\n  x\n  y\nb: >\n  x\n  y\n", {"a": "x\ny\n", "b": "x y\n"}),
        ("a: " + "9" * 5000, {"a": "9" * 5000}),
        ("", None),
        ("# nothing\n", None),
        ("--- a\n...\n", "a"),
    ],
)
def test_a_document_has_the_value_that_yaml_1_2_gives_it(text, value):
    assert yaml.load(text, "f.yml").value == value


def test_every_node_knows_its_place():
    text = "a:\n  - b: 'x'\n    ünïcödé 🙂: [1, two]\n"
    root = yaml.load(text, "f.yml")
    first = root.get("a").items[0]
    assert (root.key("a").line, root.key("a").column) == (1, 1)
    assert (first.get("b").line, first.get("b").column) == (2, 8)
    two = first.get("ünïcödé 🙂").items[1]
    assert (two.line, two.column) == (3, 20)
    assert text.split("\n")[two.line - 1][two.column - 1 :] == "two]"


def test_a_place_in_a_block_is_that_of_the_file():
    node = yaml.load("a: b\nc: d", Origin("f.md", 10, (2, 4)))
    assert (node.get("c").line, node.get("c").column) == (11, 8)


@pytest.mark.parametrize("limits", [yaml.DECLARATION, yaml.REPOSITORY])
@pytest.mark.parametrize(
    "text",
    [
        "[" * 65_000,
        "{" * 65_000,
        "- " * 30_000,
        "? " * 30_000,
        "[" * 32_000 + "]" * 32_000,
        "a: &a [*a, *a]",
        "a: &a {b: *a}",
        "a: *nothing",
        "<<: [*a, *b]",
        "a: 1\na: 2",
        "'a': 1\na: 2",
        "? [a, b]\n: c",
        "{a: b}: c",
        "a: b: c",
        "a: 'never closed",
        "a:\n\t- b",
        "%YAML 3.0\n---\na",
        "%TAG ! !\n%TAG ! !\n---\na",
        "!<tag: a",
        "a: \ud800",
        "a: \x00",
        "a: \x07",
        "\ufffe",
        "a: @b",
        "&",
        "*",
        "---\n---\n",
    ],
)
def test_what_is_not_fit_is_refused_in_words(text, limits):
    with pytest.raises(DocumentError) as caught:
        yaml.load(text, "f.yml", limits)
    assert caught.value.location.path == "f.yml"
    assert caught.value.problem.line >= 1
    assert len(str(caught.value)) < 500


def test_a_bomb_of_aliases_is_counted_before_it_is_unfolded():
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
    )
    with pytest.raises(DocumentError, match="more than 500,000 values"):
        yaml.load(bomb, "f.yml")


@pytest.mark.parametrize(
    ("text", "limits", "message"),
    [
        ("a: " + "x" * 65_536, yaml.DECLARATION, "bytes, more than 65,536"),
        ("é" * 33_000, yaml.DECLARATION, "bytes, more than 65,536"),
        ("- a\n" * 10_001, yaml.DECLARATION, "more than 10,000 values"),
        ("[" * 21 + "]" * 21, yaml.DECLARATION, "deeper than 20 levels"),
        ("[" * 101 + "]" * 101, yaml.REPOSITORY, "deeper than 100 levels"),
    ],
)
def test_limits_are_kept(text, limits, message):
    with pytest.raises(DocumentError, match=message):
        yaml.load(text, "f.yml", limits)


def test_the_parser_written_in_c_is_in_use():
    assert yaml.CParser.__module__.endswith("_ruamel_yaml")
