"""The incident that a post-mortem describes, from its front matter."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from msgspec import Meta

from loopcheck.binding import Expectation, bind
from loopcheck.documents.yaml import MappingNode, Node, ScalarNode
from loopcheck.model import Incident, Location
from loopcheck.quantities import Moment


class IncidentDeclaration(Expectation, frozen=True, kw_only=True):
    """The keys of `incident:`."""

    id: Annotated[str, Meta(description="What everybody calls it.", examples=["INC-142"], min_length=1)]
    title: str | None = None
    severity: Annotated[str | None, Meta(description="As your organisation grades it: sev1, S2, critical.")] = None
    started: Annotated[Moment | None, Meta(description="When it began, with offset.")] = None
    detected: Annotated[Moment | None, Meta(description="When somebody or something noticed.")] = None
    resolved: Annotated[Moment | None, Meta(description="When users were well again.")] = None
    caused_by: Annotated[
        Annotated[str, Meta(pattern=r"^[0-9a-f]{7,64}$")] | None,
        Meta(description="The id of the commit that caused it.", examples=["4f2a9c1"]),
    ] = None


def read_incident(matter: Node, path: str) -> Incident | None:
    """The incident of a post-mortem; `None` where its front matter names none.

    Raises:
        BindingError: it cannot be read.
        DocumentError: its times are in no possible order.
    """
    node = matter.get("incident") if isinstance(matter, MappingNode) else None
    if node is None:
        return None
    report = Location(path, node.line)
    if isinstance(node, ScalarNode) and not node.is_null:
        return Incident(node.text.strip(), report=report)
    declared = bind(node, IncidentDeclaration, what="`incident`")
    times = [(name, getattr(declared, name)) for name in ("started", "detected", "resolved")]
    known = [(name, moment.at) for name, moment in times if moment is not None]
    for (earlier, first), (later, second) in pairwise(known):
        if second < first:
            place = node.get(later) if isinstance(node, MappingNode) else node
            raise (place or node).error(f"`{later}` is before `{earlier}`", hint="check both, and their offsets")
    at = {name: moment.at for name, moment in times if moment is not None}
    return Incident(
        declared.id,
        declared.title,
        declared.severity,
        at.get("started"),
        at.get("detected"),
        at.get("resolved"),
        report,
        declared.caused_by,
    )
