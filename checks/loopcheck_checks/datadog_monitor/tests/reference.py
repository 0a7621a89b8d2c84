"""A monitor, evaluated by brute force: one sample, one bucket, one evaluation at a time, straight from the pages.

It is what the replay is compared with, so it shares nothing with it: it knows no arrays, no rule made in advance and
no runs of states. Each step quotes the page that it follows, by title.

A monitor here is a dict:

    window, unit      "last_5m" is (300, "m")
    method            avg, sum, min, max, last, count or p95
    sign, critical, critical_recovery, warning, warning_recovery
    require_full_window, evaluation_delay, new_group_delay, grouped
    on_missing_data, notify_no_data, no_data_timeframe (minutes), counted, timeout_h
    shift, percent    of a change alert
    zero              default_zero
    formula           of metrics with as_count(): a function of a list of numbers
    renotify_interval, renotify_occurrences
"""

import math
from bisect import bisect_left, bisect_right
from collections import deque

INF = float("inf")


def crosses(value, sign, bound):
    if sign == ">":
        return value > bound
    if sign == ">=":
        return value >= bound
    if sign == "<":
        return value < bound
    if sign == "<=":
        return value <= bound
    return (value == bound) == (sign == "==")


def passed(value, sign, recovery):
    """'Recovery thresholds': the table of recovery conditions."""
    return {">": value <= recovery, ">=": value < recovery, "<": value >= recovery, "<=": value > recovery}[sign]


def frequency(seconds):
    """'Configure Monitors', 'Evaluation frequency'."""
    hours = seconds / 3600
    if hours < 24:
        return 60
    return 600 if hours < 48 else 1800


def bucket_length(unit):
    """'Metric Monitor', 'Data window'."""
    return {"m": 60, "h": 600, "d": 3600, "w": 3600, "mo": 14400}[unit]


