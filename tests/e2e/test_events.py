"""The example workflows, run by `act` in the built container at each event, against GitHub and Datadog on this machine.

The token has the permissions of the workflow's job and no more; what GitHub refuses is a mistake in the workflow.
"""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from standins.datadog import DOWNTIMES, MONITORS, RULES

from loopcheck.ledger import lines
from loopcheck.ledger.branch import BRANCH, PATH
from loopcheck.ledger.model import Action
from loopcheck_checks.datadog_monitor.mutants import monitor

SCRIPT = "repo-file: {path: scripts/restore.sh}"
GONE = "repo-file: {path: scripts/gone.sh}"
MONITOR = "datadog-monitor: {metric: postgresql.replication_delay, fires-when: '> 30'}"
BOT = "github-actions[bot]"


@pytest.fixture
def shop(place):
    place.github.repository.roles |= {"ana": "write", "eve": "read"}
    place.datadog.monitors.append(monitor())
    place.publish({"scripts/restore.sh": "#!/bin/sh\necho restore\n", "README.md": "# Shop\n"})
    return place


def declared(artifact):
    return f'### Write it down\n\n```loopcheck\nowner: "@ana"\nverify:\n  - {artifact}\n```\n'


def item(shop, artifact, title="Write it down"):
    return shop.github.repository.add_issue(title, declared(artifact), labels=["action-item"])


def ours(issue):
    """The text of loopcheck's only comment."""
    (comment,) = [one for one in issue.comments if one.author.login == BOT]
    return comment.body


def labels(issue):
    return {name.removeprefix("loopcheck:") for name in issue.labels if name.startswith("loopcheck:")}


def ledger(shop):
    store = shop.github.repository.git
    return lines.read(store.files(store.refs[f"refs/heads/{BRANCH}"])[PATH], PATH)


def some_hours_pass(shop):
    """All that the ledger says happened three hours earlier: a container has only the machine's clock."""
    store = shop.github.repository.git
    earlier = [msgspec.structs.replace(one, at=one.at - timedelta(hours=3)) for one in ledger(shop)]
    tree = store.tree_of({PATH: lines.write(earlier)})
    store.refs[f"refs/heads/{BRANCH}"] = store.commit(tree, [], "Earlier", "dev", shop.github.now)


def sweep(shop, event="schedule"):
    return shop.run(event, "sweep", {"schedule": "23 5,17 * * *"} if event == "schedule" else shop.payload())


def test_a_sweep_tells_every_issue_and_a_second_one_nothing_more(shop):
    held, gone, watched = item(shop, SCRIPT), item(shop, GONE), item(shop, MONITOR)
    assert sweep(shop) == 0  # what is still to be done is no failure
    assert shop.refused == []
    assert [labels(one) for one in (held, gone, watched)] == [{"verified"}, {"failed"}, {"verified"}]
    assert "scripts/gone.sh" in ours(gone)
    assert "failed" in ours(gone)
    assert "verified" in ours(held)
    assert "https://app.datadoghq.com/monitors/101" in ours(watched)
    assert {one.action for one in ledger(shop)} == {Action.SEEN, Action.SWEPT}
    assert [shop.outputs[name] for name in ("verdict", "verified", "failed", "unreadable")] == ["failed", "2", "1", "0"]
    assert int(shop.outputs["effects"]) >= 7  # a line of the ledger, three comments, three times labels
    assert [shop.outputs.get(name, "") for name in ("left", "status")] == ["0", ""]
    assert "loopcheck: failed" in shop.log  # act prints the summary
    assert shop.datadog.counts == {MONITORS: 1, DOWNTIMES: 1, RULES: 1}
    assert [word for word in ("good-api-key", "good-app-key", shop.github.token) if word in shop.log] == []

    assert sweep(shop, "workflow_dispatch") == 0
    assert (shop.github.writes, shop.outputs["effects"]) == ([], "0")


def test_the_variant_that_only_reads_looks_at_files_alone(shop):
    item(shop, GONE)
    shop.publish({"postmortems/lag.md": declared(SCRIPT)})
    assert shop.run("schedule", "verify", {"schedule": "23 5 * * *"}) == 0
    assert (shop.github.writes, shop.refused) == ([], [])
    assert [shop.outputs[name] for name in ("verified", "failed", "effects")] == ["1", "0", "0"]


