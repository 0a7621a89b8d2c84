"""The path of an alarm to people and to the runbook, at a stand-in for Datadog, over HTTP."""

import json

import pytest
from standins.datadog import CHANNELS, FAULTS, MONITORS, SERVICE, DatadogStandIn, Fault
from standins.volume import in_part

from loopcheck.binding import BindingError
from loopcheck.model import Verdict
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import round_trips
from loopcheck.testing.mutants import survivors
from loopcheck.testing.repository import NOW
from loopcheck_checks.datadog_monitor import DatadogMonitorChecker, path_mutants
from loopcheck_checks.datadog_monitor.path_mutants import PASSING, PATH
from loopcheck_checks.systems.datadog import client
from loopcheck_checks.systems.datadog.client import Patience
from loopcheck_checks.systems.datadog.trial import alarm

CHECKER = DatadogMonitorChecker()
SHOP = CHANNELS.replace("{account_name}", "shop")
DATABASE = SERVICE.replace("{service_name}", "database")
HANDLES = '"@slack-shop-database", "@pagerduty-database"'


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(client, "PATIENCE", Patience(request=20, backoff=0.001))


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    made = RepositoryBuilder(tmp_path_factory.mktemp("repository"))
    exported = alarm(message=PASSING.message, matching_downtimes=[])
    made.commit(
        {PATH: PASSING.runbook, "datadog/alarm.json": json.dumps(exported), "datadog/rules.json": '{"data": []}'}
    )
    return made


@pytest.fixture
def datadog():
    with DatadogStandIn([alarm(message=PASSING.message)], now=NOW) as made:
        made.slack = {account: list(names) for account, names in PASSING.channels}
        made.pagerduty = list(PASSING.services)
        yield made


def look(repository, datadog, declared=PASSING.declared, **more):
    environment = {**datadog.environment, "GITHUB_REPOSITORY": "acme/shop", **more}
    return examine(CHECKER, declared, repository.session(environment=environment))


def reasons(result):
    return {claim.claim: claim.reason for claim in result.claims if claim.reason}


def test_every_broken_path_is_seen():
    outcomes = path_mutants.outcomes()
    assert survivors(outcomes) == []
    # A checker that understands nothing would "kill" all of them too.
    assert len({reason for one in outcomes for reason in one.reasons}) >= 9
    assert sum(one.verdict is Verdict.FAILED for one in outcomes) > 15
    unclear = {one.name for one in outcomes if one.verdict is Verdict.INCONCLUSIVE}
    assert {"a link to a wiki", "a link to a commit", "the service is gone", "no such account"} <= unclear
    assert {"the key may not see integrations", "an account without channels", "a team"} <= unclear


def test_a_whole_path_that_looks_odd_stays_verified():
    assert [it for it in path_mutants.harmless_outcomes() if it.verdict is not Verdict.VERIFIED] == []


def test_each_hop_is_a_claim_of_its_own(repository, datadog):
    result = look(repository, datadog)
    assert result.verdict is Verdict.VERIFIED
    told = {claim.message: claim.evidence[0].source for claim in result.claims if claim.claim == "receiver-there"}
    assert told == {
        "@slack-shop-database leads to the channel #database of the Slack account shop": "https://app.datadoghq.com/integrations/slack",
        "@pagerduty-database leads to the PagerDuty service database": "https://app.datadoghq.com/integrations/pagerduty",
    }
    (link,) = (claim for claim in result.claims if claim.claim == "links-to-runbook")
    assert link.message == f"it links to {PATH}#replica-is-lagging"
    assert [evidence.source.partition("@")[0] for evidence in link.evidence] == [
        "https://app.datadoghq.com/monitors/201",
        PATH,
    ]


def routed(datadog, *rules):
    datadog.monitors = [alarm(message=path_mutants.ROUTED.message)]
    datadog.rules = [
        {"id": f"r{n}", "type": "monitor-notification-rule", "attributes": it} for n, it in enumerate(rules)
    ]


def test_a_notification_rule_is_a_hop(repository, datadog):
    routed(datadog, *path_mutants.ROUTED.rules)
    result = look(repository, datadog)
    assert result.verdict is Verdict.VERIFIED
    assert [(it.claim, it.message) for it in result.claims if it.claim in ("rule-applies", "receiver-there")] == [
        (
            "rule-applies",
            "the notification rule `Database`, which names @slack-shop-database, is for team:shop (1 more name it)",
        ),
        ("rule-applies", "the notification rule `Database`, which names @pagerduty-database, is for team:shop"),
        ("receiver-there", "@slack-shop-database leads to the channel #database of the Slack account shop"),
        ("receiver-there", "@pagerduty-database leads to the PagerDuty service database"),
    ]


TO_SLACK = {"name": "DB", "recipients": ["slack-shop-database"], "filter": {"tags": ["team:db"]}}
ON_RECOVERY = {"conditions": [{"scope": "transition_type:is_recovery", "recipients": ["slack-shop-database"]}]}


