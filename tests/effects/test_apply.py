import json
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from seen import FAILED, VERIFIED
from standins.github import FAULTS, Fault, GitHubStandIn
from telling import BODY, BOT, Time, applier, carried_out, labels, put, reopen

from loopcheck.effects import marker
from loopcheck.effects.model import React, Receipt

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
# One of each sort; the stand-in's own tests have them all.
QUICK = [
    FAULTS[name]
    for name in (
        "401 403-permission 403-disabled 404 410 422 500 502-done cut cut-done 200-html 200-null 200-nothing 204 cut-body"
    ).split()
]
US = "github-actions[bot]"


@pytest.fixture
def github():
    with GitHubStandIn(now=NOW) as stand_in:
        stand_in.repository.add_issue(body=BODY, comments=["please look"])
        yield stand_in


def the_issue(github):
    return github.repository.issues[0]


def ours(github):
    return [one for one in the_issue(github).comments if one.author.id == BOT and marker.read(one.body)]


def run(github, *effects, **more):
    return [one.done.value for one in carried_out(applier(github, **more), effects)]


def test_a_comment_is_posted_once_and_edited_when_the_answer_changes(github):
    assert run(github, put(1, FAILED, NOW)) == ["written"]
    (first,) = ours(github)
    assert run(github, put(1, FAILED, LATER, "2/1")) == ["unchanged"]
    assert "failed" in first.body
    assert run(github, put(1, VERIFIED, LATER, "3/1")) == ["written"]
    assert ours(github) == [first]
    assert "can be closed" in first.body
    assert [call.method for call in github.writes] == ["POST", "PATCH"]


def test_an_older_run_that_ends_late_writes_nothing(github):
    run(github, put(1, VERIFIED, LATER))
    assert run(github, put(1, FAILED, NOW, "9/9")) == ["unchanged"]


def test_the_oldest_of_ours_is_kept_and_only_ours_go(github):
    twin = put(1, FAILED, NOW)
    for who in (US, "mallory", US, US):
        github.repository.add_comment(the_issue(github), twin.body, author=who)
    oldest = ours(github)[0]
    assert run(github, put(1, FAILED, LATER)) == ["written"]
    assert ours(github) == [oldest]
    assert [one.author.login for one in the_issue(github).comments] == ["ana", US, "mallory"]


@pytest.mark.parametrize(
    ("who", "change"),
    [
        ("mallory", lambda body: body),
        ("github-actions", lambda body: body),
        (US, lambda body: f"> {body}"),
        (US, lambda body: f"they wrote\n{body}"),
        (US, lambda body: body.replace("loopcheck 1", "loopcheck 9", 1)),
    ],
)
def test_what_only_looks_like_ours_is_left_alone(github, who, change):
    forged = change(put(1, VERIFIED, LATER).body)
    there = github.repository.add_comment(the_issue(github), forged, author=who)
    assert run(github, put(1, FAILED, NOW)) == ["written"]
    assert there.body == forged
    assert "failed" in the_issue(github).comments[-1].body
    assert [call.method for call in github.writes] == ["POST"]


@pytest.mark.parametrize("fault", ["502-done", "cut-done", "hang-done"])
def test_a_comment_that_was_made_after_all_is_adopted(github, fault):
    github.fault("POST *", fault)
    assert run(github, put(1, FAILED, NOW), timeout=0.3) == ["written"]
    assert run(github, put(1, FAILED, LATER)) == ["unchanged"]
    assert len(ours(github)) == len(github.writes) == 1


def test_a_comment_that_was_not_made_is_left_to_the_next_run(github):
    time = Time()
    github.fault("POST *", "502")
    assert run(github, put(1, FAILED, NOW), put(1, FAILED, NOW), time=time) == ["left", "left"]
    assert len(github.writes) == 1
    assert sum(time.slept) >= 30
    assert run(github, put(1, FAILED, NOW)) == ["written"]


@pytest.mark.parametrize("path", ["GET /repos/*/issues/1", "GET /repos/*/issues/1/comments"])
@pytest.mark.parametrize(
    "fault",
    [one for one in QUICK if not one.done],
    ids=lambda one: one.name,
)
def test_nothing_is_written_on_a_read_that_went_wrong(github, path, fault):
    run(github, put(1, FAILED, NOW))
    written = len(github.writes)
    github.fault(path, fault, times=None)
    assert set(run(github, put(1, FAILED, NOW, body=BODY))) <= {"left", "unchanged"}
    assert len(github.writes) == written
    assert len(ours(github)) == 1


@pytest.mark.parametrize("fault", QUICK, ids=lambda one: one.name)
def test_no_fault_of_a_write_makes_a_second_comment(github, fault):
    github.fault("POST *", fault)
    run(github, put(1, FAILED, NOW))
    assert len(ours(github)) <= 1
    run(github, put(1, FAILED, LATER, "2/1"))
    assert len(ours(github)) == 1


