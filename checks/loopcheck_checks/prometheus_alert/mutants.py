"""Alerts that look right and are wrong, and some that look odd and are right.

Each is a rule file in a git repository beside a stand-in for Prometheus and Alertmanager, asked over HTTP. The
stand-in is in the folder tests/ of a checkout, so these run only there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from loopcheck.model import Incident, Rung
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.mutants import Mutant, Outcome, edits, outcome_of, replacing
from loopcheck.testing.repository import NOW
from loopcheck_checks.prometheus_alert import PrometheusAlertChecker
from loopcheck_checks.systems.prometheus import read_rules
from loopcheck_checks.systems.prometheus.expression import parse

STARTED = datetime(2026, 11, 1, 9, 14, tzinfo=UTC)
INCIDENT = Incident(
    "INC-142", started=STARTED, detected=STARTED + timedelta(minutes=35), resolved=STARTED + timedelta(minutes=60)
)

PATH = "monitoring/shop.yml"
RULES = """groups:
  - name: shop
    interval: 1m
    rules:
      - record: job:requests:rate5m
        expr: sum by (job) (rate(http_requests_total[5m]))
      - alert: HighErrorRate
        expr: |
          sum by (job) (rate(http_requests_total{job="shop",code=~"5.."}[5m]))  # errors
            / sum by (job) (rate(http_requests_total{job="shop"}[5m])) > 0.05
        for: 5m
        labels: {severity: page, team: shop}
        annotations: {summary: "errors of {{ $labels.job }}"}
      - alert: HighErrorRate
        expr: |
          sum by (job) (rate(http_requests_total{job="shop",code=~"5.."}[5m]))
            / sum by (job) (rate(http_requests_total{job="shop"}[5m])) > 0.01
        for: 15m
        labels: {severity: ticket, team: shop}
"""
EXPR = (
    'sum by (job)(rate(http_requests_total{job="shop",code=~"5.."}[5m]))'
    ' / sum by (job) (rate(http_requests_total{job="shop"}[5m]))'
)
ROUTING = """route:
  receiver: mail
  routes:
    - matchers: [severity="none"]
      receiver: "null"
    - matchers: [team="shop"]
      receiver: chat
      continue: true
    - matchers: [severity=~"page|critical"]
      receiver: pager
      routes:
        - matchers: [job="batch"]
          receiver: mail
receivers:
  - name: mail
    email_configs: [{to: ops@example.org}]
  - name: chat
    slack_configs: [{channel: "#shop"}]
  - name: pager
    pagerduty_configs: [{routing_key: x}]
  - name: "null"
inhibit_rules:
  - source_matchers: [alertname="ClusterDown"]
    target_matchers: [severity="page"]
    equal: [region]
"""
DECLARED = """alert: HighErrorRate
scope: {job: shop}
fires-when: "> 0.05"
for: 5m
severity: page
notifies: pager
proven-by: incident
before: detected
at-most: 2 per 5d
"""
CONFIG = "global: {evaluation_interval: 1m, external_labels: {region: eu}}\n"


class Scene(msgspec.Struct, frozen=True):
    """What is declared, what is in the repository, what the servers say."""

    expect: str = DECLARED
    files: tuple[tuple[str, str], ...] = ((PATH, RULES),)
    loaded: str | None = None
    """The rules that are loaded, where these are not the ones of the repository."""
    health: str = "ok"
    evaluated: float = 1
    """Minutes since the last evaluation."""
    config: str = CONFIG
    alertmanagers: int = 1
    routing: str = ROUTING
    silences: tuple[tuple[str, str], ...] = ()
    """Pairs of state and matcher."""
    firing: tuple[tuple[tuple[str, str], ...], ...] = ()
    empty: tuple[str, ...] = ()
    """Beginnings of queries that find nothing, now or then."""
    dark: tuple[float, float] = (0, 0)
    """Minutes after the incident's start, and their length, of which nothing is stored."""
    groups: tuple[str, ...] = ("shop",)
    """The jobs of which there are values."""
    spikes: tuple[tuple[float, float, float], ...] = ((0, 60, 0.2),)
    """Minutes after the incident's start, their length, the share of errors."""
    environment: bool = True
    """Whether the servers' addresses are set."""
    prometheus_only: bool = False
    promtool: str | None = None
    """What a promtool that is on PATH does when it is to run a unit test, in shell; `None` where there is none."""


