"""What is said of a proof that went away, from real repositories."""

import re
import subprocess
from datetime import UTC, datetime

import hostile_reports
import msgspec
import pytest
from markdown_it import MarkdownIt

from loopcheck import __version__
from loopcheck.drift import commits as drift_commits
from loopcheck.drift import explain
from loopcheck.effects.comment import evidence_digest
from loopcheck.effects.links import Repository as Links
from loopcheck.ledger.memory import recall
from loopcheck.ledger.model import Action, Entry
from loopcheck.model import (
    ArtifactResult,
    Claim,
    Evidence,
    ItemResult,
    Location,
    Outcome,
    Rung,
    Verdict,
)
from loopcheck.testing import RepositoryBuilder
from loopcheck.world import Repository

THEN = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
MONITOR = "https://app.datadoghq.eu/monitors/42"
LONG = "".join(f"line {number}\n" for number in range(30))


def item(*sources, name="one", outcome=Outcome.FAILS, verdict=Verdict.FAILED, edited=None, reason="gone"):
    evidence = tuple(Evidence(source, "seen", edited=edited) for source in sources)
    claim = Claim(Rung.ACTIVE, "there", outcome, "it is not there", reason, None, evidence)
    artifact = ArtifactResult("runbook", verdict, (claim,), None, "a.md", Location("p.md"), "loopcheck 1")
    return ItemResult(name, "Title", "@ana", None, Location("p.md"), Rung.ACTIVE, None, verdict, (artifact,))


def line(commit, verdict=Verdict.VERIFIED, at=THEN, name="one", digest="d", version=__version__, **more):
    return Entry(at, name, verdict, digest, version, commit, **more)


class Told:
    """A repository, and what is said of items that were verified in it."""

    def __init__(self, folder):
        self.built = RepositoryBuilder(folder)
        self.first = self.built.commit({"a.md": LONG, "b.md": LONG + "b", "p.md": "x"}, at=THEN)

    def __call__(self, *items, entries=None, folder=None):
        self.repository = Repository(folder or self.built.folder)
        self.links = Links("https://github.com", "acme/shop", self.repository.commit)
        entries = [line(self.first)] if entries is None else entries
        try:
            return explain(items, recall(entries), self.repository, self.links)
        finally:
            self.repository.close()

    def of(self, *sources, **more):
        """The lines about one item whose evidence is at the present commit."""
        return self(item(*sources, **more))["one"]

    def commit(self, files, message, author="Ana Lim", at="2026-11-19T10:00Z"):
        return self.built.commit(files, message=message, author=author, at=at)


@pytest.fixture
def told(tmp_path):
    return Told(tmp_path / "shop")


def page(commit):
    return f"[`{commit[:12]}`](https://github.com/acme/shop/commit/{commit})"


def test_the_commit_that_deleted_a_file_is_named_with_its_author_and_pull_request(told):
    deleted = told.commit({"a.md": None}, "Tidy up the runbooks (#12)")
    told.commit({"b.md": "x"}, "Something else")
    assert told.of(f"a.md:3@{deleted[:12]}") == (
        (
            f"On 2026-11-19, {page(deleted)} by `Ana Lim` deleted `a.md`: `Tidy up the runbooks (#\u200b12)`"
            " ([pull request 12](https://github.com/acme/shop/pull/12))"
        ),
    )


def test_a_file_is_followed_through_renames_and_the_newest_commit_comes_first(told):
    changed = told.commit({"a.md": LONG + "more\n"}, "Add")
    moved = told.built.rename("a.md", "docs/a.md", message="Move")
    again = told.commit({"docs/a.md": LONG}, "Shorten")
    said = told.of(f"docs/a.md@{again[:12]}")
    assert [page(commit) in one for commit, one in zip((again, moved, changed), said, strict=True)] == [True] * 3
    assert "moved `a.md` to `docs/a.md`" in said[1]
    assert "moved `a.md` to `docs/a.md`" in told.of(f"a.md@{again[:12]}")[0]


def test_a_merge_is_told_by_what_it_brought_to_the_branch(told):
    told.built.git("switch", "-q", "-c", "fix")
    told.commit({"a.md": None}, "Delete it on a branch")
    told.built.git("switch", "-q", "main")
    told.commit({"b.md": "x"}, "Meanwhile")
    told.built.git("merge", "-q", "--no-ff", "-m", "Merge pull request #7 from acme/fix", "fix")
    (said,) = told.of("a.md@" + "0" * 12)
    assert page(told.built.git("rev-parse", "HEAD")) in said
    assert "deleted `a.md`" in said
    assert said.endswith("([pull request 7](https://github.com/acme/shop/pull/7))")


