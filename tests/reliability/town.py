"""A repository in which something of every kind is promised, at a GitHub and a Datadog, to which it can be set back."""

import copy
import io
import itertools
import re
import threading
import zipfile
from datetime import timedelta
from types import SimpleNamespace

from running import BOT, DAY, DONE, HOUR, LABEL, MISSING, NOW, Shop
from standins.datadog import DatadogStandIn
from standins.faults import Fault
from standins.github import GitHubStandIn
from standins.github.git import Commit
from standins.storage import Storage

from loopcheck import events, handlers
from loopcheck.handlers.asked import Asked
from loopcheck.ledger import lines
from loopcheck.ledger.memory import recall
from loopcheck.tracker import Person

__all__ = ["BOT", "DAY", "DONE", "HOUR", "LABEL", "MISSING", "NOW", "Town"]

INCIDENT = "---\nincident: {id: INC-1, started: 2026-11-01T09:00Z}\n---\n# The lag of November\n\n"
FILES = {
    "postmortems/lag.md": f"{INCIDENT}## Keep the script\n\n{DONE}\n## Write the other\n\n{MISSING}",
    ".github/workflows/ci.yml": "on: [push, pull_request]\njobs:\n  unit:\n    runs-on: ubuntu-latest\n"
    "    steps: [{run: make unit}]\n  slow:\n    runs-on: ubuntu-latest\n    steps: [{run: make slow}]\n",
    ".github/workflows/drill.yml": 'name: Drill\non:\n  schedule:\n    - cron: "17 3 * * 1"\njobs:\n  restore:\n'
    "    runs-on: ubuntu-latest\n    steps: [{run: ./restore.sh}]\n",
    "tests/test_failover.py": "def test_replica_takes_over():\n    assert True\n",
}
JUNIT = (
    '<?xml version="1.0"?><testsuites><testsuite name="pytest" errors="0" failures="0" skipped="0" tests="1">'
    '<testcase classname="tests.test_failover" name="test_replica_takes_over" time="0.1"/></testsuite></testsuites>'
)
KINDS = {
    "monitor": "datadog-monitor: {metric: shop.lag_1, fires-when: '> 30'}",
    "no monitor": "datadog-monitor: {metric: shop.other, fires-when: '> 30'}",
    "check": "ci-check: {workflow: ci.yml, job: unit}",
    "no check": "ci-check: {workflow: ci.yml, job: slow}",
    "drill": "workflow-run: {workflow: drill.yml, event: schedule, within: 8d, job: restore}",
    "no drill": "workflow-run: {workflow: drill.yml, event: schedule, within: 1d, job: restore}",
    "test": "test: {name: 'tests/test_failover.py::test_replica_takes_over', workflow: ci.yml, artifact: junit}",
    "rule": "branch-rule: {branch: main, no-force-push: true}",
    "no rule": "branch-rule: {branch: main, signed: true}",
    "pull": "pull-request: {number: 1, touches: run.sh}",
    "no pull": "pull-request: {number: 1, touches: app.py}",
    "pull elsewhere": "pull-request: {number: 'acme/other#1', touches: run.sh}",
}
LOSSES = ("contents", "repository")
"""What a token may lose the sight of; see `Town.blind`."""
_TIMES = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+Z|( at)? [0-9:]+ UTC|)|run=[0-9/]*|digest=[0-9a-f]{64}")


def declares(kind):
    """An issue's body that promises one artifact."""
    return f'```loopcheck\nowner: "@ana"\nincident: INC-1\nverify:\n  - {KINDS[kind]}\n```\n'


