"""`datadog-synthetic`, at a stand-in for Datadog, over HTTP."""

import json
import os
from pathlib import Path

import msgspec
import pytest
from standins.datadog import DOWNTIMES, FAULTS, MONITORS, RULES, TESTS, DatadogStandIn, Fault
from standins.volume import in_part

from loopcheck.binding import BindingError
from loopcheck.model import Verdict
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck.testing.mutants import survivors
from loopcheck.testing.repository import NOW
from loopcheck_checks.datadog_synthetic import DatadogSyntheticChecker, mutants
from loopcheck_checks.datadog_synthetic.mutants import ASKS, CLICKS, ID, STEPS, a_test, passing
from loopcheck_checks.systems.datadog import client, synthetics
from loopcheck_checks.systems.datadog.client import Patience

CHECKER = DatadogSyntheticChecker()
RUNS = f"{TESTS}/{ID}/results"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(client, "PATIENCE", Patience(request=20, backoff=0.001))


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    made = RepositoryBuilder(tmp_path_factory.mktemp("repository"))
    made.commit({"README.md": "# Shop\n"})
    return made


@pytest.fixture
def datadog():
    with DatadogStandIn(now=NOW) as made:
        vars(made).update(passing())
        yield made


def look(repository, datadog, declared=ASKS):
    return examine(CHECKER, declared, repository.session(environment=datadog.environment))


def reasons(result):
    return {claim.claim: claim.reason for claim in result.claims if claim.reason}


def test_keeps_the_contract():
    check_contract(DatadogSyntheticChecker, Path(__file__).parent.parent / "README.md")


def test_every_mutant_is_killed():
    outcomes = mutants.outcomes()
    assert survivors(outcomes) == []
    assert len(outcomes) > 50
    # A checker that understands nothing would "kill" all of them too.
    assert sum(one.verdict is Verdict.FAILED for one in outcomes) > 30
    assert len({reason for one in outcomes for reason in one.reasons}) > 18
    unclear = {one.name for one in outcomes if one.verdict is Verdict.INCONCLUSIVE}
    assert {"of a new type", "of a new status", "without a status", "at hours of a new form"} <= unclear
    assert {"without a frequency", "without a word of assertions", "its monitor is gone"} <= unclear


def test_harmless_variations_stay_verified():
    assert [(it.name, it.reasons) for it in mutants.harmless_outcomes() if it.verdict is not Verdict.VERIFIED] == []


def test_requests_do_not_grow_with_the_items(repository, datadog):
    session = repository.session(environment=datadog.environment)
    for minutes in range(5, 25):
        declared = f"url: https://shop.example.org/checkout\nevery: {minutes}m"
        assert examine(CHECKER, declared, session).verdict is Verdict.VERIFIED
    assert datadog.counts == {TESTS: 2, MONITORS: 1, DOWNTIMES: 1, RULES: 1, RUNS: 1}


def test_every_page_is_read_up_to_an_empty_one(repository, datadog):
    others = [a_test(public_id=f"oth-er{number:03}", name=f"Other {number}", tags=[]) for number in range(250)]
    datadog.tests = [*others, *datadog.tests]
    assert look(repository, datadog).verdict is Verdict.VERIFIED
    assert datadog.counts[TESTS] == 4
    assert reasons(look(repository, datadog, "name: gone")) == {"found": "no-test"}


def test_a_page_that_is_not_full_is_not_the_last(repository, datadog):
    others = [a_test(public_id=f"oth-er{number:03}", name=f"Other {number}", tags=[]) for number in range(100)]
    datadog.tests = [*others, *datadog.tests]

    def without_some(status, headers, body):  # as a list is that leaves out what its reader may not see
        data = json.loads(body)
        data["tests"] = [one for one in data["tests"] if not one["name"].endswith("7")]
        return status, headers, json.dumps(data).encode()

    datadog.fault(f"GET {TESTS}", Fault("hidden", spoil=without_some), times=None)
    assert look(repository, datadog).verdict is Verdict.VERIFIED


