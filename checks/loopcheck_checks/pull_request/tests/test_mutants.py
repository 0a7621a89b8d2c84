"""Every way in which a pull request can look right and be wrong changes the verdict."""

import pytest

from loopcheck.model import Verdict
from loopcheck.testing.mutants import survivors
from loopcheck_checks.pull_request import mutants


def test_some_mutants_are_killed():
    assert survivors(mutants.verdicts(list(mutants.mutants())[::8])) == []


@pytest.mark.volume
def test_every_mutant_is_killed():
    outcomes = mutants.outcomes()
    assert survivors(outcomes) == []
    assert len(outcomes) >= 25
    by_name = {one.name: one for one in outcomes}
    assert by_name["reverted by git"].reasons == ("reverted",)
    assert by_name["reverted, and changed to something else"].verdict is Verdict.INCONCLUSIVE
    assert by_name["of another repository"].reasons == ("not-visible",)


@pytest.mark.volume
def test_harmless_variations_stay_verified():
    assert [(it.name, it.reasons) for it in mutants.harmless_outcomes() if it.verdict is not Verdict.VERIFIED] == []
