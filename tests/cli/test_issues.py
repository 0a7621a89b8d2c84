"""`--issues`: items of GitHub's issues beside those of the files, and whose declarations count."""

import json
from datetime import UTC, datetime

import pytest
from declared_items import declared
from standins.github import GitHubStandIn
from standins.github.state import Account

from loopcheck.reports import FORMATS
from loopcheck.reports.clean import unlinked

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BLOCK = '```loopcheck\nowner: "@ana"\nverify: [{repo-file: {path: PATH}}]\n```\n'
DONE, MISSING = BLOCK.replace("PATH", "run.sh"), BLOCK.replace("PATH", "stop.sh")
LABEL = ["action-item"]


@pytest.fixture
def github(monkeypatch):
    with GitHubStandIn(now=NOW, private=False) as standin:
        standin.repository.roles |= {"ana": "triage", "bob": "write", "eve": "read"}
        for name, value in standin.environment.items():
            monkeypatch.setenv(name, value)
        yield standin


def verify(loopcheck, *more):
    return loopcheck("verify", "--issues", "--now", "2026-11-20T12:00Z", *more)


def report(loopcheck):
    done = verify(loopcheck, "--format", "json")
    return done.code, json.loads(done.out)


def test_issues_are_verified_beside_files(repository, loopcheck, github):
    github.repository.add_issue("Write a script", DONE, labels=LABEL)
    github.repository.add_issue("Stop it", f"Because.\n\n{MISSING}", labels=LABEL)
    code, read = report(loopcheck)
    assert code == 1
    assert [(item["id"], item["verdict"], item["url"]) for item in read["items"]] == [
        ("postmortems/lost.md#write-a-script", "verified", None),
        ("#1", "verified", "https://github.com/acme/shop/issues/1"),
        ("#2", "failed", "https://github.com/acme/shop/issues/2"),
    ]
    assert read["items"][2]["location"] == {"path": "#2", "line": 3, "column": None}
    assert read["run"]["looks"]["github"] == len(github.requests) == 2


def test_without_the_option_nobody_is_asked(repository, loopcheck, github):
    github.repository.add_issue("Stop it", MISSING, labels=LABEL)
    assert loopcheck("verify").code == 0
    assert github.requests == []


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ("text", "\n               #1:1, @ana"),
        ("markdown", unlinked("#1:1")),
        ("github", "::error file=#1,line=3,col=11,title=FAILED%3A Stop it::"),
        ("sarif", '"uri": "%231"'),
        ("junit", "#1"),
    ],
)
def test_every_report_says_which_issue(repository, loopcheck, github, style, words):
    github.repository.add_issue("Stop it", MISSING, labels=LABEL)
    done = verify(loopcheck, "--format", style)
    assert done.code == 1
    assert words in done.out


def test_closed_issues_are_verified_unless_they_were_dropped(repository, loopcheck, github):
    for reason in ("completed", "not_planned", "duplicate"):
        github.repository.close(github.repository.add_issue("Stop it", MISSING, labels=LABEL), reason=reason)
    _, read = report(loopcheck)
    assert [item["id"] for item in read["items"]] == ["postmortems/lost.md#write-a-script", "#1"]


def test_the_label_and_the_time_can_be_configured(repository, loopcheck, github):
    repository.commit({".github/loopcheck.yml": "issues: {label: promise, closed-within: 30d}\n"})
    there = github.repository
    there.add_issue("Stop it", MISSING, labels=LABEL)
    there.add_issue("Stop it", MISSING, labels=["promise"])
    there.close(there.add_issue("Old", MISSING, labels=["promise"]), at=datetime(2026, 10, 1, tzinfo=UTC))
    _, read = report(loopcheck)
    assert [item["id"] for item in read["items"]][1:] == ["#2"]


WHO = [
    ("ana", None, None),
    ("ana", "bob", None),
    ("bob", "ana", None),
    ("eve", None, "@eve, who wrote it, may not declare"),
    ("stranger", None, "@stranger, who wrote it, may not declare"),
    ("ana", "eve", "@eve, who last edited it, may not declare"),
    ("eve", "ana", "@eve, who wrote it, may not declare"),
    (None, None, "the account that wrote it is deleted"),
    (Account(7, "helper[bot]", "Bot"), None, "helper[bot] wrote it, which is not a person"),
    (Account(8, "helper", "Mannequin"), None, "helper wrote it, which is not a person"),
    ("ana", Account(7, "helper[bot]", "Bot"), "helper[bot] last edited it, which is not a person"),
    (Account(9, "incident-bot[bot]", "Bot"), None, None),
    (Account(9, "incident-bot[bot]", "Bot"), "eve", "@eve, who last edited it, may not declare"),
    (Account(8, "incident-bot", "User"), None, "@incident-bot, who wrote it, may not declare"),
]