PASSING = Scene()
"""An alert that is loaded, reaches the pager, and fires 5 minutes after the incident's start."""

_SCRIPT = '#!/bin/sh\nif [ "$1" = --version ]; then echo "promtool, version 2.42.0 (branch: x)"; exit; fi\n'
_EXPECTED = """grep -o '"eval_time":"[^"]*","exp_samples":\\[{' test.yml | cut -d'"' -f4 | tail -n %s |
while read -r at; do
echo "    expr: \\"ALERTS\\", time: $at,"
echo '        exp: {__name__="ALERTS"} 1E+00'
echo '        got: nil'
done
exit 1"""
NEVER = _EXPECTED % "+1"
"""It says that no alert fires at any evaluation."""
SHORTER = _EXPECTED % "1"
"""It says that none fires at the last evaluation."""

RUNBOOK = "runbooks/errors.md"
_URL = f"https://github.com/acme/shop/blob/main/{RUNBOOK}#too-many-errors"
_LINKING = RULES.replace("annotations: {", f'annotations: {{runbook_url: "{_URL}", ')
_WRITTEN = "# Errors\n\n## Too many errors\n\nRoll back.\n"
LINKED = Scene(expect=f"{DECLARED}links-to: {RUNBOOK}#too-many-errors\n", files=((PATH, _LINKING), (RUNBOOK, _WRITTEN)))
"""The same, with a link to a runbook."""


