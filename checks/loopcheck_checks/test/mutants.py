"""Tests that look right and are wrong, and some that look odd and are right.

Each is a run with its artifacts at a stand-in for GitHub, asked over HTTP, beside the test's source in git. The
stand-in is in the folder tests/ of a checkout, so these run only there.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.mutants import Mutant, Outcome, edits, outcome_of, replacing
from loopcheck.testing.repository import NOW
from loopcheck_checks.test import NamedTestChecker

PATH = "tests/test_failover.py"
SOURCE = """import pytest


class TestFailover:
    def test_replica_takes_over(self):
        assert True

    @pytest.mark.parametrize("zone", ["a", "b"])
    def test_zone(self, zone):
        assert zone
"""
REPORT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" errors="0" failures="0" skipped="0" tests="3">
<testcase classname="tests.test_failover.TestFailover" name="test_replica_takes_over" time="0.01"></testcase>
<testcase classname="tests.test_failover.TestFailover" name="test_zone[a]" time="0.01" />
<testcase classname="tests.test_failover.TestFailover" name="test_zone[b]" time="0.01" />
</testsuite></testsuites>
"""
_NAME = "test_replica_takes_over"
_CLASS = 'classname="tests.test_failover.TestFailover"'
_CASE = f'name="{_NAME}" time="0.01"></testcase>'
_FAILED = REPORT.replace(_CASE, f'name="{_NAME}"><failure/></testcase>')
_OTHERS = REPORT.replace(_NAME, "test_other")
_BODY = f"    def {_NAME}(self):\n        assert True"
_ZONE_A, _ZONE_B = (f'name="test_zone[{zone}]" time="0.01" />' for zone in "ab")


class ARun(msgspec.Struct, frozen=True):
    """A run, so many days ago, with the files of each of its artifacts."""

    days: float = 1
    conclusion: str | None = "success"
    status: str = "completed"
    event: str = "push"
    branch: str = "main"
    artifacts: Mapping[str, Mapping[str, str | bytes] | bytes] = msgspec.field(
        default_factory=lambda: {"junit": {"report.xml": REPORT}}
    )
    expired: bool = False


class Scene(msgspec.Struct, frozen=True):
    """What is declared, what ran, what is in the repository."""

    expect: str = f"name: {PATH}::TestFailover::{_NAME}\nworkflow: ci.yml\nartifact: junit*\nwithin: 7d\n"
    runs: tuple[ARun, ...] = (ARun(3), ARun())
    source: str | None = SOURCE
    workflow: str = ".github/workflows/ci.yml"


PASSING = Scene()
"""A test that passed yesterday."""
ZONES = msgspec.structs.replace(PASSING, expect=PASSING.expect.replace(_NAME, "test_zone"))
"""One with parameters."""


def _bomb() -> bytes:
    return _zipped({"report.xml": b" " * (40 << 20)})


