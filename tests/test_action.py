"""The action's program, run as the container runs it, in a workspace as the runner lays it out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from standins.github import GitHubStandIn

from loopcheck import action, runner
from loopcheck.action import Inputs
from loopcheck.documents import yaml
from loopcheck.testing import RepositoryBuilder, booby_traps, runner_log
from loopcheck.testing.runner_log import names

ROOT = Path(__file__).parent.parent
POST_MORTEM = """\
# Replication lag

### {title}

```loopcheck
owner: "@alice"
verify:
  - repo-file: {{path: {path}}}
```
"""


def item(path, title="Write it down"):
    return POST_MORTEM.format(path=path, title=title)


HURRIED = "import sys; from loopcheck.effects import writer; writer._PAUSE = 0; from loopcheck import action"
"""Between its writes a run pauses, which would be a test's longest part."""


class Step:
    """One step of a workflow: a workspace with a checkout, and what the action made of it."""

    def __init__(self, folder):
        self.workspace = folder / "workspace"
        self.repository = RepositoryBuilder(self.workspace)
        self.files = folder / "files"
        self.files.mkdir()
        self.environment = {}
        """What the step has beside what every step has."""

    def run(self, *command, **inputs):
        """The step, as a process: the action's own command, if not given another."""
        done = subprocess.run(
            [sys.executable, "-I", *(command or ("-m", "loopcheck.action"))],
            cwd=self.workspace,
            env=self.surroundings(**inputs),
            capture_output=True,
            text=True,
            check=False,
        )
        return self.ended(done.returncode, done.stdout, done.stderr)

    def surroundings(self, **inputs):
        """The environment that the runner gives it. Only what files declare is looked at, if not asked for more."""
        inputs = {"path": ".", "fail_on": "failed", "time_limit": "", "issues": "false", **inputs}
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.files),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(self.files / "outputs"),
            "GITHUB_STEP_SUMMARY": str(self.files / "summary"),
            **self.environment,
            **{f"INPUT_{name.upper().replace('_', '-')}": value for name, value in inputs.items()},
        }

    def ended(self, exit_code, stdout, stderr):
        assert stderr == ""
        self.log = stdout
        sys.stdout.write(self.log)  # for whoever reads a failure
        self.exit_code = exit_code
        return self

    @property
    def outputs(self):
        return runner_log.outputs((self.files / "outputs").read_text())

    @property
    def summary(self):
        return (self.files / "summary").read_text("utf-8")


class QuickStep(Step):
    """A step without a process of its own, where that is not what is tried."""

    def __init__(self, folder, monkeypatch, capsys):
        super().__init__(folder)
        self.monkeypatch = monkeypatch
        self.capsys = capsys

    def run(self, **inputs):
        with self.monkeypatch.context() as patch:
            for name in [name for name in os.environ if name.startswith(("GITHUB_", "INPUT_"))]:
                patch.delenv(name)
            for name, value in self.surroundings(**inputs).items():
                patch.setenv(name, value)
            patch.setattr(runner, "drop_privileges", lambda _: None)  # they would be lost to all tests after this
            patch.chdir(self.workspace)
            self.capsys.readouterr()
            return self.ended(action.main(), *self.capsys.readouterr())


@pytest.fixture
def step(tmp_path, monkeypatch, capsys):
    return QuickStep(tmp_path, monkeypatch, capsys)


@pytest.fixture
def process(tmp_path):
    return Step(tmp_path)


def test_a_verified_item(process):
    step = process
    step.repository.commit({"postmortems/lag.md": item("README.md"), "README.md": "# Shop\n"})
    assert step.run().exit_code == 0
    assert step.outputs == {
        "verdict": "verified",
        "verified": "1",
        "inconclusive": "0",
        "failed": "0",
        "unreadable": "0",
        "report": "loopcheck-report.json",
        "effects": "0",
        "left": "0",
        "status": "",
    }
    assert "loopcheck: verified" in step.summary
    assert "VERIFIED       Write it down" in step.log
    assert names(step.log) == []
    report = json.loads((step.workspace / "loopcheck-report.json").read_text())
    assert report["verdict"] == "verified"
    assert report["run"]["ref"] == step.repository.git("rev-parse", "HEAD")


