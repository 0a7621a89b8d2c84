"""What answers in Datadog's place while the demo replays an alert: samples of one metric, over HTTP, to this machine.

Only samples: which alert is replayed is said by the demo's repository, and when it fires is found by the same code that
asks Datadog itself. It knows one formula, is sent no real key, and goes away with the demo.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from loopcheck.demo.samples import DAY, EVERY, METRIC, REPLICAS, delay

_QUERY = re.compile(
    rf"(?:avg|min|max|sum):{re.escape(METRIC)}\{{env:prod\}} by \{{host\}}\.rollup\((avg|min|max), ?([0-9]+)\)"
)
"""A series for each host. There is one of each, so that it does not matter how those of a host come together."""
_TIME = re.compile(r"[0-9]{1,11}")
_ROLLED: Mapping[str, Callable[[list[float]], float]] = {
    "avg": lambda values: sum(values) / len(values),
    "min": min,
    "max": max,
}


@contextmanager
def answering(started: datetime) -> Iterator[Mapping[str, str]]:
    """Answer for as long as the context lasts.

    Args:
        started: when the incident began.

    Yields:
        The environment in which a run asks here, and nobody else.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(started.timestamp()))
    server.daemon_threads = True
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield {
            "DD_API_KEY": "of-the-demo",
            "DD_APP_KEY": "of-the-demo",
            "LOOPCHECK_DATADOG_URL": f"http://127.0.0.1:{server.server_address[1]}",
        }
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(started: float) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            found = _QUERY.fullmatch(asked.get("query", ""))
            times = [asked[name] for name in ("from", "to") if _TIME.fullmatch(asked.get(name, ""))]
            if address.path != "/api/v1/query" or found is None or len(times) < 2:
                self.send_error(404)
                return
            body = json.dumps(_answer(started, found, int(times[0]), int(times[1]))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the class
            """Nothing: the demo's output is the user's."""

    return Handler


def _answer(started: float, found: re.Match[str], begin: int, end: int) -> dict[str, Any]:
    how, interval = _ROLLED[found[1]], max(EVERY, int(found[2][:6]) // EVERY * EVERY)
    begin = max(begin, int(started - DAY.total_seconds()))
    end = min(end, int(started + DAY.total_seconds()))
    series = [
        {
            "query_index": 0,
            "interval": interval,
            "tag_set": [f"host:{host}"],
            "pointlist": [
                [at * 1000, how([delay(host, one - started) for one in range(at, at + interval, EVERY)])]
                for at in range(-(-begin // interval) * interval, end + 1, interval)
            ],
        }
        for host in REPLICAS
    ]
    return {"status": "ok", "series": series}
