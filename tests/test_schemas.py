"""The published schemas, against what is documented and against what loopcheck itself reads."""

import re
from pathlib import Path

import jsonschema
import pytest

from loopcheck import schemas
from loopcheck.binding import BindingError, bind
from loopcheck.config import ConfigFile
from loopcheck.documents import markdown, yaml
from loopcheck.registry import InstalledCheckers
from loopcheck.testing import OneChecker
from loopcheck_checks.repo_file import RepoFileChecker

ROOT = Path(__file__).parent.parent
REGISTRY = InstalledCheckers()
DECLARATION = jsonschema.Draft202012Validator(schemas.declaration(REGISTRY))
FILE = jsonschema.Draft202012Validator(schemas.file(REGISTRY))
CONFIG = jsonschema.Draft202012Validator(schemas.config(REGISTRY))
GUIDE = ROOT / "checks/README.md"
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("checks/**/*.md"))]


def examples():
    """Every declaration in the documentation: `loopcheck` blocks, and YAML with `verify:` in it."""
    for page in PAGES:
        text = page.read_text("utf-8")
        for fence in fences(text, str(page.relative_to(ROOT))):
            node = yaml.load(fence.text, fence.origin)
            if isinstance(node, yaml.MappingNode) and "verify" in node:
                kinds = {kind for artifact in node.value["verify"] for kind in artifact}
                if page == GUIDE and not kinds & set(REGISTRY.kinds()):
                    continue  # the kind that its reader is to write
                yield pytest.param(node.value, id=f"{fence.origin.path}:{fence.opened}")


def fences(text, path):
    for fence in markdown.fences(text, path):
        if fence.info in ("yaml", "yml", "loopcheck") and "…" not in fence.text and not fence.text.startswith("name:"):
            yield fence
        elif fence.info in ("markdown", "md"):
            yield from fences(fence.text, path)


EXAMPLES = list(examples())


@pytest.mark.parametrize("declared", EXAMPLES)
def test_documented_declarations_fit_the_schema(declared):
    DECLARATION.validate({"owner": "@alice", **declared})


def test_there_are_examples_of_every_kind():
    documented = {kind for one in EXAMPLES for artifact in one.values[0]["verify"] for kind in artifact}
    assert set(REGISTRY.kinds()) <= documented


@pytest.mark.parametrize(
    ("declared", "place"),
    [
        ("verify: [{repo-file: {path: a}}]", []),  # no owner
        ("owner: a\nverify: []", ["verify"]),
        ("owner: a\nverify: [{repo-file: {pth: a}}]", ["verify", 0, "repo-file"]),
        ("owner: a\nverify: [{repo-fil: {path: a}}]", ["verify", 0]),
        ("owner: a\nverify: [{repo-file: {path: a}, runbook: {path: a}}]", ["verify", 0]),
        ("owner: a\nverify: [{repo-file: {path: a, executable: perhaps}}]", ["verify", 0, "repo-file", "executable"]),
        ("owner: a\nowners: b\nverify: [{repo-file: {path: a}}]", []),
        ("owner: a\nkind: fix\nverify: [{repo-file: {path: a}}]", ["kind"]),
        ("owner: a\nrequire: shown\nverify: [{repo-file: {path: a}}]", ["require"]),
    ],
)
def test_an_editor_shows_where_a_mistake_is(declared, place):
    errors = list(DECLARATION.iter_errors(yaml.load(declared, "x").value))
    assert place in [list(error.absolute_path)[: len(place)] for error in errors]


@pytest.mark.parametrize(
    "declared",
    [
        "owner: @alice",
        "sprint: 42",
        "milestone: 1.10",
        "incident: 2026",
        "due: 2026-12-15",
        "addresses: [1, 2]",
        "addresses: F1",
        "title: true",
    ],
)
def test_a_text_needs_no_quotes(declared):
    """loopcheck reads scalars as they were written, so an editor must not ask for quotes."""
    declared = declared.replace("@alice", "alice")
    node = yaml.load("verify: [{repo-file: {path: a}}]\n" + declared, "x")
    DECLARATION.validate({"owner": "a", **node.value})


def test_a_file_of_declarations_fits_its_schema():
    text = """\
        incident: {id: INC-1, started: 2026-11-01T09:14Z}
        action-items:
          - title: Write it
            owner: a
            verify: [{repo-file: {path: a}}]
        """
    value = yaml.load(text, "x").value
    FILE.validate(value)
    del value["action-items"][0]["title"]
    assert not FILE.is_valid(value)
    FILE.validate({"incident": "INC-1"})


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "declarations: [a/*.md]",
        "require: proven",
        "calendar: {Sprint 1: 2026-01-01}",
        "nope: 1",
        "require: no",
        "close-gate: {mode: advise}",
        "close-gate: {mode: perhaps}",
        "close-gate: {rules: [{severity: [SEV3], older-than: 180d, mode: label}]}",
        "close-gate: {rules: [{severity: [SEV3]}]}",
        "close-gate: {rules: [{older-than: soon, mode: label}]}",
        "sweep-every: 12h",
        "sweep-every: daily",
    ],
)
def test_the_schema_of_the_configuration_agrees_with_its_reader(text):
    node = yaml.load(text, "x")
    try:
        bind(node, ConfigFile)
        read = True
    except BindingError:
        read = False
    assert CONFIG.is_valid(node.value) is read


def test_every_kind_has_a_schema_of_its_own():
    for kind in REGISTRY.kinds():
        schema = schemas.kind(kind, REGISTRY)
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["description"]
    assert schemas.unusable(REGISTRY) == []


def test_only_what_is_installed_can_be_declared():
    only = jsonschema.Draft202012Validator(schemas.declaration(OneChecker(RepoFileChecker())))
    assert only.is_valid({"owner": "a", "verify": [{"repo-file": {"path": "a"}}]})
    assert not only.is_valid({"owner": "a", "verify": [{"runbook": {"path": "a"}}]})


@pytest.mark.parametrize("wanted", [schemas.ItemDeclaration, schemas.IncidentDeclaration, ConfigFile])
def test_every_key_is_on_the_page_of_declarations(wanted):
    page = (ROOT / "docs/declarations.md").read_text("utf-8")
    for key in schemas.keys(wanted):
        assert re.search(rf"^\| `{key}` \|", page, re.MULTILINE), key


def test_every_key_of_the_report_is_on_its_page():
    page = (ROOT / "docs/report.md").read_text("utf-8")
    for struct in schemas.report()["$defs"].values():
        for key in struct.get("properties", {}):
            assert f"`{key}`" in page, key
