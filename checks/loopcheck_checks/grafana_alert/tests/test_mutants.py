"""Every way in which a rule can look right and be wrong changes the verdict."""

from collections import Counter

import pytest

from loopcheck.model import Verdict
from loopcheck.testing.mutants import survivors
from loopcheck_checks.grafana_alert import mutants


@pytest.fixture(scope="module")
def killed():
    return mutants.outcomes()


def test_some_mutants_are_killed():
    assert survivors(mutants.verdicts(list(mutants.mutants())[::10])) == []


@pytest.mark.volume
def test_every_mutant_is_killed(killed):
    assert survivors(killed) == []
    assert len(killed) >= 100


@pytest.mark.volume
def test_mutants_are_killed_for_reasons_of_their_own(killed):
    # A checker that understands nothing would "kill" all of them too.
    said = Counter(reason for outcome in killed for reason in outcome.reasons)
    assert len(said) >= 27
    assert "checker-crashed" not in said
    assert sum(outcome.verdict is Verdict.FAILED for outcome in killed) >= 60


@pytest.mark.volume
def test_harmless_variations_stay_verified():
    assert [(it.name, it.reasons) for it in mutants.harmless_outcomes() if it.verdict is not Verdict.VERIFIED] == []


@pytest.mark.volume
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("the folder is not shown", "folder-not-visible"),
        ("rules of that folder are not shown", "not-visible"),
        ("notifications are not shown", "refused"),
        ("silences are not shown", "refused"),
        ("nothing is shown", "refused"),
        ("no token", "missing-secret"),
        ("no address", "missing-secret"),
        ("of a form that is not read", "unreadable-rule"),
        ("the file is cut off", "unreadable-rule"),
        ("the file has a template for a threshold", "not-judged"),
        ("never evaluated", "not-yet-evaluated"),
        ("no data of some", "partly-no-data"),
        ("silenced for one of two instances", "partly-silenced"),
        ("labels that decide the route are not known", "uncertain-route"),
        ("muted at weekends", "timed-route"),
    ],
)
def test_what_could_not_be_seen_has_not_failed(killed, name, reason):
    (outcome,) = [one for one in killed if one.name == name]
    assert (outcome.verdict, outcome.reasons) == (Verdict.INCONCLUSIVE, (reason,))
