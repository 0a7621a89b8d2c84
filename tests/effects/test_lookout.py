"""New issues, looked at together: what is written to them, whatever others do meanwhile and whatever goes wrong."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from seen import FAILED, VERIFIED
from standins.faults import json_spoiler
from standins.github import FAULTS, Fault, GitHubStandIn
from telling import BODY, BOT, Time, applier, carried_out, labels, put

from loopcheck.effects import marker
from loopcheck.effects.lookout import AT_ONCE, FRESH

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(minutes=5), NOW + timedelta(minutes=5)
US = "github-actions[bot]"
LABEL = "loopcheck:failed"
GRAPHQL = "POST /graphql"


@pytest.fixture
def github():
    with GitHubStandIn(now=NOW) as stand_in:
        for _ in range(3):
            stand_in.repository.add_issue(body=BODY, comments=["please look"])
        yield stand_in


def more(github, count):
    for _ in range(count - len(github.repository.issues)):
        github.repository.add_issue(body=BODY)


def plan(github, at=NOW, run="1/1"):
    """A label and a comment for each issue, as a sweep plans them that saw no comment of loopcheck's."""
    for one in github.repository.issues:
        yield labels(one.number, [LABEL], is_new=True)
        yield put(one.number, FAILED, at, run, is_new=True)


def run(github, effects=None, **details):
    effects = list(plan(github)) if effects is None else effects
    return [one.done.value for one in carried_out(applier(github, **details), effects)]


def ours(issue):
    return [one for one in issue.comments if one.author.id == BOT and marker.read(one.body)]


def counted(github):
    """How often was asked, for what: each issue's number left out."""
    return Counter(f"{call.method} {call.path}" for call in github.requests if "/issues/" not in call.path)


def looked_at_alone(github):
    return {int(call.path.split("/")[5]) for call in github.asked("GET /repos/*/issues/*")}


def meanwhile(github, change, *, looks=1):
    """Somebody changes something right after that many shared looks."""
    left = [looks]

    def after(call):
        left[0] -= call.path == "/graphql"
        if left[0] == 0:
            left[0] = -1
            change()

    github.after = after


def they_say(issue, github, at, result=FAILED):
    """Another run's comment, by a sweep or an event that began at that time."""
    return github.repository.add_comment(issue, put(issue.number, result, at, "7/1").body, author=US)


def test_many_new_issues_cost_two_writes_each_and_a_look_now_and_then(github):
    more(github, 2 * AT_ONCE + 5)
    assert set(run(github)) == {"written"}
    assert all((one.labels, len(ours(one))) == ([LABEL], 1) for one in github.repository.issues)
    assert looked_at_alone(github) == set()
    assert counted(github) == {"GET /repos/acme/shop/labels": 1, "POST /repos/acme/shop/labels": 1, GRAPHQL: 3 + 1}
    assert len(github.writes) == 1 + 2 * len(github.repository.issues)


@pytest.mark.volume
@pytest.mark.parametrize("seconds", [0.1, 0.4, 0.7, 3, 25, 90])
def test_nothing_rests_on_a_look_that_is_not_fresh(github, seconds):
    more(github, AT_ONCE + 2)
    time, looked, ages = Time(), {}, []

    def after(call):
        if call.path == "/graphql":
            asked = call.body["variables"]
            looked.update({number: time.at for name, number in asked.items() if name[1:].isdecimal()})
        elif call.method == "GET" and "/issues/" in call.path:
            looked[int(call.path.split("/")[5])] = time.at
        elif "/issues/" in call.path:
            ages.append(time.at - looked[int(call.path.split("/")[5])])
        time.at += seconds  # so long GitHub takes for each answer

    github.after = after
    assert set(run(github, time=time)) == {"written"}
    assert len(ages) == 2 * (AT_ONCE + 2)
    assert max(ages) <= FRESH + seconds * (seconds > FRESH)
    assert all(len(ours(one)) == 1 for one in github.repository.issues)


