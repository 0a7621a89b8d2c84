"""When a value is what was declared, when not, and when that cannot be told. Each row reads aloud."""

import pytest

from loopcheck.documents import yaml
from loopcheck_checks.config_value.compare import satisfies
from loopcheck_checks.config_value.flat import look as look_flat
from loopcheck_checks.config_value.flat import read_ini
from loopcheck_checks.config_value.keypath import KeyPath
from loopcheck_checks.config_value.trees import value_of
from loopcheck_checks.systems.conditions import Condition

YES, NO, PERHAPS = "yes", "no", "perhaps"


def said(answer):
    return {True: YES, False: NO}.get(answer, PERHAPS)


@pytest.mark.parametrize(
    ("in_file", "declared", "answer"),
    [
        # texts of several lines
        ('"make a\\n"', "make a", YES),
        ('"make a\\n"', '"make a"', YES),
        ('"make a\\n"', '"make a\n"', YES),
        ('"make a"', '"make a\n"', NO),
        # numbers and units
        ("30", "30", YES),
        ('"30"', "30", YES),
        ("30", '"30"', NO),
        ('"30"', '"30"', YES),
        ("30.0", "30", YES),
        ('"30.0"', "30", PERHAPS),
        ("31", "30", NO),
        ("1m", "60s", YES),
        ("1m", "> 59s", YES),
        ("1m", "> 60s", NO),
        ("1m", ">= 60s", YES),
        ("500MB", "< 1GiB", YES),
        ("95%", ">= 95%", YES),
        ("95", ">= 95%", PERHAPS),
        ("60", "> 30s", PERHAPS),
        ("60s", "> 30", PERHAPS),
        ("60", "60s", PERHAPS),
        ("60s", "!= 60", PERHAPS),
        ("never", "> 30s", PERHAPS),
        ("never", "30s", NO),
        ("never", "!= 30s", YES),
        ("010", "> 9", PERHAPS),
        ("010", "10", PERHAPS),
        ("0644", "0644", YES),
        ("0x10", "> 9", PERHAPS),
        ("1e3", "> 999", YES),
        (".inf", "> 9", PERHAPS),
        ("1_000", "> 9", PERHAPS),
        ("true", "> 9", PERHAPS),
        ("[9]", "> 8", PERHAPS),
        # versions
        ("3.10", "3.10", PERHAPS),
        ('"3.10"', "3.10", YES),
        ('"3.10"', '"3.10"', YES),
        ("3.10", '"3.10"', NO),
        ("3.10", "3.1", YES),
        ('"3.10"', "3.1", PERHAPS),
        # truth
        ("true", "true", YES),
        ("True", "true", YES),
        ("false", "true", NO),
        ("on", "on", YES),
        ("on", "true", PERHAPS),
        ("off", "true", NO),
        ("off", "!= on", YES),
        ("false", "!= off", PERHAPS),
        ("true", "!= off", YES),
        ('"true"', "true", PERHAPS),
        ('"false"', "true", PERHAPS),
        ('"false"', '"false"', YES),
        ("false", '"false"', NO),
        ("off", '"off"', PERHAPS),
        ('"off"', "off", YES),
        ("1", "true", PERHAPS),
        ("0", "true", NO),
        ("1", "1", YES),
        # texts
        ("abc", "abc", YES),
        ("abc", "ABC", NO),
        ("abc", '"abc"', YES),
        ("|\n  abc", "abc", YES),
        ("abc ", "abc", YES),
        ('"abc "', "abc", NO),
        ("22:22", '"22:22"', PERHAPS),
        ("22:22", "22:22", PERHAPS),
        ('"22:22"', "22:22", YES),
        ('""', '""', YES),
        ('""', "> 3", NO),
        # nothing, and more than one
        ("", "null", YES),
        ("~", "null", YES),
        ("", '"null"', NO),
        ("null", '""', NO),
        ('"null"', "null", PERHAPS),
        ("", "> 3", NO),
        ("", "abc", NO),
        ("", "!= abc", PERHAPS),
        ("[abc]", "abc", NO),
        ("[abc]", "!= abc", PERHAPS),
        ("{a: b}", "b", NO),
    ],
)
def test_values_of_yaml(in_file, declared, answer):
    value = value_of(yaml.load(f"a: {in_file}", "x").get("a"), lines=True)
    assert said(satisfies(value, Condition.parse(declared))) == answer


@pytest.mark.parametrize(
    ("in_file", "declared", "answer"),
    [
        ("30", "30", YES),
        ("30", '"30"', YES),
        ("030", "30", PERHAPS),
        ('"30"', "30", YES),
        ('"30"', "> 29", YES),
        ("true", "true", YES),
        ("True", "true", PERHAPS),
        ("yes", "true", PERHAPS),
        ("1", "true", PERHAPS),
        ("no", "true", NO),
        ("abc", "abc", YES),
        ('"abc"', "abc", YES),
        ('"abc"', "abd", NO),
        ("", "abc", NO),
        ("", "> 3", NO),
        ("", '""', YES),
    ],
)
def test_values_of_formats_without_types(in_file, declared, answer):
    [value] = look_flat(read_ini(f"a = {in_file}\n", "x"), KeyPath.parse("a")).values
    assert said(satisfies(value, Condition.parse(declared))) == answer


@pytest.mark.parametrize(
    ("in_file", "unit", "declared", "answer"),
    [
        ("4000", "ms", "<= 5s", YES),
        ("6000", "ms", "<= 5s", NO),
        ("4s", "ms", "<= 5s", YES),
        ("4000", "ms", "4s", YES),
        ("4000", "ms", "4000", YES),
        ("4000", "ms", "> 3000", PERHAPS),
        ("4000", "MiB", "> 3GiB", YES),
        ("04000", "ms", "<= 5s", PERHAPS),
    ],
)
def test_a_bare_number_has_the_declared_unit(in_file, unit, declared, answer):
    value = value_of(yaml.load(f"a: {in_file}", "x").get("a"), lines=True)
    assert said(satisfies(value, Condition.parse(declared), unit)) == answer
