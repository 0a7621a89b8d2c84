"""Keys, trees and the formats without types: by tables, and by property."""

import configparser
import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopcheck.documents import yaml
from loopcheck.documents.origin import DocumentError
from loopcheck.reasons import CannotTell
from loopcheck_checks.config_value import flat, readers, trees
from loopcheck_checks.config_value.keypath import Every, Index, Key, KeyPath, Select
from loopcheck_checks.systems.conditions import Condition

# --- keys ---


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a", [Key("a")]),
        (".a.b", [Key("a"), Key("b")]),
        ("a.b[0].c", [Key("a"), Key("b"), Index(0), Key("c")]),
        ("a[0][1]", [Key("a"), Index(0), Index(1)]),
        ('"a.b".c', [Key("a.b"), Key("c")]),
        ("'a b'.c", [Key("a b"), Key("c")]),
        ("a b.c", [Key("a b"), Key("c")]),
        ("a[*].b", [Key("a"), Every(), Key("b")]),
        ("a[name=web].b", [Key("a"), Select("name", "web"), Key("b")]),
        ('a[name="web 1"]', [Key("a"), Select("name", "web 1")]),
        ("a[image=web:1.2]", [Key("a"), Select("image", "web:1.2")]),
        ("app.kubernetes-io/name", [Key("app"), Key("kubernetes-io/name")]),
        ("[0].a", [Index(0), Key("a")]),
        ("0", [Key("0")]),
    ],
)
def test_keys_are_read(text, steps):
    assert list(KeyPath.parse(text).steps) == steps


@pytest.mark.parametrize(
    "text", ["", ".", "a.", "a..b", "a[", "a[]", "a[-1]", "a.[0]", '"a', "a[b", "a]b", "a[0]b", "a=b"]
)
def test_what_is_no_key(text):
    with pytest.raises(ValueError, match="key"):
        KeyPath.parse(text)


NAME = st.text(min_size=1, max_size=6).filter(lambda name: "'" not in name and name.strip() == name)
STEP = st.one_of(
    st.builds(Key, NAME), st.builds(Index, st.integers(0, 999)), st.just(Every()), st.builds(Select, NAME, NAME)
)


@settings(max_examples=80, deadline=None)
@given(st.lists(STEP, min_size=1, max_size=6))
def test_a_key_that_is_written_is_read_again(steps):
    written = str(KeyPath(tuple(steps)))
    assert KeyPath.parse(written).steps == tuple(steps)


@settings(max_examples=80, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text("ab.[]\"'*=0 ", max_size=60)))
def test_any_text_is_a_key_or_an_error_for_its_author(text):
    for read in (KeyPath.parse, Condition.parse):
        try:
            read(text)
        except ValueError as error:
            assert str(error)  # noqa: PT017


# --- trees ---

LEAF = st.one_of(st.none(), st.booleans(), st.integers(-1000, 1000), st.text("abc", max_size=3))
TREE = st.recursive(
    LEAF,
    lambda child: st.one_of(
        st.lists(child, max_size=3), st.dictionaries(st.text("abc.", min_size=1, max_size=3), child)
    ),
    max_leaves=12,
)


def ways(tree, way=()):
    if isinstance(tree, dict):
        for name, child in tree.items():
            yield from ways(child, (*way, Key(name)))
    elif isinstance(tree, list):
        for number, child in enumerate(tree):
            yield from ways(child, (*way, Index(number)))
    elif way:
        yield KeyPath(way), tree


@settings(max_examples=60, deadline=None)
@given(TREE)
def test_every_leaf_is_found_by_its_way_and_nothing_else_is(tree):
    text = json.dumps(tree)
    roots = {"json": readers.read_json(text, "x"), "yaml": yaml.load_all(text, "x")}
    for way, leaf in ways(tree):
        for name, root in roots.items():
            [value] = trees.look(root, way, None, lines=name == "yaml").values
            wanted = (
                {None: "", True: "true", False: "false"}.get(leaf, leaf) if not isinstance(leaf, int | str) else leaf
            )
            wanted = str(wanted).lower() if isinstance(leaf, bool) else str(wanted)
            assert value.text == wanted
            nowhere = KeyPath((*way.steps, Key("z")))
            assert trees.look(root, nowhere, None, lines=False).values == ()


