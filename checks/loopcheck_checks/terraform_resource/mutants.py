"""Terraform code that looks right and is wrong, and some that looks odd and is right, each in a git repository."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from loopcheck.model import Rung
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.mutants import Mutant, Outcome, edits, outcome_of, replacing
from loopcheck_checks.terraform_resource import TerraformResourceChecker

PATH = "infra/monitors.tf"
BLOCK = """# Wakes people up.
resource "datadog_monitor" "replication_lag" {
  name    = "Replication lag"
  type    = "metric alert"
  query   = "avg(last_5m):avg:postgresql.replication_delay{env:prod} > 30"
  message = <<-EOT
    Replication is behind.
    @pagerduty-database
  EOT

  monitor_thresholds {
    critical = 30
    warning  = 15
  }

  notify_no_data = true
  tags           = ["team:database", "service:shop"]
}
"""
OTHER = """resource "datadog_monitor" "disk" {
  name = "Disk"
}
"""
JSON: dict[str, Any] = {
    "resource": {
        "datadog_monitor": {
            "replication_lag": {
                "type": "metric alert",
                "query": "avg(last_5m):avg:postgresql.replication_delay{env:prod} > 30",
                "message": "Replication is behind.\n@pagerduty-database\n",
                "monitor_thresholds": {"critical": 30},
                "notify_no_data": True,
                "tags": ["team:database"],
            }
        }
    }
}
EXPECT = """
address: datadog_monitor.replication_lag
has:
  type: metric alert
  query: avg(last_5m):avg:postgresql.replication_delay{env:prod} > 30
  message: "Replication is behind.\\n@pagerduty-database"
  monitor_thresholds.critical: <= 30
  notify_no_data: "true"
  tags: [team:database]
