"""`config-value`: a value in a configuration file is what was promised."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from loopcheck.checker import CannotTell, Checker, Claim, World
from loopcheck.documents.yaml import Node
from loopcheck.reasons import NOT_JUDGED
from loopcheck.world import File
from loopcheck_checks.config_value import flat, readers, trees
from loopcheck_checks.config_value.found import Look
from loopcheck_checks.config_value.judge import judge
from loopcheck_checks.config_value.manifest import (
    MANIFEST,
    UNKNOWN_FORMAT,
    ConfigValueExpectation,
    ConfigValueObservation,
    Format,
)

_BY_NAME = (
    (
        Format.JSONC,
        re.compile(r"(?:.*/)?(?:(?:ts|js)config[^/]*\.json|devcontainer\.json|[^/]*\.jsonc)|\.vscode/[^/]*\.json"),
    ),
    (Format.ENV, re.compile(r"(?:.*/)?(?:\.env(?:\.[^/]*)?|[^/]*\.env)")),
    (Format.YAML, re.compile(r".*\.ya?ml")),
    (Format.JSON, re.compile(r".*\.(?:json|webmanifest|geojson)")),
    (Format.TOML, re.compile(r".*\.toml|(?:.*/)?(?:Pipfile|(?:Cargo|poetry|uv)\.lock)")),
    (Format.PROPERTIES, re.compile(r".*\.properties")),
    (
        Format.INI,
        re.compile(r".*\.(?:ini|cfg|cnf)|(?:.*/)?(?:\.editorconfig|\.gitmodules|\.flake8|\.pylintrc|\.npmrc)"),
    ),
)
_MAX_FOR_LINES = 256 * 1024  # a second reading for the lines of a larger file is not worth its time


class ConfigValueChecker(Checker[ConfigValueExpectation, ConfigValueObservation]):
    """An implementation of `Checker` for values in configuration files."""

    manifest = MANIFEST
    Expect = ConfigValueExpectation
    Observation = ConfigValueObservation

    def describe(self, expect: ConfigValueExpectation) -> str:
        """See `Checker.describe`."""
        wanted = "absent" if expect.absent else ", ".join(map(str, expect.conditions))
        return f"{expect.path} § {expect.key}" + (f" {wanted}" if wanted else "")

    def observe(self, expect: ConfigValueExpectation, world: World) -> ConfigValueObservation:
        """See `Checker.observe`."""
        repo, path = world.repo, expect.path
        source = repo.evidence(path, "").source
        file = repo.read(path)
        if file is None:
            return ConfigValueObservation(
                source=source,
                commit=repo.commit,
                found=False,
                is_folder=repo.is_folder(path),
                nearest=repo.nearest(path),
            )
        found = _look(expect, file, world)
        gap = found.missing[0] if found.missing else None
        return ConfigValueObservation(
            source=source,
            commit=repo.commit,
            found=True,
            documents=found.documents,
            values=found.values,
            missing=len(found.missing),
            missing_line=gap.line if gap else None,
            missing_because=gap.because if gap else "",
        )

    def judge(self, expect: ConfigValueExpectation, observation: ConfigValueObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)


def format_of(path: str) -> Format | None:
    """How the file at `path` is written, by its name; `None` where the name does not say it."""
    return next((written for written, pattern in _BY_NAME if pattern.fullmatch(path)), None)


def _look(expect: ConfigValueExpectation, file: File, world: World) -> Look:
    """The values at the key. Each file is parsed once a run, however many values are declared of it."""
    written = expect.format or format_of(expect.path)
    if written is None:
        raise CannotTell(UNKNOWN_FORMAT, f"{file.path} can be anything: declare how it is written, as `format: ini`")
    if expect.document is not None and written is not Format.YAML:
        raise CannotTell(NOT_JUDGED, f"{file.path} has no documents: only YAML has")
    if written in flat.READERS:
        read = flat.READERS[written]
        flat_file = world.once(("config-value", written, file.path), lambda: read(file.text, file.path))
        return flat.look(flat_file, expect.key)
    documents = world.once(("config-value", written, file.path), lambda: _documents(written, file))
    found = trees.look(documents, expect.key, expect.document, lines=written is Format.YAML)
    if written in (Format.JSON, Format.JSONC) and len(file.data) <= _MAX_FOR_LINES:
        return _with_lines(found, expect, file)
    return found


def _documents(written: Format, file: File) -> list[Node]:
    if written is Format.YAML:
        return readers.read_yaml(file.text, file.path)
    if written is Format.TOML:
        return readers.read_toml(file.text, file.path)
    text = readers.without_comments(file.text) if written is Format.JSONC else file.text
    return readers.read_json(text, file.path)


def _with_lines(found: Look, expect: ConfigValueExpectation, file: File) -> Look:
    """The same, with lines where the file can be read as YAML and gives the same values."""
    try:
        text = readers.without_comments(file.text)
        same = trees.look(list(readers.lines_of(text, file.path)), expect.key, None, lines=True)
    except CannotTell:
        return found
    if [value.text for value in same.values] != [value.text for value in found.values]:
        return found
    values = tuple(
        msgspec.structs.replace(value, line=other.line) for value, other in zip(found.values, same.values, strict=True)
    )
    return msgspec.structs.replace(found, values=values)
