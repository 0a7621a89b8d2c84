"""Datadog's dashboards: which there are, and what the widgets of one ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec

from loopcheck.checker import CannotTell, World
from loopcheck.reasons import BAD_RESPONSE, NOT_VISIBLE
from loopcheck_checks.systems.datadog.client import SITES, SYSTEM
from loopcheck_checks.systems.datadog.live import client_of
from loopcheck_checks.systems.datadog.pages import Listing, Page, read_all

_PAGE = 100
_SCOPE = "dashboards_read"
_API = "v1.api.dashboards_api.DashboardsApi"
_ID = re.compile(r"[a-z0-9]{1,10}(?:-[a-z0-9]{1,10}){0,4}")
_DEEPEST = 12
_LONGEST = 4000
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ELSEWHERE = frozenset(("powerpack", "alert_graph", "alert_value"))
"""Widgets that show what is defined in another place: a powerpack, or a monitor's graph."""
_KNOWN = frozenset(
    """bar_chart change check_status cohort distribution embedded_app event_stream event_timeline free_text funnel
    geomap group heatgrid heatmap hostmap iframe image list_stream log_stream manage_status note point_plot
    product_analytics_funnel query_table query_value retention_curve run_workflow sankey scatterplot servicemap slo
    slo_list split_group sunburst timeseries toplist topology_map trace_service treemap wildcard""".split()
)
"""Widgets whose queries, where they have any, are read here."""


class Summary(msgspec.Struct, frozen=True, omit_defaults=True):
    """A dashboard, as it is listed."""

    id: str
    title: str
    modified_at: str | None = None


class Widget(msgspec.Struct, frozen=True, omit_defaults=True):
    """A widget, with the metric queries that it shows."""

    type: str
    title: str = ""
    queries: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    """Queries that no formula of the widget uses: they are there, and not shown."""
    asks: bool = False
    """Whether it asks for data at all, of any source."""
    elsewhere: bool = False
    """Whether what it shows is defined in another place, or in a form that is not known here."""


def list_dashboards(world: World) -> Listing[Summary]:
    """Every dashboard that somebody made, as far as the keys can see it. Datadog's own are not listed.

    Raises:
        CannotTell: they cannot be seen, or there is none.
    """
    return world.once((SYSTEM, "dashboards"), lambda: _listed(world, deleted=None))


def list_deleted(world: World) -> Listing[Summary]:
    """Every dashboard that was deleted lately, and can be restored.

    Raises:
        CannotTell: they cannot be seen.
    """
    return world.once((SYSTEM, "deleted-dashboards"), lambda: _listed(world, deleted=True))


def _listed(world: World, *, deleted: bool | None) -> Listing[Summary]:
    only = {} if deleted is None else {"filter_deleted": deleted}
    return read_all(
        client_of(world),
        "the list of deleted dashboards" if deleted else "the list of dashboards",
        _SCOPE,
        _API,
        lambda api, begin, _: api.list_dashboards(count=_PAGE, start=begin, **only),
        _page,
        Summary,
        lambda one: one.id,
        may_be_empty=bool(deleted),
    )


def is_id(text: str) -> bool:
    """Whether a text can be the id of a dashboard, and so may stand in a path."""
    return _ID.fullmatch(text) is not None


def dashboard(world: World, number: str) -> tuple[Summary, tuple[Widget, ...]]:
    """One dashboard, with its widgets, those in groups too.

    Args:
        world: see `Checker.observe`.
        number: its id, of the form that `is_id` tells.

    Raises:
        CannotTell: it cannot be seen.
    """
    return world.once((SYSTEM, "dashboard", number), lambda: _dashboard(world, number))


def _dashboard(world: World, number: str) -> tuple[Summary, tuple[Widget, ...]]:
    what = f"the dashboard {number}"
    body = client_of(world).get(what, _SCOPE, _API, lambda api: api.get_dashboard(number))
    try:
        read = msgspec.json.decode(body, type=_Dashboard)
        return Summary(read.id, read.title, read.modified_at), tuple(_widgets(read.widgets, 0))
    except (msgspec.DecodeError, RecursionError):
        raise CannotTell(BAD_RESPONSE, f"{what} that Datadog sent cannot be read") from None