@pytest.mark.parametrize(
    ("text", "key", "found"),
    [
        ("a: &x {b: 1}\nc: {<<: *x}", "c.b", ["1"]),
        ("a: &x {b: 1}\nc: {<<: *x, b: 2}", "c.b", ["2"]),
        ("a: &x {b: 1}\nd: &y {b: 3}\nc: {<<: [*x, *y]}", "c.b", ["1"]),
        ("a: &x {e: 1}\nd: &y {<<: *x}\nc: {<<: *y}", "c.e", ["1"]),
        ("a: [{n: 1, v: x}, {n: 2, v: y}]", "a[n=2].v", ["y"]),
        ("a: [{v: x}, {v: y}]", "a[*].v", ["x", "y"]),
        ("a: 1\n---\na: 2\n---\nb: 3", "a", ["1", "2"]),
        ("1: x", "1", ["x"]),
        ("on: x", "on", ["x"]),
    ],
)
def test_ways_through_yaml(text, key, found):
    look = trees.look(readers.read_yaml(text, "x"), KeyPath.parse(key), None, lines=True)
    assert [value.text for value in look.values] == found
    assert look.missing == ()


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("a: !x {b: 1}", "a.b", "templated"),
        ("a: ${X}", "a.b", "templated"),
        ("c: {<<: '${X}'}", "c.b", "templated"),
        ("a: [{n: '${X}'}]", "a[n=2]", "templated"),
        ("a: [!inc x]", "a[n=2]", "templated"),
        ("a: [{n: 2}, {n: 2}]", "a[n=2]", "ambiguous"),
    ],
)
def test_where_a_way_cannot_be_followed(text, key, reason):
    with pytest.raises(CannotTell) as caught:
        trees.look(readers.read_yaml(text, "x"), KeyPath.parse(key), None, lines=True)
    assert caught.value.reason.word == reason


def test_a_bomb_of_merge_keys_is_followed_without_unfolding_it(monkeypatch):
    text = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 16))
    roots = readers.read_yaml(text, "x")
    asked = []
    get = yaml.MappingNode.get
    monkeypatch.setattr(yaml.MappingNode, "get", lambda node, key: asked.append(key) or get(node, key))
    [value] = trees.look(roots, KeyPath.parse("a15.x"), None, lines=True).values
    assert value.text == "1"
    assert trees.look(roots, KeyPath.parse("a15.y"), None, lines=True).values == ()
    assert len(asked) < 500


@pytest.mark.parametrize(
    "text", ["{", '{"a": 1, "a": 2}', "[NaN]", "[" * 100_000, "", "[1,]", '{"a": Infinity}', "[1] x", '{"a" 1}']
)
def test_json_that_is_refused(text):
    with pytest.raises(DocumentError):
        readers.read_json(text, "x")


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ('{"a": 1, // b\n}', {"a": 1}),
        ('{"a": "//", "b": "/*"}', {"a": "//", "b": "/*"}),
        ('{/* "a": 1, */ "b": [1, 2, ], }', {"b": [1, 2]}),
        ('{"a": "\\"//", "b": ",}"}', {"a": '"//', "b": ",}"}),
    ],
)
def test_json_with_comments(text, same_as):
    assert json.loads(readers.without_comments(text)) == same_as


@settings(max_examples=60, deadline=None)
@given(TREE)
def test_json_without_comments_stays_as_it_is(tree):
    text = json.dumps(tree, indent=1)
    assert readers.without_comments(text) == text


@pytest.mark.parametrize("text", ["a = ", "a = 1\na = 2", "[a]\n[a]", "a = " + "[" * 5000, "a." * 300 + "b = 1"])
def test_toml_that_is_refused(text):
    with pytest.raises(DocumentError):
        readers.read_toml(text, "x")


def test_values_of_toml():
    [root] = readers.read_toml('a = 1_000\nb = 2.50\nc = true\nd = 2026-01-02\ne = "x"\nf = inf\n', "x")
    kinds = {name: trees.value_of(root.get(name), lines=False) for name in "abcdef"}
    assert [(value.kind, value.text) for value in kinds.values()] == [
        ("number", "1000"),
        ("number", "2.50"),
        ("boolean", "true"),
        ("word", "2026-01-02"),
        ("text", "x"),
        ("number", ".inf"),
    ]


# --- formats without types ---


