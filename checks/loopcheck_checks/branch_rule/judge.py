"""What follows from what was seen of a branch. Pure.

Protection and rulesets add up: one of them that asks for a thing is enough, and only where all of them were seen is
it certain that none does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from loopcheck.checker import Claim, ClaimKind, Evidence, Unseen
from loopcheck.reasons import NOT_JUDGED
from loopcheck_checks.branch_rule.manifest import (
    BRANCH_THERE,
    BY_PULL_REQUEST,
    BYPASSED,
    CHECKS_REQUIRED,
    LINEAR,
    LOOSER,
    NO_SUCH_RULE,
    NOT_BYPASSED,
    NOT_DELETED,
    NOT_REWRITTEN,
    OWNERS_REVIEW,
    QUEUED,
    REVIEWED,
    SIGNED,
    STALE_DISMISSED,
    UP_TO_DATE,
    BranchRuleExpectation,
    BranchRuleObservation,
)
from loopcheck_checks.systems.github_branches import Branch, Check, Details, Protection, Reviews, Rule

_QUEUE = Unseen(
    NOT_JUDGED.word, "whether the branch's own protection asks for a merge queue, GitHub's REST API does not say",
    NOT_JUDGED.remedy,
)  # fmt: skip


class _Need(msgspec.Struct, frozen=True):
    """One thing that is asked of a branch, and who asks for it there."""

    kind: ClaimKind
    what: str
    by: tuple[Rule | None, ...]
    """The rules that ask for it; `None` is the branch's own protection."""
    hidden: Unseen | None
    """Why there may be others."""


