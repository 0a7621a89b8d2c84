"""What GitHub does not say at an event decides nothing: every fault at every way to an answer."""

import pytest
from commented import NOW, WAIVE, Place, receipts
from merging import BLOCK, Merging, stand_in
from standins.github import FAULTS, GitHubStandIn

from loopcheck import loading
from loopcheck.testing import RepositoryBuilder

HARMLESS = {"app.py": "x = 2\n"}
DRILLED = "/loopcheck drilled runbooks/lag.md"


# pull requests


@pytest.fixture
def merging(tmp_path):
    with stand_in() as github:
        yield Merging(tmp_path / "shop", github)


def issue(merging, path="scripts/restore.sh", **more):
    body = BLOCK.replace("PATH", path)
    return merging.github.repository.add_issue("Write a script", body, labels=["action-item"], **more).number


@pytest.mark.parametrize("fault", ["401", "403-permission", "404", "500", "200-html", "graphql-forbidden", "cut"])
@pytest.mark.parametrize(
    "path",
    ["POST /graphql", "GET */ref/heads/loopcheck-ledger", "GET */permission", "GET *"],
)
def test_what_github_does_not_say_is_neither_good_nor_bad(merging, path, fault):
    """Whatever goes wrong: what is proven false is never green, and what is fine is never proven false."""
    merging.open(HARMLESS, closes=[issue(merging, "new.sh")])
    merging.github.fault(path, fault, times=None)
    assert merging.run(dry_run=True).exit_code in (1, 3)
    merging.pull.closes = []
    assert merging.run(dry_run=True).exit_code in (0, 3)


# commands


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    built = RepositoryBuilder(tmp_path_factory.mktemp("repository"))
    built.commit({"README.md": "Shop\n"})
    found = loading.load(built.folder)
    yield found
    found.repository.close()


@pytest.fixture
def place(loaded, tmp_path):
    with GitHubStandIn(now=NOW) as github:
        yield Place(github, loaded, tmp_path)


_BLIND = "401 403-permission 403-sso 500 502 cut 200-html 200-null 200-nothing cut-body".split()


def _the_ledger(call):
    """Any of the ways to it."""
    return call.path.split("/")[4:5] in (["contents"], ["git"])


@pytest.mark.parametrize("fault", [name for name in _BLIND if name in FAULTS])
@pytest.mark.parametrize("path", ["GET /repos/*/permission", "POST /graphql", _the_ledger])
def test_what_cannot_be_seen_leaves_everything_to_the_sweep(place, path, fault):
    if path is _the_ledger:
        place.answer(place.say(DRILLED)[1])  # so that there is a ledger
    before = place.lines
    comment, payload = place.say(WAIVE)
    planned = place.github.fault(path, fault, times=None)
    done = place.answer(payload)
    assert (done.effects, done.look, receipts(comment)) == ((), False, [])
    assert "left to the next sweep" in done.note or "cannot be seen yet" in done.note
    place.github._planned.remove(planned)
    assert place.lines == before
    place.sweep()
    assert place.lines == [*before, ("waived", "#1", comment.id)]
    assert receipts(comment) == ["+1"]
