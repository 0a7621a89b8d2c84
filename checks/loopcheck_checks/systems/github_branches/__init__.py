"""What a branch of GitHub requires before something is merged to it, for every kind that builds on it."""

from __future__ import annotations

import re
from urllib.parse import quote

import msgspec

from loopcheck.checker import CannotTell, Secret, Unseen, World
from loopcheck.reasons import BAD_RESPONSE, NOT_VISIBLE
from loopcheck.world import GitHub
from loopcheck_checks.systems.github_branches import reading
from loopcheck_checks.systems.github_branches.records import (
    Branch,
    Check,
    Details,
    Protection,
    RequiredWorkflow,
    Reviews,
    Rule,
    Ruleset,
)

__all__ = [
    "SECRETS",
    "SYSTEM",
    "Branch",
    "Check",
    "Details",
    "Protection",
    "RequiredWorkflow",
    "Reviews",
    "Rule",
    "Ruleset",
    "is_branch_name",
    "look_at",
    "main_branch",
]

SYSTEM = "github"
SECRETS = (
    Secret(
        "GITHUB_TOKEN",
        "Reads the repository with `contents: read`, and workflows with `actions: read`. Some settings of a branch's"
        " own protection are shown only to a token with `administration: read`.",
        required=False,
    ),
    Secret("GITHUB_REPOSITORY", "The repository, as `owner/name`.", required=False, confidential=False),
)
"""What a kind that looks at branches lists in its manifest."""

_NAME = re.compile(r"[^\x00-\x20\x7f~^:?*\[\\]{1,240}")


def is_branch_name(text: str) -> bool:
    """Whether git allows `text` as the name of a branch. A pattern such as `release/*` is none."""
    parts = text.split("/")
    return (
        _NAME.fullmatch(text) is not None
        and ".." not in text
        and "@{" not in text
        and not text.startswith("-")
        and all(part and not part.startswith(".") and not part.endswith((".", ".lock")) for part in parts)
    )


def main_branch(github: GitHub) -> str:
    """The default branch, as GitHub says.

    Raises:
        CannotTell: GitHub does not say.
    """
    return github.about().default_branch


def look_at(world: World, name: str, *, details: bool = False, bypass: bool = False) -> Branch:
    """A branch with all that it requires. Each question is asked once a run, however many items ask.

    Args:
        world: what to look through.
        name: the branch.
        details: whether to ask for what only an administrator sees of its own protection.
        bypass: whether to ask who may go past each ruleset.

    Raises:
        CannotTell: GitHub was not asked, or repository or branch are not seen. Other parts that are not are `Unseen`.
    """
    github = world.github
    number = github.about().id
    root, place = f"/repos/{github.repository}", quote(name, safe="/")
    pages = f"{github.settings.server}/{github.repository}"
    known = Branch(github.repository, number, name, pages, f"{github.settings.api}{root}")

    def look_at_branch() -> Branch:
        answer = github.get(f"{root}/branches/{place}")
        if not isinstance(answer, dict) or answer.get("name") != name:
            raise CannotTell(BAD_RESPONSE, f"{root}/branches/{place}: the answer is about another branch")
        own = reading.protection(answer)
        if details and own.enabled:
            shown = world.attempt(lambda: reading.details(github.get(f"{root}/branches/{place}/protection")))
            own = msgspec.structs.replace(own, details=shown)
        return msgspec.structs.replace(known, protection=own)

    def look_at_rules() -> tuple[Rule, ...]:
        return tuple(reading.rule(said) for said in github.list_all(f"{root}/rules/branches/{place}"))

    seen = world.attempt(look_at_branch)
    if isinstance(seen, Unseen) and seen.reason == NOT_VISIBLE.word:
        # Rules are listed even for a branch that is not there: they would speak of nothing.
        raise CannotTell(NOT_VISIBLE, seen.message)
    branch = msgspec.structs.replace(known, protection=seen) if isinstance(seen, Unseen) else seen
    rules = world.attempt(look_at_rules)
    branch = msgspec.structs.replace(branch, rules=rules)
    if bypass and not isinstance(rules, Unseen):
        ids = sorted({rule.ruleset for rule in rules})
        shown = {
            str(one): world.attempt(lambda one=one: reading.ruleset(github.get(f"{root}/rulesets/{one}")))  # type: ignore[misc]
            for one in ids
        }
        branch = msgspec.structs.replace(branch, rulesets=shown)
    return branch
