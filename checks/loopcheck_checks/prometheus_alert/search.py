"""The alerting rules that there are: in the files of the repository, or in Prometheus. Looked for once a run."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import msgspec

from loopcheck.checker import CannotTell, World
from loopcheck.paths import RepoGlob, matching
from loopcheck.reasons import TRUNCATED
from loopcheck_checks.prometheus_alert.definition import fits
from loopcheck_checks.prometheus_alert.manifest import (
    PrometheusAlertExpectation,
    PrometheusSettings,
    SeenFile,
    SeenRule,
)
from loopcheck_checks.systems.prometheus import Live, read_rules

_ANYWHERE = ("**/*.yml", "**/*.yaml", "**/*.rules", "*.yml", "*.yaml", "*.rules")
_MADE_FROM = (".jsonnet", ".libsonnet", ".tpl", ".tmpl", ".gotmpl", ".j2", ".erb", ".cue", ".tf")
"""Files from which rules are made, and which are not read."""
_MAX_FILES = 20_000


class _Odd(msgspec.Struct, frozen=True):
    """A file that cannot be read, with its text, in which the name of an alert may stand."""

    text: str
    file: SeenFile


class Found(msgspec.Struct, frozen=True):
    """All rules of a place."""

    source: str
    rules: tuple[SeenRule, ...]
    odd: tuple[_Odd, ...] = ()

    def candidates(self, expect: PrometheusAlertExpectation) -> tuple[SeenRule, ...]:
        """The rules that fit what the declaration selects by."""
        return tuple(one for one in self.rules if fits(expect, one))

    def unreadable(self, expect: PrometheusAlertExpectation) -> tuple[SeenFile, ...]:
        """The files that may hold the rule that is meant, and cannot be read."""
        words = [word for word in (expect.alert, expect.metric) if word]
        if not words:
            return tuple(one.file for one in self.odd if "expr" in one.text)[:20]
        return tuple(one.file for one in self.odd if all(word.strip() in one.text for word in words))[:20]

    def nearest(self, expect: PrometheusAlertExpectation) -> tuple[str, ...]:
        """What the author may have meant."""
        names = sorted({one.rule.alert for one in self.rules})[:5000]
        return tuple(get_close_matches((expect.alert or "")[:200], names, n=3))


def search(expect: PrometheusAlertExpectation, world: World) -> Found:
    """The rules of the place that is declared.

    Raises:
        CannotTell: Prometheus was to be asked, and did not answer.
    """
    if expect.live:
        return world.once(("prometheus-alert", "live"), lambda: _from_prometheus(live(world)))
    declared = expect.globs or _listed(world.settings("prometheus", PrometheusSettings).rules)
    globs = tuple(RepoGlob.parse(text) for text in declared) or _ANYWHERE
    return world.once(("prometheus-alert", globs), lambda: _from_files(world, globs, named=bool(declared)))


def live(world: World) -> Live:
    """Prometheus itself, asked once a run whether it is one."""
    return world.once(("prometheus", "live"), lambda: Live(world))


def _listed(text: str | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def _from_prometheus(prometheus: Live) -> Found:
    source = f"{prometheus.url}/rules"
    return Found(source, tuple(SeenRule(rule=one.rule, source=source, live=True) for one in prometheus.rules()))


def _from_files(world: World, globs: Sequence[str], *, named: bool) -> Found:
    repo = world.repo
    paths = matching(repo.paths, globs)
    if len(paths) > _MAX_FILES:
        raise CannotTell(TRUNCATED, f"{len(paths):,} files may hold rules, more than {_MAX_FILES:,}: declare `rules`")
    rules: list[SeenRule] = []
    odd: list[_Odd] = []
    for path in paths:
        try:
            file = repo.read(path)
            text = file.text if file is not None else ""
        except CannotTell as trouble:
            odd.append(_Odd(path if named else "", SeenFile(repo.evidence(path, "").source, trouble.message)))
            continue
        if file is None or "alert" not in text:
            continue
        read = read_rules(text, path)
        if read.problem is not None:
            source = file.evidence("", read.line).source
            odd.append(_Odd(text, SeenFile(source, read.problem, read.refused, read.templated)))
        rules += [SeenRule(rule=rule, source=file.evidence("", rule.line).source) for rule in read.rules]
    if not named:
        odd += _templates(world)
    return Found(repo.evidence(", ".join(globs[:3]), "").source, tuple(rules), tuple(odd))


def _templates(world: World) -> list[_Odd]:
    out: list[_Odd] = []
    for path in world.repo.paths:
        if not path.endswith(_MADE_FROM):
            continue
        try:
            file = world.repo.read(path)
            text = file.text if file is not None else ""
        except CannotTell:
            continue
        if file is not None and "alert" in text and "expr" in text:
            out.append(_Odd(text, SeenFile(file.evidence("").source, "rules are made from it", templated=True)))
    return out
