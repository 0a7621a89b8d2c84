"""Every way in which a test can look right and be wrong changes the verdict."""

import pytest

from loopcheck.model import Verdict
from loopcheck.testing.mutants import survivors
from loopcheck_checks.test import mutants

UNSEEN = [
    "another artifact cannot be read",
    "no artifact",
    "an artifact that expired",
    "an archive that unpacks without end",
    "the last run failed, without this test",
    "a report with a document type",
    "flaky",
]


def test_some_mutants_are_killed():
    assert survivors(mutants._verdicts(list(mutants.mutants())[::8])) == []


@pytest.mark.volume
def test_every_mutant_is_killed():
    outcomes = mutants.outcomes()
    assert survivors(outcomes) == []
    assert len(outcomes) >= 40
    by_name = {one.name: one for one in outcomes}
    assert {name: by_name[name].verdict for name in UNSEEN} == dict.fromkeys(UNSEEN, Verdict.INCONCLUSIVE)
    assert by_name["skipped"].reasons == ("test-skipped",)
    assert by_name["not in the report"].verdict is Verdict.FAILED


@pytest.mark.volume
def test_harmless_variations_stay_verified():
    assert [(it.name, it.reasons) for it in mutants.harmless_outcomes() if it.verdict is not Verdict.VERIFIED] == []
