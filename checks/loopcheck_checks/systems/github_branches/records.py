"""What a branch of GitHub requires, as plain data: its own protection, and the rules of rulesets.

The two exist side by side, and a merge must satisfy both. What the token may not see is `Unseen`, never absent.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from loopcheck.checker import Unseen


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """A check that must pass before something is merged."""

    context: str
    """Its name, as GitHub composes it."""
    app: int | None = None
    """The app that must report it; `None` where anything may."""
    doubtful: bool = False
    """Whether the answer contradicts itself about this one."""


class Reviews(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is required of reviews. Whatever the count is, changes come by pull request only."""

    count: int = 0
    code_owners: bool = False
    dismiss_stale: bool = False
    last_push: bool = False
    """Whether somebody else than the last one who pushed must approve."""
    bypass: tuple[str, ...] = ()
    """Who needs no pull request."""


class Details(msgspec.Struct, frozen=True, tag="details"):
    """The part of a branch's own protection that only an administrator sees."""

    reviews: Reviews | None
    strict: bool
    """Whether a pull request must be up to date with the branch."""
    admins: bool
    """Whether it holds for administrators too."""
    force_pushes: bool
    """Whether they are allowed."""
    deletions: bool
    """Whether they are allowed."""
    linear: bool
    signatures: bool


class Protection(msgspec.Struct, frozen=True, tag="protection"):
    """A branch's own protection, which is older than rulesets and not shown among them."""

    enabled: bool
    checks: tuple[Check, ...] | Unseen = ()
    admins: bool | None = None
    """Whether required checks bind administrators too, where that is shown."""
    details: Details | Unseen | None = None
    """`None` where nobody asked, or nothing is protected."""


class RequiredWorkflow(msgspec.Struct, frozen=True):
    """A workflow file that must pass, whatever its jobs are called."""

    path: str
    repository: int


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """One rule of a ruleset that is enforced on the branch."""

    type: str
    """GitHub's word: `required_status_checks`, `non_fast_forward` …"""
    ruleset: int
    origin: str
    """Whose ruleset it is: the repository, or the organisation."""
    checks: tuple[Check, ...] = ()
    strict: bool = False
    reviews: Reviews | None = None
    workflows: tuple[RequiredWorkflow, ...] = ()


class Ruleset(msgspec.Struct, frozen=True, tag="ruleset"):
    """A ruleset, as far as the token sees it."""

    name: str
    bypass: tuple[str, ...] | None
    """Who may go past it; `None` where that is hidden from the token."""


class Branch(msgspec.Struct, frozen=True, tag="branch"):
    """A branch, and everything that GitHub says it requires."""

    repository: str
    repository_id: int
    name: str
    pages: str
    """The repository's address for people."""
    api: str
    """The repository's address in the API."""
    protection: Protection | Unseen = Protection(False)
    rules: tuple[Rule, ...] | Unseen = ()
    rulesets: Mapping[str, Ruleset | Unseen] = {}
    """By id, where somebody asked."""

    def of_type(self, kind: str) -> tuple[Rule, ...]:
        """The rules of one type; none where they could not be seen."""
        return () if isinstance(self.rules, Unseen) else tuple(rule for rule in self.rules if rule.type == kind)

    @property
    def hidden(self) -> Unseen | None:
        """Why not all that the branch requires of checks is known, if so."""
        if isinstance(self.rules, Unseen):
            return self.rules
        if isinstance(self.protection, Unseen):
            return self.protection
        return self.protection.checks if isinstance(self.protection.checks, Unseen) else None

    @property
    def checks(self) -> tuple[tuple[Check, str], ...]:
        """Every required check that is known, each with the address that shows it."""
        found: list[tuple[Check, str]] = []
        if isinstance(self.protection, Protection) and not isinstance(self.protection.checks, Unseen):
            found += [(check, self.address_of(None)) for check in self.protection.checks]
        for rule in self.of_type("required_status_checks"):
            found += [(check, self.address_of(rule)) for check in rule.checks]
        return tuple(found)

    def address_of(self, rule: Rule | None) -> str:
        """Where a rule can be seen; for none, the branch's own protection."""
        return f"{self.api}/branches/{self.name}" if rule is None else f"{self.pages}/rules/{rule.ruleset}"
