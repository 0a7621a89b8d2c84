"""`loopcheck backtest` against a Datadog on this machine, and the pictures of replays."""

import base64
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from read_back import Page
from standins.datadog import DatadogStandIn, changed

from loopcheck.cli.output import Look
from loopcheck.replay import Backtest, Curve, Firing, Replay, Threshold, Window
from loopcheck.reports import backtest_page, picture
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


def test_a_window_by_hand_is_called_one(loopcheck, checkout, datadog, tmp_path):
    asked = ("--rule", "101", "--from", "2026-11-10T09:00Z", "--to", "2026-11-10T11:00Z", "--svg", tmp_path / "a.svg")
    done = backtest(loopcheck, *asked)
    assert "    window  ─" in done.out
    assert "incident" not in done.out
    assert "<title>window</title>" in (tmp_path / "a.svg").read_text("utf-8")
    done = backtest(loopcheck, "--rule", "101", "--incident", "INC-142", "--svg", tmp_path / "b.svg")
    assert "  incident  ─" in done.out
    assert "<title>incident</title>" in (tmp_path / "b.svg").read_text("utf-8")


def test_what_really_happened_stands_beside_it(loopcheck, checkout, datadog):
    datadog.edit(101)
    datadog.monitors[0]["modified"] = "2026-11-01T08:00:00+00:00"
    datadog.app_keys["good-app-key"].add("events_read")
    datadog.events.append(changed(101, STARTED + timedelta(minutes=3), "host:db1"))
    asked = ("--rule", "101", "--incident", "INC-142", "--from", "2026-11-10T07:00Z", "--to", "2026-11-10T11:00Z")
    done = backtest(loopcheck, *asked, "--around", "2d")
    assert done.out.count("; agrees with its own history since ") == 2
    assert [re.split(r"  +", line.strip())[-1] for line in done.out.splitlines()[1:4]] == [
        "as it did",
        *["1 of 1 alerts"] * 2,
    ]
    datadog.events.append(changed(101, STARTED - timedelta(hours=1), "host:db1"))
    done = backtest(loopcheck, *asked, "--format", "json")
    found = [one["replay"]["history"] for one in json.loads(done.out)["replays"]]
    assert [(one["matched"], len(one["only_real"])) for one in found] == [(1, 0), (1, 1)]
    assert found[1]["only_real"][0]["group"] == "host:db1"
    datadog.app_keys["good-app-key"].discard("events_read")
    assert "not compared with its own history: Datadog refused" in backtest(loopcheck, *asked).out


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


def other_incident(number, started, *, detected=None, resolved=None):
    times = {"started": started, "detected": detected, "resolved": resolved}
    told = "".join(f", {word}: {at:%Y-%m-%dT%H:%MZ}" for word, at in times.items() if at is not None)
    return f"""\
---
incident: {{id: INC-{number}{told}}}
---
# Another

## Do something about it

```loopcheck
owner: "@alice"
due: 2026-12-15
verify:
  - repo-file: {{path: README.md}}
```
"""


@pytest.fixture
def incidents(checkout):
    """Three more incidents: one in which nothing was slow, one whose beginning nobody knows, one without an end."""
    hour = timedelta(hours=1)
    checkout.commit(
        {
            "postmortems/quiet.md": other_incident(139, STARTED - 5 * hour, resolved=STARTED - 4 * hour),
            "postmortems/unknown.md": other_incident(140, None),
            "postmortems/lasting.md": other_incident(150, STARTED - hour / 2, detected=STARTED - hour / 4),
        }
    )
    return checkout


def table_of(out):
    return [re.split(r"  +", line.strip()) for line in out.splitlines() if line.startswith("  ")]