def mutants() -> Iterator[Mutant[Scene]]:
    """Each must lose its VERIFIED."""
    yield from edits(
        PASSING,
        # The rule is not as promised.
        ("renamed", _rules("HighErrorRate", "HighErrors")),
        ("commented out", _rules("      - alert: HighErrorRate", "      # - alert: HighErrorRate", pruned=True)),
        ("the file deleted", _but(files=(("README.md", "# Shop\n"),))),
        ("only in a text file", _but(files=(("monitoring/shop.txt", RULES),))),
        ("a looser threshold", _rules("> 0.05", "> 0.06")),
        ("turned round", _rules("> 0.05", "< 0.05")),
        ("at most instead of above", _expect('"> 0.05"', '">= 0.05"')),
        ("the threshold only in a comment", _rules("> 0.05", "> 0.5 # > 0.05")),
        ("a boolean", _rules("> 0.05", "> bool 0.05")),
        ("a second condition", _rules("> 0.05", "> 0.05 and on() up == 1")),
        ("waits longer", _rules("for: 5m", "for: 6m")),
        ("another severity", _rules("severity: page", "severity: warning")),
        ("a severity from a template", _rules("severity: page", 'severity: "{{ $labels.sev }}"')),
        ("no severity", _rules("severity: page, ", "")),
        ("of another job", _rules('job="shop"', 'job="cart"')),
        ("leaves the job out", _rules('job="shop"', 'job!~"sh.*"')),
        ("a metric of that name in a string", _expect("alert: HighErrorRate\n", "metric: shop\n")),
        ("twice", _but(files=((PATH, RULES), ("old/shop.yml", RULES)))),
        # what Prometheus refuses
        ("a key twice", _rules("for: 5m", "for: 5m\n        for: 5m")),
        ("annotation misspelt", _rules("annotations:", "annotation:")),
        ("a length with a fraction", _rules("for: 15m", "for: 1.5m")),
        ("a length without a unit", _rules("for: 15m", "for: 15")),
        ("alert and record", _rules("- alert: HighErrorRate\n", "- alert: HighErrorRate\n        record: x\n")),
        (
            "a rule without an expression",
            _rules("- record: job:requests:rate5m\n        expr", "- record: x\n        xpr"),
        ),
        ("a group twice", _rules("groups:\n", "groups:\n  - {name: shop, rules: []}\n")),
        ("in a second document", _rules("groups:", "groups: []\n---\ngroups:")),
        ("not PromQL", _rules("groups:\n", "groups:\n  - {name: x, rules: [{alert: X, expr: 'up ='}]}\n")),
        ("a key of vmalert's", _rules("interval: 1m", "interval: 1m\n    concurrency: 2")),
        ("not YAML", _rules("groups:", "groups: [")),
        ("a template of Helm's", _rules("interval: 1m", "{{- if .Values.on }}\n    interval: 1m\n    {{- end }}")),
        ("an expression from a template", _rules("> 0.05", "> {{ .Values.limit }}")),
        ("made from jsonnet", _but(files=(("rules.jsonnet", "{alert: 'HighErrorRate', expr: 'x'}"),))),
        # In Prometheus it is not in force.
        ("no address", _but(environment=False)),
        ("not loaded", _loaded("HighErrorRate", "Other")),
        ("loaded with another threshold", _loaded("> 0.05", "> 0.5")),
        ("loaded with another wait", _loaded("for: 5m", "for: 10m")),
        ("loaded for a namespace alone", _loaded('job="shop"', 'job="shop",namespace="shop"')),
        ("loaded with other labels", _loaded("severity: page", "severity: info")),
        ("evaluation fails", _but(health="err")),
        ("not evaluated yet", _but(health="unknown")),
        ("a health of a new kind", _but(health="odd")),
        ("evaluated long ago", _but(evaluated=60)),
        ("no series of errors", _but(empty=('last_over_time(http_requests_total{job="shop",code=~"5.."}[1h])',))),
        ("no Alertmanager", _but(alertmanagers=0)),
        # In Alertmanager it reaches nobody.
        ("no address of Alertmanager", _but(prometheus_only=True)),
        ("no route to the pager", _routing('severity=~"page|critical"', 'severity="critical"')),
        ("caught by an earlier route", _routing("      continue: true\n", "")),
        ("a nested route to another", _routing('job="batch"', 'job="shop"')),
        ("a receiver without integration", _routing("    pagerduty_configs: [{routing_key: x}]\n", "")),
        ("an integration emptied", _routing("pagerduty_configs: [{routing_key: x}]", "pagerduty_configs: []")),
        ("no such receiver", _expect("notifies: pager", "notifies: pagers")),
        ("the receiver null", _expect("notifies: pager", 'notifies: "null"')),
        ("all to null", _null_only()),
        (
            "muted at weekends",
            _routing("      receiver: pager\n", "      receiver: pager\n      mute_time_intervals: [x]\n"),
        ),
        ("by a pattern that is anchored", _routing('severity=~"page|critical"', 'severity=~"pag"')),
        ("a route of an external label", _routing('- matchers: [severity="none"]', '- matchers: [region="eu"]')),
        ("some jobs go elsewhere", _but(groups=("shop", "batch"))),
        ("routes that are refused", _routing("receiver: mail\n  routes", "receiver: mails\n  routes")),
        ("alerts are relabelled", _but(config=CONFIG + "alerting: {alert_relabel_configs: [{action: keep}]}\n")),
        ("silenced by name", _but(silences=(("active", 'alertname="HighErrorRate"'),))),
        ("silenced by a pattern", _but(silences=(("active", 'team=~"sh.*"'),))),
        ("silenced by what it has not", _but(silences=(("active", 'env=""'),))),
        ("silenced for one of its jobs", _but(groups=("shop", "cart"), silences=(("active", 'job="cart"'),))),
        ("inhibited", _but(firing=((("alertname", "ClusterDown"), ("region", "eu")),))),
        # It would not have fired.
        ("no spike", _but(spikes=())),
        ("a spike too low", _but(spikes=((0, 60, 0.04),))),
        ("a spike too short", _but(spikes=((0, 4, 0.2),))),
        ("a spike with gaps", _but(spikes=tuple((n * 5, 4, 0.2) for n in range(12)))),
        ("fires after people", _but(spikes=((32, 28, 0.2),))),
        ("always on", _but(spikes=((-10_000, 20_000, 0.2),))),
        ("fires three times more", _but(spikes=((0, 60, 0.2), *((n * 1440, 30, 0.2) for n in (-2, -1, 2))))),
        ("no samples from then", _but(spikes=(), empty=("count(",))),
        (
            "no samples of errors from then",
            _but(spikes=(), empty=('count(http_requests_total{job="shop",code',)),
        ),
        ("nothing stored for half an hour", _but(spikes=(), dark=(0, 30))),
        ("nothing stored when it would fire", _but(dark=(0, 60))),
        ("no samples from a part of the month", _but(empty=("count(up)",))),
        ("promtool says that it does not fire", _but(promtool=NEVER)),
        ("promtool says that it fires for less long", _but(promtool=SHORTER)),
        ("labels that follow the value", _both("team: shop", 'team: shop, v: "{{ $value }}"')),
        ("more alerts than the limit", _both("interval: 1m", "interval: 1m\n    limit: 1", groups=("shop", "cart"))),
        ("a label that makes two alerts one", _both("team: shop", "team: shop, job: any", groups=("shop", "cart"))),
    )
    yield from edits(
        LINKED,
        ("no link to a runbook", _linking("runbook_url:", "dashboard:")),
        ("a link outside", _linking("github.com/acme", "wiki.example.org/acme")),
        ("a link to another runbook", _linking(RUNBOOK, "runbooks/other.md")),
        ("a link to another section", _linking("#too-many", "#too-few")),
        ("a link from a template", _linking("errors.md", "{{ $labels.job }}.md")),
        ("a link that is not loaded", _but(loaded=RULES)),
        ("the heading is gone", _but(files=((PATH, _LINKING), (RUNBOOK, "# Errors\n\n## Errors\n")))),
        ("the runbook is gone", _but(files=((PATH, _LINKING),))),
    )


