"""The samples of the stand-in for Datadog, and the route that gives them: rolled up, put together by group, computed.

    datadog.metrics["pg.lag"] = [({"host": "db1", "env": "prod"}, {1793520000: 4.0, …}), …]

As Datadog does, it sends 1,500 points of a series at most: where more would lie between `from` and `to`, they are
farther apart than was asked for, and `interval` says so.
"""

import re

QUERY = "/api/v1/query"
MOST = 1500
_DEFAULTS = ((3600, 20), (14_400, 60), (86_400, 300), (172_800, 600), (604_800, 3600), (2_678_400, 14_400))
_RETENTION = 456 * 86_400
_TOKEN = re.compile(
    r"\s*(?:(?P<series>(?:(?P<space>avg|sum|min|max|p\d+):)?(?P<metric>[a-z_][\w.]*)\{(?P<filter>[^}]*)\}"
    r"(?: by \{(?P<by>[^}]*)\})?(?P<calls>(?:\.\w+\([^)]*\))*))|(?P<number>\d+(?:\.\d+)?)|(?P<sign>[-+*/()]))"
)
_CALL = re.compile(r"\.(\w+)\(([^)]*)\)")
_PUT_TOGETHER = {
    "avg": lambda values: sum(values) / len(values),
    "sum": sum,
    "min": min,
    "max": max,
    "count": len,
}


class BadQueryError(Exception):
    """Datadog cannot compute this."""


def answer(metrics, query, start, end, now):
    """The body of an answer.

    Raises:
        BadQueryError: a time is outside what is kept.
    """
    if end <= start or end < now - _RETENTION:
        raise BadQueryError("Queries ending outside the retention date are invalid")
    common = {"from_date": start * 1000, "to_date": end * 1000, "query": query, "res_type": "time_series"}
    try:
        series = [
            _shown(place, text, tags, interval, points, start, end)
            for place, text in enumerate(_split(query))
            for tags, (interval, points) in sorted(_Reader(metrics, text, start, end).value().items())
        ]
    except BadQueryError as error:
        return {**common, "status": "error", "error": f"Error parsing query: {error}", "series": []}
    return {**common, "status": "ok", "message": "", "group_by": [], "series": series}


def _shown(place, text, tags, interval, points, start, end):
    return {
        "query_index": place,
        "expression": text,
        "metric": text,
        "display_name": text,
        "scope": ",".join(tags) or "*",
        "tag_set": list(tags),
        "interval": interval,
        "length": len(points),
        "start": start * 1000,
        "end": end * 1000,
        "aggr": None,
        "pointlist": [[at * 1000.0, points[at]] for at in sorted(points)],
    }


def _split(query):
    """The queries of a request, at commas that are in no brackets."""
    out, depth = [""], 0
    for letter in query:
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            out.append("")
        else:
            out[-1] += letter
    return [one.strip() for one in out]


class _Reader:
    """A query's value: a dict of groups to their interval and points."""

    def __init__(self, metrics, text, start, end):
        self.metrics, self.start, self.end = metrics, start, end
        self.tokens, place = [], 0
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise BadQueryError(text[place:])
            self.tokens.append(found)
            place = found.end()

    def value(self):
        out = self._sum()
        if self.tokens or not isinstance(out, dict):
            raise BadQueryError("unexpected end")
        return out

    def _next_is(self, *signs):
        if self.tokens and self.tokens[0]["sign"] in signs:
            return self.tokens.pop(0)["sign"]
        return None

    def _sum(self):
        out = self._product()
        while sign := self._next_is("+", "-"):
            out = _both(out, sign, self._product())
        return out

    def _product(self):
        out = self._factor()
        while sign := self._next_is("*", "/"):
            out = _both(out, sign, self._factor())
        return out

    def _factor(self):
        if self._next_is("("):
            out = self._sum()
            if not self._next_is(")"):
                raise BadQueryError("a bracket is open")
            return out
        if not self.tokens:
            raise BadQueryError("unexpected end")
        token = self.tokens.pop(0)
        if token["number"]:
            return float(token["number"])
        if not token["series"]:
            raise BadQueryError(token[0])
        return self._series(token)

    def _series(self, token):
        calls = _CALL.findall(token["calls"] or "")
        how, interval = ("sum" if ("as_count", "") in calls else "avg"), None
        for name, arguments in calls:
            if name == "rollup":
                words = [word.strip() for word in arguments.split(",")]
                how = words[0] if not words[0].isdecimal() else how
                interval = int(words[-1]) if words[-1].isdecimal() else None
        interval = self._enforced(interval)
        keys = [key.strip() for key in (token["by"] or "").split(",") if key.strip()]
        groups = {}
        for tags, samples in self.metrics.get(token["metric"], []):
            if not _matches(tags, token["filter"]) or any(key not in tags for key in keys):
                continue
            group = tuple(sorted(f"{key}:{tags[key]}" for key in keys))
            for at, value in _rolled(samples, how, interval, self.start, self.end).items():
                groups.setdefault(group, {}).setdefault(at, []).append(value)
        space = _PUT_TOGETHER.get(token["space"] or "avg", max)
        return {
            group: (interval, {at: space(values) for at, values in points.items()}) for group, points in groups.items()
        }

    def _enforced(self, interval):
        """The interval that points come at: the one that was asked for, unless they would be too many."""
        span = self.end - self.start
        usual = next((seconds for length, seconds in _DEFAULTS if span <= length), 43_200)
        if interval is None:
            return usual
        return interval if span / interval <= MOST else max(interval, usual)


def _matches(tags, text):
    wanted = [one.strip().partition(":") for one in text.split(",") if one.strip() not in ("", "*")]
    return all(tags.get(key) == value for key, _, value in wanted)


def _rolled(samples, how, interval, start, end):
    buckets = {}
    for at, value in samples.items():
        if start <= at <= end:
            buckets.setdefault(at // interval * interval, []).append(value)
    return {at: _PUT_TOGETHER[how](values) for at, values in buckets.items()}


def _both(left, sign, right):
    if not isinstance(left, dict) and not isinstance(right, dict):
        return _computed(left, sign, right)
    groups = {key for side in (left, right) if isinstance(side, dict) for key in side}
    out = {}
    for group in groups:
        sides = [_side(one, group) for one in (left, right)]
        if None in sides:
            continue
        times = set.intersection(*[set(one[1]) for one in sides if isinstance(one, tuple)])
        at_each = {at: [one[1][at] if isinstance(one, tuple) else one for one in sides] for at in times}
        points = {at: _computed(one, sign, other) for at, (one, other) in at_each.items() if sign != "/" or other}
        out[group] = (max(one[0] for one in sides if isinstance(one, tuple)), points)
    return out


def _side(value, group):
    return value if not isinstance(value, dict) else value.get(group, value.get(()))


def _computed(left, sign, right):
    return {"+": left + right, "-": left - right, "*": left * right}[sign] if sign != "/" else left / right
