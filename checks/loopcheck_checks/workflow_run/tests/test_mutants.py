"""Every way in which a drill can look right and be wrong changes the verdict."""

import pytest

from loopcheck.model import Verdict
from loopcheck.testing.mutants import survivors
from loopcheck_checks.workflow_run import mutants


def test_some_mutants_are_killed():
    assert survivors(mutants._verdicts(list(mutants.mutants())[::8])) == []


@pytest.mark.volume
def test_every_mutant_is_killed():
    outcomes = mutants.outcomes()
    assert survivors(outcomes) == []
    assert len(outcomes) >= 35
    by_name = {one.name: one for one in outcomes}
    assert by_name["last run ended as failure"].reasons == ("last-failed",)
    assert by_name["last run ended as cancelled"].reasons == ("last-undone",)
    assert by_name["last run ended as odd"].verdict is Verdict.INCONCLUSIVE
    assert by_name["another workflow of that name"].reasons == ("ambiguous",)


@pytest.mark.volume
def test_harmless_variations_stay_verified():
    assert [(it.name, it.reasons) for it in mutants.harmless_outcomes() if it.verdict is not Verdict.VERIFIED] == []
