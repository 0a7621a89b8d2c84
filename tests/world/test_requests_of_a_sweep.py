"""How many requests a sweep makes that finds everything as it was: eight to GitHub, three to Datadog, no writes.

And the first one, which writes two things for each issue: those, its writes, and a look at twenty issues at a time.
"""

from datetime import timedelta

import pytest
from standins.sweep import LABEL, NOW, Scene

from loopcheck import engine, events, handlers, loading
from loopcheck.handlers.asked import Asked
from loopcheck.ledger.branch import BranchLedger
from loopcheck.ledger.model import Entry
from loopcheck.model import Verdict
from loopcheck.world.github.issues import read_issues


@pytest.fixture
def scene(tmp_path):
    with Scene(tmp_path / "shop") as made:
        yield made


def sweep(scene):
    loaded = loading.load(scene.repository.folder)
    session = loading.session(loaded, NOW, environment=scene.environment)
    github = session.github

    def never(*_, **__):
        raise AssertionError("nothing is to be written")

    remembered = BranchLedger(github, never).read()
    found = read_issues(github, LABEL, NOW - timedelta(days=90))
    loaded = loading.with_tracked(loaded, found.issues, github)
    return remembered, engine.run(loaded.declared.items, loaded.registry, session), session


def test_a_sweep_asks_little(scene):
    entries = [
        Entry(NOW, f"#{number}", Verdict.VERIFIED, "d" * 64, "1.0", "a" * 40, note="x" * 1000) for number in range(200)
    ]
    from loopcheck.ledger import lines

    scene.github.repository.commit({"ledger.jsonl": lines.write(entries)}, branch="loopcheck-ledger")
    remembered, report, session = sweep(scene)
    assert len(remembered) == 200
    assert [(item.id, item.verdict) for item in report.items if item.verdict is not Verdict.VERIFIED] == []
    assert sum(len(item.artifacts) for item in report.items) == 600
    asked = [f"{call.method} {call.path}" for call in scene.github.requests]
    assert len(asked) <= 8, asked
    assert len(scene.datadog.requests) <= 3, scene.datadog.counts
    assert scene.github.writes == []
    assert (session.governor.requests, session.governor.points) == (len(asked), len(asked))


@pytest.mark.volume
def test_a_first_sweep_asks_little_more_than_it_writes(scene):
    """Of 60 issues; tests/reliability has all 200, and an hour's limits."""
    github = scene.github
    issues = github.repository.issues
    del issues[60:]

    def sleep(seconds):
        github.now += timedelta(seconds=seconds)

    def clock():
        return github.now.timestamp()

    asked = Asked(scene.repository.folder, scene.environment, now=NOW, sleep=sleep, clock=clock)
    outcome = handlers.handle(events.Sweep("schedule"), asked)
    assert not outcome.left
    assert [(len(one.comments), len(one.labels)) for one in issues] == [(2, 2)] * 60
    writes = len(github.writes)
    assert writes == 2 * 60 + 9, "the ledger's two commits and one label that is made are nine"
    assert len(github.requests) <= 8 + writes + 17
    assert len(scene.datadog.requests) <= 3