"""
MODULE = """module "alerts" {
  source    = "./modules/alerts"
  threshold = 30
}
"""
EXPECT_MODULE = "address: module.alerts\nhas: {source: ./modules/alerts, threshold: '30'}\n"

Files = dict[str, str]


class Scene(msgspec.Struct, frozen=True):
    """What is declared, and the files of the repository."""

    files: Files
    expect: str = EXPECT


PASSING = Scene({PATH: BLOCK + OTHER})
"""The monitor that was promised, beside another."""
IN_JSON = Scene({"infra/monitors.tf.json": json.dumps(JSON)})
"""The same, in the other syntax."""
CALL = Scene({"main.tf": MODULE}, EXPECT_MODULE)
"""A module that is called."""


def _text(change: Callable[[str], str], path: str = PATH) -> Callable[[Scene], Scene]:
    return lambda scene: Scene({**scene.files, path: change(scene.files[path])}, scene.expect)


def _put(old: str, new: str, path: str = PATH) -> Callable[[Scene], Scene]:
    return _text(replacing(old, new), path)


def _with(path: str, text: str) -> Callable[[Scene], Scene]:
    return lambda scene: Scene({**scene.files, path: text}, scene.expect)


def _moved(path: str) -> Callable[[Scene], Scene]:
    return lambda scene: Scene({path: scene.files[PATH]}, scene.expect)


def _head(line: str) -> Callable[[Scene], Scene]:
    """A line at the head of the block."""
    return _put('replication_lag" {\n', f'replication_lag" {{\n  {line}\n')


def _json(**changes: Any) -> Callable[[Scene], Scene]:
    body = {**JSON["resource"]["datadog_monitor"]["replication_lag"], **changes}
    kept = {key: value for key, value in body.items() if value is not None}
    text = json.dumps({"resource": {"datadog_monitor": {"replication_lag": kept}}})
    return _with("infra/monitors.tf.json", text)


def mutants() -> Iterator[Mutant[Scene]]:
    """Each must lose its VERIFIED."""
    yield from edits(
        PASSING,
        ("the file is gone", _moved("infra/monitors.txt")),
        ("the block is gone", _text(lambda _: OTHER)),
        ("renamed", _put('"replication_lag"', '"replication_lag_old"')),
        ("of another type", _put('"datadog_monitor" "rep', '"datadog_monitor_json" "rep')),
        ("a data source", _put('resource "datadog_monitor" "rep', 'data "datadog_monitor" "rep')),
        ("commented out by lines", _text(lambda _: "".join(f"# {line}\n" for line in BLOCK.splitlines()) + OTHER)),
        (
            "commented out by slashes",
            _text(lambda _: "".join(f"// {line}\n" for line in BLOCK.splitlines()) + OTHER),
        ),
        ("commented out as a whole", _text(lambda _: f"/*\n{BLOCK}*/\n{OTHER}")),
        ("in a text", _text(lambda _: f"locals {{\n  kept = <<EOT\n{BLOCK.replace('EOT', 'X')}EOT\n}}\n")),
        ("in a block of another", _text(lambda _: f"terraform {{\n{BLOCK}}}\n")),
        ("only in a downloaded module", _moved("infra/.terraform/modules/a/monitors.tf")),
        ("count 0", _head("count = 0")),
        ("count in quotes 0", _head('count = "0"')),
        (
            "count from a local that is 0",
            _text(lambda text: "locals {\n  on = 0\n}\n" + replacing('lag" {\n', 'lag" {\n  count = local.on\n')(text)),
        ),
        ("count from a variable", _head("count = var.on")),
        ("count by a condition", _head('count = var.env == "prod" ? 1 : 0')),
        (
            "count from a local that is reckoned",
            _text(
                lambda text: (
                    "locals {\n  on = var.on\n}\n" + replacing('lag" {\n', 'lag" {\n  count = local.on\n')(text)
                )
            ),
        ),
        ("count false", _head("count = false")),
        ("for_each of nothing", _head("for_each = {}")),
        ("for_each of an empty list", _head("for_each = []")),
        ("for_each of an empty set", _head("for_each = toset([])")),
        ("for_each of a variable", _head("for_each = var.clusters")),
        ("another type of alert", _put('"metric alert"', '"query alert"')),
        ("a higher threshold", _put("critical = 30", "critical = 300")),
        ("a threshold from a variable", _put("critical = 30", "critical = var.critical")),
        (
            "a threshold from a local that is higher",
            _text(lambda text: "locals {\n  most = 300\n}\n" + text.replace("critical = 30", "critical = local.most")),
        ),
        (
            "a threshold from a local of another folder",
            lambda scene: Scene(
                {
                    PATH: scene.files[PATH].replace("critical = 30", "critical = local.most"),
                    "main.tf": "locals {\n  most = 30\n}\n",
                }
            ),
        ),
        ("a threshold that is reckoned", _put("critical = 30", "critical = 10 * 30")),
        ("a threshold that is no number", _put("critical = 30", 'critical = "high"')),
        ("a threshold of null", _put("critical = 30", "critical = null")),
        ("the threshold is commented out", _put("    critical = 30", "    # critical = 30")),
        (
            "the thresholds are commented out",
            _text(
                lambda text: text.replace("  monitor_thresholds {", "  /* monitor_thresholds {").replace(
                    "15\n  }", "15\n  } */"
                )
            ),
        ),
        (
            "the thresholds are dynamic",
            _text(
                lambda text: text.replace(
                    "  monitor_thresholds {", '  dynamic "monitor_thresholds" {\n    for_each = var.t\n    content {'
                ).replace("15\n  }", "15\n    }\n  }")
            ),
        ),
        (
            "the threshold stands elsewhere",
            _text(lambda text: text.replace("monitor_thresholds {", "monitor_threshold_windows {")),
        ),
        (
            "two blocks of thresholds",
            _put("  notify_no_data", "  monitor_thresholds {\n    critical = 300\n  }\n\n  notify_no_data"),
        ),
        ("another query", _put("env:prod", "env:dev")),
        ("a query with a variable", _put("env:prod", "env:${var.env}")),
        ("the message without the handle", _put("    @pagerduty-database\n", "")),
        ("the message with another handle", _put("@pagerduty-database", "@pagerduty-data")),
        ("does not notify", _put("notify_no_data = true", "notify_no_data = false")),
        ("notifies if a variable says so", _put("notify_no_data = true", "notify_no_data = var.notify")),
        ("without the tag", _put('"team:database", ', "")),
        ("with a longer tag", _put('"team:database"', '"team:databases"')),
        ("with a tag from a variable", _put('"team:database"', '"team:${var.team}"')),
        ("tags from a variable", _put('["team:database", "service:shop"]', "var.tags")),
        ("a tag that is commented out", _put('["team:database", ', '[/* "team:database", */ ')),
        ("no tags", _put('["team:database", "service:shop"]', "[]")),
        (
            "changes are ignored",
            _put("  notify_no_data", "  lifecycle {\n    ignore_changes = [monitor_thresholds]\n  }\n  notify_no_data"),
        ),
        (
            "changes of a part are ignored",
            _put(
                "  notify_no_data",
                "  lifecycle {\n    ignore_changes = [monitor_thresholds[0].critical]\n  }\n  notify_no_data",
            ),
        ),
        (
            "all changes are ignored",
            _put("  notify_no_data", "  lifecycle {\n    ignore_changes = all\n  }\n  notify_no_data"),
        ),
        (
            "overridden",
            _with(
                "infra/override.tf",
                'resource "datadog_monitor" "replication_lag" {\n  monitor_thresholds {\n    critical = 300\n  }\n}\n',
            ),
        ),
        (
            "switched off by an override",
            _with("infra/dev_override.tf", 'resource "datadog_monitor" "replication_lag" {\n  count = 0\n}\n'),
        ),
        (
            "overridden in a way that is not read",
            _with("infra/override.tf", 'resource "datadog_monitor" "replication_lag" {\n'),
        ),
        ("twice in one folder", _with("infra/more.tf", BLOCK)),
        ("twice in one folder, once otherwise", _with("infra/more.tf", BLOCK.replace("= 30", "= 300"))),
        ("in two folders", _with("staging/monitors.tf", BLOCK)),
        ("a brace is missing", _text(lambda text: text.replace("15\n  }", "15\n"))),
        ("a quote is missing", _put('"metric alert"', '"metric alert')),
        ("cut off", _text(lambda text: text[:200])),
        ("a conflict of a merge", _text(lambda text: f"<<<<<<< HEAD\n{text}=======\n>>>>>>> b\n")),
        ("nested without end", _put("critical = 30", f"critical = {'(' * 3000}30{')' * 3000}")),
        ("too long", _text(lambda text: text + "# a\n" * 60_000)),
    )
    yield from edits(
        IN_JSON,
        ("JSON: count 0", _json(count=0)),
        ("JSON: count from a variable", _json(count="${var.on}")),
        ("JSON: a higher threshold", _json(monitor_thresholds=[{"critical": 300}])),
        ("JSON: a threshold from a variable", _json(monitor_thresholds={"critical": "${var.critical}"})),
        ("JSON: no threshold", _json(monitor_thresholds=None)),
        ("JSON: in a comment", _with("infra/monitors.tf.json", json.dumps({"//": JSON}))),
        ("JSON: below another key", _with("infra/monitors.tf.json", json.dumps({"data": JSON["resource"]}))),
        ("JSON: cut off", _with("infra/monitors.tf.json", json.dumps(JSON)[:-4])),
        (
            "JSON: nested without end",
            _with("infra/monitors.tf.json", "[" * 50_000 + '"datadog_monitor replication_lag"'),
        ),
    )
    yield from edits(
        CALL,
        ("the call is gone", _text(lambda _: OTHER, "main.tf")),
        ("of another module", _put("modules/alerts", "modules/other", "main.tf")),
        ("called for nothing", _put("  threshold", "  count     = 0\n  threshold", "main.tf")),
        ("with another threshold", _put("= 30", "= 300", "main.tf")),
        ("a resource of that name", _text(lambda _: 'resource "module" "alerts" {\n}\n', "main.tf")),
    )


def harmless() -> Iterator[Mutant[Scene]]:
    """Odd, and right: each must stay VERIFIED."""
    yield from edits(
        PASSING,
        ("in another file", _moved("a/b/c/all.tf")),
        ("at the root", _moved("main.tf")),
        ("count 1", _head("count = 1")),
        ("count null", _head("count = null")),
        (
            "count from a local",
            _text(lambda text: "locals {\n  on = 1\n}\n" + replacing('lag" {\n', 'lag" {\n  count = local.on\n')(text)),
        ),
        ("for_each of some", _head('for_each = { a = "b" }')),
        ("a lower threshold", _put("critical = 30", "critical = 25.5")),
        ("a threshold in quotes", _put("critical = 30", 'critical = "30"')),
        ("a threshold in other digits", _put("critical = 30", "critical = 3e1")),
        (
            "a threshold from a local",
            _text(lambda text: "locals {\n  most = 30\n}\n" + text.replace("critical = 30", "critical = local.most")),
        ),
        (
            "a local in another file of the folder",
            lambda scene: Scene(
                {
                    PATH: scene.files[PATH].replace("critical = 30", "critical = local.most"),
                    "infra/locals.tf": "locals {\n  most = 30\n}\n",
                }
            ),
        ),
        ("a truth in quotes", _put("notify_no_data = true", 'notify_no_data = "true"')),
        (
            "tags over several lines",
            _put('["team:database", "service:shop"]', '[\n    "service:shop", # first\n    "team:database",\n  ]'),
        ),
        ("a tag more that is a variable", _put('"service:shop"', "var.service")),
        (
            "the message in one line",
            _text(
                lambda text: text.replace(
                    "<<-EOT\n    Replication is behind.\n    @pagerduty-database\n  EOT",
                    '"Replication is behind.\\n@pagerduty-database"',
                )
            ),
        ),
        (
            "the message not indented",
            _text(
                lambda text: (
                    text.replace("<<-EOT\n    R", "<<EOT\nR").replace("    @pager", "@pager").replace("  EOT", "EOT")
                )
            ),
        ),
        ("without quotes at its head", _put('"datadog_monitor" "replication_lag"', "datadog_monitor replication_lag")),
        ("line ends of Windows", _text(lambda text: text.replace("\n", "\r\n"))),
        ("without a line end at its end", _text(lambda text: text.rstrip("\n"))),
        (
            "comments of every kind",
            _text(lambda text: text.replace("critical = 30", "critical = 30 // at most\n    /* as was\n promised */")),
        ),
        (
            "dynamic blocks of others",
            _put(
                "  notify_no_data",
                '  dynamic "x" {\n    for_each = var.x\n    content {\n      a = x.value\n    }\n  }\n  notify_no_data',
            ),
        ),
        (
            "changes of others are ignored",
            _put("  notify_no_data", "  lifecycle {\n    ignore_changes = [restricted_roles]\n  }\n  notify_no_data"),
        ),
        ("an override of others", _with("infra/override.tf", 'resource "datadog_monitor" "disk" {\n  count = 0\n}\n')),
        (
            "an override that is stricter",
            _with(
                "infra/override.tf",
                'resource "datadog_monitor" "replication_lag" {\n  monitor_thresholds {\n    critical = 10\n  }\n}\n',
            ),
        ),
        ("in two folders, of which one fits", _with("staging/monitors.tf", BLOCK.replace("= 30", "= 300"))),
        ("a broken file elsewhere", _with("old/monitors.tf", 'resource "datadog_monitor" "replication_lag" {\n')),
        ("a broken file of others beside it", _with("infra/broken.tf", "resource {\n")),
        (
            "the name in a text elsewhere",
            _with("infra/more.tf", 'locals {\n  text = "resource datadog_monitor replication_lag"\n}\n'),
        ),
        (
            "functions and conditions elsewhere",
            _with(
                "infra/more.tf",
                'locals {\n  a = [for k, v in var.m : "${k}-${upper(v)}" if v != null]\n  b = var.x ? 1 : 0\n'
                '  c = "%{if var.x}datadog_monitor%{else}replication_lag%{endif}"\n}\n',
            ),
        ),
    )
    yield from edits(
        IN_JSON,
        ("JSON: blocks in lists", _json(monitor_thresholds=[{"critical": 30}])),
        (
            "JSON: bodies in lists",
            _with(
                "infra/monitors.tf.json",
                json.dumps(
                    [
                        {
                            "resource": [
                                {
                                    "datadog_monitor": [
                                        {"replication_lag": [JSON["resource"]["datadog_monitor"]["replication_lag"]]}
                                    ]
                                }
                            ]
                        }
                    ]
                ),
            ),
        ),
        ("JSON: with comments", _with("infra/monitors.tf.json", json.dumps({"//": "made by a program", **JSON}))),
    )
    yield from edits(
        CALL,
        ("a call with a condition on a part", _put("= 30", '= 30\n  email     = var.on ? "a" : "b"', "main.tf")),
        ("a call with an odd name beside it", _with("more.tf", 'module "alerts2" {\n  source = "./x"\n}\n')),
    )


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant."""
    return verdicts(mutants())


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of the passing code, and of each harmless variation of it."""
    passing = [Mutant("as it is", PASSING), Mutant("in JSON", IN_JSON), Mutant("a call", CALL)]
    return verdicts([*passing, *harmless()])


def verdicts(those: Iterable[Mutant[Scene]]) -> list[Outcome]:
    """What the checker says of each scene, with `require: exists`: more cannot be seen in code."""
    with tempfile.TemporaryDirectory() as folder:
        repository = RepositoryBuilder(Path(folder))
        before: set[str] = set()
        out = []
        for mutant in those:
            files = mutant.mutated.files
            gone = dict.fromkeys(before - files.keys())
            raw = {path: text.encode() for path, text in files.items()}
            session = repository.session(ref=repository.commit({**gone, **raw}))
            before = set(files)
            result = examine(TerraformResourceChecker(), mutant.mutated.expect, session, requires=Rung.EXISTS)
            out.append(outcome_of(mutant.name, result, Rung.EXISTS))
        return out
