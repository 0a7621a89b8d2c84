import re
from datetime import UTC, datetime, timedelta

import hostile_reports
import msgspec
import pytest
from markdown_it import MarkdownIt
from seen import SHA, claim, item

from loopcheck.effects import marker
from loopcheck.effects.comment import Circumstances, Notice, Subject, digest, evidence_digest, render
from loopcheck.effects.links import Repository
from loopcheck.model import Outcome, Problem, Rung, Verdict
from loopcheck.paths import Paths

HERE = Repository("https://github.com", "acme/shop", SHA)
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SEEN = Circumstances(HERE, NOW, "77/1")
MONITOR = "https://app.datadoghq.eu/monitors/42"


def written(*items, seen=SEEN, **more):
    return render(Subject(items or (item(),), **more), seen)


def test_a_comment_says_verdict_artifacts_evidence_and_what_is_next():
    body = written()
    assert "### ❌ loopcheck: failed, the proof is not there or not in force" in body
    assert "| ❌\u00a0exists, not active | `runbook` `lag.md` |" in body
    assert f"[`runbooks/lag.md:12`](https://github.com/acme/shop/blob/{SHA}/runbooks/lag.md#L12)" in body
    assert "\n  → `Change the section.` (`not-changed`)\n" in body
    assert f"Seen on 2026-11-20 at 09:30 UTC at [`4f2a9c1b7d3e`](https://github.com/acme/shop/commit/{SHA})." in body


@pytest.mark.parametrize(
    ("result", "says"),
    [
        (item(claim(Outcome.HOLDS), verdict=Verdict.VERIFIED), "This item can be closed"),
        (item(claim(Outcome.UNKNOWN), verdict=Verdict.INCONCLUSIVE), "nothing is held against this item"),
        (item(), "do what the arrows say"),
    ],
)
def test_each_verdict_has_its_next_step(result, says):
    assert says in written(result).partition("**Next:**")[2]


def test_what_cannot_be_read_is_shown_and_is_no_verified():
    body = written(
        item(claim(Outcome.HOLDS), verdict=Verdict.VERIFIED), problems=(Problem("issues/7", 3, 1, "no such key"),)
    )
    assert "loopcheck: inconclusive" in body
    assert "issues/7:3:1: no such key" in body


def row(verdict, rung, requires=Rung.ACTIVE):
    outcome = {Verdict.VERIFIED: Outcome.HOLDS, Verdict.FAILED: Outcome.FAILS}.get(verdict, Outcome.UNKNOWN)
    (artifact,) = item(claim(outcome), verdict=verdict).artifacts
    shown = msgspec.structs.replace(artifact, rung=rung)
    body = written(msgspec.structs.replace(item(verdict=verdict), artifacts=(shown,), requires=requires))
    return re.search("\\| \\S+\u00a0([^|]*) \\| `runbook`", body)[1]


@pytest.mark.parametrize(
    ("verdict", "rung", "requires", "says"),
    [
        (Verdict.VERIFIED, Rung.ACTIVE, Rung.ACTIVE, "active"),
        (Verdict.VERIFIED, Rung.PROVEN, Rung.ACTIVE, "proven"),
        (Verdict.FAILED, None, Rung.ACTIVE, "not as promised"),
        (Verdict.FAILED, Rung.EXISTS, Rung.PROVEN, "exists, not active"),
        (Verdict.FAILED, Rung.ACTIVE, Rung.PROVEN, "active, not proven"),
        (Verdict.INCONCLUSIVE, None, Rung.ACTIVE, "not seen"),
        (Verdict.INCONCLUSIVE, Rung.EXISTS, Rung.ACTIVE, "exists, active not seen"),
    ],
)
def test_a_row_says_how_far_the_proof_goes(verdict, rung, requires, says):
    assert row(verdict, rung, requires) == says


def test_what_was_not_asked_for_is_not_held_against_an_item():
    proven = msgspec.structs.replace(claim(Outcome.UNKNOWN, "it was not replayed"), rung=Rung.PROVEN)
    body = written(item(claim(Outcome.HOLDS), proven, verdict=Verdict.VERIFIED))
    before, _, folded = body.partition("<details><summary>What else was seen (2)")
    assert "it was not replayed" not in before
    assert "`it was not replayed` ([`runbooks/lag.md:12`]" in folded
    assert "), proven, which was not asked for\n" in folded
    assert "What does not hold" not in body


def test_each_claim_stands_below_its_artifact_the_worst_first():
    (fine,) = item(claim(Outcome.HOLDS), verdict=Verdict.VERIFIED).artifacts
    (bad,) = item(claim(Outcome.UNKNOWN, "not seen"), claim(message="it is wrong")).artifacts
    fine, bad = (msgspec.structs.replace(one, summary=name) for one, name in ((fine, "fine.md"), (bad, "bad.md")))
    body = written(msgspec.structs.replace(item(), artifacts=(fine, bad)))
    order = [
        "| `runbook` `bad.md`",
        "| `runbook` `fine.md`",
        "What does not hold",
        "\n`runbook` `bad.md`",
        "it is wrong",
    ]
    order += ["not seen", "**Next:**", "What else was seen (1)", "\n`runbook` `fine.md`"]
    places = [body.index(words) for words in order]
    assert places == sorted(places)


