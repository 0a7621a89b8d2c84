"""What follows from what was seen of a value. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loopcheck.checker import Claim, Evidence, Unseen
from loopcheck.quantities import Quantity
from loopcheck.reasons import Reason
from loopcheck_checks.config_value.compare import Answer, Doubt, equals, satisfies
from loopcheck_checks.config_value.manifest import (
    AS_DECLARED,
    FILE_THERE,
    KEY_ABSENT,
    KEY_THERE,
    NO_DOCUMENT,
    NO_FILE,
    NO_KEY,
    NO_VALUE,
    OTHER_VALUE,
    STILL_THERE,
    UNLIKE,
    ConfigValueExpectation,
    ConfigValueObservation,
    Value,
)
from loopcheck_checks.systems.conditions import Condition

_SHOWN = 5
_SECRET = re.compile(r"(?i)pass|secret|token|credential|private|\bkey|apikey|pin\b")


def judge(expect: ConfigValueExpectation, seen: ConfigValueObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    if not seen.found:
        what = "a folder" if seen.is_folder else "no such file"
        meant = f"; did you mean {seen.nearest}?" if seen.nearest else ""
        yield FILE_THERE.fails(NO_FILE, f"{expect.path}: {what}{meant}", Evidence(seen.source, what))
        return
    yield FILE_THERE.holds(f"{expect.path} can be read", Evidence(seen.source, "a file that can be read"))
    claim = KEY_ABSENT if expect.absent else KEY_THERE
    if expect.document is not None and not seen.documents:
        message = f"{expect.path} has no document {expect.document}"
        yield claim.fails(NO_DOCUMENT, message, Evidence(seen.source, "no such document"))
        return
    if expect.absent:
        yield _absent(expect, seen)
        return
    there = _key_there(expect, seen)
    yield there
    if seen.values and not seen.missing:
        yield _as_declared(expect, seen)


def _absent(expect: ConfigValueExpectation, seen: ConfigValueObservation) -> Claim:
    if seen.values:
        places = ", ".join(_place(expect, value) for value in seen.values[:_SHOWN])
        return KEY_ABSENT.fails(STILL_THERE, f"{expect.key} is there: {places}", *_evidence(expect, seen, seen.values))
    return KEY_ABSENT.holds(f"{expect.key} is not there", Evidence(seen.source, seen.missing_because or "no such key"))


def _key_there(expect: ConfigValueExpectation, seen: ConfigValueObservation) -> Claim:
    if seen.missing or not seen.values:
        because = seen.missing_because or "the file is empty"
        line = f":{seen.missing_line}" if seen.missing_line else ""
        source = f"{expect.path}{line}@{seen.commit[:12]}"
        return KEY_THERE.fails(NO_KEY, f"{expect.path}{line}: {because}", Evidence(source, because))
    return KEY_THERE.holds(f"{expect.key} is there", *_evidence(expect, seen, seen.values))


def _as_declared(expect: ConfigValueExpectation, seen: ConfigValueObservation) -> Claim:
    """The claim about the values: all of them must meet every condition."""
    doubts: list[tuple[Value, Reason | Unseen, str]] = []
    for value in seen.values:
        if value.doubt is not None:
            doubts.append((value, value.doubt, value.doubt.message))
            continue
        for wanted, answer in _answers(expect, value):
            if isinstance(answer, Doubt):
                doubts.append((value, answer.reason, answer.message))
            elif not answer:
                empty = value.kind == "null" or (not value.text and value.kind in ("text", "word"))
                reason = NO_VALUE if empty else OTHER_VALUE
                message = f"{_place(expect, value)}: {expect.key} is {_shown(expect, value)}, and not {wanted}"
                return AS_DECLARED.fails(reason, message, *_evidence(expect, seen, (value,)))
    if doubts:
        value, why, message = doubts[0]
        text = f"{_place(expect, value)}: {expect.key}: {message}"
        return AS_DECLARED.unknown(why, text, *_evidence(expect, seen, (value,)))
    wanted = ", ".join(wanted for wanted, _ in _answers(expect, seen.values[0]))
    return AS_DECLARED.holds(f"{expect.key} is {wanted}", *_evidence(expect, seen, seen.values))


def _answers(expect: ConfigValueExpectation, value: Value) -> Iterator[tuple[str, Answer]]:
    """Each thing that is declared of the value, in words, and whether it is so."""
    declared = False
    for condition in expect.conditions:
        declared = True
        yield str(condition), satisfies(value, condition, expect.unit)
    if expect.choices:
        declared = True
        answers = [equals(value, choice, expect.unit) for choice in expect.choices]
        yield f"one of {', '.join(map(str, expect.choices))}", _any(answers)
    for element in expect.elements:
        declared = True
        yield f"a list with {element}", _contains(value, element)
    if not declared:
        empty = value.kind == "null" or (value.kind in ("text", "word") and not value.text)
        yield "a value", not empty


def _contains(value: Value, wanted: Condition) -> Answer:
    if value.kind in ("text", "word") and value.text:
        return Doubt(UNLIKE, "it is one text and no list; loopcheck does not take texts apart (see `repo-text`)")
    answers: list[Answer] = []
    for element in value.elements:
        if element.doubt is not None:
            answers.append(Doubt(UNLIKE, f"an element on line {element.line}: {element.doubt.message}"))
        else:
            answers.append(equals(element, wanted))
    return _any(answers)


def _any(answers: list[Answer]) -> Answer:
    if any(answer is True for answer in answers):
        return True
    return next((answer for answer in answers if isinstance(answer, Doubt)), False)


def _shown(expect: ConfigValueExpectation, value: Value) -> str:
    """A value for people. A text is never repeated: it may be what nobody should read."""
    if value.kind == "null":
        return "null"
    if value.kind in ("list", "mapping"):
        return f"a {value.kind}" + (f" of {len(value.elements)}" if value.kind == "list" else "")
    if not value.text:
        return "empty"
    if _SECRET.search(str(expect.key)) or len(value.text) > 20:
        return "something else"
    if value.kind == "boolean" or value.text.lower() in ("true", "false", "on", "off", "yes", "no"):
        return f'"{value.text}"' if value.kind == "text" else value.text
    try:
        Quantity.parse(value.text)
    except ValueError:
        return "another text"
    return f'"{value.text}"' if value.kind == "text" else value.text


def _place(expect: ConfigValueExpectation, value: Value) -> str:
    return f"{expect.path}:{value.line}" if value.line else str(expect.path)


def _evidence(
    expect: ConfigValueExpectation, seen: ConfigValueObservation, values: tuple[Value, ...]
) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(f"{_place(expect, value)}@{seen.commit[:12]}", f"{expect.key} is {_shown(expect, value)}")
        for value in values[:_SHOWN]
    )
