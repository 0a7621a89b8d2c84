"""Branches that look as if they were held to what was promised, and are not; and some that are held otherwise.

Each is a branch of a stand-in for GitHub, asked over HTTP. The stand-in is in the folder tests/ of a checkout, so these
run only there.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.mutants import Mutant, Outcome, edits, outcome_of, replacing
from loopcheck.testing.repository import NOW
from loopcheck_checks.branch_rule import BranchRuleChecker

DECLARED = """requires-checks: [test, lint]
up-to-date: true
reviews: 2
code-owner-review: true
dismiss-stale: true
pull-request: true
no-force-push: true
no-deletion: true
signed: true
linear-history: true
no-bypass: true
"""
PROTECTION: dict[str, Any] = {
    "required_status_checks": {
        "strict": True,
        "contexts": ["test", "lint"],
        "checks": [{"context": "test", "app_id": 7}, {"context": "lint", "app_id": None}],
    },
    "required_pull_request_reviews": {
        "required_approving_review_count": 2,
        "require_code_owner_reviews": True,
        "dismiss_stale_reviews": True,
    },
    "enforce_admins": {"enabled": True},
    "allow_force_pushes": {"enabled": False},
    "allow_deletions": {"enabled": False},
    "required_linear_history": {"enabled": True},
    "required_signatures": {"enabled": True},
}
RULES: list[dict[str, Any]] = [
    {
        "type": "required_status_checks",
        "parameters": {
            "required_status_checks": [{"context": "test"}, {"context": "lint"}],
            "strict_required_status_checks_policy": True,
        },
    },
    {
        "type": "pull_request",
        "parameters": {
            "required_approving_review_count": 2,
            "require_code_owner_review": True,
            "dismiss_stale_reviews_on_push": True,
            "require_last_push_approval": False,
            "required_review_thread_resolution": False,
        },
    },
    {"type": "non_fast_forward"},
    {"type": "deletion"},
    {"type": "required_signatures"},
    {"type": "required_linear_history"},
]


class Scene(msgspec.Struct, frozen=True):
    """What is declared, and what GitHub holds the default branch to."""

    declared: str = DECLARED
    protection: dict[str, Any] | None = None
    rulesets: tuple[dict[str, Any], ...] = ()
    """What each has beside its defaults."""
    permissions: tuple[str, ...] = ("administration",)
    """What the token may read that not every token may."""


PROTECTED = Scene(protection=PROTECTION)
"""A branch with a protection of its own."""
RULED = Scene(rulesets=({"rules": RULES},))
"""The same by a ruleset."""


def mutants() -> Iterator[Mutant[Scene]]:
    """Each must lose its VERIFIED."""
    yield from edits(
        PROTECTED,
        ("no protection", lambda it: msgspec.structs.replace(it, protection=None)),
        ("a check is gone", _checks(contexts=["test"], checks=[{"context": "test", "app_id": None}])),
        ("no checks", _checks(contexts=[], checks=[])),
        ("a check of a longer name", _declares("lint]", "lint-all]")),
        ("checks that contradict each other", _checks(contexts=["test", "other"])),
        ("not up to date", _checks(strict=False)),
        ("one approval", _reviews(required_approving_review_count=1)),
        ("no approval", _reviews(required_approving_review_count=0)),
        ("owners are not asked", _reviews(require_code_owner_reviews=False)),
        ("approvals stay", _reviews(dismiss_stale_reviews=False)),
        ("no pull request", lambda it: _protection(it, required_pull_request_reviews=None)),
        ("force pushes", _switched("allow_force_pushes", on=True)),
        ("deletions", _switched("allow_deletions", on=True)),
        ("unsigned commits", _switched("required_signatures", on=False)),
        ("merge commits", _switched("required_linear_history", on=False)),
        ("administrators are excepted", _switched("enforce_admins", on=False)),
        ("somebody is excepted", _reviews(bypass_pull_request_allowances={"users": [{"login": "bob"}], "teams": []})),
        ("of a branch that is not there", _declares("requires-checks", "branch: mian\nrequires-checks")),
        ("no merge queue", _declares("no-bypass", "merge-queue: true\nno-bypass")),
        ("the protection is hidden", lambda it: msgspec.structs.replace(it, permissions=())),
    )
    yield from edits(
        RULED,
        ("no ruleset", lambda it: msgspec.structs.replace(it, rulesets=())),
        ("a ruleset that is disabled", _ruleset(enforcement="disabled")),
        ("a ruleset that is evaluated only", _ruleset(enforcement="evaluate")),
        ("a ruleset for no branch", _ruleset(include=())),
        ("a ruleset for another branch", _ruleset(include=("refs/heads/dev",))),
        ("a ruleset that leaves the branch out", _ruleset(exclude=("refs/heads/main",))),
        ("a ruleset for tags", _ruleset(target="tag")),
        (
            "a ruleset that a role may pass by",
            _ruleset(bypass=({"actor_type": "RepositoryRole", "actor_id": 5, "bypass_mode": "always"},)),
        ),
        *(
            (f"a ruleset without {rule['type']}", _ruleset(rules=[one for one in RULES if one is not rule]))
            for rule in RULES
        ),
        ("who may pass by is hidden", lambda it: msgspec.structs.replace(it, permissions=())),
    )


def harmless() -> Iterator[Mutant[Scene]]:
    """Each must stay VERIFIED."""
    yield from edits(
        PROTECTED,
        ("more approvals", _reviews(required_approving_review_count=3)),
        ("a setting that is new", lambda it: _protection(it, required_calm={"enabled": True})),
        ("one more check", _checks(contexts=["test", "lint", "e2e"], checks=[
            {"context": one, "app_id": None} for one in ("test", "lint", "e2e")
        ])),
        ("the branch by its name", _declares("requires-checks", "branch: main\nrequires-checks")),
        ("less is declared", _declares("reviews: 2", "reviews: 1")),
        ("nothing of who is excepted", lambda it: _protection(
            _declares("no-bypass: true\n", "")(it), enforce_admins={"enabled": False}
        )),
    )  # fmt: skip
    yield from edits(
        RULED,
        ("by a pattern", _ruleset(include=("refs/heads/m*",))),
        ("for all branches", _ruleset(include=("~ALL",))),
        ("of the organisation", _ruleset(source_type="Organization")),
        ("with a rule that is new", _ruleset(rules=[*RULES, {"type": "calm"}])),
        ("in two rulesets", lambda it: msgspec.structs.replace(
            it, rulesets=({"rules": RULES[:3]}, {"rules": RULES[3:]})
        )),
        ("half by a ruleset, half by protection", lambda it: msgspec.structs.replace(
            it, rulesets=({"rules": RULES[:1]},), protection={**PROTECTION, "required_status_checks": None}
        )),
        ("with a merge queue", lambda it: _ruleset(rules=[*RULES, {"type": "merge_queue"}])(
            _declares("no-bypass", "merge-queue: true\nno-bypass")(it)
        )),
    )  # fmt: skip


def _declares(old: str, new: str) -> Callable[[Scene], Scene]:
    return lambda it: msgspec.structs.replace(it, declared=replacing(old, new)(it.declared))


def _protection(it: Scene, **changes: Any) -> Scene:
    return msgspec.structs.replace(it, protection={**(it.protection or {}), **changes})


def _checks(**changes: Any) -> Callable[[Scene], Scene]:
    return lambda it: _protection(it, required_status_checks={**PROTECTION["required_status_checks"], **changes})


def _reviews(**changes: Any) -> Callable[[Scene], Scene]:
    reviews = {**PROTECTION["required_pull_request_reviews"], **changes}
    return lambda it: _protection(it, required_pull_request_reviews=reviews)


def _switched(setting: str, *, on: bool) -> Callable[[Scene], Scene]:
    return lambda it: _protection(it, **{setting: {"enabled": on}})


def _ruleset(**changes: Any) -> Callable[[Scene], Scene]:
    return lambda it: msgspec.structs.replace(it, rulesets=({"rules": RULES, **changes},))


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant."""
    return verdicts(mutants())


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of both passing branches, and of each harmless variation of them."""
    return verdicts([Mutant("protected", PROTECTED), Mutant("ruled", RULED), *harmless()])


def verdicts(those: Iterable[Mutant[Scene]]) -> list[Outcome]:
    """What the checker says of each branch."""
    stand_in = import_module("standins.github").GitHubStandIn
    with TemporaryDirectory() as folder:
        repository = RepositoryBuilder(Path(folder))
        repository.commit({"README.md": "# Shop\n"})
        return [_verdict(one, repository, stand_in) for one in those]


def _verdict(mutant: Mutant[Scene], repository: RepositoryBuilder, stand_in: Any) -> Outcome:
    scene = mutant.mutated
    with stand_in(now=NOW) as github:
        github.repository.commit({"README.md": "# Shop\n"})
        if scene.protection is not None:
            own = {name: value for name, value in copy.deepcopy(scene.protection).items() if value is not None}
            github.repository.protection["main"] = own
        for ruleset in copy.deepcopy(scene.rulesets):
            github.repository.add_ruleset(**ruleset)
        if "administration" not in scene.permissions:
            github.tokens[github.token].permissions.pop("administration")
        session = repository.session(environment=github.environment)
        return outcome_of(mutant.name, examine(BranchRuleChecker(), scene.declared, session))