def test_a_failed_item_fails_the_step_and_is_annotated(step):
    step.repository.commit({"postmortems/lag.md": item("gone.md")})
    assert step.run().exit_code == 1
    assert (step.outputs["verdict"], step.outputs["failed"]) == ("failed", "1")
    assert names(step.log) == ["error"]
    assert "::error file=postmortems/lag.md,line=8," in step.log


UNSEEN = item("docs/link.md")


def with_unseen(step):
    step.workspace.joinpath("docs").mkdir()
    step.workspace.joinpath("docs/link.md").symlink_to("../README.md")
    step.repository.commit({"postmortems/lag.md": UNSEEN})


@pytest.mark.parametrize(
    ("found", "fail_on", "exit_code", "verdict"),
    [
        ("failed", "failed", 1, "failed"),
        ("failed", "inconclusive", 1, "failed"),
        ("failed", "never", 0, "failed"),
        ("unseen", "failed", 0, "inconclusive"),
        ("unseen", "inconclusive", 3, "inconclusive"),
        ("unseen", "never", 0, "inconclusive"),
        ("unreadable", "failed", 2, "inconclusive"),
        ("unreadable", "inconclusive", 2, "inconclusive"),
        ("unreadable", "never", 0, "inconclusive"),
        ("nothing", "failed", 0, "inconclusive"),
        ("nothing", "inconclusive", 3, "inconclusive"),
        ("verified", "inconclusive", 0, "verified"),
    ],
)
def test_what_fails_the_step(step, found, fail_on, exit_code, verdict):
    if found == "unseen":
        with_unseen(step)
    else:
        text = {"failed": item("gone.md"), "unreadable": item("[1, 2]"), "nothing": "# None\n", "verified": item("a")}
        step.repository.commit({"postmortems/lag.md": text[found], "a": "a\n"})
    assert step.run(fail_on=fail_on).exit_code == exit_code
    assert step.outputs["verdict"] == verdict


def test_that_nothing_is_declared_is_said(step):
    step.repository.commit({"README.md": "# Shop\n"})
    assert names(step.run().log) == ["warning"]


def test_what_is_not_committed_is_not_looked_at(step):
    step.repository.commit({"postmortems/lag.md": item("README.md")})
    (step.workspace / "README.md").write_text("# Not committed\n")
    assert step.run().outputs["verdict"] == "failed"
    assert "uncommitted changes" in step.log


def test_a_checkout_below_the_workspace(step):
    RepositoryBuilder(step.workspace / "shop").commit({"postmortems/lag.md": item("a"), "a": "a\n"})
    assert step.run(path="shop").outputs["verdict"] == "verified"
    assert (step.workspace / "loopcheck-report.json").exists()


def test_annotations_name_paths_below_the_workspace(step):
    files = {"postmortems/lag.md": item("gone.md"), "postmortems/broken.md": item("a").replace("owner", "onwer")}
    RepositoryBuilder(step.workspace / "work/shop").commit(files)
    step.run(path="work/shop")
    placed = {command.properties["file"] for command in runner_log.commands(step.log)}
    assert placed == {"work/shop/postmortems/lag.md", "work/shop/postmortems/broken.md"}


