"""The dead man's switch: sweeps that stay away are missed."""

import pytest
from running import DAY, DONE, HOUR, NOW, Shop
from standins.github import GitHubStandIn

from loopcheck.handlers.heartbeat import workflow_of

WORKFLOW = ".github/workflows/loopcheck.yml"


@pytest.fixture
def shop(tmp_path):
    with GitHubStandIn(now=NOW, private=False) as github:
        made = Shop(tmp_path, github)
        made.flow = made.there.add_workflow(WORKFLOW)
        made.issue = made.promise(DONE)
        yield made


def said(shop):
    return " ".join(shop.changed(shop.issue, "edited").notes)


def test_sweeps_that_come_as_they_should_are_not_talked_of(shop):
    shop.sweep()
    shop.later(2 * DAY)
    assert said(shop) == ""


def test_before_the_first_sweep_that_is_said(shop):
    assert "no sweep has come to its end yet" in said(shop)


def test_a_sweep_that_stays_away_is_missed(shop):
    shop.sweep()
    shop.later(2 * DAY + HOUR)
    assert "the last sweep came to its end 2.0 days ago" in said(shop)


@pytest.mark.parametrize("state", ["disabled_inactivity", "disabled_manually"])
def test_a_workflow_that_is_switched_off_is_said_aloud(shop, state):
    shop.sweep()
    shop.flow.state = state
    assert f"GitHub has switched off the workflow {WORKFLOW} ({state})" in said(shop)


def test_a_state_that_cannot_be_seen_is_no_worry(shop):
    shop.sweep()
    shop.github.fault("GET */actions/workflows/*", "403-permission", times=None)
    assert said(shop) == ""


def test_only_the_older_half_of_a_day_is_written_down(shop):
    for _ in range(8):
        shop.sweep()
        shop.later(6 * HOUR)
    assert [line[0] for line in shop.ledger].count("swept") == 4


@pytest.mark.parametrize(
    ("ref", "path"),
    [
        (f"acme/shop/{WORKFLOW}@refs/heads/main", WORKFLOW),
        ("acme/shop/.github/workflows/a b.yml@refs/heads/main", ".github/workflows/a b.yml"),
        ("", ""),
        ("acme/shop/else.yml@refs/heads/main", ""),
        (f"acme/shop/.github/workflows/{'x' * 300}.yml@main", ""),
    ],
)
def test_the_workflow_that_runs_is_known(ref, path):
    assert workflow_of({"GITHUB_WORKFLOW_REF": ref}) == path