def harmless() -> Iterator[Mutant[Scene]]:
    """Each must stay VERIFIED."""
    yield from edits(
        PASSING,
        ("a stricter threshold", _both("> 0.05", "> 0.04")),
        ("turned round with its sides", _sides()),
        ("no wait", _both("        for: 5m\n", "")),
        ("a number that is reckoned", _both("> 0.05", "> 5 / 100")),
        ("a PrometheusRule", _crd("PrometheusRule", "monitoring.coreos.com/v1")),
        ("a VMRule", _crd("VMRule", "operator.victoriametrics.com/v1beta1", "    concurrency: 2\n")),
        ("in a ConfigMap", _config_map()),
        ("in the values of a chart", _values()),
        ("with a merge key", _both("        for: 5m\n", "        <<: {for: 5m}\n")),
        ("a broken file of others", _but(files=((PATH, RULES), ("other.yml", "groups: [\n# alert: Other")))),
        ("a template of others", _but(files=((PATH, RULES), ("templates/x.yaml", "{{ if .x }}\nalert: Other")))),
        ("twice, and named", _but(
            files=((PATH, RULES), ("old/shop.yml", RULES)), expect=DECLARED + "rules: monitoring/*.yml\n"
        )),
        ("live", _but(files=(("README.md", "# Shop\n"),), loaded=RULES, expect=DECLARED + "rules: live\n")),
        ("by its expression", _expect("alert: HighErrorRate\n", f"expr: '{EXPR}'\n")),
        ("labels of an operator's", _loaded("team: shop", "team: shop, prometheus: main")),
        ("an interval that is left to Prometheus", _both("    interval: 1m\n", "")),
        ("a silence of another", _but(silences=(("active", 'alertname="Other"'),))),
        ("a silence that is over", _but(silences=(("expired", 'alertname="HighErrorRate"'),))),
        ("a silence to come", _but(silences=(("pending", 'alertname="HighErrorRate"'),))),
        ("an inhibition elsewhere", _but(firing=((("alertname", "ClusterDown"), ("region", "us")),))),
        ("an inhibition of others", _but(firing=((("alertname", "Other"), ("region", "eu")),))),
        ("silence is normal", _but(
            empty=('last_over_time(http_requests_total{job="shop",code=~"5.."}[1h])',),
            expect=DECLARED + "no-data: ignored\n",
        )),
        ("fires twice more", _but(spikes=((0, 60, 0.2), (-3000, 30, 0.2), (3000, 30, 0.2)))),
        ("nothing stored for a while, and it fires all the same", _but(dark=(20, 10))),
        ("several jobs", _but(groups=("shop", "cart"))),
        ("a window by hand", _expect(
            "proven-by: incident", "window: {from: 2026-11-01T09:14Z, to: 2026-11-01T10:14Z}"
        )),
        ("the receiver by default", _expect("notifies: pager\n", "")),
        ("two receivers", _expect("notifies: pager", "notifies: [pager, chat]")),
        ("promtool agrees", _but(promtool="echo SUCCESS")),
        ("promtool fails", _but(promtool="echo 'yaml: line 1'; exit 1")),
    )  # fmt: skip
    yield Mutant("a link to a runbook", LINKED)
    yield from edits(
        LINKED,
        ("a path as a link", _linking("https://github.com/acme/shop/blob/main/", "")),
        ("an annotation of another name", _linking("runbook_url", "runbook")),
    )


