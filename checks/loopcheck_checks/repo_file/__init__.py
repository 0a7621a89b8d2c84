"""`repo-file`: a file is in the repository, and is more than an empty promise."""

from __future__ import annotations

from collections.abc import Iterable

from loopcheck.checker import Checker, Claim, World
from loopcheck_checks.repo_file.judge import judge
from loopcheck_checks.repo_file.manifest import MANIFEST, RepoFileExpectation, RepoFileObservation


class RepoFileChecker(Checker[RepoFileExpectation, RepoFileObservation]):
    """An implementation of `Checker` for files of the repository."""

    manifest = MANIFEST
    Expect = RepoFileExpectation
    Observation = RepoFileObservation

    def describe(self, expect: RepoFileExpectation) -> str:
        """See `Checker.describe`."""
        return expect.path

    def observe(self, expect: RepoFileExpectation, world: World) -> RepoFileObservation:
        """See `Checker.observe`."""
        path = expect.path
        source = world.repo.evidence(path, "").source
        file = world.repo.read(path)
        if file is None:
            return RepoFileObservation(
                source=source,
                found=False,
                is_folder=world.repo.is_folder(path),
                nearest=world.repo.nearest(path),
            )
        size = len(b"".join(file.data.split()))
        return RepoFileObservation(source=source, found=True, size=size, executable=file.executable)

    def judge(self, expect: RepoFileExpectation, observation: RepoFileObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)
