"""Numbers with units, times and comparisons, as people write them: `30s`, `1.5 GiB`, `> 95%`.

Each class reads itself from text with `parse`, which raises `ValueError` with a sentence for the author, and
describes itself to editors with `json_schema`. `loopcheck.binding` uses both.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import total_ordering
from typing import Any

_SECONDS: Mapping[str, Fraction] = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "sec": Fraction(1),
    "second": Fraction(1),
    "seconds": Fraction(1),
    "m": Fraction(60),
    "min": Fraction(60),
    "minute": Fraction(60),
    "minutes": Fraction(60),
    "h": Fraction(3600),
    "hour": Fraction(3600),
    "hours": Fraction(3600),
    "d": Fraction(86400),
    "day": Fraction(86400),
    "days": Fraction(86400),
    "w": Fraction(604800),
    "week": Fraction(604800),
    "weeks": Fraction(604800),
}
_BYTES: Mapping[str, Fraction] = {
    "B": Fraction(1),
    **{prefix + "B": Fraction(1000**power) for power, prefix in enumerate(("k", "M", "G", "T", "P"), 1)},
    "KB": Fraction(1000),
    **{prefix + "iB": Fraction(1024**power) for power, prefix in enumerate(("K", "M", "G", "T", "P"), 1)},
    **{prefix + "i": Fraction(1024**power) for power, prefix in enumerate(("K", "M", "G", "T", "P"), 1)},
}
_NUMBER = r"[-+]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][-+]?[0-9]{1,2})?"
_QUANTITY = re.compile(rf"({_NUMBER})[ ]?([A-Za-zµ%]*)")
_COMPOUND = re.compile(r"(?:[0-9]{1,12}(?:ms|[smhdw])){2,7}")
_COMPOUND_PART = re.compile(r"([0-9]{1,12})(ms|[smhdw])")
_MAX_TEXT = 200


@total_ordering
class Quantity:
    """A number with its dimension. Two of different dimension cannot be compared: `ValueError`.

    Attributes:
        amount: exact, in seconds, bytes, or as the bare number; `95%` is 95 of the dimension `%`.
        dimension: `time`, `bytes`, `%`, or the empty text for a bare number.
    """

    __slots__ = ("_text", "amount", "dimension")

    def __init__(self, amount: Fraction, dimension: str = "", text: str | None = None) -> None:
        self.amount = amount
        self.dimension = dimension
        self._text = text

    @classmethod
    def parse(cls, text: str) -> Quantity:
        """Read `30`, `30s`, `1h30m`, `1.5 GiB`, `95%`.

        Raises:
            ValueError: it is none of these.
        """
        stripped = text.strip()
        if len(stripped) <= _MAX_TEXT:
            if found := _QUANTITY.fullmatch(stripped):
                number, unit = Fraction(found[1]), found[2]
                if unit == "":
                    return cls(number, "", stripped)
                if unit == "%":
                    return cls(number, "%", stripped)
                if unit in _SECONDS:
                    return cls(number * _SECONDS[unit], "time", stripped)
                if unit in _BYTES:
                    return cls(number * _BYTES[unit], "bytes", stripped)
                raise ValueError(f"`{unit}` is not a unit that loopcheck knows: use ms, s, m, h, d, w, B to PiB, or %")
            if _COMPOUND.fullmatch(stripped):
                parts = _COMPOUND_PART.findall(stripped)
                return cls(sum((Fraction(n) * _SECONDS[unit] for n, unit in parts), Fraction(0)), "time", stripped)
        raise ValueError(f"`{text[:40]}` is not a number, with or without a unit (`30`, `30s`, `1.5GiB`, `95%`)")

    def _comparable(self, other: Quantity) -> Fraction:
        if self.dimension != other.dimension:
            raise ValueError(f"{self} and {other} cannot be compared: one of them has another unit")
        return other.amount

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Quantity):
            return NotImplemented
        return self.dimension == other.dimension and self.amount == other.amount

    def __lt__(self, other: Quantity) -> bool:
        return self.amount < self._comparable(other)

    def __hash__(self) -> int:
        return hash((self.amount, self.dimension))

    def __float__(self) -> float:
        return float(self.amount)

    def __str__(self) -> str:
        return self._text if self._text is not None else f"{float(self.amount):g}"

    def __repr__(self) -> str:
        return f"Quantity({self!s})"

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema of the text form."""
        return {
            "type": ["string", "number"],
            "description": "A number, with a unit if need be: 30, 30s, 1.5GiB, 95%",
        }


class Duration:
    """A length of time, greater than nothing. `delta` is the `timedelta`."""

    __slots__ = ("_text", "delta")

    def __init__(self, delta: timedelta, text: str | None = None) -> None:
        self.delta = delta
        self._text = text

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read `30s`, `5m`, `1h30m`, `180d`, `2w`.

        Raises:
            ValueError: it is not a length of time, or not greater than nothing.
        """
        quantity = Quantity.parse(text)
        if quantity.dimension != "time":
            raise ValueError(
                f"`{text[:40]}` has no unit of time: write `{text.strip()[:20]}s`, `…m`, `…h`, `…d` or `…w`"
            )
        if not 0 < quantity.amount < 86400 * 365_000:
            raise ValueError(f"`{text[:40]}` is not a length of time that can pass")
        return cls(timedelta(microseconds=float(quantity.amount * 1_000_000)), text.strip())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and self.delta == other.delta

    def __hash__(self) -> int:
        return hash(self.delta)

    def __str__(self) -> str:
        return self._text if self._text is not None else f"{self.delta.total_seconds():g}s"

    def __repr__(self) -> str:
        return f"Duration({self!s})"

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema of the text form."""
        return {
            "type": "string",
            "pattern": r"^\s*([0-9]+(\.[0-9]+)? ?[A-Za-zµ]+|([0-9]+(ms|[smhdw]))+)\s*$",
            "description": "A length of time: 30s, 5m, 1h30m, 180d, 2w",
        }


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}


