"""What can go wrong between Datadog and whoever asks, as data: each of these at any request.

for fault in FAULTS.values():
    datadog.fault("GET /api/v1/monitor", fault)
"""

from standins.faults import GARBLED, HTML, READ, Fault, json_spoiler


def _errors(*texts):
    return {"errors": list(texts)}


def _limited(reset):
    return {
        "X-RateLimit-Limit": "10",
        "X-RateLimit-Period": "60",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": reset,
        "X-RateLimit-Name": "some_limit",
    }


def _entries(data):
    """The list that an answer holds, where the answer says how long it is."""
    page = data.get("meta", {}).get("page") if isinstance(data, dict) else None
    return data.get("data") if isinstance(page, dict) and "total_filtered_count" in page else None


def _lost_entry(data):
    entries = _entries(data)
    if not entries:
        return None
    entries.pop()
    return data


def _more_counted(data):
    if _entries(data) is None:
        return None
    data["meta"]["page"]["total_filtered_count"] += 1
    return data


def _listed_twice(data):
    entries = data if isinstance(data, list) else data.get("data") if isinstance(data, dict) else None
    if not entries:
        return None
    entries.append(entries[0])
    return data


ALL = [
    Fault("400", 400, _errors("Bad Request")),
    Fault("401", 401, _errors("Unauthorized")),
    Fault("403", 403, _errors("Forbidden")),
    Fault("403-scope", 403, _errors("Failed permission authorization checks")),
    Fault("404", 404, _errors("Not found")),
    Fault("408", 408, _errors("Request timed out")),
    Fault("429-soon", 429, _errors("Rate limit of 10 requests in 60 seconds reached."), _limited("0"), passes=True),
    Fault("429-late", 429, _errors("Rate limit of 10 requests in 60 seconds reached."), _limited("3600")),
    Fault("429-odd", 429, _errors("Rate limit of 10 requests in 60 seconds reached."), _limited("soon")),
    Fault("429-unsaid", 429, _errors("Too many requests")),
    *(Fault(str(status), status, _errors("Server Error"), passes=True) for status in (500, 502, 503, 504)),
    Fault("503-html", 503, HTML, kind="text/html", passes=True),
    *GARBLED,
    Fault("lost-entry", spoil=json_spoiler(_lost_entry), to=READ),
    Fault("more-counted", spoil=json_spoiler(_more_counted), to=READ),
    Fault("listed-twice", spoil=json_spoiler(_listed_twice), to=READ),
    Fault("redirect-to-login", 302, b"", {"Location": "http://127.0.0.1:9/login"}),
    Fault("redirect-within", 307, b"", {"Location": "/api/v1/elsewhere"}),
]

FAULTS = {fault.name: fault for fault in ALL}
