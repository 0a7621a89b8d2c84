"""Numbers, times and comparisons as people write them, and the laws that they keep."""

from fractions import Fraction

import pytest

from loopcheck.quantities import Comparison, Duration, Moment, Quantity


@pytest.mark.parametrize(
    ("text", "amount", "dimension"),
    [
        ("30", 30, ""), ("-1.5", Fraction(-3, 2), ""), (".5", Fraction(1, 2), ""), ("1e3", 1000, ""), ("1.", 1, ""),
        ("30s", 30, "time"), ("500 ms", Fraction(1, 2), "time"), ("1h30m", 5400, "time"), ("2 weeks", 1209600, "time"),
        ("1.5GiB", Fraction(3 * 2**29), "bytes"), ("10MB", 10**7, "bytes"), ("512Mi", 2**29, "bytes"), ("95%", 95, "%"),
    ],
)  # fmt: skip
def test_a_quantity_is_read(text, amount, dimension):
    read = Quantity.parse(text)
    assert (read.amount, read.dimension, str(read)) == (amount, dimension, text)


@pytest.mark.parametrize(
    "text", ["", "s", "1 x", "1,5", "1_000", "0x10", "nan", "inf", "1h-30m", "--1", "1e999", "1" * 300, "٣"]
)
def test_what_is_no_quantity_is_refused(text):
    with pytest.raises(ValueError, match="`"):
        Quantity.parse(text)


def test_units_are_compared_and_dimensions_are_not_mixed():
    assert Quantity.parse("30s") < Quantity.parse("1m")
    assert Quantity.parse("1000 ms") == Quantity.parse("1s")
    assert Quantity.parse("1 GB") < Quantity.parse("1 GiB")
    assert Quantity.parse("30") != Quantity.parse("30s")
    with pytest.raises(ValueError, match="cannot be compared"):
        assert Quantity.parse("30") < Quantity.parse("1m")
    with pytest.raises(ValueError, match="cannot be compared"):
        Comparison.parse("== 30").holds(Quantity.parse("30s"))


CONDITIONS = [
    Comparison.parse(f"{sign} {bound}") for sign in (">", ">=", "<", "<=", "==", "!=") for bound in range(-2, 3)
]
VALUES = [Quantity(Fraction(quarter, 4)) for quarter in range(-14, 15)]


@pytest.mark.parametrize("declared", CONDITIONS, ids=str)
def test_an_alarm_is_strict_enough_exactly_where_it_fires_whenever_the_condition_is_met(declared):
    for alarm in CONDITIONS:
        missed = [value for value in VALUES if declared.holds(value) and not alarm.holds(value)]
        if declared.implied_by_firing(alarm):
            assert not missed, alarm
        elif declared.upwards is not None and declared.upwards is alarm.upwards:
            assert missed, alarm


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("1h30m", 5400), ("180d", 15552000), ("0.5h", 1800)])
def test_a_duration_is_read(text, seconds):
    assert Duration.parse(text).delta.total_seconds() == seconds


@pytest.mark.parametrize("text", ["30", "0s", "-1m", "1 GiB", "", "99999999w", "5 fortnights"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="`"):
        Duration.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-01T09:14Z",
        "2026-11-01 09:14 UTC",
        "2026-11-01T10:14+01:00",
        "2026-11-01 10:14 +01:00",
        "20261101T0914Z",
    ],
)
def test_a_moment_is_read(text):
    assert str(Moment.parse(text)) == "2026-11-01T09:14:00Z"


@pytest.mark.parametrize(
    "text", ["2026-11-01T09:14", "2026-11-01", "yesterday", "2026-13-01T00:00Z", "", "0001-01-01T00:00+23:59"]
)
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValueError, match="`"):
        Moment.parse(text)
