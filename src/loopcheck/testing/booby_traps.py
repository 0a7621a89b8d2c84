"""Files that somebody could commit in the hope that whoever looks at the repository runs them.

Each leaves a file behind when it is run: whoever only reads leaves none. `in_files` is what a pull request can
bring; `in_settings` is what a step before loopcheck's could have put into `.git`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_MODULES = (
    "_ruamel_yaml click conftest ctypes datadog_api_client datetime json loopcheck loopcheck_checks markdown_it "
    "msgspec os pathlib re re2 rich ruamel ruamel/yaml setup sitecustomize subprocess typing urllib3 usercustomize yaml"
).split()
"""Imported in place of the real ones by a Python that looks into the folder it is run in."""

_PROGRAMS = "cat git gpg less loopcheck pager pip python python3 sh ssh uv".split()
"""Found in place of the real ones where `.` is in the search path."""

_HOOKS = "fsmonitor-watchman post-checkout post-index-change pre-auto-gc reference-transaction".split()


def in_files(checkout: Path, sprung: Path) -> list[str]:
    """Write traps into a work tree, to be committed.

    Args:
        checkout: the work tree.
        sprung: an existing folder: a trap that is run writes a file with its name here.

    Returns:
        The names of the traps.
    """
    return [_written(checkout, name, text) for name, text in _files(sprung)]


def in_settings(checkout: Path, sprung: Path) -> list[str]:
    """Write traps into `.git`, where git would run them. Arguments and result as `in_files`."""
    names = [_written(checkout, f".git/hooks/{hook}", _script(sprung, f"hook {hook}")) for hook in _HOOKS]
    for place, setting in _SETTINGS:
        names.append(_written(checkout, f".git/traps/{setting}", _script(sprung, f"setting {setting}")))
        section, _, key = setting.rpartition(".")
        section, _, sub = section.partition(".")
        head = f'[{section} "{sub}"]' if sub else f"[{section}]"
        value = place.format(trap=checkout / ".git" / "traps" / setting)
        with (checkout / ".git" / "config").open("a", encoding="utf-8") as config:
            config.write(f"{head}\n\t{key} = {value}\n")
    return names


_SETTINGS = (
    ("{trap}", "core.fsmonitor"),
    ("{trap}", "core.pager"),
    ("{trap}", "core.editor"),
    ("{trap}", "core.sshCommand"),
    ("{trap}", "core.askPass"),
    ("{trap}", "core.alternateRefsCommand"),
    ("!{trap}", "credential.helper"),
    ("{trap}", "diff.external"),
    ("{trap}", "diff.trap.command"),
    ("{trap}", "diff.trap.textconv"),
    ("{trap}", "filter.trap.clean"),
    ("{trap}", "filter.trap.smudge"),
    ("{trap}", "gpg.program"),
    ("{trap}", "pager.log"),
    ("{trap}", "pager.show"),
    ("!{trap}", "alias.log"),
    ("{trap}", "uploadpack.packObjectsHook"),
    ("{trap}", "remote.origin.uploadpack"),
)
"""Settings of git whose value is a command."""


_PROJECT = """\
[build-system]
requires = []
build-backend = "trap_backend"
backend-path = ["."]
[project]
name = "trap"
version = "1"
"""


def _files(sprung: Path) -> Iterator[tuple[str, str]]:
    for module in _MODULES:
        yield f"{module}.py", _python(sprung, f"module {module}")
        yield f"{module}/__init__.py", _python(sprung, f"package {module}")
    for program in _PROGRAMS:
        yield program if program not in _MODULES else f"bin/{program}", _script(sprung, f"program {program}")
        yield f".venv/bin/{program}", _script(sprung, f"program in .venv {program}")
    for folder in ("", ".venv/lib/python3.13/site-packages/", "lib/python3.13/site-packages/"):
        yield f"{folder}trap.pth", f"import pathlib; pathlib.Path({str(sprung / 'pth')!r}).touch()\n"
        yield f"{folder}sitecustomize.py", _python(sprung, f"sitecustomize in {folder}")
    yield "__main__.py", _python(sprung, "main")
    yield "trap_backend.py", _python(sprung, "build backend")
    yield "pyproject.toml", _PROJECT
    yield "uv.toml", 'python-preference = "only-system"\n'
    yield "setup.cfg", "[metadata]\nname = trap\n"
    yield "pip.conf", "[global]\nno-index = true\nfind-links = .\n"
    yield ".env", "PYTHONPATH=.\nPYTHONSTARTUP=__main__.py\nGIT_DIR=.\n"
    yield ".envrc", _script(sprung, "envrc")
    yield "trap-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: trap\nVersion: 1\n"
    yield "trap-1.dist-info/entry_points.txt", "[loopcheck.checkers]\nrepo-file = trap_backend:Trap\n"
    yield ".gitattributes", "* filter=trap diff=trap merge=trap\n"
    yield ".gitmodules", '[submodule "trap"]\n\tpath = trap\n\turl = ./trap\n\tupdate = !./git\n'
    yield ".githooks/post-checkout", _script(sprung, "githooks")


def _python(sprung: Path, name: str) -> str:
    place = str(sprung / name.replace("/", "-"))
    return f"open({place!r}, 'w').close()\n"


def _script(sprung: Path, name: str) -> str:
    return f"#!/bin/sh\n: > '{sprung / name.replace('/', '-')}'\nexit 1\n"


def _written(checkout: Path, name: str, text: str) -> str:
    path = checkout / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    if text.startswith("#!"):
        path.chmod(0o755)
    return name
