"""`codeowners`: the right people own the files, by GitHub's own rules."""

from __future__ import annotations

from collections.abc import Iterable

from loopcheck.checker import CannotTell, Checker, Claim, World
from loopcheck.paths import Paths
from loopcheck.reasons import TOO_BIG, TRUNCATED
from loopcheck.world import Repository
from loopcheck_checks.codeowners.asking import asked
from loopcheck_checks.codeowners.judge import judge
from loopcheck_checks.codeowners.manifest import MANIFEST, CodeownersExpectation, CodeownersObservation, Group, Line
from loopcheck_checks.codeowners.rules import Rules, readings

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks, in this order; it takes the first that it finds."""
MAX_LOADED = 3_000_000
"""GitHub loads a file under 3 MB and does not say which megabyte; the smaller is the safe one."""
_MAX_FILES = 100_000
_EXAMPLES = 3


class CodeownersChecker(Checker[CodeownersExpectation, CodeownersObservation]):
    """An implementation of `Checker` for the ownership of files."""

    manifest = MANIFEST
    Expect = CodeownersExpectation
    Observation = CodeownersObservation

    def describe(self, expect: CodeownersExpectation) -> str:
        """See `Checker.describe`."""
        return f"{expect.path} owned by {', '.join(expect.wanted)}"

    def observe(self, expect: CodeownersExpectation, world: World) -> CodeownersObservation:
        """See `Checker.observe`."""
        repo = world.repo
        place = next((place for place in PLACES if repo.entry(place) is not None), None)
        if place is None:
            return CodeownersObservation(path=None, commit=repo.commit, nearest=_misplaced(repo))
        every = world.once(("codeowners", "files"), lambda: Paths([*repo.paths, *repo.links]))
        files = _files(expect.path, every)
        try:
            file = repo.read(place)
        except CannotTell as trouble:
            if trouble.reason is not TOO_BIG:
                raise
            file = None  # larger than loopcheck reads is larger than GitHub loads
        size = MAX_LOADED if file is None else len(file.data)
        if file is None or size >= MAX_LOADED:
            return CodeownersObservation(path=place, commit=repo.commit, loaded=False, size=size, files=len(files))
        text = file.text
        rules = world.once(("codeowners", file.oid), lambda: Rules(text))
        naming, groups = _decided(files, rules, {owner.casefold() for owner in expect.wanted})
        return CodeownersObservation(
            path=place,
            commit=repo.commit,
            size=size,
            files=len(files),
            nearest_path=None if files else repo.nearest(expect.path),
            rules=naming,
            skipped=tuple(rules.skipped[:20]),
            groups=groups,
            enforcement=world.attempt(lambda: asked(world)) if expect.enforced else None,
        )

    def judge(self, expect: CodeownersExpectation, observation: CodeownersObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)


def _files(path: str, every: Paths) -> list[str]:
    """The files that a declared path stands for. Links and submodules are owned like files: they are in the tree."""
    found = every.at_or_below(path) or every.matching([path])
    if len(found) > _MAX_FILES:
        raise CannotTell(TRUNCATED, f"{path} stands for {len(found):,} files, more than {_MAX_FILES:,}")
    return found


def _decided(files: list[str], rules: Rules, wanted: set[str]) -> tuple[tuple[Line, ...], tuple[Group, ...]]:
    """The rules that name a wanted owner, and the files by the lines that decide for them."""
    naming: dict[int, Line] = {}
    groups: dict[tuple[Line | None, ...], list[str]] = {}
    for name in files:
        found = rules.matching(name)
        for rule in found:
            if any(owner.casefold() in wanted for owner in rule.line.owners):
                naming[rule.line.number] = rule.line
        groups.setdefault(readings(found), []).append(name)
    return (
        tuple(naming[number] for number in sorted(naming)),
        tuple(Group(lines, len(names), tuple(names[:_EXAMPLES])) for lines, names in groups.items()),
    )


def _misplaced(repo: Repository) -> str | None:
    """A file that is named almost as it should be, or stands where GitHub does not look."""
    for path in repo.paths:
        if path.rpartition("/")[2].casefold() in ("codeowners", "codeowners.md", "codeowners.txt", "code_owners"):
            return path
    return None
