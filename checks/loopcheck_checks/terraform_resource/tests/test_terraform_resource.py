"""`terraform-resource`, by rows: what is declared, how files and values are read."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopcheck.binding import BindingError
from loopcheck.model import Rung
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck_checks.systems.conditions import Condition
from loopcheck_checks.terraform_resource import TerraformResourceChecker, blocks, mutants
from loopcheck_checks.terraform_resource.values import attribute, contains, satisfies, value_of

CHECKER = TerraformResourceChecker()


def test_keeps_the_contract():
    check_contract(TerraformResourceChecker, Path(__file__).parent.parent / "README.md")


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ("{}", "address"),
        ("{address: lag}", "is not an address"),
        ("{address: 'a.b[0]'}", "without index"),
        ("{address: module.a.b.c}", "without index"),
        ("{address: data.a}", "is not a resource"),
        ("{address: var.a}", "is not a resource"),
        ("{address: a.b, has: {'x..y': '1'}}", "is not a path"),
        ("{address: a.b, has: {x: '> many'}}", "`has`"),
        ("{address: a.b, has: {x: ['']}}", "`has`"),
        ("{address: a.b, paths: ../x}", "has `..`"),
    ],
)
def test_what_no_code_could_meet_is_refused(declared, says):
    with pytest.raises(BindingError) as error:
        expectation(CHECKER, declared)
    assert says in str(error.value)


def test_describes_itself():
    assert CHECKER.describe(expectation(CHECKER, "{address: a.b}")) == "a.b"
    assert CHECKER.describe(expectation(CHECKER, "{address: a.b, has: {c: '> 3'}}")) == "a.b {c: > 3}"


@pytest.fixture
def verify(tmp_path):
    builder = RepositoryBuilder(tmp_path)

    def run(declared, files, requires=Rung.EXISTS):
        builder.commit(files)
        return examine(CHECKER, declared, builder.session(), requires=requires)

    return run


def test_code_alone_is_never_active(verify):
    result = verify("address: a_b.c", {"main.tf": 'resource "a_b" "c" {\n}\n'}, Rung.ACTIVE)
    assert (result.verdict.value, [one.reason for one in result.claims if one.reason]) == (
        "inconclusive",
        ["only-in-code"],
    )


def test_what_may_have_been_meant_is_named(verify):
    result = verify(
        "address: datadog_monitor.lags", {"main.tf": mutants.BLOCK + 'resource "datadog_monitor" "lag" {\n}\n'}
    )
    assert "did you mean datadog_monitor.lag" in result.claims[0].message


def test_a_file_that_is_no_text_may_hold_the_block(verify):
    result = verify("address: a_b.c", {"main.tf": b'resource "a_b" "c" {\n}\n\xff'})
    assert result.verdict.value == "inconclusive"


def test_the_line_of_the_block_is_told(verify):
    text = 'locals {\n  a = 1\n}\n\nresource "a_b" "c" {\n}\n\n# x\nresource "a_b" "d" {\n}\n'
    result = verify("address: a_b.d", {"main.tf": text})
    assert result.claims[0].evidence[0].source.startswith("main.tf:9@")


def test_an_observation_can_be_replayed(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({mutants.PATH: mutants.BLOCK, "broken.tf": "resource datadog_monitor replication_lag {"})
    seen = CHECKER.observe(expectation(CHECKER, mutants.EXPECT), repository.session().world())
    assert round_trips(seen)
    assert (len(seen.candidates), len(seen.unreadable)) == (1, 1)


@pytest.mark.parametrize(
    ("written", "kind", "text"),
    [
        ("30", "number", "30"),
        ("-1.5", "number", "-1.5"),
        ("1e3", "number", "1e3"),
        ("true", "boolean", "true"),
        ("null", "null", ""),
        ('""', "text", ""),
        (r'"a\"b\\n\n\u00e9"', "text", 'a"b\\n\né'),
        ('"$${x} 100%"', "text", "${x} 100%"),
        ('"%%{x}"', "text", "%{x}"),
        ('"${x}"', "expression", '"${x}"'),
        ('"$$${x}"', "expression", '"$$${x}"'),
        ('"%{ if x }a%{ endif }"', "expression", '"%{ if x }a%{ endif }"'),
        ("var.x", "expression", "var.x"),
        ("foo", "expression", "foo"),
        ("1 + 2", "expression", "1 + 2"),
        ('file("x")', "expression", 'file("x")'),
        ("{}", "mapping", "empty"),
        ("{ a = 1 }", "mapping", ""),
        ("[]", "list", ""),
        ("<<EOT\n  a\n b\nEOT", "text", "  a\n b"),
        ("<<-EOT\n  a\n   b\n  EOT", "text", "a\n b"),
        ("<<EOT\n${a}\nEOT", "expression", '"${a}"'),
    ],
)
def test_values_are_read_as_terraform_means_them(written, kind, text):
    (block,) = blocks.read(f"locals {{\n  a = {written}\n}}\n", "a.tf")
    found = value_of(block.body["a"])
    assert (found.kind, found.text) == (kind, text)


@pytest.mark.parametrize(
    ("raw", "wanted", "answer"),
    [
        (30, "30", True),
        (30, "30.0", True),
        ('"30"', "30", True),
        (30, "<= 30", True),
        (31, "<= 30", False),
        ('"30s"', "<= 1m", True),
        ('"30s"', "<= 30", None),
        ('"high"', "<= 30", None),
        (True, "true", True),
        (True, "!= false", True),
        (True, "> 0", False),
        (None, "null", True),
        (None, '"null"', False),
        (None, "!= x", None),
        ('"null"', "null", True),
        ('"a"', "b", False),
        ('"a"', "!= b", True),
        ("${var.a}", "a", None),
        ([1], "1", False),
        ([1], "> 0", None),
        ({"a": 1}, "1", None),
    ],
)
def test_whether_a_value_is_as_declared(raw, wanted, answer):
    assert satisfies(value_of(raw), Condition.parse(wanted)) is answer


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (['"a"', '"b"'], True),
        (['"a"'], False),
        (['"a"', "${var.b}"], None),
        ("${var.x}", None),
        ('"a"', False),
        ([], False),
    ],
)
def test_whether_a_list_has_each(raw, answer):
    assert contains(value_of(raw), [Condition.equal_to("a"), Condition.equal_to("b")]) is answer


BODY = {"one": [{"a": 1, "deep": [{"b": 2}]}], "two": [{"a": 1}, {"a": 2}, {}], "map": {'"k"': 3}, "list": [4, 5]}


@pytest.mark.parametrize(
    ("path", "values", "missing"),
    [
        ("one.a", ["1"], 0),
        ("one[0].a", ["1"], 0),
        ("one[1].a", [], 1),
        ("one.deep.b", ["2"], 0),
        ("two.a", ["1", "2"], 1),
        ("two[1].a", ["2"], 0),
        ("map.k", ["3"], 0),
        ("map.k.x", [], 1),
        ("list[1]", ["5"], 0),
        ("list.a", [], 1),
        ("gone", [], 1),
        ("gone.a.b", [], 1),
    ],
)
def test_what_stands_at_a_path(path, values, missing):
    found = attribute(BODY, path)
    assert ([one.text for one in found.values], found.missing, found.dynamic) == (values, missing, False)


@pytest.mark.parametrize("path", ["made.a", "made[0].a", "made"])
def test_what_dynamic_makes_may_be_there(path):
    body = {"dynamic": [{'"made"': {"content": [{"a": 1}]}}]}
    assert attribute(body, path).dynamic


@pytest.mark.parametrize(
    "text",
    [
        "resource {}\n",
        'resource "a" {\n}\n',
        "resource = 1\n",
        "module {\n}\n",
        'resource "a" "b" "c" {\n}\n',
        "locals = 7\n",
        "}",
    ],
)
def test_heads_of_other_forms_are_no_block_of_any_address(text):
    try:
        found = blocks.read(text, "a.tf")
    except ValueError:
        return
    assert found == ()


@given(st.text(alphabet='ab{}[]()"$%#/*<-=\n .,:?1\\', max_size=60))
def test_whatever_stands_in_a_file_is_read_or_not(text):
    try:
        read = blocks.read(f'resource "a" "b" {{\n{text}\n}}\n', "a.tf")
    except ValueError:
        return
    for one in read:
        for raw in one.body.values():
            assert value_of(raw).kind


_KEYS = st.sampled_from(["resource", "module", "locals", "a", "//"])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
        max_leaves=15,
    )
)
def test_whatever_stands_in_json_is_read_or_not(data):
    for one in blocks.read(json.dumps(data), "a.tf.json"):
        assert isinstance(one.body, dict)