def mutants() -> Iterator[Mutant[Scene]]:
    """Each must lose its VERIFIED."""
    yield from edits(
        PASSING,
        ("failed", _report(_CASE, f'name="{_NAME}"><failure message="no"/></testcase>')),
        ("ended with an error", _report(_CASE, f'name="{_NAME}"><error message="no"/></testcase>')),
        ("skipped", _report(_CASE, f'name="{_NAME}"><skipped message="later"/></testcase>')),
        ("expected to fail", _report(_CASE, f'name="{_NAME}"><skipped type="pytest.xfail"/></testcase>')),
        ("not run, says an attribute", _report(_CASE, f'name="{_NAME}" status="notrun" result="suppressed"/>')),
        ("flaky", _report(_CASE, f'name="{_NAME}"><flakyFailure message="no"/></testcase>')),
        ("not in the report", _report(_NAME, "test_other")),
        ("a longer name", _report(_NAME, f"{_NAME}_soon")),
        ("of another class", _report("TestFailover", "TestFailback")),
        ("of another module", _report("tests.test_failover", "tests.test_failback")),
        ("in a comment of the report", _report(f"<testcase {_CLASS} {_CASE}", f"<!-- <testcase {_CLASS} {_CASE} -->")),
        ("twice, of which one failed", _also(f'<testcase {_CLASS} name="{_NAME}"><failure/></testcase>')),
        ("failed in another artifact", _run(artifacts={"junit-a": {"r.xml": REPORT}, "junit-b": {"r.xml": _FAILED}})),
        ("another artifact cannot be read", _run(artifacts={"junit-a": {"r.xml": REPORT}, "junit-b": b"no zip"})),
        (
            "another report cannot be read",
            _run(artifacts={"junit": {"r.xml": REPORT, "s.xml": "<testsuite><testcase"}}),
        ),
        ("no artifact", _run(artifacts={})),
        ("an artifact of another name", _run(artifacts={"coverage": {"report.xml": REPORT}})),
        ("an artifact that expired", _run(expired=True)),
        ("an artifact without a report", _run(artifacts={"junit": {"log.txt": REPORT}})),
        (
            "XML of another kind",
            _run(artifacts={"junit": {"coverage.xml": f"<coverage>{REPORT.partition('?>')[2]}</coverage>"}}),
        ),
        (
            "a report with a document type",
            _report("<testsuites>", '<!DOCTYPE testsuites [<!ENTITY a "b">]><testsuites>'),
        ),
        ("an archive that unpacks without end", _run(artifacts={"junit": _bomb()})),
        ("the last run failed before its tests", _run(conclusion="failure", artifacts={})),
        ("the last run failed, without this test", _run(conclusion="failure", artifacts={"junit": {"r.xml": _OTHERS}})),
        ("failed since", _runs(ARun(3), ARun(1, "failure", artifacts={"junit": {"r.xml": _FAILED}}))),
        ("ran too long ago", _runs(ARun(8))),
        ("never ran", _runs()),
        ("ran on another branch", _runs(ARun(branch="topic"))),
        ("ran for a pull request", _runs(ARun(event="pull_request"))),
        ("still running", _runs(ARun(status="in_progress", conclusion=None))),
        ("cancelled", _runs(ARun(conclusion="cancelled"))),
        ("another workflow", _but(workflow=".github/workflows/lint.yml")),
        ("deleted from its file", _source(_NAME, "test_another")),
        ("its file deleted", _but(source=None)),
        ("commented out", _source(_BODY, f"#    def {_NAME}(self):\n#        assert True\n    pass")),
        ("in a string", _source(_BODY, f"    '''\n{_BODY}\n    '''")),
        ("marked to be skipped", _source(f"    def {_NAME}", f"    @pytest.mark.skip\n    def {_NAME}")),
        ("marked to fail", _source(f"    def {_NAME}", f"    @pytest.mark.xfail(reason='x')\n    def {_NAME}")),
        ("its class marked to be skipped", _source("class TestFailover", "@pytest.mark.skip('x')\nclass TestFailover")),
        ("moved to another class", _source("class TestFailover", "class TestFailback")),
        ("a file that is no Python", _source("import pytest", "import pytest (\n'''")),
    )
    yield from edits(
        ZONES,
        ("one set of parameters failed", _report(_ZONE_B, 'name="test_zone[b]"><failure/></testcase>')),
        ("one set of parameters skipped", _report(_ZONE_B, 'name="test_zone[b]"><skipped/></testcase>')),
    )
    yield Mutant("a bare name in two classes", _also('<testcase classname="x.Y" name="test_zone"/>')(_bare(PASSING)))


