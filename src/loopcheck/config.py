"""`.github/loopcheck.yml`: how a repository wants loopcheck to work.

It is read at the commit that is looked at. Endpoints and credentials never come from it: whoever can change a
file must not be able to send a key elsewhere.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Protocol

import msgspec
from msgspec import Meta

from loopcheck.binding import BindingError, Expectation, bind
from loopcheck.documents import yaml
from loopcheck.documents.origin import DocumentError
from loopcheck.errors import ConfigError
from loopcheck.model import Rung
from loopcheck.paths import RepoGlob
from loopcheck.quantities import Duration
from loopcheck.reasons import CannotTell
from loopcheck.world import File

PATH = ".github/loopcheck.yml"

DEFAULT_DECLARATIONS = tuple(
    RepoGlob(f"{folder}/**/*.{ending}")
    for folder in ("postmortems", "docs/postmortems", "incidents")
    for ending in ("md", "yml", "yaml")
)


class IssuesSection(Expectation, frozen=True, kw_only=True):
    """The keys of `issues:`."""

    label: Annotated[
        str, Meta(description="The label of the issues that are action items.", min_length=1, max_length=50)
    ] = "action-item"
    closed_within: Annotated[
        Duration, Meta(description="How long an issue that was closed, and never marked by loopcheck, is looked at.")
    ] = msgspec.field(default_factory=lambda: Duration.parse("90d"))
    apps: Annotated[
        list[str],
        Meta(description="Apps whose issues count as if a person with the right had written them: `incident-bot`."),
    ] = []


class Mode(StrEnum):
    """What loopcheck does about an issue, each with what stands before it."""

    ADVISE = "advise"
    """It says in its comment what it found."""
    LABEL = "label"
    """It sets its labels."""
    ENFORCE = "enforce"
    """It reopens what was closed without proof."""


class GateRule(Expectation, frozen=True, kw_only=True):
    """One of `rules:`. What it names must all be so."""

    mode: Annotated[Mode, Meta(description="What loopcheck does about the issues that this rule fits.")]
    severity: Annotated[
        list[str], Meta(description="The incident has one of these severities; upper and lower case are the same.")
    ] = []
    older_than: Annotated[Duration | None, Meta(description="The issue was opened longer ago than this.")] = None


class CloseGateSection(Expectation, frozen=True, kw_only=True):
    """The keys of `close-gate:`."""

    mode: Annotated[Mode, Meta(description="What loopcheck does about an issue that no rule fits.")] = Mode.ENFORCE
    rules: Annotated[list[GateRule], Meta(description="Exceptions. The first that fits decides.")] = []


class ConfigFile(Expectation, frozen=True, kw_only=True):
    """The keys of `.github/loopcheck.yml`."""

    declarations: Annotated[
        list[RepoGlob],
        Meta(description="Where declarations are written: patterns for Markdown and YAML files."),
    ] = msgspec.field(default_factory=lambda: list(DEFAULT_DECLARATIONS))
    calendar: Annotated[dict[str, date], Meta(description="The last day of each sprint or milestone, by name.")] = {}
    require: Annotated[Rung, Meta(description="How strong a proof must be where an item does not say.")] = Rung.ACTIVE
    issues: Annotated[IssuesSection, Meta(description="Which issues are action items.")] = msgspec.field(
        default_factory=IssuesSection
    )
    close_gate: Annotated[
        CloseGateSection, Meta(description="What is done about an issue that is closed without proof.")
    ] = msgspec.field(default_factory=CloseGateSection)
    sweep_every: Annotated[
        Duration, Meta(description="How often the workflow that looks at everything is meant to run.")
    ] = msgspec.field(default_factory=lambda: Duration.parse("1d"))
    settings: Annotated[dict[str, Any], Meta(description="What checkers want to know, by section.")] = {}


class Config(msgspec.Struct, frozen=True):
    """The configuration as read, with the node of `settings:` for the checkers that use it."""

    file: ConfigFile
    settings: yaml.MappingNode | None = None


class Files(Protocol):
    """Where the configuration is read from: a repository at a commit, or a folder."""

    def read(self, path: str) -> File | None:
        """The file at `path`, or `None`."""
        ...


def read_config(repository: Files, path: str = PATH) -> Config:
    """The configuration at the commit that is looked at; the defaults where there is none.

    Raises:
        ConfigError: it is there and cannot be read.
    """
    try:
        file = repository.read(path)
        if file is None:
            return Config(ConfigFile())
        root = yaml.load(file.text, path, yaml.DECLARATION)
        settings = root.get("settings") if isinstance(root, yaml.MappingNode) else None
        return Config(
            bind(root, ConfigFile, what="the configuration"),
            settings if isinstance(settings, yaml.MappingNode) else None,
        )
    except DocumentError as error:
        raise ConfigError(str(error)) from None
    except BindingError as error:
        raise ConfigError("\n".join(map(str, error.problems))) from None
    except CannotTell as trouble:
        raise ConfigError(f"{path}: {trouble.message}", hint=trouble.reason.remedy) from None
