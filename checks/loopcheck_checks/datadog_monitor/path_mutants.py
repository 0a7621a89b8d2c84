"""Alarms that are in force, and whose path to people or to the runbook is broken; and some that are odd and whole.

Each is a monitor, a runbook in a git repository, and what a stand-in for Datadog has of Slack and PagerDuty, asked over
HTTP. The stand-in is in the folder tests/ of a checkout, so these run only there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.mutants import Mutant, Outcome, edits, outcome_of, replacing
from loopcheck.testing.repository import NOW
from loopcheck_checks.datadog_monitor import DatadogMonitorChecker
from loopcheck_checks.systems.datadog.trial import alarm

PATH = "runbooks/replication.md"
_URL = f"https://github.com/acme/shop/blob/main/{PATH}#replica-is-lagging"
_PAGE = "https://docs.example.org/shop/replication/#replica-is-lagging"
_DECLARED = f"""
name: An alarm
notifies: ["@slack-shop-database", "@pagerduty-database"]
receivers: must-exist
links-to: {PATH}#replica-is-lagging
"""


class Scene(msgspec.Struct, frozen=True):
    """What is declared, and each hop of the path."""

    message: str = f"A replica is behind. [Runbook]({_URL})\n@slack-shop-database @pagerduty-database"
    runbook: str = "# Replication\n\n## Replica is lagging\n\nStop jobs.\n\n## A replica is gone\n\nMake one.\n"
    path: str = PATH
    channels: tuple[tuple[str, tuple[str, ...]], ...] = (("shop", ("#general", "#database")),)
    services: tuple[str, ...] = ("database",)
    scopes: tuple[str, ...] = ("monitors_read", "monitors_downtime", "integrations_read")
    rules: tuple[dict[str, Any], ...] = ()
    """Notification rules: what each says, but for its id."""
    declared: str = _DECLARED
    settings: str | None = None
    named: bool = True
    """Whether it is known which repository this is."""


PASSING = Scene()

_RULE: dict[str, Any] = {
    "name": "Database",
    "filter": {"tags": ["team:shop"]},
    "recipients": ["slack-shop-database", "pagerduty-database"],
}
_OTHER = {"name": "Search", "filter": {"tags": ["team:search"]}, "recipients": ["slack-shop-database"]}
ROUTED = Scene(message=f"A replica is behind. [Runbook]({_URL})", rules=(_OTHER, _RULE))
"""The same, by a notification rule instead of the message."""


def _but(**changes: Any) -> Callable[[Scene], Scene]:
    return lambda it: msgspec.structs.replace(it, **changes)


def _said(old: str, new: str) -> Callable[[Scene], Scene]:
    return lambda it: msgspec.structs.replace(it, message=replacing(old, new)(it.message))


def _rule(**changes: Any) -> Callable[[Scene], Scene]:
    return _but(rules=(_OTHER, {**_RULE, **changes}))


def _only(transition: str) -> dict[str, Any]:
    condition = {"scope": f"transition_type:{transition}", "recipients": _RULE["recipients"]}
    return {"conditions": [condition], "fallback_recipients": ["slack-search"]}


def _link(new: str) -> Callable[[Scene], Scene]:
    return _said(f"[Runbook]({_URL})", new)


def _runbook(old: str, new: str) -> Callable[[Scene], Scene]:
    return lambda it: msgspec.structs.replace(it, runbook=replacing(old, new)(it.runbook))


def _declares(old: str, new: str) -> Callable[[Scene], Scene]:
    return lambda it: msgspec.structs.replace(it, declared=replacing(old, new)(it.declared))


def _both(*changes: Callable[[Scene], Scene]) -> Callable[[Scene], Scene]:
    def change(it: Scene) -> Scene:
        for one in changes:
            it = one(it)
        return it

    return change


def _named(handle: str, **changes: Any) -> Callable[[Scene], Scene]:
    """The same with another handle of Slack's, in message and declaration."""
    old = "@slack-shop-database"
    return _both(_said(old, handle), _declares(old, handle), _but(**changes))


_DATADOG = "https://app.datadoghq.com/dashboard/abc-def-ghi"
_ON_PAGES = 'runbook-links: {pages: "https://docs.example.org/shop/", folder: runbooks}'


