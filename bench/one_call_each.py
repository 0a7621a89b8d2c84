"""What an engineer would write in an afternoon: for every open issue, ask for each of its three artifacts.

It is there to be measured beside loopcheck, by `sweep.py`. It checks less: that the monitor is there and not muted,
that the job has passed, that the runbook was changed.
"""

from __future__ import annotations

import os
import re
import sys
from datetime import UTC, datetime, timedelta

from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from github import Auth, Github

NOW = datetime(2026, 11, 20, tzinfo=UTC)
_METRIC = re.compile(r"metric: shop.lag_([0-9]+),")
_CHECK = re.compile(r"workflow: (\S+), job: (\S+)}")
_RUNBOOK = re.compile(r"runbook: {path: (\S+)}")


def named(pattern: re.Pattern[str], body: str) -> tuple[str, ...]:
    """What a pattern finds in the body of an issue; every item of the scene declares all three."""
    found = pattern.search(body)
    return found.groups() if found else ("",)


def main() -> None:
    """Look at every open issue."""
    github = Github(
        auth=Auth.Token(os.environ["GITHUB_TOKEN"]), base_url=os.environ["GITHUB_API_URL"],
        seconds_between_requests=None, seconds_between_writes=None, per_page=100,
    )  # fmt: skip
    configuration = Configuration(host=os.environ["LOOPCHECK_DATADOG_URL"])
    configuration.api_key = {"apiKeyAuth": os.environ["DD_API_KEY"], "appKeyAuth": os.environ["DD_APP_KEY"]}
    repository = github.get_repo(os.environ["GITHUB_REPOSITORY"])
    good = looked_at = 0
    with ApiClient(configuration) as client:
        monitors = MonitorsApi(client)
        for issue in repository.get_issues(state="open", labels=["action-item"]):
            looked_at += 1
            (number,), (workflow, job), (runbook,) = (named(one, issue.body) for one in (_METRIC, _CHECK, _RUNBOOK))
            list(issue.get_comments())  # where does it stand?
            found = monitors.list_monitors(name=f"Replica {number} lags")
            alert = any(f"shop.lag_{number}{{" in one.query and not one.options.silenced for one in found)
            runs = repository.get_workflow(workflow).get_runs(branch="main", status="success")
            check = any(one.name == job and one.conclusion == "success" for one in runs[0].jobs())
            commits = repository.get_commits(path=runbook, since=NOW - timedelta(days=19))
            good += alert and check and commits.totalCount > 0
    sys.stdout.write(f"{good} of {looked_at} are done\n")


if __name__ == "__main__":
    main()
