"""What is run of a repository: where it may be, with what, and that nothing of it is left."""

import hashlib
import json
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from loopcheck.checker import Trial
from loopcheck.errors import UsageError
from loopcheck.testing import RepositoryBuilder
from loopcheck.trials import permission
from loopcheck.trials.environment import scrubbed
from loopcheck.trials.process import run
from loopcheck.trials.trying import attempt
from loopcheck.trials.work_trees import clean, work_tree
from loopcheck.world import Repository

SH = ("sh", "-e")
COMMIT = "c" * 40


# where


def run_of(tmp_path, event="workflow_dispatch", ref="refs/heads/main", sha=COMMIT, payload=None):
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"repository": {"default_branch": "main"}} if payload is None else payload))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_REF": ref,
        "GITHUB_SHA": sha,
        "GITHUB_EVENT_PATH": str(file),
    }


def test_somebody_starts_it_by_hand_on_the_default_branch_or_on_their_own_machine(tmp_path):
    permission.check(run_of(tmp_path), COMMIT)
    permission.check({}, COMMIT)


EVENTS = ("pull_request", "pull_request_target", "merge_group", "push", "schedule", "issue_comment", "workflow_run",
          "repository_dispatch", "workflow_call", "")  # fmt: skip


@pytest.mark.parametrize("event", EVENTS)
def test_no_other_event_may(tmp_path, event):
    with pytest.raises(UsageError, match="event"):
        permission.check(run_of(tmp_path, event), COMMIT)
    if event:
        with pytest.raises(UsageError):
            permission.check({"GITHUB_EVENT_NAME": event}, COMMIT)


@pytest.mark.parametrize(
    "changes",
    [
        {"ref": "refs/heads/topic"},
        {"ref": "refs/tags/main"},
        {"ref": "refs/pull/1/merge"},
        {"ref": "main"},
        {"ref": ""},
        {"sha": "d" * 40},
        {"payload": {}},
        {"payload": {"repository": {"default_branch": "topic"}}},
        {"payload": "x"},
    ],
)
def test_no_other_commit_may(tmp_path, changes):
    with pytest.raises(UsageError):
        permission.check(run_of(tmp_path, **changes), COMMIT)


# with what


def test_credentials_stay_behind():
    kept = {"PATH": "/bin", "HOME": "/h", "LANG": "C", "CI": "true", "PWD": "/x", "VIRTUAL_ENV": "/v", "KEYBOARD": "de",
            "PIP_INDEX_URL": "https://mirror.example.org/simple", "MONKEY": "1", "PATIENCE": "2"}  # fmt: skip
    gone = dict.fromkeys(
        "GITHUB_TOKEN GITHUB_OUTPUT GITHUB_ENV GITHUB_PATH GH_TOKEN ACTIONS_ID_TOKEN_REQUEST_URL DD_API_KEY DD_SITE"
        " AWS_SECRET_ACCESS_KEY AWS_PROFILE NPM_TOKEN MY_KEY my_secret DBPASSWORD DB_PWD SSH_AUTH_SOCK SENTRY_DSN"
        " PAGERDUTY_X INPUT_FOO npm_config__auth STRIPE_APIKEY GPG_PASSPHRASE BOT_PAT".split(),
        "x",
    )
    gone["DATABASE_URL"] = "postgres://shop:hunter2@db/shop"
    gone["INDEX"] = "https://token@mirror.example.org/simple"
    assert scrubbed(kept | gone) == kept


# a command


def test_a_command_runs_to_its_end(tmp_path):
    ran = run([*SH, "-c", "echo out; echo err >&2; exit 3"], tmp_path, {"PATH": os.environ["PATH"]}, seconds=20)
    assert (ran.code, ran.tail, ran.stopped) == (3, b"out\nerr\n", "")
    assert ran.log == hashlib.sha256(b"out\nerr\n").hexdigest()


def test_a_command_is_given_nothing_to_read_and_only_its_environment(tmp_path):
    ran = run([*SH, "-c", "cat; env | sort"], tmp_path, {"PATH": os.environ["PATH"], "A": "1"}, seconds=20)
    assert {line.partition(b"=")[0] for line in ran.tail.splitlines()} <= {b"A", b"PATH", b"PWD", b"OLDPWD", b"SHLVL", b"_"}  # fmt: skip


def is_over(process):
    """Whether a process ends at once, though perhaps nobody asks how."""
    for _ in range(500):
        try:
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False


@pytest.mark.volume
def test_a_command_that_takes_too_long_is_stopped_with_all_that_it_started(tmp_path):
    script = "sleep 60 & echo $! > pid; trap '' TERM; echo waiting; wait; sleep 60"
    began = time.monotonic()
    ran = run([*SH, "-c", script], tmp_path, {"PATH": os.environ["PATH"]}, seconds=0.5)
    assert (ran.code, ran.tail, "0.5 s" in ran.stopped) == (None, b"waiting\n", True)
    assert time.monotonic() - began < 10
    assert is_over(int((tmp_path / "pid").read_text()))


@pytest.mark.volume
def test_a_command_that_leaves_something_running_is_done_all_the_same(tmp_path):
    ran = run([*SH, "-c", "sleep 60 & echo $! > pid; exit 1"], tmp_path, {"PATH": os.environ["PATH"]}, seconds=20)
    assert ran.code == 1
    assert is_over(int((tmp_path / "pid").read_text()))


def test_a_command_that_prints_without_end_is_stopped(tmp_path):
    ran = run(["yes"], tmp_path, {"PATH": os.environ["PATH"]}, seconds=20, most=1_000_000)
    assert (ran.code, len(ran.tail), "1,000,000" in ran.stopped) == (None, 65_536, True)


