"""What can go wrong between Grafana and whoever asks it, as data: each of these at any request.

for fault in FAULTS.values():
    grafana.fault("GET /api/v1/provisioning/alert-rules", fault)
"""

from standins.faults import GARBLED, HTML, Fault


def _said(text):
    return {"message": text, "traceID": ""}


ALL = [
    Fault("400", 400, _said("bad request data")),
    Fault("401", 401, {**_said("Invalid API key"), "messageId": "api-key.invalid", "statusCode": 401}),
    Fault("403", 403, {**_said("You'll need additional permissions to perform this action."), "accessErrorId": "ACE1"}),
    Fault("404", 404, _said("Not found")),
    Fault("404-html", 404, HTML, kind="text/html"),  # alerting is switched off, or there is no Grafana
    Fault("429", 429, _said("Too many requests")),
    Fault("503", 503, {**_said("Alertmanager is not ready"), "error": "alertmanager is not ready"}, passes=True),
    *(Fault(f"{status}-html", status, HTML, kind="text/html", passes=True) for status in (500, 502, 503, 504)),
    *GARBLED,
    Fault("redirect-to-login", 302, b"", {"Location": "/login"}, kind="text/html"),
    Fault("redirect-elsewhere", 307, b"", {"Location": "http://127.0.0.1:9/"}),
]

FAULTS = {fault.name: fault for fault in ALL}
