"""What the reader of GitHub makes of every fault, at every kind of question: the truth, or nothing at all."""

import traceback

import pytest
from standins.github import FAULTS, GitHubStandIn
from standins.github_client import client

from loopcheck.reasons import CannotTell


@pytest.fixture(scope="module")
def shared():
    """One stand-in for the table; each row clears its faults."""
    with GitHubStandIn() as standin:
        for number in range(120):
            standin.repository.add_workflow(f".github/workflows/{number}.yml", name=str(number))
        yield standin


def workflows(gh):
    return len(gh.list_all("/repos/acme/shop/actions/workflows", under="workflows"))


QUESTIONS = {
    # name: the question, its true answer, the requests that the fault befalls, how many pass first
    "one answer": (lambda gh: gh.get("/repos/acme/shop/actions/workflows/7.yml")["name"], "7", "GET *", 0),
    "first page": (workflows, 120, "GET *", 0),
    "later page": (workflows, 120, "GET *", 1),
    "second reading": (workflows, 120, "GET *", 2),
    "GraphQL": (lambda gh: gh.query("{ viewer { login } }")["viewer"]["login"], "github-actions[bot]", "POST /graphql", 0),
}  # fmt: skip
OTHER_SHAPE = {"200-nothing", "200-not-utf8"}
"""Objects, if not the right ones: a single answer's shape is known to whoever asks."""
NOT_AGAIN = {*OTHER_SHAPE, "lost-entry", "more-counted", "graphql-timeout"}
"""Whole answers, so they are not asked for again at once."""


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_never_changes_an_answer(shared, fault):
    for question, (ask, truth, where, after) in QUESTIONS.items():
        if question == "one answer" and fault.name in OTHER_SHAPE:
            continue
        for times in (1,) if after else (1, None):
            shared._planned.clear()
            planned = shared.fault(where, fault, after=after, times=times)
            gh = client(shared, patience=_patience(fault, planned))
            found, trouble = _asked(gh, ask)
            row = f"{fault.name}, {question}, {times or 'for ever'}: {trouble}"
            if trouble is None:
                assert found == truth, row
                assert times or fault.to == "write" or fault.spoil, row
            else:
                assert planned.met > after, row
                assert shared.token not in "".join(traceback.format_exception(trouble)), row
                assert not times or not fault.passes or fault.name in NOT_AGAIN, row


def _patience(fault, planned):
    """Little for what is known to be slow, and enough for all else on a busy machine."""

    def seconds():
        hits = planned.met >= planned.after and (planned.times is None or planned.met < planned.after + planned.times)
        return 0.05 if hits and (fault.hang or fault.trickle) else 5.0

    return seconds


def _asked(gh, ask):
    try:
        return ask(gh), None
    except CannotTell as trouble:
        return None, trouble
