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
        (mutants.USING, mutants.DECLARED_STEP),
        (mutants.USING, mutants.DECLARED_JOB),
        (mutants.USING, mutants.DECLARED_ACTION),
    ],
)
def test_what_the_mutants_come_from_passes(files, declared):
    (outcome,) = mutants.verdicts([Mutant("as it is", files)], declared)
    assert outcome.verdict is Verdict.VERIFIED, outcome.reasons


def test_some_mutants_are_killed():
    for wrong, declared in (
        (mutants.wrong(), mutants.DECLARED),
        (mutants.wrong_calls(), mutants.DECLARED_CALLED),
        (mutants.wrong_actions(), mutants.DECLARED_STEP),
    ):
        assert survivors(mutants.verdicts(list(wrong)[::10], declared)) == []


@pytest.mark.volume
def test_every_mutant_is_killed():
    outcomes = mutants.outcomes()
    assert len(outcomes) > 80
    assert survivors(outcomes) == []


@pytest.mark.volume
@pytest.mark.parametrize("declared", [mutants.DECLARED_JOB, mutants.DECLARED_ACTION])
def test_an_action_is_looked_into_however_it_is_declared(declared):
    assert survivors(mutants.verdicts(mutants.wrong_actions(), declared)) == []
    again = [one for one in mutants.harmless_actions() if "actions/restore/\n" not in one.mutated[mutants.CI]]
    refused = [(o.name, o.reasons) for o in mutants.verdicts(again, declared) if o.killed]
    assert refused in ([], [("own action: from the commit that runs", ("not-run",))])


@pytest.mark.volume
def test_harmless_variations_stay_verified():
    outcomes = mutants.harmless_outcomes()
    assert len(outcomes) > 30
    assert [(o.name, o.reasons) for o in outcomes if o.killed] == []
