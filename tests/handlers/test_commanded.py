"""Comments from their payload to their receipt: who is obeyed, who is not, what that costs, and what a fault does."""

import json
from datetime import timedelta

import pytest
from commented import DECLARED, LABEL, NOW, WAIVE, Place, receipts
from standins.github import Fault, GitHubStandIn
from standins.github.state import Account

from loopcheck import loading
from loopcheck.testing import RepositoryBuilder

VERIFY, DRILLED = "/loopcheck verify", "/loopcheck drilled runbooks/lag.md"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    built = RepositoryBuilder(tmp_path_factory.mktemp("repository"))
    built.commit({"README.md": "Shop\n"})
    found = loading.load(built.folder)
    yield found
    found.repository.close()


@pytest.fixture
def github():
    with GitHubStandIn(now=NOW) as stand_in:
        yield stand_in


@pytest.fixture
def place(github, loaded, tmp_path):
    return Place(github, loaded, tmp_path)


@pytest.fixture
def quick(github, loaded, tmp_path):
    return Place(github, loaded, tmp_path, quick=True)


# what is obeyed


def test_a_waiver(place):
    comment, payload = place.say(WAIVE)
    assert place.answer(payload).look
    assert place.lines == [("waived", "#1", comment.id)]
    assert receipts(comment) == ["+1"]


def test_a_drill(place):
    comment, payload = place.say(DRILLED)
    assert not place.answer(payload).look
    assert place.lines == [("drilled", "", comment.id)]
    assert receipts(comment) == ["+1"]


def test_a_look(place):
    comment, payload = place.say(VERIFY, "tess")
    assert place.answer(payload).look
    assert place.lines == [("obeyed", "", comment.id)]
    assert receipts(comment) == ["+1"]


def test_each_item_of_an_issue_is_waived(place):
    place.issue.body = "\n".join(f"## Item {name}\n\n{DECLARED}" for name in "ab")
    comment, payload = place.say(WAIVE)
    place.answer(payload)
    assert place.lines == [("waived", "#1/item-a", comment.id), ("waived", "#1/item-b", comment.id)]


# T16: who and what is not

REFUSED, SILENT, DONE = ["-1"], [], ["+1"]


@pytest.mark.parametrize(
    ("body", "by", "receipt"),
    [
        (VERIFY, "ana", DONE), (VERIFY, "will", DONE), (VERIFY, "tess", DONE), (VERIFY, "otto", DONE), (VERIFY, "rita", REFUSED),
        (VERIFY, "stranger", REFUSED), (WAIVE, "ana", DONE), (WAIVE, "tess", REFUSED), (WAIVE, "otto", REFUSED), (WAIVE, "rita", REFUSED),
        (DRILLED, "will", DONE), (DRILLED, "tess", REFUSED), (DRILLED, "stranger", REFUSED),
        ("/loopcheck explain", "tess", ["confused"]), ("/loopcheck explain", "stranger", REFUSED),
        ("/loopcheck waive until 2029-01-01 because x", "will", ["confused"]),
        (f"> {VERIFY}", "ana", SILENT), (f"    {VERIFY}", "ana", SILENT), (f"```\n{VERIFY}\n```", "ana", SILENT), (f"Hm\n{VERIFY}", "ana", SILENT),
        (VERIFY, Account(8, "helper[bot]", "Bot"), SILENT), (VERIFY, Account(8, "imported", "Mannequin"), SILENT),
        (WAIVE, Account(41898282, "github-actions[bot]", "Bot"), SILENT),
    ],
)  # fmt: skip
def test_whose_commands_are_obeyed(quick, body, by, receipt):
    comment, payload = quick.say(body, by)
    done = quick.answer(payload)
    assert receipts(comment) == receipt
    assert done.look is (receipt == DONE and body != DRILLED)
    if receipt == SILENT:
        assert quick.github.requests == []
    if receipt != DONE:
        assert {line[0] for line in quick.lines} <= {"obeyed"}


