"""The image, built once, for tests that need a container engine. Run by .ci/e2e; not collected without it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loopcheck.documents import yaml

ROOT = Path(__file__).parent.parent.parent
# For `places`, and for what the tests of effects share: `telling`, `seen`.
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("e2e", "effects")]
BASE = os.environ.get("LOOPCHECK_E2E_BASE")
IMAGE = "localhost/loopcheck"

if BASE is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def base():
    """The image that stands for the base of the Dockerfile, and for a runner's machine."""
    return BASE


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """The repository of the action as a runner would fetch it, on the base image that this machine has."""
    folder = tmp_path_factory.mktemp("published") / "loopcheck"
    folder.mkdir()
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    dockerfile = folder / "Dockerfile"
    text, replaced = re.subn(r"(?m)^FROM python:\S+ AS base$", f"FROM {BASE} AS base", dockerfile.read_text())
    assert replaced == 1
    dockerfile.write_text(text)
    return folder


@pytest.fixture(scope="session")
def image(published):
    """The name of the image."""
    built = subprocess.run(
        ["podman", "build", "--quiet", "--tag", IMAGE, published], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr[-3000:]
    return IMAGE


@pytest.fixture(scope="session")
def action():
    """action.yml, as plain data."""
    return yaml.load((ROOT / "action.yml").read_text(), "action.yml").text_value


@pytest.fixture
def place(tmp_path, published, base):
    """A repository with the example workflows, and the systems that they ask."""
    from places import Place

    with Place(tmp_path, published, base) as made:
        yield made
