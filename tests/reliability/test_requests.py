"""What a whole sweep of 200 items with three artifacts each asks and writes, through the handler that the action calls."""

from datetime import timedelta

import pytest
from standins.sweep import NOW, Scene

from loopcheck import events, handlers
from loopcheck.handlers.asked import Asked
from loopcheck.world.github.governor import Limits

HOUR = timedelta(hours=1)


class Runs:
    """Sweeps of a scene, for which waiting costs no time."""

    def __init__(self, scene, folder):
        self.scene, self.folder, self.number = scene, folder, 0
        scene.github.validate = scene.datadog.validate = None

    def sweep(self):
        """A sweep; how many requests it made to GitHub, to Datadog, and how many of them wrote."""
        github, datadog = self.scene.github, self.scene.datadog
        for one in (github, datadog):
            one.requests.clear()
        for token in github.tokens.values():
            token.used.clear()
        self.number += 1
        environment = {**self.scene.environment, "GITHUB_RUN_ID": str(self.number), "GITHUB_RUN_ATTEMPT": "1"}
        asked = Asked(self.folder, environment, now=github.now, sleep=self._sleep, clock=self._clock)
        outcome = handlers.handle(events.Sweep("schedule"), asked)
        github.now += 2 * HOUR
        return outcome, (len(github.requests), len(datadog.requests), len(github.writes))

    def _sleep(self, seconds):
        self.scene.github.now += timedelta(seconds=seconds)

    def _clock(self):
        return self.scene.github.now.timestamp()


@pytest.fixture
def runs(tmp_path, quickly, request):
    """As a workflow has it: its token has 1,000 requests an hour, and may write so much a minute and an hour."""
    with Scene(tmp_path / "shop", items=getattr(request, "param", 200)) as scene:
        assert scene.github.now == NOW
        scene.github.secondary_limits = True
        for token in scene.github.tokens.values():
            token.limit = 1000
        yield Runs(scene, scene.repository.folder)


def test_a_sweep_that_finds_all_as_it_was_asks_little_and_writes_nothing(runs, count):
    first, (github, datadog, writes) = runs.sweep()
    assert not first.left
    ledger, labels = 2 * 4, 1  # two commits of four writes each, and one label that is made
    assert writes == 2 * 200 + ledger + labels
    assert github <= 8 + writes + 24
    assert datadog <= 3
    assert first.spent == f"{github} requests, {github - writes + 5 * writes:,} points, {datadog} Datadog calls"
    count("requests to GitHub of a first sweep of 200 items", github)
    count("of these, writes of a first sweep of 200 items", writes)
    comments = [len(one.comments) for one in runs.scene.github.repository.issues]
    assert comments == [2] * 200
    for _ in range(2):
        unchanged, (github, datadog, writes) = runs.sweep()
        assert not unchanged.plan.effects
        assert sum(len(item.artifacts) for item in unchanged.report.items) == 600
        assert (github <= 8, datadog <= 3, writes) == (True, True, 0)
    count("requests to GitHub of an unchanged sweep of 200 items", github)
    count("requests to Datadog of an unchanged sweep of 200 items", datadog)


def test_what_a_new_issue_costs(runs):
    """Two writes, and its part of a look at twenty."""
    issues = runs.scene.github.repository.issues
    del issues[50:]
    _, (github, _, writes) = runs.sweep()
    assert writes == 2 * 50 + 2 * 4 + 1
    looks, ledger, labels = 3 + 1, 12, 1  # the last look is at what was written last
    assert github - writes <= 8 + looks + ledger + labels


@pytest.mark.parametrize("runs", [240], indirect=True)
def test_what_is_more_than_one_run_may_write_is_left_to_the_next(runs):
    first, (_, _, writes) = runs.sweep()
    assert writes == Limits().writes
    assert first.left[0].because == f"this run may make {writes} changes on GitHub"
    assert runs.scene.github.requests[-1].path == "/graphql", "what was written last is looked at again"
    second, _ = runs.sweep()
    assert not second.left
    issues = runs.scene.github.repository.issues
    assert [(len(one.comments), len(one.labels)) for one in issues] == [(2, 2)] * 240
