"""Every way in which a configured value can look right and be wrong changes the verdict."""

from loopcheck.model import Verdict
from loopcheck.testing.mutants import survivors
from loopcheck_checks.config_value import mutants


def test_every_mutant_is_killed():
    outcomes = mutants.outcomes()
    assert survivors(outcomes) == []
    assert len(outcomes) >= 20


def test_harmless_variations_stay_verified():
    assert [(it.name, it.reasons) for it in mutants.harmless_outcomes() if it.verdict is not Verdict.VERIFIED] == []
