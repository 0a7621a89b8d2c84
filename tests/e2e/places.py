"""A repository whose workflows `act` runs, and the systems that they ask: GitHub and Datadog, on this machine."""

import json
import re
import subprocess

import urllib3
from standins.datadog import DatadogStandIn
from standins.github import GitHubStandIn
from standins.github.git import Commit

from loopcheck.documents import yaml
from loopcheck.testing import RepositoryBuilder

KEYS = {"DD_API_KEY": "good-api-key", "DD_APP_KEY": "good-app-key"}
OUTPUTS = """
      - name: Read the outputs
        if: always()
        env:
          OUTPUTS: ${{ toJSON(steps.loopcheck.outputs) }}
        run: echo "outputs are $(echo "$OUTPUTS" | tr -d '\\n')"
"""


class Place:
    """A repository on GitHub with the example workflows in it.

    Args:
        folder: where its checkout is made.
        published: the action as a runner would fetch it.
        base: the image that stands for a runner's machine.

    Attributes:
        repository: the checkout.
        github: where its issues are; the token that runs get has the permissions of the job that runs, and no more.
        read_only: whether the token may only read, as in a run for a fork.
        log, outputs: of the last run.
    """

    def __init__(self, folder, published, base):
        self.folder, self.published, self.base = folder, published, base
        self.repository = RepositoryBuilder(folder / "shop")
        self.github = GitHubStandIn(permissions={})
        self.datadog = DatadogStandIn()
        self.read_only = False

    def __enter__(self):
        self.github.__enter__()
        self.datadog.__enter__()
        return self

    def __exit__(self, *error):
        self.datadog.__exit__(*error)
        self.github.__exit__(*error)

    def publish(self, files, **more):
        """Commit files and the example workflows, push `main`, and return the commit's id."""
        workflows = {
            f".github/workflows/loopcheck-{name}.yml": self.workflow(name).encode()
            for name in ("sweep", "issues", "pull-request", "verify")
        }
        made = self.repository.commit({**workflows, **files}, **more)
        self.push()
        return made

    def workflow(self, name):
        """An example as this machine can run it, with a step that shows the outputs."""
        text = (self.published / f"examples/workflows/{name}.yml").read_text()
        text = text.replace("      queue: max\n", "")  # GitHub knows it since May 2026, act 0.2.89 does not
        return text + OUTPUTS

    def push(self, branch="main"):
        """Give GitHub everything that the checkout has."""
        store, git = self.github.repository.git, self.repository.git
        for line in git("cat-file", "--batch-check", "--batch-all-objects").splitlines():
            sha, kind, _ = line.split()
            raw = subprocess.run(
                ["git", "-C", self.repository.folder, "cat-file", kind, sha], capture_output=True, check=True
            ).stdout
            {"blob": self._blob, "tree": self._tree, "commit": self._commit}[kind](store, sha, raw)
        store.refs[f"refs/heads/{branch}"] = git("rev-parse", branch)

    @staticmethod
    def _blob(store, sha, raw):
        store.blobs[sha] = raw

    @staticmethod
    def _tree(store, sha, raw):
        entries = {}
        while raw:
            head, _, rest = raw.partition(b"\0")
            mode, _, name = head.decode().partition(" ")
            entries[name] = (mode.zfill(6), "tree" if mode == "40000" else "blob", rest[:20].hex())
            raw = rest[20:]
        store.trees[sha] = entries

    def _commit(self, store, sha, raw):
        head, _, message = raw.decode().partition("\n\n")
        (tree,) = re.findall(r"^tree (\w+)$", head, re.MULTILINE)
        parents = re.findall(r"^parent (\w+)$", head, re.MULTILINE)
        store.commits[sha] = Commit(sha, tree, parents, message, "dev", self.github.now)

    def ask(self, path):
        """What GitHub answers, for payloads: an event shows an issue as the API does."""
        self.github.add_token("the-test", self.github.account("github-actions[bot]"), dict.fromkeys(_SHOWN, "read"))
        answer = urllib3.request(
            "GET", f"{self.github.url}/repos/acme/shop{path}", headers={"Authorization": "token the-test"}
        )
        return json.loads(answer.data)

    def payload(self, action=None, *, by="ana", issue=None, comment=None, pull=None, **more):
        """A payload as GitHub sends it: the objects in full, and who did it."""
        made = {"repository": self.ask(""), "sender": _person(self.github.account(by)), **more}
        if action:
            made["action"] = action
        if issue is not None:
            made["issue"] = self.ask(f"/issues/{issue.number}")
        if comment is not None:
            made["comment"] = self.ask(f"/issues/comments/{comment.id}")
        if pull is not None:
            made["number"] = pull.number
            made["pull_request"] = self.ask(f"/pulls/{pull.number}")
        return made

    def run(self, event, workflow, payload, *, inputs=None, instead=None):
        """Run a workflow at an event, and return the exit code.

        Args:
            event: its name.
            workflow: which example.
            payload: of the event.
            inputs: further ones of the action.
            instead: texts of the workflow, each with what stands in its place.
        """
        text = self.workflow(workflow)
        for old, new in (instead or {}).items():
            assert old in text
            text = text.replace(old, new)
        if inputs:
            given = "".join(f"          {name}: {json.dumps(value)}\n" for name, value in inputs.items())
            text = text.replace(
                "        env:\n          GITHUB_TOKEN", f"        with:\n{given}        env:\n          GITHUB_TOKEN", 1
            )
        (self.repository.folder / f".github/workflows/loopcheck-{workflow}.yml").write_text(text)
        may = permissions_of(text)
        self.github.tokens[self.github.token].permissions = dict.fromkeys(may, "read") if self.read_only else may
        self.github.requests.clear()
        self.datadog.requests.clear()
        (self.folder / "event.json").write_text(json.dumps(payload))
        (used,) = set(re.findall(r"uses: (\S+/loopcheck@\S+)", text))
        _clear()
        given = {
            **{name: value for name, value in self.github.environment.items() if name != "GITHUB_TOKEN"},
            "LOOPCHECK_DATADOG_URL": self.datadog.url,
        }
        done = subprocess.run(
            [
                *("act", event, "--rm", "-e", self.folder / "event.json", "-P", f"ubuntu-latest={self.base}"),
                *("-W", f".github/workflows/loopcheck-{workflow}.yml", "--pull=false"),
                # Both would listen beyond this machine.
                *("--no-cache-server", "--container-daemon-socket", "-"),
                *("--local-repository", f"{used}={self.published}", "-s", f"GITHUB_TOKEN={self.github.token}"),
                *(word for name, value in KEYS.items() for word in ("-s", f"{name}={value}")),
                *(word for name, value in given.items() for word in ("--env", f"{name}={value}")),
            ],
            cwd=self.repository.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        self.log = done.stdout + done.stderr
        print(self.log)  # noqa: T201 - for whoever reads a failure
        shown = re.search(r"outputs are (\{.*\})", self.log)
        self.outputs = json.loads(shown[1]) if shown else None
        return done.returncode

    @property
    def refused(self):
        """The requests of the last run that GitHub refused: none, if the job's permissions are enough."""
        return [f"{call.answered} {call.method} {call.path}" for call in self.github.requests if call.answered == 403]


def _clear():
    """Take away what a run that was killed has left: `act` gives its containers the same names again."""
    for what, gone in (("ps --all", "rm --depend --time 0 --force"), ("volume ls", "volume rm --force")):
        named = _podman(f"{what} --quiet --filter name=^act-loopcheck")
        if named:
            _podman(gone, *named)


def _podman(command, *more):
    done = subprocess.run(["podman", *command.split(), *more], capture_output=True, text=True, check=True)
    return done.stdout.split()


_SHOWN = ("issues", "pull_requests", "contents", "metadata")


def permissions_of(workflow):
    """What the token of the workflow's only job may do, by GitHub's names for the API."""
    (job,) = yaml.load(workflow, "workflow").text_value["jobs"].values()
    return {name.replace("-", "_"): level for name, level in job["permissions"].items()}


def _person(account):
    return {"login": account.login, "id": account.id, "type": account.kind}
