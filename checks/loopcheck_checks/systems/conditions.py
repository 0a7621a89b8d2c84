"""What a value must be, as an author writes it: `>= 30s`, `!= off`, `true`, `"3.10"`."""

from __future__ import annotations

import re

import msgspec

from loopcheck.quantities import Comparison, Quantity

_ORDER = (">=", "<=", ">", "<")
_NO_OPERATOR = re.compile(r"=~|~|!~|<>|=>|=<|===|!==|! ")


class Condition(msgspec.Struct, frozen=True):
    """A condition on one value."""

    sign: str
    """`==`, `!=`, or one of `>`, `>=`, `<`, `<=`."""
    text: str
    """What is compared with."""
    literal: bool = False
    """Whether it was written in double quotes: then it is a text, and no number, `true` or `null`."""

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read a condition. Without an operator it asks for equality.

        Raises:
            ValueError: there is nothing to compare with, or no number after `>` or `<`.
        """
        stripped = text.strip()
        if _NO_OPERATOR.match(stripped):
            raise ValueError(f"`{stripped[:40]}`: the operators are ==, !=, >, >=, < and <=")
        for sign in _ORDER:
            if stripped.startswith(sign):
                rest = stripped[len(sign) :].strip()
                Quantity.parse(rest)
                return cls(sign, rest)
        for sign in ("==", "!=", "="):
            if stripped.startswith(sign):
                return cls.equal_to(stripped[len(sign) :], "!=" if sign == "!=" else "==")
        return cls.equal_to(stripped)

    @classmethod
    def equal_to(cls, text: str, sign: str = "==") -> Condition:
        """Equality with what `text` says.

        Raises:
            ValueError: it says nothing.
        """
        stripped = text.strip()
        if len(stripped) >= 2 and stripped[0] == stripped[-1] == '"':
            return cls(sign, stripped[1:-1], literal=True)
        if not stripped:
            raise ValueError('there is no value to compare with; write `\'""\'` for the empty text, `"null"` for null')
        return cls(sign, stripped)

    @property
    def comparison(self) -> Comparison:
        """The condition as one on numbers. Only where `sign` is an order."""
        return Comparison(self.sign, Quantity.parse(self.text))

    def __str__(self) -> str:
        shown = f'"{self.text}"' if self.literal else self.text
        return shown if self.sign == "==" else f"{self.sign} {shown}"
