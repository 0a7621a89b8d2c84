"""Pull requests and the merge queue, over HTTP and with real merge commits."""

import json
import re

import pytest
from merging import BASE, BLOCK, CI, GUARDED, NOW, POSTMORTEM, SCRIPT_ITEM, WORKFLOW, Merging, stand_in

from loopcheck.effects.model import Conclusion
from loopcheck.effects.status import MARK
from loopcheck.gate.judgement import Inconclusive
from loopcheck.ledger import lines
from loopcheck.model import Verdict

HARMLESS = {"app.py": "x = 2\n"}
NO_TEST = {CI: WORKFLOW.replace("pytest tests/failover", "echo well")}
SOFT = {CI: WORKFLOW.replace("      - run: pytest", "      - continue-on-error: true\n        run: pytest")}
NO_SCRIPT = {"scripts/restore.sh": None}
FENCED = "loopcheck: this removes what guards against INC-42"
FINE = "loopcheck: nothing that guards against an incident is removed"


@pytest.fixture
def github():
    with stand_in() as github:
        yield github


@pytest.fixture
def merging(tmp_path, github):
    return Merging(tmp_path / "shop", github)


def conclusion(done):
    return [effect.conclusion for effect in done.plan.effects]


# The fence.


def test_what_touches_nothing_is_quick_and_green(merging):
    merging.open(HARMLESS)
    done = merging.run()
    assert done.exit_code == 0
    assert merging.statuses == [(merging.head, "success", FINE)]
    assert (done.judged.fence.artifacts, done.judged.fence.again) == (2, 0)
    asked = [f"{call.method} {call.path}" for call in merging.github.requests]
    base = "/repos/acme/shop"
    assert asked == [
        "POST /graphql", "POST /graphql",  # the pull request, the issues
        f"GET {base}/contents/ledger.jsonl", f"GET {base}/git/ref/heads/loopcheck-ledger", f"GET {base}",
        f"GET {base}/git/ref/heads/main", f"GET {base}/git/ref/heads/loopcheck-ledger",  # no ledger yet, for certain
        f"GET {base}/commits/{merging.head}/check-runs", f"POST {base}/check-runs",
        f"GET {base}/commits/{merging.head}/check-runs",
    ]  # fmt: skip


@pytest.mark.parametrize("changes", [NO_TEST, SOFT, {CI: None}], ids=["removed", "softened", "file gone"])
def test_a_check_that_an_incident_asked_for_is_not_removed_unseen(merging, changes):
    merging.open(changes)
    done = merging.run()
    assert done.exit_code == 1
    assert merging.statuses == [(merging.head, "failure", FENCED)]
    assert "exists because of `INC-42`" in done.summary
    assert f"/acme/shop/blob/{merging.base}/{CI}#L" in done.summary
    assert "`Test the failover`" in done.summary
    assert done.judged.fence.again == 1


def test_a_file_that_an_item_rests_on(merging):
    merging.open(NO_SCRIPT)
    done = merging.run()
    assert (done.exit_code, merging.statuses[0][1:]) == (1, ("failure", FENCED))
    assert f"/blob/{merging.base}/scripts/restore.sh" in done.summary
    assert f"/tree/{merging.merged})" in done.summary  # the folder went with it


def test_a_check_that_moves_to_another_job_holds(merging):
    other = WORKFLOW.replace("name: CI", "name: All").replace("ubuntu-latest", "ubuntu-24.04")
    merging.open({CI: other})
    done = merging.run()
    assert (done.exit_code, done.judged.fence.again) == (0, 1)


@pytest.mark.parametrize(
    ("known", "counts"),
    [("verified", True), ("waived", True), ("inconclusive", True), ("failed", False), (None, True)],
)
def test_the_ledger_says_whose_loss_counts(merging, known, counts):
    merging.open(NO_SCRIPT)
    if known:
        merging.remembers(script=known)
    done = merging.run()
    assert (done.exit_code == 1) is counts
    assert ("held against nobody" in done.summary) is not counts
    assert "restore.sh" in done.summary


def test_what_failed_at_the_base_is_only_told(tmp_path, github):
    """Nobody knows an item that has two artifacts, of which one never was there."""
    half = GUARDED.replace(
        "  - repo-file: {path: scripts/restore.sh}",
        "  - repo-file: {path: scripts/restore.sh}\n  - repo-file: {path: gone.sh}",
    )
    merging = Merging(tmp_path / "shop", github, {**BASE, POSTMORTEM: half}).open(NO_SCRIPT)
    done = merging.run()
    assert (done.exit_code, merging.statuses[0][1]) == (0, "success")
    assert "held against nobody" in done.summary


