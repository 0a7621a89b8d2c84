"""The synthetic tests of the stand-in for Datadog, and their runs.

    datadog.tests.append(test())
    datadog.runs["abc-def-ghi"] = [1763640000000]      # milliseconds since 1970; without an entry it ran just now

The list is paged by number, and does not say how long it is.
"""

TESTS = "/api/v1/synthetics/tests"
API_RUNS = "/api/v1/synthetics/tests/{public_id}/results"
BROWSER_RUNS = "/api/v1/synthetics/tests/browser/{public_id}/results"


def _number(query, name, default):
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise ValueError(f"Invalid {name} parameter")
    return int(text)


def _list(standin, query):
    size, number = _number(query, "page_size", 100), _number(query, "page_number", 0)
    return {"tests": standin.tests[number * size : (number + 1) * size]}


def _runs(kind):
    def answer(standin, query, public_id):
        if not any(one["public_id"] == public_id and one["type"] == kind for one in standin.tests):
            raise LookupError("Synthetics test not found")
        now = int(standin.now.timestamp() * 1000)
        times = [time for time in standin.runs.get(public_id, [now - 30_000]) if time >= _number(query, "from_ts", 0)]
        return {
            "last_timestamp_fetched": max(times, default=0),
            "results": [
                {"check_time": time, "status": 0, "probe_dc": "aws:eu-central-1", "result_id": str(time)}
                for time in times[:150]
            ],
        }

    return answer


ROUTES = {
    TESTS: (("page_size", "page_number"), "synthetics_read", "synthetics_list", _list),
    API_RUNS: (("from_ts",), "synthetics_read", "synthetics_results", _runs("api")),
    BROWSER_RUNS: (("from_ts",), "synthetics_read", "synthetics_results", _runs("browser")),
}
"""Of each path: its parameters, its scope, its rate limit, and what answers it: the stand-in, the query, the path's names."""
