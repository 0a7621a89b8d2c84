"""Alertmanager's configuration: which receivers an alert reaches, and what keeps it from them. Pure.

Where a label of the alert is not known, an answer may be neither yes nor no; `None` says so everywhere here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from loopcheck.documents import yaml
from loopcheck.documents.origin import DocumentError
from loopcheck.documents.yaml import MappingNode, Node, ScalarNode, SequenceNode
from loopcheck.patterns import compiled
from loopcheck_checks.systems.prometheus.expression import Matcher

_MATCHER = re.compile(
    r'\s*(?:"((?:[^"\\]|\\.){1,400})"|([^\s=!~{},"]{1,400}))\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.){0,4000})"|([^",{}]{0,4000}))\s*(?:,|$)'
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_NULL = re.compile(r"(?i)(?:dev[-_/]?)?null|black[-_]?hole|/dev/null|none|noop|nobody|discard|drop")
_MAX_DEPTH = 60


class Receiver(msgspec.Struct, frozen=True):
    """A receiver of Alertmanager's."""

    name: str
    integrations: tuple[str, ...] = ()
    """What it tells: `slack`, `pagerduty`."""

    @property
    def tells_nobody(self) -> bool:
        """Whether whatever reaches it is dropped."""
        return not self.integrations or _NULL.fullmatch(self.name) is not None


class Route(msgspec.Struct, frozen=True):
    """A node of the route tree. What it does not say itself it has from its parent."""

    receiver: str
    matchers: tuple[Matcher, ...] = ()
    goes_on: bool = False
    """`continue`."""
    routes: tuple[Route, ...] = ()
    timed: bool = False
    """Whether it is muted, or only active, at certain times."""
    line: int = 0
    muted: bool = False
    """Whether it is muted at all times."""


class Inhibition(msgspec.Struct, frozen=True):
    """Alerts that silence other alerts while they fire."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()


class Routing(msgspec.Struct, frozen=True):
    """As much of a configuration as decides whom an alert reaches."""

    route: Route
    receivers: tuple[Receiver, ...]
    inhibitions: tuple[Inhibition, ...] = ()

    def receiver(self, name: str) -> Receiver | None:
        """The receiver of that name."""
        return next((one for one in self.receivers if one.name == name), None)


class Reached(msgspec.Struct, frozen=True):
    """A receiver that an alert reaches."""

    receiver: str
    sure: bool
    """False where it depends on a label that is not known."""
    timed: bool = False
    line: int = 0
    muted: bool = False


class AlertLabels(msgspec.Struct, frozen=True):
    """The labels of an alert, as far as they are known."""

    known: dict[str, str]
    unknown: frozenset[str] | None = frozenset()
    """The labels that it may have besides; `None` where these may be any."""

    def value(self, name: str) -> str | None:
        """The label's value; empty where it has none, as Alertmanager sees it; `None` where that is not known."""
        known = self.known.get(name)
        if known is not None:
            return known
        return None if self.unknown is None or name in self.unknown else ""


def matches(matcher: Matcher, value: str | None) -> bool | None:
    """Whether a label of that value is let through."""
    if value is None:
        # Only a pattern that takes everything says something of a value that is not known.
        return True if matcher.sign == "=~" and matcher.value in (".*", "(.*)") else None
    if matcher.sign in ("=", "!="):
        return (value == matcher.value) == (matcher.sign == "=")
    try:
        found = compiled(f"(?s)^(?:{matcher.value})$").search(value) is not None
    except ValueError:
        return None
    return found == (matcher.sign == "=~")


def all_match(matchers: Iterable[Matcher], labels: AlertLabels) -> bool | None:
    """Whether all of `matchers` let the alert through."""
    answers = [matches(one, labels.value(one.name)) for one in matchers]
    return False if False in answers else None if None in answers else True


def reached(routing: Routing, labels: AlertLabels) -> tuple[Reached, ...]:
    """The receivers that an alert reaches, as Alertmanager's `Route.Match` finds them."""
    found = _reached(routing.route, labels)[1]
    out: dict[str, Reached] = {}
    for one in found:
        known = out.get(one.receiver)
        if known is None or _rank(one) > _rank(known):
            out[one.receiver] = one
    return tuple(out.values())


def _rank(one: Reached) -> tuple[bool, bool, bool]:
    """How much it means that a receiver is reached so."""
    return not one.muted, one.sure, not one.timed


def _reached(route: Route, labels: AlertLabels) -> tuple[bool | None, list[Reached]]:
    own = all_match(route.matchers, labels)
    if own is False:
        return False, []
    found: list[Reached] = []
    any_child: bool | None = False
    certain = True  # whether no earlier route may have ended the search
    for child in route.routes:
        matched, below = _reached(child, labels)
        if matched is False:
            continue
        found += below if certain else map(_unsure, below)
        any_child = True if matched or any_child else None
        if not child.goes_on:
            if matched:
                break
            certain = False
    if not any_child:
        here = Reached(route.receiver, any_child is False, route.timed, route.line, route.muted)
        found.append(here)
    return own, found if own else [_unsure(one) for one in found]


def _unsure(one: Reached) -> Reached:
    return msgspec.structs.replace(one, sure=False)


