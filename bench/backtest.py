"""How long a backtest of Datadog monitors takes: `python bench/backtest.py [MONITORS [DAYS]]`.

A Datadog in another process answers each request after 50 ms. Monitors are replayed beside one another, as the command
line does it; what they need at the same time is asked in one request, and so is what they really did. The CPU time is
that of this process alone, split by where it goes, and stands beside that of a loop over the same samples.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import wraps
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from loopcheck.replay import Window
from loopcheck.testing import RepositoryBuilder
from loopcheck_checks.datadog_monitor import DatadogMonitorChecker

LATENCY = 0.05
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT_ONCE = 32


def value(at: int) -> float:
    """A metric with a daily wave and a spike every few hours."""
    return 20 + 8 * math.sin(at / 86400 * 2 * math.pi) + (30 if at // 60 % 371 < 9 else 0)


def serve(port, sizes, monitors):
    """Be Datadog, as much of it as a backtest needs."""
    made = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            parts = urlsplit(self.path)
            time.sleep(LATENCY)
            body = answers(parts.path, parse_qs(parts.query))
            with sizes.get_lock():
                sizes.value += len(body)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    def answers(path, query):
        if path.endswith("/validate"):
            return b'{"valid": true}'
        if path.endswith("/monitor"):
            return json.dumps([monitor(number) for number in range(monitors)]).encode()
        if path.endswith(("/downtime", "/notification_rule")):
            return b'{"data": []}'
        if path.endswith("/events"):
            return b'{"data": [], "meta": {"page": {}}}'
        begin, end = int(query["from"][0]), int(query["to"][0])
        if (begin, end) not in made:
            points = [[at * 1000, value(at)] for at in range(begin - begin % 60, end + 1, 60)]
            made[begin, end] = json.dumps(points)
        number = query["query"][0].count(".rollup(")
        series = ",".join(
            f'{{"query_index": {place}, "interval": 60, "tag_set": [], "scope": "*", "pointlist": {made[begin, end]}}}'
            for place in range(number)
        )
        return f'{{"status": "ok", "series": [{series}]}}'.encode()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port.value = server.server_port
    server.serve_forever()


def monitor(number):
    """A monitor of its own metric, with a recovery threshold."""
    options = {"thresholds": {"critical": 40.0, "critical_recovery": 30.0}, "silenced": {}}
    query = f"avg(last_{(5, 10, 15, 30)[number % 4]}m):avg:shop.metric_{number}{{env:prod}} > 40"
    return {
        "id": number + 1,
        "name": f"Monitor {number}",
        "type": "query alert",
        "query": query,
        "options": options,
        "modified": "2026-01-01T00:00:00+00:00",
    }


def loop(times, values, window, critical, recovery):
    """What a script would do: one evaluation after the other, each over the samples of its window."""
    firing, firings = False, 0
    for at in range(int(times[0]) + window, int(times[-1]) + 61, 60):
        inside = values[bisect_left(times, at - window) : bisect_right(times, at - 60)]
        if not inside:
            continue
        mean = statistics.fmean(inside)
        if mean > critical and not firing:
            firing, firings = True, firings + 1
        elif mean <= recovery:
            firing = False
    return firings


def cpu() -> float:
    """CPU seconds of this process."""
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def split():
    """CPU seconds by what they are spent on, from now on: a counter that fills while monitors are replayed."""
    from loopcheck_checks.datadog_monitor.replay import history, looking
    from loopcheck_checks.systems.datadog import events, timeseries
    from loopcheck_checks.systems.datadog.client import Client

    spent = Counter()
    parts = {
        "client": [(Client, "get")],
        "JSON": [(timeseries, "_read"), (timeseries, "_flat"), (events, "decode")],
        "arrays": [
            (timeseries, "_series"),
            (history, "compare"),
            *((looking, name) for name in ("_joined", "evaluate", "spells", "_firings", "_curves")),
        ],
    }
    for label, places in parts.items():
        for owner, name in places:
            setattr(owner, name, counted(spent, label, getattr(owner, name)))
    return spent


def counted(spent, label, function):
    """A function whose CPU time is counted."""

    @wraps(function)
    def call(*args, **kwargs):
        began = time.thread_time()
        try:
            return function(*args, **kwargs)
        finally:
            spent[label] += time.thread_time() - began

    return call


def main() -> None:
    """Replay them all, and print what it took."""
    monitors = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    days = float(sys.argv[2]) if len(sys.argv) > 2 else 7
    context = multiprocessing.get_context("fork")
    port, sizes = context.Value("i", 0), context.Value("q", 0)
    server = context.Process(target=serve, args=(port, sizes, monitors), daemon=True)
    server.start()
    while not port.value:
        time.sleep(0.01)
    try:
        measure(monitors, days, f"http://127.0.0.1:{port.value}", sizes)
    finally:
        server.kill()


def measure(monitors, days, url, sizes):
    """Replay all monitors over the last `days`."""
    window = Window(NOW - timedelta(days=days), NOW)
    checker = DatadogMonitorChecker()
    with tempfile.TemporaryDirectory() as folder:
        repository = RepositoryBuilder(Path(folder))
        repository.commit({"README.md": "A checkout.\n"})
        environment = {"DD_API_KEY": "a", "DD_APP_KEY": "b", "LOOPCHECK_DATADOG_URL": url}
        world = (session := repository.session(environment=environment, now=NOW)).world()
        expected = [checker.named(str(number + 1), world) for number in range(monitors)]
        parts = split()
        asked, began, spent = session.counts["datadog"], time.perf_counter(), cpu()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            replays = list(pool.map(lambda one: checker.replay(one, window, world), expected))
        wall, used = time.perf_counter() - began, cpu() - spent
        requests = session.counts["datadog"] - asked
        session.repository.close()
    times = list(range(int(window.start.timestamp()), int(window.end.timestamp()), 60))
    values = [value(at) for at in times]
    spent = cpu()
    firings = [loop(times, values, (300, 600, 900, 1800)[number % 4], 40, 30) for number in range(4)]
    looped = (cpu() - spent) / 4 * monitors
    evaluations = monitors * len(times)
    print(f"{monitors} monitors over {days:g} days, {evaluations:,} evaluations, {LATENCY * 1e3:.0f} ms a request")
    print(f"  firings                     {sum(len(one.firings) for one in replays)}, the loop's {firings} each")
    print(f"  requests                    {requests} for {monitors} distinct queries and what the monitors did")
    print(f"  wall                        {wall:6.2f} s, of which {requests * LATENCY:.2f} s are waiting")
    print(f"  CPU                         {used:6.2f} s: samples read, evaluated, put into firings and curves")
    print(f"    client and HTTP           {parts['client']:6.2f} s")
    print(f"    JSON into arrays          {parts['JSON']:6.2f} s, of {sizes.value / 1e6:.0f} MB")
    print(f"    arithmetic on arrays      {parts['arrays']:6.2f} s")
    print(f"    the rest                  {used - sum(parts.values()):6.2f} s")
    print(f"  CPU of arithmetic alone     {arithmetic(world, times, values):6.2f} s, one monitor after the other")
    print(f"  CPU of a loop over samples  {looped:6.2f} s, without reading them")


def arithmetic(world, times, values):
    """CPU seconds of evaluating the same number of monitors, without reading anything."""
    import numpy as np

    from loopcheck_checks.datadog_monitor.replay.evaluate import Points, evaluate
    from loopcheck_checks.datadog_monitor.replay.plan import plan
    from loopcheck_checks.datadog_monitor.replay.states import spells
    from loopcheck_checks.systems.datadog import list_monitors

    rules = [plan(one) for one in list_monitors(world)[0]]
    points = Points(np.array(times, dtype=float), np.array(values))
    grid = np.arange(times[0], times[-1] + 61, 60, dtype=float)
    spent = cpu()
    for rule in rules:
        spells(rule, evaluate(rule, [points], grid, times[0], times[-1]))
    return cpu() - spent


if __name__ == "__main__":
    main()