def test_whose_declarations_count(repository, loopcheck, github):
    repository.commit({".github/loopcheck.yml": "issues: {apps: [incident-bot]}\n"})
    for author, editor, _ in WHO:
        github.repository.add_issue("Stop it", MISSING, author=author, editor=editor, labels=LABEL)
        for one in (author, editor):
            if isinstance(one, Account):
                github.accounts[one.login] = one
    for issue in github.repository.issues:
        issue.editor = github.account(issue.editor) if isinstance(issue.editor, str) else issue.editor
    code, read = report(loopcheck)
    assert code == 1
    looked_at = {item["id"] for item in read["items"]}
    for number, (_, _, why) in enumerate(WHO, 1):
        assert (f"#{number}" in looked_at) is (why is None)
        assert (why is None) or any(
            note.startswith(f"#{number} was not looked at: {why}") for note in read["run"]["notes"]
        )


def test_an_editor_whose_account_is_deleted_is_not_nobody(repository, loopcheck, github):
    github.repository.add_issue("Stop it", MISSING, labels=LABEL).edited = NOW
    code, read = report(loopcheck)
    assert (code, read["run"]["notes"]) == (0, ["#1 was not looked at: the account that last edited it is deleted"])


MONITOR = "datadog-monitor: {metric: DISK, fires-when: '> 1'}"
LOOKS = ("repo-file: {path: THERE}", MONITOR, "repo-file: {")


@pytest.mark.parametrize("artifact", LOOKS)
def test_who_may_not_declare_learns_nothing(repository, loopcheck, github, artifact):
    """Two worlds, in one of which the artifact exists: the same output, and nobody is asked for it."""
    body = BLOCK.replace("repo-file: {path: PATH}", artifact)
    issue = github.repository.add_issue("Stop it", body, author="stranger", labels=LABEL)
    worlds = []
    for there in ("run.sh", "secret.sh"):
        issue.body = body.replace("THERE", there)
        worlds.append([verify(loopcheck, "--format", style) for style in FORMATS])
    assert worlds[0] == worlds[1]
    assert all(done.code == 0 for done in worlds[0])
    assert {call.path for call in github.requests} == {
        "/graphql", "/repos/acme/shop/collaborators/stranger/permission",
    }  # fmt: skip


def test_everybody_is_asked_about_once(repository, loopcheck, github):
    for author in ("ana", "bob", "ana", "eve", "eve"):
        github.repository.add_issue("Stop it", DONE, author=author, editor=github.account("ana"), labels=LABEL)
    github.repository.add_issue("Talk", "It declares nothing.", author="stranger", labels=LABEL)
    _, read = report(loopcheck)
    assert len(read["items"]) == 4
    assert len(github.asked("GET */collaborators")) == 1
    assert github.asked("GET */permission") == []
    assert "no artifact is declared in #6" in read["run"]["notes"]


@pytest.mark.parametrize("fault", ["404", "401", "403-permission"])
def test_not_seeing_whether_somebody_may_declare_is_inconclusive(repository, loopcheck, github, fault):
    github.fault("GET */permission", fault, times=None)
    github.repository.add_issue("Stop it", MISSING, labels=LABEL)
    code, read = report(loopcheck)
    assert code == 3
    item = read["items"][1]
    assert (item["id"], item["verdict"]) == ("#1", "inconclusive")
    ((claim,),) = [artifact["claims"] for artifact in item["artifacts"]]
    assert (claim["claim"], claim["outcome"]) == ("observed", "unknown")
    assert claim["message"].startswith("it could not be seen whether its author may declare")


def test_a_mistake_of_somebody_unknown_is_not_held_against_anybody(repository, loopcheck, github):
    github.fault("GET */permission", "404", times=None)
    github.repository.add_issue("Stop it", MISSING.replace("owner", "onwer"), labels=LABEL)
    github.repository.add_issue("Stop it", MISSING.replace("[{", "["), labels=LABEL)
    code, read = report(loopcheck)
    assert (code, read["verdict"], read["errors"]) == (4, "inconclusive", [])
    assert sorted(note[:2] for note in read["run"]["notes"]) == ["#1", "#2"]