class Town(Shop):
    """All of it. Use it with `with`.

    Args:
        folder: where the checkout is made.
        private: whether GitHub says 404 of it to a token that may not see it.
    """

    def __init__(self, folder, *, private=False):
        self.stack = [
            Storage(),
            GitHubStandIn(now=NOW, private=private),
            DatadogStandIn([_monitor(1), _monitor(2)], now=NOW),
        ]
        self.storage, github, self.datadog = self.stack
        github.validate = self.datadog.validate = None  # what is asked here is asked, and held to, in other tests
        super().__init__(folder, github)
        self.storage.serve(github)
        self._standing = list(github._planned)
        self.commit(FILES, at=NOW - 20 * DAY)
        self._fill()
        self.kept = None
        self._counting = threading.Lock()

    def __enter__(self):
        for one in self.stack:
            one.__enter__()
        return self

    def __exit__(self, *how):
        for one in reversed(self.stack):
            one.__exit__(*how)

    def _fill(self):
        there = self.there
        pull = there.add_pull(
            "Add a script",
            merged_at=NOW - 9 * DAY,
            state="closed",
            files=[{"filename": "run.sh", "status": "modified"}],
        )
        pull.merge_commit = self.commit({"run.sh": "run\n" * 2}, at=NOW - 9 * DAY, message="Add a script (#1)")
        checks = {
            "required_status_checks": [{"context": "unit", "integration_id": 15368}],
            "strict_required_status_checks_policy": True,
        }
        there.add_ruleset([{"type": "required_status_checks", "parameters": checks}, {"type": "non_fast_forward"}])
        ci = there.add_workflow(".github/workflows/ci.yml", name="CI")
        drill = there.add_workflow(".github/workflows/drill.yml", name="Drill")
        there.add_workflow(".github/workflows/loopcheck.yml", name="loopcheck")
        for day in (9, 2):
            made = there.add_run(ci, jobs=["unit", "slow"], created=NOW - day * DAY)
            there.add_artifact(made, "junit", _zipped(JUNIT), at=NOW - day * DAY)
            there.add_run(drill, event="schedule", jobs=["restore"], created=NOW - day * DAY)

    def commit(self, files, **more):
        """A commit on the default branch, of which GitHub, as far as it is asked, and the checkout know."""
        before = self.there.git.refs.get("refs/heads/main")
        sha = super().commit(files, **more)
        known = self.there.git.commits[before]
        self.there.git.commits[sha] = Commit(sha, known.tree, [before], "Change", "ana", self.github.now)
        return sha

    def declare(self, kind, title=None, **more):
        """An action item that promises something of a kind."""
        return self.promise(declares(kind), title=title or f"Have a {kind}", **more)

    def keep(self):
        """Remember all that there is, for `restore`."""
        self.kept = (copy.deepcopy(self.there), copy.deepcopy(self.datadog.monitors), self.github.now, self.runs)

    def restore(self):
        """Make everything as it was when it was kept."""
        there, monitors, now, self.runs = self.kept
        self.there = copy.deepcopy(there)
        self.github.repository = self.github.repositories[self.there.full_name] = self.there
        self.datadog.monitors = copy.deepcopy(monitors)
        self.github.now = self.datadog.now = now
        self.datadog.limits["default"].used.clear()
        self.calm()
        for one in (self.github, self.datadog):
            one.requests.clear()

    def calm(self):
        """Nothing goes wrong any more."""
        self.github._planned[:] = self._standing
        self.datadog._planned.clear()
        self.github.after = self.datadog.after = lambda call: None
        for token in self.github.tokens.values():
            token.used.clear()
        for what in LOSSES:
            self._see(what, sees=True)

    def blind(self, place, requests, loses):
        """The token may see less for a while. GitHub answers 404 then, as if nothing were there.

        Args:
            place: which request to GitHub is the first to be answered so, from 0.
            requests: how many are.
            loses: `contents`, the permission to read them, or `repository`, all access to it.
        """
        answered = itertools.count(1)

        def look(call=None):
            self._see(loses, sees=not place <= (next(answered) if call else 0) < place + requests)

        look()
        self.github.after = look

    def _see(self, what, *, sees):
        if what == "contents":
            self.github.tokens[self.github.token].permissions["contents"] = "write" if sees else "none"
        else:
            self.there.visible_to = {self.github.accounts["github-actions[bot]"].login} if sees else set()

    def end_at(self, place, *, obeyed):
        """The run ends at its request of that place, from 0: from then on nothing reaches anybody.

        Whether the process is killed, or goes on and is heard by nobody, is all the same to everybody else.

        Args:
            place: of all its requests, whomever they go to, which.
            obeyed: whether that one still is, and only its answer does not arrive.
        """
        arrived = itertools.count()
        places = {}
        lock = threading.Lock()

        def place_of(call):
            with lock:
                return places.setdefault(id(call), (next(arrived), call))[0]

        for one in (self.github, self.datadog):
            last = Fault("the end", cut=True, done=obeyed)
            one.fault(lambda call: place_of(call) == place, last, times=None)
            one.fault(lambda call: place_of(call) > place, Fault("after the end", cut=True), times=None)
            one._planned[:] = one._planned[-2:] + one._planned[:-2]

    def later(self, span):
        super().later(span)
        self.datadog.now = self.github.now

    def _clock(self):
        return self.github.now.timestamp()

    def _sleep(self, seconds):
        self.later(timedelta(seconds=seconds))

    def at(self, event, **more):
        """A run at an event, and what came of it. Two may be going on at once."""
        with self._counting:
            self.runs += 1
            number = self.runs
        environment = {
            **self.github.environment, **self.datadog.environment, "GITHUB_RUN_ID": str(number),
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_WORKFLOW_REF": f"{self.there.full_name}/.github/workflows/loopcheck.yml@refs/heads/main",
        }  # fmt: skip
        checkout = more.pop("checkout", self.checkout.folder)
        asked = Asked(checkout, environment, now=self.github.now, sleep=self._sleep, clock=self._clock, **more)
        return handlers.handle(event, asked)

    def sweep(self, **more):
        return self.at(events.Sweep("schedule"), **more)

    def person(self, login):
        """Somebody, as an event names them."""
        return Person(self.github.account(login).id, login)

    def edited(self, issue):
        """The event of an issue that somebody has just edited."""
        return events.IssueChanged(issue.number, "edited", self.person("ana"))

    def commented(self, issue, body, by="will"):
        """The event of a comment that somebody has just made."""
        comment = self.there.add_comment(issue, body, author=by)
        return events.CommentMade(issue.number, comment.id, body, self.person(by), comment.created)

    @property
    def ledger_text(self):
        """The ledger as it is on its branch; nothing where there is none."""
        commit = self.there.git.refs.get("refs/heads/loopcheck-ledger")
        return self.there.git.files(commit)["ledger.jsonl"] if commit else b""

    @property
    def entries(self):
        """The ledger's lines, read."""
        return lines.read(self.ledger_text, "ledger")

    @property
    def end(self):
        """What everybody sees, without times and the ids of runs: issues, and what the ledger comes to."""
        return SimpleNamespace(
            issues={one.number: self._shown(one) for one in self.there.issues},
            ledger=_comes_to(self.entries),
            statuses=sorted(
                ("check run", one.sha, one.conclusion, str(one.output.get("title")))
                for one in self.there.check_runs
                if one.external_id == "loopcheck-status"
            )
            + [("commit status", one.sha, one.state, one.description) for one in self.there.statuses],
        ).__dict__

    def _shown(self, issue):
        comments = [(one.author.login, timeless(one.body)) for one in issue.comments]
        opened = sum(1 for event in issue.events if event.event == "reopened" and event.actor.id == BOT)
        return issue.state, sorted(issue.labels), comments, opened

    @property
    def people(self):
        """What is not loopcheck's: texts, labels, comments of people and of other programs, to the letter."""
        mine = {id(said) for one in self.there.issues for said in self.ours(one)}
        return {
            one.number: (
                one.title, one.body, [name for name in one.labels if not name.startswith("loopcheck:")],
                [(said.id, said.author.login, said.body, said.updated) for said in one.comments if id(said) not in mine],
            )
            for one in self.there.issues
        }  # fmt: skip