@pytest.mark.parametrize(
    ("repository", "path", "top"),
    [
        ("work/shop", "work/shop", "work/shop"),
        ("work/shop", "work/shop/postmortems", "work/shop"),
        (".", "postmortems", ""),
        (".", "", ""),
        (".shop", ".shop", ".shop"),
        ("..", ".", ""),
    ],
)
def test_the_top_of_the_repository_is_found_below_the_workspace(tmp_path, repository, path, top):
    workspace = tmp_path / "workspace"
    workspace.joinpath(path).mkdir(parents=True)
    workspace.joinpath(repository, ".git").mkdir(parents=True)
    assert Inputs.read({"GITHUB_WORKSPACE": str(workspace), "INPUT_PATH": path}).top == top


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"fail_on": "failde"}, "`fail-on` is `failde`"),
        ({"issues": "no"}, "`issues` is `no`"),
        ({"inconclusive": "wait"}, "`inconclusive` is `wait`"),
        ({"dry_run": "yes"}, "`dry-run` is `yes`"),
        ({"time_limit": "-1"}, "`time-limit` is `-1`"),
        ({"time_limit": "0"}, "`time-limit` is `0`"),
        ({"time_limit": "\u0661"}, "`time-limit` is"),
        ({"path": "../files"}, "leads out of the workspace"),
        ({"path": "/etc"}, "leads out of the workspace"),
        ({"path": "none"}, "no checkout"),
    ],
)
def test_a_mistake_in_the_call(step, inputs, says):
    assert step.run(**{"fail_on": "never", **inputs}).exit_code == 2
    assert names(step.log) == ["error"]
    assert says in step.log
    assert step.outputs == {"verdict": "inconclusive"}


def test_no_checkout_at_all(step):
    for path in sorted((step.workspace / ".git").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (step.workspace / ".git").rmdir()
    assert step.run().exit_code == 2
    assert "run `actions/checkout` in an earlier step" in step.log


def test_an_unreadable_configuration(step):
    step.repository.commit({".github/loopcheck.yml": "requires: active\n"})
    assert step.run().exit_code == 2
    assert names(step.log) == ["error"]
    assert ".github/loopcheck.yml:1:1" in step.log.replace("%3A", ":")


def test_the_report_neither_overwrites_nor_follows(step, tmp_path):
    outside = tmp_path / "files" / "outputs"
    outside.write_text("")
    (step.workspace / "loopcheck-report.json").symlink_to(outside)
    (step.workspace / "loopcheck-report-2.json").write_text("theirs\n")
    step.repository.commit({"postmortems/lag.md": item("a"), "a": "a\n"})
    assert step.run().outputs["report"] == "loopcheck-report-3.json"
    assert (step.workspace / "loopcheck-report-2.json").read_text() == "theirs\n"
    assert json.loads((step.workspace / "loopcheck-report-3.json").read_text())["verdict"] == "verified"


@pytest.mark.parametrize(
    "title",
    [
        "##[set-output name=verdict;]verified",
        "a %0A::set-output name=verdict::verified",
        "&#10;::error::x",
        "]]> ::add-mask::loopcheck",
    ],
)
def test_what_an_author_writes_is_no_command(step, title):
    step.repository.commit({"postmortems/lag.md": item("gone.md", title)})
    assert names(step.run().log) == ["error"]
    assert step.outputs["verdict"] == "failed"


@pytest.fixture
def sprung(tmp_path):
    (tmp_path / "sprung").mkdir()
    return tmp_path / "sprung"


def test_nothing_of_the_checkout_is_run(process, sprung):
    step = process
    booby_traps.in_files(step.workspace, sprung)
    step.repository.commit({"postmortems/lag.md": item("a"), "a": "a\n"})
    booby_traps.in_settings(step.workspace, sprung)
    (step.workspace / "a").write_text("b\n")  # a change that git would put through the filter, were it asked
    assert step.run().outputs["verdict"] == "verified"
    assert list(sprung.iterdir()) == []


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-m", "loopcheck.action"],  # without -I
        ["git", "status"],
        ["git", "log", "-p"],
    ],
)
def test_the_traps_are_sharp(step, sprung, command):
    booby_traps.in_files(step.workspace, sprung)
    step.repository.commit({"a": "a\n"})
    booby_traps.in_settings(step.workspace, sprung)
    (step.workspace / "a").write_text("b\n")
    subprocess.run(command, cwd=step.workspace, capture_output=True, check=False)
    assert list(sprung.iterdir()) != []