def judge(expect: BranchRuleExpectation, seen: BranchRuleObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    branch = seen.branch
    here = Evidence(branch.address_of(None), "the branch")
    if isinstance(branch.protection, Unseen):
        yield BRANCH_THERE.unknown(branch.protection, None, here)
    else:
        yield BRANCH_THERE.holds(f"`{branch.name[:80]}` is there", here)
    needs = list(_needs(expect, branch))
    for kind in dict.fromkeys(need.kind for need in needs):
        yield _claim(kind, [need for need in needs if need.kind is kind], branch)
    if expect.no_bypass:
        yield _bypass(needs, branch)


def _needs(expect: BranchRuleExpectation, branch: Branch) -> Iterator[_Need]:
    for name in expect.requires_checks:
        yield _of_check(name, branch)

    def reviewed(good: Callable[[Reviews], bool]) -> tuple[Callable[[Details], bool], Callable[[Rule], bool]]:
        return (
            lambda own: own.reviews is not None and good(own.reviews),
            lambda rule: rule.reviews is not None and good(rule.reviews),
        )

    def typed(word: str) -> Callable[[Rule], bool]:
        return lambda rule: rule.type == word

    table: tuple[tuple[bool, ClaimKind, str, Callable[[Details], bool], Callable[[Rule], bool]], ...] = (
        (expect.up_to_date, UP_TO_DATE, "being up to date", lambda own: own.strict, lambda rule: rule.strict),
        (expect.reviews > 0, REVIEWED, f"{expect.reviews} approvals", *reviewed(lambda r: r.count >= expect.reviews)),
        (expect.code_owner_review, OWNERS_REVIEW, "a review by owners", *reviewed(lambda r: r.code_owners)),
        (
            expect.dismiss_stale,
            STALE_DISMISSED,
            "new approvals after new commits",
            *reviewed(lambda r: r.dismiss_stale),
        ),
        (expect.pull_request, BY_PULL_REQUEST, "pull requests", *reviewed(lambda _: True)),
        (
            expect.no_force_push,
            NOT_REWRITTEN,
            "no force pushes",
            lambda o: not o.force_pushes,
            typed("non_fast_forward"),
        ),
        (expect.no_deletion, NOT_DELETED, "no deletion", lambda own: not own.deletions, typed("deletion")),
        (expect.signed, SIGNED, "signed commits", lambda own: own.signatures, typed("required_signatures")),
        (expect.linear_history, LINEAR, "a linear history", lambda own: own.linear, typed("required_linear_history")),
    )
    for wanted, kind, what, of_own, of_rule in table:
        if wanted:
            yield _need(kind, what, branch, of_own, of_rule)
    if expect.merge_queue:
        by = branch.of_type("merge_queue")
        own = branch.protection
        hidden = _QUEUE if isinstance(own, Protection) and own.enabled else branch.hidden
        yield _Need(QUEUED, "a merge queue", by, hidden)


def _need(
    kind: ClaimKind, what: str, branch: Branch, of_own: Callable[[Details], bool], of_rule: Callable[[Rule], bool]
) -> _Need:
    own = branch.protection
    hidden: Unseen | None = None
    by: list[Rule | None] = []
    if isinstance(own, Unseen):
        hidden = own
    elif own.enabled and not isinstance(own.details, Details):
        hidden = own.details or Unseen(NOT_JUDGED.word, "nobody asked for the protection", NOT_JUDGED.remedy)
    elif isinstance(own.details, Details) and of_own(own.details):
        by.append(None)
    if isinstance(branch.rules, Unseen):
        hidden = branch.rules
    else:
        by += [rule for rule in branch.rules if of_rule(rule)]
    return _Need(kind, what, tuple(by), hidden)


def _of_check(name: str, branch: Branch) -> _Need:
    def has(checks: tuple[Check, ...]) -> bool:
        return any(check.context == name and not check.doubtful for check in checks)

    own = branch.protection
    by: list[Rule | None] = []
    if isinstance(own, Protection) and not isinstance(own.checks, Unseen) and has(own.checks):
        by.append(None)
    by += [rule for rule in branch.of_type("required_status_checks") if has(rule.checks)]
    hidden = branch.hidden
    if hidden is None and any(check.context == name and check.doubtful for check, _ in branch.checks):
        hidden = Unseen(NOT_JUDGED.word, f"GitHub contradicts itself about `{name[:80]}`", NOT_JUDGED.remedy)
    return _Need(CHECKS_REQUIRED, f"`{name[:80]}`", tuple(by), hidden)


def _claim(kind: ClaimKind, needs: list[_Need], branch: Branch) -> Claim:
    missing = [need for need in needs if not need.by]
    if not missing:
        evidence = [Evidence(branch.address_of(need.by[0]), f"asks for {need.what}") for need in needs[:5]]
        return kind.holds(f"`{branch.name[:80]}` asks for {', '.join(need.what for need in needs)[:200]}", *evidence)
    said = f"`{branch.name[:80]}` does not ask for {', '.join(need.what for need in missing)[:200]}"
    here = Evidence(branch.address_of(None), said)
    hidden = next((need.hidden for need in missing if need.hidden is None), missing[0].hidden)
    if hidden is not None:
        return kind.unknown(hidden, f"whether `{branch.name[:80]}` asks for {missing[0].what}: {hidden.message}")
    count = max((reviews.count for reviews in _reviews(branch)), default=0)
    if kind is REVIEWED and count:
        return kind.fails(LOOSER, f"{said}, but for {count}", here)
    return kind.fails(NO_SUCH_RULE, said, here)


def _reviews(branch: Branch) -> Iterator[Reviews]:
    own = branch.protection
    if isinstance(own, Protection) and isinstance(own.details, Details) and own.details.reviews:
        yield own.details.reviews
    for rule in branch.of_type("pull_request"):
        if rule.reviews:
            yield rule.reviews


def _bypass(needs: list[_Need], branch: Branch) -> Claim:
    """Each declared thing must be asked for by something that nobody may go past."""
    worst: Claim | None = None
    for need in needs:
        answers = [(one, _past(one, branch)) for one in need.by]
        if any(who == () for _, who in answers) or not need.by:
            continue  # what nobody asks for has its own claim
        unseen = next((who for _, who in answers if isinstance(who, Unseen)), need.hidden)
        if unseen is not None:
            worst = worst or NOT_BYPASSED.unknown(unseen, f"who may go past {need.what}: {unseen.message}")
            continue
        first, who = answers[0]
        assert isinstance(who, tuple)  # noqa: S101 - the others have been told apart
        said = f"{', '.join(who)[:200]} may go past {need.what}"
        return NOT_BYPASSED.fails(BYPASSED, said, Evidence(branch.address_of(first), said))
    here = Evidence(branch.address_of(None), "nobody may go past what is declared")
    return worst or NOT_BYPASSED.holds("nobody may go past what is declared", here)


def _past(rule: Rule | None, branch: Branch) -> tuple[str, ...] | Unseen:
    """Who may go past a rule, or the branch's own protection."""
    if rule is not None:
        ruleset = branch.rulesets.get(str(rule.ruleset))
        if isinstance(ruleset, Unseen):
            return ruleset
        if ruleset is None or ruleset.bypass is None:
            message = f"the bypass list of ruleset {rule.ruleset} is shown only to those who may change it"
            return Unseen(NOT_JUDGED.word, message, "Use a token with `administration: write`, or look by hand.")
        return ruleset.bypass
    own = branch.protection
    if not isinstance(own, Protection) or not isinstance(own.details, Details):
        known = own.admins if isinstance(own, Protection) else None
        if known is False:
            return ("administrators",)
        return Unseen(NOT_JUDGED.word, "only an administrator sees who may", "Use a token with `administration: read`.")
    reviews = own.details.reviews
    return (*(() if own.details.admins else ("administrators",)), *(reviews.bypass if reviews else ()))
