"""`datadog-slo`, at a stand-in for Datadog, over HTTP."""

import json
import os
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from standins.datadog import (
    CORRECTIONS,
    DOWNTIMES,
    FAULTS,
    MONITORS,
    RULES,
    SLOS,
    STANDINGS,
    DatadogStandIn,
    Fault,
)
from standins.faults import json_spoiler
from standins.volume import in_part

from loopcheck.binding import BindingError
from loopcheck.model import Verdict
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck.testing.mutants import survivors
from loopcheck.testing.repository import NOW
from loopcheck_checks.datadog_slo import DatadogSloChecker, mutants
from loopcheck_checks.datadog_slo.mutants import MADE_OF, RATIO, correction, passing, slo
from loopcheck_checks.systems.datadog import client, slos
from loopcheck_checks.systems.datadog.client import Patience

CHECKER = DatadogSloChecker()


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


def look(repository, datadog, declared=RATIO, **environment):
    return examine(CHECKER, declared, repository.session(environment={**datadog.environment, **environment}))


def reasons(result):
    return {claim.claim: claim.reason for claim in result.claims if claim.reason}


def test_keeps_the_contract():
    check_contract(DatadogSloChecker, Path(__file__).parent.parent / "README.md")


def test_every_mutant_is_killed():
    outcomes = mutants.outcomes()
    assert survivors(outcomes) == []
    assert len(outcomes) > 50
    # A checker that understands nothing would "kill" all of them too.
    assert sum(one.verdict is Verdict.FAILED for one in outcomes) > 30
    assert len({reason for one in outcomes for reason in one.reasons}) > 18
    unclear = {one.name for one in outcomes if one.verdict is Verdict.INCONCLUSIVE}
    assert {"of a new type", "a state of a new kind", "an alert of a new form", "a correction of a new form"} <= unclear
    assert {"its monitor cannot be read", "an alert that cannot be read", "its monitor is ignored"} <= unclear


def test_harmless_variations_stay_verified():
    assert [(it.name, it.reasons) for it in mutants.harmless_outcomes() if it.verdict is not Verdict.VERIFIED] == []


def test_requests_do_not_grow_with_the_items(repository, datadog):
    session = repository.session(environment=datadog.environment)
    for target in range(80, 100):
        assert examine(CHECKER, f"{RATIO}id: x{target}", session).verdict is Verdict.VERIFIED
    assert datadog.counts == dict.fromkeys([SLOS, STANDINGS, CORRECTIONS, MONITORS, DOWNTIMES, RULES], 1)


def test_monitors_are_asked_for_only_where_they_matter(repository, datadog):
    datadog.app_keys["good-app-key"] = {"slos_read"}
    assert look(repository, datadog, mutants.BARE).verdict is Verdict.VERIFIED
    assert datadog.counts == {SLOS: 1, STANDINGS: 1, CORRECTIONS: 1}
    assert reasons(look(repository, datadog)) == {"alerted": "refused"}
    assert reasons(look(repository, datadog, MADE_OF)) == {"parts-evaluate": "refused"}


def test_a_key_without_the_scope_is_told_which(repository, datadog):
    datadog.app_keys["good-app-key"] = {"monitors_read"}
    result = look(repository, datadog)
    assert reasons(result) == {"observed": "refused"}
    assert "lacks the scope `slos_read`" in result.claims[0].message


@pytest.mark.parametrize("faults", in_part(FAULTS.values()))
@pytest.mark.parametrize("path", [SLOS, STANDINGS, CORRECTIONS, MONITORS, DOWNTIMES, RULES])
def test_no_fault_changes_what_is_true(repository, path, faults):
    for fault in faults:
        if fault.hang or fault.trickle:
            continue  # what a time-out means is the client's own business, and tried there
        with DatadogStandIn(now=NOW) as datadog:
            vars(datadog).update(passing())
            datadog.fault(f"GET {path}", fault, times=None)
            assert look(repository, datadog).verdict is not Verdict.FAILED, fault.name
            assert look(repository, datadog, "name: gone").verdict is not Verdict.VERIFIED, fault.name


def test_what_is_not_seen_leaves_the_rest_standing(repository, datadog):
    for path in (STANDINGS, CORRECTIONS, DOWNTIMES):
        datadog.fault(f"GET {path}", "403", times=None)
    assert reasons(look(repository, datadog)) == {
        "has-data": "refused",
        "not-corrected": "refused",
        "alert-in-force": "refused",
    }
    assert reasons(look(repository, datadog, "name: gone")) == {"found": "no-slo"}


def neighbours(count):
    return [slo(id=f"{number:032x}", name=f"Neighbour {number}", tags=[]) for number in range(count)]


