"""A repository with something to guard, pull requests on it as GitHub checks them out, and the stand-in beside it."""

import subprocess
from datetime import UTC, datetime

import msgspec
from standins.github import GitHubStandIn

from loopcheck.events import MergeGroup, PullRequestChanged
from loopcheck.handlers.pull_request import Gate, handle
from loopcheck.ledger import lines
from loopcheck.ledger.model import Action, Entry
from loopcheck.model import Verdict
from loopcheck.testing import RepositoryBuilder
from loopcheck.tracker import Person

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
POSTMORTEM = "postmortems/lag.md"
CI = ".github/workflows/ci.yml"
GUARDED = """\
---
incident: {id: INC-42, started: 2026-11-01T09:14Z}
---
# The replica lagged

## Test the failover

```loopcheck
owner: "@ana"
verify:
  - ci-check: {workflow: ci.yml, job: test, runs: pytest tests/failover, branches: [main], required: false}
```

## Keep a script

```loopcheck
owner: "@bob"
verify:
  - repo-file: {path: scripts/restore.sh}
```
"""
WORKFLOW = """\
name: CI
on:
  push: {branches: [main]}
  pull_request: {branches: [main]}
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: pytest tests/failover
"""
BASE = {
    POSTMORTEM: GUARDED,
    CI: WORKFLOW,
    "scripts/restore.sh": "pg_restore\n",
    "app.py": "x = 1\n",
}
TEST_ITEM, SCRIPT_ITEM = f"{POSTMORTEM}#test-the-failover", f"{POSTMORTEM}#keep-a-script"
BLOCK = '```loopcheck\nowner: "@ana"\nverify: [{repo-file: {path: PATH}}]\n```\n'


class Merging:
    """One repository and its pull request number 1."""

    def __init__(self, folder, github, files=BASE):
        self.builder = RepositoryBuilder(folder)
        self.github = github
        self.folder = folder
        github.repository.roles |= {"ana": "write", "bob": "write", "eve": "read"}
        self.base = self.builder.commit(files, message="Base")
        self.pull = None

    def open(self, changes, *, author="ana", closes=(), at_base=None, rename=None):
        """A pull request that makes `changes`, checked out as GitHub does: the merge commit."""
        git = self.builder.git
        git("checkout", "-q", "-b", "topic")
        if rename:
            self.builder.rename(*rename)
        self.head = self.builder.commit(changes, message="Change")
        if at_base is not None:
            git("checkout", "-q", "main")
            self.base = self.builder.commit(at_base, message="Meanwhile")
        git("checkout", "-q", "--detach", "main")
        git("merge", "-q", "--no-ff", "-m", "Merge", "topic")
        self.merged = self.builder.head
        self.pull = self.github.repository.add_pull(
            "Change it", author=author, closes=list(closes), head_sha=self.head, base_sha=self.base
        )
        return self

    def remembers(self, **verdicts):
        """The ledger of the stand-in, with a sighting of each item; `waived` is failed, with a waiver."""
        entries = []
        for name, verdict in verdicts.items():
            item = {"test": TEST_ITEM, "script": SCRIPT_ITEM}.get(name, name)
            waived = verdict == "waived"
            seen = Verdict.FAILED if waived else Verdict(verdict)
            entry = Entry(NOW, item, seen, "d" * 64, "1", "c" * 40)
            entries.append(entry)
            if waived:
                entries.append(msgspec.structs.replace(entry, action=Action.WAIVED, note="because"))
        self.github.repository.commit({"ledger.jsonl": lines.write(entries)}, branch="loopcheck-ledger")
        return self

    def event(self, *, untrusted=False, **other):
        event = PullRequestChanged(self.pull.number, self.head, self.base, "main", Person(7, "ana"), untrusted)
        return msgspec.structs.replace(event, **other)

    def queued(self):
        ref = f"refs/heads/gh-readonly-queue/main/pr-{self.pull.number}-{self.base}"
        return MergeGroup(self.merged, self.base, "main", ref)

    def run(self, event=None, *, checkout=None, environment=None, **more):
        known = self.github.environment if environment is None else environment
        gate = Gate(checkout or self.folder, known, now=NOW, sleep=lambda _: None, **more)
        return handle(event or self.event(), gate)

    def clone(self, depth, *, ref="HEAD"):
        """A shallow clone of what is checked out."""
        self.builder.git("branch", "-f", "checked-out", ref)
        place = self.folder.parent / f"clone-{depth}-{ref}"
        subprocess.run(
            ["git", "clone", "-q", f"--depth={depth}", "-b", "checked-out", self.folder.as_uri(), str(place)],
            check=True, capture_output=True,
        )  # fmt: skip
        return place

    @property
    def statuses(self):
        """What stands beside the commits: (commit, conclusion, title)."""
        runs = [
            (one.sha, one.conclusion, one.output["title"])
            for one in self.github.repository.check_runs
            if one.external_id == "loopcheck-status"
        ]
        return runs + [(one.sha, one.state, one.description) for one in self.github.repository.statuses]


def stand_in(**more):
    return GitHubStandIn(now=NOW, **more)