def test_a_program_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="cannot be started"):
        run(["no-such-program"], tmp_path, {"PATH": os.environ["PATH"]}, seconds=1)


# both commits


@pytest.fixture
def shop(tmp_path):
    built = RepositoryBuilder(tmp_path / "shop")
    built.bad = built.commit({"lag.txt": "0\n", "src/a": "1\n", "link": "x\n"})
    built.good = built.commit({"lag.txt": "30\n", "check.sh": "grep -q 30 lag.txt\n", "tests/t.sh": "grep -q 30 lag.txt\n"})  # fmt: skip
    with closing(Repository(built.folder)) as repository:
        built.repository = repository
        yield built


def tried(shop, script, **more):
    trial = Trial(script, SH, more.pop("bad", shop.bad), shop.good, **more)
    return attempt(trial, shop.repository.git, {**os.environ, "GITHUB_TOKEN": "canary"}, seconds=30)


def codes(outcome):
    return outcome.bad.code, outcome.good.code


def worktrees(shop):
    return shop.git("worktree", "list").splitlines()


def test_each_commit_is_tried_in_a_tree_of_its_own(shop):
    assert codes(tried(shop, "grep -q 30 lag.txt")) == (1, 0)
    outcome = tried(shop, 'pwd; git status --porcelain; echo "$GITHUB_TOKEN"; rm lag.txt; exit 4')
    assert codes(outcome) == (4, 4)
    assert b"canary" not in outcome.bad.tail
    assert (shop.folder / "lag.txt").read_text() == "30\n"
    assert len(worktrees(shop)) == 1
    assert not Path(outcome.bad.tail.splitlines()[0].decode()).exists()


def test_files_of_the_check_are_brought_onto_the_bad_commit(shop):
    assert codes(tried(shop, "test -e check.sh && sh check.sh")) == (1, 0)
    assert codes(tried(shop, "sh check.sh", brought=("check.sh",))) == (1, 0)
    assert codes(tried(shop, "sh tests/t.sh && test ! -e check.sh", brought=("tests/**",))) == (1, 1)
    with pytest.raises(UsageError, match="no files for each"):
        tried(shop, "true", brought=("gone/**",))
    assert len(worktrees(shop)) == 1


def test_files_are_not_brought_through_a_link(shop, tmp_path):
    """The bad commit has a link where the good one has a folder."""
    outside = tmp_path / "outside"
    outside.mkdir()
    shop.git("checkout", "-q", shop.bad)
    (shop.folder / "tests").symlink_to(outside)
    bad = shop.commit_all()
    shop.git("checkout", "-q", "main")
    assert codes(tried(shop, "test ! -L tests && sh tests/t.sh", bad=bad, brought=("tests/**",))) == (1, 0)
    assert list(outside.iterdir()) == []


def test_it_runs_in_its_folder_with_its_environment(shop):
    assert codes(tried(shop, 'test "$MODE" = fast && ls a', folder="src", environment={"MODE": "fast"})) == (0, 0)
    assert b"no" in tried(shop, 'echo "${MY_TOKEN:-no}"', environment={"MY_TOKEN": "x"}).bad.tail
    for folder in ("gone", "../..", "/"):
        with pytest.raises(UsageError, match="no folder"):
            tried(shop, "true", folder=folder)
    assert len(worktrees(shop)) == 1


def test_a_commit_that_is_not_there(shop):
    with pytest.raises(UsageError, match="no work tree"):
        tried(shop, "true", bad="d" * 40)


def test_no_hook_of_the_repository_runs(shop, tmp_path):
    hook = shop.folder / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hooked\n")
    hook.chmod(0o755)
    tried(shop, "true")
    assert not (tmp_path / "hooked").exists()


def test_what_cannot_be_deleted_is_deleted(shop):
    outcome = tried(shop, "pwd; mkdir -p deep/er; touch deep/er/x; chmod 500 deep/er deep")
    assert not Path(outcome.good.tail.splitlines()[0].decode()).parent.exists()


def test_the_next_run_removes_what_a_killed_one_left(shop):
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom loopcheck.world.git import Git\n"
        "from loopcheck.trials.work_trees import work_tree\n"
        f"with work_tree(Git(Path({str(shop.folder)!r})), {shop.bad!r}) as place:\n"
        "    print(place, flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        place = Path(process.stdout.readline().strip())
        assert clean(shop.repository.git) == 0  # it is alive
        assert place.exists()
        process.kill()
    assert place.exists()
    with work_tree(shop.repository.git, shop.good) as mine:
        assert clean(shop.repository.git) == 1
        assert mine.exists()
    assert not place.parent.exists()
    assert len(worktrees(shop)) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows processes so")
@pytest.mark.parametrize("closes", [True, False])
def test_the_check_cannot_read_what_loopcheck_was_given(closes):
    """As another user than root, who reads everything."""
    program = (
        "import subprocess\nfrom loopcheck.trials.trying import closed\n"
        f"{'closed()' if closes else ''}\n"
        "subprocess.run(['sh', '-c', 'cat /proc/$PPID/environ'])\n"
    )
    user = ["setpriv", "--reuid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    environment = {"PATH": os.environ["PATH"], "GITHUB_TOKEN": "canary"}
    done = subprocess.run(
        [*user, sys.executable, "-c", program], env=environment, cwd="/", capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("this machine's Python is root's alone")
    assert ("canary" in done.stdout) is not closes
