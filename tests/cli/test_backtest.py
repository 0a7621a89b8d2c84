"""`loopcheck backtest` against a Datadog on this machine, and the pictures of replays."""

import json
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from standins.datadog import DatadogStandIn

from loopcheck.replay import Curve, Firing, Replay, Threshold, Window
from loopcheck.reports import picture
from loopcheck.testing import RepositoryBuilder
from loopcheck.testing.repository import NOW

STARTED = datetime(2026, 11, 10, 9, 14, tzinfo=UTC)
POSTMORTEM = """\
---
incident: {id: INC-142, started: 2026-11-10T09:14Z, detected: 2026-11-10T09:49Z, resolved: 2026-11-10T10:40Z}
---
# Replication lag

## Page us when a replica falls behind

```loopcheck
owner: "@alice"
due: 2026-12-15
verify:
  - datadog-monitor: {metric: postgresql.replication_delay, fires-when: "> 30", scope: env:prod}
```
"""


def monitor(number, name, query):
    options = {"thresholds": {}, "silenced": {}}
    return {"id": number, "name": name, "type": "query alert", "query": query, "options": options}


@pytest.fixture
def datadog(monkeypatch):
    lag = "postgresql.replication_delay{env:prod} by {host}"
    monitors = [
        monitor(101, "Replication lag", f"avg(last_5m):avg:{lag} > 30"),
        monitor(102, "As first written", f"avg(last_1h):avg:{lag} > 40"),
        monitor(103, "Never", f"avg(last_5m):max:{lag} > 300"),
        monitor(104, "Odd", f"avg(last_4h):anomalies(avg:{lag}, 'basic', 2) >= 1"),
    ]
    with DatadogStandIn(monitors, now=NOW) as standin:
        start = int((STARTED - timedelta(days=2)).timestamp())
        samples = dict.fromkeys(range(start, start + 4 * 86400, 60), 5.0)
        bump = int(STARTED.timestamp())
        samples.update({at: 60.0 + (at - bump) / 60 for at in range(bump - bump % 60, bump + 3600, 60)})
        standin.metrics["postgresql.replication_delay"] = [({"host": "db1", "env": "prod"}, samples)]
        for name, value in standin.environment.items():
            monkeypatch.setenv(name, value)
        yield standin


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    built = RepositoryBuilder(tmp_path / "checkout")
    built.commit({"postmortems/lag.md": POSTMORTEM})
    monkeypatch.chdir(built.folder)
    return built


def backtest(loopcheck, *arguments):
    return loopcheck("backtest", "--now", "2026-11-20T12:00Z", *arguments)


def test_what_is_declared_is_replayed_over_its_incident(loopcheck, checkout, datadog):
    done = backtest(loopcheck)
    assert done.code == 0, done.err
    assert "postgresql.replication_delay {env:prod} > 30  over INC-142" in done.out
    assert "fires at 09:17, T+3 min, 32 min before the incident was noticed, on host:db1" in done.out
    assert "> 30  ╌" in done.out
    assert "fires  ─" in done.out
    assert "━" in done.out


def test_rules_by_name_and_id(loopcheck, checkout, datadog):
    done = backtest(loopcheck, "--rule", "101", "--rule", "never", "--incident", "INC-142", "--no-picture")
    assert done.code == 0
    assert done.out.count("over INC-142") == 2
    assert "fires at 09:17" in done.out
    assert "does not fire between 2026-11-10 09:14 and 2026-11-10 10:40" in done.out
    assert "╌" not in done.out


def test_two_rules_beside_each_other(loopcheck, checkout, datadog):
    done = backtest(loopcheck, "--rule", "102", "--compare", "101", "--incident", "INC-142", "--no-picture")
    assert "INC-142: `101` fires 28 min before `102`" in done.out
    done = backtest(loopcheck, "--rule", "103", "--compare", "101", "--incident", "INC-142")
    assert "INC-142: only `101` fires" in done.out
    done = backtest(loopcheck, "--rule", "103", "--compare", "103", "--incident", "INC-142")
    assert "INC-142: neither fires" in done.out


