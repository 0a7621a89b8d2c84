"""What kind of change lies between two versions, in rows and in a sample of real history."""

import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopcheck.documents import yaml
from loopcheck.testing import RepositoryBuilder
from loopcheck_checks.runbook.changes import EMPTY_CHANGES, MATERIAL, classify
from loopcheck_checks.runbook.dates import dates_in, is_review_line
from loopcheck_checks.runbook.survey import classed_changes, survey

PAGE = """\
---
title: A page
last_reviewed_on: 2026-01-02
review_in: 3 months
---
# A page

Restart the `primary` after 30 seconds, see [here](https://a.example/x/y#z).

- Ask Bob
- Ask [Carol](people/carol.md)

```sh
$ kubectl get pods -n shop
```

Certificates end on 2026-12-31.
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("x", "x", "same"),
        ("Restart", " Restart", "whitespace"),
        ("Restart the", "Restart\nthe", "whitespace"),
        ("\n", "\r\n", "whitespace"),
        ("2026-01-02", "2026-11-02", "date-bump"),
        ("review_in: 3 months", "review_in: 6 months", "date-bump"),
        ("last_reviewed_on: 2026-01-02\n", "", "date-bump"),
        ("# A page\n", "# A page\n\n_Last updated: 2 Nov 2026 by @bob_\n", "date-bump"),
        ("# A page\n", "# A page\n\n| Date | Who |\n|---|---|\n| reviewed 2026-11-02 | bob |\n", MATERIAL),
        ("title: A page", "title: The page", "metadata"),
        ("---\n# A", "owner: sre\n---\n# A", "metadata"),
        ("Restart the", "Restart **the**", "form"),
        ("Restart the", "Restart", "form"),
        ("`primary`", "primary", "form"),
        ("seconds,", "seconds;", "form"),
        ("# A page", "A page\n===", "form"),
        ("- Ask", "* Ask", "form"),
        ("- Ask", "1. Ask", "form"),
        ("```sh", "```console", "form"),
        ("pods -n shop", "pods \\\n    -n shop", "form"),
        ("pods -n shop", "pods\n-n store", MATERIAL),
        ("$ kubectl", "kubectl", "form"),
        ("a.example", "b.example", "form"),
        ("people/carol.md", "../team/carol.md", "form"),
        ("Ask Bob", "Ask Bob <!-- he knows -->", "form"),
        ("Ask Bob", "Ask Bob\n\nTODO more", "form"),
        ("Restart", "restart", "form"),
        ("/x/y", "/x/q", "links"),
        ("carol.md", "dave.md", "links"),
        ("2026-12-31", "2027-12-31", "dates"),
        ("Certificates", "Certifcates", "spelling"),
        ("Restart the", "Please restart the", "spelling"),
        ("# A page\n", "# Another page\n", "headings"),
        ("Certificates", "## End\n\nCertificates", "headings"),
        ("30", "60", MATERIAL),
        ("`primary`", "`replica`", MATERIAL),
        ("`primary`", "`Primary`", MATERIAL),
        ("-n shop", "-n shops", MATERIAL),
        ("pods", "Pods", MATERIAL),
        ("Ask Bob", "Do not ask Bob", MATERIAL),
        ("- Ask Bob\n", "", MATERIAL),
        ("- Ask Bob\n- Ask [Carol](people/carol.md)", "- Ask [Carol](people/carol.md)\n- Ask Bob", MATERIAL),
        ("Ask Bob", "Ask Bob\n- Tested 2026-11-02: failover took 40 seconds", MATERIAL),
        ("Ask Bob", "<!-- Ask Bob -->", MATERIAL),
        ("pods -n", "pods | grep -n", MATERIAL),
    ],
)
def test_a_change_has_a_class(old, new, expected):
    assert old in PAGE or old == "x"
    assert classify(PAGE, PAGE.replace(old, new) if old != "x" else PAGE) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Last reviewed: 2026-11-02", True),
        ("last_reviewed_on: 2026-11-02", True),
        ("**Last updated** 2 November 2026 by @bob", True),
        ("Reviewed 2026-11-02", True),
        ("Page verified on 11/02/2026 by the platform team", True),
        ("Updated: Nov 2, 2026", True),
        ("2026-11-02 | bob | reviewed", True),
        ("Last reviewed by Bob", False),
        ("Released on 2026-11-02", False),
        ("Tested 2026-11-02: failover took 40 seconds", False),
        ("Reviewed 2026-11-02, and found that the primary must be stopped first", False),
    ],
)
def test_a_line_that_says_only_when(line, expected):
    assert is_review_line(line) is expected


def test_dates_are_read_where_they_are_certain():
    line = "2026-11-02, 3/4/2026, 5 May 2026, June 6th, 2026, 2026-02-31"
    assert [day.isoformat() for day in dates_in(line)] == ["2026-11-02", "2026-05-05", "2026-06-06"]


TEXT = st.lists(
    st.sampled_from([*PAGE.split("\n"), "TODO", "Reviewed 2026-11-02", "<!--", "-->", "# B", "| a | b |"]), max_size=12
).map("\n".join)


@settings(max_examples=100, deadline=None)
@given(TEXT, TEXT)
def test_every_change_has_a_class_and_none_has_one_in_one_direction_only(old, new):
    there, back = classify(old, new), classify(new, old)
    assert there == back
    assert (there == "same") is (old == new)


@settings(max_examples=60, deadline=None)
@given(TEXT)
def test_a_bumped_date_and_spacing_are_never_material(text):
    old = "Begin here.\n\n" + text
    new = "---\nlast_reviewed_on: 2026-11-02\n---\n" + old.replace("\n\n", "\n\n\n")
    assert classify(old, new) in EMPTY_CHANGES


def test_a_survey_counts_every_change(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"a.md": PAGE, "b.txt": "x\n"})
    repository.commit({"a.md": PAGE.replace("30", "60")})
    repository.rename("a.md", "c.md")
    repository.commit({"c.md": b"\xff"})
    repository.commit({"c.md": None})
    assert survey(tmp_path) == Counter({"added": 1, "material": 1, "renamed": 1, "unread": 1, "removed": 1})


BUNDLE = "runbooks/prometheus-operator__runbooks.bundle"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    corpora = os.environ.get("LOOPCHECK_CORPORA")
    if not corpora or not (Path(corpora) / BUNDLE).exists():
        pytest.skip("LOOPCHECK_CORPORA is not set")
    folder = tmp_path_factory.mktemp("bundle")
    subprocess.run(["git", "clone", "-q", str(Path(corpora) / BUNDLE), str(folder / "clone")], check=True)
    return folder / "clone"


def test_real_changes_are_classed_as_a_person_classes_them(bundle):
    """Of the sample only those marked with `says:` may differ, and they say how."""
    text = (Path(__file__).parent / "sample_of_changes.yml").read_text("utf-8")
    sample = yaml.load(text, "sample_of_changes.yml").text_value
    said = {(row.change.commit[:10], row.change.path): row.result for row in classed_changes(bundle)}
    assert len(sample) >= 40
    for row in sample:
        assert said[row["commit"], row["path"]] == row.get("says", row["class"]), row


def test_of_the_real_changes_none_is_left_unread(bundle):
    counts = survey(bundle)
    assert counts["unread"] == 0
    assert counts.total() > 200
