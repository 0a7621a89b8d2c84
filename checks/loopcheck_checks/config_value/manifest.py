"""The words of `config-value`: what is declared, what is seen, what is claimed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from loopcheck.checker import ClaimKind, Expectation, Manifest, Observation, Reason, Rung, Unseen
from loopcheck.paths import RepoPath
from loopcheck.quantities import Quantity
from loopcheck_checks.config_value.keypath import Key, KeyPath
from loopcheck_checks.systems.conditions import Condition

OneOrMore = str | tuple[str, ...]


class Format(StrEnum):
    """How a file is written."""

    YAML = "yaml"
    JSON = "json"
    JSONC = "jsonc"
    TOML = "toml"
    INI = "ini"
    PROPERTIES = "properties"
    ENV = "env"


class ConfigValueExpectation(Expectation, frozen=True, kw_only=True):
    """What an author declares of a value."""

    path: Annotated[RepoPath, Meta(description="The file.", examples=["deploy/values.yaml"])]
    key: Annotated[KeyPath, Meta(description="The way to the value.", examples=["server.timeouts[0].connect"])]
    format: Annotated[Format | None, Meta(description="How the file is written, where its name does not say it.")] = (
        None
    )
    document: Annotated[
        str | None,
        Meta(
            description="In YAML with several documents: its number from 1, or `kind=Deployment, metadata.name=web`."
            " Without it, every document that has the key counts."
        ),
    ] = None
    is_: Annotated[
        OneOrMore | UnsetType,
        Meta(description="A condition, or several that must all hold: `>= 30s`, `!= off`, `true`, `'\"3.10\"'`."),
    ] = field(name="is", default=UNSET)
    one_of: Annotated[tuple[str, ...], Meta(description="Values of which it must be one.")] = ()
    contains: Annotated[OneOrMore, Meta(description="What must be among the elements, where the value is a list.")] = ()
    absent: Annotated[bool, Meta(description="`true`: the key must not be there.")] = False
    unit: Annotated[str | None, Meta(description="The unit that a bare number in the file has.", examples=["ms"])] = (
        None
    )

    def __post_init__(self) -> None:
        for key, values, read in (
            ("is", self._listed(self.is_), Condition.parse),
            ("one-of", self.one_of, Condition.equal_to),
            ("contains", self._listed(self.contains), Condition.equal_to),
        ):
            for value in values:
                try:
                    read(value)
                except ValueError as error:
                    raise ValueError(f"`{key}`: {error}") from None
        if self.is_ is not UNSET and not self.conditions:
            raise ValueError("`is` is empty: write a condition, as `>= 30s`")
        if self.absent and (self.conditions or self.one_of or self.elements or self.unit):
            raise ValueError("`absent: true` stands alone: a key that is not there has no value")
        if self.unit is not None and _dimension(self.unit) == "":
            raise ValueError(f"`unit`: `{self.unit[:40]}` is not a unit: use ms, s, m, h, d, w, B to PiB, or %")
        if self.document is not None:
            selected(self.document)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What the value must be."""
        return tuple(Condition.parse(text) for text in self._listed(self.is_))

    @property
    def choices(self) -> tuple[Condition, ...]:
        """What it must be one of."""
        return tuple(Condition.equal_to(text) for text in self.one_of)

    @property
    def elements(self) -> tuple[Condition, ...]:
        """What must be among its elements."""
        return tuple(Condition.equal_to(text) for text in self._listed(self.contains))

    @staticmethod
    def _listed(value: OneOrMore | UnsetType) -> tuple[str, ...]:
        if isinstance(value, UnsetType):
            return ()
        return (value,) if isinstance(value, str) else value


def selected(text: str) -> int | tuple[tuple[KeyPath, str], ...]:
    """A document's number, or the keys and values by which it is known.

    Raises:
        ValueError: it is neither.
    """
    if text.strip().isascii() and text.strip().isdigit():
        number = int(text.strip()[:9])
        if number > 0:
            return number
        raise ValueError("`document`: documents are numbered from 1")
    out: list[tuple[KeyPath, str]] = []
    for part in text.split(","):
        key, sign, value = part.partition("=")
        if not sign or not value.strip():
            raise ValueError(f"`document`: write a number from 1, or `kind=Deployment`, and not `{text[:60]}`")
        path = KeyPath.parse(key)
        if not all(isinstance(step, Key) for step in path.steps):
            raise ValueError("`document`: only plain keys can select a document, as `metadata.name=web`")
        out.append((path, value.strip()))
    return tuple(out)


