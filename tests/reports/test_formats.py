"""Every format, on reports of hostile text and on plain ones."""

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import UTC, date, datetime

import jsonschema
import msgspec
import pytest
from hostile_reports import reports
from markdown_it import MarkdownIt

from loopcheck import schemas
from loopcheck.model import (
    ArtifactResult,
    Claim,
    Evidence,
    Incident,
    ItemResult,
    Location,
    Outcome,
    Problem,
    Report,
    Run,
    Rung,
    Verdict,
)
from loopcheck.paths import RepoPath
from loopcheck.reports import FORMATS, github, markdown, renderer, sarif, terminal, text
from loopcheck.reports import json as json_report
from loopcheck.reports.clean import encodable, one_line
from loopcheck.testing.runner_log import suspects

HOSTILE = 5_000
REPORT_SCHEMA = jsonschema.Draft202012Validator(schemas.report())


@pytest.fixture(scope="module")
def hostile():
    return list(reports(HOSTILE))


@pytest.fixture(scope="module")
def some(hostile):
    """A part of them, for what is costly to read back."""
    return hostile[:10]


def of(verdict=Verdict.FAILED, *, items=1, message="it is not there", complete=True, errors=()):
    outcome = {"verified": Outcome.HOLDS, "inconclusive": Outcome.UNKNOWN, "failed": Outcome.FAILS}[verdict.value]
    why = (None, None) if outcome is Outcome.HOLDS else ("no-file", "Add the file.")
    claim = Claim(Rung.EXISTS, "in-place", outcome, message, *why, (Evidence("run.sh:3@4f2a9c1b2c3d", "nothing"),))
    artifact = ArtifactResult("repo-file", verdict, (claim,), None, "run.sh", Location("postmortems/lag.md", 12, 5))
    item = ItemResult(
        "postmortems/lag.md#write-it", "Write it", "@alice", date(2026, 12, 15), Location("postmortems/lag.md", 10),
        Rung.ACTIVE, None, verdict, (artifact,), Incident("INC-1"),
    )  # fmt: skip
    run = Run(datetime(2026, 11, 20, tzinfo=UTC), "4f2a9c1b2c3d4e5f", "0.1.0", complete, {"git": 2})
    return Report(verdict, run, errors, (item,) * items)


EMPTY = Report(Verdict.INCONCLUSIVE, Run(datetime(2026, 11, 20, tzinfo=UTC), "4f2a9c1b2c3d", "0.1.0"), (), ())


@pytest.mark.parametrize("style", [name for name in FORMATS if name != "github"])
def test_no_format_holds_a_command(style, hostile):
    for report in hostile:
        assert suspects(renderer(style)(report)) == []


@pytest.mark.parametrize("style", FORMATS)
def test_every_format_can_write_a_report_of_nothing(style):
    assert renderer(style)(EMPTY).endswith("\n")


# json


def test_json_parses_back_to_the_same_text(some):
    for report in some:
        written = json_report.render(report)
        assert written.isascii()
        read = json.loads(written)
        REPORT_SCHEMA.validate(read)
        for item, given in zip(read["items"], report.items, strict=True):
            assert item["title"] == encodable(given.title)
            assert item["location"]["path"] == encodable(given.location.path)
            claim, expected = item["artifacts"][0]["claims"][0], given.artifacts[0].claims[0]
            assert claim["message"] == encodable(expected.message)
            assert claim["evidence"][0]["seen"] == encodable(expected.evidence[0].seen)


def test_json_has_the_keys_of_the_contract():
    """The keys that docs/report.md promises; more may come, none of these goes, none is ever left out."""
    report = of(errors=(Problem("a.md", 1, 1, "bad"),))
    read = json.loads(json_report.render(report))
    assert list(read) == ["version", "verdict", "run", "errors", "items"]
    assert read["version"] == 1
    assert read["verdict"] == "failed"
    assert {"at", "ref", "loopcheck", "complete", "looks", "notes"} == set(read["run"])
    assert read["errors"] == [{"path": "a.md", "line": 1, "column": 1, "message": "bad", "hint": None}]
    item = read["items"][0]
    assert {"id", "title", "owner", "due", "location", "requires", "rung", "verdict", "artifacts"} <= set(item)
    assert item["due"] == "2026-12-15"
    assert item["rung"] is None
    assert item["location"] == {"path": "postmortems/lag.md", "line": 10, "column": None}
    artifact = item["artifacts"][0]
    assert {"kind", "verdict", "claims"} <= set(artifact)
    claim = artifact["claims"][0]
    assert claim == {
        "rung": "exists",
        "claim": "in-place",
        "outcome": "fails",
        "message": "it is not there",
        "reason": "no-file",
        "remedy": "Add the file.",
        "evidence": [{"source": "run.sh:3@4f2a9c1b2c3d", "seen": "nothing", "at": None, "edited": None}],
        "sketch": None,
    }


