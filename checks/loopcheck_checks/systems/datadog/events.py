"""What monitors did, as Datadog's events tell it: when each group began to alert, or to be without data.

One request tells of many monitors, for a stretch of time. Of what is silenced there are no events, and events are kept
for 13 months. Sources: the API reference of "Get a list of events" (the facet `@monitor.id`, cursors, warnings) and of
"Mute all monitors"; recorded answers for the change of state, which the published description leaves out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec

from loopcheck.checker import CannotTell, World
from loopcheck.reasons import BAD_RESPONSE, TOO_BIG
from loopcheck_checks.systems.datadog.client import SYSTEM
from loopcheck_checks.systems.datadog.live import client_of
from loopcheck_checks.systems.datadog.together import Together

SCOPE = "events_read"
RETENTION = timedelta(days=396)
PAGE = 1000
"""Events on a page: the most that Datadog gives."""
_PAGES = 10
_MONITORS = 100
"""In the query of one request; its address must not become too long for whatever lies between."""


class Stretch(msgspec.Struct, frozen=True):
    """A monitor, and a stretch of time."""

    monitor: int
    start: int
    """Milliseconds since 1970."""
    end: int


class Begun(msgspec.Struct, frozen=True):
    """A monitor's change into an alert, or into having no data."""

    at: float
    """Seconds since 1970."""
    groups: tuple[str, ...]
    """As Datadog names them: `host:db1`, `env:prod,host:db1`; none, or `*`, for a monitor without groups."""
    no_data: bool


def fetch(world: World, asked: Stretch) -> tuple[Begun, ...]:
    """What a monitor did, in order.

    Raises:
        CannotTell: it cannot be seen, or not all of it.
    """
    store: _Store = world.once((SYSTEM, "events"), _Store)
    answer = store.fetch(world, asked)
    if isinstance(answer, CannotTell):
        raise answer
    return answer


class _Store:
    """All that was asked for in a run. What was refused once is not asked for again."""

    def __init__(self) -> None:
        self._together: Together[Stretch, tuple[Begun, ...]] = Together(self._answers)
        self._refused: CannotTell | None = None

    def fetch(self, world: World, asked: Stretch) -> tuple[Begun, ...] | CannotTell:
        return self._together.fetch(world, (asked,))[asked]

    def _answers(
        self, world: World, asked: Sequence[Stretch]
    ) -> Iterator[Mapping[Stretch, tuple[Begun, ...] | CannotTell]]:
        for batch in _batches(asked):
            yield dict.fromkeys(batch, self._refused) if self._refused is not None else self._answer(world, batch)

    def _answer(self, world: World, batch: list[Stretch]) -> Mapping[Stretch, tuple[Begun, ...] | CannotTell]:
        try:
            found = _asked(world, batch)
        except CannotTell as trouble:
            if trouble.reason not in (BAD_RESPONSE, TOO_BIG):  # which another time of other monitors need not meet
                self._refused = trouble
            return dict.fromkeys(batch, trouble)
        return {one: tuple(sorted(found[one.monitor], key=lambda begun: begun.at)) for one in batch}


def _batches(asked: Sequence[Stretch]) -> Iterator[list[Stretch]]:
    together: dict[tuple[int, int], list[Stretch]] = defaultdict(list)
    for one in asked:
        together[one.start, one.end].append(one)
    for found in together.values():
        for begin in range(0, len(found), _MONITORS):
            yield found[begin : begin + _MONITORS]


def _asked(world: World, batch: list[Stretch]) -> dict[int, list[Begun]]:
    client = client_of(world)
    what = "the events of monitors"
    seen: set[str] = set()
    out: dict[int, list[Begun]] = defaultdict(list)
    cursor: str | None = None
    for _ in range(_PAGES):
        body = client.get(what, SCOPE, "v2.api.events_api.EventsApi", partial(_page, batch, cursor))
        page = decode(body)
        for event in page.data:
            if event.id in seen:
                raise CannotTell(BAD_RESPONSE, f"the pages of {what} do not agree with each other")
            seen.add(event.id)
            monitor, begun = _begun(event)
            if begun is not None:
                out[monitor].append(begun)
        cursor = page.meta.page.after if page.meta is not None and page.meta.page is not None else None
        if not cursor or not page.data:
            return out
    raise CannotTell(TOO_BIG, f"{what} are more than {_PAGES * PAGE:,} in that time")


def _page(batch: list[Stretch], cursor: str | None, api: Any) -> Any:
    numbers = " OR ".join(str(one.monitor) for one in batch)
    more = {} if cursor is None else {"page_cursor": cursor}
    return api.list_events(
        filter_query=f"source:alert @monitor.id:({numbers})",
        filter_from=str(batch[0].start),
        filter_to=str(batch[0].end),
        page_limit=PAGE,
        **more,
    )


class _Transition(msgspec.Struct):
    destination_state: str
    source_state: str | None = None


class _Monitor(msgspec.Struct):
    id: int
    transition: _Transition
    groups: list[str] | None = None


class _Own(msgspec.Struct):
    timestamp: int
    monitor: _Monitor


class _Attributes(msgspec.Struct):
    attributes: _Own


class _Event(msgspec.Struct):
    id: str
    attributes: _Attributes


class _Cursor(msgspec.Struct):
    after: str | None = None


class _Meta(msgspec.Struct):
    page: _Cursor | None = None
    warnings: list[Any] | None = None


class Page(msgspec.Struct):
    """A page of events."""

    data: list[_Event]
    meta: _Meta | None = None


_PAGE = msgspec.json.Decoder(Page)


def decode(body: bytes) -> Page:
    """A page of events, each of a monitor's change.

    Raises:
        CannotTell: it is none, or Datadog says that it is not the whole of it.
    """
    try:
        page = _PAGE.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise CannotTell(BAD_RESPONSE, "the events of monitors that Datadog sent cannot be read") from None
    if page.meta is not None and page.meta.warnings:
        raise CannotTell(BAD_RESPONSE, "Datadog warns that the events of monitors that it sent are not all")
    return page


_STATES = {"alert": False, "no data": True}


def _begun(event: _Event) -> tuple[int, Begun | None]:
    """What an event tells the beginning of; `None` for a recovery, a warning, or an alert that is told again."""
    own = event.attributes.attributes
    now, before = own.monitor.transition.destination_state, own.monitor.transition.source_state
    no_data = _STATES.get(now.casefold())
    if no_data is None or now == before:
        return own.monitor.id, None
    return own.monitor.id, Begun(own.timestamp / 1000, tuple(own.monitor.groups or ()), no_data)
