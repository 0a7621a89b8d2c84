"""What follows from what was seen of the ownership of files. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from loopcheck.checker import Claim, ClaimKind, Evidence, Outcome
from loopcheck.reasons import Reason
from loopcheck_checks.codeowners.enforced import enforced
from loopcheck_checks.codeowners.manifest import (
    DOUBTFUL_LINE,
    FILE_LOADED,
    HAS_RULE,
    NO_CODEOWNERS,
    NO_RULE,
    NO_SUCH_PATH,
    NOT_LOADED,
    NOT_OWNED,
    ONLY,
    OTHER_OWNER,
    OWNED,
    PATH_THERE,
    CodeownersExpectation,
    CodeownersObservation,
    Group,
    Line,
)

_SHOWN = 5


def judge(expect: CodeownersExpectation, seen: CodeownersObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    if seen.path is None:
        found = f"; {seen.nearest} is not read" if seen.nearest else ""
        yield FILE_LOADED.fails(
            NO_CODEOWNERS,
            f"neither .github/CODEOWNERS, CODEOWNERS nor docs/CODEOWNERS is there{found}",
            Evidence(f".github/CODEOWNERS@{seen.commit[:12]}", "no such file"),
        )
        return
    if not seen.loaded:
        yield FILE_LOADED.fails(
            NOT_LOADED, f"{seen.path} has 3 MB or more", _at(seen, None, f"{seen.size:,} bytes or more")
        )
        return
    yield FILE_LOADED.holds(f"{seen.path} is the file that GitHub takes", _at(seen, None, f"{seen.size:,} bytes"))
    if not seen.files:
        meant = f"; did you mean {seen.nearest_path}?" if seen.nearest_path else ""
        yield PATH_THERE.fails(
            NO_SUCH_PATH,
            f"{expect.path} stands for no file{meant}",
            Evidence(f"{expect.path}@{seen.commit[:12]}", "no such file"),
        )
        return
    yield PATH_THERE.holds(
        f"{expect.path} stands for {_files(seen.files)}",
        Evidence(f"{expect.path}@{seen.commit[:12]}", _files(seen.files)),
    )
    yield _has_rule(expect, seen)
    wanted = {owner.casefold() for owner in expect.wanted}
    yield _throughout(
        OWNED,
        NOT_OWNED,
        seen,
        lambda line: line is not None and wanted <= _folded(line),
        holds=f"for {_files(seen.files)} the last matching rule names {', '.join(expect.wanted)}",
    )
    if expect.only:
        yield _throughout(
            ONLY,
            OTHER_OWNER,
            seen,
            lambda line: line is None or _folded(line) <= wanted,
            holds="nobody else owns any of the files",
        )
    if expect.enforced:
        yield enforced(expect, seen)


def _has_rule(expect: CodeownersExpectation, seen: CodeownersObservation) -> Claim:
    """Whether each declared owner is named by some rule that matches a file."""
    certain = {owner for line in seen.rules if line.doubt is None for owner in _folded(line)}
    perhaps = {owner for line in seen.rules for owner in _folded(line)}
    evidence = tuple(_at(seen, line, "a rule that names a declared owner") for line in seen.rules[-_SHOWN:])
    missing = [owner for owner in expect.wanted if owner.casefold() not in perhaps]
    if missing:
        skipped = f"; GitHub skips line {seen.skipped[0]}" if seen.skipped else ""
        message = f"{seen.path} has no rule that gives {expect.path} to {', '.join(missing)}{skipped}"
        return HAS_RULE.fails(NO_RULE, message, *(evidence or (_at(seen, None, "no such rule"),)))
    if all(owner.casefold() in certain for owner in expect.wanted):
        return HAS_RULE.holds(f"{seen.path} has a rule that gives {expect.path} to the owners", *evidence)
    line = next(line for line in reversed(seen.rules) if line.doubt is not None)
    return HAS_RULE.unknown(DOUBTFUL_LINE, f"GitHub may skip {seen.path}:{line.number}: {line.doubt}", *evidence)


def _throughout(
    claim: ClaimKind,
    reason: Reason,
    seen: CodeownersObservation,
    good: Callable[[Line | None], bool],
    *,
    holds: str,
) -> Claim:
    """A claim about the deciding line of every file. A file that is judged differently by its readings is unknown."""
    outcomes = [(_outcome(group, good), group) for group in seen.groups]
    worst = max(outcome for outcome, _ in outcomes)
    if worst is Outcome.HOLDS:
        lines = {line.number: line for _, group in outcomes for line in group.readings if line is not None}
        shown = [lines[number] for number in sorted(lines)][:_SHOWN]
        return claim.holds(holds, *(_at(seen, line, f"the last match: {_owners(line)}") for line in shown))
    bad = [group for outcome, group in outcomes if outcome is worst]
    first = bad[0]
    evidence = tuple(
        _at(seen, group.readings[0], f"decides for {_listed(group)}: {_owners(group.readings[0])}")
        for group in bad[:_SHOWN]
    )
    count = sum(group.files for group in bad)
    if worst is Outcome.FAILS:
        line = first.readings[-1]
        where = "no rule" if line is None else f"{seen.path}:{line.number} ({_owners(line)})"
        return claim.fails(
            reason, f"{_files(count)} of {seen.files:,}, such as {first.examples[0]}: {where} decides", *evidence
        )
    line = next(line for line in first.readings if line is not None and line.doubt)
    return claim.unknown(
        DOUBTFUL_LINE,
        f"for {_files(count)} of {seen.files:,}, such as {first.examples[0]}, it depends on"
        f" {seen.path}:{line.number}, which GitHub may skip: {line.doubt}",
        *evidence,
    )


def _outcome(group: Group, good: Callable[[Line | None], bool]) -> Outcome:
    answers = {good(line) for line in group.readings}
    if answers == {True}:
        return Outcome.HOLDS
    return Outcome.FAILS if answers == {False} else Outcome.UNKNOWN


def _folded(line: Line) -> set[str]:
    """Names as GitHub compares them: without regard to case."""
    return {owner.casefold() for owner in line.owners}


def _owners(line: Line | None) -> str:
    if line is None:
        return "no rule"
    return " ".join(line.owners[:_SHOWN]) if line.owners else "no owner"


def _listed(group: Group) -> str:
    more = group.files - len(group.examples)
    return ", ".join(group.examples) + (f" and {more:,} more" if more > 0 else "")


def _files(count: int) -> str:
    return f"{count:,} file" + ("" if count == 1 else "s")


def _at(seen: CodeownersObservation, line: Line | None, what: str) -> Evidence:
    place = f"{seen.path}:{line.number}" if line is not None else str(seen.path)
    return Evidence(f"{place}@{seen.commit[:12]}", what)
