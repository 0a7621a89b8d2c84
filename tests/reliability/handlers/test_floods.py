"""Floods of commands: none causes more than a look in five minutes, and strangers cause none."""

from datetime import timedelta

import pytest
from commented import NOW, Place, receipts
from standins.github import GitHubStandIn

from loopcheck import loading
from loopcheck.testing import RepositoryBuilder

VERIFY = "/loopcheck verify"


@pytest.fixture
def quick(tmp_path):
    built = RepositoryBuilder(tmp_path / "repository")
    built.commit({"README.md": "Shop\n"})
    loaded = loading.load(built.folder)
    with GitHubStandIn(now=NOW) as github:
        yield Place(github, loaded, tmp_path, quick=True)
    loaded.repository.close()


def test_a_flood_of_commands_causes_a_look_in_five_minutes(quick):
    looked = []
    for second in range(500):
        quick.github.now = NOW + timedelta(seconds=second)
        comment, payload = quick.say(VERIFY, "tess")
        if quick.answer(payload).look:
            looked.append(second)
        assert receipts(comment) == (["+1"] if second in looked else ["eyes"])
    assert looked == [0, 300]
    assert [line[0] for line in quick.lines] == ["obeyed", "obeyed"]
    reads = 1 + 1 + 3  # the issue twice, the second time with 251 further comments
    assert len(quick.github.requests) == 500 + reads + 500


def test_a_flood_by_a_stranger_causes_none_and_leaves_no_line(quick):
    for _ in range(100):
        _, payload = quick.say(VERIFY, "stranger")
        assert not quick.answer(payload).look
    assert quick.lines == []
    assert len(quick.github.requests) == 200
