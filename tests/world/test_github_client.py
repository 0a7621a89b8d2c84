"""What the reader of GitHub makes of every answer: the truth, or nothing at all."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from standins.github import FAULTS, Fault, GitHubStandIn
from standins.github_client import Clock, client

from loopcheck.reasons import CannotTell
from loopcheck.world.github.governor import Limits

ISSUES = "/repos/acme/shop/issues"
QUERY = 'query($n: Int!) { repository(owner: "acme", name: "shop") { issue(number: $n) { title } } }'


@pytest.fixture
def github():
    with GitHubStandIn() as standin:
        yield standin


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_elsewhere_is_not_followed(github, status):
    with GitHubStandIn() as other:
        github.fault("GET *", Fault("away", status, {}, {"Location": f"{other.url}/repos/acme/shop"}), times=None)
        with pytest.raises(
            CannotTell, match="redirects elsewhere" if status in (301, 307, 308) else f"answered {status}"
        ):
            client(github).get("/repos/acme/shop")
        assert not other.requests


@pytest.mark.parametrize("keeps", [True, False], ids=["with the query", "without it"])
@pytest.mark.parametrize("status", [301, 307, 308])
def test_a_renamed_repository_is_read_with_all_that_was_asked(github, status, keeps):
    github.repository.add_issue("open")
    github.repository.close(github.repository.add_issue("closed"))
    where = f"{github.url}/repositories/{github.repository.id}/issues"
    query = "?state=closed&per_page=100&page=1" if keeps else ""
    github.fault(f"GET {ISSUES}", Fault("moved", status, {}, {"Location": where + query}), times=None)
    assert [issue["title"] for issue in client(github).list_all(ISSUES, state="closed")] == ["closed"]


def test_a_renamed_repository_proves_no_absence(github):
    github.add_repository("acme/store")
    github.repository.moved_to = "acme/store"
    with pytest.raises(CannotTell) as told:
        client(github).find("/repos/acme/shop/issues/9")
    assert told.value.reason.word == "not-visible"


def test_redirections_end(github):
    there = f"{github.url}/repositories/{github.repository.id}"
    github.fault("GET *", Fault("round", 301, {}, {"Location": there}), times=None)
    with pytest.raises(CannotTell):
        client(github).get("/repos/acme/shop")
    assert len(github.requests) == 4


def test_an_answer_that_is_still_being_made_is_none(github):
    github.fault("GET *", Fault("202", 202, {}), times=None)
    with pytest.raises(CannotTell):
        client(github).get("/repos/acme/shop")
    assert len(github.requests) == 1


def test_what_is_not_there_is_absent_where_it_would_be_seen(github):
    gh = client(github)
    assert gh.find(f"{ISSUES}/9") is None
    asked = len(github.requests)
    assert gh.find(f"{ISSUES}/9") is None
    assert len(github.requests) == asked == 4  # the issue, the repository, a branch, the issue again


@pytest.mark.parametrize("path", ["/repos/acme/other", "/repos/acme/other/issues/1", "/repos/acme/shopping/issues/1"])
def test_what_is_elsewhere_is_never_absent(github, path):
    with pytest.raises(CannotTell) as told:
        client(github).find(path)
    assert told.value.reason.word == "not-visible"


def test_a_token_that_may_not_read_contents_proves_no_absence():
    with GitHubStandIn(permissions={"issues": "read"}) as github, pytest.raises(CannotTell) as told:
        client(github).find(f"{ISSUES}/9")
    assert told.value.reason.word == "not-visible"


def test_a_repository_that_is_not_seen_proves_no_absence(github):
    github.repository.visible_to.clear()
    with pytest.raises(CannotTell) as told:
        client(github).find(f"{ISSUES}/9")
    assert told.value.reason.word == "not-visible"


def test_one_404_is_no_absence(github):
    github.repository.add_issue()
    github.fault(f"GET {ISSUES}/1", "404")
    with pytest.raises(CannotTell) as told:
        client(github).find(f"{ISSUES}/1")
    assert told.value.reason.word == "unsettled"


@pytest.mark.parametrize("fault", ["401", "403-permission", "502", "200-empty", "200-null", "cut"])
def test_absence_needs_every_answer_that_it_rests_on(github, fault):
    github.fault("GET /repos/acme/shop", fault, times=None)
    with pytest.raises(CannotTell):
        client(github).find(f"{ISSUES}/9")


def test_a_refusal_names_the_permission_that_is_missing():
    with GitHubStandIn(permissions={}) as github, pytest.raises(CannotTell, match="`issues=read; pull_requests=read`"):
        client(github).get(ISSUES)


def test_a_list_comes_whole_though_it_shifts(github):
    there = github.repository
    for number in range(150):
        there.add_issue(str(number))

    def delete_one(call):
        if call.number == 1:
            there.issues.pop()  # newest first: the first page loses one, and all others move up

    github.after = delete_one
    assert [issue["title"] for issue in client(github).list_all(ISSUES)] == [
        str(number) for number in range(148, -1, -1)
    ]


def test_a_list_that_never_rests_is_no_answer(github):
    for number in range(150):
        github.repository.add_issue(str(number))
    github.after = lambda call: github.repository.issues.pop()
    with pytest.raises(CannotTell) as told:
        client(github).list_all(ISSUES)
    assert told.value.reason.word == "unsettled"


@pytest.mark.parametrize(("entries", "requests"), [(0, 1), (99, 1), (100, 4), (101, 4), (200, 6)])
def test_a_list_is_read_to_its_end_whatever_its_header_says(github, entries, requests):
    for _ in range(entries):
        github.repository.add_issue()

    def without_link(status, headers, body):
        return status, {name: text for name, text in headers.items() if name != "Link"}, body

    github.fault("GET *", Fault("no-link", spoil=without_link), times=None)
    assert len(client(github).list_all(ISSUES)) == entries
    assert len(github.requests) == requests


def test_one_question_is_asked_once_by_all_threads(github):
    github.repository.add_issue("Only one")
    github.latency = 0.02
    gh = client(github)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: (gh.get(f"{ISSUES}/1")["title"], len(gh.list_all(ISSUES))), range(32)))
    assert found == [("Only one", 1)] * 32
    assert len(github.requests) == gh.governor.requests == 2


def test_each_thread_gets_the_answer_to_its_own_question(github):
    for number in range(1, 65):
        github.repository.add_issue(str(number))
    gh = client(github)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda number: gh.get(f"{ISSUES}/{number}")["title"], range(1, 65)))
    assert found == [str(number) for number in range(1, 65)]


def test_a_run_asks_no_more_than_its_budget(github):
    gh = client(github, limits=Limits(requests=2))
    for number in (1, 2, 3):
        with pytest.raises(CannotTell) as told:
            gh.get(f"{ISSUES}/{number}")
    assert told.value.reason.word == "budget-spent"
    assert len(github.requests) == 2


@pytest.mark.parametrize("skew", [-86_400, 0, 86_400], ids=["behind", "right", "ahead"])
def test_a_reset_is_reckoned_by_the_clock_of_github(github, skew):
    github.repository.add_issue()
    clock = Clock(github.now.timestamp() + skew)
    used_up = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(github.now.timestamp()) + 30)}
    github.fault("GET *", replace(FAULTS["403-primary"], headers=used_up))
    gh = client(github, clock=clock)
    assert gh.get(f"{ISSUES}/1")["number"] == 1
    assert sum(clock.slept) == 30


def test_a_reset_that_is_too_far_away_ends_the_asking(github):
    github.fault("GET *", "403-primary")
    gh = client(github)
    for path in (ISSUES, "/repos/acme/shop/labels"):
        with pytest.raises(CannotTell) as told:
            gh.get(path)
        assert told.value.reason.word == "rate-limited"
    assert len(github.requests) == 1


@pytest.mark.parametrize("fault", ["403-secondary", "429-secondary", "403-secondary-unsaid", "429-secondary-unsaid"])
def test_a_secondary_limit_is_obeyed_for_a_minute(github, fault):
    github.repository.add_issue()
    github.fault("GET *", fault)
    clock = Clock()
    assert client(github, clock=clock).get(f"{ISSUES}/1")["number"] == 1
    assert sum(clock.slept) == 60


def test_a_slow_answer_is_given_up_in_whole(github):
    """Each byte is in time, but all of them together are not."""
    github.fault("GET *", "trickle", times=None)
    with pytest.raises(CannotTell) as told:
        client(github, patience=lambda: 0.1).get("/repos/acme/shop")
    assert told.value.reason.word == "timeout"
