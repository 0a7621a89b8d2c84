"""Records and trials that look like a proof and are none do not prove anything."""

import pytest

from loopcheck.model import Verdict
from loopcheck.testing.mutants import Mutant, survivors
from loopcheck_checks.ci_check import proof_mutants


@pytest.mark.parametrize("scene", [proof_mutants.RECORDED, proof_mutants.JOB, proof_mutants.TRIED])
def test_what_the_mutants_come_from_is_proven(scene):
    (outcome,) = proof_mutants.outcomes([Mutant("as it is", scene)])
    assert outcome.verdict is Verdict.VERIFIED, outcome.reasons


def test_some_mutants_are_killed():
    assert survivors(proof_mutants.outcomes(list(proof_mutants.wrong())[::10])) == []


@pytest.mark.volume
def test_every_mutant_is_killed():
    outcomes = proof_mutants.outcomes(proof_mutants.wrong())
    assert survivors(outcomes) == []
    assert len(outcomes) > 40
    failed = {one.name for one in outcomes if one.verdict is Verdict.FAILED}
    assert failed == {
        "proof: passed on the bad commit", "proof: only a later step failed", "proof: the good commit is the bad one",
        "proof: fails on the good commit too", "trial: passes on the bad commit", "trial: fails on the good commit",
    }  # fmt: skip


def test_harmless_variations_stay_proven():
    outcomes = proof_mutants.outcomes(proof_mutants.harmless())
    assert [(one.name, one.reasons) for one in outcomes if one.killed] == []