def test_a_window_by_hand_and_json(loopcheck, checkout, datadog):
    done = backtest(
        loopcheck, "--rule", "101", "--from", "2026-11-10T09:00Z", "--to", "2026-11-10T11:00Z", "--format", "json"
    )
    (one,) = json.loads(done.out)["replays"]
    assert one["replay"]["firings"][0]["start"] == "2026-11-10T09:17:00Z"
    assert one["replay"]["thresholds"] == [{"value": 30.0, "comparator": ">", "name": "critical"}]


def test_what_cannot_be_replayed_says_why(loopcheck, checkout, datadog):
    done = backtest(loopcheck, "--rule", "Odd", "--incident", "INC-142")
    assert done.code == 3
    assert "cannot be replayed [model-not-replayed]" in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rule", "nobody"), "no rule is `nobody`"),
        (("--rule", "101", "--kind", "repo-file"), "cannot replay"),
        (("--incident", "INC-9"), "known: INC-142"),
        (("--rule", "101"), "there is no time to replay"),
        (("--from", "2026-11-10T09:00Z"), "go together"),
        (("--from", "2026-11-10T09:00Z", "--to", "2026-11-10T08:00Z"), "is not after"),
        (("--from", "yesterday", "--to", "today"), "is not a time"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_told(loopcheck, checkout, datadog, arguments, said):
    done = backtest(loopcheck, *arguments)
    assert done.code == 2
    assert said in done.err


def test_pictures_are_written(loopcheck, checkout, datadog, tmp_path):
    path = tmp_path / "lag.svg"
    backtest(loopcheck, "--rule", "101", "--rule", "102", "--incident", "INC-142", "--svg", path)
    for one in (path, tmp_path / "lag-2.svg"):
        drawn = ET.fromstring(one.read_text("utf-8"))  # noqa: S314 - our own
        classes = [node.get("class", "") for node in drawn.iter()]
        assert {"incident", "firing", "curve c0"} <= set(classes)


HOSTILE = '</text><script>alert("x")</script>\x1b[31m&\u202e'


def made(curves, firings=(), thresholds=(), **more):
    window = Window(STARTED, STARTED + timedelta(hours=1))
    return Replay(HOSTILE, window, 60, tuple(firings), tuple(curves), tuple(thresholds), **more)


def at(minutes):
    return STARTED.timestamp() + minutes * 60


@pytest.mark.parametrize(
    ("curves", "thresholds"),
    [
        ([], []),
        ([Curve((), ())], []),
        ([Curve((at(0),), (None,))], [Threshold(30, ">")]),
        ([Curve((at(0),), (5.0,))], []),
        ([Curve((at(0), at(1), at(2)), (1.0, None, 3.0), HOSTILE)], [Threshold(2, HOSTILE, HOSTILE)]),
        ([Curve((at(0), at(60)), (0.0, 0.0))], [Threshold(0, ">")]),
        ([Curve((at(0), at(60)), (-1e300, 1e300))], [Threshold(float("inf"), "<")]),
        ([Curve((at(-90_000), at(90_000)), (1e-9, 2e-9))], []),
    ],
)
def test_a_picture_of_anything_is_well_formed(curves, thresholds):
    forever = Firing(STARTED - timedelta(days=9), None, HOSTILE)
    replay = made(curves, [forever], thresholds)
    text = picture.svg(replay, HOSTILE, STARTED)
    drawn = ET.fromstring(text)  # noqa: S314 - our own
    assert not any(node.tag.endswith("script") for node in drawn.iter())
    assert "\x1b" not in text
    assert not re.search("nan|inf", re.sub("<(title|text).*?</", "", text))
    for line in picture.lines(replay, 40):
        assert len("".join(span for span, _ in line)) <= 48


def test_a_picture_is_broken_where_there_was_nothing():
    text = picture.svg(made([Curve((at(0), at(1), at(2), at(3)), (1.0, 2.0, None, 3.0))]), "x")
    (path,) = re.findall(r'class="curve c0" d="([^"]*)"', text)
    assert path.count("M") == 2
    assert path.count("L") == 1
