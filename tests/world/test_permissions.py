"""What many people may do, in few requests: from the list of collaborators, and one by one where it does not say."""

import json

import pytest
from standins.github import Fault, GitHubStandIn
from standins.github_client import client

from loopcheck.reasons import CannotTell
from loopcheck.tracker import Person, Standing
from loopcheck.world.github.permissions import Permissions

ROLES = {
    "ana": "admin", "bob": "maintain", "eve": "write", "max": "triage", "kim": "read", "ida": "commander:triage",
    "udo": "reader-of-logs:read",
}  # fmt: skip
STANDINGS = [Standing(role.rpartition(":")[2]) for role in ROLES.values()]
LIST = "GET */collaborators"


@pytest.fixture
def github():
    with GitHubStandIn() as standin:
        standin.repository.roles |= ROLES
        yield standin


def people(github, names=ROLES):
    return [Person(github.account(name).id, name) for name in names]


def asked(github, who, **more):
    permissions = Permissions(client(github, **more), who)
    return [permissions.of(person) for person in who]


def test_many_are_asked_about_at_once(github):
    assert asked(github, people(github)) == STANDINGS
    assert len(github.requests) == 1


def test_few_are_asked_about_one_by_one(github):
    assert asked(github, people(github, ["ana", "max", "ana"])) == [Standing.ADMIN, Standing.TRIAGE, Standing.ADMIN]
    assert len(github.asked("GET */permission")) == len(github.requests) == 2


@pytest.mark.parametrize("fault", ["403-permission", "404", "401", "502", "200-nothing", "200-null", "cut-body"])
def test_where_the_list_is_refused_each_is_asked_about(github, fault):
    github.fault(LIST, fault, times=None)
    assert asked(github, people(github)) == STANDINGS


@pytest.mark.parametrize(("private", "standing"), [(True, Standing.NONE), (False, Standing.READ)])
def test_not_to_be_in_the_list_proves_nothing(github, private, standing):
    github.repository.private = private
    who = people(github, [*ROLES, "stranger"])
    assert asked(github, who) == [*STANDINGS, standing]
    assert len(github.asked("GET */permission")) == 1


def listed(change):
    """The list, with each entry of it changed."""

    def spoil(status, headers, body):
        return status, headers, json.dumps([{**one, **change(one)} for one in json.loads(body)]).encode()

    return Fault("changed", spoil=spoil)


@pytest.mark.parametrize(
    "change",
    [
        lambda one: {"role_name": "admin", "permissions": {**one["permissions"], "admin": False}},
        lambda one: {"permissions": dict.fromkeys(one["permissions"], True), "role_name": "read"},
        lambda one: {"permissions": None},
        lambda one: {"id": one["id"] + 100_000},
    ],
)
def test_what_the_list_does_not_clearly_say_is_asked(github, change):
    github.fault(LIST, listed(change), times=None)
    assert asked(github, people(github)) == STANDINGS


def test_another_account_of_that_name_gets_nothing_of_it(github):
    who = [Person(person.id + 100_000, person.login) for person in people(github)]
    permissions = Permissions(client(github), who)
    for person in who:
        with pytest.raises(CannotTell, match="another account"):
            permissions.of(person)


def test_questions_about_single_people_are_bounded(github):
    """Anybody can open an issue; those whom the list names are not held up by it."""
    strangers = people(github, [f"stranger-{number}" for number in range(60)])
    permissions = Permissions(client(github), [*strangers, *people(github)])
    for person in strangers[:50] * 2:
        assert permissions.of(person) is Standing.NONE
    with pytest.raises(CannotTell) as told:
        permissions.of(strangers[50])
    assert told.value.reason.word == "budget-spent"
    assert [permissions.of(person) for person in people(github)] == STANDINGS


@pytest.mark.parametrize(("wanted", "most"), [(["c-5", "c-6", "c-7"], 1), (["c-5", "c-120", "c-250", "c-299"], 3)])
def test_a_long_list_is_read_no_further_than_it_is_worth(github, wanted, most):
    github.repository.roles = {f"c-{number}": "write" for number in range(300)}
    people(github, github.repository.roles)
    assert asked(github, people(github, wanted)) == [Standing.WRITE] * len(wanted)
    assert len(github.requests) == most


def test_a_list_that_costs_more_than_the_questions_is_left(github):
    github.repository.roles = {f"c-{number}": "write" for number in range(1000)}
    people(github, github.repository.roles)
    assert asked(github, people(github, ["c-997", "c-998", "c-999"])) == [Standing.WRITE] * 3
    assert len(github.requests) == 6