def is_full(stamps, begin, end, unit):
    """'Metric Monitor': a point in the first bucket, and no more than three buckets without one."""
    length = bucket_length(unit)
    buckets = []
    left = begin
    while left + length <= end:
        buckets.append(0)
        left += length
    if not buckets:
        buckets = [0]
    for stamp in stamps:
        buckets[min(int((stamp - begin) // length), len(buckets) - 1)] += 1
    return buckets[0] > 0 and sum(1 for count in buckets if count == 0) <= 3


def reduce_window(numbers, method, sign):
    """'Configure Monitors', 'Aggregation method'; 'Metric Monitor', 'percentile(pXX)'."""
    if not numbers:
        return None
    if method == "avg":
        total = 0.0
        for number in numbers:
            total += number
        return total / len(numbers)
    if method == "sum":
        total = 0.0
        for number in numbers:
            total += number
        return total
    if method == "min":
        return min(numbers)
    if method == "max":
        return max(numbers)
    if method == "last":
        return numbers[-1]
    if method == "count":
        return float(len(numbers))
    # The strictest bound that so many percent of the points still reach.
    share = int(method[1:])
    needed = 1
    while needed * 100 < share * len(numbers):
        needed += 1
    downwards = sign in ("<", "<=")
    return sorted(numbers, reverse=not downwards)[needed - 1]


class Reference:
    """One group of a monitor.

    Args:
        monitor: the dict above.
        metrics: for each metric of the query its samples, a dict of the second at which a bucket begins to its value.
        interval: the length of those buckets, in seconds.
        since, until: from when to when samples were looked for.
    """

    def __init__(self, monitor, metrics, interval, since, until):
        self.monitor = monitor
        self.interval = interval
        self.since = since
        self.raw = sorted({stamp for metric in metrics for stamp in metric})
        self.metrics = [
            self._zeros(metric, since, until) if monitor.get("zero") else dict(metric) for metric in metrics
        ]
        if monitor.get("shift"):
            self.metrics = [self._difference(metric) for metric in self.metrics]
        self.stamps = [sorted(metric) for metric in self.metrics]
        self.births = [
            stamp
            for before, stamp in zip([-INF, *self.raw], self.raw, strict=False)
            if stamp - (before + self.interval) >= 86400
        ]
        self.state = None
        self.history = []

    def _zeros(self, metric, since, until):
        """'Interpolation', default_zero: nothing is 0. A group is forgotten after 24 hours ('Group retention time')."""
        out = {}
        stamp = -(-int(since) // self.interval) * self.interval
        while stamp < until:
            if not self.monitor["grouped"] or (self.raw and self.raw[0] <= stamp < self.raw[-1] + 86400):
                out[stamp] = metric.get(stamp, 0.0)
            stamp += self.interval
        return out

    def _difference(self, metric):
        """'Change alert monitors': a - b, or ((a - b) / b) * 100."""
        out = {}
        for stamp, now in metric.items():
            then = metric.get(stamp - self.monitor["shift"])
            if then is None:
                continue
            if not self.monitor.get("percent"):
                out[stamp] = now - then
            elif then != 0:
                out[stamp] = (now - then) / then * 100
        return out

    def _inside(self, number, begin, end):
        """When the buckets of a metric begin that lie wholly in a window."""
        stamps = self.stamps[number]
        return stamps[bisect_left(stamps, begin) : bisect_right(stamps, end - self.interval)]

    def _last_seen(self, end):
        seen = bisect_right(self.raw, end - self.interval)
        return self.raw[seen - 1] if seen else None

    def _first_seen(self, end):
        """When the group appeared, or appeared again after a day of silence ('New group delay')."""
        seen = bisect_right(self.births, end)
        born = self.births[seen - 1] if seen else None
        if seen == 1 and born <= self.since + self.monitor["window"]:
            return -INF
        return born

    def evaluate(self, moment):
        monitor = self.monitor
        end = moment - (monitor.get("evaluation_delay") or 0)
        begin = end - monitor["window"]
        last = self._last_seen(end)
        silent = INF if last is None else end - (last + self.interval)
        known = silent < 86400
        stamps, values = set(), []
        for number, metric in enumerate(self.metrics):
            inside = self._inside(number, begin, end)
            stamps.update(inside)
            values.append(reduce_window([metric[stamp] for stamp in inside], monitor["method"], monitor["sign"]))
        value = values[0]
        if "formula" in monitor:
            # 'as_count() in Monitor Evaluations': aggregation before arithmetic.
            try:
                value = None if None in values else monitor["formula"](values)
            except ZeroDivisionError:
                value = None
        if value is None and known and monitor.get("on_missing_data") == "default" and monitor["counted"]:
            value, stamps = 0.0, None
        self.state = self._after(value, stamps, begin, end, silent, known)
        self.history.append(self.state)
        return value

    def _after(self, value, stamps, begin, end, silent, known):
        monitor, state = self.monitor, self.state
        if not known and not (value is not None and not monitor["grouped"]):
            return None  # 'Monitor groups and retention'
        born = self._first_seen(end)
        if monitor["grouped"] and born is not None and end - born < monitor["new_group_delay"]:
            return state
        if value is None:
            if monitor.get("timeout_h") and silent >= monitor["timeout_h"] * 3600:
                return "OK"  # 'Auto resolve'
            return self._without_data(silent)
        if monitor.get("require_full_window") and not is_full(
            self._stamps(stamps, begin, end), begin, end, monitor["unit"]
        ):
            return state  # 'the evaluation is canceled and the monitor state is unchanged'
        return self._with_data(value)

    def _stamps(self, stamps, begin, end):
        if stamps is not None:
            return stamps
        return [stamp for number in range(len(self.metrics)) for stamp in self._inside(number, begin, end)]

    def _without_data(self, silent):
        """'Migrating to On Missing Data Configuration', and the older options of the API reference."""
        word = self.monitor.get("on_missing_data")
        if word == "resolve":
            return "OK"
        if word in ("show_no_data", "show_and_notify_no_data"):
            return "No Data"
        if word is None and self.monitor.get("notify_no_data"):
            minutes = self.monitor.get("no_data_timeframe")
            after = minutes * 60 if minutes else 2 * self.monitor["window"]
            if silent >= after:
                return "No Data"
        return self.state

    def _with_data(self, value):
        monitor = self.monitor
        sign = monitor["sign"]
        if crosses(value, sign, monitor["critical"]):
            return "Alert"
        recoverable = sign in (">", ">=", "<", "<=")
        recovery = monitor.get("critical_recovery")
        if self.state == "Alert" and recovery is not None and recoverable and not passed(value, sign, recovery):
            return "Alert"
        warning = monitor.get("warning")
        if warning is not None and crosses(value, sign, warning):
            return "Warn"
        recovery = monitor.get("warning_recovery")
        held = recovery is not None and recoverable and not passed(value, sign, recovery)
        return "Warn" if self.state in ("Alert", "Warn") and held else "OK"


def replay(monitor, metrics, interval, since, until, start, end):
    """The states at each evaluation, and what was compared there."""
    group = Reference(monitor, metrics, interval, since, until)
    step = frequency(monitor["window"])
    moment = math.ceil(start / step) * step
    compared = []
    while moment <= end:
        compared.append(group.evaluate(moment))
        moment += step
    return group.history, compared


def composite(text, states, notify_no_data):
    """'Composite Monitor': one condition over the states of monitors, by id; the last state for one that is unknown."""
    severity = {"OK": 1, "No Data": 2, "Warn": 3, "Alert": 4}
    names = {number: name for name, number in severity.items()}
    history, last = [], "OK"
    for moment in zip(*states.values(), strict=True):
        now = dict(zip(states, moment, strict=True))
        if None in now.values():
            history.append(None)
            last = None
            continue

        def either(queue):
            value = both(queue)
            while queue and queue[0] == "||":
                queue.popleft()
                value = max(value, both(queue))
            return value

        def both(queue):
            value = one(queue)
            while queue and queue[0] == "&&":
                queue.popleft()
                value = min(value, one(queue))
            return value

        def one(queue, now=now):
            word = queue.popleft()
            if word == "!":
                value = one(queue)
                return {1: 4, 2: 2, 3: 1, 4: 1}[value]
            if word == "(":
                value = either(queue)
                queue.popleft()
                return value
            return severity[now[int(word)]]

        spaced = text.replace("(", " ( ").replace(")", " ) ").replace("!", " ! ")
        state = names[either(deque(spaced.split()))]
        if state == "No Data" and not notify_no_data:
            state = last
        last = state
        history.append(state)
    return history
