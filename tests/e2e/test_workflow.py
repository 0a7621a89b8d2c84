"""The workflow that only reads, run by `act` in a repository that has copied it, where no GitHub can be reached."""

import json
import re
import subprocess

import pytest

from loopcheck.testing import RepositoryBuilder

ITEM = """\
### Write it down

```loopcheck
owner: "@alice"
verify:
  - repo-file: {{path: {path}}}
```
"""

PAYLOAD = {
    "schedule": "23 5 * * *",
    "ref": "refs/heads/main",
    "repository": {"id": 1, "full_name": "acme/shop", "default_branch": "main"},
    "sender": {"id": 2, "login": "ana", "type": "User"},
}
NEXT_STEP = """
      - name: Read the outputs
        if: always()
        env:
          VERDICT: ${{ steps.loopcheck.outputs.verdict }}
          COUNTS: ${{ steps.loopcheck.outputs.verified }} ${{ steps.loopcheck.outputs.failed }}
          REPORT: ${{ steps.loopcheck.outputs.report }}
        run: |
          echo "verdict is $VERDICT, counts are $COUNTS"
          grep -m 1 '"verdict"' "$REPORT"
"""


class Shop:
    """A repository with the workflow in it."""

    def __init__(self, folder, published, base):
        self.repository = RepositoryBuilder(folder / "shop")
        self.published, self.base = published, base

    def declare(self, path):
        shown = (self.published / "examples/workflows/verify.yml").read_text()
        self.repository.commit(
            {
                ".github/workflows/loopcheck.yml": (shown + NEXT_STEP).encode(),
                "postmortems/lag.md": ITEM.format(path=path),
                "README.md": "# Shop\n",
            }
        )
        (used,) = set(re.findall(r"uses: (\S+/loopcheck@\S+)", shown))
        return used

    def act(self, event, path):
        used = self.declare(path)
        payload = self.repository.folder.parent / "event.json"
        payload.write_text(json.dumps(PAYLOAD))
        done = subprocess.run(
            [
                *("act", event, "--rm", "-e", payload, "-P", f"ubuntu-latest={self.base}", "--pull=false"),
                # Both would listen beyond this machine.
                *("--no-cache-server", "--container-daemon-socket", "-"),
                *("--local-repository", f"{used}={self.published}", "--env", "GITHUB_REPOSITORY=acme/shop"),
                *("-s", "DD_API_KEY=canary-of-a-key", "-s", "DD_APP_KEY=canary-of-another"),
            ],
            cwd=self.repository.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        self.log = done.stdout + done.stderr
        print(self.log)  # noqa: T201 - for whoever reads a failure
        return done.returncode


@pytest.fixture
def shop(tmp_path, published, base):
    return Shop(tmp_path, published, base)


@pytest.mark.parametrize("event", ["schedule", "workflow_dispatch", "push"])
def test_a_run_in_which_everything_holds(shop, event):
    assert shop.act(event, "README.md") == 0
    assert "verdict is verified, counts are 1 0" in shop.log
    assert '"verdict": "verified"' in shop.log
    assert "loopcheck: verified" in shop.log  # act prints the summary
    assert "::error" not in shop.log
    assert "canary" not in shop.log


def test_a_run_in_which_something_failed(shop):
    assert shop.act("schedule", "gone.md") == 1
    assert "verdict is failed, counts are 0 1" in shop.log
    assert "loopcheck: failed" in shop.log
    assert "::error file=postmortems/lag.md,line=6,col=5,title=FAILED%3A Write it down::" in shop.log
