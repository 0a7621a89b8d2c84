"""Windows of samples with rules over them, by the hundred: spikes, gaps, ramps, flapping, missing scrapes, resets."""

import json
import random
import re
import subprocess

import msgspec

SCRAPE = 15
LENGTH = 5400
"""Seconds."""
STEPS = (15, 30, 60)


class Example(msgspec.Struct, frozen=True):
    """A rule and the samples that it reads, of its own label `w`."""

    number: int
    step: int
    hold: int
    keep: int
    expr: str
    series: dict[str, list[float | None]]
    """Values at each scrape; `None` where it was missed."""


def examples(count, seed=20261125):
    """`count` windows, the same each time."""
    chance = random.Random(seed)  # noqa: S311 - the same each time is what is wanted
    return [_example(number, chance) for number in range(count)]


def _example(number, chance):
    w = f'w="{number}"'
    kinds = {
        "gauge": (f"g{{{w}}} > 10", {f'g{{{w},i="a"}}': _gauge, f'g{{{w},i="b"}}': _gauge}),
        "below": (f"10.5 > g{{{w}}}", {f"g{{{w}}}": _gauge}),
        "mean": (f"avg_over_time(g{{{w}}}[2m]) >= 10", {f"g{{{w}}}": _gauge}),
        "rate": (
            f"rate(c_total{{{w}}}[2m]) > 3",
            {f'c_total{{{w},i="a"}}': _counter, f'c_total{{{w},i="b"}}': _counter},
        ),
        "increase": (f"sum by (w) (increase(c_total{{{w}}}[5m])) > 900", {f"c_total{{{w}}}": _counter}),
        "ratio": (
            f"sum(rate(c_total{{{w}}}[1m])) / sum(rate(d_total{{{w}}}[1m])) > 1.2",
            {f"c_total{{{w}}}": _counter, f"d_total{{{w}}}": _counter},
        ),
        "absent": (f"absent(g{{{w}}})", {f"g{{{w}}}": _gauge}),
        "and": (f"g{{{w}}} > 10 and on (w) h{{{w}}} < 10", {f"g{{{w}}}": _gauge, f"h{{{w}}}": _gauge}),
        "unless": (f"g{{{w}}} > 9 unless on (w) h{{{w}}} > 11", {f"g{{{w}}}": _gauge, f"h{{{w}}}": _gauge}),
        "bool": (f"(g{{{w}}} > bool 10) == 1", {f"g{{{w}}}": _gauge}),
        "subquery": (f"max_over_time(g{{{w}}}[3m:30s]) > 14", {f"g{{{w}}}": _gauge}),
    }
    expr, series = kinds[list(kinds)[number % len(kinds)]]
    return Example(
        number,
        step=chance.choice(STEPS),
        hold=chance.choice((0, 0, 15, 40, 60, 90, 300, 420)),
        keep=chance.choice((0, 0, 0, 30, 45, 120, 600)),
        expr=expr,
        series={name: make(chance) for name, make in series.items()},
    )