def _dimension(unit: str) -> str:
    try:
        return Quantity.parse(f"1{unit.strip()}").dimension
    except ValueError:
        return ""


class Value(Struct, frozen=True):
    """One value that stands at the key."""

    kind: Literal["text", "word", "number", "boolean", "null", "list", "mapping"]
    """`word` is a text without quotes: in YAML another reader may take it for something else, and in INI,
    .properties and .env everything is one."""
    text: str = ""
    """As it is written, without its quotes."""
    line: int | None = None
    typed: bool = True
    """False in formats that know only texts."""
    quoted: str | None = None
    """In such formats: the text with its quotes, which some readers keep."""
    elements: tuple[Value, ...] = ()
    """Of a list."""
    doubt: Unseen | None = None
    """Why it cannot be told what the value is."""


class ConfigValueObservation(Observation, frozen=True, kw_only=True):
    """What was seen of a value."""

    source: str
    """Path and commit, for the evidence."""
    commit: str
    found: bool
    """Whether there is such a file."""
    is_folder: bool = False
    nearest: str | None = None
    """A path that the author may have meant, where there is no such file."""
    documents: int = 0
    """How many documents were looked into; 0 where none is the declared one."""
    values: tuple[Value, ...] = ()
    missing: int = 0
    """At how many places, among those that were asked for, the key is not there."""
    missing_line: int | None = None
    """The first of them."""
    missing_because: str = ""
    """What is there instead."""


FILE_THERE = ClaimKind("file-there", Rung.EXISTS, "The file is there and can be read.")
KEY_THERE = ClaimKind("key-there", Rung.EXISTS, "The key is in the file.")
AS_DECLARED = ClaimKind("as-declared", Rung.ACTIVE, "The value is what was declared.")
KEY_ABSENT = ClaimKind("key-absent", Rung.ACTIVE, "The key is not in the file, where that was asked for.")

NO_FILE = Reason("no-file", "There is no such file at this commit.", "Add the file, or correct the path.")
NO_DOCUMENT = Reason("no-document", "No document of the file is the declared one.", "Correct `document`.")
NO_KEY = Reason("no-key", "The key is not in the file.", "Set it, or correct the declared key.")
NO_VALUE = Reason("no-value", "The key is there and has no value.", "Set the value.")
OTHER_VALUE = Reason("other-value", "The value is another.", "Set the value that was promised.")
STILL_THERE = Reason("still-there", "The key is there.", "Remove it.")
TEMPLATED = Reason(
    "templated",
    "The value is filled in elsewhere, so the file does not say what it is.",
    "Declare the file in which it is filled in, or the place where the value is given.",
)
UNLIKE = Reason(
    "unlike",
    "The value cannot be compared with what is declared.",
    "Give both the same unit; where the file has a bare number, say with `unit:` what it counts.",
)
READER_DEPENDENT = Reason(
    "reader-dependent",
    "Programs read this differently, so the file does not say what the value is.",
    "Write it so that every reader takes it for the same, most often with or without quotes.",
)
UNKNOWN_FORMAT = Reason(
    "unknown-format", "The file's name does not say how it is written.", "Declare `format:`, as `format: ini`."
)

MANIFEST = Manifest(
    kind="config-value",
    summary="A value in a configuration file is what was promised.",
    claims=(FILE_THERE, KEY_THERE, AS_DECLARED, KEY_ABSENT),
    reasons=(
        NO_FILE,
        NO_DOCUMENT,
        NO_KEY,
        NO_VALUE,
        OTHER_VALUE,
        STILL_THERE,
        TEMPLATED,
        UNLIKE,
        READER_DEPENDENT,
        UNKNOWN_FORMAT,
    ),
)
