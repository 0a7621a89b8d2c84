"""Whether the branch requires reviews by owners whom GitHub knows. Pure."""

from __future__ import annotations

from loopcheck.checker import Claim, Evidence, Unseen
from loopcheck.reasons import NEEDS_GITHUB
from loopcheck_checks.codeowners.manifest import (
    ENFORCED,
    NOT_ENFORCED,
    UNKNOWN_OWNER,
    CodeownersExpectation,
    CodeownersObservation,
    Enforcement,
)
from loopcheck_checks.systems.github_branches import Branch, Details, Rule

_NOT_IN_THE_FILE = (
    "whether the branch requires reviews by owners, and whether GitHub knows these, is not in the file"
    " (`enforced: false` asks only for the file)"
)


def enforced(expect: CodeownersExpectation, seen: CodeownersObservation) -> Claim:
    """The claim about what GitHub does with the file."""
    live = seen.enforcement
    if not isinstance(live, Enforcement):
        if live is None or live.reason == NEEDS_GITHUB.word:
            return ENFORCED.unknown(live or NEEDS_GITHUB, _NOT_IN_THE_FILE)
        return ENFORCED.unknown(live)
    branch = live.branch
    required, by = _required(branch)
    if isinstance(required, Unseen):
        return ENFORCED.unknown(required)
    here = Evidence(branch.address_of(by), "reviews by owners")
    if not required:
        message = f"`{branch.name[:80]}` does not require reviews by owners"
        return ENFORCED.fails(NOT_ENFORCED, message, Evidence(branch.address_of(None), message))
    if isinstance(live.unknown, Unseen):
        return ENFORCED.unknown(live.unknown, None, here)
    wanted = {owner.casefold() for owner in expect.wanted}
    for number, owner in live.unknown:
        line = Evidence(f"{seen.path}:{number}@{seen.commit[:12]}", f"GitHub does not know {owner or 'an owner'}"[:120])
        if owner.casefold() in wanted:
            return ENFORCED.fails(UNKNOWN_OWNER, f"GitHub does not know {owner[:80]}, or it may not write", line)
        if not owner and number in _deciding(seen):
            return ENFORCED.unknown(UNKNOWN_OWNER, f"GitHub does not know an owner in {seen.path}:{number}", line)
    return ENFORCED.holds(f"`{branch.name[:80]}` requires reviews by owners, and GitHub knows them", here)


def _deciding(seen: CodeownersObservation) -> set[int]:
    return {line.number for group in seen.groups for line in group.readings if line is not None}


def _required(branch: Branch) -> tuple[bool | Unseen, Rule | None]:
    """Whether reviews by owners are required, and by which rule; none is the branch's own protection.

    The number of approvals may be none at all: the owner's is needed whatever it is.
    """
    for rule in branch.of_type("pull_request"):
        if rule.reviews is not None and rule.reviews.code_owners:
            return True, rule
    own = branch.protection
    if isinstance(own, Unseen):
        return own, None
    if isinstance(own.details, Details) and own.details.reviews is not None and own.details.reviews.code_owners:
        return True, None
    if isinstance(own.details, Unseen):
        return own.details, None
    return (branch.rules, None) if isinstance(branch.rules, Unseen) else (False, None)
