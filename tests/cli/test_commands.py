"""The commands beside `verify`, from the shell's side."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from declared_items import declared

from loopcheck import cli, schemas
from loopcheck.cli import doctor as doctor_module
from loopcheck.cli.keys import keys_of
from loopcheck.reasons import COMMON_REASONS
from loopcheck.registry import InstalledCheckers
from loopcheck.testing import RepositoryBuilder

BAD = "## T\n\n```loopcheck\nowner: nobody\nverify: [{repo-file: {path: a}}]\n```\n"


# the group


def test_help_names_every_command(loopcheck):
    done = loopcheck("--help")
    assert done.code == 0
    for name in cli._COMMANDS:
        assert f"  {name} " in done.out


@pytest.mark.parametrize("name", cli._COMMANDS)
def test_every_command_has_help(loopcheck, name):
    done = loopcheck(name, "--help")
    assert done.code == 0
    assert done.out.startswith(f"Usage: loopcheck {name}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verfy",), "did you mean `verify`?"),
        (("list", "--nope"), "`loopcheck list --help` shows what it takes"),
        (("schema", "kind"), "loopcheck schema kind runbook"),
        (("schema", "reprt"), "did you mean `report`?"),
        (("explain", "repofile"), "did you mean `repo-file`?"),
        (("schema", "kind", "repo-fil"), "did you mean `repo-file`?"),
        (("explain", "repo-file", "outtage"), "no kind, claim or reason"),
    ],
)
def test_usage_errors_say_what_to_do(repository, loopcheck, arguments, said):
    done = loopcheck(*arguments)
    assert done.code == 2
    assert said in done.err
    assert done.out == ""


# list


def test_list_shows_whose_and_until_when(repository, loopcheck):
    repository.commit({"postmortems/late.md": declared(title="Write another", due="2026-11-01")})
    done = loopcheck("list", "--now", "2026-11-20")
    assert done.code == 0
    assert done.out == (
        "2026-11-01  Write another\n"
        "            OVERDUE, @alice, INC-7: repo-file (active)\n"
        "            postmortems/late.md#write-another at postmortems/late.md:8\n"
        "2026-12-15  Write a script\n"
        "            @alice, INC-7: repo-file (active)\n"
        "            postmortems/lost.md#write-a-script at postmortems/lost.md:8\n"
        "2 items, 1 overdue.\n"
    )


def test_list_as_json(repository, loopcheck):
    repository.commit({"postmortems/bad.md": BAD})
    done = loopcheck("list", "--format", "json", "--now", "2026-12-16")
    assert done.code == 2
    read = json.loads(done.out)
    assert read["errors"][0]["path"] == "postmortems/bad.md"
    assert read["items"] == [
        {
            "id": "postmortems/lost.md#write-a-script",
            "title": "Write a script",
            "owner": "@alice",
            "due": "2026-12-15",
            "overdue": True,
            "location": {"path": "postmortems/lost.md", "line": 8, "column": None},
            "url": None,
            "requires": "active",
            "kind": None,
            "incident": "INC-7",
            "artifacts": [{"kind": "repo-file", "location": {"path": "postmortems/lost.md", "line": 12, "column": 5}}],
        }
    ]


# lint


def test_lint_reads_what_is_committed(repository, loopcheck):
    assert loopcheck("lint").out == "1 item in 1 file can be read.\n"
    (repository.folder / "postmortems/bad.md").write_text(BAD)
    assert loopcheck("lint").code == 0
    repository.commit_all()
    done = loopcheck("lint")
    assert done.code == 2
    assert "postmortems/bad.md:4:8" in done.out
    assert "1 mistake to mend" in done.out


def test_lint_reads_files_as_they_lie_there(repository, loopcheck, monkeypatch):
    place = repository.folder / "postmortems"
    (place / "bad.md").write_text(BAD)
    assert loopcheck("lint", "postmortems/lost.md").code == 0
    assert loopcheck("lint", "postmortems/lost.md", "postmortems/bad.md").code == 2
    monkeypatch.chdir(place)
    done = loopcheck("lint", "bad.md", "../run.sh")
    assert done.code == 2
    assert "postmortems/bad.md:4:8" in done.out
    assert "run.sh is neither Markdown nor YAML" in done.err


def test_lint_uses_the_calendar_as_it_lies_there(repository, loopcheck):
    (repository.folder / "postmortems/lost.md").write_text(declared(due="Sprint 9"))
    assert loopcheck("lint", "postmortems/lost.md").code == 2
    (repository.folder / ".github").mkdir()
    (repository.folder / ".github/loopcheck.yml").write_text("calendar: {Sprint 9: 2026-12-01}\n")
    assert loopcheck("lint", "postmortems/lost.md").code == 0


@pytest.mark.parametrize(
    "name", ["postmortems/link.md", "postmortems/gone.md", "../outside.md", "postmortems", "fifo.md"]
)
def test_lint_reads_regular_files_of_the_checkout_only(repository, loopcheck, name):
    (repository.folder / "postmortems/link.md").symlink_to("/etc/passwd")
    (repository.folder.parent / "outside.md").write_text(BAD)
    os.mkfifo(repository.folder / "fifo.md")
    done = loopcheck("lint", name)
    assert (done.code, done.out) in ((2, ""), (0, "0 items in 0 files can be read.\n"))
    assert done.err


def test_lint_needs_no_commit_and_no_repository(tmp_path, monkeypatch, loopcheck):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.md").write_text(declared())
    assert loopcheck("lint", "a.md").out == "1 item in 1 file can be read.\n"
    RepositoryBuilder(tmp_path)
    assert loopcheck("lint", "a.md").code == 0


# explain


def test_explain_names_every_kind(loopcheck):
    done = loopcheck("explain")
    assert done.code == 0
    for kind in InstalledCheckers().kinds():
        assert f"{kind} " in done.out


@pytest.mark.parametrize("kind", InstalledCheckers().kinds())
def test_explain_shows_every_word_of_a_kind(loopcheck, kind):
    manifest = InstalledCheckers().get(kind).checker.manifest
    shown = loopcheck("explain", kind).out
    for word in (
        *(claim.word for claim in manifest.claims),
        *(reason.word for reason in manifest.reasons),
        *(secret.name for secret in manifest.secrets),
        *(setting.section for setting in manifest.settings),
        *schemas.keys(manifest_expect(kind)),
    ):
        assert f"{word}" in shown
    for reason in manifest.reasons:
        assert reason.remedy in loopcheck("explain", kind, reason.word).out


def manifest_expect(kind):
    return InstalledCheckers().get(kind).checker.Expect


@pytest.mark.parametrize("word", [reason.word for reason in COMMON_REASONS])
def test_explain_knows_the_reasons_of_every_kind(loopcheck, word):
    done = loopcheck("explain", word)
    assert done.code == 0
    assert "any kind" in done.out


@pytest.mark.parametrize("kind", InstalledCheckers().kinds())
def test_every_key_of_a_kind_is_described(kind):
    checker = InstalledCheckers().get(kind).checker
    keys = [key for wanted in (checker.Expect, *(s.type for s in checker.manifest.settings)) for key in keys_of(wanted)]
    assert keys
    assert [key.name for key in keys if not key.says] == []


def test_explain_shows_keys_with_forms_and_examples(loopcheck):
    assert (
        "  path  text, required\n      The file.\n      path: scripts/restore.sh\n"
        "  executable  true or false, false unless said\n"
    ) in loopcheck("explain", "repo-file").out


# schema


@pytest.mark.parametrize("what", [("declaration",), ("file",), ("config",), ("report",), ("kind", "repo-file"), ()])
def test_schemas_are_schemas(loopcheck, what):
    done = loopcheck("schema", *what)
    assert done.code == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(done.out))


# init

EXAMPLES = Path(__file__).parent.parent.parent / "examples/workflows"
WORKFLOWS = {
    f".github/workflows/loopcheck-{name}.yml": EXAMPLES / f"{name}.yml" for name in ("sweep", "issues", "pull-request")
}


def test_init_writes_and_never_overwrites(repository, loopcheck):
    (repository.folder / ".github").mkdir()
    (repository.folder / ".github/loopcheck.yml").write_text("require: proven\n")
    first = loopcheck("init")
    assert first.code == 0
    assert "left      .github/loopcheck.yml is there already" in first.out
    written = re.findall(r"^written +(\S+)", first.out, re.MULTILINE)
    assert [name for name in written if name in WORKFLOWS] == list(WORKFLOWS)
    assert (repository.folder / ".github/loopcheck.yml").read_text() == "require: proven\n"
    again = loopcheck("init")
    assert "written" not in again.out


def test_init_does_not_follow_links_out_of_the_repository(repository, loopcheck, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (repository.folder / ".github").symlink_to(tmp_path / "elsewhere")
    done = loopcheck("init")
    assert done.code == 2
    assert list((tmp_path / "elsewhere").rglob("*.yml")) == []


def test_what_init_writes_is_what_loopcheck_reads(repository, loopcheck):
    loopcheck("init")
    repository.commit_all()
    assert loopcheck("verify").code == 0
    assert loopcheck("doctor").code == 0


def test_what_init_writes_is_what_the_examples_show(loopcheck, repository):
    """`LOOPCHECK_UPDATE=1` makes the examples of the templates."""
    loopcheck("init")
    for path, example in WORKFLOWS.items():
        written = (repository.folder / path).read_text()
        if os.environ.get("LOOPCHECK_UPDATE"):
            example.write_text(written)
        assert example.read_text() == written


LINTERS = {
    "zizmor": ["zizmor", "--offline", "--no-progress", "--persona=auditor", ".github/workflows"],
    "workflow": ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS],
    "issue form": [
        "check-jsonschema", "--builtin-schema", "vendor.github-issue-forms", ".github/ISSUE_TEMPLATE/action-item.yml",
    ],
    "actionlint": ["actionlint", *WORKFLOWS],
}  # fmt: skip


@pytest.mark.parametrize("command", LINTERS.values(), ids=LINTERS)
def test_what_init_writes_passes_the_linters(repository, loopcheck, command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    loopcheck("init")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# new

NEW = ("new", "--title", "Write it", "--owner", "@bob", "--artifact", "repo-file", "--set", "path=run.sh")


def test_new_writes_a_declaration_that_verify_reads(repository, loopcheck):
    done = loopcheck(*NEW, "--due", "2026-12-01", "--incident", "INC-9", "--started", "2026-11-01T09:14Z")
    assert done.code == 0
    assert (repository.folder / "postmortems/inc-9.md").read_text() == (
        '---\nincident:\n  id: INC-9\n  started: "2026-11-01T09:14Z"\n---\n\n# INC-9\n\n## Write it\n\n'
        '```loopcheck\nowner: "@bob"\ndue: 2026-12-01\nverify:\n  - repo-file:\n      path: run.sh\n```\n'
    )
    repository.commit_all()
    assert loopcheck("verify", "--item", "Write it").code == 0


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\r\n", " "])
def test_new_only_adds(repository, loopcheck, end):
    place = repository.folder / "postmortems/lost.md"
    old = declared().rstrip().encode() + end.encode()
    if end == "\r\n":
        old = old.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    place.write_bytes(old)
    place.chmod(0o600)
    assert loopcheck(*NEW, "--file", place).code == 0
    written = place.read_bytes()
    assert written.startswith(old)
    assert (b"\r\n" in written[len(old) :]) is (end == "\r\n")
    assert place.stat().st_mode & 0o777 == 0o600
    assert loopcheck("lint", place).out == "2 items in 1 file can be read.\n"


@pytest.mark.parametrize(
    "title", ["Use `x` & *y* #", "# not a heading", "1. [a](b)", "a\n\n```loopcheck\nb", "- x", "💥"]
)
def test_new_keeps_a_title_as_it_is(repository, loopcheck, title):
    assert loopcheck(*NEW, "--title", title).code == 0
    repository.commit_all()
    titles = [item["title"] for item in json.loads(loopcheck("list", "--format", "json").out)["items"]]
    assert " ".join(title.split()) in titles
    assert len(titles) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--owner", "the team"), "is a team or a role"),
        (("--due", "soon"), "not a date"),
        (("--artifact", "repofile"), "no installed checker"),
        (("--set", "pth=x"), "did you mean `path`?"),
        (("--set", "path"), "write KEY=VALUE"),
        (("--set", "path=../x"), "has `..`"),
        (("--set", "executable=perhaps"), "executable"),
        (("--file", "notes.txt"), "not Markdown"),
        (("--file", "/etc/x.md"), "is not below"),
        (("--file", "postmortems/open.md"), "not closed"),
        (("--file", "postmortems/latin.md"), "UTF-8"),
    ],
)
def test_new_writes_nothing_that_cannot_be_read(repository, loopcheck, options, said):
    (repository.folder / "postmortems/open.md").write_text("# T\n\n```\nnever closed\n")
    (repository.folder / "postmortems/latin.md").write_bytes(b"caf\xe9\n")
    before = {path: path.read_bytes() for path in repository.folder.rglob("*.md")}
    done = loopcheck(*NEW, *options)
    assert done.code == 2, done
    assert said in done.err
    assert {path: path.read_bytes() for path in repository.folder.rglob("*.md")} == before
    assert not (repository.folder / "notes.txt").exists()


def test_new_takes_values_by_their_keys_form(repository, loopcheck):
    done = loopcheck(
        "new", "--title", "Alert", "--owner", "@bob", "--artifact", "datadog-monitor", "--dry-run", "--set",
        "fires-when=> 30", "--set", "metric=a.b", "--set", 'notifies=["@a", "@b"]',
    )  # fmt: skip
    assert done.code == 0, done
    assert '      fires-when: "> 30"\n' in done.out
    assert '      notifies: ["@a", "@b"]\n' in done.out
    assert not (repository.folder / "postmortems/alert.md").exists()


def test_new_asks_nobody_where_nobody_is(repository, process):
    done = process("new", "--title", "T", cwd=repository.folder)
    assert done.code == 2
    assert "--artifact is needed" in done.err


def test_new_asks(repository):
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-I", "-m", "loopcheck", "new"],
        stdin=follower, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        os.close(follower)
        os.write(leader, b"Write it\nrepo-file\nthe team\n@carol\n\nrun.sh\n\n")
        out, err = running.communicate(timeout=30)
    os.close(leader)
    assert running.returncode == 0, err
    assert "is a team or a role" in err
    assert "postmortems/write-it.md: declared `Write it`" in out
    assert '"@carol"' in (repository.folder / "postmortems/write-it.md").read_text()


# doctor


def test_doctor_finds_nothing_missing(repository, loopcheck):
    done = loopcheck("doctor")
    assert done.code == 0, done
    assert done.out.endswith("Nothing is missing.\n")


def datadog(repository):
    block = declared().replace("repo-file: {path: run.sh}", "datadog-monitor: {metric: a.b, fires-when: '> 3'}")
    repository.commit({"postmortems/lost.md": block})


def test_doctor_names_the_secrets_that_declared_kinds_need(repository, loopcheck, monkeypatch):
    datadog(repository)
    done = loopcheck("doctor")
    required = [
        secret.name for secret in InstalledCheckers().get("datadog-monitor").checker.manifest.secrets if secret.required
    ]
    for name in required:
        assert f"datadog-monitor: {name} is not set" in done.out
    assert done.code == (3 if required else 0)
    for name in ("DD_API_KEY", "DD_APP_KEY"):
        monkeypatch.setenv(name, "canary-of-a-key")
    done = loopcheck("doctor")
    assert "DD_API_KEY is set" in done.out
    assert "canary" not in done.out + done.err


def test_doctor_sees_a_shallow_clone(repository, loopcheck, tmp_path):
    repository.commit({"a.txt": "a"})
    subprocess.run(
        ["git", "clone", "-q", "--depth", "1", f"file://{repository.folder}", tmp_path / "shallow"], check=True
    )
    done = loopcheck("doctor", "--repo", tmp_path / "shallow")
    assert done.code == 3
    assert "fetch-depth: 0" in done.out


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({".github/loopcheck.yml": "nope: 1\n"}, "unknown key `nope`"),
        ({"postmortems/bad.md": BAD}, "`loopcheck lint` lists them"),
        ({"postmortems/lost.md": declared().replace("repo-file", "from-a-plug-in")}, "no installed checker is named"),
    ],
)
def test_doctor_sees_what_cannot_be_read(repository, loopcheck, files, said):
    repository.commit(files)
    done = loopcheck("doctor")
    assert done.code == 3
    assert said in done.out


def test_doctor_works_outside_of_a_repository(tmp_path, loopcheck):
    done = loopcheck("doctor", "--repo", tmp_path)
    assert done.code == 3
    assert "is not in a git repository" in done.out


def test_doctor_asks_for_a_git_that_is_new_enough(repository, loopcheck, monkeypatch):
    monkeypatch.setattr(doctor_module, "_OLDEST_GIT", (99, 0))
    assert "too old" in loopcheck("doctor").out


# the start

_FORBIDDEN = {
    "--help": ("msgspec", "ruamel", "markdown_it", "rich", "loopcheck.engine", "loopcheck.model", "importlib.metadata"),
    "--version": ("msgspec", "ruamel", "rich", "loopcheck.engine", "importlib.metadata"),
    "verify": ("rich", "datadog_api_client", "urllib3", "xml", "asyncio", "json"),
    "explain": ("rich", "datadog_api_client", "urllib3", "loopcheck.engine"),
}


@pytest.mark.parametrize("command", _FORBIDDEN)
def test_a_command_imports_only_what_it_needs(repository, command):
    code = (
        "import sys\nfrom loopcheck.cli import main\n"
        f"try:\n    main([{command!r}])\nexcept SystemExit:\n    pass\n"
        "print('\\nIMPORTED', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    imported = set(done.stdout.partition("IMPORTED")[2].split())
    assert "click" in imported
    assert imported & set(_FORBIDDEN[command]) == set()