def test_without_a_token_files_are_looked_at_and_a_warning_says_so(step):
    step.repository.commit({"postmortems/lag.md": item("a"), "a": "a\n"})
    assert step.run(issues="").exit_code == 0
    assert names(step.log) == ["warning"]
    assert "issues were neither read nor written: GITHUB_REPOSITORY is not set" in step.log
    assert step.outputs["verdict"] == "verified"


def test_what_is_not_given_is_what_the_action_says(tmp_path):
    about = yaml.load((ROOT / "action.yml").read_text(), "action.yml").text_value["inputs"]
    given = {f"INPUT_{name.upper()}": one.get("default", "") for name, one in about.items()}
    workspace = {"GITHUB_WORKSPACE": str(tmp_path)}
    assert Inputs.read({**workspace, **given}) == Inputs.read(workspace)


class Shop:
    """A repository on GitHub with action items in issues, and steps at its events, each a process."""

    def __init__(self, github, step):
        self.github = github
        self.there = github.repository
        self.there.roles |= {"ana": "write"}
        self.step = step
        self.event_file = step.files / "event.json"
        self.commit({"run.sh": "run\n", "postmortems/lag.md": item("run.sh")})

    def commit(self, files):
        sha = self.step.repository.commit(files)
        self.there.git.refs["refs/heads/main"] = sha
        return sha

    def promise(self, path):
        return self.there.add_issue("Write a script", item(path), author="ana", labels=["action-item"])

    def at(self, event, payload=None, **inputs):
        about = {"id": self.there.id, "full_name": self.there.full_name, "default_branch": "main"}
        self.event_file.write_text(json.dumps({"repository": about, **(payload or {})}))
        self.step.environment = {
            **self.github.environment,
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(self.event_file),
            "GITHUB_RUN_ID": "7",
        }
        self.github.requests.clear()
        return self.step.run("-c", f"{HURRIED}; sys.exit(action.main())", **{"issues": "true", **inputs})

    def who(self, login):
        account = self.github.account(login)
        return {"id": account.id, "login": account.login, "type": "User"}

    def pull_request(self, changes):
        """The payload of one that makes these changes, checked out as GitHub does."""
        base = self.step.repository.git("rev-parse", "HEAD")
        self.step.repository.git("checkout", "-q", "-b", "topic")
        head = self.step.repository.commit(changes)
        self.step.repository.git("checkout", "-q", "--detach", base)
        self.step.repository.git("merge", "-q", "--no-ff", "-m", "Merge", "topic")
        pull = self.there.add_pull("Change it", author="ana", head_sha=head, base_sha=base)
        repository = {"id": self.there.id}
        about = {
            "number": pull.number, "state": "open", "user": self.who("ana"),
            "head": {"sha": head, "repo": repository}, "base": {"sha": base, "ref": "main", "repo": repository},
        }  # fmt: skip
        return head, {"action": "synchronize", "pull_request": about, "sender": self.who("ana")}


@pytest.fixture
def shop(process):
    with GitHubStandIn() as github:
        yield Shop(github, process)


def test_a_sweep(shop):
    done, missing = shop.promise("run.sh"), shop.promise("stop.sh")
    step = shop.at("schedule")
    assert step.exit_code == 0  # the work is still to be done, and that is said in the issue
    assert (done.labels[1:], missing.labels[1:]) == (["loopcheck:verified"], ["loopcheck:failed"])
    assert [len(one.comments) for one in (done, missing)] == [1, 1]
    counts = [step.outputs[name] for name in ("verdict", "verified", "failed", "effects", "left", "status")]
    assert counts == ["failed", "2", "1", "6", "0", ""]
    assert names(step.log) == ["error"]
    assert shop.github.token not in step.log

    again = shop.at("workflow_dispatch")
    assert (again.outputs["effects"], shop.github.writes) == ("0", [])


