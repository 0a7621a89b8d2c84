"""`repo-text`: a text is in the files where it was promised, or in none of them."""

from __future__ import annotations

from collections.abc import Iterable

from loopcheck.checker import CannotTell, Checker, Claim, World
from loopcheck.paths import matching
from loopcheck.reasons import MISSING_OBJECT, NOT_TEXT, TOO_BIG, TRUNCATED
from loopcheck.world import Repository
from loopcheck_checks.repo_text.comments import Text
from loopcheck_checks.repo_text.judge import judge
from loopcheck_checks.repo_text.manifest import MANIFEST, Globbed, Hits, RepoTextExpectation, RepoTextObservation
from loopcheck_checks.repo_text.search import Tally

_MAX_FILES = 5_000
_MAX_BYTES = 64 * 1024 * 1024
_SHOWN = 5


class RepoTextChecker(Checker[RepoTextExpectation, RepoTextObservation]):
    """An implementation of `Checker` for the text of files."""

    manifest = MANIFEST
    Expect = RepoTextExpectation
    Observation = RepoTextObservation

    def describe(self, expect: RepoTextExpectation) -> str:
        """See `Checker.describe`."""
        key, source = expect.patterns[0]
        more = len(expect.patterns) - 1
        also = f" and {more} more" if more else ""
        return f"{', '.join(expect.globs[:3])} {key} {source[:60]}{also}"

    def observe(self, expect: RepoTextExpectation, world: World) -> RepoTextObservation:
        """See `Checker.observe`."""
        repo = world.repo
        globs, paths, links = _expanded(expect, repo)
        tallies = [Tally(key, source, comments=expect.comments) for key, source in expect.patterns]
        looked_at, size = 0, 0
        binary: list[str] = []
        unread: list[str] = links
        because = "a symbolic link or a submodule" if links else ""
        for path in paths:
            try:
                file = repo.read(path)
                assert file is not None  # noqa: S101 - the path is one of the tree's own
                if b"\0" in file.data[:8000] and not file.data.startswith((b"\xff\xfe", b"\xfe\xff")):  # as git tells
                    binary.append(path)
                    continue
                text = Text(file.text, path)
            except CannotTell as trouble:
                if trouble.reason not in (NOT_TEXT, TOO_BIG, MISSING_OBJECT):
                    raise
                unread.append(path)
                because = because or trouble.message
                continue
            size += len(file.data)
            if size > _MAX_BYTES:
                raise CannotTell(TRUNCATED, f"the files have more than {_MAX_BYTES >> 20} MiB: declare fewer `paths`")
            looked_at += 1
            for tally in tallies:
                tally.add(path, text)
        return RepoTextObservation(
            commit=repo.commit,
            globs=globs,
            looked_at=looked_at,
            binary=_hits(binary),
            unread=_hits(unread),
            unread_because=because,
            patterns=tuple(tally.sought for tally in tallies),
        )

    def judge(self, expect: RepoTextExpectation, observation: RepoTextObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)


def _expanded(expect: RepoTextExpectation, repo: Repository) -> tuple[tuple[Globbed, ...], list[str], list[str]]:
    """What each pattern for paths stands for, and all files and links of them, each once and in git's order."""
    every, links = repo.paths, repo.links
    globs: list[Globbed] = []
    wanted: set[str] = set()
    leading: set[str] = set()
    for glob in expect.globs:
        files = matching(every, [glob])
        # A link that matches, or one that the pattern names a place behind.
        behind = [*matching(links, [glob]), *(link for link in links if glob.startswith(link + "/"))]
        wanted.update(files)
        leading.update(behind)
        nearest = None if files or behind else repo.nearest(glob)
        globs.append(Globbed(str(glob), len(files), behind[0] if behind else None, nearest))
    if len(wanted) > _MAX_FILES:
        raise CannotTell(TRUNCATED, f"`paths` stand for {len(wanted):,} files, more than {_MAX_FILES:,}: narrow them")
    return tuple(globs), matching(every, expect.globs), [link for link in links if link in leading]


def _hits(paths: list[str]) -> Hits:
    return Hits(len(paths), tuple(paths[:_SHOWN]))