def test_a_dry_run_says_what_it_would_write(shop):
    item(shop, GONE)
    assert shop.run("schedule", "sweep", {}, inputs={"dry-run": "true"}) == 0
    assert (shop.github.writes, shop.refused) == ([], [])
    assert int(shop.outputs["effects"]) >= 3
    assert "would write" in shop.log


def test_an_issue_that_is_closed_without_proof_is_reopened_at_the_second_sight(shop):
    issue = item(shop, GONE)
    sweep(shop)
    before = ours(issue)
    shop.github.repository.close(issue, by="ana")
    closed = shop.payload("closed", issue=issue)

    assert shop.run("issues", "issues", closed) == 0  # red would be for whoever closed it, who is not to blame
    assert shop.refused == []
    assert issue.state == "closed"  # seen once, a moment ago: perhaps a replica that was behind

    some_hours_pass(shop)
    assert shop.run("issues", "issues", closed) == 0
    assert shop.refused == []
    assert (issue.state, labels(issue)) == ("open", {"failed"})
    assert ours(issue) != before
    assert Action.REOPENED in {one.action for one in ledger(shop)}
    assert shop.outputs["left"] == "0"


def test_an_issue_that_is_closed_with_proof_stays_closed(shop):
    issue = item(shop, SCRIPT)
    shop.github.repository.close(issue, by="ana")
    assert shop.run("issues", "issues", shop.payload("closed", issue=issue)) == 0
    assert (issue.state, labels(issue)) == ("closed", {"verified"})
    assert shop.refused == []


def test_a_waiver_is_recorded_and_answered_with_a_reaction(shop):
    issue = item(shop, GONE)
    until = datetime.now(UTC).date() + timedelta(days=30)
    words = f"/loopcheck waive until {until} because the vendor has to move first"
    comment = shop.github.repository.add_comment(issue, words, author="ana")
    shop.run("issue_comment", "issues", shop.payload("created", issue=issue, comment=comment))
    assert shop.refused == []
    (line,) = [one for one in ledger(shop) if one.action is Action.WAIVED]
    assert (line.by, line.until, line.note) == ("ana", until, "the vendor has to move first")
    assert [(one.content, one.author.login) for one in comment.reactions] == [("+1", BOT)]
    assert "waived" in labels(issue)
    assert "the vendor has to move first" in ours(issue)


def test_a_stranger_waives_nothing(shop):
    issue = item(shop, GONE)
    words = f"/loopcheck waive until {datetime.now(UTC).date() + timedelta(days=30)} because I say so"
    comment = shop.github.repository.add_comment(issue, words, author="eve")
    shop.run("issue_comment", "issues", shop.payload("created", by="eve", issue=issue, comment=comment))
    assert f"refs/heads/{BRANCH}" not in shop.github.repository.git.refs
    assert [one.content for one in comment.reactions] == ["-1"]
    assert "waived" not in labels(issue)


def test_other_comments_and_issues_start_nothing(shop):
    issue = item(shop, GONE)
    comment = shop.github.repository.add_comment(issue, "thank you for /loopcheck", author="eve")
    assert shop.run("issue_comment", "issues", shop.payload("created", issue=issue, comment=comment)) == 0
    other = shop.github.repository.add_issue("A question", "How?")
    assert shop.run("issues", "issues", shop.payload("opened", issue=other)) == 0
    assert [call for call in shop.github.requests if "loopcheck" in call.headers.get("User-Agent", "")] == []


def propose(shop, files, *, closes=(), fork=False):
    """A pull request of these files, and the checkout at its merge result, as GitHub checks it out."""
    git = shop.repository.git
    base = git("rev-parse", "main")
    git("checkout", "-q", "-b", "feature")
    head = shop.repository.commit(files, message="Propose")
    git("checkout", "-q", "--detach", "main")
    git("merge", "-q", "--no-ff", "-m", "Merge the proposal", head)
    shop.push("main")
    details = {}
    if fork:
        details["head_repository"] = shop.github.add_repository("eve/shop", private=False).full_name
    return shop.github.repository.add_pull(
        "Propose", "Closes the item.", head_sha=head, base_sha=base, head="feature", closes=list(closes),
        files=[], **details,
    )  # fmt: skip


def status(shop, commit):
    """The one status of a commit: how it ends, and its texts."""
    (found,) = [one for one in shop.github.repository.check_runs if one.sha == commit]
    assert found.name == "loopcheck"
    return found.conclusion, str(found.output)