def test_one_new_issue_is_looked_at_alone(github):
    del github.repository.issues[1:]
    assert run(github) == ["written", "written"]
    assert github.asked(GRAPHQL) == []
    assert len(github.asked("GET /repos/*/issues/1*")) == 4


def test_where_there_is_a_comment_already_each_write_has_its_own_look(github):
    run(github)
    github.requests.clear()
    effects = [put(number, VERIFIED, LATER, "2/1") for number in (1, 2, 3)]
    assert run(github, effects) == ["written"] * 3
    assert github.asked(GRAPHQL) == []
    assert len(github.asked("GET *")) == 6


# others, meanwhile


@pytest.mark.parametrize(("at", "says"), [(EARLIER, "failed"), (LATER, "verified")], ids=["older", "newer"])
def test_of_two_runs_that_were_as_quick_the_older_comment_stays_and_the_newer_word(github, at, says):
    issue = github.repository.issues[2]
    meanwhile(github, lambda: they_say(issue, github, at, VERIFIED))
    assert set(run(github)) == {"written"}
    (comment,) = ours(issue)
    assert comment is issue.comments[1]
    assert f"loopcheck: {says}" in comment.body
    assert len(issue.comments) == 2
    assert [call.method for call in github.writes if call.method == "DELETE"] == ["DELETE"]
    assert looked_at_alone(github) == {3}


def test_a_comment_that_another_run_has_just_edited_is_not_gone_back_on(github):
    issue = github.repository.issues[0]
    newer = put(1, VERIFIED, LATER, "7/1").body

    def after(call):
        if call.method == "POST" and call.path.endswith("/issues/2/comments"):
            ours(issue)[0].body = newer

    github.after = after
    assert set(run(github)) == {"written"}
    assert [one.body for one in ours(issue)] == [newer]


@pytest.mark.parametrize(("at", "says"), [(EARLIER, "failed"), (LATER, "verified")], ids=["older", "newer"])
def test_a_comment_that_is_there_by_then_is_looked_at_again_before_it_is_edited(github, at, says):
    effects = list(plan(github))
    issue = github.repository.issues[1]
    comment = they_say(issue, github, at, VERIFIED)
    done = run(github, effects)
    assert done == ["written"] * 3 + ["written" if says == "failed" else "unchanged"] + ["written"] * 2
    assert ours(issue) == [comment]
    assert f"loopcheck: {says}" in comment.body
    assert looked_at_alone(github) == {2}


@pytest.mark.parametrize("what", ["edited", "closed"])
def test_an_issue_that_is_another_by_the_look_is_left(github, what):
    effects = list(plan(github))
    issue = github.repository.issues[1]
    if what == "edited":
        issue.body += "\nmore"
    else:
        github.repository.close(issue)
    assert run(github, effects) == ["written", "written", "left", "left", "written", "written"]
    assert (issue.labels, ours(issue)) == ([], [])
    assert looked_at_alone(github) == set()


def test_an_issue_that_was_edited_after_the_label_and_before_a_new_look_gets_no_comment(github):
    more(github, AT_ONCE)
    time, last = Time(), github.repository.issues[-1]

    def after(call):
        if call.path.endswith(f"/issues/{last.number}/labels"):
            last.body += "\nmore"
            time.at += FRESH

    github.after = after
    assert run(github, time=time)[-2:] == ["written", "left"]
    assert ours(last) == []


def test_a_look_of_which_nobody_knows_how_old_it_is_is_not_fresh(github):
    time, issue = Time(), github.repository.issues[2]

    def set_back():
        time.at -= 3600
        issue.body += "\nmore"

    meanwhile(github, set_back)
    assert run(github, time=time)[-2:] == ["left", "left"]