class Comparison:
    """A condition on a number: `> 30`, `>= 95%`, `< 1m`.

    Attributes:
        sign: one of `>`, `>=`, `<`, `<=`, `==`, `!=`.
        bound: what is compared with.
    """

    __slots__ = ("bound", "sign")

    def __init__(self, sign: str, bound: Quantity) -> None:
        self.sign = sign
        self.bound = bound

    @classmethod
    def parse(cls, text: str) -> Comparison:
        """Read `> 30`.

        Raises:
            ValueError: there is no operator, or no number after it.
        """
        stripped = text.strip()
        for sign in _OPERATORS:
            if stripped.startswith(sign):
                return cls("==" if sign == "=" else sign, Quantity.parse(stripped[len(sign) :]))
        raise ValueError(f"`{text[:40]}` has no comparison: write `> {stripped[:20]}` or `< {stripped[:20]}`")

    def holds(self, value: Quantity) -> bool:
        """Whether `value` satisfies the condition.

        Raises:
            ValueError: `value` has another dimension.
        """
        if value.dimension != self.bound.dimension and self.sign in ("==", "!="):
            raise ValueError(f"{value} and {self.bound} cannot be compared: one of them has another unit")
        return _OPERATORS[self.sign](value, self.bound)

    @property
    def upwards(self) -> bool | None:
        """True for `>` and `>=`, False for `<` and `<=`, `None` where there is no direction."""
        return {">": True, ">=": True, "<": False, "<=": False}.get(self.sign)

    def implied_by_firing(self, alarm: Comparison) -> bool:
        """Whether `alarm` fires at least whenever this condition is met: it is at least as strict.

        `> 20` fires whenever `> 30` is met; `>= 30` does, `> 31` does not, and `< 30` has another direction.

        Raises:
            ValueError: the dimensions differ.
        """
        if self.upwards is None or alarm.upwards is not self.upwards:
            return self.sign == alarm.sign and self.bound == alarm.bound
        if alarm.bound == self.bound:
            return alarm.sign.endswith("=") or not self.sign.endswith("=")
        return alarm.bound < self.bound if self.upwards else alarm.bound > self.bound

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Comparison) and (self.sign, self.bound) == (other.sign, other.bound)

    def __hash__(self) -> int:
        return hash((self.sign, self.bound))

    def __str__(self) -> str:
        return f"{self.sign} {self.bound}"

    def __repr__(self) -> str:
        return f"Comparison({self!s})"

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema of the text form."""
        return {
            "type": "string",
            "pattern": r"^\s*(>=|<=|==|!=|>|<|=)\s*\S+",
            "description": "A comparison with a number: > 30, >= 95%, < 1m",
        }


class Budget:
    """How often something may happen: `5 per 30d`. `times` in a stretch of length `span`."""

    __slots__ = ("_text", "span", "times")

    def __init__(self, times: int, span: timedelta, text: str) -> None:
        self.times = times
        self.span = span
        self._text = text

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read `5 per 30d`, `0 per 7d`.

        Raises:
            ValueError: it is not a number per a length of time.
        """
        found = re.fullmatch(r"\s*([0-9]{1,6})\s*(?:per|/)\s*(\S.*)", text)
        if not found:
            raise ValueError(f"`{text[:40]}` is not a budget: write `5 per 30d`")
        return cls(int(found[1]), Duration.parse(found[2]).delta, text.strip())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Budget) and (self.times, self.span) == (other.times, other.span)

    def __hash__(self) -> int:
        return hash((self.times, self.span))

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Budget({self!s})"

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema of the text form."""
        return {
            "type": "string",
            "pattern": r"^\s*[0-9]+\s*(per|/)\s*\S+",
            "description": "How often at most: 5 per 30d",
        }


class Moment:
    """A point in time with its offset from UTC. `at` is the aware `datetime`, in UTC."""

    __slots__ = ("at",)

    def __init__(self, at: datetime) -> None:
        self.at = at.astimezone(UTC)

    @classmethod
    def parse(cls, text: str) -> Moment:
        """Read an ISO 8601 time with offset: `2026-11-01T09:14Z`, `2026-11-01 10:14+01:00`, `… UTC`.

        Raises:
            ValueError: it is not one, or has no offset, so that nobody else can tell when it was.
        """
        stripped = text.strip()
        if stripped.endswith(" UTC"):
            stripped = stripped[:-4] + "Z"
        try:
            moment = datetime.fromisoformat(stripped.replace(" +", "+").replace(" Z", "Z"))
        except ValueError:
            raise ValueError(f"`{text[:40]}` is not a time: write `2026-11-01T09:14Z`") from None
        if moment.tzinfo is None:
            raise ValueError(f"`{text[:40]}` has no offset from UTC: write `2026-11-01T09:14Z` or `…T10:14+01:00`")
        try:
            return cls(moment)
        except OverflowError:
            raise ValueError(f"`{text[:40]}` is not a time that can be reckoned with") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Moment) and self.at == other.at

    def __hash__(self) -> int:
        return hash(self.at)

    def __str__(self) -> str:
        return self.at.isoformat().replace("+00:00", "Z")

    def __repr__(self) -> str:
        return f"Moment({self!s})"

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema of the text form."""
        return {"type": "string", "description": "A time with its offset: 2026-11-01T09:14Z"}
