"""A declaration: what an author writes about one item, and how it becomes an `ActionItem`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from loopcheck.binding import BindingError, Expectation, bind, suggestion
from loopcheck.declarations.owner import parse_owner
from loopcheck.documents.origin import DocumentError
from loopcheck.documents.yaml import MappingNode, Node, ScalarNode, SequenceNode
from loopcheck.model import ActionItem, Artifact, Finding, Incident, Kind, Location, Problem, Rung
from loopcheck.reasons import UNKNOWN_KIND, CannotTell
from loopcheck.registry import Registry


class Owner(str):
    """One person; see `loopcheck.declarations.owner`."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Owner:
        """Read `@alice`, `Alice Liddell` or `alice@example.org`.

        Raises:
            ValueError: it is not one person.
        """
        return cls(parse_owner(text))

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema of the text form."""
        return {
            "type": "string",
            "description": "One person: @alice, a name, or an e-mail address. Not a team.",
        }


class ItemDeclaration(Expectation, frozen=True, kw_only=True):
    """The keys of a `loopcheck` block."""

    ALSO_CALLED: ClassVar[Mapping[str, str]] = {
        word: key
        for key, words in {
            "verify": "artefact artefacts artifact artifacts check checks proof proofs proven-by verification verifies",
            "owner": "assignee assigned assigned-to assignees by dri owned-by owners person responsible who",
            "due": "date deadline due-by due-date due-on eta target target-date until when",
            "title": "action description item name summary task",
            "kind": "class type",
            "finding": "category gap",
            "addresses": "answers cause causes contributing-factor contributing-factors factor factors fixes",
            "require": "level required requires rung",
            "incident": "inc incident-id outage post-mortem postmortem",
        }.items()
        for word in words.split()
    }

    owner: Annotated[Owner, Meta(description="The one person who will do it.", examples=['"@alice"'])]
    verify: Annotated[
        list[dict[str, Any]],
        Meta(description="The artifacts that would prove the item, each `kind: {…}`.", min_length=1),
    ]
    due: Annotated[
        str | None, Meta(description="An ISO date, or a sprint or milestone of the configured calendar.")
    ] = None
    sprint: Annotated[str | None, Meta(description="The sprint it is due in, by its name in the calendar.")] = None
    milestone: Annotated[str | None, Meta(description="The milestone it is due in, by its name.")] = None
    title: Annotated[str | None, Meta(description="Instead of the heading or list item above the block.")] = None
    id: Annotated[
        Annotated[str, Meta(pattern=r"^[A-Za-z0-9._/#:-]{1,100}$")] | None,
        Meta(description="A stable name, where the title may change."),
    ] = None
    incident: Annotated[str | None, Meta(description="The id of the incident it answers.")] = None
    kind: Annotated[Kind | None, Meta(description="What the item is for.")] = None
    finding: Annotated[Finding | None, Meta(description="The category of the finding it answers.")] = None
    addresses: Annotated[
        str | list[str], Meta(description="The contributing factors it answers, by the post-mortem's ids.")
    ] = []
    require: Annotated[Rung | None, Meta(description="How strong the proof must be.")] = None


class Defaults(msgspec.Struct, frozen=True):
    """What surrounds a declaration."""

    path: str
    title: str | None = None
    location: Location | None = None
    """Where the block begins."""
    incident: Incident | None = None
    """The incident of the same file."""
    incidents: Mapping[str, Incident] = {}
    """Every incident that is known, by id in lower case."""
    calendar: Mapping[str, date] = {}
    require: Rung = Rung.ACTIVE
    id: str | None = None
    """The item's id, where it is the only one of its kind there; else it is made of path and title."""
    joint: str = "#"
    """Stands between path and title in an id."""
    owner: str | None = None
    """Who owns it where the declaration does not say."""
    due: date | None = None
    """When it is due where the declaration does not say."""
    url: str | None = None


def read_item(node: Node, around: Defaults, registry: Registry) -> ActionItem:
    """An item from what its author wrote.

    Raises:
        BindingError: with every mistake that was found, in the item and in its artifacts.
    """
    problems: list[Problem] = []
    if around.owner is not None and isinstance(node, MappingNode) and "owner" not in node:
        node = _with_owner(node, around.owner)
    artifacts = _artifacts(node, registry, problems)
    declared: ItemDeclaration | None = None
    try:
        declared = bind(node, ItemDeclaration, what="a loopcheck block")
    except BindingError as error:
        named = {(problem.line, problem.column) for problem in problems}
        problems.extend(problem for problem in error.problems if (problem.line, problem.column) not in named)
    title = (declared and declared.title) or around.title
    if declared is not None and not title:
        problems.append(
            node.error("the item has no title", hint="put it under a heading or list item, or add `title:`").problem
        )
    due = _due(node, around.calendar, problems)
    if problems or declared is None or title is None:
        raise BindingError(tuple(sorted(problems, key=lambda problem: (problem.line, problem.column))))
    return ActionItem(
        id=declared.id or around.id or f"{around.path}{around.joint}{slug(title)}",
        title=title,
        owner=str(declared.owner),
        due=due or around.due,
        artifacts=tuple(artifacts),
        location=around.location or node.location,
        requires=declared.require or around.require,
        kind=declared.kind,
        finding=declared.finding,
        addresses=(declared.addresses,) if isinstance(declared.addresses, str) else tuple(declared.addresses),
        incident=_incident(declared.incident, around),
        url=around.url,
    )


