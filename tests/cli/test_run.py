"""`loopcheck run` in a shell: what somebody sees who tries out what an event would do."""

import json

import pytest


@pytest.fixture
def proposed(repository, tmp_path, monkeypatch):
    """The payload of a pull request that removes what an item of the base rests on, with its merge checked out."""
    git = repository.git
    base = git("rev-parse", "HEAD")
    git("checkout", "-q", "-b", "topic")
    head = repository.commit({"run.sh": None}, message="Tidy up")
    git("checkout", "-q", "--detach", base)
    git("merge", "-q", "--no-ff", "-m", "Merge", head)
    for name in ("GITHUB_TOKEN", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    shop = {"id": 7}
    pull = {
        "number": 5, "state": "open", "user": {"login": "ana", "id": 1, "type": "User"},
        "head": {"sha": head, "repo": shop}, "base": {"sha": base, "ref": "main", "repo": shop},
    }  # fmt: skip
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"action": "opened", "pull_request": pull, "sender": pull["user"]}))
    return file


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_what_is_wrong_with_a_pull_request_is_printed_without_a_token(loopcheck, proposed, more):
    done = loopcheck("run", "--event", "pull_request", "--payload", proposed, *more)
    assert done.code == 1
    assert done.out.count("This removes what action items rest on.") == 1
    assert "`run.sh: no such file`" in done.out
    assert "\u200b" not in done.out
    assert ("would write 1 thing" in done.out) is bool(more)


def test_an_event_of_which_nothing_follows_says_so(loopcheck, repository, tmp_path):
    (tmp_path / "event.json").write_text("{}")
    done = loopcheck("run", "--event", "release", "--payload", tmp_path / "event.json")
    assert (done.code, done.out) == (0, "note   nothing to do: the event `release` asks nothing of loopcheck\n")


def test_a_payload_that_is_not_there_is_a_mistake_at_every_event(loopcheck, repository):
    done = loopcheck("run", "--event", "schedule", "--payload", "evnt.json")
    assert (done.code, done.out) == (2, "")
    assert "'evnt.json' does not exist" in done.err
