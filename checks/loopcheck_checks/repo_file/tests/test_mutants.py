"""Every way in which a file can look right and be wrong changes the verdict."""

from loopcheck.model import Verdict
from loopcheck.testing.mutants import survivors
from loopcheck_checks.repo_file import mutants


def test_every_mutant_is_killed():
    outcomes = mutants.outcomes()
    assert survivors(outcomes) == []
    assert len(outcomes) >= 8


def test_harmless_variations_stay_verified():
    assert [(it.name, it.reasons) for it in mutants.harmless_outcomes() if it.verdict is not Verdict.VERIFIED] == []
