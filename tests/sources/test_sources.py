"""From files to items: which files, which blocks, and what is said of those that are not read."""

import pytest

from loopcheck.config import ConfigFile, read_config
from loopcheck.documents import markdown
from loopcheck.errors import ConfigError
from loopcheck.registry import InstalledCheckers
from loopcheck.sources import read, understand
from loopcheck.testing import RepositoryBuilder
from loopcheck.world import File, Repository

BODY = 'owner: "@alice"\nverify: [{repo-file: {path: a}}]\n'
BLOCK = f"```loopcheck\n{BODY}```\n"


def one(path, text):
    data = text if isinstance(text, bytes) else text.encode()
    return understand([File(path, "", data, "c")], ConfigFile(), InstalledCheckers())


def in_repository(tmp_path, files, config=None):
    repository = RepositoryBuilder(tmp_path)
    repository.commit(files | ({".github/loopcheck.yml": config} if config else {}))
    seen = Repository(tmp_path)
    return read(seen, read_config(seen).file, InstalledCheckers())


def test_the_usual_folders_are_read_and_no_others(tmp_path):
    text = f"# T\n\n{BLOCK}"
    found = in_repository(
        tmp_path,
        {
            "postmortems/a.md": text,
            "postmortems/2026/q4/b.md": text,
            "docs/postmortems/c.md": text,
            "incidents/d.yml": f"action-items:\n  - title: T\n    {BODY.replace(chr(10), chr(10) + '    ')}",
            "README.md": text,
            "postmortems/e.txt": text,
            "my/postmortems/f.md": text,
        },
    )
    assert not found.problems
    assert [item.location.path for item in found.items] == [
        "docs/postmortems/c.md", "incidents/d.yml", "postmortems/2026/q4/b.md", "postmortems/a.md",
    ]  # fmt: skip


def test_the_folders_can_be_configured(tmp_path):
    text = f"# T\n\n{BLOCK}"
    config = "declarations: ['rca/**/*.md']\nrequire: exists\ncalendar: {S1: 2026-12-01}\n"
    found = in_repository(tmp_path, {"rca/x/a.md": text, "postmortems/a.md": text}, config)
    (item,) = found.items
    assert (item.location.path, item.requires.value) == ("rca/x/a.md", "exists")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("declaration: []", r":1:1: unknown key `declaration` \(did you mean `declarations`\?\)"),
        ("calendar: {S1: 1.12.2026}", r":1:\d+: .*date"),
        ("declarations: ['../*.md']", "has `..`"),
        ("require: [", "not YAML"),
        ("- a", "must be keys with values"),
        ("a: &b 1", "an anchor"),
    ],
)
def test_a_configuration_that_cannot_be_read_ends_the_run(tmp_path, config, message):
    with pytest.raises(ConfigError, match=message):
        in_repository(tmp_path, {"a": "a"}, config)


def test_a_configuration_that_is_a_link_is_not_followed(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github/loopcheck.yml").symlink_to("/etc/hostname")
    repository.commit_all()
    with pytest.raises(ConfigError, match="symbolic link"):
        read_config(Repository(tmp_path))


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (BLOCK.replace("loopcheck", "Loopcheck"), "info string `Loopcheck` is not read", "write `loopcheck`"),
        (BLOCK.replace("loopcheck", "loop-check"), "info string `loop-check` is not read", "write `loopcheck`"),
        (BLOCK.replace("loopcheck", "{.loopcheck}"), "info string `{.loopcheck}` is not read", "write `loopcheck`"),
        (BLOCK.replace("loopcheck", "loopchekc"), "info string `loopchekc` is not read", "write `loopcheck`"),
        (BLOCK.replace("loopcheck", "yaml loopcheck"), "info string `yaml loopcheck` is not read", "write `loopcheck`"),
        (BLOCK.removesuffix("```\n"), "this block is never closed", "end it with the same fence"),
    ],
)
def test_a_block_that_is_nearly_one_is_said(text, message, hint):
    found = one("p.md", f"# T\n\n{text}")
    (problem,) = found.problems
    assert (problem.line, problem.hint) == (3, hint)
    assert message in problem.message
    assert not found.items


@pytest.mark.parametrize("info", ["yaml", "console", "text", "", "loop", "checkout", "yaml title=loopcheck.yml"])
def test_other_blocks_are_other_peoples(info):
    found = one("p.md", f"# T loopcheck\n\n```{info}\n{BODY}```\n")
    assert not found.problems
    assert not found.items


def test_an_item_without_a_title_is_a_mistake():
    (problem,) = one("p.md", BLOCK).problems
    assert (problem.message, problem.line) == ("the item has no title", 2)


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("p.md", b"\xff\xfe" + BLOCK.encode("utf-16-le"), "is not UTF-8 text"),
        ("p.md", b"# T\n\n\xff" + BLOCK.encode(), "is not UTF-8 text"),
        ("p.yml", b"action-items:\n- \xff", "is not UTF-8 text"),
        ("p.md", BLOCK + "a" * markdown.MAX_SIZE, "characters, more than"),
        ("p.yml", "action-items: []\nfoo: 1", "unknown key `foo`"),
        ("p.yml", "action-items: {}\n", "must be a list"),
        ("p.yml", "action-items: [\n", "not YAML"),
        ("p.yml", "action-items:\n- 1\n", "must be keys with values"),
        ("p.yml", f"action-items:\n- {{{BODY}}}\n", "not YAML"),
    ],
)
def test_a_file_that_cannot_be_read_is_said(path, text, message):
    found = one(path, text)
    assert message in found.problems[0].message
    assert found.problems[0].path == path
    assert not found.items


@pytest.mark.parametrize(
    "text", ["a: {{ template }}: [", "services: {}\n", "- incident: x\n", "", "incidents: [action]"]
)
def test_a_yaml_file_of_somebody_else_is_left_alone(text):
    found = one("postmortems/docker-compose.yml", text)
    assert not found.items
    assert not found.problems


def test_a_yaml_file_holds_items_and_their_incident():
    found = one(
        "p.yml",
        "incident: {id: INC-9, started: 2026-11-01T09:14Z}\n"
        "action-items:\n"
        "  - title: First\n    owner: alice\n    verify: [{repo-file: {path: a}}]\n"
        "  - title: Second\n    owner: team\n    verify: [{repo-file: {path: a}}]\n"
        "  - title: Third\n    owner: bob\n    verify: [{repo-file: {path: b}}]\n",
    )
    assert [(item.title, item.location.line, item.incident.id) for item in found.items] == [
        ("First", 3, "INC-9"), ("Third", 9, "INC-9"),
    ]  # fmt: skip
    assert [(problem.line, problem.column) for problem in found.problems] == [(7, 12)]


def test_links_and_names_that_are_not_text_hide_no_other_file(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"postmortems/good.md": f"# T\n\n{BLOCK}"})
    (tmp_path / "postmortems/link.md").symlink_to("/etc/passwd")
    (tmp_path / "postmortems").joinpath("new\nline.md").write_text(f"# N\n\n{BLOCK}")
    with open(bytes(tmp_path / "postmortems") + b"/caf\xe9.md", "w") as file:  # noqa: PTH123 - a name of bytes
        file.write(f"# C\n\n{BLOCK}\n```loopcheck\nowner: x\n```\n")
    repository.commit_all()
    seen = Repository(tmp_path)
    found = read(seen, ConfigFile(), InstalledCheckers())
    assert [item.title for item in found.items] == ["C", "T", "N"]
    (problem,) = found.problems
    problem.path.encode()  # it can be written
