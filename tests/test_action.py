"""The action's program, run as the container runs it, in a workspace as the runner lays it out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from loopcheck.action import Inputs
from loopcheck.documents import yaml
from loopcheck.testing import RepositoryBuilder, booby_traps, runner_log
from loopcheck.testing.runner_log import names

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


class Step:
    """One step of a workflow: a workspace with a checkout, and what the action made of it."""

    def __init__(self, folder):
        self.workspace = folder / "workspace"
        self.repository = RepositoryBuilder(self.workspace)
        self.files = folder / "files"
        self.files.mkdir()

    def run(self, *, home=None, **inputs):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home or self.files),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(self.files / "outputs"),
            "GITHUB_STEP_SUMMARY": str(self.files / "summary"),
            "INPUT_PATH": ".",
            "INPUT_FAIL-ON": "failed",
            "INPUT_TIME-LIMIT": "",
            "INPUT_ISSUES": "false",
            **{f"INPUT_{name.upper().replace('_', '-')}": value for name, value in inputs.items()},
        }
        done = subprocess.run(
            [sys.executable, "-I", "-m", "loopcheck.action"],
            cwd=self.workspace,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        self.log = done.stdout
        sys.stdout.write(self.log)  # for whoever reads a failure
        self.exit_code = done.returncode
        return self

    @property
    def outputs(self):
        return runner_log.outputs((self.files / "outputs").read_text())

    @property
    def summary(self):
        return (self.files / "summary").read_text("utf-8")


@pytest.fixture
def step(tmp_path):
    return Step(tmp_path)


def test_a_verified_item(step):
    step.repository.commit({"postmortems/lag.md": item("README.md"), "README.md": "# Shop\n"})
    assert step.run().exit_code == 0
    assert step.outputs == {
        "verdict": "verified",
        "verified": "1",
        "inconclusive": "0",
        "failed": "0",
        "unreadable": "0",
        "effects": "0",
        "left": "0",
        "status": "",
        "report": "loopcheck-report.json",
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


def test_a_checkout_below_the_workspace(tmp_path):
    step = Step(tmp_path)
    RepositoryBuilder(step.workspace / "shop").commit({"postmortems/lag.md": item("a"), "a": "a\n"})
    assert step.run(path="shop").outputs["verdict"] == "verified"
    assert (step.workspace / "loopcheck-report.json").exists()


def test_annotations_name_paths_below_the_workspace(tmp_path):
    step = Step(tmp_path)
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
        ({"dry_run": "yes"}, "`dry-run` is `yes`"),
        ({"inconclusive": "green"}, "`inconclusive` is `green`"),
        ({"issues": "0"}, "`issues` is `0`"),
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


def test_no_checkout_at_all(tmp_path):
    step = Step(tmp_path)
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


def test_nothing_of_the_checkout_is_run(step, sprung):
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


def test_without_github_the_files_are_looked_at_and_the_issues_are_said_to_be_left(step):
    step.repository.commit({"postmortems/lag.md": item("README.md"), "README.md": "# Shop\n"})
    assert step.run(issues="true").exit_code == 0
    assert (step.outputs["verdict"], step.outputs["effects"]) == ("verified", "0")
    assert "::warning title=loopcheck::issues were neither read nor written: GITHUB_REPOSITORY is not set" in step.log


def test_the_page_names_every_input_and_output():
    root = Path(__file__).parent.parent
    about = yaml.load((root / "action.yml").read_text(), "action.yml").text_value
    page = (root / "docs/action.md").read_text()
    assert [name for name in [*about["inputs"], *about["outputs"]] if f"`{name}`" not in page] == []