def inhibited(routing: Routing, labels: AlertLabels, firing: Iterable[Mapping[str, str]]) -> tuple[bool | None, str]:
    """Whether an alert that fires now keeps this one from everybody, and which one does or may."""
    doubt = ""
    for other in firing:
        there = AlertLabels(dict(other))
        for rule in routing.inhibitions:
            if all_match(rule.source, there) is not True:
                continue
            target = all_match(rule.target, labels)
            equal = [
                None if labels.value(name) is None else labels.value(name) == there.value(name) for name in rule.equal
            ]
            both = all_match(rule.target, there) is True and all_match(rule.source, labels) is not False
            if (
                target is False or False in equal or both
            ):  # an alert that is source and target does not inhibit its like
                continue
            if target and None not in equal:
                return True, other.get("alertname", "")
            doubt = other.get("alertname", "")
    return (None, doubt) if doubt else (False, "")


def read_routing(text: str, path: str) -> Routing:
    """Read an alertmanager.yml.

    Raises:
        ValueError: it is not one that Alertmanager would take, as far as this decides where alerts go.
    """
    try:
        root = yaml.load(text, path)
    except DocumentError as error:
        raise ValueError(str(error)) from None
    route = root.get("route") if isinstance(root, MappingNode) else None
    if not isinstance(root, MappingNode) or not isinstance(route, MappingNode):
        raise ValueError(f"{path} has no `route:`")  # noqa: TRY004 - it is about what was written
    receivers = tuple(_receivers(root.get("receivers")))
    tree = _route(route, "", 0)
    names = {one.name for one in receivers}
    if tree.matchers:
        raise ValueError(f"{path}:{tree.line}: the first route has matchers, which Alertmanager refuses")
    for one in _all(tree):
        if one.receiver not in names:
            raise ValueError(f"{path}:{one.line}: the receiver `{one.receiver[:60]}` is not defined")
    rules = root.get("inhibit_rules")
    inhibitions = tuple(
        Inhibition(_matchers(node, "source_"), _matchers(node, "target_"), tuple(_listed(node.get("equal"))))
        for node in (rules if isinstance(rules, SequenceNode) else ())
        if isinstance(node, MappingNode)
    )
    return Routing(tree, receivers, inhibitions)


def _all(route: Route) -> Iterator[Route]:
    yield route
    for child in route.routes:
        yield from _all(child)


def _receivers(node: Node | None) -> Iterator[Receiver]:
    for one in node if isinstance(node, SequenceNode) else ():
        if not isinstance(one, MappingNode):
            continue
        name = one.get("name")
        integrations = tuple(
            key.text.removesuffix("_configs")
            for key, value in one.entries()
            if key.text.endswith("_configs") and isinstance(value, SequenceNode) and len(value)
        )
        yield Receiver(name.text if isinstance(name, ScalarNode) else "", integrations)


def _route(node: MappingNode, inherited: str, depth: int) -> Route:
    if depth > _MAX_DEPTH:
        raise ValueError("the routes are nested deeper than loopcheck reads")
    own = node.get("receiver")
    receiver = own.text if isinstance(own, ScalarNode) and own.text else inherited
    below = node.get("routes")
    goes_on = node.get("continue")
    return Route(
        receiver,
        _matchers(node, ""),
        isinstance(goes_on, ScalarNode) and goes_on.value is True,
        tuple(
            _route(child, receiver, depth + 1)
            for child in (below if isinstance(below, SequenceNode) else ())
            if isinstance(child, MappingNode)
        ),
        any(_listed(node.get(key)) for key in ("mute_time_intervals", "active_time_intervals")),
        node.line,
    )


def _matchers(node: MappingNode, prefix: str) -> tuple[Matcher, ...]:
    found = [matcher for text in _listed(node.get(f"{prefix}matchers")) for matcher in read_matchers(text)]
    for key, sign in (("match", "="), ("match_re", "=~")):
        held = node.get(f"{prefix}{key}")
        for name, value in held.entries() if isinstance(held, MappingNode) else ():
            found.append(Matcher(name.text, sign, value.text if isinstance(value, ScalarNode) else ""))
    return tuple(found)


def _listed(node: Node | None) -> list[str]:
    if isinstance(node, SequenceNode):
        return [one.text for one in node if isinstance(one, ScalarNode)]
    return [node.text] if isinstance(node, ScalarNode) and not node.is_null else []


def read_matchers(text: str) -> list[Matcher]:
    """Read `severity="page", team=~"a|b"`, in braces or not.

    Raises:
        ValueError: Alertmanager would refuse it.
    """
    inside = text.strip()
    if inside.startswith("{") and inside.endswith("}"):
        inside = inside[1:-1]
    out, position = [], 0
    while position < len(inside.rstrip().rstrip(",")):
        found = _MATCHER.match(inside, position)
        if found is None:
            raise ValueError(f"`{text[:60]}` is not a matcher")
        quoted_name, name, sign, quoted, bare = found.groups()
        value = _unescaped(quoted) if quoted is not None else (bare or "").strip()
        out.append(Matcher(name if quoted_name is None else _unescaped(quoted_name), sign, value))
        position = found.end()
    return out


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[1], text)
