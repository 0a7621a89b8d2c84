"""What an expression is worth, as far as it can be known before the run: a value, or `UNKNOWN`.

The rules are GitHub's: texts compare without case, values of different types compare as numbers, `&&` and `||`
give one of their operands. Whatever only the run knows stays unknown, and is unknown in what is made of it
unless the rest decides.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from loopcheck_checks.ci_check.expressions import (
    Access,
    Call,
    Chain,
    ExpressionError,
    Literal,
    Name,
    Not,
    calls,
    number,
    parse,
)


class _Unknown:
    """A value that only the run knows."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


class Open(dict[str, Any]):
    """A context of which only these keys are known. A key that is missing is `UNKNOWN`, not null."""


class Beginning(msgspec.Struct, frozen=True):
    """A text that is not empty, and of which only the beginning is known: a pull request's ref is `refs/pull/…`."""

    text: str


Status = Mapping[str, bool | None]
"""What `success`, `failure`, `cancelled` and `always` say; `None` where that is not known."""
HEALTHY: Status = {"success": True, "failure": False, "cancelled": False, "always": True}
"""Everything before went well."""


class Scope(msgspec.Struct, frozen=True):
    """What is known while an expression is evaluated."""

    contexts: Mapping[str, Any]
    status: Status = msgspec.field(default_factory=lambda: HEALTHY)


def truth(value: Any) -> bool | None:
    """Whether GitHub takes a value for true; `None` where it is not known."""
    if value is UNKNOWN:
        return None
    if isinstance(value, Beginning):
        return True
    if value is None or value is False or value == "":
        return False
    if isinstance(value, float):
        return not (value == 0 or math.isnan(value))
    return True


def condition(text: str, scope: Scope) -> bool | None:
    """Whether an `if:` lets its job or step run; `None` where that cannot be told.

    Without `${{ }}` the whole text is an expression. With other text around it, it is a text that is put
    together, which is true whatever the expression says: `${{ false }} && true`, or a line end after `}}`.

    Raises:
        ExpressionError: it is no expression.
    """
    if "${{" not in text:
        if not text.strip():
            return scope.status["success"]
        tree = parse(text.strip())
    elif (inner := whole_expression(text)) is not None:
        tree = parse(inner)
    else:
        value = template(text, scope)
        return _both(scope.status["success"], truth(value))
    value = truth(evaluate(tree, scope))
    return value if calls(tree) & HEALTHY.keys() else _both(scope.status["success"], value)


def whole_expression(text: str) -> str | None:
    """What is inside, where the text is one `${{ … }}` and nothing else."""
    if not (text.startswith("${{") and text.endswith("}}")):
        return None
    end = _end_of_expression(text, 3)
    return text[3:end].strip() if end == len(text) - 2 else None


def _end_of_expression(text: str, start: int) -> int:
    """Where the `}}` of an expression begins, its texts skipped; -1 where there is none."""
    place = start
    while place < len(text):
        letter = text[place]
        if letter == "'":
            place = text.find("'", place + 1)
            if place < 0:
                return -1
        elif letter == "}" and text.startswith("}}", place):
            return place
        place += 1
    return -1


def template(text: str, scope: Scope) -> Any:
    """A text with its expressions filled in; `UNKNOWN` or a `Beginning` where one of them is not known.

    Raises:
        ExpressionError: one of them is no expression.
    """
    inner = whole_expression(text)
    if inner is not None:
        return evaluate(parse(inner), scope)
    out: list[str] = []
    literal = False  # whether some of the text is certain to be there
    unknown = False
    place = 0
    while place < len(text):
        start = text.find("${{", place)
        if start < 0:
            start = len(text)
        if start > place:
            literal = True
            if not unknown:
                out.append(text[place:start])
        if start == len(text):
            break
        end = _end_of_expression(text, start + 3)
        if end < 0:
            raise ExpressionError("`${{` has no `}}`")
        value = evaluate(parse(text[start + 3 : end].strip()), scope)
        if value is UNKNOWN or isinstance(value, Beginning | list | dict):
            unknown = True
        elif not unknown:
            out.append(as_text(value))
        place = end + 2
    if unknown:
        known = "".join(out)
        return Beginning(known) if known or literal else UNKNOWN
    return "".join(out)