def harmless() -> Iterator[Mutant[Scene]]:
    """Each must stay VERIFIED."""
    yield from edits(
        PASSING,
        ("another test failed", _report(_ZONE_A, 'name="test_zone[a]"><failure/></testcase>')),
        ("the run failed, the test passed", _run(conclusion="failure")),
        ("a newer run cancelled", _runs(ARun(3), ARun(1, "cancelled", artifacts={}))),
        ("a newer run in progress", _runs(ARun(3), ARun(0.1, None, status="in_progress", artifacts={}))),
        ("a newer failure on another branch", _runs(ARun(3), ARun(1, "failure", branch="topic", artifacts={}))),
        ("an older failure", _runs(ARun(3, "failure", artifacts={}), ARun())),
        ("by class and name", _but(expect=f"name: tests.test_failover.TestFailover.{_NAME}\nworkflow: ci.yml\n")),
        ("by class#name", _but(expect=f"name: tests.test_failover.TestFailover#{_NAME}\nworkflow: ci.yml\n")),
        ("by its bare name", _bare),
        ("with its file", _but(expect=f"name: {_NAME}\nworkflow: ci.yml\npath: {PATH}\n")),
        ("in two artifacts", _run(artifacts={"junit-a": {"r.xml": REPORT}, "junit-b": {"r.xml": REPORT}})),
        (
            "beside other XML",
            _run(artifacts={"junit": {"r.xml": REPORT, "coverage.xml": "<coverage/>", "log.txt": "x"}}),
        ),
        (
            "without testsuites",
            _run(artifacts={"junit": {"r.xml": REPORT.replace("<testsuites>", "").replace("</testsuites>", "")}}),
        ),
        ("with output in the report", _report(_CASE, f'name="{_NAME}"><system-out>x</system-out></testcase>')),
        (
            "skipped on some systems",
            _source(f"    def {_NAME}", f"    @pytest.mark.skipif(WINDOWS, reason='x')\n    def {_NAME}"),
        ),
    )
    yield Mutant("with parameters, all passed", ZONES)


def _but(**changes: Any) -> Callable[[Scene], Scene]:
    return lambda it: msgspec.structs.replace(it, **changes)


def _bare(it: Scene) -> Scene:
    return msgspec.structs.replace(it, expect="name: test_zone\nworkflow: ci.yml\n")


def _runs(*runs: ARun) -> Callable[[Scene], Scene]:
    return _but(runs=runs)


def _run(**changes: Any) -> Callable[[Scene], Scene]:
    """The same with the last run changed."""
    return lambda it: msgspec.structs.replace(it, runs=(it.runs[0], msgspec.structs.replace(it.runs[1], **changes)))


def _report(old: str, new: str) -> Callable[[Scene], Scene]:
    return _run(artifacts={"junit": {"report.xml": replacing(old, new)(REPORT)}})


def _also(case: str) -> Callable[[Scene], Scene]:
    return _report("</testsuite>", f"{case}</testsuite>")


def _source(old: str, new: str) -> Callable[[Scene], Scene]:
    return lambda it: msgspec.structs.replace(it, source=replacing(old, new)(it.source or ""))


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant."""
    return _verdicts(mutants())


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of the passing test, and of each harmless variation of it."""
    return _verdicts([Mutant("as it is", PASSING), *harmless()])


def _verdicts(those: Iterable[Mutant[Scene]]) -> list[Outcome]:
    with TemporaryDirectory() as folder, ExitStack() as stack:
        repository = RepositoryBuilder(Path(folder))
        repository.commit({"README.md": "# Shop\n"})
        storage = stack.enter_context(import_module("standins.storage").Storage())
        commits: dict[str | None, str] = {}
        out = []
        for mutant in those:
            source = mutant.mutated.source
            if source not in commits:
                (Path(folder) / PATH).unlink(missing_ok=True)
                commits[source] = repository.commit({PATH: source} if source is not None else {})
            with stand_in(mutant.mutated, storage) as github:
                session = repository.session(ref=commits[source], environment=github.environment)
                result = examine(NamedTestChecker(), mutant.mutated.expect, session)
            out.append(outcome_of(mutant.name, result))
        return out


def stand_in(scene: Scene, storage: Any) -> Any:
    """A stand-in for GitHub with the runs of a scene."""
    github = import_module("standins.github").GitHubStandIn(now=NOW)
    flow = github.repository.add_workflow(scene.workflow, name="CI")
    for run in scene.runs:
        made = github.repository.add_run(
            flow,
            event=run.event,
            branch=run.branch,
            status=run.status,
            conclusion=run.conclusion,
            created=NOW - timedelta(days=run.days),
        )
        for name, files in run.artifacts.items():
            content = files if isinstance(files, bytes) else _zipped(files)
            github.repository.add_artifact(made, name, content, expired=run.expired)
    storage.serve(github)
    return github


def _zipped(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()
