"""The kit for authors of checkers says what is broken, and refuses what proves nothing."""

from typing import Any

import pytest

from loopcheck.checker import (
    Checker,
    Claim,
    ClaimKind,
    Expectation,
    Manifest,
    Observation,
    Outcome,
    Reason,
    Rung,
    Secret,
    Setting,
)
from loopcheck.model import Verdict
from loopcheck.quantities import Duration
from loopcheck.testing import RepositoryBuilder, mutants
from loopcheck.testing.contract import check_contract, round_trips


class Expect(Expectation, frozen=True, kw_only=True):
    path: str


class Seen(Observation, frozen=True, kw_only=True):
    size: int = 0


class Holding(Observation, frozen=True, kw_only=True):
    thing: Any


HERE = ClaimKind("here", Rung.EXISTS, "It is here.")
WORKS = ClaimKind("works", Rung.ACTIVE, "It works.")
GONE = Reason("gone", "It is gone.", "Bring it back.")
WELL = {"kind": "kit-test", "summary": "It tests the kit.", "claims": (HERE, WORKS), "reasons": (GONE,)}


def made(expect: Any = Expect, seen: Any = Seen, **manifest: Any):
    class Made(Checker):
        Expect = expect
        Observation = seen

        def judge(self, expect, observation) -> list[Claim]:
            return []

    Made.manifest = Manifest(**WELL | manifest)
    return Made


def test_a_checker_that_keeps_the_contract_passes(tmp_path):
    page = tmp_path / "README.md"
    page.write_text("`kit-test` `here` `works` `gone`")
    check_contract(made(), page)


class Undescribed(Expectation, frozen=True, kw_only=True):
    within: Duration = Duration.parse("7d")


class Lenient(Expectation, frozen=True, kw_only=True, forbid_unknown_fields=False):
    path: str


@pytest.mark.parametrize(
    ("checker", "message"),
    [
        (made(kind="Kit_Test"), "`Kit_Test` is not in kebab-case"),
        (made(summary="no sentence"), "not a sentence: 'no sentence'"),
        (made(claims=(HERE,)), "no claim on the rung `active`"),
        (made(claims=(WORKS,)), "no claim on the rung `exists`"),
        (made(claims=(HERE, WORKS, HERE)), "the claim `here` is declared twice"),
        (made(reasons=(GONE, GONE)), "the reason `gone` is declared twice"),
        (made(reasons=(Reason("outage", "It is.", "Wait."),)), "`outage` is one of loopcheck's own"),
        (made(secrets=(Secret("KEY", "reading"),)), "takes credentials and names no system"),
        (made(expect=Seen), "`Expect` is not an Expectation"),
        (made(expect=Lenient), "`Expect` accepts unknown keys"),
        (made(settings=(Setting("shop", Lenient),)), "`Lenient` accepts unknown keys"),
        (made(settings=(Setting("shop", Undescribed),)), "`Undescribed` has no JSON Schema"),
        (made(seen=Expect), "`Observation` is not an Observation"),
    ],
)
def test_each_breach_of_the_contract_is_named(checker, message):
    with pytest.raises(AssertionError) as caught:
        check_contract(checker)
    assert message in str(caught.value)


def test_a_page_must_explain_every_word(tmp_path):
    with pytest.raises(AssertionError, match="does not explain `gone`"):
        check_contract(made(), tmp_path / "README.md")


def test_an_observation_that_is_not_plain_data_does_not_survive():
    assert round_trips(Seen(size=3))
    with pytest.raises(TypeError):
        round_trips(Holding(thing=object()))
    assert not round_trips(Holding(thing=(1, 2)))


def test_a_mutation_that_changes_nothing_is_refused():
    with pytest.raises(ValueError, match="`nothing` changes nothing"):
        list(mutants.edits("text", ("nothing", lambda text: text)))
    with pytest.raises(ValueError, match="is not in the passing text"):
        mutants.replacing("absent", "x")("text")
    (mutant,) = mutants.edits("text", ("shorter", mutants.replacing("xt", "")))
    assert (mutant.name, mutant.mutated) == ("shorter", "te")


def test_a_mutant_survives_only_where_it_is_verified():
    outcomes = [mutants.Outcome(verdict.value, verdict, ()) for verdict in Verdict]
    assert mutants.survivors(outcomes) == ["verified"]


def test_a_repository_is_the_same_wherever_it_is_built(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody Else")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text("[user]\nname = Somebody Else\n[commit]\ngpgSign = true\n")
    ids = {RepositoryBuilder(tmp_path / name).commit({"a": "a\n"}, at="2026-01-01T00:00Z") for name in ("one", "two")}
    assert len(ids) == 1


def test_a_claim_is_made_from_its_kind():
    assert HERE.holds("yes").outcome is Outcome.HOLDS
    assert HERE.fails(GONE, "no").reason == "gone"
    assert HERE.unknown(GONE).message == "It is gone."
