"""What holds of verdicts and rungs whatever the claims are."""

from hypothesis import given, settings
from hypothesis import strategies as st

from loopcheck.engine import _with_required, rung_of, verdict_of
from loopcheck.model import Claim, Outcome, Rung, Verdict

CLAIM = st.builds(
    lambda rung, outcome: Claim(rung, "word", outcome, "", None if outcome is Outcome.HOLDS else "because"),
    st.sampled_from(Rung),
    st.sampled_from(Outcome),
)
CLAIMS = st.lists(CLAIM, max_size=8).map(tuple)
RUNG = st.sampled_from(Rung)


def judged(claims, requires):
    """The verdict as the engine gives it."""
    return verdict_of(_with_required(claims, requires), requires)


@settings(deadline=None)
@given(CLAIMS, RUNG)
def test_verified_needs_a_claim_that_holds_on_every_rung_and_none_that_does_not(claims, requires):
    below = [claim for claim in claims if claim.rung <= requires]
    everything = all(claim.outcome is Outcome.HOLDS for claim in below)
    everywhere = all(any(claim.rung is rung for claim in below) for rung in Rung if rung <= requires)
    assert (judged(claims, requires) is Verdict.VERIFIED) == (everything and everywhere)


@settings(deadline=None)
@given(CLAIMS, RUNG)
def test_failed_needs_a_claim_that_fails_at_or_below_the_required_rung(claims, requires):
    fails = any(claim.outcome is Outcome.FAILS and claim.rung <= requires for claim in claims)
    assert (judged(claims, requires) is Verdict.FAILED) == fails


@settings(deadline=None)
@given(CLAIMS, RUNG, RUNG)
def test_asking_for_more_never_improves_the_verdict(claims, one, other):
    low, high = min(one, other), max(one, other)
    assert judged(claims, low) <= judged(claims, high)


@settings(deadline=None)
@given(CLAIMS, RUNG, RUNG, st.sampled_from([Outcome.UNKNOWN, Outcome.FAILS]))
def test_a_claim_that_does_not_hold_never_improves_the_verdict_or_the_rung(claims, requires, rung, outcome):
    more = (*claims, Claim(rung, "more", outcome, "", "because"))
    assert judged(more, requires) >= judged(claims, requires)
    assert height(more) <= height(claims)


@settings(deadline=None)
@given(CLAIMS, RUNG, RUNG)
def test_a_claim_that_holds_never_makes_a_failure_good(claims, requires, rung):
    more = (*claims, Claim(rung, "more", Outcome.HOLDS, ""))
    assert (judged(more, requires) is Verdict.FAILED) == (judged(claims, requires) is Verdict.FAILED)
    assert judged(more, requires) <= judged(claims, requires)


def height(claims):
    rung = rung_of(claims)
    return -1 if rung is None else list(Rung).index(rung)


@settings(deadline=None)
@given(CLAIMS, RUNG)
def test_a_rung_is_reached_exactly_where_asking_for_it_verifies(claims, requires):
    assert (judged(claims, requires) is Verdict.VERIFIED) == (height(claims) >= list(Rung).index(requires))


@settings(deadline=None)
@given(CLAIMS, RUNG)
def test_what_is_added_for_a_missing_rung_has_a_reason(claims, requires):
    for claim in _with_required(claims, requires)[len(claims) :]:
        assert (claim.outcome, claim.reason) == (Outcome.UNKNOWN, "nothing-checked")
        assert claim.remedy


@settings(deadline=None)
@given(st.lists(st.sampled_from(Verdict)), st.sampled_from(Verdict))
def test_a_group_is_as_good_as_its_worst(verdicts, another):
    assert Verdict.worst([*verdicts, another]) >= another
    assert Verdict.worst([]) is Verdict.INCONCLUSIVE
    if verdicts:
        assert Verdict.worst(verdicts) in verdicts
        assert Verdict.worst([*verdicts, another]) == max(Verdict.worst(verdicts), another)