def mutants() -> Iterator[Mutant[Scene]]:
    """Each must lose its VERIFIED."""
    yield from edits(
        PASSING,
        # The link.
        ("no link", _link("See the runbook.")),
        ("a link to a dashboard of Datadog's", _link(_DATADOG)),
        ("a link to a wiki", _link("https://wiki.example.org/replication")),
        ("a link to another file", _said(PATH, "runbooks/restore.md")),
        ("a link to a file of the same name", _said(PATH, f"old/{PATH}")),
        ("a link to a longer name", _link(f"{PATH}x#replica-is-lagging")),
        ("a link to the path below another", _link(f"old/{PATH}#replica-is-lagging")),
        ("a link to another repository", _said("acme/shop", "acme/shop-old")),
        ("a link to another owner", _said("acme/", "acme2/")),
        ("a link to GitHub's imitation", _said("https://github.com/", "https://github.com.example.org/")),
        ("a link to another branch", _said("/main/", "/before-2026/")),
        ("a link to a commit", _said("/main/", f"/{'a1' * 20}/")),
        ("a link to the history of the file", _said("/blob/", "/commits/")),
        ("a link to the top", _said("#replica-is-lagging", "")),
        ("a link to another section", _said("#replica-is-lagging", "#a-replica-is-gone")),
        ("a link to the section in capitals", _said("#replica-is-lagging", "#Replica-Is-Lagging")),
        ("a link to a line", _said("#replica-is-lagging", "#L3")),
        ("a link that is made later", _said("replication.md", "{{service.name}}.md")),
        ("a link on recovery only", _link(f"{{{{#is_recovery}}}}{_URL}{{{{/is_recovery}}}}")),
        ("a link in the other branch", _link(f"{{{{#is_alert}}}}ok{{{{else}}}}{_URL}{{{{/is_alert}}}}")),
        ("a link for some hosts", _link(f'{{{{#is_match "host.name" "db1"}}}}{_URL}{{{{/is_match}}}}')),
        ("a link in a comment", _link(f"<!-- {_URL} -->")),
        ("a link in a comment of the template", _link(f"{{{{!-- {_URL} --}}}}")),
        ("the heading is renamed", _runbook("## Replica is lagging", "## Replica lags")),
        ("the heading is in a block of code", _runbook("## Replica is lagging", "```\n## Replica is lagging\n```")),
        ("the heading is in a comment", _runbook("## Replica is lagging", "<!-- ## Replica is lagging -->")),
        ("the runbook is gone", _but(path="README.md")),
        ("the runbook is in other case", _but(path="runbooks/Replication.md")),
        ("the repository is not known", _but(named=False)),
        ("its page on a site that is not named", _link(_PAGE)),
        ("another page of the site", _both(_link(_PAGE.replace("replication", "restore")), _but(settings=_ON_PAGES))),
        ("another section of its page", _both(_link(_PAGE.replace("lagging", "slow")), _but(settings=_ON_PAGES))),
        # The receivers.
        ("the channel is not connected", _but(channels=(("shop", ("#general",)),))),
        ("the channel is of another account", _but(channels=(("shop", ("#general",)), ("ops", ("#database",))))),
        ("a channel with a longer name", _but(channels=(("shop", ("#database-old",)),))),
        ("a channel that is almost called so", _but(channels=(("shop", ("#data_base",)),))),
        ("an account without channels", _but(channels=(("shop", ()),))),
        ("no such account", _but(channels=())),
        ("an account in capitals", _but(channels=(("Shop", ("#database",)),))),
        ("no account in the handle", _named("@slack-database")),
        ("a handle of many words", _named("@slack-a-b-c-d-e-f")),
        ("the service is gone", _but(services=())),
        ("a service in capitals", _but(services=("Database",))),
        ("a team", _named("@team-database")),
        ("the key may not see integrations", _but(scopes=("monitors_read", "monitors_downtime"))),
    )
    yield from edits(
        ROUTED,
        # The notification rule.
        ("the rule is gone", _but(rules=(_OTHER,))),
        ("no rule", _but(rules=())),
        ("the rule is for another team", _rule(filter={"tags": ["team:shop-eu"]})),
        ("the rule asks for one more tag", _rule(filter={"tags": ["team:shop", "env:prod"]})),
        ("the rule's scope leaves it out", _rule(filter={"scope": "NOT team:shop"})),
        ("the rule names others", _rule(recipients=["slack-search", "pagerduty-search"])),
        ("the rule tells one of them", _rule(recipients=["slack-shop-database"])),
        ("the rule tells when it is over", _rule(recipients=None, conditional_recipients=_only("is_recovery"))),
        ("the rule tells at warnings", _rule(recipients=None, conditional_recipients=_only("is_warning"))),
        ("the rule decides at run time", _rule(recipients=None)),
        ("the rule's filter is of a new form", _rule(filter={"teams": ["shop"]})),
        ("the rule leads to a channel that is gone", _but(channels=(("shop", ("#general",)),))),
    )