@pytest.mark.parametrize("spoilt", ["no json\n", "{}\n"])
def test_a_ledger_that_cannot_be_read_is_said_and_the_base_decides(merging, spoilt):
    merging.open(NO_SCRIPT)
    merging.github.repository.commit({"ledger.jsonl": spoilt}, branch="loopcheck-ledger")
    done = merging.run()
    assert done.exit_code == 1
    assert "the ledger was not read" in done.summary


def test_what_can_no_longer_be_seen_blocks(merging):
    merging.open({CI: "jobs: [\n"})
    done = merging.run()
    assert (done.exit_code, merging.statuses[0][1]) == (3, "action_required")
    assert "cannot be seen after" in done.summary
    assert merging.run(inconclusive=Inconclusive.PASS).exit_code == 0
    assert [one[1] for one in merging.statuses] == ["neutral"]


def test_an_item_of_an_issue_is_guarded_too(merging):
    merging.github.repository.add_issue("Keep it simple", BLOCK.replace("PATH", "app.py"), labels=["action-item"])
    merging.open({"app.py": None})
    done = merging.run()
    assert done.exit_code == 1
    assert "is what an action item rests on: `Keep it simple`" in done.summary
    assert merging.statuses[0][2] == "loopcheck: this removes what an action item rests on"


def test_what_the_base_gained_meanwhile_is_not_removed_by_this(merging):
    new = GUARDED + "\n## Say how\n\n" + BLOCK.replace("PATH", "docs/how.md")
    merging.open(HARMLESS, at_base={POSTMORTEM: new, "docs/how.md": "So.\n"})
    done = merging.run()
    assert (done.exit_code, done.judged.fence.artifacts) == (0, 3)


def test_the_head_cannot_change_the_rules(merging):
    """Neither by declaring less nor by configuring otherwise is a check removed unseen."""
    less = GUARDED[: GUARDED.index("## Test")]
    merging.open({**NO_TEST, POSTMORTEM: less, ".github/loopcheck.yml": "declarations: [nowhere/*.md]\n"})
    done = merging.run()
    assert merging.statuses == [(merging.head, "failure", FENCED)]
    assert len(done.judged.weakened) == 2


def test_settings_are_those_of_the_base(tmp_path, github):
    """An alarm in an export that is committed: without the base's settings nobody would look into it."""
    from loopcheck_checks.datadog_monitor import mutants

    promise = GUARDED.replace(
        "repo-file: {path: scripts/restore.sh}", "datadog-monitor: {metric: M, fires-when: '> 1'}"
    )
    promise = promise.replace("metric: M, fires-when: '> 1'", mutants.METRIC.strip().replace("\n", ", "))
    export = {f"dd/{name}": text for name, text in mutants.files(mutants.passing()).items()}
    config = {".github/loopcheck.yml": "settings: {datadog: {export: dd, max-age: 3650d}}\n"}
    merging = Merging(tmp_path / "shop", github, {**BASE, POSTMORTEM: promise, **export, **config})
    merging.open({"dd/monitors.json": "[]\n", ".github/loopcheck.yml": None})
    done = merging.run()
    assert merging.statuses[0][1:] == ("failure", FENCED)
    assert [loss.kind for loss in done.judged.fence.losses] == ["datadog-monitor"]


# What merging would close.


def issue(merging, path="scripts/restore.sh", **more):
    body = BLOCK.replace("PATH", path)
    return merging.github.repository.add_issue("Write a script", body, labels=["action-item"], **more).number


def test_an_item_that_is_done_may_be_closed(merging):
    merging.open({"new.sh": "echo\n"}, closes=[issue(merging, "new.sh")])
    done = merging.run()
    assert merging.statuses == [(merging.head, "success", "loopcheck: 1 item would be closed with proof")]
    assert done.report.verdict is Verdict.VERIFIED


def test_an_item_that_is_not_done_may_not(merging):
    merging.open(HARMLESS, closes=[issue(merging), issue(merging, "new.sh")])
    done = merging.run()
    assert done.exit_code == 1
    assert merging.statuses == [(merging.head, "failure", "loopcheck: 1 item would be closed without proof")]
    assert [item.verdict.value for item in done.report.items] == ["verified", "failed"]


def test_a_waiver_is_heard(merging):
    merging.open(HARMLESS, closes=[issue(merging, "new.sh")]).remembers(**{"#1": "waived"})
    done = merging.run()
    assert done.exit_code == 0
    assert "(waived)" in done.summary