def test_what_the_event_says_of_the_author_counts_for_nothing(quick):
    """A member who hides the membership seems to be nobody; and nobody becomes somebody by a payload."""
    comment, payload = quick.say(VERIFY, "will")
    payload["comment"]["author_association"] = "NONE"
    quick.answer(payload)
    assert receipts(comment) == ["+1"]
    comment, payload = quick.say(WAIVE, "stranger")
    payload["comment"]["author_association"] = "OWNER"
    quick.answer(payload)
    assert receipts(comment) == ["-1"]


def _edited(quick, comment, payload):
    comment.body, comment.updated = WAIVE.replace("ships", "sinks"), NOW + timedelta(seconds=30)


def _same_text_again(quick, comment, payload):
    comment.updated = NOW + timedelta(seconds=30)


def _deleted(quick, comment, payload):
    quick.issue.comments.remove(comment)


def _edited_before_the_event(quick, comment, payload):
    payload["comment"]["updated_at"] = "2026-11-20T09:31:00Z"


def _event_of_an_edit(quick, comment, payload):
    payload["action"] = "edited"


def _account_deleted(quick, comment, payload):
    comment.author = None
    del quick.github.accounts["will"]


def _account_unknown_to_the_event(quick, comment, payload):
    payload["comment"]["user"] = None


def _renamed(quick, comment, payload):
    quick.github.accounts["william"] = quick.github.accounts.pop("will")


def _name_taken_over(quick, comment, payload):
    quick.github.accounts["will"] = Account(666, "will")


def _another_author(quick, comment, payload):
    comment.author = quick.github.account("ana")


def _by_an_app_in_their_name(quick, comment, payload):
    payload["sender"] = {"login": "helper[bot]", "id": 8, "type": "Bot"}


def _on_a_pull_request(quick, comment, payload):
    payload["issue"]["pull_request"] = {"url": "https://api.github.com/repos/acme/shop/pulls/1"}


def _unknown_permission(quick, comment, payload):
    def unknown(status, headers, body):
        answer = {**json.loads(body), "permission": "super", "role_name": "super"}
        answer["user"].pop("permissions")
        return status, headers, json.dumps(answer).encode()

    quick.github.fault("GET /repos/*/permission", Fault("unknown", spoil=unknown))


def _contradiction(quick, comment, payload):
    def contradicted(status, headers, body):
        return status, headers, json.dumps({**json.loads(body), "permission": "read"}).encode()

    quick.github.fault("GET /repos/*/permission", Fault("contradiction", spoil=contradicted))


@pytest.mark.parametrize(
    "change",
    [
        _edited, _same_text_again, _deleted, _edited_before_the_event, _event_of_an_edit, _account_deleted, _account_unknown_to_the_event,
        _renamed, _name_taken_over, _another_author, _by_an_app_in_their_name, _on_a_pull_request, _unknown_permission, _contradiction,
    ],
)  # fmt: skip
@pytest.mark.parametrize("body", [VERIFY, WAIVE, DRILLED])
def test_what_is_not_the_authors_own_unedited_word_is_not_obeyed(quick, change, body):
    comment, payload = quick.say(body)
    change(quick, comment, payload)
    done = quick.answer(payload)
    assert (done.effects, done.look) == ((), False)
    assert quick.lines == receipts(comment) == []


def test_a_replayed_event_does_nothing_again(place):
    comment, payload = place.say(WAIVE)
    place.answer(payload)
    lines = place.lines
    for later in (timedelta(minutes=1), timedelta(days=3)):
        place.github.now = NOW + later
        assert not place.answer(payload).look
    assert place.lines == lines
    assert receipts(comment) == ["+1"]