def test_labels_that_are_there_by_then_are_not_set_again_and_those_to_go_are_looked_for(github):
    effects = list(plan(github))
    github.repository.label(LABEL)
    github.repository.issues[1].labels = ["bug", LABEL]
    assert run(github, effects) == ["written", "written", "unchanged", "written", "written", "written"]
    assert github.repository.issues[1].labels == ["bug", LABEL]
    github.requests.clear()
    gone = [labels(number, (), [LABEL], is_new=True) for number in (1, 2, 3)]
    github.repository.issues[0].labels = []
    assert run(github, gone) == ["unchanged", "written", "written"]
    assert looked_at_alone(github) == {1, 2, 3}
    assert github.asked(GRAPHQL) == []


def test_strangers_and_other_programs_are_not_taken_for_loopcheck(github):
    forged = put(1, VERIFIED, LATER).body
    for who, body in (("mallory", forged), (US, f"> {forged}"), (None, "a ghost's")):
        github.repository.add_comment(github.repository.issues[0], body).author = who and github.account(who)
    assert set(run(github)) == {"written"}
    assert len(github.repository.issues[0].comments) == 5
    assert looked_at_alone(github) == set()


# what cannot be seen, or not all of it


def test_an_issue_with_more_comments_than_come_is_looked_at_alone(github):
    issue = github.repository.issues[1]
    effects = list(plan(github))
    for number in range(119):
        github.repository.add_comment(issue, f"comment {number}")
    comment = they_say(issue, github, EARLIER)
    assert run(github, effects)[3] == "unchanged"
    assert ours(issue) == [comment]
    assert looked_at_alone(github) == {2}


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "always"])
@pytest.mark.parametrize(
    "fault",
    [name for name in FAULTS if name.startswith("graphql")]
    + "401 403-permission 404 502 cut 200-html cut-body".split(),
)
def test_where_the_shared_look_fails_each_is_looked_at_alone(github, fault, lasts):
    effects = list(plan(github))
    comment = they_say(github.repository.issues[1], github, NOW)
    github.fault(GRAPHQL, fault, times=None if lasts else 1)
    done = run(github, effects)
    assert done == ["written"] * 3 + ["unchanged"] + ["written"] * 2
    assert ours(github.repository.issues[1]) == [comment]
    assert all(len(ours(one)) == 1 for one in github.repository.issues)
    assert len(github.asked(GRAPHQL)) <= 3, "one look at all, tried again, or one before and one after"


def test_where_graphql_is_refused_it_is_asked_once(github):
    more(github, AT_ONCE * 2)
    github.fault(GRAPHQL, "403-permission", times=None)
    assert set(run(github)) == {"written"}
    assert len(github.asked(GRAPHQL)) == 1
    assert len(looked_at_alone(github)) == AT_ONCE * 2


def without(number):
    """An answer in which one issue is null, and nothing said of it."""

    def change(data):
        found = data["data"]["repository"]
        for name, issue in found.items():
            if isinstance(issue, dict) and issue["number"] == number:
                found[name] = None
        return data

    return Fault("without", spoil=json_spoiler(change))


def test_an_issue_that_the_answer_lacks_is_not_one_without_a_comment(github):
    effects = list(plan(github))
    comment = they_say(github.repository.issues[1], github, EARLIER)
    github.fault(GRAPHQL, without(2), times=None)
    assert run(github, effects)[3] == "unchanged"
    assert ours(github.repository.issues[1]) == [comment]
    assert looked_at_alone(github) == {2}


def test_an_issue_that_nobody_shows_is_left(github):
    effects = list(plan(github))
    github.fault(GRAPHQL, without(2), times=None)
    github.fault("GET /repos/*/issues/2", "404", times=None)
    assert run(github, effects) == ["written", "written", "left", "left", "written", "written"]
    assert ours(github.repository.issues[1]) == []


def test_an_issue_that_is_not_there_any_more_is_left_and_the_others_are_written_to(github):
    effects = list(plan(github))
    del github.repository.issues[1]
    assert run(github, effects) == ["written", "written", "left", "left", "written", "written"]


# what was written, and then