def test_an_issue_without_the_label_is_read_as_well(merging):
    number = merging.github.repository.add_issue("Say it", BLOCK.replace("PATH", "new.sh")).number
    merging.open(HARMLESS, closes=[number])
    assert merging.run().exit_code == 1


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda there: setattr(there, "body", "Just do it."), 0, "declares nothing that counts"),
        (lambda there: setattr(there, "body", there.body.replace("owner", "onwer")), 2, "unknown key `onwer`"),
        (lambda there: setattr(there, "state", "closed"), 0, ""),
    ],
)
def test_an_issue_that_promises_nothing(merging, change, code, said):
    number = issue(merging, "new.sh")
    change(merging.github.repository.issue(number))
    merging.open(HARMLESS, closes=[number])
    done = merging.run()
    assert done.exit_code == code
    assert said in done.summary


def test_only_who_may_declare_is_heard(merging):
    merging.open(HARMLESS, closes=[issue(merging, "new.sh", author="eve")])
    done = merging.run()
    assert done.exit_code == 0
    assert "#\u200b1, which declares nothing that counts" in done.summary


def test_an_issue_of_another_repository_is_promised_there(merging):
    other = merging.github.add_repository("acme/other")
    other.add_issue("Elsewhere", BLOCK.replace("PATH", "new.sh"))
    merging.open(HARMLESS)
    merging.pull.closes_elsewhere = [(other, 1), (None, 5)]
    assert merging.run().exit_code == 0


def test_what_needs_another_system_is_inconclusive_without_its_key(merging):
    body = BLOCK.replace("repo-file: {path: PATH}", "datadog-monitor: {metric: disk.used, fires-when: '> 1'}")
    number = merging.github.repository.add_issue("Alert", body, labels=["action-item"]).number
    merging.open(HARMLESS, closes=[number])
    assert (merging.run().exit_code, merging.statuses[0][1]) == (3, "action_required")
    assert merging.run(inconclusive=Inconclusive.PASS).exit_code == 0
    done = merging.run(merging.event(untrusted=True))
    assert (done.exit_code, done.plan.effects) == (0, ())
    assert "DD_API_KEY" in done.summary or "is inconclusive" in done.summary


# Post-mortems that are changed.


def test_a_changed_post_mortem_must_be_readable(merging):
    merging.open({POSTMORTEM: GUARDED.replace('owner: "@bob"', 'onwer: "@bob"')})
    done = merging.run()
    assert "unknown key `onwer`" in done.summary
    assert f"{POSTMORTEM}:17:1" in done.summary
    assert done.exit_code == 1  # the item is gone besides


def test_a_new_one_too(merging):
    merging.open({"postmortems/new.md": "# New\n\n```loopcheck\nowner: x\n```\n"})
    done = merging.run()
    assert (done.exit_code, merging.statuses[0][1:]) == (2, ("failure", "loopcheck: a declaration cannot be read"))


def test_an_old_mistake_is_nobody_elses(tmp_path, github):
    broken = {**BASE, "postmortems/old.md": "# Old\n\n```loopcheck\nowner: x\n```\n"}
    merging = Merging(tmp_path / "shop", github, broken).open({POSTMORTEM: GUARDED + "\nMore.\n"})
    assert merging.run().exit_code == 0


def test_a_configuration_that_cannot_be_read(merging):
    merging.open({".github/loopcheck.yml": "require: [\n"})
    assert merging.run().exit_code == 2


def test_a_base_whose_configuration_cannot_be_read_judges_nothing(tmp_path, github):
    merging = Merging(tmp_path / "shop", github, {**BASE, ".github/loopcheck.yml": "require: [\n"}).open(NO_TEST)
    done = merging.run()
    assert (done.exit_code, merging.statuses[0][1]) == (3, "action_required")
    assert "the configuration of the base cannot be read" in done.summary


# Promises that are weakened.

LESS = {POSTMORTEM: GUARDED.replace('owner: "@bob"', 'owner: "@bob"\nrequire: exists')}


