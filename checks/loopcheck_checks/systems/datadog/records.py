"""Datadog's monitors, downtimes and notification rules: the part of each that loopcheck uses.

What is not used is not read, and words that a later Datadog adds (a state, a type) stay text, so that nothing new
can break a run. What is used is read strictly: a monitor whose thresholds are a list is `Unreadable`, one for
itself, and says nothing of the others. Datadog's own models refuse the whole list for one odd monitor, and take
65 times as long as this.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec


class Thresholds(msgspec.Struct, frozen=True, omit_defaults=True):
    """Datadog answers floats (`2` becomes `2.0`) and leaves out the ones that are null."""

    critical: float | None = None
    critical_recovery: float | None = None
    warning: float | None = None
    warning_recovery: float | None = None


class Options(msgspec.Struct, frozen=True, omit_defaults=True):
    """The options of a monitor."""

    thresholds: Thresholds | None = None
    silenced: dict[str, float | None] | None = None
    """What is muted: a scope with the time at which it ends (seconds since 1970), or `None` for never.

    `{}` mutes nothing: Datadog adds it to nearly every answer. `None` here: the definition does not say.
    """
    notify_no_data: bool | None = None
    on_missing_data: str | None = None
    variables: list[dict[str, Any]] | None = None
    """The queries that a `formula(…)` is made of."""
    # What follows only a replay uses. It is read there, so that an odd one spoils nothing else.
    evaluation_delay: Any = None
    """Seconds."""
    new_group_delay: Any = None
    """Seconds."""
    new_host_delay: Any = None
    """Seconds; the older name."""
    no_data_timeframe: Any = None
    """Minutes."""
    require_full_window: Any = None
    timeout_h: Any = None
    """Hours without data after which an alert is over."""
    renotify_interval: Any = None
    """Minutes."""
    renotify_occurrences: Any = None
    renotify_statuses: Any = None
    notify_by: Any = None
    """The keys of groups that are told of together; `["*"]` for all."""
    group_retention_duration: Any = None
    scheduling_options: Any = None


class MatchingDowntime(msgspec.Struct, frozen=True, omit_defaults=True):
    """A downtime as it is listed with the monitor that it silences."""

    id: int | str = ""
    scope: list[str] | str | None = None
    start: float | None = None
    """Seconds since 1970."""
    end: float | None = None
    active: bool | None = None


class Monitor(msgspec.Struct, frozen=True, omit_defaults=True):
    """A monitor, from an answer of the API or from a file that somebody keeps."""

    query: str
    type: str
    name: str = ""
    id: int | None = None
    """`None` in a definition that Datadog has not numbered."""
    message: str | None = None
    tags: list[str] | None = None
    options: Options | None = None
    draft_status: str | None = None
    priority: int | None = None
    created: str | None = None
    modified: str | float | None = None
    """When its definition was last edited. By whom, no answer about a monitor says: `creator` made it."""
    overall_state: str | None = None
    """`None`: a definition, or an answer without state."""
    overall_state_modified: str | None = None
    """When it last changed; `None` for a monitor that has never evaluated."""
    deleted: str | float | None = None
    matching_downtimes: list[MatchingDowntime] | None = None
    """`None`: the answer does not say."""

    @property
    def label(self) -> str:
        """The monitor for people: its name, and its id where it has one."""
        name = " ".join(self.name.split())[:100] or "a monitor without a name"
        return f"`{name}`" + (f" ({self.id})" if self.id is not None else "")


class Unreadable(msgspec.Struct, frozen=True, omit_defaults=True):
    """A monitor that is there and cannot be read."""

    problem: str
    id: int | None = None
    name: str | None = None
    source: str = ""
    """Where it is: the monitor's page, or the file."""


class Downtime(msgspec.Struct, frozen=True, omit_defaults=True):
    """A downtime, with what is known of whether it is in force."""

    id: str
    scope: str
    """`*`, or an expression of tags."""
    in_force: bool | None
    """At the time of the run; `None` where that cannot be reckoned."""
    monitor_id: int | None = None
    monitor_tags: tuple[str, ...] = ()
    """It silences monitors that have all of them; `*` is every monitor."""
    until: datetime | None = None
    recurring: bool = False
    source: str = ""


class Condition(msgspec.Struct, frozen=True):
    """Recipients who are told only under a condition: `transition_type:is_alert`, or a tag."""

    scope: str
    recipients: list[str] = []


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """A notification rule: it sends what monitors with certain tags say to recipients, without `@`."""

    id: str
    name: str = ""
    tags: tuple[str, ...] = ()
    """All of them must be on the notification."""
    scope: str | None = None
    """An expression of tags, in place of `tags`."""
    recipients: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    fallback: tuple[str, ...] = ()
    """Recipients where no condition is met."""
    readable: bool = True
    """False where its form is a new one: whom it tells is not known."""


class _Named(msgspec.Struct):
    """As much of an unreadable monitor as says which one it is."""

    id: Any = None
    name: Any = None


