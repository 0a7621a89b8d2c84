"""The words of `terraform-resource`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from loopcheck.checker import ClaimKind, Expectation, Manifest, Observation, Reason, Rung
from loopcheck.paths import RepoGlob
from loopcheck_checks.systems.conditions import Condition
from loopcheck_checks.terraform_resource.values import Attribute, Value, steps_of

_ADDRESS = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,199}\.[A-Za-z_][A-Za-z0-9_-]{0,199}")
_EVERYWHERE = ("**/*.tf", "*.tf", "**/*.tf.json", "*.tf.json")


class TerraformResourceExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of a resource, or of the call of a module."""

    address: Annotated[
        str,
        Meta(
            description="Its address within its module: type and name, or `module` and the name of the call.",
            examples=["datadog_monitor.replication_lag", "module.database_alerts"],
        ),
    ]
    has: Annotated[
        dict[str, str | list[str]] | None,
        Meta(
            description="Attributes with what they must be: `{monitor_thresholds.critical: '<= 30'}`."
            " A list asks that each be an element."
        ),
    ] = None
    paths: Annotated[
        str | list[str] | None,
        Meta(description="In which files it is, where not in any.", examples=["infra/prod/*.tf"]),
    ] = None

    def __post_init__(self) -> None:
        """Refuse what no code could meet.

        Raises:
            ValueError: with a sentence for the author.
        """
        if not _ADDRESS.fullmatch(self.address.strip()):
            raise ValueError(
                f"`{self.address[:80]}` is not an address: write `datadog_monitor.replication_lag` or "
                "`module.database_alerts`, without index and without the modules around it"
            )
        if self.address.strip().startswith(("data.", "var.", "local.", "output.")):
            raise ValueError(f"`{self.address[:80]}` is not a resource, and nothing comes of it")
        for path, wanted in (self.has or {}).items():
            try:
                steps_of(path)
                for text in wanted if isinstance(wanted, list) else [wanted]:
                    (Condition.equal_to if isinstance(wanted, list) else Condition.parse)(text)
            except ValueError as error:
                raise ValueError(f"`has`: {error}") from None
        for pattern in self.globs:
            RepoGlob.parse(pattern)

    @property
    def kind(self) -> str:
        """`resource` or `module`."""
        return "module" if self.address.strip().startswith("module.") else "resource"

    @property
    def labels(self) -> tuple[str, ...]:
        """What stands behind the kind at the head of the block."""
        head, _, name = self.address.strip().partition(".")
        return (name,) if head == "module" else (head, name)

    @property
    def globs(self) -> tuple[str, ...]:
        """`paths` as patterns."""
        paths = [self.paths] if isinstance(self.paths, str) else self.paths
        return tuple(paths) if paths else _EVERYWHERE


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """The block, with what of it matters."""

    source: str
    folder: str = ""
    """Of its file: all files of a folder are one module."""
    count: Value | None = None
    for_each: Value | None = None
    attributes: tuple[Attribute, ...] = ()
    ignored: tuple[str, ...] = ()
    """What Terraform is told to leave as it is: attributes, or `all`."""
    overridden: tuple[str, ...] = ()
    """The override files that change it."""


class Odd(msgspec.Struct, frozen=True):
    """A file that may hold the block, and cannot be read."""

    source: str
    problem: str
    folder: str = ""


class TerraformResourceObservation(Observation, frozen=True, kw_only=True):
    """What was seen of the code."""

    source: str
    files: int
    candidates: tuple[Declared, ...] = ()
    unreadable: tuple[Odd, ...] = ()
    nearest: tuple[str, ...] = ()


DECLARED = ClaimKind("declared", Rung.EXISTS, "Exactly one block of that address is in the code.")
SWITCHED_ON = ClaimKind("switched-on", Rung.EXISTS, "Its `count` or `for_each` makes at least one of it.")
AS_DECLARED = ClaimKind("as-declared", Rung.EXISTS, "Its attributes are as was promised.")
APPLIED = ClaimKind("applied", Rung.ACTIVE, "The system that it describes is so.")

NOT_IN_CODE = Reason(
    "not-in-code", "No block of that address is in the code.", "Add the block, or correct the address or the paths."
)
SWITCHED_OFF = Reason(
    "switched-off", "Its `count` or `for_each` makes none of it.", "Set `count` to 1, or take it away."
)
CONDITIONAL = Reason(
    "conditional",
    "Whether there is one of it depends on what only Terraform knows.",
    "Take the condition away; or declare the artifact itself, where it lives, which shows both.",
)
NOT_SET = Reason("not-set", "An attribute that was promised is not set.", "Set the attribute, or correct its path.")
OTHER_VALUE = Reason(
    "other-value", "An attribute is not what was promised.", "Correct the attribute, or declare what was decided since."
)
COMPUTED = Reason(
    "computed",
    "An attribute is worked out by Terraform, from variables or other resources.",
    "Write the value itself, or a `local` of the same folder; or declare the artifact where it lives.",
)
IGNORED_CHANGES = Reason(
    "ignored-changes",
    "Terraform is told to leave the attribute as it finds it, so the code does not decide.",
    "Take the attribute off `ignore_changes`; or declare the artifact where it lives.",
)
ONLY_IN_CODE = Reason(
    "only-in-code",
    "Code says what should be, and not what is.",
    "Require `exists` of this item, and declare what lives there in an item of its own, such as `datadog-monitor`.",
)

MANIFEST = Manifest(
    kind="terraform-resource",
    summary="A resource or module is declared in Terraform code, switched on, with the attributes that were promised.",
    claims=tuple(value for value in list(globals().values()) if isinstance(value, ClaimKind)),
    reasons=tuple(value for value in list(globals().values()) if isinstance(value, Reason)),
)