def test_a_comment_of_which_no_look_says_that_it_is_the_only_one_is_in_doubt(github):
    meanwhile(github, lambda: they_say(github.repository.issues[0], github, EARLIER, VERIFIED))
    github.fault(GRAPHQL, "502", times=None, after=1)
    github.fault("GET /repos/*/issues/*/comments", "502", times=None)
    applied = list(carried_out(applier(github), list(plan(github))))
    assert [one.done.value for one in applied] == ["written"] * 6 + ["left"] * 3
    assert [one.effect.issue for one in applied[6:]] == [1, 2, 3]
    assert all("GitHub answered 502" in one.because for one in applied[6:])
    github._planned.clear()
    run(github, [put(1, FAILED, LATER, "2/1")])
    assert len(ours(github.repository.issues[0])) == 1


def test_a_look_that_does_not_show_the_comment_yet_is_not_believed(github):
    def before(data):  # as a machine of GitHub's that is behind
        data["data"]["repository"]["n0"]["comments"].update(totalCount=0, nodes=[])
        return data

    meanwhile(github, lambda: they_say(github.repository.issues[0], github, EARLIER))
    github.fault(GRAPHQL, Fault("before", spoil=json_spoiler(before)), after=1)
    assert set(run(github)) == {"written"}
    assert len(ours(github.repository.issues[0])) == 1


@pytest.mark.parametrize("fault", ["502", "502-done", "cut-done", "404", "403-secondary"])
def test_a_second_comment_that_is_not_deleted_is_in_doubt(github, fault):
    meanwhile(github, lambda: they_say(github.repository.issues[0], github, NOW))
    github.fault("DELETE *", fault)
    assert run(github)[6:] == ["left"]
    run(github, [put(1, FAILED, LATER, "2/1")])
    assert len(ours(github.repository.issues[0])) == 1


def test_a_run_that_ends_early_looks_at_what_it_has_commented_on(github):
    issue = github.repository.issues[0]
    meanwhile(github, lambda: they_say(issue, github, NOW))
    applying = carried_out(applier(github), list(plan(github)))
    assert [next(applying).done.value for _ in range(2)] == ["written"] * 2
    assert len(ours(issue)) == 2
    applying.close()
    assert len(ours(issue)) == 1


@pytest.mark.parametrize("fault", ["502-done", "cut-done", "hang-done", "502", "cut"])
def test_a_comment_that_is_not_confirmed_is_looked_for_at_once(github, fault):
    github.fault("POST /repos/*/issues/2/comments", fault)
    done = run(github, timeout=0.3)
    made = fault.endswith("done")
    assert done == ["written"] * 3 + ["written" if made else "left"] + ["written"] * 2
    assert len(ours(github.repository.issues[1])) == made
    assert 2 in looked_at_alone(github)


def test_the_same_comment_twice_in_one_plan_is_one(github):
    twice = [put(number, FAILED, NOW, is_new=True) for number in (1, 2, 1)]
    assert run(github, twice) == ["written", "written", "unchanged"]


def test_a_comment_waits_for_its_labels(github):
    github.fault("POST /repos/*/issues/2/labels", "502")
    assert run(github) == ["written", "written", "left", "left", "written", "written"]
    assert ours(github.repository.issues[1]) == []


class Killed(BaseException):
    pass


@pytest.mark.volume
def test_a_run_that_is_killed_anywhere_is_made_good_by_the_next(github):
    run(github)
    requests = len(github.requests)
    assert requests == 1 + 1 + 1 + 6 + 1
    for place in range(requests):
        with GitHubStandIn(now=NOW) as other:
            for _ in range(3):
                other.repository.add_issue(body=BODY, comments=["please look"])
            effects = list(plan(other))
            last = other.fault("*", Fault("the end", cut=True, done=True), times=None, after=place)
            run(other, effects)
            assert last.met
            other._planned.clear()
            run(other, list(plan(other, LATER, "2/1")))
            assert all((one.labels, len(ours(one))) == ([LABEL], 1) for one in other.repository.issues), place
