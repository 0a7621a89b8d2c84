"""What a run may ask, and what it says of it at the end."""

import pytest
from standins.github import GitHubStandIn
from standins.github_client import Clock, client

from loopcheck.effects.writer import Uncertain, Writer
from loopcheck.reasons import CannotTell
from loopcheck.world.budget import budget_line
from loopcheck.world.github.connection import Connection
from loopcheck.world.github.governor import Governor, Limits
from loopcheck.world.github.settings import settings_from

ISSUES = "/repos/acme/shop/issues"


@pytest.fixture
def github():
    with GitHubStandIn() as standin:
        for _ in range(60):
            standin.repository.add_issue()
        yield standin


def spend(governor, times=1, *, resource="core", writes=False):
    for _ in range(times):
        with governor.slot(resource, writes=writes):
            pass


def test_points_are_counted_as_github_does():
    governor = Governor()
    spend(governor, 3)
    spend(governor, 2, resource="graphql")
    spend(governor, 4, writes=True)
    assert (governor.requests, governor.points, governor.writes) == (9, 3 + 2 + 4 * 5, 4)


def test_a_run_writes_no_more_than_it_may_and_still_reads():
    governor = Governor(Limits(writes=2))
    spend(governor, 2, writes=True)
    with pytest.raises(CannotTell) as told:
        spend(governor, writes=True)
    assert (told.value.reason.word, told.value.reason.stops) == ("budget-spent", True)
    spend(governor)
    assert governor.requests == 3


def test_what_is_written_counts_and_ends(github):
    clock = Clock()
    governor = Governor(Limits(writes=2))
    settings = settings_from(github.environment)
    connection = Connection(settings, github.token, lambda seconds: seconds)
    writer = Writer(connection, governor, count=lambda: None, clock=clock, sleep=clock.sleep)
    for _ in range(2):
        writer.send("POST", f"{ISSUES}/1/comments", {"body": "Hm"})
    with pytest.raises(CannotTell) as told:
        writer.send("POST", f"{ISSUES}/1/comments", {"body": "Hm"})
    assert told.value.reason.word == "budget-spent"
    assert not isinstance(told.value, Uncertain)
    assert len(github.writes) == 2
    assert governor.points == 10


def test_an_event_uses_a_fifth_of_what_is_left(github):
    github.tokens[github.token].limit = 101
    gh = client(github, limits=Limits(reserve=0).for_event())
    for number in range(1, 22):
        gh.get(f"{ISSUES}/{number}")
    with pytest.raises(CannotTell) as told:
        gh.get(f"{ISSUES}/22")
    assert told.value.reason.word == "budget-spent"
    assert len(github.requests) == 21  # the first, by which it is known what is left, and a fifth of that


def test_what_others_use_meanwhile_is_not_made_up_for(github):
    token = github.tokens[github.token]
    token.limit = 101
    gh = client(github, limits=Limits(reserve=0).for_event())
    gh.get(f"{ISSUES}/1")
    token.used["core"] += 30
    gh.get(f"{ISSUES}/2")
    with pytest.raises(CannotTell):
        gh.get(f"{ISSUES}/3")


@pytest.mark.parametrize("ahead", [-400, 0, 90_000])
def test_the_clock_of_github_is_known(github, ahead):
    gh = client(github, clock=Clock(github.now.timestamp() - ahead))
    assert gh.skew is None
    with pytest.raises(CannotTell):
        gh.server_time()
    gh.get(ISSUES)
    assert gh.skew == ahead
    assert gh.server_time() == github.now


@pytest.mark.parametrize(
    ("counts", "points", "line"),
    [
        ({"git": 4}, 0, "0 requests, 0 points"),
        ({"git": 4, "github": 1}, 1, "1 request, 1 point"),
        ({"github": 31, "datadog": 2}, 1412, "31 requests, 1,412 points, 2 Datadog calls"),
        ({"github": 2, "zone": 1, "datadog": 1}, 2, "2 requests, 2 points, 1 Datadog call, 1 zone call"),
    ],
)
def test_the_end_of_a_run_says_what_was_asked(counts, points, line):
    assert budget_line(counts, points) == line
