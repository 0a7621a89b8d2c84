"""What follows from what was seen of Terraform code. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loopcheck.checker import Claim, Evidence, Outcome
from loopcheck.reasons import AMBIGUOUS, NOT_JUDGED, UNPARSEABLE
from loopcheck_checks.systems.conditions import Condition
from loopcheck_checks.terraform_resource.manifest import (
    APPLIED,
    AS_DECLARED,
    COMPUTED,
    CONDITIONAL,
    DECLARED,
    IGNORED_CHANGES,
    NOT_IN_CODE,
    NOT_SET,
    ONLY_IN_CODE,
    OTHER_VALUE,
    SWITCHED_OFF,
    SWITCHED_ON,
    Declared,
    TerraformResourceExpectation,
    TerraformResourceObservation,
)
from loopcheck_checks.terraform_resource.values import Attribute, Value, contains, satisfies

_EMPTY_SET = re.compile(r"\s*(?:toset|tomap|tolist)\s*\(\s*(?:\[\s*\]|\{\s*\})\s*\)\s*")


def judge(expect: TerraformResourceExpectation, seen: TerraformResourceObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    judged = [(one, list(_claims(expect, one))) for one in seen.candidates]
    best = min((_worst(claims) for _, claims in judged), default=Outcome.FAILS)
    folders = {one.folder for one, claims in judged if _worst(claims) is best}
    odd = next((one for one in seen.unreadable if best is not Outcome.HOLDS or one.folder in folders), None)
    if odd is not None:  # in the same folder it may change the block, or keep Terraform from reading any of them
        message = f"it may be in {odd.source}, which cannot be read: {odd.problem}"
        yield DECLARED.unknown(UNPARSEABLE, message, Evidence(odd.source, odd.problem))
        return
    if not judged:
        hint = f"; did you mean {', '.join(seen.nearest)}?" if seen.nearest else ""
        message = f"no block of {seen.files} files is {expect.address}{hint}"
        yield DECLARED.fails(NOT_IN_CODE, message, Evidence(seen.source, "no such block"))
        return
    equals = [pair for pair in judged if _worst(pair[1]) is best]
    if len(equals) > 1 and best is not Outcome.FAILS:
        message = f"{len(equals)} blocks fit equally well: {', '.join(one.source for one, _ in equals[:5])}"
        yield DECLARED.unknown(AMBIGUOUS, message, *(Evidence(one.source, "such a block") for one, _ in equals[:5]))
        return
    chosen, claims = equals[0]
    if sum(one.folder == chosen.folder for one in seen.candidates) > 1:
        message = f"{expect.address} is there twice in the folder {chosen.folder or '/'}, which Terraform refuses"
        yield DECLARED.unknown(AMBIGUOUS, message, Evidence(chosen.source, "one of them"))
        return
    also = f", as {', '.join(chosen.overridden)} changes it" if chosen.overridden else ""
    yield DECLARED.holds(f"{expect.address} is declared in code{also}", Evidence(chosen.source, "the block"))
    yield from claims
    yield APPLIED.unknown(ONLY_IN_CODE, "it is declared in code; whether the live system agrees is not looked at here")


def _worst(claims: list[Claim]) -> Outcome:
    return max((claim.outcome for claim in claims), default=Outcome.HOLDS)


def _claims(expect: TerraformResourceExpectation, declared: Declared) -> Iterator[Claim]:
    yield _switched_on(declared)
    by_path = {one.path: one for one in declared.attributes}
    for path, wanted in (expect.has or {}).items():
        yield _as_declared(declared, by_path[path], wanted)


def _switched_on(declared: Declared) -> Claim:
    for name, value in (("count", declared.count), ("for_each", declared.for_each)):
        if value is None:
            continue
        here = Evidence(declared.source, f"{name} = {value}")
        if value.kind == "null" and name == "count":
            continue
        if _is_nothing(value):
            return SWITCHED_ON.fails(SWITCHED_OFF, f"its `{name}` is {value}", here)
        if value.kind == "expression" or (value.kind == "list" and not value.items):
            return SWITCHED_ON.unknown(CONDITIONAL, f"its `{name}` is `{value}`", here)
    here = Evidence(
        declared.source, f"count: {declared.count or 'not set'}, for_each: {declared.for_each or 'not set'}"
    )
    return SWITCHED_ON.holds("nothing switches it off", here)


def _is_nothing(value: Value) -> bool:
    if value.kind == "expression":
        return _EMPTY_SET.fullmatch(value.text) is not None
    if value.kind == "list":
        return not value.items
    if value.kind == "mapping":
        return value.text == "empty"
    return satisfies(value, Condition("==", "0")) is True or (value.kind == "boolean" and value.text == "false")


def _as_declared(declared: Declared, found: Attribute, wanted: str | list[str]) -> Claim:
    shown = ", ".join(map(str, found.values))[:200] or "not set"
    here = Evidence(declared.source, f"{found.path} = {shown}")
    said = f"`{', '.join(wanted) if isinstance(wanted, list) else wanted}`"[:120]
    first = found.path.partition(".")[0].partition("[")[0]
    if "all" in declared.ignored or first in declared.ignored:
        return AS_DECLARED.unknown(IGNORED_CHANGES, f"`{found.path}` is in `ignore_changes`", here)
    answers = {_answer(value, wanted) for value in found.values} | ({False} if found.missing else set())
    if found.dynamic:
        answers.add(None)
    if answers == {True}:
        return AS_DECLARED.holds(f"`{found.path}` is {shown}", here)
    if answers <= {False}:
        if not found.values:
            return AS_DECLARED.fails(NOT_SET, f"`{found.path}` is not set, and {said} was promised", here)
        return AS_DECLARED.fails(OTHER_VALUE, f"`{found.path}` is {shown}, and {said} was promised", here)
    if None in answers and True not in answers and any(map(_is_computed, found.values)):
        return AS_DECLARED.unknown(COMPUTED, f"`{found.path}` is `{shown}`", here)
    if found.dynamic:
        return AS_DECLARED.unknown(COMPUTED, f"`{found.path}` is in a block that `dynamic` makes", here)
    if None in answers:
        return AS_DECLARED.unknown(NOT_JUDGED, f"{shown} and {said} cannot be compared", here)
    message = f"there are several blocks on the way to `{found.path}`, of which some have {said}: write which, as `[0]`"
    return AS_DECLARED.unknown(AMBIGUOUS, message, here)


def _is_computed(value: Value) -> bool:
    return value.kind == "expression" or any(one.kind == "expression" for one in value.items)


def _answer(value: Value, wanted: str | list[str]) -> bool | None:
    if isinstance(wanted, list):
        return contains(value, [Condition.equal_to(text) for text in wanted])
    return satisfies(value, Condition.parse(wanted))
