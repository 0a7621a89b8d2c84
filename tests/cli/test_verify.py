"""`loopcheck verify`, from the shell's side."""

import json
import os
import pty
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from declared_items import declared

from loopcheck import loading
from loopcheck.cli import output
from loopcheck.testing import OneChecker
from loopcheck.testing.runner_log import suspects
from loopcheck_checks.repo_file import RepoFileChecker


@pytest.mark.parametrize(
    ("files", "options", "code"),
    [
        ({}, (), 0),
        ({"run.sh": None}, (), 1),
        ({"postmortems/bad.md": "## T\n\n```loopcheck\nowner: nobody\n```\n"}, (), 2),
        ({"postmortems/bad.md": "## T\n\n```loopcheck\nowner: nobody\n```\n", "run.sh": None}, (), 2),
        ({"postmortems/lost.md": None}, (), 3),
        ({}, ("--require", "proven"), 3),
        ({}, ("--time-limit", "0"), 4),
        ({".github/loopcheck.yml": "declaration: []\n"}, (), 2),
        ({}, ("--nope",), 2),
        ({}, ("--format", "html"), 2),
        ({}, ("--item", "no such thing"), 2),
        ({}, ("--now", "tomorrow"), 2),
        ({}, ("--ref", "no-such-ref"), 2),
        ({}, ("--repo", "/"), 2),
        ({}, ("--output", "/no/such/folder/report"), 2),
        ({}, ("--item", "Write a script"), 0),
        ({}, ("--item", "write-a-script"), 0),
    ],
)
def test_exit_codes(repository, loopcheck, files, options, code):
    if files:
        repository.commit(files)
    done = loopcheck("verify", *options)
    assert done.code == code, done
    if code == 2 and not done.out:
        assert done.err.startswith("loopcheck: ")
        assert "  -> " in done.err or "did you mean" in done.err


def test_a_symbolic_link_is_inconclusive(repository, loopcheck):
    (repository.folder / "run.sh").unlink()
    (repository.folder / "run.sh").symlink_to("/etc/passwd")
    repository.commit_all()
    done = loopcheck("verify")
    assert done.code == 3
    assert "[linked]" in done.out


def test_says_what_is_done(repository, loopcheck):
    assert loopcheck("verify", "--now", "2026-11-20").out == (
        "VERIFIED       Write a script\n"
        "               postmortems/lost.md:8, @alice, due 2026-12-15, INC-7\n"
        "  verified     repo-file  run.sh  (active)\n"
        "\n"
        f"1 item: 1 verified, 0 inconclusive, 0 failed. Looked at {repository.git('rev-parse', 'HEAD')[:12]}.\n"
    )


def test_nothing_declared_is_said(repository, loopcheck):
    repository.commit({"postmortems/lost.md": None})
    done = loopcheck("verify")
    assert "nothing is declared in postmortems/**/*.md" in done.out


def test_a_report_can_be_written_to_a_file(repository, loopcheck, tmp_path):
    file = tmp_path / "report.json"
    done = loopcheck("verify", "--format", "json", "--output", file)
    assert json.loads(file.read_text())["verdict"] == "verified"
    assert done.out.startswith("VERIFIED")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["report.json"]


@pytest.mark.parametrize("style", ["json", "markdown", "junit", "sarif", "github"])
def test_every_format_is_printed(repository, loopcheck, style):
    repository.commit({"run.sh": None})
    done = loopcheck("verify", "--format", style)
    assert done.code == 1
    assert "run.sh" in done.out
    read = {"json": json.loads, "sarif": json.loads, "junit": ET.fromstring}.get(style)
    if read:
        read(done.out)
    if style == "github":
        assert [command.name for command in suspects(done.out)] == ["error"]


def test_what_strangers_write_commands_no_runner(repository, loopcheck):
    """In a title, a path, a key and a file's name; in a report, and in every complaint about them."""
    evil = "##[set-output name=verdict;]verified ::add-mask::a"
    repository.commit(
        {
            "postmortems/a.md": declared(title=evil, path="'##[error]x'"),
            "postmortems/b.md": f"## T\n\n```loopcheck\nowner: '{evil}'\n'{evil}': 1\nverify: [{{'##[x]': {{}}}}]\n```\n",
            "postmortems/##[error]c.md": "```loopcheck\n[\n```\n",
            "postmortems/caf\udce9.md".encode(errors="surrogateescape").decode("latin-1"): declared(title="x"),
        }
    )
    for style in ("text", "json", "markdown", "junit", "sarif"):
        assert suspects(loopcheck("verify", "-v", "--format", style).out) == []
    for options in (("--item", evil), ("--ref", evil), ("--repo", evil), (evil,), ("--" + evil,), ("--format", evil)):
        assert loopcheck("verify", *options).code == 2
    assert loopcheck(evil).code == 2
    assert loopcheck("lint").code == 2
    assert loopcheck("list").code == 2


def test_names_that_are_not_utf8_are_no_trouble(repository, loopcheck):
    folder = os.fsencode(repository.folder / "postmortems")
    os.rename(os.path.join(folder, b"lost.md"), os.path.join(folder, b"caf\xe9.md"))  # noqa: PTH104, PTH118
    repository.commit_all()
    for style in ("text", "json", "markdown", "junit", "sarif", "github"):
        assert loopcheck("verify", "--format", style).code == 0