def test_a_run_that_was_killed_before_its_receipt_is_repaired(place):
    comment, payload = place.say(WAIVE)
    place.answer(payload, upto=1)
    assert receipts(comment) == []
    place.answer(payload)
    assert (len(place.lines), receipts(comment)) == (1, ["+1"])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda issue: issue.labels.clear(),
        lambda issue: setattr(issue, "body", "no declaration"),
        lambda issue: setattr(issue, "body", "```loopcheck\nowner: [\n```\n"),
        lambda issue: setattr(issue, "author", None),
    ],
)
def test_only_an_action_item_that_can_be_read_and_counts_is_waived(quick, spoil):
    spoil(quick.issue)
    comment, payload = quick.say(WAIVE)
    assert not quick.answer(payload).look
    assert receipts(comment) == ["-1"]
    assert "waived" not in [line[0] for line in quick.lines]


def test_what_a_stranger_declared_is_not_waived(quick):
    quick.issue.author = quick.github.account("stranger")
    comment, payload = quick.say(WAIVE)
    quick.answer(payload)
    assert receipts(comment) == ["-1"]


# two worlds


def test_a_stranger_learns_nothing_and_causes_no_look(loaded, tmp_path):
    """One world has the item, declared and verified; in the other there is no such issue at all."""

    def world(name, *, there):
        folder = tmp_path / name
        folder.mkdir()
        with GitHubStandIn(now=NOW, private=False) as github:
            place = Place(github, loaded, folder)
            if there:
                place.answer(place.say(WAIVE, "will")[1])
            else:
                place.issue.body, place.issue.labels = "", []
            github.requests.clear()
            made = []
            for body in (VERIFY, WAIVE, DRILLED, "/loopcheck what is this", f"> {VERIFY}"):
                comment, payload = place.say(body, "stranger")
                done = place.answer(payload)
                made.append((receipts(comment), done.note, done.look, done.entries))
            return made, [(call.method, call.path.rpartition("/")[2], call.body) for call in github.requests]

    told, asked = world("a", there=True)
    assert (told, asked) == world("b", there=False)
    assert asked == [("GET", "permission", None), ("POST", "reactions", {"content": "-1"})] * 4


# what cannot be seen


def test_without_a_line_there_is_no_receipt(place):
    comment, payload = place.say(WAIVE)
    place.github.fault("POST /repos/*/git/*", "500", times=None)
    place.answer(payload)
    assert receipts(comment) == []


# the sweep


def test_a_sweep_obeys_what_no_run_dealt_with_once(place):
    old, _ = place.say(WAIVE, created=NOW - 8 * DAY)
    drill, _ = place.say(DRILLED, created=NOW - 6 * DAY)
    waiver, _ = place.say(WAIVE, created=NOW - DAY)
    look, _ = place.say(VERIFY)
    place.sweep()
    assert place.lines == [("drilled", "", drill.id), ("waived", "#1", waiver.id)]
    assert [receipts(one) for one in (old, drill, waiver, look)] == [[], ["+1"], ["+1"], []]
    place.github.requests.clear()
    assert place.sweep() == ()
    assert place.github.writes == []


def test_a_sweep_refuses_once_and_lets_strangers_be(place):
    refused, _ = place.say(WAIVE, "tess")
    stranger, _ = place.say(WAIVE, "stranger")
    place.sweep()
    assert [receipts(one) for one in (refused, stranger)] == [["-1"], []]
    assert place.lines == [("obeyed", "", refused.id)]
    written = len(place.github.writes)
    place.sweep()
    assert len(place.github.writes) == written


def test_a_sweep_asks_of_so_many_people_and_no_more(quick):
    for number in range(70):
        quick.say(WAIVE, f"stranger-{number}")
    quick.sweep()
    assert len(quick.github.asked("GET /repos/*/stranger-*/permission")) == 50


def test_a_sweep_waits_where_it_cannot_be_seen_who_declared(place):
    comment, _ = place.say(WAIVE)
    place.github.fault("GET /repos/*/ana/permission", "500", times=None)
    place.sweep()
    assert (place.lines, receipts(comment)) == ([], [])
    assert LABEL in place.issue.labels