def _but(**changes: Any) -> Callable[[Scene], Scene]:
    return lambda it: msgspec.structs.replace(it, **changes)


def _expect(old: str, new: str) -> Callable[[Scene], Scene]:
    return lambda it: msgspec.structs.replace(it, expect=replacing(old, new)(it.expect))


def _routing(old: str, new: str) -> Callable[[Scene], Scene]:
    return lambda it: msgspec.structs.replace(it, routing=replacing(old, new)(it.routing))


def _null_only() -> Callable[[Scene], Scene]:
    """All goes to nobody, and nothing is said of a receiver."""

    def change(it: Scene) -> Scene:
        return msgspec.structs.replace(
            it,
            expect=replacing("notifies: pager\n", "")(it.expect),
            routing='route: {receiver: "null"}\nreceivers: [{name: "null"}]\n',
        )

    return change


def _loaded(old: str, new: str) -> Callable[[Scene], Scene]:
    return lambda it: msgspec.structs.replace(it, loaded=replacing(old, new)(RULES))


def _rules(old: str, new: str, *, pruned: bool = False) -> Callable[[Scene], Scene]:
    """The same with another rule file. `pruned` leaves out what follows."""

    def change(it: Scene) -> Scene:
        text = replacing(old, new)(RULES)
        if pruned:
            text = text[: text.index(new)] + "\n".join(f"# {line}" for line in text[text.index(new) :].split("\n"))
        return msgspec.structs.replace(it, files=((PATH, text),), loaded=RULES)

    return change


def _linking(old: str, new: str) -> Callable[[Scene], Scene]:
    """The same with another link, which is loaded as well."""
    return lambda it: msgspec.structs.replace(
        it, files=tuple((path, replacing(old, new)(text) if path == PATH else text) for path, text in it.files)
    )


def _both(old: str, new: str, **more: Any) -> Callable[[Scene], Scene]:
    """The same with another rule file, which is loaded as well."""
    return lambda it: msgspec.structs.replace(it, files=((PATH, replacing(old, new)(RULES)),), **more)


def _sides() -> Callable[[Scene], Scene]:
    return _both(
        'sum by (job) (rate(http_requests_total{job="shop",code=~"5.."}[5m]))  # errors\n'
        '            / sum by (job) (rate(http_requests_total{job="shop"}[5m])) > 0.05',
        '0.05 < sum by (job) (rate(http_requests_total{job="shop",code=~"5.."}[5m]))\n'
        '            / sum by (job) (rate(http_requests_total{job="shop"}[5m]))',
    )


def _indented(text: str, by: str) -> str:
    return "".join(f"{by}{line}\n" for line in text.splitlines())


def _crd(kind: str, version: str, more: str = "") -> Callable[[Scene], Scene]:
    body = RULES.replace("    interval: 1m\n", f"    interval: 1m\n{more}")
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: shop}}\nspec:\n{_indented(body, '  ')}"
    return _but(files=(("k8s/shop.yaml", f"kind: Service\n---\n{text}"),), loaded=RULES)


def _config_map() -> Callable[[Scene], Scene]:
    text = f"kind: ConfigMap\ndata:\n  shop.yml: |\n{_indented(RULES, '    ')}"
    return _but(files=(("k8s/rules.yaml", text),), loaded=RULES)


def _values() -> Callable[[Scene], Scene]:
    text = f"additionalPrometheusRulesMap:\n  shop:\n{_indented(RULES, '    ')}"
    return _but(files=(("values.yaml", text),), loaded=RULES)


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant."""
    return verdicts(mutants())


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of the passing alert, and of each harmless variation of it."""
    return verdicts([Mutant("as it is", PASSING), *harmless()])


def verdicts(those: Iterable[Mutant[Scene]]) -> list[Outcome]:
    """What the checker says of each scene."""
    with TemporaryDirectory() as folder:
        repository = RepositoryBuilder(Path(folder))
        commits: dict[tuple[tuple[str, str], ...], str] = {}
        before: tuple[tuple[str, str], ...] = ()
        out = []
        for mutant in those:
            files = mutant.mutated.files
            if files not in commits:
                gone = {path: None for path, _ in before if path not in dict(files)}
                commits[files] = repository.commit({**gone, **dict(files)})
                before = files
            out.append(_outcome(mutant, repository, commits[files]))
        return out


