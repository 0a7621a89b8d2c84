"""The SLOs of the stand-in for Datadog, how they stand, and their corrections.

    datadog.slos.append(slo())
    datadog.standings["4f3a…"] = [{"timeframe": "30d", "state": "no_data", …}]

As the recorded answers do, the lists say how many entries there are in all; `total_filtered_count` counts those from
the page on, and serves nobody.
"""

SLOS = "/api/v1/slo"
STANDINGS = "/api/v1/slo/search"
CORRECTIONS = "/api/v1/slo/correction"


def _number(query, name, default):
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise ValueError(f"Invalid {name} parameter")
    return int(text)


def _part(entries, query, default):
    size, offset = _number(query, "limit", default), _number(query, "offset", 0)
    counted = {"page": {"total_count": len(entries), "total_filtered_count": max(0, len(entries) - offset)}}
    return entries[offset : offset + size], counted


def _list(standin, query):
    entries, counted = _part(standin.slos, query, 1000)
    return {"data": entries, "metadata": counted, "errors": []}


def _list_corrections(standin, query):
    entries, counted = _part(standin.corrections, query, 25)
    return {"data": entries, "meta": counted}


def _search(standin, query):
    size, number = _number(query, "page[size]", 10), _number(query, "page[number]", 0)
    found = [one for one in standin.slos if one["type"] in ("metric", "monitor", "time_slice")]
    slos = [
        {
            "data": {
                "id": one["id"],
                "type": "slo",
                "attributes": {"name": one["name"], "overall_status": standin.standings.get(one["id"], _well(one))},
            }
        }
        for one in found[number * size : (number + 1) * size]
    ]
    return {
        "data": {"type": "", "attributes": {"slos": slos}},
        "meta": {"pagination": {"number": number, "size": size, "total": len(found), "type": "number_size"}},
    }


def _well(slo):
    return [
        {
            "timeframe": one["timeframe"],
            "target": one["target"],
            "status": 99.95,
            "state": "ok",
            "error": None,
            "error_budget_remaining": 50.0,
            "indexed_at": 1763640000,
        }
        for one in slo["thresholds"]
        if one["timeframe"] != "custom"
    ]


ROUTES = {
    SLOS: (("limit", "offset"), "slos_read", "slo_list", _list),
    STANDINGS: (("page[size]", "page[number]"), "slos_read", "slo_search", _search),
    CORRECTIONS: (("limit", "offset"), "slos_read", "slo_correction_list", _list_corrections),
}
"""Of each path: its parameters, its scope, its rate limit, and what answers it, given the stand-in and the query."""
