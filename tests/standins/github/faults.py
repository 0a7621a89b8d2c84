"""What can go wrong between GitHub and whoever asks, as data: each of these at any request.

`FAULTS` names them all, so that a test may run through every one at every request:

    for fault in FAULTS.values():
        github.fault("GET /repos/*/issues", fault)
"""

import itertools

from standins.faults import GARBLED, HTML, READ, WRITE, Fault, json_spoiler


def _message(text, **more):
    return {"message": text, "documentation_url": "https://docs.github.com/rest", **more}


def _reset(github, seconds=3600):
    return {
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(github.now.timestamp()) + seconds),
    }


def _listed(data):
    """The list that an answer holds, in the answer or one below it."""
    if isinstance(data, list):
        return data
    if isinstance(data, dict) and "total_count" in data:
        return next((value for value in data.values() if isinstance(value, list)), None)
    return None


def _lost_entry(data):
    entries = _listed(data)
    if not entries or isinstance(data, list):
        return None  # a plain list says nowhere how long it is
    entries.pop()
    return data


def _more_counted(data):
    if not isinstance(data, dict) or not isinstance(data.get("total_count"), int):
        return None
    data["total_count"] += 1
    return data


def _partial_graphql(data):
    if not isinstance(data, dict) or not isinstance(data.get("data"), dict):
        return None
    emptied = dict.fromkeys(data["data"])
    error = {
        "type": "RESOURCE_LIMITS_EXCEEDED",
        "path": list(emptied)[:1],
        "message": "Resource limits for this query exceeded.",
    }
    return {"data": emptied, "errors": [error]}


def _half_graphql(data):
    if not isinstance(data, dict) or not isinstance(data.get("data"), dict):
        return None
    error = {
        "type": "SERVICE_UNAVAILABLE",
        "path": ["repository", "issues", "nodes", 0],
        "message": "Something went wrong",
    }
    return {**data, "errors": [error]}


def _graphql_errors(kind, message):
    return json_spoiler(
        lambda data: (
            {"data": None, "errors": [{"type": kind, "message": message}]}
            if isinstance(data, dict) and "data" in data
            else None
        )
    )


ALL = [
    Fault("401", 401, _message("Bad credentials")),
    Fault("403-permission", 403, _message("Resource not accessible by integration"), {"X-Accepted-GitHub-Permissions": "issues=read"}),
    Fault("403-sso", 403, _message("Resource protected by organization SAML enforcement."), {"X-GitHub-SSO": "required; url=https://github.com/orgs/acme/sso"}),
    Fault("403-ip-list", 403, _message("Although you appear to have the correct authorization credentials, the organization has an IP allow list enabled.")),
    Fault("403-primary", 403, _message("API rate limit exceeded for installation ID 1."), _reset),
    Fault("429-primary", 429, _message("API rate limit exceeded for installation ID 1."), _reset),
    Fault("403-secondary", 403, _message("You have exceeded a secondary rate limit."), {"Retry-After": "60"}, passes=True),
    Fault("429-secondary", 429, _message("You have exceeded a secondary rate limit."), {"Retry-After": "60"}, passes=True),
    Fault("403-secondary-unsaid", 403, _message("You have exceeded a secondary rate limit. Please wait a few minutes."), passes=True),
    Fault("429-secondary-unsaid", 429, _message("Too many requests"), passes=True),
    Fault("403-disabled", 403, _message("Commenting is disabled on issues with more than 2500 comments"), to=WRITE),
    Fault("404", 404, _message("Not Found")),
    Fault("409", 409, _message("Git Repository is empty.")),
    Fault("410", 410, _message("This issue was deleted")),
    Fault("422", 422, _message("Validation Failed", errors=[{"resource": "Issue", "code": "invalid", "field": "body"}])),
    Fault("422-spam", 422, _message("Validation Failed: this was flagged as spam"), to=WRITE),
    Fault("400", 400, _message("Problems parsing JSON")),
    Fault("415", 415, _message("Unsupported Media Type")),
    Fault("451", 451, _message("Repository access blocked", block={"reason": "dmca"})),
    *(Fault(str(status), status, _message("Server Error"), passes=True) for status in (500, 502, 503, 504)),
    Fault("500-html", 500, HTML, kind="text/html", passes=True),
    Fault("502-done", 502, _message("Server Error"), done=True, to=WRITE, passes=True),
    *GARBLED,
    Fault("lost-entry", spoil=json_spoiler(_lost_entry), to=READ, passes=True),
    Fault("more-counted", spoil=json_spoiler(_more_counted), to=READ, passes=True),
    Fault("graphql-limited", spoil=_graphql_errors("RATE_LIMITED", "API rate limit exceeded")),
    Fault("graphql-not-found", spoil=_graphql_errors("NOT_FOUND", "Could not resolve to a Repository")),
    Fault("graphql-forbidden", spoil=_graphql_errors("FORBIDDEN", "Resource not accessible by integration")),
    Fault("graphql-timeout", spoil=_graphql_errors("INTERNAL", "Something went wrong while executing your query."), passes=True),
    Fault("graphql-partial", spoil=json_spoiler(_partial_graphql)),
    Fault("graphql-half", spoil=json_spoiler(_half_graphql)),
    Fault("redirect-elsewhere", 301, _message("Moved Permanently"), lambda github: {"Location": f"{github.elsewhere}/stolen"}),
    Fault("redirect-to-html", 302, b"", lambda github: {"Location": f"{github.elsewhere}/login"}),
]  # fmt: skip

FAULTS = {fault.name: fault for fault in ALL}


def each(paths):
    """Every fault at every path given, for tables."""
    return itertools.product(paths, FAULTS.values())
