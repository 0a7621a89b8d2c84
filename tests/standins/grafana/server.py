"""The stand-in for Grafana: one organisation, its tokens, and what they may read."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from standins.grafana.faults import FAULTS
from standins.serving import Served

PERMISSIONS = "/api/access-control/user/permissions"
RULES = "/api/v1/provisioning/alert-rules"
POLICIES = "/api/v1/provisioning/policies"
CONTACT_POINTS = "/api/v1/provisioning/contact-points"
MUTE_TIMINGS = "/api/v1/provisioning/mute-timings"
STATES = "/api/prometheus/grafana/api/v1/rules"
SILENCES = "/api/alertmanager/grafana/api/v2/silences"

_PROVISIONING = ("alert.provisioning:read", "alert.provisioning.secrets:read")
_NOTIFYING = (*_PROVISIONING, "alert.notifications.provisioning:read", "alert.notifications:read")
VIEWER = {
    "alert.provisioning:read": [""],
    "alert.rules:read": ["folders:*"],
    "folders:read": ["folders:*"],
    "alert.silences:read": ["folders:*"],
}
"""What a token needs for everything that loopcheck asks."""
_NEVER = "0001-01-01T00:00:00Z"


@dataclass
class Call:
    """One request."""

    method: str
    path: str
    query: dict
    headers: dict
    number: int = 0
    fault: object = None
    answered: int | None = None


class Refused(Exception):  # noqa: N818 - Grafana's answer, not an error of the stand-in
    """Grafana's refusal of a request."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class GrafanaStandIn(Served):
    """A Grafana with one organisation.

    Args:
        rules, policies, contact_points, mute_timings, silences: what the organisation has, as Grafana answers it.
        folders: the title of each folder, by its identifier.
        now: its time, a constant until a test changes it. The real time if not given.

    Attributes:
        tokens: each with its permissions: actions with their scopes.
        outcomes: for a rule's identifier what its evaluation comes to: `health`, `alerts`, `lastError`, `evaluated`
            in minutes ago (`None` for never); without an entry it is well, with one instance.
        names_states: whether states have the identifiers of their rules, as since Grafana 11.
        interval: seconds between the evaluations.
    """

    FAULTS = FAULTS

    def __init__(
        self, rules=(), *, policies=None, contact_points=(), mute_timings=(), silences=(), folders=None, now=None
    ):
        super().__init__()
        self.now = now or datetime.now(UTC).replace(microsecond=0)
        self.rules = list(rules)
        self.policies = policies or {"receiver": "grafana-default-email"}
        self.contact_points = list(contact_points)
        self.mute_timings = list(mute_timings)
        self.silences = list(silences)
        self.folders = folders or {}
        self.tokens = {"good-token": {action: list(scopes) for action, scopes in VIEWER.items()}}
        self.outcomes = {}
        self.names_states = True
        self.interval = 60

    @property
    def environment(self):
        """What loopcheck needs to ask this stand-in."""
        return {"GRAFANA_URL": f"{self.url}/", "GRAFANA_TOKEN": "good-token"}

    def edit(self, uid, **changes):
        """Change a rule as somebody would on its page: Grafana notes when."""
        (there,) = (one for one in self.rules if one["uid"] == uid)
        there.update(changes, updated=self.now.isoformat())
        return there

    # What follows runs in the server's threads.

    def _call(self, method, target, headers):
        parts = urlsplit(target)
        return Call(method, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers)

    def _reply(self, call, raw):
        route = ROUTES.get(call.path) if call.method == "GET" else None
        if route is None or call.query or raw:
            self.unexpected.append(f"{call.method} {call.path} {call.query or ''}".strip())
            return 501, {"Content-Type": "application/json"}, b'{"message": "the stand-in does not expect this"}'
        needed, answer = route
        try:
            granted = self._granted(call, needed)
            status, data = 200, answer(self, granted)
        except Refused as refused:
            status, data = refused.status, {"message": str(refused), "traceID": ""}
        kind = "application/json" if call.path == SILENCES else "application/json; charset=UTF-8"
        return status, {"Content-Type": kind}, json.dumps(data).encode()

    def _granted(self, call, needed):
        scheme, _, token = call.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.tokens:
            raise Refused(401, "Invalid API key")
        granted = self.tokens[token]
        if needed and not set(needed) & granted.keys():
            raise Refused(403, "You'll need additional permissions to perform this action.")
        return granted

    def _list_rules(self, granted):
        if set(_PROVISIONING) & granted.keys() or "alert.rules.provisioning:read" in granted:
            return self.rules
        return [one for one in self.rules if _sees(granted, one["folderUID"])]

    def _list_states(self, granted):
        groups = {}
        for rule in self.rules:
            if not _sees(granted, rule["folderUID"]):
                continue
            title = self.folders.get(rule["folderUID"], "General")
            group = groups.setdefault(
                (title, rule["ruleGroup"]),
                {
                    "name": rule["ruleGroup"],
                    "file": title,
                    "folderUid": rule["folderUID"],
                    "interval": self.interval,
                    "rules": [],
                },
            )
            group["rules"].append(self._told_of(rule, title))
        return {"status": "success", "data": {"groups": list(groups.values()), "totals": {}}}

    def _told_of(self, rule, folder):
        outcome = self.outcomes.get(rule["uid"], {})
        labels = {"alertname": rule["title"], "grafana_folder": folder, **(rule.get("labels") or {})}
        alerts = outcome.get("alerts", [{"labels": {"instance": "db1"}, "state": "Normal"}])
        minutes = outcome.get("evaluated", 0)
        when = _NEVER if minutes is None else (self.now - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
        state = {
            "name": rule["title"],
            "query": "",
            "type": "recording" if rule.get("record") else "alerting",
            "state": "inactive",
            "duration": 300,
            "health": outcome.get("health", "ok"),
            "lastError": outcome.get("lastError", ""),
            "lastEvaluation": when,
            "evaluationTime": 0.01,
            "labels": rule.get("labels") or {},
            "alerts": [
                {"labels": {**one["labels"], **labels}, "annotations": {}, "state": one["state"], "value": ""}
                for one in alerts
            ],
        }
        return {**state, "uid": rule["uid"], "folderUid": rule["folderUID"]} if self.names_states else state


def _sees(granted, folder):
    scopes = {"folders:*", f"folders:uid:{folder}"}
    return all(scopes & set(granted.get(action, ())) for action in ("alert.rules:read", "folders:read"))


ROUTES = {
    PERMISSIONS: ((), lambda _, granted: granted),
    RULES: ((*_PROVISIONING, "alert.rules.provisioning:read", "alert.rules:read"), GrafanaStandIn._list_rules),
    POLICIES: (_NOTIFYING, lambda grafana, _: grafana.policies),
    CONTACT_POINTS: (_NOTIFYING, lambda grafana, _: grafana.contact_points),
    MUTE_TIMINGS: (_NOTIFYING, lambda grafana, _: grafana.mute_timings),
    STATES: (("alert.rules:read",), GrafanaStandIn._list_states),
    SILENCES: (("alert.silences:read", "alert.instances:read"), lambda grafana, _: grafana.silences),
}
"""What may be asked, which permissions of these it needs, and the answer."""
