"""The integrations of the stand-in for Datadog: Slack's accounts with their channels, and PagerDuty's services.

    datadog.slack["shop"] = ["#database", "#general"]
    datadog.pagerduty.append("database")

There is no list of accounts, nor of services, as Datadog has none; their names have upper and lower case.
"""

CHANNELS = "/api/v1/integration/slack/configuration/accounts/{account_name}/channels"
SERVICE = "/api/v1/integration/pagerduty/configuration/services/{service_name}"

_DISPLAY = {"message": True, "mute_buttons": False, "notified": True, "snapshot": True, "tags": True}


def _list_channels(standin, _query, account):
    if account not in standin.slack:
        raise LookupError(f"Slack account {account} not found")
    return [{"name": name, "display": _DISPLAY} for name in standin.slack[account]]


def _get_service(standin, _query, name):
    if name not in standin.pagerduty:
        raise LookupError(f"Service {name} not found")
    return {"service_name": name}


ROUTES = {
    CHANNELS: ((), "integrations_read", "slack_channel_list", _list_channels),
    SERVICE: ((), "integrations_read", "pagerduty_service_get", _get_service),
}
"""Of each path: its parameters, its scope, its rate limit, and what answers it: the stand-in, the query, the path's names."""
