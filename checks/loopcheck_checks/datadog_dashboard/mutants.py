"""Dashboards that look right and are wrong, and some that look odd and are right.

Each begins with a dashboard that passes and changes one thing, in the JSON that Datadog would answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from loopcheck.testing.mutants import Mutant, Outcome, edits
from loopcheck.testing.repository import NOW
from loopcheck_checks.datadog_dashboard import DatadogDashboardChecker
from loopcheck_checks.systems.datadog.trial import Place, changing, tried

ID = "abc-def-ghi"
LAG = "postgresql.replication_delay"
SHOWN = f"title: Database health\nmetric: {LAG}"
FRESH = f"{SHOWN}\nreports-within: 1h"
BY_ID = f"id: {ID}"

_NOW = int(NOW.timestamp())


def timeseries(query: str = f"avg:{LAG}{{$env}} by {{host}}", **more: Any) -> dict[str, Any]:
    """A widget that shows a metric over time."""
    request = {
        "response_format": "timeseries",
        "queries": [{"name": "query1", "data_source": "metrics", "query": query}],
        "formulas": [{"formula": "query1"}],
        "display_type": "line",
        **more,
    }
    return {"id": 1, "definition": {"type": "timeseries", "title": "Lag", "requests": [request]}}


def note(content: str) -> dict[str, Any]:
    """A widget with text."""
    return {"id": 2, "definition": {"type": "note", "content": content}}


def group(*widgets: dict[str, Any]) -> dict[str, Any]:
    """A group of widgets."""
    return {
        "id": 3,
        "definition": {"type": "group", "layout_type": "ordered", "title": "Group", "widgets": list(widgets)},
    }


def dashboard(**more: Any) -> dict[str, Any]:
    """A dashboard as Datadog answers it."""
    return {
        "id": ID,
        "title": "Database health",
        "description": None,
        "author_handle": "alice@example.org",
        "created_at": "2026-01-05T08:00:00.000000+00:00",
        "modified_at": "2026-11-02T10:00:00.000000+00:00",
        "layout_type": "ordered",
        "url": f"/dashboard/{ID}/database-health",
        "widgets": [note("Who is behind?"), timeseries()],
        "template_variables": [{"name": "env", "prefix": "env", "defaults": ["prod"]}],
        **more,
    }


def passing() -> Place:
    """The dashboard that was promised, among others."""
    other = dashboard(id="oth-er1-001", title="Shop", widgets=[timeseries("sum:checkout.requests{*}.as_count()")])
    return {
        "dashboards": [dashboard(), other],
        "deleted_dashboards": [],
        "preset_dashboards": [],
        "hidden_dashboards": set(),
        "reporting": {LAG: _NOW - 60, "checkout.requests": _NOW - 60},
    }


Edit = Callable[[Place], Place]


def _set(**fields: Any) -> Edit:
    return changing(lambda place: place["dashboards"][0].update(fields))


def _widgets(*widgets: Any) -> Edit:
    return _set(widgets=list(widgets))


def _widget(**definition: Any) -> Edit:
    return _widgets({"id": 9, "definition": definition})


def _query(query: str, **more: Any) -> Edit:
    return _widgets(timeseries(query, **more))


def _twin(**more: Any) -> Edit:
    return changing(lambda place: place["dashboards"].append(dashboard(id="twi-n00-001", **more)))


def _old(place: Place) -> None:
    place["deleted_dashboards"].append(dashboard(id="old-old-old"))


def _delete(place: Place) -> None:
    place["deleted_dashboards"].append(place["dashboards"].pop(0))


_TWO = [
    {"name": "a", "data_source": "metrics", "query": f"avg:{LAG}{{*}}"},
    {"name": "b", "data_source": "metrics", "query": "avg:system.load.1{*}"},
]

_LOGS = {"name": "a", "data_source": "logs", "search": {"query": f"{LAG}{{"}}

_WRONG: tuple[tuple[str, Edit], ...] = (
    ("never made", changing(lambda place: place["dashboards"].pop(0))),
    ("deleted", changing(_delete)),
    ("all of them gone", changing(lambda place: place["dashboards"].clear())),
    ("of another title", _set(title="Database health (old)")),
    ("a second one just like it", _twin()),
    ("a title that is a number", _set(title=7)),
    ("without widgets", _widgets()),
    ("of notes only", _widgets(note(f"avg:{LAG}{{*}}"))),
    ("the metric in a title only", _widget(type="timeseries", title=f"avg:{LAG}{{*}}", requests=[])),
    ("another metric", _query("avg:postgresql.connections{*}")),
    ("a longer metric", _query(f"avg:{LAG}.max{{*}}")),
    ("a metric that ends so", _query(f"avg:old.{LAG}{{*}}")),
    ("the metric in a filter only", _query(f"avg:system.load.1{{metric:{LAG}}}")),
    ("the metric in a group only", _query(f"avg:system.load.1{{*}} by {{{LAG}}}")),
    ("the metric in an alias only", _query("avg:system.load.1{*}", formulas=[{"formula": "query1", "alias": LAG}])),
    ("a query that no formula uses", _query("x", queries=_TWO, formulas=[{"formula": "b"}])),
    (
        "a query of logs that mentions it",
        _query("", queries=[_LOGS], formulas=[{"formula": "a"}]),
    ),
    ("a monitor's graph", _widget(type="alert_graph", alert_id="101", viz_type="timeseries")),
    ("a powerpack", _widget(type="powerpack", powerpack_id="a-b-c", title="Lag")),
    ("a widget of a new kind", _widget(type="hologram", requests=[{"lasers": [f"avg:{LAG}{{*}}"]}])),
    ("widgets of a new form", _widgets("lag", None, {"definition": 7})),
    ("widgets that are no list", _set(widgets={})),
    ("an empty group", _widgets(group())),
)

_WRONG_FRESH: tuple[tuple[str, Edit], ...] = (
    ("the metric does not report", changing(lambda place: place["reporting"].pop(LAG))),
    ("the metric reported two hours ago", changing(lambda place: place["reporting"].update({LAG: _NOW - 7200}))),
    ("nothing reports", changing(lambda place: place["reporting"].clear())),
)

_WRONG_BY_ID: tuple[tuple[str, Edit], ...] = (
    ("of another id", _set(id="abc-def-gh2")),
    ("deleted, by its id", changing(_delete)),
    ("hidden from the keys, by its id", changing(lambda place: place["hidden_dashboards"].add(ID))),
    ("of notes only, by its id", _widgets(note("Lag"))),
)


def _preset(place: Place) -> None:
    place["preset_dashboards"].append(place["dashboards"].pop(0))


_FINE: tuple[tuple[str, Edit], ...] = (
    ("a title in capitals", _set(title="  DATABASE   health")),
    ("in a group", _widgets(group(note("x"), timeseries()))),
    ("in a group in a group", _widgets(group(group(timeseries())))),
    ("by the older form of a query", _widget(type="timeseries", requests=[{"q": f"avg:{LAG}{{*}} by {{host}}"}])),
    ("without formulas", _query(f"avg:{LAG}{{*}}", formulas=[])),
    ("in a formula with another", _query("x", queries=_TWO, formulas=[{"formula": "default_zero(a) / b"}])),
    ("in a function", _query(f"derivative(avg:{LAG}{{env:prod,host:a}})")),
    ("split by host", _widget(type="split_group", source_widget_definition=timeseries()["definition"])),
    ("in a scatterplot", _widget(type="scatterplot", requests={"x": {"q": "avg:a{*}"}, "y": {"q": f"avg:{LAG}{{*}}"}})),
    ("on a hostmap", _widget(type="hostmap", requests={"fill": {"q": f"avg:{LAG}{{*}} by {{host}}"}})),
    ("in a table", _widget(type="query_table", requests=[{"queries": _TWO, "formulas": [{"formula": "a"}]}])),
    (
        "as a heat map",
        _widget(type="heatmap", requests=[{"query": _TWO[0]}]),
    ),
    ("beside a powerpack", _widgets(timeseries(), {"definition": {"type": "powerpack", "powerpack_id": "x"}})),
    ("beside a widget of a new kind", _widgets({"definition": {"type": "hologram"}}, timeseries())),
    ("fields of a later Datadog", _set(moons=["full"], tabs=[{"x": 1}])),
    ("an odd neighbour", changing(lambda place: place["dashboards"].append({"id": 7, "title": "odd"}))),
    (
        "a twin without the metric",
        _twin(widgets=[]),
    ),
    (
        "a deleted one of that title",
        changing(_old),
    ),
)


def mutants() -> Iterator[tuple[str, Mutant[Place]]]:
    """Each declaration with a place in which its dashboard is wrong in one way."""
    yield from ((SHOWN, mutant) for mutant in edits(passing(), *_WRONG))
    yield from ((FRESH, mutant) for mutant in edits(passing(), *_WRONG_FRESH))
    yield from ((BY_ID, mutant) for mutant in edits(passing(), *_WRONG_BY_ID))


def harmless() -> Iterator[tuple[str, Mutant[Place]]]:
    """Each declaration with a place as it is, or one that looks different and is right."""
    yield from ((declared, Mutant("as it is", passing())) for declared in (SHOWN, FRESH, BY_ID))
    yield from ((SHOWN, mutant) for mutant in edits(passing(), *_FINE))
    yield from ((BY_ID, mutant) for mutant in edits(passing(), ("one of Datadog's own", changing(_preset))))


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant."""
    return tried(DatadogDashboardChecker(), mutants())


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of each harmless variation."""
    return tried(DatadogDashboardChecker(), harmless())
