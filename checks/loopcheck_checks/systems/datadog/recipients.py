"""Whom a monitor tells when it fires: by its message, and by the notification rules that match it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from loopcheck.checker import Unseen
from loopcheck_checks.systems.datadog import tags
from loopcheck_checks.systems.datadog.message import told
from loopcheck_checks.systems.datadog.records import Condition, Monitor, Rule

_ALERTING = frozenset({"transition_type:is_alert", "transition_type:alert"})


class Recipients(msgspec.Struct, frozen=True):
    """Whom a monitor tells when it fires."""

    surely: dict[str, str]
    """Handles, each with what tells it: the message, or a rule."""
    perhaps: dict[str, str]
    """Handles that may be told, each with the reason for the doubt; `@slack-*` for any that begins like this."""

    def doubt(self, handle: str) -> str | None:
        """Why `handle` may be told, or `None` where it surely is not."""
        if handle in self.perhaps:
            return self.perhaps[handle]
        open_ended = (known for known in self.perhaps if known.endswith("*") and handle.startswith(known[:-1]))
        return next((self.perhaps[known] for known in open_ended), None)

    otherwise: frozenset[str]
    """Handles that are told at other times only."""


def recipients(monitor: Monitor, rules: Sequence[Rule], keys: frozenset[str] | None) -> Recipients:
    """Whom a monitor tells when it fires, by its message and by the notification rules that match it.

    Args:
        monitor: the monitor.
        rules: all notification rules.
        keys: of tags that what fires may have besides the monitor's own; `None` where it may have any.
    """
    said = told(monitor.message or "", monitor.priority)
    surely = dict.fromkeys(said.surely, "its message")
    perhaps = dict(said.perhaps)
    for rule in rules:
        matches = _matches(rule, monitor, keys)
        if matches is False:
            continue
        name = f"the notification rule `{rule.name[:60] or rule.id[:60]}`"
        if not rule.readable:
            perhaps.setdefault("@*", f"{name} tells somebody whom it does not name")
        for handle, sure in _of_rule(rule, monitor):
            if sure and matches:
                surely.setdefault(handle, name)
            else:
                perhaps.setdefault(handle, f"{name} may not apply")
    return Recipients(surely, {key: why for key, why in perhaps.items() if key not in surely}, said.otherwise)


class RuleHop(msgspec.Struct, frozen=True):
    """How far a notification rule leads to a handle that it names."""

    name: str
    applies: bool | None
    """To an alert of the monitor, and tells the handle then; `None` where that depends on what fires."""
    why: str


def hops(
    monitor: Monitor, rules: Sequence[Rule], keys: frozenset[str] | None, wanted: Sequence[str]
) -> dict[str, tuple[RuleHop, ...]]:
    """The rules on the way to handles that no alert's message tells, those that lead furthest first.

    Args:
        monitor: the monitor.
        rules: all notification rules.
        keys: see `recipients`.
        wanted: handles in lower case; none where anybody will do, which are then those that some rule tells.

    Returns:
        By handle the rules that name it. Where what the message tells is enough, there is no hop.
    """
    found = recipients(monitor, rules, keys)
    said = told(monitor.message or "", monitor.priority)
    if not wanted:
        wanted = () if said.surely else tuple(found.surely)
    out: dict[str, tuple[RuleHop, ...]] = {}
    for handle in wanted:
        if handle in said.surely:
            continue
        those = [_hop(rule, monitor, keys, handle) for rule in rules if handle in _named_by(rule)]
        out[handle] = tuple(sorted(those, key=lambda one: (True, None, False).index(one.applies)))
    return out


def _named_by(rule: Rule) -> set[str]:
    conditional = (recipient for condition in rule.conditions for recipient in condition.recipients)
    return {_handle(recipient) for recipient in (*rule.recipients, *conditional, *rule.fallback)}


def _hop(rule: Rule, monitor: Monitor, keys: frozenset[str] | None, handle: str) -> RuleHop:
    name = rule.name[:60] or rule.id[:60]
    matches = _matches(rule, monitor, keys)
    asks = rule.scope if rule.scope is not None else " and ".join(rule.tags)
    if matches is False:
        return RuleHop(name, False, f"is for {asks[:120]}, and what the monitor sends is not")
    sure = [certain for told_, certain in _of_rule(rule, monitor) if told_ == handle]
    if not sure:
        return RuleHop(name, False, "tells it at other times only")
    if matches and any(sure):
        return RuleHop(name, True, f"is for {asks[:120]}")
    return RuleHop(name, None, f"is for {asks[:120]}, which depends on what fires" if not matches else "may tell it")


def _matches(rule: Rule, monitor: Monitor, keys: frozenset[str] | None) -> bool | None:
    """Whether a rule applies to what the monitor sends: its own tags, and those of the group that fires."""
    if not rule.readable and not rule.tags and rule.scope is None:
        return None
    own: dict[str, set[str]] = {}
    for tag in monitor.tags or ():
        key, _, value = tag.casefold().partition(":")
        own.setdefault(key, set()).add(value)
    if rule.scope is not None:
        expression = tags.parse(rule.scope)
        if expression is None:
            return None
        known = {key: next(iter(values)) for key, values in own.items() if len(values) == 1}
        found = tags.holds(expression, known)
        return None if found is None or any(len(values) > 1 for values in own.values()) else found
    sure = True
    for tag in rule.tags:
        key, _, value = tag.casefold().partition(":")
        values = own.get(key, set())
        if value in values or (value == "*" and values):
            continue
        if keys is None or key in keys:
            sure = False
            continue
        return False
    return True if sure else None


def _of_rule(rule: Rule, monitor: Monitor) -> Iterable[tuple[str, bool]]:
    """The recipients of a rule that applies, each with whether it is sure to be told of an alert."""
    for recipient in rule.recipients:
        yield _handle(recipient), True
    conditions = [_condition(condition, monitor) for condition in rule.conditions]
    for condition, met in zip(rule.conditions, conditions, strict=True):
        if met is not False:
            for recipient in condition.recipients:
                yield _handle(recipient), met is True
    if True not in conditions:
        for recipient in rule.fallback:
            yield _handle(recipient), None not in conditions


def _condition(condition: Condition, monitor: Monitor) -> bool | None:
    scope = condition.scope.strip().casefold()
    if scope in _ALERTING:
        return True
    if scope.startswith("transition_type:"):
        return False
    if scope.startswith("priority:p") and monitor.priority is not None:
        return scope == f"priority:p{monitor.priority}"
    return True if scope in {tag.casefold() for tag in monitor.tags or ()} else None


def _handle(recipient: str) -> str:
    return "@" + recipient.removeprefix("@").casefold()


class Telling(msgspec.Struct, frozen=True):
    """Whether a monitor tells whom it should."""

    how: Literal["tells", "perhaps", "unseen", "others", "nobody"]
    """`unseen`: its message tells nobody that is wanted, and the rules, which may, were not seen."""
    message: str
    seen: str
    """For the evidence."""


def telling(
    monitor: Monitor, rules: tuple[Rule, ...] | Unseen, keys: frozenset[str] | None, wanted: Sequence[str]
) -> Telling:
    """Whether a monitor tells somebody when it fires, and those who are wanted.

    Args:
        monitor: the monitor.
        rules: all notification rules, or why they were not seen.
        keys: see `recipients`.
        wanted: handles in lower case; none where anybody will do.
    """
    found = recipients(monitor, () if isinstance(rules, Unseen) else rules, keys)
    seen = f"handles that an alert tells: {', '.join(sorted(found.surely)[:10]) or 'none'}"
    missing = [handle for handle in wanted if handle not in found.surely]
    if (wanted and not missing) or (not wanted and found.surely):
        shown = wanted or tuple(sorted(found.surely))[:5]
        ways = ", ".join(f"{handle} (by {found.surely[handle]})" for handle in shown)
        return Telling("tells", f"it tells {ways}", seen)
    doubts = [found.doubt(handle) for handle in missing or found.perhaps]
    if doubts and doubts[0] is not None and None not in doubts:
        handle = (*missing, *found.perhaps)[0]
        return Telling("perhaps", f"it may tell {handle}: {doubts[0]}", seen)
    named = ", ".join(missing) if missing else "anybody"
    if isinstance(rules, Unseen):
        return Telling("unseen", f"its message does not tell {named}, and {rules.message}", seen)
    elsewhere = [handle for handle in missing or found.otherwise if handle in found.otherwise]
    later = f"; {', '.join(elsewhere)} is told at other times only" if elsewhere else ""
    if found.surely:
        return Telling("others", f"it tells {', '.join(sorted(found.surely)[:5])}, and not {named}{later}", seen)
    return Telling("nobody", f"neither its message nor a rule tells {named}{later}", seen)