def test_many_artifacts_that_are_verified_are_folded():
    (fine,) = item(claim(Outcome.HOLDS), verdict=Verdict.VERIFIED).artifacts
    (bad,) = item().artifacts

    def table(number):
        many = msgspec.structs.replace(item(), artifacts=(*[fine] * number, bad))
        return written(many).partition("**What does not hold**")[0]

    assert "<details>" not in table(6)
    assert table(6).count("| ✅") == 6
    shown, _, folded = table(7).partition("<details><summary>7 artifacts that are verified</summary>")
    assert [shown.count("| ❌"), shown.count("| ✅"), folded.count("| ✅")] == [1, 0, 7]


def test_of_several_items_each_has_its_title():
    body = written(item(title="Write it down"), item(claim(Outcome.HOLDS), verdict=Verdict.VERIFIED, title="Alert"))
    places = [body.index(words) for words in ("**`Write it down`**", "| ❌", "**`Alert`**", "| ✅")]
    assert places == sorted(places)
    assert "Write it down" not in written(item(title="Write it down"))


def test_what_is_known_of_a_notice_is_listed_below_it():
    notice = Notice("drifted", "**Drifted.**", ("one `x`", "two\n# not a heading"))
    body = written(notices=(notice,))
    assert "\n> **Drifted.**\n> - one `x`\n> - two # not a heading\n" in body
    assert digest(Subject((item(),), notices=(notice,))) == digest(
        Subject((item(),), notices=(msgspec.structs.replace(notice, below=()),))
    )


# the marker


def test_the_marker_is_first_and_is_read_back():
    body = written()
    found = marker.read(body)
    assert body.startswith("<!-- loopcheck 1 version=")
    assert (found.at, found.run, found.digest) == (NOW, "77/1", digest(Subject((item(),))))


@pytest.mark.parametrize(
    "change",
    [
        lambda body: " " + body,
        lambda body: "\n" + body,
        lambda body: "\ufeff" + body,
        lambda body: "> " + body,
        lambda body: body.replace("loopcheck 1 ", "loopcheck 2 ", 1),
        lambda body: body.replace("digest=", "digest=Z", 1),
        lambda body: body.replace(" -->", " x -->", 1),
        lambda body: body.replace("at=2026-11-20", "at=2026-13-41", 1),
        lambda body: body.replace(" -->\n", " --> and more\n", 1),
        lambda body: body.partition("\n")[2],
    ],
)
def test_what_is_not_exactly_a_marker_is_none(change):
    assert marker.read(change(written())) is None


def test_the_newer_text_is_told_by_time_then_run_then_attempt():
    def made(at, run):
        return marker.Marker("1", at, run, "0" * 64).generation

    later = NOW + timedelta(seconds=1)
    assert made(NOW, "9/1") < made(NOW, "9/2") < made(NOW, "10/1") < made(later, "1/1")


# the digest


@pytest.mark.parametrize(
    "other",
    [
        item(verdict=Verdict.INCONCLUSIVE),
        item(claim(reason="no-section")),
        item(claim(message="threshold is 40")),
        item(title="Write it up"),
        item(overdue=True),
        item(claim(), claim()),
    ],
)
def test_another_answer_has_another_digest(other):
    assert digest(Subject((other,))) != digest(Subject((item(),)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (item(), item(claim(source=f"runbooks/lag.md:12@{'a' * 12}"))),
        (item(claim(Outcome.UNKNOWN, "GitHub answered 502")), item(claim(Outcome.UNKNOWN, "GitHub answered 503"))),
    ],
)
def test_the_same_answer_seen_again_has_the_same_digest(one, other):
    assert digest(Subject((one,))) == digest(Subject((other,)))
    assert evidence_digest(one) == evidence_digest(other)


def test_since_when_nothing_ran_is_no_other_answer():
    def said(minute):
        return item(claim(message=f"no run since 2026-11-19 09:{minute} UTC, 3 of 5 before"))

    assert digest(Subject((said(30),))) == digest(Subject((said(31),)))
    assert digest(Subject((said(30),))) != digest(
        Subject((item(claim(message="no run since 2026-11-19 09:30 UTC, 4 of 5 before")),))
    )


def test_a_notice_counts_by_its_word():
    def noted(word, says):
        return digest(Subject((item(),), notices=(Notice(word, says),)))

    assert noted("reopened", "on Monday") == noted("reopened", "on Tuesday") != noted("drifted", "on Monday")


# links


