"""What is seen of many issues at a glance, over HTTP: all of an issue, or nothing."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from standins.faults import json_spoiler
from standins.github import Fault, GitHubStandIn

from loopcheck.reasons import CannotTell
from loopcheck.world import Session
from loopcheck.world.github.glances import MOST, Glance, glance_at
from loopcheck.world.github.issue_query import COMMENTS_AT_ONCE

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def github():
    with GitHubStandIn(now=NOW) as standin:
        for number in (1, 2, 3):
            standin.repository.add_issue(f"Item {number}", f"Body {number}")
        yield standin


def client(github):
    nothing = SimpleNamespace(git=SimpleNamespace(processes=0))
    return Session(nothing, now=NOW, environment=github.environment).github.anew()


def spoilt(github, change):
    """What comes of the answer after a change of what it says of the repository."""

    def spoil(data):
        change(data["data"]["repository"])
        return data

    github.fault("POST /graphql", Fault("spoilt", spoil=json_spoiler(spoil)))
    return glance_at(client(github), [1, 2, 3])


def test_all_that_a_write_rests_on_comes_in_one_request(github):
    first, second, third = github.repository.issues
    first.labels += ["Bug", "loopcheck:failed"]
    github.repository.add_comment(second, "Hm", author="bob")
    github.repository.close(third)
    seen = glance_at(client(github), [3, 1, 2])
    assert len(github.requests) == 1
    assert seen[1] == Glance(is_open=True, body="Body 1", labels=("Bug", "loopcheck:failed"), comments=())
    assert [(one.author.login, one.body) for one in seen[2].comments] == [("bob", "Hm")]
    assert [seen[number].is_open for number in (1, 2, 3)] == [True, True, False]


def test_as_many_as_may_be_asked_for_at_once_come(github):
    for _ in range(MOST - 3):
        github.repository.add_issue()
    assert set(glance_at(client(github), range(1, MOST + 1))) == set(range(1, MOST + 1))


def test_an_issue_without_labels_may_have_none_for_a_list(github):
    assert spoilt(github, lambda found: found["n0"].update(labels=None))[1].labels == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found.update(n1=None),
        lambda found: found.pop("n1"),
        lambda found: found["n1"].update(number=7),
        lambda found: found["n1"].update(state="TRANSFERRED"),
        lambda found: found["n1"]["labels"].update(totalCount=1),
        lambda found: found["n1"]["comments"].update(totalCount=1),
        lambda found: found["n1"]["comments"]["pageInfo"].update(hasNextPage=True),
    ],
)
def test_an_issue_of_which_not_all_came_is_not_seen(github, change):
    assert set(spoilt(github, change)) == {1, 3}


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found.update(nameWithOwner="acme/other"),
        lambda found: found.pop("nameWithOwner"),
        lambda found: found["n1"].update(body=None),
        lambda found: found["n1"].update(comments=None),
        lambda found: found["n1"]["comments"]["nodes"].append(None),
        lambda found: found.update(n1=[]),
    ],
)
def test_of_an_answer_that_is_not_what_was_asked_for_nothing_is_seen(github, change):
    with pytest.raises(CannotTell):
        spoilt(github, change)


def test_of_an_issue_with_too_many_comments_nothing_is_seen(github):
    for number in range(COMMENTS_AT_ONCE):
        github.repository.add_comment(github.repository.issues[0], f"comment {number}")
    assert set(glance_at(client(github), [1, 2])) == {1, 2}
    github.repository.add_comment(github.repository.issues[0], "one more")
    assert set(glance_at(client(github), [1, 2])) == {2}


def test_where_one_is_not_there_any_more_nothing_is_seen(github):
    with pytest.raises(CannotTell):
        glance_at(client(github), [1, 9])
