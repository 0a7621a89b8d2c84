"""Where the links of an alert lead. Kinds try them on whole alarms; here are the odd forms."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopcheck.checker import ClaimKind, Evidence
from loopcheck.documents.sections import read
from loopcheck.model import Outcome, Rung
from loopcheck_checks.systems.runbook_links import Anchors, Runbook, judge_link, place_of

LINKS = ClaimKind("links", Rung.ACTIVE, "It links.")
HERE = Evidence("here", "its message")
TEXT = "# Lag\n\n## Slow replica\n\nWait.\n\n## Other {#own}\n"
HOLDS = "holds"


def runbook(**more):
    anchors = Anchors.of(read(TEXT, "r.md"))
    known = {"path": "docs/lag.md", "section": None, "source": "docs/lag.md@1", "found": True, "anchors": anchors}
    return Runbook(**{**known, "home": "github.com/acme/shop", "branch": "main", **more})


def said(text, place=None, shown=True):
    claim = judge_link(LINKS, place or runbook(), [(text, shown)], HERE, never=("datadoghq.com",))
    return HOLDS if claim.outcome is Outcome.HOLDS else claim.reason


BLOB = "https://github.com/acme/shop/blob"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (f"{BLOB}/main/docs/lag.md", HOLDS),
        (f"{BLOB}/main/docs%2Flag.md", HOLDS),
        (f"{BLOB}/main/docs/lag.md?plain=1", HOLDS),
        (f"{BLOB}/main/docs/lag.md/", HOLDS),
        (f"**{BLOB}/main/docs/lag.md**", HOLDS),
        (f"(see {BLOB}/main/docs/lag.md)", HOLDS),
        (f"<{BLOB}/main/docs/lag.md|the runbook>", HOLDS),
        (f"{BLOB}/main/docs/lag.md#slow-replica, and then", HOLDS),
        (f"{BLOB}/main/docs/lag.md#own", "uncertain-link"),
        (f"{BLOB}/main/docs/lag.md#slow", "section-not-there"),
        (f"{BLOB}/main/docs/lag.md#slow {BLOB}/main/docs/lag.md", HOLDS),
        (f"{BLOB}/main/docs/lag.md#slow https://wiki.example.org", "section-not-there"),
        (f"{BLOB}/main/docs/lag.md.bak", "no-link"),
        (f"{BLOB}/main/docs", "no-link"),
        (f"{BLOB}/mainland/docs/lag.md", "uncertain-link"),
        (f"{BLOB}/main/x/docs/lag.md", "no-link"),
        ("https://github.com/acme/shop", "no-link"),
        ("https://github.com/acme/shop/wiki/lag", "no-link"),
        ("https://github.com/acme/shopping/blob/main/docs/lag.md", "external-link"),
        ("https://github.com@evil.example.org/acme/shop/blob/main/docs/lag.md", "external-link"),
        ("https://acme.datadoghq.com/notebook/7", "no-link"),
        ("https://datadoghq.com.example.org/notebook/7", "external-link"),
        ("docs/lag.md", HOLDS),
        ("./docs/lag.md.", HOLDS),
        ("[lag](/docs/lag.md)", HOLDS),
        ("docs/lag.md#slow-replica.", HOLDS),
        ("docs/lag.md#{{host.name}}", "uncertain-link"),
        ("docs/lag.mdx", "no-link"),
        ("docs/lag.md.erb", "no-link"),
        ("docs/lag.md/more", "no-link"),
        ("olddocs/lag.md", "no-link"),
        ("https://example.org/docs/lag.md", "external-link"),
        ("", "no-link"),
    ],
)
def test_where_a_link_leads(text, answer):
    assert said(text) == answer


@pytest.mark.parametrize(
    ("text", "more", "answer"),
    [
        (f"{BLOB}/main/docs/lag.md", {"branch": None}, "uncertain-link"),
        (f"{BLOB}/HEAD/docs/lag.md", {"branch": None}, HOLDS),
        (f"{BLOB}/release/1/docs/lag.md", {"branch": "release/1"}, HOLDS),
        (f"{BLOB}/main/docs/lag.md", {"home": None}, "external-link"),
        (f"{BLOB}/main/docs/lag.md#x", {"anchors": None}, "uncertain-link"),
        (f"{BLOB}/main/docs/lag.md", {"anchors": None}, HOLDS),
        (f"{BLOB}/main/docs/lag.md", {"found": False, "anchors": None}, "link-leads-nowhere"),
        ("nothing", {"found": False, "anchors": None}, "no-link"),
        ("https://docs.example.org/lag/", {"pages": "docs.example.org", "folder": "docs"}, HOLDS),
        ("https://docs.example.org/lag.html", {"pages": "docs.example.org", "folder": "docs"}, HOLDS),
        ("https://docs.example.org/docs/lag", {"pages": "docs.example.org"}, HOLDS),
        ("https://docs.example.org/lag#slow", {"pages": "docs.example.org", "folder": "docs"}, "uncertain-link"),
        ("https://docs.example.org/{{x}}", {"pages": "docs.example.org", "folder": "docs"}, "uncertain-link"),
        ("https://docs.example.org", {"pages": "docs.example.org", "folder": "docs", "path": "docs/README.md"}, HOLDS),
        ("https://docs.example.org.evil/lag", {"pages": "docs.example.org", "folder": "docs"}, "external-link"),
    ],
)
def test_what_is_known_of_the_repository_matters(text, more, answer):
    assert said(text, runbook(**more)) == answer


@pytest.mark.parametrize(("shown", "answer"), [(True, HOLDS), (None, "uncertain-link"), (False, "no-link")])
def test_a_link_that_is_not_shown_is_none(shown, answer):
    assert said("docs/lag.md", shown=shown) == answer


def test_a_place_is_a_path_and_an_anchor():
    assert place_of("/docs/lag.md#slow-replica") == ("docs/lag.md", "slow-replica")
    assert place_of("docs/lag.md") == ("docs/lag.md", None)


@given(st.text(alphabet="htps:/github.comaeblnd#{}[]()<>| .", max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_has_an_answer(text):
    assert said(text) in (HOLDS, "no-link", "external-link", "uncertain-link", "section-not-there")


@pytest.mark.parametrize("text", ["https://", "docs/lag.md#", "/docs/lag.md", "https://github.com/acme/shop/", "#" * 9])
def test_long_texts_are_read_in_time(text):
    began = time.process_time()
    said(text * (64_000 // len(text)))
    assert time.process_time() - began < 2