def test_a_change_that_was_reverted_and_made_again_is_told_thrice(told):
    for text, message in (("x", "Empty it"), (LONG, 'Revert "Empty it"'), ("x", "Empty it again")):
        told.commit({"a.md": text}, message)
    said = told.of("a.md@" + "0" * 12)
    assert ["`Empty it again`" in said[0], "`Revert" in said[1], "`Empty it`" in said[2]] == [True] * 3


def test_of_many_commits_the_newest_are_told_and_the_rest_counted(told):
    for number in range(9):
        told.commit({"a.md": f"{number}"}, f"Change {number}")
    said = told.of("a.md@" + "0" * 12)
    assert len(said) == 6
    assert "`Change 8`" in said[0]
    assert said[-1] == f"4 older commits changed the same since it was verified on 2026-10-01 at {page(told.first)}."


def test_of_a_commit_with_many_files_only_those_that_matter_are_told(told):
    told.commit({f"x/{number}.md": "x" for number in range(9)} | {"a.md": None}, "Much")
    (said,) = told.of("a.md@" + "0" * 12)
    assert "x/" not in said
    (said,) = told.of("x@" + "0" * 12)
    assert "added `x/0.md`, added `x/1.md`, added `x/2.md` and touched 6 more" in said


def test_commits_after_the_first_sighting_of_the_same_are_not_blamed(told):
    cause = told.commit({"a.md": "x"}, "The cause")
    failed = item("a.md@" + "0" * 12)
    sighted = line(cause, Verdict.FAILED, LATER, digest=evidence_digest(failed))
    told.commit({"a.md": "y"}, "Much later")
    (said,) = told(failed, entries=[line(told.first), sighted])["one"]
    assert "`The cause`" in said
    other = msgspec.structs.replace(sighted, digest="another")
    assert len(told(failed, entries=[line(told.first), other])["one"]) == 2


def test_where_no_commit_changed_the_file_the_declaration_may_have_changed(told):
    before = told.of("a.md@" + "0" * 12)
    assert before == (f"No commit has changed `a.md` since it was verified on 2026-10-01 at {page(told.first)}.",)
    told.commit({"p.md": "asks for more"}, "Ask for more")
    said = told.of("a.md@" + "0" * 12)
    assert said[:1] == before
    assert "changed `p.md`: `Ask for more`" in said[1]


def test_a_commit_that_evidence_names_is_told(told):
    reverted = told.commit({"b.md": "x"}, 'Revert "Add it"')
    (said,) = told.of(reverted[:12])
    assert said == f'On 2026-11-19, {page(reverted)} by `Ana Lim`: `Revert "Add it"`'


def test_only_what_fails_now_and_was_verified_before_has_drifted(told):
    assert told(item("a.md"), entries=[]) == {}
    assert told(item("a.md", verdict=Verdict.INCONCLUSIVE)) == {}
    assert told(item("a.md", verdict=Verdict.VERIFIED)) == {}
    assert told(item("a.md"), entries=[line(told.first, action=Action.WAIVED)]) == {}
    assert told.repository.git.processes == 1  # to open it


def test_what_was_not_asked_for_is_not_looked_into(told):
    told.commit({"a.md": None}, "Delete")
    (said,) = told(msgspec.structs.replace(item("a.md"), requires=Rung.EXISTS))["one"]
    assert said.startswith("What it was is not to be told")


def test_what_holds_is_not_looked_into(told):
    told.commit({"a.md": None}, "Delete")
    assert told.of("a.md", outcome=Outcome.HOLDS) == (
        "What it was is not to be told from what was seen: no file or setting shows it.",
    )


# what cannot be known


def test_across_the_end_of_a_shallow_clone_nothing_is_said(told, tmp_path):
    told.commit({"a.md": None}, "Delete")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{told.built.folder}", clone], check=True)
    (said,) = told(item("a.md"), folder=clone)["one"]
    assert said == (
        f"What has changed since it was verified on 2026-10-01 at {page(told.first)} cannot be told: this clone is"
        " shallow and does not go back so far (`fetch-depth: 0` does)."
    )


