"""Whole runs on issues that are hostile through and through, from what GitHub answers to what it is told."""

import json
import re
from datetime import UTC, datetime

import msgspec
import pytest
from hostile_reports import marked
from read_back import hold_markdown
from running import BLOCK, HOUR, NOW, Shop
from standins.datadog import DatadogStandIn
from standins.github import GitHubStandIn

from loopcheck.cli import common
from loopcheck.effects.comment import Circumstances, Subject, render
from loopcheck.effects.labels import LABELS
from loopcheck.effects.links import Repository as Links
from loopcheck.model import ItemResult, Location, Rung, Verdict
from loopcheck.reports.clean import encodable
from loopcheck.reports.text import plain
from loopcheck.testing import RepositoryBuilder, examine, runner_log
from loopcheck.world import Repository, Session
from loopcheck_checks.datadog_monitor import DatadogMonitorChecker
from loopcheck_checks.datadog_monitor.mutants import monitor, rule

ISSUES = 120
SHA = "4f2a9c1b7d3e5f60718293a4b5c6d7e8f9012345"


@pytest.fixture
def texts():
    """Strings as GitHub and Datadog may answer them: in whole characters."""
    return map(encodable, marked(7))


def in_yaml(text):
    """A text as a scalar; JSON is YAML."""
    return json.dumps(re.sub("[\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff]", " ", text), ensure_ascii=False)


def declared(texts, number):
    """An issue's body, in which an author wrote what they liked where text may stand."""
    owner, path, incident = (in_yaml(next(texts)) for _ in range(3))
    artifact = (
        "repo-file: {path: run.sh}",
        f"repo-file: {{path: {path}}}",
        f"runbook: {{path: run.sh, section: {path}, mentions: [{incident}]}}",
        f"repo-text: {{paths: {path}, must-match: never}}",
        f"{path}: {{}}",
        f"ci-check: {{job: {path}, required: false}}",
    )[number % 6]
    return f"{next(texts)}\n\n```loopcheck\nowner: {owner}\nincident: {incident}\nverify:\n  - {artifact}\n```\n"


def told(shop):
    """What loopcheck wrote on the issues."""
    return [comment.body for issue in shop.there.issues for comment in shop.ours(issue)]


def hold(shop, outcome):
    """Fail where a comment, a label, or a line of the log is a stranger's."""
    bodies = told(shop)
    for body in bodies:
        assert body.count("<!--") == 1
        hold_markdown(body.replace(shop.github.url, "https://github.com"))
    for issue in shop.there.issues:
        assert {name for name in issue.labels if name.startswith("loopcheck:")} <= LABELS.keys()
    log = "".join(plain(line) + "\n" for line in common.outcome_lines(outcome, dry_run=True))
    assert runner_log.suspects(log) == []
    return bodies


def test_sweeps(tmp_path, texts):
    with GitHubStandIn(now=NOW, private=False) as github:
        shop = Shop(tmp_path, github)
        for number in range(ISSUES):
            own = "own.sh" if number % 24 == 0 else "run.sh"
            body = declared(texts, number) if number % 2 else BLOCK.replace("PATH", own)
            issue = shop.promise(body, title=next(texts).strip() or "x")
            comment = f"/loopcheck waive until 2026-12-01 because {next(texts)}"
            shop.there.add_comment(issue, comment if number % 3 else next(texts), author="will")
        shop.commit({"own.sh": "own\n"}, message=next(texts).replace("\x00", "") or "x")
        first = hold(shop, shop.sweep())
        assert len(first) > ISSUES * 0.95  # what opens a fence before the block declares nothing
        assert sum("verified" in body for body in first) >= ISSUES // 2
        assert sum("Accepted" in body for body in first) >= 5
        author = re.sub(r"[\n<>\x00]", "", next(texts)) or "x"
        shop.later(HOUR)
        shop.commit({"own.sh": None}, message=next(texts).replace("\x00", "") or "x", author=author)
        for _ in range(2):
            shop.later(2 * HOUR)
            shop.slept = 0  # the pauses between so many writes, in which GitHub's time stood still
            bodies = hold(shop, shop.sweep())
        assert sum("The proof was there, and has gone" in body for body in bodies) == 5


def test_datadog(tmp_path, texts):
    """Monitors whose names, texts, tags and queries are hostile, as their claims say it in a comment."""
    RepositoryBuilder(tmp_path).commit({"README.md": "x\n"})
    monitors, seen = [], datetime(2026, 11, 20, tzinfo=UTC)
    for number in range(300):
        about = {"id": 1000 + number, "query": f"avg(last_5m):avg:m{number}{{{'*'}}} > {number % 7}"}
        where = ("message", "name", "tags")[number % 3]
        about[where] = [next(texts)] if where == "tags" else next(texts)
        monitors.append(monitor(**{"name": next(texts), "message": next(texts), **about}))
    found = 0
    with DatadogStandIn(monitors, [], [rule(name=next(texts))]) as datadog:
        datadog.validate = None
        session = Session(Repository(tmp_path), now=seen, environment=datadog.environment)
        for number in range(300):
            words = f"metric: m{number}\nfires-when: '> 3'\nnotifies: '@pagerduty-database'\n"
            if number % 4 == 0:
                words = f"name: {in_yaml(monitors[number]['name'])}\n"
            result = examine(DatadogMonitorChecker(), words, session)
            found += any(claim.evidence for claim in result.claims)
            item = ItemResult(
                "a", next(texts), "@ana", None, Location("#1"), Rung.ACTIVE, None, result.verdict, (result,)
            )
            links = Links("https://github.com", "acme/shop", SHA)
            hold_markdown(
                render(Subject((msgspec.structs.replace(item, verdict=Verdict.FAILED),)), Circumstances(links, seen))
            )
        session.repository.close()
    assert found > 100
