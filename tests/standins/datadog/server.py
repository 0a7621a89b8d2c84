"""The stand-in for Datadog: one organisation, its keys, and the lists that they may read."""

import json
import math
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from standins.datadog import dashboards, events, integrations, openapi, slos, synthetics, timeseries
from standins.datadog.faults import FAULTS
from standins.serving import Served

VALIDATE = "/api/v1/validate"
MONITORS = "/api/v1/monitor"
DOWNTIMES = "/api/v2/downtime"
RULES = "/api/v2/monitor/notification_rule"

SCOPES = (
    "monitors_read", "monitors_downtime", "slos_read", "synthetics_read", "dashboards_read", "metrics_read",
    "integrations_read",
)  # fmt: skip
"""All that loopcheck ever needs, and what a good key has."""
_MOST = 1000
"""Entries on a page."""


@dataclass(frozen=True)
class Route:
    """What may be asked, by whom, and how."""

    parameters: tuple[str, ...]
    scope: str | None
    """That an application key must have; `None` where the API key is enough."""
    limit: str
    """The name of the rate limit that it counts against."""
    handler: object


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


@dataclass
class Limit:
    """How often something may be asked for, in a period of the stand-in's time."""

    requests: int
    seconds: int
    used: Counter = field(default_factory=Counter)