T = TypeVar("T")
_MONITORS = msgspec.json.Decoder(list[Monitor])
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_NAMED = msgspec.json.Decoder(_Named)


def decode_monitors(data: bytes) -> tuple[list[Monitor], list[Unreadable]]:
    """The monitors of one page.

    Raises:
        msgspec.DecodeError: it is not a JSON list. A list with an odd monitor in it is no error.
        RecursionError: it is nested deeper than any answer.
    """
    try:
        monitors = _MONITORS.decode(data)
    except msgspec.ValidationError:
        pass
    else:
        numbered = [monitor for monitor in monitors if monitor.id is not None]
        return numbered, [Unreadable("it has no id", name=m.name) for m in monitors if m.id is None]
    readable: list[Monitor] = []
    unreadable: list[Unreadable] = []
    for raw in _RAWS.decode(data):
        try:
            monitor = msgspec.json.decode(raw, type=Monitor)
        except msgspec.ValidationError as error:
            unreadable.append(_odd(raw, str(error)))
            continue
        if monitor.id is None:
            unreadable.append(Unreadable("it has no id", name=monitor.name))
        else:
            readable.append(monitor)
    return readable, unreadable


def _odd(raw: msgspec.Raw, problem: str) -> Unreadable:
    try:
        named = _NAMED.decode(raw)
    except msgspec.ValidationError:  # not even an object
        named = _Named()
    return Unreadable(
        problem[:200],
        named.id if isinstance(named.id, int) else None,
        named.name if isinstance(named.name, str) else None,
    )


class _Identifier(msgspec.Struct):
    monitor_id: int | None = None
    monitor_tags: list[str] | None = None


class CurrentWindow(msgspec.Struct):
    """The window in which a recurring downtime is, or last was."""

    start: datetime | None = None
    end: datetime | None = None


class Recurrence(msgspec.Struct):
    """One rule by which a downtime comes again."""

    rrule: str | None = None
    start: str | None = None
    duration: str | None = None


class Schedule(msgspec.Struct):
    """When a downtime is: once, or again and again."""

    start: datetime | None = None
    end: datetime | None = None
    current_downtime: CurrentWindow | None = None
    recurrences: list[Recurrence] | None = None
    timezone: str | None = None


class DowntimeAttributes(msgspec.Struct):
    """A downtime as the API describes it."""

    scope: str | None = None
    status: str | None = None
    canceled: str | None = None
    monitor_identifier: _Identifier | None = None
    schedule: Schedule | None = None


class _Conditional(msgspec.Struct):
    conditions: list[Condition] = []
    fallback_recipients: list[str] | None = None


class _Filter(msgspec.Struct):
    tags: list[str] | None = None
    scope: str | None = None


class _RuleAttributes(msgspec.Struct):
    name: str = ""
    filter: _Filter | None = None
    recipients: list[str] | None = None
    conditional_recipients: _Conditional | None = None


class Resource(msgspec.Struct):
    """One entry of a v2 answer, its attributes not read yet."""

    id: str = ""
    type: str = ""
    attributes: dict[str, Any] = {}


class _Page(msgspec.Struct):
    total_filtered_count: int | None = None


class _Meta(msgspec.Struct):
    page: _Page | None = None


class ResourceList(msgspec.Struct):
    """A v2 answer."""

    data: list[Resource]
    meta: _Meta | None = None

    @property
    def total(self) -> int | None:
        """How many entries there are on all pages, where the answer says so."""
        return self.meta.page.total_filtered_count if self.meta and self.meta.page else None


_RESOURCES = msgspec.json.Decoder(ResourceList)


def decode_resources(data: bytes) -> ResourceList:
    """One page of a v2 list.

    Raises:
        msgspec.DecodeError: it is not one.
        RecursionError: it is nested deeper than any answer.
    """
    return _RESOURCES.decode(data)


def downtime_attributes(resource: Resource) -> DowntimeAttributes | None:
    """The attributes of a downtime, or `None` where they are of a new form."""
    return _converted(resource.attributes, DowntimeAttributes)


def _converted(value: Any, wanted: type[T]) -> T | None:
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError:
        return None


def rule_of(resource: Resource) -> Rule:
    """A notification rule. One of a new form is kept, as unreadable: it may tell somebody."""
    read = _converted(resource.attributes, _RuleAttributes)
    if read is None or read.filter is None:
        return Rule(resource.id, readable=False)
    conditional = read.conditional_recipients or _Conditional()
    return Rule(
        resource.id,
        read.name,
        tuple(read.filter.tags or ()),
        read.filter.scope,
        _handles(read.recipients),
        tuple(conditional.conditions),
        _handles(conditional.fallback_recipients),
        # A rule that names nobody decides at run time (from the owning team); whom it tells is not said here. One
        # without tags and scope has a filter of a new form.
        readable=bool(read.recipients or conditional.conditions or conditional.fallback_recipients)
        and bool(read.filter.tags or read.filter.scope),
    )


def _handles(recipients: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(recipient.removeprefix("@") for recipient in recipients or ())