def test_a_shallow_clone_that_goes_back_far_enough_will_do(told, tmp_path):
    told.commit({"b.md": "1"}, "Before")
    verified = told.commit({"b.md": "2"}, "Verified here")
    told.commit({"a.md": None}, "Delete")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth=2", f"file://{told.built.folder}", clone], check=True)
    (said,) = told(item("a.md"), entries=[line(verified)], folder=clone)["one"]
    assert "deleted `a.md`: `Delete`" in said


@pytest.mark.parametrize("commit", ["f" * 40, "main", "--output=x", "HEAD", "", "a" * 39 + "\n", "../x"])
def test_a_commit_that_is_not_there_is_said_to_be_unknown(told, commit):
    (said,) = told(item("a.md"), entries=[line(commit)])["one"]
    assert "cannot be told: that commit is not in the history of this branch" in said


def test_an_id_of_two_lines_does_not_put_the_next_answer_out_of_step(told):
    told.commit({"a.md": None}, "Delete")
    odd = line("f" * 40 + "\n" + "f" * 40, name="odd")
    said = told(item("a.md", name="odd"), item("a.md"), entries=[odd, line(told.first, at=LATER)])
    assert "is not in the history of this branch" in said["odd"][0]
    assert "deleted `a.md`" in said["one"][0]


def test_a_blob_is_no_commit(told):
    (said,) = told(item("a.md"), entries=[line(told.built.git("rev-parse", "HEAD:a.md"))])["one"]
    assert "is not in the history of this branch" in said


def test_a_commit_of_another_branch_is_not_compared_with(told):
    told.built.git("switch", "-q", "-c", "other")
    elsewhere = told.commit({"c.md": "x"}, "Elsewhere")
    told.built.git("switch", "-q", "main")
    told.commit({"a.md": None}, "Delete")
    said = told(item("a.md"), item("a.md", name="two"), entries=[line(elsewhere), line(told.first, name="two")])
    assert "is not in the history of this branch" in said["one"][0]
    assert "deleted `a.md`" in said["two"][0]


def test_a_commit_that_is_too_far_back_is_said_to_be(told, monkeypatch):
    monkeypatch.setattr(drift_commits, "MAX_COMMITS", 2)
    for number in range(4):
        verified = (
            told.commit({"a.md": f"{number}"}, "Change") if number == 2 else told.commit({"a.md": f"{number}"}, "x")
        )
    said = told(
        item("a.md"), item("a.md", name="two"), entries=[line(told.first), line(verified, name="two", at=LATER)]
    )
    assert "that is more than 5,000 commits ago" in said["one"][0]
    assert len(said["two"]) == 1
    assert "changed `a.md`" in said["two"][0]


def test_a_partial_clone_cannot_tell_a_move_from_a_deletion(told, tmp_path):
    told.commit({"a.md": None, "docs/a.md": LONG + "x"}, "Move")
    told.built.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    told.commit({"b.md": "x"}, "After")
    subprocess.run(
        ["git", "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{told.built.folder}", clone], check=True
    )
    (said,) = told(item("a.md"), folder=clone)["one"]
    assert "deleted `a.md`: `Move`" in said


# Datadog, GitHub, loopcheck itself


@pytest.mark.parametrize(
    ("edited", "says"),
    [
        (
            datetime.fromisoformat("2026-11-19T11:30+02:00"),
            (
                f"The [monitor 42]({MONITOR}) was last edited on 2026-11-19 at 09:30 UTC; by whom, Datadog tells only in"
                " its audit trail."
            ),
        ),
        (
            datetime(2026, 9, 1, tzinfo=UTC),
            (
                f"The [monitor 42]({MONITOR}) was not edited since it was verified on 2026-10-01, but before, on"
                " 2026-09-01: not its definition has changed, but its state."
            ),
        ),
        (None, f"When the [monitor 42]({MONITOR}) was edited last, Datadog does not say."),
    ],
)
def test_a_monitor_is_told_with_its_last_edit(told, edited, says):
    assert told.of(MONITOR, edited=edited) == (says,)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (MONITOR.replace("42", "downtimes?downtimeId=7"), "Who made the downtime"),
        ("https://api.github.com/repos/acme/shop/branches/main", "GitHub tells only to administrators"),
        ("https://github.com/acme/shop/rules/7", "GitHub tells only to administrators"),
        ("https://github.com/acme/shop/actions/runs/7", "no file or setting shows it"),
    ],
)
def test_of_settings_it_is_said_who_could_tell(told, source, says):
    (said,) = told.of(source)
    assert says in said


