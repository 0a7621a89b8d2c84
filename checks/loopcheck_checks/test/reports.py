"""The reports that a run left in its artifacts. Each run's are read once, however many tests are declared."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import msgspec

from loopcheck.checker import CannotTell, Unseen, World
from loopcheck.paths import matching
from loopcheck.reasons import BAD_RESPONSE, TOO_BIG
from loopcheck_checks.systems import github_actions
from loopcheck_checks.test.archive import xml_files
from loopcheck_checks.test.junit import Case, Cases, read
from loopcheck_checks.test.manifest import EXPIRED, MANIFEST

MAX_ARTIFACT = 20 << 20
MAX_ARTIFACTS = 50
_NEVER = datetime.min.replace(tzinfo=UTC)


class Tests(msgspec.Struct, frozen=True):
    """All tests that a run reported."""

    artifacts: tuple[str, ...]
    cases: Cases
    trouble: Unseen | None
    """The first thing that could not be read."""


def tests_of(world: World, run: int, artifact: str) -> Tests:
    """The tests in those artifacts of a run whose name fits.

    Raises:
        CannotTell: the artifacts cannot be listed.
    """
    return world.once((MANIFEST.kind, "tests", run, artifact), lambda: _tests(world, run, artifact))


def _tests(world: World, run: int, pattern: str) -> Tests:
    latest: dict[str, github_actions.Artifact] = {}
    # Each attempt of a run leaves its own: the newest of a name is what counts.
    for one in sorted(github_actions.artifacts_of(world, run), key=lambda one: one.created_at or _NEVER):
        latest[one.name] = one
    names = matching(latest, [pattern.strip()])
    cases: list[Case] = []
    trouble: Unseen | None = None
    for name in names[:MAX_ARTIFACTS]:
        found = world.attempt(lambda name=name: _cases(world, latest[name]))  # type: ignore[misc]
        if isinstance(found, Unseen):
            trouble = trouble or found
        else:
            cases.extend(found)
    if len(names) > MAX_ARTIFACTS and trouble is None:
        trouble = CannotTell(TOO_BIG, f"more than {MAX_ARTIFACTS} artifacts fit: name the one with the report").unseen
    return Tests(tuple(names), Cases(cases), trouble)


def _cases(world: World, artifact: github_actions.Artifact) -> list[Case]:
    if artifact.expired:
        raise CannotTell(EXPIRED, f"the artifact {artifact.name[:100]} has expired")
    if artifact.size_in_bytes > MAX_ARTIFACT:
        raise CannotTell(TOO_BIG, f"the artifact {artifact.name[:100]} has {artifact.size_in_bytes:,} bytes")
    path = f"/repos/{world.github.repository}/actions/artifacts/{artifact.id}/zip"
    data = world.github.download(path, limit=MAX_ARTIFACT)
    digest = (artifact.digest or "").removeprefix("sha256:")
    if digest and digest != hashlib.sha256(data).hexdigest():
        raise CannotTell(BAD_RESPONSE, f"the artifact {artifact.name[:100]} is not what was uploaded")
    cases: list[Case] = []
    for name, content in xml_files(data, artifact.name[:100]):
        cases.extend(read(content, f"{artifact.name[:100]}/{name[:200]}") or [])
    return cases
