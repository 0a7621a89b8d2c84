"""Checks that look right and are wrong get another verdict; those that are only written otherwise do not."""

import pytest

from loopcheck.model import Verdict
from loopcheck.testing.mutants import Mutant, survivors
from loopcheck_checks.ci_check import mutants


@pytest.mark.parametrize(
    ("files", "declared"),
    [
        (mutants.PASSING, mutants.DECLARED),
        (mutants.PASSING, mutants.BARE),
        (mutants.CALLED, mutants.DECLARED_CALLED),
        (mutants.CALLED, mutants.COMMAND_CALLED),
    ],
)
def test_what_the_mutants_come_from_passes(files, declared):
    (outcome,) = mutants.verdicts([Mutant("as it is", files)], declared)
    assert outcome.verdict is Verdict.VERIFIED, outcome.reasons


def test_every_mutant_is_killed():
    outcomes = mutants.outcomes()
    assert len(outcomes) > 80
    assert survivors(outcomes) == []


def test_harmless_variations_stay_verified():
    outcomes = mutants.harmless_outcomes()
    assert len(outcomes) > 30
    assert [(o.name, o.reasons) for o in outcomes if o.killed] == []