class Refused(Exception):  # noqa: N818 - Datadog's answer, not an error of the stand-in
    """Datadog's refusal of a request."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class DatadogStandIn(Served):
    """A Datadog with one organisation.

    Args:
        monitors, downtimes, rules, slos, corrections, tests, dashboards: what the organisation has, as Datadog answers
            it; may be changed while it runs.
        now: its time, a constant until a test changes it. The real time if not given.

    Attributes:
        api_keys: those that are valid here.
        app_keys: each with its scopes; `None` for a key without any, which may all that its owner may.
        limits: by name; `default` holds for the names that are not here.
        standings: how an SLO stands, by its id, where it is not well.
        runs: when a synthetic test ran, by its public id, where it did not just now.
        slack, pagerduty: see `integrations`.
        deleted_dashboards, preset_dashboards, hidden_dashboards, reporting: see `dashboards`.
        max_page: the most downtimes that a page holds, whatever was asked for.
        events, events_warnings, max_events: see `events`; what Datadog warns of, and the most that it puts on a page.
        metrics: samples by metric, see `timeseries`; a list of tags and their samples for each.
        validate: holds requests and answers to the published descriptions; `None` to show what they do not allow.
    """

    FAULTS = FAULTS

    def __init__(
        self, monitors=(), downtimes=(), rules=(), *, slos=(), corrections=(), tests=(), dashboards=(), now=None
    ):
        super().__init__()
        self.now = now or datetime.now(UTC).replace(microsecond=0)
        self.monitors = list(monitors)
        self.downtimes = list(downtimes)
        self.rules = list(rules)
        self.slos = list(slos)
        self.corrections = list(corrections)
        self.standings = {}
        self.tests = list(tests)
        self.runs = {}
        self.slack = {}
        self.pagerduty = []
        self.dashboards = list(dashboards)
        self.deleted_dashboards = []
        self.preset_dashboards = []
        self.hidden_dashboards = set()
        self.reporting = {}
        self.api_keys = {"good-api-key"}
        self.metrics = {}
        self.events = []
        self.events_warnings = []
        self.max_events = _MOST
        self.app_keys = {"good-app-key": {*SCOPES, "timeseries_query"}}
        self.limits = {"default": Limit(3000, 60), "query_timeseries": Limit(1600, 3600)}
        self.max_page = _MOST
        self.validate = openapi.validator()

    @property
    def environment(self):
        """What loopcheck needs to ask this stand-in."""
        return {"DD_API_KEY": "good-api-key", "DD_APP_KEY": "good-app-key", "LOOPCHECK_DATADOG_URL": self.url}

    @property
    def counts(self):
        """How often each path was asked for."""
        return Counter(call.path for call in self.requests)

    def edit(self, monitor, **changes):
        """Change a monitor as somebody would on its page: Datadog notes when. Options are merged."""
        (there,) = (one for one in self.monitors if one["id"] == monitor)
        options = {**there.get("options", {}), **changes.pop("options", {})}
        there.update(changes, options=options, modified=self.now.isoformat())
        return there

    # What follows runs in the server's threads.

    def _call(self, method, target, headers):
        parts = urlsplit(target)
        return Call(method, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers)

    def _reply(self, call, raw):
        route, named = find(call.path) if call.method == "GET" else (None, ())
        if route is None or set(call.query) - set(route.parameters) or raw:
            self.unexpected.append(f"{call.method} {call.path} {call.query or ''}".strip())
            return 501, {"Content-Type": "application/json"}, b'{"errors": ["the stand-in does not expect this"]}'
        headers = {"Content-Type": "application/json"}
        try:
            self._admit(call, route)
            headers |= self._spend(route)
            status, data = 200, route.handler(self, call.query, *named)
        except (LookupError, ValueError) as error:  # from a module of routes
            status, data = 404 if isinstance(error, LookupError) else 400, {"errors": [str(error)]}
        except Refused as refused:
            status, data = refused.status, {"errors": [str(refused)]}
            if status == 429:
                headers |= self._window(route)
        if self.validate is not None:
            trouble = self.validate(call, route.scope, status, data)
            if trouble:
                self.errors.append(trouble)
        return status, headers, json.dumps(data).encode()

    def _admit(self, call, route):
        if call.headers.get("DD-API-KEY") not in self.api_keys:
            raise Refused(403, "Forbidden")
        if route.scope is None:
            return
        key = call.headers.get("DD-APPLICATION-KEY")
        if key not in self.app_keys:
            raise Refused(403, "Forbidden")
        if self.app_keys[key] is not None and route.scope not in self.app_keys[key]:
            raise Refused(403, "Failed permission authorization checks")

    def _spend(self, route):
        limit = self._limit(route)
        window = (route.limit, int(self.now.timestamp()) // limit.seconds)
        if limit.used[window] >= limit.requests:
            raise Refused(429, f"Rate limit of {limit.requests} requests in {limit.seconds} seconds reached.")
        limit.used[window] += 1
        return self._window(route)

    def _limit(self, route):
        return self.limits.get(route.limit, self.limits["default"])

    def _window(self, route):
        limit = self._limit(route)
        at = self.now.timestamp()
        left = limit.requests - limit.used[(route.limit, int(at) // limit.seconds)]
        return {
            "X-RateLimit-Name": route.limit,
            "X-RateLimit-Limit": str(limit.requests),
            "X-RateLimit-Period": str(limit.seconds),
            "X-RateLimit-Remaining": str(left),
            # Seconds to go, not a time since 1970 as with GitHub.
            "X-RateLimit-Reset": str(math.ceil(limit.seconds - at % limit.seconds)),
        }

    def _validate(self, _query):
        return {"valid": True}

    def _list_monitors(self, query):
        if "page" not in query:
            return self.monitors  # all of them, on one page
        size = _number(query, "page_size", 100, _MOST)
        page = _number(query, "page", 0, None)
        return self.monitors[page * size : (page + 1) * size]

    def _list_downtimes(self, query):
        current = query.get("current_only") == "true"
        over = ("canceled", "ended")
        found = [one for one in self.downtimes if not current or one["attributes"].get("status") not in over]
        offset = _number(query, "page[offset]", 0, None)
        size = min(_number(query, "page[limit]", 30, _MOST), self.max_page)
        return {"data": found[offset : offset + size], "meta": {"page": {"total_filtered_count": len(found)}}}

    def _list_rules(self, query):
        size = _number(query, "per_page", 100, _MOST)
        page = _number(query, "page", 0, None)
        return {"data": self.rules[page * size : (page + 1) * size]}

    def _query(self, query):
        try:
            return timeseries.answer(
                self.metrics, query["query"], int(query["from"]), int(query["to"]), self.now.timestamp()
            )
        except (KeyError, ValueError):
            raise Refused(400, "Invalid query parameters") from None
        except timeseries.BadQueryError as error:
            raise Refused(400, str(error)) from None


def _number(query, name, default, most):
    text = query.get(name, str(default))
    if not text.isdecimal() or (most is not None and not 1 <= int(text) <= most):
        raise Refused(400, f"Invalid {name} parameter")
    return int(text)


ROUTES = {
    VALIDATE: Route((), None, "validate", DatadogStandIn._validate),
    MONITORS: Route(("page", "page_size"), "monitors_read", "monitor_list", DatadogStandIn._list_monitors),
    DOWNTIMES: Route(
        ("current_only", "page[offset]", "page[limit]"),
        "monitors_downtime",
        "downtime_list",
        DatadogStandIn._list_downtimes,
    ),
    timeseries.QUERY: Route(("from", "to", "query"), "timeseries_query", "query_timeseries", DatadogStandIn._query),
    RULES: Route(("page", "per_page"), "monitors_read", "notification_rule_list", DatadogStandIn._list_rules),
}
for _module in (dashboards, events, integrations, slos, synthetics):
    ROUTES |= {path: Route(*route) for path, route in _module.ROUTES.items()}
_PATTERNS = {path: re.compile(re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(path))) for path in ROUTES}


def path_of(path):
    """The path of the route that a path is asked for by: `/api/v1/dashboard/{dashboard_id}`; `None` where there is none."""
    return path if path in ROUTES else next((one for one, wanted in _PATTERNS.items() if wanted.fullmatch(path)), None)


def find(path):
    """The route of a path, and what its path names; (None, ()) where there is none."""
    known = path_of(path)
    return (ROUTES[known], _PATTERNS[known].fullmatch(path).groups()) if known else (None, ())
