"""`loopcheck prove`: a check is run on a bad and on a good commit, and what came of it is in the ledger."""

import json
from textwrap import dedent

import pytest
from standins.github import GitHubStandIn

from loopcheck.effects import writer
from loopcheck.ledger import lines, proofs
from loopcheck.ledger.memory import recall
from loopcheck.testing import RepositoryBuilder
from loopcheck.testing.repository import NOW

CI = """\
on: [push, pull_request]
jobs:
  lag:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Check the limit
        run: sh check.sh
"""
CHECK = 'echo "the limit is $(cat limit.txt)"\ntest "$(cat limit.txt)" -ge 30\n'


def report(bad, *more, kind="ci-check", keys="job: lag, step: Check the limit, required: false"):
    extra = "".join(f", {one}" for one in more)
    return dedent(f"""\
        ---
        incident: {{id: INC-7, started: 2026-11-01T09:14Z, caused-by: {bad}}}
        ---
        # Lag

        ## Check the limit

        ```loopcheck
        owner: "@alice"
        require: proven
        verify:
          - {kind}: {{{keys}{extra}}}
        ```
        """)


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """The limit was 0, and the check was there. Nothing has run on GitHub."""
    built = RepositoryBuilder(tmp_path / "shop")
    built.bad = built.commit({"limit.txt": "0\n", "check.sh": CHECK, ".github/workflows/ci.yml": CI})
    built.git("config", "user.email", "ana@example.org")
    built.commit({"limit.txt": "30\n", "postmortems/lag.md": report(built.bad)})
    for name in ("GITHUB_EVENT_NAME", "GITHUB_TOKEN", "GITHUB_REPOSITORY", "GITHUB_ACTOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(built.folder)
    built.ledger = tmp_path / "ledger.jsonl"
    return built


def entries(shop):
    """The proofs in the ledger; `verify` writes there too."""
    return [line for line in lines.read(shop.ledger.read_bytes(), "ledger") if line.action == "proven"]


def test_what_is_proven_is_recorded_and_counts(shop, loopcheck):
    before = loopcheck("verify", "--format", "json", "--ledger", shop.ledger)
    assert json.loads(before.out)["verdict"] == "inconclusive"
    done = loopcheck("prove", "--item", "Check the limit", "--yes", "--ledger", shop.ledger)
    assert done.code == 0, done
    assert "PROVEN" in done.out
    assert "fails (exit 1)" in done.out
    assert "passes (exit 0)" in done.out
    (line,) = entries(shop)
    proof = proofs.proof(line)
    assert (line.action, line.item, line.verdict.value, line.by) == (
        "proven", "postmortems/lag.md#check-the-limit", "verified", "ana@example.org",
    )  # fmt: skip
    assert (proof.bad.commit, proof.bad.code, proof.good.code) == (shop.bad, 1, 0)
    assert len(proof.bad.log) == 64
    assert recall([line]).past.proofs == {proof.key: proof}
    after = json.loads(loopcheck("verify", "--format", "json", "--ledger", shop.ledger).out)
    claims = {one["claim"]: one for one in after["items"][0]["artifacts"][0]["claims"]}
    assert [claims[word]["outcome"] for word in ("fails-on-bad-commit", "passes-on-good-commit")] == ["holds", "holds"]
    assert (after["verdict"], after["items"][0]["rung"]) == ("verified", "proven")
    assert "ana@example.org ran it" in claims["fails-on-bad-commit"]["message"]
    # Another check is not proven by it.
    shop.commit({".github/workflows/ci.yml": CI.replace("sh check.sh", "sh -x check.sh")})
    assert json.loads(loopcheck("verify", "--format", "json", "--ledger", shop.ledger).out)["verdict"] == "inconclusive"


def test_a_check_that_would_not_have_caught_it(shop, loopcheck):
    shop.commit({"postmortems/lag.md": report(shop.bad, "command: 'true'")})
    done = loopcheck("prove", "--item", "Check the limit", "--yes", "--ledger", shop.ledger)
    assert (done.code, "NOT PROVEN" in done.out) == (1, True)
    assert loopcheck("verify", "--ledger", shop.ledger).code == 1


@pytest.mark.volume
def test_what_comes_to_no_result_is_not_recorded(shop, loopcheck):
    for command in ("no-such-program", "kill -9 $$"):
        shop.commit({"postmortems/lag.md": report(shop.bad, f"command: {command}")})
        done = loopcheck("prove", "--item", "Check the limit", "--yes", "--ledger", shop.ledger)
        assert (done.code, "did not come to a result" in done.out) == (3, True)
    shop.commit({"postmortems/lag.md": report(shop.bad, "command: sleep 30")})
    done = loopcheck("prove", "--item", "Check the limit", "--yes", "--ledger", shop.ledger, "--time-limit", 1)
    assert (done.code, "stopped: it took more than 1 s" in done.out) == (3, True)
    assert not shop.ledger.exists()


def test_a_test_that_was_written_since_is_brought_along(shop, loopcheck, tmp_path):
    check = "test ! -e limit.txt || grep -q 30 limit.txt\n"
    shop.commit({
        "new.sh": check, "postmortems/lag.md": report(shop.bad, "command: sh new.sh", "check-files: ['new.sh']")
    })  # fmt: skip
    done = loopcheck("prove", "--item", "Check the limit", "--yes", "--logs", tmp_path / "logs")
    assert done.code == 0
    assert "nothing was recorded: name a ledger" in done.out
    assert (tmp_path / "logs/1-bad.log").exists()


def test_nothing_is_run_before_somebody_has_agreed(shop, loopcheck, tmp_path, process):
    shop.commit({"postmortems/lag.md": report(shop.bad, f"command: touch {tmp_path}/ran")})
    done = process("prove", "--item", "Check the limit", cwd=shop.folder)
    assert (done.code, "nobody is there to be asked" in done.err) == (2, True)
    assert "touch" in done.out
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("event", ["pull_request", "merge_group", "push", "schedule"])
def test_nothing_is_run_on_other_events(shop, loopcheck, tmp_path, monkeypatch, event):
    shop.commit({"postmortems/lag.md": report(shop.bad, f"command: touch {tmp_path}/ran")})
    monkeypatch.setenv("GITHUB_EVENT_NAME", event)
    done = loopcheck("prove", "--item", "Check the limit", "--yes", "--ledger", shop.ledger)
    assert (done.code, f"nothing is run on the event `{event}`" in done.err) == (2, True)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ({"kind": "repo-file", "keys": "path: check.sh"}, "has no check that can be run"),
        ({"keys": "job: lag, required: false"}, "does not name one step"),
        ({"keys": "job: lag, required: false, command: 'true', passes-on: gone"}, "no commit or tag `gone`"),
    ],
)
def test_an_item_without_a_check_that_can_be_run(shop, loopcheck, text, message):
    shop.commit({"postmortems/lag.md": report(shop.bad, **text)})
    done = loopcheck("prove", "--item", "Check the limit", "--yes")
    assert (done.code, message in done.err) == (2, True), done


def test_in_a_workflow_that_was_started_by_hand_it_is_recorded_on_the_branch(shop, loopcheck, tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "_PAUSE", 0)
    (tmp_path / "event.json").write_text(json.dumps({"repository": {"default_branch": "main"}}))
    with GitHubStandIn(now=NOW) as github:
        github.repository.commit({"README.md": "# Shop\n"})
        for name, value in {
            **github.environment,
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "workflow_dispatch",
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_SHA": shop.git("rev-parse", "HEAD"),
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_TRIGGERING_ACTOR": "ana",
            "GITHUB_RUN_ID": "77",
        }.items():
            monkeypatch.setenv(name, value)
        done = loopcheck("prove", "--item", "Check the limit", "--yes")
        assert done.code == 0, done
        assert "recorded on the branch loopcheck-ledger" in done.out
        git = github.repository.git
        (line,) = lines.read(git.files(git.refs["refs/heads/loopcheck-ledger"])["ledger.jsonl"], "ledger")
        assert (line.action, line.by, line.run) == ("proven", "ana", "77/1")
        github.fault("POST *", "403-permission", times=None)
        done = loopcheck("prove", "--item", "Check the limit", "--yes")
        assert (done.code, "is not in the ledger" in done.err) == (2, True)
