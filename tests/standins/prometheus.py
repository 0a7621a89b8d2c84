"""Prometheus and Alertmanager on this machine: as much of their APIs as loopcheck asks, over real HTTP, with faults.

Queries are not evaluated: `results` says for each query what there is at a time. A question that nobody expects is
remembered, and fails the test at the end.

    with PrometheusStandIn(groups=[…]) as prometheus:
        session = repository.session(environment=prometheus.environment)
"""

import json
import time
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from standins.listening import Port

BUILD = "/api/v1/status/buildinfo"
CONFIG = "/api/v1/status/config"
RUNTIME = "/api/v1/status/runtimeinfo"
RULES = "/api/v1/rules"
ALERTMANAGERS = "/api/v1/alertmanagers"
QUERY = "/api/v1/query"
RANGE = "/api/v1/query_range"
STATUS = "/api/v2/status"
SILENCES = "/api/v2/silences"
ALERTS = "/api/v2/alerts"


class PrometheusStandIn:
    """A Prometheus and its Alertmanager behind one port.

    Attributes:
        groups: the rules, as the API tells them.
        config: Prometheus's own configuration, in YAML.
        reloaded: when it took up its configuration.
        alertmanagers: to how many it sends its alerts.
        results: for a query a function of the time that gives pairs of labels and value.
        routing: Alertmanager's configuration, in YAML.
        build: what it says of itself. What only speaks as Prometheus does says no `goVersion`.
        requests: how often each path was asked for.
    """

    def __init__(
        self, groups=(), *, config="global: {}\n", alertmanagers=1, results=None, routing="", silences=(), alerts=()
    ):
        self.groups = list(groups)
        self.config = config
        self.reloaded = datetime(2026, 1, 1, tzinfo=UTC)
        self.alertmanagers = alertmanagers
        self.results = results or {}
        self.routing = routing
        self.build = {"version": "2.42.0"}
        self.silences = list(silences)
        self.alerts = list(alerts)
        self.requests = Counter()
        self.headers = []
        self.unexpected = []
        self._faults = {}

    def __enter__(self):
        self._port = Port(_handler(self))
        return self

    def __exit__(self, kind, *_):
        self._port.close()
        if kind is None:
            assert not self.unexpected, f"nobody should ask for {self.unexpected}"

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port.number}"

    @property
    def environment(self):
        """What loopcheck needs to ask this stand-in."""
        return {"PROMETHEUS_URL": self.url, "ALERTMANAGER_URL": f"{self.url}/"}

    def fault(self, path, status=200, body=b"", *, headers=None, times=None, trickle=None, kind="application/json"):
        """Answer `path` like this, `times` times or for ever. `trickle` sends a byte each so many seconds."""
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._faults[path] = [status, body, headers or {}, times, trickle, kind]

    def next_fault(self, path):
        fault = self._faults.get(path)
        if fault is None or fault[3] == 0:
            return None
        if fault[3] is not None:
            fault[3] -= 1
        return fault

    def answer(self, path, form):
        if path in (STATUS, SILENCES, ALERTS):
            found = {STATUS: {"config": {"original": self.routing}}, SILENCES: self.silences, ALERTS: self.alerts}
            return 200, found[path]
        data = {
            BUILD: lambda: self.build,
            CONFIG: lambda: {"yaml": self.config},
            RUNTIME: lambda: {"lastConfigTime": self.reloaded.isoformat()},
            RULES: lambda: {"groups": self.groups},
            ALERTMANAGERS: lambda: {"activeAlertmanagers": [{"url": "x"}] * self.alertmanagers},
            QUERY: lambda: self._vector(form),
            RANGE: lambda: self._matrix(form),
        }.get(path)
        if data is None:
            self.unexpected.append(path)
            return 404, {"status": "error", "error": "not found"}
        return 200, {"status": "success", "data": data()}

    def _at(self, query):
        found = self.results.get(query)
        if found is None:
            if not query.startswith(("count(", "last_over_time(")):
                self.unexpected.append(query)
            return lambda _time: [({}, 1.0)]
        return found

    def _vector(self, form):
        moment = float(form["time"][0])
        query = form["query"][0]
        if query.endswith("]"):
            return self._stored(query, moment)
        found = self._at(query)(moment)
        return {
            "resultType": "vector",
            "result": [{"metric": labels, "value": [moment, _text(value)]} for labels, value in found],
        }

    def _stored(self, query, end):
        """A sample of each minute of the last hour, whatever the range."""
        selector = query.rpartition("[")[0]
        at, name = self._at(selector), selector.partition("{")[0]
        series = {}
        for moment in range(int(end) // 60 * 60 - 3600, int(end) + 1, 60):
            for labels, value in at(moment):
                series.setdefault(tuple({"__name__": name, **labels}.items()), []).append([moment, _text(value)])
        return {
            "resultType": "matrix",
            "result": [{"metric": dict(labels), "values": values} for labels, values in series.items()],
        }

    def _matrix(self, form):
        at = self._at(form["query"][0])
        start, end, step = (float(form[name][0]) for name in ("start", "end", "step"))
        series = {}
        count = int((end - start) / step + 1e-6) + 1
        assert count <= 11_000
        for number in range(count):
            moment = start + number * step
            for labels, value in at(moment):
                series.setdefault(tuple(sorted(labels.items())), []).append([moment, _text(value)])
        return {
            "resultType": "matrix",
            "result": [{"metric": dict(labels), "values": values} for labels, values in series.items()],
        }


def _text(value):
    return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}.get(str(value), str(value))


def _handler(standin):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            parts = urlsplit(self.path)
            self._answered(parts.path, parse_qs(parts.query))

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answered(urlsplit(self.path).path, parse_qs(body))

        def _answered(self, path, form):
            standin.requests[path] += 1
            standin.headers.append(dict(self.headers))
            fault = standin.next_fault(path)
            headers, trickle, kind = {}, None, "application/json"
            if fault is None:
                status, found = standin.answer(path, form)
                body = json.dumps(found).encode()
            else:
                status, body, headers, _, trickle, kind = fault
            try:
                self.send_response(status)
                for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if trickle is None:
                    self.wfile.write(body)
                else:
                    for byte in body:
                        self.wfile.write(bytes((byte,)))
                        time.sleep(trickle)
            except OSError:
                pass
            if fault is not None:
                self.close_connection = True

        def log_message(self, *_):
            pass

    return Handler
