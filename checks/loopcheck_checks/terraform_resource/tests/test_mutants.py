"""Every way in which code can look right and be wrong changes the verdict."""

from collections import Counter

import pytest

from loopcheck.model import Verdict
from loopcheck.testing.mutants import survivors
from loopcheck_checks.terraform_resource import mutants


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
    assert said.keys() == {
        "not-in-code", "switched-off", "conditional", "not-set", "other-value", "computed", "ignored-changes",
        "ambiguous", "unparseable", "not-judged",
    }  # fmt: skip
    assert sum(outcome.verdict is Verdict.FAILED for outcome in killed) >= 40


@pytest.mark.volume
def test_harmless_variations_stay_verified():
    assert [(it.name, it.reasons) for it in mutants.harmless_outcomes() if it.verdict is not Verdict.VERIFIED] == []


@pytest.mark.volume
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("count from a variable", "conditional"),
        ("for_each of a variable", "conditional"),
        ("a threshold from a variable", "computed"),
        ("the thresholds are dynamic", "computed"),
        ("with a tag from a variable", "computed"),
        ("changes are ignored", "ignored-changes"),
        ("overridden in a way that is not read", "unparseable"),
        ("cut off", "unparseable"),
        ("nested without end", "unparseable"),
        ("too long", "unparseable"),
        ("twice in one folder, once otherwise", "ambiguous"),
    ],
)
def test_what_could_not_be_seen_has_not_failed(killed, name, reason):
    (outcome,) = [one for one in killed if one.name == name]
    assert (outcome.verdict, outcome.reasons) == (Verdict.INCONCLUSIVE, (reason,))
