"""The rung `proven`, over HTTP: samples are asked of a Datadog on this machine, and what follows is said in words."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from standins.datadog import FAULTS, DatadogStandIn, timeseries
from standins.datadog.timeseries import QUERY
from standins.volume import each_in_part

from loopcheck.model import Incident, Outcome, Rung
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import round_trips
from loopcheck.testing.repository import NOW
from loopcheck.world import Repository, Session
from loopcheck_checks.datadog_monitor import DatadogMonitorChecker
from loopcheck_checks.datadog_monitor.mutants import monitor
from loopcheck_checks.systems.datadog import client
from loopcheck_checks.systems.datadog.client import Patience

CHECKER = DatadogMonitorChecker()
STARTED = datetime(2026, 11, 10, 9, 14, tzinfo=UTC)
INCIDENT = Incident(
    "INC-142",
    started=STARTED,
    detected=STARTED + timedelta(minutes=35),
    resolved=STARTED + timedelta(minutes=95),
)
LAG = "metric: postgresql.replication_delay\nproven-by: incident\n"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(client, "PATIENCE", Patience(attempts=2, request=1.5, backoff=0.01, rate_limit=1))


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkout")
    RepositoryBuilder(folder).commit({"README.md": "A checkout.\n"})
    return Repository(folder)


def seconds(moment):
    return int(moment.timestamp())


def lag(*bumps, host="db1", begin=NOW - timedelta(days=45), end=NOW, base=5.0, each=60):
    """Replication lag of a host: low, but for bumps, each (when, how long, how high)."""
    samples = dict.fromkeys(range(seconds(begin), seconds(end), each), base)
    for when, span, height in bumps:
        for at in range(seconds(when), seconds(when + span), each):
            if at in samples:
                samples[at] = height
    return {"host": host, "env": "prod"}, samples


BUMP = (STARTED, timedelta(minutes=60), 100.0)


def standin(*series, monitors=None, **more):
    datadog = DatadogStandIn(monitors or [monitor()], now=NOW, **more)
    datadog.metrics["postgresql.replication_delay"] = list(series)
    return datadog


@pytest.fixture
def verify(repository):
    def run(datadog, declared=LAG, *, incident=INCIDENT, now=NOW, **environment):
        with datadog:
            session = Session(repository, environment={**datadog.environment, **environment}, now=now)
            result = examine(CHECKER, declared, session, incident=incident, requires=Rung.PROVEN)
        return {claim.claim: claim for claim in result.claims if claim.rung is Rung.PROVEN}

    return run


def reasons(claims):
    return {word: claim.reason for word, claim in claims.items()}


def test_it_fires_soon_after_the_beginning(verify):
    claims = verify(standin(lag(BUMP)))
    assert reasons(claims) == {"would-have-fired": None}
    (claim,) = claims.values()
    # 5 min of 5 s, then of 100 s: the average is above 30 as soon as two of its points are high.
    assert claim.message == ("fires at 09:16, T+2 min, 33 min before the incident was noticed, on host:db1")
    assert claim.evidence[0].source == "https://app.datadoghq.com/monitors/101"
    assert "96 evaluations with data" in claim.evidence[0].seen
    # A column is of 95 s: it fires from the second on, for an hour and a little.
    assert claim.sketch.fires == (False,) + (True,) * 41 + (False,) * 18
    assert (claim.sketch.sign, claim.sketch.bound) == (">", 30)


def test_noise_is_counted_in_the_time_around(verify):
    noise = [(STARTED - timedelta(days=days), timedelta(minutes=20), 80.0) for days in (3, 9)]
    claims = verify(standin(lag(BUMP, *noise)), LAG + "at-most: 2 per 20d")
    assert reasons(claims) == {"would-have-fired": None, "bearable-noise": None}
    assert claims["would-have-fired"].message.endswith("; would also have fired 2 times in the 20 days around it")
    claims = verify(standin(lag(BUMP, *noise)), LAG + "at-most: 1 per 20d")
    assert reasons(claims) == {"would-have-fired": None, "bearable-noise": "too-noisy"}
    assert "2026-11-01 09:16, 2026-11-07 09:16" in claims["bearable-noise"].message


def test_an_incident_that_goes_on_and_fires_is_caught(verify):
    incident = Incident("INC-1", started=NOW - timedelta(hours=2))
    assert reasons(verify(standin(lag((incident.started, timedelta(hours=1), 90.0))), incident=incident)) == {
        "would-have-fired": None
    }


def test_what_would_lie_in_the_future_is_looked_at_in_the_past(verify):
    incident = Incident("INC-1", started=NOW - timedelta(days=1), resolved=NOW - timedelta(hours=22))
    bumps = [(incident.started, timedelta(hours=1), 90.0), (NOW - timedelta(days=18), timedelta(minutes=20), 90.0)]
    claims = verify(standin(lag(*bumps)), LAG + "at-most: 0 per 20d", incident=incident)
    assert reasons(claims) == {"would-have-fired": None, "bearable-noise": "too-noisy"}


def test_noise_that_datadog_no_longer_has_is_unknown(verify):
    incident = Incident("INC-1", started=NOW - timedelta(days=450), resolved=NOW - timedelta(days=449, hours=22))
    bump = (incident.started, timedelta(minutes=30), 90.0)
    datadog = standin(lag(bump, begin=NOW - timedelta(days=456), end=NOW - timedelta(days=435)))
    claims = verify(datadog, LAG + "at-most: 3 per 20d", incident=incident)
    assert reasons(claims) == {"would-have-fired": None, "bearable-noise": "beyond-retention"}


def test_a_metric_that_is_new_is_noted(verify):
    claims = verify(standin(lag(BUMP, begin=STARTED - timedelta(days=1))), LAG + "at-most: 2 per 10d")
    assert "nothing was measured before 2026-11-09 09:15" in claims["would-have-fired"].evidence[0].seen


def test_arrays_are_imported_only_to_replay():
    imports = "import sys, loopcheck_checks.datadog_monitor, loopcheck.cli.verify; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", imports], check=True)


def test_what_lies_outside_the_time_around_is_not_noise(verify):
    noise = [(STARTED - timedelta(days=days), timedelta(minutes=20), 80.0) for days in (3, 9)]
    claims = verify(standin(lag(BUMP, *noise)), LAG + "at-most: 1 per 14d")
    assert reasons(claims) == {"would-have-fired": None, "bearable-noise": None}


def test_it_stays_silent_and_says_by_how_much(verify):
    claims = verify(standin(lag((STARTED, timedelta(minutes=60), 28.0))))
    (claim,) = claims.values()
    assert (claim.outcome, claim.reason) == (Outcome.FAILS, "would-not-fire")
    assert claim.message == (
        "does not fire between 2026-11-10 09:14 and 2026-11-10 10:49; at `> 27` it would have fired at 2026-11-10 09:19"
    )


def test_one_that_always_fires_tells_nothing_new(verify):
    claims = verify(standin(lag(BUMP, base=60.0)))
    assert reasons(claims) == {"would-have-fired": "already-firing"}


def test_a_warning_of_it_shortly_before_counts(verify):
    claims = verify(standin(lag((STARTED - timedelta(minutes=20), timedelta(minutes=60), 80.0))))
    assert reasons(claims) == {"would-have-fired": None}
    assert "T-18 min" in claims["would-have-fired"].message


def test_one_that_is_over_when_it_begins_does_not(verify):
    claims = verify(standin(lag((STARTED - timedelta(minutes=50), timedelta(minutes=20), 80.0))))
    assert reasons(claims) == {"would-have-fired": "would-not-fire"}


@pytest.mark.parametrize(("within", "reason"), [("2m", None), ("1m", "fires-too-late")])
def test_how_soon(verify, within, reason):
    claims = verify(standin(lag(BUMP)), LAG + f"fires-within: {within}")
    assert reasons(claims) == {"would-have-fired": None, "fires-in-time": reason}


def test_a_window_given_by_hand(verify):
    declared = LAG.replace("incident", "{from: 2026-11-10T09:00Z, to: 2026-11-10 10:00 UTC}")
    (claim,) = verify(standin(lag(BUMP)), declared, incident=None).values()
    assert claim.message == "fires at 09:16, T+16 min, on host:db1"


def test_groups_of_another_scope_do_not_count(verify):
    (_, samples) = lag(BUMP)
    other = {"host": "db9", "env": "staging"}, samples
    grouped = monitor(query="avg(last_5m):avg:postgresql.replication_delay{*} by {host,env} > 30")
    declared = LAG + "scope: env:prod"
    assert reasons(verify(standin(lag(), other, monitors=[grouped]), declared)) == {
        "would-have-fired": "would-not-fire"
    }
    assert reasons(verify(standin(lag(BUMP), other, monitors=[grouped]), declared)) == {"would-have-fired": None}


def test_no_data_is_a_firing_where_it_is_told(verify):
    gap, end = STARTED, STARTED + timedelta(minutes=60)
    (tags, samples) = lag()
    samples = {at: value for at, value in samples.items() if not seconds(gap) <= at < seconds(end)}
    (claim,) = verify(standin((tags, samples))).values()
    assert claim.message.startswith("fires at 09:24, T+10 min, 25 min before the incident was noticed (no data)")
    quiet = monitor(options={"thresholds": {"critical": 30.0}, "silenced": {}, "notify_no_data": False})
    assert reasons(verify(standin((tags, samples), monitors=[quiet]))) == {"would-have-fired": "would-not-fire"}


def by_query(query, **options):
    # `name` selects it, whatever its query.
    return standin(lag(BUMP), monitors=[monitor(query=query, options={"thresholds": {}, "silenced": {}, **options})])


NAMED = "name: 'Replication lag on {{host.name}}'\nproven-by: incident\n"
X = "avg:postgresql.replication_delay{env:prod}"


@pytest.mark.parametrize(
    ("query", "options", "reason"),
    [
        (f"avg(last_4h):anomalies({X}, 'basic', 2) >= 1", {}, "model-not-replayed"),
        (f"max(next_1w):forecast({X}, 'linear', 1) > 30", {}, "model-not-replayed"),
        (f"avg(last_30m):outliers({X} by {{host}}, 'DBSCAN', 3) > 0", {}, "model-not-replayed"),
        ('logs("service:db").index("*").rollup("count").last("5m") > 2', {}, "no-metric"),
        ('"a.b".over("*").last(2).count_by_status()', {}, "no-metric"),
        ("tomorrow", {}, "no-metric"),
        (f"sum(current_1d):{X}.as_count() > 3", {}, "window-not-replayed"),
        (f"avg(last_5m):{X} > 30", {"scheduling_options": {"custom_schedule": {"recurrences": []}}}, "window-not-replayed"),
        (f"avg(last_5m):derivative({X}) > 30", {}, "function-not-replayed"),
        (f"avg(last_5m):{X}.as_count() / abs({X}.as_count()) > 30", {}, "function-not-replayed"),
        (f"avg(last_5m):{X}.rollup(avg, 600) > 30", {}, "too-coarse"),
        (f"sum(last_5m):{X} > 30", {}, "too-coarse"),
        (f"avg(last_5m):{X}.as_count() > 30", {}, "too-coarse"),
        (f"max(last_5m):{X}.rollup(sum) > 30", {}, "too-coarse"),
        (f"count(last_5m):{X} > 3", {}, "too-coarse"),
        (f"pct_change(sum(last_5m),last_5m):{X}.as_count() > 3", {}, "too-coarse"),
        (f"sum(last_5m):{X}.rollup(sum) > 30 * 100", {}, "no-metric"),
        (f"sum(last_5m):{X}.rollup(sum) > 300", {}, None),
        (f"change(sum(last_5m),last_10m):{X}.as_count() > 100", {}, None),
        (f"avg(last_5m):{X} > 30", {"evaluation_delay": "soon"}, "odd-option"),
        (f"avg(last_5m):{X} > 30", {"on_missing_data": "guess"}, "odd-option"),
        ("avg(last_5m):avg:nothing.of.the.kind{*} > 30", {}, "no-samples"),
        (f"avg(last_5m):{X} > 30", {}, None),
        (f"sum(last_5m):{X}.rollup(sum, 60) > 300", {}, None),
        (f"change(avg(last_5m),last_10m):{X} > 50", {}, None),
        (f"pct_change(avg(last_5m),10m_ago):{X} > 50", {}, None),
        (f"avg(last_5m):default_zero({X}) > 30", {}, None),
        (f"avg(last_5m):({X} + {X}) / 2 * 100 > 3000", {}, None),
        (f"sum(last_5m):{X}.as_count() / {X}.as_count() * 30 > 29", {}, "already-firing"),
        (f"max(last_5m):{X} > 99", {}, None),
        (f"p95(last_5m):{X} > 99", {}, None),
        (f"min(last_5m):{X} > 4", {}, "already-firing"),
    ],
)  # fmt: skip
def test_every_form_is_replayed_or_says_why_not(verify, query, options, reason):
    datadog = by_query(query, **options)
    if reason == "odd-option":
        datadog.validate = None
    claims = verify(datadog, NAMED)
    assert reasons(claims) == {"would-have-fired": reason}
    if reason not in (None, "already-firing"):
        assert claims["would-have-fired"].outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("incident", "reason"),
    [
        (None, "no-incident-time"),
        (Incident("INC-1"), "no-incident-time"),
        (Incident("INC-1", detected=STARTED), "no-incident-time"),
        (Incident("INC-1", started=datetime(2024, 11, 1, tzinfo=UTC)), "beyond-retention"),
        (Incident("INC-1", started=NOW + timedelta(days=1)), "beyond-retention"),
        (Incident("INC-1", started=STARTED - timedelta(days=60), resolved=STARTED), "window-too-long"),
        (Incident("INC-1", started=STARTED), None),
        (Incident("INC-1", started=NOW - timedelta(hours=2)), "beyond-retention"),  # not over, and silent so far
    ],
)
def test_the_time_of_the_incident(verify, incident, reason):
    assert reasons(verify(standin(lag(BUMP)), incident=incident)) == {"would-have-fired": reason}


def test_a_composite_fires_when_its_parts_do_together(verify):
    load = monitor(id=102, name="Load", query="avg(last_5m):avg:system.load.1{env:prod} by {host} > 4")
    both = monitor(id=103, name="Both", type="composite", query="101 && 102", options={"silenced": {}})
    later, span = STARTED + timedelta(minutes=10), timedelta(minutes=40)
    datadog = standin(lag(BUMP), monitors=[monitor(), load, both])
    (tags, samples) = lag((later, span, 50.0), base=1.0)
    datadog.metrics["system.load.1"] = [(tags, samples)]
    (claim,) = verify(datadog, "name: Both\nproven-by: incident").values()
    assert claim.message.startswith("fires at 09:25, T+11 min, 24 min before")


@pytest.mark.parametrize("fault", each_in_part(sorted(FAULTS)))
def test_samples_that_are_not_seen_are_unknown(verify, fault):
    datadog = standin(lag((STARTED, timedelta(minutes=60), 28.0)))  # seen in full, it does not fire
    datadog.fault(f"GET {QUERY}", fault, times=None)
    (claim,) = verify(datadog).values()
    harmless = fault in ("lost-entry", "more-counted", "listed-twice", "cut-done", "hang-done")
    # Faults of lists, which this is not, and of writing.
    assert claim.outcome is (Outcome.FAILS if harmless else Outcome.UNKNOWN)
    if fault == "403-scope":
        assert "timeseries_query" in claim.message


def test_points_farther_apart_than_asked_are_not_believed(verify, monkeypatch):
    monkeypatch.setattr("standins.datadog.timeseries.MOST", 100)
    assert reasons(verify(standin(lag(BUMP)))) == {"would-have-fired": "too-coarse"}


def test_an_observation_can_be_judged_again(repository):
    datadog = standin(lag(BUMP))
    expect = expectation(CHECKER, LAG + "at-most: 2 per 20d")
    with datadog:
        session = Session(repository, environment=datadog.environment, now=NOW)
        observation = CHECKER.observe(expect, session.world(INCIDENT, Rung.PROVEN))
    assert observation.replayed.replay.firings
    assert len(observation.replayed.replay.curves) == 1
    assert round_trips(observation)


def test_a_query_is_asked_once_a_run(repository):
    datadog = standin(lag(BUMP))
    with datadog:
        session = Session(repository, environment=datadog.environment, now=NOW)
        for declared in (LAG, LAG + "fires-within: 5m", LAG + "notifies: '@pagerduty-database'"):
            examine(CHECKER, declared, session, incident=INCIDENT, requires=Rung.PROVEN)
        assert len(datadog.asked(f"GET {QUERY}")) == 1


def test_without_keys_an_export_is_not_replayed(tmp_path):
    import json

    builder = RepositoryBuilder(tmp_path)
    builder.commit({"datadog/m.json": json.dumps([{**monitor(), "matching_downtimes": []}])})
    session = builder.session(settings="datadog: {export: datadog}")
    result = examine(CHECKER, LAG, session, incident=INCIDENT, requires=Rung.PROVEN)
    assert {claim.claim: claim.reason for claim in result.claims if claim.rung is Rung.PROVEN} == {
        "would-have-fired": "missing-secret"
    }


def many(count, latency=0.01):
    query = "avg(last_5m):avg:postgresql.replication_delay{{shard:{}}} by {{host}} > 30"
    monitors = [monitor(id=n, name=f"Lag {n}", query=query.format(n)) for n in range(1, count + 1)]
    datadog = DatadogStandIn(monitors, now=NOW)
    datadog.latency = latency
    _, samples = lag(BUMP, begin=STARTED - timedelta(days=1), end=STARTED + timedelta(days=1))
    datadog.metrics["postgresql.replication_delay"] = [
        ({"host": "db1", "shard": str(number)}, samples) for number in range(1, count + 1)
    ]
    return datadog


def replay_all(repository, datadog, names):
    with datadog:
        session = Session(repository, environment=datadog.environment, now=NOW)
        declared = [f"name: {name}\nproven-by: incident" for name in names]
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(
                lambda one: examine(CHECKER, one, session, incident=INCIDENT, requires=Rung.PROVEN), declared
            ))  # fmt: skip
        asked = datadog.asked(f"GET {QUERY}")
    return results, asked


def test_what_is_wanted_at_the_same_time_is_asked_together(repository, monkeypatch):
    monkeypatch.setattr(client, "PATIENCE", Patience(request=30))  # nothing is asked again for being late
    results, asked = replay_all(repository, many(24), [f"Lag {n}" for n in range(1, 25)])
    assert [[c.reason for c in result.claims if c.rung is Rung.PROVEN] for result in results] == [[None]] * 24
    queries = [query for call in asked for query in call.query["query"].split("),") if query]
    assert len({query.rstrip(")") for query in queries}) == len(queries) == 24  # each once
    assert len(asked) < 12


def test_a_query_that_is_refused_spoils_no_other(repository):
    datadog = many(8)
    datadog.monitors[3]["query"] = "avg(last_5m):p99.9:postgresql.replication_delay{env:prod} > 1"  # not at this one
    results, _ = replay_all(repository, datadog, [f"Lag {n}" for n in range(1, 9)])
    found = [[c.reason for c in result.claims if c.rung is Rung.PROVEN] for result in results]
    assert found == [["bad-response"] if number == 3 else [None] for number in range(8)]


def test_samples_that_belong_to_no_known_query_are_asked_for_alone(repository, monkeypatch):
    shown = timeseries._shown
    monkeypatch.setattr(timeseries, "_shown", lambda *of: {k: v for k, v in shown(*of).items() if k != "query_index"})
    results, asked = replay_all(repository, many(8), [f"Lag {n}" for n in range(1, 9)])
    assert [[c.reason for c in result.claims if c.rung is Rung.PROVEN] for result in results] == [[None]] * 8
    assert len(asked) > 8


def test_an_answer_that_is_too_big_is_asked_for_piece_by_piece(repository, monkeypatch):
    monkeypatch.setattr("loopcheck_checks.systems.datadog.client._MAX_BODY", 200_000)
    results, asked = replay_all(repository, many(8), [f"Lag {n}" for n in range(1, 9)])
    assert [[c.reason for c in result.claims if c.rung is Rung.PROVEN] for result in results] == [[None]] * 8
    assert len(asked) > 8


def test_more_samples_than_a_run_may_hold_are_unknown(verify, monkeypatch):
    monkeypatch.setattr("loopcheck_checks.systems.datadog.timeseries.MOST_HELD", 1000)
    assert reasons(verify(standin(lag(BUMP)))) == {"would-have-fired": "too-big"}