def test_a_list_with_a_comment_too_few_is_no_list(github):
    def shorter(status, headers, body):  # a plain list says nowhere how long it is; the issue does
        return status, headers, json.dumps(json.loads(body)[:-1]).encode()

    run(github, put(1, FAILED, NOW))
    github.fault("GET /repos/*/comments", Fault("one-less", spoil=shorter))
    assert run(github, put(1, FAILED, LATER)) == ["left"]
    assert len(ours(github)) == 1


@pytest.mark.volume
def test_all_of_many_comments_are_looked_through(github):
    for number in range(2_498):
        github.repository.add_comment(the_issue(github), f"comment {number}")
    assert run(github, put(1, FAILED, NOW)) == ["written"]
    assert run(github, put(1, FAILED, LATER)) == ["unchanged"]
    the_issue(github).comments.remove(ours(github)[0])
    github.repository.add_comment(the_issue(github), "one more")
    (left,) = carried_out(applier(github), [put(1, FAILED, LATER)])
    assert left.because.endswith("the issue has 2,500 comments, and GitHub takes no more")


def test_an_issue_that_was_edited_or_closed_meanwhile_is_left(github):
    the_issue(github).body += "\nmore"
    assert run(github, put(1, FAILED, NOW), labels(1, ["loopcheck:failed"])) == ["left", "left"]
    the_issue(github).body = BODY
    github.repository.close(the_issue(github))
    assert run(github, put(1, FAILED, NOW), labels(1, ["loopcheck:failed"])) == ["left", "left"]
    assert github.writes == []


def test_trouble_with_one_issue_does_not_keep_another(github):
    github.repository.add_issue(body=BODY)
    github.fault("GET /repos/*/issues/1", "410")
    assert run(github, put(1, FAILED, NOW), put(2, FAILED, NOW)) == ["left", "written"]


def test_a_refused_token_ends_all_writing(github):
    github.repository.add_issue(body=BODY)
    github.fault("POST *", "401")
    assert run(github, put(1, FAILED, NOW), put(2, FAILED, NOW)) == ["left", "left"]
    assert len(github.writes) == 1


def test_writes_are_a_second_apart(github):
    time = Time()
    github.repository.add_issue(body=BODY)
    github.repository.add_issue(body=BODY)
    run(github, *[put(number, FAILED, NOW) for number in (1, 2, 3)], time=time)
    assert time.slept == [1.0, 1.0]


def test_a_clock_that_is_set_back_makes_no_long_pause(github):
    time = Time()
    github.repository.add_issue(body=BODY)

    def after(call):
        if call.method == "POST":
            time.at -= 3600

    github.after = after
    run(github, put(1, FAILED, NOW), put(2, FAILED, NOW), time=time)
    assert time.slept == [1.0]


