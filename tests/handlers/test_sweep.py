"""Sweeps, from what is declared in issues to what stands there afterwards."""

import re

import pytest
from running import BLOCK, DAY, DONE, HOUR, MISSING, NOW, Shop
from standins.github import GitHubStandIn

from loopcheck.errors import ExitCode


@pytest.fixture
def shop(tmp_path):
    with GitHubStandIn(now=NOW, private=False) as github:
        yield Shop(tmp_path, github)


def test_the_first_sweep_says_what_it_found(shop):
    done, missing = shop.promise(DONE), shop.promise(MISSING)
    outcome = shop.sweep()
    assert [item.verdict.value for item in outcome.report.items] == ["verified", "failed"]
    assert (done.labels, missing.labels) == (["action-item", "loopcheck:verified"], ["action-item", "loopcheck:failed"])
    assert "verified" in shop.ours(done)[0].body
    assert "failed" in shop.ours(missing)[0].body
    assert shop.ledger == [("seen", "#1", "verified"), ("seen", "#2", "failed"), ("swept", "", "failed")]
    assert not outcome.left


def test_a_sweep_that_sees_nothing_new_writes_nothing(shop):
    shop.promise(DONE)
    shop.promise(MISSING)
    shop.sweep()
    before, written = shop.state, len(shop.github.writes)
    shop.later(HOUR)
    asked = len(shop.github.requests)
    outcome = shop.sweep()
    assert outcome.plan.effects == ()
    assert (shop.state, len(shop.github.writes)) == (before, written)
    assert len(shop.github.requests) - asked <= 3
    assert outcome.spent == f"{len(shop.github.requests) - asked} requests, {len(shop.github.requests) - asked} points"


def test_a_dry_run_shows_what_the_next_run_writes(shop):
    shop.promise(DONE)
    shop.promise(MISSING)
    shown = shop.sweep(dry_run=True)
    assert shop.github.writes == []
    assert shown.applied == ()
    assert len(shown.plan.effects) == 6
    real = shop.sweep()
    assert [one.effect for one in real.applied] == list(real.plan.effects)
    assert list(map(_apart_from_the_run, real.plan.effects)) == list(map(_apart_from_the_run, shown.plan.effects))


def _apart_from_the_run(effect):
    return re.sub(r"\brun='?[0-9]+/1", "run", repr(effect))


def test_closed_without_proof_is_reopened_at_the_second_sighting(shop):
    issue = shop.promise(MISSING)
    shop.sweep()
    shop.later(HOUR / 6)
    shop.there.close(issue, by="ana")
    shop.changed(issue, "closed")
    assert issue.state == "closed"
    shop.later(HOUR)
    outcome = shop.sweep()
    assert issue.state == "open"
    assert outcome.written
    assert "Opened again on 2026-11-20" in shop.ours(issue)[0].body
    assert ("reopened", "#1", "failed") in shop.ledger
    assert len(shop.ours(issue)) == 1


def test_evidence_is_linked_where_there_is_a_page(shop):
    shop.commit({"scripts/run.sh": "run\n", "infra/main.tf": "\n"})
    for path in ("run.sh", "stop.sh", "scripts/stop.sh", "scripts/db/stop.sh"):
        shop.promise(BLOCK.replace("PATH", path))
    for kind in ("ci-check: {job: unit}", "terraform-resource: {address: a.b}", "runbook: {path: runbooks/a.md}"):
        shop.promise(re.sub("repo-file.*}", kind + "]", BLOCK))
    shop.sweep()
    comments = [said.body for issue in shop.there.issues for said in shop.ours(issue)]
    pages = {page for body in comments for page in re.findall(r"/(blob|tree)/([0-9a-f]{40})/?([^)#]*)", body)}
    assert len(comments) == 7
    assert {("blob", "run.sh"), ("tree", ""), ("tree", "scripts")} <= {(kind, path) for kind, _, path in pages}
    for kind, commit, path in pages:
        assert shop.checkout.git("cat-file", "-t", f"{commit}:{path}") == kind


def test_closing_what_is_done_is_quiet(shop):
    issue = shop.promise(DONE)
    shop.sweep()
    written = len(shop.github.writes)
    shop.there.close(issue, by="ana")
    outcome = shop.changed(issue, "closed")
    assert outcome.exit_code is ExitCode.VERIFIED
    shop.later(DAY / 4)
    shop.sweep()
    assert issue.state == "closed"
    assert len(shop.github.writes) == written


def test_a_proof_that_goes_away_reopens_and_says_what_changed(shop):
    issue = shop.promise(DONE)
    shop.sweep()
    shop.there.close(issue, by="ana")
    shop.later(DAY)
    shop.commit({"run.sh": None}, message="Tidy up (#7)", author="Mallory")
    shop.sweep()
    assert issue.state == "closed"
    shop.later(2 * HOUR)
    shop.sweep()
    assert issue.state == "open"
    body = shop.ours(issue)[0].body
    assert "Mallory" in body
    assert "Tidy up" in body


def test_what_is_mended_before_the_second_look_stays_closed(shop):
    issue = shop.promise(MISSING)
    shop.sweep()
    shop.there.close(issue, by="ana")
    shop.later(2 * HOUR)
    shop.there.git.refs["refs/heads/main"] = "f" * 40  # somebody pushes while the sweep looks
    outcome = shop.sweep()
    assert issue.state == "closed"
    assert any("moved on" in one.because for one in outcome.left)
    shop.commit({"stop.sh": "stop\n"})
    shop.sweep()
    assert issue.state == "closed"
    assert "loopcheck:verified" in issue.labels


