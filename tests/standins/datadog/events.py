"""The events of the stand-in for Datadog, newest first, as many on a page as were asked for.

    datadog.events.append(changed(101, at, "host:db1"))                        # it began to alert
    datadog.events.append(changed(101, later, "host:db1", "Alert", "OK"))

Only what loopcheck searches by is understood: `source:alert` and the facet `@monitor.id`. A good key does not have the
scope `events_read` unless a test gives it.
"""

import base64
import re

EVENTS = "/api/v2/events"
_QUERY = re.compile(r"source:alert @monitor\.id:\((\d+(?: OR \d+)*)\)")
_MOST = 1000
_RETENTION = 456 * 86_400_000
_TYPES = {"Alert": "alert", "Warn": "warning", "No Data": "no data"}
_STATUS = {"Alert": "error", "Warn": "warning", "No Data": "error", "OK": "success"}


def changed(monitor, at, *groups, before="OK", after="Alert", **more):
    """An event of a monitor's change of state, as Datadog answers it."""
    milliseconds = int(at.timestamp() * 1000)
    kind = _TYPES[after] if after != "OK" else f"{_TYPES[before]} recovery"
    transition = {
        "source_state": before,
        "destination_state": after,
        "transition_type": "renotify" if before == after else kind,
    }
    attributes = {
        "timestamp": milliseconds,
        "sourcecategory": "monitor_alert",
        "status": _STATUS[after],
        "title": f"[Triggered on {{{','.join(groups) or '*'}}}] A monitor",
        "monitor_id": monitor,
        "monitor_groups": list(groups),
        "monitor": {"id": monitor, "groups": list(groups), "transition": transition, **more},
    }
    return {
        "id": f"AwAAAZwP-{monitor}-{milliseconds}-{'-'.join(groups)}-{after}",
        "type": "event",
        "attributes": {
            "attributes": attributes,
            "tags": ["monitor", "source:alert"],
            "message": "",
            "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        },
    }


def _list(standin, query):
    found = _QUERY.fullmatch(query.get("filter[query]", ""))
    limit = query.get("page[limit]", "10")
    begin, end = query.get("filter[from]", ""), query.get("filter[to]", "")
    if found is None or not limit.isdecimal() or not 1 <= int(limit) <= _MOST or not (begin + end).isdecimal():
        raise ValueError("Invalid query")
    wanted = {int(number) for number in found[1].split(" OR ")}
    oldest = max(int(begin), int(standin.now.timestamp() * 1000) - _RETENTION)
    kept = [one for one in standin.events if _of(one)["monitor_id"] in wanted and oldest <= _at(one) <= int(end)]
    kept.sort(key=_at, reverse=True)
    start = _offset(query["page[cursor]"]) if "page[cursor]" in query else 0
    size = min(int(limit), standin.max_events)
    page = {"data": kept[start : start + size], "meta": {"elapsed": 7, "status": "done", "page": {}}}
    if start + size < len(kept):
        page["meta"]["page"]["after"] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
    if standin.events_warnings:
        page["meta"]["warnings"] = standin.events_warnings
    return page


def _offset(cursor):
    try:
        return int(base64.urlsafe_b64decode(cursor))
    except ValueError:
        raise ValueError("Invalid cursor") from None


def _of(event):
    return event["attributes"]["attributes"]


def _at(event):
    return _of(event)["timestamp"]


ROUTES = {
    EVENTS: (
        ("filter[query]", "filter[from]", "filter[to]", "page[limit]", "page[cursor]"),
        "events_read",
        "events_list",
        _list,
    ),
}
"""Of each path: its parameters, its scope, its rate limit, and what answers it: the stand-in, the query, the path's names."""
