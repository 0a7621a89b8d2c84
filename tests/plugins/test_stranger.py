"""A checker that somebody else wrote with nothing but checks/README.md, installed beside loopcheck."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from loopcheck.documents import markdown
from loopcheck.testing import RepositoryBuilder

pytestmark = pytest.mark.volume
ROOT = Path(__file__).parents[2]
STRANGER = Path(__file__).parent / "stranger"
GUIDE = ROOT / "checks/README.md"

POST_MORTEM = """
# Failover took an hour

## Let resolvers forget the shop quickly

```loopcheck
owner: "@alice"
verify:
  - dns-record: {path: dns/zone, name: shop, ttl-at-most: 5m}
```
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the stranger's distribution as an installer leaves it: built by its own build backend."""
    folder = tmp_path_factory.mktemp("site")
    wheels = tmp_path_factory.mktemp("wheels")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)],
        cwd=STRANGER, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(*arguments, installed, cwd):
    return subprocess.run(
        [sys.executable, "-P", "-m", *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(installed), "NO_COLOR": "1", "COLUMNS": "120", "PYTEST_ADDOPTS": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_it_is_found_and_explained(installed, tmp_path):
    listed = run("loopcheck", "explain", installed=installed, cwd=tmp_path)
    assert "dns-record" in listed.stdout, listed.stderr
    page = run("loopcheck", "explain", "dns-record", installed=installed, cwd=tmp_path)
    assert page.returncode == 0, page.stderr
    for word in ("loopcheck-zone 1.2.0", "ttl-at-most", "short-lived", "lives-too-long", "Lower the TTL."):
        assert word in page.stdout
    schema = run("loopcheck", "schema", installed=installed, cwd=tmp_path)
    assert "dns-record" in schema.stdout, schema.stderr


@pytest.mark.parametrize(
    ("zone", "code", "said"),
    [
        ("shop 300 IN A 192.0.2.7\n", 0, "1 verified"),
        ("shop 3600 IN A 192.0.2.7\n", 1, "its TTL is 3600 s, not 5m"),
        ("shop IN A 192.0.2.7\n", 3, "zone-ttl"),
    ],
)
def test_it_is_used(installed, tmp_path, zone, code, said):
    RepositoryBuilder(tmp_path).commit({"postmortems/failover.md": POST_MORTEM, "dns/zone": zone})
    done = run("loopcheck", "verify", installed=installed, cwd=tmp_path)
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout


def test_without_it_the_item_is_inconclusive(tmp_path):
    RepositoryBuilder(tmp_path).commit(
        {"postmortems/failover.md": POST_MORTEM, "dns/zone": "shop 300 IN A 192.0.2.7\n"}
    )
    done = run("loopcheck", "verify", installed="", cwd=tmp_path)
    assert done.returncode == 3
    assert "unknown-kind" in done.stdout


def test_its_own_tests_hold_it_to_the_contract(installed):
    done = run("pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(STRANGER), str(STRANGER / "tests"), installed=installed, cwd=STRANGER)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_guide_shows_the_stranger_as_it_is():
    """`LOOPCHECK_UPDATE=1` writes the stranger's files into the guide."""
    text = GUIDE.read_text("utf-8")
    shown = 0
    for token in markdown.tokens(text):
        if token.type == "fence" and " file=" in f" {token.info}":
            path = token.info.split("file=")[1].split()[0]
            real = (STRANGER / path).read_text("utf-8")
            shown += 1
            if os.environ.get("LOOPCHECK_UPDATE"):
                text = text.replace(
                    f"{token.info}\n{token.content}{token.markup}", f"{token.info}\n{real}{token.markup}"
                )
                continue
            assert token.content == real, path
    if os.environ.get("LOOPCHECK_UPDATE"):
        GUIDE.write_text(text, "utf-8")
    assert shown >= 3