def test_every_page_is_read(repository, datadog):
    datadog.slos = [*neighbours(1200), *datadog.slos]
    datadog.corrections = [
        *({**correction(slo_id="x"), "id": f"c{number}"} for number in range(230)),
        {**correction(end=None), "id": "last"},
    ]
    result = look(repository, datadog)
    assert reasons(result) == {"not-corrected": "all-corrected"}
    assert datadog.counts[SLOS] == 2
    assert datadog.counts[CORRECTIONS] == 3
    assert (
        "none of 1202 SLOs fits; the nearest: `Checkout works`"
        in look(repository, datadog, "name: Checkout work").claims[0].message
    )


def test_a_list_that_shows_less_than_it_counts_says_nothing_of_the_rest(repository, datadog):
    def count_more(data):
        data["metadata"]["page"]["total_count"] += 1
        return data

    datadog.slos.pop(0)
    datadog.fault(f"GET {SLOS}", Fault("hidden", spoil=json_spoiler(count_more)), times=None)
    assert reasons(look(repository, datadog)) == {"found": "truncated"}
    assert look(repository, datadog, MADE_OF).verdict is Verdict.VERIFIED


def test_a_correction_that_is_not_shown_may_be_one_that_matters(repository, datadog):
    datadog.fault(f"GET {CORRECTIONS}", "lost-entry", times=None)
    assert reasons(look(repository, datadog)) == {"not-corrected": "truncated"}


def test_a_list_that_shifts_while_it_is_read_is_read_again(repository, datadog):
    datadog.slos = [*neighbours(1500), *datadog.slos]
    fresh = neighbours(1501)[1500:]
    datadog.after = lambda call: datadog.slos.insert(0, fresh.pop()) if fresh and call.path == SLOS else None
    assert look(repository, datadog).verdict is Verdict.VERIFIED
    assert datadog.counts[SLOS] == 5


def test_one_that_cannot_be_read_may_be_better_than_one_that_fails(repository, datadog):
    datadog.validate = None
    datadog.slos[0]["thresholds"] = []
    assert look(repository, datadog).verdict is Verdict.FAILED
    datadog.slos.append({"id": "9" * 32, "name": "Checkout works", "type": 7})
    assert reasons(look(repository, datadog)) == {"found": "unreadable-slo"}
    assert look(repository, datadog, f"{RATIO}name: checkout works").verdict is Verdict.INCONCLUSIVE


def test_evidence_leads_to_the_slo(repository, datadog):
    sources = {one.source for claim in look(repository, datadog).claims for one in claim.evidence}
    assert sources == {
        f"https://app.datadoghq.com/slo?slo_id={mutants.ID}",
        "https://app.datadoghq.com/monitors/301",
    }


def test_an_observation_can_be_replayed(repository, datadog):
    world = repository.session(environment=datadog.environment).world()
    for declared in (RATIO, MADE_OF, "name: gone"):
        assert round_trips(CHECKER.observe(expectation(CHECKER, declared), world))


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ("at-least: 99", "nothing says which SLO is meant: add `name:`"),
        ("name: a\nat-least: 0", "a part of a hundred"),
        ("name: a\nat-least: 100.1", "a part of a hundred"),
        ("name: a\nat-least: 99s", "a part of a hundred"),
        ("name: a\nover: 14d", "`7d`, `30d` or `90d`"),
        ("name: a\nalerts: always", "`alerts` is `always`"),
        ("name: a\nnotifies: pagerduty", "not a handle"),
        ("name: a\ntimeframe: 30d", "`over`"),
    ],
)
def test_a_mistake_is_named_where_it_stands(declared, says):
    with pytest.raises(BindingError) as caught:
        expectation(CHECKER, declared)
    assert says in str(caught.value)


def test_says_what_it_is_about():
    assert CHECKER.describe(expectation(CHECKER, "name: A\nat-least: 99.9%\nover: 720h")) == "A at least 99.9% over 30d"
    assert CHECKER.describe(expectation(CHECKER, "monitors: [7, 8]")) == "of monitors 7, 8"


@pytest.mark.skipif("LOOPCHECK_CORPORA" not in os.environ, reason="LOOPCHECK_CORPORA is not set")
def test_recorded_answers_all_load():
    counted = Counter()
    for line in (Path(os.environ["LOOPCHECK_CORPORA"]) / "datadog/recorded_api/v1_slo.jsonl").read_text().splitlines():
        answer = json.loads(line)
        body = answer["response"]
        if answer["status"] != 200 or not isinstance(body, dict):
            continue
        raw = json.dumps(body).encode()
        if answer["method"] == "GET" and "/slo/search" in answer["uri"]:
            page, sort = slos._search_page(raw), slos._Found
        elif answer["method"] == "GET" and isinstance(body.get("data"), list) and "correction" in answer["uri"]:
            page, sort = slos._correction_page(raw), slos._Corrected
        elif isinstance(body.get("data"), list) and answer["method"] != "DELETE" and "correction" not in answer["uri"]:
            page, sort = slos._slo_page(raw), slos.Slo
        else:
            continue
        for entry in page.entries:
            msgspec.json.decode(entry, type=sort)
            counted[sort.__name__] += 1
    assert counted["Slo"] > 15
    assert counted["_Found"] >= 1
    assert counted["_Corrected"] >= 3