@pytest.mark.parametrize(
    "changes",
    [
        LESS,
        {POSTMORTEM: None},
        {POSTMORTEM: GUARDED.replace("scripts/restore.sh", "app.py")},
        {POSTMORTEM: GUARDED.replace("INC-42", "INC-43")},
        {POSTMORTEM: GUARDED.replace("2026-11-01", "2026-01-01")},
        {".github/loopcheck.yml": "declarations: [docs/*.md]\n"},
        {".github/loopcheck.yml": "require: exists\n"},
        {".github/loopcheck.yml": "settings: {datadog: {export: dd}}\n"},
        {".github/loopcheck.yml": "issues: {label: other}\n"},
    ],
    ids=[
        "requires less",
        "gone",
        "another file",
        "another incident",
        "earlier",
        "not read",
        "default",
        "settings",
        "label",
    ],
)
def test_a_weakened_promise_needs_somebody_else(merging, changes):
    merging.open(changes)
    done = merging.run()
    assert done.exit_code == 1
    assert "which somebody else must approve" in merging.statuses[0][2]
    merging.github.repository.add_review(merging.pull, by="bob")
    done = merging.run()
    assert done.exit_code == 0
    assert "It is approved of." in done.summary
    assert [one[1] for one in merging.statuses] == ["success"]


@pytest.mark.parametrize(
    ("review", "enough"),
    [
        ({"by": "bob"}, True),
        ({"by": "ana"}, False),  # the author
        ({"by": "eve"}, False),
        ({"by": "bob", "state": "CHANGES_REQUESTED"}, False),
        ({"by": "bob", "sha": "a" * 40}, False),  # of an older commit
        ({"by": "github-actions[bot]"}, False),
    ],
)
def test_whose_approval_counts(merging, review, enough):
    merging.github.repository.roles["github-actions[bot]"] = "write"
    merging.open(LESS)
    merging.github.repository.add_review(merging.pull, **review)
    assert (merging.run().exit_code == 0) is enough


def test_githubs_own_word_is_enough(merging):
    merging.open(LESS)
    merging.pull.review_decision = "APPROVED"
    assert merging.run().exit_code == 0


def test_an_approval_that_cannot_be_seen_is_none_and_no_refusal(merging):
    merging.open(LESS)
    merging.github.repository.add_review(merging.pull, by="bob")
    merging.github.fault("GET */permission", "502", times=None)
    done = merging.run(inconclusive=Inconclusive.PASS)
    assert (done.exit_code, merging.statuses[0][1]) == (3, "action_required")


def test_a_post_mortem_that_moves_promises_the_same(merging):
    moved = "docs/postmortems/lag.md"
    merging.open({}, rename=(POSTMORTEM, moved))
    assert merging.run().exit_code == 0


def test_words_around_a_promise_are_free(merging):
    merging.open({POSTMORTEM: GUARDED.replace("## Keep a script", "## Keep the script")})
    assert merging.run().exit_code == 0


# Which commits.


def test_the_merge_queue_is_answered_under_the_same_name(merging):
    merging.open(NO_TEST, closes=[issue(merging, "new.sh")])
    done = merging.run(merging.queued())
    assert done.exit_code == 1
    assert merging.statuses == [(merging.merged, "failure", FENCED)]
    assert [item.verdict.value for item in done.report.items] == ["failed"]


def test_a_queue_branch_that_names_no_pull_request(merging):
    merging.open(HARMLESS)
    import msgspec

    event = msgspec.structs.replace(merging.queued(), head_ref="refs/heads/queue/main")
    assert merging.run(event).exit_code == 3


def test_the_head_itself_is_judged_where_it_holds_the_base(merging):
    merging.open(NO_TEST)
    merging.builder.git("checkout", "-q", "topic")
    assert merging.run().exit_code == 1
    assert merging.statuses[0][:2] == (merging.head, "failure")


def test_a_head_that_lacks_the_base_would_seem_to_remove_it(merging):
    new = GUARDED + "\n## Say how\n\n" + BLOCK.replace("PATH", "docs/how.md")
    merging.open(HARMLESS, at_base={POSTMORTEM: new, "docs/how.md": "So.\n"})
    merging.builder.git("checkout", "-q", "topic")
    done = merging.run()
    assert (done.exit_code, merging.statuses[0][1]) == (3, "action_required")
    assert "does not hold" in done.summary
    assert "Check out without `ref:`" in done.summary.replace("\u200b", "") or "Check out without" in done.summary


def test_another_head_than_the_events_is_not_judged(merging):
    merging.open(NO_TEST)
    assert merging.run(merging.event(head="a" * 40)).exit_code == 3


@pytest.mark.parametrize(("depth", "code"), [(1, 3), (2, 1)])
def test_a_shallow_checkout(merging, depth, code):
    merging.open(NO_SCRIPT)
    done = merging.run(checkout=merging.clone(depth))
    assert done.exit_code == code
    assert ("fetch-depth: 0" in done.summary) is (depth == 1)