def test_a_table_of_every_incident(loopcheck, incidents, datadog):
    done = backtest(loopcheck, "--rule", "101", "--all-incidents", "--no-picture", "--around", "2d")
    assert done.code == 0, done.err
    assert done.out.startswith("101\n")
    assert table_of(done.out) == [
        ["over", "fires at", "T+", "before noticed", "otherwise"],
        ["INC-139", "never", "1 time"],
        ["INC-150", "2026-11-10 09:17", "33 min", "-18 min", "0 times"],
        ["INC-142", "2026-11-10 09:17", "3 min", "32 min", "0 times"],
    ]


def test_pictures_stand_below_the_table(loopcheck, incidents, datadog):
    done = backtest(loopcheck, "--rule", "101", "--all-incidents")
    assert done.out.index("INC-139  never") < done.out.index("101  over INC-139") < done.out.index("╌")
    assert done.out.count("incident  ") == 3
    many = [word for name in ("101", "102", "103") for word in ("--rule", name)]
    assert "╌" not in backtest(loopcheck, *many, "--all-incidents").out
    assert "╌" in backtest(loopcheck, *many, "--all-incidents", "--picture").out


def test_the_table_says_of_what_cannot_be_replayed_why(loopcheck, incidents, datadog):
    done = backtest(loopcheck, "--rule", "104", "--all-incidents", "--no-picture")
    assert done.code == 3
    assert ["INC-142", "cannot be replayed [model-not-replayed]"] in table_of(done.out)
    assert "104  over INC-142\n  cannot be replayed [model-not-replayed]: " in done.out


def test_incidents_without_any_beginning(loopcheck, checkout, datadog):
    checkout.commit({"postmortems/lag.md": other_incident(140, None)})
    done = backtest(loopcheck, "--rule", "101", "--all-incidents")
    assert done.code == 2
    assert "no incident is declared here of which it is written down when it started" in done.err


def test_what_is_compared_with_several_rules_is_replayed_once(loopcheck, incidents, datadog):
    rules = ("--rule", "102", "--rule", "103", "--compare", "101", "--incident", "INC-142", "--incident", "INC-139")
    done = backtest(loopcheck, *rules, "--format", "json")
    found = json.loads(done.out)
    assert [(one["rule"], one["period"]) for one in found["replays"]] == [
        ("102", "INC-142"), ("101", "INC-142"), ("103", "INC-142"),
        ("102", "INC-139"), ("101", "INC-139"), ("103", "INC-139"),
    ]  # fmt: skip
    assert [(*one["rules"], one["period"], one["message"]) for one in found["compared"]] == [
        ("102", "101", "INC-142", "`101` fires 28 min before `102`"),
        ("103", "101", "INC-142", "only `101` fires"),
        ("102", "101", "INC-139", "neither fires"),
        ("103", "101", "INC-139", "neither fires"),
    ]


def test_what_is_declared_beside_another_rule(loopcheck, checkout, datadog):
    done = backtest(loopcheck, "--compare", "102", "--no-picture")
    said = "INC-142: `postgresql.replication_delay {env:prod} > 30` fires 28 min before `102`"
    assert said in done.out


def written(number, threshold):
    query = f"avg(last_5m):avg:postgresql.replication_delay{{env:prod}} by {{host}} > {threshold}"
    return json.dumps(monitor(number, f"Lag of {threshold}", query))


@pytest.fixture
def versions(checkout):
    """A monitor in the repository in three versions, of which Datadog itself has a fourth."""
    config = "settings:\n  datadog:\n    export: monitors\n"
    checkout.commit({".github/loopcheck.yml": config, "monitors/lag.json": written(101, 300)})
    checkout.git("tag", "first")
    checkout.commit({"monitors/lag.json": written(101, 110)})
    checkout.git("tag", "second")
    checkout.commit({"monitors/lag.json": written(101, 60)})
    return checkout


