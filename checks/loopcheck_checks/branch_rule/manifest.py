"""The words of `branch-rule`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from loopcheck.checker import ClaimKind, Expectation, Manifest, Observation, Reason, Rung
from loopcheck_checks.systems.github_branches import SECRETS, SYSTEM, Branch, is_branch_name


class BranchRuleExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of a branch. At least one rule must be named."""

    branch: Annotated[
        str | None, Meta(description="The branch; by default the default branch.", examples=["release"])
    ] = None
    requires_checks: Annotated[
        tuple[str, ...],
        Meta(description="Checks that must pass, by the names that GitHub shows.", examples=["[test, lint]"]),
    ] = ()
    up_to_date: Annotated[bool, Meta(description="Whether a pull request must be up to date with the branch.")] = False
    reviews: Annotated[int, Meta(description="How many approvals are needed at least.", ge=0, le=10)] = 0
    code_owner_review: Annotated[bool, Meta(description="Whether an owner of the files must approve.")] = False
    dismiss_stale: Annotated[bool, Meta(description="Whether new commits take approvals away.")] = False
    pull_request: Annotated[bool, Meta(description="Whether changes come by pull request only.")] = False
    no_force_push: Annotated[bool, Meta(description="Whether history must not be rewritten.")] = False
    no_deletion: Annotated[bool, Meta(description="Whether the branch must not be deleted.")] = False
    signed: Annotated[bool, Meta(description="Whether commits must be signed.")] = False
    linear_history: Annotated[bool, Meta(description="Whether merge commits are refused.")] = False
    merge_queue: Annotated[bool, Meta(description="Whether changes go through a merge queue.")] = False
    no_bypass: Annotated[
        bool, Meta(description="Whether nobody, no administrator either, may go past what is declared.")
    ] = False

    def __post_init__(self) -> None:
        """Refuse a declaration that asks for nothing, or whose branch is none."""
        if self.branch is not None and not is_branch_name(self.branch):
            raise ValueError(f"`branch` is `{self.branch[:60]}`: write the name of one branch, not a pattern")
        if not self.wanted:
            raise ValueError("say what the branch must require: `requires-checks`, `reviews`, `no-force-push` …")

    @property
    def wanted(self) -> tuple[str, ...]:
        """What is declared of the branch, in the author's words."""
        counted = [f"checks {', '.join(self.requires_checks)}"[:80]] if self.requires_checks else []
        counted += [f"{self.reviews} reviews"] if self.reviews else []
        switches = ("up_to_date", "code_owner_review", "dismiss_stale", "pull_request", "no_force_push", "no_deletion",
                    "signed", "linear_history", "merge_queue")  # fmt: skip
        return (*counted, *(name.replace("_", "-") for name in switches if getattr(self, name)))


class BranchRuleObservation(Observation, frozen=True):
    """What was seen of a branch."""

    branch: Branch


BRANCH_THERE = ClaimKind("branch-there", Rung.EXISTS, "GitHub shows the branch and what protects it.")
CHECKS_REQUIRED = ClaimKind("checks-required", Rung.ACTIVE, "Each declared check must pass before a merge.")
UP_TO_DATE = ClaimKind("up-to-date", Rung.ACTIVE, "A pull request must be up to date with the branch.")
REVIEWED = ClaimKind("reviewed", Rung.ACTIVE, "At least so many approvals are needed as declared.")
OWNERS_REVIEW = ClaimKind("owners-review", Rung.ACTIVE, "An owner of the changed files must approve.")
STALE_DISMISSED = ClaimKind("stale-dismissed", Rung.ACTIVE, "New commits take approvals away.")
BY_PULL_REQUEST = ClaimKind("by-pull-request", Rung.ACTIVE, "Changes come by pull request only.")
NOT_REWRITTEN = ClaimKind("not-rewritten", Rung.ACTIVE, "Force pushes are refused.")
NOT_DELETED = ClaimKind("not-deleted", Rung.ACTIVE, "The branch cannot be deleted.")
SIGNED = ClaimKind("commits-signed", Rung.ACTIVE, "Commits must be signed.")
LINEAR = ClaimKind("history-linear", Rung.ACTIVE, "Merge commits are refused.")
QUEUED = ClaimKind("queued", Rung.ACTIVE, "Changes go through a merge queue.")
NOT_BYPASSED = ClaimKind("not-bypassed", Rung.ACTIVE, "Nobody may go past what is declared.")

NO_SUCH_RULE = Reason(
    "no-such-rule",
    "Neither the branch's own protection nor a ruleset that is enforced asks for this.",
    "Add it to the protection of the branch, or to an active ruleset that includes the branch.",
)
LOOSER = Reason("looser", "Fewer approvals are needed than was declared.", "Ask for as many as was declared.")
BYPASSED = Reason(
    "bypassed",
    "Everything that asks for this lets somebody go past it.",
    "Empty the bypass list, or let the protection include administrators.",
)

MANIFEST = Manifest(
    kind="branch-rule",
    summary="GitHub holds a branch to what was promised, by its own protection or by rulesets.",
    claims=(
        BRANCH_THERE,
        CHECKS_REQUIRED,
        UP_TO_DATE,
        REVIEWED,
        OWNERS_REVIEW,
        STALE_DISMISSED,
        BY_PULL_REQUEST,
        NOT_REWRITTEN,
        NOT_DELETED,
        SIGNED,
        LINEAR,
        QUEUED,
        NOT_BYPASSED,
    ),
    reasons=(NO_SUCH_RULE, LOOSER, BYPASSED),
    systems=(SYSTEM,),
    secrets=SECRETS,
)
