"""`datadog-dashboard`, at a stand-in for Datadog, over HTTP."""

from pathlib import Path

import pytest
from standins.datadog import DASHBOARDS, FAULTS, METRICS, MONITORS, DatadogStandIn
from standins.volume import in_part

from loopcheck.binding import BindingError
from loopcheck.model import Verdict
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck.testing.mutants import survivors
from loopcheck.testing.repository import NOW
from loopcheck_checks.datadog_dashboard import DatadogDashboardChecker, mutants
from loopcheck_checks.datadog_dashboard.mutants import (
    BY_ID,
    FRESH,
    ID,
    LAG,
    SHOWN,
    dashboard,
    group,
    passing,
    timeseries,
)
from loopcheck_checks.systems.datadog import client, dashboards, queries
from loopcheck_checks.systems.datadog.client import Patience

CHECKER = DatadogDashboardChecker()
ONE = f"{DASHBOARDS}/{ID}"


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


def look(repository, datadog, declared=SHOWN):
    return examine(CHECKER, declared, repository.session(environment=datadog.environment))


def reasons(result):
    return {claim.claim: claim.reason for claim in result.claims if claim.reason}


def test_keeps_the_contract():
    check_contract(DatadogDashboardChecker, Path(__file__).parent.parent / "README.md")


def test_every_mutant_is_killed():
    outcomes = mutants.outcomes()
    assert survivors(outcomes) == []
    assert len(outcomes) >= 28
    # A checker that understands nothing would "kill" all of them too.
    assert sum(one.verdict is Verdict.FAILED for one in outcomes) > 15
    assert len({reason for one in outcomes for reason in one.reasons}) >= 9
    unclear = {one.name for one in outcomes if one.verdict is Verdict.INCONCLUSIVE}
    assert {"a monitor's graph", "a powerpack", "a widget of a new kind", "widgets of a new form"} <= unclear


def test_harmless_variations_stay_verified():
    assert [(it.name, it.reasons) for it in mutants.harmless_outcomes() if it.verdict is not Verdict.VERIFIED] == []


def test_requests_do_not_grow_with_the_items(repository, datadog):
    session = repository.session(environment=datadog.environment)
    for number in range(20):
        assert examine(CHECKER, f"{FRESH}\nid: n{number}", session).verdict is Verdict.VERIFIED
    assert datadog.counts == {DASHBOARDS: 2, ONE: 1, METRICS: 1}


def neighbours(count):
    return [dashboard(id=f"nei-gh{number:03}", title=f"Neighbour {number}") for number in range(count)]


def test_every_page_is_read(repository, datadog):
    datadog.dashboards = [*neighbours(230), *datadog.dashboards]
    assert look(repository, datadog).verdict is Verdict.VERIFIED
    claim = look(repository, datadog, "title: Data base health").claims[0]
    assert claim.message == "none of 232 dashboards fits; the nearest: `Database health`"


def test_a_page_that_is_not_full_is_not_the_last(repository, datadog):
    datadog.dashboards = [*neighbours(230), *datadog.dashboards]
    datadog.hidden_dashboards = {f"nei-gh{number:03}" for number in (3, 50, 101, 150)}
    assert look(repository, datadog).verdict is Verdict.VERIFIED


@pytest.mark.parametrize("changed", [5, 95])
def test_what_is_deleted_while_the_list_is_read_hides_nothing(repository, datadog, changed):
    datadog.dashboards = [*neighbours(99), *datadog.dashboards]
    waiting = [changed]

    def delete(call):
        if call.path == DASHBOARDS and waiting:
            for _ in range(2):
                datadog.dashboards.pop(waiting[0])
            waiting.clear()

    datadog.after = delete
    assert look(repository, datadog).verdict is Verdict.VERIFIED


def test_a_list_that_shifts_all_the_time_is_not_believed(repository, datadog):
    datadog.dashboards = [*neighbours(900), *datadog.dashboards]

    def delete(call):
        del datadog.dashboards[:3]

    datadog.after = delete
    assert reasons(look(repository, datadog)) == {"observed": "bad-response"}


def test_a_key_without_a_scope_is_told_which(repository, datadog):
    datadog.app_keys["good-app-key"] = {"monitors_read"}
    result = look(repository, datadog)
    assert reasons(result) == {"observed": "refused"}
    assert "lacks the scope `dashboards_read`" in result.claims[0].message
    datadog.app_keys["good-app-key"] = {"dashboards_read"}
    assert look(repository, datadog).verdict is Verdict.VERIFIED
    assert reasons(look(repository, datadog, FRESH)) == {"reports": "refused"}
    assert datadog.counts[MONITORS] == 0