def test_json_says_the_first_line_too():
    report = msgspec.structs.replace(of(), errors=(Problem("a.md", 1, 1, "bad"),))
    item = msgspec.structs.replace(report.items[0], location=Location("a.yml", 1))
    read = json.loads(json_report.render(msgspec.structs.replace(report, items=(item,))))
    assert read["items"][0]["location"]["line"] == 1


def test_json_takes_every_kind_of_text():
    """A checker may well give a path as what it is, which is a kind of `str`."""
    report = of()
    artifact = msgspec.structs.replace(report.items[0].artifacts[0], summary=RepoPath("run.sh"))
    item = msgspec.structs.replace(report.items[0], artifacts=(artifact,))
    read = json.loads(json_report.render(msgspec.structs.replace(report, items=(item,))))
    assert read["items"][0]["artifacts"][0]["summary"] == "run.sh"


# text and terminal


def test_text_is_the_same_with_and_without_a_terminal(hostile):
    for report in hostile[:5]:
        wrapped = terminal.render(report, color=False, width=None)
        seen = re.sub(r"[✔✘?] (?=[A-Za-z])", "", wrapped)
        assert [line.split() for line in seen.splitlines()] == [
            re.sub(r"[✔✘?] (?=[A-Za-z])", "", line).split() for line in text.render(report).splitlines()
        ]


@pytest.mark.parametrize("width", [20, 40, 80])
def test_a_terminal_is_not_overrun(width, hostile):
    from rich.cells import cell_len

    for report in [of(message="a word " * 60), hostile[0]]:
        for line in terminal.render(report, color=False, width=width).splitlines():
            assert cell_len(line) <= width, line


def test_colours_only_where_they_are_wanted():
    assert "\x1b[" in terminal.render(of(), color=True)
    assert "\x1b" not in terminal.render(of(), color=False)
    assert "\x1b" not in text.render(of())


def test_verbose_shows_what_holds_and_the_evidence():
    assert "in-place" not in text.render(of(Verdict.VERIFIED))
    shown = text.render(of(Verdict.VERIFIED), verbose=True)
    assert "in-place" in shown
    assert "run.sh:3@4f2a9c1b2c3d: nothing" in shown


# github


def test_github_says_its_own_commands_and_no_other(hostile):
    for report in hostile:
        found = suspects(github.render(report))
        assert Counter(command.name for command in found) == {"error": 10, "warning": 10}
        for command in found:
            assert {"line", "title"} <= set(command.properties) <= {"file", "line", "col", "title"}
            assert len(command.data) <= 4096


def test_github_texts_come_out_as_they_went_in(some):
    for report in some:
        titles = {one_line(f"FAILED: {item.title}", 200) for item in report.items}
        messages = {one_line(item.artifacts[0].claims[0].message) for item in report.items}
        for command in suspects(github.render(report))[1:9]:  # the first is the declaration that cannot be read
            assert command.properties["title"] in titles
            assert any(message in command.data for message in messages)
            assert command.properties["line"] == "7"


def test_github_writes_what_a_person_reads():
    assert github.render(of(message="100% of: a, b")) == (
        "::error file=postmortems/lag.md,line=12,col=5,title=FAILED%3A Write it::repo-file run.sh%0A"
        "in-place [no-file]: 100%25 of: a, b%0A-> Add the file.\n"
        "1 item: 0 verified, 0 inconclusive, 1 failed. Looked at 4f2a9c1b2c3d.\n"
    )
    assert github.render(of(Verdict.INCONCLUSIVE)).startswith("::warning file=")
    assert "::" not in github.render(of(Verdict.VERIFIED))


def test_github_lists_what_it_may_not_annotate():
    written = github.render(of(items=13))
    assert len(suspects(written)) == 10
    assert "title=and 4 more::4 more, which GitHub does not show" in written
    assert len(re.findall(r"^error: postmortems/lag.md:12:5: FAILED: Write it", written, re.MULTILINE)) == 4


# markdown


MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_OURS = re.compile(r"[\w .,:()|…-]*")
_ALLOWED = {"heading", "paragraph", "table", "thead", "tbody", "tr", "th", "td", "inline", "fence"}


def outside_of_code(written):
    """The words of a Markdown document that do not stand in code, after checking that it has no other element."""
    for token in MARKDOWN.parse(written):
        assert token.type.removesuffix("_open").removesuffix("_close") in _ALLOWED, token
        for child in token.children or []:
            assert child.type in ("text", "code_inline", "softbreak"), child
            if child.type == "text":
                yield child.content


