"""What is written to an issue, on an emulator of GitHub that others wrote (npm `emulate`, see .ci/emulator).

Our stand-in says what we believe of GitHub. This is a second opinion on all that the two have in common: issues,
their comments and labels, closing, reopening and who an account is, over REST. The emulator has no GraphQL, no
commit statuses, no reactions, no conditional requests, and it takes an unknown token for its first user: the
queries, permissions and refusals are shown on the stand-in alone.
"""

import json
import os
import shlex
import socket
import subprocess
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import urllib3
from seen import FAILED, VERIFIED
from telling import BODY, applier, carried_out, labels, put, reopen

from loopcheck.effects import marker
from loopcheck.effects.labels import LABELS

COMMAND = os.environ.get("LOOPCHECK_EMULATOR")
REPO = "/repos/acme/shop"
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SEED = {
    "tokens": {
        "tok_us": {"login": "loopcheck", "scopes": ["repo"]},
        "tok_ana": {"login": "ana", "scopes": ["repo"]},
    },
    "github": {
        "users": [{"login": "loopcheck", "email": "us@example.com"}, {"login": "ana", "email": "ana@example.com"}],
        "orgs": [
            {"login": "acme", "members": [{"login": "loopcheck", "role": "admin"}, {"login": "ana", "role": "admin"}]}
        ],
        "repos": [{"owner": "acme", "name": "shop", "auto_init": True, "private": False}],
    },
}

pytestmark = pytest.mark.skipif(COMMAND is None, reason="LOOPCHECK_EMULATOR is not set: .ci/e2e installs it")


class Emulator:
    """The emulator, and one issue that an action item is in."""

    def __init__(self, url):
        self.url = url
        self.environment = {
            "GITHUB_TOKEN": "tok_us",
            "GITHUB_REPOSITORY": "acme/shop",
            "GITHUB_API_URL": url,
            "GITHUB_SERVER_URL": url,
        }

    def ask(self, method, path, body=None, *, who="tok_ana"):
        answer = urllib3.request(
            method, self.url + path, json=body, headers={"Authorization": f"token {who}"}, retries=False
        )
        assert answer.status < 300, answer.data
        return json.loads(answer.data) if answer.data else None

    def run(self, *effects):
        us = self.ask("GET", "/user", who="tok_us")["id"]
        found = applier(SimpleNamespace(environment=self.environment), account=us)
        return [(one.done.value, one.because) for one in carried_out(found, effects)]

    def close(self, number):
        self.ask("PATCH", f"{REPO}/issues/{number}", {"state": "closed", "state_reason": "completed"})
        return self.issue(number)

    def issue(self, number):
        found = self.ask("GET", f"{REPO}/issues/{number}")
        closed = found["closed_at"] and datetime.fromisoformat(found["closed_at"])
        return SimpleNamespace(
            number=number,
            state=found["state"],
            closed_at=closed,
            labels={one["name"] for one in found["labels"]},
            comments=self.ask("GET", f"{REPO}/issues/{number}/comments"),
        )


@pytest.fixture
def emulator(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(SEED))
    url = f"http://127.0.0.1:{port}"
    arguments = ("start", "--service", "github", "--port", str(port), "--base-url", url, "--seed", seed)
    with (tmp_path / "log").open("w") as log:
        running = subprocess.Popen([*shlex.split(COMMAND), *arguments], stdout=log, stderr=log, cwd=tmp_path)
    try:
        for _ in range(200):
            try:
                urllib3.request("GET", f"{url}/rate_limit", retries=False)
                break
            except urllib3.exceptions.HTTPError:
                assert running.poll() is None, (tmp_path / "log").read_text()
                time.sleep(0.05)
        made = Emulator(url)
        made.number = made.ask("POST", f"{REPO}/issues", {"title": "Alert on lag", "body": BODY})["number"]
        yield made
    finally:
        running.terminate()
        running.wait(10)


ADDED = ("loopcheck:failed", "loopcheck:overdue")


def test_an_issue_that_is_closed_without_proof(emulator):
    number = emulator.number
    closed = emulator.close(number)
    assert closed.state == "closed"
    told = (reopen(closed), labels(number, add=ADDED), put(number, FAILED, AT))
    assert emulator.run(*told) == [("written", "")] * 3
    issue = emulator.issue(number)
    assert (issue.state, issue.labels) == ("open", set(ADDED))
    (comment,) = issue.comments
    assert (comment["user"]["login"], "failed" in comment["body"]) == ("loopcheck", True)
    made = {one["name"]: one for one in emulator.ask("GET", f"{REPO}/labels?per_page=100")}
    assert {name: made[name]["color"] for name in ADDED} == {name: LABELS[name]["color"] for name in ADDED}

    # The same again: nothing is left to write, and the closing that was answered is over.
    again = emulator.run(labels(number, add=ADDED), put(number, FAILED, AT + timedelta(hours=1), "2/1"))
    assert again == [("unchanged", "")] * 2

    # The proof has come: the comment is edited, and no second one is made.
    come = labels(number, add=("loopcheck:verified",), remove=ADDED), put(number, VERIFIED, AT + timedelta(days=1))
    assert emulator.run(*come) == [("written", "")] * 2
    issue = emulator.issue(number)
    assert issue.labels == {"loopcheck:verified"}
    (edited,) = issue.comments
    assert edited["id"] == comment["id"]
    assert "can be closed" in edited["body"]
    events = [one["event"] for one in emulator.ask("GET", f"{REPO}/issues/{number}/events")]
    assert [one for one in events if one in {"closed", "reopened"}] == ["closed", "reopened"]


def test_a_comment_that_somebody_forged_is_left_alone(emulator):
    forged = put(emulator.number, VERIFIED, AT + timedelta(days=9)).body
    emulator.ask("POST", f"{REPO}/issues/{emulator.number}/comments", {"body": forged})
    assert emulator.run(put(emulator.number, FAILED, AT)) == [("written", "")]
    theirs, ours = emulator.issue(emulator.number).comments
    assert (theirs["body"], theirs["user"]["login"]) == (forged, "ana")
    assert marker.read(ours["body"]) is not None


def test_our_comment_is_found_behind_a_hundred_others(emulator):
    for place in range(130):
        emulator.ask("POST", f"{REPO}/issues/{emulator.number}/comments", {"body": f"comment {place}"})
    assert emulator.run(put(emulator.number, FAILED, AT)) == [("written", "")]
    assert emulator.run(put(emulator.number, FAILED, AT + timedelta(hours=1), "2/1")) == [("unchanged", "")]


def test_nothing_is_written_to_an_issue_that_was_edited_or_closed_meanwhile(emulator):
    number = emulator.number
    emulator.ask("PATCH", f"{REPO}/issues/{number}", {"body": "another"})
    assert [done for done, _ in emulator.run(put(number, FAILED, AT), labels(number, add=ADDED))] == ["left"] * 2
    emulator.ask("PATCH", f"{REPO}/issues/{number}", {"body": BODY})
    closed = emulator.close(number)
    assert [done for done, _ in emulator.run(put(number, FAILED, AT))] == ["left"]
    emulator.ask("PATCH", f"{REPO}/issues/{number}", {"state": "closed", "state_reason": "not_planned"})
    assert [done for done, _ in emulator.run(reopen(closed))] == ["left"]
    assert emulator.issue(number).comments == []
