"""Who may import whom (`[tool.importlinter]` in pyproject.toml), and that each of the contracts can be broken."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
}
PUBLIC = {
    "binding", "checker", "documents", "model", "paths", "patterns", "quantities", "reasons", "replay", "sketch", "testing", "world",
}  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The two packages and their contracts, to be spoilt."""
    folder = tmp_path_factory.mktemp("copy")
    leave = shutil.ignore_patterns("__pycache__", "tests", "*.md")
    shutil.copytree(ROOT / "src/loopcheck", folder / "loopcheck", ignore=leave)
    shutil.copytree(ROOT / "checks/loopcheck_checks", folder / "loopcheck_checks", ignore=leave)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder):
    """What import-linter says of the packages in `folder`: the names of the broken contracts, and all of it."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--cache-dir", folder / ".read"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert "Contracts:" in said, said
    broken = [line.partition(" BROKEN")[0] for line in said.splitlines() if " BROKEN" in line]
    assert bool(broken) == (done.returncode != 0), said
    return broken, said


def test_the_contracts_are_kept(copy):
    broken, said = lint(copy)
    assert not broken, said


@pytest.mark.volume
@pytest.mark.parametrize(
    ("contract", "path", "line"),
    [
        ("layers", "loopcheck/model.py", "import loopcheck.engine"),
        ("layers", "loopcheck/sources/__init__.py", "from loopcheck import engine"),
        ("layers", "loopcheck/a_module_without_a_place.py", ""),
        ("no-checker-in-the-core", "loopcheck/engine.py", "import loopcheck_checks.repo_file"),
        ("no-checker-in-the-core", "loopcheck/world/__init__.py", "import datadog_api_client"),
        ("public-face", "loopcheck_checks/repo_file/judge.py", "from loopcheck.engine import verdict_of"),
        ("public-face", "loopcheck_checks/systems/__init__.py", "import loopcheck.config"),
        ("independent-checkers", "loopcheck_checks/repo_file/judge.py", "import loopcheck_checks.repo_text"),
        ("independent-checkers", "loopcheck_checks/systems/__init__.py", "import loopcheck_checks.repo_text"),
        ("reports-know-the-report", "loopcheck/reports/json.py", "from loopcheck.checker import Manifest"),
    ],
)
def test_each_contract_can_be_broken(copy, contract, path, line):
    place = copy / path
    before = place.read_text("utf-8") if place.exists() else None
    place.write_text((before or "") + f"\n{line}\n", "utf-8")
    try:
        broken, said = lint(copy)
    finally:
        if before is None:
            place.unlink()
        else:
            place.write_text(before, "utf-8")
    assert CONTRACTS[contract]["name"] in broken, said


def test_every_contract_is_shown_to_break():
    shown = {
        row[0]
        for mark in test_each_contract_can_be_broken.pytestmark
        if mark.name == "parametrize"
        for row in mark.args[1]
    }
    assert shown == set(CONTRACTS)


def test_every_module_is_either_public_or_forbidden_to_checkers():
    modules = {
        path.stem
        for path in (ROOT / "src/loopcheck").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    forbidden = {name.removeprefix("loopcheck.") for name in CONTRACTS["public-face"]["forbidden_modules"]}
    assert forbidden == modules - {"__init__"} - PUBLIC
    assert modules >= PUBLIC
