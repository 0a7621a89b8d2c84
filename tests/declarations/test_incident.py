"""The incident, from front matter as people write it."""

from datetime import UTC, datetime

import pytest

from loopcheck.config import ConfigFile
from loopcheck.registry import InstalledCheckers
from loopcheck.sources import understand
from loopcheck.world import File

BLOCK = '## Do it\n\n```loopcheck\nowner: "@alice"\nverify: [{repo-file: {path: a}}]\n```\n'


def read(matter, block=BLOCK, path="p.md"):
    return understand([File(path, "", (matter + block).encode(), "c")], ConfigFile(), InstalledCheckers())


@pytest.mark.parametrize(
    ("matter", "name", "since"),
    [
        ("---\nincident:\n  id: INC-1\n  started: 2026-11-01T09:14Z\n---\n", "INC-1", datetime(2026, 11, 1, 9, 14, tzinfo=UTC)),
        ("---\nincident:\n  id: INC-1\n  started: 2026-11-01 10:14 +01:00\n---\n", "INC-1", datetime(2026, 11, 1, 9, 14, tzinfo=UTC)),
        ("---\nincident:\n  id: INC-1\n  detected: 2026-11-01 09:14 UTC\n---\n", "INC-1", datetime(2026, 11, 1, 9, 14, tzinfo=UTC)),
        ("---\nincident: INC-1\n---\n", "INC-1", None),
        ("---\nincident: 142\n---\n", "142", None),
        ("---\r\nincident: INC-1\r\n---\r\n", "INC-1", None),
        ("\ufeff---\nincident: INC-1\n---\n", "INC-1", None),
        ("---\nincident: INC-1\n...\n", "INC-1", None),
        ("---  \nincident: INC-1\n---  \n", "INC-1", None),
        ("---\ntitle: &t Lag\nalso: *t\nincident: INC-1\n---\n", "INC-1", None),
        ("---\n---\n", None, None),
        ("---\n\n---\n", None, None),
        ("---\nno front matter, a rule\n\n", None, None),
        (" ---\nincident: INC-1\n---\n", None, None),
        ("\n---\nincident: INC-1\n---\n", None, None),
        ("", None, None),
    ],
)  # fmt: skip
def test_front_matter_names_the_incident(matter, name, since):
    found = read(matter)
    assert not found.problems
    (item,) = found.items
    assert (item.incident and item.incident.id) == name
    assert (item.incident and item.incident.since) == since
    text = matter.removeprefix("\ufeff") + BLOCK
    assert item.location.line == text.replace("\r\n", "\n").split("\n").index("```loopcheck") + 1


@pytest.mark.parametrize(
    ("matter", "line", "column", "message"),
    [
        ("---\nincident:\n  started: 2026-11-01T09:14Z\n---\n", 3, 3, "has no `id`"),
        ("---\nincident:\n  id: A\n  started: 2026-11-01T09:14\n---\n", 4, 12, "has no offset from UTC"),
        ("---\nincident:\n  id: A\n  started: yesterday\n---\n", 4, 12, "is not a time"),
        ("---\nincident:\n  id: A\n  stated: x\n---\n", 4, 3, "unknown key `stated`"),
        (
            "---\nincident:\n  id: A\n  started: 2026-11-01T09:14Z\n  resolved: 2026-11-01T09:13Z\n---\n",
            5, 13, "`resolved` is before `started`",
        ),
        ("---\nincident:\n---\n", 2, 10, "has no `id`"),
        ("---\nincident: [A]\n---\n", 2, 11, "must be keys with values, and is a list"),
        ("---\na: 1\na: 2\nincident: A\n---\n", 3, 1, "there twice"),
    ],
)  # fmt: skip
def test_a_mistake_in_front_matter_is_named_and_hides_no_item(matter, line, column, message):
    found = read(matter)
    (problem,) = found.problems
    assert (problem.line, problem.column) == (line, column)
    assert message in problem.message
    assert len(found.items) == 1


def test_front_matter_of_a_document_without_items_belongs_to_somebody_else():
    assert not read("---\nincident: {{ page.incident }}: {\n---\n", "Text.\n").problems


def test_an_item_may_answer_an_incident_of_another_file():
    report = File("a.md", "", b"---\nincident: {id: INC-7, started: 2026-11-01T09:14Z}\n---\n", "c")
    item = File("b.md", "", BLOCK.replace("verify", "incident: inc-7\nverify").encode(), "c")
    found = understand([item, report], ConfigFile(), InstalledCheckers())
    assert found.items[0].incident.id == "INC-7"
    assert found.items[0].incident.report.path == "a.md"