@pytest.mark.parametrize(
    ("source", "address"),
    [
        (f"a b/(x)[y].md:3@{SHA[:12]}", f"https://github.com/acme/shop/blob/{SHA}/a%20b/%28x%29%5By%5D.md#L3"),
        ("a.md@" + "b" * 12, f"https://github.com/acme/shop/blob/{'b' * 12}/a.md"),
        (MONITOR, MONITOR),
        ("https://us3.datadoghq.com/monitors/1", "https://us3.datadoghq.com/monitors/1"),
        ("https://github.com/acme/shop/actions/runs/12/job/3", "https://github.com/acme/shop/actions/runs/12/job/3"),
        ("https://app.datadoghq.com.evil.example/monitors/1", None),
        ("https://evil.example/?https://app.datadoghq.com/monitors/1", None),
        ("http://app.datadoghq.com/monitors/1", None),
        ("https://app.datadoghq.com/account/login?next=https://evil.example", None),
        (MONITOR + "\n", None),
        ("https://github.com/acme/shop/issues/3", None),
        ("https://evil.example/x@" + "a" * 12, None),
        ("javascript:alert(1)", None),
        (f"../../../evil/x.md@{SHA[:12]}", None),
        (f"a/./b@{SHA[:12]}", None),
        (f"//evil.example/x@{SHA[:12]}", None),
        ("a.md:3@main", None),
        ("", None),
    ],
)
def test_only_what_is_known_is_linked(source, address):
    assert HERE.link(source) == address


@pytest.mark.parametrize(
    ("source", "page"),
    [
        (f"runbooks/lag.md:12@{SHA[:12]}", f"blob/{SHA}/runbooks/lag.md#L12"),
        (f"runbooks/gone.md:3@{SHA[:12]}", f"tree/{SHA}/runbooks"),
        (f"runbooks/db/gone.md@{SHA[:12]}", f"tree/{SHA}/runbooks"),
        (f"a (b)/gone.md@{SHA[:12]}", f"tree/{SHA}/a%20%28b%29"),
        (f"runbooks@{SHA[:12]}", f"tree/{SHA}/runbooks"),
        (f"runbooks/**/*.md, docs/*.md@{SHA[:12]}", f"tree/{SHA}/runbooks"),
        (f"gone.md@{SHA[:12]}", f"tree/{SHA}"),
        (f"runbook@{SHA[:12]}", f"tree/{SHA}"),
        ("gone.md@" + "b" * 12, f"blob/{'b' * 12}/gone.md"),
    ],
)
def test_for_a_file_that_is_not_there_its_folder_is_linked(source, page):
    known = msgspec.structs.replace(HERE, files=Paths(["README.md", "runbooks/lag.md", "a (b)/c.md"]))
    assert known.link(source) == f"https://github.com/acme/shop/{page}"


# hostile text, rendered much as GitHub does: tables, bare links, raw HTML

GITHUB = MarkdownIt("gfm-like", {"html": True, "linkify": False})
_HTML = re.compile(
    r"<!-- loopcheck 1 [^<>]* -->\n?|<details><summary>(?:What else was seen \(\d+\)|\d+ artifacts that are verified)</summary>\n?|</details>\n?|</?sub>"
)
_ADDRESS = re.compile(
    r"https://github\.com/acme/shop/(?:blob/[0-9a-f]{7,40}/[\w%./~-]+(#L\d+)?|commit/[0-9a-f]{40})|"
    + re.escape(MONITOR)
)


def _tokens(body):
    for token in GITHUB.parse(body):
        yield token
        yield from token.children or ()


def _hostile_subjects(number):
    texts = hostile_reports.strings(10**9, 7)
    for place in range(number):
        results = hostile_reports.report(texts, 3).items
        linked = item(claim(source=f"{next(texts)}:3@{SHA[:12]}", message=next(texts)), title=next(texts))
        problem = Problem(next(texts), 3, 1, next(texts), next(texts))
        yield Subject((*results, linked), (problem,) if place % 2 else ())


def test_strangers_words_stay_in_code():
    for subject in _hostile_subjects(60):
        body = render(subject, SEEN)
        assert marker.read(body) is not None
        assert body.count("<!--") == 1
        told = _ADDRESS.sub("", body)
        assert not re.search(r"@(?!\u200b)|#(?=[0-9])|\bGH-[0-9]", told, re.IGNORECASE), told
        rows = 0
        for token in _tokens(body):
            assert token.type not in ("image", "hr", "blockquote_open", "s_open", "em_open", "code_block"), token
            if token.type in ("html_block", "html_inline"):
                assert _HTML.sub("", token.content) == "", token
            if token.type == "link_open":
                assert _ADDRESS.fullmatch(token.attrGet("href")), token
            if token.type == "text":
                words = re.sub("[✅🟡❌…→\u00a0]", "", token.content)
                assert re.fullmatch(r"[\w .,:;()-]*", words), words
            rows += token.type == "td_open"
        assert rows == 2 * sum(len(one.artifacts) for one in subject.items)


@pytest.mark.volume
def test_a_comment_stays_below_githubs_limit():
    long = "`" * 50 + "x" * 5000 + "日本" * 500
    many = item(*[claim(message=f"{number} {long}", source=f"{long[-300:]}@{SHA[:12]}") for number in range(300)])
    body = written(*[msgspec.structs.replace(many, title=long) for _ in range(20)])
    assert len(body.encode()) <= 60_000
    assert "more claims" in body
    assert body.rstrip().endswith("</sub>")
    kinds = [token.type for token in GITHUB.parse(body)]
    assert "fence" not in kinds