@pytest.mark.parametrize(
    ("rule", "reason", "says"),
    [
        (TO_SLACK, "rule-elsewhere", "is for team:db, and what the monitor sends is not"),
        ({**TO_SLACK, "filter": {"scope": "team:db"}}, "rule-elsewhere", "is for team:db, and"),
        (
            {"name": "DB", "filter": {"tags": ["team:shop"]}, "conditional_recipients": ON_RECOVERY},
            "rule-elsewhere",
            "tells it at other times only",
        ),
        ({**TO_SLACK, "filter": {"tags": ["host:db1"]}}, "uncertain-handle", "which depends on what fires"),
    ],
)
def test_a_rule_that_does_not_lead_on(repository, datadog, rule, reason, says):
    routed(datadog, rule)
    datadog.monitors[0]["query"] = "avg(last_5m):avg:shop.errors{*} by {host} > 1"
    result = look(repository, datadog, "name: An alarm\nnotifies: '@slack-shop-database'")
    (claim,) = (claim for claim in result.claims if claim.claim == "rule-applies")
    assert (claim.reason, says in claim.message) == (reason, True)
    assert reasons(result)["notifies"] == ("uncertain-handle" if reason == "uncertain-handle" else "notifies-nobody")


@pytest.mark.parametrize("doubt", ["another rule", "a rule that decides at run time", "the message"])
def test_what_may_tell_it_keeps_a_rule_from_failing(repository, datadog, doubt):
    other = {"name": "New", "filter": {"teams": ["shop"]}, "recipients": ["slack-shop-database"]}
    if doubt != "another rule":
        other["recipients"] = []
    datadog.validate = None  # these forms are not documented
    routed(datadog, TO_SLACK, *([] if doubt == "the message" else [other]))
    if doubt == "the message":
        datadog.monitors[0]["message"] = '{{#is_match "host.name" "db1"}}@slack-shop-database{{/is_match}}'
    result = look(repository, datadog, "name: An alarm\nnotifies: '@slack-shop-database'")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert reasons(result)["rule-applies"] == "uncertain-handle"


def test_rules_that_cannot_be_seen(repository, datadog):
    routed(datadog)
    datadog.fault("GET /api/v2/monitor/notification_rule", FAULTS["403"], times=None)
    declared = f"name: An alarm\nnotifies: [{HANDLES}]"
    assert reasons(look(repository, datadog, declared)) == {"notifies": "refused", "rule-applies": "refused"}
    datadog.monitors = [alarm(message=PASSING.message)]
    assert look(repository, datadog, declared).verdict is Verdict.VERIFIED


def test_where_anybody_will_do_only_a_rule_that_is_needed_is_a_hop(repository, datadog):
    routed(datadog, *path_mutants.ROUTED.rules)
    said = {claim.claim: claim for claim in look(repository, datadog, "name: An alarm").claims}
    assert "@pagerduty-database" in said["rule-applies"].message
    datadog.monitors = [alarm(message="@ops")]
    assert "rule-applies" not in {claim.claim for claim in look(repository, datadog, "name: An alarm").claims}


def test_one_broken_hop_does_not_hide_the_others(repository, datadog):
    datadog.slack["shop"] = ["#general"]
    result = look(repository, datadog)
    failed = [claim.message for claim in result.claims if claim.reason == "no-receiver"]
    assert failed == [
        "@slack-shop-database leads nowhere: none of the 1 channels of the Slack account shop is `database`"
    ]
    assert reasons(result) == {"receiver-there": "no-receiver"}


def test_receivers_are_asked_for_once_a_run(repository, datadog):
    session = repository.session(environment=datadog.environment)
    datadog.slack["shop"] += [f"#channel{number}" for number in range(20)]
    for number in range(20):
        declared = (
            f'name: An alarm\nnotifies: ["@slack-shop-channel{number}", "@pagerduty-database"]\nreceivers: must-exist'
        )
        assert "receiver-there" not in reasons(examine(CHECKER, declared, session))
    assert (datadog.counts[SHOP], datadog.counts[DATABASE], datadog.counts[MONITORS]) == (1, 1, 1)


def test_who_does_not_ask_for_receivers_needs_no_permission_for_them(repository, datadog):
    datadog.app_keys["good-app-key"] = {"monitors_read", "monitors_downtime"}
    assert look(repository, datadog, f"name: An alarm\nnotifies: [{HANDLES}]").verdict is Verdict.VERIFIED
    assert not [path for path in datadog.counts if "integration" in path]


def test_the_key_lacks_the_scope_and_the_message_says_which(repository, datadog):
    datadog.app_keys["good-app-key"] = {"monitors_read", "monitors_downtime"}
    result = look(repository, datadog)
    assert reasons(result) == {"receiver-there": "refused"}
    assert "`integrations_read`" in next(claim.message for claim in result.claims if claim.reason)


