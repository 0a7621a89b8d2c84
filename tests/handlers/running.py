"""A shop on GitHub with a checkout of its default branch, and whole runs at its events."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from standins.github import GitHubStandIn
from standins.github.shapes import user
from standins.github.state import iso

from loopcheck import handlers
from loopcheck.effects import marker
from loopcheck.events import payload
from loopcheck.handlers.asked import Asked
from loopcheck.ledger import lines
from loopcheck.testing import RepositoryBuilder

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOT = 41898282
LABEL = "action-item"
BLOCK = '```loopcheck\nowner: "@ana"\nverify: [{repo-file: {path: PATH}}]\n```\n'
DONE, MISSING = BLOCK.replace("PATH", "run.sh"), BLOCK.replace("PATH", "stop.sh")


class Shop:
    """The repository `acme/shop`, at GitHub and in a folder.

    Args:
        folder: where the checkout is made.
        github: the stand-in.
    """

    def __init__(self, folder, github: GitHubStandIn):
        self.github = github
        self.there = github.repository
        self.there.roles |= {"ana": "triage", "will": "write", "eve": "read"}
        self.folder = folder
        self.checkout = RepositoryBuilder(folder / "shop")
        self.runs = 0
        self.slept = 0.0
        """Seconds that runs waited, which pass at once."""
        self.commit({"run.sh": "run\n"})

    def commit(self, files, **more):
        """A commit on the default branch, of which GitHub and the checkout know."""
        sha = self.checkout.commit(files, **{"at": self.github.now, **more})
        known = next(iter(self.there.git.commits.values()))
        self.there.git.commits[sha] = replace(known, sha=sha, at=self.github.now)
        self.there.git.refs["refs/heads/main"] = sha
        return sha

    def promise(self, body=MISSING, *, title="Write a script", **more):
        """An action item."""
        return self.there.add_issue(title, body, author="ana", labels=[LABEL], **more)

    def later(self, span):
        """Time passes at GitHub."""
        self.github.now += span

    def run(self, name="schedule", event=None, **more):
        """A run at an event, and what came of it."""
        self.runs += 1
        file = self.folder / "event.json"
        about = {"repository": {"id": self.there.id, "full_name": self.there.full_name, "default_branch": "main"}}
        file.write_text(json.dumps({**about, **(event or {})}))
        environment = {
            **self.github.environment,
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(file),
            "GITHUB_RUN_ID": str(self.runs),
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_WORKFLOW_REF": f"{self.there.full_name}/.github/workflows/loopcheck.yml@refs/heads/main",
            "GITHUB_REF": "refs/heads/main",
        }
        asked = Asked(
            self.checkout.folder, environment, now=self.github.now, sleep=self._sleep, clock=self._clock, **more
        )
        return handlers.handle(payload.read(environment), asked)

    def _clock(self):
        return self.github.now.timestamp() + self.slept

    def _sleep(self, seconds):
        self.slept += seconds

    def sweep(self, **more):
        return self.run(**more)

    def changed(self, issue, action, by="ana", **more):
        """A run at something that somebody did to an issue."""
        event = {"action": action, "issue": {"number": issue.number}, "sender": user(self, self.github.account(by))}
        return self.run("issues", event, **more)

    def said(self, issue, body, by="will", **more):
        """A comment, and the run at its event."""
        comment = self.there.add_comment(issue, body, author=by)
        who = user(self, comment.author)
        told = {
            "id": comment.id, "user": who, "body": body, "created_at": iso(comment.created),
            "updated_at": iso(comment.updated),
        }  # fmt: skip
        event = {"action": "created", "issue": {"number": issue.number}, "comment": told, "sender": who}
        return comment, self.run("issue_comment", event, **more)

    def ours(self, issue):
        """loopcheck's comments on an issue."""
        return [one for one in issue.comments if one.author.id == BOT and marker.read(one.body)]

    @property
    def url(self):
        return self.github.url

    @property
    def ledger(self):
        """Its lines: of each what it records, on which item, with which verdict."""
        commit = self.there.git.refs.get("refs/heads/loopcheck-ledger")
        if commit is None:
            return []
        content = self.there.git.files(commit)["ledger.jsonl"]
        return [(one.action.value, one.item, one.verdict.value) for one in lines.read(content, "ledger")]

    @property
    def state(self):
        """All that a run may change, but for times and ids."""
        return [
            (one.number, one.state, sorted(one.labels), [(said.author.login, said.body) for said in one.comments])
            for one in self.there.issues
        ]
