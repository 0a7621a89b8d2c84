"""What every stand-in is: an HTTP server on this machine, with faults, that ends with its test."""

import gzip
import itertools
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler

from standins.faults import Planned
from standins.listening import Port


class Served:
    """Answers requests from within a `with`, and then fails the test if something was asked that nobody expects.

    A stand-in has two methods of its own, called in the server's threads: `_call(method, target, headers)` makes of a
    request what its routes are given, with the attributes `method`, `path`, `number` and `fault`; and `_reply(call,
    body)` answers it with (status, headers, body). The log has the status as `answered`; `None` where a fault befell it.

    Attributes:
        requests: the log, one call each.
        unexpected: requests that no route, or no parameter of a route, is there for.
        errors: what failed inside the stand-in, or does not fit the published description.
        latency: seconds that each answer takes.
        after: called with each call after it was answered, to change what there is.
    """

    FAULTS = {}
    """What `fault` knows by name."""

    def __init__(self):
        self.requests = []
        self.unexpected = []
        self.errors = []
        self.latency = 0
        self.after = lambda call: None
        self._planned = []
        self._count = itertools.count(1)
        self._state = threading.RLock()
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def __enter__(self):
        self._port = Port(_handler(self))
        return self

    def __exit__(self, kind, *_):
        self._stopping.set()
        self._port.close()
        if kind is None:
            assert not self.errors, "\n".join(self.errors)
            assert not self.unexpected, f"nobody should ask for {self.unexpected}"

    @property
    def url(self):
        """The address of the API."""
        return f"http://127.0.0.1:{self._port.number}"

    def fault(self, when, how, *, times=1, after=0):
        """Let something go wrong.

        Args:
            when: `"GET /repos/*/issues"`, `*` for anything, or a function of the call.
            how: a `Fault`, or the name of one of `FAULTS`.
            times: how many of the requests that fit it befalls; `None` for all.
            after: how many of them pass unharmed first.
        """
        planned = Planned(when, self.FAULTS[how] if isinstance(how, str) else how, times, after)
        self._planned.append(planned)
        return planned

    def asked(self, pattern="*"):
        """The requests in the log that fit: `"POST *"`."""
        return [
            call for call in self.requests if re.fullmatch(pattern.replace("*", ".*"), f"{call.method} {call.path}")
        ]

    # What follows runs in the server's threads.

    def receive(self, method, target, headers, raw):
        """Whether a fault befalls the request, and its answer: (fault or None, status, headers, body)."""
        call = self._call(method, target, headers)
        with self._lock:
            call.number = next(self._count)
            self.requests.append(call)
            fault = next((planned.fault for planned in self._planned if planned.takes(call)), None)
        call.fault = fault
        if fault and fault.status is not None and not fault.done:
            more = fault.headers(self) if callable(fault.headers) else fault.headers or {}
            body = fault.body if isinstance(fault.body, bytes) else json.dumps(fault.body).encode()
            return fault, fault.status, {"Content-Type": fault.kind, **self._common(), **more}, body
        if fault and (fault.cut or fault.hang) and not fault.done:
            return fault, 0, {}, b""
        with self._state:
            status, sent, body = self._reply(call, raw)
            call.answered = status
            self.after(call)
        if fault and fault.spoil:
            status, sent, body = fault.spoil(status, sent, body) or (status, sent, body)
        if fault and fault.status is not None:  # done, and said to have failed
            status, body = fault.status, json.dumps(fault.body).encode()
        return fault, status, sent, body

    def _common(self):
        """Headers that every answer has."""
        return {}


def _handler(standin):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or each answer waits 40 ms for an acknowledgement

        def _any(self):
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault, status, headers, body = standin.receive(self.command, self.path, self.headers, raw)
            if standin.latency:
                time.sleep(standin.latency)
            if fault and fault.hang:
                self._until_left()
            if fault and (fault.cut or fault.hang):
                self.close_connection = True
                return
            self._send(status, headers, body, fault.trickle if fault else 0)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _any  # noqa: N815 - http.server's names

        def _until_left(self):
            self.connection.settimeout(0.02)
            while not standin._stopping.is_set():
                try:
                    if not self.connection.recv(1):
                        return
                except TimeoutError:
                    continue
                except OSError:
                    return

        def _send(self, status, headers, body, trickle):
            promised = headers.pop("Content-Length", None)
            if promised is None and len(body) > 1000 and "gzip" in self.headers.get("Accept-Encoding", ""):
                body = gzip.compress(body, 1)
                headers["Content-Encoding"] = "gzip"
            self.log_request(status)
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status not in (204, 304):
                self.send_header("Content-Length", promised or str(len(body)))
            self.end_headers()
            if self.command == "HEAD":
                return
            try:
                for place in range(0, len(body), 1 if trickle else max(1, len(body))):
                    self.wfile.write(body[place : place + 1] if trickle else body)
                    self.wfile.flush()
                    if trickle and standin._stopping.wait(trickle):
                        break
            except OSError:
                self.close_connection = True  # whoever asked has left
            if promised:
                self.close_connection = True

        def log_message(self, *_):
            pass

    return Handler
