"""Monitors and samples by the thousand, from a seed: spikes, gaps, ramps, flapping, silence, groups that come and go."""

import random

from loopcheck_checks.systems.datadog import Monitor, Options, Thresholds

START = 1_793_520_000  # 2026-11-01T08:00Z, a multiple of every interval here
NAMES = {1: "OK", 2: "No Data", 3: "Warn", 4: "Alert", 0: None}
FORMULAS = (
    ("sum:a{{*}}{by}.as_count() / sum:b{{*}}{by}.as_count() * 100", lambda v: v[0] / v[1] * 100),
    ("(sum:a{{*}}{by}.as_count() - sum:b{{*}}{by}.as_count()) * 2", lambda v: (v[0] - v[1]) * 2),
    ("-sum:a{{*}}{by}.as_count() + 8 / (sum:b{{*}}{by}.as_count() - 4)", lambda v: -v[0] + 8 / (v[1] - 4)),
)


def samples(rng, interval, since, until):
    """One series: a dict of seconds to values, which are quarters, so that sums are exact."""
    shape = rng.choice(["spiky", "ramp", "flap", "flat", "counter", "sparse", "noise"])
    stamps = list(range(since, until, interval))
    level = rng.choice([0, 0, 5, 20])
    out = {}
    for number, stamp in enumerate(stamps):
        part = number / len(stamps)
        value = {
            "spiky": level + (40 if rng.random() < 0.05 else 0),
            "ramp": level + 60 * part,
            "flap": level + (30 if (number // 7) % 2 else 0),
            "flat": level,
            "counter": rng.choice([0, 0, 0, 1, 2, 3]),
            "sparse": level + 30 * rng.random(),
            "noise": level + 30 * rng.random(),
        }[shape]
        if shape == "sparse" and rng.random() < 0.8:
            continue
        out[stamp] = round(value * 4) / 4
    for _ in range(rng.choice([0, 0, 1, 3])):  # gaps
        begin = rng.choice(stamps)
        for stamp in range(begin, begin + rng.choice([2, 6, 20, 60]) * interval, interval):
            out.pop(stamp, None)
    if rng.random() < 0.1:  # a group that is new
        first = rng.choice(stamps)
        out = {stamp: value for stamp, value in out.items() if stamp >= first}
    if rng.random() < 0.02:
        out = {}
    return out


def case(rng):
    """A monitor as Datadog has it, the same for the reference, its samples, and the times."""
    unit, number = rng.choice([("m", 5), ("m", 5), ("m", 1), ("m", 10), ("m", 15), ("m", 30), ("h", 1), ("h", 2)])
    window = number * {"m": 60, "h": 3600}[unit]
    method = rng.choice(["avg", "avg", "sum", "min", "max", "last", "p50", "p90", "p95"])
    form = rng.choice(["plain", "plain", "plain", "zero", "change", "pct_change", "formula"])
    grouped = rng.random() < 0.5
    by = " by {host}" if grouped else ""
    counted = form == "formula" or method == "sum"
    sign = rng.choice([">", ">", ">=", "<", "<=", "==", "!="])
    critical = rng.choice([-5, 0, 1, 5, 15, 15.25, 25, 30, 45])
    away = 1 if sign.startswith(">") else -1
    reference = {
        "window": window, "unit": unit, "method": method, "sign": sign, "critical": critical,
        "grouped": grouped, "counted": False,
    }  # fmt: skip
    interval = 60
    if form == "formula":
        method = reference["method"] = "sum"
        expression, reference["formula"] = rng.choice(FORMULAS)
        expression, metrics = expression.format(by=by), 2
    else:
        expression, metrics = f"sum:a{{*}}{by}" + (".as_count()" if method == "sum" else ""), 1
        if method in ("min", "max", "last") or method.startswith("p"):
            interval = 20 if window <= 3600 else 60
    if method == "sum" and form == "pct_change":
        expression = f"sum:a{{*}}{by}.rollup(sum, {interval})"
    elif rng.random() < 0.15 and form != "formula" and window >= 600:
        interval = rng.choice([120, 300])
        expression = expression.removesuffix(".as_count()") + f".rollup(sum, {interval})"
    if form == "zero":
        expression = f"default_zero({expression})"
        reference["zero"] = True
    call = f"{method}(last_{number}{unit})"
    if form.endswith("change"):
        ago = rng.choice([5, 10, 30])
        call = f"{form}({call},last_{ago}m)"
        reference |= {"shift": ago * 60, "percent": form == "pct_change"}
    reference["counted"] = counted and form != "zero"
    options = {}
    for name, values in {
        "require_full_window": [None, False, True],
        "evaluation_delay": [None, 0, 60, 300],
        "on_missing_data": [None, None, "default", "show_no_data", "show_and_notify_no_data", "resolve"],
        "notify_no_data": [None, False, True],
        "no_data_timeframe": [None, 5, 10],
        "timeout_h": [None, None, 1],
    }.items():
        options[name] = reference[name] = rng.choice(values)
    options["new_group_delay"] = rng.choice([None, 0, 300])
    reference["new_group_delay"] = 60 if options["new_group_delay"] is None else options["new_group_delay"]
    thresholds = {"critical": float(critical)}
    if rng.random() < 0.5:
        thresholds["critical_recovery"] = critical - away * rng.choice([0, 2, 10])
    if rng.random() < 0.7:
        thresholds["warning"] = critical - away * rng.choice([1, 5, 12])
        if rng.random() < 0.5:
            thresholds["warning_recovery"] = thresholds["warning"] - away * rng.choice([0, 3])
    reference |= {name: value for name, value in thresholds.items() if name != "critical"}
    monitor = Monitor(
        query=f"{call}:{expression} {sign} {critical}",
        type="query alert",
        id=1,
        options=Options(thresholds=Thresholds(**thresholds), **options),
    )
    since = START
    start = since + 7200
    until = start + rng.choice([3600, 7200])
    return monitor, reference, [samples(rng, interval, since, until) for _ in range(metrics)], (since, start, until)


def cases(count, seed=4):
    """So many of them, always the same."""
    rng = random.Random(seed)  # noqa: S311 - the same numbers each time
    return (case(rng) for _ in range(count))
