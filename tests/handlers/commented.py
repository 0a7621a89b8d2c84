"""Comments on the stand-in for GitHub, and runs that answer them: each begins with a payload and ends with writes."""

import json
from datetime import UTC, datetime, timedelta

from standins.github import GitHubStandIn
from standins.github.shapes import user
from standins.github.state import iso

from loopcheck import loading
from loopcheck.effects.apply import Applier
from loopcheck.effects.comment import Circumstances
from loopcheck.effects.execution import Execution
from loopcheck.effects.links import Repository
from loopcheck.effects.obey import Obeyed
from loopcheck.effects.writer import Writer
from loopcheck.events import CommentMade
from loopcheck.events.payload import read
from loopcheck.handlers.commanded import answer, overlooked
from loopcheck.ledger.branch import BranchLedger
from loopcheck.ledger.file import FileLedger
from loopcheck.ledger.memory import recall
from loopcheck.world.github.connection import Connection
from loopcheck.world.github.issues import read_issues

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
BOT = 41898282
LABEL = "action-item"
DECLARED = '```loopcheck\nowner: "@ana"\nverify: [{repo-file: {path: run.sh}}]\n```\n'
WAIVE = "/loopcheck waive until 2026-12-15 because the vendor ships it"
ROLES = {"ana": "admin", "will": "write", "tess": "triage", "rita": "read", "otto": "operations:triage"}


class Place:
    """A repository on GitHub with an action item, and the runs on it.

    Args:
        github: the stand-in.
        loaded: its checkout.
        folder: where events are put, and the ledger where `quick`.
        quick: the ledger is a file, and not a branch.
    """

    def __init__(self, github: GitHubStandIn, loaded, folder, *, quick=False):
        self.github = github
        self.there = github.repository
        self.there.roles |= ROLES
        self.loaded = loaded
        self.folder = folder
        self.quick = quick
        self.issue = self.there.add_issue("Write a script", DECLARED, author="ana", labels=[LABEL])

    def say(self, body, by="will", **details):
        """A new comment, and the payload of its event."""
        comment = self.there.add_comment(self.issue, body, author=by, **details)
        return comment, self.payload(comment)

    def payload(self, comment, **changed):
        """The payload of a comment's event as it is now."""
        who = user(self, comment.author)
        said = {
            "id": comment.id, "user": who, "body": comment.body, "created_at": iso(comment.created),
            "updated_at": iso(comment.updated), "author_association": "NONE",
        }  # fmt: skip
        return {"action": "created", "issue": {"number": self.issue.number}, "comment": said, "sender": who, **changed}

    def event(self, payload):
        file = self.folder / "event.json"
        file.write_text(json.dumps(payload))
        return read({"GITHUB_EVENT_NAME": "issue_comment", "GITHUB_EVENT_PATH": str(file)})

    def answer(self, payload, *, upto=None):
        """A run that answers an event. `upto` is how many of its effects it carries out before it is killed."""
        event = self.event(payload)
        if not isinstance(event, CommentMade):
            return Obeyed()
        session = self._session()
        done = answer(event, self.loaded, session.github, lambda: recall(self._ledger(session).read()), self._run())
        self._carry_out(session, done.effects[:upto])
        return done

    def sweep(self):
        """What a sweep makes of commands that were overlooked."""
        session = self._session()
        issues = read_issues(session.github, LABEL, self.github.now - timedelta(days=90)).issues
        loaded = loading.with_tracked(self.loaded, issues, session.github)
        found = overlooked(issues, loaded, session.github, recall(self._ledger(session).read()), self._run())
        self._carry_out(session, [effect for one in found for effect in one.effects])
        return found

    @property
    def lines(self):
        """The ledger: of each line what it records, on which item, for which comment."""
        entries = self._ledger(self._session()).read()
        return [(entry.action.value, entry.item, entry.comment) for entry in entries]

    def _run(self):
        return Circumstances(Repository(self.github.url, self.there.full_name, "a" * 40), self.github.now, "5/1")

    def _session(self):
        session = loading.session(self.loaded, self.github.now, environment=self.github.environment)
        session.github._sleep = lambda _: None
        session.github.governor._sleep = lambda _: None
        return session

    def _writer(self, session):
        connection = Connection(session.github.settings, self.github.token, lambda seconds: min(seconds, 2.0))
        nothing = lambda *_: None  # noqa: E731
        return Writer(connection, session.github.governor, count=nothing, sleep=nothing)

    def _ledger(self, session):
        if self.quick:
            return FileLedger(self.folder / "ledger.jsonl")
        return BranchLedger(session.github, self._writer(session).send, sleep=lambda _: None)

    def _carry_out(self, session, effects):
        applier = Applier(session.github, self._writer(session), BOT, sleep=lambda _: None)
        ledger = self._ledger(session)
        execution = Execution(ledger.append, applier.one, lambda _: None)
        return list(execution.carry_out(effects))


def receipts(comment):
    """The reactions of loopcheck on a comment."""
    return [one.content for one in comment.reactions if one.author.id == BOT]
