"""Datadog's SLOs: what they promise, how they stand, and the times that corrections take out of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from loopcheck.checker import CannotTell, World
from loopcheck.reasons import TRUNCATED
from loopcheck_checks.systems.datadog.client import SITES, SYSTEM
from loopcheck_checks.systems.datadog.live import client_of
from loopcheck_checks.systems.datadog.pages import Listing, Page, read_all

SLO_SCOPE = "slos_read"
_SLO_PAGE = 1000
_SMALL_PAGE = 100
_API = "v1.api.service_level_objectives_api.ServiceLevelObjectivesApi"
_CORRECTIONS_API = "v1.api.service_level_objective_corrections_api.ServiceLevelObjectiveCorrectionsApi"


class Target(msgspec.Struct, frozen=True):
    """What is promised over a time: at least `target` percent of `timeframe`."""

    timeframe: str
    target: float


class Ratio(msgspec.Struct, frozen=True):
    """Good events, of all events."""

    numerator: str = ""
    denominator: str = ""


class Slo(msgspec.Struct, frozen=True, omit_defaults=True):
    """An SLO, as it is listed."""

    id: str
    type: str
    name: str
    thresholds: list[Target] = []
    tags: list[str] | None = None
    monitor_ids: list[int] | None = None
    query: Ratio | None = None
    sli_specification: dict[str, Any] | None = None
    created_at: float | None = None
    """Seconds since 1970."""
    modified_at: float | None = None

    @property
    def queries(self) -> tuple[str, ...]:
        """The metric queries that it is measured by."""
        ratio = [self.query.numerator, self.query.denominator] if self.query else []
        return tuple(text for text in (*ratio, *_texts(self.sli_specification)) if text)


def _texts(specification: Any) -> Iterator[str]:
    """Every `query` that is a text, at any depth."""
    waiting = [specification]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            waiting += [value for key, value in node.items() if key != "query" or not isinstance(value, str)]
            if isinstance(node.get("query"), str):
                yield node["query"]
        elif isinstance(node, list):
            waiting += node


class Standing(msgspec.Struct, frozen=True):
    """How an SLO stands over one of its times."""

    timeframe: str | None = None
    state: str | None = None
    error: str | None = None
    status: float | None = None
    """In percent."""


class Correction(msgspec.Struct, frozen=True, omit_defaults=True):
    """A time that is taken out of an SLO."""

    slo_id: str | None = None
    slo_query: str | None = None
    start: float | None = None
    """Seconds since 1970."""
    end: float | None = None
    rrule: str | None = None
    duration: float | None = None
    """Seconds of each recurrence."""
    id: str = ""


def list_slos(world: World) -> Listing[Slo]:
    """Every SLO that the keys can see. Deleted ones are not among them.

    Raises:
        CannotTell: they cannot be seen, or there is none.
    """
    return world.once(
        (SYSTEM, "slos"),
        lambda: read_all(
            client_of(world),
            "the list of SLOs",
            SLO_SCOPE,
            _API,
            lambda api, begin, _: api.list_slos(limit=_SLO_PAGE, offset=begin),
            _slo_page,
            Slo,
            lambda one: one.id,
        ),
    )


def list_standings(world: World) -> dict[str, tuple[Standing, ...]]:
    """How each SLO stands, by its id, as of when Datadog reckoned it last.

    Raises:
        CannotTell: that cannot be seen.
    """
    return world.once(
        (SYSTEM, "slo-standings"),
        lambda: {
            one.data.id: one.data.attributes.overall_status or ()
            for one in read_all(
                client_of(world),
                "the standing of the SLOs",
                SLO_SCOPE,
                _API,
                lambda api, _, number: api.search_slo(page_size=_SMALL_PAGE, page_number=number),
                _search_page,
                _Found,
                lambda one: one.data.id,
                by_number=True,
            ).entries
        },
    )


def list_corrections(world: World) -> tuple[Correction, ...]:
    """Every status correction.

    Raises:
        CannotTell: they cannot be seen.
    """
    return world.once((SYSTEM, "slo-corrections"), lambda: _corrections(world))


def _corrections(world: World) -> tuple[Correction, ...]:
    list_slos(world)  # shows that these keys see this organisation's, so that none of them means that there is none
    found = read_all(
        client_of(world),
        "the list of SLO corrections",
        SLO_SCOPE,
        _CORRECTIONS_API,
        lambda api, begin, _: api.list_slo_correction(offset=begin, limit=_SMALL_PAGE),
        _correction_page,
        _Corrected,
        lambda one: one.id,
        may_be_empty=True,
    )
    if found.incomplete is not None:
        raise CannotTell(TRUNCATED, found.incomplete.message)
    # One of a new form may take anything out, and nothing is known of when.
    odd = (Correction(slo_query="?") for _ in found.unreadable)
    return (*(msgspec.structs.replace(one.attributes, id=one.id) for one in found.entries), *odd)


def slo_page(site: str, slo: str | None) -> str:
    """Where people see an SLO, or all of them."""
    app = SITES[site]
    return f"https://{app}/slo" + (f"?slo_id={slo}" if slo else "/manage")


class _Counted(msgspec.Struct):
    total_count: int | None = None


class _CountedMeta(msgspec.Struct):
    page: _Counted | None = None


class _SloPage(msgspec.Struct):
    data: list[msgspec.Raw]
    metadata: _CountedMeta | None = None


class _CorrectionPage(msgspec.Struct):
    data: list[msgspec.Raw]
    meta: _CountedMeta | None = None


class _Corrected(msgspec.Struct):
    id: str
    attributes: Correction


class _Slos(msgspec.Struct):
    slos: list[msgspec.Raw]


class _SearchData(msgspec.Struct):
    attributes: _Slos


class _Total(msgspec.Struct):
    total: int | None = None


class _SearchMeta(msgspec.Struct):
    pagination: _Total | None = None


class _SearchPage(msgspec.Struct):
    data: _SearchData
    meta: _SearchMeta | None = None


class _FoundAttributes(msgspec.Struct):
    overall_status: tuple[Standing, ...] | None = None


class _FoundData(msgspec.Struct):
    id: str
    attributes: _FoundAttributes


class _Found(msgspec.Struct):
    data: _FoundData


def _total(meta: _CountedMeta | None) -> int | None:
    return meta.page.total_count if meta and meta.page else None


def _slo_page(body: bytes) -> Page:
    read = msgspec.json.decode(body, type=_SloPage)
    return Page(read.data, _total(read.metadata))


def _correction_page(body: bytes) -> Page:
    read = msgspec.json.decode(body, type=_CorrectionPage)
    return Page(read.data, _total(read.meta))


def _search_page(body: bytes) -> Page:
    read = msgspec.json.decode(body, type=_SearchPage)
    return Page(read.data.attributes.slos, read.meta.pagination.total if read.meta and read.meta.pagination else None)
