"""Every way in which a branch can look held to something and not be changes the verdict."""

from loopcheck.model import Rung, Verdict
from loopcheck.testing.mutants import survivors
from loopcheck_checks.branch_rule import mutants


def test_every_mutant_is_killed():
    outcomes = mutants.outcomes()
    assert survivors(outcomes) == []
    assert len(outcomes) >= 30
    assert sum(one.verdict is Verdict.FAILED for one in outcomes) > 20
    assert {one.rung for one in outcomes} <= {Rung.EXISTS, Rung.ACTIVE}


def test_harmless_variations_stay_verified():
    assert [(it.name, it.reasons) for it in mutants.harmless_outcomes() if it.verdict is not Verdict.VERIFIED] == []
