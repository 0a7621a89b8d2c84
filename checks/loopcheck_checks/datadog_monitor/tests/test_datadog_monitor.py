"""`datadog-monitor`, on real repositories with exports, by the real engine."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopcheck.binding import BindingError
from loopcheck.model import Outcome, Rung, Verdict
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck.testing.mutants import Mutant, survivors
from loopcheck.testing.repository import NOW
from loopcheck_checks.datadog_monitor import DatadogMonitorChecker, mutants
from loopcheck_checks.datadog_monitor.mutants import METRIC, downtime, monitor, passing, rule
from loopcheck_checks.datadog_monitor.query import parse
from loopcheck_checks.systems.datadog.records import decode_monitors, decode_resources, rule_of
from loopcheck_checks.systems.datadog.schedule import downtime_of

CHECKER = DatadogMonitorChecker()
HERE = Path(__file__).parent.parent
SETTINGS = "datadog: {export: datadog}"
LAG = "metric: postgresql.replication_delay"


def test_keeps_the_contract():
    check_contract(DatadogMonitorChecker, HERE / "README.md")


# What is passing passes, what is wrong is seen, what only looks wrong passes.


def test_what_the_mutants_begin_with_is_verified():
    places = [
        (METRIC, mutants.passing()),
        (mutants.COMPOSITE, mutants.passing_composite()),
        (mutants.ROUTED, mutants.passing_routed()),
    ]
    outcomes = mutants.verified((declared, Mutant("nothing", place)) for declared, place in places)
    assert [(outcome.verdict, outcome.reasons) for outcome in outcomes] == [(Verdict.VERIFIED, ())] * 3


@pytest.fixture(scope="module")
def killed():
    return mutants.outcomes()


def test_some_mutants_are_killed():
    assert survivors(mutants.verified(list(mutants.mutants())[::10])) == []


@pytest.mark.volume
def test_every_mutant_is_killed(killed):
    assert len(killed) > 80
    assert survivors(killed) == []


@pytest.mark.volume
def test_mutants_are_killed_for_reasons_of_their_own(killed):
    # A checker that understands nothing would "kill" all of them too.
    said = Counter(reason for outcome in killed for reason in outcome.reasons)
    assert len(said) > 25
    assert said["unreadable-monitor"] <= 2
    assert sum(outcome.verdict is Verdict.FAILED for outcome in killed) > 45


@pytest.mark.volume
def test_no_harmless_variation_is_an_alarm():
    assert [(o.name, o.reasons) for o in mutants.harmless_outcomes() if o.verdict is not Verdict.VERIFIED] == []


# Which monitor is meant.


@pytest.fixture
def verify(tmp_path):
    builder = RepositoryBuilder(tmp_path)

    def run(files, declared=LAG, *, settings=SETTINGS, requires=Rung.ACTIVE, at="2026-11-20T12:00Z", **session):
        texts = {
            f"datadog/{path}" if "/" not in path else path: text if isinstance(text, str) else json.dumps(text)
            for path, text in files.items()
        }
        builder.commit(texts, at=at)
        return examine(CHECKER, declared, builder.session(settings=settings, **session), requires=requires)

    return run


def seen(result):
    return (result.verdict.value, {claim.claim: claim.reason for claim in result.claims if claim.reason})


def exported(*monitors, **more):
    return {"m.json": [{"matching_downtimes": [], **one} for one in monitors], "r.json": {"data": [rule()]}, **more}


STAGING = "avg(last_5m):avg:postgresql.replication_delay{env:staging} > 30"
RATIO = "avg(last_5m):avg:a.used{*} / avg:a.size{*} * 100 > 90"


@pytest.mark.parametrize(
    ("declared", "monitors", "expected"),
    [
        (LAG, [monitor()], {}),
        ("name: 'replication lag on {{host.name}}'", [monitor()], {}),
        ("tags: team:database", [monitor()], {}),
        ("tags: [team:database, Service:Shop]", [monitor()], {}),
        ("query: avg:postgresql.replication_delay{ env:prod } by {host}", [monitor()], {}),
        ("query: avg(last_5m):avg:postgresql.replication_delay{env:prod} by {host}>30", [monitor()], {}),
        ("query: avg(last_5m):avg:postgresql.replication_delay{env:prod} by {host} > 31", [monitor()], {"found": "no-monitor"}),
        (f"{LAG}\nname: another", [monitor()], {"found": "no-monitor"}),
        (f"{LAG}\nid: 999", [monitor()], {}),
        ("metric: postgresql.replication", [monitor()], {"found": "no-monitor"}),
        (LAG, [monitor(), monitor(id=5, query=STAGING)], {"found": "ambiguous"}),
        (f"{LAG}\nscope: env:prod", [monitor(), monitor(id=5, query=STAGING)], {}),
        (f"{LAG}\nid: 101", [monitor(), monitor(id=5)], {}),
        (f"{LAG}\nid: 7", [monitor(), monitor(id=5)], {"found": "ambiguous"}),
        (f"{LAG}\nscope: env:dev", [monitor(), monitor(id=5, query=STAGING)], {"covers-scope": "other-scope"}),
        (f"{LAG}\nscope: {{env: prod}}\nfires-when: '>= 30'", [monitor()], {"strict-enough": "looser-threshold"}),
        (f"{LAG}\nscope: [env:prod, env:staging]", [monitor()], {"covers-scope": "other-scope"}),
        (f"{LAG}\nscope: '{{env:prod, host:a}}'", [monitor()], {}),
        (f"{LAG}\nscope: '*'", [monitor()], {}),
        ("metric: a.used\nfires-when: '> 90'", [monitor(query=RATIO, options={"silenced": {}})], {"strict-enough": "not-judged"}),
        ("query: avg:a.used{*}/avg:a.size{*}*100\nfires-when: '> 80'", [monitor(query=RATIO, options={"silenced": {}})], {"strict-enough": "looser-threshold"}),
        ("query: avg:a.used{*}/avg:a.size{*}*100\nfires-when: '> 95'", [monitor(query=RATIO, options={"silenced": {}})], {}),
        (f"{LAG}\nno-data: ignored", [monitor(overall_state="No Data", options={"silenced": {}})], {}),
        (f"{LAG}\nno-data: ignored", [monitor(overall_state="No Data", overall_state_modified=None, options={"silenced": {}})], {"evaluates": "never-evaluated"}),
        (f"{LAG}\nproven-by: incident", [monitor()], {"would-have-fired": "above-required"}),
        ("name: Checked\nfires-when: '> 3'", [monitor(name="Checked", type="service check", query='"a.b".over("*").last(2).count_by_status()')], {"strict-enough": "not-judged"}),
        ("name: Checked", [monitor(name="Checked", type="service check", query='"a.b".over("*").last(2).count_by_status()')], {}),
        ("name: Tested", [monitor(name="Tested", type="synthetics alert", query="no_query")], {}),
        ("name: Logs\nfires-when: '> 2'\nwithin: 5m\naggregation: count", [monitor(name="Logs", query='logs("x").index("*").rollup("count").last("5m") > 2', options={"silenced": {}})], {}),
        ("name: Logs\nfires-when: '> 1'", [monitor(name="Logs", query='logs("x").index("*").rollup("count").last("5m") > 2', options={"silenced": {}})], {"strict-enough": "looser-threshold"}),
        ("name: Logs\nscope: env:prod", [monitor(name="Logs", query='logs("x").index("*").rollup("count").last("5m") > 2', options={"silenced": {}})], {"covers-scope": "not-judged"}),
        ("metric: a.used\nfires-when: '> 2'", [monitor(query='formula("q").last("5m") > 2', options={"silenced": {}, "variables": [{"name": "q", "data_source": "metrics", "query": "avg:a.used{*}"}]})], {"strict-enough": "not-judged"}),
        ("metric: a.use", [monitor(query='formula("q").last("5m") > 2', options={"silenced": {}, "variables": [{"name": "q", "data_source": "metrics", "query": "avg:a.used{*}"}]})], {"found": "no-monitor"}),
    ],
)  # fmt: skip
def test_which_monitor_is_meant_and_what_is_compared(verify, declared, monitors, expected):
    assert seen(verify(exported(*monitors), declared))[1] == expected


def test_two_that_fit_are_both_named(verify):
    result = verify(exported(monitor(), monitor(id=5, name="Twin")))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "(101) and `Twin` (5) fit equally well" in result.claims[0].message


def test_one_that_is_almost_meant_is_named(verify):
    result = verify(exported(monitor()), "metric: postgresql.replication_delays")
    assert "the nearest: `postgresql.replication_delay`" in result.claims[0].message
    result = verify(exported(monitor()), f"{LAG}\nname: another")
    assert "the nearest: `Replication lag on {{host.name}}` (101)" in result.claims[0].message


def test_the_third_rung_is_not_reached_yet(verify):
    result = verify(exported(monitor()), f"{LAG}\nproven-by: incident", requires=Rung.PROVEN)
    assert (result.verdict, result.rung) == (Verdict.INCONCLUSIVE, Rung.ACTIVE)


# What an author writes.


def test_the_declaration_of_the_design_can_be_read():
    declared = """
    metric: postgresql.replication_delay
    fires-when: "> 30"       # at least this strict
    notifies: "@pagerduty-database"
    proven-by: incident      # replay the incident's window
    """
    assert CHECKER.describe(expectation(CHECKER, declared)) == "postgresql.replication_delay > 30"


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ("scope: env:prod", "nothing says which monitor is meant: add `metric:`"),
        ("id: 7", "nothing says which monitor is meant"),
        (f"{LAG}\nfires-when: '> 30s'", "`fires-when` has a unit"),
        (f"{LAG}\nrecovers-when: '< 20%'", "`recovers-when` has a unit"),
        (f"{LAG}\nfires-when: 30", "no comparison"),
        (f"{LAG}\nscope: env=prod", "write `env:prod`"),
        (f"{LAG}\nscope: 'env:'", "write `env:prod`"),
        (f"{LAG}\nnotifies: pagerduty", "not a handle"),
        (f"{LAG}\nnotifies: ['@a', '@b c']", "not a handle"),
        (f"{LAG}\nwithin: 5", "unit of time"),
        (f"{LAG}\naggregation: average", "`aggregation` is `average`"),
        (f"{LAG}\nno-data: alert", "`no-data` is `alert`"),
        (f"{LAG}\nproven-by: drill", "`proven-by`"),
        (f"{LAG}\nid: seven", "whole number"),
        (f"{LAG}\nthreshold: 30", "unknown key `threshold`"),
    ],
)
def test_a_mistake_is_named_where_it_stands(declared, says):
    with pytest.raises(BindingError) as caught:
        expectation(CHECKER, declared)
    assert says in str(caught.value)
    assert caught.value.problems[0].line >= 1


# An export.

STATE = {"not-muted", "not-in-downtime", "evaluates"}
DEFINITION = {key: monitor()[key] for key in ("name", "type", "query", "message", "tags", "options")}


@pytest.mark.parametrize(
    ("files", "verdict", "reasons"),
    [
        ({"m.json": {**monitor(), "matching_downtimes": []}}, "verified", {}),
        ({"m.json": [{**monitor(), "matching_downtimes": []}]}, "verified", {}),
        ({"m.json": {"monitors": [monitor()]}, "d.json": {"data": [downtime()]}}, "verified", {}),
        ({"m.json": monitor()}, "inconclusive", {"not-in-downtime": "no-state"}),
        ({"m.json": {"version": 2, "title": "Lag", "definition": DEFINITION}}, "inconclusive", dict.fromkeys(STATE, "no-state")),
        ({"m.json": DEFINITION}, "inconclusive", dict.fromkeys(STATE, "no-state")),
        ({"m.json": {**DEFINITION, "options": {"silenced": {"*": None}}}}, "failed", {**dict.fromkeys(STATE, "no-state"), "not-muted": "muted-forever"}),
        ({"m.json": {**DEFINITION, "draft_status": "draft"}}, "failed", {**dict.fromkeys(STATE, "no-state"), "not-draft": "draft"}),
        ({"m.json": {**monitor(message="Lag"), "matching_downtimes": []}}, "inconclusive", {"notifies": "no-state"}),
        ({"m.json": {**monitor(message="Lag"), "matching_downtimes": []}, "r.json": {"data": [rule()]}}, "failed", {"notifies": "notifies-nobody"}),
        ({"m.json": monitor(query="avg(last_5m):avg:x{*} > 1")}, "failed", {"found": "no-monitor"}),
        ({"m.json": monitor(query="avg(last_5m):avg:x{*} > 1"), "bad.json": "{"}, "inconclusive", {"found": "unreadable-monitor"}),
        ({"m.json": {**monitor(), "matching_downtimes": []}, "bad.json": "{"}, "verified", {}),
        ({"m.json": '{"query": "a", "query": "b", "type": "x"}'}, "inconclusive", {"found": "unreadable-monitor"}),
        ({"m.json": '{"query": NaN, "type": "x"}'}, "inconclusive", {"found": "unreadable-monitor"}),
        ({"m.json": "[" * 100_000}, "inconclusive", {"found": "unreadable-monitor"}),
        ({"m.json": '"a text"'}, "inconclusive", {"found": "unreadable-monitor"}),
        ({"m.json": "[]"}, "failed", {"found": "no-monitor"}),
        ({"m.json": {"data": [{"type": "dashboard"}, 7]}}, "inconclusive", {"found": "unreadable-monitor"}),
        ({"elsewhere/m.json": monitor()}, "inconclusive", {"observed": "no-export"}),
        ({"m.txt": json.dumps(monitor())}, "inconclusive", {"observed": "no-export"}),
    ],
)  # fmt: skip
def test_what_an_export_tells(verify, files, verdict, reasons):
    assert seen(verify(files)) == (verdict, reasons)


@pytest.mark.parametrize(
    ("settings", "now", "reasons"),
    [
        (SETTINGS, "2026-11-27T11:59:00+00:00", {}),
        (SETTINGS, "2026-11-27T12:01:00+00:00", dict.fromkeys(STATE, "export-stale")),
        ("datadog: {export: datadog, max-age: 60d}", "2026-12-27T12:00:00+00:00", {}),
        ("datadog: {export: datadog/m.json, max-age: 1h}", "2026-11-20T14:00:00+00:00", dict.fromkeys(STATE, "export-stale")),
        ("datadog: {export: 'datadog/**/*.json'}", "2026-11-20T14:00:00+00:00", {}),
        ("datadog: {export: datadog, maxage: 60d}", "2026-11-20T14:00:00+00:00", {"observed": "bad-settings"}),
        ("datadog: {export: ../datadog}", "2026-11-20T14:00:00+00:00", {"observed": "bad-settings"}),
        (None, "2026-11-20T14:00:00+00:00", {"observed": "missing-secret"}),
    ],
)  # fmt: skip
def test_an_export_tells_of_its_own_day(verify, settings, now, reasons):
    result = verify(exported(monitor()), settings=settings, now=now)
    assert seen(result)[1] == reasons


def test_what_is_not_in_an_old_export_may_be_in_datadog(verify):
    result = verify(exported(monitor()), "metric: made.since", now="2026-12-27T12:00:00+00:00")
    assert seen(result) == ("inconclusive", {"found": "export-stale"})


def test_a_downtime_in_an_old_file_tells_nothing(verify):
    verify({"d.json": {"data": [downtime()]}}, at="2026-11-01T12:00Z")
    result = verify({"m.json": monitor()})
    assert seen(result) == ("inconclusive", {"not-in-downtime": "export-stale"})


@pytest.mark.parametrize(
    "attributes",
    [
        {"schedule": {"begins": "2026-11-01"}},
        {"schedule": None, "status": "paused"},
        {"monitor_identifier": {"monitor_group": 7}},
        {"monitor_identifier": None},
        {"scope": "((("},
        {"scope": 7},
        {"schedule": {"recurrences": [{"rrule": "FREQ=DAILY", "start": "0001-01-01", "duration": "9999999w"}]}},
        {"schedule": {"recurrences": [{"rrule": "FREQ=DAILY", "start": "x", "duration": "1h"}], "timezone": "../x"}},
    ],
)
def test_a_downtime_of_a_new_form_is_neither_believed_nor_ignored(verify, attributes):
    mine = downtime(**{"monitor_identifier": {"monitor_id": 101}, **attributes})
    result = verify({"m.json": monitor(), "d.json": {"data": [mine]}})
    assert seen(result) == ("inconclusive", {"not-in-downtime": "partly-in-downtime"})


def test_a_shallow_clone_does_not_know_the_age_of_an_export(tmp_path):
    origin = RepositoryBuilder(tmp_path / "origin")
    origin.commit({"datadog/m.json": json.dumps({**monitor(), "matching_downtimes": []})}, at="2025-01-01T00:00Z")
    origin.commit({"x": "1"})
    origin.git("clone", "-q", "--depth", "1", f"file://{tmp_path}/origin", str(tmp_path / "clone"))
    clone = RepositoryBuilder(tmp_path / "clone")
    result = examine(CHECKER, LAG, clone.session(settings=SETTINGS))
    assert seen(result) == ("inconclusive", dict.fromkeys(STATE, "shallow-history"))


def test_evidence_of_an_export_is_its_file_at_the_commit(verify):
    result = verify(exported(monitor()))
    sources = {evidence.source.partition("@")[0] for claim in result.claims for evidence in claim.evidence}
    assert sources == {"datadog/m.json"}
    assert all(claim.evidence for claim in result.claims)
    assert {claim.outcome for claim in result.claims} == {Outcome.HOLDS}


def test_an_observation_can_be_replayed(tmp_path):
    builder = RepositoryBuilder(tmp_path)
    place = mutants.passing_composite()
    builder.commit({f"datadog/{path}": text for path, text in mutants.files(place).items()})
    session = builder.session(settings=SETTINGS)
    for declared in (METRIC, mutants.COMPOSITE, "metric: gone"):
        assert round_trips(CHECKER.observe(expectation(CHECKER, declared), session.world()))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(monitor())), JSON, max_size=4))
def test_any_field_of_a_monitor_may_be_anything(odd):
    place = passing()
    place["monitors"][0].update(odd)
    readable, unreadable = decode_monitors(json.dumps(place["monitors"]).encode())
    assert len(readable) + len(unreadable) == 2
    for one in readable:
        parse(one.query)


# Real monitors and recorded answers, where they are at hand.

CORPORA = Path(os.environ["LOOPCHECK_CORPORA"]) / "datadog" if "LOOPCHECK_CORPORA" in os.environ else None


def _recorded(name):
    return (CORPORA / "recorded_api" / f"{name}.jsonl").read_text("utf-8").splitlines()


@pytest.mark.skipif(CORPORA is None, reason="LOOPCHECK_CORPORA is not set")
def test_shipped_monitors_all_load(tmp_path):
    paths = sorted((CORPORA / "recommended_monitors").rglob("*.json"))
    builder = RepositoryBuilder(tmp_path)
    builder.commit({f"datadog/{n}.json": path.read_bytes() for n, path in enumerate(paths)})
    session = builder.session(settings=SETTINGS)
    found = CHECKER.observe(expectation(CHECKER, "name: none of them"), session.world())
    assert (found.total, found.unreadable) == (len(paths), ())
    for path in paths:
        shipped = json.loads(path.read_text("utf-8"))
        name = shipped.get("definition", shipped)["name"]
        result = examine(CHECKER, f"name: {json.dumps(name)}", session)
        assert result.claims[0].reason in (None, "ambiguous"), name
        assert "crash" not in str(seen(result))
        assert result.verdict is not Verdict.VERIFIED  # a definition has no state


@pytest.mark.skipif(CORPORA is None, reason="LOOPCHECK_CORPORA is not set")
def test_recorded_monitors_all_load(tmp_path):
    recorded = [json.loads(line) for line in _recorded("v1_monitor")]
    monitors = {}
    for answer in recorded:
        body = answer["response"]
        for one in body if isinstance(body, list) else [body]:
            if isinstance(one, dict) and "query" in one and "id" in one:
                monitors[one["id"]] = one
    assert len(monitors) > 20
    readable, unreadable = decode_monitors(json.dumps(list(monitors.values())).encode())
    assert (len(readable), unreadable) == (len(monitors), [])
    assert [one.query for one in readable if parse(one.query).kind == "unknown"] == []


@pytest.mark.skipif(CORPORA is None, reason="LOOPCHECK_CORPORA is not set")
def test_recorded_downtimes_and_rules_all_load():
    counted = Counter()
    for name in ("v2_downtime", "v2_monitor"):
        for line in _recorded(name):
            body = json.loads(line)["response"]
            if not isinstance(body, dict) or "data" not in body:
                continue
            entries = body["data"] if isinstance(body["data"], list) else [body["data"]]
            for resource in decode_resources(json.dumps({"data": entries}).encode()).data:
                counted[resource.type] += 1
                if resource.type == "downtime":
                    read = downtime_of(resource, NOW)
                    assert read is None or read.scope
                elif resource.type == "monitor-notification-rule":
                    assert rule_of(resource).readable
    assert counted["downtime"] > 20
    assert counted["monitor-notification-rule"] > 10


@pytest.mark.parametrize(
    ("modified", "edited"),
    [
        ("2026-11-02T10:00:00.000000+00:00", "2026-11-02T10:00:00+00:00"),
        ("2026-11-02T10:00:00Z", "2026-11-02T10:00:00+00:00"),
        ("2026-11-02T12:00:00+02:00", "2026-11-02T12:00:00+02:00"),
        ("2026-11-02T10:00:00", "2026-11-02T10:00:00+00:00"),
        (None, None),
        ("lately", None),
        (1762077600000, None),
    ],
)
def test_evidence_says_when_the_monitor_was_last_edited(verify, modified, edited):
    result = verify(exported(monitor(modified=modified)))
    assert result.verdict is Verdict.VERIFIED
    (said,) = {one.edited for claim in result.claims for one in claim.evidence}
    assert (said and said.isoformat()) == edited