def as_text(value: Any) -> str:
    """A value as GitHub writes it into a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return "Array" if isinstance(value, list) else "Object" if isinstance(value, dict) else str(value)


def evaluate(tree: Any, scope: Scope) -> Any:
    """The value of a tree."""
    if isinstance(tree, Literal):
        return tree.value
    if isinstance(tree, Name):
        return scope.contexts.get(tree.name, UNKNOWN)
    if isinstance(tree, Not):
        known = truth(evaluate(tree.operand, scope))
        return UNKNOWN if known is None else not known
    if isinstance(tree, Access):
        value = evaluate(tree.base, scope)
        for step in tree.steps:
            key = evaluate(step, scope) if isinstance(step, msgspec.Struct) else step
            value = _filtered(value) if step is None else _member(value, key)
        return value.items if isinstance(value, _Filtered) else value
    if isinstance(tree, Call):
        return _call(tree, scope)
    return _chain(tree, scope)


class _Filtered(msgspec.Struct, frozen=True):
    """What `.*` gives: the steps after it are taken of each."""

    items: list[Any]


def _filtered(value: Any) -> Any:
    if value is UNKNOWN or isinstance(value, Open):
        return UNKNOWN
    if isinstance(value, _Filtered):
        return _Filtered([inner for item in value.items for inner in _each(item)])
    return _Filtered(list(_each(value)))


def _each(value: Any) -> Sequence[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()


def _member(value: Any, key: Any) -> Any:
    if isinstance(value, _Filtered):
        return _Filtered([found for item in value.items if (found := _member(item, key)) is not None])
    if value is UNKNOWN or key is UNKNOWN or isinstance(key, Beginning):
        return UNKNOWN
    if isinstance(value, dict):
        wanted = as_text(key).lower()
        for name, found in value.items():
            if name.lower() == wanted:
                return found
        return UNKNOWN if isinstance(value, Open) else None
    if isinstance(value, list):
        index = _number(key)
        return value[int(index)] if 0 <= index < len(value) else None
    return None


def _number(value: Any) -> float:
    if value is None:
        return 0.0
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, float):
        return value
    return number(value) if isinstance(value, str) else float("nan")


def same(left: Any, right: Any) -> bool | None:
    """`left == right` as GitHub compares; `None` where that is not known."""
    if left is UNKNOWN or right is UNKNOWN:
        return None
    for known, other in ((left, right), (right, left)):
        if isinstance(known, Beginning):
            if other == "" or (isinstance(other, str) and not other.lower().startswith(known.text.lower())):
                return False
            return None
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return left is right
    return _number(left) == _number(right)


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _chain(tree: Chain, scope: Scope) -> Any:
    value = evaluate(tree.first, scope)
    for sign, operand in tree.rest:
        other = evaluate(operand, scope)
        if sign in ("&&", "||"):
            value = _either(value, other, stops_at=sign == "||")
        elif sign in ("==", "!="):
            equal = same(value, other)
            value = UNKNOWN if equal is None else equal is (sign == "==")
        elif isinstance(value, _Unknown | Beginning) or isinstance(other, _Unknown | Beginning):
            value = UNKNOWN
        elif isinstance(value, str) and isinstance(other, str):
            value = _ORDER[sign](value.lower(), other.lower())
        else:
            value = _ORDER[sign](_number(value), _number(other))
    return value


def _either(left: Any, right: Any, *, stops_at: bool) -> Any:
    """`left && right` (which stops at what is false) or `left || right` (which stops at what is true)."""
    known = truth(left)
    if known is None:
        # Both ways out have the same truth where the right side is one at which it would stop.
        return stops_at if truth(right) is stops_at else UNKNOWN
    return left if known is stops_at else right


def _both(left: bool | None, right: bool | None) -> bool | None:  # noqa: FBT001 - three values
    if left is False or right is False:
        return False
    return True if left and right else None


def _call(tree: Call, scope: Scope) -> Any:
    if tree.name in HEALTHY and not tree.arguments:
        status = scope.status[tree.name]
        return UNKNOWN if status is None else status
    arguments = [evaluate(argument, scope) for argument in tree.arguments]
    function = _FUNCTIONS.get((tree.name, len(arguments)))
    if function is not None:
        return function(*arguments)
    if tree.name == "format" and arguments and not any(isinstance(a, _Unknown | Beginning) for a in arguments):
        return _format([as_text(argument) for argument in arguments])
    return UNKNOWN  # `hashFiles`, and whatever GitHub adds


def _contains(whole: Any, part: Any) -> Any:
    if whole is UNKNOWN or part is UNKNOWN:
        return UNKNOWN
    if isinstance(whole, list):
        answers = [same(item, part) for item in whole]
        return True if True in answers else UNKNOWN if None in answers else False
    if isinstance(whole, Beginning):
        return True if isinstance(part, str) and part.lower() in whole.text.lower() else UNKNOWN
    if isinstance(whole, dict) or isinstance(part, Beginning | list | dict):
        return UNKNOWN if isinstance(part, Beginning) else False
    return as_text(part).lower() in as_text(whole).lower()


def _starts_with(whole: Any, part: Any) -> Any:
    if whole is UNKNOWN or part is UNKNOWN or isinstance(part, Beginning):
        return UNKNOWN
    wanted = as_text(part).lower()
    if isinstance(whole, Beginning):
        known = whole.text.lower()
        return True if known.startswith(wanted) else UNKNOWN if wanted.startswith(known) else False
    return as_text(whole).lower().startswith(wanted)


def _ends_with(whole: Any, part: Any) -> Any:
    if isinstance(whole, _Unknown | Beginning) or isinstance(part, _Unknown | Beginning):
        return UNKNOWN
    return as_text(whole).lower().endswith(as_text(part).lower())


def _from_json(text: Any) -> Any:
    if not isinstance(text, str) or len(text) > 65_536:
        return UNKNOWN
    try:
        return _plain(json.loads(text))
    except (ValueError, RecursionError):
        return UNKNOWN


def _plain(value: Any) -> Any:
    """JSON with numbers as GitHub knows them."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _join(values: Any, between: Any = ",") -> Any:
    if isinstance(values, list) and isinstance(between, str):
        if any(isinstance(item, _Unknown | Beginning) for item in values):
            return UNKNOWN
        return between.join(as_text(item) for item in values)
    return as_text(values) if isinstance(values, str | float | bool) or values is None else UNKNOWN


def _format(arguments: list[str]) -> Any:
    text, *values = arguments
    out: list[str] = []
    place = 0
    while place < len(text):
        letter = text[place]
        if letter in "{}" and text.startswith(letter * 2, place):
            out.append(letter)
            place += 2
        elif letter == "{":
            end = text.find("}", place)
            index = text[place + 1 : end] if 0 <= end <= place + 4 else ""
            if not index.isascii() or not index.isdigit() or int(index) >= len(values):
                return UNKNOWN
            out.append(values[int(index)])
            place = end + 1
        else:
            out.append(letter)
            place += 1
    return "".join(out)


_FUNCTIONS: dict[tuple[str, int], Callable[..., Any]] = {
    ("contains", 2): _contains,
    ("startswith", 2): _starts_with,
    ("endswith", 2): _ends_with,
    ("fromjson", 1): _from_json,
    ("join", 1): _join,
    ("join", 2): _join,
    # What `toJSON` of something says is of use only to a program; that it is a text with content is certain.
    ("tojson", 1): lambda _value: Beginning(""),
}
