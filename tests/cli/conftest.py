"""The command line, run in this process as the shell would, and a repository to run it in.

Whatever a test prints is read as GitHub's runner would read it, and every report is held to its schema.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from declared_items import declared  # noqa: E402

from loopcheck import cli, engine, schemas  # noqa: E402
from loopcheck.reports import json as json_report  # noqa: E402
from loopcheck.testing import RepositoryBuilder  # noqa: E402
from loopcheck.testing.runner_log import suspects  # noqa: E402

SCHEMA = jsonschema.Draft202012Validator(schemas.report())


class Done(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def every_report_keeps_its_schema(monkeypatch):
    run = engine.run

    def checked(*arguments, **named):
        report = run(*arguments, **named)
        SCHEMA.validate(json.loads(json_report.render(report)))
        return report

    monkeypatch.setattr(engine, "run", checked)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "DD_API_KEY", "DD_APP_KEY", "DD_SITE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with one item that is done, in the current folder."""
    built = RepositoryBuilder(tmp_path / "repository")
    built.commit({"postmortems/lost.md": declared(), "run.sh": "echo 1\n"})
    monkeypatch.chdir(built.folder)
    return built


@pytest.fixture
def loopcheck(capsys):
    """Runs a command line in this process."""

    def run(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main([str(one) for one in arguments])
        out, err = capsys.readouterr()
        if "github" not in arguments:
            assert suspects(out) == []
        assert suspects(err) == []
        return Done(left.value.code, out, err)

    return run


@pytest.fixture
def process():
    """Runs a command line in a process of its own, isolated as the documentation says."""

    def run(*arguments, cwd=None, **environment):
        done = subprocess.run(
            [sys.executable, "-I", "-m", "loopcheck", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run
