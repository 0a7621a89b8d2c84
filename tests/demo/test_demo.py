"""The first command that anyone runs: the story is told, is true, and breaks as it says."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from loopcheck import cli, engine, loading
from loopcheck.cli.demo import replayed
from loopcheck.demo import standin, story
from loopcheck.demo.samples import delay
from loopcheck.model import Verdict
from loopcheck.testing import RepositoryBuilder


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "story"
    result = CliRunner().invoke(cli.group, ["demo", str(folder)])
    assert result.exit_code == 0, result.output
    return folder, result.output


def report_at(folder: Path, ref: str):
    loaded = loading.load(folder, ref)
    try:
        return engine.run(
            loaded.declared.items, loaded.registry, loading.session(loaded), errors=loaded.declared.problems
        )
    finally:
        loaded.repository.close()


def by_owner(report):
    return {item.owner: item for item in report.items}


def test_shows_each_verdict(told):
    report = report_at(told[0], "main")
    assert not report.errors
    assert {owner: item.verdict for owner, item in by_owner(report).items()} == {
        "@alice": Verdict.VERIFIED,
        "@bob": Verdict.INCONCLUSIVE,
        "@carol": Verdict.VERIFIED,
        "@dan": Verdict.FAILED,
    }
    unknown = [claim.reason for a in by_owner(report)["@bob"].artifacts for claim in a.claims if claim.reason]
    assert unknown == ["needs-github"]


@pytest.mark.parametrize(
    ("breakage", "owner"),
    list(zip(story.BREAKAGES, ["@alice", "@bob", "@carol"], strict=True)),
    ids=[breakage.branch for breakage in story.BREAKAGES],
)
def test_breaks_as_it_says(told, breakage, owner):
    folder, output = told
    assert f"verify --ref {breakage.branch}" in output
    assert f"FAILED, {breakage.reason}" in output
    item = by_owner(report_at(folder, breakage.branch))[owner]
    assert item.verdict is Verdict.FAILED
    assert breakage.reason in {claim.reason for artifact in item.artifacts for claim in artifact.claims}


def test_is_a_clean_repository_on_main(told):
    run = ["git", "-C", str(told[0]), "status", "--short", "--branch"]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "## main\n"


def test_writes_over_nothing(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    result = CliRunner().invoke(cli.group, ["demo", str(tmp_path)])
    assert result.exit_code != 0
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert (tmp_path / "mine.txt").read_text() == "mine"


NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MONITOR = "monitoring/datadog/replication-lag.json"


@pytest.fixture
def shop(tmp_path):
    story.write(tmp_path / "shop", NOW)
    return tmp_path / "shop"


def rewritten(folder, old, new):
    """The same repository with another alert on its main branch."""
    repository = RepositoryBuilder(folder)
    text = (folder / MONITOR).read_text("utf-8")
    assert old in text
    repository.commit({MONITOR: text.replace(old, new)}, at=NOW)


def test_shows_that_the_first_alert_would_have_slept_and_the_promised_one_not(told):
    output = told[1]
    first, promised = output.split("As first written, at first-alert")[1].split("As the action item asks, at main")
    assert "does not fire between" in first
    assert "> 300  ╌" in first
    assert "T+30 min, 11 min before the incident was noticed, on host:db-replica-1" in promised
    for one in (first, promised):
        assert re.search(r"incident  ─+━+─", one)
        assert "noticed  " in one
    assert re.search(r"fires  ─+\n", first)
    assert re.search(r"fires  ─+━+─", promised)


@pytest.mark.parametrize("now", ["2026-11-20T12:00:00Z", "2026-03-29T01:59:59.7+02:00", "2027-01-01T00:10:00-05:30"])
def test_tells_the_same_at_any_time(tmp_path, now):
    at = datetime.fromisoformat(now)
    story.write(tmp_path / "shop", at)
    first, promised = replayed(tmp_path / "shop", at)
    assert first.replay.firings == ()
    began = promised.replay.caught.start
    assert began - promised.replay.window.start == timedelta(minutes=30)
    assert promised.noticed - began == timedelta(minutes=11)


@pytest.mark.parametrize("threshold", [20, 30, 100, 210])
def test_the_alert_of_the_repository_decides_when_it_fires(shop, threshold):
    if threshold != 30:
        rewritten(shop, "> 30", f"> {threshold}")
        rewritten(shop, '"critical": 30.0', f'"critical": {threshold}')
    crossed = (
        minute
        for minute in range(96)
        if any(delay("db-replica-1", at) > threshold for at in range(60 * minute - 300, 60 * minute - 19, 20))
    )
    replay = replayed(shop, NOW)[1].replay
    fired = replay.caught and (replay.caught.start - replay.window.start) / timedelta(minutes=1)
    assert fired == next(crossed, None) == {20: 24, 30: 30, 100: 53, 210: None}[threshold]


def test_the_samples_decide_when_it_fires(shop, monkeypatch):
    monkeypatch.setattr(standin, "delay", lambda _host, _seconds: 1.0)
    assert replayed(shop, NOW)[1].replay.firings == ()
    monkeypatch.setattr(standin, "delay", lambda _host, seconds: 400.0 if seconds >= 600 else 1.0)
    first, promised = replayed(shop, NOW)
    assert first.replay.caught.start == promised.replay.caught.start
    assert (promised.replay.caught.start - promised.replay.window.start) == timedelta(minutes=11)


def test_asks_nobody_but_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("DD_API_KEY", "somebody's")
    monkeypatch.setenv("DD_APP_KEY", "somebody's")
    monkeypatch.setenv("DD_SITE", "nowhere.example")
    monkeypatch.setenv("LOOPCHECK_DATADOG_URL", "http://127.0.0.1:1")
    result = CliRunner().invoke(cli.group, ["demo", str(tmp_path / "shop")])
    assert result.exit_code == 0
    assert "11 min before the incident was noticed" in result.output
    assert "2 verified, 1 inconclusive, 1 failed" in result.output


def test_writes_pictures(tmp_path):
    result = CliRunner().invoke(cli.group, ["demo", str(tmp_path / "shop"), "--svg", str(tmp_path / "lag.svg")])
    assert f"{tmp_path / 'lag.svg'}, {tmp_path / 'lag-2.svg'}" in result.output
    firing = [b'class="firing"' in (tmp_path / name).read_bytes() for name in ("lag.svg", "lag-2.svg")]
    assert firing == [False, True]


def test_draws_with_what_the_terminal_has(tmp_path):
    run = [sys.executable, "-m", "loopcheck", "demo", tmp_path / "shop"]
    done = subprocess.run(run, env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, check=True)
    assert b"\\u2" not in done.stdout.split(b"Alice's alert is in force.")[1]
    assert re.search(rb"fires  \.+=+\.+\n", done.stdout)


def test_answers_one_question_on_this_machine_while_it_lasts():
    started = story.started_at(NOW)
    begin = int(started.timestamp())
    query = quote("max:postgresql.replication_delay{env:prod} by {host}.rollup(max, 60)")
    with standin.answering(started) as environment:
        url = environment["LOOPCHECK_DATADOG_URL"]
        assert url.startswith("http://127.0.0.1:")
        with urlopen(f"{url}/api/v1/query?from={begin}&to={begin + 120}&query={query}") as answer:  # noqa: S310 - ours
            series = json.load(answer)["series"]
        assert [one["tag_set"] for one in series] == [["host:db-replica-1"], ["host:db-replica-2"]]
        assert [at / 1000 - begin for at, _ in series[0]["pointlist"]] == [0, 60, 120]
        assert series[0]["pointlist"][1][1] == max(delay("db-replica-1", at) for at in (60, 80, 100))
        with pytest.raises(URLError) as refused:  # another address of this machine
            urlopen(url.replace("127.0.0.1", "127.0.0.2"))  # noqa: S310
        assert not isinstance(refused.value, HTTPError)
        for path in ("/", "/api/v1/monitor", "/api/v1/query?query=x", f"/api/v1/query?query={query}&from=x&to=2"):
            with pytest.raises(HTTPError, match="404"):
                urlopen(url + path)  # noqa: S310
    with pytest.raises(URLError):
        urlopen(url)  # noqa: S310