def flat_value(read, text, key):
    """The value at a key, `?` where it is in doubt, `-` where there is none."""
    try:
        look = flat.look(read(text, "x"), KeyPath.parse(key))
    except CannotTell as trouble:
        return trouble.reason.word
    if not look.values:
        return "-"
    [value] = look.values
    return "?" if value.doubt else value.text


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("[a]\nb = 1", "a.b", "1"),
        ("[a]\nb: 1", "a.b", "1"),
        ("b = 1", "b", "1"),
        ("[a.c]\nb = 1", "a.c.b", "1"),
        ("[a]\nc.b = 1", "a.c.b", "1"),
        ('[remote "o"]\n\turl = x\n\tfetch = y', "'remote \"o\"'.fetch", "y"),
        ("[a]\nb = 1\n[c]\nb = 2", "a.b", "1"),
        ("[a]\nb = 1\n[a]\nb = 1", "a.b", "1"),
        ("[a]\nb = 1\n[a]\nb = 2", "a.b", "?"),
        ("[a]\nb = 1\nB = 2", "a.b", "?"),
        ("[a]\n# b = 1\n; b = 1", "a.b", "-"),
        ("[a]\nb = 1 # c", "a.b", "1"),
        ("[a]\nb = 'x # y' # c", "a.b", "x # y"),
        ("[a]\nb = x # c", "a.b", "?"),
        ("[a]\nb = x#c", "a.b", "x#c"),
        ("[a]\nb = 1\n  2", "a.b", "?"),
        ("[a]\nc = 1\n  b = 2", "a.b", "reader-dependent"),
        ("[A]\nb = 1", "a.b", "reader-dependent"),
        ("[a]\nc = 1\n[DEFAULT]\nb = 1", "a.b", "reader-dependent"),
        ("[a]\nb", "a.b", "?"),
        ("[a]\nb:c = 1", "'a'.'b:c'", "reader-dependent"),
        ("[a]\nb:c = 1", "a.b", "?"),
        ("[a]\nurl = http://x:1", "a.url", "http://x:1"),
        ("a.b = 1\n[a]\nb = 2", "a.b", "ambiguous"),
        ("{% if x %}\nb = 1", "b", "templated"),
        ("b = ${x}", "b", "?"),
    ],
)
def test_ini(text, key, value):
    assert flat_value(flat.read_ini, text, key) == value


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("A=1", "A", "1"),
        ("export A=1", "A", "1"),
        ("A=1\nA=2", "A", "2"),
        ("#A=1", "A", "-"),
        ("A='x y'", "A", "x y"),
        ('A="x # y" # z', "A", "x # y"),
        ('A="x\ny"', "A", "x\ny"),
        ("A=1 # one", "A", "1"),
        ("A=x # one", "A", "?"),
        ("A=x#one", "A", "x#one"),
        ("A = 1", "A", "?"),
        ("A=", "A", ""),
        ("A", "A", "reader-dependent"),
        ("A=$B", "A", "?"),
        ("A='$B'", "A", "$B"),
        ('A="a\\tb"', "A", "?"),
        ("a=1", "A", "-"),
    ],
)
def test_env(text, key, value):
    assert flat_value(flat.read_env, text, key) == value


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("a.b=1", "a.b", "1"),
        ("a.b: 1", "a.b", "1"),
        ("a.b 1", "a.b", "1"),
        ("a.b = 1", "a.b", "1"),
        ("a.b=1\na.b=2", "a.b", "2"),
        ("! a=1\n# a=1", "a", "-"),
        ("a=1\\\n   2", "a", "12"),
        ("a\\:b=1", '"a:b"', "1"),
        ("a=\\u0041", "a", "A"),
        ("a", "a", ""),
        ("a=1\n#---\na=2", "a", "not-judged"),
        ("a=1\\", "a", "1"),
    ],
)
def test_properties(text, key, value):
    assert flat_value(flat.read_properties, text, key) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (flat.read_ini, "a b c"),
        (flat.read_ini, "[a"),
        (flat.read_env, "a b"),
        (flat.read_env, "A='x"),
        (flat.read_env, "=1"),
    ],
)
def test_what_is_not_in_the_format(read, text):
    with pytest.raises(DocumentError):
        read(text, "x")


LINE = st.one_of(
    st.sampled_from(["[s]", "[t]", "[DEFAULT]", "", "# a = 1", ";a=1", "\ta = 2"]),
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "", " "]),
        st.sampled_from(["a", "a", "b", "A"]),
        st.sampled_from(["=", " = ", ":", ""]),
        st.sampled_from(["1", "2", "x y", "1 # c", "'1'", ""]),
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINE, max_size=6).map(lambda lines: "\n".join(["[s]", *lines])))
def test_a_value_of_ini_that_is_sure_is_what_pythons_reader_has(text):
    theirs = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        theirs.read_string(text)
    except (configparser.Error, AttributeError):  # the second for `a` alone with an indented line below
        return
    ours = flat_value(flat.read_ini, text, "s.a") if refuses(text) is None else "?"
    if ours in ("?", "reader-dependent", "ambiguous"):
        return
    value = theirs.get("s", "a", fallback="-") if theirs.has_section("s") else "-"
    assert ours == ("" if value is None else value).removesuffix(" # c").strip("'")


def refuses(text):
    try:
        flat.read_ini(text, "x")
    except DocumentError as error:
        return error
    return None


SOUP = st.one_of(st.text(max_size=120), st.text("aA=:#;'\"\\[]{}% \t\n\r.$,/*u0", max_size=120))


@settings(max_examples=80, deadline=None)
@given(SOUP)
def test_any_text_is_read_or_refused(text):
    key = KeyPath.parse("a.A[0]")
    for read in (readers.read_json, readers.read_toml, readers.read_yaml):
        with suppress(CannotTell, DocumentError):
            trees.look(read(text, "x"), key, None, lines=True)
    for read in (flat.read_ini, flat.read_env, flat.read_properties):
        with suppress(CannotTell, DocumentError):
            flat.look(read(text, "x"), KeyPath.parse("a.A"))
    assert len(readers.without_comments(text)) == len(text)


@pytest.mark.parametrize(
    "piece", ["a", "a=1\n", "\\", " ", "'", '"', "[", "/*", '"\\"', "#", "=", ":", ",", "a\\\n", ".", "\n "]
)
def test_long_repetitions_are_read_or_refused(piece):
    test_any_text_is_read_or_refused.hypothesis.inner_test(piece * 20_000)
