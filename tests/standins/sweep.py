"""A sweep as a team of some size has it: many items in issues, each with an alert, a check and a runbook.

A repository, a GitHub and a Datadog, in which everything is as it was promised.
"""

from datetime import UTC, datetime, timedelta

from standins.datadog import DatadogStandIn
from standins.github import GitHubStandIn

from loopcheck.testing import RepositoryBuilder

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LABEL = "action-item"
PEOPLE = [f"person-{number}" for number in range(15)]
JOBS = 20
"""In each workflow."""

_INCIDENT = "---\nincident: {id: INC-1, started: 2026-11-01T09:00Z}\n---\n# The lag of November\n"
_BODY = """Because of the lag.

```loopcheck
owner: "@{owner}"
incident: INC-1
verify:
  - datadog-monitor: {{metric: shop.lag_{number}, fires-when: "> 30"}}
  - ci-check: {{workflow: {workflow}.yml, job: {job}}}
  - runbook: {{path: runbooks/{number}.md}}
```
"""


class Scene:
    """All of it. Use it with `with`.

    Args:
        folder: where the repository is made.
        items: how many there are.
        workflows: how many; each item names a job of one.
        latency: seconds that each answer takes.
    """

    def __init__(self, folder, items=200, workflows=3, latency=0.0):
        self.names = [f"w{number}" for number in range(workflows)]
        self.jobs = {name: [f"{name}-job-{number}" for number in range(JOBS)] for name in self.names}
        self.items = [self._item(number) for number in range(items)]
        self.repository = RepositoryBuilder(folder)
        self._commit()
        self.datadog = DatadogStandIn([_monitor(number) for number in range(items)])
        self.github = GitHubStandIn(now=NOW)
        self.github.latency = self.datadog.latency = latency
        self._fill(self.github.repository)

    def __enter__(self):
        self.github.__enter__()
        self.datadog.__enter__()
        return self

    def __exit__(self, *how):
        self.datadog.__exit__(*how)
        self.github.__exit__(*how)

    @property
    def environment(self):
        """What loopcheck needs to ask both."""
        return {**self.github.environment, **self.datadog.environment}

    def _item(self, number):
        workflow = self.names[number % len(self.names)]
        job = self.jobs[workflow][number // len(self.names) % JOBS]
        return {"number": number, "workflow": workflow, "job": job, "owner": PEOPLE[number % len(PEOPLE)]}

    def _commit(self):
        files = {f".github/workflows/{name}.yml": _workflow(jobs) for name, jobs in self.jobs.items()}
        files["postmortems/lag.md"] = _INCIDENT
        book = "# Lag {}\n\nLook at the replica, and restart what hangs.\n"
        files |= {f"runbooks/{item['number']}.md": book.format(item["number"]) for item in self.items}
        self.repository.commit(files, at=NOW - timedelta(days=60))
        more = "\nRun `select pg_wal_replay_resume()` on the replica that lags, and tell the database's owner.\n"
        changed = {path: text + more for path, text in files.items() if path.startswith("runbooks/")}
        self.repository.commit(changed, at=NOW - timedelta(days=10))

    def _fill(self, there):
        there.roles |= dict.fromkeys(PEOPLE, "write")
        for person in PEOPLE:
            self.github.account(person)
        every = [name for jobs in self.jobs.values() for name in jobs]
        those = {"required_status_checks": [{"context": name, "integration_id": 15368} for name in every]}
        those["strict_required_status_checks_policy"] = True
        there.add_ruleset([{"type": "required_status_checks", "parameters": those}])
        for day in range(30, 0, -1):
            for name, jobs in self.jobs.items():
                path = f".github/workflows/{name}.yml"
                flow = there.workflow(path) or there.add_workflow(path, name=name)
                there.add_run(flow, jobs=jobs, created=NOW - timedelta(days=day))
        for item in self.items:
            there.add_issue(
                f"Guard replica {item['number']}", _BODY.format(**item), author=item["owner"], labels=[LABEL],
                editor=self.github.account(PEOPLE[item["number"] * 7 % len(PEOPLE)]), comments=["Working on it."],
            )  # fmt: skip


def _workflow(jobs):
    each = "".join(f"  {name}:\n    runs-on: ubuntu-latest\n    steps: [{{run: make {name}}}]\n" for name in jobs)
    return f"on: [push, pull_request]\njobs:\n{each}"


def _monitor(number):
    return {
        "id": 1000 + number, "name": f"Replica {number} lags", "type": "query alert", "tags": ["team:data"],
        "query": f"avg(last_5m):avg:shop.lag_{number}{{*}} > 30", "priority": 2, "multi": False,
        "message": f"It lags. https://github.com/acme/shop/blob/main/runbooks/{number}.md @pagerduty-database",
        "created": "2026-01-01T00:00:00+00:00", "modified": "2026-11-05T00:00:00+00:00", "deleted": None,
        "overall_state": "OK", "overall_state_modified": "2026-11-05T00:00:00+00:00", "restricted_roles": None,
        "options": {"thresholds": {"critical": 30.0}, "notify_no_data": False, "silenced": {}},
    }  # fmt: skip