def harmless() -> Iterator[Mutant[Scene]]:
    """Each must stay VERIFIED."""
    yield from edits(
        PASSING,
        ("the address alone", _link(_URL)),
        ("at the end of a sentence", _link(f"See {_URL}.")),
        ("in angle brackets", _link(f"<{_URL}>")),
        ("the path itself", _link(f"See {PATH}#replica-is-lagging.")),
        ("the path from the root", _link(f"`/{PATH}#replica-is-lagging`")),
        ("at HEAD", _said("/main/", "/HEAD/")),
        ("as a tree", _said("/blob/", "/tree/")),
        ("in plain", _said("#replica", "?plain=0#replica")),
        ("the owner in capitals", _said("acme/shop", "Acme/Shop")),
        ("the anchor as GitHub has it in the page", _said("#replica", "#user-content-replica")),
        ("when it is an alert", _link(f"{{{{#is_alert}}}}{_URL}{{{{/is_alert}}}}")),
        ("beside others", _link(f"{_DATADOG} https://wiki.example.org {_URL}")),
        ("beside a section that is gone", _link(f"{_URL.replace('lagging', 'slow')} {_URL}")),
        ("a variable elsewhere", _said("A replica", "{{host.name}}")),
        ("no section is declared", _declares("#replica-is-lagging", "")),
        ("no section is meant", _both(_declares("#replica-is-lagging", ""), _said("#replica-is-lagging", ""))),
        ("lines, and no section is declared", _both(
            _declares("#replica-is-lagging", ""), _said("#replica-is-lagging", "#L3-L5")
        )),
        ("an anchor of its own", _runbook("## Replica is lagging", '<a id="replica-is-lagging"></a>\n## Lag')),
        ("another heading", _runbook("A replica is gone", "A replica is lost")),
        ("its page on the site", _both(_link(_PAGE), _but(settings=_ON_PAGES))),
        ("its page with an ending", _both(_link(_PAGE.replace("/#", ".html#")), _but(settings=_ON_PAGES))),
        ("a channel without the sign", _but(channels=(("shop", ("database",)),))),
        ("an account with a hyphen", _named("@slack-shop-eu-database", channels=(("shop-eu", ("#database",)),))),
        ("a channel with a hyphen", _named("@slack-shop-db-lag", channels=(("shop", ("#db-lag",)),))),
        ("an account that is part of another", _named(
            "@slack-shop-eu-database", channels=(("shop", ("#general",)), ("shop-eu", ("#database",)))
        )),
        ("nothing is asked of receivers", _both(
            _declares("receivers: must-exist\n", ""), _but(channels=(), services=(), scopes=PASSING.scopes[:2])
        )),
    )  # fmt: skip
    yield Mutant("by a notification rule", ROUTED)
    yield from edits(
        ROUTED,
        ("by a rule with a scope", _rule(filter={"scope": "team:(shop OR search)"})),
        ("by a rule for alerts", _rule(recipients=None, conditional_recipients=_only("is_alert"))),
        ("by a rule for every team", _rule(filter={"tags": ["team:*"]})),
        ("by two rules", _but(rules=tuple({**_RULE, "recipients": [one]} for one in _RULE["recipients"]))),
        ("by the message, whatever the rule", _both(
            _but(message=PASSING.message), _rule(filter={"tags": ["team:search"]})
        )),
    )  # fmt: skip


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant."""
    return verdicts(mutants())


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of the passing scene, and of each harmless variation of it."""
    return verdicts([Mutant("a whole path", PASSING), *harmless()])


def verdicts(those: Iterable[Mutant[Scene]]) -> list[Outcome]:
    """What the checker says of each scene, all of them at one stand-in."""
    made = import_module("standins.datadog").DatadogStandIn(now=NOW)
    documented = made.validate
    out = []
    with TemporaryDirectory() as folder, made as datadog:
        repository = RepositoryBuilder(Path(folder))
        commits: dict[tuple[str, str], str] = {}
        before: str | None = None
        for mutant in those:
            scene = mutant.mutated
            if (scene.path, scene.runbook) not in commits:
                gone = {before: None} if before not in (None, scene.path) else {}
                commits[scene.path, scene.runbook] = repository.commit({**gone, scene.path: scene.runbook})
                before = scene.path
            datadog.monitors = [alarm(message=scene.message)]
            datadog.validate = None if scene.rules else documented  # some rules are of forms that nobody documents
            datadog.rules = [
                {"id": f"r{number}", "type": "monitor-notification-rule", "attributes": rule}
                for number, rule in enumerate(scene.rules)
            ]
            datadog.slack = {account: list(names) for account, names in scene.channels}
            datadog.pagerduty = list(scene.services)
            datadog.app_keys["good-app-key"] = set(scene.scopes)
            name = {"GITHUB_REPOSITORY": "acme/shop"} if scene.named else {}
            session = repository.session(
                ref=commits[scene.path, scene.runbook],
                environment={**datadog.environment, **name},
                settings=scene.settings,
            )
            result = examine(DatadogMonitorChecker(), scene.declared, session)
            out.append(outcome_of(mutant.name, result))
    return out
