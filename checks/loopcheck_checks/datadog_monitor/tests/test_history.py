"""What a monitor really did beside its replay: over HTTP, from a Datadog on this machine that has its events."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from standins.datadog import EVENTS, FAULTS, DatadogStandIn, changed
from standins.volume import each_in_part

from loopcheck.checker import CannotTell
from loopcheck.model import Incident, Outcome, Rung
from loopcheck.replay import Window
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import round_trips
from loopcheck.testing.repository import NOW
from loopcheck.world import Repository, Session
from loopcheck_checks.datadog_monitor import DatadogMonitorChecker
from loopcheck_checks.datadog_monitor.mutants import downtime, monitor
from loopcheck_checks.datadog_monitor.replay.groups import Group
from loopcheck_checks.datadog_monitor.replay.history import Told, compare
from loopcheck_checks.datadog_monitor.replay.states import ALERT, NO_DATA, OK, Spell
from loopcheck_checks.systems.datadog import client, events
from loopcheck_checks.systems.datadog.client import Patience

CHECKER = DatadogMonitorChecker()
STARTED = datetime(2026, 11, 10, 9, 14, tzinfo=UTC)
INCIDENT = Incident("INC-142", started=STARTED, resolved=STARTED + timedelta(minutes=95))
LAG = "metric: postgresql.replication_delay\nproven-by: incident\n"
FIRED = STARTED + timedelta(minutes=2, seconds=20)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(client, "PATIENCE", Patience(attempts=2, request=1.5, backoff=0.01, rate_limit=1))


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkout")
    RepositoryBuilder(folder).commit({"README.md": "A checkout.\n"})
    return Repository(folder)


def standin(*happened, monitors=None, bumps=(STARTED,), **more):
    """A host that lags for an hour from each of some times on, and what the monitor is said to have done."""
    datadog = DatadogStandIn(monitors or [monitor()], now=NOW, **more)
    begin, end = STARTED - timedelta(days=16), NOW
    samples = dict.fromkeys(range(int(begin.timestamp()), int(end.timestamp()), 60), 5.0)
    for bump in bumps:
        samples |= dict.fromkeys(range(int(bump.timestamp()), int(bump.timestamp()) + 3600, 60), 100.0)
    datadog.metrics["postgresql.replication_delay"] = [({"host": "db1", "env": "prod"}, samples)]
    datadog.events = list(happened)
    datadog.app_keys["good-app-key"] |= {events.SCOPE}
    return datadog


@pytest.fixture
def verify(repository):
    def run(datadog, declared=LAG, incident=INCIDENT):
        with datadog:
            session = Session(repository, environment=datadog.environment, now=NOW)
            result = examine(CHECKER, declared, session, incident=incident, requires=Rung.PROVEN)
        return {claim.claim: claim for claim in result.claims if claim.rung is Rung.PROVEN}

    return run


def fired(verify, datadog, declared=LAG, **more):
    return verify(datadog, declared, **more)["would-have-fired"]


def test_the_same_alert_is_told_in_the_claim(verify):
    recovered = changed(101, STARTED + timedelta(minutes=63), "host:db1", before="Alert", after="OK")
    claim = fired(verify, standin(changed(101, FIRED, "host:db1"), recovered))
    assert claim.outcome is Outcome.HOLDS
    assert claim.message == (
        "fires at 09:16, T+2 min, on host:db1; agrees with its own history since 2026-11-10 08:16: 1 of 1 alert, "
        "to the minute"
    )


@pytest.mark.parametrize(
    ("happened", "words"),
    [
        ((), "0 of 1 alerts agree; only in the replay: 2026-11-10 09:16 on host:db1"),
        (
            (changed(101, FIRED, "host:db1"), changed(101, FIRED + timedelta(minutes=70), "host:db1")),
            "1 of 2 alerts agree; only in the history: 2026-11-10 10:26 on host:db1",
        ),
        ((changed(101, FIRED, "host:db2"),), "0 of 2 alerts agree; only in the history: 2026-11-10 09:16 on host:db2;"),
        ((changed(101, FIRED + timedelta(minutes=4), "host:db1"),), "0 of 2 alerts agree"),
        ((changed(102, FIRED, "host:db1"),), "0 of 1 alerts agree"),
        ((changed(101, FIRED, "host:db1", before="Alert"),), "0 of 1 alerts agree"),  # told again
        ((changed(101, FIRED, "host:db1", after="Warn"),), "0 of 1 alerts agree"),
        ((changed(101, FIRED, "host:db1", after="No Data"),), "only in the history: 2026-11-10 09:16 (no data)"),
    ],
)
def test_a_history_that_contradicts_makes_it_inconclusive(verify, happened, words):
    claims = verify(standin(*happened), LAG + "fires-within: 10m\nat-most: 3 per 2d")
    assert {word: claim.reason for word, claim in claims.items()} == {"would-have-fired": "history-differs"}
    claim = claims["would-have-fired"]
    assert claim.outcome is Outcome.UNKNOWN
    assert words in claim.message


def test_silence_that_did_not_happen_is_not_failed(verify):
    claim = fired(verify, standin(changed(101, FIRED, "host:db1"), bumps=()))
    assert (claim.outcome, claim.reason) == (Outcome.UNKNOWN, "history-differs")
    claim = fired(verify, standin(bumps=()))
    assert (claim.outcome, claim.reason) == (Outcome.FAILS, "would-not-fire")
    assert "; agrees with its own history since 2026-11-10 08:16: no alert in either" in claim.message


def test_the_time_around_is_compared_too(verify):
    around = [STARTED - timedelta(days=days) for days in (2, 5)]
    real = [changed(101, one + timedelta(minutes=2), "host:db1") for one in (STARTED, *around)]
    declared = LAG + "at-most: 3 per 14d"
    claim = fired(verify, standin(*real, bumps=(STARTED, *around)), declared)
    assert claim.outcome is Outcome.HOLDS
    assert claim.message.endswith("; agrees with its own history since 2026-11-03 09:03: 3 of 3 alerts, to the minute")
    assert fired(verify, standin(*real[:2], bumps=(STARTED, *around)), declared).reason == "history-differs"


def test_what_it_did_before_it_was_edited_is_not_compared(verify):
    before, declared = STARTED - timedelta(days=6), LAG + "at-most: 3 per 20d"
    edited = monitor(modified=(STARTED - timedelta(days=4)).isoformat())
    real = changed(101, FIRED, "host:db1")
    claim = fired(verify, standin(real, bumps=(before, STARTED), monitors=[edited]), declared)
    assert "since 2026-11-06 09:22: 1 of 1 alert" in claim.message
    # An alert that began before and was told again after the edit is no news.
    again = changed(101, STARTED - timedelta(days=4, minutes=-30), "host:db1")
    long = [STARTED - timedelta(days=4, minutes=minutes) for minutes in (30, -20)]
    claim = fired(verify, standin(real, again, bumps=(*long, STARTED), monitors=[edited]), declared)
    assert "since 2026-11-06 09:22: 1 of 1 alert" in claim.message


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"modified": "2026-11-12T10:00:00+00:00"}, "it was last edited at 2026-11-12 10:00"),
        ({"modified": None}, "it is not told when it was last edited"),
        ({"modified": 1762000000.0}, "it is not told when it was last edited"),
        ({"options": {"silenced": {"*": None}, "thresholds": {"critical": 30.0}}}, "it is or was silenced"),
        ({"options": {"silenced": {"host:db1": 1795000000}, "thresholds": {"critical": 30.0}}}, "it is or was silenced"),
        ({"options": {"notification_preset_name": "hide_all", "notify_by": ["*"], "thresholds": {"critical": 30.0}}},
         "it tells of several groups as one"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_not_asked_for_and_said(verify, changes, why):
    datadog = standin(monitors=[monitor(**changes)])
    datadog.validate = None
    claim = fired(verify, datadog)
    assert claim.outcome is Outcome.HOLDS
    assert "history" not in claim.message
    assert f"; not compared with its own history: {why}" in claim.evidence[0].seen
    assert not datadog.asked(f"GET {EVENTS}")


def test_a_downtime_leaves_nothing_to_compare(verify):
    silent = downtime(monitor_identifier={"monitor_id": 101})
    datadog = standin(downtimes=[{"id": "d1", "type": "downtime", "attributes": silent["attributes"]}])
    assert "it is or was silenced" in fired(verify, datadog).evidence[0].seen


def test_groups_of_another_scope_are_not_compared(verify):
    grouped = monitor(query="avg(last_5m):avg:postgresql.replication_delay{*} by {host,env} > 30")
    real = [changed(101, FIRED, "env:prod,host:db1"), changed(101, FIRED, "env:staging,host:db9")]
    claim = fired(verify, standin(*real, monitors=[grouped]), LAG + "scope: env:prod")
    assert "1 of 1 alert" in claim.message
    apart = [changed(101, FIRED, "env:prod", "host:DB1")]
    assert "1 of 1 alert" in fired(verify, standin(*apart, monitors=[grouped])).message
    other = [changed(101, FIRED, "host:db1")]
    assert "its events name other groups" in fired(verify, standin(*other, monitors=[grouped])).evidence[0].seen


def test_a_monitor_without_groups_and_one_event_of_several(verify):
    whole = monitor(query="max(last_5m):max:postgresql.replication_delay{env:prod} > 30")
    for groups in ((), ("*",)):
        claim = fired(verify, standin(changed(101, STARTED + timedelta(minutes=1), *groups), monitors=[whole]))
        assert "1 of 1 alert" in claim.message
    both = changed(101, FIRED, "host:db1", "host:db2")
    assert "only in the history: 2026-11-10 09:16 on host:db2" in fired(verify, standin(both)).message


def test_a_composite_is_compared(verify):
    load = monitor(id=102, name="Load", query="avg(last_5m):avg:postgresql.replication_delay{env:prod} by {host} > 4")
    both = monitor(id=103, name="Both", type="composite", query="101 && 102", options={"silenced": {}})
    datadog = standin(changed(103, FIRED, "host:db1"), monitors=[monitor(), load, both])
    assert "1 of 1 alert" in fired(verify, datadog, "name: Both\nproven-by: incident").message
    late = monitor(modified="2026-11-19T10:00:00+00:00")
    datadog = standin(monitors=[late, load, both])
    claim = fired(verify, datadog, "name: Both\nproven-by: incident")
    assert "last edited at 2026-11-19" in claim.evidence[0].seen


def test_no_data_is_compared_where_it_is_told(verify):
    gap = STARTED
    datadog = standin(changed(101, STARTED + timedelta(minutes=10), "host:db1", after="No Data"), bumps=())
    (tags, samples), *_ = datadog.metrics["postgresql.replication_delay"]
    begin, end = int(gap.timestamp()), int(gap.timestamp()) + 3600
    kept = {at: value for at, value in samples.items() if not begin <= at < end}
    datadog.metrics["postgresql.replication_delay"] = [(tags, kept)]
    claim = fired(verify, datadog)
    assert "(no data), on host:db1" in claim.message
    assert "1 of 1 alert" in claim.message


@pytest.mark.parametrize("fault", each_in_part(sorted(FAULTS)))
def test_a_history_that_cannot_be_had_does_not_hurt(verify, fault, monkeypatch):
    if fault in ("hang", "hang-done", "trickle"):
        monkeypatch.setattr(client, "PATIENCE", Patience(attempts=2, request=0.3, backoff=0.01, rate_limit=1))
    datadog = standin(changed(101, FIRED, "host:db1"), changed(101, FIRED - timedelta(days=1), "host:db1"))
    datadog.fault(f"GET {EVENTS}", fault, times=None)
    claim = fired(verify, datadog)
    assert claim.outcome is Outcome.HOLDS
    # A list without a length cannot show that it lacks an entry; these faults are of lists with one, or of writing.
    if fault in ("lost-entry", "more-counted", "cut-done", "hang-done"):
        assert "1 of 1 alert" in claim.message
    else:
        assert "not compared with its own history: " in claim.evidence[0].seen


def test_without_the_scope_it_is_said_which_one(verify):
    datadog = standin()
    datadog.app_keys["good-app-key"].discard(events.SCOPE)
    assert "lacks the scope `events_read`" in fired(verify, datadog).evidence[0].seen


def test_pages_are_followed_and_too_many_are_not_compared(verify, monkeypatch):
    real = changed(101, FIRED, "host:db1")
    noise = [changed(101, STARTED + timedelta(minutes=20 + number), "host:db1", before="Alert") for number in range(30)]
    datadog = standin(real, *noise)
    datadog.max_events = 7
    assert "1 of 1 alert" in fired(verify, datadog).message
    assert len(datadog.asked(f"GET {EVENTS}")) == 5
    monkeypatch.setattr(events, "_PAGES", 3)
    datadog = standin(real, *noise)
    datadog.max_events = 7
    claim = fired(verify, datadog)
    assert claim.outcome is Outcome.HOLDS
    assert "are more than" in claim.evidence[0].seen


def test_a_warning_of_datadogs_is_heard(verify):
    datadog = standin()
    datadog.events_warnings = [{"code": "unknown_index", "title": "One or several indexes are missing", "detail": "x"}]
    assert "warns that the events of monitors" in fired(verify, datadog).evidence[0].seen


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'{"data": [{"id": "1", "attributes": {}}]}',
        b'{"data": [{"id": "1", "attributes": {"attributes": {"timestamp": 1, "monitor": {"id": 7}}}}]}',
        b'{"data": [{"id": "1", "attributes": {"attributes": {"timestamp": "1", "monitor": null}}}]}',
        b'{"data": {}}',
        b"{" * 5000,
    ],
)
def test_an_event_that_does_not_tell_what_changed_is_not_passed_over(body):
    with pytest.raises(CannotTell) as caught:
        events.decode(body)
    assert caught.value.reason.word == "bad-response"


def test_one_request_tells_of_all_monitors_of_a_time(repository):
    names = [f"Lag {number}" for number in range(1, 13)]
    monitors = [monitor(id=number, name=name) for number, name in enumerate(names, 1)]
    datadog = standin(*(changed(number, FIRED, "host:db1") for number in range(1, 13)), monitors=monitors)
    datadog.latency = 0.02
    with datadog:
        session = Session(repository, environment=datadog.environment, now=NOW)
        declared = [f"name: {name}\nproven-by: incident" for name in names]
        with ThreadPoolExecutor(12) as pool:
            results = list(pool.map(
                lambda one: examine(CHECKER, one, session, incident=INCIDENT, requires=Rung.PROVEN), declared
            ))  # fmt: skip
        asked = datadog.asked(f"GET {EVENTS}")
    said = [claim.message for result in results for claim in result.claims if claim.rung is Rung.PROVEN]
    assert all("1 of 1 alert" in message for message in said)
    assert len(said) == 12
    assert len(asked) <= 6


def test_what_was_refused_is_not_asked_again(repository):
    datadog = standin(monitors=[monitor(id=number, name=f"Lag {number}") for number in (1, 2, 3)])
    datadog.app_keys["good-app-key"].discard(events.SCOPE)
    with datadog:
        session = Session(repository, environment=datadog.environment, now=NOW)
        for number in (1, 2, 3):
            declared = f"name: Lag {number}\nproven-by: incident"
            examine(CHECKER, declared, session, incident=INCIDENT, requires=Rung.PROVEN)
        assert len(datadog.asked(f"GET {EVENTS}")) == 1


def test_an_observation_with_a_history_can_be_judged_again(repository):
    datadog = standin(changed(101, FIRED + timedelta(hours=1), "host:db1"))
    with datadog:
        session = Session(repository, environment=datadog.environment, now=NOW)
        observation = CHECKER.observe(expectation(CHECKER, LAG), session.world(INCIDENT, Rung.PROVEN))
    assert observation.replayed.replay.history.differs
    assert round_trips(observation)


GRID = np.arange(0, 7200, 60, dtype=float)
STRETCH = Window(datetime.fromtimestamp(600, UTC), datetime.fromtimestamp(6600, UTC))
DB1 = ("host:db1",), ""


@pytest.mark.parametrize(
    ("replayed", "real", "expected"),
    [
        ([], [], (0, [], [])),
        ([1200], [1200], (1, [], [])),
        ([1200], [1319], (1, [], [])),
        ([1200], [1081], (1, [], [])),
        ([1200], [1321], (0, [1321], [1200])),
        ([1200, 2400], [1260, 2460], (2, [], [])),
        ([1200, 1320], [1260], (1, [], [1320])),
        ([1200], [1140, 1260], (1, [1260], [])),
        ([1200, 1320, 1440], [1260, 1380, 1500], (3, [], [])),
        ([540], [660], (1, [], [])),  # in the time by what happened
        ([660], [540], (0, [], [])),  # and not
        ([480], [], (0, [], [])),
        ([6660], [], (0, [], [])),
        ([], [599], (0, [], [])),
        ([], [600], (0, [600], [])),
    ],
)
def test_alerts_are_paired(replayed, real, expected):
    places = sorted(int(at // 60) for at in replayed)
    spells = [Spell(ALERT, place, place + 1) for place in places]
    group = Group(("host:db1",), spells, GRID, GRID > 0)
    found = compare({DB1: real}, Told([group], GRID, 60, no_data=True, rule=None), STRETCH)
    shown = ([one.at.timestamp() for one in alarms] for alarms in (found.only_real, found.only_replayed))
    assert (found.matched, *shown) == expected


def test_no_data_that_is_not_told_is_no_alert():
    spells = [Spell(OK, 0, 20), Spell(NO_DATA, 20, 30), Spell(OK, 30, 120)]
    told = Told([Group(("host:db1",), spells, GRID, GRID > 0)], GRID, 60, no_data=False, rule=None)
    assert not compare({}, told, STRETCH).differs