def _outcome(mutant: Mutant[Scene], repository: RepositoryBuilder, commit: str) -> Outcome:
    scene = mutant.mutated
    with stand_in(scene) as servers, TemporaryDirectory() as folder:
        environment = {"GITHUB_REPOSITORY": "acme/shop", **(servers.environment if scene.environment else {})}
        if scene.prometheus_only:
            del environment["ALERTMANAGER_URL"]
        if scene.promtool is not None:
            program = Path(folder) / "promtool"
            program.write_text(_SCRIPT + scene.promtool)
            program.chmod(0o755)
            environment["PATH"] = folder
            servers.build = {"version": "2.42.0", "goVersion": "go1.19"}
        session = repository.session(ref=commit, environment=environment)
        result = examine(PrometheusAlertChecker(), scene.expect, session, incident=INCIDENT, requires=Rung.PROVEN)
    return outcome_of(mutant.name, result)


def stand_in(scene: Scene) -> Any:
    """A stand-in for the servers of a scene."""
    standins = import_module("standins.prometheus")
    text = scene.loaded if scene.loaded is not None else dict(scene.files).get(PATH, RULES)
    loaded = read_rules(text, "loaded").rules
    evaluated = (NOW - timedelta(minutes=scene.evaluated)).isoformat()
    groups: list[dict[str, Any]] = [
        {
            "name": rule.group,
            "file": "/etc/rules/shop.yml",
            "interval": rule.interval or 60,
            "limit": rule.limit,
            "rules": [
                {
                    "name": rule.alert,
                    "query": rule.expr,
                    "type": "alerting",
                    "duration": rule.hold,
                    "keepFiringFor": rule.keep,
                    "labels": rule.labels,
                    "annotations": rule.annotations,
                    "health": scene.health,
                    "lastError": "many-to-many" if scene.health == "err" else "",
                    "lastEvaluation": evaluated,
                    "alerts": [],
                }
            ],
        }
        for rule in loaded
    ]
    made = standins.PrometheusStandIn(
        groups,
        config=scene.config,
        alertmanagers=scene.alertmanagers,
        routing=scene.routing,
        silences=[_silence(*one) for one in scene.silences],
        alerts=[{"labels": dict(one), "status": {"state": "active"}} for one in scene.firing],
    )
    made.results = _Results(scene)
    return made


def _silence(state: str, matcher: str) -> dict[str, Any]:
    from loopcheck_checks.systems.prometheus.routes import read_matchers

    return {
        "id": "5d8e",
        "status": {"state": state},
        "matchers": [
            {"name": it.name, "value": it.value, "isRegex": "~" in it.sign, "isEqual": not it.sign.startswith("!")}
            for it in read_matchers(matcher)
        ],
        "endsAt": (NOW + timedelta(days=1)).isoformat(),
        "createdBy": "bob",
        "comment": "noisy",
    }


class _Results:
    """What each query finds: of the expressions the share of errors, as the spikes of the scene say."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def get(self, query: str) -> Callable[[float], list[tuple[dict[str, str], float]]]:
        """The results of a query, as a function of the time."""
        if query.startswith(("ALERTS{", *self._scene.empty)):
            return lambda _time: []
        begin, length = self._scene.dark
        dark = STARTED.timestamp() + begin * 60
        found = self._found(query)
        return lambda time: [] if dark <= time < dark + length * 60 else found(time)

    def _found(self, query: str) -> Callable[[float], list[tuple[dict[str, str], float]]]:
        if query.startswith(("count(", "last_over_time(")):
            return lambda _time: [({}, 1.0)]
        condition = parse(query).condition
        return lambda time: self._values(time, condition)

    def _values(self, time: float, condition: Any) -> list[tuple[dict[str, str], float]]:
        minutes = (time - STARTED.timestamp()) / 60
        spikes = [high for begin, length, high in self._scene.spikes if begin <= minutes < begin + length]
        value = max(spikes, default=0.001)
        met = condition is None or (value > float(condition.bound)) is condition.upwards
        return [({"job": job}, value) for job in self._scene.groups] if met else []
