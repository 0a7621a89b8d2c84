"""`branch-rule`: GitHub holds a branch to what was promised."""

from __future__ import annotations

from collections.abc import Iterable

from loopcheck.checker import Checker, Claim, World
from loopcheck_checks.branch_rule.judge import judge
from loopcheck_checks.branch_rule.manifest import MANIFEST, BranchRuleExpectation, BranchRuleObservation
from loopcheck_checks.systems.github_branches import look_at, main_branch


class BranchRuleChecker(Checker[BranchRuleExpectation, BranchRuleObservation]):
    """An implementation of `Checker` for what a branch requires."""

    manifest = MANIFEST
    Expect = BranchRuleExpectation
    Observation = BranchRuleObservation

    def describe(self, expect: BranchRuleExpectation) -> str:
        """See `Checker.describe`."""
        return f"{expect.branch or 'the default branch'}: {', '.join(expect.wanted)}"

    def observe(self, expect: BranchRuleExpectation, world: World) -> BranchRuleObservation:
        """See `Checker.observe`."""
        name = expect.branch or main_branch(world.github)
        return BranchRuleObservation(look_at(world, name, details=True, bypass=expect.no_bypass))

    def judge(self, expect: BranchRuleExpectation, observation: BranchRuleObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)
