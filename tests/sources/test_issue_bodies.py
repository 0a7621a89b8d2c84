"""The body of an issue: what of it is a declaration, whose, due when, and where each mistake stands."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopcheck.config import ConfigFile
from loopcheck.registry import InstalledCheckers
from loopcheck.sources import understand
from loopcheck.sources.issues import open_issue
from loopcheck.sources.written import Tracked
from loopcheck.tracker import Issue, Person
from loopcheck.world import File

AT = datetime(2026, 11, 20, tzinfo=UTC)
REGISTRY = InstalledCheckers()
BLOCK = '```loopcheck\nowner: "@alice"\nverify: [{repo-file: {path: run.sh}}]\n```\n'
FORM = """### Owner

@alice

### Due

2026-12-15

### Incident

_No response_

### Require

exists

### Verify

```yaml
- repo-file:
    path: run.sh
```

### Why

Because.
"""
FRONT = '---\nowner: "@alice"\nverify:\n  - repo-file: {path: run.sh}\n---\nText.\n'


def issue(body, number=12, **details):
    url = f"https://github.com/acme/shop/issues/{number}"
    return Issue(number, "Write a script", body, url, True, Person(1, "ana"), None, AT, AT, **details)


def declared(*issues, config=None, files=()):
    written = tuple(open_issue(one) if isinstance(one, Issue) else open_issue(issue(one)) for one in issues)
    return understand(files, config or ConfigFile(), REGISTRY, (), Tracked(written))


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (BLOCK, "#12:3:11"),
        (f"Words.\n\n{BLOCK}", "#12:5:11"),
        (f"### Declaration\n\n{BLOCK}", "#12:5:11"),
        (f"> {BLOCK.replace(chr(10), chr(10) + '> ')}", "#12:3:13"),
        (FORM, "#12:20:3"),
        (FORM.replace("```yaml\n", "").replace("```\n", ""), "#12:19:3"),
        (FORM.replace("### Verify", "###  verify "), "#12:20:3"),
        (FRONT, "#12:4:5"),
        (f"{FRONT}\n{FORM}", "#12:4:5"),
        (f"{FORM}\n{BLOCK}", "#12:30:11"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_one_declaration_is_the_issues(body, where, newline):
    found = declared(body.replace("\n", newline))
    assert not found.problems
    (item,) = found.items
    assert (item.id, item.title, item.owner) == ("#12", "Write a script", "@alice")
    assert item.url == "https://github.com/acme/shop/issues/12"
    assert [artifact.declared for artifact in item.artifacts] == [{"path": "run.sh"}]
    assert str(item.artifacts[0].location) == where


def test_a_form_says_all_that_a_block_can():
    body = FORM.replace("_No response_", "INC-7")
    (item,) = declared(body).items
    assert (item.due, item.requires.value, item.incident.id) == (date(2026, 12, 15), "exists", "INC-7")


@pytest.mark.parametrize(
    ("body", "where", "words"),
    [
        (BLOCK.replace("owner", "onwer"), "#12:2:1", "unknown key `onwer`"),
        (BLOCK.replace("```\n", ""), "#12:1:1", "this block is never closed"),
        (BLOCK.replace("```loopcheck", "```loopchek"), "#12:1:1", "the info string `loopchek` is not read"),
        (BLOCK.replace("[{", "["), "#12:3:", "not YAML"),
        (FORM.replace("@alice", "the SRE team"), "#12:3:1", "is a team or a role"),
        (FORM.replace("2026-12-15", "15.12.2026"), "#12:7:1", "is not an ISO date"),
        (FORM.replace("repo-file", "repo-fiel"), "#12:20:3", "no kind of artifact is named `repo-fiel`"),
        (FORM.replace("@alice", "_No response_"), "#12:1:1", "`owner`"),
        (f"{FORM}\n### Owner\n\n@mallory\n", "#12:28:1", "`owner` is there twice"),
        (FORM.replace("### Why", "### Owner\n\n_No response_\n\n### Why"), "#12:24:1", "`owner` is there twice"),
        (FORM.replace("### Why", "```yaml\n- b: {}\n```\n"), "#12:24:1", "two blocks below `Verify`"),
        (FORM.split("- repo-file", maxsplit=1)[0] + "```\n", "#12:1:1", "`verify`"),
        (FRONT.replace("verify:", "verify: ["), "#12:", "not YAML"),
        (FRONT.replace("owner", "onwer"), "#12:2:1", "unknown key `onwer`"),
    ],
)
def test_a_mistake_is_named_at_its_place_in_the_body(body, where, words):
    found = declared(body)
    assert not found.items
    assert any(str(one).startswith(where) and words in one.message for one in found.problems), found.problems


@pytest.mark.parametrize(
    "body",
    [
        "",
        "We should have an alert.",
        f"<!--\n{BLOCK}-->\n",
        f"````markdown\n{BLOCK}````\n",
        f"<!--\n{FORM}-->\n",
        f"````markdown\n{FORM}````\n",
        "### Owner\n\n@alice\n",
        "### Verify\n\n- that it works\n",
        "#### Owner\n\n@alice\n\n#### Verify\n\n- repo-file: {path: a}\n",
        "---\nverified: yes\n---\nText.\n",
    ],
)
def test_other_text_declares_nothing(body):
    found = declared(body)
    assert (found.items, found.problems) == ((), ())


def test_several_blocks_are_several_items():
    second = BLOCK.replace("run.sh", "stop.sh")
    found = declared(f"## Run it\n\n{BLOCK}\n## Stop it\n\n{second}\n## Run it\n\n{second}")
    assert [(item.id, item.title) for item in found.items] == [
        ("#12/run-it", "Run it"), ("#12/stop-it", "Stop it"), ("#12/run-it-2", "Run it"),
    ]  # fmt: skip
    assert [str(item.location) for item in found.items] == ["#12:3", "#12:10", "#12:17"]


@pytest.mark.parametrize(
    ("assignees", "owner"), [(("bob",), "@bob"), ((), None), (("bob", "ana"), None)], ids=["one", "nobody", "two"]
)
def test_who_is_assigned_owns_what_names_nobody(assignees, owner):
    silent = BLOCK.replace('owner: "@alice"\n', "")
    found = declared(issue(silent, assignees=assignees))
    assert [item.owner for item in found.items] == ([owner] if owner else [])
    assert bool(found.problems) is (owner is None)
    (named,) = declared(issue(BLOCK, assignees=assignees)).items
    assert named.owner == "@alice"


@pytest.mark.parametrize(
    ("more", "milestone", "due", "expected"),
    [
        ("", "Q4", date(2026, 12, 31), date(2026, 12, 31)),
        ("", "S12", None, date(2026, 12, 15)),
        ("", "s12", None, date(2026, 12, 15)),
        ("", "Q4", None, None),
        ("", None, None, None),
        ("due: 2026-11-30\n", "Q4", date(2026, 12, 31), date(2026, 11, 30)),
        ("due: q4\n", "Q4", date(2026, 12, 31), date(2026, 12, 31)),
        ("milestone: Q4\n", "Q4", date(2026, 12, 31), date(2026, 12, 31)),
        ("sprint: S12\n", "Q4", date(2026, 12, 31), date(2026, 12, 15)),
    ],
)
def test_a_milestone_is_a_deadline(more, milestone, due, expected):
    body = BLOCK.replace("owner", f"{more}owner")
    config = ConfigFile(calendar={"S12": date(2026, 12, 15)})
    found = declared(issue(body, milestone=milestone, milestone_due=due), config=config)
    assert not found.problems
    assert [item.due for item in found.items] == [expected]


def file(incident, block=""):
    return File("postmortems/a.md", "", f"---\nincident: {incident}\n---\n# A\n\n{block}".encode(), "c")


def test_an_incident_is_looked_up_in_its_post_mortem():
    body = BLOCK.replace("owner", "incident: inc-7\nowner")
    (item,) = declared(body, files=[file("{id: INC-7, started: 2026-11-01T09:14Z}")]).items
    assert (item.incident.id, item.incident.started.day, item.incident.report.path) == ("INC-7", 1, "postmortems/a.md")


def test_what_a_file_says_of_an_incident_stands_against_an_issue():
    earlier = "incident: {id: INC-7, started: 2020-01-01T00:00Z}\n"
    files = [file("{id: INC-7, started: 2026-11-01T09:14Z}")]
    for body in (f"---\n{earlier}---\n{BLOCK}", FRONT.replace("owner", f"{earlier}owner")):
        (item,) = declared(body, files=files).items
        assert item.incident.started.year == 2026
        (alone,) = declared(body).items
        assert alone.incident.started.year == 2020


def test_another_issue_may_be_the_incident():
    incident = issue("---\nincident: {id: INC-9, started: 2026-11-01T09:14Z}\n---\nIt was down.", number=7)
    by_number = BLOCK.replace("owner", 'incident: "#7"\nowner')
    for body in (by_number, by_number.replace("#7", "INC-9")):
        (item,) = declared(issue(body), incident).items
        assert (item.incident.id, item.incident.report.path) == ("INC-9", "#7")


@pytest.mark.parametrize("taken", ["#12", "#12/run-it", "#99"])
def test_nobody_gives_an_id_that_is_an_issues(taken):
    block = BLOCK.replace("owner", f'id: "{taken}"\nowner')
    found = declared(BLOCK, files=[file("INC-7", block)])
    assert [item.id for item in found.items] == ["#12"]
    assert "is that of an issue's item" in found.problems[0].message


def test_a_files_id_stands_against_an_issues():
    block = BLOCK.replace("owner", "id: run-it\nowner")
    found = declared(block, files=[file("INC-7", block)])
    assert [item.location.path for item in found.items] == ["postmortems/a.md"]
    assert (found.problems[0].path, "is taken by postmortems/a.md" in found.problems[0].message) == ("#12", True)


PARTS = st.sampled_from(
    '```loopcheck|```|````|~~~|---|### Owner|### Verify|### Due|_No response_|owner: "@a"|verify:|- repo-file: {path: a}'
    '|- a|- - -|[|{|<!--|-->|> |    |\r|\t|@a|#1|incident: {id: I}|incident: "#7"|id: "#1"|&a|*a|!!x y|? |: |\0|\u2028|é'
    .split("|")
)  # fmt: skip


@given(st.lists(st.one_of(PARTS, st.text(max_size=10)), max_size=30).map("\n".join))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_items_or_mistakes(body):
    found = declared(body)
    lines = body.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert all(problem.path == "#12" and 1 <= problem.line <= lines + 1 for problem in found.problems)
    assert all(item.id and item.artifacts for item in found.items)


@pytest.mark.parametrize(
    "body",
    [
        "[" * 65_536,
        f"```loopcheck\n{'[' * 65_000}\n```",
        f"```loopcheck\n{'- ' * 30_000}\n```",
        "### Owner\n\n@a\n\n### Verify\n\n" + "- " * 30_000,
        "### Verify\n\n" * 4_000,
        "### Owner\n\n### Due\n\n### Verify\n\n" * 1_500,
        "```loopcheck\n" * 5_000,
        "```loopcheck\n```\n" * 3_500,
        "```loopcheck\nverify:\n" + "- a: {}\n" * 5_000 + "```\n",
        "> " * 30_000 + "```loopcheck",
        "---\n" * 16_000,
        "---\nverify: " + "{" * 60_000,
        "loopcheck" + " " * 65_000,
        "### verify" + "\t" * 65_000,
        "<!--" * 16_000,
        "\r" * 65_000,
        BLOCK * 900,
    ],
    ids=lambda body: repr(body[:18]),
)
def test_hostile_text_gives_items_or_mistakes(body):
    found = declared(body)
    assert not found.items
