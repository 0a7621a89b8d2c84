"""Whether a value is what was declared: yes, no, or it cannot be told and why. Pure.

Texts, numbers and truth values are written alike and read differently from program to program. A plain answer is
given only where every usual reader comes to it.
"""

from __future__ import annotations

import re

import msgspec

from loopcheck.quantities import Quantity
from loopcheck.reasons import Reason
from loopcheck_checks.config_value.manifest import READER_DEPENDENT, UNLIKE, Value
from loopcheck_checks.systems.conditions import Condition

_TRUE = frozenset(("true", "yes", "on", "y"))
_FALSE = frozenset(("false", "no", "off", "n"))
_SURE_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_TRAILING_ZERO = re.compile(r"[-+]?[0-9]+\.[0-9]*0")
_LOOKS_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9]*)?")


class Doubt(msgspec.Struct, frozen=True):
    """It cannot be told."""

    reason: Reason
    message: str


Answer = bool | Doubt


def satisfies(value: Value, condition: Condition, unit: str | None = None) -> Answer:
    """Whether `value` meets `condition`.

    Args:
        value: what the file has, without a doubt of its own.
        condition: what is declared.
        unit: the unit of a bare number in the file.
    """
    if condition.sign == "==":
        return equals(value, condition, unit)
    if condition.sign == "!=":
        if value.kind == "null" and condition.text not in ("null", "~"):
            return Doubt(READER_DEPENDENT, "it is empty, and what its reader takes instead is not in the file")
        answer = equals(value, condition, unit)
        if value.kind in ("list", "mapping"):
            return Doubt(UNLIKE, f"it is a {value.kind}")
        return answer if isinstance(answer, Doubt) else not answer
    return _in_order(value, condition, unit)


def equals(value: Value, wanted: Condition, unit: str | None = None) -> Answer:
    """Whether `value` is what `wanted` says."""
    if value.kind in ("list", "mapping"):
        return False
    if value.kind == "null":
        return not wanted.literal and wanted.text in ("null", "~")
    text = value.text.rstrip("\n")  # a block of YAML ends with a line feed
    if wanted.literal:
        return _equals_text(value, text, wanted.text)
    same = wanted.text in (text, value.quoted)
    by_truth = _equals_truth(value, text, wanted.text, same=same)
    if by_truth is not None:
        return by_truth
    if wanted.text in ("null", "~"):
        if not same:
            return False
        return Doubt(READER_DEPENDENT, "it is the text `null` and not nothing") if value.typed else True
    if same:
        if value.typed and value.kind == "number" and _TRAILING_ZERO.fullmatch(text):
            shorter = text.rstrip("0").rstrip(".")
            return Doubt(
                READER_DEPENDENT,
                f"without quotes {text} is the number {shorter} to most readers: declare {shorter} if the number is"
                f" meant, or '\"{text}\"' and quotes in the file if the text is",
            )
        if value.typed and value.kind == "word" and _LOOKS_SEXAGESIMAL.fullmatch(text):
            return Doubt(READER_DEPENDENT, f"without quotes {text} is a number to base 60 to readers of YAML 1.1")
        return True
    return _equals_quantity(value, text, wanted.text, unit)


def _equals_text(value: Value, text: str, wanted: str) -> Answer:
    """Equality with a text that the author put in quotes: the file must have a text, too."""
    if wanted not in (text, value.text, value.quoted):
        return False
    if not value.typed or value.kind == "text":
        return True
    if value.kind == "word" and text.lower() not in _TRUE | _FALSE and not _LOOKS_SEXAGESIMAL.fullmatch(text):
        return True
    return False if value.kind != "word" else Doubt(READER_DEPENDENT, "without quotes it is no text to every reader")


def _equals_truth(value: Value, text: str, wanted: str, *, same: bool) -> Answer | None:
    """Equality of truth values; `None` where they are none."""
    word, other = text.lower(), wanted.lower()
    digits = (word in ("0", "1")) + (other in ("0", "1"))
    if digits == 2 or any(side not in _TRUE | _FALSE | {"0", "1"} for side in (word, other)):
        return None
    alike = (word in _TRUE or word == "1") is (other in _TRUE or other == "1")
    if digits:
        return Doubt(READER_DEPENDENT, f"not every reader takes it for `{wanted}`") if alike else False
    if value.kind == "boolean":
        if other in ("true", "false"):
            return alike
        return (
            Doubt(READER_DEPENDENT, f"the file has `{text}`, which not every reader takes for `{wanted}`")
            if alike
            else False
        )
    if value.kind == "text" and value.typed:
        if same and other not in ("true", "false"):
            return True
        return Doubt(
            READER_DEPENDENT,
            f"it is a text in quotes, which some readers take for true whatever it says: declare '\"{text[:10]}\"' if"
            " the text is meant",
        )
    if same:
        return True
    return Doubt(READER_DEPENDENT, f"not every reader takes it for `{wanted}`") if alike else False


def _equals_quantity(value: Value, text: str, wanted: str, unit: str | None) -> Answer:
    """Equality of two that are not written alike, as numbers with their units."""
    try:
        right = Quantity.parse(wanted)
    except ValueError:
        return False
    left = _quantity(text, unit)
    if left is None:
        return Doubt(UNLIKE, "it is a number that readers take differently") if _numeric(value, text) else False
    if left.dimension != right.dimension:
        return Doubt(UNLIKE, _other_unit(left, right))
    if left != right:
        return False
    if left.dimension == "" and value.kind != "number":
        return Doubt(READER_DEPENDENT, "it is the same number and another text")
    return True


def _in_order(value: Value, condition: Condition, unit: str | None) -> Answer:
    """Whether a value is larger or smaller, as asked for."""
    text = value.text.strip()
    if value.kind == "null" or (not text and value.kind in ("text", "word")):
        return False
    if value.kind in ("list", "mapping", "boolean"):
        return Doubt(UNLIKE, f"it is a {value.kind}, and no number")
    left = _quantity(text, unit)
    if left is None:
        return Doubt(UNLIKE, "it is no number that every reader takes for the same")
    comparison = condition.comparison
    if left.dimension != comparison.bound.dimension:
        return Doubt(UNLIKE, _other_unit(left, comparison.bound))
    return comparison.holds(left)


def _quantity(text: str, unit: str | None) -> Quantity | None:
    """A value as a number with its unit, where every reader reads the same."""
    try:
        found = Quantity.parse(text)
    except ValueError:
        return None
    if found.dimension != "":
        return found
    if not _SURE_NUMBER.fullmatch(text):  # `010` is eight in YAML 1.1
        return None
    if unit is not None:
        return Quantity.parse(f"{text}{unit.strip()}")
    return found


def _numeric(value: Value, text: str) -> bool:
    return value.kind == "number" or bool(text[:1].isdigit() and _LOOKS_SEXAGESIMAL.fullmatch(text)) or _octal(text)


def _octal(text: str) -> bool:
    return text.lstrip("+-").replace("_", "").isdigit()


def _other_unit(left: Quantity, right: Quantity) -> str:
    names = {"": "a bare number", "time": "a time", "bytes": "a size", "%": "a percentage"}
    return f"the file has {names[left.dimension]}, and {names[right.dimension]} is declared"
