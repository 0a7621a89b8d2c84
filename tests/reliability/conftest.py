"""Makes the modules of this folder importable, and those of whole runs; says at the end what was counted."""

import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "handlers")]

_COUNTED = "reliability"


def pytest_collection_modifyitems(items):
    """All that is here is for the step of ./check that runs what is proven by number."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.volume)


@pytest.fixture
def count(request):
    """Adds to a figure that is printed at the end of the whole run: `count("faults", 3)`."""

    def add(what, number=1):
        request.node.user_properties.append((_COUNTED, (what, number)))

    return add


@pytest.fixture
def quickly(monkeypatch):
    """Runs look up once what is installed, and do not wait before they ask Datadog again."""
    from loopcheck import loading
    from loopcheck.registry import InstalledCheckers
    from loopcheck_checks.systems.datadog import client

    monkeypatch.setattr(loading, "InstalledCheckers", cache(InstalledCheckers))
    monkeypatch.setattr(client, "PATIENCE", client.Patience(backoff=0))


@pytest.fixture
def patience(quickly, monkeypatch):
    """Sets how long answers are waited for, in seconds."""
    from loopcheck.world.github import connection, downloads
    from loopcheck_checks.systems.datadog import client

    def wait(seconds):
        monkeypatch.setattr(connection, "_TIMEOUT", seconds)
        monkeypatch.setattr(downloads, "SECONDS", seconds)
        monkeypatch.setattr(client, "PATIENCE", client.Patience(request=seconds, backoff=0))

    wait(20)
    return wait


def pytest_terminal_summary(terminalreporter):
    """The figures of all tests, those of other processes included."""
    total = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                total.update({what: number for name, (what, number) in _counted(report)})
    if total:
        terminalreporter.section("counted")
        for what, number in sorted(total.items()):
            terminalreporter.write_line(f"{number:>9,} {what}")


def _counted(report):
    summed = Counter()
    for name, value in report.user_properties:
        if name == _COUNTED:
            summed[value[0]] += value[1]
    return [(_COUNTED, one) for one in summed.items()]
