"""Samples of metrics, as Datadog has them of the past.

Each query is asked once a run and piece of time, however many items need it; what is wanted at the same time goes into
one request. The older of the two routes is asked (`GET /api/v1/query`), because only its answers say how far apart the
points are: a point an hour may be all that was measured, or an average that hides everything. Sources: the API
reference of "Query timeseries points"; "Rollup" for the number of points; "Rate Limits".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain

import msgspec
import numpy as np
from numpy.typing import NDArray

from loopcheck.checker import CannotTell, World
from loopcheck.reasons import BAD_RESPONSE, TOO_BIG
from loopcheck_checks.systems.datadog.client import SYSTEM, Client
from loopcheck_checks.systems.datadog.live import client_of
from loopcheck_checks.systems.datadog.together import Together

SCOPE = "timeseries_query"
MOST_POINTS = 1440
"""In a piece. Datadog sends 1,500 of a series at most, and farther apart where there are more."""
MOST_HELD = 20_000_000
"""Samples in a run, of 16 bytes each."""
_QUERIES = 32
_LETTERS = 4000
"""In the queries of one request; its address must not become too long for whatever lies between."""


class Ask(msgspec.Struct, frozen=True):
    """A query, and a piece of time."""

    query: str
    start: int
    """Seconds since 1970."""
    end: int
    """Does not belong to it."""


class Series(msgspec.Struct, frozen=True):
    """The samples of one group."""

    tags: tuple[str, ...]
    """The group: `("host:db1",)`, in order; empty for a query without groups."""
    interval: float
    """How far apart the points are, in seconds."""
    times: NDArray[np.float64]
    """When the interval of each point begins, in seconds since 1970, ascending."""
    values: NDArray[np.float64]


def pieces(query: str, interval: int, start: float, end: float, now: datetime) -> list[Ask]:
    """What to ask for, so that points are `interval` seconds apart from `start` to `end`, or a little more.

    Pieces begin at the same times whoever asks, so that many can share one.
    """
    length = interval * MOST_POINTS
    last = int(now.timestamp()) // interval * interval
    first = int(start // length) * length
    asks = [Ask(query, begin, min(begin + length, last)) for begin in range(first, int(-(-end // 1)), length)]
    return [ask for ask in asks if ask.start < ask.end]


def fetch(world: World, asks: Iterable[Ask]) -> dict[Ask, tuple[Series, ...]]:
    """The samples of each piece.

    Raises:
        CannotTell: those of one could not be had.
    """
    store: _Store = world.once((SYSTEM, "timeseries"), _Store)
    found = store.fetch(world, tuple(dict.fromkeys(asks)))
    for answer in found.values():
        if isinstance(answer, CannotTell):
            raise answer
    return {ask: answer for ask, answer in found.items() if not isinstance(answer, CannotTell)}


class _Store:
    """All that was asked for in a run."""

    def __init__(self) -> None:
        self._together: Together[Ask, tuple[Series, ...]] = Together(self._answers)
        self._held = 0

    def fetch(self, world: World, asks: Sequence[Ask]) -> Mapping[Ask, tuple[Series, ...] | CannotTell]:
        return self._together.fetch(world, asks)

    def _answers(self, world: World, asks: Sequence[Ask]) -> Iterator[Mapping[Ask, tuple[Series, ...] | CannotTell]]:
        for batch in _batches(asks):
            yield {ask: self._bounded(answer) for ask, answer in _answered(world, batch).items()}

    def _bounded(self, answer: tuple[Series, ...] | CannotTell) -> tuple[Series, ...] | CannotTell:
        """The answer, unless a run would hold too much with it. Only whoever is at the head of the line comes here."""
        if isinstance(answer, CannotTell):
            return answer
        self._held += (points := sum(len(series.times) for series in answer))
        if self._held > MOST_HELD:
            self._held -= points
            return CannotTell(TOO_BIG, f"the samples of this run are more than {MOST_HELD:,}")
        return answer


def _batches(asks: Sequence[Ask]) -> Iterator[list[Ask]]:
    """Asks of the same time together, as many as fit into a request."""
    batch: list[Ask] = []
    for ask in sorted(asks, key=lambda one: (one.start, one.end)):
        full = len(batch) == _QUERIES or sum(len(one.query) for one in batch) + len(ask.query) > _LETTERS
        if batch and (full or (batch[0].start, batch[0].end) != (ask.start, ask.end)):
            yield batch
            batch = []
        batch.append(ask)
    if batch:
        yield batch


def _answered(world: World, batch: list[Ask]) -> dict[Ask, tuple[Series, ...] | CannotTell]:
    """The answers to one request; where that is refused as a whole, or is too big, to one for each."""
    try:
        return dict(zip(batch, _asked(client_of(world), batch), strict=True))
    except CannotTell as trouble:
        if trouble.reason not in (BAD_RESPONSE, TOO_BIG) or len(batch) == 1:
            return dict.fromkeys(batch, trouble)
    return {ask: answer for one in batch for ask, answer in _answered(world, [one]).items()}


def _asked(client: Client, batch: list[Ask]) -> list[tuple[Series, ...]]:
    begin, end = batch[0].start, batch[0].end
    body = client.get(
        "samples of metrics",
        SCOPE,
        "v1.api.metrics_api.MetricsApi",
        lambda api: api.query_metrics(begin, end - 1, ",".join(ask.query for ask in batch)),
    )
    out: list[list[Series]] = [[] for _ in batch]
    for place, series in decode(body):
        number = 0 if len(batch) == 1 else place
        if number is None or not 0 <= number < len(batch):
            raise CannotTell(BAD_RESPONSE, "Datadog does not say which of several queries its samples belong to")
        inside = (series.times >= begin) & (series.times < end)
        kept = msgspec.structs.replace(series, times=series.times[inside], values=series.values[inside])
        out[number].append(kept)
    for found in out:
        if len({series.tags for series in found}) != len(found):
            raise CannotTell(BAD_RESPONSE, "Datadog sent the samples of one group twice")
    return [tuple(found) for found in out]


class _Sent(msgspec.Struct):
    pointlist: list[tuple[float, float | None]]
    interval: float
    tag_set: list[str] = []
    query_index: int | None = None


class _Answer(msgspec.Struct):
    status: str
    error: str | None = None
    series: list[_Sent] = []


_ANSWER = msgspec.json.Decoder(_Answer)


def decode(body: bytes) -> list[tuple[int | None, Series]]:
    """The series of an answer, each with the number of the query that it belongs to.

    The interval is in seconds, whatever the reference says: recorded answers show that.

    Raises:
        CannotTell: it is not an answer that says `ok`, or its points are in no order.
    """
    return [(sent.query_index, _series(sent, _flat(sent.pointlist))) for sent in _read(body)]


def _read(body: bytes) -> list[_Sent]:
    try:
        answer = _ANSWER.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise CannotTell(BAD_RESPONSE, "the samples of metrics that Datadog sent cannot be read") from None
    if answer.status != "ok" or answer.error:
        raise CannotTell(BAD_RESPONSE, f"Datadog could not compute the query: {(answer.error or answer.status)[:200]}")
    return answer.series


def _flat(points: list[tuple[float, float | None]]) -> NDArray[np.float64]:
    """Times and values by turns; what is `null` is not a number."""
    return np.fromiter(chain.from_iterable(points), np.float64, 2 * len(points))


def _series(sent: _Sent, flat: NDArray[np.float64]) -> Series:
    points = flat.reshape(-1, 2)
    points = points[np.isfinite(points[:, 1])]
    times = points[:, 0] / 1000
    if not 1 <= sent.interval < 1e9 or (len(times) and not np.all(np.diff(times) > 0)):
        raise CannotTell(BAD_RESPONSE, "the points of a series that Datadog sent are in no order")
    return Series(tuple(sorted(sent.tag_set)), sent.interval, times, points[:, 1])