def test_a_mistake_of_somebody_who_may_is_named(repository, loopcheck, github):
    github.repository.add_issue("Stop it", MISSING.replace("owner", "onwer"), labels=LABEL)
    done = verify(loopcheck)
    assert done.code == 2
    assert "#1:2:1: unknown key `onwer`" in done.out


@pytest.mark.parametrize("fault", ["403-permission", "401", "404"])
def test_issues_that_cannot_be_seen_are_not_none(repository, loopcheck, github, fault):
    github.repository.add_issue("Stop it", MISSING, labels=LABEL)
    github.fault("POST /graphql", fault, times=None)
    github.fault("GET */issues", fault, times=None)
    code, read = report(loopcheck)
    assert (code, read["verdict"], read["run"]["complete"]) == (4, "inconclusive", False)
    assert read["run"]["notes"][0].startswith("the issues labelled `action-item` were not read: ")
    listed = loopcheck("list", "--issues")
    assert listed.code == 4
    assert "were not read" in listed.out


@pytest.mark.parametrize("unset", ["GITHUB_TOKEN", "GITHUB_REPOSITORY"])
def test_what_is_needed_is_said(repository, loopcheck, github, monkeypatch, unset):
    monkeypatch.delenv(unset)
    for command in ("verify", "list"):
        done = loopcheck(command, "--issues")
        assert done.code == 2
        assert unset in done.err
    assert unset in loopcheck("doctor").out
    monkeypatch.undo()


def test_doctor_says_that_github_can_be_asked(repository, loopcheck, github):
    assert "fine     GitHub can be asked about acme/shop" in loopcheck("doctor").out
    assert github.requests == []


def test_list_shows_issues(repository, loopcheck, github):
    q4 = github.repository.add_milestone("Q4", due=datetime(2026, 12, 31, tzinfo=UTC))
    github.repository.add_issue("Stop it", MISSING, labels=LABEL, milestone=q4)
    done = loopcheck("list", "--issues", "--now", "2026-11-20")
    assert done.code == 0
    assert "2026-12-31  Stop it\n            @ana: repo-file (active)\n            #1 at #1:1\n" in done.out
    assert json.loads(loopcheck("list", "--issues", "--format", "json").out)["items"][1]["id"] == "#1"


def test_one_issue_can_be_chosen(repository, loopcheck, github):
    github.repository.add_issue("Stop it", MISSING, labels=LABEL)
    assert verify(loopcheck, "--item", "#1").code == verify(loopcheck, "--item", "1").code == 1


INCIDENT = "---\nincident: {id: INC-9, title: Outage, started: 2026-11-01T09:14Z}\n---\nIt was down.\n"


@pytest.mark.parametrize(
    ("author", "body", "incident", "note"),
    [
        ("ana", INCIDENT, "INC-9", None),
        ("ana", "It was down.", "#1", None),
        ("eve", INCIDENT, "#1", "the incident #1 was not read: @eve, who wrote it, may not declare"),
    ],
)
def test_an_issue_can_be_the_incident(repository, loopcheck, github, author, body, incident, note):
    github.repository.add_issue("Outage", body, author=author)
    github.repository.add_issue("Stop it", MISSING.replace("owner", 'incident: "#1"\nowner'), labels=LABEL)
    _, read = report(loopcheck)
    told = read["items"][1]["incident"]
    assert (told["id"], told["started"] is not None) == (incident, incident == "INC-9")
    assert note is None or any(one.startswith(note) for one in read["run"]["notes"])


def test_an_issue_refers_to_a_post_mortem(repository, loopcheck, github):
    repository.commit({"postmortems/lost.md": declared()})
    github.repository.add_issue("Stop it", MISSING.replace("owner", "incident: INC-7\nowner"), labels=LABEL)
    _, read = report(loopcheck)
    assert read["items"][1]["incident"] == read["items"][0]["incident"]


def test_where_graphql_is_refused_the_editor_is_unknown_and_that_is_said(repository, loopcheck, github):
    github.fault("POST /graphql", "graphql-forbidden", times=None)
    there = github.repository
    there.add_issue("Stop it", MISSING, labels=LABEL)
    there.add_issue("Stop it", MISSING, labels=LABEL, editor=github.account("bob"), updated=NOW.replace(hour=13))
    there.add_issue("Stop it", MISSING, author="eve", labels=LABEL)
    code, read = report(loopcheck)
    assert (code, [item["id"] for item in read["items"]][1:]) == (1, ["#1", "#2"])
    assert "GitHub did not say who last edited #2; what their authors may declare counts" in read["run"]["notes"]
    assert any(note.startswith("#3 was not looked at: @eve, who wrote it") for note in read["run"]["notes"])
