"""Datadog on this machine: as much of its API as loopcheck asks, over real HTTP, with a memory and with faults.

A request that nobody expects is refused, remembered, and fails the test at the end.

    with DatadogStandIn(monitors=[…]) as datadog:
        session = repository.session(environment=datadog.environment)
"""

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

VALIDATE = "/api/v1/validate"
MONITORS = "/api/v1/monitor"
DOWNTIMES = "/api/v2/downtime"
RULES = "/api/v2/monitor/notification_rule"

_PARAMETERS = {
    VALIDATE: set(),
    MONITORS: {"page", "page_size"},
    DOWNTIMES: {"current_only", "page[offset]", "page[limit]"},
    RULES: {"page", "per_page"},
}


class DatadogStandIn:
    """A Datadog with one organisation.

    Attributes:
        monitors: what the organisation has; may be changed while it runs.
        requests: how often each path was asked for.
        unexpected: the requests that are no part of what loopcheck should ask.
    """

    def __init__(self, monitors=(), downtimes=(), rules=(), api_key="good-api-key", app_key="good-app-key"):
        self.monitors = list(monitors)
        self.downtimes = list(downtimes)
        self.rules = list(rules)
        self.api_key = api_key
        self.app_key = app_key
        self.requests = Counter()
        self.queries = []
        self.unexpected = []
        self.max_page = 1000
        """The most downtimes that a page holds, whatever was asked for."""
        self.latency = 0
        """Seconds that each answer takes."""
        self.after_page = lambda path, page: None
        """Called after a page was sent, to change what there is."""
        self._faults = {}
        self._lock = threading.Lock()

    def __enter__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, kind, *_):
        self._server.shutdown()
        self._server.server_close()
        if kind is None:
            assert not self.unexpected, f"nobody should ask for {self.unexpected}"

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def environment(self):
        """What loopcheck needs to ask this stand-in."""
        return {"DD_API_KEY": "good-api-key", "DD_APP_KEY": "good-app-key", "LOOPCHECK_DATADOG_URL": self.url}

    def fault(self, path, status=200, body=b"", *, headers=None, times=None, trickle=None, kind="application/json"):
        """Answer `path` like this, `times` times or for ever. `trickle` sends a byte each so many seconds."""
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._faults.setdefault(path, []).append([status, body, headers or {}, times, trickle, kind])

    def _next_fault(self, path):
        with self._lock:
            waiting = self._faults.get(path, [])
            while waiting and waiting[0][3] == 0:
                waiting.pop(0)
            if not waiting:
                return None
            if waiting[0][3] is not None:
                waiting[0][3] -= 1
            return waiting[0]

    def answer(self, path, query, headers):
        """Status and body for a request without faults."""
        if set(query) - _PARAMETERS[path]:
            self.unexpected.append(f"{path}?{query}")
            return 400, {"errors": ["unexpected parameter"]}
        if headers.get("DD-API-KEY") != self.api_key:
            return 403, {"errors": ["Forbidden"]}
        if path == VALIDATE:
            return 200, {"valid": True}
        if headers.get("DD-APPLICATION-KEY") != self.app_key:
            return 403, {"errors": ["Forbidden"]}
        if path == MONITORS:
            page, size = int(query["page"][0]), int(query["page_size"][0])
            found = self.monitors[page * size : (page + 1) * size]
            self.after_page(path, page)
            return 200, found
        if path == DOWNTIMES:
            offset, size = int(query["page[offset]"][0]), min(int(query["page[limit]"][0]), self.max_page)
            page = {"total_filtered_count": len(self.downtimes)}
            return 200, {"data": self.downtimes[offset : offset + size], "meta": {"page": page}}
        page, size = int(query["page"][0]), int(query["per_page"][0])
        return 200, {"data": self.rules[page * size : (page + 1) * size]}


def _handler(standin):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or each answer waits 40 ms for an acknowledgement

        def do_GET(self):
            parts = urlsplit(self.path)
            with standin._lock:
                standin.requests[parts.path] += 1
                standin.queries.append(self.path)
            if parts.path not in _PARAMETERS:
                standin.unexpected.append(f"GET {self.path}")
                self._send(404, b'{"errors": ["Not found"]}')
                return
            fault = standin._next_fault(parts.path)
            if fault:
                status, body, headers, _, trickle, kind = fault
                self._send(status, body, headers, trickle, kind)
                return
            status, answer = standin.answer(parts.path, parse_qs(parts.query), self.headers)
            self._send(status, json.dumps(answer).encode())

        def _refuse(self):
            standin.unexpected.append(f"{self.command} {self.path}")
            self._send(405, b"{}")

        do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _refuse  # noqa: N815 - http.server's names

        def _send(self, status, body, headers=None, trickle=None, kind="application/json"):
            if standin.latency:
                time.sleep(standin.latency)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", (headers or {}).get("Content-Length", str(len(body))))
            for name, value in (headers or {}).items():
                if name != "Content-Length":
                    self.send_header(name, value)
            self.end_headers()
            try:
                for place in range(0, len(body), 1 if trickle else max(1, len(body))):
                    self.wfile.write(body[place : place + 1] if trickle else body)
                    self.wfile.flush()
                    time.sleep(trickle or 0)
                if (headers or {}).get("Content-Length"):  # promised more than was sent
                    self.close_connection = True
            except OSError:
                pass  # whoever asked has left

        def log_message(self, *_):
            pass

    return Handler