def reporting_metrics(world: World, within: timedelta) -> frozenset[str]:
    """The names of all metrics that have reported within that time.

    Raises:
        CannotTell: they cannot be seen, or there is none.
    """
    return world.once((SYSTEM, "reporting-metrics", within), lambda: _reporting(world, within))


def _reporting(world: World, within: timedelta) -> frozenset[str]:
    what = "the list of reporting metrics"
    begin = int((world.now - within).timestamp())
    body = client_of(world).get(
        what, "metrics_read", "v1.api.metrics_api.MetricsApi", lambda api: api.list_active_metrics(begin)
    )
    try:
        names = frozenset(msgspec.json.decode(body, type=_Metrics).metrics)
    except (msgspec.DecodeError, RecursionError):
        raise CannotTell(BAD_RESPONSE, f"{what} that Datadog sent cannot be read") from None
    if not names:
        raise CannotTell(NOT_VISIBLE, f"{what} is empty for these keys: they may be another organisation's")
    return names


def page_of(site: str, number: str | None) -> str:
    """Where people see a dashboard, or all of them."""
    return f"https://{SITES[site]}/dashboard/" + (number or "lists")


class _Page(msgspec.Struct):
    dashboards: list[msgspec.Raw]


class _Dashboard(msgspec.Struct):
    id: str
    title: str
    widgets: list[Any]
    modified_at: str | None = None


class _Metrics(msgspec.Struct):
    metrics: list[str]


def _page(body: bytes) -> Page:
    return Page(msgspec.json.decode(body, type=_Page).dashboards)


def _widgets(listed: list[Any], depth: int) -> Iterator[Widget]:
    for entry in listed:
        definition = entry.get("definition") if isinstance(entry, dict) else None
        if isinstance(definition, dict):
            yield from _of_definition(definition, depth)
        else:
            yield Widget("?", elsewhere=True)


def _of_definition(definition: dict[str, Any], depth: int) -> Iterator[Widget]:
    sort, title = _text(definition.get("type")), _text(definition.get("title"))
    inner, source = definition.get("widgets"), definition.get("source_widget_definition")
    if depth >= _DEEPEST:
        yield Widget(sort, title, elsewhere=True)
    elif sort == "group" and isinstance(inner, list):
        yield from _widgets(inner, depth + 1)
    elif sort == "split_group" and isinstance(source, dict):
        yield from _of_definition(source, depth + 1)
    else:
        found = _Found()
        _collect(definition.get("requests"), found, 0)
        asks = found.asks or sort in _ELSEWHERE or bool(definition.keys() & {"query", "slo_id", "check", "service"})
        elsewhere = sort in _ELSEWHERE or sort not in _KNOWN
        yield Widget(sort, title, tuple(found.queries), tuple(found.unused), asks, elsewhere)


class _Found:
    """What the requests of a widget ask for."""

    def __init__(self) -> None:
        self.queries: list[str] = []
        self.unused: list[str] = []
        self.asks = False


def _collect(node: Any, found: _Found, depth: int) -> None:
    if depth >= _DEEPEST:
        return
    if isinstance(node, list):
        for one in node:
            _collect(one, found, depth + 1)
    if not isinstance(node, dict):
        return
    found.asks = True
    for key, value in node.items():
        if key == "q" and isinstance(value, str):
            found.queries.append(value[:_LONGEST])
        elif key == "queries" and isinstance(value, list):
            _queries(value, _used(node.get("formulas")), found)
        elif key == "query" and isinstance(value, str) and node.get("data_source", "metrics") == "metrics":
            found.queries.append(value[:_LONGEST])
        elif isinstance(value, dict | list) and key not in ("formulas", "conditional_formats", "style", "metadata"):
            _collect(value, found, depth + 1)


def _used(formulas: Any) -> set[str] | None:
    """The names that formulas use; `None` where there is no formula, so that every query is shown."""
    texts = [one.get("formula") for one in formulas if isinstance(one, dict)] if isinstance(formulas, list) else []
    known = [text for text in texts if isinstance(text, str)]
    return {name for text in known for name in _WORD.findall(text)} if known else None


def _queries(listed: list[Any], used: set[str] | None, found: _Found) -> None:
    for one in listed:
        if isinstance(one, dict) and one.get("data_source") == "metrics" and isinstance(one.get("query"), str):
            shown = used is None or one.get("name") in used
            (found.queries if shown else found.unused).append(one["query"][:_LONGEST])


def _text(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""