def test_a_first_parent_that_is_somebodys_own(merging):
    """A merge of the head into something that never held the base is not what GitHub made."""
    merging.open(NO_TEST)
    git = merging.builder.git
    git("checkout", "-q", "--orphan", "evil")
    other = merging.builder.commit({POSTMORTEM: "# Nothing\n"})
    git("checkout", "-q", "--detach", other)
    git("merge", "-q", "--allow-unrelated-histories", "-s", "ours", "--no-ff", "-m", "Merge", "topic")
    assert merging.run().exit_code == 3


# The status.


def test_there_is_never_a_second_status(merging):
    merging.open(NO_SCRIPT)
    merging.run()
    written = len(merging.github.writes)
    assert merging.run().applied[0].done.value == "unchanged"
    assert len(merging.github.writes) == written
    merging.remembers(script="failed")
    assert merging.run().exit_code == 0
    assert [one[1] for one in merging.statuses] == ["success"]
    assert [call.method for call in merging.github.writes] == ["POST", "PATCH"]


def test_nothing_is_written_in_a_dry_run(merging):
    merging.open(NO_SCRIPT)
    done = merging.run(dry_run=True)
    assert conclusion(done) == [Conclusion.FAILURE]
    assert merging.github.writes == []


def test_a_fork_gets_no_status(merging):
    merging.open(NO_SCRIPT)
    done = merging.run(merging.event(untrusted=True))
    assert (done.exit_code, done.plan.effects, merging.github.writes) == (1, (), [])
    assert "exists because of `INC-42`" in done.summary


def test_without_a_token_a_fork_is_judged_by_the_checkout_alone(merging):
    merging.open(HARMLESS)
    done = merging.run(merging.event(untrusted=True), environment={})
    assert (done.exit_code, merging.github.requests) == (0, [])
    assert "GITHUB_TOKEN is not set" in done.summary or "GITHUB_REPOSITORY is not set" in done.summary
    assert merging.run(environment={}).exit_code == 3


def test_hostile_words_stand_in_code(tmp_path, github):
    title = "x` @everyone <img src=x> #1 [a](b) ](javascript:1) ::error::"
    hostile = GUARDED.replace("## Keep a script", f"## {title}").replace("INC-42", '"INC` @eve #1 <b>"')
    merging = Merging(tmp_path / "shop", github, {**BASE, POSTMORTEM: hostile}).open({**NO_SCRIPT, **LESS})
    done = merging.run()
    assert merging.statuses[0][2] == "loopcheck: this removes what guards against an incident"
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(done.summary)
    inline = [child for token in tokens for child in token.children or []]
    outside = "".join(one.content for one in inline if one.type == "text")
    assert "@" not in outside
    assert "everyone" not in outside
    links = [one.attrs["href"] for one in inline if one.type == "link_open"]
    assert links
    assert all(re.match(f"{re.escape(github.url)}/acme/shop/(blob|tree)/[0-9a-f]{{40}}", link) for link in links)
    assert {one.content for one in inline if one.type == "html_inline"} <= {"<sub>", "</sub>"}


def test_the_summary_is_bounded(tmp_path, github):
    items = "".join(f"## Item {number}\n\n" + BLOCK.replace("PATH", f"f/{number}.txt") + "\n" for number in range(400))
    files = {f"f/{number}.txt": "x\n" for number in range(400)}
    merging = Merging(tmp_path / "shop", github, {POSTMORTEM: items, **files}).open(
        {**dict.fromkeys(files), POSTMORTEM: "# Gone\n"}
    )
    done = merging.run()
    assert done.exit_code == 1
    assert len(done.summary.encode()) < 60_000
    assert "more claims" in done.summary
    assert "more promises" in done.summary


def test_the_runs_time_is_heard(merging):
    merging.open(NO_SCRIPT)
    done = merging.run(seconds=0.0, dry_run=True)
    assert done.exit_code == 3


def test_the_mark_is_what_makes_a_check_run_ours(merging):
    merging.open(HARMLESS)
    flow = merging.github.repository.add_workflow(CI)
    merging.github.repository.add_run(flow, jobs=["loopcheck"], sha=merging.head)
    merging.run()
    assert [one.external_id for one in merging.github.repository.check_runs] == ["", MARK]
    assert merging.run().applied[0].done.value == "unchanged"


def test_lines_of_the_ledger_are_what_they_seem(merging):
    merging.open(HARMLESS).remembers(script="verified")
    blob = merging.github.repository.git.files(merging.github.repository.git.refs["refs/heads/loopcheck-ledger"])
    (entry,) = lines.read(blob["ledger.jsonl"], "here")
    assert (entry.item, entry.at) == (SCRIPT_ITEM, NOW)
    assert json.loads(blob["ledger.jsonl"])["verdict"] == "verified"
