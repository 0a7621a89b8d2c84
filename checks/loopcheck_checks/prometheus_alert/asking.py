"""What Prometheus and Alertmanager say of the rule that is meant."""

from __future__ import annotations

from loopcheck.checker import CannotTell, Unseen, World
from loopcheck.reasons import MISSING_SECRET, UNPARSEABLE
from loopcheck_checks.prometheus_alert.definition import expression_of
from loopcheck_checks.prometheus_alert.manifest import (
    PrometheusAlertExpectation,
    PrometheusSettings,
    SeenLive,
    SeenRouting,
    SeenRule,
    Series,
)
from loopcheck_checks.prometheus_alert.search import live
from loopcheck_checks.systems import prometheus

_MOST_GROUPS = 500


def ask_prometheus(seen: SeenRule, world: World) -> SeenLive:
    """What Prometheus says of a rule.

    Raises:
        CannotTell: it did not say which rules it has.
    """
    server = live(world)
    named = tuple(one for one in server.rules() if one.rule.alert == seen.rule.alert)
    settings = world.attempt(server.settings)
    return SeenLive(
        source=f"{server.url}/rules",
        named=named,
        series=world.attempt(lambda: _series(server, seen)),
        groups=world.attempt(lambda: _groups(server, seen)),
        settings=None if isinstance(settings, Unseen) else settings,
        alertmanagers=world.attempt(server.alertmanagers),
    )


def _series(server: prometheus.Live, seen: SeenRule) -> tuple[Series, ...]:
    """How many series each part finds; in the last hour, because a scrape may just have been missed."""
    expression = expression_of(seen)
    selectors = [] if expression is None else [one for one in expression.selectors if not one.optional]
    return tuple(Series(str(one), len(server.vector(f"last_over_time({one}[1h])"))) for one in selectors)


def _groups(server: prometheus.Live, seen: SeenRule) -> tuple[dict[str, str], ...]:
    """The labels of what is compared, which are those that alerts would have."""
    expression = expression_of(seen)
    if expression is None or expression.compared is None:
        return ()
    return server.vector(expression.compared)[:_MOST_GROUPS]


def ask_routing(expect: PrometheusAlertExpectation, world: World) -> SeenRouting:
    """Where alerts go: as Alertmanager itself says, else as a file of the repository does.

    Raises:
        CannotTell: neither says.
    """
    if prometheus.is_set(world, prometheus.ALERTMANAGER):
        server = alertmanager(world)
        return SeenRouting(source=f"{server.url}/#/status", routing=server.routing())
    path = expect.alertmanager or world.settings("prometheus", PrometheusSettings).alertmanager
    if path is None:
        raise CannotTell(
            MISSING_SECRET,
            "ALERTMANAGER_URL is not set, and neither `alertmanager:` nor `settings.prometheus.alertmanager` names its "
            "configuration",
        )
    file = world.repo.read(path)
    if file is None:
        raise CannotTell(UNPARSEABLE, f"there is no {path} to read Alertmanager's routes from")
    try:
        return SeenRouting(source=file.evidence("").source, routing=prometheus.read_routing(file.text, path))
    except ValueError as error:
        raise CannotTell(UNPARSEABLE, f"{path} is not a configuration of Alertmanager's: {error}") from None


def alertmanager(world: World) -> prometheus.Alertmanager:
    """Alertmanager itself.

    Raises:
        CannotTell: the environment does not say where it is.
    """
    return world.once(("alertmanager", "client"), lambda: prometheus.Alertmanager(world))