def test_a_key_without_a_scope_is_told_which(repository, datadog):
    datadog.app_keys["good-app-key"] = {"monitors_read"}
    result = look(repository, datadog)
    assert reasons(result) == {"observed": "refused"}
    assert "lacks the scope `synthetics_read`" in result.claims[0].message
    datadog.app_keys["good-app-key"] = {"synthetics_read"}
    assert reasons(look(repository, datadog)) == {"notifies": "refused"}


@pytest.mark.parametrize("faults", in_part(FAULTS.values()))
@pytest.mark.parametrize("path", [TESTS, RUNS, MONITORS, DOWNTIMES, RULES])
def test_no_fault_changes_what_is_true(repository, path, faults):
    for fault in faults:
        if fault.hang or fault.trickle:
            continue  # what a time-out means is the client's own business, and tried there
        with DatadogStandIn(now=NOW) as datadog:
            vars(datadog).update(passing())
            datadog.fault(f"GET {path}", fault, times=None)
            assert look(repository, datadog).verdict is not Verdict.FAILED, fault.name
            assert look(repository, datadog, "name: gone").verdict is not Verdict.VERIFIED, fault.name


@pytest.mark.parametrize("body", [b'{"results": [{"check_time": 1e300}]}', b'{"results": [{"check_time": "now"}]}'])
def test_runs_of_another_form_are_not_read(repository, datadog, body):
    datadog.fault(f"GET {RUNS}", Fault("odd", 200, body), times=None)
    assert reasons(look(repository, datadog)) == {"ran-lately": "bad-response"}


def test_an_id_that_is_none_is_not_asked_for(repository, datadog):
    datadog.tests[0]["public_id"] = "../../validate"
    result = look(repository, datadog)
    assert "ran-lately" not in {claim.claim for claim in result.claims}
    assert not [path for path in datadog.counts if "results" in path]


def test_of_two_the_hint_names_one(repository, datadog):
    datadog.tests.append(a_test(public_id="two-two-two"))
    assert reasons(look(repository, datadog)) == {"found": "ambiguous"}
    assert look(repository, datadog, f"{ASKS}id: two-two-two").verdict is Verdict.VERIFIED


def test_what_was_meant_is_suggested(repository, datadog):
    claim = look(repository, datadog, "url: https://shop.example.org/check-out").claims[0]
    assert claim.message.startswith("none of 3 tests fits; the nearest: `https://shop.example.org/checkout`")


def test_evidence_leads_to_the_test(repository, datadog):
    sources = {one.source for claim in look(repository, datadog).claims for one in claim.evidence}
    assert sources == {
        f"https://app.datadoghq.com/synthetics/details/{ID}",
        "https://app.datadoghq.com/monitors/401",
    }


def test_an_observation_can_be_replayed(repository, datadog):
    world = repository.session(environment=datadog.environment).world()
    for declared in (ASKS, CLICKS, STEPS, "name: gone"):
        assert round_trips(CHECKER.observe(expectation(CHECKER, declared), world))


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ("type: api", "nothing says which test is meant: add `url:`"),
        ("name: a\nnotifies: pagerduty", "not a handle"),
        ("name: a\nevery: 5", "unit of time"),
        ("name: a\nfrequency: 5m", "`every`"),
    ],
)
def test_a_mistake_is_named_where_it_stands(declared, says):
    with pytest.raises(BindingError) as caught:
        expectation(CHECKER, declared)
    assert says in str(caught.value)


@pytest.mark.skipif("LOOPCHECK_CORPORA" not in os.environ, reason="LOOPCHECK_CORPORA is not set")
def test_recorded_answers_all_load():
    counted = 0
    folder = Path(os.environ["LOOPCHECK_CORPORA"]) / "datadog/recorded_api"
    for line in (folder / "v1_synthetics.jsonl").read_text("utf-8").splitlines():
        body = json.loads(line)["response"]
        listed = body.get("tests", [body]) if isinstance(body, dict) else []
        for one in listed:
            if isinstance(one, dict) and "public_id" in one and "config" in one:
                read = msgspec.json.decode(json.dumps(one).encode(), type=synthetics.Synthetic)
                assert read.options.tick_every
                counted += 1
    assert counted >= 14