@pytest.mark.parametrize("reason", ["not_planned", "duplicate"])
def test_what_is_dropped_stays_dropped(shop, reason):
    issue = shop.promise(MISSING)
    shop.sweep()
    shop.there.close(issue, by="ana", reason=reason)
    for _ in range(3):
        shop.later(2 * HOUR)
        shop.sweep()
    assert issue.state == "closed"
    assert ("dropped", "#1", "inconclusive") in [(*line[:2], "inconclusive") for line in shop.ledger]


def test_a_ledger_that_cannot_be_read_stops_all_writing(shop):
    shop.promise(MISSING)
    shop.sweep()
    written = len(shop.github.writes)
    shop.github.fault("GET /repos/*/contents/ledger.jsonl", "502", times=None)
    shop.github.fault("GET /repos/*/git/ref*", "502", times=None)
    outcome = shop.sweep()
    assert len(shop.github.writes) == written
    assert any("ledger" in note for note in outcome.notes)


def test_issues_that_cannot_be_read_are_not_none(shop):
    shop.promise(DONE)
    shop.sweep()
    written = len(shop.github.writes)
    shop.github.fault("POST /graphql", "502", times=None)
    outcome = shop.sweep()
    assert not outcome.report.run.complete
    assert len(shop.github.writes) == written


def test_a_waiver_given_in_a_comment_counts_at_once_and_runs_out(shop):
    issue = shop.promise(MISSING)
    shop.sweep()
    comment, _ = shop.said(issue, "/loopcheck waive until 2026-12-01 because the vendor ships it")
    assert [one.content for one in comment.reactions] == ["+1"]
    assert "loopcheck:waived" in issue.labels
    shop.there.close(issue, by="ana")
    for _ in range(3):
        shop.later(DAY)
        shop.sweep()
    assert issue.state == "closed"
    shop.later(12 * DAY)
    shop.sweep()
    assert issue.state == "open"
    assert "loopcheck:waived" not in issue.labels


def test_a_waiver_whose_event_was_dropped_is_found_by_the_sweep(shop):
    issue = shop.promise(MISSING)
    comment = shop.there.add_comment(issue, "/loopcheck waive until 2026-12-01 because of reasons", author="will")
    shop.sweep()
    assert [one.content for one in comment.reactions] == ["+1"]
    assert "loopcheck:waived" in issue.labels


def test_without_a_token_files_are_looked_at_and_nothing_is_written(shop):
    shop.commit({"postmortems/lag.md": f"### Write it down\n\n{DONE}"})
    issue = shop.promise(MISSING)
    shop.github.tokens.clear()
    outcome = shop.sweep(with_issues=False)
    assert [item.id for item in outcome.report.items] == ["postmortems/lag.md#write-it-down"]
    assert shop.github.requests == []
    assert issue.comments == []


def test_items_of_files_have_lines_in_the_ledger(shop):
    shop.commit({"postmortems/lag.md": f"### Write it down\n\n{DONE}"})
    shop.sweep()
    assert shop.ledger[0] == ("seen", "postmortems/lag.md#write-it-down", "verified")


def test_several_items_of_one_issue_share_its_comment(shop):
    issue = shop.promise(f"# One\n\n{DONE}\n\n# Two\n\n{BLOCK.replace('PATH', 'stop.sh')}")
    shop.sweep()
    assert len(shop.ours(issue)) == 1
    assert "loopcheck:failed" in issue.labels


def test_what_is_still_to_be_done_is_no_failure(shop):
    shop.promise(MISSING)
    shop.commit({"postmortems/lag.md": f"### Write it down\n\n{MISSING}"})
    assert shop.sweep().exit_code is ExitCode.VERIFIED


@pytest.mark.parametrize("how", ["closed", "overdue", "drifted", "in a file"])
def test_what_was_said_to_be_done_and_is_not_is_a_failure(shop, how):
    issue = None
    if how == "in a file":
        shop.commit({"postmortems/lag.md": f"### Write it down\n\n{DONE}"})
    else:
        issue = shop.promise(MISSING.replace("owner", "due: 2026-11-01\nowner") if how == "overdue" else DONE)
    if how == "closed":
        issue.body = MISSING
        shop.there.close(issue)
    elif how != "overdue":
        assert shop.sweep().exit_code is ExitCode.VERIFIED
        shop.commit({"run.sh": None})
    assert shop.sweep().exit_code is ExitCode.FAILED


def test_what_could_not_be_written_is_no_whole_run(shop):
    shop.promise(DONE)
    shop.github.fault("POST */labels", "403-permission", times=None)
    outcome = shop.sweep()
    assert outcome.left
    assert outcome.exit_code is ExitCode.PARTIAL


def test_a_ledger_that_cannot_be_written_leaves_everything(shop):
    issue = shop.promise(DONE)
    shop.github.fault("POST */git/*", "403-permission", times=None)
    outcome = shop.sweep()
    assert len(outcome.left) == len(outcome.plan.effects) == 4
    assert (issue.comments, issue.labels, shop.ledger) == ([], ["action-item"], [])


def test_the_look_before_a_reopening_asks_again_and_counts(shop):
    rule = '```loopcheck\nowner: "@ana"\nverify: [{branch-rule: {branch: main, no-force-push: true}}]\n```\n'
    issue = shop.promise(rule)
    shop.sweep()
    shop.there.close(issue)
    shop.later(2 * HOUR)
    before = len(shop.github.requests)
    outcome = shop.sweep()
    asked = len(shop.github.requests) - before
    assert issue.state == "open"
    assert (
        len(shop.github.asked("GET /repos/acme/shop/branches/main")) == 3
    )  # one a sweep, and one just before the reopening
    assert outcome.spent.startswith(f"{asked} requests")