class _Crashing(RepoFileChecker):
    def observe(self, expect, world):
        raise ValueError("##[error] the key is hunter2hunter2")


def test_a_crash_is_shown_only_when_asked_for(repository, loopcheck, monkeypatch):
    monkeypatch.setattr(loading, "InstalledCheckers", lambda: OneChecker(_Crashing()))
    monkeypatch.setenv("DD_API_KEY", "hunter2hunter2")
    quiet = loopcheck("verify")
    assert quiet.code == 3
    assert "checker-crashed" in quiet.out
    assert "Traceback" not in quiet.err
    told = loopcheck("verify", "--debug")
    assert "debug: Traceback (most recent call last):" in told.err
    assert "in observe" in told.err
    assert "ValueError: ## [error] the key is ***" in told.err
    assert "hunter2" not in told.err + told.out + quiet.out


def test_a_mistake_of_loopchecks_own_is_no_failed_item(repository, loopcheck, monkeypatch):
    def broken(*_arguments, **_named):
        raise RuntimeError("##[error]")

    monkeypatch.setattr("loopcheck.engine.run", broken)
    done = loopcheck("verify")
    assert done.code == 4
    assert "stopped with RuntimeError at test_verify.py:" in done.err
    assert "Traceback" in loopcheck("verify", "--debug").err


def test_ctrl_c_is_no_failed_item(repository, loopcheck, monkeypatch):
    def interrupted(*_arguments, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr("loopcheck.engine.run", interrupted)
    assert loopcheck("verify").code == 130


def test_a_reader_who_goes_away_changes_no_verdict(repository):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-I", "-m", "loopcheck", "verify"], stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert done.returncode == 0
    assert done.stderr == b""


def test_nothing_of_the_checkout_is_run(repository, process):
    trap = "open('caught', 'w')\n"
    names = ["yaml.py", "click.py", "rich.py", "loopcheck/__init__.py", "sitecustomize.py", "msgspec/__init__.py"]
    repository.commit(dict.fromkeys(names, trap))
    done = process("verify", cwd=repository.folder)
    assert done.code == 0
    assert not (repository.folder / "caught").exists()


# how it looks


def on_a_terminal(*arguments, **environment):
    """What a terminal of 80 columns is sent."""
    leader, follower = pty.openpty()
    env = {"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "80", "LANG": "C.UTF-8", **environment}
    with subprocess.Popen(
        [sys.executable, "-I", "-m", "loopcheck", *arguments], stdout=follower, stderr=subprocess.DEVNULL, env=env
    ):
        os.close(follower)
        sent = b""
        try:
            while chunk := os.read(leader, 65536):
                sent += chunk
        except OSError:  # the other end is closed
            pass
    os.close(leader)
    return sent.decode()


@pytest.mark.parametrize(
    ("environment", "options", "colors"),
    [
        ({}, (), True),
        ({"NO_COLOR": "1"}, (), False),
        ({"FORCE_COLOR": "1"}, ("--no-color",), False),
    ],
)
def test_a_terminal_has_symbols_and_perhaps_colours(repository, environment, options, colors):
    shown = on_a_terminal("verify", *options, **environment)
    assert ("\x1b[" in shown) is colors
    assert "✔ VERIFIED" in shown


def test_a_terminal_is_wrapped(repository):
    title = "A title that is much too long for the terminal that it is shown on, as titles are"
    repository.commit({"postmortems/lost.md": declared(title=title)})
    shown = on_a_terminal("verify", NO_COLOR="1").replace("\r\n", "\n")
    assert all(len(line) <= 80 for line in shown.split("\n"))
    assert "\n              " in shown


def test_a_terminal_of_a_runner_is_not_wrapped(repository):
    """A line that begins with `::` is obeyed there, and wrapping could make one."""
    repository.commit({"postmortems/lost.md": declared(title="x" * 100)})
    assert "x" * 100 in on_a_terminal("verify", GITHUB_ACTIONS="true")


@pytest.mark.parametrize(
    ("environment", "options", "colors"),
    [
        ({}, (), False),
        ({"FORCE_COLOR": "1"}, (), True),
        ({"FORCE_COLOR": "0"}, (), False),
        ({}, ("--color",), True),
        ({"NO_COLOR": "1"}, ("--color",), True),
    ],
)
def test_a_pipe_is_plain_unless_colours_are_wanted(repository, loopcheck, monkeypatch, environment, options, colors):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in loopcheck("verify", *options).out) is colors


# files that are written


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    file = tmp_path / "report"
    file.write_text("old")
    file.chmod(0o640)
    output.write_file(file, b"new")
    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o640

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        output.write_file(file, b"newer")
    assert file.read_text() == "new"
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_no_file_is_not_replaced(tmp_path):
    link, target, pipe = tmp_path / "link", tmp_path / "target", tmp_path / "pipe"
    target.write_text("old")
    link.symlink_to(target)
    output.write_file(link, b"new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    output.write_file(pipe, b"through")
    assert os.read(reader, 10) == b"through"
    os.close(reader)
    assert pipe.is_fifo()
