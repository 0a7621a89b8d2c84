"""Whether a command of a script is the one that an author means, and whether its own options make it soft."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Any

import msgspec

from loopcheck.patterns import compiled
from loopcheck_checks.ci_check.shell_words import ShellError, Word, tokens


class Match(Enum):
    """Whether a command is the one that was declared."""

    YES = "yes"
    MAYBE = "maybe"
    """It may run the declared one: `make test`, `./check.sh`."""
    NO = "no"


class Wanted(msgspec.Struct, frozen=True):
    """A command as an author declares it: words, or a pattern between slashes."""

    source: str
    words: tuple[str, ...] = ()
    pattern: str | None = None


@lru_cache(maxsize=1024)
def wanted(source: str) -> Wanted:
    """Read `pytest tests/`, or `/pytest.*-m slow/`.

    Raises:
        ValueError: it is empty, or a pattern that RE2 refuses.
    """
    text = source.strip()
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):
        compiled(text[1:-1])
        return Wanted(source, pattern=text[1:-1])
    try:
        words = tuple(token.text for token in tokens(text) if isinstance(token, Word))
    except ShellError as error:
        raise ValueError(f"`{text[:60]}` is not a command: {error}") from None
    if not words:
        raise ValueError("a command is needed: `pytest`, or a pattern, `/pytest .*slow/`")
    return Wanted(source, words)


# What precedes a command and runs it, with the options that take a value of their own.
_WRAPPERS: dict[tuple[str, ...], frozenset[str]] = {
    ("sudo",): frozenset(["-u", "-g"]),
    ("env",): frozenset(["-u"]),
    ("time",): frozenset(),
    ("nice",): frozenset(["-n"]),
    ("nohup",): frozenset(),
    ("exec",): frozenset(),
    ("command",): frozenset(),
    ("builtin",): frozenset(),
    ("stdbuf",): frozenset(["-o", "-e", "-i"]),
    ("xvfb-run",): frozenset(["-n", "-s"]),
    ("catchsegv",): frozenset(),
    ("poetry", "run"): frozenset(),
    ("pipenv", "run"): frozenset(),
    ("pdm", "run"): frozenset(),
    ("hatch", "run"): frozenset(),
    ("rye", "run"): frozenset(),
    ("pixi", "run"): frozenset(["-e"]),
    ("conda", "run"): frozenset(["-n"]),
    ("uv", "run"): frozenset(["--with", "--group", "--extra", "--python", "-p", "--from", "--project", "--package"]),
    ("uvx",): frozenset(["--with", "--python", "-p", "--from"]),
    ("pipx", "run"): frozenset(["--spec"]),
    ("npx",): frozenset(["-p", "--package"]),
    ("pnpm", "exec"): frozenset(),
    ("yarn", "exec"): frozenset(),
    ("bundle", "exec"): frozenset(),
    ("coverage", "run"): frozenset(["--source", "--rcfile"]),
}
_PYTHONS = frozenset(["python", "python3", "py", "pypy3"])
# What executes nothing of its arguments, or only what it is itself.
_INERT = frozenset(
    "echo printf : true false cat ls cd pwd export set unset local readonly declare read shift trap mkdir rm cp mv ln"
    " touch chmod chown grep egrep fgrep sed awk head tail sort uniq wc tr cut tee jq yq date sleep exit return which"
    " type hash alias test [ [[ (( pushd popd umask ulimit wait kill curl wget tar unzip zip gzip sha256sum diff cmp"
    " df du free uname id whoami hostname basename dirname realpath readlink git gh".split()
)
_INSTALLERS = frozenset("pip pip3 pipx apt apt-get brew choco dnf yum apk gem conda mamba rustup".split())
# Tools that check and run nothing that the repository names.
_TOOLS = frozenset(
    "ruff black isort flake8 pylint pyflakes mypy pyright bandit codespell shellcheck hadolint yamllint actionlint"
    " zizmor shfmt gofmt golangci-lint staticcheck eslint prettier stylelint tsc rubocop brakeman promtool pint"
    " terraform tflint tfsec checkov trivy semgrep gitleaks markdownlint twine check-wheel-contents pytest".split()
)


def match(found: tuple[Word, ...], declared: Wanted, *, reads_script: bool = False) -> Match:
    """Whether the command that a script executes is the declared one."""
    words = [word.text for word in found]
    core = unwrapped(words)
    if not core:
        return Match.NO
    head = core[0]
    inert = head in _INERT or (head in _INSTALLERS and head != "pipx")
    if declared.pattern is not None:
        search = compiled(declared.pattern).search
        own = inert and head not in ("grep", "egrep", "diff", "cmp", "test", "git", "sed", "awk", "jq", "yq")
        if not own and (search(" ".join(words)) or search(" ".join(core))):
            return Match.MAYBE if head == "find" else Match.YES  # the status of what it executes is lost
    else:
        wanted_core = unwrapped(list(declared.words)) or list(declared.words)
        if _name(head) == _name(wanted_core[0]):
            if _in_order(wanted_core[1:], core[1:]):
                return Match.YES
            # The same tool with other arguments: wider ones may include what was declared.
            return Match.NO if inert else Match.MAYBE
        if words[: len(declared.words)] == list(declared.words):
            return Match.YES
    if reads_script and head in ("bash", "sh", "ssh", "python", "python3"):
        return Match.MAYBE
    return Match.NO if inert or head in _INSTALLERS or _name(head) in _TOOLS else Match.MAYBE


class Weight(Enum):
    """What it would mean if a command failed, as far as its name says it."""

    NONE = "none"
    """It prints, tidies or installs: its failure guards nothing."""
    SOME = "some"
    """It may be a look at something, or a preparation: `curl`, `jq`, `git fetch`."""
    GUARD = "guard"
    """It asks something, and its "no" can be the check itself: `test`, `grep`, `git diff --exit-code`."""
    FULL = "full"


# Of these programs, the words that do more than prepare.
_DEEDS = {
    "git": frozenset(["push"]),
    "gh": frozenset(["create", "edit", "merge", "upload", "verify", "run", "close", "comment", "review", "delete"]),
    "pip": frozenset(["check", "wheel"]),
    "pip3": frozenset(["check", "wheel"]),
    "gem": frozenset(["build", "push"]),
    "conda": frozenset(["build"]),
    "brew": frozenset(["audit", "style", "test"]),
    "docker": frozenset(["run", "build", "buildx", "compose", "exec", "push", "test"]),
}
_ASKING = frozenset("test [ [[ (( grep egrep fgrep diff cmp false".split())
_LOOKING = frozenset("curl wget jq yq sed awk tar unzip sha256sum kill wait git gh docker systemctl killall".split())
_STATUS_OPTIONS = frozenset(["--exit-code", "--quiet", "--check"])


def weight(found: tuple[Word, ...]) -> Weight:
    """What the failure of a command would mean."""
    core = unwrapped([word.text for word in found])
    head = core[0] if core else ""
    if head in _ASKING:
        return Weight.GUARD
    if head == "exit":
        return Weight.NONE if core[1:] in ([], ["0"]) else Weight.GUARD
    if head == "git" and "diff" in core[1:] and _STATUS_OPTIONS.intersection(core):
        return Weight.GUARD
    if head in _DEEDS and _DEEDS[head].intersection(core[1:4]) and not {"-d", "--detach"}.intersection(core):
        return Weight.FULL
    if head in _LOOKING:
        return Weight.SOME
    return Weight.NONE if not head or head in _INERT or head in _INSTALLERS else Weight.FULL


def prepares(found: tuple[Word, ...]) -> bool:
    """Whether a command only installs what the check needs. That it fails says nothing of the code."""
    core = unwrapped([word.text for word in found])
    return bool(core) and core[0] in _INSTALLERS and weight(found) is Weight.NONE


def unwrapped(words: list[str]) -> list[str]:
    """The command itself, without what only runs it: `sudo`, `env X=1`, `poetry run`, `python -m`."""
    return list(_unwrapped(tuple(words)))


@lru_cache(maxsize=16_384)
def _unwrapped(words: tuple[str, ...]) -> tuple[str, ...]:
    place = 0
    for _ in range(8):
        rest = words[place:]
        if not rest:
            return ()
        if rest[0] in _PYTHONS and rest[1:2] == ("-m",) and len(rest) > 2:
            place += 2
            continue
        if rest[0] in ("timeout", "retry") and len(rest) > 2:
            place += 1
            while place < len(words) and words[place].startswith("-"):
                place += 1
            place += 1 if place < len(words) and words[place][:1].isdigit() else 0
            continue
        wrapper = next((w for w in _WRAPPERS if tuple(rest[: len(w)]) == w), None)
        if wrapper is None:
            return rest
        place += len(wrapper)
        takes_value = _WRAPPERS[wrapper]
        while place < len(words):
            word = words[place]
            if word == "--":
                place += 1
                break
            if word.startswith("-") and word != "-m":
                place += 2 if word in takes_value else 1
            elif (wrapper == ("env",) and "=" in word) or (wrapper == ("coverage", "run") and word == "-m"):
                place += 1
            else:
                break
    return words[place:]


def _name(head: str) -> str:
    """A program without its folder: `.venv/bin/pytest` is `pytest`. A script of the repository keeps its path."""
    folder, _, name = head.rpartition("/")
    return name if folder.endswith("bin") else head.removeprefix("./")


def _in_order(wanted_words: list[str], found: list[str]) -> bool:
    """Whether the words come in this order, perhaps with others between."""
    rest: Any = iter(found)
    return all(any(word == candidate for candidate in rest) for word in wanted_words)


# Options with which a command never fails.
_SOFT_ANYWHERE = frozenset(
    ["--exit-zero", "--soft-fail", "--no-exit", "--no-exit-on-warn", "--issues-exit-code=0", "--exit-code=0"]
)
# Options with which it never fails, or does less than its work.
_SOFT_OF: dict[str, frozenset[str]] = {
    "pytest": frozenset(["--collect-only", "--co", "--version", "--help", "-h", "--fixtures", "--markers"]),
    "hadolint": frozenset(["--no-fail"]),
    "gosec": frozenset(["-no-fail"]),
    "make": frozenset(["-n", "--dry-run", "--just-print", "-i", "--ignore-errors"]),
    "cargo": frozenset(["--no-run"]),
    "mypy": frozenset(["--version", "--help"]),
    "ruff": frozenset(["--version", "--help", "-e"]),
    "tflint": frozenset(["--force"]),
}
_SOFT_VALUES = (("--exit-code", "0"), ("--issues-exit-code", "0"), ("-run", "^$"), ("--pylint-errors", "0"))


def softened(found: tuple[Word, ...], declared: Wanted | None = None) -> str | None:
    """The option with which a command never fails, or never does its work; `None` where none is known.

    Args:
        found: the command.
        declared: what the author declared: an option that is written there is the work that is meant.
    """
    core = unwrapped([word.text for word in found])
    if not core:
        return None
    own = _SOFT_OF.get(_name(core[0]), frozenset()).difference(declared.words if declared else ())
    for place, word in enumerate(core[1:], 1):
        if word == "--":
            return None
        if word in _SOFT_ANYWHERE or word in own:
            return word
        if (word, core[place + 1] if place + 1 < len(core) else "") in _SOFT_VALUES:
            return f"{word} {core[place + 1]}"
    return None