def test_a_dry_run_of_a_sweep(shop):
    issue = shop.promise("stop.sh")
    step = shop.at("schedule", dry_run="true")
    assert (step.exit_code, step.outputs["effects"], step.outputs["left"]) == (0, "4", "0")
    assert "would write 4 things" in step.log
    assert (shop.github.writes, issue.comments) == ([], [])


def test_without_issues_github_is_not_asked_for_any(shop):
    shop.promise("stop.sh")
    step = shop.at("schedule", issues="false")
    assert (step.exit_code, step.outputs["verdict"], step.outputs["effects"]) == (0, "verified", "0")
    assert shop.github.requests == []
    assert names(step.log) == []


def test_an_issue_that_was_edited(shop):
    issue = shop.promise("stop.sh")
    step = shop.at("issues", {"action": "edited", "issue": {"number": issue.number}, "sender": shop.who("ana")})
    assert step.exit_code == 0  # red would be for whoever edited it
    assert (len(issue.comments), issue.labels[1:]) == (1, ["loopcheck:failed"])
    assert (step.outputs["verdict"], step.outputs["failed"], step.outputs["status"]) == ("failed", "1", "")


@pytest.mark.parametrize(
    ("said", "receipts", "labels"),
    [
        ("/loopcheck verify", ["+1"], ["loopcheck:failed"]),
        ("/loopcheck waive until 2999-01-01 because of reasons", ["confused"], []),
        ("thanks, ::set-output name=verdict::verified", [], []),
    ],
)
def test_a_comment(shop, said, receipts, labels):
    issue = shop.promise("stop.sh")
    comment = shop.there.add_comment(issue, said, author="ana")
    at = comment.created.strftime("%Y-%m-%dT%H:%M:%SZ")
    told = {"id": comment.id, "user": shop.who("ana"), "body": said, "created_at": at, "updated_at": at}
    event = {"action": "created", "issue": {"number": issue.number}, "comment": told, "sender": shop.who("ana")}
    step = shop.at("issue_comment", event)
    assert step.exit_code == 0
    assert [one.content for one in comment.reactions] == receipts
    assert issue.labels[1:] == labels
    assert set(names(step.log)) <= {"warning", "error"}


@pytest.mark.parametrize(
    ("changes", "exit_code", "status"),
    [({"README.md": "# Shop\n"}, 0, "success"), ({"run.sh": None}, 1, "failure")],
    ids=["it touches nothing", "it removes the proof"],
)
def test_a_pull_request(shop, changes, exit_code, status):
    head, event = shop.pull_request(changes)
    step = shop.at("pull_request", event)
    assert (step.exit_code, step.outputs["status"]) == (exit_code, status)
    assert step.outputs["effects"] == "1"
    assert [(run.sha, run.conclusion) for run in shop.there.check_runs] == [(head, status)]
    assert "loopcheck:" in step.summary


@pytest.mark.parametrize(
    ("inconclusive", "exit_code", "status"), [("block", 3, "action_required"), ("pass", 0, "neutral")]
)
def test_a_pull_request_of_which_not_everything_can_be_seen(shop, inconclusive, exit_code, status):
    _, event = shop.pull_request({"README.md": "# Shop\n"})
    shop.github.fault("POST /graphql", "403-permission", times=None)
    step = shop.at("pull_request", event, inconclusive=inconclusive, fail_on="inconclusive")
    assert (step.exit_code, step.outputs["status"], step.outputs["verdict"]) == (exit_code, status, "inconclusive")
    assert [run.conclusion for run in shop.there.check_runs] == [status]


def test_the_page_names_every_input_and_output():
    about = yaml.load((ROOT / "action.yml").read_text(), "action.yml").text_value
    page = (ROOT / "docs/action.md").read_text()
    assert [name for name in [*about["inputs"], *about["outputs"]] if f"`{name}`" not in page] == []
