"""`runbook`, on real repositories. What looks right and is wrong is in ../mutants.py."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standins.volume import each_in_part

from loopcheck.binding import BindingError
from loopcheck.model import Incident, Outcome, Rung, Verdict
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck.testing.mutants import Mutant
from loopcheck_checks.runbook import RunbookChecker, mutants
from loopcheck_checks.runbook.formats import parse

CHECKER = RunbookChecker()
HERE = Path(__file__).parent.parent
INCIDENT = Incident(id="INC-1", started=datetime(2026, 11, 1, tzinfo=UTC))
BEFORE, AFTER = "2026-10-01T10:00Z", "2026-11-05T10:00Z"
UNDATED = "changed-since: not-required\n"


def test_keeps_the_contract():
    check_contract(RunbookChecker, HERE / "README.md")


@pytest.mark.parametrize("mutant", each_in_part(mutants.mutants()), ids=lambda mutant: mutant.name)
def test_a_mutant_is_not_verified(mutant):
    assert mutants.outcome(mutant).killed


@pytest.mark.parametrize(
    "variation",
    [
        Mutant("as it is", mutants.PASSING),
        Mutant("drilled", mutants.DRILLED),
        Mutant("used", mutants.USED),
        *each_in_part(mutants.harmless()),
    ],
    ids=lambda variation: variation.name,
)
def test_a_harmless_variation_stays_verified(variation):
    assert mutants.outcome(variation).reasons == ()


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """A repository with a page of each shape, and its session."""
    repository = RepositoryBuilder(tmp_path_factory.mktemp("books"))
    repository.commit(
        {
            "lag.md": "# Lag\n\nSay `SELECT 1`\nand **restart** it. See http://x.example/d.\n\n[d]: a\n<!-- gone -->\n",
            "twice.md": "# A\n\nx\n\n# B\n\n## A\n\ny\n",
            "todo.md": "# A\n\n- [ ] TODO\n- TBD\n\n## B\n\n```\n# fixme\n```\n",
            "picture.md": "# A\n\n![](lag.md)\n",
            "steps.md": "# A\n\n## Step 1: x\n\na\n\n## 2. y\n\nb\n\n- c\n\n## Step 3\n",
            "page.html.md.erb": '---\ntitle: P\n---\n# <%= current_page.data.title %>\n\n## A\n\n<%= partial "x" %>\n',
            "note.txt": "Restart it.\n",
            "note.rst": "Lag\n===\n\nRestart it.\n\n.. hidden\n   words\n\nshown\n",
            "note.adoc": "= Lag\n\nRestart it.\n// hidden words\n////\nhidden too\n////\nshown\n",
            "note.html": "<h1>Lag</h1><p>Restart <b>it</b>.<!-- hidden\nwords -->shown</p>",
            "NOTES": "Restart it.\n",
            "empty.md": "",
            "latin.md": b"# \xe9\n",
            "long.md": "# A\n\n" + "word " * 5000,
            "folder/a.md": "x\n",
        }
    )
    (repository.folder / "link.md").symlink_to("lag.md")
    repository.commit_all()
    return repository.session()


@pytest.mark.parametrize(
    ("declared", "verdict", "reasons"),
    [
        ("path: lag.md", Verdict.VERIFIED, []),
        ("path: lag.md\nsection: lag", Verdict.VERIFIED, []),
        ("path: lag.md\nsection: '#lag'", Verdict.VERIFIED, []),
        ("path: lag.md\nsection: '#Lag'", Verdict.FAILED, ["no-section"]),
        ("path: lag.md\nmentions: select 1", Verdict.VERIFIED, []),
        ("path: lag.md\nmentions: {text: SELECT 1, in: code}", Verdict.VERIFIED, []),
        ("path: lag.md\nmentions: {text: select 1, in: code}", Verdict.FAILED, ["not-mentioned"]),
        ("path: lag.md\nmentions: {text: SELECT 1, in: prose}", Verdict.FAILED, ["not-mentioned"]),
        ("path: lag.md\nmentions: [say SELECT 1 and restart, 'http://x.example/d']", Verdict.VERIFIED, []),
        ("path: lag.md\nmentions: '**restart** it'", Verdict.VERIFIED, []),
        ("path: lag.md\nmentions: [start, gone, '[d]']", Verdict.FAILED, ["not-mentioned"] * 3),
        ("path: twice.md\nsection: A", Verdict.INCONCLUSIVE, ["ambiguous"]),
        ("path: twice.md\nsection: '#a-1'", Verdict.VERIFIED, []),
        ("path: todo.md\nsection: A", Verdict.FAILED, ["placeholder"]),
        ("path: todo.md\nsection: B", Verdict.FAILED, ["placeholder"]),
        ("path: empty.md", Verdict.FAILED, ["empty"]),
        ("path: picture.md", Verdict.VERIFIED, []),
        ("path: steps.md\nsteps: 2", Verdict.VERIFIED, []),
        ("path: steps.md\nsteps: 3", Verdict.FAILED, ["too-few-steps"]),
        ("path: gone.md", Verdict.FAILED, ["no-file"]),
        ("path: folder", Verdict.FAILED, ["no-file"]),
        ("path: LAG.md", Verdict.FAILED, ["no-file"]),
        ("path: link.md", Verdict.INCONCLUSIVE, ["linked"]),
        ("path: latin.md", Verdict.INCONCLUSIVE, ["not-text"]),
        ("path: long.md", Verdict.INCONCLUSIVE, ["too-big"]),
        ("path: page.html.md.erb\nsection: A", Verdict.VERIFIED, []),
        ("path: page.html.md.erb\nmentions: restart", Verdict.INCONCLUSIVE, ["not-judged"]),
        ("path: note.txt\nmentions: restart it", Verdict.INCONCLUSIVE, ["nothing-checked"]),
        ("path: note.txt\nmentions: stop it", Verdict.FAILED, ["not-mentioned"]),
        ("path: NOTES\nmentions: stop it", Verdict.FAILED, ["not-mentioned"]),
        ("path: note.rst\nsection: Lag", Verdict.INCONCLUSIVE, ["not-judged"]),
        ("path: note.rst\nmentions: [restart it, shown, hidden]", Verdict.INCONCLUSIVE, ["not-judged"]),
        ("path: note.adoc\nmentions: [restart it, shown, hidden]", Verdict.INCONCLUSIVE, ["not-judged"]),
        ("path: note.html\nmentions: [restart it, shown, hidden]", Verdict.INCONCLUSIVE, ["not-judged"]),
        ("path: note.txt\nsteps: 1", Verdict.INCONCLUSIVE, ["not-judged"]),
    ],
)
def test_says_what_is_there(books, declared, verdict, reasons):
    result = examine(CHECKER, declared + "\n" + UNDATED, books)
    assert (result.verdict, [claim.reason for claim in result.claims if claim.reason]) == (verdict, reasons)


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("path: LAG.md", "LAG.md: no such file; lag.md differs in upper and lower case, which matters on GitHub"),
        ("path: lag.md\nsection: Lags", "lag.md has no section `Lags`; did you mean `Lag`?"),
        ("path: twice.md\nsection: A", "`A` names 2 sections: #a (line 1), #a-1 (line 7)"),
        ("path: lag.md\nmentions: gone", "it does not mention `gone`: it stands only where no reader sees it"),
        ("path: lag.md\nmentions: start", "it does not mention `start`: it stands only as a part of other words"),
        (
            "path: twice.md\nsection: B\nmentions: x",
            "it does not mention `x`: it stands on line 3, outside the section",
        ),
        ("path: lag.md\nmentions: {text: SELECT 1, in: prose}", "in prose: it stands on line 3, but not in prose"),
    ],
)
def test_helps_the_author(books, declared, said):
    result = examine(CHECKER, declared + "\n" + UNDATED, books)
    assert any(said in claim.message for claim in result.claims), [claim.message for claim in result.claims]


def test_names_the_line_of_what_it_found(books):
    result = examine(CHECKER, "path: lag.md\nsection: Lag\nmentions: restart it\n" + UNDATED, books)
    sources = {claim.claim: claim.evidence[0].source.partition("@")[0] for claim in result.claims if claim.evidence}
    assert (sources["has-section"], sources["mentions"]) == ("lag.md:1", "lag.md:4")


LINKS = [
    ("b.md", "holds"), ("./b.md#there", "holds"), ("/docs/b.md", "holds"), ("../code.py#L10-L12", "holds"),
    ("sub%20folder/c.md", "holds"), ("<sub folder/c.md>", "holds"), ("sub%20folder", "holds"), ("../docs/", "holds"),
    ("#a", "holds"), ("#top", "holds"), ("#", "holds"), ("b.md?raw=1", "holds"), ("b.md#L3", "holds"), ("..", "holds"),
    ("https://example.org/gone", "holds"), ("//example.org/gone", "holds"), ("mailto:a@b.c", "holds"),
    ("../../../issues/3", "holds"), ("", "holds"),
    ("c.md", "broken-link"), ("b.md#gone", "broken-link"), ("#gone", "broken-link"), ("B.md", "broken-link"),
    ("../b.md", "broken-link"), ("/b.md", "broken-link"), ("b.md/", "holds"), ("sub%2520folder/c.md", "broken-link"),
    ("../code.rb", "broken-link"), ("gone/", "broken-link"),
    ("b", "not-judged"), ("b.html", "not-judged"), ("b/index.html", "not-judged"), ("b.md#There", "not-judged"),
    ("{{ site.url }}/b.md", "holds"), ("{{site.url}}/b.md", "not-judged"), ("module/x.md", "not-judged"),
]  # fmt: skip


def test_follows_links(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    files = {"docs/b.md": "# There\n", "docs/sub folder/c.md": "x\n", "code.py": "1\n"}
    files |= {f"docs/{n}.md": f"# A\n\n[x]({link})\n" for n, (link, _) in enumerate(LINKS)}
    repository.commit(files)
    (tmp_path / "docs/module").symlink_to("/elsewhere")
    repository.commit_all()
    session = repository.session()
    seen = []
    for n, (link, _) in enumerate(LINKS):
        result = examine(CHECKER, f"path: docs/{n}.md\n{UNDATED}", session)
        seen.append((link, result.claims[-1].reason or "holds"))
    assert seen == LINKS


def test_a_site_may_have_what_the_repository_has_not(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    bodies = ("![x](/images/x.png)", "[x](gone.md)", '[x]({{< ref "b.md" >}})', '[x]({{< ref "c.md" >}})')
    page = "".join(f"# {name}\n\n{body}\n\n" for name, body in zip("ABCD", bodies, strict=True))
    repository.commit({"mkdocs.yml": "\n", "docs/a.md": page, "docs/b.md": "x\n"})
    session = repository.session()
    reasons = [
        examine(CHECKER, f"path: docs/a.md\nsection: {name}\n{UNDATED}", session).claims[-1].reason for name in "ABCD"
    ]
    assert reasons == ["not-judged", "broken-link", None, "not-judged"]


def test_a_site_generator_may_make_what_the_page_has_not(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    page = "# A\n\n[x](b.md#pip-pip)\n\n# B\n\n[x](c.md#pip)\n\n# C\n\n[x](caching-of-wheels)\n"
    tabs = '# There\n\n=== ":pip: pip"\n\n    Install it.\n'
    files = {"docs/html/a.md": page, "docs/html/b.md": tabs, "docs/html/c.md": "# There\n"}
    files |= {"docs/html/conf.py": "\n", "runbooks/a.md": page, "runbooks/b.md": tabs, "runbooks/c.md": "# There\n"}
    repository.commit(files)
    session = repository.session()
    reasons = [
        examine(CHECKER, f"path: {folder}/a.md\nsection: {name}\n{UNDATED}", session).claims[-1].reason
        for folder in ("docs/html", "runbooks")
        for name in "ABC"
    ]
    assert reasons == ["not-judged", "broken-link", "not-judged", *["broken-link"] * 3]


OLD = "# A\n\nRun `x` on the old host.\n\n[d](https://a.example/1)\n"


@pytest.mark.parametrize(
    ("declared", "new", "outcome", "reason"),
    [
        ("", OLD.replace("old", "new"), Outcome.HOLDS, None),
        ("", OLD.replace("/1", "/2"), Outcome.UNKNOWN, "small-change"),
        ("", OLD.replace("a.example", "b.example"), Outcome.FAILS, "unchanged"),
        ("", OLD + "\nReviewed 2026-11-05\n", Outcome.FAILS, "only-form"),
        ("", OLD, Outcome.FAILS, "unchanged"),
        ("changed-since: 2026-11-05", OLD.replace("old", "new"), Outcome.HOLDS, None),
        ("changed-since: 2026-11-05T11:00+01:00", OLD.replace("old", "new"), Outcome.HOLDS, None),
        ("changed-since: 2026-11-05T10:00:01Z", OLD.replace("old", "new"), Outcome.FAILS, "unchanged"),
    ],
)
def test_says_whether_it_changed(tmp_path, declared, new, outcome, reason):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"a.md": OLD}, at=BEFORE)
    repository.commit({"a.md": new}, at=AFTER)
    result = examine(CHECKER, f"path: a.md\n{declared}", repository.session(), incident=INCIDENT)
    (claim,) = (claim for claim in result.claims if claim.claim == "really-changed")
    assert (claim.outcome, claim.reason) == (outcome, reason)
    if outcome is Outcome.HOLDS:
        assert claim.evidence[0].at == datetime(2026, 11, 5, 10, tzinfo=UTC)


def test_many_slips_of_the_pen_are_no_change(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"a.md": "# A\n\nPower the primary down.\n"}, at=BEFORE)
    for word in ("Powder", "Powders", "Powdery"):  # each differs from the one before by a letter or two
        repository.commit({"a.md": f"# A\n\n{word} the primary down.\n"}, at=AFTER)
    result = examine(CHECKER, "path: a.md", repository.session(), incident=INCIDENT)
    assert [claim.reason for claim in result.claims if claim.claim == "really-changed"] == ["small-change"]


def test_a_change_waits_for_its_merge(tmp_path):
    """Written before the incident, merged after it: it was not in force, and it is now."""
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"a.md": OLD}, at="2026-09-01T10:00Z")
    repository.git("checkout", "-q", "-b", "fix")
    repository.commit({"a.md": OLD.replace("old", "new")}, at=BEFORE)
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-ff", "-m", "Merge", "fix", at=AFTER)
    result = examine(CHECKER, "path: a.md", repository.session(), incident=INCIDENT)
    assert result.verdict is Verdict.VERIFIED


def test_a_shallow_clone_shows_what_it_has(tmp_path):
    repository = RepositoryBuilder(tmp_path / "origin")
    repository.commit({"a.md": OLD}, at=BEFORE)
    repository.commit({"a.md": OLD.replace("old", "new")}, at=AFTER)
    repository.commit({"b.md": "x\n"}, at=AFTER)
    seen = []
    for depth in (1, 2, 3):
        RepositoryBuilder(tmp_path / "other").git(
            "clone", "-q", "--depth", str(depth), (tmp_path / "origin").as_uri(), str(tmp_path / str(depth))
        )
        session = RepositoryBuilder(tmp_path / str(depth)).session()
        result = examine(CHECKER, "path: a.md", session, incident=INCIDENT)
        seen.append([claim.reason for claim in result.claims if claim.claim == "really-changed"])
    assert seen == [["shallow-history"], ["shallow-history"], [None]]


@pytest.mark.parametrize(
    ("text", "outcome", "reason"),
    [
        ("# A\n\nRun `y`.\n", Outcome.HOLDS, None),
        ("# A\n\nRun `x`.\n\nLast reviewed: 2026-11-02\n", Outcome.UNKNOWN, "only-a-date"),
        ("---\nlast_reviewed_on: 2026-11-02\n---\n# A\n\nRun `x`.\n", Outcome.UNKNOWN, "only-a-date"),
        ("---\nlast_reviewed_on: 2099-11-02\n---\n# A\n\nRun `x`.\n", Outcome.FAILS, "stale"),
        ("# A\n\nRun `x`.\n\nReviewed on 2 May 2025\n", Outcome.FAILS, "stale"),
        ("# A\n\n- Run `x`\n", Outcome.FAILS, "stale"),
    ],
)
def test_a_date_alone_is_no_review(tmp_path, text, outcome, reason):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"a.md": "# A\n\nRun `x`.\n"}, at="2025-01-01T10:00Z")
    repository.commit({"a.md": text}, at=AFTER)
    result = examine(CHECKER, f"path: a.md\nreviewed-within: 90d\n{UNDATED}", repository.session())
    assert (result.claims[-1].claim, result.claims[-1].outcome, result.claims[-1].reason) == (
        "reviewed",
        outcome,
        reason,
    )


def test_without_an_incident_nothing_can_be_dated(books):
    result = examine(CHECKER, "path: lag.md", books)
    assert (result.verdict, result.rung) == (Verdict.INCONCLUSIVE, Rung.EXISTS)
    assert "no-incident-time" in [claim.reason for claim in result.claims]


def test_a_version_is_read_once_for_all_who_ask(tmp_path, monkeypatch):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"a.md": OLD}, at=BEFORE)
    repository.commit({"a.md": OLD.replace("old", "new")}, at=AFTER)
    calls = []
    monkeypatch.setattr("loopcheck_checks.runbook.formats.parse", lambda *given: calls.append(given) or parse(*given))
    session = repository.session()
    for _ in range(5):
        examine(CHECKER, "path: a.md\nsection: A", session, incident=INCIDENT)
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("section: A", "no `path`"),
        ("path: a.md\nmention: x", "did you mean `mentions`?"),
        ("path: a.md\nmentions: ['']", "mentions"),
        ("path: a.md\nmentions: {text: x, in: table}", "in"),
        ("path: a.md\nsteps: 0", "steps"),
        ("path: a.md\nchanged-since: lately", "not a time"),
        ("path: a.md\nchanged-since: 2026-11-01T10:00", "no offset"),
        ("path: a.md\nreviewed-within: 180", "no unit of time"),
    ],
)
def test_a_mistake_is_named(declared, message):
    with pytest.raises(BindingError) as caught:
        expectation(CHECKER, declared)
    assert message in str(caught.value)


def test_an_observation_can_be_replayed(books):
    for declared in (
        "path: lag.md\nsection: Lag\nmentions: [x, Say]\nreviewed-within: 3d",
        "path: gone.md",
        "path: note.rst",
    ):
        expect = expectation(CHECKER, declared)
        assert round_trips(CHECKER.observe(expect, books.world(INCIDENT)))


@settings(max_examples=60, deadline=None)
@given(
    st.text("#`*[]()<>!-/\\:.|\n TODOa1é ", max_size=200),
    st.sampled_from(["x.rst", "x.adoc", "x.html", "x.mdx", "x.org", "x.txt"]),
)
def test_any_text_in_any_format_is_read(text, path):
    assert all(block.line <= text.count("\n") + 1 for block in parse(text, path).blocks)
