"""The words of `codeowners`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta, Struct

from loopcheck.checker import ClaimKind, Expectation, Manifest, Observation, Reason, Rung, Unseen
from loopcheck.paths import RepoGlob
from loopcheck_checks.systems.github_branches import SECRETS, SYSTEM, Branch

_OWNER = re.compile(
    r"@[A-Za-z0-9_-]{1,100}(/[A-Za-z0-9._-]{1,100})?|[^\s@#/]{1,100}@[A-Za-z0-9-]{1,100}(\.[A-Za-z0-9-]{1,63}){1,8}"
)


def is_owner(text: str) -> bool:
    """Whether `text` has one of the three forms that GitHub reads: `@user`, `@org/team`, an e-mail address."""
    return len(text) <= 250 and _OWNER.fullmatch(text) is not None


class CodeownersExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of the ownership of files."""

    path: Annotated[
        RepoGlob,
        Meta(description="A file, a folder with all that is below it, or a pattern.", examples=["db/migrations"]),
    ]
    owners: Annotated[
        str | tuple[str, ...],
        Meta(
            description="Who must own it: `@user`, `@org/team` or an e-mail address; each of them, where it is a list."
        ),
    ]
    only: Annotated[
        bool, Meta(description="Whether nobody else may own it. On GitHub the approval of any one owner is enough.")
    ] = False
    enforced: Annotated[
        bool,
        Meta(description="Whether reviews by owners must be required on the branch. `false`: only the file is judged."),
    ] = True

    def __post_init__(self) -> None:
        if not self.wanted:
            raise ValueError("`owners` is empty: name somebody, as `@org/team`")
        for owner in self.wanted:
            if not is_owner(owner):
                raise ValueError(f"`owners` has `{owner[:60]}`: write `@user`, `@org/team` or an e-mail address")

    @property
    def wanted(self) -> tuple[str, ...]:
        """The owners, as a list even where it is one."""
        return (self.owners,) if isinstance(self.owners, str) else self.owners


class Line(Struct, frozen=True):
    """One rule of the file, as far as the judge needs it."""

    number: int
    owners: tuple[str, ...] = ()
    """Those that have a form which GitHub reads. Empty: the rule takes ownership away."""
    doubt: str | None = None
    """Why GitHub may skip this line, or read it otherwise."""


class Group(Struct, frozen=True):
    """Files for which the same lines decide."""

    readings: tuple[Line | None, ...]
    """The line that decides, last: `None` where none does. Before it, doubtful lines that come later in the file
    and decide instead if GitHub reads them."""
    files: int
    examples: tuple[str, ...]


class Enforcement(Struct, frozen=True, tag="enforcement"):
    """What GitHub says of the file and of the branch that it guards."""

    branch: Branch
    unknown: tuple[tuple[int, str], ...] | Unseen
    """Owners whom GitHub does not know, or who may not write, each with the line that names them."""


class CodeownersObservation(Observation, frozen=True, kw_only=True):
    """What was seen of the ownership of files."""

    path: str | None
    """The file that GitHub takes, or `None` where there is none."""
    commit: str
    nearest: str | None = None
    """A file that was perhaps meant to be it, where there is none."""
    loaded: bool = True
    """False where it is so large that GitHub does not load it."""
    size: int = 0
    """Bytes; where it is not loaded, at least so many."""
    files: int = 0
    """How many files the declared path stands for."""
    nearest_path: str | None = None
    """A path that the author may have meant, where it stands for no file."""
    rules: tuple[Line, ...] = ()
    """Rules that name a declared owner and match at least one of the files, first to last."""
    skipped: tuple[int, ...] = ()
    """Lines that GitHub skips, because it does not read their pattern."""
    groups: tuple[Group, ...] = ()
    enforcement: Enforcement | Unseen | None = None
    """`None` where nobody asked."""


FILE_LOADED = ClaimKind("file-loaded", Rung.EXISTS, "GitHub finds a CODEOWNERS file and loads it.")
PATH_THERE = ClaimKind("path-there", Rung.EXISTS, "The declared path stands for at least one file.")
HAS_RULE = ClaimKind("has-rule", Rung.EXISTS, "For each declared owner a rule matches some of the files.")
OWNED = ClaimKind(
    "owned-throughout", Rung.ACTIVE, "For every one of the files the last matching rule names the owners."
)
ONLY = ClaimKind("nobody-else", Rung.ACTIVE, "No file has another owner, where that was asked for.")
ENFORCED = ClaimKind("enforced", Rung.ACTIVE, "The branch requires reviews by owners whom GitHub knows.")

NO_CODEOWNERS = Reason(
    "no-codeowners",
    "There is no CODEOWNERS file where GitHub looks for one.",
    "Add `.github/CODEOWNERS`, or move the file there.",
)
NOT_LOADED = Reason("not-loaded", "GitHub does not load a CODEOWNERS file of 3 MB or more.", "Shorten the file.")
NO_SUCH_PATH = Reason(
    "no-such-path", "The declared path stands for no file at this commit.", "Correct the path, or add the file."
)
NO_RULE = Reason("no-rule", "No rule names the owner for any of the files.", "Add a line with the path and the owner.")
NOT_OWNED = Reason(
    "not-owned",
    "The last rule that matches gives the file to others, or to nobody.",
    "Move the rule below the line that the message names, or name the owner there too.",
)
OTHER_OWNER = Reason(
    "other-owner",
    "Somebody else owns the file too, and one approval is enough.",
    "Remove the other owner, or declare it in `owners`.",
)
DOUBTFUL_LINE = Reason(
    "doubtful-line",
    "What follows depends on a line that GitHub may skip.",
    "Mend the line that the message names; GitHub shows its errors on the page of the file.",
)
NOT_ENFORCED = Reason(
    "not-enforced",
    "Neither the protection of the default branch nor an enforced ruleset requires reviews by owners.",
    "Switch on `Require review from Code Owners` for the branch.",
)
UNKNOWN_OWNER = Reason(
    "unknown-owner",
    "GitHub does not know the owner, or the owner may not write to the repository, so nobody is asked.",
    "Correct the name, make the team visible, and give it write access.",
)

MANIFEST = Manifest(
    kind="codeowners",
    summary="The right people own the files, by GitHub's own rules.",
    claims=(FILE_LOADED, PATH_THERE, HAS_RULE, OWNED, ONLY, ENFORCED),
    reasons=(
        NO_CODEOWNERS,
        NOT_LOADED,
        NO_SUCH_PATH,
        NO_RULE,
        NOT_OWNED,
        OTHER_OWNER,
        DOUBTFUL_LINE,
        NOT_ENFORCED,
        UNKNOWN_OWNER,
    ),
    systems=(SYSTEM,),
    secrets=SECRETS,
)
