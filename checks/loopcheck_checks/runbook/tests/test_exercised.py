"""Whether a runbook was followed since it was changed. What looks right and is wrong is in ../mutants.py."""

from datetime import UTC, datetime, timedelta

import pytest
from standins.github import GitHubStandIn

from loopcheck.model import Drill, Incident, Past, Rung
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import round_trips
from loopcheck.testing.repository import NOW
from loopcheck_checks.runbook import RunbookChecker, mutants

CHECKER = RunbookChecker()
INCIDENT = Incident("INC-1", started=datetime(2026, 11, 1, tzinfo=UTC))
DAY = timedelta(days=1)
DECLARED = "path: lag.md\ndrilled-by: {workflow: drill.yml}\n"


@pytest.fixture
def book(tmp_path):
    """A runbook that was changed ten days ago."""
    builder = RepositoryBuilder(tmp_path)
    builder.commit({"lag.md": "# Lag\n\nWait until it is over.\n"}, at=NOW - 60 * DAY)
    builder.commit({"lag.md": "# Lag\n\nStop the batch job, then wait.\n"}, at=NOW - 10 * DAY)
    return builder


@pytest.fixture
def github():
    with GitHubStandIn(now=NOW) as made:
        made.repository.commit({"README.md": "# Shop\n"})
        made.flow = made.repository.add_workflow(".github/workflows/drill.yml", name="Drill")
        yield made


def said(book, environment=None, *, declared=DECLARED, past=None, requires=Rung.ACTIVE, incidents=()):
    session = book.session(environment=environment)
    session.past, session.incidents = past, incidents
    result = examine(CHECKER, declared, session, incident=INCIDENT, requires=requires)
    return next(((c.outcome.value, c.reason) for c in result.claims if c.claim == "exercised"), None)


RUNS = [
    ("after the change", {}, ("holds", None)),
    ("before the change", {"created": NOW - 11 * DAY}, ("fails", "changed-since-drill")),
    ("failed", {"conclusion": "failure"}, ("fails", "not-exercised")),
    ("cancelled", {"conclusion": "cancelled"}, ("fails", "not-exercised")),
    ("running", {"status": "in_progress"}, ("fails", "not-exercised")),
    ("on another branch", {"branch": "topic"}, ("fails", "not-exercised")),
    ("on a pull request", {"event": "pull_request"}, ("fails", "not-exercised")),
    ("none", None, ("fails", "not-exercised")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "run", "expected"), RUNS, ids=[row[0] for row in RUNS])
def test_runs_of_the_declared_workflow(book, github, name, run, expected):
    if run is not None:
        github.repository.add_run(github.flow, **{"created": NOW - DAY, "event": "schedule", **run})
    assert said(book, github.environment, past=Past()) == expected


def test_what_a_source_does_not_show_may_be_the_proof(book, github):
    run = github.repository.add_run(github.flow, created=NOW - 11 * DAY)
    assert said(book, github.environment, past=None) == ("unknown", "needs-ledger")
    assert said(book, {}, past=Past()) == ("unknown", "needs-github")
    assert said(book, github.environment, past=Past(), incidents=None) == ("unknown", "not-visible")
    run.created = NOW - DAY
    assert said(book, github.environment, past=None, incidents=None) == ("holds", None)
    drills = Past(drills=(Drill("lag.md", NOW - DAY, "bob"),))
    assert said(book, {}, past=drills) == ("holds", None)


def test_a_workflow_that_is_not_there_or_is_two(book, github):
    assert said(book, github.environment, past=Past(), declared=DECLARED.replace("drill.yml", "x.yml")) == (
        "unknown",
        "no-drill-workflow",
    )
    github.repository.add_workflow(".github/workflows/two.yml", name="Drill")
    assert said(book, github.environment, past=Past(), declared=DECLARED.replace("drill.yml", "Drill")) == (
        "unknown",
        "ambiguous",
    )


def test_nothing_is_asked_for_a_rung_that_nobody_wants(book, github):
    assert said(book, github.environment, declared="path: lag.md\n") is None
    assert github.requests == []
    assert said(book, github.environment, declared="path: lag.md\n", requires=Rung.PROVEN, past=Past()) == (
        "fails",
        "not-exercised",
    )
    assert github.requests == []


def test_each_source_is_evidence(book, github):
    github.repository.add_run(github.flow, created=NOW - DAY, event="schedule")
    session = book.session(environment=github.environment)
    session.past, session.incidents = Past(drills=(Drill("lag.md", NOW - 2 * DAY, "bob", 12),)), ()
    result = examine(CHECKER, DECLARED, session, incident=INCIDENT)
    (claim,) = [claim for claim in result.claims if claim.claim == "exercised"]
    assert [(one.source.rpartition("/")[2], one.at) for one in claim.evidence] == [
        (str(github.repository.runs[0].id), NOW - DAY),
        ("#12", NOW - 2 * DAY),
    ]
    assert round_trips(CHECKER.observe(expectation(CHECKER, DECLARED), session.world(INCIDENT)))


def test_a_post_mortem_that_cannot_be_read_may_name_it(tmp_path):
    text = "word " * 60_000
    history = mutants._told("# Lag again\n", f"{text}\n")(mutants.USED)
    result = mutants.verify(history, tmp_path)
    assert [(c.outcome.value, c.reason) for c in result.claims if c.claim == "exercised"] == [("unknown", "too-big")]