def test_markdown_keeps_strangers_in_code(hostile):
    for report in hostile:
        written = markdown.render(report)
        for words in outside_of_code(written):
            assert _OURS.fullmatch(re.sub("[✅🟡❌]", "", words)), words
        assert not re.search(r"@(?!\u200b)|#(?=[0-9])|<!--|\bGH-[0-9]", written, re.IGNORECASE)
        rows = [token for token in MARKDOWN.parse(written) if token.type == "td_open"]
        assert len(rows) == 5 * len(report.items)
        fences = [token for token in MARKDOWN.parse(written) if token.type == "fence"]
        unverified = [item for item in report.items if item.verdict is not Verdict.VERIFIED]
        assert len(fences) == len(report.errors) + len(unverified) + 2  # one note, and "stopped early"


@pytest.mark.parametrize("block", ["```\n# h", "~~~\n```` x\n```", "`````", "plain"])
def test_nothing_closes_a_fence(block):
    assert [token.type for token in MARKDOWN.parse(markdown.fenced(block))] == ["fence"]


def test_markdown_shows_the_worst_first():
    report = of(Verdict.VERIFIED)
    report = msgspec.structs.replace(report, items=(*report.items, *of(Verdict.FAILED).items))
    written = markdown.render(report)
    assert written.index("❌ failed") < written.index("✅ verified")
    assert "-> Add the file." in written


def test_markdown_says_what_it_leaves_out():
    report = of(items=20_000)
    written = markdown.render(report)
    assert len(written.encode()) < 1024 * 1024
    rows = written.count("\n| ❌")
    assert f"… and {20_000 - rows} more artifacts" in written
    assert "more items that do not hold" in written
    small = markdown.render(report, limit=markdown.COMMENT_LIMIT)
    assert len(small.encode()) <= markdown.COMMENT_LIMIT
    assert "stopped early" in markdown.render(of(items=20_000, complete=False))


# junit


def test_junit_parses_back_to_the_same_text(some):
    for report in some:
        suites = ET.fromstring(renderer("junit")(report))  # noqa: S314 - our own output
        cases = suites.findall("testsuite/testcase")
        assert len(cases) == sum(len(item.artifacts) for item in report.items) + len(report.errors)
        for case, item in zip(cases, report.items, strict=False):
            assert case.get("classname") == one_line(item.id)
            artifact = item.artifacts[0]
            assert case.get("name") == one_line(f"{artifact.kind} {artifact.summary}")
            wanted = {"verified": [], "failed": ["failure"], "inconclusive": ["error"]}[item.verdict.value]
            assert [child.tag for child in case] == wanted
            if wanted:
                assert case[0].get("message") == one_line(artifact.claims[0].message)


def test_junit_has_the_form_that_schemas_ask_for():
    """Attributes and order that the schemas of Ant and of Jenkins have in common."""
    root = ET.fromstring(renderer("junit")(of(errors=(Problem("a.md", 1, 1, "bad", "do"),))))  # noqa: S314
    assert root.attrib == {}
    for number, suite in enumerate(root):
        assert [child.tag for child in suite] == ["properties", "testcase", "system-out", "system-err"]
        assert set(suite.attrib) == {
            "name", "package", "id", "timestamp", "hostname", "tests", "failures", "errors", "time",
        }  # fmt: skip
        assert suite.get("id") == str(number)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp"))
    assert [suite.get("failures") + suite.get("errors") for suite in root] == ["10", "01"]


# sarif


def unbraced(words):
    return words.replace("\\[", "[").replace("\\]", "]").replace("{{", "{").replace("}}", "}")


def test_sarif_parses_back_to_the_same_text(some):
    for report in some:
        run = json.loads(sarif.render(report))["runs"][0]
        results = run["results"]
        unverified = [item for item in report.items if item.verdict is not Verdict.VERIFIED]
        assert len(results) == len(report.errors) + len(unverified)
        rules = run["tool"]["driver"]["rules"]
        assert len({rule["id"] for rule in rules}) == len(rules)
        for result in results:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})*", uri)
        for result, item in zip(results[len(report.errors) :], unverified, strict=True):
            assert one_line(item.artifacts[0].claims[0].message) in unbraced(result["message"]["text"])
            assert result["level"] == ("error" if item.verdict is Verdict.FAILED else "note")


def test_sarif_points_at_the_declaration_and_the_evidence():
    result = json.loads(sarif.render(of()))["runs"][0]["results"][0]
    assert result["ruleId"] == "repo-file/in-place"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "postmortems/lag.md", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 12, "startColumn": 5},
    }
    assert result["relatedLocations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "run.sh", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3},
    }


def test_sarif_leaves_out_what_was_not_required():
    """A claim above the required rung changes no verdict, and is no finding."""
    report = of()
    claim = msgspec.structs.replace(report.items[0].artifacts[0].claims[0], rung=Rung.PROVEN)
    artifact = msgspec.structs.replace(report.items[0].artifacts[0], claims=(claim,))
    item = msgspec.structs.replace(report.items[0], artifacts=(artifact,))
    report = msgspec.structs.replace(report, items=(item,))
    assert json.loads(sarif.render(report))["runs"][0]["results"] == []