def judge(shop, pull, action="opened", **more):
    return shop.run("pull_request", "pull-request", shop.payload(action, pull=pull, **more))


def test_a_pull_request_that_would_close_an_item_without_proof(shop):
    issue = item(shop, GONE)
    pull = propose(shop, {"README.md": "# Shop!\n"}, closes=[issue.number])
    assert judge(shop, pull) == 1
    assert shop.refused == []
    assert status(shop, pull.head_sha)[0] == shop.outputs["status"] == "failure"
    assert labels(issue) == set()


def test_a_pull_request_that_brings_the_proof(shop):
    issue = item(shop, GONE)
    pull = propose(shop, {"scripts/gone.sh": "#!/bin/sh\n"}, closes=[issue.number])
    assert judge(shop, pull) == 0
    assert shop.refused == []
    assert status(shop, pull.head_sha)[0] == shop.outputs["status"] == "success"


def test_a_pull_request_that_takes_away_what_a_proof_rests_on(shop):
    item(shop, SCRIPT, "Restore in minutes")
    sweep(shop)
    pull = propose(shop, {"scripts/restore.sh": None})
    assert judge(shop, pull) == 1
    conclusion, text = status(shop, pull.head_sha)
    assert (conclusion, "scripts/restore.sh" in text, "Restore in minutes" in text) == ("failure", True, True)


def test_a_merge_queue_is_answered_under_the_same_name(shop):
    issue = item(shop, SCRIPT)
    pull = propose(shop, {"README.md": "# Shop!\n"}, closes=[issue.number])
    head = shop.repository.git("rev-parse", "HEAD")
    group = {
        "head_sha": head,
        "head_ref": f"refs/heads/gh-readonly-queue/main/pr-{pull.number}-{pull.base_sha}",
        "base_sha": pull.base_sha,
        "base_ref": "refs/heads/main",
        "head_commit": {"id": head, "message": "Merge the proposal"},
    }
    assert shop.run("merge_group", "pull-request", shop.payload("checks_requested", merge_group=group)) == 0
    assert shop.refused == []
    assert status(shop, head)[0] == shop.outputs["status"] == "success"


def test_an_approval_is_an_event_of_its_own(shop):
    shop.publish({"postmortems/lag.md": declared(SCRIPT)})
    pull = propose(shop, {"postmortems/lag.md": "Nothing is promised any more.\n"})
    assert judge(shop, pull) == 1
    assert status(shop, pull.head_sha)[0] == "failure"
    assert "which somebody else must approve" in status(shop, pull.head_sha)[1]

    shop.github.repository.roles["will"] = "write"
    shop.github.repository.add_review(pull, by="will")
    review = {"state": "approved", "user": {"login": "will"}, "commit_id": pull.head_sha}
    submitted = shop.payload("submitted", by="will", pull=pull, review=review)
    assert shop.run("pull_request_review", "pull-request", submitted) == 0
    assert shop.refused == []
    assert status(shop, pull.head_sha)[0] == shop.outputs["status"] == "success"  # the same one, not a second


def test_where_the_token_may_make_no_check_runs_a_commit_status_says_it(shop):
    issue = item(shop, GONE)
    pull = propose(shop, {"scripts/gone.sh": "#!/bin/sh\n"}, closes=[issue.number])
    opened = shop.payload("opened", pull=pull)
    for _ in range(2):
        assert shop.run("pull_request", "pull-request", opened, instead={"checks: write": "statuses: write"}) == 0
        assert {line.split("/")[-1] for line in shop.refused} == {"check-runs"}
        assert shop.github.repository.check_runs == []
        (made,) = shop.github.repository.statuses
        assert (made.context, made.sha, made.state) == ("loopcheck", pull.head_sha, "success")
        assert shop.outputs["status"] == "success"


def test_a_fork_gets_an_answer_and_nothing_is_tried_that_its_token_may_not(shop):
    issue = item(shop, SCRIPT)
    pull = propose(shop, {"README.md": "# Shop!\n"}, closes=[issue.number], fork=True)
    shop.read_only = True
    assert judge(shop, pull, by="eve") == 0
    assert (shop.github.writes, shop.refused, shop.github.repository.check_runs) == ([], [], [])
    assert "1 item would be closed with proof" in shop.log  # in the summary
