"""What the stand-in for Grafana allows and refuses."""

import json

import pytest
import urllib3
from standins.grafana import CONTACT_POINTS, PERMISSIONS, POLICIES, RULES, SILENCES, STATES, GrafanaStandIn

from loopcheck_checks.grafana_alert.mutants import rule

TOKEN = {"Authorization": "Bearer good-token"}


@pytest.fixture
def grafana():
    with GrafanaStandIn([rule(), rule(uid="b", folderUID="other")], folders={"db": "Database"}) as stand_in:
        yield stand_in


def ask(grafana, path, headers=TOKEN):
    answer = urllib3.request("GET", f"{grafana.url}{path}", headers=headers, retries=False)
    return answer.status, json.loads(answer.data)


@pytest.mark.parametrize(
    ("path", "headers", "permissions", "status"),
    [
        (PERMISSIONS, {}, {}, 401),
        (PERMISSIONS, {"Authorization": "Bearer gone"}, {}, 401),
        (PERMISSIONS, {"Authorization": "Basic good-token"}, {}, 401),
        (PERMISSIONS, TOKEN, {}, 200),
        (RULES, TOKEN, {}, 403),
        (RULES, TOKEN, {"alert.provisioning:read": [""]}, 200),
        (STATES, TOKEN, {"alert.provisioning:read": [""]}, 403),
        (STATES, TOKEN, {"alert.rules:read": ["folders:*"]}, 200),
        (POLICIES, TOKEN, {"alert.rules.provisioning:read": [""]}, 403),
        (CONTACT_POINTS, TOKEN, {"alert.notifications.provisioning:read": [""]}, 200),
        (SILENCES, TOKEN, {"alert.provisioning:read": [""]}, 403),
        (SILENCES, TOKEN, {"alert.silences:read": ["folders:*"]}, 200),
    ],
)
def test_what_tokens_may(grafana, path, headers, permissions, status):
    grafana.tokens["good-token"] = permissions
    assert ask(grafana, path, headers)[0] == status


def test_what_a_token_may_not_see_is_left_out(grafana):
    grafana.tokens["good-token"] = {"alert.rules:read": ["folders:uid:db"], "folders:read": ["folders:*"]}
    assert [one["uid"] for one in ask(grafana, RULES)[1]] == ["lag"]
    assert [group["file"] for group in ask(grafana, STATES)[1]["data"]["groups"]] == ["Database"]
    grafana.tokens["good-token"]["alert.rules.provisioning:read"] = [""]
    assert [one["uid"] for one in ask(grafana, RULES)[1]] == ["lag", "b"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/dashboards"), ("DELETE", RULES), ("GET", f"{RULES}?x=1")])
def test_what_nobody_expects_fails_the_test(method, path):
    with pytest.raises(AssertionError, match="nobody should ask for"), GrafanaStandIn() as grafana:
        assert urllib3.request(method, grafana.url + path, headers=TOKEN, retries=False).status == 501
