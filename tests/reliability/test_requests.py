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
def runs(tmp_path, quickly):
    with Scene(tmp_path / "shop") as scene:
        assert scene.github.now == NOW
        yield Runs(scene, scene.repository.folder)


def test_a_sweep_that_finds_all_as_it_was_asks_little_and_writes_nothing(runs, count):
    first, (github, datadog, writes) = runs.sweep()
    assert github <= Limits().requests
    assert datadog <= 3
    count("requests to GitHub of a first sweep of 200 items", github)
    count("of these, writes of a first sweep of 200 items", writes)
    assert first.left, "200 new issues are more than one run may write to"
    done, (_, datadog, _) = runs.sweep()
    assert not done.left
    assert datadog <= 3
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
    """Two writes; before each the issue is read, and the comments before and after there is one."""
    issues = runs.scene.github.repository.issues
    del issues[50:]
    _, (github, _, writes) = runs.sweep()
    ledger, labels = 2 * 4, 1  # two commits of four writes each, and one label that is made
    assert writes == 2 * 50 + ledger + labels
    beside = github - writes - 4 * 50
    assert beside <= 8 + 2 * 4 + 4, beside