def test_another_version_of_loopcheck_is_a_reason(told):
    (_, said) = told(item("a.md"), entries=[line(told.first, version="0.0.1")])["one"]
    assert said == f"It was verified by loopcheck `0.0.1`; this is `{__version__}`."
    (_, said) = told(item("a.md"), entries=[line(told.first, checkers=("loopcheck 0",))])["one"]
    assert said == "Its checkers are others now: `loopcheck 1`."


# cost and hostility


def test_git_is_asked_once_for_two_hundred_items(told):
    commits = [told.commit({f"{number}.md": "x", "a.md": f"{number}"}, f"Add {number}") for number in range(20)]
    items = [item(f"{number % 20}.md", "a.md", name=f"{number}") for number in range(200)]
    entries = [line(told.first, name=f"{number}") for number in range(100)]
    entries += [line(commits[number % 20], name=f"{number}", at=LATER) for number in range(100, 200)]
    said = told(*items, entries=entries)
    assert len(said) == 200
    assert told.repository.git.processes == 3  # to open it, the log, and one for all objects
    assert page(commits[19]) in said["5"][0]
    assert "15 older commits" in said["0"][-1]
    assert said["199"][0].startswith("No commit has changed")


GITHUB = MarkdownIt("gfm-like", {"html": True, "linkify": False})
_ADDRESS = re.compile(r"https://github\.com/acme/shop/(commit/[0-9a-f]{40}|pull/[1-9][0-9]*)")


def _written(built, files, author, message):
    """A commit with an author and message that `git commit` might tidy."""
    for path, text in files.items():
        (built.folder / path).write_text(text)
    built.git("add", "-A")
    tree, head = built.git("write-tree"), built.git("rev-parse", "HEAD")
    text = f"tree {tree}\nparent {head}\nauthor {author} <a@b> 1 +0000\ncommitter C <a@b> 1763546400 +0000\n\n{message}"
    made = built.git(
        "hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=text.encode("utf-8", "replace")
    )
    built.git("update-ref", "refs/heads/main", made)
    return made


@pytest.mark.volume
def test_strangers_words_stay_in_code(told):
    texts = hostile_reports.strings(10**9, 3)
    for number in range(60):
        author = re.sub(r"[\n<>\x00]", "", next(texts))
        subject = next(texts).replace("\x00", "")
        _written(told.built, {"a.md": f"{number}"}, author, subject)
        (said, *_) = told.of(f"{next(texts)}", "a.md")
        told.first = told.repository.commit
        assert "\n" not in said
        assert not re.search(r"@(?!\u200b)|#(?=[0-9])", _ADDRESS.sub("", said)), said
        tokens = [inner for token in GITHUB.parse(f"> - {said}") for inner in (token, *(token.children or ()))]
        kinds = {token.type for token in tokens}
        assert not kinds & {"image", "html_inline", "html_block", "em_open", "s_open", "fence", "heading_open"}, said
        links = [token.attrGet("href") for token in tokens if token.type == "link_open"]
        assert all(_ADDRESS.fullmatch(link) for link in links), links
        assert page(told.first) in said
        plain = "".join(token.content for token in tokens if token.type == "text")
        assert re.fullmatch(r"[\w ,:().-]*", plain), plain


@pytest.mark.parametrize(
    "subject",
    [
        ":100644 100644 " + "a" * 40 + " " + "b" * 40 + " M",
        "a" * 40 + " " + "b" * 40,
        "\n:000000 100644 " + "0" * 40 + " " + "b" * 40 + " A",
        "",
    ],
)
def test_a_subject_that_looks_like_gits_own_words_is_still_a_subject(told, subject):
    made = _written(told.built, {"a.md": "x"}, subject.strip().replace("\n", " "), subject)
    (said,) = told.of("a.md")
    assert page(made) in said
    assert "changed `a.md`" in said


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("Fix it (#12)", 12),
        ("Merge pull request #7 from acme/x", 7),
        ("Fix #12", None),
        ("See (#12) for more", None),
        ("Fix it (#0)", None),
        ("Fix it (#12a)", None),
        ("Not a Merge pull request #7 from acme/x", None),
        ("Fix it (#99999999999)", None),
    ],
)
def test_the_number_of_a_pull_request_is_read_where_github_writes_it(subject, number):
    assert drift_commits.Arrival("a" * 40, THEN, "Ana", subject, ()).pull_request == number
