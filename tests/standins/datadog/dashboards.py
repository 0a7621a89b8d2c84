"""The dashboards of the stand-in for Datadog, those that were deleted, and the metrics that report.

    datadog.dashboards.append(dashboard())
    datadog.deleted_dashboards.append(datadog.dashboards.pop())
    datadog.reporting["pg.lag"] = 1763640000            # when it last reported, in seconds since 1970

The list shows of each as much as Datadog's does, and does not say how long it is; those in `hidden_dashboards`, by id,
are left out of it, and of one's own path, as a restriction does.
"""

DASHBOARDS = "/api/v1/dashboard"
DASHBOARD = "/api/v1/dashboard/{dashboard_id}"
METRICS = "/api/v1/metrics"

_LISTED = ("id", "title", "description", "author_handle", "created_at", "modified_at", "layout_type", "url")


def _number(query, name, default):
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise ValueError(f"Invalid {name} parameter")
    return int(text)


def _list(standin, query):
    count, start = _number(query, "count", 100), _number(query, "start", 0)
    deleted = query.get("filter[deleted]") == "true"
    listed = standin.deleted_dashboards if deleted else standin.dashboards
    page = [one for one in listed[start : start + count] if one["id"] not in standin.hidden_dashboards]
    return {"dashboards": [{key: one[key] for key in _LISTED if key in one} for one in page]}


def _get(standin, _query, number):
    for one in (*standin.dashboards, *standin.preset_dashboards):
        if one["id"] == number and number not in standin.hidden_dashboards:
            return one
    raise LookupError(f"Dashboard with ID {number} not found")


def _reporting(standin, query):
    begin = _number(query, "from", 0)
    return {"from": str(begin), "metrics": [name for name, at in standin.reporting.items() if at >= begin]}


ROUTES = {
    DASHBOARDS: (("count", "start", "filter[deleted]"), "dashboards_read", "dashboard_list", _list),
    DASHBOARD: ((), "dashboards_read", "dashboard_get", _get),
    METRICS: (("from",), "metrics_read", "metrics_list", _reporting),
}
"""Of each path: its parameters, its scope, its rate limit, and what answers it: the stand-in, the query, the path's names."""
