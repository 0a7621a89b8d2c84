"""Issues over HTTP: which come, with what, in how many requests; and what somebody may do."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from standins.github import GitHubStandIn
from standins.github.state import Account, Comment

from loopcheck.reasons import CannotTell
from loopcheck.tracker import Closing, Person, Standing
from loopcheck.world import Session
from loopcheck.world.github import issue_query
from loopcheck.world.github.issues import read_issue, read_issues
from loopcheck.world.github.permissions import standing_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LABEL = "action-item"


@pytest.fixture
def github():
    with GitHubStandIn(now=NOW) as standin:
        yield standin


def client(github):
    nothing = SimpleNamespace(git=SimpleNamespace(processes=0))
    found = Session(nothing, now=NOW, environment=github.environment).github
    found._sleep = lambda _: None
    return found


def everything(github):
    return read_issues(client(github), LABEL, NOW - 90 * DAY).issues


def test_an_issue_comes_with_all_that_belongs_to_it(github):
    there = github.repository
    q4 = there.add_milestone("Q4", due=datetime(2026, 12, 31, tzinfo=UTC))
    one = there.add_issue(
        "Write it", "Body", author="ana", labels=[LABEL, "db"], comments=[("bob", "Hm"), ("github-actions[bot]", "Seen")],
        assignees=["ana"], milestone=q4, locked=True, editor=github.account("eve"), created=NOW - 3 * DAY,
    )  # fmt: skip
    there.add_pull(closes=[one.number], author="bob")
    there.close(one, by="bob", reason="duplicate", at=NOW - 2 * DAY, pull=9)
    there.reopen(one, by="github-actions[bot]", at=NOW - DAY)
    there.reopen(one, by="bob", at=NOW - DAY / 2)
    there.close(one, by="bob", reason="duplicate", at=NOW, commit_id="c0ffee")
    (seen,) = everything(github)
    assert (seen.number, seen.title, seen.body, seen.is_open, seen.locked) == (
        one.number,
        "Write it",
        "Body",
        False,
        True,
    )
    assert (seen.author.login, seen.editor.login, seen.edited) == ("ana", "eve", NOW)
    assert (seen.labels, seen.assignees, seen.milestone) == ((LABEL, "db"), ("ana",), "Q4")
    assert str(seen.milestone_due) == "2026-12-31"
    assert [(said.author.login, said.author.is_bot, said.body) for said in seen.comments] == [
        ("bob", False, "Hm"), ("github-actions[bot]", True, "Seen"),
    ]  # fmt: skip
    assert seen.closing == Closing(NOW, Person(github.account("bob").id, "bob"), "duplicate", commit="c0ffee")
    assert seen.reopened == (NOW - DAY,)  # by loopcheck's own account
    assert seen.pull_requests == (2,)
    assert seen.complete


def test_who_deletes_our_comment_is_heard(github):
    there = github.repository
    one = there.add_issue(labels=[LABEL], comments=["Hm", *[("github-actions[bot]", "Seen")] * 3])
    first, *ours = one.comments
    there.delete_comment(one, first, by="bob")
    there.delete_comment(one, ours[0], by="bob")
    there.delete_comment(one, ours[1], by="github-actions[bot]")  # a second one, which loopcheck took away itself
    (seen,) = everything(github)
    assert seen.deleted == (NOW,)
    assert len(seen.comments) == 1


@pytest.mark.parametrize(("closings", "whole"), [(25, True), (26, False)])
def test_a_history_that_goes_on_is_known_to(github, closings, whole):
    one = github.repository.add_issue(labels=[LABEL])
    for _ in range(closings):
        github.repository.close(one)
        github.repository.reopen(one)
    (seen,) = everything(github)
    assert seen.whole_history is whole


def test_comments_of_ours_that_others_deleted_are_known(github):
    there = github.repository
    ours, theirs = ("github-actions[bot]", "Seen"), ("bob", "Hm")
    one = there.add_issue(labels=[LABEL], comments=[ours, ours, theirs, ours, ours])
    first, ours_again, said, last, left = list(one.comments)
    there.delete_comment(one, first, by="ana", at=NOW - 3 * DAY)
    there.delete_comment(one, ours_again, by="github-actions[bot]", at=NOW - 2 * DAY)
    there.delete_comment(one, said, by="ana", at=NOW - DAY)
    there.delete_comment(one, last, by=None, at=NOW)
    (seen,) = everything(github)
    assert seen.deleted == (NOW - 3 * DAY, NOW)
    assert [comment.id for comment in seen.comments] == [left.id]


def test_who_asks_is_known(github):
    viewer = read_issues(client(github), LABEL, NOW).viewer
    assert viewer == Person(41898282, "github-actions[bot]", is_bot=True)


def test_open_issues_and_closed_ones_that_matter(github):
    there = github.repository

    def closed(at, *labels, reason="completed"):
        one = there.add_issue(labels=labels)
        there.close(one, at=at, reason=reason)
        return one.number

    wanted = [
        there.add_issue(labels=[LABEL]).number,
        there.add_issue(labels=["Action-Item"]).number,
        closed(NOW - 89 * DAY, LABEL),
        closed(NOW - 900 * DAY, LABEL, "loopcheck:verified"),
    ]
    there.add_issue(labels=["bug"])
    there.add_pull(labels=[LABEL])
    closed(NOW - 91 * DAY, LABEL)
    closed(NOW - DAY, "bug")
    closed(NOW - DAY, "loopcheck:verified")
    old = there.issue(closed(NOW - 91 * DAY, LABEL))
    there.add_comment(old, "A comment is no closing.")
    assert [one.number for one in everything(github)] == wanted
    assert len(github.requests) == 1


@pytest.mark.parametrize(
    ("issues", "comments", "requests"), [(0, 0, 1), (100, 3, 1), (200, 3, 2), (201, 0, 3), (2, 250, 5)]
)
def test_few_requests(github, issues, comments, requests):
    for _ in range(issues):
        one = github.repository.add_issue(labels=[LABEL])
        ana = github.account("ana")
        one.comments += [Comment(next(github.ids), ana, "Hm", NOW, NOW) for _ in range(comments)]
    found = everything(github)
    assert [len(one.comments) for one in found] == [comments] * issues
    assert all(one.complete for one in found)
    assert len(github.requests) == requests


def test_an_issue_without_all_of_its_comments_says_so(github):
    github.repository.add_issue(labels=[LABEL], comments=["Hm"] * 120)
    github.fault("POST /graphql", "404", after=1, times=None)
    (seen,) = everything(github)
    assert (len(seen.comments), seen.complete) == (50, False)


@pytest.mark.parametrize(
    "fault", ["graphql-limited", "graphql-forbidden", "graphql-partial", "graphql-half", "404", "401"]
)
def test_what_is_not_whole_is_no_answer(github, fault):
    for _ in range(3):
        github.repository.add_issue(labels=[LABEL])
    github.fault("POST /graphql", fault, times=None)
    github.fault("GET */issues", "403-permission", times=None)
    with pytest.raises(CannotTell):
        everything(github)


def test_smaller_pages_are_asked_for_where_large_ones_take_too_long(github):
    for _ in range(30):
        github.repository.add_issue(labels=[LABEL])
    github.fault(lambda call: call.path == "/graphql" and call.body is None, "graphql-timeout", times=1)
    assert len(everything(github)) == 30
    assert [call.body["variables"]["first"] for call in github.requests] == [100, 20, 20]


def test_an_issue_that_is_closed_while_they_are_read_comes_once(github):
    there = github.repository
    numbers = [there.add_issue(labels=[LABEL]).number for _ in range(120)]
    github.after = lambda call: there.close(there.issue(1)) if call.number == 1 else None
    found = everything(github)
    assert [one.number for one in found] == numbers
    assert [one.number for one in found if not one.is_open] == [1]


def test_issues_of_another_repository_are_not_ours(github):
    github.add_repository("acme/other").add_issue(labels=[LABEL])
    github.repository.moved_to = "acme/other"
    with pytest.raises(CannotTell, match="answers about another"):
        everything(github)


def test_one_issue(github):
    github.repository.add_issue("Write it", author=None)
    github.repository.add_pull()
    seen = read_issue(client(github), 1)
    assert (seen.title, seen.author) == ("Write it", None)
    for number in (2, 3):
        with pytest.raises(CannotTell):
            read_issue(client(github), number)


@pytest.mark.parametrize(
    ("role", "standing"),
    [
        (None, Standing.NONE),
        *((word.value, word) for word in Standing),
        ("incident-commander:triage", Standing.TRIAGE),
        ("reader-of-logs:read", Standing.READ),
        ("release-manager:write", Standing.WRITE),
    ],
)
def test_what_somebody_may_do(github, role, standing):
    if role:
        github.repository.roles["ana"] = role
    ana = Person(github.account("ana").id, "ana")
    asking = client(github)
    assert [standing_of(ana, asking), standing_of(ana, asking)] == [standing, standing]
    assert len(github.requests) == 1


@pytest.mark.parametrize("fault", ["404", "500", "401", None])
def test_not_seeing_what_somebody_may_do_is_no_refusal(github, fault):
    github.repository.roles["ana"] = "admin"
    ana = Person(github.account("ana").id + (fault is None), "ana")  # another account of that name
    if fault:
        github.fault("GET */permission", fault, times=None)
    with pytest.raises(CannotTell):
        standing_of(ana, client(github))


def test_a_deleted_account_is_nobody(github):
    github.repository.add_issue(labels=[LABEL], author=None, comments=[(None, "Hm")])
    (seen,) = everything(github)
    assert (seen.author, seen.comments[0].author) == (None, None)


def test_accounts_that_are_no_persons(github):
    github.repository.add_issue(labels=[LABEL], author=Account(7, "helper[bot]", "Bot"))
    github.repository.add_issue(labels=[LABEL], author=Account(8, "imported", "Mannequin"))
    assert [one.author for one in everything(github)] == [
        Person(7, "helper[bot]", is_bot=True), Person(8, "imported", is_bot=True),
    ]  # fmt: skip


def _changed(data, value):
    """`data` with one part after the other replaced."""
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            for part in [value, *_changed(data[key], value)]:
                yield {**data, key: part} if isinstance(data, dict) else [*data[:key], part, *data[key + 1 :]]


@pytest.mark.parametrize("value", [None, 0, "", "x", [], {}, True], ids=repr)
def test_an_answer_of_another_form_is_never_a_crash(github, value):
    there = github.repository
    q4 = there.add_milestone("Q4", due=NOW)
    one = there.add_issue(
        labels=[LABEL], comments=["Hm"], assignees=["ana"], milestone=q4, editor=github.account("eve")
    )
    there.add_pull(closes=[one.number])
    there.close(one, pull=2)
    asking = client(github)
    variables = {"owner": "acme", "name": "shop", "number": one.number}
    data = asking.query(issue_query.ONE, **variables)
    for changed in _changed(data, value):
        asking.query = lambda *_, changed=changed, **__: changed
        try:
            seen = read_issue(asking, one.number)
        except CannotTell:
            continue
        assert seen.created == NOW
