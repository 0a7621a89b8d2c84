"""Every mistake that an author can make is named: line, column, and what to write instead.

The block of each row begins on line 4 of its file; the line and column are the file's.
"""

from datetime import date

import pytest

from loopcheck.config import ConfigFile
from loopcheck.registry import InstalledCheckers
from loopcheck.sources import understand
from loopcheck.world import File

OWNER = 'owner: "@alice"'
VERIFY = "verify: [{repo-file: {path: a}}]"
CALENDAR = {"Sprint 42": date(2026, 12, 18), "2026.4": date(2026, 12, 31)}


def declared(text, path="postmortems/lag.md"):
    data = text if isinstance(text, bytes) else text.encode()
    return understand([File(path, "", data, "c0ffee")], ConfigFile(calendar=CALENDAR), InstalledCheckers())


def problems(block):
    found = declared(f"# Add an alert\n\n```loopcheck\n{block}\n```\n")
    return [(one.line, one.column, one.message, one.hint) for one in found.problems], found.items


@pytest.mark.parametrize(
    ("block", "line", "column", "message", "hint"),
    [
        # keys
        (f"{OWNER}\nartefacts: [{{repo-file: {{path: a}}}}]", 5, 1, "unknown key `artefacts`", "mean `verify`?"),
        (f"{OWNER}\nartifacts: []", 5, 1, "unknown key `artifacts`", "mean `verify`?"),
        (f"assignee: bob\n{VERIFY}", 4, 1, "unknown key `assignee`", "mean `owner`?"),
        (f"Owner: bob\n{VERIFY}", 4, 1, "unknown key `Owner`", "mean `owner`?"),
        (f"{OWNER}\n{VERIFY}\ndeadline: 2026-12-15", 6, 1, "unknown key `deadline`", "mean `due`?"),
        (f"{OWNER}\n{VERIFY}\nDue_Date: 2026-12-15", 6, 1, "unknown key `Due_Date`", "mean `due`?"),
        (f"{OWNER}\n{VERIFY}\nrequires: proven", 6, 1, "unknown key `requires`", "mean `require`?"),
        (f"{OWNER}\n{VERIFY}\nfoo: 1", 6, 1, "unknown key `foo`", "known here: `owner`, `verify`"),
        (f"{OWNER}\n{VERIFY}\n{OWNER}", 6, 1, "the key `owner` is there twice (first on line 4)", "keep one"),
        # owners
        (VERIFY, 4, 1, "has no `owner`", 'write `owner: "@alice"`'),
        (f"owner:\n{VERIFY}", 4, 1, "`owner` must be a single value, and is empty", None),
        (f"owner: ['@a', '@b']\n{VERIFY}", 4, 8, "`owner` must be a single value, and is a list", None),
        (f"owner: '@a, @b'\n{VERIFY}", 4, 8, "more than one owner", None),
        (f"owner: '@acme/sre'\n{VERIFY}", 4, 8, "is a team", None),
        (f"owner: platform team\n{VERIFY}", 4, 8, "is a team or a role", None),
        (f"owner: '@sre'\n{VERIFY}", 4, 8, "is a role", None),
        (f"owner: TBD\n{VERIFY}", 4, 8, "is nobody", None),
        # a mark that YAML keeps for itself
        (f"owner: @alice\n{VERIFY}", 4, 8, "not YAML", "quote a value that begins with `@`"),
        # dates
        (f"{OWNER}\n{VERIFY}\ndue: 15.12.2026", 6, 6, "`15.12.2026` is not an ISO date", "write `2026-12-15`"),
        (f"{OWNER}\n{VERIFY}\ndue: 12/15/26", 6, 6, "`12/15/26` is not an ISO date", "write `2026-12-15`"),
        (f"{OWNER}\n{VERIFY}\ndue: 2026-02-30", 6, 6, "`2026-02-30` is not an ISO date", "write `2026-12-15`"),
        (f"{OWNER}\n{VERIFY}\ndue: Sprint 43", 6, 6, "is not a date, nor in the calendar", "mean `Sprint 42`?"),
        (f"{OWNER}\n{VERIFY}\nmilestone: next", 6, 12, "`next` is not in the calendar", "`Sprint 42`, `2026.4`"),
        (f"{OWNER}\n{VERIFY}\nsprint: a\ndue: 2026-12-15", 6, 1, "both `due` and `sprint` say", "keep one"),
        (f"{OWNER}\n{VERIFY}\ndue: [2026-12-15]", 6, 6, "`due` must be a text or nothing, and is a list", None),
        # words that are one of a few
        (f"{OWNER}\n{VERIFY}\nkind: detekt", 6, 7, "`kind` is `detekt`", "mean `detect`?"),
        (f"{OWNER}\n{VERIFY}\nrequire: strong", 6, 10, "`require` is `strong`", "`exists`, `active`, `proven`"),
        (f"{OWNER}\n{VERIFY}\nfinding: detection", 6, 10, "`finding` is `detection`", "mean `detection-gap`?"),
        # artifacts
        (OWNER, 4, 1, "has no `verify`", "add `verify:`"),
        (f"{OWNER}\nverify: []", 5, 9, "`verify` is empty", "write at least one"),
        (f"{OWNER}\nverify: repo-file", 5, 9, "`verify` must be a list, and is `repo-file`", "one to a line"),
        (f"{OWNER}\nverify: {{repo-file: {{path: a}}}}", 5, 9, "`verify` must be a list", "one to a line"),
        (f"{OWNER}\nverify: [repo-file]", 5, 10, "an artifact is a kind with what is", "write `- runbook: {path: …}`"),
        (f"{OWNER}\nverify: [{{repo-fil: {{path: a}}}}]", 5, 11, "is named `repo-fil`", "mean `repo-file`?"),
        (f"{OWNER}\nverify:\n  - repo-file: {{path: a}}\n    path: b", 7, 5, "an artifact has one kind", "indent what"),
        (f"{OWNER}\nverify: [{{}}]", 5, 10, "an artifact has one kind", "indent what"),
        (f"{OWNER}\nverify: [{{repo-file: a}}]", 5, 22, "must be keys with values, and is a text", "`repo-file: {path"),
        (f"{OWNER}\nverify: [{{repo-file: [a]}}]", 5, 22, "must be keys with values, and is a list", "`path:`"),
        (f"{OWNER}\nverify: [{{repo-file: }}]", 5, 22, "`repo-file` has no `path`", "write `path: scripts/restore.sh`"),
        (f"{OWNER}\nverify: [{{repo-file: {{pth: a}}}}]", 5, 23, "unknown key `pth`", "mean `path`?"),
        (f"{OWNER}\nverify: [{{repo-file: {{path: ../a}}}}]", 5, 29, "`../a` has `..`", None),
        (f"{OWNER}\nverify: [{{repo-file: {{path: [a]}}}}]", 5, 29, "`path` must be a single value, and is a list", None),
        (f"{OWNER}\nverify: [{{repo-file: {{path: a, executable: x}}}}]", 5, 44, "must be `true` or `false`", None),
        # what this is at all
        ("- a", 4, 1, "must be keys with values, and is a list", "begin with `owner:`"),
        ("alice", 4, 1, "must be keys with values, and is a text", "begin with `owner:`"),
        (f"{OWNER}\n{VERIFY}\n---\na: 1", 7, 1, "a second document begins here", "remove the `---`"),
        (f"{OWNER}\n{VERIFY}\nid: a b", 6, 5, "`id` is `a b`, and must match", None),
        (f"{OWNER}\n{VERIFY}\ntitle: [a]", 6, 8, "`title` must be a text or nothing, and is a list", None),
        # what YAML allows and a declaration does not
        (f"owner: &a bob\n{VERIFY}", 4, 8, "an anchor (`&…`) is not allowed here", "put it in quotes"),
        (f"owner: *a\n{VERIFY}", 4, 8, "an alias (`*…`) is not allowed here", "quote"),
        (f"owner: !!str bob\n{VERIFY}", 4, 8, "a tag (`!…`) is not allowed here", "put it in quotes"),
        (f"{OWNER}\n{VERIFY}\n<<: {{due: 2026-12-15}}", 6, 1, "a merge key (`<<`) is not allowed", "write the keys out"),
        (f"{OWNER}\n\t{VERIFY}", 5, 1, "not YAML", "indent with spaces, not tabs"),
        (f"{OWNER}\ntitle: Alert: now\n{VERIFY}", 5, 13, "not YAML: mapping values are not allowed", "in quotes"),
        (f"{OWNER}\nverify: [{{repo-file: {{path: a}}]", 5, 31, "not YAML", "check the indentation and the quotes"),
        (f"{OWNER}\nverify: " + "[" * 30, 5, 28, "nested deeper than 20 levels", None),
        (f"{OWNER}\ntitle: {'x' * 70_000}\n{VERIFY}", 4, 1, "more than 65,536", "split it"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_where_it_stands(block, line, column, message, hint):
    found, items = problems(block)
    assert len(found) == 1, found
    assert found[0][:2] == (line, column), found
    assert message in found[0][2]
    assert (hint is None and not found[0][3]) or hint in found[0][3], found
    assert not items


def test_all_mistakes_of_a_block_are_named_in_their_order():
    found, items = problems(
        "onwer: bob\n"
        "due: 2026-13-01\n"
        "kind: detekt\n"
        "verify:\n"
        "  - repo-file: {path: a, executible: true}\n"
        "  - oops\n"
        "  - repo-file: {executable: perhaps}\n"
        "  - repo-flie: {path: a}\n"
    )
    assert not items
    assert [(line, column, message) for line, column, message, _ in found] == [
        (4, 1, "unknown key `onwer`"),
        (5, 6, "`2026-13-01` is not an ISO date"),
        (6, 7, "`kind` is `detekt`"),
        (8, 26, "unknown key `executible`"),
        (9, 5, "an artifact is a kind with what is expected of it"),
        (10, 16, "`repo-file` has no `path`"),
        (10, 29, "`executable` must be `true` or `false`, and is `perhaps`"),
        (11, 5, "no kind of artifact is named `repo-flie`"),
    ]


def test_one_bad_block_hides_no_other_item():
    bad = [
        "owner: [",
        "- a",
        "owner: &a b",
        "{" * 40,
        "a: 1\na: 2",
        "\x07",
        "",
        "owner: bob\nverify: [{repo-file: {}}]",
    ]
    good = f"{OWNER}\n{VERIFY}"
    text = "".join(
        f"## Item {number}\n\n```loopcheck\n{block}\n```\n\n## Good {number}\n\n```loopcheck\n{good}\n```\n\n"
        for number, block in enumerate(bad)
    )
    found = declared(text)
    assert [item.title for item in found.items] == [f"Good {number}" for number in range(len(bad))]
    lines = text.split("\n")
    for number in range(len(bad)):
        begin = lines.index(f"## Item {number}") + 1
        assert any(begin < problem.line < begin + 6 for problem in found.problems), number


def test_an_unknown_kind_that_resembles_none_is_an_item_and_not_an_error():
    found, (item,) = problems(f"{OWNER}\nverify: [{{tls-certificate: {{host: shop.example.org}}}}]")
    assert not found
    (artifact,) = item.artifacts
    assert (artifact.kind, artifact.expect, artifact.declared) == (
        "tls-certificate", None, {"host": "shop.example.org"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "due"),
    [
        ("due: 2026-12-15", date(2026, 12, 15)),
        ('due: "2026-12-15"', date(2026, 12, 15)),
        ("due: sprint 42", date(2026, 12, 18)),
        ("sprint: Sprint 42", date(2026, 12, 18)),
        ("milestone: 2026.4", date(2026, 12, 31)),
        ("due: 2026.4", date(2026, 12, 31)),
        ("", None),
    ],
)
def test_a_due_date_is_a_date_or_a_name_of_the_calendar(written, due):
    found, (item,) = problems(f"{OWNER}\n{VERIFY}\n{written}")
    assert not found
    assert item.due == due


def test_ids_are_given_or_made_of_file_and_title_and_never_shared():
    block = f"```loopcheck\n{OWNER}\n{VERIFY}\n"
    found = declared(
        f"# Add an alert\n\n{block}```\n\n# Add an alert\n\n{block}```\n\n# Ünïcode & more!\n\n{block}```\n\n"
        f"# Own\n\n{block}id: INC-1/3\n```\n\n# Other\n\n{block}id: INC-1/3\n```\n\n# ???\n\n{block}```\n"
    )
    assert [item.id for item in found.items] == [
        "postmortems/lag.md#add-an-alert", "postmortems/lag.md#add-an-alert-2", "postmortems/lag.md#ünïcode-more",
        "INC-1/3", "postmortems/lag.md#item",
    ]  # fmt: skip
    (problem,) = found.problems
    assert "`INC-1/3` is taken by postmortems/lag.md:2" in problem.message
