"""The image, run with the mounts, the environment and the command line that GitHub's runner gives it."""

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from loopcheck.testing import RepositoryBuilder, booby_traps, runner_log

ITEM = """\
### Write it down

```loopcheck
owner: "@alice"
verify:
  - repo-file: {{path: {path}}}
```
"""
RUNNER = 1001
"""The user of GitHub's machines, who owns the checkout."""


class Step:
    """A workspace, and a container that looks at it."""

    def __init__(self, folder, image, action):
        self.workspace, self.files = folder / "workspace", folder / "files"
        self.repository = RepositoryBuilder(self.workspace)
        self.files.mkdir()
        self.image, self.action = image, action

    def declare(self, path="a"):
        self.repository.commit({"postmortems/lag.md": ITEM.format(path=path), "a": "a\n"})

    def owned_by(self, user):
        for path in [self.workspace, *self.workspace.rglob("*")]:
            os.chown(path, user, user, follow_symlinks=False)

    def run(self, *mounts, **inputs):
        for name in ("outputs", "summary"):
            (self.files / name).touch(0o600)
        given = {name: about.get("default", "") for name, about in self.action["inputs"].items()}
        given |= {"issues": "false"} | inputs  # there is no GitHub here; test_events has one
        runs = self.action["runs"]
        done = subprocess.run(
            [
                *("podman", "run", "--rm", "--workdir", "/github/workspace", "--entrypoint", runs["entrypoint"]),
                *(word for name, value in given.items() for word in ("-e", f"INPUT_{name.upper()}={value}")),
                *("-e", "GITHUB_WORKSPACE=/github/workspace", "-e", "GITHUB_ACTIONS=true", "-e", "CI=true"),
                *("-e", "GITHUB_OUTPUT=/github/file_commands/outputs", "-e", "HOME=/github/home"),
                *("-e", "GITHUB_STEP_SUMMARY=/github/file_commands/summary", "-e", "PYTHONPATH=/github/workspace"),
                *("-v", f"{self.workspace}:/github/workspace", "-v", f"{self.files}:/github/file_commands"),
                *(word for folder in mounts for word in ("-v", f"{folder}:{folder}")),
                *(self.image, *runs["args"]),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        print(done.stdout + done.stderr)  # noqa: T201 - for whoever reads a failure
        self.log = done.stdout + done.stderr
        self.outputs = runner_log.outputs((self.files / "outputs").read_text())
        return done.returncode


@pytest.fixture
def step(tmp_path, image, action):
    return Step(tmp_path, image, action)


def test_a_verified_item(step):
    step.declare()
    assert step.run() == 0
    assert step.outputs["verdict"] == "verified"
    assert runner_log.names(step.log) == []
    assert "loopcheck: verified" in (step.files / "summary").read_text()


def test_a_failed_item_ends_with_1(step):
    step.declare("gone.md")
    assert step.run() == 1
    assert step.outputs["verdict"] == "failed"
    assert runner_log.names(step.log) == ["error"]
    assert step.run(**{"fail-on": "never"}) == 0


def test_the_outputs_are_those_of_action_yml(step, action):
    step.declare()
    step.run()
    assert set(step.outputs) == set(action["outputs"])


def test_a_checkout_of_another_user_is_read_and_the_work_is_done_as_that_user(step):
    step.declare()
    step.owned_by(RUNNER)
    assert step.run() == 0
    report = step.workspace / step.outputs["report"]
    assert report.stat().st_uid == RUNNER
    assert report.stat().st_gid != RUNNER
    assert stat.S_IMODE(report.stat().st_mode) == 0o644
    assert json.loads(report.read_text())["verdict"] == "verified"


@pytest.mark.parametrize("owner", [0, RUNNER])
def test_nothing_of_the_checkout_is_run(step, tmp_path, owner):
    sprung = tmp_path / "sprung"
    sprung.mkdir(mode=0o777)
    sprung.chmod(0o777)
    booby_traps.in_files(step.workspace, sprung)
    step.declare()
    booby_traps.in_settings(step.workspace, sprung)
    with (step.workspace / ".git/config").open("a") as config:  # the container's path of the same traps
        config.write((step.workspace / ".git/config").read_text().replace(str(step.workspace), "/github/workspace"))
    (step.workspace / "a").write_text("b\n")  # a change that git would put through the filter, were it asked
    step.owned_by(owner)
    assert step.run(sprung) == 0
    assert step.outputs["verdict"] == "verified"
    assert list(sprung.iterdir()) == []


def test_the_command_line_runs_nothing_of_the_checkout_either(step, tmp_path, image):
    sprung = tmp_path / "sprung"
    sprung.mkdir()
    booby_traps.in_files(step.workspace, sprung)
    step.declare()
    done = subprocess.run(
        [
            *(
                "podman",
                "run",
                "--rm",
                "--workdir",
                "/repo",
                "-e",
                "PYTHONPATH=/repo",
            ),
            *("-v", f"{step.workspace}:/repo:ro", "-v", f"{sprung}:{sprung}", image, "verify"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 verified" in done.stdout
    assert list(sprung.iterdir()) == []


def test_the_command_line_needs_no_root_and_no_writable_file(step, image):
    step.declare()
    step.owned_by(RUNNER)
    done = subprocess.run(
        [
            "podman",
            "run",
            "--rm",
            "--read-only",
            "--user",
            f"{RUNNER}",
            "-v",
            f"{step.workspace}:/repo:ro",
            image,
            "verify",
            "--repo",
            "/repo",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 verified" in done.stdout


def test_a_shallow_checkout_is_inconclusive_and_says_what_mends_it(step, tmp_path):
    step.repository.commit(
        {
            "runbooks/lag.md": "# Lag\n\n## Replica is lagging\n\n1. Run `select 1`.\n",
            "postmortems/lag.md": """\
                ---
                incident: {id: INC-1, started: 2026-11-01T10:00:00Z}
                ---
                ### Say what to do

                ```loopcheck
                owner: "@alice"
                verify:
                  - runbook: {path: runbooks/lag.md, section: Replica is lagging}
                ```
                """,
        },
        at="2026-10-01T10:00:00Z",
    )
    step.repository.commit({"a": "a\n"}, at="2026-11-10T10:00:00Z")
    whole = tmp_path / "whole"
    shutil.move(step.workspace, whole)
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{whole}", step.workspace], check=True)
    assert step.run() == 0
    assert step.outputs["verdict"] == "inconclusive"
    assert "fetch-depth: 0" in step.log


MONITORS = json.dumps([{"id": 7, "name": "Lag", "type": "metric alert", "query": "avg(last_5m):avg:a{*} > 1"}])


class Datadog(BaseHTTPRequestHandler):
    """One monitor, whatever is asked."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(MONITORS)))
        self.end_headers()
        self.wfile.write(MONITORS.encode())

    def log_message(self, *_):
        pass


LIST_MONITORS = """
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v1.api.monitors_api import MonitorsApi
settings = Configuration(host="ADDRESS", api_key={"apiKeyAuth": "a", "appKeyAuth": "b"})
settings.preload_content = False  # as loopcheck asks; what would make objects of an answer is left out
with ApiClient(settings) as client:
    print(len(MonitorsApi(client).list_monitors().data))
"""


def test_what_is_left_of_datadogs_client_works(image):
    with HTTPServer(("127.0.0.1", 0), Datadog) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = subprocess.run(
            [
                *(
                    "podman",
                    "run",
                    "--rm",
                    "--network",
                    "host",
                    "--entrypoint",
                    "/opt/loopcheck/bin/python",
                    image,
                    "-I",
                    "-c",
                ),
                LIST_MONITORS.replace("ADDRESS", f"http://127.0.0.1:{server.server_port}"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        server.shutdown()
    assert done.stdout.split() == [str(len(MONITORS))], done.stderr


IMPORT_ALL = """
import importlib, pkgutil, re
import loopcheck, loopcheck_checks
parts = set()
for package in (loopcheck, loopcheck_checks):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.startswith("loopcheck.testing") and not module.name.endswith("__main__"):
            source = importlib.import_module(module.name).__spec__.loader.get_source(module.name)
            parts |= set(re.findall(r'"(v[12][.]api[.][a-z_]+)[.](\\w+)"', source))
for module, name in parts:
    getattr(importlib.import_module("datadog_api_client." + module), name)
print("all", len(parts) > 0)
"""


def test_every_module_finds_what_it_imports(image):
    done = subprocess.run(
        ["podman", "run", "--rm", "--entrypoint", "/opt/loopcheck/bin/python", image, "-I", "-c", IMPORT_ALL],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "all True\n", done.stderr


def test_the_image_is_slim_and_compiled(image):
    looked = subprocess.run(
        ["podman", "image", "inspect", image, "--format", "{{.Size}}"], capture_output=True, text=True, check=True
    )
    assert int(looked.stdout) < 400_000_000
    count = "find /opt/loopcheck/lib -name '*.py' | wc -l; find /opt/loopcheck/lib -name '*.pyc' | wc -l"
    looked = subprocess.run(
        ["podman", "run", "--rm", "--entrypoint", "sh", image, "-c", count], capture_output=True, text=True, check=True
    )
    sources, compiled = map(int, looked.stdout.split())
    assert sources == compiled < 2500


def test_the_demo_gets_the_same_verdicts_in_the_container_as_outside(step, tmp_path):
    shutil.rmtree(step.workspace)
    isolated = [sys.executable, "-I", "-m", "loopcheck"]
    subprocess.run([*isolated, "demo", step.workspace], capture_output=True, check=False)
    outside = tmp_path / "outside.json"
    subprocess.run(
        [*isolated, "verify", "--repo", step.workspace, "--format", "json", "--output", outside], check=False
    )
    step.run()
    inside = json.loads((step.workspace / step.outputs["report"]).read_text())
    assert verdicts(inside) == verdicts(json.loads(outside.read_text())) != {}


def verdicts(report):
    return {
        (item["id"], artifact["kind"], claim["claim"]): claim["outcome"]
        for item in report["items"]
        for artifact in item["artifacts"]
        for claim in artifact["claims"]
    }