@pytest.mark.parametrize("faults", in_part(FAULTS.values()))
@pytest.mark.parametrize("path", [DASHBOARDS, ONE, METRICS])
def test_no_fault_changes_what_is_true(repository, path, faults):
    for fault in faults:
        if fault.hang or fault.trickle:
            continue  # what a time-out means is the client's own business, and tried there
        with DatadogStandIn(now=NOW) as datadog:
            vars(datadog).update(passing())
            datadog.fault(f"GET {path}", fault, times=None)
            assert look(repository, datadog, FRESH).verdict is not Verdict.FAILED, fault.name
            assert look(repository, datadog, "title: gone").verdict is not Verdict.VERIFIED, fault.name


def test_a_dashboard_that_may_not_be_read_is_not_judged(repository, datadog):
    datadog.fault(f"GET {ONE}", "403", times=None)
    assert reasons(look(repository, datadog)) == {"shows": "refused", "asks": "refused"}


def test_one_that_an_id_names_and_the_keys_do_not_see_is_not_said_to_be_missing(repository, datadog):
    datadog.hidden_dashboards = {ID}
    assert reasons(look(repository, datadog, BY_ID)) == {"found": "not-visible"}


def test_only_a_few_of_a_title_are_looked_into(repository, datadog):
    datadog.dashboards += [dashboard(id=f"sam-e00-{number:03}") for number in range(6)]
    assert reasons(look(repository, datadog)) == {"found": "ambiguous"}
    assert datadog.counts == {DASHBOARDS: 2}


def test_the_deleted_are_asked_for_only_where_something_is_missing(repository, datadog):
    datadog.deleted_dashboards.append(datadog.dashboards.pop(0))
    result = look(repository, datadog)
    assert reasons(result) == {"found": "deleted"}
    assert [call.query.get("filter[deleted]") for call in datadog.requests] == [None, None, "true", "true"]
    datadog.fault(lambda call: "filter[deleted]" in call.query, "403", times=None)
    assert reasons(look(repository, datadog)) == {"found": "no-dashboard"}


def test_groups_without_end_are_not_followed(repository, datadog):
    widget = timeseries()
    for _ in range(40):
        widget = group(widget)
    datadog.dashboards[0]["widgets"] = [widget]
    datadog.validate = None
    assert reasons(look(repository, datadog)) == {"shows": "perhaps-elsewhere", "asks": "perhaps-elsewhere"}


def test_evidence_leads_to_the_dashboard(repository, datadog):
    sources = {one.source for claim in look(repository, datadog, FRESH).claims for one in claim.evidence}
    assert sources == {f"https://app.datadoghq.com/dashboard/{ID}"}


def test_an_observation_can_be_replayed(repository, datadog):
    world = repository.session(environment=datadog.environment).world()
    for declared in (SHOWN, FRESH, BY_ID, "title: gone"):
        assert round_trips(CHECKER.observe(expectation(CHECKER, declared), world))


@pytest.mark.parametrize(
    ("query", "metrics"),
    [
        ("avg:a.b{*}", {"a.b"}),
        ("sum:a.b{x:y} by {host}.as_count() / sum:c{*}.as_count()", {"a.b", "c"}),
        ("anomalies(avg:a.b{*}, 'basic', 2)", {"a.b"}),
        ("p95:trace.web.request{env:$env.value}", {"trace.web.request"}),
        ("a.b{*}", {"a.b"}),
        ("avg:a.b", set()),
        ("avg:$which.a.b{*}", set()),
        ("avg:9a.b{*}", set()),
        ("", set()),
        ("{{{{", set()),
    ],
)
def test_the_metrics_of_a_query(query, metrics):
    assert queries.metrics_in(query) == metrics


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        (f"metric: {LAG}", "nothing says which dashboard is meant: add `title:`"),
        ("title: ' '", "nothing says which dashboard is meant"),
        ("id: ../../monitor", "not that of a dashboard"),
        ("title: a\nreports-within: 1h", "without a `metric`"),
        ("name: a", "`title`"),
    ],
)
def test_a_mistake_is_named_where_it_stands(declared, says):
    with pytest.raises(BindingError) as caught:
        expectation(CHECKER, declared)
    assert says in str(caught.value)


def test_widgets_of_any_form_are_no_crash():
    odd = [None, 7, [], "x", {}, {"definition": []}, {"definition": {"type": 7, "requests": [[[{"queries": 3}]]]}}]
    assert all(one.elsewhere for one in dashboards._widgets(odd, 0))