def timeless(text):
    """A text of loopcheck's without times, digests and the ids of runs."""
    return _TIMES.sub("*", text)


def _comes_to(entries):
    """What a ledger says of each item by now: the confirmed verdict, its evidence, reopenings, waivers, drops."""
    memory = recall(entries)
    return {
        item: (
            known.confirmed and (known.confirmed.verdict.value, known.confirmed.digest),
            len(known.reopened),
            known.waiver and (known.waiver.until, known.waiver.note, known.waiver.comment),
            known.dropped and known.dropped.note,
        )
        for item, known in sorted(memory.items.items())
        if known.confirmed or known.reopened or known.waiver or known.dropped
    }


def _zipped(report):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("report.xml", report)
    return out.getvalue()


def _monitor(number):
    return {
        "id": 1000 + number, "name": f"Replica {number} lags", "type": "query alert", "tags": ["team:data"],
        "query": f"avg(last_5m):avg:shop.lag_{number}{{*}} > 30", "priority": 2, "multi": False,
        "message": "It lags. @pagerduty-database", "created": "2026-01-01T00:00:00+00:00",
        "modified": "2026-11-05T00:00:00+00:00", "deleted": None, "overall_state": "OK",
        "overall_state_modified": "2026-11-05T00:00:00+00:00", "restricted_roles": None,
        "options": {"thresholds": {"critical": 30.0}, "notify_no_data": False, "silenced": {}},
    }  # fmt: skip