@pytest.mark.parametrize("faults", in_part(FAULTS.values()))
@pytest.mark.parametrize("path", [SHOP, DATABASE])
def test_no_fault_changes_what_is_true(repository, datadog, path, faults):
    gone = PASSING.declared.replace("database", "gone")
    for fault in faults:
        if fault.hang or fault.trickle:
            continue  # what a time-out means is the client's own business, and tried there
        datadog.fault(f"GET {path}", fault, times=None)
        datadog.fault(f"GET {path.replace('database', 'gone')}", fault, times=None)
        assert look(repository, datadog).verdict is not Verdict.FAILED, fault.name
        assert look(repository, datadog, gone).verdict is not Verdict.VERIFIED, fault.name


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (SHOP, b'{"channels": []}'),
        (SHOP, b'[{"name": null}]'),
        (SHOP, b'[{"name": ""}]'),
        (SHOP, b'[{"nom": "#database"}]'),
        (SHOP, b'["#database"]'),
        (DATABASE, b"{}"),
        (DATABASE, b'{"service_name": "other"}'),
        (DATABASE, b'{"service_name": 7}'),
    ],
)
def test_an_answer_of_another_form_is_no_answer(repository, datadog, path, body):
    datadog.fault(f"GET {path}", Fault("this", 200, body), times=None)
    assert reasons(look(repository, datadog)) == {"receiver-there": "bad-response"}


def test_an_export_says_what_is_linked_and_nothing_of_receivers(repository):
    session = repository.session(environment={"GITHUB_REPOSITORY": "acme/shop"}, settings="datadog: {export: datadog}")
    assert reasons(examine(CHECKER, PASSING.declared, session)) == {"receiver-there": "missing-secret"}
    declared = f"name: An alarm\nlinks-to: {PATH}#replica-is-lagging"
    assert examine(CHECKER, declared, session).verdict is Verdict.VERIFIED


@pytest.mark.parametrize(
    ("message", "declared", "says"),
    [
        ("@ops", "", "it has no link to runbooks/replication.md"),
        (f"@ops {PATH}#slow", "", "and runbooks/replication.md has no anchor #slow"),
        (f"@ops {PATH}", "#replica-is-lagging", "and not to #replica-is-lagging"),
        (
            f"@ops https://github.com/acme/shop/blob/old/{PATH}",
            "",
            "is not the file's page at the default branch, main",
        ),
        ("@ops https://wiki.example.org/x", "", "it links to https://wiki.example.org/x, which leads out"),
    ],
)
def test_what_is_wrong_with_the_link_is_said(repository, datadog, message, declared, says):
    datadog.monitors = [alarm(message=message)]
    result = look(repository, datadog, f"name: An alarm\nlinks-to: {PATH}{declared}")
    assert says in next(claim.message for claim in result.claims if claim.claim == "links-to-runbook")


def test_a_runbook_that_cannot_be_read_is_not_missing(repository, datadog):
    repository.commit({"runbooks/binary.md": b"\xff\xfe\x00"})
    datadog.monitors = [alarm(message="@ops runbooks/binary.md")]
    result = look(repository, datadog, "name: An alarm\nlinks-to: runbooks/binary.md")
    assert result.verdict is Verdict.INCONCLUSIVE


def test_without_a_link_declared_nothing_is_said_of_one(repository, datadog):
    datadog.monitors = [alarm(message="@ops")]
    assert look(repository, datadog, "name: An alarm").verdict is Verdict.VERIFIED


def test_samples_are_asked_for_where_the_proof_is_required(repository, datadog):
    window = "{from: 2026-11-01T09:14Z, to: 2026-11-01T10:14Z}"
    result = look(repository, datadog, f"name: An alarm\nproven-by: {window}")
    assert result.verdict is Verdict.VERIFIED
    assert reasons(result) == {"would-have-fired": "above-required"}
    assert not [path for path in datadog.counts if "timeseries" in path]


def test_what_was_seen_can_be_recorded(repository, datadog):
    session = repository.session(environment={**datadog.environment, "GITHUB_REPOSITORY": "acme/shop"})
    seen = CHECKER.observe(expectation(CHECKER, PASSING.declared), session.world())
    assert round_trips(seen)


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ("receivers: must-exist", "`receivers` speaks of the handles in `notifies`"),
        ("receivers: checked\nnotifies: '@ops'", "`receivers` is `checked`"),
        ("links-to: https://github.com/acme/shop/blob/main/a.md", "write the path of the file"),
        ("links-to: 'runbooks/a.md#'", "ends with `#`"),
        ("links-to: '#lag'", "not a file of the repository"),
        ("links-to: ../a.md", "has `..`"),
    ],
)
def test_a_mistake_is_named(declared, says):
    with pytest.raises(BindingError) as caught:
        expectation(CHECKER, f"name: An alarm\n{declared}")
    assert says in str(caught.value)