def _with_owner(node: MappingNode, owner: str) -> MappingNode:
    """`node` as if its author had named the owner too."""
    whole = MappingNode(node.path, node.line, node.column, node.tag)
    for key, value in node.entries():
        whole.add(key, value)
    whole.add(
        ScalarNode(node.path, node.line, node.column, None, "owner", plain=True),
        ScalarNode(node.path, node.line, node.column, None, owner, plain=False),
    )
    return whole


def slug(title: str) -> str:
    """A title as part of an id: lower case, words joined by `-`."""
    return "-".join(re.findall(r"\w+", title.lower()))[:80] or "item"


def _incident(name: str | None, around: Defaults) -> Incident | None:
    if name is None:
        return around.incident
    if around.incident is not None and around.incident.id.lower() == name.lower():
        return around.incident
    return around.incidents.get(name.lower()) or Incident(name)


def _artifacts(node: Node, registry: Registry, problems: list[Problem]) -> list[Artifact]:
    verify = node.get("verify") if isinstance(node, MappingNode) else None
    if not isinstance(verify, SequenceNode):
        return []
    found: list[Artifact] = []
    for entry in verify:
        try:
            found.append(_artifact(entry, registry))
        except BindingError as error:
            problems.extend(error.problems)
        except DocumentError as error:
            problems.append(error.problem)
    return found


def _artifact(entry: Node, registry: Registry) -> Artifact:
    if not isinstance(entry, MappingNode):
        raise entry.error("an artifact is a kind with what is expected of it", hint="write `- runbook: {path: …}`")
    if len(entry) != 1:
        extra = next((key for key, _ in list(entry.entries())[1:]), None)
        raise (extra or entry).error(
            "an artifact has one kind",
            hint="indent what belongs to it below the kind, and begin the next with `- `",
        )
    key, value = next(entry.entries())
    try:
        checker = registry.get(key.text).checker
    except CannotTell as trouble:
        near = suggestion(key.text, registry.kinds())
        if trouble.reason == UNKNOWN_KIND and near is not None and near.startswith("did you mean"):
            raise key.error(f"no kind of artifact is named `{key.text[:60]}`", hint=near) from None
        # Perhaps a plug-in that is not installed here: the item is there, and the engine says what is missing.
        return Artifact(key.text[:100], None, _as_mapping(value), key.location)
    if isinstance(value, ScalarNode) and not value.is_null:
        fields = [field.encode_name for field in msgspec.structs.fields(checker.Expect)]
        raise value.error(
            f"`{key.text}` must be keys with values, and is a text",
            hint=f"write `{key.text}: {{{fields[0]}: …}}`",
        )
    expect = bind(value, checker.Expect, what=f"`{key.text}`")
    return Artifact(key.text, expect, _as_mapping(value), key.location)


def _as_mapping(node: Node) -> Mapping[str, Any]:
    value = node.text_value
    return value if isinstance(value, dict) else {}


_DATE_LIKE = re.compile(r"[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}")


def _due(node: Node, calendar: Mapping[str, date], problems: list[Problem]) -> date | None:
    given = []
    if isinstance(node, MappingNode):  # not through what bind() returned: a bad date is named beside other mistakes
        texts = [(name, node.get(name)) for name in ("due", "sprint", "milestone")]
        given = [(name, place) for name, place in texts if isinstance(place, ScalarNode) and not place.is_null]
    if not given or not isinstance(node, MappingNode):
        return None
    name, place = given[0]
    if len(given) > 1:
        key = node.key(given[1][0]) or node
        problems.append(key.error(f"both `{name}` and `{given[1][0]}` say when it is due", hint="keep one").problem)
        return None
    text = place.text.strip()
    if name == "due":
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
        if _DATE_LIKE.fullmatch(text):
            problems.append(place.error(f"`{text[:40]}` is not an ISO date", hint="write `2026-12-15`").problem)
            return None
    by_name = {known.casefold(): day for known, day in calendar.items()}
    if text.casefold() in by_name:
        return by_name[text.casefold()]
    known = list(calendar)
    hint = (
        suggestion(text, known)
        or "write a date such as `2026-12-15`, or add it to `calendar:` in .github/loopcheck.yml"
    )
    what = "not a date, nor in the calendar" if name == "due" else "not in the calendar"
    problems.append(place.error(f"`{text[:60]}` is {what}", hint=hint).problem)
    return None