def _gauge(chance):
    n = LENGTH // SCRAPE
    shape = chance.choice(("spikes", "ramp", "flapping", "noise", "steps"))
    values = [chance.uniform(5, 9) for _ in range(n)]
    if shape == "spikes":
        for _ in range(chance.randint(1, 8)):
            begin = chance.randrange(n)
            for at in range(begin, min(n, begin + chance.randint(1, 60))):
                values[at] = chance.uniform(10.01, 30)
    elif shape == "ramp":
        values = [4 + 12 * at / n + chance.uniform(-0.3, 0.3) for at in range(n)]
    elif shape == "flapping":
        period = chance.randint(2, 12)
        values = [15.0 if (at // period) % 2 else 8.0 for at in range(n)]
    elif shape == "noise":
        values = [chance.gauss(10, 2) for _ in range(n)]
    else:
        level = 8.0
        for at in range(n):
            level = chance.choice((8.0, 10.0, 12.0)) if chance.random() < 0.03 else level
            values[at] = level
    return _gaps(chance, [round(value, 3) for value in values])


def _counter(chance):
    n = LENGTH // SCRAPE
    total, values, busy = chance.uniform(0, 1e6), [], False
    for _ in range(n):
        busy = not busy if chance.random() < 0.03 else busy
        total += chance.uniform(60, 120) if busy else chance.uniform(0, 30)
        if chance.random() < 0.01:
            total = chance.uniform(0, 20)  # the process was started again
        values.append(round(total, 2))
    return _gaps(chance, values)


def _gaps(chance, values):
    """Single scrapes that failed, and now and then a stretch longer than the look-back of five minutes."""
    missed = chance.choice((0, 0, 0.02, 0.2))
    out = [None if chance.random() < missed else value for value in values]
    for _ in range(chance.choice((0, 0, 1, 3))):
        begin = chance.randrange(len(out))
        for at in range(begin, min(len(out), begin + chance.randint(3, 40))):
            out[at] = None
    return out


def openmetrics(those, start):
    """The samples as if they had been scraped from `start` on."""
    by_metric = {}
    for example in those:
        for name, values in example.series.items():
            lines = by_metric.setdefault(name.partition("{")[0], [])
            lines += [f"{name} {value} {start + at * SCRAPE}" for at, value in enumerate(values) if value is not None]
    out = []
    for metric, lines in by_metric.items():
        kind = "counter" if metric.endswith("_total") else "gauge"
        out += [f"# TYPE {metric.removesuffix('_total')} {kind}", *lines]
    return "\n".join([*out, "# EOF", ""])


def rule_file(those):
    """The rules, each in a group of its own interval. JSON is YAML."""
    return json.dumps(
        {
            "groups": [
                {
                    "name": f"g{one.number}",
                    "interval": f"{one.step}s",
                    "rules": [
                        {
                            "alert": f"W{one.number}",
                            "expr": one.expr,
                            "for": f"{one.hold}s",
                            "keep_firing_for": f"{one.keep}s",
                            "labels": {"severity": "page"},
                        }
                    ],
                }
                for one in those
            ]
        }
    )


_GOT = re.compile(r'expr: "ALERTS[^\n]*, time: (\S+),\s*\n\s*exp:[^\n]*\n\s*got: ?([^\n]*)')
_ALERT = re.compile(r"\{([^{}]*)\}")
_LABEL = re.compile(r'(\w+)=\\?"([^"\\]*)\\?"')


def by_promtool(those, folder):
    """When each alert fired, as Prometheus's own rule manager has it: per example and labels the evaluations."""
    fired = {}
    for step in STEPS:
        some = [one for one in those if one.step == step]
        if not some:
            continue
        (folder / f"rules{step}.yml").write_text(rule_file(some))
        test = {
            "rule_files": [f"rules{step}.yml"],
            "evaluation_interval": f"{step}s",
            "tests": [
                {
                    "interval": f"{SCRAPE}s",
                    "input_series": [
                        {"series": name, "values": " ".join("_" if v is None else str(v) for v in values)}
                        for one in some
                        for name, values in one.series.items()
                    ],
                    "promql_expr_test": [
                        {"expr": 'ALERTS{alertstate="firing"}', "eval_time": f"{at}s", "exp_samples": []}
                        for at in range(0, LENGTH, step)
                    ],
                }
            ],
        }
        (folder / f"test{step}.yml").write_text(json.dumps(test))
        done = subprocess.run(
            ["promtool", "test", "rules", f"test{step}.yml"], cwd=folder, capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        assert "FAILED" in said, said[:2000]
        for time, got in _GOT.findall(said):
            for labels in _ALERT.findall(got):
                found = dict(_LABEL.findall(labels))
                number = int(found["alertname"][1:])
                own = tuple(
                    sorted(
                        it for it in found.items() if it[0] not in ("__name__", "alertname", "alertstate", "severity")
                    )
                )
                fired.setdefault((number, own), []).append(round(_seconds(time) / step))
    return fired


def _seconds(text):
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([0-9.]+)(ms|[hms])", text))