def test_two_runs_at_once_end_with_one_comment(github):
    together = Barrier(2)

    def one(name):
        together.wait()
        run(github, put(1, FAILED, NOW, f"{name}/1"))

    crew = [Thread(target=one, args=(name,)) for name in (1, 2)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    assert ours(github)
    run(github, put(1, FAILED, LATER, "3/1"))
    assert len(ours(github)) == 1


# labels


def test_labels_are_made_on_demand_and_others_stay(github):
    the_issue(github).labels += ["bug", "loopcheck:inconclusive"]
    github.repository.label("bug")
    github.repository.label("loopcheck:inconclusive")
    effect = labels(1, ["loopcheck:failed", "bug"], ["loopcheck:inconclusive", "bug"])
    assert run(github, effect) == ["written"]
    assert the_issue(github).labels == ["bug", "loopcheck:failed"]
    assert github.repository.find_label("loopcheck:failed").color == "cf222e"
    assert run(github, effect) == ["unchanged"]


# reopening


def test_a_closed_issue_is_reopened_once(github):
    github.repository.close(the_issue(github))
    effect = reopen(the_issue(github))
    assert run(github, effect) == ["written"]
    assert the_issue(github).state == "open"
    assert run(github, effect) == ["left"]


@pytest.mark.parametrize("reason", ["not_planned", "duplicate"])
def test_who_drops_an_issue_meanwhile_is_heard(github, reason):
    github.repository.close(the_issue(github))
    effect = reopen(the_issue(github))
    the_issue(github).state_reason = reason
    assert run(github, effect) == ["left"]


def test_another_closing_is_another_matter(github):
    github.repository.close(the_issue(github))
    effect = reopen(the_issue(github))
    github.repository.close(the_issue(github), at=NOW + timedelta(minutes=5))
    assert run(github, effect) == ["left"]


# reactions


def reactions(comment):
    return [(one.author.login, one.content) for one in comment.reactions]


@pytest.mark.parametrize("receipt", list(Receipt))
def test_a_comment_gets_one_reaction_however_often_it_is_asked_for(github, receipt):
    (comment,) = the_issue(github).comments
    effect = React(1, comment.id, receipt)
    assert run(github, effect, effect) == ["written", "written"]
    assert reactions(comment) == [(US, receipt.value)]


@pytest.mark.parametrize("fault", QUICK, ids=lambda one: one.name)
def test_no_fault_makes_a_second_reaction(github, fault):
    (comment,) = the_issue(github).comments
    effect = React(1, comment.id, Receipt.DONE)
    github.fault("POST *", fault)
    assert run(github, effect)[0] in ("written", "left")
    assert len(github.writes) == 1
    assert run(github, effect) == ["written"]
    assert reactions(comment) == [(US, "+1")]


def test_a_reaction_on_a_comment_that_was_deleted_is_left(github):
    (comment,) = the_issue(github).comments
    the_issue(github).comments.clear()
    (left,) = carried_out(applier(github), [React(1, comment.id, Receipt.DONE)])
    assert (left.done.value, "not there" in left.because) == ("left", True)


def test_a_reaction_needs_permission_to_write_issues():
    allowed = {"contents": "read", "issues": "read", "pull_requests": "write"}
    with GitHubStandIn(now=NOW, permissions=allowed) as github:
        comment = github.repository.add_comment(github.repository.add_issue(body=BODY), "/loopcheck verify")
        (left,) = carried_out(applier(github), [React(1, comment.id, Receipt.DONE)])
        assert "issues=write" in left.because
        assert reactions(comment) == []


# a run that is killed anywhere


class Killed(BaseException):
    pass


def test_a_run_that_is_killed_at_any_request_is_repaired_by_the_next(github):
    github.repository.close(the_issue(github))
    plan = [reopen(the_issue(github)), labels(1, ["loopcheck:failed"]), put(1, FAILED, NOW)]
    with GitHubStandIn(now=NOW) as calm:
        calm.repository.add_issue(body=BODY, comments=["please look"])
        calm.repository.close(the_issue(calm))
        run(calm, *plan)
        wanted, requests = state(calm), len(calm.requests)
    for number in range(requests):
        with GitHubStandIn(now=NOW) as other:
            other.repository.add_issue(body=BODY, comments=["please look"])
            other.repository.close(the_issue(other))
            killed = applier(other)
            _killed_at(killed, number)
            with pytest.raises(Killed):
                list(carried_out(killed, plan))
            run(other, *plan[0 if the_issue(other).state == "closed" else 1 :])
            assert state(other) == wanted, number


def _killed_at(killed, number):
    """End the run after request `number` was sent and before its answer is read."""
    reads, writes = killed._github._connection, killed._writer._connection
    sent = []

    def send(connection):
        real = connection.send

        def counted(*arguments):
            answer = real(*arguments)
            if len(sent) == number:
                raise Killed
            sent.append(arguments)
            return answer

        connection.send = counted

    send(reads)
    send(writes)


def state(github):
    issue = the_issue(github)
    return issue.state, issue.labels, [(one.author.login, one.body) for one in issue.comments], len(issue.events)


@pytest.mark.parametrize("fault", ["401", "403-permission", "404", "502"])
def test_a_comment_waits_for_the_labels_that_go_with_it(github, fault):
    github.fault("POST /repos/*/issues/1/labels", fault)
    assert run(github, labels(1, ["loopcheck:failed"]), put(1, FAILED, NOW)) == ["left", "left"]
    assert run(github, labels(1, ["loopcheck:failed"]), put(1, FAILED, NOW)) == ["written", "written"]


def test_a_label_that_another_run_made_meanwhile_is_taken(github):
    def meanwhile(call):
        if call.method == "GET" and call.path.endswith("/labels"):
            github.repository.label("loopcheck:failed")

    github.after = meanwhile
    assert run(github, labels(1, ["loopcheck:failed"])) == ["written"]
    assert the_issue(github).labels == ["loopcheck:failed"]


def test_a_label_that_may_not_be_made_is_left(github):
    github.fault("POST /repos/*/labels", "422", times=None)
    assert run(github, labels(1, ["loopcheck:failed"])) == ["left"]
    assert the_issue(github).labels == []


def test_a_comment_does_not_wait_for_labels_that_are_not_accepted(github):
    github.fault("POST /repos/*/issues/1/labels", "422")
    assert run(github, labels(1, ["loopcheck:failed"]), put(1, FAILED, NOW)) == ["left", "written"]


@pytest.mark.parametrize("fault", ["204", "200-null", "200-nothing"])
def test_labels_are_believed_when_they_are_shown(github, fault):
    for effect in (labels(1, ["loopcheck:failed"]), labels(1, (), ["loopcheck:failed"])):
        github.fault("* /repos/*/issues/1/labels*", fault)
        assert run(github, effect) == ["left"]
        assert run(github, effect) == ["written"]
