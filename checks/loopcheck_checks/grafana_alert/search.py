"""The alert rules that there are: in files that Grafana is provisioned with, or in Grafana. Looked for once a run."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import msgspec

from loopcheck.checker import CannotTell, Unseen, World
from loopcheck.paths import RepoGlob, matching
from loopcheck.reasons import MISSING_SECRET, NOT_VISIBLE, TRUNCATED
from loopcheck_checks.grafana_alert.definition import fits
from loopcheck_checks.grafana_alert.manifest import GrafanaAlertExpectation, GrafanaSettings, SeenRule, listed
from loopcheck_checks.systems import grafana

_ANYWHERE = ("**/*.yml", "**/*.yaml", "**/*.json", "*.yml", "*.yaml", "*.json")
_MAX_FILES = 20_000


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """All rules of a place."""

    source: str
    in_files: bool
    rules: tuple[SeenRule, ...]
    odd: tuple[grafana.Odd, ...]
    incomplete: Unseen | None = None

    def candidates(self, expect: GrafanaAlertExpectation) -> tuple[SeenRule, ...]:
        """The rules that fit what the declaration selects by."""
        return tuple(one for one in self.rules if fits(expect, one))

    def unreadable(self, expect: GrafanaAlertExpectation) -> tuple[grafana.Odd, ...]:
        """Those that may be the one that is meant, and cannot be read."""
        title = grafana.slug(expect.title) if expect.title is not None else None
        return tuple(one for one in self.odd if not one.title or title in (None, grafana.slug(one.title)))[:20]

    def nearest(self, expect: GrafanaAlertExpectation) -> tuple[str, ...]:
        """What the author may have meant."""
        titles = sorted({one.rule.title for one in self.rules})[:5000]
        return tuple(get_close_matches((expect.title or "")[:200], titles, n=3))


def search(expect: GrafanaAlertExpectation, world: World) -> Found:
    """The rules of the place that is declared: files that are named, else Grafana, else whatever files there are.

    Raises:
        CannotTell: Grafana was to be asked, and did not answer.
    """
    declared = expect.globs or listed(world.settings("grafana", GrafanaSettings).rules)
    if not declared and grafana.has_address(world):
        return world.once(("grafana-alert", "live"), lambda: _from_grafana(world))
    globs = tuple(RepoGlob.parse(text) for text in declared) or _ANYWHERE
    return world.once(("grafana-alert", globs), lambda: _from_files(world, globs, named=bool(declared)))


def live(world: World) -> grafana.Grafana:
    """Grafana itself, asked once a run whether it is one."""
    return world.once(("grafana", "live"), lambda: grafana.Grafana(world))


def _from_grafana(world: World) -> Found:
    server = live(world)
    rules = server.rules()
    hidden = CannotTell(NOT_VISIBLE, "no rule that this token is shown fits, and it may not be shown all of them")
    return Found(
        source=f"{server.url}/alerting/list",
        in_files=False,
        rules=tuple(SeenRule(rule=one, source=server.page(one)) for one in rules.rules),
        odd=rules.odd,
        incomplete=None if rules.all else hidden.unseen,
    )


def _from_files(world: World, globs: Sequence[str], *, named: bool) -> Found:
    repo = world.repo
    paths = matching(repo.paths, globs)
    if len(paths) > _MAX_FILES:
        raise CannotTell(TRUNCATED, f"{len(paths):,} files may hold rules, more than {_MAX_FILES:,}: declare `rules`")
    rules: list[SeenRule] = []
    odd: list[grafana.Odd] = []
    for path in paths:
        try:
            file = repo.read(path)
            text = file.text if file is not None else ""
        except CannotTell as trouble:
            if named:
                odd.append(grafana.Odd(trouble.message, source=repo.evidence(path, "").source))
            continue
        if file is None or not grafana.may_be_rules(text):
            continue
        found, troubled = grafana.read_file(text, path)
        rules += [SeenRule(rule=rule, source=file.evidence("", rule.line).source) for rule in found]
        odd += [msgspec.structs.replace(one, source=file.evidence("").source) for one in troubled]
    elsewhere = CannotTell(MISSING_SECRET, "GRAFANA_URL is not set, and no file of the repository has a rule that fits")
    return Found(
        source=repo.evidence(", ".join(globs[:3]), "").source,
        in_files=True,
        rules=tuple(rules),
        odd=tuple(odd),
        incomplete=None if named else elsewhere.unseen,
    )
