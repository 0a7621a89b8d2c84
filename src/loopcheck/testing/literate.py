"""Documents whose examples are run: a checker's example.md, the README, the pages of docs/.

In such a document a fence whose info string holds `file=PATH` is written to a scratch repository, and a fence
whose info string begins with `console` holds commands after `$ ` with what they print. Files are committed
before each console block, at the time of `at=…` (a fixed time where there is none), so that commit ids are the
same everywhere. `…` in what is printed stands for any text on its line.

    ```markdown file=postmortems/lag.md
    ```console exit=1
    $ loopcheck verify --now 2026-11-20
    …
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import msgspec

from loopcheck.documents import markdown
from loopcheck.testing.repository import NOW, RepositoryBuilder

_FIELD = re.compile(r"(\w+)=(\S+)")


class Example(msgspec.Struct, frozen=True):
    """One console block, run."""

    line: int
    """Where it stands in its document."""
    expected: str
    actual: str

    @property
    def agrees(self) -> bool:
        """Whether it printed what the document says."""
        pattern = re.escape(self.expected.strip()).replace("…", r"[^\n]*")
        return re.fullmatch(pattern, self.actual.strip()) is not None


def run(document: Path, folder: Path) -> list[Example]:
    """Run every console block of `document` in a new repository in `folder`, in order.

    Raises:
        ValueError: the document has none; a page that shows nothing proves nothing.
    """
    repository = RepositoryBuilder(folder)
    examples: list[Example] = []
    text = document.read_text("utf-8")
    at = NOW.isoformat()
    for token in markdown.tokens(text):
        if token.type != "fence":
            continue
        fields = dict(_FIELD.findall(token.info))
        if "file" in fields:
            place = folder / fields["file"]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(token.content, "utf-8")
            at = fields.get("at", at)
        elif token.info.startswith("console"):
            repository.commit_all(at=fields.get("at", at), message="Example")
            line = (token.map or [0])[0] + 1
            examples.append(Example(line, token.content, _console(token.content, folder, fields.get("exit"))))
    if not examples:
        raise ValueError(f"{document} has no console block")
    return examples


def update(document: Path, examples: list[Example]) -> None:
    """Write what was printed into the document, in place of what it says."""
    lines = document.read_text("utf-8").splitlines(keepends=True)
    for example in reversed(examples):  # from the end, so that the lines before keep their numbers
        if not example.agrees:
            # By place and not by text: two blocks may begin with the same command.
            end = example.line + example.expected.count("\n")
            lines[example.line : end] = [example.actual.rstrip("\n") + "\n"]
    document.write_text("".join(lines), "utf-8")


def _console(block: str, folder: Path, expected_exit: str | None) -> str:
    """What the commands of a block print, with the commands. The exit code is shown where it is not as said."""
    out: list[str] = []
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "COLUMNS": "120",
        "NO_COLOR": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    for command in commands:
        words = shlex.split(command)
        if words[0] == "loopcheck":
            words[:1] = [sys.executable, "-I", "-m", "loopcheck"]
        done = subprocess.run(
            words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        out.append(f"$ {command}")
        out.append((done.stdout + done.stderr).decode().replace(str(folder), "…").rstrip("\n"))
        if command == commands[-1] and expected_exit is not None and done.returncode != int(expected_exit):
            out.append(f"(ended with {done.returncode}, not with {expected_exit})")
    return "\n".join(out) + "\n"
