"""Issues where GraphQL is refused: the same as by GraphQL, but for what REST does not know."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from standins.github import GitHubStandIn
from standins.github.state import Account
from standins.github_client import client

from loopcheck.reasons import CannotTell
from loopcheck.tracker import Person
from loopcheck.world.github.issues import read_issue, read_issues
from loopcheck.world.github.issues_by_rest import NOBODY

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LABEL = "action-item"
PERSONS_TOKEN = "ghp_" + "0123456789abcdef" * 2
UNKNOWN_TO_REST = ("editor", "edited", "editor_known", "closing", "pull_requests")


@pytest.fixture
def github():
    """A GitHub that is asked with the token of a person, `sue`."""
    with GitHubStandIn(now=NOW) as standin:
        sue = standin.account("sue")
        everything = dict.fromkeys("contents issues metadata".split(), "write")
        standin.add_token(PERSONS_TOKEN, sue, everything, user=True)
        standin.repository.roles["sue"] = "write"
        standin.token = PERSONS_TOKEN
        yield standin


def both(github, how="graphql-forbidden"):
    """What is read by GraphQL, and what without it."""
    whole = read_issues(client(github), LABEL, NOW - 90 * DAY)
    github.fault("POST /graphql", how, times=None)
    return whole, read_issues(client(github), LABEL, NOW - 90 * DAY)


def fill(there):
    q4 = there.add_milestone("Q4", due=datetime(2026, 12, 31, tzinfo=UTC))
    one = there.add_issue(
        "Write it", "Body", labels=[LABEL, "db"], comments=[("bob", "Hm"), ("sue", "Seen")], assignees=["ana"],
        milestone=q4, locked=True, created=NOW - 9 * DAY,
    )  # fmt: skip
    there.close(one, by="bob", reason="not_planned", at=NOW - 8 * DAY)
    there.reopen(one, by="sue", at=NOW - 7 * DAY)
    there.reopen(one, by="bob", at=NOW - 6 * DAY)
    two = there.add_issue(labels=[LABEL], comments=[("sue", "Seen"), ("sue", "Seen")], created=NOW - 9 * DAY)
    there.delete_comment(two, two.comments[0], by="ana", at=NOW - 2 * DAY)
    there.delete_comment(two, two.comments[0], by="sue", at=NOW - DAY)
    there.close(there.add_issue(labels=[LABEL]), at=NOW, reason="duplicate")
    there.close(there.add_issue(labels=[LABEL, "loopcheck:verified"]), at=NOW - 900 * DAY)
    there.add_issue(labels=[LABEL], author=Account(7, "helper[bot]", "Bot"), body=None)
    there.add_issue(labels=[LABEL], author=None)
    there.add_pull(labels=[LABEL])
    there.add_issue(labels=["bug"])
    there.close(there.add_issue(labels=[LABEL]), at=NOW - 91 * DAY)
    there.issues[-1].updated = NOW - 91 * DAY
    for issue in there.issues[:2]:
        issue.updated = NOW


def text(issue, field, github):
    """A field as text; where the stand-in's pages are, its two sides say in two ways."""
    return repr(getattr(issue, field.name)).replace(github.url, "https://github.com")


@pytest.mark.parametrize("how", ["graphql-forbidden", "403-permission", "404"])
def test_they_are_the_same(github, how):
    fill(github.repository)
    whole, rest = both(github, how)
    assert rest.viewer == whole.viewer == Person(github.account("sue").id, "sue")
    assert [one.number for one in rest.issues] == [one.number for one in whole.issues]
    for one, other in zip(rest.issues, whole.issues, strict=True):
        for field in msgspec.structs.fields(one):
            if field.name not in UNKNOWN_TO_REST:
                assert text(one, field, github) == text(other, field, github), (one.number, field.name)
        assert (one.closing is None) is (other.closing is None)
        if one.closing is not None:
            assert (one.closing.at, one.closing.by, one.closing.reason) == (
                other.closing.at, other.closing.by, other.closing.reason,
            )  # fmt: skip
    assert rest.issues[0].reopened == (NOW - 7 * DAY,)
    assert rest.issues[1].deleted == (NOW - 2 * DAY,)


def test_one_is_the_same(github):
    fill(github.repository)
    github.fault("POST /graphql", "graphql-forbidden", times=None)
    asking = client(github)
    assert read_issue(asking, 1) == read_issues(asking, LABEL, NOW - 90 * DAY).issues[0]
    for number in (7, 99):
        with pytest.raises(CannotTell):
            read_issue(asking, number)


def test_what_was_never_updated_was_never_edited(github):
    there = github.repository
    there.add_issue(labels=[LABEL])
    there.add_issue(labels=[LABEL], editor=github.account("eve"), updated=NOW + DAY)
    _, rest = both(github)
    assert [one.editor_known for one in rest.issues] == [True, False]
    assert [(one.editor, one.edited) for one in rest.issues] == [(None, None)] * 2


def test_an_apps_token_may_write_to_none(github):
    fill(github.repository)
    github.token = next(text for text in github.tokens if text != PERSONS_TOKEN)
    _, rest = both(github)
    assert rest.viewer == NOBODY
    assert rest.issues
    assert not any(one.complete or one.comments or one.reopened for one in rest.issues)


def test_requests_for_what_belongs_to_issues_are_bounded(github, monkeypatch):
    monkeypatch.setattr("loopcheck.world.github.issues_by_rest._MORE", 5)
    for _ in range(8):
        github.repository.add_issue(labels=[LABEL], comments=[("sue", "Seen")])
    _, rest = both(github)
    assert [one.complete for one in rest.issues] == [True] * 5 + [False] * 3
    assert len(github.asked("GET */comments")) == 5


@pytest.mark.parametrize("fault", ["401", "403-permission", "404", "502", "200-nothing", "200-null", "cut-body"])
@pytest.mark.parametrize("where", ["GET */issues", "GET */comments", "GET */events", "GET /user"])
def test_what_is_not_seen_is_not_there_for_nobody(github, where, fault):
    fill(github.repository)
    github.fault("POST /graphql", "graphql-forbidden", times=None)
    github.fault(where, fault, times=None)
    try:
        rest = read_issues(client(github), LABEL, NOW - 90 * DAY)
    except CannotTell:
        assert where in ("GET */issues", "GET /user")
        return
    assert where != "GET */issues"
    assert [one.number for one in rest.issues] == [1, 2, 3, 4, 5, 6]
    if where == "GET */comments":
        assert [one.complete for one in rest.issues][:2] == [False, True]
    if where == "GET */events":
        assert not rest.issues[1].complete