@pytest.mark.parametrize("which", [("--rule", "101"), ()])
def test_two_versions_of_a_rule(loopcheck, versions, datadog, which):
    done = backtest(loopcheck, *which, "--compare-ref", "first", "--incident", "INC-142", "--format", "json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert [one["replay"]["thresholds"][0]["value"] for one in found["replays"]] == [60, 300]
    (compared,) = found["compared"]
    name = "101" if which else "postgresql.replication_delay {env:prod} > 30"
    assert compared["rules"] == [f"{name} at HEAD", f"{name} at first"]
    assert compared["message"] == f"only `{name} at HEAD` fires"
    asked = ("--rule", "101", "--ref", "second", "--compare-ref", "HEAD", "--incident", "INC-142")
    assert "INC-142: `101 at HEAD` fires " in backtest(loopcheck, *asked).out


def test_versions_are_those_of_the_repository_and_no_others(loopcheck, checkout, datadog):
    done = backtest(loopcheck, "--rule", "101", "--compare-ref", "HEAD", "--incident", "INC-142")
    assert done.code == 2
    assert "no rule is `101` at HEAD" in done.err
    assert "settings.datadog.export" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--compare", "102", "--compare-ref", "first"), "do not go together"),
        (("--compare-ref", "nowhere"), "nowhere"),
        (("--rule", "102", "--compare-ref", "first", "--incident", "INC-142"), "no rule is `102` at HEAD"),
        (("--around", "often"), "--around"),
        (("--around", "93d"), "longer than 92 days"),
        (("--svg", "no/such/folder.svg"), "No such file or directory"),
        (("--html", "no/such/folder.html"), "No such file or directory"),
    ],
)  # fmt: skip
def test_more_that_cannot_be_asked(loopcheck, versions, datadog, arguments, said):
    done = backtest(loopcheck, *arguments)
    assert done.code == 2
    assert said in done.err


def test_a_narrow_terminal_gets_a_narrow_picture(loopcheck, checkout, datadog, monkeypatch):
    monkeypatch.setattr("loopcheck.cli.output.look", lambda _color: Look(rich=True, color=False, width=60))
    lines = backtest(loopcheck, "--rule", "101", "--incident", "INC-142").out.splitlines()
    (row,) = [line for line in lines if "incident  ─" in line]
    assert len(row) == 60


def test_a_page(loopcheck, incidents, datadog, tmp_path):
    page = tmp_path / "page.html"
    rules = ("--rule", "101", "--rule", "104", "--compare", "102")
    backtest(loopcheck, *rules, "--all-incidents", "--around", "2d", "--html", page)
    text = page.read_text("utf-8")
    seen = Page(text)
    assert seen.count("table") == 3
    assert seen.count("svg") == 6
    assert seen.count("style") == 1
    assert "INC-142: `101` fires 28 min before `102`" in seen.words
    assert ["INC-139", "never", "", "", "1 time"] in seen.rows
    assert ["INC-142", "cannot be replayed [model-not-replayed]"] in seen.rows
    assert not any(name in ("src", "href", "style") or name.startswith("on") for name, _ in seen.attributes)


def test_a_page_lets_in_its_own_style_and_nothing_else():
    text = backtest_page.render([])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    (style,) = re.findall("<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


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


def test_a_page_of_hostile_text_has_the_elements_of_a_harmless_one():
    def page(text):
        curves = [Curve((at(0), at(9)), (1.0, 5.0), text)]
        firing = Firing(STARTED, None, text, text)
        replay = Replay(text, Window(STARTED, STARTED + timedelta(hours=1)), 60, (firing,), tuple(curves),
                        (Threshold(2, text, text),), (text,))  # fmt: skip
        several = [Backtest(text, text, replay), Backtest(text, text, trouble=text, reason=text)]
        return backtest_page.render(several, [(several[0], several[1])])

    hostile, harmless = Page(page(HOSTILE)), Page(page("x"))
    assert hostile.tags == harmless.tags
    assert [name for name, _ in hostile.attributes] == [name for name, _ in harmless.attributes]
    assert hostile.count("script") == 0
    assert "\x1b" not in page(HOSTILE)
    page("\ud800").encode("utf-8")
