"""Every way in which an alert can look right and be wrong changes the verdict."""

from collections import Counter

import pytest

from loopcheck.model import Verdict
from loopcheck.testing.mutants import survivors
from loopcheck_checks.prometheus_alert import mutants


@pytest.fixture(scope="module")
def killed():
    return mutants.outcomes()


def test_some_mutants_are_killed():
    assert survivors(mutants.verdicts(list(mutants.mutants())[::10])) == []


@pytest.mark.volume
def test_every_mutant_is_killed(killed):
    assert survivors(killed) == []
    assert len(killed) >= 70


@pytest.mark.volume
def test_mutants_are_killed_for_reasons_of_their_own(killed):
    # A checker that understands nothing would "kill" all of them too.
    said = Counter(reason for outcome in killed for reason in outcome.reasons)
    assert len(said) >= 30
    assert "checker-crashed" not in said


@pytest.mark.volume
def test_harmless_variations_stay_verified():
    assert [(it.name, it.reasons) for it in mutants.harmless_outcomes() if it.verdict is not Verdict.VERIFIED] == []


@pytest.mark.volume
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no samples from then", "no-samples"),
        ("no samples of errors from then", "no-samples"),
        ("nothing stored for half an hour", "no-samples"),
        ("nothing stored when it would fire", "no-samples"),
        ("no samples from a part of the month", "no-samples"),
        ("promtool says that it does not fire", "engines-differ"),
        ("promtool says that it fires for less long", "engines-differ"),
        ("always on", "already-firing"),
        ("labels that follow the value", "unfaithful"),
        ("a template of Helm's", "templated"),
        ("made from jsonnet", "templated"),
        ("not YAML", "unreadable-rules"),
        ("not PromQL", "doubtful-rules"),
        ("no address", "missing-secret"),
        ("no address of Alertmanager", "missing-secret"),
        ("alerts are relabelled", "uncertain-route"),
        ("silenced for one of its jobs", "partly-silenced"),
        ("loaded for a namespace alone", "not-judged"),
    ],
)
def test_what_could_not_be_seen_has_not_failed(killed, name, reason):
    (outcome,) = [one for one in killed if one.name == name]
    assert (outcome.verdict, outcome.reasons) == (Verdict.INCONCLUSIVE, (reason,))
