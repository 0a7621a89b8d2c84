"""`terraform-resource`: a resource is declared in Terraform code, with the attributes that were promised."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

import msgspec

from loopcheck.checker import CannotTell, Checker, Claim, Unseen, World
from loopcheck.paths import matching
from loopcheck.reasons import TRUNCATED
from loopcheck.world import File
from loopcheck_checks.terraform_resource.blocks import Block, read
from loopcheck_checks.terraform_resource.judge import judge
from loopcheck_checks.terraform_resource.manifest import (
    MANIFEST,
    Declared,
    Odd,
    TerraformResourceExpectation,
    TerraformResourceObservation,
)
from loopcheck_checks.terraform_resource.values import Attribute, Value, attribute, value_of

_OVERRIDE = re.compile(r"(?:.*_)?override\.tf(?:\.json)?")
_LOCAL = re.compile(r"local\.([A-Za-z_][A-Za-z0-9_-]{0,99})")
_HEAD = re.compile(r'(?m)^[ \t]*(?:resource[ \t]+"?([\w-]+)"?|(module))[ \t]+"?([\w-]+)"?')
_MOST_PARSED = 1_000_000
"""Characters: what holds the words of one address and is more than this is not read to its end."""


class TerraformResourceChecker(Checker[TerraformResourceExpectation, TerraformResourceObservation]):
    """An implementation of `Checker` for Terraform code."""

    manifest = MANIFEST
    Expect = TerraformResourceExpectation
    Observation = TerraformResourceObservation

    def describe(self, expect: TerraformResourceExpectation) -> str:
        """See `Checker.describe`."""
        has = ", ".join(
            f"{path}: {wanted if isinstance(wanted, str) else ' '.join(wanted)}"
            for path, wanted in (expect.has or {}).items()
        )
        return f"{expect.address.strip()}{f' {{{has[:100]}}}' if has else ''}"

    def observe(self, expect: TerraformResourceExpectation, world: World) -> TerraformResourceObservation:
        """See `Checker.observe`."""
        return _Look(expect, world).observation()

    def judge(self, expect: TerraformResourceExpectation, observation: TerraformResourceObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)


class _Found(msgspec.Struct, frozen=True):
    """A block, with its file."""

    block: Block
    path: str
    source: str


class _Look:
    """One look at the code."""

    def __init__(self, expect: TerraformResourceExpectation, world: World) -> None:
        self._expect = expect
        self._world = world
        # What `terraform init` brings is a copy of what others have.
        self._paths = [path for path in matching(world.repo.paths, expect.globs) if ".terraform/" not in f"/{path}"]
        self._odd: list[Odd] = []
        self._parsed = 0
        self._heads: set[str] = set()

    def observation(self) -> TerraformResourceObservation:
        """What was seen."""
        plain: dict[str, list[_Found]] = defaultdict(list)
        overrides: dict[str, list[_Found]] = defaultdict(list)
        for found in self._blocks():
            folder, name = posixpath.split(found.path)
            (overrides if _OVERRIDE.fullmatch(name) else plain)[folder].append(found)
        candidates = tuple(
            self._declared(found, overrides[folder], folder) for folder, those in plain.items() for found in those
        )
        return TerraformResourceObservation(
            source=self._world.repo.evidence(", ".join(self._expect.globs[:3]), "").source,
            files=len(self._paths),
            candidates=candidates,
            unreadable=tuple(self._odd[:20]),
            nearest=()
            if candidates
            else tuple(get_close_matches(self._expect.address, sorted(self._heads)[:5000], n=3)),
        )

    def _blocks(self) -> Iterator[_Found]:
        """The blocks of the address."""
        kind, labels = self._expect.kind, self._expect.labels
        for path in self._paths:
            file = self._file(path)
            if file is None:
                continue
            self._heads |= {f"{one[0] or one[1]}.{one[2]}" for one in _HEAD.findall(file.text)}
            if not all(word in file.text for word in labels):
                continue
            for block in self._read(path, file.text):
                if (block.kind, block.labels) == (kind, labels):
                    yield _Found(block, path, file.evidence("", block.line).source)

    def _file(self, path: str) -> File | None:
        repo = self._world.repo
        read_or_not = self._world.attempt(lambda: repo.read(path))
        if isinstance(read_or_not, Unseen):
            self._odd.append(Odd(repo.evidence(path, "").source, read_or_not.message, posixpath.dirname(path)))
            return None
        return read_or_not

    def _read(self, path: str, text: str) -> tuple[Block, ...]:
        self._parsed += len(text)
        if self._parsed > _MOST_PARSED:
            raise CannotTell(TRUNCATED, f"{self._expect.address} stands in more code than is read: declare `paths`")
        self._world.timeout(1)  # where the run has no time left, this says so
        read_or_not = self._world.once(("terraform-resource", path), lambda: _read_or_not(text, path))
        if isinstance(read_or_not, str):
            self._odd.append(Odd(self._world.repo.evidence(path, "").source, read_or_not, posixpath.dirname(path)))
            return ()
        return read_or_not

    def _declared(self, found: _Found, overrides: list[_Found], folder: str) -> Declared:
        body = found.block.body
        for override in sorted(overrides, key=lambda one: one.path):
            body = _overridden(body, override.block.body)
        return Declared(
            source=found.source,
            folder=folder,
            count=self._value(body, "count", folder),
            for_each=self._value(body, "for_each", folder),
            attributes=tuple(self._attribute(body, path, folder) for path in self._expect.has or {}),
            ignored=_ignored(body),
            overridden=tuple(posixpath.basename(one.path) for one in overrides),
        )

    def _value(self, body: dict[str, Any], name: str, folder: str) -> Value | None:
        return self._worked_out(value_of(body[name]), folder) if name in body else None

    def _attribute(self, body: dict[str, Any], path: str, folder: str) -> Attribute:
        found = attribute(body, path)
        return msgspec.structs.replace(found, values=tuple(self._worked_out(one, folder) for one in found.values))

    def _worked_out(self, value: Value, folder: str) -> Value:
        """The value of a `local` of the same folder, where it is written there; else the expression."""
        name = _LOCAL.fullmatch(value.text) if value.kind == "expression" else None
        if name is None:
            return value
        found: list[Any] = []
        for path in self._world.repo.paths:
            if posixpath.dirname(path) != folder or not path.endswith((".tf", ".tf.json")):
                continue
            file = self._file(path)
            if file is None or "locals" not in file.text or name[1] not in file.text:
                continue
            found += [
                block.body[name[1]]
                for block in self._read(path, file.text)
                if block.kind == "locals" and name[1] in block.body
            ]
        return value_of(found[0]) if len(found) == 1 else value


def _read_or_not(text: str, path: str) -> tuple[Block, ...] | str:
    try:
        return read(text, path)
    except ValueError as error:
        return str(error)


def _overridden(body: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    """A block as an override file changes it: attribute by attribute, and blocks below by their type."""
    return {**body, **{key: value for key, value in override.items() if not key.startswith("__")}}


def _ignored(body: dict[str, Any]) -> tuple[str, ...]:
    """What `ignore_changes` names, each by its first word."""
    lifecycle = body.get("lifecycle")
    out: list[str] = []
    for one in lifecycle if isinstance(lifecycle, list) else [lifecycle]:
        named = one.get("ignore_changes") if isinstance(one, dict) else None
        for text in named if isinstance(named, list) else [named]:
            found = re.match(r'(?:\$\{)?"?([A-Za-z_][\w-]*)', text) if isinstance(text, str) else None
            out += [found[1]] if found is not None else []
    return tuple(out[:200])
