"""What every checker must keep, as checks that a test calls: `check_contract(MyChecker)`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from loopcheck.binding import Expectation, json_schema
from loopcheck.checker import AnyChecker, Manifest, Observation
from loopcheck.model import Rung
from loopcheck.reasons import COMMON_REASONS

_WORD = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SENTENCE = re.compile(r"[A-Z`@].*\.", re.DOTALL)


def check_contract(checker_class: type[AnyChecker], page: Path | None = None) -> None:
    """Hold a checker to the contract.

    Args:
        checker_class: the class that is registered.
        page: its README.md, which must explain every claim and reason.

    Raises:
        AssertionError: with all that is broken.
    """
    broken = list(_broken(checker_class, page))
    assert not broken, "\n".join(broken)  # noqa: S101 - this is a test


def _broken(checker_class: type[AnyChecker], page: Path | None) -> list[str]:
    out: list[str] = []
    try:
        checker = checker_class()
    except TypeError as error:
        return [f"it cannot be created without arguments: {error}"]
    manifest: Manifest = checker.manifest
    words = [manifest.kind, *(c.word for c in manifest.claims), *(r.word for r in manifest.reasons)]
    out += [f"`{word}` is not in kebab-case" for word in words if not _WORD.fullmatch(word)]
    sentences = [
        manifest.summary,
        *(c.says for c in manifest.claims),
        *(text for r in manifest.reasons for text in (r.means, r.remedy)),
    ]
    out += [f"not a sentence: {text!r}" for text in sentences if not _SENTENCE.fullmatch(text)]
    for what, names in (
        ("claim", [c.word for c in manifest.claims]),
        ("reason", [r.word for r in manifest.reasons]),
    ):
        out += [f"the {what} `{name}` is declared twice" for name in sorted(set(names)) if names.count(name) > 1]
    common = {reason.word for reason in COMMON_REASONS}
    out += [f"the reason `{r.word}` is one of loopcheck's own" for r in manifest.reasons if r.word in common]
    rungs = {claim.rung for claim in manifest.claims}
    out += [f"no claim on the rung `{rung.value}`" for rung in (Rung.EXISTS, Rung.ACTIVE) if rung not in rungs]
    for what, written in (("Expect", checker.Expect), *((s.type.__name__, s.type) for s in manifest.settings)):
        out += [f"`{what}` {wrong}" for wrong in _unfit(written)]
    if not issubclass(checker.Observation, Observation):
        out.append("`Observation` is not an Observation")
    if manifest.systems == () and any(secret.confidential for secret in manifest.secrets):
        out.append("it takes credentials and names no system")
    if page is not None:
        text = page.read_text("utf-8") if page.exists() else ""
        out += [f"{page.name} does not explain `{word}`" for word in words if f"`{word}`" not in text]
    return out


def _unfit(written: type[Any]) -> list[str]:
    """What is wrong with a type that people write: `Expect`, or a section of the settings."""
    if not issubclass(written, Expectation):
        return ["is not an Expectation"]
    if not written.__struct_config__.forbid_unknown_fields:
        return ["accepts unknown keys"]
    try:
        json_schema({"it": written})
    except (NotImplementedError, TypeError) as error:
        return [f"has no JSON Schema (is a default no plain data? give it as `default_factory`): {error}"]
    return []


def round_trips(observation: Observation) -> bool:
    """Whether an observation survives being written as JSON and read again, so that it can be replayed."""
    return bool(msgspec.json.decode(msgspec.json.encode(observation), type=type(observation)) == observation)
